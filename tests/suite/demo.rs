//! The demo city: every fact of the founding report is there, and ties, associations, goods, objects
//! and reported figures can be counted again through the API.

use std::collections::BTreeSet;

use pobratim_tests::App;
use serde_json::Value;

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

/// The report has so many facts.
const FACTS: usize = 56;

/// What the demo city has, by collection.
const COUNTS: &[(&str, usize)] = &[
    ("municipalities", 1),
    ("places", 20),
    ("organizations", 23),
    ("partnerships", 23),
    ("agreements", 6),
    ("exchanges", 7),
    ("events", 11),
    ("memberships", 5),
    ("letters", 1),
    ("programmes", 2),
    ("projects", 5),
    ("assistance-cases", 3),
    ("work-plans", 1),
    ("publications", 2),
    ("observations", 2),
    ("report-notes", 4),
];

async fn demo() -> App {
    let app = App::start().await;
    let loaded = pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    assert!(
        loaded.created == COUNTS.iter().map(|(_, count)| count).sum::<usize>()
            && loaded.updated == 0
            && loaded.same == 0,
        "{loaded:?}"
    );
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
    for (collection, count) in COUNTS {
        let records = all(&app, &format!("/v1/{collection}?")).await;
        assert_eq!(records.len(), *count, "{collection}");
        for record in records {
            let sources = record["sources"].as_array().unwrap();
            assert!(!sources.is_empty(), "{collection} {} cites nothing", record["ref"]);
            cited.extend(sources.iter().filter_map(|source| source["locator"].as_str()).map(str::to_owned));
        }
    }
    let facts = (1..=FACTS).map(|number| format!("F{number:02}"));
    let missing: Vec<String> = facts.filter(|fact| !cited.contains(fact)).collect();
    assert!(missing.is_empty(), "{missing:?} are cited by no record; these are: {cited:?}");
}

#[tokio::test]
async fn what_the_office_does_is_counted_again() {
    let app = demo().await;
    let mut scopes = Vec::new();
    for membership in all(&app, "/v1/memberships?").await {
        let path = format!("/v1/organizations/{}", membership["organization"].as_str().unwrap());
        let association = app.get(&path).send().await.expect(200).json;
        assert_eq!(association["kind"], "association");
        scopes.push(association["scope"].as_str().unwrap().to_owned());
    }
    scopes.sort();
    assert_eq!(scopes, ["international", "international", "international", "national", "national"]);

    let contracts = all(&app, "/v1/assistance-cases?kind=contract_assistance&").await;
    assert_eq!(contracts.len(), 1);
    assert_eq!((contracts[0]["goods"].as_array().unwrap().len(), &contracts[0]["list_complete"]), (9, &false.into()));

    let objects = all(&app, "/v1/projects?kind=investment&state=offered&").await;
    let objects: BTreeSet<&str> = objects.iter().map(|object| object["id"].as_str().unwrap()).collect();
    assert_eq!(objects.len(), 4);
    let shown = all(&app, "/v1/events?kind=presentation&").await;
    let shown: BTreeSet<&str> = shown[0]["projects"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert_eq!(shown, objects);
    let university = all(&app, "/v1/projects?kind=university&").await;
    assert_eq!(university[0]["strands"].as_array().unwrap().len(), 3);

    let paper = app.get("/v1/agreements/AGR-0002").send().await.expect(200).json;
    assert_eq!(paper["objectives"].as_array().unwrap().len(), 4);

    let figures = all(&app, "/v1/observations?indicator=delegations&country=CN&sort=period&").await;
    let figures: Vec<_> =
        figures.iter().map(|figure| (figure["direction"].as_str(), &figure["value"]["value"])).collect();
    assert_eq!(figures, [(Some("incoming"), &22.into()), (Some("outgoing"), &22.into())]);

    let plan = app.get("/v1/work-plans/WPL-0001").send().await.expect(200).json;
    assert_eq!(plan["instruments"].as_array().unwrap().len(), 4);
    let letters = all(&app, "/v1/letters?channel=foreign_ministry&").await;
    assert_eq!(letters[0]["via"].as_array().unwrap().len(), 2);
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
    assert!(again.created == 0 && again.updated == 0 && again.same > 100, "{again:?}");
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
