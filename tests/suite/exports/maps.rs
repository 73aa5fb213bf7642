//! Maps: places as points, partnerships as lines.

use pobratim_domain::Role;
use pobratim_tests::App;
use serde_json::{Value, json};

use super::demo;

async fn map(app: &App, path: &str) -> Vec<Value> {
    let reply = app.get(path).header("Accept", "application/geo+json").send().await.expect(200);
    assert_eq!(reply.header("content-type"), "application/geo+json");
    let mut map = reply.json;
    assert_eq!(map["type"], "FeatureCollection");
    let features = map["features"].take();
    features.as_array().unwrap().clone()
}

#[tokio::test]
async fn the_city_and_its_partners_lie_on_a_map() {
    let app = demo().await;
    let places = map(&app, "/v1/places?lang=ru").await;
    assert_eq!(places.len(), 20);
    let heihe = places.iter().find(|place| place["properties"]["label"] == "Хэйхэ").unwrap();
    assert_eq!((&heihe["type"], &heihe["geometry"]["type"]), (&json!("Feature"), &json!("Point")));
    assert_eq!(heihe["id"], heihe["properties"]["id"]);
    let [lon, lat] = [0, 1].map(|at| heihe["geometry"]["coordinates"][at].as_f64().unwrap());
    assert!((127.0..128.0).contains(&lon) && (50.0..51.0).contains(&lat), "longitude first: {lon} {lat}");

    let ties = map(&app, "/v1/partnerships").await;
    assert_eq!(ties.len(), 23);
    let tie = ties.iter().find(|tie| tie["properties"]["label"] == "Благовещенск – Хэйхэ").unwrap();
    assert_eq!(tie["geometry"]["type"], "LineString");
    assert_eq!(tie["geometry"]["coordinates"][1], json!([lon, lat]));
    let several = ties.iter().filter(|tie| tie["properties"]["arrangement"] == "multilateral");
    let shapes: Vec<&Value> = several.map(|tie| &tie["geometry"]["type"]).collect();
    assert_eq!(shapes, ["MultiLineString", "MultiLineString", "LineString"], "nobody told where the district lies");
    // Foundations of which no more than the country is known.
    assert!(ties.iter().any(|tie| tie["geometry"].is_null()));
    let labels = map(&app, "/v1/partnerships?lang=zh&kind=twin").await;
    assert!(labels.iter().any(|tie| tie["properties"]["label"].as_str().unwrap().contains("黑河")), "{labels:#?}");
}

#[tokio::test]
async fn lines_do_not_run_round_the_earth() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let mut ids = Vec::new();
    for (name, lon) in [("Anadyr", 177.5), ("Nome", -165.4)] {
        let place = json!({
            "kind": "municipality", "country": "RU", "visibility": "public",
            "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
            "location": {"lat": 64.5, "lon": lon},
        });
        ids.push(app.create("places", &editor, place).await["id"].clone());
    }
    let seat = json!({
        "kind": "foundation", "country": "US", "place": ids[1], "visibility": "public",
        "names": [{"text": "Bering Foundation", "lang": "en", "preferred": true}],
    });
    let seat = app.create("organizations", &editor, seat).await["id"].clone();
    for partner in [json!({"place": ids[1], "role": "partner"}), json!({"organization": seat, "role": "partner"})] {
        let tie = json!({
            "arrangement": "bilateral", "kind": "contact", "visibility": "public", "historical": true, "stage": "active",
            "sources": [{"text": "A letter"}], "parties": [{"place": ids[0], "role": "home"}, partner],
        });
        app.create("partnerships", &editor, tie).await;
    }
    let ties = map(&app, "/v1/partnerships").await;
    for (tie, label) in ties.iter().zip(["Anadyr – Nome", "Anadyr – Bering Foundation"]) {
        let lines = json!([[[177.5, 64.5], [180.0, 64.5]], [[-180.0, 64.5], [-165.4, 64.5]]]);
        assert_eq!(tie["geometry"], json!({"type": "MultiLineString", "coordinates": lines}));
        assert_eq!(tie["properties"]["label"], label);
    }
}

#[tokio::test]
async fn what_is_told_beside_needs_its_own_scope() {
    let app = demo().await;
    for (scopes, status) in [(&["partnerships:read"][..], 403), (&["partnerships:read", "organizations:read"], 200)] {
        let key = app.narrowed(Role::Reader, "blagoveshchensk", scopes).await;
        app.get("/v1/partnerships?format=geojson").key(&key).send().await.expect(status);
        app.get("/v1/partnerships?format=csv").key(&key).send().await.expect(200);
    }
    let key = app.narrowed(Role::Reader, "blagoveshchensk", &["events:read"]).await;
    app.get("/v1/events?format=ics").key(&key).send().await.expect(200);
}

#[tokio::test]
async fn a_map_of_nothing_is_a_map() {
    let app = App::with_city().await;
    assert!(map(&app, "/v1/partnerships").await.is_empty());
}
