//! Merges of more than a request changes: references are moved in slices, and a stop in between is made up
//! for.

use std::time::Duration;

use pobratim_api::{Settings, resume_merges};
use pobratim_domain::Exchange;
use pobratim_persistence::{Happened, Stamp, View};
use serde_json::{Value, json};

use super::{City, id};

impl City {
    /// Many visits to a place.
    async fn visits(&self, destination: &Value, many: usize) {
        let record = json!({
            "title": {"ru": "Визит"}, "direction": "outgoing", "audience": "officials", "origin": self.home,
            "destination": destination["id"], "period": "2011-08", "state": "completed", "visibility": "public",
        });
        let record: pobratim_domain::Record<Exchange> = serde_json::from_value(record).unwrap();
        let slug = Some(pobratim_domain::Slug::parse("blagoveshchensk").unwrap());
        for slice in vec![record; many].chunks(100) {
            let (slice, slug) = (slice.to_vec(), slug.clone());
            let command = self.app.database.write(Stamp::system("test"), None, move |tx| async move {
                for record in slice {
                    tx.create(&View::System, slug.clone(), record, Happened::plain("created")).await?;
                }
                Ok(())
            });
            command.await.unwrap();
        }
    }

    /// How many visits to a place there are.
    async fn counted(&self, destination: &Value) -> i64 {
        let path = format!("/v1/exchanges?limit=1&destination={}", id(destination));
        let page = self.app.get(&path).header("Prefer", "count=exact").send().await.expect(200);
        page.json["page"]["total"].as_i64().unwrap()
    }

    async fn rested(&self, merge: &Value) -> Value {
        let path = format!("/v1/merges/{}", id(merge));
        self.app.get(&path).key(&self.editor).header("Prefer", "wait=60").send().await.expect(200).json
    }
}

#[tokio::test]
async fn many_references_are_moved_and_moved_back() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    city.visits(&other, 350).await;
    city.visits(&kept, 3).await;
    let begun = city.merge("places", &kept, &other).await.expect(201).json;
    assert_eq!((&begun["state"], &begun["moved"][0]["count"]), (&json!("merging"), &json!(100)));
    let done = city.rested(&begun).await;
    assert_eq!((&done["state"], &done["moved"][0]["count"]), (&json!("merged"), &json!(350)), "{done:#}");
    assert_eq!(city.counted(&kept).await, 353);
    city.app.get(&format!("/v1/places/{}", id(&other))).send().await.expect(308);
    city.verify().await;
    city.undone(&done).await;
    assert_eq!((city.counted(&kept).await, city.counted(&other).await), (3, 350));
    city.verify().await;
}

#[tokio::test]
async fn a_merge_that_was_interrupted_goes_on() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    city.visits(&other, 150).await;
    // A server that stops before it has moved all.
    let stopping = city.app.beside(Settings::default()).await;
    stopping.api.drain();
    let path = format!("/v1/places/{}/merge", id(&kept));
    let body = json!({"other": other["id"]});
    let begun = stopping.post(&path, body.clone()).key(&city.operator).if_match("*").send().await.expect(201).json;
    assert_eq!(begun["state"], "merging");
    assert_eq!((city.counted(&kept).await, city.counted(&other).await), (100, 50), "both are there meanwhile");
    city.verify().await;

    // Nobody else merges either of them, and it is not taken back yet.
    let refused = city.merge("places", &kept, &other).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [("/other".into(), "at_work".into())]);
    let undo = city.app.request("POST", &format!("/v1/merges/{}/undo", id(&begun))).key(&city.operator).if_match("*");
    undo.send().await.expect_problem(409, "invalid_state");

    assert_eq!(resume_merges(&city.app.api).await.unwrap(), 1);
    let done = city.rested(&begun).await;
    assert_eq!((&done["state"], &done["moved"][0]["count"]), (&json!("merged"), &json!(150)));
    assert_eq!(resume_merges(&city.app.api).await.unwrap(), 0);
    city.verify().await;
}

#[tokio::test]
async fn what_comes_to_stand_in_the_way_ends_a_merge_that_can_be_taken_back() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    city.visits(&other, 150).await;
    let before = city.content().await;
    let stopping = city.app.beside(Settings::default()).await;
    stopping.api.drain();
    let path = format!("/v1/places/{}/merge", id(&kept));
    let begun = stopping.post(&path, json!({"other": other["id"]})).key(&city.operator).if_match("*").send().await;
    let begun = begun.expect(201).json;
    for (place, value) in [(&kept, "Q1"), (&other, "Q2")] {
        let ids = json!({"external_ids": [{"scheme": "wikidata", "value": value}]});
        let patch = city.app.request("PATCH", &format!("/v1/places/{}", id(place))).json(ids);
        patch.key(&city.editor).if_match("*").send().await.expect(200);
    }
    resume_merges(&city.app.api).await.unwrap();
    let failed = tokio::time::timeout(Duration::from_secs(60), city.rested(&begun)).await.unwrap();
    assert_eq!(failed["state"], "failed", "{failed:#}");
    assert!(failed["detail"].as_str().unwrap().contains("wikidata"), "{failed:#}");
    city.app.get(&format!("/v1/places/{}", id(&other))).send().await.expect(200);
    city.undone(&failed).await;
    let mut after = city.content().await;
    for (name, record) in &mut after {
        if name.starts_with("places") {
            record["external_ids"] = before[name]["external_ids"].clone();
        }
    }
    assert_eq!(before, after);
    city.verify().await;
}
