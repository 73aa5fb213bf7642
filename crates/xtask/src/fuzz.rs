//! `cargo xtask fuzz`: a served demo is asked everything that its own contract allows and forbids.
//!
//! What belongs here: the runs of schemathesis as pinned in `tests/fuzz`: with the demo's key and
//! without one, so that what a stranger meets is tried as hard. How it asks, and which of its checks
//! are off and why, is told in `tests/fuzz/schemathesis.toml`.

use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::{SystemTime, UNIX_EPOCH};

use crate::demo::Demo;
use crate::pinned::Python;
use crate::{Result, openapi, process, say};

/// How many cases are made at random when nothing is said. Those that follow from the contract's
/// bounds, some 19,000 a run, come besides.
const CASES: u32 = 10_000;

/// How long the walks along links take, in seconds, when cases are counted.
const WALK: u32 = 60;

/// How much is asked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Effort {
    /// All that follows from the contract's bounds, and so many cases made at random.
    Cases(u32),
    /// As much as goes into this time.
    Seconds(u32),
}

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let (effort, seed) = read(arguments)?;
    fuzz(effort, seed)?;
    Ok(ExitCode::SUCCESS)
}

/// Asks with the key, then without; the error says that something was found.
pub(crate) fn fuzz(effort: Effort, seed: Option<u32>) -> Result<()> {
    let home = process::workspace_root().join("target/fuzz/venv");
    let python = Python::install(home, &folder().join("requirements.txt"))?;
    let seed = seed.unwrap_or_else(any_seed);
    say(&format!("fuzz: seed {seed}"));
    let mut failed = Vec::new();
    for (name, keyed, more) in runs(effort, operations()?) {
        // A demo of its own for each run: what the one before made would make the seed's answers others.
        let demo = Demo::start(&[("POBRATIM_RATE_LIMIT", "off"), ("POBRATIM_LOG", "warn")])?;
        eprintln!("xtask: fuzzing {name}");
        let status = process::start(&mut command(&python, &demo, keyed, seed, &more))?.wait()?;
        if !status.success() {
            failed.push(name);
        }
    }
    if failed.is_empty() {
        return Ok(());
    }
    Err(format!("fuzzing {} found faults; `cargo xtask fuzz … --seed {seed}` asks the same", failed.join(" and ")))
}

type Run = (&'static str, bool, Vec<String>);

fn runs(effort: Effort, operations: u32) -> Vec<Run> {
    let words = |line: String| line.split(' ').map(str::to_owned).collect::<Vec<_>>();
    match effort {
        Effort::Cases(cases) => {
            let each = cases.div_ceil(2 * operations.max(1));
            let all = words(format!("--phases examples,coverage,fuzzing --max-examples {each}"));
            let walk = words(format!("--phases stateful --max-time {WALK}"));
            vec![("with a key", true, all.clone()), ("without a key", false, all), ("along the links", true, walk)]
        }
        Effort::Seconds(seconds) => {
            let part = words(format!("--max-time {}", (seconds / 2).max(1)));
            vec![("with a key", true, part.clone()), ("without a key", false, part)]
        }
    }
}

fn command(python: &Python, demo: &Demo, keyed: bool, seed: u32, more: &[String]) -> Command {
    let mut command = python.command("schemathesis");
    command.current_dir(folder()).args(["--config-file", "schemathesis.toml", "run"]);
    command.arg(format!("{}/v1/openapi.json", demo.url())).args(["--url", demo.url(), "--seed", &seed.to_string()]);
    command.args(more).env("POBRATIM_URL", demo.url());
    if keyed {
        command.args(["--header", &format!("Authorization: Bearer {}", demo.key())]).env("POBRATIM_KEY", demo.key());
    }
    command
}

fn folder() -> PathBuf {
    process::workspace_root().join("tests/fuzz")
}

/// How many operations the committed contract has.
fn operations() -> Result<u32> {
    let document = openapi::committed()?;
    let paths = document["paths"].as_object().into_iter().flatten();
    let count = paths.map(|(_, item)| item.as_object().map_or(0, serde_json::Map::len)).sum::<usize>();
    u32::try_from(count).map_err(|error| format!("{count} operations: {error}"))
}

fn any_seed() -> u32 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default().subsec_nanos()
}

fn read(arguments: &[String]) -> Result<(Effort, Option<u32>)> {
    let (mut effort, mut seed) = (Effort::Cases(CASES), None);
    let mut rest = arguments.iter();
    while let Some(argument) = rest.next() {
        let number = |text: Option<&String>| text.and_then(|text| text.parse::<u32>().ok());
        let wrong =
            || format!("`{argument}` is not understood; usage: `cargo xtask fuzz [CASES | --seconds N] [--seed N]`");
        match argument.as_str() {
            "--seconds" => effort = Effort::Seconds(number(rest.next()).filter(|count| *count > 0).ok_or_else(wrong)?),
            "--seed" => seed = Some(number(rest.next()).ok_or_else(wrong)?),
            _ => effort = Effort::Cases(number(Some(argument)).filter(|count| *count > 0).ok_or_else(wrong)?),
        }
    }
    Ok((effort, seed))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_effort_is_a_number_of_cases_or_a_time() {
        assert_eq!(read(&arguments("")), Ok((Effort::Cases(CASES), None)));
        assert_eq!(read(&arguments("500 --seed 7")), Ok((Effort::Cases(500), Some(7))));
        assert_eq!(read(&arguments("--seconds 60")), Ok((Effort::Seconds(60), None)));
        for wrong in ["0", "many", "--seconds", "--seconds x", "--seed -1", "--quick"] {
            assert!(read(&arguments(wrong)).unwrap_err().contains("usage"), "{wrong}");
        }
    }

    #[test]
    fn each_run_gets_its_part() {
        let parts = runs(Effort::Seconds(60), 77);
        assert!(parts.iter().all(|(_, _, more)| more.join(" ") == "--max-time 30") && parts.len() == 2);
        let parts = runs(Effort::Cases(10_000), 77);
        assert!(parts[0].2.contains(&"65".to_owned()) && parts[0].1 && !parts[1].1, "{parts:?}");
    }

    #[test]
    fn the_operations_are_counted() {
        assert!(operations().unwrap() > 70);
    }
}
