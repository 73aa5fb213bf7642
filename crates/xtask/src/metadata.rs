//! What cargo knows of the workspace's packages.
//!
//! What belongs here: reading `cargo metadata`, as far as a command or the layer test needs it.

use serde_json::Value;

use crate::{Result, process};

/// The workspace's own packages, as `cargo metadata --no-deps` has them.
pub(crate) fn packages() -> Result<Vec<Value>> {
    let output = process::cargo(&["metadata", "--format-version", "1", "--no-deps"])
        .output()
        .map_err(|error| format!("cannot start `cargo metadata`: {error}"))?;
    if !output.status.success() {
        return Err(format!("`cargo metadata` failed: {}", String::from_utf8_lossy(&output.stderr).trim()));
    }
    let mut document: Value = serde_json::from_slice(&output.stdout)
        .map_err(|error| format!("`cargo metadata` did not answer with JSON: {error}"))?;
    match document.get_mut("packages").map(Value::take) {
        Some(Value::Array(packages)) => Ok(packages),
        _ => Err("`cargo metadata` named no packages".to_owned()),
    }
}

/// The names of a package's integration test programs.
pub(crate) fn test_programs(package: &str) -> Result<Vec<String>> {
    let packages = packages()?;
    let targets =
        packages.iter().filter(|found| found["name"] == package).filter_map(|found| found["targets"].as_array());
    let names: Vec<String> = targets
        .flatten()
        .filter(|target| target["kind"].as_array().is_some_and(|kinds| kinds.iter().any(|kind| kind == "test")))
        .filter_map(|target| target["name"].as_str().map(str::to_owned))
        .collect();
    if names.is_empty() { Err(format!("the package `{package}` has no integration test program")) } else { Ok(names) }
}
