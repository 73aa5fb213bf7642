//! Crashes under load: a server in a process of its own is killed, or its connections to the
//! database are, while writers create places and send again, with the same key, whatever was not
//! acknowledged. No acknowledged place may be lost, none may be there twice, and the journal's
//! chain must hold. `cargo xtask crash` runs it for longer.

#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test that cannot go on stops")]

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
use pobratim_tests::Store;
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
        let server = HttpServer::new(move || ActixApp::new().configure(|app| configure(&api, app)))
            .workers(2)
            .disable_signals()
            .bind("127.0.0.1:0")
            .unwrap();
        // A line of its own, whatever the test harness has printed before.
        writeln!(std::io::stdout(), "\n{LISTENING}{}", server.addrs()[0]).unwrap();
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
        let writing = load.start(writers);
        load.wait_for_first().await;
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
    let writers = tokio::time::timeout(PATIENCE, writing.join_all()).await.expect("all that is left is acknowledged soon");
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
    let (again, replayed, repeated) = (sum(|writer| writer.again), sum(|writer| writer.replayed), sum(|writer| writer.repeated));
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

async fn operators_key(store: &Store) -> String {
    let database = Database::open(store.url.clone(), None, Clock::system()).await.unwrap();
    let owner = "The crash test".to_owned();
    let key = ApiKey { owner, role: Role::Operator, scopes: Vec::new(), expires_at: None, revoked_at: None };
    let key = issue_key(&database, key, None, "crash").await.unwrap();
    database.close().await;
    key
}

/// Verifies the database; gives the number of the journal's entries.
async fn entries(store: &Store) -> i64 {
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

/// A server process. It is killed at the latest when this is dropped.
struct Server {
    child: Child,
    address: SocketAddr,
    /// Read no more, but open: what it prints must go somewhere.
    _output: BufReader<ChildStdout>,
}

impl Server {
    fn start(database: &str) -> Self {
        let mut child = Command::new(std::env::current_exe().unwrap())
            .args(["--exact", "crash::server_process", "--nocapture"])
            .env(SERVER, database)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let mut output = BufReader::new(child.stdout.take().unwrap());
        // From here on it is killed even when what follows panics.
        let mut server = Guard(Some(child));
        let mut printed = String::new();
        loop {
            let from = printed.len();
            let read = output.read_line(&mut printed).unwrap();
            assert!(read > 0, "the server ended before it listened; it printed: {printed}");
            if let Some(address) = printed[from..].strip_prefix(LISTENING) {
                let address = address.trim().parse().unwrap();
                return Self { child: server.0.take().unwrap(), address, _output: output };
            }
        }
    }

    /// Kills it, which asks it for nothing: SIGKILL on Unix.
    fn kill(self) {
        drop(self);
    }
}
