//! Reminders: what is due from a day on, what should have been done, who is told.

use std::collections::BTreeSet;

use pobratim_domain::Role;
use pobratim_tests::App;
use serde_json::{Value, json};

async fn place(app: &App, key: &str, name: &str, country: &str) -> Value {
    let names = json!([{"text": name, "lang": "en", "kind": "official", "preferred": true}]);
    let place = json!({"kind": "municipality", "country": country, "visibility": "public", "names": names});
    app.create("places", key, place).await["id"].clone()
}

/// A city with something of every kind that is due around 5 September 2011.
async fn office() -> (App, String) {
    let app = App::with_city().await;
    let key = app.editor().await;
    let (home, heihe) = (place(&app, &key, "Blagoveshchensk", "RU").await, place(&app, &key, "Heihe", "CN").await);
    let source = json!([{"text": "Архив"}]);
    let tie = json!({
        "arrangement": "bilateral", "kind": "twin", "established": "2006-10-01", "visibility": "public",
        "parties": [{"place": home, "role": "home"}, {"place": heihe, "role": "partner"}],
    });
    let tie = app.create("partnerships", &key, tie).await["id"].clone();
    let paper = |title: &str, more: Value| {
        let mut paper = json!({
            "partnership": tie, "kind": "sector_protocol", "title": {"ru": title}, "state": "in_force", "historical": true,
            "sources": source, "signed_on": "2003-07-17", "signatories": [{"name": {"ru": "Мэр"}}],
        });
        paper.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        paper
    };
    let ends = json!({"in_force": "2003-07-17/2011-10-15", "visibility": "public"});
    app.create("agreements", &key, paper("Истекает", ends)).await;
    let renews = json!({"in_force": "2003-07-17/2012-01-31", "auto_renewal": {"months": 60, "notice_days": 90}});
    app.create("agreements", &key, paper("Продлевается", renews)).await;
    let signed = json!({"signed_on": "2006-11-01", "in_force": "2006-11-01/.."});
    app.create("agreements", &key, paper("Пять лет", signed)).await;
    let letter = json!({
        "direction": "outgoing", "channel": "post", "subject": {"ru": "Запрос"}, "reply_due": "2011-08-31",
        "state": "awaiting_reply", "sent_on": "2011-07", "historical": true, "sources": source,
    });
    app.create("letters", &key, letter).await;
    let plan = json!({
        "year": 2011, "state": "in_execution", "historical": true, "sources": source,
        "items": [{"title": {"ru": "Выставка"}, "due": "2011-11"}, {"title": {"ru": "Без срока"}}],
    });
    app.create("work-plans", &key, plan).await;
    let event = json!({"kind": "fair", "title": {"ru": "Ярмарка"}, "period": "2011-08", "status": "planned", "historical": true, "sources": source});
    app.create("events", &key, event).await;
    let exchange = json!({
        "title": {"ru": "Дети"}, "direction": "incoming", "audience": "children", "origin": heihe, "destination": home,
        "period": "2011-08-20/2011-08-25", "state": "confirmed", "historical": true, "sources": source,
    });
    app.create("exchanges", &key, exchange).await;
    (app, key)
}

async fn told(app: &App, key: &str, query: &str) -> Vec<(String, String, i64)> {
    let page = app.get(&format!("/v1/reminders?{query}")).key(key).send().await.expect(200).json;
    let text = |item: &Value, name: &str| item[name].as_str().unwrap().to_owned();
    let items = page["items"].as_array().unwrap().iter();
    items.map(|item| (text(item, "kind"), text(item, "on"), item["days_left"].as_i64().unwrap())).collect()
}

fn due(kind: &str, on: &str, days: i64) -> (String, String, i64) {
    (kind.to_owned(), on.to_owned(), days)
}

#[tokio::test]
async fn what_is_due_is_told_in_its_order() {
    let (app, key) = office().await;
    let expected = [
        due("partnership_dormant", "2009-11-02", -672),
        due("exchange_still_open", "2011-08-25", -11),
        due("event_still_planned", "2011-08-31", -5),
        due("reply_due", "2011-08-31", -5),
        due("partnership_anniversary", "2011-10-01", 26),
        due("agreement_ending", "2011-10-15", 40),
        due("agreement_anniversary", "2011-11-01", 57),
        due("renewal_notice", "2011-11-02", 58),
        due("plan_item_due", "2011-11-30", 86),
    ];
    assert_eq!(told(&app, &key, "").await, expected, "today is 5 September, and it is 90 days");
    assert_eq!(told(&app, &key, "on=2011-09-05&within=P90D").await, expected);
    assert_eq!(told(&app, &key, "within=P40D").await, expected[..6]);
    assert_eq!(told(&app, &key, "kind=reply_due,plan_item_due").await, [expected[3].clone(), expected[8].clone()]);
    assert_eq!(told(&app, &key, "collection=agreements").await, expected[5..8]);
    assert_eq!(told(&app, &key, "severity=warning&record=AGR-0001").await, [expected[5].clone()]);
    assert!(told(&app, &key, "municipality=nowhere").await.is_empty());
    let page = app.get("/v1/reminders?lang=en&kind=partnership_anniversary").key(&key).send().await.expect(200).json;
    let item = &page["items"][0];
    assert_eq!(
        (&item["title"], &item["subject"], &item["years"]),
        (&json!("Anniversary of a partnership"), &json!({"en": "Heihe"}), &json!(5))
    );
    let page = app.get("/v1/reminders?kind=plan_item_due").key(&key).send().await.expect(200).json;
    assert_eq!(page["items"][0]["title"], "Срок пункта плана");
    let plan = app.get("/v1/work-plans/WPL-0001").key(&key).send().await.expect(200).json;
    assert_eq!(page["items"][0]["item"], plan["items"][0]["key"]);
}

#[tokio::test]
async fn a_tie_goes_to_sleep_when_nothing_takes_place() {
    let (app, key) = office().await;
    let tie = app.get("/v1/partnerships/PAR-0001").send().await.expect(200).json["id"].clone();
    // The last thing is the paper of November 2006, and 36 months make a tie dormant.
    let dormant = "kind=partnership_dormant&on";
    assert_eq!(
        told(&app, &key, &format!("{dormant}=2009-10-01")).await,
        [due("partnership_dormant", "2009-11-02", 32)]
    );
    let summary = async |on: &str| {
        let path = format!("/v1/partnerships/PAR-0001/summary?on={on}");
        app.get(&path).key(&key).send().await.expect(200).json["engagement"].clone()
    };
    assert_eq!((summary("2009-11-01").await, summary("2009-11-02").await), (json!("low"), json!("dormant")));
    let held = json!({
        "kind": "fair", "title": {"ru": "Ярмарка"}, "period": "2009-08", "status": "held", "historical": true,
        "sources": [{"text": "Архив"}], "partnerships": [tie],
    });
    app.create("events", &key, held).await;
    assert!(told(&app, &key, &format!("{dormant}=2009-10-01")).await.is_empty());
    assert_eq!(
        told(&app, &key, &format!("{dormant}=2012-08-01")).await,
        [due("partnership_dormant", "2012-09-01", 31)]
    );
}

#[tokio::test]
async fn the_last_thing_is_the_last_that_the_caller_sees() {
    let (app, key) = office().await;
    let tie = app.get("/v1/partnerships/PAR-0001").send().await.expect(200).json["id"].clone();
    let (public, seen) = ("kind=partnership_dormant&on=2015-01-01", async |key: Option<&str>| {
        let asked = app.get("/v1/reminders?kind=partnership_dormant&on=2015-01-01&within=P1D");
        let asked = key.into_iter().fold(asked, pobratim_tests::Request::key);
        asked.send().await.expect(200).json["items"][0]["on"].clone()
    });
    let exchange = |period: &str, state: &str, visibility: &str| {
        json!({
            "title": {"ru": "Поездка"}, "direction": "outgoing", "audience": "mixed", "period": period, "state": state,
            "visibility": visibility, "partnerships": [tie], "historical": true, "sources": [{"text": "Архив"}],
            "mode": "online",
        })
    };
    let places = app.get("/v1/places").send().await.expect(200).json;
    let (home, heihe) = (places["items"][0]["id"].clone(), places["items"][1]["id"].clone());
    let create = async |period: &str, state: &str, visibility: &str| {
        let mut body = exchange(period, state, visibility);
        (body["origin"], body["destination"]) = (home.clone(), heihe.clone());
        app.create("exchanges", &key, body).await
    };
    assert_eq!((seen(None).await, told(&app, &key, public).await[0].1.as_str()), (json!("2006-07-18"), "2009-11-02"));
    // What is planned, or has no end, is nothing that took place last.
    create("2011-08/..", "under_way", "public").await;
    create("2011-09", "confirmed", "public").await;
    create("2008-05", "completed", "public").await;
    let inner = create("2010-05-07", "completed", "internal").await;
    assert_eq!((seen(None).await, seen(Some(&key)).await), (json!("2011-06-01"), json!("2013-05-08")));
    let path = format!("/v1/exchanges/{}", inner["id"].as_str().unwrap());
    app.request("DELETE", &path).key(&key).if_match("*").send().await.expect(204);
    assert_eq!(seen(Some(&key)).await, json!("2011-06-01"));
}

#[tokio::test]
async fn reminders_are_about_what_the_caller_sees() {
    let (app, key) = office().await;
    let page = app.get("/v1/reminders").send().await.expect(200);
    let kinds: Vec<&str> =
        page.json["items"].as_array().unwrap().iter().map(|item| item["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["partnership_dormant", "partnership_anniversary", "agreement_ending"], "what is public");
    app.get("/v1/reminders").header("If-None-Match", page.tag()).send().await.expect(304);
    app.get("/v1/reminders").key(&key).header("If-None-Match", page.tag()).send().await.expect(200);
    let other = app.key(Role::Admin, "heihe").await;
    assert_eq!(told(&app, &other, "municipality=blagoveshchensk").await.len(), 3);
    assert!(told(&app, &other, "").await.is_empty());
    let narrowed = app.narrowed(Role::Editor, "blagoveshchensk", &["letters:read"]).await;
    assert_eq!(told(&app, &narrowed, "").await, [due("reply_due", "2011-08-31", -5)]);
    app.get("/v1/reminders?collection=events").key(&narrowed).send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn reminders_come_in_pages_and_bad_queries_are_refused() {
    let (app, key) = office().await;
    let all = app.get("/v1/reminders").key(&key).send().await.expect(200).json["items"].clone();
    let first = app.get("/v1/reminders?limit=5").key(&key).send().await.expect(200).json;
    let cursor = first["page"]["next_cursor"].as_str().unwrap();
    let last = app.get(&format!("/v1/reminders?limit=5&cursor={cursor}")).key(&key).send().await.expect(200).json;
    assert!(last["page"].get("next_cursor").is_none());
    let paged: Vec<&Value> = [&first, &last].into_iter().flat_map(|page| page["items"].as_array().unwrap()).collect();
    assert_eq!(paged, all.as_array().unwrap().iter().collect::<Vec<_>>());

    for within in ["P0D", "PT24H", "P6Y", "90", "-P1D", "P1DT1H"] {
        let reply =
            app.get(&format!("/v1/reminders?within={within}")).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults()[0].0, "within", "{within}");
    }
    let reply =
        app.get("/v1/reminders?within=no&on=today&kind=cat&severity=mild&cat=1&cursor=x&limit=900").send().await;
    let faults: BTreeSet<String> =
        reply.expect_problem(400, "invalid_parameter").faults().into_iter().map(|(name, _)| name).collect();
    let expected = ["within", "on", "kind", "severity", "cat", "limit"].map(str::to_owned);
    assert_eq!(faults, BTreeSet::from(expected));
    app.get("/v1/reminders?cursor=x").send().await.expect_problem(400, "invalid_parameter");
}
