//! Sending a file as the body itself.

use base64::Engine;
use pobratim_api::Settings;
use pobratim_domain::Role;
use pobratim_tests::{App, Store, municipality};
use serde_json::json;
use sha2::{Digest, Sha256};

use super::{PDF, begun, document, noise, put, status, uploaded};

fn told(file: &[u8]) -> String {
    format!("sha-256=:{}:", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(file)))
}

fn sha256(file: &[u8]) -> String {
    Sha256::digest(file).iter().map(|byte| format!("{byte:02x}")).collect()
}

#[tokio::test]
async fn an_upload_becomes_the_content_of_its_document() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let name = "attachment; filename=\"x.pdf\"; filename*=UTF-8''%D0%94%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80%20%E9%BB%91%E6%B2%B3.pdf";
    let request = put(&app, &editor, &path, &tag, PDF).header("Content-Type", "text/html");
    let reply = request.header("Content-Disposition", name).send().await.expect(200);
    let content = &reply.json["content"];
    assert_eq!(
        *content,
        json!({
            "id": content["id"], "sha256": sha256(PDF), "size": PDF.len(), "media_type": "application/pdf",
            "file_name": "Договор 黑河.pdf", "uploaded_at": "2011-09-05T01:30:00.000000Z",
        })
    );
    assert_eq!(
        (reply.json["version"].as_i64(), app.files()),
        (Some(2), vec![content["id"].as_str().unwrap().to_owned()])
    );
    assert_ne!(reply.tag(), tag);
    let read = app.get(&path).key(&editor).send().await.expect(200);
    assert_eq!((&read.json, read.tag()), (&reply.json, reply.tag()));
    let history = app.get(&format!("{path}/history")).key(&editor).send().await.expect(200);
    assert_eq!(history.json["items"][1]["event"], "document.uploaded");
    let found = app
        .get("/v1/documents?has_content=true&q=%D0%B4%D0%BE%D0%B3%D0%BE%D0%B2%D0%BE%D1%80")
        .key(&editor)
        .send()
        .await;
    assert_eq!(found.json["items"][0]["id"], reply.json["id"]);
}

#[tokio::test]
async fn a_change_of_the_record_leaves_the_file_alone() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, reply) = uploaded(&app, &editor, json!({}), PDF).await;
    let patch = |body| app.request("PATCH", &path).key(&editor).if_match("*").json(body);
    let changed = patch(json!({"number": "17", "content": reply.json["content"]})).send().await.expect(200);
    assert_eq!((&changed.json["content"], &changed.json["number"]), (&reply.json["content"], &json!("17")));
    let refused = patch(json!({"content": {"size": 1}})).send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/content".into(), "read_only".into())]);
    let body = json!({"title": {"en": "x"}, "kind": "other", "content": reply.json["content"]});
    app.post("/v1/documents", body).key(&editor).send().await.expect_problem(400, "invalid_body");
}

#[tokio::test]
async fn another_upload_takes_its_place_and_the_former_stays_until_it_is_swept() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, first) = uploaded(&app, &editor, json!({}), PDF).await;
    let second = put(&app, &editor, &path, first.tag(), PDF).send().await.expect(200);
    assert_ne!(first.json["content"]["id"], second.json["content"]["id"], "the same bytes are another upload");
    assert_eq!((app.files().len(), second.json["version"].as_i64()), (2, Some(3)));
    let known = app.database.contents().await.unwrap();
    assert_eq!(known.len(), 1);
    assert_eq!(json!(known[0].content.id), second.json["content"]["id"]);
}

#[tokio::test]
async fn what_is_told_of_the_digest_must_be_what_comes() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    for header in ["Content-Digest", "Repr-Digest"] {
        for file in [PDF.to_vec(), noise(6 << 20)] {
            let request = put(&app, &editor, &path, &tag, &file).header(header, &told(b"something else"));
            let refused = request.send().await.expect_problem(400, "invalid_parameter");
            assert_eq!(refused.faults(), [(header.into(), "digest_mismatch".into())]);
        }
        for wrong in ["sha-256=:AAAA:", "md5=:AAAA:", "x"] {
            let refused = put(&app, &editor, &path, &tag, PDF).header(header, wrong).send().await;
            assert_eq!(
                refused.expect_problem(400, "invalid_parameter").faults(),
                [(header.into(), "wrong_form".into())]
            );
        }
    }
    nothing_is_left(&app).await;
    let both = format!("sha-512=:AAAA:, {}", told(PDF));
    let request = put(&app, &editor, &path, &tag, PDF).header("Content-Digest", &both);
    request.header("Repr-Digest", &told(PDF)).send().await.expect(200);
}

/// Parts of what was refused are removed by a task of their own.
pub(super) async fn nothing_is_left(app: &App) {
    let gone = async {
        while !app.files().is_empty() {
            tokio::task::yield_now().await;
        }
    };
    let waited = tokio::time::timeout(std::time::Duration::from_secs(10), gone).await;
    assert!(waited.is_ok(), "{:?}", app.files());
}

#[tokio::test]
async fn a_file_has_a_size_at_most_however_it_is_framed() {
    let settings = Settings { max_upload: 1000, ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    app.create("municipalities", &app.operator().await, municipality("blagoveshchensk")).await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    put(&app, &editor, &path, &tag, &noise(1001)).send().await.expect_problem(413, "too_large");
    let head = format!("PUT {path}/content HTTP/1.1\r\nAuthorization: Bearer {editor}\r\nIf-Match: {tag}");
    let chunks = |count: usize| {
        let chunk: Vec<u8> = [b"64\r\n".as_slice(), &noise(100), b"\r\n"].concat();
        [chunk.repeat(count), b"0\r\n\r\n".to_vec()].concat()
    };
    let chunked = format!("{head}\r\nTransfer-Encoding: chunked");
    assert_eq!(status(begun(&app, &chunked, &chunks(11)).await).await, 413);
    nothing_is_left(&app).await;
    assert_eq!(status(begun(&app, &chunked, &chunks(10)).await).await, 200);
    put(&app, &editor, &path, "*", &noise(1000)).send().await.expect(200);
    assert_eq!(app.files().len(), 2);
}

#[tokio::test]
async fn who_may_not_leaves_nothing() {
    let app = App::with_city().await;
    app.create("municipalities", &app.operator().await, municipality("heihe")).await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({"visibility": "public"})).await;
    let content = format!("{path}/content");
    let bare = || app.request("PUT", &content).bytes(PDF.to_vec());
    bare().if_match(&tag).send().await.expect_problem(401, "unauthenticated");
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    put(&app, &reader, &path, &tag, PDF).send().await.expect_problem(403, "forbidden");
    let other = app.key(Role::Editor, "heihe").await;
    put(&app, &other, &path, &tag, PDF).send().await.expect_problem(403, "forbidden");
    bare().key(&editor).send().await.expect_problem(428, "precondition_required");
    app.request("PATCH", &path)
        .key(&editor)
        .if_match(&tag)
        .json(json!({"number": "1", "visibility": "internal"}))
        .send()
        .await
        .expect(200);
    put(&app, &editor, &path, &tag, PDF).send().await.expect_problem(412, "stale");
    put(&app, &other, &path, "*", PDF).send().await.expect_problem(404, "not_found");
    let nowhere = "/v1/documents/01890a5d-ac96-774b-bcce-b302099a8999";
    put(&app, &editor, nowhere, "*", PDF).send().await.expect_problem(404, "not_found");
    let encoded = put(&app, &editor, &path, "*", PDF).header("Content-Encoding", "gzip");
    encoded.send().await.expect_problem(415, "unsupported_media_type");
    let form = put(&app, &editor, &path, "*", PDF).header("Content-Type", "multipart/form-data; boundary=x");
    form.send().await.expect_problem(415, "unsupported_media_type");
    let empty = put(&app, &editor, &path, "*", b"").send().await.expect_problem(400, "invalid_body");
    assert_eq!(empty.faults(), [(String::new(), "empty".into())]);
    let name = put(&app, &editor, &path, "*", PDF).header("Content-Disposition", "attachment; filename*=x");
    assert_eq!(name.send().await.expect_problem(400, "invalid_parameter").faults()[0].0, "Content-Disposition");
    let unknown = app.request("PUT", &format!("{content}?x=1")).key(&editor).if_match("*").bytes(PDF.to_vec());
    unknown.send().await.expect_problem(400, "invalid_parameter");
    assert!(app.files().is_empty(), "{:?}", app.files());
    let record = app.get(&path).key(&editor).send().await;
    assert!(record.json.get("content").is_none(), "{:#}", record.json);
    assert_eq!(record.json["version"], 2);
}

#[tokio::test]
async fn one_of_two_uploads_at_once_is_stale_and_leaves_nothing() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let replies = futures_util::future::join_all((0..6).map(|_| put(&app, &editor, &path, &tag, PDF).send())).await;
    let good: Vec<_> = replies.iter().filter(|reply| reply.status == 200).collect();
    assert!(replies.iter().all(|reply| reply.status == 200 || reply.status == 412));
    assert_eq!(good.len(), 1);
    assert_eq!(app.files(), [good[0].json["content"]["id"].as_str().unwrap()]);
}
