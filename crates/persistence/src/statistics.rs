//! Statistics read from the database: added up there as far as it can, put into rows by the domain.
//! Each takes a constant number of statements. Reports call these too.

use std::collections::{BTreeSet, HashMap};

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{PartialDate, PartialInterval};
use pobratim_domain::{
    AgreementPaper, AgreementStatistics, AgreementStatisticsQuery, Bucket, CollectionName, EventStatistics,
    EventStatisticsGroup, EventStatisticsQuery, ExchangeStatistics, ExchangeStatisticsGroup, ExchangeStatisticsQuery,
    Figure, PartnershipParty, PartnershipStatistics, PartnershipStatisticsGroup, PartnershipStatisticsQuery, PartyRole,
    Period, Slug, Tally, YearSpan, country, text_of,
};
use sea_orm::sea_query::{Alias, Asterisk, Condition, Expr, ExprTrait, Func, IntoCondition, Query, SelectStatement};
use sea_orm::{ConnectionTrait, QueryResult};
use serde::Serialize;
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::backend::limited;
use crate::counts::TABLE;
use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

const EXCHANGES: &str = CollectionName::Exchanges.as_str();
const EVENTS: &str = CollectionName::Events.as_str();
const AGREEMENTS: &str = CollectionName::Agreements.as_str();
const PARTNERSHIPS: &str = CollectionName::Partnerships.as_str();
const OBSERVATIONS: &str = CollectionName::Observations.as_str();
const PLACES: &str = CollectionName::Places.as_str();
const ORGANIZATIONS: &str = CollectionName::Organizations.as_str();

fn col(table: &str, name: &str) -> Expr {
    Expr::col((Alias::new(table), Alias::new(name)))
}

/// Living records that are seen, of one municipality or of all.
fn living(collection: CollectionName, view: &View, municipality: Option<&Slug>) -> SelectStatement {
    let mut select = Query::select();
    select.from(table_name(collection)).and_where(col(collection.as_str(), "deleted_at").is_null()).cond_where(of(
        collection,
        view,
        municipality,
    ));
    select
}

fn of(collection: CollectionName, view: &View, municipality: Option<&Slug>) -> Condition {
    let keeper = municipality.map(|slug| col(collection.as_str(), "municipality").eq(slug.as_str()));
    Condition::all().add(view.condition(collection)).add_option(keeper)
}

/// A column is one of these codes; any when there are none.
fn among<T: Serialize>(select: &mut SelectStatement, table: &str, name: &str, codes: &[T]) {
    if !codes.is_empty() {
        select.and_where(col(table, name).is_in(codes.iter().map(text_of)));
    }
}

/// Groups by a column and reads it.
fn group(select: &mut SelectStatement, table: &str, column: &str, name: &str) {
    select.expr_as(col(table, column), Alias::new(name)).add_group_by([col(table, column)]);
}

fn count(select: &mut SelectStatement) {
    select.expr_as(Func::count(Expr::col(Asterisk)), Alias::new("n"));
}

/// The countries asked for, with those that are counted under them.
fn with_members(countries: &[CountryCode]) -> Vec<CountryCode> {
    let all = country::all().iter().map(|country| country.code);
    all.filter(|code| countries.contains(code) || countries.contains(&code.group())).collect()
}

fn code<T: DeserializeOwned>(row: &QueryResult, name: &str) -> Result<Option<T>, Error> {
    let text: Option<String> = row.try_get("", name)?;
    Ok(text.map(|text| serde_json::from_value(text.into())).transpose()?)
}

fn interval(row: &QueryResult, name: &str) -> Result<Option<PartialInterval>, Error> {
    code(row, name)
}

impl Snapshot {
    /// The municipality that is meant when none is named: the caller's own, else the only one there
    /// is; nothing when there are several.
    pub async fn municipality_meant(&self, view: &View, named: Option<Slug>) -> Result<Option<Slug>, Error> {
        if named.is_some() {
            return Ok(named);
        }
        if let Some(own) = view.municipality() {
            return Ok(Slug::parse(own).ok());
        }
        let mut select = living(CollectionName::Municipalities, view, None);
        select.expr_as(col(CollectionName::Municipalities.as_str(), "slug"), Alias::new("slug")).limit(2);
        let found = self.connection().query_all_raw(limited(self.connection(), &select)).await?;
        match found.as_slice() {
            [one] => Ok(Slug::parse(&one.try_get::<String>("", "slug")?).ok()),
            _ => Ok(None),
        }
    }

    /// Exchanges that took place and their people, by groups, as far as the view sees them, beside
    /// what was reported of them.
    pub async fn exchange_statistics(
        &self,
        view: &View,
        query: &ExchangeStatisticsQuery,
    ) -> Result<ExchangeStatistics, Error> {
        let buckets = self.exchange_buckets(view, query).await?;
        let figures = self.figures(view, query.municipality.as_ref(), "delegations").await?;
        Ok(query.rows(buckets, &figures))
    }

    /// What is kept of exchanges that took place and count, added up by the groups and the years asked for.
    pub(crate) async fn exchange_buckets(
        &self,
        view: &View,
        query: &ExchangeStatisticsQuery,
    ) -> Result<Vec<Bucket>, Error> {
        let names: Vec<&str> = query
            .keys()
            .map(|group| match group {
                ExchangeStatisticsGroup::Direction => "direction",
                ExchangeStatisticsGroup::Audience => "audience",
                _ => "country",
            })
            .collect();
        let by_span = query.period != Period::default() || query.group_by.contains(&ExchangeStatisticsGroup::Year);
        let select = exchange_counts(view, query, &names, by_span);
        let columns: Vec<&str> = names.iter().chain(if by_span { SPAN } else { &[] }).chain(SUMS).copied().collect();
        let packed = self.connection().query_one(&in_one_text(select, &columns)).await?;
        let packed: Option<String> = packed.map(|row| row.try_get("", PACKED)).transpose()?.flatten();
        let rows = packed.iter().flat_map(|packed| packed.split(ROW));
        rows.map(|row| bucket(row, names.len(), by_span)).collect()
    }

    /// Events by groups, as far as the view sees them, beside what was reported of them.
    pub async fn event_statistics(&self, view: &View, query: &EventStatisticsQuery) -> Result<EventStatistics, Error> {
        use EventStatisticsGroup::{Country, Direction, Field, Kind, Status, Year};
        let mut select = living(CollectionName::Events, view, query.municipality.as_ref());
        count(&mut select);
        group(&mut select, EVENTS, "period", "period");
        let by = |group| query.group_by.contains(&group);
        if by(Country) || !query.countries.is_empty() {
            select.left_join(Alias::new(PLACES), col(PLACES, "id").equals((Alias::new(EVENTS), Alias::new("place"))));
        }
        if by(Field) {
            let fields = Condition::all()
                .add(col("terms", "record_id").equals((Alias::new(EVENTS), Alias::new("id"))))
                .add(col("terms", "collection").eq(EVENTS))
                .add(col("terms", "field").eq("fields"));
            select.left_join(Alias::new("terms"), fields);
        }
        let mut names = Vec::new();
        for key in query.keys() {
            let (table, column, name) = match key {
                Kind => (EVENTS, "kind", "kind"),
                Status => (EVENTS, "status", "status"),
                Country => (PLACES, "country_group", "country"),
                Direction => (EVENTS, "direction", "direction"),
                Field => ("terms", "term", "field"),
                Year => continue,
            };
            group(&mut select, table, column, name);
            names.push(name);
        }
        among(&mut select, EVENTS, "kind", &query.kinds);
        among(&mut select, EVENTS, "status", query.counted_statuses());
        among(&mut select, PLACES, "country", &with_members(&query.countries));
        let mut buckets = Vec::new();
        for row in self.connection().query_all(&select).await? {
            let key = names.iter().map(|name| row.try_get("", name)).collect::<Result<_, _>>()?;
            let span = YearSpan::of_interval(interval(&row, "period")?.as_ref());
            buckets.push(Bucket { key, span, tally: alike(&row)? });
        }
        let figures = self.figures(view, query.municipality.as_ref(), "events").await?;
        Ok(query.rows(buckets, &figures))
    }

    /// Agreements by groups, as far as the view sees them, beside what was reported of them.
    pub async fn agreement_statistics(
        &self,
        view: &View,
        query: &AgreementStatisticsQuery,
    ) -> Result<AgreementStatistics, Error> {
        let mut select = living(CollectionName::Agreements, view, query.municipality.as_ref());
        count(&mut select);
        for name in ["kind", "state", "signed_on", "in_force"] {
            group(&mut select, AGREEMENTS, name, name);
        }
        among(&mut select, AGREEMENTS, "kind", &query.kinds);
        let mut papers = Vec::new();
        for row in self.connection().query_all(&select).await? {
            let (Some(kind), Some(state)) = (code(&row, "kind")?, code(&row, "state")?) else { continue };
            let signed_on: Option<PartialDate> = code(&row, "signed_on")?;
            let in_force = interval(&row, "in_force")?;
            papers.push(AgreementPaper { kind, state, signed_on, in_force, papers: alike(&row)?.records });
        }
        let figures = self.figures(view, query.municipality.as_ref(), "agreements").await?;
        Ok(query.rows(&papers, &figures))
    }

    /// Partnerships by groups, as far as the view sees them.
    pub async fn partnership_statistics(
        &self,
        view: &View,
        query: &PartnershipStatisticsQuery,
    ) -> Result<PartnershipStatistics, Error> {
        use PartnershipStatisticsGroup::{Arrangement, Country, Kind, Stage, Traditional, Year};
        let by_country = query.group_by.contains(&Country);
        let mut select = living(CollectionName::Partnerships, view, query.municipality.as_ref());
        count(&mut select);
        let mut columns = vec!["arrangement", "kind", "stage", "traditional", "established"];
        let needs_countries = by_country || !query.countries.is_empty();
        if needs_countries {
            columns.push("parties");
        }
        columns.into_iter().for_each(|name| group(&mut select, PARTNERSHIPS, name, name));
        among(&mut select, PARTNERSHIPS, "kind", &query.kinds);
        among(&mut select, PARTNERSHIPS, "stage", &query.stages);
        if let Some(is_living) = query.living {
            select.and_where(col(PARTNERSHIPS, "living").eq(is_living));
        }
        let found = self.connection().query_all(&select).await?;
        let countries = if needs_countries { self.countries_of_parties(view).await? } else { HashMap::new() };
        let wanted: BTreeSet<CountryCode> = with_members(&query.countries).into_iter().collect();
        let mut buckets = Vec::new();
        for row in &found {
            let established: Option<PartialDate> = code(row, "established")?;
            let (span, tally) = (YearSpan::of_date(established), alike(row)?);
            let mut sides: BTreeSet<Option<CountryCode>> = BTreeSet::new();
            if needs_countries {
                let parties: Vec<PartnershipParty> = serde_json::from_str(&row.try_get::<String>("", "parties")?)?;
                let others = parties.iter().filter(|party| party.role != PartyRole::Home);
                let known = others.filter_map(|party| countries.get(&party.target()?).copied());
                let known = known.filter(|country| wanted.is_empty() || wanted.contains(country));
                sides.extend(known.map(|country| Some(country.group())));
                if sides.is_empty() && !wanted.is_empty() {
                    continue;
                }
            }
            if !by_country || sides.is_empty() {
                sides = BTreeSet::from([None]);
            }
            for side in sides {
                let text = |name: &str| row.try_get::<Option<String>>("", name);
                let key = query.keys().map(|key| match key {
                    Country => Ok(side.map(|country| country.to_string())),
                    Kind => text("kind"),
                    Stage => text("stage"),
                    Arrangement => text("arrangement"),
                    Traditional => row.try_get::<bool>("", "traditional").map(|flag| Some(flag.to_string())),
                    Year => Ok(None),
                });
                buckets.push(Bucket { key: key.collect::<Result<_, _>>()?, span, tally });
            }
        }
        Ok(query.rows(buckets))
    }

    /// The countries of all places and organizations that are sides of partnerships. An organization
    /// that is not seen tells nothing of its country.
    async fn countries_of_parties(&self, view: &View) -> Result<HashMap<Uuid, CountryCode>, Error> {
        let seat = Alias::new("seat");
        let organization = Condition::all()
            .add(col(ORGANIZATIONS, "id").equals((Alias::new("links"), Alias::new("target"))))
            .add(col(ORGANIZATIONS, "deleted_at").is_null())
            .add(view.condition(CollectionName::Organizations));
        let select = Query::select()
            .distinct()
            .expr_as(col("links", "target"), Alias::new("target"))
            .expr_as(col(PLACES, "country"), Alias::new("of_place"))
            .expr_as(col(ORGANIZATIONS, "country"), Alias::new("of_organization"))
            .expr_as(col("seat", "country"), Alias::new("of_seat"))
            .from(Alias::new("links"))
            .left_join(Alias::new(PLACES), col(PLACES, "id").equals((Alias::new("links"), Alias::new("target"))))
            .left_join(Alias::new(ORGANIZATIONS), organization)
            .join_as(
                sea_orm::JoinType::LeftJoin,
                Alias::new(PLACES),
                seat,
                col("seat", "id").equals((Alias::new(ORGANIZATIONS), Alias::new("place"))).into_condition(),
            )
            .and_where(col("links", "collection").eq(PARTNERSHIPS))
            .and_where(col("links", "field").is_in(["place", "organization"]))
            .to_owned();
        let mut found = HashMap::new();
        for row in self.connection().query_all(&select).await? {
            for name in ["of_place", "of_organization", "of_seat"] {
                if let Some(country) = code::<CountryCode>(&row, name)? {
                    found.entry(row.try_get("", "target")?).or_insert(country);
                }
            }
        }
        Ok(found)
    }

    /// The figures that were reported to one municipality, as far as the view sees them.
    async fn figures(&self, view: &View, municipality: Option<&Slug>, indicator: &str) -> Result<Vec<Figure>, Error> {
        if municipality.is_none() {
            return Ok(Vec::new());
        }
        let mut select = living(CollectionName::Observations, view, municipality);
        select
            .columns(["id", "ref", "period", "country", "direction", "value", "scope"].map(Alias::new))
            .and_where(col(OBSERVATIONS, "indicator").eq(indicator))
            .order_by(Alias::new("ref"), sea_orm::Order::Asc);
        let mut figures = Vec::new();
        for row in self.connection().query_all(&select).await? {
            let Some(period) = interval(&row, "period")? else { continue };
            figures.push(Figure {
                observation: row.try_get("", "id")?,
                reference: row.try_get("", "ref")?,
                period,
                country: code(&row, "country")?,
                direction: code(&row, "direction")?,
                value: serde_json::from_str(&row.try_get::<String>("", "value")?)?,
                scope: code(&row, "scope")?,
            });
        }
        Ok(figures)
    }
}

fn alike(row: &QueryResult) -> Result<Tally, Error> {
    Ok(Tally { records: row.try_get("", "n")?, ..Tally::default() })
}

/// The columns of the counts that say when exchanges were, and those that say how many.
const SPAN: &[&str] = &["first_year", "last_year", "doubtful"];
const SUMS: &[&str] = &["exchanges", "people", "inexact"];

/// What stands between rows and columns in one text. Neither occurs in codes and numbers.
const ROW: char = ';';
const COLUMN: char = ' ';
const PACKED: &str = "packed";

/// A statement that gives all rows of another one as one text: a row costs more on its way from the
/// database than all that is in it.
fn in_one_text(rows: SelectStatement, columns: &[&str]) -> SelectStatement {
    let columns = columns.iter().map(|name| match *name {
        "doubtful" => "CASE WHEN \"counted\".\"doubtful\" THEN '1' ELSE '0' END".to_owned(),
        name => format!("CAST(\"counted\".\"{name}\" AS text)"),
    });
    let columns = columns.collect::<Vec<_>>().join(&format!(" || '{COLUMN}' || "));
    Query::select()
        .expr_as(Expr::cust(format!("string_agg({columns}, '{ROW}')")), Alias::new(PACKED))
        .from_subquery(rows, Alias::new("counted"))
        .to_owned()
}

/// Reads one of these rows.
fn bucket(row: &str, keys: usize, by_span: bool) -> Result<Bucket, Error> {
    let mut columns = row.split(COLUMN);
    let key = columns.by_ref().take(keys).map(|code| Some(code.to_owned())).collect();
    let corrupt = || Error::Defect(format!("the counts say {row:?}"));
    let mut number = || columns.next().and_then(|text| text.parse::<i64>().ok()).ok_or_else(corrupt);
    let span = if by_span {
        let mut year = || number().map(|year| i32::try_from(year).unwrap_or_default());
        YearSpan { first: year()?, last: year()?, doubtful: number()? == 1 }
    } else {
        YearSpan::UNKNOWN
    };
    Ok(Bucket { key, span, tally: Tally { records: number()?, people: number()?, inexact: number()? } })
}

/// The statement that adds up what is kept of the exchanges. The counts stand in for the exchanges,
/// so that what is seen is decided as for these.
fn exchange_counts(view: &View, query: &ExchangeStatisticsQuery, names: &[&str], by_span: bool) -> SelectStatement {
    let mut select = Query::select();
    select.from_as(Alias::new(TABLE), Alias::new(EXCHANGES)).cond_where(of(
        CollectionName::Exchanges,
        view,
        query.municipality.as_ref(),
    ));
    let mut grouped: Vec<&str> = names.iter().chain(if by_span { SPAN } else { &[] }).copied().collect();
    grouped.sort_unstable();
    grouped.dedup();
    grouped.into_iter().for_each(|name| group(&mut select, EXCHANGES, name, name));
    for name in SUMS {
        // A sum of large integers is a number of another kind on PostgreSQL.
        select.expr_as(Func::sum(col(EXCHANGES, name)).cast_as(Alias::new("bigint")), Alias::new(*name));
    }
    among(&mut select, EXCHANGES, "country", &with_members(&query.countries));
    among(&mut select, EXCHANGES, "direction", &query.directions);
    among(&mut select, EXCHANGES, "audience", &query.audiences);
    if let Some(from) = query.period.from {
        select.and_where(col(EXCHANGES, "last_year").gte(from));
    }
    if let Some(to) = query.period.to {
        select.and_where(col(EXCHANGES, "first_year").lte(to));
    }
    select
}
