//! `cargo xtask bench [NAMES] [--large]`: the measurements of `tests/bench`, on both databases.
//!
//! What belongs here: building the server and the bench, and the two runs. What is measured, and
//! how it is told, is in the bench itself.

use std::path::PathBuf;
use std::process::{Command, ExitCode};

use crate::cluster::{Cluster, Durability};
use crate::{Result, process};

/// Tells the bench where the server is that it starts.
const SERVER: &str = "POBRATIM_BENCH_SERVER";

/// Tells the bench which folder it writes its figures into.
const FIGURES: &str = "POBRATIM_BENCH_FIGURES";

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    // Durable: a commit that is not on disk is not the commit whose price is asked.
    let cluster = Cluster::start(Durability::Durable)?;
    let (server, bench) = build()?;
    // Beside the folder of the profile, where cargo keeps what a run leaves.
    let figures = server.ancestors().nth(2).ok_or("the server stands in no folder")?.join("tmp");
    std::fs::create_dir_all(&figures).map_err(|error| format!("{}: {error}", figures.display()))?;
    let mut all_well = true;
    for database in ["sqlite", &cluster.url()] {
        let mut command = Command::new(&bench);
        command.args(arguments).current_dir(process::workspace_root());
        command.env(SERVER, &server).env(FIGURES, &figures).env("POBRATIM_TEST_DATABASE", database);
        all_well &= process::start(&mut command)?.wait()?.success();
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Builds both at once, so that what they share is compiled once.
fn build() -> Result<(PathBuf, PathBuf)> {
    let mut command = process::cargo(&["build", "--release", "--package", "pobratim", "--package", "pobratim-bench"]);
    command.args(["--bin", "pobratim", "--bin", "pobratim-bench", "--message-format", "json-render-diagnostics"]);
    let output = process::output(&mut command)?;
    if !output.status.success() {
        return Err("the bench does not compile".to_owned());
    }
    let messages = String::from_utf8_lossy(&output.stdout);
    let built =
        |name: &str| executable(&messages, name).ok_or_else(|| format!("cargo did not say where `{name}` was built"));
    Ok((built("pobratim")?, built("pobratim-bench")?))
}

/// Where cargo says that a target of this name is.
fn executable(messages: &str, name: &str) -> Option<PathBuf> {
    let messages = messages.lines().filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
    messages
        .filter(|message| message["target"]["name"] == name)
        .filter_map(|message| message["executable"].as_str().map(PathBuf::from))
        .next_back()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn programs_are_told_apart_by_their_names() {
        let messages = "{\"target\":{\"name\":\"pobratim\"},\"executable\":\"/t/release/pobratim\"}\n\
            {\"target\":{\"name\":\"pobratim-bench\"},\"executable\":null}\n\
            {\"target\":{\"name\":\"pobratim-bench\"},\"executable\":\"/t/release/pobratim-bench\"}\nnot json\n";
        assert_eq!(executable(messages, "pobratim-bench"), Some(PathBuf::from("/t/release/pobratim-bench")));
        assert_eq!(executable(messages, "pobratim"), Some(PathBuf::from("/t/release/pobratim")));
        assert_eq!(executable(messages, "other"), None);
    }
}
