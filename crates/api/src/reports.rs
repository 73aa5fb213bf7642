//! Reports: what the department hands to others, drawn from its records at the moment it is asked
//! for. The words and the looks are `pobratim-reports`'; here it is asked, loaded and answered.

use actix_web::http::Method;
use futures_util::FutureExt;
use jiff::civil::Date;
use pobratim_domain::{CollectionName, Municipality, Partnership, REPORT_YEARS, Record, Slug, to_json};
use pobratim_persistence::{Error, Snapshot, View};
use pobratim_reports::{LANGUAGES, Report, agreements, annual, partnership, render};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::query::Reader;
use crate::report_facts::Loading;
use crate::resource;
use crate::routes::{Body, Entry, Handler};

/// What reports are drawn from.
const MADE_FROM: &[CollectionName] = CollectionName::ALL;

const JSON: &str = "application/json";
const HTML: &str = "text/html";
const MARKDOWN: &str = "text/markdown";
const DOCX: &str = "application/vnd.openxmlformats-officedocument.wordprocessingml.document";

/// The forms a report can be had in: by the name in `format`, and by media type.
const FORMS: &[(&str, &str)] = &[("json", JSON), ("html", HTML), ("markdown", MARKDOWN), ("docx", DOCX)];

/// The operations.
pub(crate) fn routes() -> Vec<Entry> {
    let entry = |path: &str, describe: fn() -> Value, handler: Handler| {
        Entry::new(Method::GET, format!("/v1/reports/{path}"), Body::None, describe, handler)
            .also(&[HTML, MARKDOWN, DOCX])
            .computed(&["Accept-Language"])
    };
    vec![
        entry("annual/{year}", describe_annual, |ctx| annual_report(ctx).boxed_local()),
        entry("agreements/{year}", describe_agreements, |ctx| agreements_report(ctx).boxed_local()),
        entry("partnerships/{partnership_id}", describe_partnership, |ctx| partnership_report(ctx).boxed_local()),
    ]
}

/// The schemas.
pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Report>();
    let forms: Vec<&str> = FORMS.iter().map(|(name, _)| *name).collect();
    schemas.insert("ReportFormat", json!({"type": "string", "enum": forms, "description": "The form of a report."}));
    schemas.insert(
        "ReportLanguage",
        json!({"type": "string", "enum": LANGUAGES, "description": "The language of a report. Russian and English are whole; in the others headings, labels and dates are translated, and sentences are English."}),
    );
}

fn describe_annual() -> Value {
    let description = "The narrative report of a year: the ties as a whole, multilateral work, how the work is organised, a section for each country or group of countries in the municipality's order, plans, and annexes with the registers of ties and papers, the delegations counted and reported, and what is wrong with the data.";
    of_year(report("get_annual_report", "Get the report of a year", description))
}

fn describe_agreements() -> Value {
    let description =
        "The list of agreements concluded, in force and lapsed in a year, as regional authorities ask for it.";
    of_year(report("get_agreements_report", "Get the list of agreements of a year", description))
}

fn describe_partnership() -> Value {
    let description = "One tie on a page, to be read before a meeting: what it is and comes to, its papers, what took place lately, letters, projects, and what is ahead.";
    report("get_partnership_report", "Get the report on a partnership", description)
        .record::<Partnership>()
        .led_on::<Partnership>()
        .done()
}

fn of_year(operation: Operation) -> Value {
    operation
        .parameter(json!({
            "name": "year", "in": "path", "required": true, "description": "The year it reports on.",
            "schema": {"type": "integer", "format": "int32", "minimum": REPORT_YEARS.start(), "maximum": REPORT_YEARS.end(), "examples": [2011]},
        }))
        .parameter(json!({
            "name": "municipality", "in": "query",
            "description": "The city. When it is left out: the key's own municipality, else the only one there is; where there are several, it is required.",
            "schema": {"$ref": "#/components/schemas/Slug"},
        }))
        .refused("404", "NotFound")
        .done()
}

/// What all reports have in common.
fn report(id: &str, summary: &str, description: &str) -> Operation {
    let description = format!(
        "{description} Drawn anew from the records the caller sees, at most some hundreds of each kind; each paragraph, point and row names the records it was drawn from. The same records and the same `as_of` give the same bytes. `format` or `Accept` choose the form: JSON, HTML to be read and printed, Markdown, or DOCX. A key needs the scopes to read every collection."
    );
    Operation::new(id, "reports", summary, &description)
        .parameter(json!({
            "name": "lang", "in": "query",
            "description": "The language of its words; without it the first language of `Accept-Language` that reports have, else the municipality's.",
            "schema": {"$ref": "#/components/schemas/ReportLanguage"},
        }))
        .parameter(json!({
            "name": "as_of", "in": "query",
            "description": "The day that counts as today in it; today in the municipality's time zone when it is left out. It is no travel in time: the records are those of now.",
            "schema": {"type": "string", "format": "date", "examples": ["2011-12-31"]},
        }))
        .parameter(json!({
            "name": "format", "in": "query", "description": "The form it is written in; goes before `Accept`.",
            "schema": {"$ref": "#/components/schemas/ReportFormat"},
        }))
        .public("everybody, who sees what is public; a key also has what its municipality keeps for itself.")
        .conditional()
        .answers("200", "Report", "The report.", &["ETag"])
        .also(HTML, "The report as a page.")
        .also(MARKDOWN, "The report as Markdown (CommonMark with tables).")
        .also_binary(DOCX, "The report as a document for word processors (Office Open XML).")
}

/// How a report is asked for.
struct Asked {
    municipality: Option<Slug>,
    lang: Option<String>,
    as_of: Option<Date>,
    form: &'static str,
}

impl Asked {
    fn read(ctx: &Ctx) -> ApiResult<Self> {
        for collection in MADE_FROM.iter().filter(|name| **name != CollectionName::ApiKeys) {
            // A report tells of the records it was drawn from.
            ctx.require_in(*collection, "read")?;
        }
        let mut reader = Reader::new(ctx);
        // What a parameter may be is checked against the contract when all are taken.
        let municipality = reader.take("municipality").and_then(|text| Slug::parse(text).ok());
        let lang = reader.take("lang").map(str::to_owned);
        let named = reader.take("format").and_then(|name| FORMS.iter().find(|(known, _)| *known == name));
        let as_of = resource::day(&mut reader, "as_of");
        reader.finish()?;
        let form = named.map_or_else(|| ctx.entry.preferred(&ctx.headers), |(_, form)| *form);
        Ok(Self { municipality, lang, as_of, form })
    }

    /// The language of a report: asked for, preferred, or the city's own.
    fn lang(&self, ctx: &Ctx, city: &Municipality) -> String {
        let asked = self.lang.clone().or_else(|| first_language(ctx.header("Accept-Language")?));
        asked.unwrap_or_else(|| city.default_locale.language().to_owned())
    }

    /// What a report is drawn up for: which language, which day.
    fn settle(&self, ctx: &Ctx, city: &Municipality) -> (String, Date) {
        (self.lang(ctx, city), self.as_of.unwrap_or_else(|| ctx.today(city.timezone.as_str())))
    }

    /// The report in the form that was asked for.
    fn answer(&self, report: &Report, snapshot: &Snapshot, view: &View, name: &str) -> Result<Answer, Error> {
        let written = match self.form {
            HTML => render::html(report).map(|page| {
                let policy =
                    format!("default-src 'none'; style-src {}; frame-ancestors 'none'", render::style_source());
                Answer::text("text/html; charset=utf-8", page).with("Content-Security-Policy", policy)
            }),
            DOCX => render::docx(report).map(|bytes| {
                let name = format!("{}.docx", name.replace(' ', "-"));
                Answer::bytes(DOCX, bytes).with("Content-Disposition", format!("attachment; filename=\"{name}\""))
            }),
            MARKDOWN => Ok(Answer::text("text/markdown; charset=utf-8", render::markdown(report))),
            _ => Ok(Answer::json(200, to_json(report)?.to_string())),
        };
        let answer = written.map_err(|error| Error::Defect(error.to_string()))?;
        let shape = format!("report {name} {} {} {}", report.lang, report.as_of, self.form);
        let answer = answer.drawn_from(snapshot.head(), MADE_FROM, &[&shape, &view.tag()]);
        // The language may have been taken from the header.
        Ok(answer.with("Vary", "Authorization, Accept, Accept-Encoding, Accept-Language, Origin"))
    }
}

/// The first language of a header that reports have.
fn first_language(header: &str) -> Option<String> {
    let mut ranges: Vec<(f32, String)> = Vec::new();
    for range in header.split(',') {
        let mut parts = range.split(';').map(str::trim);
        let language = parts.next()?.split('-').next()?.to_ascii_lowercase();
        let weight = parts.find_map(|part| part.strip_prefix("q=")?.parse::<f32>().ok()).unwrap_or(1.0);
        ranges.push((weight, language));
    }
    ranges.sort_by(|one, other| other.0.total_cmp(&one.0));
    let mut known =
        ranges.into_iter().filter(|(weight, language)| *weight > 0.0 && LANGUAGES.contains(&language.as_str()));
    known.next().map(|(_, language)| language)
}

/// The year of a path.
fn year(ctx: &Ctx) -> ApiResult<i32> {
    let text = ctx.param("year");
    let year = text.parse::<i16>().ok().filter(|year| REPORT_YEARS.contains(year) && year.to_string() == text);
    year.map(i32::from).ok_or_else(ApiError::not_found)
}

/// The report of a year
async fn annual_report(ctx: Ctx) -> ApiResult<Answer> {
    let year = year(&ctx)?;
    yearly(ctx, year, "annual", async |loading, lang| loading.of_year(year, lang).await, annual).await
}

/// The list of agreements of a year
async fn agreements_report(ctx: Ctx) -> ApiResult<Answer> {
    let year = year(&ctx)?;
    yearly(ctx, year, "agreements", async |loading, _| loading.papers_of(year).await, agreements).await
}

async fn yearly(
    ctx: Ctx,
    year: i32,
    name: &str,
    load: impl AsyncFn(&Loading<'_>, &str) -> Result<pobratim_reports::Facts, Error>,
    write: fn(&pobratim_reports::Facts, i32, &str, Date) -> Report,
) -> ApiResult<Answer> {
    let asked = Asked::read(&ctx)?;
    let view = ctx.view();
    let answer = ctx
        .read(async |snapshot| {
            let Some(slug) = snapshot.municipality_meant(&view, asked.municipality.clone()).await? else {
                return Ok(None);
            };
            let city: Record<Municipality> = snapshot.municipality(slug.as_str()).await?.ok_or(Error::NotFound)?;
            let (lang, as_of) = asked.settle(&ctx, &city.body);
            let loading = Loading { snapshot, view: &view, municipality: slug.as_str(), as_of };
            let facts = load(&loading, &lang).await?;
            let report = write(&facts, year, &lang, as_of);
            asked.answer(&report, snapshot, &view, &format!("{name} {year} {slug}", slug = slug.as_str())).map(Some)
        })
        .await?;
    answer.ok_or_else(|| {
        let fault = FieldError::parameter("municipality", "required", "There are several: name the one you mean.");
        ApiError::parameters(vec![fault])
    })
}

/// The report on a partnership
async fn partnership_report(ctx: Ctx) -> ApiResult<Answer> {
    let asked = Asked::read(&ctx)?;
    let id = ctx.record_id::<Partnership>().await?;
    let view = ctx.view();
    let answer = ctx
        .read(async |snapshot| {
            let tie = snapshot.record::<Partnership>(&view, id).await?;
            let slug = tie.head.keeper().to_owned();
            let city: Record<Municipality> = snapshot.municipality(&slug).await?.ok_or(Error::NotFound)?;
            let (lang, as_of) = asked.settle(&ctx, &city.body);
            let loading = Loading { snapshot, view: &view, municipality: &slug, as_of };
            let facts = loading.of_partnership(tie).await?;
            let report = partnership(&facts, &lang, as_of).ok_or(Error::NotFound)?;
            asked.answer(&report, snapshot, &view, &format!("partnership {id}"))
        })
        .await?;
    Ok(answer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_welcome_language_that_reports_have_is_taken() {
        assert_eq!(first_language("de, fr;q=0.9, zh-CN;q=0.5, en;q=0.7").as_deref(), Some("en"));
        assert_eq!(first_language("ru-RU").as_deref(), Some("ru"));
        assert_eq!(first_language("de, ru;q=0"), None);
    }
}
