//! `cargo xtask`: the commands a developer and the CI run.
//!
//! What belongs here: the list of commands, nothing else. Each command is a module of its own;
//! errors are one sentence, printed here.

#[cfg(not(unix))]
compile_error!("xtask starts and stops programs the Unix way; on Windows run it inside WSL");

mod account;
mod bench;
mod breaking;
mod check;
mod clients;
mod cluster;
#[cfg(test)]
mod compose;
mod contract;
mod crash;
mod demo;
mod docs_page;
mod fuzz;
mod generator;
#[cfg(test)]
mod layers;
mod metadata;
mod names;
mod openapi;
mod pinned;
mod postgres;
mod process;
mod programs;
mod tally;
mod test;
mod webdriver;

use std::io::Write as _;
use std::process::ExitCode;

/// An error is the sentence that is printed; nothing here reacts to its kind.
type Result<T> = std::result::Result<T, String>;

struct Command {
    name: &'static str,
    usage: &'static str,
    about: &'static str,
    run: fn(&[String]) -> Result<ExitCode>,
}

const COMMANDS: &[Command] = &[
    Command {
        name: "test",
        usage: "test [-- ARGS]",
        about: "all tests on SQLite, then the HTTP suite on a throwaway PostgreSQL; ARGS go to the test programs",
        run: test::run,
    },
    Command {
        name: "check",
        usage: "check",
        about: "formatting, lints, documentation, and the committed OpenAPI document",
        run: check::run,
    },
    Command {
        name: "bench",
        usage: "bench [NAMES] [--large]",
        about: "measure the release server under load, or what NAMES say, on SQLite and on a durable throwaway PostgreSQL",
        run: bench::run,
    },
    Command {
        name: "crash",
        usage: "crash [ROUNDS]",
        about: "kill a server under load, 20 times or ROUNDS, on SQLite and on a durable throwaway PostgreSQL",
        run: crash::run,
    },
    Command {
        name: "contract",
        usage: "contract [--all]",
        about: "lint the contract, compare it with the released one, generate clients, compile and run them; --all: more of them",
        run: contract::run,
    },
    Command {
        name: "docs-page",
        usage: "docs-page [--pictures FOLDER]",
        about: "use the pages for people in a browser, as wide as a desk and as a phone",
        run: docs_page::run,
    },
    Command {
        name: "fuzz",
        usage: "fuzz [CASES | --seconds N] [--seed N]",
        about: "ask a served demo what its contract allows and forbids: some 40,000 cases, and 10,000 or CASES at random",
        run: fuzz::run,
    },
    Command {
        name: "names",
        usage: "names [--misses]",
        about: "measure how often the gazetteer's first answer is the right one (docs/NAMES.md); --misses: list the others",
        run: names::run,
    },
    Command { name: "openapi", usage: "openapi", about: "write openapi/pobratim.v1.json anew", run: openapi::run },
    Command {
        name: "postgres",
        usage: "postgres [--durable] -- COMMAND…",
        about: "run COMMAND beside a throwaway PostgreSQL; --durable keeps fsync on",
        run: postgres::run,
    },
    Command { name: "help", usage: "help", about: "this list", run: help },
];

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let outcome = process::watch_signals().and_then(|()| dispatch(&arguments));
    let code = outcome.unwrap_or_else(|sentence| {
        eprintln!("xtask: {sentence}");
        ExitCode::FAILURE
    });
    // Told to stop, it says so to its caller in the shell's way, whatever the command made of it.
    process::stopped_by().map_or(code, |signal| ExitCode::from(128_u8.saturating_add(signal)))
}

fn dispatch(arguments: &[String]) -> Result<ExitCode> {
    let (name, rest) = match arguments.split_first() {
        None => ("help", arguments),
        Some((name, rest)) if matches!(name.as_str(), "-h" | "--help") => ("help", rest),
        Some((name, rest)) => (name.as_str(), rest),
    };
    match COMMANDS.iter().find(|command| command.name == name) {
        Some(command) => (command.run)(rest),
        None => Err(format!("there is no command `{name}`; `cargo xtask help` lists them")),
    }
}

fn help(_: &[String]) -> Result<ExitCode> {
    let width = COMMANDS.iter().map(|command| command.usage.chars().count()).max().unwrap_or(0);
    for Command { usage, about, .. } in COMMANDS {
        say(&format!("cargo xtask {usage:<width$}  {about}"));
    }
    Ok(ExitCode::SUCCESS)
}

/// Refuses arguments for the commands that take none.
fn no_arguments(command: &str, arguments: &[String]) -> Result<()> {
    match arguments.first() {
        None => Ok(()),
        Some(argument) => Err(format!("`cargo xtask {command}` takes no argument, but was given `{argument}`")),
    }
}

/// One line on standard output. A reader that went away (`| head`) is no error of ours.
fn say(line: &str) {
    let _ = writeln!(std::io::stdout().lock(), "{line}");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unknown_command_is_refused_by_name() {
        let sentence = dispatch(&["tset".to_owned()]).unwrap_err();
        assert!(sentence.contains("`tset`") && sentence.contains("cargo xtask help"), "{sentence}");
    }

    #[test]
    fn every_usage_line_starts_with_its_command() {
        for command in COMMANDS {
            assert!(command.usage.starts_with(command.name), "{}", command.usage);
        }
    }
}
