//! Reports drawn from the demo city: every fact of the founding report is told, with its records.

use serde_json::Value;

use pobratim_tests::App;

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

async fn demo() -> App {
    let app = App::start().await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app
}

#[tokio::test]
async fn look() {
    let app = demo().await;
    let report = app.get("/v1/reports/annual/2011?lang=ru&as_of=2011-12-31").send().await.expect(200).json;
    println!("{}", told(&report));
    let report = app.get("/v1/reports/annual/2011?lang=en&as_of=2011-12-31").send().await.expect(200).json;
    println!("{}", told(&report));
}

fn told(report: &Value) -> String {
    let mut text = format!("# {}\n{}\n", report["title"].as_str().unwrap(), report["subtitle"]);
    for section in report["sections"].as_array().unwrap() {
        text.push_str(&format!("\n## {} [{}]\n", section["title"].as_str().unwrap(), section["key"]));
        for block in section["blocks"].as_array().unwrap() {
            let refs = |value: &Value| {
                let records = value["records"].as_array().into_iter().flatten();
                records.map(|record| record["ref"].as_str().unwrap().to_owned()).collect::<Vec<_>>().join(" ")
            };
            text.push_str(&format!(
                "{}: {} [{}]\n",
                block["kind"].as_str().unwrap(),
                block["text"].as_str().unwrap_or_default(),
                refs(block)
            ));
            for item in block["items"].as_array().into_iter().flatten() {
                text.push_str(&format!("   - {} [{}]\n", item["text"].as_str().unwrap(), refs(item)));
            }
            for row in block["table"]["rows"].as_array().into_iter().flatten() {
                text.push_str(&format!("   | {} [{}]\n", row["cells"], refs(row)));
            }
        }
    }
    text
}
