//! OpenAPI Generator, which makes clients for many languages: tried with `cargo xtask contract --all`.
//!
//! What belongs here: how each is generated, and how far it is then tried. Java is compiled against
//! the libraries that the generator's own program brings, so that no registry of Java's is asked.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::clients::{IMPORT_ALL, bench, with_demo};
use crate::contract::{Workshop, empty_folder, sources};
use crate::pinned::{Python, call};
use crate::{Result, process, programs};

/// What docs/CLIENTS.md tells of, each with its reason.
const JAVA: &str = "library=native,openApiNullable=false,useJakartaEe=true,containerDefaultToNull=true,\
                    enumUnknownDefaultCase=true,useSingleRequestParameter=true";

/// Generated, and every module imported.
pub(crate) fn python(workshop: &Workshop) -> Result<()> {
    let tools = tools(workshop)?;
    let folder = empty_folder(&workshop.home, "generator-python")?;
    generate(workshop, &tools, &folder, "python", "packageName=client")?;
    call(tools.command("python").args(["-c", IMPORT_ALL]).current_dir(&folder))
}

/// Generated, compiled together with our program, and run.
pub(crate) fn java(workshop: &Workshop) -> Result<()> {
    let tools = tools(workshop)?;
    let folder = bench(workshop, "java", &["Program.java"])?;
    generate(workshop, &tools, &folder, "java", JAVA)?;
    let [annotations, forms] = programs::java_libraries()?;
    let libraries = tools.package("openapi_generator_cli")?.join("openapi-generator.jar");
    let path = format!("{}:{}:{}", libraries.display(), annotations.display(), forms.display());
    let mut files = vec![folder.join("Program.java")];
    java_files(&folder.join("src/main/java"), &mut files)?;
    let mut compile = Command::new("javac");
    compile.args(["-nowarn", "-proc:none", "-d", "out", "-classpath", &path]).args(files);
    call(compile.current_dir(&folder))?;
    let mut program = Command::new("java");
    with_demo(program.args(["-classpath", &format!("out:{path}"), "Program"]).current_dir(&folder))
}

/// Generated only: its libraries come from a registry of Java's.
pub(crate) fn kotlin(workshop: &Workshop) -> Result<()> {
    let folder = empty_folder(&workshop.home, "generator-kotlin")?;
    generate(workshop, &tools(workshop)?, &folder, "kotlin", "library=multiplatform,dateLibrary=kotlinx-datetime")
}

fn tools(workshop: &Workshop) -> Result<Python> {
    Python::install(workshop.home.join("generator-tools"), &sources().join("generator/requirements.txt"))
}

fn generate(workshop: &Workshop, tools: &Python, folder: &Path, language: &str, options: &str) -> Result<()> {
    let mut generate = tools.command("openapi-generator-cli");
    generate.args(["generate", "--generator-name", language, "--additional-properties", options, "--output", "."]);
    // It tells of every file it writes, which is of interest only when it fails.
    let output = process::output(generate.arg("--input-spec").arg(&workshop.document).current_dir(folder))?;
    if output.status.success() {
        return Ok(());
    }
    eprintln!("{}", String::from_utf8_lossy(&output.stdout));
    Err(format!("OpenAPI Generator makes no client for {language}: {}", output.status))
}

fn java_files(folder: &Path, found: &mut Vec<PathBuf>) -> Result<()> {
    let entries = fs::read_dir(folder).map_err(|error| format!("cannot read {}: {error}", folder.display()))?;
    for path in entries.flatten().map(|entry| entry.path()) {
        if path.is_dir() {
            java_files(&path, found)?;
        } else if path.extension().is_some_and(|extension| extension == "java") {
            found.push(path);
        }
    }
    Ok(())
}
