//! The index made anew by another process: who keeps answers notices, and an index that an older
//! version made is brought up once.

use pobratim_api::Settings;
use pobratim_tests::{App, Reply};
use sea_orm::ConnectionTrait;
use serde_json::json;

const LIST: &str = "/v1/events?q=vystavka";
const FINDINGS: &str = "/v1/findings?year=2011&on=2012-12-31";

/// A city with an event that is found by its title, and that the report of 2011 tells of wrongly.
async fn city() -> App {
    let app = App::with_city().await;
    let key = app.editor().await;
    let event = json!({
        "kind": "fair", "title": {"ru": "Vystavka"}, "period": "2010", "status": "held", "historical": true,
        "visibility": "public", "sources": [{"text": "Отчёт за 2011 год"}],
    });
    app.create("events", &key, event).await;
    app
}

fn count(reply: &Reply) -> usize {
    reply.json["items"].as_array().unwrap().len()
}

/// Takes terms out of the index, as an older version may not have written them.
async fn forget(app: &App, which: &str) {
    let beside = app.store.beside().await;
    beside.execute_unprepared(&format!("DELETE FROM terms WHERE {which}")).await.unwrap();
    beside.execute_unprepared("UPDATE head SET index_kind = 1").await.unwrap();
    beside.close().await.unwrap();
}

#[tokio::test]
async fn an_index_of_an_older_kind_is_made_anew_once() {
    let app = city().await;
    assert_eq!(app.database.reindex_if_older(|_, _| {}).await.unwrap(), None, "a new database has nothing older");
    let (whole, revision) = (count(&app.get(FINDINGS).send().await), app.database.head().await.unwrap().revision);
    forget(&app, "field = 'finding'").await;
    let other = app.beside(Settings::default()).await;
    assert!(count(&other.get(FINDINGS).send().await) < whole, "without marks nothing is found");
    let done = other.database.reindex_if_older(|_, _| {}).await.unwrap().unwrap();
    assert_eq!((done.mended, done.strays), (1, 0));
    assert_eq!(count(&other.get(FINDINGS).send().await), whole);
    assert_eq!(other.database.reindex_if_older(|_, _| {}).await.unwrap(), None);
    assert_eq!(other.database.verify().await.unwrap().faults, [""; 0]);
    assert_eq!(other.database.head().await.unwrap().revision, revision, "no record was changed");
}

#[tokio::test]
async fn who_keeps_answers_notices_that_another_process_made_the_index_anew() {
    let app = city().await;
    forget(&app, "term = 'vystavka'").await;
    let other = app.beside(Settings::default()).await;
    let before = app.get(LIST).send().await.expect(200);
    let tag = before.tag().to_owned();
    assert_eq!((count(&before), count(&app.get(LIST).send().await)), (0, 0));
    app.get(LIST).header("If-None-Match", &tag).send().await.expect(304);

    assert_eq!(other.database.reindex(|_, _| {}).await.unwrap().mended, 1);
    let after = app.get(LIST).header("If-None-Match", &tag).send().await.expect(200);
    assert_eq!(count(&after), 1);
    assert_ne!(after.tag(), tag);

    // Where there is nothing to mend, answers and tags stand.
    let tag = after.tag().to_owned();
    other.database.reindex(|_, _| {}).await.unwrap();
    app.get(LIST).header("If-None-Match", &tag).send().await.expect(304);
}

#[tokio::test]
async fn verify_names_some_of_many() {
    let app = city().await;
    let key = app.editor().await;
    for at in 0..5 {
        let title = json!({"ru": format!("Ярмарка {at}")});
        app.create("events", &key, json!({"kind": "fair", "title": title, "status": "idea"})).await;
    }
    forget(&app, "collection = 'events'").await;
    let faults = app.database.verify().await.unwrap().faults;
    assert_eq!(faults.len(), 1, "{faults:?}");
    assert!(faults[0].starts_with("6 events are not found by what they say: run `pobratim reindex` (such as "));
    assert_eq!(faults[0].matches(", ").count(), 2, "three are named: {}", faults[0]);
}
