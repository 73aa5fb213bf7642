//! The engine where it is hard: batches in which something fails, commands that take too long,
//! a full queue, two processes on one database, and a database that goes away.
//!
//! Several commands come into one batch because the writer is held by an earlier command while
//! they queue; a command is in the queue once its future was polled.

mod batches;
mod counts;
mod gone;
mod logs;
mod processes;
mod verify;
mod waits;

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::Poll;
use std::time::{Duration, Instant};

use pobratim_domain::{Place, Record, Timestamp};
use pobratim_persistence::{Clock, Database, Envelope, Error, Happened, Stamp, Tx, View};
use pobratim_tests::{NOW, Store};
use sea_orm::DatabaseConnection;
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::json;
use tokio::sync::oneshot;
use uuid::Uuid;

/// Longer than anything here may take.
const PATIENCE: Duration = Duration::from_secs(10);

type Made = (Uuid, String);
type Outcome<R> = Pin<Box<dyn Future<Output = Result<R, Error>> + Send>>;

async fn open(store: &Store, seed: u64) -> Database {
    let clock = Clock::fixed(Timestamp::parse(NOW).unwrap(), seed);
    Database::open(store.url.clone(), Some("a secret of the suite"), clock).await.unwrap()
}

/// A second connection to the same database, beside the engine.
async fn beside(store: &Store) -> DatabaseConnection {
    let mut options = sea_orm::ConnectOptions::new(store.address.clone());
    options.max_connections(1);
    sea_orm::Database::connect(options).await.unwrap()
}

fn place(name: &str) -> Record<Place> {
    let body = json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
        "external_ids": [{"scheme": "wikidata", "value": name}],
    });
    serde_json::from_value(body).unwrap()
}

async fn make(tx: &Tx, name: &str) -> Result<Made, Error> {
    let row = tx.create::<Place>(&View::System, None, place(name), Happened::plain("created")).await?;
    let envelope = Envelope::of::<Place>(&row)?;
    Ok((envelope.id, envelope.reference))
}

async fn create(database: &Database, name: &str) -> Result<Made, Error> {
    let name = name.to_owned();
    let written = database.write(Stamp::system("test"), None, move |tx| async move { make(&tx, &name).await }).await;
    written.map(|written| written.value)
}

/// Puts a command into the queue: it is there when this returns.
async fn queue<R, F, Fut>(database: &Database, command: F) -> Outcome<R>
where
    R: Serialize + DeserializeOwned + Send + 'static,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
{
    queue_within(database, PATIENCE, command).await
}

async fn queue_within<R, F, Fut>(database: &Database, deadline: Duration, command: F) -> Outcome<R>
where
    R: Serialize + DeserializeOwned + Send + 'static,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
{
    let database = database.clone();
    let mut outcome: Outcome<R> = Box::pin(async move {
        let written = database.write_within(deadline, Stamp::system("test"), None, command).await;
        written.map(|written| written.value)
    });
    let is_waiting = poll_fn(|context| Poll::Ready(outcome.as_mut().poll(context).is_pending())).await;
    assert!(is_waiting, "it is queued, not answered");
    outcome
}

async fn queue_place(database: &Database, name: &'static str) -> Outcome<Made> {
    queue(database, move |tx| async move { make(&tx, name).await }).await
}

/// The writer, kept busy by a command that changes nothing.
struct Held {
    release: oneshot::Sender<()>,
    outcome: Outcome<()>,
}

impl Held {
    async fn new(database: &Database) -> Self {
        let (taken, is_taken) = oneshot::channel();
        let (release, released) = oneshot::channel::<()>();
        let outcome = queue(database, move |_tx| async move {
            taken.send(()).unwrap();
            released.await.unwrap();
            Ok(())
        });
        let outcome = outcome.await;
        is_taken.await.unwrap();
        Self { release, outcome }
    }

    async fn release(self) {
        self.release.send(()).unwrap();
        self.outcome.await.unwrap();
    }
}

/// Whether every row has its journal entry, and there are exactly so many.
#[track_caller]
fn assert_sound(database: &Database, entries: i64) -> impl Future<Output = ()> {
    let caller = std::panic::Location::caller();
    async move {
        let verified = database.verify().await.unwrap();
        assert_eq!(verified.faults, Vec::<String>::new(), "{caller}");
        assert_eq!((verified.entries, database.head().await.unwrap().revision), (entries, entries), "{caller}");
    }
}

#[track_caller]
#[expect(clippy::needless_pass_by_value, reason = "an outcome is looked at once")]
fn assert_not_written<R: std::fmt::Debug>(outcome: Result<R, Error>) {
    assert!(matches!(outcome, Err(Error::NotWritten(_))), "{outcome:?}");
}

/// A request that must be answered 503 with Retry-After in time.
async fn unavailable(request: pobratim_tests::Request<'_>, code: &str) {
    let began = Instant::now();
    let reply = request.send().await.expect_problem(503, code);
    assert!(began.elapsed() < Duration::from_secs(3), "{code} after {:?}", began.elapsed());
    assert_eq!(reply.header("retry-after"), "1");
}

fn heihe(value: &str) -> serde_json::Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}],
        "external_ids": [{"scheme": "wikidata", "value": value}],
    })
}
