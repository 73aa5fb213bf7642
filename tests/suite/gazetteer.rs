//! The gazetteer: what it says of itself, cities by any of their names, and what it refuses.

use pobratim_tests::App;
use serde_json::{Value, json};

/// The cities that are answered, as id and kind of match.
async fn found(app: &App, query: &str) -> Vec<(i64, String)> {
    let page = app.get(&format!("/v1/gazetteer/cities?{query}")).send().await.expect(200).json;
    let items = page["items"].as_array().unwrap().iter();
    items.map(|city| (city["id"].as_i64().unwrap(), city["match"]["kind"].as_str().unwrap().to_owned())).collect()
}

#[tokio::test]
async fn it_says_whose_it_is() {
    let app = App::start().await;
    let reply = app.get("/v1/gazetteer").send().await.expect(200);
    let gazetteer = &reply.json;
    assert!(gazetteer["attribution"].as_str().unwrap().contains("© GeoNames (geonames.org), CC BY 4.0"));
    assert_eq!(gazetteer["licence"], "https://creativecommons.org/licenses/by/4.0/");
    assert_eq!(gazetteer["cities"], 33_987);
    assert!(gazetteer["names"].as_i64().unwrap() > 300_000);
    let again = app.get("/v1/gazetteer").header("If-None-Match", reply.header("etag")).send().await;
    again.expect(304);
}

#[tokio::test]
async fn a_city_is_told_with_how_it_matched() {
    let app = App::start().await;
    let page = app.get("/v1/gazetteer/cities?q=%E9%BB%91%E6%B2%B3&limit=1").send().await.expect(200).json;
    let heihe = json!({
        "id": 2_036_973, "name": "Heihe", "country": "CN", "region": {"code": "CN-HL", "name": "Heilongjiang"},
        "location": {"lat": 50.24413, "lon": 127.49016}, "population": 223_832,
        "external_ids": [{"scheme": "geonames", "value": "2036973"}, {"scheme": "wikidata", "value": "Q349983"}],
        "names": [
            {"text": "Хэйхэ", "lang": "ru", "generated": false},
            {"text": "Heihe", "lang": "en", "generated": false},
            {"text": "黑河市", "lang": "zh", "generated": false},
            {"text": "黒河市", "lang": "ja", "generated": false},
            {"text": "헤이허 시", "lang": "ko", "generated": false},
        ],
        "match": {"kind": "exact", "name": "黑河市", "lang": "zh", "distance": 0, "generated": false},
    });
    assert_eq!(page, json!({"items": [heihe], "page": {"limit": 1}}));
    // Some things are not known of every city, and are left out.
    let page = app.get("/v1/gazetteer/cities?q=Wudalianchi").send().await.expect(200).json;
    assert_eq!(page["items"][0].get("population"), None);
    let fuzzy = app.get("/v1/gazetteer/cities?q=Жиджао").send().await.expect(200).json;
    let matched = json!({"kind": "fuzzy", "name": "Жичжао", "lang": "ru", "distance": 1, "generated": false});
    assert_eq!((&fuzzy["items"][0]["id"], &fuzzy["items"][0]["match"]), (&json!(9_072_919), &matched));
}

#[tokio::test]
async fn a_name_made_by_rule_is_marked() {
    let app = App::start().await;
    let page = app.get("/v1/gazetteer/cities?q=Танджин").send().await.expect(200).json;
    let dangjin = &page["items"][0];
    let matched = json!({"kind": "transliteration", "name": "Танджин", "lang": "ru", "distance": 0, "generated": true});
    assert_eq!((&dangjin["id"], &dangjin["match"]), (&json!(1_834_885), &matched));
    let russian = |name: &&Value| name["lang"] == "ru";
    let name = dangjin["names"].as_array().unwrap().iter().find(russian).unwrap();
    assert_eq!(*name, json!({"text": "Танджин", "lang": "ru", "generated": true}));
}

#[tokio::test]
async fn country_language_and_limit_narrow_the_answer() {
    let app = App::start().await;
    let exact = |id: i64| (id, "exact".to_owned());
    // The one on the Amur is the larger.
    assert_eq!(found(&app, "q=Благовещенск").await, [exact(2_026_609), exact(576_116)]);
    assert_eq!(found(&app, "q=Благовещенск&limit=1").await, [exact(2_026_609)]);
    assert_eq!(found(&app, "q=Благовещенск&country=CN").await, []);
    assert_eq!(found(&app, "q=Хэйхэ&country=CN").await[0], exact(2_036_973));
    assert_eq!(found(&app, "q=Ичхон").await[0].0, 1_843_702);
    assert_eq!(found(&app, "q=Инчхон").await, [exact(1_843_564)]);
    assert_eq!(found(&app, "q=qqqqqqqqqq").await, []);
    let page = app.get("/v1/gazetteer/cities?q=Heihe&lang=en").send().await.expect(200).json;
    assert_eq!(page["items"][0]["match"]["lang"], "en");
}

#[tokio::test]
async fn what_cannot_be_looked_for_is_refused_with_all_faults() {
    let app = App::start().await;
    let reply = app.get("/v1/gazetteer/cities").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(reply.faults(), [("q".into(), "required".into())]);
    let reply = app.get("/v1/gazetteer/cities?q=%20&country=XX&limit=0&near=Amur").send().await;
    let mut faults = reply.expect_problem(400, "invalid_parameter").faults();
    faults.sort();
    let wanted =
        [("country", "unknown_code"), ("limit", "out_of_range"), ("near", "unknown_parameter"), ("q", "invalid")];
    assert_eq!(faults, wanted.map(|(name, code)| (name.to_owned(), code.to_owned())));
    for query in ["q=Heihe&lang=english", "q=Heihe&q=Harbin", "q=Heihe&country=cn", "q=%00"] {
        app.get(&format!("/v1/gazetteer/cities?{query}")).send().await.expect_problem(400, "invalid_parameter");
    }
    let long = "я".repeat(201);
    app.get(&format!("/v1/gazetteer/cities?q={long}")).send().await.expect_problem(400, "invalid_parameter");
    app.request("POST", "/v1/gazetteer/cities").send().await.expect_problem(405, "method_not_allowed");
    app.get("/v1/gazetteer/cities/2036973").send().await.expect_problem(404, "not_found");
}
