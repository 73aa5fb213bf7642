//! A large data set, and the same once more: what a city's first day and a repeated load cost.

use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_tests::{App, Store};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");
const EXCHANGES: usize = 100_000;

pub async fn measure() {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    let text = data_set();
    let first = load(&app, &text).await;
    let again = load(&app, &text).await;
    let verified = app.database.verify().await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
    println!("loads: the demo city with {EXCHANGES} more exchanges, {} MB of JSON", text.len() / 1_000_000);
    println!("  into an empty database {:>7.1} s", first.as_secs_f64());
    println!("  the same again         {:>7.1} s", again.as_secs_f64());
}

async fn load(app: &App, text: &str) -> Duration {
    let began = Instant::now();
    pobratim_api::load(&app.api, text, |_, _| {}).await.unwrap();
    began.elapsed()
}

fn data_set() -> String {
    let mut demo: Value = serde_json::from_str(DEMO).unwrap();
    let exchanges = demo["records"]["exchanges"].as_array_mut().unwrap();
    for number in 0..EXCHANGES {
        let (year, month) = (1950 + number % 60, 1 + number % 12);
        exchanges.push(json!({
            "ref": format!("EXC-{}", 1000 + number), "visibility": "public",
            "title": {"ru": format!("Поездка делегации номер {number}"), "en": format!("Visit {number} of a delegation")},
            "direction": if number % 2 == 0 { "outgoing" } else { "incoming" }, "mode": "in_person",
            "audience": "officials", "origin": if number % 2 == 0 { "PLA-0001" } else { "PLA-0004" },
            "destination": if number % 2 == 0 { "PLA-0004" } else { "PLA-0001" },
            "period": format!("{year}-{month:02}"), "state": "completed", "partnerships": ["PAR-0001"],
        }));
    }
    demo.to_string()
}
