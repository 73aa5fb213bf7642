//! Bodies and types, of requests and of answers.

use std::io::Read;

use pobratim_tests::App;
use serde_json::json;

use super::{MISSING, assert_problem, long_place, place, raw};

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
    for not in ["text/html", "application/xml, image/*", "application/json;q=0", "*/*;q=0.0"] {
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
