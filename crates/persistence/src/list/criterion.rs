//! What a list asks of its records, one thing each, told in the ways in which a statement can ask for
//! it: as a number of entries in an index, as the records that they lead to, and of one record alone.
//! Filters and searched words are alike in this; which way is taken is chosen in [`mod@super::ways`].

use pobratim_domain::CollectionName;
use sea_orm::sea_query::{
    Alias, Asterisk, CaseStatement, Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr, UnionType,
};
use sea_orm::{ColumnTrait, ConnectionTrait, Order};
use uuid::Uuid;

use crate::backend::{by_index, limited};
use crate::days::BEGINNING;
use crate::error::Error;
use crate::findable::{TAG, external_id, link, term};
use crate::list::Wanted;
use crate::read::Snapshot;
use crate::stored::{FilterBy, Stored, column, table_name};

/// One thing that all records of a list have.
#[derive(Clone, Debug)]
pub(crate) struct Criterion {
    /// The records that have it, found by indexes alone; some of them more than once.
    pub(crate) ids: SelectStatement,
    /// The same in parts, each in the order of its index: a bounded look ends where it is told to.
    pub(crate) entries: Vec<SelectStatement>,
    /// That one record has it.
    pub(crate) each: SimpleExpr,
    /// Whether `each` compares columns of the record's own table, by which it could be looked up.
    pub(crate) is_of_columns: bool,
    /// When it needs no measure.
    pub(crate) quick: Quick,
}

/// When the records that have something are found at once, however many they are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Quick {
    /// They are few by what they are asked for.
    Always,
    /// The index has them in the order in which they were made.
    AsMade,
    /// That has to be seen.
    Perhaps,
}

impl Criterion {
    /// What a filter asks; nothing when there is no index for it: when it is about who sees a record,
    /// which nearly all have in common, or about words, which are looked up first.
    pub(crate) fn of<T: Stored>(connection: &impl ConnectionTrait, wanted: &Wanted) -> Result<Option<Self>, Error> {
        let of_columns = |fits, quick| of_columns::<T>(connection, fits, quick);
        let criterion = match wanted {
            Wanted::Any(FilterBy::Term { field, .. }, values) => with_term::<T>(field, values),
            Wanted::Any(by, values) => {
                let is_listed = matches!(by, FilterBy::Country { .. });
                let quick = if values.len() == 1 && !is_listed { Quick::AsMade } else { Quick::Perhaps };
                of_columns(any::<T>(*by, values)?, quick)?
            }
            Wanted::Refers(FilterBy::Reference { column: name }, ids) => {
                let quick = if ids.len() == 1 { Quick::AsMade } else { Quick::Perhaps };
                of_columns(column::<T>(name)?.is_in(ids.iter().copied()), quick)?
            }
            Wanted::Refers(FilterBy::Link { field }, ids) => with_link::<T>(field, ids),
            Wanted::From(FilterBy::Days { .. }, _)
            | Wanted::To(FilterBy::Days { .. }, _)
            | Wanted::Undated(FilterBy::Days { .. }) => of_columns(days::<T>(wanted)?, Quick::Perhaps)?,
            Wanted::Refers(..) | Wanted::From(..) | Wanted::To(..) | Wanted::Undated(..) => return Err(misused::<T>()),
            Wanted::Reference(refs) => of_columns(column::<T>("reference")?.is_in(refs), Quick::Always)?,
            Wanted::Municipality(slugs) => {
                let quick = if slugs.len() == 1 { Quick::AsMade } else { Quick::Perhaps };
                of_columns(column::<T>("municipality")?.is_in(slugs), quick)?
            }
            Wanted::Tag(tags) => with_term::<T>(TAG, tags),
            Wanted::ExternalId(scheme, value) => with_external_id::<T>(scheme, value),
            Wanted::Visibility(_) | Wanted::Words { .. } => return Ok(None),
        };
        Ok(Some(criterion))
    }

    /// The same, for a statement that is left to the database.
    pub(crate) fn plainly(&self, collection: CollectionName) -> SimpleExpr {
        if self.is_of_columns { self.each.clone() } else { id(collection).in_subquery(self.ids.clone()) }
    }

    /// That a record is among those that have it, which are gathered once. Written so that it is asked of
    /// one record after the other, and does not find them.
    pub(crate) fn member(&self, collection: CollectionName) -> SimpleExpr {
        asked_of(id(collection).in_subquery(self.ids.clone()))
    }
}

/// A condition by which no record can be looked up. It is a truth value, of which PostgreSQL expects that half
/// of all records have it, so that it does not shy from going along an order.
pub(crate) fn asked_of(condition: SimpleExpr) -> SimpleExpr {
    CaseStatement::new().case(condition, Expr::value(true)).finally(Expr::value(false)).into()
}

/// That a record has all of these: those that have each are gathered first, from indexes alone. What this
/// costs grows with their number.
pub(crate) fn gathered<'c>(
    collection: CollectionName,
    criteria: impl IntoIterator<Item = &'c Criterion>,
) -> Option<SimpleExpr> {
    let met = criteria.into_iter().map(|criterion| {
        let met = Alias::new("met");
        let id = (met.clone(), Alias::new("record_id"));
        // Each once: PostgreSQL would else look up what one record after the other has.
        Query::select().distinct().column(id).from_subquery(criterion.ids.clone(), met).to_owned()
    });
    let all = met.reduce(|mut all, others| {
        all.union(UnionType::Intersect, others);
        all
    })?;
    Some(id(collection).in_subquery(all))
}

/// The number of entries by which each is met, up to a bound and one more.
pub(crate) async fn entries(snapshot: &Snapshot, criteria: &[Criterion], most: u64) -> Result<Vec<u64>, Error> {
    let mut select = Query::select();
    for (index, criterion) in criteria.iter().enumerate() {
        let parts = criterion.entries.iter().map(|part| Expr::from(bounded(part.clone(), most)));
        let all = parts.reduce(|all, part| all.add(part)).unwrap_or_else(|| Expr::value(0_i64));
        select.expr_as(all, Alias::new(format!("n{index}")));
    }
    let connection = snapshot.connection();
    let Some(row) = connection.query_one_raw(limited(connection, &select)).await? else { return Ok(Vec::new()) };
    let count = |index| row.try_get::<i64>("", &format!("n{index}")).map(i64::unsigned_abs);
    Ok((0..criteria.len()).map(count).collect::<Result<_, _>>()?)
}

/// How many rows a statement finds, up to a bound and one more.
fn bounded(mut select: SelectStatement, most: u64) -> SelectStatement {
    select.limit(most + 1);
    Query::select().expr(Func::count(Expr::col(Asterisk))).from_subquery(select, Alias::new("met")).to_owned()
}

/// The id of the record that is looked at.
pub(crate) fn id(collection: CollectionName) -> Expr {
    Expr::col((table_name(collection), Alias::new("id")))
}

/// What its own columns say.
fn of_columns<T: Stored>(
    connection: &impl ConnectionTrait,
    fits: SimpleExpr,
    quick: Quick,
) -> Result<Criterion, Error> {
    let ids = Query::select()
        .expr_as(id(T::NAME), Alias::new("record_id"))
        .from(table_name(T::NAME))
        .and_where(column::<T>("deleted_at")?.is_null())
        .and_where(by_index(connection, fits.clone()))
        .to_owned();
    Ok(Criterion { entries: vec![ids.clone()], ids, each: fits, is_of_columns: true, quick })
}

fn any<T: Stored>(by: FilterBy, values: &[String]) -> Result<SimpleExpr, Error> {
    match by {
        FilterBy::Code { column: name, .. } => Ok(column::<T>(name)?.is_in(values)),
        FilterBy::Flag { column: name } => Ok(column::<T>(name)?.is_in(values.iter().map(|value| value == "true"))),
        FilterBy::Whole { column: name } => {
            Ok(column::<T>(name)?.is_in(values.iter().filter_map(|value| value.parse::<i64>().ok())))
        }
        FilterBy::Country { column: name } => Ok(column::<T>(name)?.in_subquery(places_of(values))),
        _ => Err(misused::<T>()),
    }
}

/// The places of some countries, what is counted under one of them among its own.
fn places_of(countries: &[String]) -> SelectStatement {
    let places = table_name(CollectionName::Places);
    let is = |name: &str| Expr::col((places.clone(), Alias::new(name))).is_in(countries);
    Query::select()
        .column((places.clone(), Alias::new("id")))
        .from(places.clone())
        .cond_where(Condition::any().add(is("country")).add(is("country_group")))
        .to_owned()
}

/// Whether an interval of days reaches into a span, or is not known.
pub(crate) fn days<T: Stored>(wanted: &Wanted) -> Result<SimpleExpr, Error> {
    match wanted {
        Wanted::From(FilterBy::Days { last, .. }, day) => Ok(column::<T>(last)?.gte(day)),
        Wanted::To(FilterBy::Days { first, .. }, day) => Ok(column::<T>(first)?.lte(day)),
        Wanted::Undated(FilterBy::Days { last, .. }) => Ok(column::<T>(last)?.eq(BEGINNING)),
        _ => Err(misused::<T>()),
    }
}

fn with_link<T: Stored>(field: &str, ids: &[Uuid]) -> Criterion {
    let leads = |select: &mut SelectStatement| {
        let leads = link::Column::Target.is_in(ids.iter().copied());
        select.from(link::Entity).and_where(link::Column::Field.eq(field)).and_where(leads).to_owned()
    };
    let all = leads(Query::select().column((link::Entity, link::Column::RecordId)))
        .and_where(link::Column::Collection.eq(T::NAME.as_str()))
        .to_owned();
    let one = leads(&mut Query::select())
        .and_where(Expr::col((link::Entity, link::Column::RecordId)).eq(id(T::NAME)))
        .to_owned();
    let mut entries = all.clone();
    entries.order_by((link::Entity, link::Column::Target), Order::Asc);
    kept_elsewhere(all, entries, one)
}

fn with_term<T: Stored>(field: &str, values: &[String]) -> Criterion {
    let has = |select: &mut SelectStatement| {
        let is = term::Column::Term.is_in(values);
        select.from(term::Entity).and_where(term::Column::Field.eq(field)).and_where(is).to_owned()
    };
    let all = has(Query::select().column((term::Entity, term::Column::RecordId)))
        .and_where(term::Column::Collection.eq(T::NAME.as_str()))
        .to_owned();
    let one = has(&mut Query::select())
        .and_where(Expr::col((term::Entity, term::Column::RecordId)).eq(id(T::NAME)))
        .to_owned();
    kept_elsewhere(all.clone(), all, one)
}

/// What another table says; `one` says it of one record.
fn kept_elsewhere(ids: SelectStatement, entries: SelectStatement, mut one: SelectStatement) -> Criterion {
    one.expr(Expr::value(1_i64)).limit(1);
    let each = asked_of(Expr::from(one).eq(1_i64));
    Criterion { ids, entries: vec![entries], each, is_of_columns: false, quick: Quick::Perhaps }
}

fn with_external_id<T: Stored>(scheme: &str, value: &str) -> Criterion {
    let ids = Query::select()
        .column((external_id::Entity, external_id::Column::RecordId))
        .from(external_id::Entity)
        .and_where(external_id::Column::Collection.eq(T::NAME.as_str()))
        .and_where(external_id::Column::Scheme.eq(scheme))
        .and_where(external_id::Column::Value.eq(value))
        .to_owned();
    let each = asked_of(id(T::NAME).in_subquery(ids.clone()));
    Criterion { entries: vec![ids.clone()], ids, each, is_of_columns: false, quick: Quick::Always }
}

fn misused<T: Stored>() -> Error {
    Error::Defect(format!("a filter of {} is used for what it is not", T::NAME))
}
