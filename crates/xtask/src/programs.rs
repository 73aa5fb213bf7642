//! Programs of others on this machine: PostgreSQL's server, Python, Java, and a browser.
//!
//! What belongs here: where they may be, which version will do, and installing Debian's package
//! where that is possible without asking anyone.

use std::path::{Path, PathBuf};
use std::process::Command;

use crate::account::we_are_root;
use crate::{Result, process};

/// The oldest major version the project supports.
const OLDEST: u32 = 15;

/// The programs a cluster needs, all in one folder.
const NEEDED: [&str; 3] = ["initdb", "pg_ctl", "postgres"];

/// The folder with the server programs; installs them first where they are missing and it may.
pub(crate) fn folder(root: bool) -> Result<PathBuf> {
    if let Some(found) = find() {
        return Ok(found);
    }
    if !(root && is_debian()) {
        return Err(missing(is_debian()));
    }
    eprintln!("xtask: PostgreSQL's server programs are missing; installing Debian's package `postgresql`");
    install("postgresql")?;
    find().ok_or_else(|| format!("the package `postgresql` brought no server programs of version {OLDEST} or newer"))
}

/// A Python that can make environments of its own.
pub(crate) fn python() -> Result<&'static str> {
    let works = || {
        let mut tried = Command::new("python3");
        tried.args(["-c", "import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))"]);
        tried.stderr(std::process::Stdio::null()).status().is_ok_and(|status| status.success())
    };
    if !works() && is_debian() && we_are_root()? {
        eprintln!("xtask: Python's `venv` is missing; installing Debian's package `python3-venv`");
        install("python3-venv")?;
    }
    if works() {
        return Ok("python3");
    }
    Err("Python 3.11 or newer with `venv` is needed for this command; on Debian run `sudo apt-get install python3-venv`"
        .to_owned())
}

/// The driver of Debian's browser.
pub(crate) fn chromedriver() -> Result<&'static str> {
    let works = || {
        let mut tried = Command::new("chromedriver");
        tried.arg("--version").stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        tried.status().is_ok_and(|status| status.success())
    };
    if !works() && is_debian() && we_are_root()? {
        eprintln!("xtask: a browser is missing; installing Debian's package `chromium-driver`");
        install("chromium-driver")?;
    }
    if works() {
        return Ok("chromedriver");
    }
    Err("Chromium with `chromedriver` is needed to look at the pages; on Debian run `sudo apt-get install chromium-driver`".to_owned())
}

/// What generated Java needs beside the generator's own libraries: its annotations, and the forms
/// that files are sent in. There is a compiler then, too.
pub(crate) fn java_libraries() -> Result<[&'static Path; 2]> {
    let libraries = ["/usr/share/java/jakarta-annotation-api.jar", "/usr/share/java/httpmime.jar"].map(Path::new);
    let works = || {
        let mut tried = Command::new("javac");
        tried.arg("-version").stdout(std::process::Stdio::null()).stderr(std::process::Stdio::null());
        libraries.iter().all(|library| library.is_file()) && tried.status().is_ok_and(|status| status.success())
    };
    if !works() && is_debian() && we_are_root()? {
        eprintln!("xtask: Java is missing; installing Debian's packages for it");
        install("default-jdk-headless")?;
        install("libjakarta-annotation-api-java")?;
        install("libhttpmime-java")?;
    }
    if works() {
        return Ok(libraries);
    }
    Err("a Java compiler and its libraries are needed; on Debian run `sudo apt-get install default-jdk-headless libjakarta-annotation-api-java libhttpmime-java`".to_owned())
}

fn is_debian() -> bool {
    Path::new("/etc/debian_version").exists()
}

/// Installs one of Debian's packages; only root may.
fn install(package: &str) -> Result<()> {
    apt_get(&["update"])?;
    apt_get(&["install", "-y", "--no-install-recommends", package])
}

fn missing(debian: bool) -> String {
    let how = if debian {
        "run `sudo apt-get install postgresql`"
    } else {
        "install your system's PostgreSQL server package"
    };
    format!(
        "PostgreSQL {OLDEST} or newer is needed for the tests, but {} were found neither in PATH nor in the usual folders; \
         {how}, or put the folder with these programs in PATH",
        NEEDED.join(", ")
    )
}

fn apt_get(arguments: &[&str]) -> Result<()> {
    let mut command = Command::new("apt-get");
    // Its report goes where ours goes, so that standard output has the tests only.
    command.args(arguments).env("DEBIAN_FRONTEND", "noninteractive").stdout(std::io::stderr());
    let status = process::start(&mut command)?.wait()?;
    if status.success() { Ok(()) } else { Err(format!("`apt-get {}` failed: {status}", arguments.join(" "))) }
}

fn find() -> Option<PathBuf> {
    candidates().into_iter().find(|folder| version(folder).is_some_and(|major| major >= OLDEST))
}

/// PATH first, since who puts a folder there means it; then where packages put them, newest first.
fn candidates() -> Vec<PathBuf> {
    let path = std::env::var_os("PATH").unwrap_or_default();
    let mut folders: Vec<PathBuf> = std::env::split_paths(&path).collect();
    folders.extend(newest_first("/usr/lib/postgresql", ""));
    folders.push("/usr/local/pgsql/bin".into());
    folders.extend(newest_first("/opt/homebrew/opt", "postgresql"));
    folders.extend(newest_first("/usr/local/opt", "postgresql"));
    folders
}

/// The `bin` folders of the versions installed side by side in `parent`.
fn newest_first(parent: &str, prefix: &str) -> Vec<PathBuf> {
    let names = std::fs::read_dir(parent).into_iter().flatten().flatten();
    let mut versions: Vec<(u32, PathBuf)> = names
        .filter_map(|entry| {
            let name = entry.file_name().into_string().ok()?;
            let rest = name.strip_prefix(prefix)?;
            // Homebrew's `postgresql` without a number is a link to one of the numbered.
            Some((rest.trim_start_matches('@').parse().unwrap_or(0), entry.path().join("bin")))
        })
        .collect();
    versions.sort_by(|one, other| other.cmp(one));
    versions.into_iter().map(|(_, folder)| folder).collect()
}

/// The major version of the programs in `folder`, if all that are needed are there.
fn version(folder: &Path) -> Option<u32> {
    if !NEEDED.iter().all(|program| folder.join(program).is_file()) {
        return None;
    }
    let output = Command::new(folder.join("postgres")).arg("--version").output().ok()?;
    major(&String::from_utf8_lossy(&output.stdout))
}

/// `postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)` → 15
fn major(line: &str) -> Option<u32> {
    let number = line.split_once("(PostgreSQL)")?.1.trim_start();
    let digits = number.split(|character: char| !character.is_ascii_digit()).next()?;
    digits.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_the_major_version() {
        assert_eq!(major("postgres (PostgreSQL) 15.13 (Debian 15.13-0+deb12u1)\n"), Some(15));
        assert_eq!(major("postgres (PostgreSQL) 18beta1\n"), Some(18));
        assert_eq!(major("postgres: command not found"), None);
    }

    #[test]
    fn an_empty_folder_has_no_version() {
        assert_eq!(version(Path::new("/")), None);
    }

    #[test]
    fn the_sentence_for_a_missing_server_says_what_to_install() {
        assert!(missing(true).contains("sudo apt-get install postgresql"));
        assert!(!missing(false).contains("apt-get"));
    }
}
