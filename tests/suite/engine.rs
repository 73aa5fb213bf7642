//! The engine where it is hard: batches in which something fails, commands that take too long,
//! a full queue, two processes on one database, and a database that goes away.
//!
//! Several commands come into one batch because the writer is held by an earlier command while
//! they queue; a command is in the queue once its future was polled.

use std::collections::BTreeSet;
use std::future::{Future, poll_fn};
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_domain::{Place, Record, Timestamp};
use pobratim_persistence::{
    Clock, Database, DatabaseUrl, Envelope, Error, Happened, Idempotency, QUEUE, Stamp, Tx, View,
};
use pobratim_tests::{App, NOW, Store, municipality};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{oneshot, watch};
use tokio::time::timeout;
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

/// Breaks a constraint.
async fn break_constraint(tx: &Tx) -> Result<(), Error> {
    for _ in 0..2 {
        tx.execute_unprepared("INSERT INTO counters (municipality, collection, last) VALUES ('x', 'x', 1)").await?;
    }
    Ok(())
}

/// Makes the database itself fail: the disk is full, or the connection is cut.
async fn fail(tx: &Tx) -> Result<(), Error> {
    if tx.get_database_backend() == DbBackend::Sqlite {
        // It holds for this connection only.
        tx.execute_unprepared("PRAGMA max_page_count = 1").await?;
        let much = "INSERT INTO counters (municipality, collection, last) VALUES (hex(randomblob(500000)), 'x', 1)";
        tx.execute_unprepared(much).await?;
    } else {
        tx.execute_unprepared("SELECT pg_terminate_backend(pg_backend_pid())").await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_command_that_fails_takes_only_itself_back() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let first = queue_place(&database, "first").await;
    // It has written before it is refused.
    let refused = queue(&database, |tx| async move {
        make(&tx, "refused").await?;
        make(&tx, "first").await
    });
    let refused = refused.await;
    let broken = queue(&database, |tx| async move {
        make(&tx, "broken").await?;
        break_constraint(&tx).await
    });
    let broken = broken.await;
    let last = queue_place(&database, "last").await;
    held.release().await;
    let (first, last) = (first.await.unwrap(), last.await.unwrap());
    let refused = refused.await;
    assert!(matches!(&refused, Err(Error::AlreadyExists(conflict)) if conflict.id == first.0), "{refused:?}");
    assert!(matches!(broken.await, Err(Error::Database(_))));
    assert_eq!((first.1.as_str(), last.1.as_str()), ("PLA-0001", "PLA-0002"), "numbers are taken back too");
    assert_sound(&database, 2).await;
}

#[tokio::test]
async fn a_command_whose_rows_are_refused_when_they_are_written_takes_only_itself_back() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let first = queue_place(&database, "first").await;
    // That its ref is taken is known by the index alone.
    let refused = queue(&database, |tx| async move {
        let mut record = place("refused");
        record.head.reference = "PLA-0001".to_owned();
        tx.create::<Place>(&View::System, None, record, Happened::plain("created")).await?;
        Ok(())
    });
    let refused = refused.await;
    let last = queue_place(&database, "last").await;
    // It looks at what the others have left to be written.
    let looks = queue(&database, |tx| async move {
        Ok(tx
            .query_all_raw(sea_orm::Statement::from_string(tx.get_database_backend(), "SELECT id FROM places"))
            .await?
            .len())
    });
    let looks = looks.await;
    held.release().await;
    assert_eq!((first.await.unwrap().1.as_str(), last.await.unwrap().1.as_str()), ("PLA-0001", "PLA-0002"));
    assert!(matches!(refused.await, Err(Error::Database(_))));
    assert_eq!(looks.await.unwrap(), 2);
    assert_sound(&database, 2).await;
    assert_eq!(create(&database, "next").await.unwrap().1, "PLA-0003");
    assert_sound(&database, 3).await;
}

#[tokio::test]
async fn a_command_sees_what_was_left_before_it_in_the_batch() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let region = queue_place(&database, "region").await;
    let inside = queue(&database, |tx| async move {
        let region = tx.by_external_id(pobratim_domain::CollectionName::Places, "", "wikidata", "region").await?;
        let mut record = place("inside");
        record.body.parent = region;
        tx.create::<Place>(&View::System, None, record, Happened::plain("created")).await?;
        let loaded = tx.get::<Place>(&View::System, region.unwrap()).await?;
        let mut changed = loaded.record.clone();
        changed.body.population = Some(7);
        tx.update::<Place>(&View::System, loaded, changed, Happened::plain("updated")).await?;
        Ok(region)
    });
    let inside = inside.await;
    let taken = queue_place(&database, "inside").await;
    held.release().await;
    assert_eq!(inside.await.unwrap(), Some(region.await.unwrap().0));
    assert!(matches!(taken.await, Err(Error::AlreadyExists(_))));
    assert_sound(&database, 3).await;
    assert_eq!(database.verify().await.unwrap().references, 1);
}

#[tokio::test]
async fn a_command_with_a_failed_statement_does_not_count_even_if_it_answers_well() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let before = queue_place(&database, "before").await;
    let doomed = queue(&database, |tx| async move {
        make(&tx, "doomed").await?;
        break_constraint(&tx).await.unwrap_err();
        // PostgreSQL would refuse this, SQLite would do it: neither gets to see it.
        make(&tx, "on").await.unwrap_err();
        tx.execute_unprepared("INSERT INTO counters (municipality, collection, last) VALUES ('y', 'y', 1)")
            .await
            .unwrap_err();
        Ok(())
    });
    let doomed = doomed.await;
    let after = queue_place(&database, "after").await;
    held.release().await;
    before.await.unwrap();
    assert!(matches!(doomed.await, Err(Error::Database(_))));
    after.await.unwrap();
    assert_sound(&database, 2).await;
}

#[tokio::test]
async fn a_database_that_fails_in_a_batch_takes_the_whole_batch_back() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    for swallows in [false, true] {
        let held = Held::new(&database).await;
        let before = queue_place(&database, "before").await;
        let refused = queue(&database, |_tx| async move { Err::<(), _>(Error::NotFound) }).await;
        let failing = queue(&database, move |tx| async move {
            make(&tx, "failing").await?;
            let failed = fail(&tx).await;
            assert!(failed.is_err(), "the fault was planted");
            if !swallows {
                return failed;
            }
            make(&tx, "on").await.unwrap_err();
            Ok(())
        });
        let failing = failing.await;
        held.release().await;
        assert_not_written(before.await);
        assert_not_written(refused.await);
        assert_not_written(failing.await);
        assert_sound(&database, 0).await;
    }
    // The writer has a connection of full use again, without a restart.
    create(&database, "before").await.unwrap();
    create(&database, &"long".repeat(50)).await.unwrap();
    assert_sound(&database, 2).await;
}

#[tokio::test]
async fn a_transaction_that_sqlite_dropped_by_itself_leaves_nothing() {
    if Store::server().is_some() {
        return; // PostgreSQL never does that.
    }
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let before = queue_place(&database, "before").await;
    let dropped = queue(&database, |tx| async move {
        make(&tx, "dropped").await?;
        let twice =
            "INSERT OR ROLLBACK INTO counters (municipality, collection, last) VALUES ('x', 'x', 1), ('x', 'x', 1)";
        tx.execute_unprepared(twice).await.unwrap_err();
        // No transaction is open now: what came through here would be committed by itself.
        tx.execute_unprepared("INSERT INTO counters (municipality, collection, last) VALUES ('y', 'y', 1)")
            .await
            .unwrap_err();
        Ok(())
    });
    let dropped = dropped.await;
    held.release().await;
    assert_not_written(before.await);
    assert_not_written(dropped.await);
    assert_sound(&database, 0).await;
    let other = beside(&store).await;
    let row =
        other.query_one_raw(sea_orm::Statement::from_string(DbBackend::Sqlite, "SELECT count(*) AS n FROM counters"));
    assert_eq!(row.await.unwrap().unwrap().try_get::<i64>("", "n").unwrap(), 0);
    create(&database, "before").await.unwrap();
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_panic_ends_its_batch_and_not_the_writer() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let before = queue_place(&database, "before").await;
    let panics = queue(&database, |tx| async move {
        make(&tx, "panics").await?;
        if tx.now() > Timestamp::from_micros(0) {
            panic!("planted by the suite");
        }
        Ok(())
    });
    let panics = panics.await;
    // It was not yet begun, so it goes into the next batch.
    let after = queue_place(&database, "after").await;
    held.release().await;
    assert_not_written(before.await);
    assert_not_written(panics.await);
    assert_eq!(after.await.unwrap().1, "PLA-0001");
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_command_that_takes_too_long_is_ended() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let before = queue_place(&database, "before").await;
    let endless = queue(&database, |tx| async move {
        make(&tx, "endless").await?;
        std::future::pending::<Result<(), Error>>().await
    });
    let endless = endless.await;
    held.release().await;
    let began = Instant::now();
    assert_not_written(endless.await);
    assert!(began.elapsed() < Duration::from_secs(2), "{:?}", began.elapsed());
    assert_not_written(before.await);
    assert_sound(&database, 0).await;
    create(&database, "next").await.unwrap();
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_statement_that_takes_too_long_is_ended() {
    if Store::server().is_none() {
        return; // SQLite's statements run in the process; none of ours waits.
    }
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let slow = queue(&database, |tx| async move {
        make(&tx, "slow").await?;
        tx.execute_unprepared("SELECT pg_sleep(30)").await?;
        Ok(())
    });
    assert_not_written(slow.await.await);
    // The server ends the statement itself, and the lock on the head with it.
    let began = Instant::now();
    while create(&database, "next").await.is_err() {
        assert!(began.elapsed() < Duration::from_secs(4), "the writer does not come back");
    }
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_deadline_withdraws_what_is_not_begun_and_waits_for_what_is() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let has_run = Arc::new(AtomicBool::new(false));
    let ran = has_run.clone();
    let late = queue_within(&database, Duration::from_millis(20), move |tx| async move {
        ran.store(true, Ordering::SeqCst);
        make(&tx, "late").await
    });
    let late = late.await;
    let patient = queue_place(&database, "patient").await;
    assert_not_written(late.await);
    held.release().await;
    patient.await.unwrap();
    assert!(!has_run.load(Ordering::SeqCst), "it was withdrawn");
    assert_sound(&database, 1).await;

    let (begun, is_begun) = oneshot::channel();
    let (release, released) = oneshot::channel::<()>();
    let mut claimed = queue_within(&database, Duration::from_millis(20), move |tx| async move {
        begun.send(()).unwrap();
        released.await.unwrap();
        make(&tx, "claimed").await
    })
    .await;
    is_begun.await.unwrap();
    let past_its_deadline = timeout(Duration::from_millis(100), &mut claimed).await;
    assert!(past_its_deadline.is_err(), "it is begun, so its caller waits for the outcome");
    release.send(()).unwrap();
    claimed.await.unwrap();
    assert_sound(&database, 2).await;
}

#[tokio::test]
async fn a_full_queue_says_no_at_once() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let mut waiting = Vec::new();
    for _ in 0..QUEUE {
        waiting.push(queue(&database, |_tx| async move { Ok(()) }).await);
    }
    let began = Instant::now();
    assert_not_written(create(&database, "too many").await);
    assert!(began.elapsed() < Duration::from_millis(200), "{:?}", began.elapsed());
    held.release().await;
    for outcome in waiting {
        outcome.await.unwrap();
    }
    create(&database, "room again").await.unwrap();
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_kept_handle_is_dead() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let (give, given) = oneshot::channel();
    let kept = queue(&database, |tx| async move {
        make(&tx, "made").await?;
        assert!(give.send(tx.clone()).is_ok());
        Ok(())
    });
    kept.await.await.unwrap();
    let kept = given.await.unwrap();
    // Neither while the writer rests nor while another command runs.
    kept.execute_unprepared("DELETE FROM places").await.unwrap_err();
    let held = Held::new(&database).await;
    kept.execute_unprepared("DELETE FROM places").await.unwrap_err();
    make(&kept, "after the end").await.unwrap_err();
    held.release().await;
    create(&database, "next").await.unwrap();
    assert_sound(&database, 2).await;
}

#[tokio::test]
async fn a_handle_that_is_busy_when_its_command_ends_ends_the_batch() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let escaped = queue(&database, |tx| async move {
        make(&tx, "made").await?;
        let kept = tx.clone();
        tokio::spawn(async move {
            loop {
                if kept.execute_unprepared("UPDATE counters SET last = 99").await.is_err() {
                    break;
                }
            }
        });
        Ok(())
    });
    // The slot is emptied between two of its statements: the command counts or it does not, and
    // what the loop wrote goes with it.
    let outcome = escaped.await.await;
    create(&database, "next").await.unwrap();
    assert_sound(&database, if outcome.is_ok() { 2 } else { 1 }).await;
}

#[tokio::test]
async fn many_callers_at_once_make_one_history() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let tasks: Vec<_> = (0..32)
        .map(|caller| {
            let database = database.clone();
            tokio::spawn(async move {
                let mut made = Vec::new();
                for turn in 0..4 {
                    made.push(create(&database, &format!("{caller} {turn}")).await.unwrap().1);
                }
                made
            })
        })
        .collect();
    let mut references = BTreeSet::new();
    for task in tasks {
        references.extend(task.await.unwrap());
    }
    assert_eq!(references.len(), 128, "no number was given twice");
    assert_eq!(references.last().unwrap(), "PLA-0128", "and none left out");
    assert_sound(&database, 128).await;
}

#[tokio::test]
async fn the_same_request_twice_in_one_batch_happens_once() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let held = Held::new(&database).await;
    let send = |fingerprint: &str| {
        let request = Idempotency { scope: "s".into(), key: "k".into(), fingerprint: fingerprint.into() };
        let database = database.clone();
        Box::pin(async move {
            let command = move |tx| async move { make(&tx, "once").await };
            database.write_within(PATIENCE, Stamp::system("test"), Some(request), command).await
        })
    };
    let (mut first, mut again, mut other) = (send("f"), send("f"), send("g"));
    for outcome in [&mut first, &mut again, &mut other] {
        assert!(poll_fn(|context| Poll::Ready(outcome.as_mut().poll(context).is_pending())).await);
    }
    held.release().await;
    let (first, again) = (first.await.unwrap(), again.await.unwrap());
    assert_eq!((first.replayed, again.replayed), (false, true));
    assert_eq!(first.value, again.value);
    assert!(matches!(other.await, Err(Error::KeyReused)));
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_connection_lost_at_the_commit_leaves_the_outcome_open() {
    if Store::server().is_none() {
        return; // SQLite has no connection to lose.
    }
    let app = App::with_city().await;
    let editor = app.editor().await;
    let before = app.database.verify().await.unwrap().entries;
    let beside = beside(&app.store).await;
    let at_commit = |what: &str| {
        format!(
            "CREATE OR REPLACE FUNCTION at_commit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN {what} RETURN NULL; END $$"
        )
    };
    beside.execute_unprepared(&at_commit("PERFORM pg_terminate_backend(pg_backend_pid());")).await.unwrap();
    let trigger = "CREATE CONSTRAINT TRIGGER at_commit AFTER INSERT ON places DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION at_commit()";
    beside.execute_unprepared(trigger).await.unwrap();
    let outcome = create(&app.database, "lost").await;
    assert!(matches!(outcome, Err(Error::OutcomeUnknown)), "{outcome:?}");
    let send = || app.post("/v1/places", heihe("Q1")).key(&editor).header("Idempotency-Key", "once").send();
    let reply = send().await.expect_problem(503, "outcome_unknown");
    assert_eq!(reply.header("retry-after"), "1");

    // What the database itself refuses at the commit is a definite no.
    beside.execute_unprepared(&at_commit("RAISE EXCEPTION 'no';")).await.unwrap();
    assert_not_written(create(&app.database, "refused").await);
    send().await.expect_problem(503, "not_written");

    beside.execute_unprepared("DROP TRIGGER at_commit ON places").await.unwrap();
    let made = send().await.expect(201);
    let again = send().await.expect(201);
    assert_eq!((again.header("idempotent-replayed"), &again.json), ("true", &made.json));
    assert_sound(&app.database, before + 1).await;
}

#[tokio::test]
async fn two_processes_write_one_history_and_see_each_other_at_once() {
    let store = Store::new().await;
    let (one, two) = (open(&store, 1).await, open(&store, 2).await);
    let writes = |mine: Database, other: Database, who: &'static str| async move {
        for turn in 0..15 {
            let before = other.head().await.unwrap().revision;
            let (id, reference) = create(&mine, &format!("{who} {turn}")).await.unwrap();
            let seen = other.read(async move |snapshot| {
                let row = snapshot.get::<Place>(&View::System, id).await?;
                Ok((Envelope::of::<Place>(&row)?.reference, snapshot.head().revision))
            });
            let (seen, revision) = seen.await.unwrap();
            assert_eq!(seen, reference, "the other process reads what was acknowledged");
            assert!(revision > before && other.head().await.unwrap().revision >= revision);
        }
    };
    let first = tokio::spawn(writes(one.clone(), two.clone(), "one"));
    let second = tokio::spawn(writes(two.clone(), one.clone(), "two"));
    first.await.unwrap();
    second.await.unwrap();
    assert_sound(&one, 30).await;
    assert_sound(&two, 30).await;
    let changes = one.read(async |snapshot| {
        let query = pobratim_persistence::ChangesQuery { limit: 100, ..Default::default() };
        snapshot.changes(&View::System, &query).await
    });
    let revisions: Vec<i64> = changes.await.unwrap().items.iter().map(|change| change.revision).collect();
    assert_eq!(revisions, (1..=30).collect::<Vec<_>>());
}

#[tokio::test]
async fn verify_finds_what_was_tampered_with() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let region = create(&database, "region").await.unwrap().0;
    let inside = database.write(Stamp::system("test"), None, move |tx| async move {
        let mut record = place("inside");
        record.body.parent = Some(region);
        let row = tx.create::<Place>(&View::System, None, record, Happened::plain("created")).await?;
        Ok(Envelope::of::<Place>(&row)?.id)
    });
    inside.await.unwrap();
    create(&database, "third").await.unwrap();
    assert_sound(&database, 3).await;
    assert_eq!(database.verify().await.unwrap().references, 1);

    let beside = beside(&store).await;
    let tables = ["journal", "places", "links", "head"];
    for table in tables {
        beside.execute_unprepared(&format!("CREATE TABLE kept_{table} AS SELECT * FROM {table}")).await.unwrap();
    }
    let id = "(SELECT record_id FROM kept_journal WHERE revision = 2)";
    let faults = [
        (
            "UPDATE journal SET content = replace(content, 'inside', 'outside') WHERE revision = 2".to_owned(),
            "revision 2: the content was altered",
        ),
        ("UPDATE journal SET salt = 'other' WHERE revision = 2".to_owned(), "revision 2: the content was altered"),
        ("UPDATE journal SET hash = 'other' WHERE revision = 2".to_owned(), "revision 2: the chain is broken"),
        ("UPDATE journal SET hash = 'other' WHERE revision = 2".to_owned(), "revision 3: the chain is broken"),
        (
            "UPDATE journal SET actor_name = 'somebody else' WHERE revision = 1".to_owned(),
            "revision 1: the chain is broken",
        ),
        ("UPDATE journal SET at = at + 1 WHERE revision = 3".to_owned(), "revision 3: the chain is broken"),
        (
            "UPDATE journal SET content_hash = 'other', content = NULL, salt = NULL WHERE revision = 3".to_owned(),
            "revision 3: the chain is broken",
        ),
        ("DELETE FROM journal WHERE revision = 2".to_owned(), "revision 3 follows 1: there is a gap"),
        ("DELETE FROM journal WHERE revision = 3".to_owned(), "the head is at revision 3, the journal at 2"),
        ("UPDATE head SET hash = 'other'".to_owned(), "the head is at revision 3, the journal at 3"),
        (format!("DELETE FROM places WHERE id = {id}"), "the journal tells of 3 records, there are 2"),
        (format!("UPDATE places SET version = 7 WHERE id = {id}"), "is at version 7, the journal says Some(1)"),
        (format!("UPDATE places SET kind = 'region' WHERE id = {id}"), "its content is not what the journal makes it"),
        (
            format!("UPDATE places SET name_key = 'other' WHERE id = {id}"),
            "its column name_key is not what its content",
        ),
        (format!("UPDATE places SET deleted_at = 1 WHERE id = {id}"), "whether it is deleted is not what"),
        (
            format!(
                "UPDATE links SET target = record_id WHERE record_id = {id}; UPDATE places SET deleted_at = 1 WHERE id = {id}"
            ),
            "which is not there",
        ),
    ];
    for (sql, fault) in faults {
        beside.execute_unprepared(&sql).await.unwrap();
        let found = database.verify().await.unwrap();
        assert!(found.faults.iter().any(|found| found.contains(fault)), "{sql}: {:#?}", found.faults);
        for table in tables {
            beside.execute_unprepared(&format!("DELETE FROM {table}")).await.unwrap();
            beside.execute_unprepared(&format!("INSERT INTO {table} SELECT * FROM kept_{table}")).await.unwrap();
        }
        assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new(), "{sql} was put back");
    }
    // What was erased by right is told, and no fault.
    beside.execute_unprepared("UPDATE journal SET content = NULL, salt = NULL WHERE revision = 2").await.unwrap();
    let erased = database.verify().await.unwrap();
    assert_eq!((erased.erased, erased.faults), (1, Vec::new()));
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

#[tokio::test]
async fn somebody_who_holds_the_lock_too_long_is_not_waited_for() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let beside = beside(&app.store).await;
    if Store::server().is_none() {
        beside.execute_unprepared("BEGIN IMMEDIATE").await.unwrap();
    } else {
        beside.execute_unprepared("BEGIN").await.unwrap();
        beside.execute_unprepared("SELECT * FROM head FOR UPDATE").await.unwrap();
    }
    let post = |value: &str| app.post("/v1/places", heihe(value)).key(&editor);
    tokio::join!(
        unavailable(post("Q1"), "not_written"),
        unavailable(post("Q2"), "not_written"),
        unavailable(post("Q3"), "not_written"),
        async {
            app.get("/v1/places").send().await.expect(200);
        },
    );
    beside.execute_unprepared("ROLLBACK").await.unwrap();
    let made = post("Q4").send().await.expect(201);
    assert_eq!(made.json["ref"], "PLA-0001", "the others did not happen");
}

/// How the proxy between app and server behaves.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Line {
    Open,
    /// Connections stand, nothing passes.
    Silent,
    /// Connections are cut, new ones too.
    Cut,
}

/// Passes bytes between the app and the PostgreSQL server, as long as the test lets it.
async fn proxy(to: String) -> (SocketAddr, watch::Sender<Line>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (line, seen) = watch::channel(Line::Open);
    tokio::spawn(async move {
        while let Ok((near, _)) = listener.accept().await {
            let (to, mut cut) = (to.clone(), seen.clone());
            let mode = seen.clone();
            tokio::spawn(async move {
                let passing = async {
                    let far = TcpStream::connect(to).await.unwrap();
                    let ((near_in, near_out), (far_in, far_out)) = (near.into_split(), far.into_split());
                    tokio::select! {
                        () = pass(near_in, far_out, mode.clone()) => {}
                        () = pass(far_in, near_out, mode.clone()) => {}
                    }
                };
                tokio::select! {
                    () = passing => {}
                    _ = cut.wait_for(|line| *line == Line::Cut) => {}
                }
            });
        }
    });
    (address, line)
}

async fn pass(
    mut from: impl AsyncReadExt + Unpin,
    mut to: impl AsyncWriteExt + Unpin,
    mut line: watch::Receiver<Line>,
) {
    let mut buffer = [0; 8192];
    while let Ok(length @ 1..) = from.read(&mut buffer).await {
        if line.wait_for(|line| *line == Line::Open).await.is_err() || to.write_all(&buffer[..length]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn a_database_that_is_gone_is_told_in_time_and_found_again() {
    let Some(server) = Store::server() else {
        return; // A file does not go away; the lock that is held stands above.
    };
    let server = url_host(server);
    let (address, line) = proxy(server.clone()).await;
    let mut store = Store::new().await;
    let through = store.address.replace(&server, &address.to_string());
    assert_ne!(through, store.address, "the app goes through the proxy");
    store.url = through.parse::<DatabaseUrl>().unwrap();
    let app = App::start_with(store, Settings::default()).await;
    app.create("municipalities", &app.operator().await, municipality("blagoveshchensk")).await;
    let editor = app.editor().await;
    app.post("/v1/places", heihe("Q1")).key(&editor).send().await.expect(201);

    for state in [Line::Cut, Line::Silent] {
        line.send_replace(state);
        let read = || app.get("/v1/places").key(&editor);
        tokio::join!(
            unavailable(read(), "unavailable"),
            unavailable(read(), "unavailable"),
            unavailable(read(), "unavailable"),
            unavailable(app.get("/v1/places"), "unavailable"),
            unavailable(app.get("/readyz"), "unavailable"),
            unavailable(app.post("/v1/places", heihe("Q2")).key(&editor), "unavailable"),
            async {
                app.get("/livez").send().await.expect(200);
                app.get("/v1/codelists").send().await.expect(200);
                let outcome = create(&app.database, "Q3").await;
                assert!(matches!(outcome, Err(Error::NotWritten(_))), "{outcome:?}");
            },
        );
        line.send_replace(Line::Open);
        let began = Instant::now();
        while app.get("/readyz").send().await.status != 200 {
            assert!(began.elapsed() < Duration::from_secs(5), "{state:?}: the app does not come back");
        }
        while create(&app.database, &format!("{state:?}")).await.is_err() {
            assert!(began.elapsed() < Duration::from_secs(5), "{state:?}: the writer does not come back");
        }
        read().send().await.expect(200);
    }
    app.post("/v1/places", heihe("Q2")).key(&editor).send().await.expect(201);
    let listed = app.get("/v1/places").send().await.expect(200);
    assert_eq!(listed.json["items"].as_array().unwrap().len(), 4, "one before, one after each, one at the end");
    let verified = app.database.verify().await.unwrap();
    assert_eq!(verified.faults, Vec::<String>::new());
}

/// `host:port` of a PostgreSQL address.
fn url_host(address: &str) -> String {
    let rest = address.split("://").nth(1).unwrap();
    let rest = rest.split('/').next().unwrap();
    rest.rsplit('@').next().unwrap().to_owned()
}
