//! The demo city: every fact of the founding report that belongs to these collections is there,
//! and the ties can be counted again through the API.

use std::collections::BTreeSet;

use pobratim_tests::App;
use serde_json::Value;

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

/// The facts these collections hold.
const FACTS: &[&str] = &[
    "F04", "F05", "F11", "F12", "F13", "F14", "F15", "F19", "F20", "F21", "F22", "F23", "F25", "F27", "F28", "F32",
    "F39", "F40", "F41", "F43", "F44", "F45", "F46", "F47", "F48", "F49", "F53", "F54", "F56",
];

async fn demo() -> App {
    let app = App::start().await;
    let loaded = pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    assert!(loaded.created > 70 && loaded.updated == 0 && loaded.same == 0, "{loaded:?}");
    app
}

async fn all(app: &App, path: &str) -> Vec<Value> {
    let mut items = Vec::new();
    let mut cursor = String::new();
    loop {
        let page = app.get(&format!("{path}limit=20{cursor}")).send().await.expect(200).json;
        items.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(next) => cursor = format!("&cursor={next}"),
            None => return items,
        }
    }
}

#[tokio::test]
async fn the_ties_are_counted_again() {
    let app = demo().await;
    let places = all(&app, "/v1/places?").await;
    let count = |country: &str| {
        let local = |place: &&Value| matches!(place["kind"].as_str(), Some("municipality" | "district"));
        places.iter().filter(local).filter(|place| place["country"] == country).count()
    };
    assert_eq!([count("RU"), count("CN"), count("HK"), count("JP"), count("KR"), count("KP")], [4, 7, 1, 3, 2, 1]);
    assert_eq!(all(&app, "/v1/places?country_group=CN&kind=municipality,district&").await.len(), 8);
    assert_eq!(all(&app, "/v1/places?kind=region&").await.len(), 2);

    let ties = all(&app, "/v1/partnerships?").await;
    let with_places =
        |tie: &&Value| tie["parties"].as_array().unwrap().iter().all(|party| party.get("organization").is_none());
    let bilateral: Vec<&Value> =
        ties.iter().filter(with_places).filter(|tie| tie["arrangement"] == "bilateral").collect();
    let of = |kind: &str, target: Option<&str>| {
        bilateral.iter().filter(|tie| tie["kind"] == kind && tie["target_kind"].as_str() == target).count()
    };
    assert_eq!(bilateral.len(), 14);
    let seeking = bilateral.iter().filter(|tie| tie["target_kind"] == "twin").count();
    assert_eq!([of("twin", None), seeking, of("friendship", None), of("contact", None)], [2, 4, 3, 5]);
    assert_eq!(ties.iter().filter(with_places).filter(|tie| tie["arrangement"] == "multilateral").count(), 3);
    assert_eq!(ties.iter().filter(|tie| !with_places(tie)).count(), 6);
}

#[tokio::test]
async fn every_fact_is_cited() {
    let app = demo().await;
    let mut cited = BTreeSet::new();
    for collection in ["municipalities", "places", "organizations", "partnerships", "agreements", "exchanges", "events"]
    {
        for record in all(&app, &format!("/v1/{collection}?")).await {
            let sources = record["sources"].as_array().unwrap();
            assert!(!sources.is_empty(), "{collection} {} cites nothing", record["ref"]);
            cited.extend(sources.iter().filter_map(|source| source["locator"].as_str()).map(str::to_owned));
        }
    }
    let missing: Vec<&&str> = FACTS.iter().filter(|fact| !cited.contains(**fact)).collect();
    assert!(missing.is_empty(), "{missing:?} are cited by no record; these are: {cited:?}");
}

#[tokio::test]
async fn three_sources_differ_on_heihe() {
    let app = demo().await;
    let tie = app.get("/v1/partnerships/PAR-0001").send().await.expect(200).json;
    let claims: Vec<(&str, &str)> = tie["claims"]
        .as_array()
        .unwrap()
        .iter()
        .map(|claim| (claim["field"].as_str().unwrap(), claim["state"].as_str().unwrap()))
        .collect();
    assert_eq!(claims, [("established", "disputed"); 3]);
    assert!(tie.get("established").is_none(), "what is disputed is not told as a fact");
}

#[tokio::test]
async fn a_city_is_found_in_every_script() {
    let app = demo().await;
    for name in ["Хэйхэ", "heihe", "黑河", "Жиджао"] {
        let found = app.get(&format!("/v1/places?q={name}")).send().await.expect(200).json;
        assert_eq!(found["items"].as_array().unwrap().len(), 1, "{name}");
    }
}

#[tokio::test]
async fn loading_again_changes_nothing() {
    let app = demo().await;
    let before = app.database.head().await.unwrap().revision;
    let again = pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    assert!(again.created == 0 && again.updated == 0 && again.same > 70, "{again:?}");
    assert_eq!(app.database.head().await.unwrap().revision, before);
    let verified = app.database.verify().await.unwrap();
    assert!(verified.faults.is_empty(), "{:?}", verified.faults);
}

#[tokio::test]
async fn a_bad_data_set_is_refused_as_a_whole() {
    let app = App::start().await;
    let mut data: Value = serde_json::from_str(DEMO).unwrap();
    data["records"]["places"][0]["country"] = "XX".into();
    data["records"]["events"][0]["place"] = "PLA-9999".into();
    data["records"]["exchanges"][0]["colour"] = "red".into();
    let refused = pobratim_api::load(&app.api, &data.to_string(), |_, _| {}).await.unwrap_err();
    let pobratim_api::LoadError::Faults(faults) = refused else { panic!("{refused}") };
    let places: BTreeSet<&str> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    for place in ["/records/places/0/country", "/records/events/0/place", "/records/exchanges/0/colour"] {
        assert!(places.contains(place), "{place} is not among {places:?}");
    }
    assert_eq!(app.database.head().await.unwrap().revision, 0, "nothing was written");
}

#[tokio::test]
async fn expand_sends_the_places_along() {
    let app = demo().await;
    let page = app.get("/v1/partnerships?expand=places,organizations&limit=200").send().await.expect(200).json;
    let names = |collection: &str| page["included"][collection].as_array().unwrap().len();
    assert_eq!((names("places"), names("organizations")), (17, 6));
}
