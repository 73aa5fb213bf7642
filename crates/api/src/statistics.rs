//! Statistics: exchanges, events, agreements and partnerships counted by groups, as JSON and as CSV,
//! each beside what was reported of it.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{
    AgreementStatistics, AgreementStatisticsGroup, AgreementStatisticsQuery, CollectionName, EventStatistics,
    EventStatisticsGroup, EventStatisticsQuery, ExchangeStatistics, ExchangeStatisticsGroup, ExchangeStatisticsQuery,
    PartnershipStatistics, PartnershipStatisticsGroup, PartnershipStatisticsQuery, Period, Slug,
};
use pobratim_persistence::{Error, Snapshot, View};
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::csv::{self, CSV};
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::query::{self, Reader, VALUES};
use crate::routes::{Body, Entry, Handler};
use crate::statistics_table::Table;

/// The most rows of an answer.
const ROWS: usize = 10_000;
/// The years that can be asked for: the last of the calendar stands for an open end.
const YEARS: std::ops::RangeInclusive<i32> = 1..=9998;

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<ExchangeStatistics>();
    schemas.add::<EventStatistics>();
    schemas.add::<AgreementStatistics>();
    schemas.add::<PartnershipStatistics>();
    schemas.insert(
        "StatisticsFormat",
        json!({"type": "string", "enum": ["json", "csv"], "description": "How statistics are written."}),
    );
}

pub(crate) fn routes() -> Vec<Entry> {
    let entry = |path: &str, describe: fn() -> Value, handler: Handler| {
        Entry::new(Method::GET, format!("/v1/statistics/{path}"), Body::None, describe, handler)
            .also(&[CSV])
            .computed(&[])
    };
    vec![
        entry("exchanges", describe_exchanges, |ctx| exchanges(ctx).boxed_local()),
        entry("events", describe_events, |ctx| events(ctx).boxed_local()),
        entry("agreements", describe_agreements, |ctx| agreements(ctx).boxed_local()),
        entry("partnerships", describe_partnerships, |ctx| partnerships(ctx).boxed_local()),
    ]
}

/// What is the same of all statistics: the parameters that each takes, and what it answers.
fn describe(collection: CollectionName, what: &str, default: &[&str], filters: &[(&str, &str, &str)]) -> Operation {
    let name = collection.type_name();
    let name = if collection == CollectionName::Events { "Event" } else { &name };
    let description = format!(
        "{what} A record counts as `certain` in a period when its dates lie wholly inside and are not in doubt, as `possible` when they may; the certain ones are among the possible. Figures that somebody reported for the very same group stand beside the count, with the difference. `Accept: text/csv` or `format=csv` gives a table with the same names, in which several reported figures stand in one cell. A key needs the scope to read observations too. More than 10,000 rows are refused: group by less, or bound the years.",
    );
    let summary = format!("Count {}", collection.as_str());
    let year = |name: &str, description: &str| {
        json!({
            "name": name, "in": "query", "description": description,
            "schema": {"type": "integer", "format": "int32", "minimum": YEARS.start(), "maximum": YEARS.end(), "examples": [2011]},
        })
    };
    let many = |name: &str, schema: &str, description: &str, most: usize| {
        json!({
            "name": name, "in": "query", "style": "form", "explode": true, "description": description,
            "schema": {"type": "array", "items": {"$ref": format!("#/components/schemas/{schema}")}, "minItems": 1, "maxItems": most},
        })
    };
    let groups = format!("What to count by, in the order of the rows; {} when it is left out.", default.join(", "));
    let id = format!("get_{}_statistics", name.to_ascii_lowercase());
    let mut operation = Operation::new(&id, "statistics", &summary, &description)
        .parameter(each_once(many("group_by", &format!("{name}StatisticsGroup"), &groups, 10)))
        .parameter(json!({
            "name": "municipality", "in": "query", "description": "Whose records. When it is left out: the key's own municipality's, else those of the only one there is; where there are several, all that are seen, without what was reported.",
            "schema": {"$ref": "#/components/schemas/Slug"},
        }))
        .parameter(year("year", "One year; not together with `year_from` or `year_to`."))
        .parameter(year("year_from", "The first year."))
        .parameter(year("year_to", "The last year; not before `year_from`."))
        .parameter(json!({
            "name": "format", "in": "query", "description": "How it is written; goes before `Accept`.",
            "schema": {"$ref": "#/components/schemas/StatisticsFormat"},
        }));
    for (name, schema, description) in filters {
        operation = operation.parameter(many(name, schema, description, VALUES));
    }
    operation
        .public(crate::contract::prose::readers(collection))
        .conditional()
        .answers("200", &format!("{name}Statistics"), "The rows.", &["ETag"])
        .also(CSV, "The rows as a table.")
}

/// A parameter that takes several values, each of them once.
fn each_once(mut parameter: Value) -> Value {
    parameter["schema"]["uniqueItems"] = true.into();
    parameter
}

fn describe_exchanges() -> Value {
    let filters = [
        ("country", "CountryCode", "Only with these countries on the other side; CN includes Hong Kong and Macao."),
        ("direction", "ExchangeDirection", "Only received, or only sent."),
        ("audience", "ExchangeAudience", "Only of these."),
    ];
    let what = "Exchanges that took place, and their people. Those that statistics leave out are not among them.";
    describe(CollectionName::Exchanges, what, &["country", "year", "direction"], &filters).done()
}

fn describe_events() -> Value {
    let filters = [
        ("kind", "EventKind", "Only of these kinds."),
        (
            "status",
            "EventStatus",
            "Only in these statuses. When it is left out: those that were held, or all when they are grouped by status.",
        ),
        ("country", "CountryCode", "Only in these countries; CN includes Hong Kong and Macao."),
    ];
    let what = "Events by kind, year, status, country, direction and field.";
    describe(CollectionName::Events, what, &["kind", "year"], &filters).done()
}

fn describe_agreements() -> Value {
    let filters = [("kind", "AgreementKind", "Only of these kinds.")];
    let what = "Agreements concluded, entered into force and lapsed in a year, and those in force at its end.";
    describe(CollectionName::Agreements, what, &["kind", "year"], &filters).done()
}

fn describe_partnerships() -> Value {
    let filters = [
        ("kind", "PartnershipKind", "Only of these kinds."),
        ("stage", "PartnershipStage", "Only in these stages."),
        ("country", "CountryCode", "Only with a side in these countries; CN includes Hong Kong and Macao."),
    ];
    let what = "Partnerships by country, kind, stage, arrangement, year of establishment, and whether they are traditional. Nothing that was reported stands beside them.";
    describe(CollectionName::Partnerships, what, &["kind"], &filters)
        .parameter(json!({
            "name": "living", "in": "query", "description": "Only those that live, or only those that do not.",
            "schema": {"type": "boolean"},
        }))
        .done()
}

/// What every request for statistics says.
struct Asked<G> {
    municipality: Option<Slug>,
    group_by: Vec<G>,
    period: Period,
    csv: bool,
}

fn asked<G: DeserializeOwned + PartialEq + Copy>(ctx: &Ctx, reader: &mut Reader<'_>, default: &[G]) -> Asked<G> {
    let municipality = reader.take("municipality").and_then(|text| {
        let slug = Slug::parse(text);
        if let Err(wrong) = &slug {
            reader.fault("municipality", "invalid", wrong.to_string());
        }
        slug.ok()
    });
    let mut group_by = Vec::new();
    for group in codes(reader, "group_by") {
        if group_by.contains(&group) {
            reader.fault("group_by", "repeated", "Name each group once.");
            break;
        }
        group_by.push(group);
    }
    if group_by.is_empty() {
        group_by = default.to_vec();
    }
    let csv = match reader.take("format") {
        Some("csv") => true,
        Some("json") => false,
        Some(_) => {
            reader.fault("format", "unknown_code", "It is json or csv.");
            false
        }
        None => ctx.entry.preferred(&ctx.headers) == CSV,
    };
    Asked { municipality, group_by, period: period(reader), csv }
}

fn period(reader: &mut Reader<'_>) -> Period {
    let mut year = |name: &str| {
        let text = reader.take(name)?;
        let year = text.parse::<i32>().ok().filter(|year| YEARS.contains(year));
        if year.is_none() {
            reader.fault(name, "invalid", format!("Give a year from {} to {}.", YEARS.start(), YEARS.end()));
        }
        year
    };
    let (only, from, to) = (year("year"), year("year_from"), year("year_to"));
    match (only, from, to) {
        (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
            reader.fault("year", "not_allowed", "Give one year, or the first and the last.");
        }
        (None, Some(from), Some(to)) if to < from => {
            reader.fault("year_to", "not_allowed", "The last year does not lie before the first.");
        }
        _ => {}
    }
    only.map_or(Period { from, to }, Period::year)
}

/// The codes of a parameter as their type reads them.
fn codes<T: DeserializeOwned>(reader: &mut Reader<'_>, name: &str) -> Vec<T> {
    let mut found = Vec::new();
    for text in reader.values(name).unwrap_or_default() {
        match serde_json::from_value(text.as_str().into()) {
            Ok(code) => found.push(code),
            Err(_) => reader.fault(name, "unknown_code", format!("{text:?} is none of the codes there are.")),
        }
    }
    found
}

/// Reads statistics in one snapshot and writes them as asked for.
async fn answer<S: Table>(
    ctx: &Ctx,
    made_from: &[CollectionName],
    csv: bool,
    read: impl AsyncFnOnce(&Snapshot, &View) -> Result<S, Error>,
) -> ApiResult<Answer> {
    let view = ctx.view();
    let (found, head) = ctx.read(async |snapshot| Ok((read(snapshot, &view).await?, snapshot.head().clone()))).await?;
    if found.rows().len() > ROWS {
        let detail = format!(
            "That makes {} rows, and {ROWS} are the most: group by less, or bound the years.",
            found.rows().len()
        );
        return Err(ApiError::parameters(vec![FieldError::parameter("group_by", "too_many", detail)]));
    }
    let shape = format!("statistics {} {csv} {:?}", ctx.path, query::ordered(&ctx.query));
    let answer = if csv {
        let name = ctx.path.rsplit('/').next().unwrap_or_default();
        Answer::text("text/csv; charset=utf-8", csv::table(S::COLUMNS, found.rows())?)
            .with("Content-Disposition", format!("attachment; filename=\"{name}.csv\""))
    } else {
        Answer::json(200, serde_json::to_string(&found).map_err(ApiError::defect)?)
    };
    Ok(answer.drawn_from(&head, made_from, &[&shape, &view.tag()]))
}

/// `GET /v1/statistics/exchanges`
async fn exchanges(ctx: Ctx) -> ApiResult<Answer> {
    use CollectionName::{Exchanges, Municipalities, Observations, Places};
    use ExchangeStatisticsGroup::{Country, Direction, Year};
    may_read(&ctx, &[Exchanges, Observations])?;
    let mut reader = Reader::new(&ctx);
    let Asked { municipality, group_by, period, csv } = asked(&ctx, &mut reader, &[Country, Year, Direction]);
    let countries = codes(&mut reader, "country");
    let directions = codes(&mut reader, "direction");
    let audiences = codes(&mut reader, "audience");
    reader.finish()?;
    let made_from = [Exchanges, Observations, Places, Municipalities];
    answer(&ctx, &made_from, csv, async |snapshot, view| {
        let municipality = snapshot.municipality_meant(view, municipality).await?;
        let query = ExchangeStatisticsQuery { municipality, group_by, period, countries, directions, audiences };
        snapshot.exchange_statistics(view, &query).await
    })
    .await
}

/// `GET /v1/statistics/events`
async fn events(ctx: Ctx) -> ApiResult<Answer> {
    use CollectionName::{Events, Municipalities, Observations, Places};
    may_read(&ctx, &[Events, Observations])?;
    let mut reader = Reader::new(&ctx);
    let default = [EventStatisticsGroup::Kind, EventStatisticsGroup::Year];
    let Asked { municipality, group_by, period, csv } = asked(&ctx, &mut reader, &default);
    let kinds = codes(&mut reader, "kind");
    let statuses = codes(&mut reader, "status");
    let countries = codes(&mut reader, "country");
    reader.finish()?;
    let made_from = [Events, Observations, Places, Municipalities];
    answer(&ctx, &made_from, csv, async |snapshot, view| {
        let municipality = snapshot.municipality_meant(view, municipality).await?;
        let query = EventStatisticsQuery { municipality, group_by, period, kinds, statuses, countries };
        snapshot.event_statistics(view, &query).await
    })
    .await
}

/// `GET /v1/statistics/agreements`
async fn agreements(ctx: Ctx) -> ApiResult<Answer> {
    use CollectionName::{Agreements, Municipalities, Observations};
    may_read(&ctx, &[Agreements, Observations])?;
    let mut reader = Reader::new(&ctx);
    let default = [AgreementStatisticsGroup::Kind, AgreementStatisticsGroup::Year];
    let Asked { municipality, group_by, period, csv } = asked(&ctx, &mut reader, &default);
    let kinds = codes(&mut reader, "kind");
    reader.finish()?;
    let made_from = [Agreements, Observations, Municipalities];
    answer(&ctx, &made_from, csv, async |snapshot, view| {
        let municipality = snapshot.municipality_meant(view, municipality).await?;
        let query = AgreementStatisticsQuery { municipality, group_by, period, kinds };
        snapshot.agreement_statistics(view, &query).await
    })
    .await
}

/// `GET /v1/statistics/partnerships`
async fn partnerships(ctx: Ctx) -> ApiResult<Answer> {
    use CollectionName::{Municipalities, Organizations, Partnerships, Places};
    may_read(&ctx, &[Partnerships])?;
    let mut reader = Reader::new(&ctx);
    let Asked { municipality, group_by, period, csv } = asked(&ctx, &mut reader, &[PartnershipStatisticsGroup::Kind]);
    let kinds = codes(&mut reader, "kind");
    let stages = codes(&mut reader, "stage");
    let countries = codes(&mut reader, "country");
    let living = reader.take("living").map(|text| text == "true");
    reader.finish()?;
    let made_from = [Partnerships, Organizations, Places, Municipalities];
    answer(&ctx, &made_from, csv, async |snapshot, view| {
        let municipality = snapshot.municipality_meant(view, municipality).await?;
        let query = PartnershipStatisticsQuery { municipality, group_by, period, kinds, stages, living, countries };
        snapshot.partnership_statistics(view, &query).await
    })
    .await
}

/// Counts tell of the records counted.
fn may_read(ctx: &Ctx, collections: &[CollectionName]) -> ApiResult<()> {
    collections.iter().try_for_each(|collection| ctx.require_in(*collection, "read"))
}
