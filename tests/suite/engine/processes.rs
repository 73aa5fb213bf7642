//! Many callers and two processes: one history.

use std::collections::BTreeSet;

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
