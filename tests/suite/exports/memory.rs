//! A list is never in memory as a whole. It is measured in a process of its own: the other tests would
//! be measured as well.

use std::process::Command;

use pobratim_domain::Role;
use pobratim_tests::{App, client, municipality};
use serde_json::json;

const ALONE: &str = "POBRATIM_TEST_ALONE";
/// How many data sets are loaded, and how many records each has: one alone is small.
const SETS: usize = 30;
const RECORDS: usize = 100;
/// What is told of each record.
const QUOTE: usize = 4_000;
const QUOTES: usize = 4;
/// The records that are read at once, in the shapes they take on their way, and what the connections of a
/// database keep, those for exports among them. All records of the list are more than that, and are asked for four times.
const GROWTH: usize = 40 << 20;

#[test]
fn a_long_list_passes_through() {
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
    let app = App::start().await;
    for set in 0..SETS {
        let events: Vec<_> = (0..RECORDS)
            .map(|n| {
                let source = json!({"text": "A report", "quote": "q".repeat(QUOTE)});
                json!({"ref": format!("EVT-{:05}", set * RECORDS + n), "kind": "fair", "title": {"en": "Fair"},
                    "status": "planned", "visibility": "public", "sources": vec![source; QUOTES]})
            })
            .collect();
        let mut city = municipality("blagoveshchensk");
        city["ref"] = "MUN-0001".into();
        let set = json!({"format": pobratim_api::FORMAT, "municipality": city, "records": {"events": events}});
        pobratim_api::load(&app.api, &set.to_string(), |_, _| {}).await.unwrap();
    }
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    let client = client(std::time::Duration::from_secs(300));
    let before = peak();
    for path in ["/v1/events?format=ndjson", "/v1/events?format=csv", "/v1/export", "/v1/events?format=xlsx"] {
        let request = client.get(app.url(path)).header("Authorization", format!("Bearer {admin}"));
        let mut reply = request.send().await.unwrap().error_for_status().unwrap();
        let mut size = 0;
        while let Some(bytes) = reply.chunk().await.unwrap() {
            size += bytes.len();
        }
        let grew = peak() - before;
        println!("{path}: {} KiB; memory grew by {} KiB", size >> 10, grew >> 10);
        assert!(path.ends_with("xlsx") || size > SETS * RECORDS * QUOTE * QUOTES);
        assert!(grew < GROWTH, "{path}: memory grew by {} KiB", grew >> 10);
    }
}

/// The most memory that this process had so far, in bytes.
fn peak() -> usize {
    let known = std::fs::read_to_string("/proc/self/status").unwrap();
    let line = known.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").trim().parse::<usize>().unwrap() * 1024
}
