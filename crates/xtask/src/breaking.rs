//! Breaking changes: the contract as it is, held against the one that was released.
//!
//! What belongs here: the comparison, what it lets pass, and the proof that it would not let
//! everything pass. `openapi/README.md` tells how a release is cut.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value};

use crate::contract::{Workshop, empty_folder, redocly_command};
use crate::pinned::call;
use crate::{Result, openapi, process};

/// Enumerations grow within a version, and clients are told so in the document itself.
const ALLOWED: &str = "enum-values-added";

pub(crate) fn check(workshop: &Workshop) -> Result<()> {
    let released = workshop.document.with_file_name("released").join("pobratim.v1.json");
    let base = read(&released)?;
    let present = openapi::committed()?;
    let folder = empty_folder(&workshop.home, "breaking")?;
    let compare = |revision: &Path, is_new: bool| {
        let mut diff = redocly_command(workshop);
        diff.arg("diff").arg(&released).arg(revision).args(["--skip-rule", ALLOWED]);
        // Within the released version nothing breaks. A new version has to be one that fits the changes.
        diff.args(if is_new { ["--fail-on=none", "--check-version"].as_slice() } else { &["--fail-on=major"] });
        diff.arg("--output").arg(folder.join("report.txt"));
        call(&mut diff)
    };
    let is_new = base["info"]["version"] != present["info"]["version"];
    if compare(&workshop.document, is_new).is_err() {
        process::go_on()?;
        let report = fs::read_to_string(folder.join("report.txt")).unwrap_or_default();
        return Err(format!("the contract breaks what was released; see openapi/README.md\n{report}"));
    }
    for (what, break_it) in BREAKS {
        let mut broken = base.clone();
        break_it(&mut broken)?;
        let file = folder.join("broken.json");
        fs::write(&file, broken.to_string()).map_err(|error| format!("{}: {error}", file.display()))?;
        if compare(&file, false).is_ok() {
            return Err(format!("the comparison lets pass that {what} is gone"));
        }
        process::go_on()?;
    }
    Ok(())
}

type Break = fn(&mut Value) -> Result<()>;

/// What must not pass, tried each time.
const BREAKS: [(&str, Break); 2] = [
    ("an operation", |document| remove_first(&mut document["paths"], "get")),
    ("a member", |document| remove_first(&mut document["components"]["schemas"]["Partnership"], "stage")),
];

/// Removes the member of that name from the first object below that has one.
fn remove_first(among: &mut Value, name: &str) -> Result<()> {
    let found = among
        .as_object_mut()
        .into_iter()
        .flat_map(Map::values_mut)
        .find_map(|item| item.as_object_mut().and_then(|members| members.remove(name)));
    found.map(drop).ok_or_else(|| format!("the released contract has no `{name}` to try the comparison with"))
}

fn read(file: &Path) -> Result<Value> {
    let told = |error: &dyn std::fmt::Display| format!("{}: {error}", file.display());
    let text = fs::read(file).map_err(|error| told(&error))?;
    serde_json::from_slice(&text).map_err(|error| told(&error))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_tried_breaks_the_released_contract() {
        let released = read(&process::workspace_root().join("openapi/released/pobratim.v1.json")).unwrap();
        for (what, break_it) in BREAKS {
            let mut broken = released.clone();
            break_it(&mut broken).unwrap();
            assert_ne!(broken, released, "{what}");
        }
    }
}
