//! Probable duplicates, and pairs that were told to be two.

use pobratim_domain::Role;
use pobratim_tests::{Reply, municipality};
use serde_json::{Value, json};

use super::{City, id};

impl City {
    async fn duplicates(&self, query: &str) -> Vec<Value> {
        self.get(&format!("/v1/duplicates{query}")).await["items"].as_array().unwrap().clone()
    }

    async fn distinct(&self, collection: &str, pair: [&Value; 2], more: Value) -> Reply {
        let mut body =
            json!({"collection": collection, "records": [pair[0]["id"], pair[1]["id"]], "reason": "Проверено."});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.app.post("/v1/distinct-pairs", body).key(&self.editor).send().await
    }
}

/// The refs of each pair, how likely it is, and what speaks for it.
fn told(pairs: &[Value]) -> Vec<(String, String, Vec<String>)> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    let of = |pair: &Value| {
        let records: Vec<_> = pair["records"].as_array().unwrap().iter().map(|record| text(&record["ref"])).collect();
        let kinds = pair["evidence"].as_array().unwrap().iter().map(|evidence| text(&evidence["kind"])).collect();
        (records.join(" "), text(&pair["likelihood"]), kinds)
    };
    pairs.iter().map(of).collect()
}

fn pair(refs: &str, likelihood: &str, kinds: &[&str]) -> (String, String, Vec<String>) {
    (refs.to_owned(), likelihood.to_owned(), kinds.iter().map(|kind| (*kind).to_owned()).collect())
}

#[tokio::test]
async fn places_that_are_probably_one() {
    let city = City::new().await;
    let located = |lat: f64, lon: f64| json!({"location": {"lat": lat, "lon": lon}});
    city.place("Шэньян", "CN", json!({})).await; // PLA-0002
    city.place("Шеньян", "CN", json!({})).await;
    // The gazetteer knows one city by both.
    city.place("Хэйхэ", "CN", json!({})).await; // PLA-0004
    city.place("x", "CN", json!({"names": [{"text": "黑河市", "lang": "zh", "kind": "official", "preferred": true}]}))
        .await;
    city.place("Далянь", "CN", located(38.91, 121.60)).await; // PLA-0006
    city.place("Далянь", "CN", located(38.915, 121.605)).await;
    let found = city.duplicates("?collection=places").await;
    let wanted = [
        pair("PLA-0006 PLA-0007", "certain", &["same_name", "near_coordinates"]),
        pair("PLA-0002 PLA-0003", "certain", &["near_name", "same_city"]),
        pair("PLA-0004 PLA-0005", "probable", &["same_city"]),
    ];
    let mut found = told(&found);
    found.sort();
    let mut wanted = wanted.to_vec();
    wanted.sort();
    assert_eq!(found, wanted);
    let likely = city.duplicates("?collection=places&likelihood=certain").await;
    assert_eq!(likely.len(), 2);
    assert_eq!(told(&city.duplicates("?record=PLA-0005").await).len(), 1);
}

#[tokio::test]
async fn traps_of_the_gazetteer_stay_apart() {
    let city = City::new().await;
    let ids = |value: &str| json!({"external_ids": [{"scheme": "geonames", "value": value}]});
    for (name, country, more) in [
        // By their names alone.
        ("Инчхон", "KR", json!({})),
        ("Ичхон", "KR", json!({})),
        ("Пхёнсон", "KP", json!({})),
        ("Пхеньян", "KP", json!({})),
        ("Ниигата", "JP", json!({})),
        ("Ниигата", "JP", json!({"kind": "region"})),
        // By what else is known of them.
        ("Благовещенск", "RU", json!({"subdivision": "RU-AMU"})),
        ("Благовещенск", "RU", json!({"subdivision": "RU-BA"})),
        ("Heihe", "CN", ids("2036973")),
        ("Heihe", "CN", ids("1280517")),
    ] {
        city.place(name, country, more).await;
    }
    let found: Vec<_> = told(&city.duplicates("?collection=places").await)
        .into_iter()
        // The city's own home says nothing of where it lies.
        .filter(|(refs, ..)| !refs.starts_with("PLA-0001"))
        .collect();
    assert_eq!(found, []);
}

#[tokio::test]
async fn organizations_and_ties_that_are_probably_one() {
    let city = City::new().await;
    let known = |country: &str| json!({"country": country});
    let [heihe, joetsu] = [city.place("Хэйхэ", "CN", json!({})).await, city.place("Дзёэцу", "JP", json!({})).await];
    city.organization("Мэры за мир", json!({})).await;
    let names = json!([
        {"text": "Mayors for Peace", "lang": "en", "preferred": true}, {"text": "МЭРЫ ЗА МИР", "lang": "ru"},
    ]);
    city.organization("x", json!({"names": names})).await;
    city.organization("Мэры за мир", known("US")).await;
    city.organization("Школа № 1", json!({"place": city.home})).await;
    city.organization("Школа № 2", json!({"place": city.home})).await;
    city.organization("Школа № 1", json!({"place": heihe["id"]})).await;
    let tie = json!({
        "arrangement": "multilateral", "kind": "cooperation", "visibility": "internal",
        "parties": [{"place": city.home, "role": "home"}, {"place": heihe["id"], "role": "member"}, {"place": joetsu["id"], "role": "member"}],
    });
    for _ in 0..2 {
        city.create("partnerships", tie.clone()).await;
    }
    let found = told(&city.duplicates("").await);
    let wanted = [
        pair("ORG-0001 ORG-0002", "probable", &["same_name"]),
        pair("PAR-0001 PAR-0002", "probable", &["same_parties"]),
    ];
    assert_eq!(found, wanted);
    // The findings say the same of those whose names to print are alike.
    city.organization("Мэры за мир", json!({})).await;
    let findings = city.get("/v1/findings?code=possible_duplicates").await;
    let refs: Vec<_> =
        findings["items"].as_array().unwrap().iter().map(|found| found["record"]["ref"].clone()).collect();
    assert_eq!(refs, ["ORG-0007", "PAR-0002"]);
    // What is internal is not told to others, nor what a key may not read.
    let page = city.app.get("/v1/duplicates").send().await.expect(200).json;
    assert!(page["items"].as_array().unwrap().iter().all(|pair| pair["collection"] == "organizations"), "{page:#}");
    let narrowed = city.app.narrowed(Role::Editor, "blagoveshchensk", &["partnerships:read"]).await;
    let page = city.app.get("/v1/duplicates").key(&narrowed).send().await.expect(200).json;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["collection"]), (1, &json!("partnerships")));
    let path = "/v1/duplicates?collection=places";
    city.app.get(path).key(&narrowed).send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn what_was_told_distinct_is_not_found_and_not_merged() {
    let city = City::new().await;
    let app = &city.app;
    let [one, other] = [city.place("Хей-хе", "CN", json!({})).await, city.place("Хейхе", "CN", json!({})).await];
    let [fund, another] = [city.organization("Фонд", json!({})).await, city.organization("Фонд", json!({})).await];
    assert_eq!(city.duplicates("").await.len(), 2);
    assert_eq!(city.total("/v1/findings?code=possible_duplicates").await, 2);
    let told = city.distinct("places", [&one, &other], json!({})).await.expect(201).json;
    let public =
        city.distinct("organizations", [&another, &fund], json!({"visibility": "public"})).await.expect(201).json;
    assert_eq!(told["ref"], "DIS-0001");
    assert!(city.duplicates("").await.is_empty());
    assert_eq!(city.total("/v1/findings?code=possible_duplicates").await, 0);
    assert_eq!(city.total(&format!("/v1/distinct-pairs?record={}", id(&one))).await, 1);
    // Who does not see that it was said is told of the pair.
    let page = app.get("/v1/duplicates").send().await.expect(200).json;
    assert_eq!((page["items"].as_array().unwrap().len(), &page["items"][0]["collection"]), (1, &json!("places")));

    let refused = city.merge("places", &one, &other).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [("/v1/distinct-pairs".into(), "distinct".into())]);
    let refused = city.merge("organizations", &fund, &another).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [(format!("/v1/distinct-pairs/{}", id(&public)), "distinct".into())]);
    assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains("DIS-0002"));

    // It goes along when one of the two is merged with a third, and is taken back by deleting it.
    let third = city.place("Хей хе", "CN", json!({})).await;
    let merge = city.merged("places", &third, &other).await;
    let pair = city.get(&format!("/v1/distinct-pairs/{}", id(&told))).await;
    assert_eq!(pair["records"], json!([one["id"], third["id"]]));
    assert!(city.duplicates("?collection=places").await.is_empty());
    city.undone(&merge).await;
    for pair in [&told, &public] {
        let path = format!("/v1/distinct-pairs/{}", id(pair));
        app.request("DELETE", &path).key(&city.editor).if_match("*").send().await.expect(204);
    }
    assert_eq!(city.duplicates("?collection=organizations").await.len(), 1);
    city.merged("organizations", &fund, &another).await;
    city.verify().await;
}

#[tokio::test]
async fn a_distinct_pair_is_of_two_records_that_are_there() {
    let city = City::new().await;
    let place = city.place("Хэйхэ", "CN", json!({})).await;
    let refused = city.distinct("places", [&place, &place], json!({})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/records/1".into(), "duplicate".into())]);
    let refused = city.distinct("organizations", [&place, &json!({"id": city.home})], json!({})).await;
    let refused = refused.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults().len(), 2, "{:#}", refused.json);
    let refused = city.distinct("events", [&place, &place], json!({"records": [place["id"]]})).await;
    let refused = refused.expect_problem(400, "invalid_body");
    let wanted = [("/collection".to_owned(), "unknown_code".to_owned()), ("/records".into(), "too_few".into())];
    assert_eq!(refused.faults(), wanted);
}

#[tokio::test]
async fn pairs_come_in_pages_and_are_somebodys() {
    let city = City::new().await;
    for name in ["Альфа", "Бета", "Гамма"] {
        for _ in 0..2 {
            city.place(name, "CN", json!({})).await;
        }
    }
    let first = city.get("/v1/duplicates?limit=2").await;
    let next = first["page"]["next_cursor"].as_str().unwrap();
    let second = city.get(&format!("/v1/duplicates?limit=2&cursor={next}")).await;
    assert_eq!((first["items"].as_array().unwrap().len(), second["items"].as_array().unwrap().len()), (2, 1));
    assert!(second["page"].get("next_cursor").is_none());
    // With a second municipality somebody has to say whose organizations are meant; the directory is all's.
    city.app.create("municipalities", &city.operator, municipality("heihe")).await;
    let refused = city.app.get("/v1/duplicates").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(refused.faults(), [("municipality".into(), "required".into())]);
    let page = city.app.get("/v1/duplicates?collection=places").key(&city.operator).send().await.expect(200).json;
    assert_eq!(page["items"].as_array().unwrap().len(), 3);
    let page = city.app.get("/v1/duplicates?municipality=heihe&collection=organizations").send().await.expect(200).json;
    assert_eq!(page["items"], json!([]));
    let reply = city.app.get("/v1/duplicates?likelihood=sure").key(&city.editor).send().await;
    reply.expect_problem(400, "invalid_parameter");
}
