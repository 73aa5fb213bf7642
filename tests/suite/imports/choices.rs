//! Rows that are doubtful, and how they are decided.

use serde_json::{Value, json};

use super::{checked, committed, count, office, rested, verdicts};

#[tokio::test]
async fn doubtful_rows_are_decided() {
    let (app, key) = office().await;
    let register = "City,Country,Established\n\
        Жиджао,КНР,2009\nжиджао,China,\nSpringfield,США,\nSpringfield,USA,2001\nGuilin,China,\nПекин,КР,\n\
        Ивановка,Россия,\nХэйхэ,КНР,\n";
    let village = json!({
        "kind": "municipality", "country": "RU", "visibility": "public",
        "names": [{"text": "Ивановка", "lang": "ru", "kind": "official", "preferred": true}],
    });
    let village = app.create("places", &key, village).await;
    let import = checked(&app, &key, "", "a.csv", register.as_bytes()).await;
    assert_eq!(import.json["choices"], json!([]));
    assert_eq!(
        (&import.json["rows"]["doubtful"], &import.json["rows"]["wrong"]),
        (&json!(4), &json!(1)),
        "{:#}",
        import.json["rows"]
    );
    let path = format!("/v1/imports/{}", import.json["id"].as_str().unwrap());
    let patch = |choices: Value, tag: &str| {
        app.request("PATCH", &path).key(&key).if_match(tag).json(json!({"choices": choices}))
    };
    let rizhao = json!({"name": "Жиджао", "country": "CN", "geonames": 9_072_919});
    let wrong = json!([
        {"name": "Жиджао", "country": "CN"},
        {"name": "Жиджао", "country": "CN", "geonames": 2_026_609},
        {"name": "Жиджао", "country": "CN", "geonames": 1, "action": "skip", "rows": [1, 3, 99]},
        {"name": "Springfield", "country": "CA", "action": "new_place"},
        {"name": "Springfield", "country": "US", "place": village["id"]},
        {"geonames": 2_036_973},
        {"action": "skip"},
        {"rows": [9], "action": "skip"},
        {"name": "Springfield", "country": "US", "rows": [3], "place": import.json["id"]},
    ]);
    let refused = patch(wrong, import.tag()).send().await.expect_problem(400, "invalid_body");
    let wanted = [
        ("/choices/0", "required"),
        ("/choices/1/geonames", "another_country"),
        ("/choices/1", "duplicate"),
        ("/choices/2", "not_allowed"),
        ("/choices/2/rows/2", "unknown_key"),
        ("/choices/2/geonames", "unknown_reference"),
        ("/choices/2/rows/1", "unknown_key"),
        ("/choices/3/name", "unknown_key"),
        ("/choices/4/place", "another_country"),
        ("/choices/5/name", "required"),
        ("/choices/5/country", "required"),
        ("/choices/6/name", "required"),
        ("/choices/6/country", "required"),
        ("/choices/7/rows/0", "unknown_key"),
        ("/choices/8/place", "unknown_reference"),
    ];
    assert_eq!(refused.faults(), wanted.map(|(at, code)| (at.to_owned(), code.to_owned())));

    let rows = app.get(&format!("{path}/rows")).key(&key).send().await.expect(200).json;
    let springfields = rows["items"][2]["candidates"].as_array().unwrap();
    assert!(springfields.len() > 2, "{springfields:?}");
    let choices = json!([
        rizhao,
        {"name": "Springfield", "country": "US", "geonames": springfields[0]["geonames"]},
        {"name": "Springfield", "country": "US", "rows": [4], "geonames": springfields[1]["geonames"]},
        {"rows": [6], "action": "skip"},
        {"name": "Ивановка", "country": "RU", "action": "new_place"},
        {"name": "Хэйхэ", "country": "CN", "action": "skip"},
    ]);
    let decided = patch(choices.clone(), import.tag()).send().await.expect(200);
    let import = rested(&app, &key, &decided.json).await;
    assert_eq!(import.json["choices"], choices);
    let list = app.get("/v1/imports").key(&key).send().await.expect(200).json;
    assert_eq!(list["items"][0].get("choices"), None);
    let row = |line: i64, verdict: &str, notes: &[&str]| {
        (line, verdict.to_owned(), notes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>())
    };
    let wanted = [
        row(2, "new", &["chosen"]),
        row(3, "same", &["chosen", "repeated"]),
        row(4, "new", &["chosen"]),
        row(5, "new", &["chosen"]),
        row(6, "new", &[]),
        row(7, "skipped", &[]),
        row(8, "new", &["chosen"]),
        row(9, "skipped", &[]),
    ];
    assert_eq!(verdicts(&app, &key, &import.json, "").await, wanted);
    assert_eq!(verdicts(&app, &key, &import.json, "&verdict=skipped").await.len(), 2);

    // It stays decided when the import is checked anew for another reason.
    let again = app.request("PATCH", &path).key(&key).if_match(import.tag()).json(json!({"kind": "friendship"}));
    let again = again.send().await.expect(200);
    let import = rested(&app, &key, &again.json).await;
    assert_eq!(verdicts(&app, &key, &import.json, "").await, wanted);
    let import = committed(&app, &key, &import).await;
    assert_eq!(
        import.json["made"],
        json!({"partnerships": 5, "updated": 0, "places": 5, "same": 0, "records": 0, "left": 0})
    );
    assert_eq!(count(&app, &key, "/v1/places?q=Ивановка").await, 2, "there was one, and this is another");
    assert_eq!(count(&app, &key, "/v1/places?q=Springfield").await, 2);
    assert_eq!(count(&app, &key, "/v1/places?external_id=geonames:9072919").await, 1);
    assert_eq!(count(&app, &key, "/v1/places?q=Хэйхэ").await, 0);
    patch(json!([]), "*").send().await.expect_problem(409, "invalid_state");
}

#[tokio::test]
async fn a_place_of_the_directory_is_chosen() {
    let (app, key) = office().await;
    let village = |lat: f64| {
        json!({
            "kind": "municipality", "country": "RU", "visibility": "public", "location": {"lat": lat, "lon": 127.9},
            "names": [{"text": "Ивановка", "lang": "ru", "kind": "official", "preferred": true}],
        })
    };
    let (one, other) =
        (app.create("places", &key, village(50.3)).await, app.create("places", &key, village(45.0)).await);
    let file = "City,Country\nИвановка,RU\n".as_bytes();
    let import = checked(&app, &key, "", "a.csv", file).await;
    let path = format!("/v1/imports/{}", import.json["id"].as_str().unwrap());
    let rows = app.get(&format!("{path}/rows")).key(&key).send().await.expect(200).json;
    assert_eq!(rows["items"][0]["notes"][0]["code"], "several_places");
    let candidates = rows["items"][0]["candidates"].as_array().unwrap().iter().map(|city| &city["place"]);
    assert_eq!(candidates.collect::<Vec<_>>(), [&one["id"], &other["id"]]);
    let choices = json!({"choices": [{"name": "ивановка", "country": "RU", "place": other["id"]}]});
    app.request("PATCH", &path).key(&key).if_match(import.tag()).json(choices).send().await.expect(200);
    let import = rested(&app, &key, &import.json).await;
    committed(&app, &key, &import).await;
    let tie = &app.get("/v1/partnerships").key(&key).send().await.expect(200).json["items"][0];
    assert_eq!(tie["parties"][1]["place"], other["id"]);
    assert_eq!(count(&app, &key, "/v1/places?q=Ивановка").await, 2);
}
