//! `cargo xtask names`: how often the gazetteer's first answer is the right one.
//!
//! What belongs here: the run. What is measured is in `crates/names/examples/accuracy.rs`.

use std::process::ExitCode;

use crate::{Result, process};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let mut command =
        process::cargo(&["run", "--quiet", "--release", "--package", "pobratim-names", "--example", "accuracy", "--"]);
    let status = process::start(command.args(arguments))?.wait()?;
    Ok(if status.success() { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
