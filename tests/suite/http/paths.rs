//! Paths and methods: what is not there, what is malformed, what a path allows.

use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

use super::{MISSING, allowed, contract, filled, listed, long_place, place};

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
