//! Running programs so that none outlives us.
//!
//! What belongs here: where the workspace is, a `cargo` to call, starting a program and waiting for
//! it, and what Ctrl-C and SIGTERM do: they end the program that runs, the command then returns
//! through its guards, and nothing is left running.

use std::io::IsTerminal as _;
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Output, Stdio};
use std::sync::atomic::{AtomicI32, Ordering};
use std::sync::{Mutex, PoisonError};

use signal_hook::consts::{SIGHUP, SIGINT, SIGTERM};
use signal_hook::iterator::Signals;

use crate::Result;

/// The first signal that told us to stop, or 0.
static STOPPED_BY: AtomicI32 = AtomicI32::new(0);

/// The program that runs now.
static RUNNING: Mutex<Option<Running>> = Mutex::new(None);

#[derive(Clone, Copy)]
struct Running {
    pid: u32,
    /// It leads a process group of its own, so all it has started can be reached.
    group: bool,
}

/// Turns Ctrl-C, SIGTERM and SIGHUP from a sudden end into an orderly one.
pub(crate) fn watch_signals() -> Result<()> {
    let mut signals =
        Signals::new([SIGINT, SIGTERM, SIGHUP]).map_err(|error| format!("cannot watch for signals: {error}"))?;
    std::thread::spawn(move || {
        for signal in signals.forever() {
            // Held while noting the signal: a program is then either started before and ended here, or not started.
            let running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
            // A program in the terminal's foreground gets Ctrl-C itself, and may want to live on: psql does.
            if signal == SIGINT && running.is_some_and(|running| !running.group) {
                continue;
            }
            let first = STOPPED_BY.compare_exchange(0, signal, Ordering::SeqCst, Ordering::SeqCst).is_ok();
            if let Some(running) = *running {
                kill(running, if first { "TERM" } else { "KILL" });
            }
        }
    });
    Ok(())
}

/// The signal that told us to stop, if one did.
pub(crate) fn stopped_by() -> Option<u8> {
    u8::try_from(STOPPED_BY.load(Ordering::SeqCst)).ok().filter(|signal| *signal != 0)
}

/// Fails once a signal told us to stop; called between two steps.
pub(crate) fn go_on() -> Result<()> {
    stopped_by().map_or(Ok(()), |signal| Err(format!("stopped by signal {signal}")))
}

fn kill(running: Running, signal: &str) {
    let target = if running.group { format!("-{}", running.pid) } else { running.pid.to_string() };
    // The shell's own `kill`, because a slim container has no other.
    let _ = Command::new("sh").args(["-c", "kill -s \"$0\" -- \"$1\"", signal, &target]).stderr(Stdio::null()).status();
}

/// A program that was started and will be waited for.
pub(crate) struct Started {
    child: Child,
    name: String,
}

/// Starts a program in a process group of its own: a signal to us ends it with all it started.
/// It has no input, since only the terminal's foreground may read.
pub(crate) fn start(command: &mut Command) -> Result<Started> {
    spawn(command.process_group(0).stdin(Stdio::null()), true)
}

/// Runs a program to its end with our input and output. At a terminal it stays in the foreground,
/// so that it can ask and be interrupted itself.
pub(crate) fn run_interactive(command: &mut Command) -> Result<ExitStatus> {
    if std::io::stdin().is_terminal() {
        spawn(command, false)?.wait()
    } else {
        spawn(command.process_group(0), true)?.wait()
    }
}

/// Like [`start`], to the end, keeping what the program prints on standard output.
pub(crate) fn output(command: &mut Command) -> Result<Output> {
    start(command.stdout(Stdio::piped()))?.end(Child::wait_with_output)
}

fn spawn(command: &mut Command, group: bool) -> Result<Started> {
    let name = command.get_program().to_string_lossy().into_owned();
    let mut running = RUNNING.lock().unwrap_or_else(PoisonError::into_inner);
    go_on()?;
    let child = command.spawn().map_err(|error| format!("cannot start `{name}`: {error}"))?;
    *running = Some(Running { pid: child.id(), group });
    Ok(Started { child, name })
}

impl Started {
    /// Waits for the end. A program that a signal to us ended is an error; any other end is the caller's to judge.
    pub(crate) fn wait(self) -> Result<ExitStatus> {
        self.end(|mut child| child.wait())
    }

    fn end<T>(self, wait: impl FnOnce(Child) -> std::io::Result<T>) -> Result<T> {
        let ended = wait(self.child).map_err(|error| format!("cannot wait for `{}`: {error}", self.name));
        *RUNNING.lock().unwrap_or_else(PoisonError::into_inner) = None;
        go_on()?;
        ended
    }
}

/// The workspace's root.
pub(crate) fn workspace_root() -> PathBuf {
    // `cargo run` and `cargo test` say where the package is now; where it was compiled may be elsewhere.
    let package =
        std::env::var_os("CARGO_MANIFEST_DIR").map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
    package.ancestors().nth(2).map_or_else(|| PathBuf::from("."), Path::to_path_buf)
}

/// A `cargo` in the workspace's root, as if called from a shell.
pub(crate) fn cargo(arguments: &[&str]) -> Command {
    let mut command = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    command.args(arguments).current_dir(workspace_root());
    // What `cargo run` set for us would make build scripts that read it run again.
    for (name, _) in std::env::vars_os() {
        let name = name.to_string_lossy();
        if name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_") {
            command.env_remove(name.as_ref());
        }
    }
    command
}
