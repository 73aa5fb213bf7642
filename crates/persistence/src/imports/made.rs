//! What an import made, or a merge, as the journal has it; what was built upon that since; and taking
//! it back.

use std::collections::{BTreeMap, HashMap, HashSet};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use pobratim_domain::{CollectionName, Record, merge};
use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QueryOrder, QuerySelect};
use serde_json::Value as Json;
use uuid::Uuid;

use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::findable::link;
use crate::journal::{Content, entry};
use crate::read::Snapshot;
use crate::save::{Happened, Loaded, strip};
use crate::stored::{Envelope, Stored, Table, column, table_name, to_record};
use crate::tx::Tx;
use crate::view::View;

/// How many ids one statement names.
const CHUNK: usize = 1_000;

/// A record that an import made or changed.
#[derive(Clone, Debug, PartialEq)]
pub struct Made {
    /// The number of the change.
    pub revision: i64,
    /// The collection.
    pub collection: CollectionName,
    /// The record.
    pub id: Uuid,
    /// Its ref.
    pub reference: String,
    /// Its version after it.
    pub version: i64,
    /// The way back; nothing when the import made the record.
    pub inverse: Option<Json>,
    /// Whether the record was deleted.
    pub deleted: bool,
}

/// Something that stands in the way of taking an import back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BuiltUpon {
    /// The collection of the record that the import made.
    pub collection: CollectionName,
    /// That record.
    pub id: Uuid,
    /// Its ref.
    pub reference: String,
    /// Another record that refers to it; nothing when it was itself changed.
    pub by: Option<(String, Uuid)>,
}

impl From<&Made> for BuiltUpon {
    fn from(made: &Made) -> Self {
        Self { collection: made.collection, id: made.id, reference: made.reference.clone(), by: None }
    }
}

impl Snapshot {
    /// What an import made and changed, the last first, before a revision.
    pub async fn made_by(&self, import: Uuid, before: i64, limit: u64) -> Result<Vec<Made>, Error> {
        let rows = entry::Entity::find()
            .filter(entry::Column::ImportId.eq(import.to_string()))
            .filter(entry::Column::Revision.lt(before))
            .order_by_desc(entry::Column::Revision)
            .limit(limit)
            .all(self.connection())
            .await?;
        rows.into_iter().map(made).collect()
    }

    /// What was built upon what an import made; the first of it, when it is much.
    pub async fn built_upon(&self, import: Uuid, most: usize) -> Result<Vec<BuiltUpon>, Error> {
        let mut all: BTreeMap<CollectionName, HashMap<Uuid, Made>> = BTreeMap::new();
        let mut before = i64::MAX;
        loop {
            let some = self.made_by(import, before, 5_000).await?;
            let Some(last) = some.last() else { break };
            before = last.revision;
            for made in some {
                // The last change of a record comes first; a record that was also made here is made.
                let known = all.entry(made.collection).or_default();
                match known.get_mut(&made.id) {
                    Some(later) if made.inverse.is_none() => later.inverse = None,
                    Some(_) => {}
                    None => {
                        known.insert(made.id, made);
                    }
                }
            }
        }
        let own: HashSet<Uuid> = all.values().flat_map(|known| known.keys().copied()).collect();
        let mut built = Vec::new();
        for (collection, known) in &all {
            let ids: Vec<Uuid> = known.keys().copied().collect();
            for chunk in ids.chunks(CHUNK) {
                self.changed_since(*collection, known, chunk, &mut built).await?;
                let others = link::Entity::find().filter(link::Column::Target.is_in(chunk.iter().copied()));
                for link in others.all(self.connection()).await? {
                    let made = known.get(&link.target).filter(|made| made.inverse.is_none());
                    if let Some(made) = made.filter(|_| !own.contains(&link.record_id)) {
                        let by = Some((link.collection, link.record_id));
                        built.push(BuiltUpon {
                            collection: *collection,
                            id: made.id,
                            reference: made.reference.clone(),
                            by,
                        });
                    }
                }
                if built.len() >= most {
                    built.truncate(most);
                    return Ok(built);
                }
            }
        }
        built.sort_by(|one, other| (&one.reference, &one.by).cmp(&(&other.reference, &other.by)));
        Ok(built)
    }

    async fn changed_since(
        &self,
        collection: CollectionName,
        known: &HashMap<Uuid, Made>,
        ids: &[Uuid],
        built: &mut Vec<BuiltUpon>,
    ) -> Result<(), Error> {
        let mut suspects = Vec::new();
        let statement = Query::select()
            .columns(["id", "version"].map(Alias::new))
            .from(table_name(collection))
            .and_where(Expr::col(Alias::new("id")).is_in(ids.iter().copied()))
            .to_owned();
        for row in self.connection().query_all(&statement).await? {
            let (id, version): (Uuid, i64) = (row.try_get("", "id")?, row.try_get("", "version")?);
            suspects.extend(known.get(&id).filter(|made| made.version != version));
        }
        for made in suspects {
            let is_as_left = Left { snapshot: self, made }.of(collection).await?;
            if !is_as_left {
                built.push(made.into());
            }
        }
        Ok(())
    }
}

/// Whether a record is as a change left it.
struct Left<'s> {
    snapshot: &'s Snapshot,
    made: &'s Made,
}

impl<'s> Left<'s> {
    fn of(self, collection: CollectionName) -> LocalBoxFuture<'s, Result<bool, Error>> {
        visit(collection, self)
    }
}

impl<'s> Visitor for Left<'s> {
    type Output = LocalBoxFuture<'s, Result<bool, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { snapshot, made } = self;
        async move {
            let row = Table::<T>::find().filter(column::<T>("id")?.eq(made.id)).one(snapshot.connection()).await?;
            as_left::<T>(snapshot.connection(), &row.ok_or(Error::NotFound)?, made).await
        }
        .boxed_local()
    }
}

/// Whether a record is as a change left it: it was not changed since, or what was changed was changed back,
/// as by a later merge that was undone.
async fn as_left<T: Stored>(connection: &impl ConnectionTrait, row: &T::Row, made: &Made) -> Result<bool, Error> {
    let Envelope { version, deleted, .. } = Envelope::of::<T>(row)?;
    if deleted != made.deleted || version < made.version {
        return Ok(false);
    }
    if version == made.version {
        return Ok(true);
    }
    let later = entry::Entity::find()
        .filter(entry::Column::RecordId.eq(made.id))
        .filter(entry::Column::Version.gt(made.version))
        .order_by_desc(entry::Column::Revision)
        .all(connection)
        .await?;
    // What is not in the journal yet was done by another command just now.
    if later.first().map(|entry| entry.version) != Some(version) {
        return Ok(false);
    }
    let (_, mut content) = to_record::<T>(row)?;
    strip(&mut content);
    let mut then = content.clone();
    for entry in later {
        let Some(content) = entry.content else { return Ok(false) };
        merge(&mut then, &serde_json::from_str::<Content>(&content)?.inverse);
    }
    Ok(then == content)
}

fn made(row: entry::Model) -> Result<Made, Error> {
    let collection = CollectionName::parse(&row.collection)
        .ok_or_else(|| Error::Defect(format!("the journal names the collection {}", row.collection)))?;
    let inverse = match row.action.as_str() {
        "create" => None,
        _ => {
            let content = row.content.ok_or_else(|| Error::Defect("the way back was erased".to_owned()))?;
            Some(serde_json::from_str::<Content>(&content)?.inverse)
        }
    };
    Ok(Made {
        revision: row.revision,
        collection,
        id: row.record_id,
        reference: row.record_ref,
        version: row.version,
        inverse,
        deleted: row.action == "delete",
    })
}

impl Tx {
    /// Takes back one change, as long as the record is as the change left it: what was made is deleted,
    /// what was deleted comes back, what was changed is what it was.
    pub async fn take_back(&self, made: &Made) -> Result<(), Error> {
        TakeBack { tx: self.clone(), made: made.clone() }.now().await
    }
}

struct TakeBack {
    tx: Tx,
    made: Made,
}

impl TakeBack {
    fn now(self) -> BoxFuture<'static, Result<(), Error>> {
        visit(self.made.collection, self)
    }
}

impl Visitor for TakeBack {
    type Output = BoxFuture<'static, Result<(), Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { tx, made } = self;
        async move {
            let row = Table::<T>::find().filter(column::<T>("id")?.eq(made.id)).one(&tx).await?;
            let row = row.ok_or(Error::NotFound)?;
            let before = Loaded::<T>::of(&row)?;
            if !as_left::<T>(&tx, &row, &made).await? {
                return Err(Error::Stale { current: before.record.head.version });
            }
            if made.deleted {
                return tx.restore(&View::System, before).await.map(drop);
            }
            let Some(inverse) = &made.inverse else {
                return tx.delete(&View::System, before).await.map(drop);
            };
            let mut json = before.record.to_json()?;
            merge(&mut json, inverse);
            let after: Record<T> = serde_json::from_value(json)?;
            tx.replace(&View::System, before, after, Happened::plain("updated")).await.map(drop)
        }
        .boxed()
    }
}
