//! Merging organizations and partnerships.

use serde_json::json;

use super::{City, id};

#[tokio::test]
async fn organizations_become_one_and_two_again() {
    let city = City::new().await;
    let kept = city.organization("Мэры за мир", json!({"tags": ["peace"]})).await;
    let names = json!([
        {"text": "Мэры городов за мир", "lang": "ru", "preferred": true},
        {"text": "Mayors for Peace", "lang": "en", "preferred": true},
    ]);
    let other = city.organization("x", json!({"names": names, "founded": "1982-06", "scope": "international"})).await;
    let parent = city.organization("Секретариат", json!({"parent": other["id"]})).await;
    city.create("memberships", json!({"organization": other["id"], "place": city.home, "visibility": "public"})).await;
    city.create("letters", json!({
        "direction": "outgoing", "channel": "post", "from": parent["id"], "to": other["id"], "via": [kept["id"], other["id"]],
        "subject": {"ru": "Приглашение"},
    }))
    .await;
    let partner = city.place("Хэйхэ", "CN", json!({})).await;
    city.visit(&partner, json!({"implementers": [other["id"]], "host": kept["id"]})).await;
    let before = city.content().await;
    let merge = city.merged("organizations", &kept, &other).await;
    assert_eq!((&merge["municipality"], &merge["differences"]), (&json!("blagoveshchensk"), &json!([])));
    let record = city.get(&format!("/v1/organizations/{}", id(&kept))).await;
    assert_eq!((&record["founded"], record["names"].as_array().unwrap().len()), (&json!("1982-06"), 3));
    let letter = city.get("/v1/letters").await["items"][0].clone();
    assert_eq!((&letter["to"], &letter["via"]), (&kept["id"], &json!([kept["id"]])), "each once in a list");
    assert_eq!(city.total(&format!("/v1/exchanges?implementers={}", id(&kept))).await, 1);
    assert_eq!(city.total("/v1/memberships?q=mayors").await, 1);
    city.verify().await;
    city.undone(&merge).await;
    assert_eq!(before, city.content().await);
    city.verify().await;
}

#[tokio::test]
async fn two_ties_with_two_records_of_a_city_become_one_before_the_city_does() {
    let city = City::new().await;
    let [heihe, double] = [city.place("Хэйхэ", "CN", json!({})).await, city.place("Хей-хе", "CN", json!({})).await];
    let kept = city.tie(&heihe, json!({"name": {"ru": "Дружба"}, "fields": ["culture"]})).await;
    let other = city
        .tie(&double, json!({"kind": "friendship", "name": {"ru": "Братство", "zh": "友谊"}, "fields": ["culture", "sport"], "established": "2003-07-17"}))
        .await;
    let paper = city
        .create("agreements", json!({"kind": "memorandum", "title": {"ru": "Меморандум"}, "partnership": other["id"]}))
        .await;
    let visit = city.visit(&double, json!({"partnerships": [kept["id"], other["id"]]})).await;
    city.create(
        "work-plans",
        json!({
            "year": 2012, "items": [{"title": {"ru": "Приём"}, "instrument": "visits", "partnerships": [other["id"]]}],
        }),
    )
    .await;
    let before = city.content().await;

    let refused = city.merge("places", &heihe, &double).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [(format!("/v1/partnerships/{}", id(&other)), "already_exists".into())]);
    let ties = city.merged("partnerships", &kept, &other).await;
    let differences = json!([
        {"member": "kind", "kept": "twin", "merged": "friendship"},
        {"member": "name", "kept": "{\"ru\":\"Дружба\",\"zh\":\"友谊\"}", "merged": "{\"ru\":\"Братство\",\"zh\":\"友谊\"}"},
    ]);
    assert_eq!(ties["differences"], differences);
    let tie = city.get(&format!("/v1/partnerships/{}", id(&kept))).await;
    assert_eq!((&tie["fields"], &tie["established"]), (&json!(["culture", "sport"]), &json!("2003-07-17")));
    assert_eq!((&tie["claims"][0]["field"], &tie["claims"][0]["value"]), (&json!("name"), &json!("Братство")));
    assert_eq!(city.get(&format!("/v1/agreements/{}", id(&paper))).await["partnership"], kept["id"]);
    assert_eq!(city.get(&format!("/v1/exchanges/{}", id(&visit))).await["partnerships"], json!([kept["id"]]));
    assert_eq!(city.get("/v1/work-plans").await["items"][0]["items"][0]["partnerships"], json!([kept["id"]]));
    for (path, more) in [("", ""), ("/summary", "?on=2011-12-31"), ("/transitions", "?limit=3")] {
        let reply = city.app.get(&format!("/v1/partnerships/{}{path}{more}", id(&other))).send().await.expect(308);
        assert_eq!(reply.header("location"), format!("/v1/partnerships/{}{path}{more}", id(&kept)));
    }
    let reply = city.app.get(&format!("/v1/reports/partnerships/{}?lang=ru", id(&other))).send().await.expect(308);
    assert_eq!(reply.header("location"), format!("/v1/reports/partnerships/{}?lang=ru", id(&kept)));
    let path = format!("/v1/partnerships/{}/transitions", id(&other));
    let body = json!({"to": "ended", "on": "2011", "reason": "Так вышло"});
    city.app.post(&path, body).key(&city.editor).if_match("*").send().await.expect_problem(409, "merged");

    let places = city.merged("places", &heihe, &double).await;
    assert_eq!(city.total(&format!("/v1/partnerships?place={}", id(&heihe))).await, 1);
    city.verify().await;
    city.undone(&places).await;
    city.undone(&ties).await;
    assert_eq!(before, city.content().await);
    city.verify().await;
}

#[tokio::test]
async fn ties_with_different_cities_stay_two() {
    let city = City::new().await;
    let ids = |value: &str| json!({"external_ids": [{"scheme": "geonames", "value": value}]});
    let [one, two] =
        [city.place("Инчхон", "KR", ids("1843564")).await, city.place("Ичхон", "KR", ids("1843561")).await];
    let [kept, other] = [city.tie(&one, json!({})).await, city.tie(&two, json!({})).await];
    let refused = city.merge("partnerships", &kept, &other).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [("/other".into(), "different_parties".into())]);
    let league = city.organization("Лига", json!({})).await;
    let third = city
        .create(
            "partnerships",
            json!({
                "arrangement": "bilateral", "kind": "cooperation", "visibility": "public",
                "parties": [{"place": city.home, "role": "home"}, {"organization": league["id"], "role": "partner"}],
            }),
        )
        .await;
    let refused = city.merge("partnerships", &kept, &third).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [("/other".into(), "different_parties".into())]);
}
