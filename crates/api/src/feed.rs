//! The journal as clients see it: the changes of one record, and all of them as a feed.

use std::time::Duration;

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{CollectionName, Slug, Timestamp};
use pobratim_persistence::{Change, Changes, ChangesQuery, Error, Told};
use serde::Serialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, Tag};
use crate::contract::Schemas;
use crate::contract::operation::{Operation, revision_cursor};
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::query::Reader;
use crate::routes::{Body, Entry};
use crate::waiting::wait_wanted;

/// How often a waiting feed looks for what other processes wrote.
const LOOK: Duration = Duration::from_millis(250);

/// A change of a record. When the caller lost sight of the record, `event` ends in `.withdrawn` and
/// nothing but the record's id is told. When the caller came to see it, `event` ends in `.revealed`
/// and no patch is told: get the record.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[serde(rename = "Change")]
#[schema(as = Change, examples(json!({"revision": 42, "at": "2011-09-05T01:30:00.000000Z", "event": "place.updated", "collection": "places", "record_id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PLA-0002", "version": 2, "action": "update", "patch": {"population": 223832}})))]
pub(crate) struct ChangeEntry {
    /// The number of the change: one order for the whole installation, without gaps.
    #[schema(minimum = 1, examples(42))]
    revision: i64,
    /// When it was made.
    #[schema(value_type = Timestamp)]
    at: Timestamp,
    /// What happened, such as `partnership.transitioned`.
    #[schema(max_length = 100, examples("place.updated"))]
    event: String,
    /// The collection of the record.
    #[schema(value_type = CollectionName, examples("places"))]
    collection: String,
    /// The record.
    record_id: Uuid,
    /// Its number for people.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("PLA-0002"))]
    reference: Option<String>,
    /// The municipality that keeps it; absent for the shared directory.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Slug>)]
    municipality: Option<String>,
    /// The version it has after the change.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, examples(2))]
    version: Option<i64>,
    /// What became of the record.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChangeAction>)]
    action: Option<String>,
    /// The credential that made it; told within the municipality only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 64, examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    actor: Option<String>,
    /// Who answers for that credential.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, examples("City portal"))]
    actor_name: Option<String>,
    /// The request that made it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 128, examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    request_id: Option<String>,
    /// The merge patch (RFC 7396) from before to after; the whole record when it was made.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChangePart>)]
    patch: Option<Value>,
    /// The merge patch back.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChangePart>)]
    inverse: Option<Value>,
    /// What the event says beyond the patch, such as the evidence of a transition. A `reason` is told
    /// within the municipality only.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<ChangePart>)]
    detail: Option<Value>,
}

/// What becomes of a record by a change, whatever the event is called.
#[derive(utoipa::ToSchema)]
#[schema(rename_all = "snake_case")]
#[expect(dead_code, reason = "names the values in the contract; the journal has them as they are")]
pub(crate) enum ChangeAction {
    Create,
    Update,
    Delete,
    Restore,
}

/// Members of a record, as its collection has them.
#[derive(utoipa::ToSchema)]
#[schema(value_type = Object)]
#[expect(dead_code, reason = "names a schema of the contract; the values are JSON as it is")]
pub(crate) struct ChangePart(Value);

impl From<&Change> for ChangeEntry {
    fn from(change: &Change) -> Self {
        let told = change.told.as_ref();
        let content = told.and_then(|told| told.content.as_ref());
        let actor = told.and_then(|told| told.actor.as_ref());
        let part = |part: &Value| part.is_object().then(|| part.clone());
        Self {
            revision: change.revision,
            at: change.at,
            event: told
                .map_or_else(|| format!("{}.withdrawn", change.collection.singular()), |told| told.event.clone()),
            collection: change.collection.as_str().to_owned(),
            record_id: change.record_id,
            reference: told.map(|told| told.reference.clone()),
            municipality: told.map(|told: &Told| told.municipality.clone()).filter(|slug| !slug.is_empty()),
            version: told.map(|told| told.version),
            action: told.map(|told| told.action.clone()),
            actor: actor.map(|(id, _)| id.clone()),
            actor_name: actor.map(|(_, name)| name.clone()),
            request_id: told.and_then(|told| told.request_id.clone()),
            patch: content.and_then(|content| part(&content.patch)),
            inverse: content.and_then(|content| part(&content.inverse)),
            detail: content.and_then(|content| content.detail.as_ref()).and_then(part),
        }
    }
}

/// Changes as clients see them.
pub(crate) fn items(changes: &[Change]) -> Vec<Value> {
    let entries = changes.iter().map(ChangeEntry::from);
    entries.filter_map(|entry| serde_json::to_value(&entry).ok()).collect()
}

/// Reads a revision, perhaps with the epoch it belongs to.
pub(crate) fn revision(reader: &mut Reader<'_>, name: &str) -> Option<(Option<String>, i64)> {
    let text = reader.take(name)?;
    let (epoch, number) = match text.split_once('-') {
        Some((epoch, number)) => (Some(epoch.to_owned()), number),
        None => (None, text),
    };
    match number.parse::<i64>() {
        Ok(revision) if revision >= 0 => Some((epoch, revision)),
        _ => {
            reader.fault(name, "invalid", "Give a revision, or what `next_cursor` said.");
            None
        }
    }
}

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<ChangeEntry>();
    schemas.insert(
        "ChangePart",
        json!({
            "type": "object", "additionalProperties": true,
            "description": "Members of a record, as its collection has them; null where one was removed.",
            "examples": [{"population": 223_832}],
        }),
    );
    schemas.add_page("Change", "A page of changes, oldest first.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    let description = "Every accepted change in the order it was made, without gaps, as far as the caller may see the records. Follow `next_cursor`: it is there on every page, also on the last one. With `Prefer: wait=20` an empty answer is held until something comes. A cursor from before a restored backup is answered 410.";
    let describe = move || {
        Operation::new("list_changes", "changes", "Follow all changes", description)
        .shared_parameter("Limit")
        .shared_parameter("Wait")
        .parameter(revision_cursor("after", "What `next_cursor` said, or a revision; from the beginning when it is left out."))
        .parameter(json!({
            "name": "collection", "in": "query", "style": "form", "explode": true,
            "description": "Only changes in these collections.",
            "schema": {"type": "array", "items": {"$ref": "#/components/schemas/CollectionName"}, "minItems": 1, "maxItems": 50},
        }))
        .parameter(json!({
            "name": "municipality", "in": "query", "description": "Only records that this municipality keeps.",
            "schema": {"$ref": "#/components/schemas/Slug"},
        }))
        .public("everybody for changes of what is public; a key also for what its municipality keeps, as far as its scopes let it read.")
        .refused("410", "Gone")
        .conditional()
        .answers("200", "ChangePage", "Changes; perhaps none.", &["ETag"])
        .done()
    };
    vec![Entry::new(Method::GET, "/v1/changes", Body::None, describe, |ctx| changes(ctx).boxed_local())]
}

/// `GET /v1/changes`
async fn changes(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let (epoch, after) = revision(&mut reader, "after").unwrap_or((None, 0));
    let mut collections = Vec::new();
    for name in reader.values("collection").unwrap_or_default() {
        match CollectionName::parse(&name) {
            Some(collection) => collections.push(collection),
            None => reader.fault("collection", "unknown_code", "It is the name of a collection, such as places."),
        }
    }
    let municipality = reader.take("municipality").map(str::to_owned);
    reader.finish()?;
    let collections = readable(&ctx, collections)?;
    let query = ChangesQuery {
        after,
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        collections,
        municipality,
        ..ChangesQuery::default()
    };
    let (changes, of) = wait(&ctx, &query, epoch.as_deref()).await?;
    let page = json!({"limit": limit, "next_cursor": format!("{of}-{}", changes.read_to)});
    let body = json!({"items": items(&changes.items), "page": page}).to_string();
    // The body is part of the tag: what is told of old changes depends on what is seen now.
    let tag = Tag::new(changes.read_to, &of, &["changes", &ctx.view().tag(), &body]);
    Ok(Answer::json(200, body).tagged(tag))
}

/// The collections to tell of: a key that is narrowed to some reads of no others. Naming one that
/// it may not read is refused; an empty list stands for all.
pub(crate) fn readable(ctx: &Ctx, named: Vec<CollectionName>) -> ApiResult<Vec<CollectionName>> {
    for collection in &named {
        ctx.require_in(*collection, "read")?;
    }
    let all = CollectionName::ALL;
    let may: Vec<_> = all.iter().copied().filter(|collection| ctx.require_in(*collection, "read").is_ok()).collect();
    match may.first() {
        // It may read nothing at all: the refusal names what it would need first.
        None => ctx.require_in(all[0], "read").map(|()| named),
        Some(_) if named.is_empty() && may.len() < all.len() => Ok(may),
        Some(_) => Ok(named),
    }
}

/// Reads the changes, and when there are none, waits as long as the caller wants to. A waiting
/// caller holds no connection; all of a process share the look at the head.
async fn wait(ctx: &Ctx, query: &ChangesQuery, epoch: Option<&str>) -> ApiResult<(Changes, String)> {
    let view = ctx.view();
    let deadline = tokio::time::Instant::now() + wait_wanted(ctx);
    let mut stopping = ctx.api.stopping();
    let mut committed = ctx.api.database().committed();
    let mut query = query.clone();
    loop {
        let (changes, head) = ctx
            .read(async |snapshot| {
                let head = snapshot.head().clone();
                if epoch.is_some_and(|epoch| epoch != &*head.epoch) {
                    return Err(Error::HistoryRestarted);
                }
                Ok((snapshot.changes(&view, &query).await?, head))
            })
            .await?;
        query.after = changes.read_to;
        let is_over = tokio::time::Instant::now() >= deadline || *stopping.borrow();
        if !changes.items.is_empty() || changes.more || is_over {
            return Ok((changes, head.epoch.to_string()));
        }
        loop {
            tokio::select! {
                _ = stopping.changed() => {}
                _ = committed.changed() => {}
                () = tokio::time::sleep(LOOK) => {}
                () = tokio::time::sleep_until(deadline) => {}
            }
            let over = tokio::time::Instant::now() >= deadline || *stopping.borrow();
            let now = ctx.api.database().head().await?;
            if over || now.revision > query.after || now.epoch != head.epoch {
                break;
            }
        }
    }
}
