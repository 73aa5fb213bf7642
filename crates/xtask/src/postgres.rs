//! `cargo xtask postgres [--durable] -- COMMAND…`: a command beside a throwaway PostgreSQL.
//!
//! What belongs here: its arguments, and the variables that COMMAND sees.

use std::os::unix::process::ExitStatusExt as _;
use std::process::{Command, ExitCode, ExitStatus};

use crate::cluster::{Cluster, Durability};
use crate::{Result, process};

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let (durability, command) = parse(arguments)?;
    let Some((program, rest)) = command.split_first() else {
        return Err("name a command: `cargo xtask postgres -- psql`".to_owned());
    };
    let cluster = Cluster::start(durability)?;
    let mut command = Command::new(program);
    command
        .args(rest)
        .env("POBRATIM_TEST_DATABASE", cluster.url())
        .env("POBRATIM_DATABASE", cluster.url())
        .envs(cluster.client_variables());
    // Last in PATH: psql comes with the server, but its folder is not always there.
    let path = std::env::var_os("PATH").unwrap_or_default();
    let folders = std::env::split_paths(&path).chain([cluster.programs().to_path_buf()]);
    if let Ok(path) = std::env::join_paths(folders) {
        command.env("PATH", path);
    }
    Ok(exit_code(process::run_interactive(&mut command)?))
}

fn parse(arguments: &[String]) -> Result<(Durability, &[String])> {
    match arguments {
        [flag, rest @ ..] if flag == "--durable" => Ok((Durability::Durable, after_dashes(rest)?)),
        rest => Ok((Durability::Quick, after_dashes(rest)?)),
    }
}

fn after_dashes(arguments: &[String]) -> Result<&[String]> {
    match arguments {
        [dashes, rest @ ..] if dashes == "--" => Ok(rest),
        [] => Ok(&[]),
        [other, ..] => {
            Err(format!("`{other}` is not understood; usage: `cargo xtask postgres [--durable] -- COMMAND…`"))
        }
    }
}

/// The command's own code; ended by a signal, the one a shell would give.
fn exit_code(status: ExitStatus) -> ExitCode {
    let code = status.code().or_else(|| status.signal().map(|signal| 128 + signal));
    code.and_then(|code| u8::try_from(code).ok()).map_or(ExitCode::FAILURE, ExitCode::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(line: &str) -> Vec<String> {
        line.split_whitespace().map(str::to_owned).collect()
    }

    #[test]
    fn the_command_is_what_follows_the_dashes() {
        let given = arguments("--durable -- psql -- -c");
        let (durability, command) = parse(&given).unwrap();
        assert!(durability == Durability::Durable);
        assert_eq!(command, arguments("psql -- -c"));
    }

    #[test]
    fn anything_else_before_the_dashes_is_refused() {
        let sentence = parse(&arguments("--durably -- psql")).err().unwrap();
        assert!(sentence.contains("`--durably`"), "{sentence}");
    }
}
