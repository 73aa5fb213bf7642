//! Readings of the journal: a record's history, and all changes as a feed.
//!
//! An entry is shown by view as records are, judged by the record's visibility then and now. A
//! caller who loses sight of a record gets one `withdrawn` entry with its id only; one who comes to
//! see it gets a `revealed` entry, and has to get the record.

use std::collections::{BTreeMap, HashMap};

use pobratim_domain::{CollectionName, Timestamp};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::error::Error;
use crate::journal::{Content, entry};
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

/// How many entries one query looks at.
const SCAN: u64 = 500;
/// How many entries one answer looks at; a feed full of what the caller may not see is walked in
/// several answers.
const SCAN_MOST: usize = 5_000;

/// A change as a caller sees it.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Its number.
    pub revision: i64,
    /// When it was made.
    pub at: Timestamp,
    /// The collection.
    pub collection: CollectionName,
    /// The record.
    pub record_id: Uuid,
    /// What is told beyond that; nothing when the record was withdrawn from the caller's sight.
    pub told: Option<Told>,
}

/// What is told of a change to those who see the record.
#[derive(Clone, Debug, PartialEq)]
pub struct Told {
    /// The record's ref.
    pub reference: String,
    /// The municipality that keeps it; empty for the shared directory.
    pub municipality: String,
    /// The version the record has after it.
    pub version: i64,
    /// `create`, `update`, `delete` or `restore`.
    pub action: String,
    /// What happened, such as `partnership.transitioned`.
    pub event: String,
    /// Who did it, when the caller may know: the id of the credential and its owner.
    pub actor: Option<(String, String)>,
    /// The request, when the caller may know.
    pub request_id: Option<String>,
    /// What changed; nothing when it was erased.
    pub content: Option<Content>,
}

/// Some changes, and how far the journal was read for them.
#[derive(Clone, Debug, PartialEq)]
pub struct Changes {
    /// The changes, oldest first.
    pub items: Vec<Change>,
    /// Everything up to this revision was looked at.
    pub read_to: i64,
    /// Whether the journal goes on beyond.
    pub more: bool,
}

/// Which changes.
#[derive(Clone, Debug, Default)]
pub struct ChangesQuery {
    /// Those after this revision.
    pub after: i64,
    /// How many at most.
    pub limit: usize,
    /// Only of this record.
    pub record: Option<Uuid>,
    /// Only of these collections; empty for all.
    pub collections: Vec<CollectionName>,
    /// Only of records kept by this municipality.
    pub municipality: Option<String>,
    /// Only these events.
    pub event: Option<String>,
}

impl Snapshot {
    /// The changes that the caller may see, in the order they were made.
    pub async fn changes(&self, view: &View, query: &ChangesQuery) -> Result<Changes, Error> {
        let mut changes = Changes { items: Vec::new(), read_to: query.after, more: false };
        let mut looked_at = 0;
        loop {
            let rows = self.entries(query, changes.read_to).await?;
            let last = rows.len() < usize::try_from(SCAN).unwrap_or(usize::MAX);
            let now = self.visibility_now(&rows).await?;
            for row in rows {
                if changes.items.len() == query.limit {
                    changes.more = true;
                    return Ok(changes);
                }
                changes.read_to = row.revision;
                looked_at += 1;
                changes.items.extend(seen(view, &row, &now));
            }
            if last {
                // Nothing more is there: the caller has seen all of this snapshot.
                changes.read_to = Ord::max(changes.read_to, self.head().revision);
                return Ok(changes);
            }
            if looked_at >= SCAN_MOST {
                changes.more = true;
                return Ok(changes);
            }
        }
    }

    async fn entries(&self, query: &ChangesQuery, after: i64) -> Result<Vec<entry::Model>, Error> {
        let mut select = entry::Entity::find().filter(entry::Column::Revision.gt(after));
        if let Some(record) = query.record {
            select = select.filter(entry::Column::RecordId.eq(record));
        }
        if !query.collections.is_empty() {
            select = select.filter(entry::Column::Collection.is_in(query.collections.iter().map(|name| name.as_str())));
        }
        if let Some(municipality) = &query.municipality {
            select = select.filter(entry::Column::Municipality.eq(municipality));
        }
        if let Some(event) = &query.event {
            select = select.filter(entry::Column::Event.eq(event));
        }
        Ok(select.order_by_asc(entry::Column::Revision).limit(SCAN).all(self.connection()).await?)
    }

    /// The visibility that the records of these entries have now, one query a collection.
    async fn visibility_now(&self, rows: &[entry::Model]) -> Result<HashMap<Uuid, String>, Error> {
        let mut wanted: BTreeMap<CollectionName, Vec<Uuid>> = BTreeMap::new();
        for row in rows {
            if let Some(collection) = CollectionName::parse(&row.collection) {
                wanted.entry(collection).or_default().push(row.record_id);
            }
        }
        let mut visibility = HashMap::new();
        for (collection, mut ids) in wanted {
            ids.sort_unstable();
            ids.dedup();
            let statement = Query::select()
                .columns([Alias::new("id"), Alias::new("visibility")])
                .from(table_name(collection))
                .and_where(Expr::col(Alias::new("id")).is_in(ids))
                .to_owned();
            for row in self.connection().query_all(&statement).await? {
                visibility.insert(row.try_get("", "id")?, row.try_get("", "visibility")?);
            }
        }
        Ok(visibility)
    }
}

fn seen(view: &View, row: &entry::Model, now: &HashMap<Uuid, String>) -> Option<Change> {
    let collection = CollectionName::parse(&row.collection)?;
    let sees = |visibility: &str| view.sees(collection, &row.municipality, visibility);
    let change = |told| Change {
        revision: row.revision,
        at: Timestamp::from_micros(row.at),
        collection,
        record_id: row.record_id,
        told,
    };
    if !sees(&row.visibility) {
        let was_seen = row.visibility_before.as_deref().is_some_and(sees);
        return was_seen.then(|| change(None));
    }
    if !now.get(&row.record_id).is_some_and(|visibility| sees(visibility)) {
        return None;
    }
    let own = view.sees_notes(&row.municipality);
    let mut content = row.content.as_deref().and_then(|content| serde_json::from_str::<Content>(content).ok());
    if let (Some(content), false) = (&mut content, own) {
        without(&mut content.patch, "notes");
        without(&mut content.inverse, "notes");
        if let Some(detail) = &mut content.detail {
            without(detail, "reason");
        }
    }
    // A patch is no use to who did not see the record before, and what it was is not theirs to know.
    let revealed = row.visibility_before.as_deref().is_some_and(|before| !sees(before));
    Some(change(Some(Told {
        reference: row.record_ref.clone(),
        municipality: row.municipality.clone(),
        version: row.version,
        action: row.action.clone(),
        event: if revealed { format!("{}.revealed", collection.singular()) } else { row.event.clone() },
        actor: own.then(|| (row.actor.clone(), row.actor_name.clone())),
        request_id: own.then(|| row.request_id.clone()),
        content: content.filter(|_| !revealed),
    })))
}

fn without(part: &mut Json, member: &str) {
    if let Json::Object(members) = part {
        members.remove(member);
    }
}
