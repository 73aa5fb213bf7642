//! Imports over HTTP: registers read, judged, committed, gone on with after a stop, and taken back.

mod choices;
mod crash;
mod records;

use std::time::Duration;

use pobratim_domain::Role;
use pobratim_tests::{App, Reply, Request, municipality};
use serde_json::{Value, json};

/// A register of an office: its own city is left out, and one row is wrong, one doubtful.
const OFFICE: &str = "Город;Страна;Дата подписания;Вид связей;Статус\n\
    Хэйхэ;КНР;17 июля 2003 г.;побратимские;действует\n\
    Ниигата;Япония;平成3年5月;дружественные;действует\n\
    Далянь;КНР;07.2004;побратимские;прекращено\n\
    Инчхон;Республика Корея;2010. 9.;сотрудничество;\n\
    Жиджао;КНР;2009;побратимские;\n\
    Анкоридж;США;12.05.91;побратимские;\n\
    Пекин;КР;;;\n\
    黑河;中国;;;\n";

/// Excerpt of the lists of twin towns of the English Wikipedia (CC BY-SA 4.0): "Wikipedia contributors, List of twin
/// towns and sister cities in China / in Japan / in Russia".
const FAR_EAST: &str = include_str!("../../fixtures/far_east_excerpt.csv");

fn send<'a>(app: &'a App, key: &str, query: &str, name: &str, file: &[u8]) -> Request<'a> {
    let head = format!("--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"{name}\"\r\n\r\n");
    let body = [head.as_bytes(), file, b"\r\n--b--\r\n"].concat();
    let request = app.request("POST", &format!("/v1/imports{query}")).key(key);
    request.header("Content-Type", "multipart/form-data; boundary=b").bytes(body)
}

/// The import when it is at rest.
async fn rested(app: &App, key: &str, import: &Value) -> Reply {
    let path = format!("/v1/imports/{}", import["id"].as_str().unwrap());
    let reply = app.get(&path).key(key).header("Prefer", "wait=60").send().await.expect(200);
    assert!(
        !["checking", "committing", "undoing"].contains(&reply.json["state"].as_str().unwrap()),
        "{:#}",
        reply.json
    );
    reply
}

/// A register that was checked.
async fn checked(app: &App, key: &str, query: &str, name: &str, file: &[u8]) -> Reply {
    let sent = send(app, key, query, name, file).send().await.expect(201);
    assert_eq!(sent.json["state"], "checking");
    let reply = rested(app, key, &sent.json).await;
    assert_eq!(reply.json["state"], "checked", "{:#}", reply.json);
    reply
}

async fn act(app: &App, key: &str, import: &Reply, action: &str) -> Reply {
    let path = format!("/v1/imports/{}/{action}", import.json["id"].as_str().unwrap());
    app.request("POST", &path).key(key).if_match(import.tag()).send().await
}

async fn committed(app: &App, key: &str, import: &Reply) -> Reply {
    let begun = act(app, key, import, "commit").await.expect(202);
    let reply = rested(app, key, &begun.json).await;
    assert_eq!(reply.json["state"], "committed", "{:#}", reply.json);
    reply
}

/// Verdicts, with the codes of what is said of each row.
async fn verdicts(app: &App, key: &str, import: &Value, query: &str) -> Vec<(i64, String, Vec<String>)> {
    let path = format!("/v1/imports/{}/rows?limit=200{query}", import["id"].as_str().unwrap());
    let rows = app.get(&path).key(key).send().await.expect(200).json;
    let code = |note: &Value| note["code"].as_str().unwrap().to_owned();
    let row = |row: &Value| {
        let notes = row["notes"].as_array().unwrap().iter().map(code).collect();
        (row["line"].as_i64().unwrap(), row["verdict"].as_str().unwrap_or_default().to_owned(), notes)
    };
    rows["items"].as_array().unwrap().iter().map(row).collect()
}

async fn count(app: &App, key: &str, path: &str) -> i64 {
    let reply = app.get(path).key(key).header("Prefer", "count=exact").send().await.expect(200);
    reply.json["page"]["total"].as_i64().unwrap()
}

/// The city with its place, as an office has it.
async fn office() -> (App, String) {
    let app = App::start().await;
    let (operator, slug) = (app.operator().await, "blagoveshchensk");
    let made = app.create("municipalities", &operator, municipality(slug)).await;
    let editor = app.editor().await;
    let place = json!({
        "kind": "municipality", "country": "RU", "visibility": "public",
        "names": [{"text": "Благовещенск", "lang": "ru", "kind": "official", "preferred": true}],
        "external_ids": [{"scheme": "geonames", "value": "2026609"}],
    });
    let place = app.create("places", &editor, place).await;
    let admin = app.key(Role::Admin, slug).await;
    let path = format!("/v1/municipalities/{}", made["id"].as_str().unwrap());
    let patch = app.request("PATCH", &path).key(&admin).header("If-Match", "*");
    patch.json(json!({"home_place": place["id"]})).send().await.expect(200);
    (app, editor)
}

#[tokio::test]
async fn an_office_brings_its_register_in_and_takes_it_back() {
    let (app, key) = office().await;
    let file = unicode_text(OFFICE);
    let import = checked(&app, &key, "", "реестр.csv", &file).await;
    assert_eq!(import.json["columns"][0], json!({"heading": "Город", "field": "partner_city"}));
    assert_eq!(import.json["columns"][2], json!({"heading": "Дата подписания", "field": "established"}));
    let note = |code: &str| vec![code.to_owned()];
    let wanted: Vec<(i64, String, Vec<String>)> = vec![
        (2, "new".to_owned(), vec![]),
        (3, "new".to_owned(), vec![]),
        (4, "new".to_owned(), vec![]),
        (5, "new".to_owned(), vec![]),
        (6, "doubtful".to_owned(), note("nearly")),
        (7, "wrong".to_owned(), note("two_digit_year")),
        (8, "wrong".to_owned(), note("ambiguous_country")),
        (9, "same".to_owned(), note("repeated")),
    ];
    assert_eq!(verdicts(&app, &key, &import.json, "").await, wanted);
    assert_eq!(verdicts(&app, &key, &import.json, "&verdict=doubtful,wrong").await, wanted[4..7]);
    let doubtful = app
        .get(&format!("/v1/imports/{}/rows?verdict=doubtful", import.json["id"].as_str().unwrap()))
        .key(&key)
        .send()
        .await
        .expect(200);
    let candidates = doubtful.json["items"][0]["candidates"].as_array().unwrap().clone();
    assert!(candidates.iter().any(|city| city["name"] == "Rizhao"), "{candidates:?}");
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 0, "nothing is written before it is committed");

    let import = committed(&app, &key, &import).await;
    assert_eq!(
        import.json["made"],
        json!({"partnerships": 4, "updated": 0, "places": 4, "same": 0, "records": 0, "left": 0})
    );
    let ties = app.get("/v1/partnerships?expand=places").key(&key).send().await.expect(200).json;
    let heihe = &ties["items"][0];
    assert_eq!(
        (&heihe["established"], &heihe["kind"], &heihe["stage"]),
        (&json!("2003-07-17"), &json!("twin"), &json!("active"))
    );
    assert_eq!(heihe["sources"], json!([{"text": "реестр.csv", "locator": "row 2"}]));
    assert_eq!(ties["items"][1]["established"], "1991-05");
    assert_eq!((&ties["items"][2]["stage"], &ties["items"][2]["established"]), (&json!("ended"), &json!("2004-07")));
    assert_eq!(ties["items"][3]["kind"], "cooperation");
    let names = ties["included"]["places"].to_string();
    assert!(
        ["Хэйхэ", "Niigata", "대한민국", "2036973"].iter().filter(|name| names.contains(**name)).count() >= 3,
        "{names}"
    );

    let again = checked(&app, &key, "", "реестр.csv", &file).await;
    assert_eq!((&again.json["rows"]["new"], &again.json["rows"]["same"]), (&json!(0), &json!(5)));
    let revision = app.database.head().await.unwrap().revision;
    let again = committed(&app, &key, &again).await;
    assert_eq!(again.json["made"]["partnerships"], 0);
    assert_eq!(app.database.head().await.unwrap().revision, revision, "twice changes nothing");

    let begun = act(&app, &key, &import, "undo").await.expect(202);
    let undone = rested(&app, &key, &begun.json).await;
    assert_eq!(undone.json["state"], "undone");
    assert_eq!(
        undone.json["made"],
        json!({"partnerships": 0, "updated": 0, "places": 0, "same": 0, "records": 0, "left": 0})
    );
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 0);
    assert_eq!(count(&app, &key, "/v1/places").await, 1);
    assert!(app.database.verify().await.unwrap().faults.is_empty());
}

/// As a spreadsheet saves "Unicode text": UTF-16, because the names are of several scripts.
fn unicode_text(text: &str) -> Vec<u8> {
    format!("\u{feff}{text}").encode_utf16().flat_map(u16::to_le_bytes).collect()
}

#[tokio::test]
async fn a_register_of_others_is_the_same_in_three_formats() {
    let app = App::with_city().await;
    let key = app.editor().await;
    let import =
        checked(&app, &key, "?profile=wikipedia_twin_towns&visibility=public", "far_east.csv", FAR_EAST.as_bytes())
            .await;
    assert_eq!(import.json["source"], "Wikipedia contributors, List of twin towns and sister cities (CC BY-SA 4.0)");
    let counts = import.json["rows"].clone();
    assert!(counts["new"].as_i64().unwrap() > 20, "{counts:#}");
    assert!(counts["doubtful"].as_i64().unwrap() > 0, "{counts:#}");
    let lines: Vec<Vec<&str>> = FAR_EAST.lines().map(|line| line.split(',').collect()).collect();
    let objects: Vec<Value> = lines[1..]
        .iter()
        .map(|cells| lines[0].iter().zip(cells).map(|(name, text)| ((*name).to_owned(), json!(text))).collect())
        .collect();
    for (name, text) in [
        ("far_east.json", json!(objects).to_string()),
        ("far_east.ndjson", objects.iter().map(|object| format!("{object}\n")).collect()),
    ] {
        let other = checked(&app, &key, "", name, text.as_bytes()).await;
        assert_eq!(other.json["rows"], counts, "{name}");
    }
    let made = committed(&app, &key, &import).await;
    assert_eq!(made.json["made"]["partnerships"], counts["new"]);
    let ties = count(&app, &key, "/v1/partnerships?visibility=public").await;
    assert_eq!(ties, counts["new"].as_i64().unwrap());
    // Others that were checked before know nothing of it, and make nothing twice.
    let list = app.get("/v1/imports").key(&key).send().await.expect(200).json;
    assert_eq!(list["items"].as_array().unwrap().len(), 3);
    let other = rested(&app, &key, &list["items"][0]).await;
    let other = committed(&app, &key, &other).await;
    assert_eq!((&other.json["made"]["partnerships"], &other.json["made"]["same"]), (&json!(0), &counts["new"]));
    assert_eq!(count(&app, &key, "/v1/partnerships").await, ties);
}

#[tokio::test]
async fn what_was_built_upon_is_not_taken_back() {
    let (app, key) = office().await;
    let import = checked(&app, &key, "", "a.csv", "City,Country\nHeihe,China\nNiigata,Japan\n".as_bytes()).await;
    let import = committed(&app, &key, &import).await;
    let ties = app.get("/v1/partnerships").key(&key).send().await.expect(200).json;
    let tie = |at: usize| format!("/v1/partnerships/{}", ties["items"][at]["id"].as_str().unwrap());
    let changed = app.request("PATCH", &tie(0)).key(&key).header("If-Match", "*");
    changed.json(json!({"traditional": true})).send().await.expect(200);
    let agreement = json!({
        "partnership": ties["items"][1]["id"], "kind": "memorandum", "title": {"en": "Memorandum"},
    });
    let agreement = app.create("agreements", &key, agreement).await;
    let path = format!("/v1/imports/{}/undo", import.json["id"].as_str().unwrap());
    let with_key = app.request("POST", &path).key(&key).if_match(import.tag()).header("Idempotency-Key", "undo");
    with_key.send().await.expect_problem(409, "built_upon");
    let refused = act(&app, &key, &import, "undo").await.expect_problem(409, "built_upon");
    let mut wanted = [(tie(0), "changed".to_owned()), (tie(1), "referred_to".to_owned())];
    wanted.sort();
    let mut faults = refused.faults();
    faults.sort();
    assert_eq!(faults, wanted);
    assert!(refused.json["errors"].to_string().contains(agreement["id"].as_str().unwrap()));
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 2);
}

#[tokio::test]
async fn what_is_more_is_told_and_what_differs_is_asked() {
    let (app, key) = office().await;
    let import = checked(&app, &key, "", "a.csv", "City,Country\nHeihe,China\nNiigata,Japan\n".as_bytes()).await;
    committed(&app, &key, &import).await;
    let more = "City,Country,Established,Kind\nHeihe,China,2003-07-17,\nNiigata,Japan,,friendship\n";
    let import = checked(&app, &key, "?source=The%20archive", "b.csv", more.as_bytes()).await;
    let told = verdicts(&app, &key, &import.json, "").await;
    assert_eq!(told[0].1, "update");
    assert_eq!((told[1].1.as_str(), told[1].2.as_slice()), ("doubtful", &["differs".to_owned()][..]));
    let import = committed(&app, &key, &import).await;
    assert_eq!(import.json["made"]["updated"], 1);
    let ties = app.get("/v1/partnerships").key(&key).send().await.expect(200).json;
    assert_eq!(ties["items"][0]["established"], "2003-07-17");
    assert_eq!(ties["items"][0]["sources"][1]["text"], "The archive");
    let begun = act(&app, &key, &import, "undo").await.expect(202);
    assert_eq!(rested(&app, &key, &begun.json).await.json["state"], "undone");
    let ties = app.get("/v1/partnerships").key(&key).send().await.expect(200).json;
    assert_eq!(ties["items"].as_array().unwrap().len(), 2);
    assert!(ties["items"][0].get("established").is_none(), "{ties:#}");
    assert_eq!(ties["items"][0]["sources"].as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn the_mapping_can_be_changed() {
    let (app, key) = office().await;
    let import = checked(&app, &key, "", "a.csv", "Wo,Land,Wann\nHeihe,China,2003\n".as_bytes()).await;
    assert_eq!(import.json["findings"][0]["code"], "heading_unknown");
    assert_eq!(import.json["rows"]["wrong"], 1);
    let path = format!("/v1/imports/{}", import.json["id"].as_str().unwrap());
    let patch = |body: Value, tag: &str| app.request("PATCH", &path).key(&key).if_match(tag).json(body);
    let wrong = json!({"columns": [{"heading": "Wo", "field": "partner_city"}, {"heading": "Land", "field": "partner_city"}, {"heading": "Who"}]});
    let refused = patch(wrong, import.tag()).send().await.expect_problem(400, "invalid_body");
    let wanted = [("/columns/1/field", "duplicate"), ("/columns/2/heading", "unknown_key")];
    assert_eq!(refused.faults(), wanted.map(|(at, code)| (at.to_owned(), code.to_owned())));
    let columns = json!([{"heading": "Wo", "field": "partner_city"}, {"heading": "Land", "field": "partner_country"}, {"heading": "Wann", "field": "established"}]);
    let body = json!({"columns": columns, "kind": "friendship"});
    patch(body.clone(), "\"1-0-0-0\"").send().await.expect_problem(412, "stale");
    patch(body, import.tag()).send().await.expect(200);
    let import = rested(&app, &key, &import.json).await;
    assert_eq!((&import.json["state"], &import.json["rows"]["new"]), (&json!("checked"), &json!(1)));
    committed(&app, &key, &import).await;
    let tie = &app.get("/v1/partnerships").key(&key).send().await.expect(200).json["items"][0];
    assert_eq!((&tie["kind"], &tie["established"]), (&json!("friendship"), &json!("2003")));
    patch(json!({"kind": "twin"}), "*").send().await.expect_problem(409, "invalid_state");
}

#[tokio::test]
async fn what_was_interrupted_is_gone_on_with() {
    let (app, key) = office().await;
    let import = checked(&app, &key, "", "far_east.csv", FAR_EAST.as_bytes()).await;
    // A server that is stopping takes the request and does not begin the work.
    app.api.drain();
    let begun = act(&app, &key, &import, "commit").await.expect(202);
    assert_eq!(begun.json["state"], "committing");
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 0);
    let next = app.beside(pobratim_api::Settings::default()).await;
    let (one, other) = tokio::join!(pobratim_api::resume_imports(&next.api), pobratim_api::resume_imports(&next.api));
    assert!(one.unwrap() + other.unwrap() >= 1);
    let done = rested(&next, &key, &begun.json).await;
    assert_eq!(done.json["state"], "committed", "{:#}", done.json);
    assert_eq!(done.json["made"]["partnerships"], import.json["rows"]["new"]);
    assert_eq!(count(&next, &key, "/v1/partnerships").await, import.json["rows"]["new"].as_i64().unwrap());
    assert!(app.database.verify().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn committing_is_one_act_however_often_it_is_asked_for() {
    let (app, key) = office().await;
    let file = "City,Country\nHeihe,China\n".as_bytes();
    let request = || send(&app, &key, "", "a.csv", file).header("Idempotency-Key", "one");
    let first = request().send().await.expect(201);
    let second = request().send().await.expect(201);
    assert_eq!((&first.json["id"], second.header("idempotent-replayed")), (&second.json["id"], "true"));
    let import = rested(&app, &key, &first.json).await;
    let path = format!("/v1/imports/{}/commit", import.json["id"].as_str().unwrap());
    let commit = || app.request("POST", &path).key(&key).if_match(import.tag()).header("Idempotency-Key", "two");
    assert_eq!(commit().send().await.expect(202).json["rows"], import.json["rows"], "what was judged is still told");
    assert_eq!(commit().send().await.expect(202).header("idempotent-replayed"), "true");
    let done = rested(&app, &key, &import.json).await;
    act(&app, &key, &done, "commit").await.expect_problem(409, "invalid_state");
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 1);
    let undo = format!("/v1/imports/{}/undo", import.json["id"].as_str().unwrap());
    app.request("POST", &undo).key(&key).send().await.expect_problem(428, "precondition_required");
}

#[tokio::test]
async fn imports_are_removed() {
    let (app, key) = office().await;
    let file = "City,Country\nHeihe,China\nNiigata,Japan\n".as_bytes();
    let import = checked(&app, &key, "", "a.csv", file).await;
    let import = committed(&app, &key, &import).await;
    let path = format!("/v1/imports/{}", import.json["id"].as_str().unwrap());
    app.request("DELETE", &path).key(&key).send().await.expect_problem(428, "precondition_required");
    let stale = app.request("DELETE", &path).key(&key).if_match("\"1-0-0-0\"");
    stale.send().await.expect_problem(412, "stale");
    app.request("DELETE", &path).key(&key).if_match(import.tag()).send().await.expect(204);
    for below in ["", "/rows"] {
        app.get(&format!("{path}{below}")).key(&key).send().await.expect_problem(404, "not_found");
    }
    act(&app, &key, &import, "undo").await.expect_problem(404, "not_found");
    assert_eq!(count(&app, &key, "/v1/partnerships").await, 2, "what it made stays");

    // One at work is left alone.
    let import = checked(&app, &key, "", "b.csv", file).await;
    app.api.drain();
    let begun = act(&app, &key, &import, "commit").await.expect(202);
    let path = format!("/v1/imports/{}", begun.json["id"].as_str().unwrap());
    let refused = app.request("DELETE", &path).key(&key).header("If-Match", "*").send().await;
    refused.expect_problem(409, "invalid_state");
    let next = app.beside(pobratim_api::Settings::default()).await;
    pobratim_api::resume_imports(&next.api).await.unwrap();

    // Those that are never committed go after a while, and those that were do not.
    let left = checked(&next, &key, "", "c.csv", file).await;
    let path = format!("/v1/imports/{}", left.json["id"].as_str().unwrap());
    assert_eq!(pobratim_api::remove_old_imports(&next.api, 30).await.unwrap(), 0);
    next.get(&path).key(&key).send().await.expect(200);
    next.clock.advance(Duration::from_secs(30 * 24 * 60 * 60 + 1));
    assert_eq!(pobratim_api::remove_old_imports(&next.api, 30).await.unwrap(), 1);
    next.get(&path).key(&key).send().await.expect_problem(404, "not_found");
    assert_eq!(rested(&next, &key, &begun.json).await.json["state"], "committed");
    let id = left.json["id"].as_str().unwrap().parse().unwrap();
    let last = next.database.read(async |snapshot| snapshot.last_import_row(id).await).await.unwrap();
    assert_eq!(last, None, "no row is left");
}

#[tokio::test]
async fn files_that_are_no_registers_are_refused() {
    let app = App::with_city().await;
    let key = app.editor().await;
    for (name, file, code) in [
        ("a.csv", &b"%PDF-1.7"[..], "unknown_format"),
        ("a.xlsx", b"City,Country\nHeihe,China\n", "wrong_extension"),
        ("a.xlsx", b"PK\x03\x04", "unreadable"),
        ("a.csv", b"City,Country\n", "no_rows"),
        ("a.csv", b"City\0,Country\nx,y\n", "binary"),
    ] {
        let refused = send(&app, &key, "", name, file).send().await.expect_problem(400, "invalid_body");
        assert_eq!(refused.faults(), [("/file".to_owned(), code.to_owned())], "{name}");
    }
    let refused = send(&app, &key, "?kind=none&colour=red", "a.csv", b"x").send().await;
    assert_eq!(refused.expect_problem(400, "invalid_parameter").faults().len(), 2);
    assert!(app.get("/v1/imports").key(&key).send().await.expect(200).json["items"].as_array().unwrap().is_empty());
}

#[tokio::test]
async fn imports_are_their_municipalitys_own() {
    let (app, editor) = office().await;
    app.create("municipalities", &app.operator().await, municipality("zeya")).await;
    let file = b"City,Country\nHeihe,China\n";
    let import = checked(&app, &editor, "", "a.csv", file).await;
    let id = import.json["id"].as_str().unwrap();
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let narrowed = app.narrowed(Role::Editor, "blagoveshchensk", &["places:*"]).await;
    let operator = app.operator().await;
    let other = app.key(Role::Editor, "zeya").await;
    let requests = [
        ("GET", String::new()),
        ("PATCH", String::new()),
        ("DELETE", String::new()),
        ("GET", "/rows".to_owned()),
        ("POST", "/commit".to_owned()),
        ("POST", "/undo".to_owned()),
    ];
    for (method, below) in &requests {
        let path = format!("/v1/imports/{id}{below}");
        let request = |key: Option<&str>| {
            let request = app.request(method, &path).header("If-Match", "*");
            let request = if *method == "PATCH" { request.json(json!({"kind": "twin"})) } else { request };
            match key {
                Some(key) => request.key(key),
                None => request,
            }
        };
        request(None).send().await.expect_problem(401, "unauthenticated");
        for key in [&reader, &narrowed, &operator] {
            request(Some(key)).send().await.expect_problem(403, "forbidden");
        }
        request(Some(&other)).send().await.expect_problem(404, "not_found");
    }
    app.get("/v1/imports").send().await.expect_problem(401, "unauthenticated");
    assert!(app.get("/v1/imports").key(&other).send().await.expect(200).json["items"].as_array().unwrap().is_empty());
    for key in [&reader, &operator] {
        send(&app, key, "", "a.csv", file).send().await.expect_problem(403, "forbidden");
    }
    app.get("/v1/imports/nonsense").key(&editor).send().await.expect_problem(404, "not_found");
    assert_eq!(rested(&app, &editor, &import.json).await.json["state"], "checked");
}
