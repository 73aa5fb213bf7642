//! Lists: what they ask of their records, one sort key, and pages. The order of a list is in [`place`],
//! what it asks in [`criterion`], and how its pages are found in [`mod@ways`].

pub(crate) mod criterion;
mod place;
mod ways;

use pobratim_domain::{CollectionName, Record};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, SelectStatement};
use sea_orm::{
    ColumnTrait, ConnectionTrait, EntityTrait, FromQueryResult, QueryFilter, QueryResult, QuerySelect, QueryTrait,
};
use uuid::Uuid;

use crate::backend::{knows_columns, limited};
use crate::cursor::Secret;
use crate::error::Error;
use crate::list::criterion::{Criterion, Quick, days, gathered};
use crate::list::place::Place;
pub(crate) use crate::list::place::page_of;
use crate::list::ways::ways;
use crate::read::Snapshot;
use crate::shown::Shown;
use crate::stored::{FilterBy, Sort, Stored, Table, column, read_record};
use crate::view::View;
use crate::words::Words;

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
        let mut asked = Asked::<T>::of(self.connection(), view, query, secret)?;
        asked.look_up_words(self, view, query).await?;
        let total = if query.count { Some(self.count(&asked).await?) } else { None };
        let limit = usize::try_from(query.limit).unwrap_or(usize::MAX);
        let mut found = Vec::new();
        for statement in self.pages_of(&asked).await? {
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
    /// full page. Which they are depends on how many records have what is asked.
    pub(crate) async fn pages<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
    ) -> Result<Vec<SelectStatement>, Error> {
        let mut asked = Asked::<T>::of(self.connection(), view, query, secret)?;
        asked.look_up_words(self, view, query).await?;
        self.pages_of(&asked).await
    }

    async fn pages_of<T: Stored>(&self, asked: &Asked<T>) -> Result<Vec<SelectStatement>, Error> {
        if let Some(page) = asked.at_once() {
            return Ok(vec![page]);
        }
        let mut pages = Vec::new();
        for way in ways(self, T::NAME, &asked.criteria(), asked.is_as_made).await? {
            let fits = asked.all.clone().add(way.fits);
            let Some(many) = way.within else {
                pages.push(asked.page(fits));
                continue;
            };
            let end = limited(self.connection(), &asked.place.nth(many)?);
            let Some(end) = self.connection().query_one_raw(end).await? else {
                // That is all there is.
                pages.push(asked.page(fits));
                break;
            };
            pages.push(asked.page(fits.add(asked.place.up_to(&end)?)));
        }
        Ok(pages)
    }

    async fn count<T: Stored>(&self, asked: &Asked<T>) -> Result<i64, Error> {
        let mut statement = Table::<T>::find().filter(asked.plainly()).select_only().into_query();
        // COUNT(*) may read an index alone; counting a column may not.
        statement.expr_as(Func::count(Expr::col(sea_orm::sea_query::Asterisk)), Alias::new("n"));
        let row = self.connection().query_one(&statement).await?;
        Ok(row.map(|row| row.try_get("", "n")).transpose()?.unwrap_or(0))
    }
}

/// The one statement that reads a page, when nothing has to be looked up before.
pub(crate) fn page<T: Stored>(
    connection: &impl ConnectionTrait,
    view: &View,
    query: &ListQuery,
    secret: &Secret,
) -> Result<Option<SelectStatement>, Error> {
    if query.filters.iter().any(|wanted| matches!(wanted, Wanted::Words { .. })) {
        return Ok(None);
    }
    Ok(Asked::<T>::of(connection, view, query, secret)?.at_once())
}

/// A list as it is asked for.
struct Asked<T: Stored> {
    place: Place<T>,
    limit: u64,
    is_as_made: bool,
    /// Whether the database chooses well by itself among what is asked of columns.
    is_known: bool,
    /// What is asked of all lists, and what no index helps to find.
    all: Condition,
    /// What is asked of the column that the list is sorted by: its index gives both.
    of_key: Condition,
    filters: Vec<Criterion>,
    words: Vec<Criterion>,
}

impl<T: Stored> Asked<T> {
    /// All but for words, which have to be looked up.
    fn of(connection: &impl ConnectionTrait, view: &View, query: &ListQuery, secret: &Secret) -> Result<Self, Error> {
        let mut all = Condition::all().add(column::<T>("deleted_at")?.is_null()).add(view.condition(T::NAME));
        let (mut of_key, mut filters) = (Condition::all(), Vec::new());
        for wanted in &query.filters {
            if let Wanted::Visibility(levels) = wanted {
                all = all.add(column::<T>("visibility")?.is_in(levels));
            } else if is_of(wanted, query.sort.column) {
                of_key = of_key.add(days::<T>(wanted)?);
            } else {
                filters.extend(Criterion::of::<T>(connection, wanted)?);
            }
        }
        let place = Place::of(query, of_key.clone(), secret)?;
        let is_as_made = query.sort.column == "created_at";
        let is_known = knows_columns(connection);
        Ok(Self { place, limit: query.limit, is_as_made, is_known, all, of_key, filters, words: Vec::new() })
    }

    /// What is searched, with what it names.
    async fn look_up_words(&mut self, snapshot: &Snapshot, view: &View, query: &ListQuery) -> Result<(), Error> {
        for wanted in &query.filters {
            if let Wanted::Words { text, through } = wanted {
                let words = Words::read(snapshot, view, text, through).await?;
                if words.list.is_empty() {
                    // A text without a letter or digit finds nothing.
                    self.all = self.all.clone().add(Expr::value(1).eq(0));
                }
                self.words.extend(words.list.iter().map(|word| word.criterion(T::NAME)));
            }
        }
        Ok(())
    }

    fn criteria(&self) -> Vec<Criterion> {
        self.filters.iter().chain(&self.words).cloned().collect()
    }

    /// Everything, in the way that is left to the database, but for words: it would look them up for each record.
    fn plainly(&self) -> Condition {
        let filters = self.filters.iter().map(|criterion| criterion.plainly(T::NAME));
        let all = filters.fold(self.all.clone().add(self.of_key.clone()), Condition::add);
        all.add_option(gathered(T::NAME, &self.words))
    }

    /// The statement that reads the page, when it is found at once however many records have what is asked.
    fn at_once(&self) -> Option<SelectStatement> {
        let is_quick = match (self.filters.as_slice(), self.words.as_slice()) {
            ([], []) => true,
            ([filter], []) if filter.quick == Quick::Always => true,
            ([filter], []) if filter.quick == Quick::AsMade && self.is_as_made => true,
            (filters, []) => self.is_known && filters.iter().all(|filter| filter.is_of_columns),
            _ => false,
        };
        is_quick.then(|| self.page(self.plainly()))
    }

    fn page(&self, fits: Condition) -> SelectStatement {
        self.place.page(fits, self.limit)
    }
}

/// Whether a filter asks something of this one column alone.
fn is_of(wanted: &Wanted, key: &str) -> bool {
    match wanted {
        Wanted::From(FilterBy::Days { last, .. }, _) => *last == key,
        Wanted::To(FilterBy::Days { first, .. }, _) => *first == key,
        _ => false,
    }
}
