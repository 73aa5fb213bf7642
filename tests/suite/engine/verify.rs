//! `verify` finds each kind of tampering.

use pobratim_domain::Place;
use pobratim_persistence::{Envelope, Happened, Stamp, View};
use pobratim_tests::Store;
use sea_orm::ConnectionTrait;

use super::{assert_sound, beside, create, open, place};

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
