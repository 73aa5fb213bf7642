//! Sending a file in a form, as a page does.

use base64::Engine;
use pobratim_api::Settings;
use pobratim_tests::{App, Reply, Request, Store, municipality};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::uploads::nothing_is_left;
use super::{PDF, document, noise};

const FORM: &str = "multipart/form-data; boundary=limit";

/// A form with these parts: what stands in their headers, and what is in them.
fn form(parts: &[(&str, &[u8])]) -> Vec<u8> {
    let parts = parts
        .iter()
        .map(|(head, content)| [format!("--limit\r\n{head}\r\n\r\n").as_bytes(), content, b"\r\n"].concat());
    [parts.collect::<Vec<_>>().concat(), b"--limit--\r\n".to_vec()].concat()
}

const FILE: &str =
    "Content-Disposition: form-data; name=\"file\"; filename=\"友好城市协议.pdf\"\r\nContent-Type: text/html";

fn submit<'a>(app: &'a App, key: &str, path: &str, tag: &str, body: Vec<u8>) -> Request<'a> {
    let request = app.request("POST", &format!("{path}/content")).key(key).if_match(tag);
    request.header("Content-Type", FORM).bytes(body)
}

async fn refused(app: &App, key: &str, path: &str, body: Vec<u8>) -> Reply {
    submit(app, key, path, "*", body).send().await
}

#[tokio::test]
async fn a_form_brings_a_file_and_its_name() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let reply = submit(&app, &editor, &path, &tag, form(&[(FILE, PDF)])).send().await.expect(200);
    let content = &reply.json["content"];
    assert_eq!(
        (&content["file_name"], &content["media_type"]),
        (&json!("友好城市协议.pdf"), &json!("application/pdf"))
    );
    let read = app.get(&format!("{path}/content")).key(&editor).send().await.expect(200);
    assert_eq!(read.bytes, PDF);
    let large = noise((5 << 20) + 12_345);
    let reply = submit(&app, &editor, &path, reply.tag(), form(&[(FILE, &large)])).send().await.expect(200);
    assert_eq!(reply.json["content"]["size"], large.len());
    let read = app.get(&format!("{path}/content")).key(&editor).send().await.expect(200);
    assert!(read.bytes == large);
}

#[tokio::test]
async fn a_form_has_one_file_and_nothing_else() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, _) = document(&app, &editor, json!({})).await;
    let note = "Content-Disposition: form-data; name=\"note\"";
    let coded = "Content-Disposition: form-data; name=\"file\"\r\nContent-Transfer-Encoding: base64";
    let large = noise(6 << 20);
    for (parts, pointer, code) in [
        (vec![(FILE, PDF), (note, b"x".as_slice())], "/note", "unknown_member"),
        (vec![(FILE, large.as_slice()), (note, b"x")], "/note", "unknown_member"),
        (vec![(FILE, PDF), (FILE, PDF)], "/file", "repeated"),
        (vec![(FILE, b"")], "", "empty"),
        (vec![(coded, b"AAAA")], "/file", "not_allowed"),
    ] {
        let reply = refused(&app, &editor, &path, form(&parts)).await.expect_problem(400, "invalid_body");
        assert_eq!(reply.faults(), [(pointer.into(), code.into())]);
    }
    refused(&app, &editor, &path, b"--limit--\r\n".to_vec()).await.expect(400);
    for broken in [form(&[(FILE, PDF)])[..90].to_vec(), b"no form".to_vec(), Vec::new()] {
        refused(&app, &editor, &path, broken).await.expect(400);
    }
    for (media_type, status) in
        [("multipart/form-data", 400), ("application/json", 415), ("multipart/mixed; boundary=limit", 415)]
    {
        let request = submit(&app, &editor, &path, "*", form(&[(FILE, PDF)])).header("Content-Type", media_type);
        request.send().await.expect(status);
    }
    nothing_is_left(&app).await;
}

#[tokio::test]
async fn a_form_that_is_sent_again_with_its_key_is_answered_alike() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let send =
        |content: &[u8]| submit(&app, &editor, &path, &tag, form(&[(FILE, content)])).header("Idempotency-Key", "k");
    let first = send(PDF).send().await.expect(200);
    let again = send(PDF).send().await.expect(200);
    assert_eq!((again.header("idempotent-replayed"), &again.json), ("true", &first.json));
    assert_eq!(app.files(), [first.json["content"]["id"].as_str().unwrap()]);
    send(b"another").send().await.expect_problem(422, "idempotency_key_reused");
    assert_eq!(app.files().len(), 1);
}

#[tokio::test]
async fn a_digest_is_that_of_the_whole_form() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let told =
        |bytes: &[u8]| format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(bytes)));
    // What follows the form is part of the body.
    let body = [form(&[(FILE, PDF)]), b"\r\nepilogue".to_vec()].concat();
    let send = |digest: &str| submit(&app, &editor, &path, &tag, body.clone()).header("Content-Digest", digest);
    let reply = send(&told(PDF)).send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(reply.faults(), [("Content-Digest".into(), "digest_mismatch".into())]);
    assert!(app.files().is_empty());
    send(&told(&body)).send().await.expect(200);
}

#[tokio::test]
async fn a_form_is_not_larger_than_its_file_may_be() {
    let settings = Settings { max_upload: 1000, ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    app.create("municipalities", &app.operator().await, municipality("blagoveshchensk")).await;
    let editor = app.editor().await;
    let (path, _) = document(&app, &editor, json!({})).await;
    refused(&app, &editor, &path, form(&[(FILE, &noise(1001))])).await.expect_problem(413, "too_large");
    let around = [form(&[(FILE, PDF)]), noise(100_000)].concat();
    refused(&app, &editor, &path, around).await.expect_problem(413, "too_large");
    assert!(app.files().is_empty());
    refused(&app, &editor, &path, form(&[(FILE, &noise(1000))])).await.expect(200);
}
