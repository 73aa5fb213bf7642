//! `cargo xtask bench [NAMES]`: the measurements of `tests/bench`, on both databases.
//!
//! What belongs here: the two runs. What is measured, and how it is told, is in the bench itself.

use std::process::ExitCode;

use crate::cluster::{Cluster, Durability};
use crate::{Result, process};

pub(crate) fn run(names: &[String]) -> Result<ExitCode> {
    // Durable: a commit that is not on disk is not the commit whose price is asked.
    let cluster = Cluster::start(Durability::Durable)?;
    let mut all_well = true;
    for database in ["sqlite", &cluster.url()] {
        let mut command =
            process::cargo(&["bench", "--quiet", "--package", "pobratim-tests", "--bench", "bench", "--"]);
        command.args(names).env("POBRATIM_TEST_DATABASE", database);
        all_well &= process::start(&mut command)?.wait()?.success();
    }
    Ok(if all_well { ExitCode::SUCCESS } else { ExitCode::FAILURE })
}
