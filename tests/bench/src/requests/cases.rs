//! What is asked, whom, and what is promised of it.

use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

use serde_json::Value;

use super::Programs;
use super::city::City;
use super::driver::{Script, ask, get, in_turn};

/// One kind of request.
pub struct Case {
    pub name: &'static str,
    pub about: String,
    pub status: u16,
    pub subjects: Vec<Subject>,
    pub bars: Vec<Bar>,
}

/// Somebody who is asked.
pub struct Subject {
    pub name: &'static str,
    pub address: SocketAddr,
    /// Made anew for each round: a version that was seen must be the last one.
    pub script: Box<dyn Fn() -> Script + Send>,
}

/// What of a subject is held against another one's.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Of {
    /// Answers a second.
    Rate,
    /// Processor time of the program for an answer.
    Processor,
    /// The time in which half of the answers came.
    Median,
    /// The 99th hundredth, against the subject's own median.
    Tail,
}

/// A promise: a ratio, and on which side of what it is kept.
pub struct Bar {
    pub of: Of,
    pub subject: &'static str,
    pub to: &'static str,
    pub least: Option<f64>,
    pub most: Option<f64>,
}

const HOT: &str = "hot";
const COLD: &str = "cold";
const STATIC: &str = "static";
const HAND: &str = "hand-written";

pub const PAGE: &str = "/v1/exchanges?audience=teachers";
const EXPANDED: &str = "/v1/exchanges?audience=teachers&expand=places,organizations";
/// One index gives the filter and another the order: the way is chosen by how many have what is asked.
const SORTED: &str = "/v1/exchanges?audience=teachers&period_from=2001&period_to=2010&sort=-period";
const SEARCH: &str = "/v1/exchanges?q=hockey%20tournament";
const STATISTICS: &str =
    "/v1/statistics/exchanges?group_by=country,year,direction,audience&year_from=2001&year_to=2010";
const REPORT: &str = "/v1/reports/annual/2010?lang=ru&as_of=2011-12-31";
const LIST: &str = "/v1/exchanges";

/// Reads that are compared with the same bytes, each with the name of the file that has them.
fn reads(city: &City) -> [(&'static str, String); 7] {
    [
        ("record", format!("/v1/exchanges/{}", city.records[0])),
        ("page", PAGE.to_owned()),
        ("expanded", EXPANDED.to_owned()),
        ("sorted", SORTED.to_owned()),
        ("search", SEARCH.to_owned()),
        ("statistics", STATISTICS.to_owned()),
        ("report", REPORT.to_owned()),
    ]
}

/// Keeps the answers that bare actix is to give.
pub fn keep_answers(city: &City, server: SocketAddr, folder: &Path) {
    for (name, path) in reads(city) {
        std::fs::write(folder.join(name), good(server, &path)).unwrap();
    }
}

fn good(server: SocketAddr, path: &str) -> Vec<u8> {
    let answer = ask(server, &get(path, ""));
    assert_eq!(answer.status, 200, "{path}: {}", String::from_utf8_lossy(&answer.body));
    answer.body
}

/// All cases.
pub fn all(city: &City, programs: &Programs<'_>) -> Vec<Case> {
    let (hot, cold, ceiling) = (programs.hot.address, programs.cold.address, programs.ceiling.address);
    check_share(hot);
    same_json(hot, ceiling, PAGE);
    same_json(hot, ceiling, &reads(city)[0].1);
    let best = if programs.family.is_some() { 0.5 } else { 0.6 };
    let mut cases: Vec<Case> =
        reads(city).into_iter().map(|(name, path)| read(city, programs, name, &path, best)).collect();
    cases.push(not_modified(programs, best));
    let limit = Bar { of: Of::Median, subject: "page 2000", to: "page 1", least: None, most: Some(1.2) };
    let deep = format!("{LIST}?cursor={}", deep_cursor(cold));
    cases.push(Case {
        name: "deep",
        about: format!("GET {LIST}, page 1 and page 2000, cold"),
        status: 200,
        subjects: vec![plainly("page 1", cold, LIST), plainly("page 2000", cold, &deep)],
        bars: vec![limit],
    });
    cases.extend(writes(city, hot, cold, ceiling));
    cases
}

fn read(city: &City, programs: &Programs<'_>, name: &'static str, path: &str, best: f64) -> Case {
    let (hot, cold, ceiling) = (programs.hot.address, programs.cold.address, programs.ceiling.address);
    let paths: Vec<String> = match name {
        "record" => city.records.iter().map(|id| format!("/v1/exchanges/{id}")).collect(),
        _ => vec![path.to_owned()],
    };
    let asks = |name: &'static str, address| {
        let script = in_turn(paths.iter().map(|path| get(path, "")).collect());
        Subject { name, address, script: Box::new(move || script.clone()) }
    };
    let mut subjects = vec![asks(HOT, hot), asks(COLD, cold), plainly(STATIC, ceiling, &format!("/static/{name}"))];
    let mut bars = vec![Bar { of: Of::Rate, subject: HOT, to: STATIC, least: Some(best), most: None }];
    if matches!(name, "record" | "page") {
        subjects.push(asks(HAND, ceiling));
        bars.push(Bar { of: Of::Processor, subject: COLD, to: HAND, least: None, most: Some(1.5) });
    }
    let size = good(hot, path).len();
    Case { name, about: format!("GET {path}, {size} bytes"), status: 200, subjects, bars }
}

fn not_modified(programs: &Programs<'_>, best: f64) -> Case {
    let asks = |name: &'static str, address| Subject {
        name,
        address,
        script: Box::new(move || {
            let tag = ask(address, &get(PAGE, "")).header("ETag").unwrap().to_owned();
            in_turn(vec![get(PAGE, &format!("If-None-Match: {tag}\r\n"))])
        }),
    };
    Case {
        name: "conditional",
        about: "GET of the same page with If-None-Match: 304".to_owned(),
        status: 304,
        subjects: vec![
            asks(HOT, programs.hot.address),
            asks(COLD, programs.cold.address),
            plainly(STATIC, programs.ceiling.address, "/static/304"),
        ],
        bars: vec![Bar { of: Of::Rate, subject: HOT, to: STATIC, least: Some(best), most: None }],
    }
}

fn writes(city: &City, hot: SocketAddr, cold: SocketAddr, ceiling: SocketAddr) -> Vec<Case> {
    let body = city.delegation().to_string();
    let asks = |name: &'static str, address, path: &str, keyed: bool| {
        let script = create(path, &city.key, &body, keyed);
        Subject { name, address, script: Box::new(move || script.clone()) }
    };
    let against = |to, least| Bar { of: Of::Rate, subject: HOT, to, least: Some(least), most: None };
    let creates = |name, about: &str, keyed| Case {
        name,
        about: about.to_owned(),
        status: 201,
        subjects: vec![
            asks(HOT, hot, LIST, keyed),
            asks("grouped", ceiling, "/grouped", keyed),
            asks("one by one", ceiling, "/single", keyed),
        ],
        bars: vec![against("grouped", 0.5), against("one by one", 3.0)],
    };
    let mixed = |name: &'static str, address| {
        let script = mix(city, &body);
        Subject { name, address, script: Box::new(move || script.clone()) }
    };
    let tail = |subject| Bar { of: Of::Tail, subject, to: subject, least: None, most: Some(20.0) };
    vec![
        creates("create", "POST /v1/exchanges", false),
        creates("keyed", "POST /v1/exchanges with an Idempotency-Key", true),
        Case {
            name: "mixed",
            about: "of twenty requests twelve records, five pages, one expanded, one search, one create".to_owned(),
            status: 200,
            subjects: vec![mixed(HOT, hot), mixed(COLD, cold)],
            bars: vec![tail(HOT), tail(COLD)],
        },
    ]
}

/// One request again and again.
fn plainly(name: &'static str, address: SocketAddr, path: &str) -> Subject {
    let script = in_turn(vec![get(path, "")]);
    Subject { name, address, script: Box::new(move || script.clone()) }
}

/// Creates the same delegation again and again, or under a key of its own each time.
pub fn create(path: &str, key: &str, body: &str, keyed: bool) -> Script {
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: bench\r\nAuthorization: Bearer {key}\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n",
        body.len()
    );
    let body = body.to_owned();
    let run = std::process::id();
    Arc::new(move |number, buffer| {
        buffer.extend_from_slice(head.as_bytes());
        if keyed {
            buffer.extend_from_slice(format!("Idempotency-Key: bench-{run}-{number}\r\n").as_bytes());
        }
        buffer.extend_from_slice(b"\r\n");
        buffer.extend_from_slice(body.as_bytes());
    })
}

fn mix(city: &City, body: &str) -> Script {
    let create = create(LIST, &city.key, body, false);
    let records: Vec<Vec<u8>> = city.records.iter().map(|id| get(&format!("/v1/exchanges/{id}"), "")).collect();
    let others = [get(PAGE, ""), get(EXPANDED, ""), get(SEARCH, "")];
    Arc::new(move |number, buffer| match number % 20 {
        0 => create(number, buffer),
        1..=5 => buffer.extend_from_slice(&others[0]),
        6 => buffer.extend_from_slice(&others[1]),
        7 => buffer.extend_from_slice(&others[2]),
        _ => buffer.extend_from_slice(&records[usize::try_from(number).unwrap_or_default() % records.len()]),
    })
}

/// Where page 2000 of everything begins.
fn deep_cursor(server: SocketAddr) -> String {
    const PAGES: usize = 1_999 * 50 / 200;
    // The last step is the rest.
    let steps = std::iter::repeat_n(200, PAGES).chain([1_999 * 50 % 200]).filter(|limit| *limit > 0);
    let mut cursor = String::new();
    for limit in steps {
        let more = if cursor.is_empty() { String::new() } else { format!("&cursor={cursor}") };
        let page: Value = serde_json::from_slice(&good(server, &format!("{LIST}?limit={limit}{more}"))).unwrap();
        page["page"]["next_cursor"].as_str().unwrap().clone_into(&mut cursor);
    }
    cursor
}

/// The page is of a list that is neither nearly all nor next to nothing.
fn check_share(server: SocketAddr) {
    let total = |path: &str| {
        let answer = ask(server, &get(path, "Prefer: count=exact\r\n"));
        let page: Value = serde_json::from_slice(&answer.body).unwrap();
        page["page"]["total"].as_f64().unwrap()
    };
    let share = total(PAGE) / total(LIST);
    assert!((0.01..=0.1).contains(&share), "the filtered list has {share} of all");
    let found = total(SEARCH) / total(LIST);
    assert!((0.01..=0.1).contains(&found), "the search finds {found} of all");
}

/// What is written by hand says the same; cursors are its own.
fn same_json(server: SocketAddr, ceiling: SocketAddr, path: &str) {
    let read = |address| {
        let mut json: Value = serde_json::from_slice(&good(address, path)).unwrap();
        if let Some(page) = json.get_mut("page").and_then(Value::as_object_mut) {
            assert!(page.remove("next_cursor").is_some());
        }
        json
    };
    assert!(read(server) == read(ceiling), "{path}: the handler written by hand says something else");
}
