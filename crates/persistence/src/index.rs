//! The index: whether what records are found by (links, terms, external ids) is what their content
//! makes it, and making it anew where it is not. It is derived, so nothing of this stands in the
//! journal.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::FutureExt;
use futures_util::future::{BoxFuture, LocalBoxFuture};
use pobratim_domain::CollectionName;
use sea_orm::ActiveValue::Set;
use sea_orm::sea_query::{Alias, Asterisk, Expr, ExprTrait, Func, Query};
use sea_orm::{ColumnTrait, ConnectionTrait, EntityTrait, Order, QueryFilter, QueryOrder, QuerySelect};
use uuid::Uuid;

use crate::database::Database;
use crate::declared::{Visitor, visit};
use crate::error::Error;
use crate::findable::{Findable, external_id, link, term};
use crate::head;
use crate::journal::Stamp;
use crate::read::Snapshot;
use crate::stored::{Envelope, Stored, Table, column, read_record, table_name};
use crate::tx::Tx;

/// What kind of index this program makes. It is one more whenever a record is found by something else
/// than before: then the first program of that kind that opens a database makes its index anew.
///
/// 1: words tell how telling they are. 2: marks of findings, and the last days of what took place under ties.
const KIND: i64 = 2;

/// How many records are compared at once.
const SLICE: u64 = 200;
/// How many records one command makes anew: others write in between.
const MENDED: usize = 50;
/// How many records without a row are looked for at once.
const STRAYS: u64 = 1_000;

/// How many records a fault names.
const EXAMPLES: usize = 3;

/// The tables of the index.
const TABLES: [&str; 3] = [LINKS, TERMS, EXTERNAL_IDS];
const LINKS: &str = "links";
const TERMS: &str = "terms";
const EXTERNAL_IDS: &str = "external_ids";

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
                let slice = self.read(async |snapshot| Compare { snapshot, after }.of(*collection).await).await?;
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
        self.write(Stamp::system("reindex"), None, |tx| async move { note_kind(&tx).await }).await?;
        Ok(done)
    }

    /// The same when the index is of an older kind than this program makes; else nothing.
    pub async fn reindex_if_older(&self, told: impl FnMut(u64, u64)) -> Result<Option<Reindexed>, Error> {
        let kind = self.read(async |snapshot| kind(snapshot).await).await?;
        if kind < KIND { self.reindex(told).await.map(Some) } else { Ok(None) }
    }

    async fn mend(&self, collection: CollectionName, ids: Vec<Uuid>) -> Result<u64, Error> {
        let command = self.write(Stamp::system("reindex"), None, move |tx| Mend { tx, ids }.of(collection));
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
                let command = self.write(Stamp::system("reindex"), None, move |tx| async move {
                    note_change(&tx).await?;
                    remove(&tx, &ids).await
                });
                command.await?;
            }
        }
    }
}

/// What is wrong with the index: a line for each collection, and one for what is not there at all.
pub(crate) async fn faults(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    let mut faults = Vec::new();
    for collection in CollectionName::ALL {
        let (mut amiss, mut after) = (Amiss::default(), Uuid::nil());
        loop {
            let slice = Compare { snapshot, after }.of(*collection).await?;
            let Some(last) = slice.last else { break };
            after = last;
            amiss.add(&slice.differing);
        }
        faults.extend(amiss.told(&format!("{collection} are not found by what they say")));
    }
    let (mut amiss, mut after) = (Amiss::default(), Uuid::nil());
    loop {
        let (ids, strays) = strays(snapshot, after).await?;
        let Some(last) = ids.last() else { break };
        after = *last;
        amiss.add(&strays);
    }
    faults.extend(amiss.told("records are found by the index, and are not there"));
    Ok(faults)
}

/// Records with which something is wrong: how many, and some of them.
#[derive(Default)]
struct Amiss {
    count: usize,
    some: Vec<Uuid>,
}

impl Amiss {
    fn add(&mut self, ids: &[Uuid]) {
        self.count += ids.len();
        self.some.extend(ids.iter().take(EXAMPLES.saturating_sub(self.some.len())));
    }

    /// The line that tells of them; none when there are none.
    fn told(&self, what: &str) -> Option<String> {
        let some: Vec<String> = self.some.iter().map(Uuid::to_string).collect();
        let such = if self.count > some.len() { "such as " } else { "" };
        let told = || format!("{} {what}: run `pobratim reindex` ({such}{})", self.count, some.join(", "));
        (self.count > 0).then(told)
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

impl<'s> Compare<'s> {
    fn of(self, collection: CollectionName) -> LocalBoxFuture<'s, Result<Slice, Error>> {
        visit(collection, self)
    }
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

impl Mend {
    fn of(self, collection: CollectionName) -> BoxFuture<'static, Result<u64, Error>> {
        visit(collection, self)
    }
}

impl Visitor for Mend {
    type Output = BoxFuture<'static, Result<u64, Error>>;

    fn visit<T: Stored>(self) -> Self::Output {
        let Self { tx, ids } = self;
        async move {
            // Under the writer's lock they are read again: somebody may have changed them since.
            let rows = Table::<T>::find().filter(column::<T>("id")?.is_in(ids.iter().copied())).all(&tx).await?;
            let mut kept = kept(&tx, &ids).await?;
            let (mut mended, mut anew) = (0, Vec::new());
            for row in &rows {
                let envelope = Envelope::of::<T>(row)?;
                let (findable, entries) = made::<T>(row)?;
                let known = kept.remove(&envelope.id).unwrap_or_default();
                if entries == known {
                    continue;
                }
                mended += 1;
                // What a new kind of index adds is terms, mostly; all else stays as it is.
                if known.is_subset(&entries) && entries.difference(&known).all(|(table, ..)| *table == TERMS) {
                    for (_, collection, field, term) in entries.difference(&known).cloned() {
                        let [collection, field, term] = [collection, field, term].map(Set);
                        tx.insert::<term::Entity>(term::ActiveModel {
                            record_id: Set(envelope.id),
                            collection,
                            field,
                            term,
                        })?;
                    }
                } else {
                    anew.push((envelope, findable));
                }
            }
            if mended > 0 {
                note_change(&tx).await?;
            }
            remove(&tx, &anew.iter().map(|(envelope, _)| envelope.id).collect::<Vec<_>>()).await?;
            for (envelope, findable) in anew {
                let namespace = T::NAME.namespace(&envelope.municipality);
                findable.replace(&tx, T::NAME.as_str(), namespace, envelope.id, &Findable::default()).await?;
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
        findable.references.iter().map(|one| (LINKS, collection(), one.field.to_owned(), one.target.to_string()));
    let terms = findable.terms.iter().map(|(field, term)| (TERMS, collection(), field.to_owned(), term.to_owned()));
    let namespace = format!("{} {}", T::NAME, T::NAME.namespace(&envelope.municipality));
    let ids = findable.external_ids.iter();
    let ids = ids.map(|(scheme, value)| (EXTERNAL_IDS, namespace.clone(), scheme.clone(), value.clone()));
    let entries = links.chain(terms).chain(ids).collect();
    Ok((findable, entries))
}

/// What the index has of some records.
async fn kept(connection: &impl ConnectionTrait, ids: &[Uuid]) -> Result<BTreeMap<Uuid, Entries>, Error> {
    let mut kept: BTreeMap<Uuid, Entries> = BTreeMap::new();
    let among = || ids.iter().copied();
    for row in link::Entity::find().filter(link::Column::RecordId.is_in(among())).all(connection).await? {
        let entry = (LINKS, row.collection, row.field, row.target.to_string());
        kept.entry(row.record_id).or_default().insert(entry);
    }
    for row in term::Entity::find().filter(term::Column::RecordId.is_in(among())).all(connection).await? {
        kept.entry(row.record_id).or_default().insert((TERMS, row.collection, row.field, row.term));
    }
    for row in external_id::Entity::find().filter(external_id::Column::RecordId.is_in(among())).all(connection).await? {
        let namespace = format!("{} {}", row.collection, row.municipality);
        kept.entry(row.record_id).or_default().insert((EXTERNAL_IDS, namespace, row.scheme, row.value));
    }
    Ok(kept)
}

/// Notes in the head that the index was changed, by which those who keep answers know. That no record
/// was changed does not mean that there is nothing to commit.
async fn note_change(tx: &Tx) -> Result<(), Error> {
    tx.keep();
    let made = || Expr::col(head::row::Column::IndexMade);
    let update = head::row::Entity::update_many().col_expr(head::row::Column::IndexMade, made().add(1));
    update.filter(head::row::Column::Id.eq(1)).exec(tx).await?;
    Ok(())
}

/// Notes what kind of index it is now.
async fn note_kind(tx: &Tx) -> Result<(), Error> {
    tx.keep();
    set_kind(tx).await
}

/// Notes that the index is of the kind that this program makes, as that of a database without records is.
pub(crate) async fn set_kind(connection: &impl ConnectionTrait) -> Result<(), Error> {
    let update = head::row::Entity::update_many().col_expr(head::row::Column::IndexKind, Expr::value(KIND));
    update.filter(head::row::Column::Id.eq(1)).filter(head::row::Column::IndexKind.lt(KIND)).exec(connection).await?;
    Ok(())
}

/// What kind of index there is.
async fn kind(snapshot: &Snapshot) -> Result<i64, Error> {
    let head = head::row::Entity::find_by_id(1).one(snapshot.connection()).await?.ok_or(Error::NotFound)?;
    Ok(head.index_kind)
}

/// Takes records out of the index.
async fn remove(tx: &Tx, ids: &[Uuid]) -> Result<(), Error> {
    if ids.is_empty() {
        return Ok(());
    }
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
