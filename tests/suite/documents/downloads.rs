//! Fetching a file: whole, in part, or not at all.

use pobratim_domain::Role;
use pobratim_tests::{App, municipality};
use serde_json::json;

use super::{PDF, document, noise, put, uploaded};

#[tokio::test]
async fn a_file_is_answered_as_it_came() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({"visibility": "public"})).await;
    let content = format!("{path}/content");
    app.get(&content).send().await.expect_problem(404, "not_found");
    put(&app, &editor, &path, &tag, PDF).send().await.expect(200);
    let whole = app.get(&content).header("Accept-Encoding", "gzip").send().await.expect(200);
    assert_eq!(whole.bytes, PDF);
    for (name, value) in [
        ("content-type", "application/pdf"),
        ("content-length", &PDF.len().to_string()),
        ("content-encoding", ""),
        ("accept-ranges", "bytes"),
        ("content-disposition", "inline; filename=\"DOC-0001.pdf\""),
        ("cache-control", "public, max-age=0, must-revalidate"),
        ("x-content-type-options", "nosniff"),
        ("content-security-policy", "default-src 'none'; frame-ancestors 'none'"),
    ] {
        assert_eq!(whole.header(name), value, "{name}");
    }
    assert!(whole.header("repr-digest").starts_with("sha-256=:"));
    let head = app.request("HEAD", &content).send().await.expect(200);
    assert_eq!(
        (head.header("content-length"), head.tag(), head.bytes.len()),
        (&*PDF.len().to_string(), whole.tag(), 0)
    );
    let keyed = app.get(&content).key(&editor).send().await.expect(200);
    assert_eq!(keyed.header("cache-control"), "private, no-cache");
    let by_ref = app.get("/v1/documents/DOC-0001/content").header("Accept", "image/png").send().await.expect(200);
    assert_eq!(by_ref.bytes, PDF);
    app.get(&format!("{content}?x=1")).send().await.expect_problem(400, "invalid_parameter");
    app.request("DELETE", &content).key(&editor).send().await.expect_problem(405, "method_not_allowed");
}

#[tokio::test]
async fn who_has_it_is_not_sent_it_again() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, reply) = uploaded(&app, &editor, json!({"visibility": "public"}), PDF).await;
    let content = format!("{path}/content");
    let tag = app.get(&content).send().await.tag().to_owned();
    for range in ["", "bytes=0-3"] {
        let same = app.get(&content).header("If-None-Match", &tag).header("Range", range);
        let same = if range.is_empty() { app.get(&content).header("If-None-Match", &tag) } else { same };
        let same = same.send().await.expect(304);
        assert_eq!((same.tag(), same.bytes.len()), (&*tag, 0));
    }
    let changed =
        app.request("PATCH", &path).key(&editor).if_match(reply.tag()).json(json!({"number": "1"})).send().await;
    app.get(&content).header("If-None-Match", &tag).send().await.expect(304);
    put(&app, &editor, &path, changed.tag(), PDF).send().await.expect(200);
    let other = app.get(&content).header("If-None-Match", &tag).send().await.expect(200);
    assert_ne!(other.tag(), tag);
    put(&app, &editor, &path, &tag, PDF).send().await.expect_problem(412, "stale");
}

#[tokio::test]
async fn parts_of_a_file_can_be_asked_for() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let file = noise(6 << 20);
    let (path, _) = uploaded(&app, &editor, json!({"visibility": "public"}), &file).await;
    let content = format!("{path}/content");
    let size = file.len();
    let whole = app.get(&content).send().await.expect(200);
    assert!(whole.bytes == file);
    let ask = |range: &str| app.get(&content).header("Range", range);
    for (range, from, to) in [
        ("bytes=0-0", 0, 1),
        ("bytes=5242879-5242881", 5_242_879, 5_242_882),
        ("bytes=6291000-", 6_291_000, size),
        ("bytes=-7", size - 7, size),
        ("bytes=6291450-99999999999", 6_291_450, size),
        ("bytes=0-", 0, size),
    ] {
        let part = ask(range).send().await.expect(206);
        assert!(part.bytes == file[from..to], "{range}");
        assert_eq!(part.header("content-range"), format!("bytes {from}-{}/{size}", to - 1));
        assert_eq!((part.tag(), part.header("repr-digest")), (whole.tag(), whole.header("repr-digest")));
    }
    for range in ["bytes=6291456-", "bytes=9999999999-", "bytes=-0"] {
        let beyond = ask(range).send().await.expect_problem(416, "range_not_satisfiable");
        assert_eq!(beyond.header("content-range"), format!("bytes */{size}"), "{range}");
        assert_eq!(beyond.header("cache-control"), "no-store");
    }
    for range in ["bytes=0-1,5-6", "bytes=5-1", "lines=1-2", "bytes"] {
        assert_eq!(ask(range).send().await.expect(200).bytes.len(), size, "{range}");
    }
    let head = app.request("HEAD", &content).header("Range", "bytes=0-1").send().await.expect(200);
    assert_eq!(head.header("content-length"), size.to_string());
    let same = ask("bytes=0-1").header("If-Range", whole.tag()).send().await.expect(206);
    assert_eq!(same.bytes, file[..2]);
    for other in ["\"another\"", &format!("W/{}", whole.tag()), "Mon, 05 Sep 2011 01:30:00 GMT"] {
        assert_eq!(ask("bytes=0-1").header("If-Range", other).send().await.expect(200).bytes.len(), size, "{other}");
    }
}

#[tokio::test]
async fn what_could_run_is_never_shown() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for (file, known, served, disposition) in [
        (b"<!DOCTYPE html><script>alert(1)</script>".as_slice(), "text/html", "application/octet-stream", "attachment"),
        (
            b"<svg xmlns=\"http://www.w3.org/2000/svg\" onload=\"alert(1)\"/>",
            "image/svg+xml",
            "application/octet-stream",
            "attachment",
        ),
        (b"#!/bin/sh\nrm -rf /\n", "text/x-shellscript", "application/octet-stream", "attachment"),
        (b"PK\x03\x04 nothing known", "application/zip", "application/octet-stream", "attachment"),
        ("Протокол встречи".as_bytes(), "text/plain", "text/plain; charset=utf-8", "inline"),
        (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", "image/png", "image/png", "inline"),
        (b"\0\x01\x02", "application/octet-stream", "application/octet-stream", "attachment"),
    ] {
        let (path, tag) = document(&app, &editor, json!({})).await;
        // What is said of it makes no difference.
        let said = put(&app, &editor, &path, &tag, file).header("Content-Type", "image/jpeg");
        let reply = said.header("Content-Disposition", "inline; filename=\"a.jpg\"").send().await.expect(200);
        assert_eq!(reply.json["content"]["media_type"], known);
        let read = app.get(&format!("{path}/content")).key(&editor).send().await.expect(200);
        assert_eq!(read.header("content-type"), served, "{known}");
        assert_eq!(read.header("content-disposition"), format!("{disposition}; filename=\"a.jpg\""), "{known}");
        assert_eq!(read.header("x-content-type-options"), "nosniff");
    }
}

#[tokio::test]
async fn names_come_back_in_every_script_and_carry_nothing_else() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for (sent, kept, told) in [
        ("filename=plain.txt", "plain.txt", "filename=\"plain.txt\""),
        (
            "filename*=UTF-8''%E9%BB%91%E6%B2%B3.txt",
            "黑河.txt",
            "filename=\"__.txt\"; filename*=UTF-8''%E9%BB%91%E6%B2%B3.txt",
        ),
        ("filename*=UTF-8''%D0%A5.txt", "Х.txt", "filename=\"_.txt\"; filename*=UTF-8''%D0%A5.txt"),
        ("filename*=UTF-8''a%0D%0ASet-Cookie%3A%20b.txt", "aSet-Cookie: b.txt", "filename=\"aSet-Cookie: b.txt\""),
        (
            "filename*=UTF-8''a%22%3B%20x%3D%22.txt",
            "a\"; x=\".txt",
            "filename=\"a_; x=_.txt\"; filename*=UTF-8''a%22%3B%20x%3D%22.txt",
        ),
        ("filename*=UTF-8''..%2F..%2Fetc%2Fpasswd", "passwd", "filename=\"passwd\""),
    ] {
        let (path, tag) = document(&app, &editor, json!({})).await;
        let request =
            put(&app, &editor, &path, &tag, b"x").header("Content-Disposition", &format!("attachment; {sent}"));
        assert_eq!(request.send().await.expect(200).json["content"]["file_name"], kept);
        let read = app.get(&format!("{path}/content")).key(&editor).send().await.expect(200);
        assert_eq!(read.header("content-disposition"), format!("inline; {told}"));
    }
}

#[tokio::test]
async fn who_does_not_see_the_document_does_not_see_its_file() {
    let app = App::with_city().await;
    app.create("municipalities", &app.operator().await, municipality("heihe")).await;
    let editor = app.editor().await;
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let stranger = app.key(Role::Admin, "heihe").await;
    for (visibility, anonymous, own, other) in
        [("public", 200, 200, 200), ("internal", 404, 200, 404), ("restricted", 404, 404, 404)]
    {
        let admin = app.key(Role::Admin, "blagoveshchensk").await;
        let (path, _) = uploaded(&app, &admin, json!({"visibility": visibility}), PDF).await;
        let content = format!("{path}/content");
        app.get(&content).send().await.expect(anonymous);
        app.get(&content).header("Range", "bytes=0-1").send().await.expect(if anonymous == 200 { 206 } else { 404 });
        app.get(&content).key(&reader).send().await.expect(own);
        app.get(&content).key(&stranger).send().await.expect(other);
        app.get(&content).key(&admin).send().await.expect(200);
    }
    let (path, reply) = uploaded(&app, &editor, json!({"visibility": "public"}), PDF).await;
    let content = format!("{path}/content");
    app.request("PATCH", &path)
        .key(&editor)
        .if_match(reply.tag())
        .json(json!({"visibility": "internal"}))
        .send()
        .await
        .expect(200);
    app.get(&content).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_file_that_is_lost_or_cut_is_a_fault_of_the_server() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, reply) = uploaded(&app, &editor, json!({}), PDF).await;
    let file = app.files_folder().join(reply.json["content"]["id"].as_str().unwrap());
    std::fs::write(&file, b"%PDF").unwrap();
    let content = format!("{path}/content");
    app.get(&content).key(&editor).send().await.expect_problem(500, "internal");
    std::fs::remove_file(&file).unwrap();
    app.get(&content).key(&editor).send().await.expect_problem(500, "internal");
    let again = put(&app, &editor, &path, reply.tag(), PDF).send().await.expect(200);
    assert_eq!(again.json["version"], 3, "uploading it again repairs it");
    assert_eq!(app.get(&content).key(&editor).send().await.expect(200).bytes, PDF);
}
