//! What another program leaves in SQLite's log.

use pobratim_tests::Store;
use sea_orm::{ConnectionTrait, DatabaseConnection};

use super::{assert_sound, beside, create, open};

/// A program that holds checkpoints back and writes four megabytes.
async fn writes_much(store: &Store) -> DatabaseConnection {
    let foreign = beside(store).await;
    foreign.execute_unprepared("PRAGMA wal_autocheckpoint = 0").await.unwrap();
    foreign.execute_unprepared("CREATE TABLE much (content BLOB)").await.unwrap();
    foreign
        .execute_unprepared(
            "WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < 1000) \
             INSERT INTO much SELECT randomblob(4000) FROM numbers",
        )
        .await
        .unwrap();
    foreign
}

fn log_of(store: &Store) -> u64 {
    let mut log = store.url.file().unwrap().clone().into_os_string();
    log.push("-wal");
    std::fs::metadata(log).unwrap().len()
}

#[tokio::test]
async fn a_log_that_another_program_left_is_settled() {
    let store = Store::sqlite().await;
    let foreign = writes_much(&store).await;
    assert!(log_of(&store) > 4_000_000, "{}", log_of(&store));
    store.url.settle_log().await;
    assert_eq!(log_of(&store), 0);
    foreign.close().await.unwrap();
    let database = open(&store, 1).await;
    create(&database, "first").await.unwrap();
    assert_sound(&database, 1).await;
}

#[tokio::test]
async fn a_log_that_is_read_is_left() {
    let store = Store::sqlite().await;
    let reader = beside(&store).await;
    reader.execute_unprepared("BEGIN; SELECT count(*) FROM places").await.unwrap();
    let foreign = writes_much(&store).await;
    store.url.settle_log().await;
    assert!(log_of(&store) > 4_000_000, "{}", log_of(&store));
    let database = open(&store, 1).await;
    create(&database, "first").await.unwrap();
    assert_sound(&database, 1).await;
    reader.execute_unprepared("ROLLBACK").await.unwrap();
    store.url.settle_log().await;
    assert_eq!(log_of(&store), 0);
    drop(foreign);
}
