//! `cargo xtask crash [ROUNDS]`: the suite's crash test at length, on both databases.
//!
//! What belongs here: its argument, the two runs, and the proof that each of them came to its end.

use std::process::{Command, ExitCode, Stdio};

use crate::cluster::{Cluster, Durability};
use crate::{Result, process, say};

/// The test in the suite.
const TEST: &str = "crash::no_acknowledged_change_is_lost_and_none_is_doubled";

/// How its summary begins; only a test that came to its end prints one.
const SUMMARY: &str = "crash: ";

/// How many rounds to run when nothing is said.
const ROUNDS: u32 = 20;

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let rounds = rounds(arguments)?;
    // Before the build, which takes minutes: a missing PostgreSQL is told at once. Durable, because
    // what is acknowledged is meant to be on disk.
    let cluster = Cluster::start(Durability::Durable)?;
    if !process::start(&mut test(&["--no-run"]))?.wait()?.success() {
        return Err("the suite does not compile".to_owned());
    }
    let sqlite = part("sqlite", "sqlite", rounds)?;
    let postgres = part("postgres", &cluster.url(), rounds)?;
    Ok(if sqlite && postgres { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

fn rounds(arguments: &[String]) -> Result<u32> {
    match arguments {
        [] => Ok(ROUNDS),
        [rounds] => rounds
            .parse()
            .ok()
            .filter(|rounds| *rounds > 0)
            .ok_or_else(|| format!("`{rounds}` is not a number of rounds; usage: `cargo xtask crash [ROUNDS]`")),
        [_, other, ..] => Err(format!("`{other}` is not understood; usage: `cargo xtask crash [ROUNDS]`")),
    }
}

fn test(arguments: &[&str]) -> Command {
    let mut command = process::cargo(&["test", "--package", "pobratim-tests", "--test", "suite"]);
    command.args(arguments);
    command
}

/// Runs the test on one database; tells what it came to, and whether that is good.
fn part(name: &str, database: &str, rounds: u32) -> Result<bool> {
    eprintln!("xtask: crash test on {name}, {rounds} rounds");
    let mut command = test(&["--quiet", "--", "--exact", TEST, "--nocapture"]);
    command.env("POBRATIM_TEST_DATABASE", database).env("POBRATIM_CRASH_ROUNDS", rounds.to_string());
    let output = process::output(command.stderr(Stdio::inherit()))?;
    let printed = String::from_utf8_lossy(&output.stdout);
    match summary(&printed).filter(|_| output.status.success()) {
        Some(summary) => {
            say(&format!("{name}: {summary}"));
            Ok(true)
        }
        None => {
            eprintln!("{}\nxtask: {name}: the crash test did not pass", printed.trim());
            Ok(false)
        }
    }
}

fn summary(printed: &str) -> Option<&str> {
    printed.lines().find_map(|line| line.strip_prefix(SUMMARY))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn rounds_are_a_number_or_the_usual() {
        assert_eq!(rounds(&arguments("")), Ok(ROUNDS));
        assert_eq!(rounds(&arguments("100")), Ok(100));
        for wrong in ["0", "-1", "many", "20 times"] {
            assert!(rounds(&arguments(wrong)).is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_run_without_a_summary_did_not_come_to_its_end() {
        assert_eq!(summary("\nrunning 1 test\n\ncrash: 3 rounds\n.\n"), Some("3 rounds"));
        assert_eq!(summary("running 0 tests\n\ntest result: ok. 0 passed\n"), None);
    }
}
