//! Clients as people make them: generated, compiled, and used against a served demo.
//!
//! What belongs here: the generators that are tried each time. Our programs that use what they make
//! stand in `tests/sdk`; what they make is never touched by hand. docs/CLIENTS.md tells the same for
//! those who write clients.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::Result;
use crate::contract::{Workshop, empty_folder, sources};
use crate::demo::Demo;
use crate::pinned::call;

/// Imports every module of the package `client`, also those that our program does not use.
pub(crate) const IMPORT_ALL: &str = "import importlib, pkgutil, client\n\
                          for module in pkgutil.walk_packages(client.__path__, 'client.'): importlib.import_module(module.name)";

/// @hey-api/openapi-ts
pub(crate) fn typescript(workshop: &Workshop) -> Result<()> {
    let folder = bench(workshop, "typescript", &["program.ts", "tsconfig.json", "openapi-ts.config.mjs"])?;
    let mut generate = workshop.node.command("openapi-ts");
    generate.arg("--input").arg(&workshop.document).args(["--file", "openapi-ts.config.mjs", "--no-log-file"]);
    call(generate.current_dir(&folder))?;
    compile_and_run(workshop, &folder)
}

/// openapi-typescript and openapi-fetch
pub(crate) fn fetch(workshop: &Workshop) -> Result<()> {
    let folder = bench(workshop, "fetch", &["program.ts", "../typescript/tsconfig.json"])?;
    let mut generate = workshop.node.command("openapi-typescript");
    call(generate.arg(&workshop.document).args(["--output", "client/schema.d.ts"]).current_dir(&folder))?;
    compile_and_run(workshop, &folder)
}

/// openapi-python-client
pub(crate) fn python(workshop: &Workshop) -> Result<()> {
    let folder = bench(workshop, "python", &["program.py"])?;
    let mut generate = workshop.python.command("openapi-python-client");
    generate.args(["generate", "--meta", "none", "--output-path", "client", "--fail-on-warning", "--path"]);
    call(generate.arg(&workshop.document).current_dir(&folder))?;
    call(workshop.python.command("python").args(["-c", IMPORT_ALL]).current_dir(&folder))?;
    // What the generator's own files say of themselves is not ours to judge; our use of them is.
    let mut types = workshop.python.command("mypy");
    call(types.args(["--strict", "--follow-imports", "silent", "program.py"]).current_dir(&folder))?;
    with_demo(workshop.python.command("python").arg("program.py").current_dir(&folder))
}

/// Runs a program beside a fresh demo, which it finds in its environment.
pub(crate) fn with_demo(program: &mut Command) -> Result<()> {
    let demo = Demo::start(&[("POBRATIM_RATE_LIMIT", "off"), ("POBRATIM_LOG", "warn")])?;
    call(program.env("POBRATIM_URL", demo.url()).env("POBRATIM_KEY", demo.key()))
}

/// A folder with copies of our files, named as seen from `tests/sdk/NAME`.
pub(crate) fn bench(workshop: &Workshop, name: &str, files: &[&str]) -> Result<PathBuf> {
    let folder = empty_folder(&workshop.home, name)?;
    for file in files.iter().map(|file| sources().join(name).join(file)) {
        let copy = folder.join(file.file_name().unwrap_or_default());
        fs::copy(&file, copy).map_err(|error| format!("cannot copy {}: {error}", file.display()))?;
    }
    Ok(folder)
}

fn compile_and_run(workshop: &Workshop, folder: &Path) -> Result<()> {
    let told = |error: std::io::Error| format!("cannot write into {}: {error}", folder.display());
    std::os::unix::fs::symlink(workshop.node.modules(), folder.join("node_modules")).map_err(told)?;
    fs::write(folder.join("package.json"), r#"{"private": true, "type": "module"}"#).map_err(told)?;
    call(workshop.node.command("tsc").args(["--project", "."]).current_dir(folder))?;
    with_demo(workshop.node.command("node").arg("out/program.js").current_dir(folder))
}
