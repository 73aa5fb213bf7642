//! Taking data out: lists as tables, lines, maps and calendars, and everything at once.

mod calendars;
mod maps;
mod memory;
mod tables;
mod whole;

use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");

/// More than are read at once, three times.
const MANY: usize = 1_203;

async fn demo() -> App {
    let app = App::start().await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app
}

/// A city with many events, all of them public, and every third of them a fair.
async fn many() -> App {
    let app = App::start().await;
    let events: Vec<Value> = (0..MANY)
        .map(|n| {
            let kind = if n % 3 == 0 { "fair" } else { "forum" };
            let title = format!("Event {n:04}");
            json!({"ref": format!("EVT-{n:04}"), "kind": kind, "title": {"en": title}, "status": "planned",
                "visibility": "public", "period": "2012-10-01/2012-10-03"})
        })
        .collect();
    let municipality = pobratim_tests::municipality("blagoveshchensk");
    let set = json!({"format": pobratim_api::FORMAT, "municipality": municipality, "records": {"events": events}});
    pobratim_api::load(&app.api, &set.to_string(), |_, _| {}).await.unwrap();
    app
}

/// All items of a list, page by page.
async fn items(app: &App, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("{path}limit=200{cursor}")).send().await.expect(200).json;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

fn text(reply: &Reply) -> &str {
    std::str::from_utf8(&reply.bytes).unwrap()
}

fn lines(reply: &Reply) -> Vec<Value> {
    text(reply).lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}
