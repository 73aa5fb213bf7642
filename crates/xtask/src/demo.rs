//! A demo that is served while a command runs: on a free loopback port, with a database of its own,
//! gone afterwards.
//!
//! What belongs here: building the program, starting and stopping it, and what a client has to know.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::time::{SystemTime, UNIX_EPOCH};

use std::os::unix::process::CommandExt as _;

use crate::{Result, process};

/// What the keeper does: start the program, wait until we close its input or are gone, then stop
/// the program and remove the folder. It is a program of its own, because nothing of ours runs
/// after a SIGKILL. It lets go of the output, so that its end is the end of the program.
const KEEPER: &str =
    r#"folder=$1; shift; "$@" & exec >&-; cat >/dev/null; kill $!; wait $!; rm -rf "$folder" 2>/dev/null"#;

/// A served demo; dropping it stops the program and removes its database.
///
/// ```ignore
/// let demo = Demo::start(&[("POBRATIM_RATE_LIMIT", "off")])?;
/// command.env("POBRATIM_URL", demo.url()).env("POBRATIM_KEY", demo.key());
/// ```
pub(crate) struct Demo {
    folder: PathBuf,
    keeper: Child,
    /// Open for as long as the demo is wanted.
    leash: Option<ChildStdin>,
    url: String,
    key: String,
}

impl Demo {
    /// Builds the program, serves a fresh demo with these variables, and waits until it listens.
    pub(crate) fn start(variables: &[(&str, &str)]) -> Result<Self> {
        let program = build()?;
        let folder = folder()?;
        let log = folder.join("log");
        let mut demo = Self::keep(&program, folder, &log, variables)?;
        match demo.read_banner() {
            Some((url, key)) => {
                (demo.url, demo.key) = (url, key);
                Ok(demo)
            }
            None => Err(format!("the demo did not start: {}", end_of(&log))),
        }
    }

    /// Where it is served, without a slash at the end.
    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    /// The demo's API key: its role is admin.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    fn keep(program: &Path, folder: PathBuf, log: &Path, variables: &[(&str, &str)]) -> Result<Self> {
        process::go_on()?;
        let stderr = fs::File::create(log).map_err(|error| format!("cannot write {}: {error}", log.display()))?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(&folder).arg(program).args(["serve", "--demo"]);
        command.arg("--database").arg(format!("sqlite:{}", folder.join("demo.db").display()));
        command.args(["--listen", "127.0.0.1:0"]);
        // Settings meant for another server would change what is tested.
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("POBRATIM_") {
                command.env_remove(name);
            }
        }
        command.envs(variables.iter().copied()).current_dir(&folder).process_group(0);
        let spawned = command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(stderr).spawn();
        match spawned {
            Ok(mut keeper) => {
                Ok(Self { leash: keeper.stdin.take(), folder, keeper, url: String::new(), key: String::new() })
            }
            Err(error) => {
                let _ = fs::remove_dir_all(&folder);
                Err(format!("cannot start `sh`: {error}"))
            }
        }
    }

    /// The address and the key, from the lines it prints at its start. Nothing when it ended before.
    fn read_banner(&mut self) -> Option<(String, String)> {
        let output = self.keeper.stdout.take()?;
        let (mut url, mut key) = (None, None);
        for line in BufReader::new(output).lines().map_while(std::io::Result::ok) {
            read_line(&line, &mut url, &mut key);
            if let (Some(url), Some(key)) = (&url, &key) {
                return Some((url.clone(), key.clone()));
            }
        }
        None
    }
}

impl Drop for Demo {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.keeper.wait();
        let _ = fs::remove_dir_all(&self.folder);
    }
}

/// Builds the program as `cargo xtask openapi` does, and says where it is.
fn build() -> Result<PathBuf> {
    let mut command =
        process::cargo(&["build", "--package", "pobratim", "--message-format", "json-render-diagnostics"]);
    let output = process::output(&mut command)?;
    if !output.status.success() {
        return Err("`pobratim` does not compile".to_owned());
    }
    // Cargo says itself where the program is: the target folder can be set in several ways.
    executable(&String::from_utf8_lossy(&output.stdout))
        .ok_or_else(|| "cargo did not say where `pobratim` was built".to_owned())
}

fn executable(messages: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages.filter_map(|message| message["executable"].as_str().map(PathBuf::from)).next_back()
}

fn folder() -> Result<PathBuf> {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    let name = format!("pobratim-demo-{}-{}", std::process::id(), since.subsec_nanos());
    let path = std::env::temp_dir().join(name);
    fs::create_dir(&path).map(|()| path.clone()).map_err(|error| format!("cannot make {}: {error}", path.display()))
}

fn read_line(line: &str, url: &mut Option<String>, key: &mut Option<String>) {
    if let Some(address) = line.strip_prefix("listening on ") {
        *url = Some(address.trim().to_owned());
    } else if let Some(secret) = line.strip_prefix("demo key: ") {
        *key = Some(secret.trim().to_owned());
    }
}

fn end_of(log: &Path) -> String {
    let text = fs::read_to_string(log).unwrap_or_default();
    let lines: Vec<&str> = text.lines().collect();
    lines[lines.len().saturating_sub(5)..].join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_banner_has_address_and_key() {
        let (mut url, mut key) = (None, None);
        for line in ["listening on http://127.0.0.1:38287", "docs: http://127.0.0.1:38287/docs", "demo key: pbk_1_2"] {
            read_line(line, &mut url, &mut key);
        }
        assert_eq!((url.as_deref(), key.as_deref()), (Some("http://127.0.0.1:38287"), Some("pbk_1_2")));
    }

    #[test]
    fn the_program_is_the_last_that_cargo_names() {
        let messages = "{\"executable\":null}\nnot json\n{\"executable\":\"/t/debug/pobratim\"}\n{\"success\":true}\n";
        assert_eq!(executable(messages), Some(PathBuf::from("/t/debug/pobratim")));
        assert_eq!(executable("{}"), None);
    }
}
