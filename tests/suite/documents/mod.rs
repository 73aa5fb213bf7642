//! Documents and their files: taken in, given out, never lost, never left behind.

mod bucket;
mod downloads;
mod forms;
mod interrupted;
mod memory;
mod records;
mod uploads;

use pobratim_tests::{App, Reply, Request};
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// A file that is a PDF by its first bytes.
const PDF: &[u8] = b"%PDF-1.7\n1 0 obj\n<<>>\nendobj\ntrailer\n<<>>\n%%EOF\n";

/// A document without a file: its path, and its tag.
async fn document(app: &App, key: &str, members: Value) -> (String, String) {
    let mut body = json!({"title": {"ru": "Соглашение", "en": "Agreement"}, "kind": "agreement_text"});
    if let Value::Object(members) = members {
        members.into_iter().for_each(|(name, value)| body[name] = value);
    }
    let made = app.post("/v1/documents", body).key(key).send().await.expect(201);
    (format!("/v1/documents/{}", made.json["id"].as_str().unwrap()), made.tag().to_owned())
}

/// An upload, to be sent.
fn put<'a>(app: &'a App, key: &str, path: &str, tag: &str, file: &[u8]) -> Request<'a> {
    let request = app.request("PUT", &format!("{path}/content")).key(key).if_match(tag);
    request.header("Content-Type", "application/octet-stream").bytes(file.to_vec())
}

/// A document with a file: its path, and the answer to the upload.
async fn uploaded(app: &App, key: &str, members: Value, file: &[u8]) -> (String, Reply) {
    let (path, tag) = document(app, key, members).await;
    let reply = put(app, key, &path, &tag, file).send().await.expect(200);
    (path, reply)
}

/// Bytes that no file begins with, in some order.
fn noise(length: usize) -> Vec<u8> {
    (0..length).map(|index| u8::try_from((index * 7 + index / 251) % 256).unwrap()).collect()
}

/// A connection on which a request was begun.
async fn begun(app: &App, head: &str, body: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(app.address).await.unwrap();
    stream.write_all(format!("{head}\r\nHost: localhost\r\nConnection: close\r\n\r\n").as_bytes()).await.unwrap();
    stream.write_all(body).await.unwrap();
    stream
}

/// The status of an answer, read to its end.
async fn status(mut stream: TcpStream) -> u16 {
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).await.unwrap();
    let text = String::from_utf8_lossy(&answer);
    text.split(' ').nth(1).unwrap().parse().unwrap()
}
