//! Partnerships: the way to the target, the stance of one side, and what it all comes to.

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::value::PartialDate;
use pobratim_domain::{
    Agreement, CityEvent, Collection, CollectionName, Exchange, Partnership, PartnershipStage, PartnershipStanceInput,
    PartnershipSummary, PartnershipTransitionInput, SummaryRecords, Timestamp, to_json,
};
use pobratim_persistence::{Change, ChangesQuery, Error, Happened};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::{Operation, action, revision_cursor};
use crate::contract::prose::{holders, readers};
use crate::ctx::Ctx;
use crate::export::{self, ListForm, Shown};
use crate::feed;
use crate::merges;
use crate::problem::{ApiError, ApiResult, INVALID_STATE};
use crate::query::Reader;
use crate::resource::{self, act, changed, expect};
use crate::routes::{Body, Entry};

/// The event a transition is journaled as.
const TRANSITIONED: &str = "partnership.transitioned";

/// What a summary is made from; the municipality has its rules and its time zone.
const MADE_FROM: &[CollectionName] = &[
    CollectionName::Municipalities,
    CollectionName::Partnerships,
    CollectionName::Agreements,
    CollectionName::Exchanges,
    CollectionName::Events,
];

/// A move of a partnership from one stage to another.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"revision": 57, "at": "2011-09-05T01:30:00.000000Z", "from": "approached", "to": "negotiation_agreed", "on": "2011-11", "historical": false, "evidence": []})))]
struct PartnershipTransition {
    /// The number of the change.
    #[schema(minimum = 1, examples(57))]
    revision: i64,
    /// When it was noted.
    at: Timestamp,
    /// The stage it left.
    #[schema(value_type = PartnershipStage)]
    from: Value,
    /// The stage it came to.
    #[schema(value_type = PartnershipStage)]
    to: Value,
    /// When that happened.
    #[schema(value_type = PartialDate)]
    on: Value,
    /// Why; told within the municipality only.
    #[schema(value_type = Option<String>, max_length = 2000, examples("Письмо мэрии Танджина"))]
    reason: Option<Value>,
    /// The agreements that prove it.
    #[schema(value_type = Vec<Uuid>)]
    evidence: Value,
    /// Whether it told of the past.
    #[schema(value_type = bool, examples(false))]
    historical: Value,
}

impl Resource for Partnership {
    const ABOUT: &'static str = "The ties of a city with other cities, districts, regions and organizations: what exists, what is sought, and where they stand on the way.";

    const SHOWN: Option<ListForm> = Some(ListForm::GeoJson);
    const TOLD: &'static [CollectionName] =
        &[CollectionName::Municipalities, CollectionName::Places, CollectionName::Organizations];

    fn shown<'s>(shown: &'s Shown<'s>, records: Vec<Value>) -> LocalBoxFuture<'s, Result<Vec<String>, Error>> {
        export::of_partnerships(shown, records).boxed_local()
    }

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<PartnershipTransitionInput>();
        schemas.add_input::<PartnershipStanceInput>();
        schemas.add::<PartnershipTransition>();
        schemas.add_page("PartnershipTransition", "A page of transitions, oldest first.", false);
        schemas.add::<PartnershipSummary>();
    }

    fn actions() -> Vec<Entry> {
        let path = "/v1/partnerships/{partnership_id}";
        vec![
            Entry::new(Method::POST, format!("{path}/transitions"), Body::Json, describe_transition, |ctx| {
                transition(ctx).boxed_local()
            }),
            Entry::new(Method::GET, format!("{path}/transitions"), Body::None, describe_transitions, |ctx| {
                transitions(ctx).boxed_local()
            })
            .kept(&[]),
            Entry::new(
                Method::PUT,
                format!("{path}/parties/{{party_key}}/stance"),
                Body::Json,
                describe_stance,
                |ctx| set_stance(ctx).boxed_local(),
            ),
            Entry::new(Method::GET, format!("{path}/summary"), Body::None, describe_summary, |ctx| {
                summary(ctx).boxed_local()
            })
            .kept(&[]),
            merges::action::<Self>(),
        ]
    }
}

fn describe_transition() -> Value {
    let description = "The stage moves on its way only, and each move needs what its stage needs: `concluded` a signed agreement of the partnership; an end, a refusal and every return a reason. `historical: true` skips order and evidence and needs a source. A refusal lists where it can go and what is missing.";
    action::<Partnership>(
        "transition_partnership",
        "write",
        "Move a partnership to another stage",
        description,
        "PartnershipTransitionInput",
    )
}

fn describe_transitions() -> Value {
    let description = "Every move of the partnership, oldest first, read from the journal.";
    Operation::new("list_partnership_transitions", "partnerships", "List the transitions of a partnership", description)
        .record::<Partnership>()
        .shared_parameter("Limit")
        .parameter(revision_cursor("cursor", "Where the last page ended: its `next_cursor`."))
        .public(readers(Partnership::NAME))
        .conditional()
        .led_on::<Partnership>()
        .answers("200", "PartnershipTransitionPage", "A page of transitions.", &["ETag"])
        .done()
}

fn describe_stance() -> Value {
    let description = "One side may suspend or end a tie alone: that is its stance, and the stage stays.";
    Operation::new("set_partnership_stance", "partnerships", "Set one side's stance", description)
        .record::<Partnership>()
        .path_parameter(
            "party_key",
            "The key of the party in the partnership.",
            &["01890a5d-ac96-774b-bcce-b302099a8057"],
        )
        .shared_parameter("IfMatch")
        .secured(holders(Partnership::NAME, "write"))
        .body("PartnershipStanceInput", "The stance.")
        .conflicts(&[&INVALID_STATE])
        .refused("412", "PreconditionFailed")
        .refused("428", "PreconditionRequired")
        .refused("503", "ServiceUnavailable")
        .answers("200", "Partnership", "The record as it is now.", &["ETag"])
        .done()
}

fn describe_summary() -> Value {
    let description = "What the partnership comes to on a day, counted from the records under it that the caller sees: papers in force, the last activity, exchanges and people in and out, anniversaries. A key needs the scopes to read agreements, exchanges and events too.";
    Operation::new("get_partnership_summary", "partnerships", "Summarize a partnership", description)
        .record::<Partnership>()
        .parameter(json!({
            "name": "on", "in": "query", "description": "The day; today in the municipality's time zone when it is left out.",
            "schema": {"type": "string", "format": "date", "examples": ["2011-12-31"]},
        }))
        .public(readers(Partnership::NAME))
        .conditional()
        .led_on::<Partnership>()
        .answers("200", "PartnershipSummary", "The summary.", &["ETag"])
        .done()
}

/// Move a partnership to another stage
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Partnership>("write")?;
    let id = ctx.record_id::<Partnership>().await?;
    let if_match = ctx.if_match()?;
    let input: PartnershipTransitionInput = ctx.action()?;
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get::<Partnership>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let evidence = tx.get_all::<Agreement>(&view, &input.evidence).await?;
        let today = tx.today(before.record.head.keeper()).await?;
        let after = before.record.transition(&input, &evidence, today)?;
        let happened = Happened { verb: "transitioned", detail: Some(to_json(&input)?) };
        let row = tx.update(&view, before, after, happened).await?;
        changed::<Partnership>(row, &view, &tx)
    })
    .await
}

/// List the transitions of a partnership
async fn transitions(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Partnership>("read")?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let after = feed::revision(&mut reader, "cursor");
    reader.finish()?;
    let id = ctx.record_id::<Partnership>().await?;
    let view = ctx.view();
    let query = ChangesQuery {
        after: after.map_or(0, |(_, revision)| revision),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        record: Some(id),
        event: Some(TRANSITIONED.to_owned()),
        ..ChangesQuery::default()
    };
    let mut page = json!({"limit": limit});
    ctx.read(async |snapshot| {
        snapshot.get::<Partnership>(&view, id).await?;
        let changes = snapshot.changes(&view, &query).await?;
        let items: Vec<Value> = changes.items.iter().filter_map(told).filter_map(|told| to_json(&told).ok()).collect();
        if changes.more {
            page["next_cursor"] = changes.read_to.to_string().into();
        }
        let body = json!({"items": items, "page": page}).to_string();
        let shape = format!("transitions {id} {} {}", query.after, query.limit);
        Ok(Answer::json(200, body).drawn_from(snapshot.head(), &[Partnership::NAME], &[&shape, &view.tag()]))
    })
    .await
    .map_err(Into::into)
}

fn told(change: &Change) -> Option<PartnershipTransition> {
    let told = change.told.as_ref()?;
    let content = told.content.as_ref()?;
    let detail = content.detail.as_ref()?;
    Some(PartnershipTransition {
        revision: change.revision,
        at: change.at,
        from: content.inverse["stage"].clone(),
        to: detail["to"].clone(),
        on: detail["on"].clone(),
        reason: detail.get("reason").filter(|_| told.actor.is_some()).cloned(),
        evidence: detail.get("evidence").cloned().unwrap_or_else(|| json!([])),
        historical: detail.get("historical").cloned().unwrap_or(Value::Bool(false)),
    })
}

/// Set one side's stance
async fn set_stance(ctx: Ctx) -> ApiResult<Answer> {
    let key = Uuid::try_parse(ctx.param("party_key")).map_err(|_| ApiError::not_found())?;
    let input: PartnershipStanceInput = ctx.action()?;
    act::<Partnership, _>(ctx, "write", "stance_set", input, move |tie, input, today| {
        tie.body = tie.body.set_stance(key, input, today)?;
        Ok(())
    })
    .await
}

/// Summarize a partnership
async fn summary(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Partnership>("read")?;
    // Counts tell of the records counted.
    ctx.require::<Agreement>("read")?;
    ctx.require::<Exchange>("read")?;
    ctx.require::<CityEvent>("read")?;
    let mut reader = Reader::new(&ctx);
    let on = resource::day(&mut reader, "on");
    reader.finish()?;
    let id = ctx.record_id::<Partnership>().await?;
    let view = ctx.view();
    let answer = ctx
        .read(async |snapshot| {
            let tie = snapshot.record::<Partnership>(&view, id).await?;
            let (settings, zone) = snapshot.summary_settings(tie.head.keeper()).await?;
            let on = on.unwrap_or_else(|| ctx.today(&zone));
            let agreements = snapshot.referring::<Agreement>(&view, "partnership", id).await?;
            let exchanges = snapshot.referring::<Exchange>(&view, "partnerships", id).await?;
            let events = snapshot.referring::<CityEvent>(&view, "partnerships", id).await?;
            let under = SummaryRecords { agreements: &agreements, exchanges: &exchanges, events: &events };
            let summary = PartnershipSummary::of(&tie, under, &settings, on);
            let shape = format!("summary {id} {on}");
            let answer = Answer::json(200, to_json(&summary)?.to_string());
            Ok::<_, Error>(answer.drawn_from(snapshot.head(), MADE_FROM, &[&shape, &view.tag()]))
        })
        .await?;
    Ok(answer)
}
