//! The direction of dependencies between our crates, as a test.
//!
//! What belongs here: which crate may depend on which of ours, and which foreign crates a layer must
//! do without. A failure here means that code is in the wrong crate; moving it is the cure.

use serde_json::Value;

use crate::{metadata, process};

/// Every package of the workspace with those of ours it may depend on, in whatever way (tests and build scripts too).
const ALLOWED: &[(&str, &[&str])] = &[
    ("pobratim-domain", &[]),
    ("pobratim-files", &[]),
    ("pobratim-migrations", &[]),
    ("pobratim-persistence", &["pobratim-domain"]),
    ("pobratim-reports", &["pobratim-domain"]),
    ("pobratim-names", &["pobratim-domain"]),
    ("pobratim-imports", &["pobratim-names", "pobratim-domain"]),
    (
        "pobratim-api",
        &[
            "pobratim-persistence",
            "pobratim-files",
            "pobratim-imports",
            "pobratim-reports",
            "pobratim-names",
            "pobratim-domain",
        ],
    ),
    ("pobratim", &["pobratim-api", "pobratim-files", "pobratim-persistence", "pobratim-migrations", "pobratim-domain"]),
    (
        "pobratim-tests",
        &[
            "pobratim",
            "pobratim-api",
            "pobratim-files",
            "pobratim-persistence",
            "pobratim-migrations",
            "pobratim-domain",
        ],
    ),
    (
        "pobratim-bench",
        &["pobratim-tests", "pobratim-api", "pobratim-persistence", "pobratim-migrations", "pobratim-domain"],
    ),
    ("xtask", &[]),
];

/// Foreign crates, by the start of their names, that must not be among a package's own dependencies.
const FORBIDDEN: &[(&str, &[&str])] = &[
    ("pobratim-domain", &["actix", "sea-orm", "sea-query", "sqlx", "tokio"]),
    ("pobratim-files", &["actix", "sea-orm", "sea-query", "sqlx"]),
    ("pobratim-imports", &["actix", "sea-orm", "sea-query", "sqlx", "tokio"]),
    ("pobratim-names", &["actix", "sea-orm", "sea-query", "sqlx", "tokio"]),
    ("pobratim-persistence", &["actix"]),
    ("pobratim-api", &["sea-orm", "sea-query", "sqlx"]),
];

#[test]
fn our_crates_depend_on_each_other_in_one_direction() {
    let packages = metadata::packages().unwrap();
    let mut faults = Vec::new();
    for (package, name) in packages.iter().map(|package| (package, text(&package["name"]))) {
        let Some((_, allowed)) = ALLOWED.iter().find(|(known, _)| *known == name) else {
            faults.push(format!("{name} is not in this test's list of packages"));
            continue;
        };
        // A dependency inside the workspace has a path.
        let ours = dependencies(package).filter(|dependency| dependency["path"].is_string());
        for found in ours.map(|dependency| text(&dependency["name"])) {
            if !allowed.contains(&found) {
                faults.push(format!("{name} must not depend on {found}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

#[test]
fn each_layer_does_without_what_belongs_to_another() {
    let packages = metadata::packages().unwrap();
    let mut faults = Vec::new();
    for (name, forbidden) in FORBIDDEN {
        let package = packages.iter().find(|package| package["name"] == *name).unwrap();
        // A test may need a runtime or a client that the layer itself does not.
        let own = dependencies(package).filter(|dependency| dependency["kind"] != "dev");
        for found in own.map(|dependency| text(&dependency["name"])) {
            if forbidden.iter().any(|start| found.starts_with(start)) {
                faults.push(format!("{name} must not depend on {found}"));
            }
        }
    }
    assert!(faults.is_empty(), "{}", faults.join("\n"));
}

/// Not even through another crate: that would bring input and output into what is to be pure.
#[test]
fn the_domain_is_free_of_servers_and_databases_all_the_way_down() {
    let arguments =
        ["tree", "--package", "pobratim-domain", "--edges", "normal", "--prefix", "none", "--format", "{p}"];
    let output = process::cargo(&arguments).output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let tree = String::from_utf8(output.stdout).unwrap();
    assert!(tree.starts_with("pobratim-domain "), "{tree}");
    let (_, forbidden) = FORBIDDEN[0];
    let found: Vec<&str> = tree.lines().filter(|line| forbidden.iter().any(|start| line.starts_with(start))).collect();
    assert!(found.is_empty(), "the domain depends on {}", found.join(", "));
}

fn dependencies(package: &Value) -> impl Iterator<Item = &Value> {
    package["dependencies"].as_array().unwrap().iter()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap()
}
