//! Candidates: the records that a rule may have something to say of, found by coarse conditions and
//! bounded in number, so that what is computed costs the same whatever the size of the database.

use pobratim_domain::{CollectionName, Keeper, Record, RecordMention};
use sea_orm::sea_query::{Alias, CaseStatement, Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, FromQueryResult, Order, QueryResult};
use uuid::Uuid;

use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::{Stored, table_name, to_record};
use crate::view::View;

/// How many candidates one look takes.
pub(crate) const MOST: u64 = 500;

/// The records of one municipality as one caller sees them.
pub(crate) struct Candidates<'s> {
    snapshot: &'s Snapshot,
    view: &'s View,
    municipality: &'s str,
    /// The collections that may be told of; nothing for all.
    readable: Option<&'s [CollectionName]>,
    /// Whether a look found more than it takes.
    pub(crate) truncated: bool,
}

/// A column of a collection's table.
pub(crate) fn column(collection: CollectionName, name: &str) -> SimpleExpr {
    Expr::col((table_name(collection), Alias::new(name)))
}

fn id(collection: CollectionName) -> (Alias, Alias) {
    (table_name(collection), Alias::new("id"))
}

/// The columns that make a mention.
pub(crate) const MENTION: &[&str] = &["id", "ref"];

/// A row as it is mentioned.
pub(crate) fn mention(collection: CollectionName, row: &QueryResult) -> Result<RecordMention, Error> {
    Ok(RecordMention { collection, id: row.try_get("", "id")?, reference: row.try_get("", "ref")? })
}

/// A nested value of a row.
pub(crate) fn nested<V: serde::de::DeserializeOwned>(
    collection: CollectionName,
    row: &QueryResult,
    name: &str,
) -> Result<V, Error> {
    let text: String = row.try_get("", name)?;
    serde_json::from_str(&text).map_err(|error| Error::Corrupt {
        table: collection.as_str(),
        id: row.try_get::<Uuid>("", "id").unwrap_or_default(),
        detail: format!("{name}: {error}"),
    })
}

impl<'s> Candidates<'s> {
    pub(crate) fn new(
        snapshot: &'s Snapshot,
        view: &'s View,
        municipality: &'s str,
        readable: Option<&'s [CollectionName]>,
    ) -> Self {
        Self { snapshot, view, municipality, readable, truncated: false }
    }

    /// Whether these collections may be told of.
    pub(crate) fn may(&self, collections: &[CollectionName]) -> bool {
        self.readable.is_none_or(|readable| collections.iter().all(|collection| readable.contains(collection)))
    }

    /// Living and seen, whoever keeps it.
    pub(crate) fn seen(&self, collection: CollectionName) -> Condition {
        Condition::all().add(column(collection, "deleted_at").is_null()).add(self.view.condition(collection))
    }

    /// Living, seen, and kept by the municipality; what is shared is everybody's.
    pub(crate) fn kept(&self, collection: CollectionName) -> Condition {
        let seen = self.seen(collection);
        match collection.keeper() {
            Keeper::Shared => seen,
            _ => seen.add(column(collection, "municipality").eq(self.municipality)),
        }
    }

    /// The records of a collection that fit, as the domain reads them.
    pub(crate) async fn records<T: Stored>(&mut self, fits: Condition) -> Result<Vec<Record<T>>, Error> {
        if !self.may(&[T::NAME]) {
            return Ok(Vec::new());
        }
        let mut select = self.select(T::NAME, fits);
        select.column((table_name(T::NAME), sea_orm::sea_query::Asterisk));
        let rows = self.bounded(&select).await?;
        let record = |row| to_record::<T>(&T::Row::from_query_result(row, "")?).map(|(record, _)| record);
        rows.iter().map(record).collect()
    }

    /// Some columns of the records of a collection that fit.
    pub(crate) async fn rows(
        &mut self,
        collection: CollectionName,
        columns: &[&str],
        fits: Condition,
    ) -> Result<Vec<QueryResult>, Error> {
        if !self.may(&[collection]) {
            return Ok(Vec::new());
        }
        let mut select = self.select(collection, fits);
        select.columns(columns.iter().map(|name| (table_name(collection), Alias::new(*name))));
        self.bounded(&select).await
    }

    /// The same, in one look at the table for two conditions: those that fit the first come first, so
    /// that plenty of the others does not crowd them out.
    pub(crate) async fn rows_of_both(
        &mut self,
        collection: CollectionName,
        columns: &[&str],
        first: Condition,
        others: Condition,
    ) -> Result<Vec<QueryResult>, Error> {
        if !self.may(&[collection]) {
            return Ok(Vec::new());
        }
        let rank = CaseStatement::new().case(first.clone(), Expr::value(0)).finally(Expr::value(1));
        let mut select = self.select(collection, Condition::any().add(first).add(others));
        select.clear_order_by().order_by_expr(rank.into(), Order::Asc).order_by(id(collection), Order::Asc);
        select.columns(columns.iter().map(|name| (table_name(collection), Alias::new(*name))));
        self.bounded(&select).await
    }

    fn select(&self, collection: CollectionName, fits: Condition) -> SelectStatement {
        Query::select()
            .from(table_name(collection))
            .cond_where(self.kept(collection).add(fits))
            .order_by(id(collection), Order::Asc)
            .limit(MOST + 1)
            .to_owned()
    }

    async fn bounded(&mut self, select: &SelectStatement) -> Result<Vec<QueryResult>, Error> {
        let mut rows = self.all(select).await?;
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        self.truncated |= rows.len() > most;
        rows.truncate(most);
        Ok(rows)
    }

    /// Whether any record of a collection fits.
    pub(crate) async fn any(&self, collection: CollectionName, fits: Condition) -> Result<bool, Error> {
        let select = Query::select()
            .column(id(collection))
            .from(table_name(collection))
            .cond_where(self.kept(collection).add(fits))
            .limit(1)
            .to_owned();
        Ok(!self.all(&select).await?.is_empty())
    }

    /// What a statement of the caller's own finds.
    pub(crate) async fn all(&self, select: &SelectStatement) -> Result<Vec<QueryResult>, Error> {
        Ok(self.snapshot.connection().query_all(select).await?)
    }
}
