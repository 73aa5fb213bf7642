//! `cargo xtask check`: what must hold before a commit, tests aside.
//!
//! What belongs here: the list of checks. All of them run, so that one look shows all there is to do.

use std::process::ExitCode;

use crate::{Result, no_arguments, openapi, process, say};

type Check = fn() -> Result<()>;

const CHECKS: [(&str, Check); 4] = [
    ("formatting", formatting),
    ("lints", lints),
    ("documentation", documentation),
    ("OpenAPI document", openapi::check),
];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    no_arguments("check", arguments)?;
    let mut failures = Vec::new();
    for (name, check) in CHECKS {
        eprintln!("xtask: {name}");
        if let Err(sentence) = check() {
            process::go_on()?;
            failures.push(format!("{name}: {sentence}"));
        }
    }
    if failures.is_empty() {
        say("check: all is well");
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("{} of {} checks failed\n  {}", failures.len(), CHECKS.len(), failures.join("\n  ")))
}

fn formatting() -> Result<()> {
    cargo(&["fmt", "--all", "--check"], &[]).map_err(|sentence| format!("{sentence}; `cargo fmt --all` sets it right"))
}

fn lints() -> Result<()> {
    cargo(&["clippy", "--workspace", "--all-targets", "--", "-D", "warnings"], &[])
}

fn documentation() -> Result<()> {
    cargo(&["doc", "--workspace", "--no-deps", "--document-private-items"], &[("RUSTDOCFLAGS", "-D warnings")])
}

fn cargo(arguments: &[&str], variables: &[(&str, &str)]) -> Result<()> {
    let status = process::start(process::cargo(arguments).envs(variables.iter().copied()))?.wait()?;
    if status.success() { Ok(()) } else { Err(format!("`cargo {}` found faults", arguments.join(" "))) }
}
