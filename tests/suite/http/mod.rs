//! What the API answers beside what was asked for: wrong paths, methods, types and bodies,
//! conditions, compression, limits, probes and pages.

mod bodies;
mod headers;
mod pages;
mod paths;

use std::time::Duration;

use pobratim_tests::App;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTRACT: &str = include_str!("../../../openapi/pobratim.v1.json");
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

fn place() -> Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}],
    })
}

/// A place whose JSON is over 1 KiB.
fn long_place() -> Value {
    let mut body = place();
    body["sources"] = json!([{"text": "Report ".repeat(140)}]);
    body
}

fn contract() -> Value {
    serde_json::from_str(CONTRACT).unwrap()
}

/// A path of the contract with its parameters filled in.
fn filled(path: &str) -> String {
    let parts = path.split('/').map(|part| match part {
        "{scheme}" => "geonames",
        "{codelist_name}" => "fields",
        "{problem_code}" => "stale",
        "{year}" => "2011",
        part if part.starts_with('{') => MISSING,
        part => part,
    });
    parts.collect::<Vec<_>>().join("/")
}

fn methods(item: &Value) -> Vec<String> {
    let known = ["get", "put", "post", "delete", "patch"];
    known.iter().filter(|method| item[**method].is_object()).map(|method| method.to_uppercase()).collect()
}

/// What a path allows, in order.
fn allowed(item: &Value) -> Vec<String> {
    let mut allowed = methods(item);
    if allowed.iter().any(|method| method == "GET") {
        allowed.push("HEAD".to_owned());
    }
    allowed.push("OPTIONS".to_owned());
    allowed.sort();
    allowed
}

fn listed(header: &str) -> Vec<String> {
    let mut listed: Vec<String> = header.split(',').map(|method| method.trim().to_owned()).collect();
    listed.sort();
    listed
}

/// Sends bytes as they are, for requests that no client would send; gives head and body.
async fn raw(app: &App, request: &[u8]) -> (String, Value) {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // The server may answer and close before it has read all.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(3), async {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..length]);
        }
    });
    read.await.unwrap();
    let text = String::from_utf8(answer).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    (head.to_ascii_lowercase(), serde_json::from_str(body).unwrap_or(Value::Null))
}

#[track_caller]
fn assert_problem((head, body): &(String, Value), status: u16, code: &str) {
    assert!(head.starts_with(&format!("http/1.1 {status} ")), "{head}\n{body:#}");
    assert!(head.contains("content-type: application/problem+json"), "{head}");
    for name in ["api-version", "x-request-id", "x-content-type-options", "content-security-policy", "referrer-policy"]
    {
        assert!(head.contains(&format!("\r\n{name}: ")), "{name} is missing: {head}");
    }
    assert_eq!(body["code"], code);
}
