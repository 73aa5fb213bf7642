//! Crashes under load: a server in a process of its own is killed, or its connections to the
//! database are, while writers create places and send again, with the same key, whatever was not
//! acknowledged. No acknowledged place may be lost, none may be there twice, and the journal's
//! chain must hold. `cargo xtask crash` runs it for longer.

use std::collections::{BTreeMap, VecDeque};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use actix_web::{App as ActixApp, HttpServer};
use pobratim_api::{Api, Settings, configure, issue_key};
use pobratim_domain::{ApiKey, Role};
use pobratim_persistence::{Clock, Database, DatabaseUrl};
use pobratim_tests::{Store, client};
use reqwest::{Client, Response};
use sea_orm::{ConnectionTrait as _, DatabaseConnection, DbBackend, Statement};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::task::JoinSet;

/// The address of the database that a server process serves.
const SERVER: &str = "POBRATIM_CRASH_SERVER";
/// How many rounds to run.
const ROUNDS: &str = "POBRATIM_CRASH_ROUNDS";
/// What stands before the address in the line a server process prints.
const LISTENING: &str = "listening on ";
/// How many write at once.
const WRITERS: u64 = 8;
/// How long after the first acknowledged write of a round something is killed, in milliseconds.
const PAUSE: std::ops::RangeInclusive<u64> = 50..=400;
/// How long a round may take to come to its first acknowledged write, and the end to the last.
const PATIENCE: Duration = Duration::from_secs(60);

/// Not a test: the server that the test below starts, in a process of its own. Without
/// `POBRATIM_CRASH_SERVER` in its environment, as in every run of the suite, it checks nothing and
/// returns at once.
#[test]
fn server_process() {
    let Ok(address) = std::env::var(SERVER) else { return };
    // Its input is a leash: it ends when the test is gone, however that came.
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin().lock(), &mut std::io::sink());
        std::process::exit(1);
    });
    actix_web::rt::System::new().block_on(async {
        let url: DatabaseUrl = address.parse().unwrap();
        let database = Database::open(url, None, Clock::system()).await.unwrap();
        let api = Api::new(database, Settings::default()).unwrap();
        let resumed = api.clone();
        let server = HttpServer::new(move || ActixApp::new().configure(|app| configure(&api, app)))
            .workers(2)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        // A line of its own, whatever the test harness has printed before.
        writeln!(std::io::stdout(), "\n{LISTENING}{}", server.addrs()[0]).unwrap();
        // As `pobratim serve` does.
        actix_web::rt::spawn(async move { pobratim_api::resume_imports(&resumed).await.unwrap() });
        server.run().await.unwrap();
    });
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_acknowledged_change_is_lost_and_none_is_doubled() {
    let rounds = std::env::var(ROUNDS).map_or(3, |text| text.parse::<u64>().unwrap());
    let store = Store::new().await;
    let key = operators_key(&store).await;
    let entries_before = entries(&store).await;
    let saboteur = match Store::server() {
        Some(_) => Some(sea_orm::Database::connect(&store.address).await.unwrap()),
        None => None,
    };

    let mut chance = Chance(0);
    let mut server = None;
    let mut writers: Vec<Writer> = (0..WRITERS).map(Writer::new).collect();
    let (mut killed, mut disconnected) = (0, 0);
    for round in 1..=rounds {
        let running = server.take().unwrap_or_else(|| Server::start(&store.address));
        let load = Load::new(&running, &key, false);
        let mut writing = load.start(writers);
        load.wait_for_first(&mut writing).await;
        tokio::time::sleep(chance.pause()).await;
        match &saboteur {
            Some(saboteur) if round % 2 == 0 => {
                assert!(disconnect(saboteur).await > 0, "a server under load has connections");
                disconnected += 1;
                tokio::time::sleep(chance.pause()).await;
                server = Some(running);
            }
            _ => {
                running.kill();
                killed += 1;
            }
        }
        writers = load.stop(writing).await;
    }

    let last = server.take().unwrap_or_else(|| Server::start(&store.address));
    let load = Load::new(&last, &key, true);
    let writing = load.start(writers);
    let Ok(writers) = tokio::time::timeout(PATIENCE, writing.join_all()).await else {
        panic!("what is left is not acknowledged within {PATIENCE:?}");
    };
    assert!(writers.iter().all(|writer| writer.unacknowledged.is_empty()));

    let mut acknowledged = BTreeMap::new();
    for writer in &writers {
        assert_eq!(writer.acknowledged.len() as u64, writer.made, "a request has one answer");
        acknowledged.extend(writer.acknowledged.clone());
    }
    let made: u64 = writers.iter().map(|writer| writer.made).sum();
    assert_eq!(acknowledged.len() as u64, made);
    compare(&load.places().await, &acknowledged);

    // And once more from the outside, after one more kill.
    last.kill();
    assert_eq!(entries(&store).await, entries_before + i64::try_from(made).unwrap(), "one entry a place");

    let sum = |count: fn(&Writer) -> u64| writers.iter().map(count).sum::<u64>();
    let (again, replayed, repeated) =
        (sum(|writer| writer.again), sum(|writer| writer.replayed), sum(|writer| writer.repeated));
    assert!(made >= rounds && repeated > 0, "there was a load");
    tell(&format!(
        "crash: {rounds} rounds ({killed} servers killed, {disconnected} times disconnected), {made} writes acknowledged, \
         {again} retried ({replayed} of them had been made), {repeated} acknowledged ones repeated: \
         none lost, none doubled, the journal verifies"
    ));
}

/// For `cargo xtask crash`, which shows this line; elsewhere the harness keeps it to itself.
#[expect(clippy::print_stdout, reason = "only what is printed so is captured by the harness")]
fn tell(line: &str) {
    println!("\n{line}");
}

pub(crate) async fn operators_key(store: &Store) -> String {
    let database = Database::open(store.url.clone(), None, Clock::system()).await.unwrap();
    let owner = "The crash test".to_owned();
    let key = ApiKey { owner, role: Role::Operator, scopes: Vec::new(), expires_at: None, revoked_at: None };
    let key = issue_key(&database, key, None, "crash").await.unwrap();
    database.close().await;
    key
}

/// Verifies the database; gives the number of the journal's entries.
pub(crate) async fn entries(store: &Store) -> i64 {
    let database = Database::open(store.url.clone(), None, Clock::system()).await.unwrap();
    let verified = database.verify().await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
    database.close().await;
    verified.entries
}

/// Ends every connection of the server, the writer's among them; gives how many there were.
async fn disconnect(saboteur: &DatabaseConnection) -> i64 {
    let sql = "SELECT count(pg_terminate_backend(pid)) AS ended FROM pg_stat_activity \
               WHERE application_name = 'pobratim' AND datname = current_database()";
    let row = saboteur.query_one_raw(Statement::from_string(DbBackend::Postgres, sql)).await.unwrap();
    row.unwrap().try_get("", "ended").unwrap()
}

fn compare(there: &BTreeMap<u64, Place>, acknowledged: &BTreeMap<u64, Place>) {
    let lost: Vec<_> = acknowledged.iter().filter(|(value, place)| there.get(value) != Some(place)).collect();
    assert!(lost.is_empty(), "acknowledged, but not there: {lost:?}");
    let unknown: Vec<_> = there.iter().filter(|(value, _)| !acknowledged.contains_key(value)).collect();
    assert!(unknown.is_empty(), "there, but not acknowledged: {unknown:?}");
}

/// A process that is killed at the latest when this is dropped: SIGKILL on Unix, which asks it
/// for nothing.
struct Process(Child);

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

/// A server in a process of its own.
pub(crate) struct Server {
    process: Process,
    pub(crate) address: SocketAddr,
    /// Read no more, but open: what it prints must go somewhere.
    _output: BufReader<ChildStdout>,
}

impl Server {
    /// Starts one and waits until it listens.
    pub(crate) fn start(database: &str) -> Self {
        let mut command = Command::new(std::env::current_exe().unwrap());
        command.args(["--exact", "crash::server_process", "--nocapture"]).env(SERVER, database);
        let mut process = Process(command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap());
        let mut output = BufReader::new(process.0.stdout.take().unwrap());
        let mut printed = String::new();
        loop {
            let from = printed.len();
            let read = output.read_line(&mut printed).unwrap();
            assert!(read > 0, "the server ended before it listened; it printed: {printed}");
            if let Some(address) = printed[from..].strip_prefix(LISTENING) {
                let address = address.trim().parse().unwrap();
                return Self { process, address, _output: output };
            }
        }
    }

    /// Kills it, and sees that nothing else had ended it before.
    pub(crate) fn kill(mut self) {
        assert_eq!(self.process.0.try_wait().unwrap(), None, "the server ended by itself");
        drop(self);
    }
}

/// A place as far as an acknowledgement must keep it.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Place {
    id: String,
    reference: String,
}

impl Place {
    fn read(json: &Value) -> Self {
        assert_eq!(json["version"], 1, "{json:#}");
        let text = |member: &str| json[member].as_str().unwrap().to_owned();
        Self { id: text("id"), reference: text("ref") }
    }

    /// The number in its external id.
    fn value(json: &Value) -> u64 {
        let ids = json["external_ids"].as_array().unwrap();
        assert_eq!(ids.len(), 1, "{json:#}");
        ids[0]["value"].as_str().unwrap().parse().unwrap()
    }
}

/// One who creates places, one after the other, and remembers what came of it. A request is known
/// by the number in its place's external id.
struct Writer {
    number: u64,
    /// How many different requests there were.
    made: u64,
    /// Sent, perhaps often, without an acknowledgement.
    unacknowledged: VecDeque<u64>,
    acknowledged: BTreeMap<u64, Place>,
    /// How often a request without an acknowledgement was sent again.
    again: u64,
    /// How many of those turned out to have been made.
    replayed: u64,
    /// How often an acknowledged request was sent again and answered alike.
    repeated: u64,
}

impl Writer {
    fn new(number: u64) -> Self {
        let (unacknowledged, acknowledged) = Default::default();
        Self { number, made: 0, unacknowledged, acknowledged, again: 0, replayed: 0, repeated: 0 }
    }

    /// Writes until the load is stopped, or until all is acknowledged when nothing new is wanted.
    async fn write(mut self, load: Arc<Load>) -> Self {
        self.repeat_last(&load).await;
        while !load.stopped.load(Ordering::SeqCst) {
            let is_retry = !self.unacknowledged.is_empty();
            if !is_retry && load.only_the_rest {
                break;
            }
            if is_retry {
                self.again += 1;
            } else {
                self.made += 1;
                self.unacknowledged.push_back(self.number * 1_000_000 + self.made);
            }
            let value = self.unacknowledged[0];
            let Some((place, was_replayed)) = load.create(value).await else { continue };
            assert!(is_retry || !was_replayed, "{value} was answered as if sent before");
            self.replayed += u64::from(was_replayed);
            self.unacknowledged.pop_front();
            self.acknowledged.insert(value, place);
            load.first.notify_one();
        }
        self
    }

    /// The last acknowledged request, sent once more: it must be known still.
    async fn repeat_last(&mut self, load: &Load) {
        let Some((value, place)) = self.acknowledged.last_key_value() else { return };
        while !load.stopped.load(Ordering::SeqCst) {
            let Some((again, was_replayed)) = load.create(*value).await else { continue };
            assert!(was_replayed, "{value} was acknowledged and is forgotten: it was made again");
            assert_eq!(again, *place, "{value} is answered otherwise than before");
            self.repeated += 1;
            break;
        }
    }
}

/// What the writers do to one server.
struct Load {
    client: Client,
    places: String,
    key: String,
    /// Whether nothing new is to be created.
    only_the_rest: bool,
    stopped: AtomicBool,
    /// Told of acknowledged writes.
    first: Notify,
}

impl Load {
    fn new(server: &Server, key: &str, only_the_rest: bool) -> Arc<Self> {
        Arc::new(Self {
            client: client(Duration::from_secs(15)),
            places: format!("http://{}/v1/places", server.address),
            key: key.to_owned(),
            only_the_rest,
            stopped: AtomicBool::new(false),
            first: Notify::new(),
        })
    }

    fn start(self: &Arc<Self>, writers: Vec<Writer>) -> JoinSet<Writer> {
        writers.into_iter().map(|writer| writer.write(Arc::clone(self))).collect()
    }

    /// Waits for the first acknowledged write, or for a writer that found a fault.
    async fn wait_for_first(&self, writing: &mut JoinSet<Writer>) {
        tokio::select! {
            () = self.first.notified() => {}
            Some(ended) = writing.join_next() => {
                ended.unwrap();
                panic!("a writer stopped before it was told to");
            }
            () = tokio::time::sleep(PATIENCE) => panic!("no write was acknowledged within {PATIENCE:?}"),
        }
    }

    async fn stop(&self, writing: JoinSet<Writer>) -> Vec<Writer> {
        self.stopped.store(true, Ordering::SeqCst);
        writing.join_all().await
    }

    /// Sends the request of this number; gives the acknowledgement and whether it is a repeated
    /// one. Nothing came when the server went away or said that it cannot now.
    async fn create(&self, value: u64) -> Option<(Place, bool)> {
        let body = json!({
            "kind": "municipality", "country": "CN", "visibility": "public",
            "names": [{"text": format!("Place {value}"), "lang": "en", "kind": "official", "preferred": true}],
            "external_ids": [{"scheme": "geonames", "value": value.to_string()}],
        });
        let request =
            self.client.post(&self.places).bearer_auth(&self.key).header("Idempotency-Key", format!("crash-{value}"));
        let response = request.header("Content-Type", "application/json").body(body.to_string()).send().await;
        let answer = match response {
            Ok(response) => read(response).await,
            Err(_) => None,
        };
        match answer {
            Some((201, was_replayed, json)) => {
                assert_eq!(Place::value(&json), value);
                Some((Place::read(&json), was_replayed))
            }
            None | Some((503, ..)) => {
                // A moment for the next server, or for the connection to be made anew.
                tokio::time::sleep(Duration::from_millis(5)).await;
                None
            }
            Some((status, _, json)) => panic!("{value} was answered with {status}: {json:#}"),
        }
    }

    /// All places there are, by the number in their external ids; none twice.
    async fn places(&self) -> BTreeMap<u64, Place> {
        let mut found = BTreeMap::new();
        let mut cursor = None;
        loop {
            let mut query = "limit=200".to_owned();
            if let Some(cursor) = &cursor {
                query = format!("{query}&cursor={cursor}");
            }
            let response =
                self.client.get(format!("{}?{query}", self.places)).bearer_auth(&self.key).send().await.unwrap();
            let (status, _, page) = read(response).await.unwrap();
            assert_eq!(status, 200, "{page:#}");
            for json in page["items"].as_array().unwrap() {
                let twice = found.insert(Place::value(json), Place::read(json));
                assert_eq!(twice, None, "{json:#} is there twice");
            }
            cursor = page["page"]["next_cursor"].as_str().map(str::to_owned);
            if cursor.is_none() {
                return found;
            }
        }
    }
}

/// Status, whether it is an earlier answer, and body; nothing when the answer broke off.
async fn read(response: Response) -> Option<(u16, bool, Value)> {
    let (status, was_replayed) = (response.status().as_u16(), response.headers().contains_key("idempotent-replayed"));
    let body = response.bytes().await.ok()?;
    Some((status, was_replayed, serde_json::from_slice(&body).unwrap()))
}

/// Numbers that look random and are the same in every run (SplitMix64 over a counter).
struct Chance(u64);

impl Chance {
    fn pause(&mut self) -> Duration {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut bits = self.0;
        bits = (bits ^ (bits >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        bits = (bits ^ (bits >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        bits ^= bits >> 31;
        Duration::from_millis(PAUSE.start() + bits % (PAUSE.end() - PAUSE.start() + 1))
    }
}
