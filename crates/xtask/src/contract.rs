//! `cargo xtask contract`: the contract seen from outside, by the tools that people have.
//!
//! What belongs here: the list of steps, and the linters. Every step is run, so that one look shows
//! all there is to do; what a step makes goes under `target/contract`.

use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;

use crate::fuzz::Effort;
use crate::pinned::{Node, Python, call};
use crate::{Result, breaking, clients, docs_page, fuzz, generator, openapi, process, say};

/// How long the fuzzer asks, in seconds.
const FUZZ: u32 = 60;
/// What its questions come from. The same each time: whether a change passes is no matter of luck.
/// `cargo xtask fuzz` asks new ones.
const SEED: u32 = 2011;

/// What the steps work with.
pub(crate) struct Workshop {
    pub(crate) python: Python,
    pub(crate) node: Node,
    /// Where everything is made.
    pub(crate) home: PathBuf,
    /// The document that is looked at.
    pub(crate) document: PathBuf,
}

type Step = fn(&Workshop) -> Result<()>;

const STEPS: &[(&str, Step)] = &[
    ("the committed document", |_| openapi::check()),
    ("Spectral", spectral),
    ("Redocly", redocly),
    ("openapi-spec-validator", validator),
    ("breaking changes", breaking::check),
    ("TypeScript client", clients::typescript),
    ("Python client", clients::python),
];

const MORE: &[(&str, Step)] = &[
    ("openapi-fetch", clients::fetch),
    ("OpenAPI Generator: Python", generator::python),
    ("OpenAPI Generator: Java", generator::java),
    ("OpenAPI Generator: Kotlin", generator::kotlin),
];

const LAST: &[(&str, Step)] =
    &[("fuzzing", |_| fuzz::fuzz(Effort::Seconds(FUZZ), Some(SEED))), ("pages for people", |_| docs_page::check(None))];

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    let more = match arguments {
        [] => &[],
        [option] if option == "--all" => MORE,
        _ => return Err("usage: `cargo xtask contract [--all]`".to_owned()),
    };
    let workshop = Workshop::open()?;
    let (mut failures, mut count) = (Vec::new(), 0);
    for (name, step) in STEPS.iter().chain(more).chain(LAST) {
        process::go_on()?;
        eprintln!("xtask: {name}");
        let began = Instant::now();
        match step(&workshop) {
            Ok(()) => say(&format!("contract: {name}: good, {} s", began.elapsed().as_secs())),
            Err(sentence) => {
                say(&format!("contract: {name}: not good"));
                failures.push(format!("{name}: {sentence}"));
            }
        }
        count += 1;
    }
    if failures.is_empty() {
        say("contract: all is well");
        return Ok(ExitCode::SUCCESS);
    }
    Err(format!("{} of {count} steps failed\n  {}", failures.len(), failures.join("\n  ")))
}

impl Workshop {
    fn open() -> Result<Self> {
        let home = process::workspace_root().join("target/contract");
        let python = Python::install(home.join("python-tools"), &sources().join("python/requirements.txt"))?;
        let node = Node::install(home.join("node-tools"), &sources().join("tools"), &python)?;
        Ok(Self { python, node, home, document: openapi::file() })
    }
}

/// Our programs that use the clients, and what is pinned for them.
pub(crate) fn sources() -> PathBuf {
    process::workspace_root().join("tests/sdk")
}

fn spectral(workshop: &Workshop) -> Result<()> {
    let rules = workshop.document.with_file_name("contract-rules.spectral.yaml");
    let mut lint = workshop.node.command("spectral");
    lint.arg("lint").arg(&workshop.document).arg("--ruleset").arg(rules).args(["--fail-severity", "warn", "--quiet"]);
    call(&mut lint)
}

fn redocly(workshop: &Workshop) -> Result<()> {
    call(redocly_command(workshop).args(["lint", "--extends", "recommended-strict"]).arg(&workshop.document))
}

/// Redocly, which asks nobody whether it is new and tells nobody that it runs.
pub(crate) fn redocly_command(workshop: &Workshop) -> std::process::Command {
    let mut command = workshop.node.command("redocly");
    command.env("REDOCLY_TELEMETRY", "off").env("REDOCLY_SUPPRESS_UPDATE_NOTICE", "true");
    command
}

fn validator(workshop: &Workshop) -> Result<()> {
    call(workshop.python.command("openapi-spec-validator").arg(&workshop.document))
}

/// An empty folder of that name, without what was there before.
pub(crate) fn empty_folder(home: &Path, name: &str) -> Result<PathBuf> {
    let folder = home.join(name);
    let told = |error: &std::io::Error| format!("cannot make {}: {error}", folder.display());
    match std::fs::remove_dir_all(&folder) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(told(&error)),
        _ => {}
    }
    std::fs::create_dir_all(&folder).map_err(|error| told(&error))?;
    Ok(folder)
}
