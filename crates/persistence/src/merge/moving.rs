//! Moving references from one record to another, and what stands in the way of that.
//!
//! A rule across fields compares a reference with another one at most, never with what it leads to. So
//! only records that refer to both can break one; and of unique rules only that of pairs depends on
//! references.

use std::collections::{BTreeMap, BTreeSet, HashSet};
use std::fmt;
use std::sync::Arc;

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use pobratim_domain::{CollectionName, Faults, Partnership, Record, RecordMention, References};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, QueryFilter, QuerySelect};
use serde_json::{Value as Json, json};
use uuid::Uuid;

use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::findable::link;
use crate::merge::merged_into;
use crate::read::Snapshot;
use crate::save::{Happened, Loaded};
use crate::stored::{Envelope, Stored, Table, column, read_record, table_name, to_row};
use crate::tx::Tx;
use crate::view::View;

/// How many records are looked at by one statement.
const CHUNK: usize = 500;
/// How much of what stands in the way is told.
const TOLD: usize = 100;

/// A record that cannot be changed to refer to the one that stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Collision {
    /// The record.
    pub record: RecordMention,
    /// Who keeps it.
    pub municipality: String,
    /// Who may see it.
    pub visibility: String,
    /// What is wrong, for programs.
    pub code: &'static str,
    /// What is wrong, in words.
    pub detail: String,
}

/// All that stands in the way of merging two records.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Obstacles {
    /// What speaks against their being one.
    pub faults: Faults,
    /// Records that cannot be changed to refer to the one that stays.
    pub collisions: Vec<Collision>,
}

impl Obstacles {
    /// Whether nothing stands in the way.
    pub fn is_empty(&self) -> bool {
        self.faults.is_empty() && self.collisions.is_empty()
    }
}

impl fmt::Display for Obstacles {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let collisions = self.collisions.iter().map(|one| format!("{}: {}", one.record.reference, one.detail));
        let all: Vec<String> = self.faults.iter().map(|fault| fault.detail.clone()).chain(collisions).collect();
        out.write_str(&all.join("; "))
    }
}

impl Collision {
    fn of<T: Stored>(row: &T::Row, code: &'static str, detail: String) -> Result<Self, Error> {
        let Envelope { id, reference, municipality, visibility, .. } = Envelope::of::<T>(row)?;
        let record = RecordMention { collection: T::NAME, reference, id };
        Ok(Self { record, municipality, visibility, code, detail })
    }
}

/// From which record to which.
#[derive(Clone, Copy)]
struct Move {
    from: Uuid,
    to: Uuid,
}

impl Move {
    /// The record with its references moved. In a list of ids the other stands once.
    fn made<T: Stored>(self, record: &Record<T>) -> Result<Record<T>, Error> {
        let mut references = References::default();
        record.body.references(&mut references);
        let pointers: Vec<&str> = references
            .iter()
            .filter(|reference| reference.target == self.from)
            .map(|reference| reference.pointer.as_str())
            .collect();
        let mut json = record.to_json()?;
        let to = Json::from(self.to.to_string());
        for pointer in &pointers {
            let place = json.pointer_mut(pointer);
            *place.ok_or_else(|| Error::Defect(format!("{} has nothing at {pointer}", T::NAME)))? = to.clone();
        }
        // The last first, so that those before stay where they are.
        for (list, index) in pointers.iter().rev().filter_map(|pointer| pointer.rsplit_once('/')) {
            let (Some(Json::Array(list)), Ok(index)) = (json.pointer_mut(list), index.parse::<usize>()) else {
                continue;
            };
            if list.iter().filter(|element| **element == to).count() > 1 {
                list.remove(index);
            }
        }
        Ok(serde_json::from_value(json)?)
    }
}

impl Snapshot {
    /// How many records refer to one, by collection.
    pub async fn referring_to(&self, id: Uuid) -> Result<BTreeMap<String, i64>, Error> {
        let select = link::Entity::find()
            .select_only()
            .column(link::Column::Collection)
            .expr(sea_orm::sea_query::Func::count_distinct(Expr::col(link::Column::RecordId)))
            .filter(link::Column::Target.eq(id))
            .group_by(link::Column::Collection);
        let rows: Vec<(String, i64)> = select.into_tuple().all(self.connection()).await?;
        Ok(rows.into_iter().collect())
    }

    /// The records that cannot be changed to refer to `to` where they refer to `from`; the first of them, when
    /// they are many.
    pub async fn collisions(&self, from: Uuid, to: Uuid) -> Result<Vec<Collision>, Error> {
        let how = Move { from, to };
        let mut found = Vec::new();
        for (collection, ids) in self.referring_to_both(how).await? {
            found.extend(Check { snapshot: self, ids, how }.of(collection).await?);
        }
        found.extend(self.colliding_pairs(how).await?);
        found.sort_by(|one, other| (&one.record, one.code).cmp(&(&other.record, other.code)));
        found.truncate(TOLD);
        Ok(found)
    }

    async fn referring_to_both(&self, how: Move) -> Result<BTreeMap<CollectionName, Vec<Uuid>>, Error> {
        let to_other = Query::select()
            .column(link::Column::RecordId)
            .from(link::Entity)
            .and_where(link::Column::Target.eq(how.to))
            .to_owned();
        let rows: Vec<(String, Uuid)> = link::Entity::find()
            .select_only()
            .distinct()
            .column(link::Column::Collection)
            .column(link::Column::RecordId)
            .filter(link::Column::Target.eq(how.from))
            .filter(link::Column::RecordId.in_subquery(to_other))
            .into_tuple()
            .all(self.connection())
            .await?;
        by_collection(rows)
    }

    /// Living ties of two that would have the same sides as another one.
    async fn colliding_pairs(&self, how: Move) -> Result<Vec<Collision>, Error> {
        let ids = Query::select()
            .column(link::Column::RecordId)
            .from(link::Entity)
            .and_where(link::Column::Target.eq(how.from))
            .and_where(link::Column::Collection.eq(CollectionName::Partnerships.as_str()))
            .to_owned();
        let rows = Table::<Partnership>::find()
            .filter(column::<Partnership>("id")?.in_subquery(ids))
            .filter(column::<Partnership>("deleted_at")?.is_null())
            .filter(column::<Partnership>("pair_key")?.is_not_null())
            .all(self.connection())
            .await?;
        let mut keys = BTreeMap::new();
        for row in &rows {
            let moved = to_row(&how.made::<Partnership>(&read_record::<Partnership>(row)?)?)?;
            if let Some(key) = moved.pair_key {
                keys.insert((row.municipality.clone(), key), row);
            }
        }
        let wanted: Vec<Uuid> = keys.keys().map(|(_, key)| *key).collect();
        let mut found = Vec::new();
        for chunk in wanted.chunks(CHUNK) {
            let select = Query::select()
                .columns(["ref", "municipality", "pair_key"].map(Alias::new))
                .from(table_name(CollectionName::Partnerships))
                .and_where(Expr::col(Alias::new("pair_key")).is_in(chunk.iter().copied()))
                .and_where(Expr::col(Alias::new("deleted_at")).is_null())
                .to_owned();
            for other in self.connection().query_all(&select).await? {
                let key = (other.try_get("", "municipality")?, other.try_get("", "pair_key")?);
                let Some(row) = keys.get(&key) else { continue };
                let reference: String = other.try_get("", "ref")?;
                let detail = format!(
                    "{} would be a second living tie between the sides of {reference}; merge these two first.",
                    row.reference
                );
                found.push(Collision::of::<Partnership>(row, "already_exists", detail)?);
            }
        }
        Ok(found)
    }
}

fn by_collection(rows: Vec<(String, Uuid)>) -> Result<BTreeMap<CollectionName, Vec<Uuid>>, Error> {
    let mut found: BTreeMap<CollectionName, Vec<Uuid>> = BTreeMap::new();
    for (name, id) in rows {
        let collection = CollectionName::parse(&name)
            .ok_or_else(|| Error::Defect(format!("the links name the collection {name}")))?;
        found.entry(collection).or_default().push(id);
    }
    Ok(found)
}

async fn rows_of<T: Stored>(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<Vec<T::Row>, Error> {
    let mut found = Vec::new();
    for chunk in ids.chunks(CHUNK) {
        let among = Condition::all()
            .add(column::<T>("id")?.is_in(chunk.iter().copied()))
            .add(column::<T>("deleted_at")?.is_null());
        found.extend(Table::<T>::find().filter(among).all(connection).await?);
    }
    Ok(found)
}

/// Looks which records would break a rule.
struct Check<'s> {
    snapshot: &'s Snapshot,
    ids: Vec<Uuid>,
    how: Move,
}

impl<'s> Check<'s> {
    fn of(self, collection: CollectionName) -> LocalBoxFuture<'s, Result<Vec<Collision>, Error>> {
        visit(collection, self)
    }
}

impl<'s> Visitor for Check<'s> {
    type Output = LocalBoxFuture<'s, Result<Vec<Collision>, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { snapshot, ids, how } = self;
        async move {
            let mut found = Vec::new();
            for row in rows_of::<T>(snapshot.connection(), &ids).await? {
                // What refers to the other itself is told of by the two records.
                if Envelope::of::<T>(&row)?.id == how.to {
                    continue;
                }
                let mut faults = Faults::default();
                how.made::<T>(&read_record::<T>(&row)?)?.check(&mut faults);
                for fault in faults {
                    found.push(Collision::of::<T>(&row, fault.code, format!("{}: {}", fault.pointer, fault.detail))?);
                }
            }
            Ok(found)
        }
        .boxed_local()
    }
}

impl Tx {
    /// Changes records that refer to one so that they refer to another, so many at most; tells how many of
    /// which collection. Each change says to which merge it belongs.
    pub async fn move_references(
        &self,
        from: Uuid,
        to: Uuid,
        merge: Uuid,
        limit: usize,
    ) -> Result<BTreeMap<CollectionName, i64>, Error> {
        let rows: Vec<(String, Uuid)> = link::Entity::find()
            .select_only()
            .distinct()
            .column(link::Column::Collection)
            .column(link::Column::RecordId)
            .filter(link::Column::Target.eq(from))
            .filter(link::Column::RecordId.is_not_in([from, to]))
            .limit(u64::try_from(limit).unwrap_or(u64::MAX))
            .into_tuple()
            .all(self)
            .await?;
        // It was looked at just now, so it need not be looked for with each of them.
        self.announce(Arc::new([to].into()));
        let how = Move { from, to };
        let mut moved = BTreeMap::new();
        for (collection, ids) in by_collection(rows)? {
            let count = MoveThem { tx: self.clone(), ids, how, merge }.of(collection).await?;
            moved.insert(collection, count);
        }
        Ok(moved)
    }
}

/// References of a deleted record to others that were merged meanwhile.
pub(crate) struct LedOn(Vec<Move>);

impl LedOn {
    /// What a record refers to that is a part of something else now, as far as the caller sees that.
    pub(crate) async fn of<T: Stored>(tx: &Tx, view: &View, record: &Record<T>) -> Result<Option<Self>, Error> {
        let mut references = References::default();
        record.body.references(&mut references);
        let targets: BTreeSet<_> =
            references.iter().map(|reference| (reference.collection, reference.target)).collect();
        let mut moves = Vec::new();
        for (collection, from) in targets {
            let kept = merged_into(tx, view, collection, from).await?;
            moves.extend(kept.map(|kept| Move { from, to: kept.id }));
        }
        Ok(Some(Self(moves)).filter(|led_on| !led_on.0.is_empty()))
    }

    /// What it referred to.
    pub(crate) fn former(&self) -> HashSet<Uuid> {
        self.0.iter().map(|step| step.from).collect()
    }

    /// The record as it refers to those that stayed.
    pub(crate) fn made<T: Stored>(&self, record: &Record<T>) -> Result<Record<T>, Error> {
        self.0.iter().try_fold(record.clone(), |record, step| step.made::<T>(&record))
    }
}

struct MoveThem {
    tx: Tx,
    ids: Vec<Uuid>,
    how: Move,
    merge: Uuid,
}

impl MoveThem {
    fn of(self, collection: CollectionName) -> BoxFuture<'static, Result<i64, Error>> {
        visit(collection, self)
    }
}

impl Visitor for MoveThem {
    type Output = BoxFuture<'static, Result<i64, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { tx, ids, how, merge } = self;
        async move {
            let mut count = 0;
            for row in rows_of::<T>(&tx, &ids).await? {
                let before = Loaded::<T>::of(&row)?;
                let after = how.made::<T>(&before.record)?;
                let happened = Happened { verb: "updated", detail: Some(json!({"merge": merge})) };
                let refused = match tx.replace(&View::System, before, after, happened).await {
                    Ok(_) => {
                        count += 1;
                        continue;
                    }
                    Err(Error::Refused(refusal)) => Collision::of::<T>(&row, "not_allowed", refusal.to_string())?,
                    Err(Error::AlreadyExists(conflict)) => {
                        Collision::of::<T>(&row, "already_exists", conflict.detail.clone())?
                    }
                    Err(error) => return Err(error),
                };
                return Err(Error::CannotMerge(Box::new(Obstacles {
                    faults: Faults::default(),
                    collisions: vec![refused],
                })));
            }
            Ok(count)
        }
        .boxed()
    }
}
