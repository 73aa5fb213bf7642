//! Answers that are kept: the same as would be made anew, for whoever asks; as fresh; and no more of
//! them than allowed. What clients see of it under load stands in `linear`.

use std::io::Read as _;

use pobratim_api::Settings;
use pobratim_domain::Role;
use pobratim_persistence::new_epoch;
use pobratim_tests::{App, Reply, Request, Store, municipality};
use serde_json::{Value, json};

const HITS: &str = "pobratim_cache_hits_total";
const MISSES: &str = "pobratim_cache_misses_total";
const BYTES: &str = "pobratim_cache_bytes";

fn place(name: &str, country: &str) -> Value {
    json!({
        "kind": "municipality", "country": country, "visibility": "public", "notes": "Ours.",
        "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
    })
}

/// Two processes on one database, with something to read, and a third that keeps nothing.
struct World {
    app: App,
    writer: App,
    cold: App,
    editor: String,
    heihe: Value,
    tie: Value,
    letter: Value,
}

impl World {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let writer = app.beside(Settings::default()).await;
        let cold = app.beside(Settings { cache: None, ..Settings::default() }).await;
        writer.create("municipalities", &app.operator().await, municipality("heihe")).await;
        let home = writer.create("places", &editor, place("Blagoveshchensk", "RU")).await;
        let heihe = writer.create("places", &editor, place("Heihe", "CN")).await;
        let tie = json!({
            "arrangement": "bilateral", "kind": "twin", "established": "2006-10-01", "visibility": "public",
            "parties": [{"place": home["id"], "role": "home"}, {"place": heihe["id"], "role": "partner"}],
        });
        let tie = writer.create("partnerships", &editor, tie).await;
        let source = json!([{"text": "Архив"}]);
        let fair = json!({
            "kind": "fair", "title": {"ru": "Ярмарка"}, "period": "2011-08", "status": "planned", "historical": true,
            "sources": source, "place": heihe["id"], "visibility": "public",
        });
        writer.create("events", &editor, fair).await;
        let children = json!({
            "title": {"ru": "Дети"}, "direction": "incoming", "audience": "children", "origin": heihe["id"],
            "destination": home["id"], "period": "2011-08-20/2011-08-25", "state": "confirmed", "historical": true,
            "sources": source, "visibility": "public",
        });
        writer.create("exchanges", &editor, children).await;
        let letter = json!({
            "direction": "outgoing", "channel": "post", "subject": {"ru": "Запрос"}, "reply_due": "2011-09-05",
            "state": "awaiting_reply", "sent_on": "2011-07", "historical": true, "sources": source,
        });
        let letter = writer.create("letters", &editor, letter).await;
        Self { app, writer, cold, editor, heihe, tie, letter }
    }

    fn heihe(&self) -> String {
        format!("/v1/places/{}", self.heihe["id"].as_str().unwrap())
    }

    async fn patch(&self, path: &str, body: Value) {
        self.writer.request("PATCH", path).json(body).key(&self.editor).if_match("*").send().await.expect(200);
    }

    /// What can be kept, of every kind.
    fn paths(&self) -> Vec<String> {
        let tie = format!("/v1/partnerships/{}", self.tie["ref"].as_str().unwrap());
        let letter = format!("/v1/letters/{}", self.letter["id"].as_str().unwrap());
        let mut paths: Vec<String> = [
            "/v1/places?limit=1&sort=-name",
            "/v1/partnerships?expand=places",
            "/v1/exchanges?country=CN",
            "/v1/letters?q=%D0%B7%D0%B0%D0%BF%D1%80%D0%BE%D1%81",
            "/v1/reminders?municipality=blagoveshchensk",
            "/v1/findings?municipality=blagoveshchensk&year=2011",
            "/v1/statistics/events?municipality=blagoveshchensk&group_by=country",
            "/v1/statistics/partnerships?group_by=country&format=csv",
            "/v1/reports/annual/2011?municipality=blagoveshchensk",
            "/v1/reports/agreements/2011?municipality=blagoveshchensk&lang=en&format=docx",
        ]
        .map(str::to_owned)
        .into();
        paths.extend([self.heihe(), format!("{}/history", self.heihe())]);
        paths.extend([tie.clone(), format!("{tie}/summary"), format!("{tie}/transitions")]);
        paths.extend([format!("/v1/reports{}", &tie[3..]), letter.clone(), format!("{letter}/chain")]);
        paths
    }
}

/// All of an answer that does not differ from one request to the next.
fn said(reply: &Reply) -> (u16, String, Vec<String>, String) {
    let mut problem = reply.json.clone();
    if let Some(members) = problem.as_object_mut().filter(|_| reply.status.is_client_error()) {
        members.remove("request_id");
    }
    let body = if problem.is_null() { format!("{:?}", reply.bytes) } else { problem.to_string() };
    let headers = ["content-type", "link", "content-disposition", "vary", "cache-control", "content-security-policy"];
    let headers = headers.iter().map(|name| reply.header(name).to_owned()).collect();
    (reply.status.as_u16(), reply.tag().to_owned(), headers, body)
}

#[tokio::test]
async fn what_is_kept_is_what_would_be_made() {
    let world = World::new().await;
    let World { app, cold, .. } = &world;
    let mut callers = vec![None, Some(world.editor.clone()), Some(app.operator().await)];
    callers.push(Some(app.key(Role::Admin, "blagoveshchensk").await));
    callers.push(Some(app.key(Role::Editor, "heihe").await));
    callers.push(Some(app.narrowed(Role::Editor, "blagoveshchensk", &["places:read", "events:read"]).await));
    let mut seen = std::collections::BTreeMap::new();
    for turn in 0..4 {
        let tie = format!("/v1/partnerships/{}", world.tie["id"].as_str().unwrap());
        match turn {
            0 => {}
            1 => world.patch(&world.heihe(), json!({"country": "JP", "notes": "Moved."})).await,
            2 => world.patch(&tie, json!({"visibility": "internal"})).await,
            _ => {
                let path = format!("/v1/letters/{}", world.letter["id"].as_str().unwrap());
                let request = world.writer.request("DELETE", &path).key(&world.editor);
                request.if_match("*").send().await.expect(204);
            }
        }
        for path in world.paths() {
            for (who, key) in callers.iter().enumerate() {
                let ask = async |app: &App| {
                    let request = app.get(&path).header("Accept-Language", "ru");
                    key.iter().fold(request, |request: Request<'_>, key| request.key(key)).send().await
                };
                let made = said(&ask(cold).await);
                assert!([200, 400, 401, 403, 404].contains(&made.0), "{path}: {made:?}");
                for time in ["made", "kept"] {
                    assert_eq!(said(&ask(app).await), made, "{time}: {path} for {who} in turn {turn}");
                }
                seen.entry((path.clone(), who)).or_insert_with(Vec::new).push(made);
            }
        }
    }
    let hits = app.metric(HITS).await;
    assert!(hits > 150, "answers were kept: {hits}");
    assert_eq!((cold.metric(HITS).await, cold.metric(MISSES).await, cold.metric(BYTES).await), (0, 0, 0));
    // The test looked at what changes: each kind of answer was another one at some time, or for somebody.
    for path in world.paths() {
        let mut answers: Vec<_> = seen.iter().filter(|((of, _), _)| *of == path).flat_map(|(_, made)| made).collect();
        answers.sort();
        answers.dedup();
        assert!(answers.len() > 1, "{path} is the same for all and ever");
    }
}

#[tokio::test]
async fn equal_computations_are_done_once() {
    let world = World::new().await;
    let path = "/v1/reports/annual/2011?municipality=blagoveshchensk&lang=ru&as_of=2011-12-31";
    let asked = (0..16).map(|_| world.app.get(path).send());
    let replies = futures_util::future::join_all(asked).await;
    let first = said(&replies[0]);
    assert_eq!(first.0, 200);
    assert!(replies.iter().all(|reply| said(reply) == first));
    assert_eq!((world.app.metric(MISSES).await, world.app.metric(HITS).await), (1, 15));
}

#[tokio::test]
async fn a_kept_answer_is_conditional_and_compressed_and_has_a_head() {
    let world = World::new().await;
    for number in 0..20 {
        world.writer.create("places", &world.editor, place(&format!("Place {number}"), "CN")).await;
    }
    let app = &world.app;
    let path = "/v1/places?limit=15&kind=municipality";
    let plain = || app.get(path);
    let zipped = || app.get(path).header("Accept-Encoding", "gzip");
    let made = plain().send().await.expect(200);
    let small = zipped().send().await.expect(200);
    assert_eq!((app.metric(MISSES).await, app.metric(HITS).await), (1, 1), "one answer in two forms");
    assert!(made.header("link").contains("kind=municipality&limit=15&cursor="), "{}", made.header("link"));
    let mut text = Vec::new();
    flate2::read::GzDecoder::new(small.bytes.as_slice()).read_to_end(&mut text).unwrap();
    assert_eq!((text, small.header("content-encoding")), (made.bytes.clone(), "gzip"));
    assert_ne!(small.tag(), made.tag(), "other bytes, another tag");
    let weight = app.metric(BYTES).await;
    assert!(weight > u64::try_from(made.bytes.len() + small.bytes.len()).unwrap(), "both are counted: {weight}");

    assert_eq!(zipped().send().await.expect(200).bytes, small.bytes);
    assert_eq!(plain().send().await.expect(200).bytes, made.bytes);
    for (request, tag) in [(plain(), made.tag()), (zipped(), small.tag())] {
        let reply = request.header("If-None-Match", tag).send().await.expect(304);
        assert_eq!((reply.tag(), reply.bytes.len(), reply.header("content-type")), (tag, 0, ""));
    }
    zipped().header("If-None-Match", made.tag()).send().await.expect(200);
    let head = app.request("HEAD", path).send().await.expect(200);
    assert_eq!((head.tag(), head.bytes.len()), (made.tag(), 0));
    assert_eq!(head.header("content-length"), made.bytes.len().to_string());
    assert_eq!((app.metric(MISSES).await, app.metric(BYTES).await), (1, weight), "all from one answer, made once");
    // Parameters in another order are the same question; what is wrong with a request is told, kept or not.
    for app in [app, &world.cold] {
        assert_eq!(said(&app.get("/v1/places?kind=municipality&limit=15").send().await), said(&made));
    }
    assert_eq!(app.metric(MISSES).await, 1);
    plain().header("If-None-Match", "\u{e9}").send().await.expect_problem(400, "invalid_parameter");
    plain().header("Accept", "text/html").send().await.expect_problem(406, "not_acceptable");
    // Whoever asks gets an id of the request's own.
    let ids = [plain().send().await, plain().send().await].map(|reply| reply.header("x-request-id").to_owned());
    assert_ne!(ids[0], ids[1]);

    // HEAD makes an answer that GET is given.
    let other = "/v1/places?limit=3";
    app.request("HEAD", other).send().await.expect(200);
    let misses = app.metric(MISSES).await;
    assert_eq!(app.get(other).send().await.expect(200).json["items"].as_array().unwrap().len(), 3);
    assert_eq!(app.metric(MISSES).await, misses);
}

#[tokio::test]
async fn a_wish_and_a_language_are_part_of_the_question() {
    let world = World::new().await;
    let app = &world.app;
    for _ in 0..2 {
        let counted = app.get("/v1/places").header("Prefer", "count=exact").send().await.expect(200);
        let plain = app.get("/v1/places").send().await.expect(200);
        assert_eq!((&counted.json["page"]["total"], plain.json["page"].get("total")), (&json!(2), None));
        let report = async |language: &str, accept: &str| {
            let request = app.get("/v1/reports/annual/2011?municipality=blagoveshchensk");
            request.header("Accept-Language", language).header("Accept", accept).send().await.expect(200)
        };
        let (english, russian) = (report("en", "*/*").await, report("ru", "*/*").await);
        assert_eq!((&english.json["lang"], &russian.json["lang"]), (&json!("en"), &json!("ru")));
        assert_eq!(report("en", "text/html").await.header("content-type"), "text/html; charset=utf-8");
    }
}

#[tokio::test]
async fn what_tells_of_today_holds_today() {
    let world = World::new().await;
    let (app, editor) = (&world.app, &world.editor);
    let chain = format!("/v1/letters/{}/chain", world.letter["id"].as_str().unwrap());
    let tie = format!("/v1/partnerships/{}/summary", world.tie["id"].as_str().unwrap());
    let fixed = format!("{chain}?on=2011-09-05");
    let ask = async |path: &str| app.get(path).key(editor).send().await.expect(200);
    let (before, summary, then) = (ask(&chain).await, ask(&tie).await, ask(&fixed).await);
    let reminders = ask("/v1/reminders").await;
    assert_eq!(before.bytes, then.bytes);
    let misses = app.metric(MISSES).await;
    // It is half past eleven in the morning in Yakutsk.
    app.clock.advance(std::time::Duration::from_secs(12 * 3600));
    assert_eq!(ask(&chain).await.bytes, before.bytes);
    assert_eq!(app.metric(MISSES).await, misses, "it is still the same day there");
    app.clock.advance(std::time::Duration::from_secs(3600));
    let after = ask(&chain).await;
    assert_eq!(app.metric(MISSES).await, misses + 1);
    assert_ne!(after.tag(), before.tag());
    assert_ne!(after.bytes, before.bytes, "the reply is overdue");
    assert_ne!(ask(&tie).await.tag(), summary.tag());
    assert_ne!(ask("/v1/reminders").await.bytes, reminders.bytes);
    assert_eq!(app.metric(MISSES).await, misses + 3);
    assert_eq!(ask(&fixed).await.bytes, then.bytes);
    assert_eq!(app.metric(MISSES).await, misses + 3, "a day that was named stays");
}

#[tokio::test]
async fn a_restored_backup_is_another_history() {
    let world = World::new().await;
    let before = world.app.get("/v1/places").send().await.expect(200);
    assert_eq!(world.app.get("/v1/places").send().await.tag(), before.tag());
    new_epoch(&world.app.store.url, &world.app.clock).await.unwrap();
    let after = world.app.get("/v1/places").send().await.expect(200);
    assert_eq!((after.bytes == before.bytes, after.tag() == before.tag()), (true, false));
    assert_eq!(world.app.metric(MISSES).await, 2);
}

#[tokio::test]
async fn many_questions_take_no_more_room_than_allowed() {
    let most = 48 << 10;
    let app = App::start_with(Store::new().await, Settings { cache: Some(most), ..Settings::default() }).await;
    let operator = app.operator().await;
    app.create("places", &operator, place("Heihe", "CN")).await;
    let mut fullest = 0;
    for number in 1..=150 {
        app.get("/v1/places").send().await.expect(200);
        app.get(&format!("/v1/places?limit={number}")).send().await.expect(200);
        let weight = app.metric(BYTES).await;
        assert!(weight <= most, "{weight} bytes of {most}");
        fullest = fullest.max(weight);
    }
    assert!(fullest > most / 2, "{fullest} bytes of {most}");
    let hits = app.metric(HITS).await;
    assert!(hits >= 140, "what is asked for often stays: {hits} of 149");
}
