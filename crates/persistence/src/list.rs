//! Lists: filters, one sort key, and pages that begin where the last one ended (keyset), so that
//! page 2000 costs what page 1 does.

use pobratim_domain::{CollectionName, Record};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SelectStatement, SimpleExpr};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, IdenStatic, Order, QueryFilter, QueryOrder,
    QueryResult, QuerySelect, QueryTrait, Select, Value,
};
use uuid::Uuid;

use crate::backend::limited;
use crate::cursor::{Cursor, Key, Secret};
use crate::days::BEGINNING;
use crate::error::Error;
use crate::findable::{TAG, external_id, link, term};
use crate::read::Snapshot;
use crate::shown::Shown;
use crate::stored::{Column, FilterBy, Sort, Stored, Table, column, read_record, table_name};
use crate::view::View;
use crate::words::{NEAR, Words};

/// What a list is asked for.
#[derive(Clone, Debug)]
pub struct ListQuery {
    /// What all its records have.
    pub filters: Vec<Wanted>,
    /// What it is sorted by.
    pub sort: Sort,
    /// Whether the order is reversed.
    pub descending: bool,
    /// How many records a page has.
    pub limit: u64,
    /// Where the last page ended.
    pub cursor: Option<String>,
    /// Whether to count all records.
    pub count: bool,
    /// Names the list: collection, filters, sort and view. Cursors are bound to it.
    pub name: String,
}

impl ListQuery {
    /// Everything, in the order it was made.
    pub fn all<T: Stored>(limit: u64) -> Self {
        Self {
            filters: Vec::new(),
            sort: crate::stored::COMMON_SORTS[0],
            descending: false,
            limit,
            cursor: None,
            count: false,
            name: T::NAME.as_str().to_owned(),
        }
    }
}

/// One thing that all records of a list have.
#[derive(Clone, Debug)]
pub enum Wanted {
    /// A declared filter has one of these values.
    Any(FilterBy, Vec<String>),
    /// A declared reference is one of these records.
    Refers(FilterBy, Vec<Uuid>),
    /// A declared interval ends on this day or later.
    From(FilterBy, String),
    /// A declared interval begins on this day or earlier.
    To(FilterBy, String),
    /// A declared interval is not known at all.
    Undated(FilterBy),
    /// The ref is one of these.
    Reference(Vec<String>),
    /// The keeper is one of these municipalities.
    Municipality(Vec<String>),
    /// The visibility is one of these.
    Visibility(Vec<String>),
    /// It has one of these tags.
    Tag(Vec<String>),
    /// It has this external id.
    ExternalId(String, String),
    /// Every word of this text begins a word of the record, or of something it refers to that belongs
    /// to one of these collections.
    Words {
        /// What is searched.
        text: String,
        /// Those of [`crate::THROUGH`] that the caller may read.
        through: Vec<CollectionName>,
    },
}

/// One page of a list.
#[derive(Clone, Debug)]
pub struct Page<R> {
    /// The records.
    pub rows: Vec<R>,
    /// Where the next page begins; nothing on the last one.
    pub next: Option<String>,
    /// How many records the whole list has, when it was asked for.
    pub total: Option<i64>,
}

impl Snapshot {
    /// One page of a list, as rows of its table.
    pub async fn list<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
    ) -> Result<Page<T::Row>, Error> {
        self.read_page::<T, _>(view, query, secret, |row| Ok(T::Row::from_query_result(row, "")?)).await
    }

    /// One page of a list, as the caller sees it.
    pub async fn shown<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
    ) -> Result<Page<Shown>, Error> {
        self.read_page::<T, _>(view, query, secret, |row| Shown::of::<T>(row, view)).await
    }

    async fn read_page<T: Stored, R>(
        &self,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
        read: impl Fn(&QueryResult) -> Result<R, Error>,
    ) -> Result<Page<R>, Error> {
        let words = self.words(view, query).await?;
        let total = if query.count { Some(self.count::<T>(view, query, words.as_ref()).await?) } else { None };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for statement in self.pages_of::<T>(view, query, words.as_ref(), secret).await? {
            found = self.connection().query_all_raw(limited(self.connection(), &statement)).await?;
            if found.len() > limit {
                break;
            }
        }
        Ok(Page { total, ..page_of::<T, R>(&found, query, secret, read)? })
    }

    /// The first records of a list as the domain reads them, for what is computed from them.
    pub async fn first<T: Stored>(&self, view: &View, query: &ListQuery) -> Result<Vec<Record<T>>, Error> {
        // A list without a cursor needs no secret to authenticate one.
        let page = self.list::<T>(view, query, &Secret::new("")).await?;
        page.rows.iter().map(read_record::<T>).collect()
    }

    /// The very statements that a page of a list is read with, the next one when one before found no
    /// full page. Which they are depends on how common the words are that are searched.
    pub(crate) async fn pages<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
    ) -> Result<Vec<SelectStatement>, Error> {
        let words = self.words(view, query).await?;
        self.pages_of::<T>(view, query, words.as_ref(), secret).await
    }

    async fn pages_of<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
        words: Option<&Words>,
        secret: &Secret,
    ) -> Result<Vec<SelectStatement>, Error> {
        let place = Place::<T>::of(query, secret)?;
        let all = condition::<T>(view, query)?;
        let Some(words) = words else { return Ok(vec![place.page(all, query.limit)]) };
        if let Some(rare) = words.by_the_rarest(self, T::NAME).await? {
            return Ok(vec![place.page(all.add(rare), query.limit)]);
        }
        let mut pages = Vec::new();
        for many in NEAR {
            let near = all.clone().add(words.one_by_one(T::NAME));
            let Some(end) = self.connection().query_one_raw(limited(self.connection(), &place.nth(many)?)).await?
            else {
                pages.push(place.page(near, query.limit));
                return Ok(pages);
            };
            pages.push(place.page(near.add(place.up_to(&end)?), query.limit));
        }
        pages.push(place.page(all.add(words.gathered(T::NAME)), query.limit));
        Ok(pages)
    }

    /// What is searched, with what it names.
    async fn words(&self, view: &View, query: &ListQuery) -> Result<Option<Words>, Error> {
        let mut all: Option<Words> = None;
        for wanted in &query.filters {
            if let Wanted::Words { text, through } = wanted {
                let words = Words::read(self, view, text, through).await?;
                all = Some(match all {
                    Some(others) => others.and(words),
                    None => words,
                });
            }
        }
        Ok(all)
    }

    async fn count<T: Stored>(&self, view: &View, query: &ListQuery, words: Option<&Words>) -> Result<i64, Error> {
        let fits = condition::<T>(view, query)?.add_option(words.map(|words| words.gathered(T::NAME)));
        let mut statement = Table::<T>::find().filter(fits).select_only().into_query();
        // COUNT(*) may read an index alone; counting a column may not.
        statement.expr_as(Func::count(Expr::col(sea_orm::sea_query::Asterisk)), Alias::new("n"));
        let row = self.connection().query_one(&statement).await?;
        Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
    }
}

/// A page of what its statement has found.
pub(crate) fn page_of<T: Stored, R>(
    found: &[QueryResult],
    query: &ListQuery,
    secret: &Secret,
    read: impl Fn(&QueryResult) -> Result<R, Error>,
) -> Result<Page<R>, Error> {
    let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
    let shown = found.get(..limit).unwrap_or(found);
    let next = match shown.last() {
        Some(row) if found.len() > limit => {
            let (key, id) = place_of(row, column::<T>(query.sort.column)?, column::<T>("id")?)?;
            Some(Cursor { key, id }.encode(secret, &query.name)?)
        }
        _ => None,
    };
    Ok(Page { rows: shown.iter().map(read).collect::<Result<_, _>>()?, next, total: None })
}

/// A place to compare with.
fn there(key: Key, id: Uuid) -> Expr {
    let key = match key {
        Key::Whole(number) => Value::from(number),
        Key::Text(text) => Value::from(text),
    };
    Expr::tuple([Expr::value(key), Expr::value(id)])
}

/// Where a row stands in an order.
fn place_of(row: &QueryResult, key: impl IdenStatic, id: impl IdenStatic) -> Result<(Key, Uuid), Error> {
    let id = row.try_get("", id.as_str())?;
    let key = match row.try_get::<i64>("", key.as_str()) {
        Ok(number) => Key::Whole(number),
        Err(_) => Key::Text(row.try_get("", key.as_str())?),
    };
    Ok((key, id))
}

/// The one statement that reads a page, when nothing has to be looked up before: when no words are
/// searched.
pub(crate) fn page<T: Stored>(
    view: &View,
    query: &ListQuery,
    secret: &Secret,
) -> Result<Option<SelectStatement>, Error> {
    if query.filters.iter().any(|wanted| matches!(wanted, Wanted::Words { .. })) {
        return Ok(None);
    }
    Ok(Some(Place::<T>::of(query, secret)?.page(condition::<T>(view, query)?, query.limit)))
}

/// Where a page stands: the order of its list, and what it comes after.
struct Place<T: Stored> {
    key: Column<T>,
    id: Column<T>,
    descending: bool,
    after: Option<SimpleExpr>,
}

impl<T: Stored> Place<T> {
    fn of(query: &ListQuery, secret: &Secret) -> Result<Self, Error> {
        let (key, id) = (column::<T>(query.sort.column)?, column::<T>("id")?);
        let mut place = Self { key, id, descending: query.descending, after: None };
        if let Some(text) = &query.cursor {
            let Cursor { key, id } = Cursor::decode(text, secret, &query.name)?;
            let there = there(key, id);
            place.after = Some(if place.descending { place.here().lt(there) } else { place.here().gt(there) });
        }
        Ok(place)
    }

    /// The place of a row, to compare with others.
    fn here(&self) -> Expr {
        let column = |column| Expr::col((Table::<T>::default(), column));
        Expr::tuple([column(self.key), column(self.id)])
    }

    fn ordered(&self, fits: Condition) -> Select<Table<T>> {
        let order = if self.descending { Order::Desc } else { Order::Asc };
        let fits = fits.add_option(self.after.clone());
        Table::<T>::find().filter(fits).order_by(self.key, order.clone()).order_by(self.id, order)
    }

    /// The statement that reads the page, with one record more to see whether another follows.
    fn page(&self, fits: Condition, limit: u64) -> SelectStatement {
        self.ordered(fits).limit(limit + 1).into_query()
    }

    /// The statement that finds the place so many living records on.
    fn nth(&self, many: u64) -> Result<SelectStatement, Error> {
        let living = Condition::all().add(column::<T>("deleted_at")?.is_null());
        let columns = [self.key, self.id];
        Ok(self.ordered(living).select_only().columns(columns).offset(many).limit(1).into_query())
    }

    /// That a row comes no later than that one.
    fn up_to(&self, end: &QueryResult) -> Result<SimpleExpr, Error> {
        let (key, id) = place_of(end, self.key, self.id)?;
        let there = there(key, id);
        Ok(if self.descending { self.here().gte(there) } else { self.here().lte(there) })
    }
}

/// All that the records of a list have but for words, which are looked up first.
fn condition<T: Stored>(view: &View, query: &ListQuery) -> Result<Condition, Error> {
    let mut all = Condition::all().add(column::<T>("deleted_at")?.is_null()).add(view.condition(T::NAME));
    for wanted in &query.filters {
        all = match wanted {
            Wanted::Any(by, values) => all.add(any::<T>(*by, values)?),
            Wanted::Refers(by, ids) => all.add(refers::<T>(*by, ids)?),
            Wanted::From(FilterBy::Days { last, .. }, day) => all.add(column::<T>(last)?.gte(day)),
            Wanted::To(FilterBy::Days { first, .. }, day) => all.add(column::<T>(first)?.lte(day)),
            Wanted::Undated(FilterBy::Days { last, .. }) => all.add(column::<T>(last)?.eq(BEGINNING)),
            Wanted::From(..) | Wanted::To(..) | Wanted::Undated(..) => return Err(misused::<T>()),
            Wanted::Reference(refs) => all.add(column::<T>("reference")?.is_in(refs)),
            Wanted::Municipality(slugs) => all.add(column::<T>("municipality")?.is_in(slugs)),
            Wanted::Visibility(levels) => all.add(column::<T>("visibility")?.is_in(levels)),
            Wanted::Tag(tags) => all.add(has_term::<T>(TAG, tags)?),
            Wanted::ExternalId(scheme, value) => all.add(has_external_id::<T>(scheme, value)?),
            Wanted::Words { .. } => all,
        };
    }
    Ok(all)
}

fn any<T: Stored>(by: FilterBy, values: &[String]) -> Result<SimpleExpr, Error> {
    match by {
        FilterBy::Code { column: name, .. } => Ok(column::<T>(name)?.is_in(values)),
        FilterBy::Flag { column: name } => Ok(column::<T>(name)?.is_in(values.iter().map(|value| value == "true"))),
        FilterBy::Whole { column: name } => {
            Ok(column::<T>(name)?.is_in(values.iter().filter_map(|value| value.parse::<i64>().ok())))
        }
        FilterBy::Term { field, .. } => has_term::<T>(field, values),
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

fn refers<T: Stored>(by: FilterBy, ids: &[Uuid]) -> Result<SimpleExpr, Error> {
    match by {
        FilterBy::Reference { column: name } => Ok(column::<T>(name)?.is_in(ids.iter().copied())),
        FilterBy::Link { field } => {
            let links = Query::select()
                .column(link::Column::RecordId)
                .from(link::Entity)
                .and_where(link::Column::Target.is_in(ids.iter().copied()))
                .and_where(link::Column::Collection.eq(T::NAME.as_str()))
                .and_where(link::Column::Field.eq(field))
                .to_owned();
            among::<T>(links)
        }
        _ => Err(misused::<T>()),
    }
}

fn has_term<T: Stored>(field: &str, values: &[String]) -> Result<SimpleExpr, Error> {
    let terms = terms::<T>(field).and_where(term::Column::Term.is_in(values)).to_owned();
    among::<T>(terms)
}

fn terms<T: Stored>(field: &str) -> SelectStatement {
    Query::select()
        .column(term::Column::RecordId)
        .from(term::Entity)
        .and_where(term::Column::Collection.eq(T::NAME.as_str()))
        .and_where(term::Column::Field.eq(field))
        .to_owned()
}

fn has_external_id<T: Stored>(scheme: &str, value: &str) -> Result<SimpleExpr, Error> {
    let ids = Query::select()
        .column(external_id::Column::RecordId)
        .from(external_id::Entity)
        .and_where(external_id::Column::Collection.eq(T::NAME.as_str()))
        .and_where(external_id::Column::Scheme.eq(scheme))
        .and_where(external_id::Column::Value.eq(value))
        .to_owned();
    among::<T>(ids)
}

fn among<T: Stored>(ids: SelectStatement) -> Result<SimpleExpr, Error> {
    Ok(column::<T>("id")?.in_subquery(ids))
}

fn misused<T: Stored>() -> Error {
    Error::Defect(format!("a filter of {} is used for what it is not", T::NAME))
}
