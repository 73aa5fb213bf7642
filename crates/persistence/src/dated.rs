//! Events and exchanges by when they are: those of some days, those planned for later, those without a
//! date. What belongs here: the conditions by which their own indexes are used, and lists for what is
//! computed from such records.
//!
//! A period reaches into some days when it begins in them, or when it began before and is not over. An
//! index of beginnings finds the first kind at once, but not the second, for which it would be read from
//! the first record on. Few of the second kind are longer than their year, so those that go over the turn
//! of a year have an index of their own; the rest begins in the year of the first day.

use jiff::civil::Date;
use pobratim_domain::{CollectionName, EventStatus, ExchangeState, Record};
use sea_orm::sea_query::{Asterisk, Condition, Expr, ExprTrait, Query, SelectStatement, SimpleExpr};
use sea_orm::{ConnectionTrait, FromQueryResult, Order};

use crate::backend::limited;
use crate::candidates::{column, kept};
use crate::days::END;
use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::{Stored, read_record, table_name};
use crate::view::View;

/// Which events or exchanges of a municipality are wanted.
#[derive(Clone, Copy, Debug)]
pub struct Dated<'q> {
    /// Whose they are.
    pub municipality: &'q str,
    /// When they are.
    pub when: When,
    /// Which of them.
    pub only: Only<'q>,
    /// How many at most, in the order in which they begin.
    pub limit: u64,
}

/// When a record is.
#[derive(Clone, Copy, Debug)]
pub enum When {
    /// Perhaps on one of the days from this to that.
    Between(Date, Date),
    /// Perhaps on this day or later.
    Since(Date),
    /// Nobody knows.
    Unknown,
}

/// Which records are wanted.
#[derive(Clone, Copy, Debug)]
pub enum Only<'q> {
    /// Every one.
    All,
    /// What was among the main things of its year.
    Highlights,
    /// What may still take place and is in one of these states.
    Open(&'q [&'q str]),
}

impl Dated<'_> {
    /// The very statements that these records are read with, one after the other until there are enough.
    pub fn statements(&self, view: &View, collection: CollectionName) -> Vec<SelectStatement> {
        let only = match self.only {
            Only::All => Condition::all(),
            Only::Highlights => Condition::all().add(highlight(collection)),
            Only::Open(states) => Condition::all()
                .add_option(may_take_place(collection))
                .add(column(collection, state(collection)).is_in(states.iter().copied())),
        };
        let select = |part: Condition| {
            Query::select()
                .column((table_name(collection), Asterisk))
                .from(table_name(collection))
                .cond_where(kept(view, self.municipality, collection).add(part).add(only.clone()))
                .order_by_expr(column(collection, "period_first"), Order::Asc)
                .order_by_expr(column(collection, "id"), Order::Asc)
                .limit(self.limit)
                .to_owned()
        };
        parts(collection, self.when).into_iter().map(select).collect()
    }
}

impl Snapshot {
    /// The first of these events or exchanges that the caller sees, as the domain reads them.
    pub async fn dated<T: Stored>(&self, view: &View, dated: Dated<'_>) -> Result<Vec<Record<T>>, Error> {
        let mut records = Vec::new();
        for mut select in dated.statements(view, T::NAME) {
            let found = u64::try_from(records.len()).unwrap_or(u64::MAX);
            if found >= dated.limit {
                break;
            }
            let statement = limited(self.connection(), select.limit(dated.limit - found));
            for row in self.connection().query_all_raw(statement).await? {
                records.push(read_record::<T>(&T::Row::from_query_result(&row, "")?)?);
            }
        }
        Ok(records)
    }
}

/// Conditions of which a record fits one when it is then. What fits an earlier one begins earlier.
pub(crate) fn parts(collection: CollectionName, when: When) -> Vec<Condition> {
    match when {
        When::Between(first, last) => reaching(collection, first, Some(last)),
        When::Since(first) => reaching(collection, first, None),
        // What has no date begins on the last day of the calendar, and no other record does. Nothing begins
        // later; were they told to be equal, PostgreSQL might walk all records by their ids for those.
        When::Unknown => vec![Condition::all().add(column(collection, "period_first").gte(END))],
    }
}

fn reaching(collection: CollectionName, first: Date, last: Option<Date>) -> Vec<Condition> {
    let begins = || column(collection, "period_first");
    let new_year = first.first_of_year().to_string();
    let not_over = Condition::all().add(column(collection, "period_last").gte(first.to_string()));
    let before = not_over.clone().add(across_years(collection)).add(begins().lt(new_year.as_str()));
    let since = not_over.add(begins().gte(new_year)).add_option(last.map(|last| begins().lte(last.to_string())));
    vec![before, since]
}

/// The column of the state of an event or an exchange.
fn state(collection: CollectionName) -> &'static str {
    if collection == CollectionName::Events { "status" } else { "state" }
}

// SQLite takes an index of some records only where the statement says with the index's own words which.
// PostgreSQL has no statistics of such words, and takes for rare what is compared with a text.

fn across_years(collection: CollectionName) -> SimpleExpr {
    Expr::cust(format!(
        "CASE WHEN substr(\"{collection}\".\"period_first\", 1, 4) < substr(\"{collection}\".\"period_last\", 1, 4) \
         THEN 'across' ELSE '' END = 'across'"
    ))
}

fn highlight(collection: CollectionName) -> SimpleExpr {
    Expr::cust(format!("\"{collection}\".\"highlight\""))
}

/// What may still take place, or is taking place. Other collections than these have no such index.
pub(crate) fn may_take_place(collection: CollectionName) -> Option<SimpleExpr> {
    let states: Vec<&str> = match collection {
        CollectionName::Events => open_events(),
        CollectionName::Exchanges => open_exchanges(),
        _ => return None,
    };
    let (state, states) = (state(collection), states.join("', '"));
    Some(Expr::cust(format!("CASE WHEN \"{collection}\".\"{state}\" IN ('{states}') THEN 'open' ELSE '' END = 'open'")))
}

/// The statuses of events that may still take place.
pub(crate) fn open_events() -> Vec<&'static str> {
    EventStatus::ALL.iter().filter(|status| status.is_open()).map(|status| status.as_str()).collect()
}

/// The states of exchanges that may still take place, or are taking place.
pub(crate) fn open_exchanges() -> Vec<&'static str> {
    ExchangeState::ALL.iter().filter(|state| state.is_open()).map(|state| state.as_str()).collect()
}
