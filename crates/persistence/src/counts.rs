//! What statistics count exchanges by, kept in the same transaction as every change: one row for
//! all exchanges that are alike in municipality, visibility, country, years, direction and audience.
//!
//! A saved exchange leaves what it takes away and what it adds. That waits with the rows to insert
//! and is written with them, added up, when the batch ends or somebody asks (see [`crate::pending`]).
//! The country is the one the place is in when it is written, so a place that changes its country
//! takes its exchanges along.

use std::collections::{BTreeMap, BTreeSet};

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::PartialInterval;
use pobratim_domain::{CollectionName, ExchangeHeadcount, Tally, YearSpan};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, OnConflict, Query, SelectStatement};
use sea_orm::{ConnectionTrait, DbErr, QueryResult};
use uuid::Uuid;

use crate::error::Error;
use crate::pending::portion;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::tx::Tx;

/// The table of the counts.
pub(crate) const TABLE: &str = "exchange_counts";
/// What a count is of.
const KEY: [&str; 8] =
    ["municipality", "country", "first_year", "last_year", "doubtful", "direction", "audience", "visibility"];
/// What is counted.
const SUMS: [&str; 3] = ["exchanges", "people", "inexact"];
/// How many exchanges are counted again at once, and how many places are looked up.
const SLICE: u64 = 2_000;

/// What a record is counted as.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Who keeps it.
    pub municipality: String,
    /// Who may see it.
    pub visibility: String,
    /// The other side.
    pub side: Side,
    /// Received or sent.
    pub direction: String,
    /// Who makes up the delegation.
    pub audience: String,
    /// When it was.
    pub span: YearSpan,
    /// What it adds.
    pub tally: Tally,
}

/// The other side of an exchange.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Side {
    /// A place; its country is looked up.
    Place(Uuid),
    /// A country, when it is known.
    Country(String),
}

impl Counted {
    /// The same, to be taken away.
    pub(crate) fn taken_away(mut self) -> Self {
        self.tally = -self.tally;
        self
    }

    fn key(&self, country: String) -> Key {
        let Self { municipality, visibility, direction, audience, span, .. } = self.clone();
        Key { municipality, country, span, direction, audience, visibility }
    }
}

/// One row of the counts.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Key {
    municipality: String,
    country: String,
    span: YearSpan,
    direction: String,
    audience: String,
    visibility: String,
}

/// Writes what was counted.
pub(crate) async fn write<'c>(
    connection: &impl ConnectionTrait,
    counted: impl Iterator<Item = &'c Counted> + Clone,
) -> Result<(), DbErr> {
    let places: BTreeSet<Uuid> = counted
        .clone()
        .filter_map(|counted| match counted.side {
            Side::Place(place) => Some(place),
            Side::Country(_) => None,
        })
        .collect();
    let countries = countries(connection, places).await?;
    let mut sums: BTreeMap<Key, Tally> = BTreeMap::new();
    for counted in counted {
        let country = match &counted.side {
            Side::Place(place) => countries.get(place).cloned().unwrap_or_default(),
            Side::Country(country) => country.clone(),
        };
        let sum = sums.entry(counted.key(country)).or_default();
        *sum = *sum + counted.tally;
    }
    let rows: Vec<(Key, Tally)> = sums.into_iter().filter(|(_, tally)| *tally != Tally::default()).collect();
    let mut left = rows.as_slice();
    while !left.is_empty() {
        let (now, later) = left.split_at(portion(left.len(), KEY.len() + SUMS.len()));
        let mut statement = Query::insert();
        statement.into_table(Alias::new(TABLE)).columns(KEY.iter().chain(&SUMS).map(|name| Alias::new(*name)));
        for (key, tally) in now {
            let Key { municipality, country, span, direction, audience, visibility } = key;
            statement
                .values([
                    Expr::val(municipality.as_str()),
                    Expr::val(country.as_str()),
                    Expr::val(i64::from(span.first)),
                    Expr::val(i64::from(span.last)),
                    Expr::val(span.doubtful),
                    Expr::val(direction.as_str()),
                    Expr::val(audience.as_str()),
                    Expr::val(visibility.as_str()),
                    Expr::val(tally.records),
                    Expr::val(tally.people),
                    Expr::val(tally.inexact),
                ])
                .map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        let mut add = OnConflict::columns(KEY.map(Alias::new));
        for name in SUMS {
            let (known, new) = (col(TABLE, name), col("excluded", name));
            add.value(Alias::new(name), known.add(new));
        }
        statement.on_conflict(add);
        connection.execute(&statement).await?;
        left = later;
    }
    Ok(())
}

fn col(table: &str, name: &str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

/// The countries of places.
async fn countries(connection: &impl ConnectionTrait, places: BTreeSet<Uuid>) -> Result<BTreeMap<Uuid, String>, DbErr> {
    let mut found = BTreeMap::new();
    let places: Vec<Uuid> = places.into_iter().collect();
    for some in places.chunks(500) {
        let statement = Query::select()
            .columns([Alias::new("id"), Alias::new("country")])
            .from(table_name(CollectionName::Places))
            .and_where(Expr::col(Alias::new("id")).is_in(some.iter().copied()))
            .to_owned();
        for row in connection.query_all(&statement).await? {
            found.insert(row.try_get("", "id")?, row.try_get("", "country")?);
        }
    }
    Ok(found)
}

/// The exchanges that are counted, in what they are counted by; not yet grouped or ordered.
fn counted_exchanges() -> SelectStatement {
    let exchanges = CollectionName::Exchanges.as_str();
    let columns = ["municipality", "visibility", "direction", "audience", "period", "headcount"];
    Query::select()
        .columns(columns.map(|name| (Alias::new(exchanges), Alias::new(name))))
        .from(Alias::new(exchanges))
        .cond_where(
            Condition::all()
                .add(col(exchanges, "deleted_at").is_null())
                .add(col(exchanges, "counts_in_statistics").eq(true))
                .add(col(exchanges, "state").is_in(["completed", "reported"])),
        )
        .to_owned()
}

/// What so many exchanges that are alike are counted as.
fn read(row: &QueryResult, country: String, exchanges: i64) -> Result<Counted, Error> {
    let period: Option<String> = row.try_get("", "period")?;
    let period = period.and_then(|text| PartialInterval::parse(&text).ok());
    let headcount: Option<String> = row.try_get("", "headcount")?;
    let headcount: Option<ExchangeHeadcount> = headcount.map(|text| serde_json::from_str(&text)).transpose()?;
    let one = Tally::of_headcount(headcount.as_ref());
    Ok(Counted {
        municipality: row.try_get("", "municipality")?,
        visibility: row.try_get("", "visibility")?,
        side: Side::Country(country),
        direction: row.try_get("", "direction")?,
        audience: row.try_get("", "audience")?,
        span: YearSpan::of_interval(period.as_ref()),
        tally: Tally { records: exchanges, people: one.people * exchanges, inexact: one.inexact * exchanges },
    })
}

/// Counts the exchanges of a place under another country: before the place itself is changed.
pub(crate) async fn change_country(tx: &Tx, place: Uuid, from: CountryCode, to: CountryCode) -> Result<(), Error> {
    // What was counted under the old country must be there first.
    tx.settle_counts().await?;
    let exchanges = CollectionName::Exchanges.as_str();
    let mut alike = counted_exchanges();
    alike.expr_as(Func::count(Expr::col(sea_orm::sea_query::Asterisk)), Alias::new("n"));
    alike.and_where(col(exchanges, "partner").eq(place));
    alike.add_group_by(
        ["municipality", "visibility", "direction", "audience", "period", "headcount"].map(|name| col(exchanges, name)),
    );
    for row in tx.query_all(&alike).await? {
        let counted = read(&row, to.to_string(), row.try_get("", "n")?)?;
        let before = Counted { side: Side::Country(from.to_string()), ..counted.clone() };
        tx.count(before.taken_away());
        tx.count(counted);
    }
    Ok(())
}

/// What the counts say and the exchanges do not, or the other way round.
pub(crate) async fn faults(snapshot: &Snapshot) -> Result<Vec<String>, Error> {
    let mut differing: BTreeMap<Key, Tally> = BTreeMap::new();
    let (exchanges, places) = (CollectionName::Exchanges.as_str(), CollectionName::Places.as_str());
    let mut last = Uuid::nil();
    loop {
        let mut slice = counted_exchanges();
        slice
            .column((Alias::new(exchanges), Alias::new("id")))
            .column((Alias::new(places), Alias::new("country")))
            .left_join(Alias::new(places), col(places, "id").equals((Alias::new(exchanges), Alias::new("partner"))))
            .and_where(col(exchanges, "id").gt(last))
            .order_by((Alias::new(exchanges), Alias::new("id")), sea_orm::Order::Asc)
            .limit(SLICE);
        let rows = snapshot.connection().query_all(&slice).await?;
        let Some(end) = rows.last() else { break };
        last = end.try_get("", "id")?;
        for row in &rows {
            let country: Option<String> = row.try_get("", "country")?;
            let counted = read(row, country.clone().unwrap_or_default(), 1)?;
            let sum = differing.entry(counted.key(country.unwrap_or_default())).or_default();
            *sum = *sum + counted.tally;
        }
    }
    let all = Query::select()
        .columns(KEY.iter().chain(&SUMS).map(|name| Alias::new(*name)))
        .from(Alias::new(TABLE))
        .to_owned();
    for row in snapshot.connection().query_all(&all).await? {
        let key = Key {
            municipality: row.try_get("", "municipality")?,
            country: row.try_get("", "country")?,
            span: span(&row)?,
            direction: row.try_get("", "direction")?,
            audience: row.try_get("", "audience")?,
            visibility: row.try_get("", "visibility")?,
        };
        let sum = differing.entry(key).or_default();
        *sum = *sum + -tally(&row)?;
    }
    let faults = differing.into_iter().filter(|(_, difference)| *difference != Tally::default());
    let told = faults.map(|(key, difference)| {
        let Key { municipality, country, span, direction, audience, visibility } = key;
        format!(
            "statistics miss {} exchanges and {} people: {municipality} {country} {}..{} {direction} {audience} {visibility}",
            difference.records, difference.people, span.first, span.last
        )
    });
    Ok(told.collect())
}

/// The years of a row of the counts.
fn span(row: &QueryResult) -> Result<YearSpan, DbErr> {
    let year = |name| row.try_get::<i64>("", name).map(|year| i32::try_from(year).unwrap_or_default());
    Ok(YearSpan { first: year("first_year")?, last: year("last_year")?, doubtful: row.try_get("", "doubtful")? })
}

/// The sums of a row of the counts.
fn tally(row: &QueryResult) -> Result<Tally, DbErr> {
    let sum = |name| row.try_get("", name);
    Ok(Tally { records: sum("exchanges")?, people: sum("people")?, inexact: sum("inexact")? })
}
