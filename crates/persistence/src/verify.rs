//! Verifying a database: the chain of the journal, each record against the journal, the references,
//! what records are found by, what statistics count, the database's own pages.

use std::collections::BTreeMap;

use pobratim_domain::CollectionName;
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::backend;
use crate::counts;
use crate::error::Error;
use crate::findable::link;
use crate::head;
use crate::index;
use crate::journal::{chain_hash, content_hash, entry};
use crate::read::Snapshot;
use crate::replay;
use crate::stored::table_name;

/// What was found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Verified {
    /// How many entries the journal has.
    pub entries: i64,
    /// How many of them were erased.
    pub erased: i64,
    /// How many references were followed.
    pub references: i64,
    /// What is wrong; empty when all is well.
    pub faults: Vec<String>,
}

/// Checks everything.
pub(crate) async fn verify(snapshot: &Snapshot) -> Result<Verified, Error> {
    let mut verified = Verified::default();
    let versions = chain(snapshot, &mut verified).await?;
    records(snapshot, &versions, &mut verified).await?;
    for collection in CollectionName::ALL {
        verified.faults.extend(replay::faults(snapshot, *collection).await?);
    }
    references(snapshot, &mut verified).await?;
    verified.faults.extend(index::faults(snapshot).await?);
    verified.faults.extend(counts::faults(snapshot).await?);
    verified.faults.extend(backend::integrity(snapshot.connection()).await?);
    Ok(verified)
}

/// Walks the journal; gives the version each record should have.
async fn chain(snapshot: &Snapshot, verified: &mut Verified) -> Result<BTreeMap<(String, Uuid), i64>, Error> {
    let mut versions = BTreeMap::new();
    let mut collections = BTreeMap::new();
    let mut hash = String::new();
    let mut revision = 0;
    loop {
        let rows = entry::Entity::find()
            .filter(entry::Column::Revision.gt(revision))
            .order_by_asc(entry::Column::Revision)
            .limit(1_000)
            .all(snapshot.connection())
            .await?;
        if rows.is_empty() {
            break;
        }
        for row in rows {
            if row.revision != revision + 1 {
                verified.faults.push(format!("revision {} follows {revision}: there is a gap", row.revision));
            }
            if row.hash != chain_hash(&hash, &row) {
                verified.faults.push(format!("revision {}: the chain is broken", row.revision));
            }
            match (&row.content, &row.salt) {
                (Some(content), Some(salt)) if content_hash(salt, content) != row.content_hash => {
                    verified.faults.push(format!("revision {}: the content was altered", row.revision));
                }
                (Some(_), Some(_)) => {}
                _ => verified.erased += 1,
            }
            collections.insert(row.collection.clone(), row.revision);
            let last = versions.insert((row.collection.clone(), row.record_id), row.version).unwrap_or(0);
            if row.version != last + 1 {
                verified.faults.push(format!("revision {}: version {} follows {last}", row.revision, row.version));
            }
            revision = row.revision;
            hash = row.hash;
            verified.entries += 1;
        }
    }
    let head = head::row::Entity::find_by_id(1).one(snapshot.connection()).await?.ok_or(Error::NotFound)?;
    if (head.revision, &head.hash) != (revision, &hash) {
        verified.faults.push(format!("the head is at revision {}, the journal at {revision}", head.revision));
    }
    let told = head::Revisions::read(&head.collections)?;
    for collection in CollectionName::ALL {
        let last = collections.get(collection.as_str()).copied().unwrap_or(0);
        if told.of(*collection) != last {
            let said = told.of(*collection);
            verified.faults.push(format!("the head says revision {said} of {collection}, the journal {last}"));
        }
    }
    Ok(versions)
}

/// Every record has the version that the journal gave it last.
async fn records(
    snapshot: &Snapshot,
    versions: &BTreeMap<(String, Uuid), i64>,
    verified: &mut Verified,
) -> Result<(), Error> {
    let mut count = 0;
    for collection in CollectionName::ALL {
        let statement =
            Query::select().columns([Alias::new("id"), Alias::new("version")]).from(table_name(*collection)).to_owned();
        for row in snapshot.connection().query_all(&statement).await? {
            let id: Uuid = row.try_get("", "id")?;
            let version: i64 = row.try_get("", "version")?;
            count += 1;
            let told = versions.get(&(collection.as_str().to_owned(), id));
            if told != Some(&version) {
                verified.faults.push(format!("{collection} {id} is at version {version}, the journal says {told:?}"));
            }
        }
    }
    if count != versions.len() {
        verified.faults.push(format!("the journal tells of {} records, there are {count}", versions.len()));
    }
    Ok(())
}

/// Every reference of a living record leads to a record.
async fn references(snapshot: &Snapshot, verified: &mut Verified) -> Result<(), Error> {
    let mut known = std::collections::BTreeSet::new();
    for collection in CollectionName::ALL {
        let statement = Query::select()
            .column(Alias::new("id"))
            .from(table_name(*collection))
            .and_where(Expr::col(Alias::new("deleted_at")).is_null())
            .to_owned();
        for row in snapshot.connection().query_all(&statement).await? {
            known.insert(row.try_get::<Uuid>("", "id")?);
        }
    }
    for link in link::Entity::find().all(snapshot.connection()).await? {
        verified.references += 1;
        if !known.contains(&link.target) {
            verified.faults.push(format!(
                "{} {}: {} refers to {}, which is not there",
                link.collection, link.record_id, link.field, link.target
            ));
        }
        if !known.contains(&link.record_id) {
            verified.faults.push(format!("{} {} has links but is not there", link.collection, link.record_id));
        }
    }
    Ok(())
}
