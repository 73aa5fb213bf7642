//! The feed: every accepted change in one order, told to those who may know, followed across
//! pages, waits, processes and restored backups.

use std::time::{Duration, Instant};

use pobratim_domain::{Role, Timestamp};
use pobratim_persistence::{ChangesQuery, Clock, Database, Error, Stamp, View, new_epoch};
use pobratim_tests::{App, NOW, Reply, Request};
use serde_json::{Value, json};

fn place(name: &str) -> Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public", "notes": "Ours.",
        "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
    })
}

fn organization(name: &str, visibility: &str) -> Value {
    json!({
        "kind": "association", "country": "RU", "visibility": visibility,
        "names": [{"text": name, "lang": "en", "preferred": true}],
    })
}

/// Another process on the same database.
async fn other_process(app: &App) -> Database {
    let clock = Clock::fixed(Timestamp::parse(NOW).unwrap(), 2);
    Database::open(app.store.url.clone(), Some("a secret of the suite"), clock).await.unwrap()
}

async fn write(database: &Database, name: &'static str) {
    let key = pobratim_domain::ApiKey {
        owner: name.to_owned(),
        role: Role::Operator,
        scopes: Vec::new(),
        expires_at: None,
        revoked_at: None,
    };
    pobratim_api::issue_key(database, key, None, "other process").await.unwrap();
}

fn items(reply: &Reply) -> &[Value] {
    reply.json["items"].as_array().unwrap()
}

fn revisions(reply: &Reply) -> Vec<i64> {
    items(reply).iter().map(|item| item["revision"].as_i64().unwrap()).collect()
}

fn next(reply: &Reply) -> String {
    reply.json["page"]["next_cursor"].as_str().unwrap().to_owned()
}

async fn patch(app: &App, path: &str, key: &str, body: Value) -> Value {
    app.request("PATCH", path).json(body).key(key).if_match("*").send().await.expect(200).json
}

#[tokio::test]
async fn every_change_is_told_in_order_without_gaps() {
    let app = App::with_city().await;
    let (editor, operator) = (app.editor().await, app.operator().await);
    let first = app.create("places", &editor, place("First")).await;
    let path = format!("/v1/places/{}", first["id"].as_str().unwrap());
    patch(&app, &path, &editor, json!({"population": 7})).await;
    app.create("organizations", &editor, organization("Ours", "internal")).await;
    // None of these is a change.
    patch(&app, &path, &editor, json!({"population": 7})).await;
    app.post("/v1/places", json!({})).key(&editor).send().await.expect(400);
    app.request("DELETE", &path).key(&editor).if_match("*").send().await.expect(403);
    app.request("DELETE", &path).key(&operator).if_match("\"0-x-y\"").send().await.expect(412);
    app.request("DELETE", &path).key(&operator).if_match("*").send().await.expect(204);
    app.request("POST", &format!("{path}/restore")).key(&operator).if_match("*").send().await.expect(200);

    let query = ChangesQuery { limit: 1000, ..ChangesQuery::default() };
    let all = app.database.read(async |snapshot| snapshot.changes(&View::System, &query).await).await.unwrap();
    let numbers: Vec<i64> = all.items.iter().map(|change| change.revision).collect();
    let head = app.database.head().await.unwrap().revision;
    assert_eq!(numbers, (1..=head).collect::<Vec<_>>());
    assert_eq!((all.read_to, all.more), (head, false));
    let events: Vec<&str> = all.items.iter().map(|change| change.told.as_ref().unwrap().event.as_str()).collect();
    assert_eq!(
        events,
        [
            "api_key.created",
            "municipality.created",
            "api_key.created",
            "api_key.created",
            "place.created",
            "place.updated",
            "organization.created",
            "place.deleted",
            "place.restored"
        ]
    );

    // Over HTTP: the same, as far as the caller sees.
    let public = app.get("/v1/changes").send().await.expect(200);
    assert_eq!(revisions(&public), [2, 5, 6, 8, 9]);
    let own = app.get("/v1/changes").key(&editor).send().await.expect(200);
    assert_eq!(revisions(&own), [2, 5, 6, 7, 8, 9]);
    assert_eq!(items(&own)[2]["patch"], json!({"population": 7}));
    assert_eq!(items(&own)[2]["inverse"], json!({"population": null}));
    assert_eq!((&items(&own)[2]["version"], &items(&own)[2]["action"]), (&json!(2), &json!("update")));
    assert_eq!(items(&own)[1]["patch"]["notes"], "Ours.");
    assert!(items(&own)[1]["actor"].is_string() && items(&own)[1]["request_id"].is_string());
    for item in items(&public) {
        assert!(item["patch"].get("notes").is_none(), "{item:#}");
        assert!(
            item.get("actor").is_none() && item.get("actor_name").is_none() && item.get("request_id").is_none(),
            "{item:#}"
        );
    }
    let places = app.get("/v1/changes?collection=places").send().await.expect(200);
    assert_eq!(revisions(&places), [5, 6, 8, 9]);
    let city = app.get("/v1/changes?municipality=blagoveshchensk").key(&editor).send().await.expect(200);
    assert_eq!(revisions(&city), [2, 7]);
}

#[tokio::test]
async fn the_feed_is_followed_page_by_page() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for index in 0..7 {
        // Every other one is not for the public, and costs no page of theirs.
        let visibility = if index % 2 == 0 { "public" } else { "internal" };
        app.create("organizations", &editor, organization(&format!("Number {index}"), visibility)).await;
    }
    // The second walk also meets what was made at the end of the first.
    for (key, expected) in [(None, vec![2, 4, 6, 8, 10]), (Some(&editor), vec![2, 4, 5, 6, 7, 8, 9, 10, 11])] {
        let get = async |path: &str| {
            let request = app.get(path);
            match key {
                Some(key) => request.key(key),
                None => request,
            }
            .send()
            .await
            .expect(200)
        };
        let mut walked = Vec::new();
        let mut path = "/v1/changes?limit=2".to_owned();
        loop {
            let page = get(&path).await;
            assert!(items(&page).len() <= 2);
            walked.extend(revisions(&page));
            path = format!("/v1/changes?limit=2&after={}", next(&page));
            if items(&page).is_empty() {
                break;
            }
        }
        assert_eq!(walked, expected);
        // The end is a place to go on from.
        let end = get(&path).await;
        assert_eq!((items(&end).len(), format!("/v1/changes?limit=2&after={}", next(&end))), (0, path.clone()));
        let made =
            app.create("organizations", &editor, organization(&format!("After {}", expected.len()), "public")).await;
        let more = get(&path).await;
        assert_eq!(items(&more).len(), 1, "{:#}", more.json);
        assert_eq!(items(&more)[0]["record_id"], made["id"]);
    }
    // A revision alone is a place to go on from too; what lies ahead is empty.
    assert_eq!(revisions(&app.get("/v1/changes?after=8&limit=1").send().await.expect(200)), [10]);
    assert_eq!(revisions(&app.get("/v1/changes?after=999").send().await.expect(200)), [0; 0]);
    for wrong in ["x", "-1", "1.5", "", "99999999999999999999"] {
        let reply = app.get(&format!("/v1/changes?after={wrong}")).send().await;
        assert!(matches!(reply.status.as_u16(), 400 | 410), "{wrong}: {:#}", reply.json);
    }
    // The journal tells of keys too, but not to strangers.
    assert_eq!(revisions(&app.get("/v1/changes?collection=api_keys").send().await.expect(200)), [0; 0]);
    app.get("/v1/changes?collection=nothing").send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn who_loses_sight_of_a_record_is_told_once_and_no_more() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.create("organizations", &editor, organization("Seen and not", "public")).await;
    let id = made["id"].as_str().unwrap();
    let path = format!("/v1/organizations/{id}");
    let feed = || app.get("/v1/changes?collection=organizations");
    assert_eq!(items(&feed().send().await)[0]["patch"]["names"][0]["text"], "Seen and not");
    patch(&app, &path, &editor, json!({"visibility": "internal", "website": "https://hidden.example/"})).await;
    patch(&app, &path, &editor, json!({"website": "https://more.example/"})).await;

    let public = feed().send().await.expect(200);
    let at = app.database.head().await.unwrap().revision - 1;
    assert_eq!(
        public.json["items"],
        json!([{"revision": at, "at": NOW.replace('Z', ".000000Z"), "event": "organization.withdrawn", "collection": "organizations", "record_id": id}])
    );
    assert_eq!(items(&feed().key(&editor).send().await).len(), 3, "the office sees all of it");
    app.get(&format!("{path}/history")).send().await.expect_problem(404, "not_found");

    // It comes back: what it was while hidden is not told, not even as the way back.
    patch(&app, &path, &editor, json!({"visibility": "public"})).await;
    let public = feed().send().await.expect(200);
    let events: Vec<&str> = items(&public).iter().map(|item| item["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["organization.created", "organization.withdrawn", "organization.revealed"]);
    for part in ["patch", "inverse", "detail"] {
        assert!(items(&public)[2].get(part).is_none(), "{:#}", items(&public)[2]);
    }
    assert!(!String::from_utf8_lossy(&public.bytes).contains("hidden.example"));
    let history = app.get(&format!("{path}/history")).send().await.expect(200);
    assert!(!String::from_utf8_lossy(&history.bytes).contains("hidden.example"));
}

#[tokio::test]
async fn different_bytes_of_the_feed_never_share_a_tag() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let mut paths = Vec::new();
    for name in ["A", "B", "C"] {
        let made = app.create("organizations", &editor, organization(name, "public")).await;
        paths.push(format!("/v1/organizations/{}", made["id"].as_str().unwrap()));
    }
    let from = app.database.head().await.unwrap().revision - 3;
    let page = async || app.get(&format!("/v1/changes?after={from}&limit=2")).send().await.expect(200);
    // Both pages end at the third change; one tells of the second record, the other of the first.
    patch(&app, &paths[0], &editor, json!({"visibility": "internal"})).await;
    let without_first = page().await;
    patch(&app, &paths[0], &editor, json!({"visibility": "public"})).await;
    patch(&app, &paths[1], &editor, json!({"visibility": "internal"})).await;
    let without_second = page().await;
    assert_eq!(revisions(&without_first), [from + 2, from + 3]);
    assert_eq!(revisions(&without_second), [from + 1, from + 3]);
    assert_eq!(next(&without_first), next(&without_second));
    assert_ne!(without_first.tag(), without_second.tag());
    let conditional =
        app.get(&format!("/v1/changes?after={from}&limit=2")).header("If-None-Match", without_second.tag());
    conditional.send().await.expect(304);
}

#[tokio::test]
async fn a_restored_backup_begins_another_history() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    app.create("places", &editor, place("Before")).await;
    let before = app.get("/v1/changes").send().await.expect(200);
    let cursor = next(&before);
    let record = app.get("/v1/places/PLA-0001").send().await.expect(200);
    new_epoch(&app.store.url, &app.clock).await.unwrap();
    let path = format!("/v1/changes?after={cursor}");
    app.get(&path).send().await.expect_problem(410, "history_restarted");
    app.get(&path).header("Prefer", "wait=20").send().await.expect_problem(410, "history_restarted");
    let anew = app.get("/v1/changes").send().await.expect(200);
    assert_eq!(anew.json["items"], before.json["items"]);
    assert_ne!((next(&anew), anew.tag()), (cursor, before.tag()));
    app.get(&format!("/v1/changes?after={}", next(&anew))).send().await.expect(200);
    // No tag of the old history is good in the new one.
    app.get("/v1/places/PLA-0001").header("If-None-Match", record.tag()).send().await.expect(200);
    let stale =
        app.request("PATCH", "/v1/places/PLA-0001").json(json!({"population": 1})).key(&editor).if_match(record.tag());
    stale.send().await.expect_problem(412, "stale");
}

/// Sends a request that waits, does something once it waits, and gives the answer and its time.
async fn meanwhile(request: Request<'_>, then: impl Future<Output = ()>) -> (Reply, Duration) {
    let waiting = request.send();
    tokio::pin!(waiting);
    let answered_early = tokio::time::timeout(Duration::from_millis(300), &mut waiting).await;
    assert!(answered_early.is_err(), "it waits");
    then.await;
    let began = Instant::now();
    let reply = waiting.await;
    (reply, began.elapsed())
}

#[tokio::test]
async fn a_waiting_follower_hears_at_once_whoever_writes() {
    let app = App::with_city().await;
    let (editor, operator) = (app.editor().await, app.operator().await);
    let other = other_process(&app).await;
    let wait =
        |after: &str, key: &str| app.get(&format!("/v1/changes?after={after}")).key(key).header("Prefer", "wait=20");
    let end = next(&app.get("/v1/changes").key(&operator).send().await.expect(200));
    // This process.
    let made = async {
        app.create("places", &editor, place("Here")).await;
    };
    let (reply, took) = meanwhile(wait(&end, &editor), made).await;
    assert_eq!(items(&reply.expect(200)).len(), 1);
    assert!(took < Duration::from_secs(1), "{took:?}");
    // Another one.
    let end = next(&app.get("/v1/changes").key(&operator).send().await.expect(200));
    let (reply, took) = meanwhile(wait(&end, &operator), write(&other, "there")).await;
    let reply = reply.expect(200);
    assert_eq!(items(&reply)[0]["event"], "api_key.created");
    assert!(took < Duration::from_secs(1), "{took:?}");
    // What the follower may not see does not wake it, and the wait ends with an empty answer.
    let end = next(&app.get("/v1/changes").send().await.expect(200));
    let began = Instant::now();
    let quiet = app.get(&format!("/v1/changes?after={end}")).header("Prefer", "wait=1").send();
    let (quiet, ()) = tokio::join!(quiet, write(&other, "unseen"));
    assert!(began.elapsed() >= Duration::from_secs(1) && began.elapsed() < Duration::from_secs(3));
    assert_eq!(items(&quiet.expect(200)).len(), 0);
    // Without a wish nobody waits.
    let began = Instant::now();
    app.get(&format!("/v1/changes?after={}", next(&app.get("/v1/changes").send().await))).send().await.expect(200);
    assert!(began.elapsed() < Duration::from_millis(800));
}

#[tokio::test]
async fn a_restart_of_the_history_wakes_a_follower() {
    let app = App::with_city().await;
    let end = next(&app.get("/v1/changes").send().await.expect(200));
    let waiting = app.get(&format!("/v1/changes?after={end}")).header("Prefer", "wait=20");
    let (reply, took) = meanwhile(waiting, async { new_epoch(&app.store.url, &app.clock).await.unwrap() }).await;
    reply.expect_problem(410, "history_restarted");
    assert!(took < Duration::from_secs(1), "{took:?}");
}

#[tokio::test]
async fn a_server_that_drains_lets_its_followers_go() {
    let app = App::with_city().await;
    let end = next(&app.get("/v1/changes").send().await.expect(200));
    let wait = || app.get(&format!("/v1/changes?after={end}")).header("Prefer", "wait=20");
    let (reply, took) = meanwhile(wait(), async { app.api.drain() }).await;
    assert_eq!((items(&reply).len(), next(&reply.expect(200))), (0, end.clone()));
    assert!(took < Duration::from_secs(1), "{took:?}");
    // One that comes now does not wait either.
    let began = Instant::now();
    wait().send().await.expect(200);
    assert!(began.elapsed() < Duration::from_secs(1));
}

#[tokio::test]
async fn many_followers_hold_no_connections() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let end = next(&app.get("/v1/changes").send().await.expect(200));
    let path = format!("/v1/changes?after={end}");
    // More than there are connections to read with.
    let followers: Vec<_> = (0..40).map(|_| Box::pin(app.get(&path).header("Prefer", "wait=20").send())).collect();
    let mut followers = Box::pin(async move {
        let mut answers = Vec::new();
        for follower in join(followers).await {
            answers.push(follower);
        }
        answers
    });
    assert!(tokio::time::timeout(Duration::from_millis(300), &mut followers).await.is_err(), "they wait");
    let began = Instant::now();
    app.get("/v1/places").send().await.expect(200);
    app.create("places", &editor, place("For all")).await;
    for reply in followers.await {
        assert_eq!(items(&reply.expect(200)).len(), 1);
    }
    assert!(began.elapsed() < Duration::from_secs(3), "{:?}", began.elapsed());
}

/// Runs futures side by side.
async fn join<F: Future + Unpin>(mut futures: Vec<F>) -> Vec<F::Output> {
    let mut done: Vec<Option<F::Output>> = futures.iter().map(|_| None).collect();
    std::future::poll_fn(|context| {
        for (future, done) in futures.iter_mut().zip(&mut done) {
            if done.is_none()
                && let std::task::Poll::Ready(output) = std::pin::Pin::new(future).poll(context)
            {
                *done = Some(output);
            }
        }
        if done.iter().all(Option::is_some) { std::task::Poll::Ready(()) } else { std::task::Poll::Pending }
    })
    .await;
    done.into_iter().map(Option::unwrap).collect()
}

#[tokio::test]
async fn a_failed_command_is_no_change() {
    let app = App::with_city().await;
    let before = app.database.head().await.unwrap();
    let failed =
        app.database.write(Stamp::system("test"), None, |_tx| async move { Err::<(), _>(Error::NotFound) }).await;
    assert!(matches!(failed, Err(Error::NotFound)));
    assert_eq!(app.database.head().await.unwrap(), before);
    let committed = app.database.committed();
    assert_eq!(*committed.borrow(), before.revision, "what this process committed last");
}
