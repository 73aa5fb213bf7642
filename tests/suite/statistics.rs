//! Statistics: what is counted for certain and what possibly, by what it can be grouped and bound,
//! what was reported beside it, for whom, and as a table.

use pobratim_domain::Role;
use pobratim_tests::{App, municipality};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");

async fn demo() -> App {
    let app = App::start().await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app
}

async fn rows(app: &App, query: &str) -> Vec<Value> {
    let reply = app.get(&format!("/v1/statistics/{query}")).send().await.expect(200);
    reply.json["rows"].as_array().unwrap().clone()
}

struct Office {
    app: App,
    editor: String,
    home: Value,
    heihe: Value,
    hong_kong: Value,
}

impl Office {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let place = async |name: &str, country: &str| {
            let names = json!([{"text": name, "lang": "en", "kind": "official", "preferred": true}]);
            let body = json!({"kind": "municipality", "country": country, "visibility": "public", "names": names});
            app.create("places", &editor, body).await["id"].clone()
        };
        let home = place("Blagoveshchensk", "RU").await;
        let (heihe, hong_kong) = (place("Heihe", "CN").await, place("Hong Kong", "HK").await);
        Self { app, editor, home, heihe, hong_kong }
    }

    /// A delegation received from a place.
    async fn received(&self, from: &Value, more: Value) -> Value {
        let mut body = json!({
            "title": {"en": "Delegation"}, "direction": "incoming", "audience": "officials", "origin": from,
            "destination": self.home, "state": "completed", "historical": true, "sources": [{"text": "Report"}],
            "visibility": "public",
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.app.create("exchanges", &self.editor, body).await
    }

    async fn rows(&self, query: &str) -> Vec<Value> {
        rows(&self.app, query).await
    }

    async fn listed(&self, row: &Value) -> usize {
        let page = self.app.get(row["records"].as_str().unwrap()).send().await.expect(200).json;
        page["items"].as_array().unwrap().len()
    }
}

/// Some members of each row, in their order.
fn told(rows: &[Value], pointers: &[&str]) -> Vec<Vec<Value>> {
    let members = |row: &Value| pointers.iter().map(|place| row.pointer(place).cloned().unwrap_or_default()).collect();
    rows.iter().map(members).collect()
}

const COUNTED: [&str; 2] = ["/counted/certain", "/counted/possible"];

#[tokio::test]
async fn the_report_says_22_each_way_and_no_record_does() {
    let app = demo().await;
    let rows = rows(&app, "exchanges?year=2011&country=CN&group_by=country,year,direction").await;
    let members =
        ["/country", "/year", "/direction", "/counted/certain", "/reported/0/value/value", "/reported/0/difference"];
    assert_eq!(
        told(&rows, &members),
        [
            [json!("CN"), json!(2011), json!("incoming"), json!(0), json!(22), json!(-22)],
            [json!("CN"), json!(2011), json!("outgoing"), json!(0), json!(22), json!(-22)],
        ]
    );
    assert_eq!(
        told(&rows, &["/reported/0/scope", "/reported/1"]),
        [[Value::Null, Value::Null], ["administration".into(), Value::Null]]
    );
    assert_eq!(rows[0]["counted"], json!({"certain": 0, "possible": 0}), "mass exchanges are not counted as one");
}

#[tokio::test]
async fn a_figure_stands_beside_what_it_is_about_only() {
    let app = demo().await;
    let figures = async |query: &str| -> usize {
        let rows = rows(&app, query).await;
        rows.iter().map(|row| row["reported"].as_array().unwrap().len()).sum()
    };
    for (query, many) in [
        ("exchanges", 2),
        ("exchanges?year=2011&group_by=direction,country", 2),
        ("exchanges?year=2011&country=CN&group_by=direction", 2),
        ("exchanges?year=2011&country=CN&direction=outgoing&group_by=country", 1),
        // Both directions, all countries, all years, only some: none of it was reported.
        ("exchanges?year=2011&group_by=country", 0),
        ("exchanges?year=2011&group_by=direction", 0),
        ("exchanges?group_by=country,direction", 0),
        ("exchanges?year_from=2010&year_to=2011&group_by=country,direction", 0),
        ("exchanges?year=2011&country=CN&audience=officials&group_by=direction", 0),
        ("exchanges?year=2011&country=CN,JP&group_by=direction", 0),
        ("exchanges?year=2010", 0),
        ("events?year=2011", 0),
    ] {
        assert_eq!(figures(query).await, many, "{query}");
    }
}

#[tokio::test]
async fn doubt_never_inflates_a_count() {
    let office = Office::new().await;
    for period in ["2011-08-14", "2011", "2011?", "2010-12-30/2011-01-02", "[..2011]", "2003/2019"] {
        office.received(&office.heihe, json!({"period": period})).await;
    }
    office.received(&office.heihe, json!({})).await;
    office.received(&office.heihe, json!({"period": "2011", "state": "cancelled"})).await;
    office.received(&office.heihe, json!({"period": "2011", "counts_in_statistics": false})).await;

    let by_year = office.rows("exchanges?group_by=year").await;
    let members = ["/year", COUNTED[0], COUNTED[1]];
    assert_eq!(
        told(&by_year, &members),
        [[json!(2010), json!(0), json!(1)], [json!(2011), json!(2), json!(4)], [Value::Null, json!(0), json!(3)],]
    );
    assert_eq!(office.listed(&by_year[0]).await, 1 + 2, "the open and the wide ones are listed, and told once");
    let of = async |bounds: &str| told(&office.rows(&format!("exchanges?group_by=country{bounds}")).await, &COUNTED);
    assert_eq!(of("").await, [[json!(7), json!(7)]], "over all of time everything is certain");
    assert_eq!(of("&year=2011").await, [[json!(2), json!(7)]]);
    assert_eq!(of("&year_from=2010&year_to=2011").await, [[json!(3), json!(7)]]);
    assert_eq!(of("&year_from=2012").await, [[json!(0), json!(2)]]);
    assert_eq!(of("&year_to=2011").await, [[json!(4), json!(7)]]);
}

#[tokio::test]
async fn people_are_counted_as_far_as_they_are_known() {
    let office = Office::new().await;
    let people = |value: i64, qualifier: &str| json!({"period": "2011", "headcount": {"total": {"value": value, "qualifier": qualifier}}});
    office.received(&office.heihe, people(22, "exact")).await;
    office.received(&office.heihe, people(10, "exact")).await;
    let by = "exchanges?group_by=country&year=2011";
    assert_eq!(office.rows(by).await[0]["people"], json!({"value": 32, "qualifier": "exact"}));
    office.received(&office.heihe, people(100, "more_than")).await;
    assert_eq!(office.rows(by).await[0]["people"], json!({"value": 133, "qualifier": "at_least"}));
    let mut doubtful = people(1000, "exact");
    doubtful["period"] = json!("2011?");
    office.received(&office.heihe, doubtful).await;
    assert_eq!(office.rows(by).await[0]["people"]["value"], 133, "only of those that are certain");
}

#[tokio::test]
async fn hong_kong_is_counted_under_china_and_by_itself() {
    let office = Office::new().await;
    office.received(&office.heihe, json!({"period": "2011"})).await;
    let made = office.received(&office.hong_kong, json!({"period": "2011", "audience": "business"})).await;
    let under = office.rows("exchanges?group_by=country").await;
    assert_eq!(told(&under, &["/country", COUNTED[0]]), [[json!("CN"), json!(2)]]);
    assert_eq!(office.listed(&under[0]).await, 2);
    let itself = office.rows("exchanges?group_by=territory,audience").await;
    assert_eq!(
        told(&itself, &["/territory", "/audience", COUNTED[0]]),
        [[json!("CN"), json!("officials"), json!(1)], [json!("HK"), json!("business"), json!(1)]]
    );
    assert_eq!(office.listed(&itself[1]).await, 1);
    assert_eq!(office.rows("exchanges?country=HK").await.len(), 1);
    assert_eq!(office.rows("exchanges?country=CN&audience=business").await.len(), 1);
    assert_eq!(office.rows("exchanges?country=JP").await.len(), 0);

    // What is deleted is not counted, and is again when it is restored.
    let path = format!("/v1/exchanges/{}", made["id"].as_str().unwrap());
    office.app.request("DELETE", &path).key(&office.editor).if_match("*").send().await.expect(204);
    assert_eq!(office.rows("exchanges?country=HK").await.len(), 0);
    let restore = office.app.request("POST", &format!("{path}/restore")).key(&office.editor).if_match("*");
    restore.send().await.expect(200);
    assert_eq!(office.rows("exchanges?country=HK").await.len(), 1);
}

#[tokio::test]
async fn everybody_is_told_of_what_they_see() {
    let office = Office::new().await;
    office.received(&office.heihe, json!({"period": "2011"})).await;
    office.received(&office.heihe, json!({"period": "2011", "visibility": "internal"})).await;
    let figure = json!({
        "indicator": "delegations", "period": "2011", "country": "CN", "direction": "incoming", "value": {"value": 9},
        "sources": [{"text": "Report"}], "visibility": "internal",
    });
    office.app.create("observations", &office.editor, figure).await;
    let path = "/v1/statistics/exchanges?year=2011";
    let told = async |key: Option<&str>, query: &str| -> Value {
        let request = office.app.get(&format!("{path}{query}"));
        let request = if let Some(key) = key { request.key(key) } else { request };
        let json = request.send().await.expect(200).json;
        json!([
            json["municipality"],
            json["rows"][0]["counted"]["certain"],
            json["rows"][0]["reported"][0]["difference"]
        ])
    };
    let editor = office.editor.clone();
    assert_eq!(told(None, "").await, json!(["blagoveshchensk", 1, null]));
    assert_eq!(told(Some(&editor), "").await, json!(["blagoveshchensk", 2, -7]));

    // With a second municipality nobody is meant any more when nothing is said.
    let operator = office.app.operator().await;
    office.app.create("municipalities", &operator, municipality("joetsu")).await;
    let other = office.app.key(Role::Editor, "joetsu").await;
    assert_eq!(told(None, "").await, json!([null, 1, null]));
    assert_eq!(told(Some(&operator), "").await, json!([null, 1, null]));
    assert_eq!(told(Some(&other), "").await, json!(["joetsu", null, null]));
    assert_eq!(told(Some(&other), "&municipality=blagoveshchensk").await, json!(["blagoveshchensk", 1, null]));
    assert_eq!(told(Some(&editor), "").await, json!(["blagoveshchensk", 2, -7]));
    assert_eq!(told(None, "&municipality=nowhere").await, json!(["nowhere", null, null]));
}

#[tokio::test]
async fn a_tag_stands_as_long_as_nothing_counted_changes() {
    let office = Office::new().await;
    office.received(&office.heihe, json!({"period": "2011"})).await;
    let path = "/v1/statistics/exchanges";
    let tag = office.app.get(path).send().await.expect(200).tag().to_owned();
    let again = async || office.app.get(path).header("If-None-Match", &tag).send().await.status.as_u16();
    assert_eq!(again().await, 304);
    let table = office.app.get(path).header("Accept", "text/csv").header("If-None-Match", &tag).send().await;
    assert_ne!(table.expect(200).tag(), tag, "another form has another tag");
    office.received(&office.heihe, json!({"period": "2012"})).await;
    assert_eq!(again().await, 200);
}

#[tokio::test]
async fn a_table_has_the_same_names() {
    let app = demo().await;
    let path = "/v1/statistics/exchanges?year=2011&country=CN&municipality=blagoveshchensk";
    let by_header = app.get(path).header("Accept", "text/csv").send().await.expect(200);
    assert_eq!(by_header.header("content-type"), "text/csv; charset=utf-8");
    assert_eq!(by_header.header("content-disposition"), "attachment; filename=\"exchanges.csv\"");
    let by_name = app.get(&format!("{path}&format=csv")).header("Accept", "*/*").send().await.expect(200);
    assert_eq!(by_name.bytes, by_header.bytes);
    let text = String::from_utf8(by_name.bytes).unwrap();
    let lines: Vec<&str> = text.split("\r\n").collect();
    assert_eq!(
        lines[..2],
        [
            "country,territory,year,direction,audience,counted_certain,counted_possible,people,people_qualifier,reported,reported_qualifier,reported_scope,reported_in,difference,records",
            "CN,,2011,incoming,,0,0,0,exact,22,exact,-,OBS-0001,-22,\"/v1/exchanges?municipality=blagoveshchensk&country=CN&direction=incoming&state=completed,reported&counts_in_statistics=true&period_from=2011&period_to=2011\"",
        ]
    );
    for what in ["events", "agreements", "partnerships"] {
        let reply = app.get(&format!("/v1/statistics/{what}?format=csv")).send().await.expect(200);
        let text = String::from_utf8(reply.bytes).unwrap();
        let columns = text.lines().next().unwrap().split(',').count();
        assert!(text.lines().count() > 2 && columns > 5, "{what}: {text}");
    }
    let json = app.get(&format!("{path}&format=json")).header("Accept", "text/csv").send().await.expect(200);
    assert_eq!(json.json["rows"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn all_faults_are_told_at_once() {
    let app = App::with_city().await;
    let path = "/v1/statistics/exchanges?group_by=country,continent&year=0&direction=up&municipality=A&format=xml&state=completed";
    let faults = app.get(path).send().await.expect_problem(400, "invalid_parameter").faults();
    let of = |name: &str| faults.iter().find(|(place, _)| place == name).map(|(_, code)| code.as_str());
    assert_eq!(
        ["group_by", "year", "direction", "municipality", "format", "state"].map(of),
        ["unknown_code", "invalid", "unknown_code", "invalid", "unknown_code", "unknown_parameter"].map(Some)
    );
    for (query, place, code) in [
        ("year=2011&year_to=2012", "year", "not_allowed"),
        ("year_from=2012&year_to=2011", "year_to", "not_allowed"),
        ("group_by=year,year", "group_by", "repeated"),
    ] {
        let reply = app.get(&format!("/v1/statistics/events?{query}")).send().await;
        assert_eq!(reply.expect_problem(400, "invalid_parameter").faults(), [(place.to_owned(), code.to_owned())]);
    }
    app.get("/v1/statistics/events").header("Accept", "text/html").send().await.expect_problem(406, "not_acceptable");
    app.get("/v1/statistics/visits").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn events_are_counted_by_what_they_are() {
    let app = demo().await;
    let held = rows(&app, "events?year=2011&group_by=kind").await;
    let held = told(&held, &["/kind", COUNTED[0], COUNTED[1]]);
    assert!(held.contains(&vec![json!("signing"), json!(1), json!(1)]), "{held:?}");
    assert!(held.contains(&vec![json!("exhibition"), json!(0), json!(2)]), "2011? and one without a date: {held:?}");
    assert!(!held.iter().any(|row| row[0] == "fair"), "it is still planned: {held:?}");
    let by_status = rows(&app, "events?group_by=status").await;
    assert_eq!(told(&by_status, &["/status", COUNTED[0]]), [[json!("held"), json!(8)], [json!("planned"), json!(3)]]);
    let planned = rows(&app, "events?group_by=year&status=planned").await;
    assert_eq!(
        told(&planned, &["/year", COUNTED[0], COUNTED[1]]),
        [[json!(2011), json!(1), json!(2)], [json!(2012), json!(1), json!(1)]]
    );
    let by_country = rows(&app, "events?group_by=country&status=held,planned").await;
    let all: i64 = by_country.iter().filter_map(|row| row["counted"]["certain"].as_i64()).sum();
    assert_eq!(all, 11);
    let listed = app.get(by_status[1]["records"].as_str().unwrap()).send().await.expect(200).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 3);
    let fields = rows(&app, "events?group_by=field&status=held,planned").await;
    assert!(fields.len() > 3);
    for row in fields.iter().filter(|row| row.get("field").is_some()) {
        let listed = app.get(row["records"].as_str().unwrap()).send().await.expect(200).json;
        let listed = listed["items"].as_array().unwrap().len();
        assert_eq!(row["counted"]["certain"], listed, "{row:#}");
    }
    let directed = rows(&app, "events?group_by=direction,kind&country=JP").await;
    assert_eq!(
        told(&directed, &["/direction", "/kind", COUNTED[0]]),
        [[json!("outgoing"), json!("exhibition"), json!(1)]]
    );
}

#[tokio::test]
async fn agreements_are_concluded_and_lapse() {
    let app = demo().await;
    let of_2011 = rows(&app, "agreements?year=2011").await;
    let concluded = ["/kind", "/concluded/certain", "/concluded/possible"];
    let year = rows(&app, "agreements?group_by=kind&year=2011").await;
    assert_eq!(
        told(&year, &concluded),
        [[json!("sector_protocol"), json!(0), json!(3)], [json!("twinning_agreement"), json!(1), json!(1)]]
    );
    assert!(of_2011.iter().any(|row| row.get("year").is_none() && row["concluded"]["possible"] == 3), "{of_2011:#?}");

    let office = Office::new().await;
    for (state, signed, in_force) in [
        ("in_force", "2003-07-17", "2003-07-17/.."),
        ("expired", "2005", "2005-03-01/2010-02-28"),
        ("terminated", "2008-05", "2008-06-01/2009?"),
    ] {
        let body = json!({
            "kind": "memorandum", "title": {"en": "Paper"}, "state": state, "signed_on": signed, "in_force": in_force,
            "parties": [{"place": office.home}, {"place": office.heihe}], "historical": true,
            "sources": [{"text": "Report"}], "visibility": "public",
        });
        office.app.create("agreements", &office.editor, body).await;
    }
    let rows = office.rows("agreements?group_by=year").await;
    let members = [
        "/year",
        "/concluded/certain",
        "/entered_into_force/certain",
        "/lapsed/certain",
        "/lapsed/possible",
        "/in_force/certain",
        "/in_force/possible",
    ];
    let counts = |year: i32, counts: [i64; 6]| {
        let mut row = vec![json!(year)];
        row.extend(counts.map(|count| json!(count)));
        row
    };
    assert_eq!(
        told(&rows, &members),
        [
            counts(2003, [1, 1, 0, 0, 1, 1]),
            counts(2004, [0, 0, 0, 0, 1, 1]),
            counts(2005, [1, 1, 0, 0, 2, 2]),
            counts(2006, [0, 0, 0, 0, 2, 2]),
            counts(2007, [0, 0, 0, 0, 2, 2]),
            // When the last one ended is in doubt, so it is in doubt where it was in force.
            counts(2008, [1, 1, 0, 0, 2, 3]),
            counts(2009, [0, 0, 0, 1, 2, 3]),
            counts(2010, [0, 0, 1, 1, 1, 1]),
        ]
    );
    let whole = office.rows("agreements?group_by=kind").await;
    assert_eq!((whole.len(), whole[0].get("in_force")), (1, None), "there is no day to ask for");
    assert_eq!(office.listed(&whole[0]).await, 3);
}

#[tokio::test]
async fn ties_are_counted_by_country_and_kind() {
    let app = demo().await;
    let kinds = rows(&app, "partnerships").await;
    let known = told(&kinds, &["/kind", COUNTED[0]]);
    assert!(known.contains(&vec![json!("twin"), json!(2)]) && known.contains(&vec![json!("friendship"), json!(3)]));
    assert_eq!(known.iter().filter_map(|row| row[1].as_i64()).sum::<i64>(), 23);
    let twins = rows(&app, "partnerships?group_by=country&kind=twin").await;
    assert_eq!(told(&twins, &["/country", COUNTED[0]]), [[json!("CN"), json!(2)]]);
    // Heihe and Krasnoyarsk in one tie: it counts in each country once, and so does one with three sides.
    let several = rows(&app, "partnerships?group_by=country&country=CN,JP,RU&stage=active").await;
    let several = told(&several, &["/country"]);
    assert_eq!(several, [[json!("CN")], [json!("JP")], [json!("RU")]]);
    let years = rows(&app, "partnerships?group_by=year&kind=twin,friendship").await;
    assert_eq!(
        told(&years, &["/year", COUNTED[0], COUNTED[1]]),
        [[json!(2003), json!(1), json!(1)], [Value::Null, json!(0), json!(4)]]
    );
    let traditional = rows(&app, "partnerships?group_by=traditional,arrangement&living=true").await;
    assert!(traditional.iter().any(|row| row["traditional"] == true && row["counted"]["certain"] == 5));
    let listed = app.get(twins[0]["records"].as_str().unwrap()).send().await.expect(200).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 2);
}
