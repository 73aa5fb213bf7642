//! Many callers and two processes: one history.

use std::collections::BTreeSet;
use std::future::Future as _;

use pobratim_domain::Place;
use pobratim_persistence::{Database, Envelope, View};
use pobratim_tests::Store;

use super::{assert_sound, create, open};

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
async fn who_reads_the_head_for_others_may_go_away() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    // A worker asks, and ends before its question is put.
    let theirs = database.clone();
    let worker = std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async move {
            let mut head = Box::pin(theirs.head());
            let asked =
                std::future::poll_fn(|context| std::task::Poll::Ready(head.as_mut().poll(context).is_pending()));
            assert!(asked.await);
        });
    });
    worker.join().unwrap();
    let began = std::time::Instant::now();
    let heads = futures_util::future::join_all((0..50).map(|_| database.head())).await;
    assert!(heads.iter().all(|head| head.as_ref().is_ok_and(|head| head.revision == 0)), "{heads:?}");
    assert!(began.elapsed() < std::time::Duration::from_secs(1), "nobody waits for who is gone");
}
