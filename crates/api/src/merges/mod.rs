//! Merges: two records about the same become one, and can become two again. See ADR 18.
//!
//! What belongs here: the operations on merges, the merging of a record as an action of its collection, and
//! the work. What one record takes over from the other is the domain's business, and moving references is
//! persistence's.

mod handlers;
mod obstacles;
mod wire;
mod work;

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{CollectionName, MergeDifference, MergeState, Mergeable};
use pobratim_persistence::{MERGEABLE, Stored};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::contract::Schemas;
use crate::contract::operation::{Operation, plural};
use crate::contract::prose::holders;
use crate::problem::{ApiError, ApiResult, BUILT_UPON, CANNOT_MERGE, INVALID_STATE, MERGED};
use crate::routes::{Body, Entry};

pub(crate) use obstacles::refusal;
pub use work::resume_merges;

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<wire::Merge>();
    schemas.add::<MergeState>();
    schemas.add::<MergeDifference>();
    schemas.add_input::<wire::MergeInput>();
    schemas.add_page("Merge", "A page of merges, the newest first.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    let (all, one) = ("/v1/merges", "/v1/merges/{merge_id}");
    vec![
        Entry::new(Method::GET, all, Body::None, describe_list, |ctx| handlers::list(ctx).boxed_local()),
        Entry::new(Method::GET, one, Body::None, describe_get, |ctx| handlers::get(ctx).boxed_local()),
        Entry::new(Method::POST, format!("{one}/undo"), Body::None, describe_undo, |ctx| {
            handlers::undo(ctx).boxed_local()
        }),
    ]
}

/// Leads a reader on from a record to the one that it was merged into; whoever changes something is told.
pub(crate) fn led_on(entry: &Entry, path: &str, query: &str, error: Box<ApiError>) -> ApiResult<Answer> {
    let kept = error.conflict.as_ref().filter(|_| error.kind.code == MERGED.code && entry.method == Method::GET);
    let Some(kept) = kept else { return Err(error) };
    let id = kept.id.to_string();
    let record = entry.path.split('/').position(|part| part.starts_with('{'));
    let parts = path.split('/').enumerate().map(|(index, part)| if Some(index) == record { &id } else { part });
    let path = parts.collect::<Vec<_>>().join("/");
    let location = if query.is_empty() { path } else { format!("{path}?{query}") };
    Ok(Answer::empty(308).with("Location", location))
}

/// The merging of records of a collection.
pub(crate) fn action<T: Mergeable + Stored>() -> Entry {
    let path = format!("/v1/{}/{{{}_id}}/merge", T::NAME.path(), T::NAME.singular());
    Entry::new(Method::POST, path, Body::Json, describe_merge::<T>, |ctx| handlers::merge::<T>(ctx).boxed_local())
}

fn describe_merge<T: Mergeable + Stored>() -> Value {
    let (name, names) = (T::NAME.singular(), plural(T::NAME));
    let own = match T::NAME {
        CollectionName::Partnerships => {
            "They have the same sides, or differ in one that may be another record about the same; kind, stage and its history stay as they are here."
        }
        CollectionName::Organizations => "They are not of two countries.",
        _ => "They are of one country and one kind.",
    };
    let description = format!(
        "The {name} at this address stays, and `other` goes into it. Its names become aliases (a name that finds no place becomes a claim); tags, sources, claims, notes and external ids are put together; members that this one does not have are taken over, and nothing is overwritten: `differences` tells where the two differed. Whatever refers to `other`, whoever keeps it, refers to this one from then on. `other` is deleted, and its address leads here (308).\n\nIt is refused as a whole when something speaks against it, and `errors` lists all of that: two different external ids of one scheme, another visibility or municipality, references between the two, a pair that was told distinct, records that would break a rule. {own}\n\nFew references are moved with it, in one act. Many are moved in slices between which others write: `state` is then `merging`, and both are there until it is `merged`. It can be taken back."
    );
    Operation::new(&format!("merge_{name}"), T::NAME.as_str(), &format!("Merge two {names}"), &description)
        .record::<T>()
        .changes_state(holders(T::NAME, "delete"))
        .conflicts(&[&CANNOT_MERGE, &MERGED])
        .body("MergeInput", &format!("Which {name} goes into it."))
        .answers("201", "Merge", "The merge; `state` tells whether it is done.", &["Location", "ETag"])
        .done()
}

const ACCESS: &str = "a key that may read the collection. Merges of the shared directory are told to every key, others to keys of the municipality that keeps the records, as far as they see the one that stays.";

fn operation(id: &str, summary: &str, description: &str) -> Operation {
    Operation::new(id, "merges", summary, description)
}

fn of_one(id: &str, summary: &str, description: &str) -> Operation {
    operation(id, summary, description)
        .path_parameter("merge_id", "The id of a merge.", &["01890a5d-ac96-774b-bcce-b302099a8d01"])
        .refused("404", "NotFound")
}

fn describe_list() -> Value {
    let records = MERGEABLE.iter().map(|name| plural(*name)).collect::<Vec<_>>().join(", ");
    operation("list_merges", "List merges", &format!("Which records became one, the newest first: {records}."))
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .parameter(crate::computed::many("collection", "Only merges of these collections.", "CollectionName"))
        .parameter(json!({
            "name": "record", "in": "query", "description": "Only merges in which this record stayed, or went into another: its id.",
            "schema": {"type": "string", "format": "uuid", "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]},
        }))
        .secured(ACCESS)
        .refused("503", "ServiceUnavailable")
        .answers("200", "MergePage", "A page.", &["Link"])
        .done()
}

fn describe_get() -> Value {
    let description = "How far it has come. With `Prefer: wait=60` the answer is held until it is at rest: `merged`, `failed` or `undone`.";
    of_one("get_merge", "Get a merge", description)
        .shared_parameter("Wait")
        .secured(ACCESS)
        .conditional()
        .refused("503", "ServiceUnavailable")
        .answers("200", "Merge", "The merge.", &["ETag"])
        .done()
}

fn describe_undo() -> Value {
    let description = "Makes two records of one again: the one that went into the other comes back, the one that stayed is what it was, and what referred to the other does so again. Nothing that the merge changed may have been changed since; else `errors` lists what was. What came to refer to the record that stayed later goes on referring to it.";
    of_one("undo_merge", "Take a merge back", description)
        .changes_state("a key that may merge such records: one with the scope `places:delete` for places, which the role operator has; for others a key of the municipality with `organizations:delete` or `partnerships:delete`.")
        .conflicts(&[&INVALID_STATE, &BUILT_UPON])
        .answers("202", "Merge", "The merge; `state` tells whether it is taken back.", &["Location", "ETag"])
        .done()
}
