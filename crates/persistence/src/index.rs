//! The index: whether what records are found by (links, terms, external ids) is what their content
//! makes it, and making it anew where it is not. It is derived, so nothing of this stands in the
//! journal.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use pobratim_domain::CollectionName;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::Database;
use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::findable::{Findable, external_id, link, term};
use crate::journal::Stamp;
use crate::read::Snapshot;
use crate::stored::{Envelope, Stored, Table, column, read_record, table_name};
use crate::tx::Tx;

/// How many records are compared at once.
const SLICE: u64 = 200;
/// How many records one command makes anew: others write in between.
const MENDED: usize = 50;
/// How many records without a row are looked for at once.
const STRAYS: u64 = 1_000;

/// The tables of the index.
const TABLES: [&str; 3] = ["links", "terms", "external_ids"];

/// What was found and done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Reindexed {
    /// How many records were looked at.
    pub records: u64,
    /// How many of them were found by something else than what they say, and no longer are.
    pub mended: u64,
    /// How many that are not there were found, and no longer are.
    pub strays: u64,
}

/// The index's entries of a record: table, collection or municipality, name, value.
type Entries = BTreeSet<(&'static str, String, String, String)>;

impl Database {
    /// Makes the index anew where it differs from the records: in slices, while others write. It may be
    /// stopped and begun again at any time. Tells how many records it has looked at, and of how many.
    pub async fn reindex(&self, mut told: impl FnMut(u64, u64)) -> Result<Reindexed, Error> {
        let total = self.read(async |snapshot| records(snapshot).await).await?;
        let mut done = Reindexed::default();
        for collection in CollectionName::ALL {
            let mut after = Uuid::nil();
            loop {
                let slice = self.read(async |snapshot| visit(*collection, Compare { snapshot, after }).await).await?;
                let Some(last) = slice.last else { break };
                after = last;
                done.records += slice.records;
                for ids in slice.differing.chunks(MENDED) {
                    done.mended += self.mend(*collection, ids.to_vec()).await?;
                }
                told(done.records, total);
            }
        }
        done.strays = self.remove_strays().await?;
        Ok(done)
    }

    async fn mend(&self, collection: CollectionName, ids: Vec<Uuid>) -> Result<u64, Error> {
        let command = self.write(Stamp::system("reindex"), None, move |tx| visit(collection, Mend { tx, ids }));
        Ok(command.await?.value)
    }

    async fn remove_strays(&self) -> Result<u64, Error> {
        let (mut removed, mut after) = (0, Uuid::nil());
        loop {
            let (ids, strays) = self.read(async |snapshot| strays(snapshot, after).await).await?;
            let Some(last) = ids.last() else { return Ok(removed) };
            after = *last;
            for ids in strays.chunks(MENDED).map(<[Uuid]>::to_vec) {
                removed += u64::try_from(ids.len()).unwrap_or_default();
                let command =
                    self.write(Stamp::system("reindex"), None, move |tx| async move { remove(&tx, &ids).await });
                command.await?;
            }
        }
    }
}

/// What is wrong with the index.
pub(crate) async fn faults(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    for collection in CollectionName::ALL {
        let mut after = Uuid::nil();
        loop {
            let slice = visit(*collection, Compare { snapshot, after }).await?;
            let Some(last) = slice.last else { break };
            after = last;
            let told = |id: &Uuid| format!("{collection} {id} is not found by what it says: run `pobratim reindex`");
            faults.extend(slice.differing.iter().map(told));
        }
    }
    let mut after = Uuid::nil();
    loop {
        let (ids, strays) = strays(snapshot, after).await?;
        let Some(last) = ids.last() else { return Ok(faults) };
        after = *last;
        let told = |id: &Uuid| format!("{id} is found by the index, and is not there: run `pobratim reindex`");
        faults.extend(strays.iter().map(told));
    }
}

/// A slice of a collection: where it ends, and which records are found by something else than what
/// they say.
struct Slice {
    records: u64,
    last: Option<Uuid>,
    differing: Vec<Uuid>,
}

struct Compare<'s> {
    snapshot: &'s Snapshot,
    after: Uuid,
}

impl<'s> Visitor for Compare<'s> {
    type Output = LocalBoxFuture<'s, Result<Slice, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { snapshot, after } = self;
        async move {
            let id = column::<T>("id")?;
            let select = Table::<T>::find().filter(id.gt(after)).order_by_asc(id).limit(SLICE);
            let rows = select.all(snapshot.connection()).await?;
            let ids = rows.iter().map(|row| Envelope::of::<T>(row).map(|envelope| envelope.id));
            let ids = ids.collect::<Result<Vec<_>, _>>()?;
            let mut kept = kept(snapshot.connection(), &ids).await?;
            let mut differing = Vec::new();
            for (row, id) in rows.iter().zip(&ids) {
                if made::<T>(row)?.1 != kept.remove(id).unwrap_or_default() {
                    differing.push(*id);
                }
            }
            Ok(Slice { records: u64::try_from(rows.len()).unwrap_or_default(), last: ids.last().copied(), differing })
        }
        .boxed_local()
    }
}

struct Mend {
    tx: Tx,
    ids: Vec<Uuid>,
}

impl Visitor for Mend {
    type Output = BoxFuture<'static, Result<u64, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { tx, ids } = self;
        async move {
            // Under the writer's lock they are read again: somebody may have changed them since.
            let rows = Table::<T>::find().filter(column::<T>("id")?.is_in(ids.iter().copied())).all(&tx).await?;
            let mut kept = kept(&tx, &ids).await?;
            let mut mended = 0;
            for row in &rows {
                let envelope = Envelope::of::<T>(row)?;
                let (findable, entries) = made::<T>(row)?;
                if entries == kept.remove(&envelope.id).unwrap_or_default() {
                    continue;
                }
                remove(&tx, &[envelope.id]).await?;
                let namespace = T::NAME.namespace(&envelope.municipality);
                findable.replace(&tx, T::NAME.as_str(), namespace, envelope.id, &Findable::default()).await?;
                mended += 1;
            }
            Ok(mended)
        }
        .boxed()
    }
}

/// What the content of a row makes of it in the index; nothing when it is deleted.
fn made<T: Stored>(row: &T::Row) -> Result<(Findable, Entries), Error> {
    let envelope = Envelope::of::<T>(row)?;
    if envelope.deleted {
        return Ok((Findable::default(), Entries::new()));
    }
    let findable = Findable::of(&read_record::<T>(row)?);
    let collection = || T::NAME.as_str().to_owned();
    let links =
        findable.references.iter().map(|one| ("links", collection(), one.field.to_owned(), one.target.to_string()));
    let terms = findable.terms.iter().map(|(field, term)| ("terms", collection(), field.to_owned(), term.to_owned()));
    let namespace = format!("{} {}", T::NAME, T::NAME.namespace(&envelope.municipality));
    let ids = findable.external_ids.iter();
    let ids = ids.map(|(scheme, value)| ("external_ids", namespace.clone(), scheme.clone(), value.clone()));
    let entries = links.chain(terms).chain(ids).collect();
    Ok((findable, entries))
}

/// What the index has of some records.
async fn kept(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Entries>, Error> {
    let mut kept: BTreeMap<Uuid, Entries> = BTreeMap::new();
    let among = || ids.iter().copied();
    for row in link::Entity::find().filter(link::Column::RecordId.is_in(among())).all(connection).await? {
        let entry = ("links", row.collection, row.field, row.target.to_string());
        kept.entry(row.record_id).or_default().insert(entry);
    }
    for row in term::Entity::find().filter(term::Column::RecordId.is_in(among())).all(connection).await? {
        kept.entry(row.record_id).or_default().insert(("terms", row.collection, row.field, row.term));
    }
    for row in external_id::Entity::find().filter(external_id::Column::RecordId.is_in(among())).all(connection).await? {
        let namespace = format!("{} {}", row.collection, row.municipality);
        kept.entry(row.record_id).or_default().insert(("external_ids", namespace, row.scheme, row.value));
    }
    Ok(kept)
}

/// Takes records out of the index. That there is no change of a record does not mean that there is
/// nothing to commit.
async fn remove(tx: &Tx, ids: &[Uuid]) -> Result<(), Error> {
    tx.keep();
    link::Entity::delete_many().filter(link::Column::RecordId.is_in(ids.iter().copied())).exec(tx).await?;
    term::Entity::delete_many().filter(term::Column::RecordId.is_in(ids.iter().copied())).exec(tx).await?;
    external_id::Entity::delete_many()
        .filter(external_id::Column::RecordId.is_in(ids.iter().copied()))
        .exec(tx)
        .await?;
    Ok(())
}

/// The next records that the index knows, and those among them that are nowhere.
async fn strays(snapshot: &Snapshot, after: Uuid) -> Result<(Vec<Uuid>, Vec<Uuid>), Error> {
    let mut known: BTreeSet<Uuid> = BTreeSet::new();
    for table in TABLES {
        let id = (Alias::new(table), Alias::new("record_id"));
        let select = Query::select()
            .distinct()
            .column(id.clone())
            .from(Alias::new(table))
            .and_where(Expr::col(id.clone()).gt(after))
            .order_by(id, Order::Asc)
            .limit(STRAYS)
            .to_owned();
        for row in snapshot.connection().query_all(&select).await? {
            known.insert(row.try_get("", "record_id")?);
        }
    }
    // Beyond the first so many, another table may have had more.
    let ids: Vec<Uuid> = known.into_iter().take(usize::try_from(STRAYS).unwrap_or(usize::MAX)).collect();
    let mut strays: BTreeSet<Uuid> = ids.iter().copied().collect();
    for collection in CollectionName::ALL {
        if strays.is_empty() {
            break;
        }
        let id = (table_name(*collection), Alias::new("id"));
        let select = Query::select()
            .column(id.clone())
            .from(table_name(*collection))
            .and_where(Expr::col(id).is_in(strays.iter().copied()))
            .to_owned();
        for row in snapshot.connection().query_all(&select).await? {
            strays.remove(&row.try_get("", "id")?);
        }
    }
    Ok((ids, strays.into_iter().collect()))
}

/// How many records there are, deleted ones included.
async fn records(snapshot: &Snapshot) -> Result<u64, Error> {
    let mut total = 0;
    for collection in CollectionName::ALL {
        let select = Query::select()
            .expr_as(Func::count(Expr::col(Asterisk)), Alias::new("n"))
            .from(table_name(*collection))
            .to_owned();
        if let Some(row) = snapshot.connection().query_one(&select).await? {
            total += row.try_get::<i64>("", "n")?.unsigned_abs();
        }
    }
    Ok(total)
}
