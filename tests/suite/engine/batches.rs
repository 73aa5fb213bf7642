//! Batches in which something fails: what is taken back, and what is not.

use std::future::poll_fn;
use std::task::Poll;

use pobratim_domain::{CityEvent, Place, Record, Slug, Timestamp};
use pobratim_persistence::{Error, Happened, Idempotency, Stamp, Tx, View};
use pobratim_tests::{App, Store};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::json;
use tokio::sync::oneshot;

use super::{Held, PATIENCE, assert_not_written, assert_sound, beside, create, make, open, place, queue, queue_place};

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

/// What was found once is found where it was looked for, and nowhere else.
#[tokio::test]
async fn a_place_that_is_referred_to_is_no_event() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let place = create(&app.database, "Heihe").await.unwrap().0;
    let event = |parent: Option<uuid::Uuid>| -> Record<CityEvent> {
        let body = json!({"kind": "fair", "title": {"en": "Fair"}, "status": "planned", "visibility": "public",
            "place": place, "parent": parent});
        serde_json::from_value(body).unwrap()
    };
    let (good, wrong) = (event(None), event(Some(place)));
    let written = app.database.write(Stamp::system("test"), None, move |tx| async move {
        let keeper = Slug::parse("blagoveshchensk").ok();
        tx.create(&View::System, keeper.clone(), good, Happened::plain("created")).await?;
        tx.create(&View::System, keeper, wrong, Happened::plain("created")).await?;
        Ok(())
    });
    let refused = written.await;
    assert!(matches!(&refused, Err(Error::Refused(_))) && format!("{refused:?}").contains("/parent"), "{refused:?}");

    // Nor when the record itself refers to it already.
    let body =
        json!({"kind": "fair", "title": {"en": "Fair"}, "status": "idea", "visibility": "public", "place": place});
    let event = app.create("events", &editor, body).await;
    let patch = app.request("PATCH", &format!("/v1/events/{}", event["id"].as_str().unwrap()));
    let patch = patch.json(json!({"parent": place})).header("If-Match", "*").key(&editor);
    let refused = patch.send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/parent".into(), "unknown_reference".into())]);
}
