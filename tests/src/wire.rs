//! The wire check: every exchange of the suite is held against the committed contract. An answer
//! that it does not describe, or describes otherwise, fails the test.

use std::collections::HashMap;
use std::sync::{LazyLock, Mutex};

use jsonschema::{Draft, PatternOptions, Validator};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};

const CONTRACT: &str = include_str!("../../openapi/pobratim.v1.json");

static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(CONTRACT).expect("the committed contract is JSON"));
static VALIDATORS: LazyLock<Mutex<HashMap<String, &'static Validator>>> = LazyLock::new(Mutex::default);

/// Checks one exchange; paths outside the contract (pages, probes) are not its business.
pub(crate) fn check(method: &str, path: &str, status: u16, headers: &HeaderMap, body: &[u8]) {
    let path = path.split('?').next().unwrap_or_default();
    let Some((template, item)) = template(path) else { return };
    let verb = if method == "HEAD" { "get".to_owned() } else { method.to_ascii_lowercase() };
    let place = format!("{method} {path} → {status}");
    let operation = &item[&verb];
    if operation.is_null() {
        assert!(matches!(status, 405 | 204 | 429), "{place}: {template} has no {method} in the contract");
        return;
    }
    let responses = operation["responses"].as_object().expect("responses");
    let response = resolve(responses.get(&status.to_string()).unwrap_or_else(|| {
        assert!(status >= 400, "{place}: the contract of {template} does not know this status");
        &responses["default"]
    }));
    for (name, header) in response["headers"].as_object().into_iter().flatten() {
        let always = !matches!(name.as_str(), "Link" | "Location") || (name == "Location" && status == 201);
        assert!(!always || headers.contains_key(name), "{place}: the header {name} is missing");
        assert!(resolve(header)["schema"].is_object(), "{place}: the header {name} has no schema");
    }
    let Some(content) = response["content"].as_object() else {
        assert!(body.is_empty(), "{place}: there should be no body");
        return;
    };
    let given = headers.get("content-type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    // A charset may be told beside a type.
    let media_type = given.split(';').next().unwrap_or_default();
    let Some(media) = content.get(media_type) else {
        panic!("{place}: the content type is {given:?}, not {:?}", content.keys())
    };
    if method == "HEAD" {
        return;
    }
    if media["schema"]["type"] == "string" {
        let is_binary = media["schema"]["format"] == "binary";
        assert!(is_binary || std::str::from_utf8(body).is_ok(), "{place}: the body is not UTF-8");
        return;
    }
    let value: Value = serde_json::from_slice(body).unwrap_or_else(|error| panic!("{place}: {error}"));
    let schema = media["schema"]["$ref"].as_str().expect("bodies are references");
    let validator = validator(schema);
    let faults: Vec<String> =
        validator.iter_errors(&value).map(|error| format!("{}: {error}", error.instance_path())).collect();
    assert!(faults.is_empty(), "{place}: the body is not {schema}: {faults:#?}\n{value:#}");
}

fn template(path: &str) -> Option<(&'static str, &'static Value)> {
    let wanted: Vec<&str> = path.split('/').collect();
    let paths = DOCUMENT["paths"].as_object().expect("paths");
    let fits = |template: &str| {
        let parts: Vec<&str> = template.split('/').collect();
        parts.len() == wanted.len()
            && parts.iter().zip(&wanted).all(|(part, given)| part.starts_with('{') || part == given)
    };
    // A literal part wins over a parameter, as in the router.
    let mut found: Vec<_> = paths.iter().filter(|(template, _)| fits(template)).collect();
    found.sort_by_key(|(template, _)| template.matches('{').count());
    found.first().map(|(template, item)| (template.as_str(), *item))
}

fn resolve(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str().and_then(|reference| reference.strip_prefix('#')) {
        Some(pointer) => DOCUMENT.pointer(pointer).expect("a reference leads somewhere"),
        None => value,
    }
}

fn validator(schema: &str) -> &'static Validator {
    let mut validators = VALIDATORS.lock().expect("no test panics while it builds a validator");
    validators.entry(schema.to_owned()).or_insert_with(|| {
        let root = json!({"$ref": schema, "components": {"schemas": DOCUMENT["components"]["schemas"]}});
        let options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            .should_validate_formats(true);
        Box::leak(Box::new(options.build(&root).expect("the contract's schemas are valid")))
    })
}
