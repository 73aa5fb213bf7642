//! Every read is the newest there was: a history of many clients, over two processes on one
//! database while their caches are hot, is held against what a single copy could have answered.
//!
//! A record is a register whose values are ordered: its versions. So the check is exact and
//! cheap. A history is linearizable if and only if, for operations of which one was answered before
//! the other was asked, the version never goes back, and no read of a version comes before the
//! write of it. Each record can be checked by itself, as linearizability is local; so can the
//! list, which is a register too: the number of the last record made.

use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_tests::{App, client};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};

/// What an operation found or left.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Found {
    version: i64,
    /// A write of a version goes before the reads of it.
    read: bool,
}

/// An operation on one register, from the moment it was asked to the moment it was answered.
#[derive(Clone, Debug)]
struct Operation {
    register: usize,
    asked: Instant,
    answered: Instant,
    found: Found,
}

/// The first two operations that no single copy could have answered so.
fn violation(history: &[Operation]) -> Option<(Operation, Operation)> {
    let registers = history.iter().map(|operation| operation.register).max()?;
    (0..=registers).find_map(|register| {
        let mut asked: Vec<_> = history.iter().filter(|operation| operation.register == register).collect();
        let mut answered = asked.clone();
        asked.sort_by_key(|operation| operation.asked);
        answered.sort_by_key(|operation| operation.answered);
        let mut done = answered.into_iter().peekable();
        let mut newest: Option<&Operation> = None;
        for later in asked {
            while let Some(earlier) = done.next_if(|earlier| earlier.answered < later.asked) {
                if newest.is_none_or(|newest| newest.found < earlier.found) {
                    newest = Some(earlier);
                }
            }
            if let Some(earlier) = newest.filter(|newest| newest.found > later.found) {
                return Some((earlier.clone(), later.clone()));
            }
        }
        None
    })
}

/// A read that found what nobody had begun to write.
fn invented(history: &[Operation]) -> Option<&Operation> {
    history.iter().filter(|read| read.found.read).find(|read| {
        let wrote = |write: &&Operation| {
            write.register == read.register && !write.found.read && write.found.version == read.found.version
        };
        history.iter().find(wrote).is_none_or(|write| write.asked > read.answered)
    })
}

/// The list is the last register.
const RECORDS: usize = 3;
const CLIENTS: u64 = 8;
const TURNS: u64 = 40;

/// A client of both processes, with its own part of the history.
struct Caller {
    client: Client,
    apps: [String; 2],
    ids: Vec<String>,
    key: String,
    history: Vec<Operation>,
    lists: Vec<Vec<i64>>,
}

impl Caller {
    fn note(&mut self, register: usize, asked: Instant, version: i64, read: bool) {
        self.history.push(Operation { register, asked, answered: Instant::now(), found: Found { version, read } });
    }

    async fn get(&self, app: usize, path: &str) -> (String, Value) {
        let reply = self.client.get(format!("{}{path}", self.apps[app])).send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::OK);
        let tag = reply.headers()["etag"].to_str().unwrap().to_owned();
        (tag, serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap())
    }

    /// Reads a record; gives its tag.
    async fn read(&mut self, app: usize, record: usize) -> String {
        let asked = Instant::now();
        let (tag, body) = self.get(app, &format!("/v1/places/{}", self.ids[record])).await;
        self.note(record, asked, body["version"].as_i64().unwrap(), true);
        tag
    }

    /// Reads all records at once, as they stood together.
    async fn list(&mut self, app: usize) {
        let asked = Instant::now();
        let (_, body) = self.get(app, "/v1/places?limit=200").await;
        let items = body["items"].as_array().unwrap();
        let version = |id: &String| items.iter().find(|item| item["id"] == **id).unwrap()["version"].as_i64().unwrap();
        let versions: Vec<i64> = self.ids.iter().map(version).collect();
        for (record, version) in versions.iter().enumerate() {
            self.note(record, asked, *version, true);
        }
        let last = items.iter().map(number).max().unwrap();
        self.note(RECORDS, asked, last, true);
        self.lists.push(versions.into_iter().chain([last]).collect());
    }

    /// Changes a record if it is still as this client has seen it.
    async fn change(&mut self, app: usize, record: usize, tag: &str, name: String) {
        let asked = Instant::now();
        let request = self.client.patch(format!("{}/v1/places/{}", self.apps[app], self.ids[record]));
        let request = request.header("Content-Type", "application/merge-patch+json").header("If-Match", tag);
        let reply = request.bearer_auth(&self.key).body(json!({"notes": name}).to_string()).send().await.unwrap();
        let status = reply.status();
        let body: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
        match status {
            StatusCode::OK => self.note(record, asked, body["version"].as_i64().unwrap(), false),
            StatusCode::PRECONDITION_FAILED => {}
            other => panic!("{other}: {body}"),
        }
    }

    async fn create(&mut self, app: usize, name: &str) {
        let asked = Instant::now();
        let request = self.client.post(format!("{}/v1/places", self.apps[app])).bearer_auth(&self.key);
        let request = request.header("Content-Type", "application/json").body(place(name).to_string());
        let reply = request.send().await.unwrap();
        assert_eq!(reply.status(), StatusCode::CREATED);
        let body: Value = serde_json::from_slice(&reply.bytes().await.unwrap()).unwrap();
        self.note(RECORDS, asked, number(&body), false);
    }

    async fn run(mut self, me: u64) -> Self {
        // Which step comes next is mixed by a generator of its own, so that it is the same each time.
        let mut state = 0x9e37_79b9_7f4a_7c15_u64.wrapping_mul(me + 1);
        let mut next = |below: u64| {
            state ^= state << 13;
            state ^= state >> 7;
            state ^= state << 17;
            usize::try_from((state >> 16) % below).unwrap()
        };
        for turn in 0..TURNS {
            let (app, other, record) = (next(2), next(2), next(3));
            match next(10) {
                0..=4 => drop(self.read(app, record).await),
                5..=6 => self.list(app).await,
                7..=8 => {
                    let tag = self.read(app, record).await;
                    self.change(other, record, &tag, format!("{me} {turn}")).await;
                }
                _ => self.create(app, &format!("{me} {turn}")).await,
            }
        }
        self
    }
}

fn place(name: &str) -> Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
    })
}

/// The number in a ref: records are numbered in the order in which they are made.
fn number(record: &Value) -> i64 {
    record["ref"].as_str().unwrap().rsplit('-').next().unwrap().parse().unwrap()
}

/// Many clients at once on two processes; gives the history, and every list as it was read.
async fn history(settings: Settings) -> (Vec<Operation>, Vec<Vec<i64>>) {
    let app = App::with_city().await;
    let apps = [app.beside(settings.clone()).await, app.beside(settings).await];
    let key = app.editor().await;
    let mut caller = Caller {
        client: client(Duration::from_secs(30)),
        apps: [apps[0].url(""), apps[1].url("")],
        ids: Vec::new(),
        key,
        history: Vec::new(),
        lists: Vec::new(),
    };
    for record in 0..RECORDS {
        let asked = Instant::now();
        let made = app.create("places", &caller.key, place(&format!("Place {record}"))).await;
        caller.ids.push(made["id"].as_str().unwrap().to_owned());
        caller.note(record, asked, 1, false);
        caller.note(RECORDS, asked, number(&made), false);
    }
    let clients = (0..CLIENTS).map(|me| {
        let caller = Caller {
            client: caller.client.clone(),
            apps: caller.apps.clone(),
            ids: caller.ids.clone(),
            key: caller.key.clone(),
            history: Vec::new(),
            lists: Vec::new(),
        };
        tokio::spawn(caller.run(me))
    });
    let clients: Vec<_> = clients.collect();
    for client in clients {
        let client = client.await.unwrap();
        caller.history.extend(client.history);
        caller.lists.extend(client.lists);
    }
    // When all is done, both processes tell the same.
    for app in 0..2 {
        caller.list(app).await;
    }
    for app in &apps {
        // How many depends on how writes and reads fall between each other on a busy machine.
        assert!(app.metric("pobratim_cache_hits_total").await > 0, "the caches are hot");
        assert!(app.metric("pobratim_cache_misses_total").await > 0);
    }
    (caller.history, caller.lists)
}

#[tokio::test]
async fn every_read_is_the_newest_there_was() {
    let (history, mut lists) = history(Settings::default()).await;
    let writes = history.iter().filter(|operation| !operation.found.read).count();
    assert!(writes > 40, "enough was written while all read: {writes}");
    if let Some((earlier, later)) = violation(&history) {
        panic!("{later:?} was answered with the past, after {earlier:?}");
    }
    assert!(invented(&history).is_none());
    // What is read together stood together: of two lists, one is wholly the older.
    lists.sort_by_key(|list| list.iter().sum::<i64>());
    for pair in lists.windows(2) {
        assert!(pair[0].iter().zip(&pair[1]).all(|(older, newer)| older <= newer), "{pair:?}");
    }
}

#[tokio::test]
async fn without_asking_for_the_head_the_check_is_red() {
    let (history, _) = history(Settings { skip_head_check: true, ..Settings::default() }).await;
    let found = violation(&history);
    assert!(found.is_some(), "what is kept was given out as the newest, and nobody noticed");
}

#[test]
fn the_checker_tells_right_from_wrong() {
    let began = Instant::now();
    let at = |asked: u64, answered: u64, version: i64, read: bool| Operation {
        register: 0,
        asked: began + Duration::from_millis(asked),
        answered: began + Duration::from_millis(answered),
        found: Found { version, read },
    };
    let write = at(10, 20, 2, false);
    let good = [
        // Who reads during a write may find it, or not yet; so may two, one after the other.
        vec![at(0, 1, 1, false), write.clone(), at(12, 18, 1, true), at(13, 19, 2, true)],
        vec![at(0, 1, 1, false), write.clone(), at(11, 12, 1, true), at(13, 14, 2, true)],
        vec![at(0, 1, 1, false), write.clone(), at(21, 22, 2, true), at(23, 24, 2, true)],
    ];
    for history in good {
        assert!(violation(&history).is_none() && invented(&history).is_none(), "{history:?}");
    }
    let bad = [
        // The past, after the write was acknowledged.
        vec![at(0, 1, 1, false), write.clone(), at(21, 22, 1, true)],
        // Back to the past while the write still goes on.
        vec![at(0, 1, 1, false), write.clone(), at(11, 12, 2, true), at(13, 14, 1, true)],
        // Read before it was asked to be written.
        vec![at(0, 1, 1, false), write, at(5, 6, 2, true)],
    ];
    for history in bad {
        assert!(violation(&history).is_some(), "{history:?}");
    }
    assert!(invented(&[at(0, 1, 1, false), at(2, 3, 2, true)]).is_some(), "nobody wrote it");
    let other = Operation { register: 1, ..at(30, 31, 1, true) };
    assert!(violation(&[at(0, 1, 3, false), other]).is_none(), "another record has its own versions");
}
