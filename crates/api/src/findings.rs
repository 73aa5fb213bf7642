//! Findings: the list of what the records give reason to look at, and accepting one of them.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{
    AcceptedFinding, Collection, Faults, Finding, FindingAcceptanceInput, Head, REPORT_YEARS, Record, Visibility,
};
use pobratim_persistence::{Error, Findings, FindingsQuery, Happened, Snapshot};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, IfMatch};
use crate::computed::{self, Asked, codes, many, which_municipality};
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::contract::prose::holders;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult};
use crate::query::Reader;
use crate::resource::{answer, expect};
use crate::routes::{Body, Entry};

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Finding>();
    schemas.add_page("Finding", "A page of findings, the gravest first.", false);
    schemas.add_input::<FindingAcceptanceInput>();
}

pub(crate) fn routes() -> Vec<Entry> {
    vec![
        Entry::new(Method::GET, "/v1/findings", Body::None, describe_list, |ctx| list(ctx).boxed_local()).computed(&[]),
        Entry::new(Method::PUT, "/v1/findings/{finding_id}/acceptance", Body::Json, describe_acceptance, |ctx| {
            set_acceptance(ctx).boxed_local()
        }),
    ]
}

fn describe_list() -> Value {
    let description = "What the records of a municipality give reason to look at, as far as the caller sees them: contradictions, gaps, things left undone; each with its evidence and what to do. It is computed anew each time. Accepted findings are in the list and say so in `acceptance`; `accepted=false` leaves them out.";
    let operation = Operation::new("list_findings", "findings", "List findings", description)
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .parameter(json!({
            "name": "year", "in": "query",
            "description": "The year whose report is looked at. Without it, rules about a report are silent: outside_year, reused_edition, missing_section.",
            "schema": {"type": "integer", "format": "int32", "minimum": 1900, "maximum": 2200, "examples": [2011]},
        }))
        .parameter(many("code", "Only findings of these rules.", "FindingCode"))
        .parameter(json!({
            "name": "accepted", "in": "query", "description": "Only accepted findings, or only those that are open.",
            "schema": {"type": "boolean"},
        }));
    computed::parameters("findings")
        .into_iter()
        .fold(operation, Operation::parameter)
        .public("everybody for records that are public; a key also for what its municipality keeps, as far as its scopes let it read. A rule that would tell of records which a key may not read is silent.")
        .conditional()
        .answers("200", "FindingPage", "Findings; perhaps none.", &["ETag", "Link"])
        .done()
}

fn describe_acceptance() -> Value {
    let description = "The office leaves the finding as it is, and says why. It makes a record in `accepted-findings`, or changes the reason in it; deleting that record opens the finding again. Send the `year` and the `on` with which the finding was listed. When the evidence changes, it is another finding, which is open.";
    let id = "6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11";
    Operation::new("set_finding_acceptance", "findings", "Accept a finding", description)
        .path_parameter("finding_id", "The `id` of the finding.", &[id])
        .shared_parameter("OptionalIfMatch")
        .refused("404", "NotFound")
        .refused("412", "PreconditionFailed")
        .secured(holders(AcceptedFinding::NAME, "write"))
        .body("FindingAcceptanceInput", "Why it is accepted.")
        .refused("503", "ServiceUnavailable")
        .answers("200", "AcceptedFinding", "The acceptance as it is now.", &["ETag"])
        .done()
}

fn read_year(reader: &mut Reader<'_>) -> Option<i16> {
    let text = reader.take("year")?;
    let year = text.parse::<i16>().ok().filter(|year| REPORT_YEARS.contains(year));
    if year.is_none() {
        reader.fault("year", "out_of_range", "Give a year from 1900 to 2200.");
    }
    year
}

/// What was found, and the query by which it was; nothing when nobody knows whose records are meant.
async fn find(
    ctx: &Ctx,
    snapshot: &Snapshot,
    asked: &Asked,
    year: Option<i16>,
) -> Result<Option<(FindingsQuery, Findings)>, Error> {
    let Some(slug) = asked.municipality(snapshot).await? else { return Ok(None) };
    let municipality = snapshot.municipality(&slug).await?;
    let query = FindingsQuery {
        year,
        on: asked.day(ctx, municipality.as_ref()),
        lang: asked.language(municipality.as_ref()),
        readable: asked.readable.clone(),
        municipality: slug,
    };
    let found = snapshot.findings(&ctx.view(), &query).await?;
    Ok(Some((query, found)))
}

/// List findings
async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let asked = Asked::read(&ctx, &mut reader)?;
    let year = read_year(&mut reader);
    let wanted = codes(&ctx, &mut reader, "code", "FindingCode")?;
    let accepted = match reader.take("accepted") {
        None => None,
        Some("true") => Some(true),
        Some("false") => Some(false),
        Some(_) => {
            reader.fault("accepted", "invalid", "It is true or false.");
            None
        }
    };
    reader.finish()?;
    let secret = ctx.api.database().secret().clone();
    let answer = ctx
        .read(async |snapshot| {
            let Some((query, mut found)) = find(&ctx, snapshot, &asked, year).await? else { return Ok(None) };
            found.items.retain(|finding| {
                asked.wants(&finding.record, finding.severity)
                    && (wanted.is_empty() || wanted.iter().any(|code| code == finding.code.as_str()))
                    && accepted.is_none_or(|accepted| accepted == finding.acceptance.is_some())
            });
            let list = asked.list(&ctx, &format!("{query:?} {wanted:?} {accepted:?}"));
            let key = |finding: &Finding| (finding.sort_key(), finding.id);
            let page = asked.page(&found.items, key, &list, found.truncated, &secret)?;
            Ok(Some(page.answer(&ctx, snapshot)))
        })
        .await?;
    answer.ok_or_else(which_municipality)
}

/// Accept a finding
async fn set_acceptance(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<AcceptedFinding>("write")?;
    let id = Uuid::try_parse(ctx.param("finding_id")).map_err(|_| ApiError::not_found())?;
    let input: FindingAcceptanceInput = ctx.action()?;
    // The contract has seen to it that it is a day.
    let asked = Asked::of_key(&ctx, input.on.as_deref().and_then(|day| day.parse().ok()));
    let found = ctx.read(async |snapshot| find(&ctx, snapshot, &asked, input.year).await).await?;
    let found = found.and_then(|(_, found)| found.items.into_iter().find(|finding| finding.id == id));
    let finding = found.ok_or_else(ApiError::not_found)?;
    let may_create = ctx.require::<AcceptedFinding>("create");
    let if_match = ctx.header("If-Match").map(IfMatch::parse);
    let (view, keeper) = (ctx.view(), ctx.keeper::<AcceptedFinding>());
    ctx.write(move |tx| async move {
        let slug = keeper.as_ref().map_or("", pobratim_domain::Slug::as_str);
        let row = match tx.acceptance(&view, slug, id).await? {
            Some(before) => {
                if let Some(if_match) = &if_match {
                    expect(if_match, &before, &tx)?;
                }
                let mut after = before.record.clone();
                after.body.reason = input.reason;
                after.head.visibility = input.visibility.unwrap_or(after.head.visibility);
                tx.update(&view, before, after, Happened::plain("updated")).await?
            }
            None if if_match.is_some() => return Err(Error::Stale { current: 0 }),
            None => {
                may_create.map_err(|_| Error::NotYours)?;
                let visibility = input.visibility.unwrap_or(Visibility::Internal);
                let head = Head { visibility, ..Head::default() };
                let record = Record { head, body: AcceptedFinding::of(&finding, &input.reason) };
                let mut faults = Faults::default();
                record.check(&mut faults);
                faults.into_result()?;
                tx.create(&view, keeper, record, Happened::plain("created")).await?
            }
        };
        answer::<AcceptedFinding>(row, &view, tx.epoch(), 200)
    })
    .await
}
