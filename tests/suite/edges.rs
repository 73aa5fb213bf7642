//! The edges: what the contract's schemas say of parameters and headers is what is enforced, and
//! what a hostile client sends is answered as documented. Most of it was found by fuzzing.

use std::time::Duration;

use pobratim_tests::App;
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

/// Sends bytes as they are; gives all that comes back.
async fn raw(app: &App, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    // The server may answer and close before it has read all.
    let _ = stream.write_all(request).await;
    let mut answer = Vec::new();
    let read = tokio::time::timeout(Duration::from_secs(5), async {
        let mut buffer = [0; 8192];
        while let Ok(length @ 1..) = stream.read(&mut buffer).await {
            answer.extend_from_slice(&buffer[..length]);
        }
    });
    read.await.unwrap(); // nobody is left waiting
    String::from_utf8_lossy(&answer).into_owned()
}

fn get(target: &str, more: &str) -> Vec<u8> {
    format!("GET {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{more}\r\n").into_bytes()
}

#[tokio::test]
async fn parameters_are_as_the_contract_says() {
    let app = App::with_city().await;
    let long = "a".repeat(300);
    let simple = MISSING.replace('-', "");
    for (query, code) in [
        (format!("ref={long}"), "too_long"),
        (format!("tag=ok,{long}"), "too_long"),
        (format!("parent={simple}"), "invalid"),
        ("limit=%2B5".to_owned(), "wrong_type"),
        ("limit=05".to_owned(), "wrong_type"),
        (format!("external_id=geonames:{long}"), "too_long"),
        ("expand=places,places,places".to_owned(), "too_many"),
        (format!("cursor={}", long.repeat(4)), "too_long"),
        ("q=%FF".to_owned(), "invalid"),
        ("%FF=1".to_owned(), "invalid"),
        ("q=a%".to_owned() + "C3", "invalid"),
    ] {
        let reply = app.get(&format!("/v1/places?{query}")).send().await.expect_problem(400, "invalid_parameter");
        let faults = reply.faults();
        assert_eq!(faults.iter().map(|fault| fault.1.as_str()).collect::<Vec<_>>(), [code], "{query}");
    }
    let all = app.get("/v1/partnerships?limit=05&tag=,&municipality=XY&colour=1").header("Prefer", &"x".repeat(1001));
    let faults = all.send().await.expect_problem(400, "invalid_parameter").faults();
    let places: Vec<&str> = faults.iter().map(|fault| fault.0.as_str()).collect();
    assert_eq!(places, ["tag", "colour", "limit", "municipality", "Prefer"], "all at once");
    for fits in ["limit=5&q=%D0%91+%D0%B0&&municipality=nowhere,else", "tag=%25", "q=a%zz"] {
        app.get(&format!("/v1/partnerships?{fits}")).send().await.expect(200);
    }
    app.get("/v1/changes?municipality=X").send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn headers_are_as_the_contract_says() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let place = json!({
        "kind": "country", "country": "JP", "visibility": "public",
        "names": [{"text": "Japan", "lang": "en", "kind": "official", "preferred": true}],
    });
    for key in ["", "ключ", "a\tb", &"k".repeat(256)] {
        let reply = app.post("/v1/places", place.clone()).key(&editor).header("Idempotency-Key", key).send().await;
        assert_eq!(reply.expect_problem(400, "invalid_parameter").faults()[0].0, "Idempotency-Key", "{key}");
    }
    let path = format!("/v1/places/{MISSING}");
    let patch = |tag: &str| app.request("PATCH", &path).json(json!({"population": 1})).key(&editor).if_match(tag);
    let long = format!("\"{}\"", "x".repeat(1000));
    for malformed in ["3", "\"é\"", "*, \"3\"", &long] {
        let reply = patch(malformed).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults()[0].0, "If-Match", "{malformed}");
    }
    patch("\"3\"").send().await.expect_problem(404, "not_found");
    // What it does not know of this header it passes over (RFC 7240).
    for wish in ["", "respond-async", "wait=-1;;=, wait=99999999999999999999", "count=exact; x"] {
        app.get("/v1/places").header("Prefer", wish).send().await.expect(200);
    }
    assert_eq!(app.get("/v1/places").send().await.json["items"], json!([]));
}

#[tokio::test]
async fn a_header_that_stands_twice_is_a_list() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let twice = |name: &str, one: &str, other: &str| format!("{name}: {one}\r\n{name}: {other}\r\n");
    let tag = app.get("/v1/codelists").send().await.tag().to_owned();
    let answer = raw(&app, &get("/v1/codelists", &twice("If-None-Match", "\"other\"", &tag))).await;
    assert!(answer.starts_with("HTTP/1.1 304 "), "{answer}");
    let answer = raw(&app, &get("/v1/codelists", &twice("Accept", "text/html", "application/json"))).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let bearer = format!("Bearer {editor}");
    for credentials in [("Bearer x", bearer.as_str()), (bearer.as_str(), "Bearer x"), (bearer.as_str(), &bearer)] {
        let answer = raw(&app, &get("/v1/me", &twice("Authorization", credentials.0, credentials.1))).await;
        assert!(answer.starts_with("HTTP/1.1 401 "), "which of them is meant is not guessed: {answer}");
    }
}

#[tokio::test]
async fn writes_have_no_parameters_in_the_query() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for (method, path) in [
        ("POST", "/v1/places".to_owned()),
        ("PATCH", format!("/v1/places/{MISSING}")),
        ("DELETE", format!("/v1/places/{MISSING}")),
        ("PUT", "/v1/places/by-external-id/geonames/1".to_owned()),
    ] {
        let request = app.request(method, &format!("{path}?dry_run=true")).json(json!({})).key(&editor).if_match("*");
        let reply = request.send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults(), [("dry_run".into(), "unknown_parameter".into())], "{method}");
    }
}

#[tokio::test]
async fn names_in_paths_are_utf_8() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let body = json!({"kind": "country", "country": "JP"});
    let put = app.request("PUT", "/v1/places/by-external-id/geonames/%FF").json(body).key(&editor);
    put.send().await.expect_problem(404, "not_found");
    app.get("/v1/codelists/%FF").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_hostile_clients_send_is_answered() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let post = |more: &str, body: &str| {
        let head = "Host: x\r\nConnection: close\r\nContent-Type: application/json\r\n";
        format!("POST /v1/places HTTP/1.1\r\n{head}Authorization: Bearer {editor}\r\n{more}\r\n{body}").into_bytes()
    };
    let with_method = |method: &str, target: &str| {
        format!("{method} {target} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n").into_bytes()
    };
    for (name, request, status) in [
        ("another host", get("http://example.org/v1/nothing", ""), 404),
        ("absolute form", get("http://example.org/livez", ""), 200),
        ("encoded slash", get("/v1%2Fplaces", ""), 404),
        ("dots", get("/v1/../etc/passwd", ""), 404),
        ("asterisk", with_method("OPTIONS", "*"), 404),
        ("tunnel", with_method("CONNECT", "example.org:80"), 404),
        ("trace", with_method("TRACE", "/v1/places"), 405),
        ("lower case", with_method("get", "/livez"), 405),
        ("range", get("/v1/places", "Range: bytes=0-3\r\n"), 200),
        ("accept", get("/v1/places", "Accept: ,;=\r\n"), 200),
        ("upgrade", get("/livez", "Upgrade: h2c\r\n"), 200),
        ("long query", get(&format!("/v1/places?q={}", "a".repeat(60_000)), ""), 400),
        ("too long a query", get(&format!("/v1/places?q={}", "a".repeat(200_000)), ""), 431),
        ("many headers", get("/livez", &"X: y\r\n".repeat(200)), 431),
        ("old protocol", b"GET /v1/places HTTP/1.0\r\n\r\n".to_vec(), 200),
        ("no host", b"GET /livez HTTP/1.1\r\n\r\n".to_vec(), 400),
        ("two lengths", post("Content-Length: 2\r\nContent-Length: 3\r\n", "{}"), 400),
        ("length and chunks", post("Content-Length: 2\r\nTransfer-Encoding: chunked\r\n", "0\r\n\r\n"), 400),
        ("a body that is no JSON", post("Content-Length: 3\r\n", "{}}"), 400),
        ("expectation", post("Expect: magic\r\nContent-Length: 2\r\n", "{}"), 400),
        ("no body", post("", ""), 400),
        ("deep", post("Content-Length: 600000\r\n", &"{\"a\":".repeat(120_000)), 400),
        ("ten megabytes", post("Content-Length: 10485760\r\n", &" ".repeat(10_485_760)), 413),
    ] {
        let answer = raw(&app, &request).await;
        let line = answer.lines().next().unwrap_or_default();
        assert!(line.split(' ').nth(1) == Some(&status.to_string()), "{name}: {line}");
    }
    // It says that the body may come, and then what it thinks of it.
    let answer = raw(&app, &post("Expect: 100-continue\r\nContent-Length: 2\r\n", "{}")).await;
    assert!(answer.starts_with("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 400 "), "{answer}");
    app.get("/livez").send().await.expect(200);
    assert_eq!(app.get("/v1/places").send().await.json["items"], json!([]));
}
