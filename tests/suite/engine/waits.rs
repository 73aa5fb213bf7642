//! What takes too long: commands, statements, the queue, somebody else's lock.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use pobratim_persistence::{Error, QUEUE};
use pobratim_tests::{App, Store};
use sea_orm::ConnectionTrait;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::{
    Held, assert_not_written, assert_sound, beside, create, heihe, make, open, queue, queue_place, queue_within,
    unavailable,
};

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
