//! Everything out, and in again.

use std::collections::BTreeMap;
use std::time::Duration;

use pobratim_api::{LoadError, Loaded};
use pobratim_domain::Role;
use pobratim_tests::{App, Reply, municipality};
use serde_json::{Value, json};

use super::{MANY, demo, lines, many, text};

async fn exported(app: &App, role: Role) -> Reply {
    let key = app.key(role, "blagoveshchensk").await;
    app.get("/v1/export").key(&key).send().await.expect(200)
}

/// Records by their ids, without what belongs to the installation they are in.
fn records(lines: Vec<Value>) -> BTreeMap<String, Value> {
    let mut records = BTreeMap::new();
    for mut line in lines {
        let members = line.as_object_mut().unwrap();
        for name in ["version", "created_at", "updated_at"] {
            assert!(members.remove(name).is_some(), "{name}");
        }
        let id = members["id"].as_str().unwrap().to_owned();
        assert!(records.insert(id, line).is_none(), "each record stands there once");
    }
    records
}

async fn loaded(app: &App, text: &str) -> Loaded {
    match pobratim_api::load_records(&app.api, text, |_, _| {}).await {
        Ok(loaded) => loaded,
        Err(LoadError::Faults(faults)) => panic!("{faults:#?}"),
        Err(error) => panic!("{error}"),
    }
}

/// States, and elements of lists, that only actions make: a paper half approved, a plan half fulfilled.
async fn has_acted(app: &App, approver: &str) {
    let act =
        async |path: &str, body: Value| app.post(path, body).key(approver).if_match("*").send().await.expect(200).json;
    let places = app.get("/v1/places?kind=municipality&limit=2").send().await.json;
    let paper = json!({
        "parties": [{"place": places["items"][0]["id"]}, {"place": places["items"][1]["id"]}], "kind": "memorandum",
        "title": {"en": "Memorandum"}, "visibility": "public", "approvals": [{"kind": "council"}, {"kind": "legal"}],
    });
    let paper = app.create("agreements", approver, paper).await;
    let path = format!("/v1/agreements/{}", paper["id"].as_str().unwrap());
    act(&format!("{path}/submit"), json!({"on": "2011-08-01"})).await;
    let key = paper["approvals"][0]["key"].as_str().unwrap();
    let granted =
        json!({"decision": "granted_with_conditions", "on": "2011-08-02", "conditions": {"ru": "Без расходов"}});
    let paper = act(&format!("{path}/approvals/{key}/decide"), granted).await;
    assert_eq!(
        (&paper["state"], &paper["approvals"][0]["decision"]),
        (&json!("in_approval"), &json!("granted_with_conditions"))
    );

    let items = json!([{"title": {"en": "Exhibition"}}, {"title": {"en": "Fair"}, "due": "2012-06"}]);
    let plan = json!({"year": 2012, "visibility": "public", "instruments": ["events"], "items": items});
    let plan = app.create("work-plans", approver, plan).await;
    let path = format!("/v1/work-plans/{}", plan["id"].as_str().unwrap());
    act(&format!("{path}/approve"), json!({"on": "2011-08-27"})).await;
    let key = plan["items"][0]["key"].as_str().unwrap();
    let cancelled = json!({"to": "cancelled", "reason": "Паводок"});
    let plan = act(&format!("{path}/items/{key}/transitions"), cancelled).await;
    assert_eq!(plan["items"][0]["state"], "cancelled");
}

#[tokio::test]
async fn what_goes_out_comes_back_in() {
    let app = demo().await;
    let approver = app.key(Role::Approver, "blagoveshchensk").await;
    has_acted(&app, &approver).await;
    let tie = app.get("/v1/partnerships?stage=active&limit=1").send().await.json["items"][0].clone();
    let party = tie["parties"][1]["key"].as_str().unwrap();
    let path = format!("/v1/partnerships/{}/parties/{party}/stance", tie["id"].as_str().unwrap());
    let stance = json!({"stance": "suspended", "since": "2011-03", "reason": "=пауза"});
    app.request("PUT", &path).json(stance).key(&approver).if_match("*").send().await.expect(200);
    let secret = json!({"kind": "signing", "title": {"en": "Behind doors"}, "visibility": "restricted", "notes": "–"});
    app.create("events", &approver, secret).await;
    let document = json!({"kind": "letter", "title": {"ru": "Письмо"}, "visibility": "public"});
    let document = app.create("documents", &approver, document).await;
    let path = format!("/v1/documents/{}/content", document["id"].as_str().unwrap());
    let upload = app.request("PUT", &path).bytes(b"a letter".to_vec()).header("Content-Type", "text/plain");
    upload.key(&approver).if_match("*").send().await.expect(200);

    let out = exported(&app, Role::Admin).await;
    assert_eq!(out.header("content-type"), "application/x-ndjson");
    assert_eq!(out.header("content-disposition"), "attachment; filename=\"pobratim.ndjson\"");
    let before = records(lines(&out));
    assert_eq!(before.len(), 116 + 4, "the demo city, a paper, a plan, an event and a document");

    let other = App::elsewhere().await;
    let count = before.len();
    assert_eq!(loaded(&other, text(&out)).await, Loaded { created: count, updated: 0, same: 0 });
    let again = records(lines(&exported(&other, Role::Admin).await));
    for (id, record) in &before {
        assert_eq!(again.get(id), Some(record));
    }
    assert_eq!(again.len(), count);
    assert_eq!(loaded(&other, text(&out)).await, Loaded { created: 0, updated: 0, same: count });
    assert_eq!(loaded(&app, text(&out)).await, Loaded { created: 0, updated: 0, same: count });
    assert_eq!(other.database.verify().await.unwrap().faults, Vec::<String>::new());
    // What is new there goes on where the old one stopped.
    let editor = other.editor().await;
    let body = json!({"kind": "fair", "title": {"en": "New"}});
    let new = other.create("events", &editor, body).await;
    assert_eq!(new["ref"], "EVT-0013");
    // As the file was left behind, and is copied beside.
    other.get(&path).send().await.expect(500);
}

/// Answers are written from the table's rows, lines of an export by way of their entities: two ways to
/// the same letters, in every collection.
#[tokio::test]
async fn a_record_reads_the_same_by_itself_in_a_list_and_in_the_whole() {
    let app = demo().await;
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    has_acted(&app, &app.key(Role::Approver, "blagoveshchensk").await).await;
    let notes =
        json!({"kind": "fair", "title": {"en": "\"Noted\""}, "notes": "Ask\n\tagain – «лишь»", "visibility": "public"});
    app.create("events", &admin, notes).await;
    let whole = exported(&app, Role::Admin).await;
    let mut seen = BTreeMap::new();
    for line in text(&whole).lines() {
        let read: Value = serde_json::from_str(line).unwrap();
        let collection = read["collection"].as_str().unwrap();
        let members = line.strip_prefix(&format!("{{\"collection\":\"{collection}\",")).unwrap();
        let path = format!("/v1/{}", collection.replace('_', "-"));
        let alone = app.get(&format!("{path}/{}", read["id"].as_str().unwrap())).key(&admin).send().await.expect(200);
        assert_eq!(text(&alone), format!("{{{members}"), "{collection}");
        let reference = read["ref"].as_str().unwrap();
        let listed = app.get(&format!("{path}?ref={reference}")).key(&admin).send().await.expect(200);
        assert_eq!(text(&listed), format!("{{\"items\":[{{{members}],\"page\":{{\"limit\":50}}}}"), "{collection}");
        let unseen = app.get(&format!("{path}/{}", read["id"].as_str().unwrap())).send().await;
        assert!(!text(&unseen).contains("\"notes\""));
        *seen.entry(collection.to_owned()).or_insert(0) += 1;
    }
    assert!(seen.len() >= 15, "{seen:?}");
}

#[tokio::test]
async fn several_cities_go_through_the_command_and_back() {
    let app = App::with_city().await;
    let operator = app.operator().await;
    app.create("municipalities", &operator, municipality("heihe")).await;
    for slug in ["blagoveshchensk", "heihe"] {
        let editor = app.key(Role::Editor, slug).await;
        let body = json!({"kind": "fair", "title": {"en": slug}, "visibility": "internal", "notes": "ours"});
        assert_eq!(app.create("events", &editor, body).await["ref"], "EVT-0001");
    }
    let mut out = Vec::new();
    pobratim_api::export(&app.database, |bytes| {
        out.extend_from_slice(bytes);
        Ok(())
    })
    .await
    .unwrap();
    let out = String::from_utf8(out).unwrap();
    let other = App::elsewhere().await;
    assert_eq!(loaded(&other, &out).await, Loaded { created: 4, updated: 0, same: 0 });
    for slug in ["blagoveshchensk", "heihe"] {
        let reader = other.key(Role::Reader, slug).await;
        let seen = other.get("/v1/events").key(&reader).send().await.expect(200).json;
        assert_eq!((&seen["items"][0]["municipality"], &seen["items"][1]), (&json!(slug), &Value::Null));
        assert_eq!(seen["items"][0]["notes"], "ours");
    }
}

#[tokio::test]
async fn each_exports_what_it_sees() {
    let app = App::with_city().await;
    let operator = app.operator().await;
    app.create("municipalities", &operator, municipality("heihe")).await;
    let heihe = app.key(Role::Editor, "heihe").await;
    for visibility in ["public", "internal"] {
        let body = json!({"kind": "fair", "title": {"en": visibility}, "visibility": visibility, "notes": "ours"});
        app.create("events", &heihe, body).await;
    }
    let seen = async |key: &str| {
        let lines = lines(&app.get("/v1/export").key(key).send().await.expect(200));
        assert!(lines.iter().all(|line| line["collection"].is_string()));
        let events = lines.iter().filter(|line| line["collection"] == "events");
        (lines.len(), events.clone().count(), events.filter(|event| event.get("notes").is_some()).count())
    };
    assert_eq!(seen(&app.key(Role::Admin, "heihe").await).await, (4, 2, 2));
    assert_eq!(seen(&app.key(Role::Admin, "blagoveshchensk").await).await, (3, 1, 0));
    assert_eq!(seen(&operator).await, (3, 1, 0));
    app.get("/v1/export").send().await.expect_problem(401, "unauthenticated");
    for role in [Role::Reader, Role::Editor, Role::Approver] {
        let key = app.key(role, "heihe").await;
        app.get("/v1/export").key(&key).send().await.expect_problem(403, "forbidden");
    }
    let narrowed = app.narrowed(Role::Admin, "heihe", &["events:read"]).await;
    let refused = app.get("/v1/export").key(&narrowed).send().await.expect_problem(403, "forbidden");
    assert!(refused.json["detail"].as_str().unwrap().contains("municipalities:read"), "{:#}", refused.json);
    app.get("/v1/export?collection=events").key(&operator).send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn an_export_has_a_tag_and_all_pages() {
    let app = many().await;
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    let reply = app.get("/v1/export").key(&admin).send().await.expect(200);
    assert_eq!(lines(&reply).len(), MANY + 1);
    let tag = reply.tag().to_owned();
    app.get("/v1/export").key(&admin).header("If-None-Match", &tag).send().await.expect(304);
    let plain = app.get("/v1/export").key(&admin).header("Accept", "text/plain").send().await.expect(200);
    assert_eq!((plain.header("content-type"), &plain.bytes), ("text/plain; charset=utf-8", &reply.bytes));
    assert_ne!(plain.tag(), tag);
    assert_eq!(app.request("HEAD", "/v1/export").key(&admin).send().await.expect(200).tag(), tag);
    // Neither of these holds a snapshot any more.
    for _ in 0..3 {
        app.get("/v1/export").key(&admin).send().await.expect(200);
    }
}

#[tokio::test]
async fn who_reads_at_length_leaves_connections_to_others() {
    let app = App::with_city().await;
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    let gate = tokio::sync::Notify::new();
    let held = || {
        app.database.read_at_length(Duration::from_secs(60), async |_| {
            gate.notified().await;
            Ok(())
        })
    };
    let others = async {
        let third = app.get("/v1/export").key(&admin).send().await;
        assert_eq!(third.expect_problem(503, "unavailable").header("retry-after"), "1");
        app.get("/v1/events?format=ndjson").send().await.expect(200);
        gate.notify_waiters();
    };
    let (one, two, ()) = tokio::join!(held(), held(), others);
    assert!(one.is_ok() && two.is_ok());
    app.get("/v1/export").key(&admin).send().await.expect(200);
    let soon = Duration::from_millis(50);
    let endless = app.database.read_at_length(soon, async |_| std::future::pending().await);
    let ended: Result<(), _> = endless.await;
    assert!(ended.unwrap_err().to_string().contains("too long"));
}

#[tokio::test]
async fn lines_that_are_no_records_are_told_all_at_once() {
    let app = App::with_city().await;
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    app.create("events", &app.editor().await, json!({"kind": "fair", "title": {"en": "Here"}})).await;
    let event = json!({
        "collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8401", "ref": "EVT-0007", "visibility": "public",
        "municipality": "blagoveshchensk", "kind": "fair", "title": {"en": "Fair"}, "status": "held", "version": 3,
    });
    let with = |name: &str, value: Value| {
        let mut event = event.clone();
        event[name] = value;
        event.to_string()
    };
    let bad = [
        event.to_string(),
        with("ref", json!("EVT-0008")),
        with("id", json!("01890a5d-ac96-774b-bcce-b302099a8402")),
        "{\"collection\":\"events\",".to_owned(),
        with("collection", json!("api_keys")),
        with("id", Value::Null),
        json!({"collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8403", "ref": "EVT-0001", "unknown": 1, "kind": "party", "municipality": "nowhere"}).to_string(),
        "{\"collection\":\"places\",\"id\":\"01890a5d-ac96-774b-bcce-b302099a8404\",\"id\":\"x\"}".to_owned(),
        json!({"collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8405", "ref": "EVT-0001", "municipality": "blagoveshchensk", "kind": "fair", "title": {"en": "Taken"}}).to_string(),
    ];
    let error = pobratim_api::load_records(&app.api, &bad.join("\n"), |_, _| {}).await.unwrap_err();
    let LoadError::Faults(faults) = error else { panic!("{error}") };
    let mut found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
    found.sort_unstable();
    for wanted in [
        (":2/id", "duplicate"),
        (":3/ref", "duplicate"),
        (":4", "invalid"),
        (":5/collection", "unknown_code"),
        (":6/id", "required"),
        (":7/kind", "unknown_code"),
        (":7/municipality", "unknown_reference"),
        (":7/title", "required"),
        (":7/unknown", "unknown_member"),
        (":8/id", "duplicate_member"),
        (":9/ref", "duplicate"),
    ] {
        assert!(found.contains(&wanted), "{wanted:?} is not among {found:?}");
    }
    let seen = app.get("/v1/events").key(&admin).send().await.json;
    assert_eq!(seen["items"].as_array().unwrap().len(), 1, "nothing was written");
}
