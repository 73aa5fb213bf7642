//! Uploads that never end, and what is left of them: nothing.

use serde_json::json;
use tokio::io::AsyncWriteExt;

use super::uploads::nothing_is_left;
use super::{begun, document, noise};
use pobratim_tests::App;

#[tokio::test]
async fn a_client_that_goes_away_leaves_nothing_behind() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({})).await;
    let auth = format!("Authorization: Bearer {editor}\r\nIf-Match: {tag}");
    let form = "Content-Type: multipart/form-data; boundary=b";
    let begin = b"--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\n";
    let file = noise(7 << 20);
    for (head, body) in [
        (format!("PUT {path}/content HTTP/1.1\r\n{auth}\r\nContent-Length: 9000000"), file.clone()),
        (
            format!("PUT {path}/content HTTP/1.1\r\n{auth}\r\nTransfer-Encoding: chunked"),
            [b"800000\r\n".as_slice(), &file].concat(),
        ),
        (
            format!("POST {path}/content HTTP/1.1\r\n{auth}\r\n{form}\r\nContent-Length: 9000000"),
            [begin.as_slice(), &file].concat(),
        ),
    ] {
        let mut stream = begun(&app, &head, &body).await;
        let begun_to_be_written = async {
            while app.files().is_empty() {
                tokio::task::yield_now().await;
            }
        };
        tokio::time::timeout(std::time::Duration::from_secs(20), begun_to_be_written).await.unwrap();
        assert!(app.files()[0].contains('#'), "it is not there under its name before it is whole: {:?}", app.files());
        stream.shutdown().await.unwrap();
        drop(stream);
        nothing_is_left(&app).await;
    }
    let record = app.get(&path).key(&editor).send().await.expect(200);
    assert_eq!((record.tag(), record.json.get("content")), (&*tag, None));
}
