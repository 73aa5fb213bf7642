//! Reports: what the department hands to others, drawn from its records at the moment it is asked
//! for. The words and the looks are `pobratim-reports`'; here it is asked, loaded and answered.

use actix_web::http::Method;
use futures_util::FutureExt;
use jiff::civil::Date;
use pobratim_domain::{CollectionName, Municipality, Record, to_json};
use pobratim_persistence::{Error, Snapshot, View};
use pobratim_reports::{LANGUAGES, Report, annual};
use serde_json::{Value, json};

use crate::answer::{Answer, Tag};
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult};
use crate::query::Reader;
use crate::report_facts::Loading;
use crate::resource;
use crate::routes::{Body, Entry};

/// The first and the last year that can be reported on.
const YEARS: std::ops::RangeInclusive<i32> = 1900..=2200;

/// What reports are drawn from.
const MADE_FROM: &[CollectionName] = CollectionName::ALL;

/// The operations.
pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Method::GET, "/v1/reports/annual/{year}", Body::None, describe_annual(), |ctx| {
        annual_report(ctx).boxed_local()
    })]
}

/// The schemas, and the tag.
pub(crate) fn describe(schemas: &mut Schemas) -> Value {
    schemas.add::<Report>();
    json!({"name": "reports", "description": "What the department hands to others, drawn from its records: each paragraph names the records it was drawn from."})
}

fn describe_annual() -> Value {
    let description = "The narrative report of a year, drawn from the records the caller sees.";
    report("get_annual_report", "Get the report of a year", description)
        .path_parameter("year", "The year it reports on, 1900 to 2200.", &["2011"])
        .parameter(municipality_parameter())
        .done()
}

/// What all reports have in common.
fn report(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, "reports", summary, description)
        .parameter(json!({
            "name": "lang", "in": "query",
            "description": "The language of its words; without it the first language of `Accept-Language` that reports have, else the municipality's.",
            "schema": {"type": "string", "enum": LANGUAGES, "examples": ["ru"]},
        }))
        .parameter(json!({
            "name": "as_of", "in": "query",
            "description": "The day that counts as today in it; today in the municipality's time zone when it is left out.",
            "schema": {"type": "string", "format": "date", "examples": ["2011-12-31"]},
        }))
        .public("everybody; a key also has what its municipality keeps for itself, and needs the scope to read every collection.")
        .conditional()
        .answers("200", "Report", "The report.", &["ETag"])
}

fn municipality_parameter() -> Value {
    json!({
        "name": "municipality", "in": "query",
        "description": "The city: the slug of a municipality. Without it, the caller's own, or the only one of the installation.",
        "schema": {"$ref": "#/components/schemas/Slug"},
    })
}

/// How a report is asked for.
struct Asked {
    municipality: Option<String>,
    lang: Option<String>,
    as_of: Option<Date>,
}

impl Asked {
    fn read(ctx: &Ctx) -> ApiResult<Self> {
        for collection in MADE_FROM.iter().filter(|name| **name != CollectionName::ApiKeys) {
            // A report tells of the records it was drawn from.
            ctx.require_in(*collection, "read")?;
        }
        let mut reader = Reader::new(ctx);
        let municipality = reader.take("municipality").map(str::to_owned);
        let lang = reader.take("lang").map(str::to_owned);
        let as_of = resource::day(&mut reader, "as_of");
        reader.finish()?;
        Ok(Self { municipality, lang, as_of })
    }

    /// The language of a report: asked for, preferred, or the city's own.
    fn lang(&self, ctx: &Ctx, city: &Municipality) -> String {
        let asked = self.lang.clone().or_else(|| preferred(ctx.header("Accept-Language")?));
        asked.unwrap_or_else(|| city.default_locale.language().to_owned())
    }
}

/// The first language of a header that reports have.
fn preferred(header: &str) -> Option<String> {
    let mut ranges: Vec<(u32, &str)> = Vec::new();
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let language = parts.next()?.split('-').next()?;
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "weights are 0 to 1")]
        ranges.push(((weight.clamp(0.0, 1.0) * 1000.0) as u32, language));
    }
    ranges.sort_by_key(|(weight, _)| std::cmp::Reverse(*weight));
    let found =
        ranges.iter().find(|(weight, language)| *weight > 0 && LANGUAGES.contains(&language.to_lowercase().as_str()));
    found.map(|(_, language)| language.to_lowercase())
}

/// The city that a report is about.
async fn city(snapshot: &Snapshot, view: &View, asked: Option<&str>) -> Result<Option<Record<Municipality>>, Error> {
    match asked.or(view.municipality()) {
        Some(slug) => snapshot.municipality(slug).await.map(Some),
        None => snapshot.only_municipality().await,
    }
}

/// The report of a year
async fn annual_report(ctx: Ctx) -> ApiResult<Answer> {
    let year = ctx.param("year").parse::<i32>().ok().filter(|year| YEARS.contains(year));
    let year = year.filter(|year| year.to_string() == ctx.param("year")).ok_or_else(ApiError::not_found)?;
    let asked = Asked::read(&ctx)?;
    let view = ctx.view();
    let now = ctx.api.database().clock().now();
    let answer = ctx
        .read(async |snapshot| {
            let Some(city) = city(snapshot, &view, asked.municipality.as_deref()).await? else { return Ok(None) };
            let as_of = asked.as_of.unwrap_or_else(|| now.day_in(city.body.timezone.as_str()));
            let lang = asked.lang(&ctx, &city.body);
            let slug = city.body.slug.as_str().to_owned();
            let facts = Loading { snapshot, view: &view, municipality: &slug }.of_year(year).await?;
            let report = annual(&facts, year, &lang, as_of);
            let head = snapshot.head();
            let shape = format!("annual {slug} {year} {lang} {as_of}");
            let tag = Tag::new(head.of_all(MADE_FROM), &head.epoch, &[&shape, &view.tag()]);
            Ok::<_, Error>(Some(Answer::json(200, to_json(&report)?.to_string()).tagged(tag)))
        })
        .await?;
    answer.ok_or_else(which_city)
}

fn which_city() -> Box<ApiError> {
    let error = crate::problem::FieldError::parameter("municipality", "required", "There are several: name one.");
    ApiError::parameters(vec![error])
}
