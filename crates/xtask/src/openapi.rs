//! `cargo xtask openapi`: the committed OpenAPI document, as the program describes itself.
//!
//! What belongs here: asking the binary for the document, writing it, and telling drift.

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::{Result, no_arguments, process, say};

const PATH: &str = "openapi/pobratim.v1.json";

pub(crate) fn run(arguments: &[String]) -> Result<ExitCode> {
    no_arguments("openapi", arguments)?;
    let document = generate()?;
    if fs::read(file()).is_ok_and(|committed| committed == document) {
        say(&format!("{PATH} is as it was"));
        return Ok(ExitCode::SUCCESS);
    }
    let write = |()| fs::write(file(), &document);
    let folder = file().parent().map_or(Ok(()), fs::create_dir_all);
    folder.and_then(write).map_err(|error| format!("cannot write {PATH}: {error}"))?;
    say(&format!("{PATH} was written anew"));
    Ok(ExitCode::SUCCESS)
}

/// The committed document, read.
pub(crate) fn committed() -> Result<serde_json::Value> {
    let told = |error: &dyn std::fmt::Display| format!("{PATH}: {error}");
    let text = fs::read(file()).map_err(|error| told(&error))?;
    serde_json::from_slice(&text).map_err(|error| told(&error))
}

/// Fails when the committed document is not the one the program gives.
pub(crate) fn check() -> Result<()> {
    let generated = generate()?;
    let committed =
        fs::read(file()).map_err(|error| format!("cannot read {PATH}: {error}; run `cargo xtask openapi`"))?;
    first_difference(&String::from_utf8_lossy(&committed), &String::from_utf8_lossy(&generated)).map_or(
        Ok(()),
        |line| {
            Err(format!("{PATH} is out of date from line {line} on; run `cargo xtask openapi` and review what changed"))
        },
    )
}

/// The committed document.
pub(crate) fn file() -> PathBuf {
    process::workspace_root().join(PATH)
}

fn generate() -> Result<Vec<u8>> {
    let output = process::output(&mut process::cargo(&["run", "--quiet", "--package", "pobratim", "--", "openapi"]))?;
    if !output.status.success() {
        return Err(format!("`pobratim openapi` failed: {}", output.status));
    }
    // An empty file would pass for a document at the next comparison.
    if output.stdout.trim_ascii().is_empty() {
        return Err("`pobratim openapi` printed nothing".to_owned());
    }
    Ok(output.stdout)
}

/// The number of the first line in which two texts differ.
fn first_difference(one: &str, other: &str) -> Option<usize> {
    if one == other {
        return None;
    }
    let same =
        one.split_inclusive('\n').zip(other.split_inclusive('\n')).take_while(|(one, other)| one == other).count();
    Some(same + 1)
}

#[cfg(test)]
mod tests {
    use super::first_difference;

    #[test]
    fn names_the_first_line_that_differs() {
        assert_eq!(first_difference("{\n}\n", "{\n}\n"), None);
        assert_eq!(first_difference("{\n\"a\": 1\n}\n", "{\n\"a\": 2\n}\n"), Some(2));
        assert_eq!(first_difference("{\n}", "{\n}\n"), Some(2));
        assert_eq!(first_difference("", "{"), Some(1));
    }
}
