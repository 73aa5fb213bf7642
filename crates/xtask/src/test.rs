//! `cargo xtask test`: every test, on both databases.
//!
//! What belongs here: the two parts, the proof that each of them ran, and the summary.

use std::io::{BufRead as _, BufReader, IsTerminal as _, PipeReader, Write, pipe};
use std::process::{Command, ExitCode};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use crate::cluster::{Cluster, Durability};
use crate::tally::Tally;
use crate::{Result, metadata, process, say};

/// The package whose tests must run on both databases.
const SUITE: &str = "pobratim-tests";

/// Tells the suite which database to use: `sqlite`, or the URL of a PostgreSQL.
const DATABASE: &str = "POBRATIM_TEST_DATABASE";

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let for_tests = match arguments {
        [dashes, rest @ ..] if dashes == "--" => rest,
        [] => &[],
        [other, ..] => {
            return Err(format!("`{other}` is not understood; usage: `cargo xtask test [-- ARGS]`"));
        }
    };
    let suite = metadata::test_programs(SUITE)?;
    let tests = Tests { suite: &suite, for_tests };
    // Before the build, which takes minutes: a missing PostgreSQL is told at once.
    let cluster = Cluster::start(Durability::Quick)?;
    build()?;

    // Always the whole workspace's features, and fewer programs the second time: `-p` would build the libraries again.
    let sqlite = tests.part("sqlite", "sqlite", &[])?;
    let only_suite: Vec<&str> = suite.iter().flat_map(|program| ["--test", program]).collect();
    let postgres = tests.part("postgres", &cluster.url(), &only_suite)?;
    drop(cluster);

    for part in [&sqlite, &postgres] {
        if let Some(fault) = part.fault() {
            eprintln!("xtask: {}: {fault}", part.name);
        }
    }
    say(&format!("{} · {}", sqlite.summary(), postgres.summary()));
    let good = sqlite.fault().is_none() && postgres.fault().is_none();
    Ok(if good { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}

/// Apart from running, so that cargo has the terminal and shows its progress.
fn build() -> Result<()> {
    let status = process::start(&mut process::cargo(&["test", "--workspace", "--no-run"]))?.wait()?;
    if status.success() { Ok(()) } else { Err("the tests do not compile".to_owned()) }
}

struct Tests<'a> {
    suite: &'a [String],
    for_tests: &'a [String],
}

/// One of the two runs and how it ended.
struct Part {
    name: &'static str,
    tally: Tally,
    success: bool,
}

impl Tests<'_> {
    fn part(&self, name: &'static str, database: &str, programs: &[&str]) -> Result<Part> {
        eprintln!("xtask: tests on {name}");
        let mut command = process::cargo(&["test", "--workspace", "--no-fail-fast"]);
        // The lines that say which program runs are what we count by.
        command.args(programs).arg("--").args(self.for_tests).env(DATABASE, database).env("CARGO_TERM_QUIET", "false");
        if std::io::stdout().is_terminal() {
            command.env("CARGO_TERM_COLOR", "always");
        }
        let (success, tally) = run_counting(command, self.suite, std::io::stdout())?;
        Ok(Part { name, tally, success })
    }
}

/// Runs cargo, passes its output on, and counts. Both streams go through one pipe, because only
/// then is each result below the name of its program.
fn run_counting(mut command: Command, suite: &[String], shown: impl Write + Send + 'static) -> Result<(bool, Tally)> {
    let (output, input) = pipe().map_err(|error| format!("cannot make a pipe: {error}"))?;
    let second = input.try_clone().map_err(|error| format!("cannot make a pipe: {error}"))?;
    let started = process::start(command.stdout(input).stderr(second))?;
    // It holds the pipe's writing ends, without which the reader sees the end.
    drop(command);

    let (sender, receiver) = mpsc::channel();
    let suite = suite.to_vec();
    thread::spawn(move || sender.send(pass_on(output, &suite, shown)));
    let status = started.wait()?;
    match receiver.recv_timeout(Duration::from_secs(10)) {
        Ok(tally) => Ok((status.success(), tally)),
        Err(_) => Err("the tests have ended, but a program they started still holds their output open".to_owned()),
    }
}

fn pass_on(output: PipeReader, suite: &[String], mut shown: impl Write) -> Tally {
    let mut tally = Tally::default();
    let mut output = BufReader::new(output);
    let mut line = Vec::new();
    while output.read_until(b'\n', &mut line).is_ok_and(|bytes| bytes > 0) {
        tally.read(&String::from_utf8_lossy(&line), suite);
        let _ = shown.write_all(&line).and_then(|()| shown.flush());
        line.clear();
    }
    tally
}

impl Part {
    /// Why this part does not count as passed.
    fn fault(&self) -> Option<String> {
        if self.tally.ran_in_suite == 0 && !self.success {
            Some(format!("this part did not run to its end: no test of `{SUITE}` came to a result"))
        } else if self.tally.ran_in_suite == 0 {
            Some(format!("this part did not run: no test of `{SUITE}` was executed"))
        } else if self.tally.failed > 0 {
            Some(format!("{} failed", self.tally.failed))
        } else if !self.success {
            Some("cargo test failed, though no test reported a failure; a test program may have crashed".to_owned())
        } else {
            None
        }
    }

    fn summary(&self) -> String {
        let Tally { passed, failed, ignored, .. } = self.tally;
        let ignored = if ignored > 0 { format!(", {ignored} ignored") } else { String::new() };
        format!("{}: {passed} passed, {failed} failed{ignored}", self.name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn part(passed: u64, failed: u64, ran_in_suite: u64, success: bool) -> Part {
        let mut tally = Tally::default();
        (tally.passed, tally.failed, tally.ran_in_suite) = (passed, failed, ran_in_suite);
        Part { name: "postgres", tally, success }
    }

    #[test]
    fn a_part_is_good_only_when_its_suite_ran_and_nothing_failed() {
        assert_eq!(part(9, 0, 9, true).fault(), None);
        assert!(part(9, 0, 0, true).fault().unwrap().contains("did not run"));
        assert!(part(9, 0, 0, false).fault().unwrap().contains("did not run to its end"));
        assert!(part(8, 1, 9, false).fault().unwrap().contains("1 failed"));
        assert!(part(8, 0, 8, false).fault().unwrap().contains("crashed"));
    }

    #[test]
    fn the_summary_mentions_ignored_tests_only_where_there_are_any() {
        assert_eq!(part(9, 0, 9, true).summary(), "postgres: 9 passed, 0 failed");
        let mut with_ignored = part(9, 0, 9, true);
        with_ignored.tally.ignored = 2;
        assert_eq!(with_ignored.summary(), "postgres: 9 passed, 0 failed, 2 ignored");
    }

    #[test]
    fn output_is_counted_across_both_streams_of_a_program() {
        let mut command = Command::new("sh");
        command.args([
            "-c",
            "echo '  Running suite/main.rs (deps/suite-00)' >&2; echo 'test result: ok. 3 passed; 0 failed;'; exit 1",
        ]);
        let (success, tally) = run_counting(command, &["suite".to_owned()], std::io::sink()).unwrap();
        assert_eq!((success, tally.passed, tally.ran_in_suite), (false, 3, 3));
    }
}
