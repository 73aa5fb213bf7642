//! Calendars: what an entry is, and how a calendar subscribes.

use icalendar::parser::{Component, read_calendar, unfold};
use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

use super::{MANY, demo, many, text};

/// The entries of a calendar, each with its properties as they are written.
fn entries(reply: &Reply) -> Vec<Vec<(String, String)>> {
    let text = text(reply);
    assert!(text.ends_with("END:VCALENDAR\r\n"));
    for line in text.split("\r\n") {
        assert!(line.len() <= 75 && !line.contains('\n'), "a line of {} bytes: {line}", line.len());
    }
    let unfolded = unfold(text);
    let calendar = read_calendar(&unfolded).unwrap();
    let property = |name: &str| calendar.properties.iter().find(|known| known.name == name).unwrap().val.to_string();
    assert_eq!(property("VERSION"), "2.0");
    let written = |entry: &Component<'_>| {
        assert_eq!(entry.name, "VEVENT");
        entry.properties.iter().map(|property| (property.name.to_string(), property.val.to_string())).collect()
    };
    calendar.components.iter().map(written).collect()
}

fn of<'e>(entry: &'e [(String, String)], name: &str) -> &'e str {
    entry.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value)
}

async fn event(app: &App, key: &str, more: Value) -> Value {
    let mut event = json!({"kind": "fair", "title": {"en": "Fair"}, "visibility": "public"});
    event.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    app.create("events", key, event).await
}

#[tokio::test]
async fn an_entry_is_as_exact_as_its_record() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let known = event(&app, &editor, json!({"period": "2011-09-12/2011-09-16", "title": {"en": "Fair; with, marks\\", "ru": "Ярмарка достижений народного хозяйства приграничных территорий: первый день"}})).await;
    event(&app, &editor, json!({"period": "2012-02"})).await;
    event(&app, &editor, json!({"period": "2012-05-09?"})).await;
    event(&app, &editor, json!({})).await;
    event(&app, &editor, json!({"period": "[..2012]"})).await;
    let reply = app.get("/v1/events?format=ics&sort=created_at").send().await.expect(200);
    assert_eq!(reply.header("content-type"), "text/calendar; charset=utf-8");
    assert_eq!(reply.header("content-disposition"), "inline; filename=\"events.ics\"");
    let written = entries(&reply);
    let days: Vec<_> =
        written.iter().map(|entry| (of(entry, "DTSTART"), of(entry, "DTEND"), of(entry, "TRANSP"))).collect();
    assert_eq!(
        days,
        [
            ("20110912", "20110917", "OPAQUE"),
            ("20120201", "20120301", "TRANSPARENT"),
            ("20120509", "20120510", "TRANSPARENT"),
        ],
        "what nobody knows the beginning of is not there"
    );
    assert!(text(&reply).contains("DTSTART;VALUE=DATE:20110912"));
    let first = &written[0];
    assert_eq!(of(first, "UID"), format!("{}@pobratim", known["id"].as_str().unwrap()));
    // The city speaks Russian.
    assert!(of(first, "SUMMARY").starts_with("Ярмарка достижений"), "{first:?}");
    assert_eq!((of(first, "SEQUENCE"), of(first, "STATUS")), ("1", "TENTATIVE"));
    assert_eq!((of(first, "LAST-MODIFIED"), of(first, "DTSTAMP")), ("20110905T013000Z", "20110905T013000Z"));
    assert!(of(&written[1], "DESCRIPTION").starts_with("2012-02"), "the date as it is known: {written:?}");
    let english = app.get("/v1/events?format=ics&lang=en").send().await.expect(200);
    assert!(text(&english).contains("SUMMARY:Fair\\; with\\, marks\\\\\r\n"), "{}", text(&english));
}

#[tokio::test]
async fn a_change_is_the_same_entry_and_what_is_called_off_is_told() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let known = event(&app, &editor, json!({"period": "2011-10-01"})).await;
    let path = format!("/v1/events/{}/transitions", known["id"].as_str().unwrap());
    for (to, status) in [("planned", "TENTATIVE"), ("confirmed", "CONFIRMED"), ("cancelled", "CANCELLED")] {
        let body = json!({"to": to, "reason": "Паводок"});
        app.post(&path, body).key(&editor).if_match("*").send().await.expect(200);
        let entry = &entries(&app.get("/v1/events?format=ics").send().await.expect(200))[0];
        assert_eq!(of(entry, "STATUS"), status);
        assert_eq!(of(entry, "UID"), format!("{}@pobratim", known["id"].as_str().unwrap()));
        assert_eq!(of(entry, "TRANSP") == "TRANSPARENT", to == "cancelled");
    }
    let entry = &entries(&app.get("/v1/events?format=ics").send().await)[0];
    assert_eq!(of(entry, "SEQUENCE"), "4");
}

#[tokio::test]
async fn the_demo_city_and_many_events_are_calendars() {
    let app = demo().await;
    let events = entries(&app.get("/v1/events?format=ics").send().await.expect(200));
    assert_eq!(events.len(), 9, "two of eleven have no period");
    let exchanges = app.get("/v1/exchanges").header("Accept", "text/calendar").send().await.expect(200);
    let exchanges = entries(&exchanges);
    assert_eq!(exchanges.len(), 3);
    let summit = exchanges.iter().find(|entry| of(entry, "LOCATION").contains("Инчхон")).unwrap();
    assert_eq!((of(summit, "STATUS"), of(summit, "CATEGORIES")), ("CONFIRMED", "outgoing"));
    assert!(of(summit, "GEO").contains(';'));
    let app = many().await;
    assert_eq!(entries(&app.get("/v1/events?format=ics").send().await.expect(200)).len(), MANY);
}

#[tokio::test]
async fn a_calendar_subscribes_with_a_readers_key_in_its_address() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    event(&app, &editor, json!({"period": "2011-10-01", "visibility": "internal"})).await;
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let path = format!("/v1/events?format=ics&key={reader}");
    let reply = app.get(&path).send().await.expect(200);
    assert_eq!(entries(&reply).len(), 1);
    assert!(reply.header("cache-control").starts_with("private"));
    app.get(&path).header("If-None-Match", reply.tag()).send().await.expect(304);
    // The same by the form alone, and as one who sends a header sees it.
    let accepted = app.get(&format!("/v1/events?key={reader}")).header("Accept", "text/calendar").send().await;
    assert_eq!(accepted.expect(200).tag(), reply.tag());
    let with_header = app.get("/v1/events?format=ics").key(&reader).send().await.expect(200);
    assert_eq!(with_header.bytes, reply.bytes);
    assert!(entries(&app.get("/v1/events?format=ics").send().await.expect(200)).is_empty());

    for role in [Role::Editor, Role::Approver, Role::Admin] {
        let key = app.key(role, "blagoveshchensk").await;
        app.get(&format!("/v1/events?format=ics&key={key}")).send().await.expect_problem(403, "forbidden");
    }
    let key = app.operator().await;
    app.get(&format!("/v1/exchanges?format=ics&key={key}")).send().await.expect_problem(403, "forbidden");
    let mut wrong = reader.clone();
    wrong.replace_range(wrong.len() - 4.., "0000");
    for bad in [wrong.as_str(), "pbk_x", "x"] {
        app.get(&format!("/v1/events?format=ics&key={bad}")).send().await.expect_problem(401, "unauthenticated");
    }
    let narrowed = app.narrowed(Role::Reader, "blagoveshchensk", &["exchanges:read"]).await;
    app.get(&format!("/v1/events?format=ics&key={narrowed}")).send().await.expect_problem(403, "forbidden");
    app.get(&format!("/v1/exchanges?format=ics&key={narrowed}")).send().await.expect(200);
}

#[tokio::test]
async fn a_key_stands_in_no_other_address() {
    let app = App::with_city().await;
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let fault = |code: &str| vec![("key".to_owned(), code.to_owned())];
    for path in ["/v1/events?", "/v1/events?format=csv&", "/v1/exchanges?format=ndjson&"] {
        let refused = app.get(&format!("{path}key={reader}")).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(refused.faults(), fault("not_allowed"), "{path}");
        assert!(!text(&refused).contains(&reader), "a key is not told back");
    }
    for path in ["/v1/places?format=geojson&", "/v1/me?", "/v1/changes?", "/v1/export?"] {
        let refused = app.get(&format!("{path}key={reader}")).send().await;
        assert!(matches!(refused.status.as_u16(), 400 | 401) && !text(&refused).contains(&reader), "{path}");
    }
    let twice = app.get(&format!("/v1/events?format=ics&key={reader}")).key(&reader).send().await;
    assert_eq!(twice.expect_problem(400, "invalid_parameter").faults(), fault("not_allowed"));
    let repeated = app.get(&format!("/v1/events?format=ics&key={reader}&key={reader}")).send().await;
    assert_eq!(repeated.expect_problem(400, "invalid_parameter").faults(), fault("repeated"));
    let posted = app.post(&format!("/v1/events?format=ics&key={reader}"), json!({})).send().await;
    posted.expect_problem(400, "invalid_parameter");
    let metrics = app.get("/metrics").send().await.expect(200);
    assert!(!text(&metrics).contains("pbk_"));
}
