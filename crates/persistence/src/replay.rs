//! Replaying the journal: what each record comes to when its changes are made again, one by one,
//! and whether its row says the same. Runs over ids in slices, so memory does not grow with the database.

use std::collections::HashMap;

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{CollectionName, Record, merge};
use sea_orm::{ColumnTrait, EntityTrait, IdenStatic, Iterable, ModelTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::journal::{Content, entry};
use crate::read::Snapshot;
use crate::save::strip;
use crate::stored::{Column, Envelope, Stored, Table, column, to_record, to_row};

/// How many records are replayed at once.
const SLICE: u64 = 200;

/// What the journal makes of a record.
#[derive(Default)]
struct Replayed {
    content: Json,
    deleted: bool,
    /// Content of it was erased, so what it should be is no longer known.
    erased: bool,
}

/// What is wrong with the records of a collection.
pub(crate) fn faults(
    snapshot: &Snapshot,
    collection: CollectionName,
) -> LocalBoxFuture<'_, Result<Vec<String>, Error>> {
    visit(collection, Replay { snapshot })
}

struct Replay<'s> {
    snapshot: &'s Snapshot,
}

impl<'s> Visitor for Replay<'s> {
    type Output = LocalBoxFuture<'s, Result<Vec<String>, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        faults_of::<T>(self.snapshot).boxed_local()
    }
}

async fn faults_of<T: Stored>(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    let mut last = Uuid::nil();
    loop {
        let id = column::<T>("id")?;
        let rows =
            Table::<T>::find().filter(id.gt(last)).order_by_asc(id).limit(SLICE).all(snapshot.connection()).await?;
        let envelopes = rows.iter().map(Envelope::of::<T>).collect::<Result<Vec<_>, _>>()?;
        let Some(end) = envelopes.last() else { return Ok(faults) };
        last = end.id;
        let replayed = replay::<T>(snapshot, &envelopes).await?;
        for (row, envelope) in rows.iter().zip(&envelopes) {
            if let Some(replayed) = replayed.get(&envelope.id)
                && let Some(fault) = fault::<T>(row, envelope, replayed)?
            {
                faults.push(format!("{} {}: {fault}", T::NAME, envelope.id));
            }
        }
    }
}

async fn replay<T: Stored>(snapshot: &Snapshot, envelopes: &[Envelope]) -> Result<HashMap<Uuid, Replayed>, Error> {
    let entries = entry::Entity::find()
        .filter(entry::Column::Collection.eq(T::NAME.as_str()))
        .filter(entry::Column::RecordId.is_in(envelopes.iter().map(|envelope| envelope.id)))
        .order_by_asc(entry::Column::Revision)
        .all(snapshot.connection())
        .await?;
    let mut records: HashMap<Uuid, Replayed> = HashMap::new();
    for entry in entries {
        let record = records.entry(entry.record_id).or_default();
        record.deleted = entry.action == "delete";
        match entry.content.as_deref().map(serde_json::from_str::<Content>) {
            Some(Ok(content)) => merge(&mut record.content, &content.patch),
            // An altered content is told of by the chain's check.
            Some(Err(_)) | None => record.erased = true,
        }
    }
    Ok(records)
}

/// What the journal makes of a record as this program would tell it: members that came after it was
/// written have their defaults.
fn told_today<T: Stored>(content: &Json) -> Option<Json> {
    let record: Record<T> = serde_json::from_value(content.clone()).ok()?;
    let mut content = record.to_json().ok()?;
    strip(&mut content);
    Some(content)
}

/// The first thing in which a row differs from what the journal makes of it.
fn fault<T: Stored>(row: &T::Row, envelope: &Envelope, replayed: &Replayed) -> Result<Option<String>, Error> {
    if envelope.deleted != replayed.deleted {
        return Ok(Some("whether it is deleted is not what the journal makes it".to_owned()));
    }
    let (record, mut content) = match to_record::<T>(row) {
        Ok(read) => read,
        Err(Error::Corrupt { detail, .. }) => return Ok(Some(format!("it cannot be read: {detail}"))),
        Err(error) => return Err(error),
    };
    strip(&mut content);
    let is_told = || content == replayed.content || told_today::<T>(&replayed.content).as_ref() == Some(&content);
    if !replayed.erased && !is_told() {
        return Ok(Some("its content is not what the journal makes it".to_owned()));
    }
    // What is found, sorted and filtered by is made from the content alone.
    let made = to_row(&record)?;
    let kept = column::<T>("deleted_at")?.as_str();
    let differing = Column::<T>::iter()
        .filter(|column| column.as_str() != kept)
        .find(|column| row.get(*column) != made.get(*column));
    Ok(differing.map(|column| format!("its column {} is not what its content makes it", column.as_str())))
}

#[cfg(test)]
mod tests {
    use pobratim_domain::Exchange;
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_written_before_a_member_came_is_the_same_record() {
        let id = "01890a5d-ac96-774b-bcce-b302099a8001";
        let mut now = json!({
            "id": id, "ref": "EXC-0001", "municipality": "blagoveshchensk", "visibility": "public", "tags": [], "sources": [],
            "claims": [], "external_ids": [], "created_at": "2011-09-05T01:30:00.000000Z", "title": {"en": "Visit"},
            "direction": "outgoing", "mode": "in_person", "audience": "officials", "origin": id, "destination": id,
            "fields": [], "state": "proposed", "partnerships": [], "events": [], "projects": [], "implementers": [],
            "itinerary": [], "highlight": false, "counts_in_statistics": true,
        });
        let mut before = now.clone();
        before.as_object_mut().unwrap().remove("projects");
        assert_eq!(told_today::<Exchange>(&before), Some(now.clone()));
        now["projects"] = json!([id]);
        assert_ne!(told_today::<Exchange>(&before), Some(now));
        assert_eq!(told_today::<Exchange>(&json!({"title": 7})), None);
    }
}
