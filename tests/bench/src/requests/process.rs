//! Programs under measurement: started, watched through `/proc`, and ended with their handle.

use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use super::city::SECRET;

/// What a program prints when it can be asked, before its address.
pub const LISTENING: &str = "listening on http://";

/// The kernel counts processor time in hundredths of a second (`USER_HZ`), whatever its own clock.
const TICKS: f64 = 100.0;

/// A place that `cargo xtask bench` tells its measurements through the environment.
pub fn path_in(variable: &str) -> PathBuf {
    let value =
        std::env::var_os(variable).unwrap_or_else(|| panic!("start this as `cargo xtask bench`: it sets {variable}"));
    PathBuf::from(value)
}

/// A program that listens; dropping it ends it.
pub struct Process {
    child: Child,
    pub address: SocketAddr,
}

impl Process {
    /// The release server on a database, with variables of its own.
    pub fn server(database: &str, variables: &[(&str, &str)]) -> Self {
        let mut command = Command::new(path_in("POBRATIM_BENCH_SERVER"));
        // Settings meant for another server would change what is measured.
        for (name, _) in std::env::vars_os().filter(|(name, _)| name.to_string_lossy().starts_with("POBRATIM_")) {
            command.env_remove(name);
        }
        command.args(["serve", "--database", database, "--listen", "127.0.0.1:0"]);
        command.env("POBRATIM_SECRET", SECRET).env("POBRATIM_RATE_LIMIT", "off").envs(variables.iter().copied());
        Self::start(command)
    }

    /// This program again, as what it is compared with.
    pub fn ceiling(database: &str, answers: &Path) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.arg("ceiling").arg(database).arg(answers);
        Self::start(command)
    }

    fn start(mut command: Command) -> Self {
        // The log goes where the operator's goes: somewhere. Its price is part of what is measured.
        let log = tempfile::tempfile().unwrap();
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(log);
        let mut child = command.spawn().unwrap();
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let address = lines.map_while(Result::ok).find_map(|line| line.strip_prefix(LISTENING)?.parse().ok());
        Self { address: address.unwrap_or_else(|| panic!("{command:?} did not start")), child }
    }

    pub fn id(&self) -> u32 {
        self.child.id()
    }

    /// What it has resident, in KiB.
    pub fn memory(&self) -> u64 {
        self.status("VmRSS:")
    }

    /// The most it had resident at any time, in KiB.
    pub fn most_memory(&self) -> u64 {
        self.status("VmHWM:")
    }

    fn status(&self, name: &str) -> u64 {
        let status = std::fs::read_to_string(format!("/proc/{}/status", self.id())).unwrap();
        let line = status.lines().find_map(|line| line.strip_prefix(name)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The processor time that a process has taken itself, in seconds.
pub fn processor_time(id: u32) -> f64 {
    stat(id).map_or(0.0, |stat| (stat.own) / TICKS)
}

/// The processor time of a process with all its children, also those that are gone, in seconds.
pub fn processor_time_of_family(parent: u32) -> f64 {
    let children = std::fs::read_dir("/proc").unwrap().flatten().filter_map(|entry| {
        let child = stat(entry.file_name().to_str()?.parse().ok()?)?;
        (child.parent == parent).then_some(child.own)
    });
    (children.sum::<f64>() + stat(parent).map_or(0.0, |stat| stat.own + stat.gone)) / TICKS
}

/// The parent of a process.
pub fn parent_of(id: u32) -> u32 {
    stat(id).unwrap().parent
}

struct Stat {
    parent: u32,
    own: f64,
    gone: f64,
}

fn stat(id: u32) -> Option<Stat> {
    let text = std::fs::read_to_string(format!("/proc/{id}/stat")).ok()?;
    // The name stands in brackets and may have anything in it.
    let fields: Vec<&str> = text.rsplit_once(") ")?.1.split(' ').collect();
    let ticks = |at: usize| fields.get(at)?.parse::<f64>().ok();
    Some(Stat { parent: fields.get(1)?.parse().ok()?, own: ticks(11)? + ticks(12)?, gone: ticks(13)? + ticks(14)? })
}
