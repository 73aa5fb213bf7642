//! Tables and lines: what a spreadsheet and a program get.

use std::io::Cursor;

use calamine::{Data, Reader, Xlsx};
use pobratim_domain::Role;
use pobratim_tests::{App, Reply, client, municipality};
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};

use super::{MANY, demo, items, lines, many, text};

const XLSX: &str = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet";

/// The rows of a table by the names of their columns.
fn rows(reply: &Reply) -> (Vec<String>, Vec<Vec<String>>) {
    let text = text(reply).strip_prefix('\u{feff}').unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let names = reader.headers().unwrap().iter().map(str::to_owned).collect();
    let rows = reader.records().map(|row| row.unwrap().iter().map(str::to_owned).collect()).collect();
    (names, rows)
}

fn cell<'r>((names, rows): &'r (Vec<String>, Vec<Vec<String>>), row: usize, name: &str) -> &'r str {
    let at = names.iter().position(|known| known == name).unwrap_or_else(|| panic!("no column {name}: {names:?}"));
    &rows[row][at]
}

fn sheet(reply: &Reply) -> Vec<Vec<Data>> {
    let mut book = Xlsx::new(Cursor::new(reply.bytes.clone())).unwrap();
    let range = book.worksheet_range_at(0).unwrap().unwrap();
    range.rows().map(<[Data]>::to_vec).collect()
}

fn place(name: &str) -> Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public", "tags": ["river", "border"],
        "names": [
            {"text": name, "lang": "ru", "kind": "official", "preferred": true},
            {"text": "黑河市", "lang": "zh", "kind": "official", "preferred": true},
        ],
        "location": {"lat": 50.245, "lon": 127.489}, "notes": "for us",
    })
}

#[tokio::test]
async fn a_table_has_the_columns_of_its_collection() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let empty = app.get("/v1/places?format=csv").send().await.expect(200);
    assert_eq!(empty.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(empty.header("content-disposition"), "attachment; filename=\"places.csv\"");
    let (names, none) = rows(&empty);
    assert!(none.is_empty() && text(&empty).ends_with("\r\n"));
    assert_eq!(names[..4], ["id", "ref", "names.ru", "names.en"]);

    app.create("places", &editor, place("Хэйхэ, \"на Амуре\"")).await;
    for accept in ["text/csv", "text/csv, application/json;q=0.5"] {
        let table = rows(&app.get("/v1/places").header("Accept", accept).key(&editor).send().await.expect(200));
        assert_eq!(table.0, names);
        assert_eq!(cell(&table, 0, "names.ru"), "Хэйхэ, \"на Амуре\"");
        assert_eq!((cell(&table, 0, "names.zh"), cell(&table, 0, "names.en")), ("黑河市", ""));
        assert_eq!((cell(&table, 0, "location.lat"), cell(&table, 0, "tags")), ("50.245", "river; border"));
        let nested: Value = serde_json::from_str(cell(&table, 0, "names")).unwrap();
        assert_eq!(nested[1]["text"], "黑河市");
        assert_eq!(cell(&table, 0, "notes"), "for us");
    }
    let table = rows(&app.get("/v1/places?format=csv").send().await);
    assert_eq!(cell(&table, 0, "notes"), "", "the public is not told what the office remarks");
}

#[tokio::test]
async fn what_begins_like_a_formula_is_not_run() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let dangerous = ["=HYPERLINK(\"http://x\")", "+1", "-1+2", "@SUM(A1)", "'=1", "'s-Hertogenbosch"];
    for name in dangerous {
        app.create("places", &editor, place(name)).await;
    }
    let reply = app.get("/v1/places?format=csv&sort=created_at").send().await.expect(200);
    let table = rows(&reply);
    for (row, name) in dangerous.iter().enumerate() {
        let shown = cell(&table, row, "names.ru");
        if *name == "'s-Hertogenbosch" {
            assert_eq!(shown, *name);
        } else {
            assert_eq!(shown, format!("'{name}"));
        }
    }
    assert!(!cell(&table, 0, "location.lat").starts_with('\''));
    let book = sheet(&app.get("/v1/places?format=xlsx").send().await.expect(200));
    let at = book[0].iter().position(|cell| cell == &Data::String("names.ru".to_owned())).unwrap();
    for (row, name) in dangerous.iter().enumerate() {
        assert_eq!(book[row + 1][at], Data::String((*name).to_owned()), "a text, and as it is");
    }
    let mut book = Xlsx::new(Cursor::new(app.get("/v1/places?format=xlsx").send().await.bytes)).unwrap();
    let formulas = book.worksheet_formula("places").unwrap();
    assert!(formulas.is_empty(), "{formulas:?}");
}

#[tokio::test]
async fn a_spreadsheet_has_what_the_table_has() {
    let app = demo().await;
    for path in ["places", "partnerships", "exchanges", "work-plans", "municipalities", "observations"] {
        let table = rows(&app.get(&format!("/v1/{path}?format=csv&sort=-created_at")).send().await.expect(200));
        let reply = app.get(&format!("/v1/{path}?sort=-created_at")).header("Accept", XLSX).send().await.expect(200);
        assert_eq!((reply.header("content-type"), &reply.bytes[..2]), (XLSX, &b"PK"[..]));
        let book = sheet(&reply);
        assert_eq!(book.len(), table.1.len() + 1, "{path}");
        for (row, cells) in table.1.iter().enumerate() {
            for (at, shown) in cells.iter().enumerate() {
                match book[row + 1].get(at).unwrap_or(&Data::Empty) {
                    Data::Empty => assert_eq!(shown, "", "{path} {}", table.0[at]),
                    Data::String(text) => assert_eq!(shown.trim_start_matches('\''), text.trim_start_matches('\'')),
                    Data::Float(number) => assert_eq!(shown.parse::<f64>().unwrap(), *number),
                    Data::Bool(flag) => assert_eq!(shown, &flag.to_string()),
                    other => panic!("{path} {}: {other:?} for {shown}", table.0[at]),
                }
            }
        }
    }
}

#[tokio::test]
async fn all_pages_come_in_one_answer() {
    let app = many().await;
    for query in ["sort=-created_at&", "kind=fair&", "q=0007&", "kind=festival&"] {
        let known = items(&app, &format!("/v1/events?{query}")).await;
        let reply = app.get(&format!("/v1/events?{query}format=ndjson")).send().await.expect(200);
        assert_eq!(reply.header("content-type"), "application/x-ndjson");
        assert!(lines(&reply) == known, "{query}: the records, as JSON has them and in the same order");
        let (_, rows) = rows(&app.get(&format!("/v1/events?{query}format=csv")).send().await.expect(200));
        assert_eq!(rows.len(), known.len(), "{query}");
    }
    let book = app.get("/v1/events?format=xlsx&sort=-created_at").send().await.expect(200);
    assert_eq!(sheet(&book).len(), MANY + 1);
    let length: usize = book.header("content-length").parse().unwrap();
    assert_eq!(length, book.bytes.len());
    // The answer is given out while it is read: how long it is nobody knows at the beginning.
    let streamed = app.get("/v1/events?format=csv").send().await.expect(200);
    assert_eq!(streamed.header("content-length"), "");
    assert_eq!(streamed.header("transfer-encoding"), "chunked");
}

#[tokio::test]
async fn what_is_broken_off_does_not_look_whole() {
    let app = many().await;
    let database = app.store.beside().await;
    // Far behind the first page, so that the answer has begun.
    database.execute_unprepared("UPDATE events SET title = '{' WHERE ref = 'EVT-1150'").await.unwrap();
    let client = client(std::time::Duration::from_secs(30));
    for form in ["ndjson", "csv", "ics"] {
        let mut reply = client.get(app.url(&format!("/v1/events?format={form}"))).send().await.unwrap();
        assert_eq!(reply.status(), 200);
        let mut read = 0;
        let end = loop {
            match reply.chunk().await {
                Ok(Some(bytes)) => read += bytes.len(),
                Ok(None) => break Ok(()),
                Err(error) => break Err(error),
            }
        };
        assert!(end.is_err() && read > 10_000, "{form}: the end of {read} bytes is no end");
    }
    // What is a file before it is an answer is refused instead.
    app.get("/v1/events?format=xlsx").send().await.expect(503);
    assert_eq!(lines(&app.get("/v1/events?format=ndjson&q=0007").send().await.expect(200)).len(), 1);
}

#[tokio::test]
async fn an_export_is_asked_for_conditionally() {
    let app = many().await;
    for path in ["/v1/events?format=ndjson", "/v1/events?format=xlsx", "/v1/events?kind=fair&format=csv"] {
        let reply = app.get(path).send().await.expect(200);
        let tag = reply.tag().to_owned();
        let again = app.get(path).header("If-None-Match", &tag).send().await.expect(304);
        assert!(again.bytes.is_empty());
        let head = app.request("HEAD", path).send().await.expect(200);
        assert_eq!((head.tag(), head.header("content-type")), (tag.as_str(), reply.header("content-type")));
        let other = path.replace("ndjson", "csv").replace("xlsx", "ndjson").replace("fair", "forum");
        app.get(&other).header("If-None-Match", &tag).send().await.expect(200);
    }
    let path = "/v1/events?format=csv";
    let tag = app.get(path).send().await.tag().to_owned();
    let editor = app.editor().await;
    let body = json!({"kind": "fair", "title": {"en": "One more"}});
    app.create("events", &editor, body).await;
    app.get(path).header("If-None-Match", &tag).send().await.expect(200);
}

#[tokio::test]
async fn no_export_is_kept_in_memory() {
    let app = demo().await;
    let twice = async |path: &str| {
        let hits = app.metric("pobratim_cache_hits_total").await;
        for _ in 0..2 {
            app.get(path).send().await.expect(200);
        }
        app.metric("pobratim_cache_hits_total").await - hits
    };
    assert_eq!(twice("/v1/places").await, 1, "a page is");
    for form in ["csv", "xlsx", "ndjson", "geojson"] {
        assert_eq!(twice(&format!("/v1/places?format={form}")).await, 0, "{form}");
    }
}

#[tokio::test]
async fn who_sees_what_in_json_sees_it_in_lines() {
    let app = App::with_city().await;
    let operator = app.operator().await;
    app.create("municipalities", &operator, municipality("heihe")).await;
    let editor = app.editor().await;
    for visibility in ["public", "internal"] {
        let body = json!({"kind": "fair", "title": {"en": visibility}, "visibility": visibility, "notes": "ours"});
        app.create("events", &editor, body).await;
    }
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let other = app.key(Role::Admin, "heihe").await;
    let seen = async |key: Option<&str>| {
        let request = app.get("/v1/events?format=ndjson");
        let reply = match key {
            Some(key) => request.key(key),
            None => request,
        };
        let reply = reply.send().await.expect(200);
        let cache = reply.header("cache-control").to_owned();
        let told = lines(&reply).iter().filter(|event| event.get("notes").is_some()).count();
        (lines(&reply).len(), told, cache.starts_with("private"))
    };
    assert_eq!(seen(None).await, (1, 0, false));
    assert_eq!(seen(Some(&reader)).await, (2, 2, true));
    assert_eq!(seen(Some(&other)).await, (1, 0, true));
    let narrowed = app.narrowed(Role::Reader, "blagoveshchensk", &["places:read"]).await;
    app.get("/v1/events?format=csv").key(&narrowed).send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn what_has_no_meaning_in_an_export_is_refused_at_once() {
    let app = App::with_city().await;
    let refused = app.get("/v1/events?format=csv&limit=5&cursor=x&expand=places&lang=ru&kind=nothing").send().await;
    let refused = refused.expect_problem(400, "invalid_parameter");
    let mut faults = refused.faults();
    faults.sort();
    let not_allowed = |name: &str| (name.to_owned(), "not_allowed".to_owned());
    let kind = ("kind".to_owned(), "unknown_code".to_owned());
    let wanted = [not_allowed("cursor"), not_allowed("expand"), kind, not_allowed("lang"), not_allowed("limit")];
    assert_eq!(faults, wanted);
    let refused = app.get("/v1/places?format=ics").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(refused.faults(), [("format".into(), "unknown_code".into())]);
    assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains("geojson"));
    let refused = app.get("/v1/letters?lang=ru").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(refused.faults(), [("lang".into(), "unknown_parameter".into())]);
    app.get("/v1/letters").header("Accept", "text/calendar").send().await.expect_problem(406, "not_acceptable");
    // What is named goes before what is accepted.
    let reply = app.get("/v1/events?format=json").header("Accept", "text/csv").send().await.expect(200);
    assert_eq!(reply.header("content-type"), "application/json");
    let reply = app.get("/v1/events").header("Accept", "*/*").send().await.expect(200);
    assert_eq!(reply.header("content-type"), "application/json");
}
