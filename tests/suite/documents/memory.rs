//! A file is never in memory as a whole. It is measured in a process of its own: the other tests
//! would be measured as well.

use std::process::Command;

use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::{begun, document, status};
use pobratim_tests::App;

const ALONE: &str = "POBRATIM_TEST_ALONE";
const CHUNK: usize = 64 * 1024;
const CHUNKS: usize = 768;
/// A part of what is written, what is being received, and what any request needs.
const GROWTH: usize = 24 << 20;

#[test]
fn a_large_file_passes_through() {
    let name = concat!(module_path!(), "::measured_alone");
    let name = name.split_once("::").unwrap().1;
    let mut alone = Command::new(std::env::current_exe().unwrap());
    let output = alone.args([name, "--exact", "--nocapture"]).env(ALONE, "1").output().unwrap();
    let told = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(output.status.success() && told.contains("grew by"), "{told}{}", String::from_utf8_lossy(&output.stderr));
}

/// Does nothing in the suite itself.
#[tokio::test]
#[expect(clippy::print_stdout, reason = "the test above looks for it, and people may")]
async fn measured_alone() {
    if std::env::var_os(ALONE).is_none() {
        return;
    }
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, tag) = document(&app, &editor, json!({"visibility": "public"})).await;
    let before = peak();
    let size = CHUNK * CHUNKS;
    let head = format!(
        "PUT {path}/content HTTP/1.1\r\nAuthorization: Bearer {editor}\r\nIf-Match: {tag}\r\nContent-Length: {size}"
    );
    let mut stream = begun(&app, &head, &[]).await;
    let chunk = vec![7; CHUNK];
    for _ in 0..CHUNKS {
        stream.write_all(&chunk).await.unwrap();
    }
    assert_eq!(status(stream).await, 200);
    let stream = begun(&app, &format!("GET {path}/content HTTP/1.1"), &[]).await;
    assert!(counted(stream).await > size);
    let grew = peak() - before;
    println!("{} MiB up and down: memory grew by {} MiB", size >> 20, grew >> 20);
    assert!(grew < GROWTH, "memory grew by {} MiB", grew >> 20);
}

async fn counted(mut stream: TcpStream) -> usize {
    let mut buffer = vec![0; CHUNK];
    let mut count = 0;
    loop {
        match stream.read(&mut buffer).await.unwrap() {
            0 => return count,
            read => count += read,
        }
    }
}

/// The most memory that this process had so far, in bytes.
fn peak() -> usize {
    let known = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = known.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1024
}
