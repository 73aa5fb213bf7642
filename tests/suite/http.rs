//! What the API answers beside what was asked for: wrong paths, methods, types and bodies,
//! conditions, compression, limits, probes and pages.

use std::io::Read;
use std::time::Duration;

use pobratim_api::Settings;
use pobratim_tests::{App, Reply, Store};
use reqwest::header::HeaderMap;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const CONTRACT: &str = include_str!("../../openapi/pobratim.v1.json");
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

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let app = App::with_city().await;
    for path in [
        "/nothing",
        "/v1",
        "/v1/",
        "/v1/nothing",
        "/v2/places",
        "/v1/places/",
        "/v1//places",
        "/V1/places",
        "/v1/places.json",
        "/docs/",
        "/docs/nothing.js",
        "/docs/..%2f..%2fetc%2fpasswd",
        "/livez/",
        "/v1/codelists/nothing",
        "/v1/problems/nothing",
    ] {
        let reply = app.get(path).send().await.expect_problem(404, "not_found");
        assert_eq!(reply.header("content-type"), "application/problem+json", "{path}");
        let problem = &reply.json;
        assert_eq!(problem["instance"].as_str().unwrap(), path, "{problem:#}");
        assert_eq!(problem["request_id"].as_str().unwrap(), reply.header("x-request-id"));
        assert_eq!((&problem["status"], &problem["type"]), (&json!(404), &json!("/v1/problems/not_found")));
        assert_eq!(reply.header("location"), "", "nobody is sent elsewhere");
    }
}

#[tokio::test]
async fn malformed_ids_are_like_missing_ones() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let simple = MISSING.replace('-', "");
    for id in [
        "0",
        "x",
        "null",
        "%00",
        "PLA-%00",
        "PLA-",
        "PLA-9999",
        "MUN-0001",
        "pla-0001",
        "%FF",
        "..",
        "%2e%2e",
        "a%2Fb",
        &simple,
        &format!("%7B{MISSING}%7D"),
        &format!("urn:uuid:{MISSING}"),
        MISSING,
        &"9".repeat(2000),
        "%F0%9F%92%A9",
    ] {
        let path = format!("/v1/places/{id}");
        // `..` is resolved by the client.
        if id == ".." || id == "%2e%2e" {
            continue;
        }
        app.get(&path).send().await.expect_problem(404, "not_found");
        app.get(&format!("{path}/history")).send().await.expect_problem(404, "not_found");
        let patch = app.request("PATCH", &path).json(json!({"population": 1})).key(&editor).if_match("*");
        patch.send().await.expect_problem(404, "not_found");
    }
}

#[tokio::test]
async fn problems_tell_back_what_was_sent_within_bounds() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let long = "x".repeat(5000);
    let reply =
        app.get(&format!("/v1/places?{long}=1&country={long}")).send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(reply.faults().len(), 2);
    let mut body = place();
    body[&long] = json!(1);
    body["kind"] = json!(long);
    body["country"] = json!(long);
    let reply = app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body");
    assert!(reply.faults().len() >= 3);
    let nested = format!("{{\"{long}\": {{\"{long}\": \"\\u0000\"}}}}");
    let request = app.request("POST", "/v1/places").key(&editor).header("Content-Type", "application/json");
    request.bytes(nested.into_bytes()).send().await.expect_problem(400, "malformed");
    let many: serde_json::Map<String, Value> = (0..3000).map(|member| (format!("m{member}"), json!(1))).collect();
    app.post("/v1/places", Value::Object(many)).key(&editor).send().await.expect_problem(400, "invalid_body");
}

#[tokio::test]
async fn nul_in_a_path_never_reaches_the_database() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for path in [
        "/v1/places/by-external-id/geonames/a%00b",
        "/v1/places/by-external-id/geo%00names/1",
        "/v1/places/by-external-id/nothing/1",
    ] {
        let reply = app.request("PUT", path).json(place()).key(&editor).send().await;
        assert!(matches!(reply.status.as_u16(), 400 | 404), "{path}: {} {:#}", reply.status, reply.json);
    }
    for query in ["q=%00", "ref=a%00", "external_id=geonames:%00", "tag=%00", "municipality=%00", "cursor=%00", "%00=1"]
    {
        app.get(&format!("/v1/places?{query}")).send().await.expect_problem(400, "invalid_parameter");
    }
    app.get("/v1/changes?municipality=%00").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(app.get("/v1/places").send().await.json["items"], json!([]));
}

#[tokio::test]
async fn every_path_says_what_it_allows() {
    let app = App::with_city().await;
    let document = contract();
    let paths = document["paths"].as_object().unwrap();
    assert!(paths.len() > 15);
    for (template, item) in paths {
        let path = filled(template);
        let known = allowed(item);
        let options = app.request("OPTIONS", &path).send().await.expect(204);
        assert_eq!(listed(options.header("allow")), known, "OPTIONS {path}");
        assert_eq!((options.bytes.len(), options.header("content-type")), (0, ""));
        for method in ["GET", "HEAD", "PUT", "POST", "PATCH", "DELETE", "TRACE", "PROPFIND"] {
            if known.iter().any(|known| known == method) {
                continue;
            }
            let reply = app.request(method, &path).send().await.expect(405);
            assert_eq!(listed(reply.header("allow")), known, "{method} {path}");
            if method != "HEAD" {
                reply.expect_problem(405, "method_not_allowed");
            }
        }
    }
    for path in ["/livez", "/readyz", "/metrics", "/docs", "/", "/v1/openapi.json", "/.well-known/api-catalog"] {
        let reply = app.request("POST", path).send().await.expect_problem(405, "method_not_allowed");
        assert_eq!(listed(reply.header("allow")), ["GET", "HEAD", "OPTIONS"]);
    }
}

#[tokio::test]
async fn head_is_get_without_the_body() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.create("places", &editor, long_place()).await;
    let record = format!("/v1/places/{}", made["id"].as_str().unwrap());
    let missing = format!("/v1/places/{MISSING}");
    let stable = |reply: &Reply| {
        let mut headers = reply.headers.clone();
        headers.remove("date");
        headers
    };
    for path in [
        "/v1/places",
        "/v1/places?limit=0",
        &record,
        &missing,
        "/v1/codelists",
        "/v1/changes",
        "/v1/openapi.json",
        "/docs",
        "/livez",
        "/readyz",
        "/nothing",
    ] {
        let send = |method: &str| app.request(method, path).header("X-Request-Id", "same").send();
        let (get, head) = (send("GET").await, send("HEAD").await);
        assert_eq!((head.status, stable(&head)), (get.status, stable(&get)), "{path}");
        assert!(head.bytes.is_empty() && !get.bytes.is_empty(), "{path}");
        assert_eq!(get.header("content-length"), get.bytes.len().to_string(), "{path}");
    }
    let tag = app.get(&record).send().await.tag().to_owned();
    app.request("HEAD", &record).header("If-None-Match", &tag).send().await.expect(304);
}

#[tokio::test]
async fn pages_of_other_origins() {
    let settings = Settings { cors_origins: vec!["https://portal.example".to_owned()], ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    let operator = app.operator().await;
    // Anybody's page reads what is public.
    let reply = app.get("/v1/places").header("Origin", "https://any.example").send().await.expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    for name in
        ["ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-Id", "API-Version", "Idempotent-Replayed"]
    {
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name} in {exposed}");
    }
    assert!(reply.header("vary").contains("Origin"));
    assert_eq!(app.get("/v1/places").send().await.header("access-control-allow-origin"), "");
    // A key is sent by listed pages only.
    for (from, allowed) in
        [("https://any.example", ""), ("https://portal.example", "https://portal.example"), ("null", "")]
    {
        let reply = app.get("/v1/places").key(&operator).header("Origin", from).send().await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), allowed, "{from}");
    }
    let preflight = async |from: &str, method: &str| {
        let asked =
            app.request("OPTIONS", "/v1/places").header("Origin", from).header("Access-Control-Request-Method", method);
        asked.header("Access-Control-Request-Headers", "authorization, if-match").send().await.expect(204)
    };
    let listed_page = preflight("https://portal.example", "POST").await;
    assert_eq!(listed_page.header("access-control-allow-origin"), "https://portal.example");
    assert!(listed(listed_page.header("access-control-allow-methods")).contains(&"POST".to_owned()));
    for name in ["Authorization", "Content-Type", "If-Match", "Idempotency-Key"] {
        assert!(listed_page.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert!(listed_page.headers.contains_key("access-control-max-age"));
    let other_page = preflight("https://any.example", "POST").await;
    assert_eq!(other_page.header("access-control-allow-methods"), "GET, HEAD");
    assert!(!other_page.header("access-control-allow-headers").contains("Authorization"));
}

#[tokio::test]
async fn only_what_the_client_takes() {
    let app = App::with_city().await;
    for taken in [
        "*/*",
        "application/json",
        "application/*",
        "text/html, */*;q=0.1",
        "APPLICATION/JSON; charset=utf-8",
        "application/problem+json",
    ] {
        app.get("/v1/places").header("Accept", taken).send().await.expect(200);
    }
    for not in ["text/html", "application/xml, text/*", "application/json;q=0", "*/*;q=0.0"] {
        app.get("/v1/places").header("Accept", not).send().await.expect_problem(406, "not_acceptable");
    }
    app.get("/docs").header("Accept", "application/json").send().await.expect_problem(406, "not_acceptable");
    app.get("/docs")
        .header("Accept", "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8")
        .send()
        .await
        .expect(200);
}

#[tokio::test]
async fn bodies_are_of_the_right_type_and_not_compressed() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let body = || place().to_string().into_bytes();
    let post = |media_type: &str| {
        app.request("POST", "/v1/places").key(&editor).header("Content-Type", media_type).bytes(body())
    };
    for wrong in [
        "text/plain",
        "application/xml",
        "application/merge-patch+json",
        "application/json; charset=latin1",
        "application/jsonx",
        "multipart/form-data",
        "",
    ] {
        let reply = post(wrong).send().await.expect_problem(415, "unsupported_media_type");
        assert_eq!(reply.header("accept"), "application/json", "{wrong}");
    }
    let without = app.request("POST", "/v1/places").key(&editor).bytes(body()).send().await;
    without.expect_problem(415, "unsupported_media_type");
    for encoding in ["gzip", "br", "identity"] {
        let reply = post("application/json").header("Content-Encoding", encoding).send().await;
        reply.expect_problem(415, "unsupported_media_type");
    }
    let patch = app.request("PATCH", &format!("/v1/places/{MISSING}")).key(&editor).if_match("*");
    let reply = patch.header("Content-Type", "application/json-patch+json").bytes(b"[]".to_vec()).send().await;
    assert_eq!(
        reply.expect_problem(415, "unsupported_media_type").header("accept"),
        "application/merge-patch+json, application/json"
    );
    for right in ["application/json", "Application/JSON; Charset=\"UTF-8\"", "application/json;charset=utf-8"] {
        post(right).send().await.expect(201);
    }
}

#[tokio::test]
async fn a_body_has_at_most_a_mebibyte_however_it_is_framed() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let head = |more: &str| {
        format!("POST /v1/places HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAuthorization: Bearer {editor}\r\nContent-Type: application/json\r\n{more}\r\n\r\n").into_bytes()
    };
    // It is refused by what it says, before anything is sent.
    let said = raw(&app, &head("Content-Length: 1048577")).await;
    assert_problem(&said, 413, "too_large");
    let mut chunked = head("Transfer-Encoding: chunked");
    for _ in 0..17 {
        chunked.extend_from_slice(b"10000\r\n");
        chunked.extend_from_slice(&[b' '; 0x10000]);
        chunked.extend_from_slice(b"\r\n");
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    assert_problem(&raw(&app, &chunked).await, 413, "too_large");
    // What fits is read to the end, framed either way.
    let mut body = place().to_string().into_bytes();
    body.resize(1024 * 1024, b' ');
    app.request("POST", "/v1/places")
        .key(&editor)
        .header("Content-Type", "application/json")
        .bytes(body)
        .send()
        .await
        .expect(201);
    let small = place().to_string();
    let mut chunked = head("Transfer-Encoding: chunked");
    for part in [&small[..7], &small[7..]] {
        chunked.extend_from_slice(format!("{:x}\r\n{part}\r\n", part.len()).as_bytes());
    }
    chunked.extend_from_slice(b"0\r\n\r\n");
    let (head, body) = raw(&app, &chunked).await;
    assert!(head.starts_with("http/1.1 201 "), "{head} {body:#}");
    assert_eq!(app.get("/v1/places").send().await.json["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn a_body_is_json_that_means_one_thing() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let post = async |body: &[u8]| {
        let request = app.request("POST", "/v1/places").key(&editor).header("Content-Type", "application/json");
        request.bytes(body.to_vec()).send().await.expect_problem(400, "malformed")
    };
    let syntax: [&[u8]; 12] = [
        b"",
        b" ",
        b"{",
        b"{\"kind\":}",
        b"{} {}",
        b"[1,]",
        b"NaN",
        b"{'kind': 1}",
        b"\xef\xbb\xbf{}",
        b"{\"kind\": \"\xff\"}",
        b"{\"kind\": \"\\ud800\"}",
        b"{\"kind\": 1e999}",
    ];
    for body in syntax {
        let reply = post(body).await;
        assert_eq!(reply.faults(), [], "{:?}", String::from_utf8_lossy(body));
        let detail = reply.json["detail"].as_str().unwrap();
        assert!(!detail.contains("serde") && !detail.contains("::"), "{detail}");
    }
    let pairs: [(&str, &[(&str, &str)]); 4] = [
        (r#"{"kind": "country", "kind": "country"}"#, &[("/kind", "duplicate_member")]),
        (r#"{"names": [{"text": "a\u0000b"}]}"#, &[("/names/0/text", "nul")]),
        (
            r#"{"a/b": 1, "a/b": "\u0000", "c~d\u0000": 1}"#,
            &[("/a~1b", "duplicate_member"), ("/a~1b", "nul"), ("/c~0d\0", "nul")],
        ),
        (r#"{"tags": ["\u0000", "\u0000"]}"#, &[("/tags/0", "nul"), ("/tags/1", "nul")]),
    ];
    for (body, faults) in pairs {
        let found = post(body.as_bytes()).await.faults();
        let found: Vec<(&str, &str)> = found.iter().map(|(place, code)| (place.as_str(), code.as_str())).collect();
        assert_eq!(found, faults, "{body}");
    }
    let deep = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    assert_eq!(post(deep(66).as_bytes()).await.faults()[0].1, "too_deep");
    assert_eq!(post("[".repeat(500_000).as_bytes()).await.faults()[0].1, "too_deep", "and never a stack overflow");
    for not_an_object in ["[]", "null", "1", "\"x\"", &deep(60)] {
        let request = app.request("POST", "/v1/places").key(&editor).header("Content-Type", "application/json");
        request.bytes(not_an_object.as_bytes().to_vec()).send().await.expect_problem(400, "invalid_body");
    }
    assert_eq!(app.get("/v1/places").send().await.json["items"], json!([]));
}

#[tokio::test]
async fn a_request_has_a_name() {
    let app = App::with_city().await;
    let long = "x".repeat(128);
    for good in ["a", "A-z.0_9", &long] {
        let reply = app.get("/nothing").header("X-Request-Id", good).send().await;
        assert_eq!((reply.header("x-request-id"), reply.json["request_id"].as_str().unwrap()), (good, good));
    }
    let too_long = "x".repeat(129);
    let mut ours = Vec::new();
    for bad in ["", "a b", "a/b", "<script>", "é", &too_long] {
        let reply = app.get("/nothing").header("X-Request-Id", bad).send().await;
        let id = reply.header("x-request-id").to_owned();
        assert_ne!(id, bad);
        assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
        assert_eq!(reply.json["request_id"].as_str().unwrap(), id);
        ours.push(id);
    }
    ours.dedup();
    assert_eq!(ours.len(), 6, "each request has its own");
    // It stands in the journal, for those who may know.
    let editor = app.editor().await;
    app.post("/v1/places", place()).key(&editor).header("X-Request-Id", "the-one").send().await.expect(201);
    let changes = app.get("/v1/changes?collection=places").key(&editor).send().await;
    assert_eq!(changes.json["items"][0]["request_id"], "the-one");
}

#[tokio::test]
async fn answers_are_compressed_when_asked_and_worth_it() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.create("places", &editor, long_place()).await;
    let path = format!("/v1/places/{}", made["id"].as_str().unwrap());
    let plain = app.get(&path).key(&editor).send().await.expect(200);
    assert_eq!(plain.header("content-encoding"), "");
    let asked = |coding: &str| app.get(&path).key(&editor).header("Accept-Encoding", coding).send();
    let small = asked("gzip").await.expect(200);
    assert_eq!(small.header("content-encoding"), "gzip");
    assert!(small.bytes.len() < plain.bytes.len());
    assert_eq!(small.header("content-length"), small.bytes.len().to_string());
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(small.bytes.as_slice()).read_to_end(&mut text).unwrap();
    assert_eq!(text, plain.bytes);
    assert_ne!(small.tag(), plain.tag(), "other bytes, another tag");
    assert!(small.header("vary").contains("Accept-Encoding"));
    for (coding, encoding) in [
        ("br, gzip;q=0.5", "gzip"),
        ("*", "gzip"),
        ("GZIP", "gzip"),
        ("br", ""),
        ("identity", ""),
        ("gzip;q=0", ""),
        ("gzip;q=0.0, *;q=0", ""),
    ] {
        assert_eq!(asked(coding).await.header("content-encoding"), encoding, "{coding}");
    }
    let tiny = app.get("/livez").header("Accept-Encoding", "gzip").send().await.expect(200);
    assert_eq!(tiny.header("content-encoding"), "");
    // Its tag is as good as the other's.
    app.get(&path)
        .key(&editor)
        .header("Accept-Encoding", "gzip")
        .header("If-None-Match", small.tag())
        .send()
        .await
        .expect(304);
    let patch = app.request("PATCH", &path).json(json!({"population": 1})).key(&editor).if_match(small.tag());
    patch.send().await.expect(200);
    let stale = app.request("PATCH", &path).json(json!({"population": 2})).key(&editor).if_match(small.tag());
    stale.send().await.expect_problem(412, "stale");
}

#[tokio::test]
async fn conditions_take_lists_and_stars() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.create("places", &editor, place()).await;
    let path = format!("/v1/places/{}", made["id"].as_str().unwrap());
    let tag = app.get(&path).send().await.expect(200).tag().to_owned();
    for seen in
        [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"other\", {tag}"), format!("\"a\",W/{tag} , \"b\"")]
    {
        let reply = app.get(&path).header("If-None-Match", &seen).send().await.expect(304);
        assert_eq!((reply.tag(), reply.bytes.len()), (tag.as_str(), 0), "{seen}");
        assert_eq!(reply.header("content-type"), "");
        assert!(reply.header("cache-control").contains("must-revalidate"));
    }
    app.get(&path).header("If-None-Match", "\"other\"").send().await.expect(200);
    for malformed in ["", tag.trim_matches('"'), "**", "\"a", "\"a\" \"b\"", "w/\"a\""] {
        let reply = app.get(&path).header("If-None-Match", malformed).send().await;
        assert_eq!(reply.expect_problem(400, "invalid_parameter").faults()[0].0, "If-None-Match", "{malformed}");
    }
    // A condition does not turn a problem into 304.
    app.get(&format!("/v1/places/{MISSING}"))
        .header("If-None-Match", "*")
        .send()
        .await
        .expect_problem(404, "not_found");
    let patch = |population: i64, seen: &str| {
        app.request("PATCH", &path).json(json!({"population": population})).key(&editor).if_match(seen)
    };
    for never in [format!("W/{tag}"), "\"other\"".to_owned()] {
        patch(1, &never).send().await.expect_problem(412, "stale");
    }
    for malformed in ["", tag.trim_matches('"'), "**", &format!("{tag}, *")] {
        let reply = patch(1, malformed).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults()[0].0, "If-Match", "{malformed}");
    }
    patch(1, &format!("\"other\", {tag}")).send().await.expect(200);
    patch(2, "*").send().await.expect(200);
    assert_eq!(app.get(&path).send().await.json["version"], 3);
    app.request("PATCH", &format!("/v1/places/{MISSING}"))
        .json(json!({"population": 1}))
        .key(&editor)
        .if_match("*")
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn parameters_stand_once_and_are_known() {
    let app = App::with_city().await;
    let document = contract();
    let mut seen = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        if !item["get"].is_object() || template == "/v1/me" {
            continue;
        }
        seen += 1;
        let path = filled(template);
        let reply = app
            .get(&format!("{path}?colour=red&colour=blue&Limit=1"))
            .send()
            .await
            .expect_problem(400, "invalid_parameter");
        assert_eq!(
            reply.faults(),
            [("colour".into(), "unknown_parameter".into()), ("Limit".into(), "unknown_parameter".into())],
            "{path}"
        );
    }
    assert!(seen > 15);
    for limit in ["0", "201", "-1", "1.5", "x", "", "99999999999999999999"] {
        let reply = app.get(&format!("/v1/places?limit={limit}")).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults(), [("limit".into(), "out_of_range".into())], "{limit}");
    }
    app.get("/v1/places?limit=200").send().await.expect(200);
    for query in [
        "q=",
        "country=",
        "country=CN,,RU",
        "country=cn",
        "sort=",
        "sort=--name",
        "expand=api_keys",
        "visibility=secret",
        "external_id=geonames",
        "parent=x",
        "q=%FF%FE&q=%FF%FE",
        "limit=1&limit=1",
        "country=CN&country=",
        "municipality=blagoveshchensk",
    ] {
        app.get(&format!("/v1/places?{query}")).send().await.expect_problem(400, "invalid_parameter");
    }
    let twice = app.get("/v1/places?sort=name&sort=name").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(twice.faults(), [("sort".into(), "repeated".into())]);
    let me = app.get("/v1/me?x=1").key(&app.editor().await).send().await;
    me.expect_problem(400, "invalid_parameter");
    // What changes something takes no parameters at all.
    let editor = app.editor().await;
    for (method, path) in [("POST", "/v1/places?dry_run=true"), ("PATCH", "/v1/places/PLA-0001?force=1")] {
        let reply = app.request(method, path).json(place()).key(&editor).if_match("*").send().await;
        let name = path.split(['?', '=']).nth(1).unwrap();
        assert_eq!(
            reply.expect_problem(400, "invalid_parameter").faults(),
            [(name.into(), "unknown_parameter".into())]
        );
    }
}

#[tokio::test]
async fn probes_and_draining() {
    let app = App::with_city().await;
    assert_eq!(app.get("/livez").send().await.expect(200).json, json!({"status": "live"}));
    let ready = app.get("/readyz").send().await.expect(200);
    let revision = app.database.head().await.unwrap().revision;
    assert_eq!(ready.json, json!({"status": "ready", "database": "ok", "revision": revision}));
    app.get("/v1/places/PLA-0001").send().await.expect(404);
    let metrics = app.get("/metrics").send().await.expect(200);
    let text = String::from_utf8(metrics.bytes.clone()).unwrap();
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(
        text.contains("pobratim_http_requests_total{method=\"GET\",route=\"/v1/places/{place_id}\",status=\"404\"} 1"),
        "{text}"
    );
    assert!(!text.contains("PLA-0001"), "labels are templates");
    assert!(text.ends_with("# EOF\n"));
    // A probe needs no key, and a wrong one does not disturb it.
    app.get("/livez").key("nonsense").send().await.expect(200);

    app.api.drain();
    let reply = app.get("/readyz").send().await.expect_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    app.get("/livez").send().await.expect(200);
    app.get("/v1/places").send().await.expect(200);
    app.create("places", &app.editor().await, place()).await;
}

#[tokio::test]
async fn the_page_of_the_api_stands_alone() {
    let app = App::start().await;
    let page = app.get("/docs").send().await.expect(200);
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("http") && !policy.contains('*') && !policy.contains("unsafe-eval"));
    assert!(!policy.split(';').any(|rule| rule.trim().starts_with("script-src") && rule.contains("unsafe-inline")));
    let mut files = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        files.extend(html.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(files.len() >= 4, "{html}");
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("\"//"), "{html}");
    // With this policy a script within the page would not run.
    let inline = html.split("<script").skip(1).filter(|rest| !rest.split('>').next().unwrap().contains("src="));
    assert_eq!(inline.count(), 0, "{html}");
    // Beside its files it names the way back.
    for file in files.iter().filter(|file| *file != "/") {
        assert!(file.starts_with("/docs/"), "{file}");
        let reply = app.get(file).send().await.expect(200);
        assert!(!reply.bytes.is_empty() && reply.header("content-security-policy") == policy, "{file}");
        let kind = reply.header("content-type");
        let ending = file.rsplit('.').next().unwrap();
        assert!(
            kind.contains(match ending {
                "js" => "javascript",
                other => other,
            }),
            "{file}: {kind}"
        );
        app.get(file).header("If-None-Match", reply.tag()).send().await.expect(304);
    }
    let start = String::from_utf8(app.get("/docs/docs.js").send().await.expect(200).bytes).unwrap();
    // The contract names one address, and the page is seen at any.
    assert!(start.contains("/v1/openapi.json") && start.contains("location.origin"), "{start}");
    assert!(!start.contains("http://") && !start.contains("https://"), "{start}");
    let home = String::from_utf8(app.get("/").send().await.expect(200).bytes).unwrap();
    assert!(!home.contains("http://") && !home.contains("https://"));
    for link in home.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        app.get(link).send().await.expect(200);
    }
}

#[tokio::test]
async fn the_contract_is_the_committed_one() {
    let app = App::start().await;
    let reply = app.get("/v1/openapi.json").send().await.expect(200);
    let hint = "run `cargo run -q -p pobratim -- openapi > openapi/pobratim.v1.json`";
    assert!(reply.json == contract(), "the committed contract is not the served one: {hint}");
    assert_eq!(reply.json["info"]["version"].as_str().unwrap(), reply.header("api-version"));
    app.get("/v1/openapi.json").header("If-None-Match", reply.tag()).send().await.expect(304);
    let catalog = app.get("/.well-known/api-catalog").send().await.expect(200);
    assert!(catalog.header("content-type").starts_with("application/linkset+json"));
    let entry = &catalog.json["linkset"][0];
    for relation in ["service-desc", "service-doc", "status"] {
        app.get(entry[relation][0]["href"].as_str().unwrap()).send().await.expect(200);
    }
    // Every kind of problem has its page.
    for problem in app.get("/v1/problems").send().await.json["items"].as_array().unwrap() {
        let path = format!("/v1/problems/{}", problem["code"].as_str().unwrap());
        assert_eq!(&app.get(&path).send().await.expect(200).json, problem);
    }
}

#[tokio::test]
async fn caches_are_told_whose_an_answer_is() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let cache = |headers: &HeaderMap| headers["cache-control"].to_str().unwrap().to_owned();
    assert_eq!(cache(&app.get("/v1/places").send().await.headers), "public, max-age=0, must-revalidate");
    assert_eq!(cache(&app.get("/v1/places").key(&editor).send().await.headers), "private, no-cache");
    assert_eq!(cache(&app.get("/nothing").send().await.headers), "no-store");
    assert_eq!(cache(&app.post("/v1/places", place()).key(&editor).send().await.headers), "private, no-cache");
    for part in ["Authorization", "Accept", "Accept-Encoding"] {
        assert!(app.get("/v1/places").send().await.header("vary").contains(part));
    }
}
