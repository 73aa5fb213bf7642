//! Candidates: the records that a rule may have something to say of, found by coarse conditions and
//! bounded in number, so that what is computed costs the same whatever the size of the database.

use pobratim_domain::{
    Bucket, CollectionName, ExchangeStatisticsGroup, ExchangeStatisticsQuery, Keeper, MARK, Period, Record,
    RecordMention, Slug,
};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr, UnionType};
use sea_orm::{ColumnTrait, ConnectionTrait, FromQueryResult, Order, QueryResult};
use uuid::Uuid;

use crate::backend::{digits_of_id, limited};
use crate::dated::{When, parts};
use crate::error::Error;
use crate::findable::term;
use crate::read::Snapshot;
use crate::stored::{Stored, read_record, table_name};
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

fn seen(view: &View, collection: CollectionName) -> Condition {
    Condition::all().add(column(collection, "deleted_at").is_null()).add(view.condition(collection))
}

/// Living, seen, and kept by a municipality; what is shared is everybody's.
pub(crate) fn kept(view: &View, municipality: &str, collection: CollectionName) -> Condition {
    match collection.keeper() {
        Keeper::Shared => seen(view, collection),
        _ => seen(view, collection).add(column(collection, "municipality").eq(municipality)),
    }
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
        seen(self.view, collection)
    }

    /// Living, seen, and kept by the municipality; what is shared is everybody's.
    pub(crate) fn kept(&self, collection: CollectionName) -> Condition {
        kept(self.view, self.municipality, collection)
    }

    /// The records of a collection that fit, as the domain reads them.
    pub(crate) async fn records<T: Stored>(&mut self, fits: Condition) -> Result<Vec<Record<T>>, Error> {
        if !self.may(&[T::NAME]) {
            return Ok(Vec::new());
        }
        let mut select = self.select(T::NAME, fits);
        select.column((table_name(T::NAME), sea_orm::sea_query::Asterisk));
        let rows = self.bounded(&select).await?;
        let record = |row| read_record::<T>(&T::Row::from_query_result(row, "")?);
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

    /// Some columns, among them `id`, of the events or exchanges of some days that fit.
    pub(crate) async fn rows_at(
        &mut self,
        collection: CollectionName,
        columns: &[&str],
        when: When,
        fits: &Condition,
    ) -> Result<Vec<QueryResult>, Error> {
        if !self.may(&[collection]) {
            return Ok(Vec::new());
        }
        let mut found: Vec<(Uuid, QueryResult)> = Vec::new();
        for part in parts(collection, when) {
            let mut select = self.select(collection, part.add(fits.clone()));
            select.columns(columns.iter().map(|name| (table_name(collection), Alias::new(*name))));
            for row in self.all(&select).await? {
                found.push((row.try_get("", "id")?, row));
            }
        }
        found.sort_by_key(|(id, _)| *id);
        Ok(self.cut(found.into_iter().map(|(_, row)| row).collect()))
    }

    /// Some columns of the records of a collection that have one of these marks: those of the first list
    /// come first, so that plenty of the others does not crowd them out.
    pub(crate) async fn marked(
        &mut self,
        collection: CollectionName,
        columns: &[&str],
        marks: &[&[String]],
    ) -> Result<Vec<QueryResult>, Error> {
        if !self.may(&[collection]) {
            return Ok(Vec::new());
        }
        let looks = marks.iter().zip(0_i64..).flat_map(|(marks, rank)| marks.iter().map(move |mark| (mark, rank)));
        let looks = looks.map(|(mark, rank)| {
            // In the order of the index, so that the database stops where it is told to.
            let look = self
                .with_mark(collection, mark)
                .inner_join(
                    table_name(collection),
                    column(collection, "id").eq(Expr::col((term::Entity, term::Column::RecordId))),
                )
                .cond_where(self.kept(collection))
                .order_by((term::Entity, term::Column::RecordId), Order::Asc)
                .limit(MOST + 1)
                .to_owned();
            let id = (Alias::new("look"), Alias::new("record_id"));
            Query::select()
                .column(id)
                .expr_as(Expr::value(rank), Alias::new("rank"))
                .from_subquery(look, Alias::new("look"))
                .to_owned()
        });
        let Some(all) = looks.reduce(|mut all, look| {
            all.union(UnionType::All, look);
            all
        }) else {
            return Ok(Vec::new());
        };
        let (all_of, found) = (Alias::new("looks"), Alias::new("found"));
        let id = (all_of.clone(), Alias::new("record_id"));
        let rank = || Expr::col((Alias::new("found"), Alias::new("rank")));
        let first = Query::select()
            .column(id.clone())
            .expr_as(Func::min(Expr::col((all_of.clone(), Alias::new("rank")))), Alias::new("rank"))
            .from_subquery(all, all_of)
            .add_group_by([Expr::col(id.clone())])
            .order_by_expr(Func::min(Expr::col((Alias::new("looks"), Alias::new("rank")))).into(), Order::Asc)
            .order_by(id, Order::Asc)
            .limit(MOST + 1)
            .to_owned();
        let select = Query::select()
            .columns(columns.iter().map(|name| (table_name(collection), Alias::new(*name))))
            .from_subquery(first, found.clone())
            .inner_join(
                table_name(collection),
                column(collection, "id").eq(Expr::col((found, Alias::new("record_id")))),
            )
            .order_by_expr(rank(), Order::Asc)
            .order_by((table_name(collection), Alias::new("id")), Order::Asc)
            .to_owned();
        self.bounded(&select).await
    }

    /// The ids of the records of a collection that have a mark, whoever sees them.
    pub(crate) fn with_mark(&self, collection: CollectionName, mark: &str) -> SelectStatement {
        self.with_term(collection, MARK, mark)
    }

    /// The ids of the records of a collection that have a term in a field, whoever sees them.
    pub(crate) fn with_term(&self, collection: CollectionName, field: &str, text: &str) -> SelectStatement {
        Query::select()
            .column((term::Entity, term::Column::RecordId))
            .from(term::Entity)
            .and_where(term::Column::Collection.eq(collection.as_str()))
            .and_where(term::Column::Field.eq(field))
            .and_where(term::Column::Term.eq(text))
            .to_owned()
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
        let rows = self.all(select).await?;
        Ok(self.cut(rows))
    }

    /// No more than one look takes.
    fn cut(&mut self, mut rows: Vec<QueryResult>) -> Vec<QueryResult> {
        let most = usize::try_from(MOST).unwrap_or(usize::MAX);
        self.truncated |= rows.len() > most;
        rows.truncate(most);
        rows
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

    /// The exchanges that took place and count, in some years, by direction and country.
    pub(crate) async fn exchange_buckets(&self, period: Period) -> Result<Vec<Bucket>, Error> {
        let query = ExchangeStatisticsQuery {
            municipality: Some(Slug::parse(self.municipality).map_err(|error| Error::Defect(error.to_string()))?),
            group_by: vec![ExchangeStatisticsGroup::Direction, ExchangeStatisticsGroup::Country],
            period,
            ..ExchangeStatisticsQuery::default()
        };
        self.snapshot.exchange_buckets(self.view, &query).await
    }

    /// The id of a collection's record as 32 hexadecimal digits, for statements.
    pub(crate) fn digits_of_id(&self, collection: CollectionName) -> String {
        digits_of_id(self.snapshot.connection(), collection.as_str(), "id")
    }

    /// One of these terms in a field that any record of a collection has which fits.
    pub(crate) async fn term_of_any(
        &self,
        collection: CollectionName,
        fits: Condition,
        field: &str,
        terms: &[&str],
    ) -> Result<Option<String>, Error> {
        let of_record = Expr::col((term::Entity, term::Column::RecordId)).eq(column(collection, "id"));
        let select = Query::select()
            .expr_as(Expr::col((term::Entity, term::Column::Term)), Alias::new("term"))
            .from(table_name(collection))
            .inner_join(term::Entity, of_record)
            .cond_where(self.kept(collection).add(fits))
            .and_where(term::Column::Field.eq(field))
            .and_where(term::Column::Term.is_in(terms.iter().copied()))
            .limit(1)
            .to_owned();
        let found = self.all(&select).await?;
        Ok(found.first().map(|row| row.try_get("", "term")).transpose()?)
    }

    /// What a statement of the caller's own finds.
    pub(crate) async fn all(&self, select: &SelectStatement) -> Result<Vec<QueryResult>, Error> {
        let connection = self.snapshot.connection();
        Ok(connection.query_all_raw(limited(connection, select)).await?)
    }
}
