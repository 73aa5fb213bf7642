//! Merges as they are sent and told.

use pobratim_domain::{CollectionName, MergeDifference, MergeState, RecordMention, Timestamp};
use pobratim_persistence::{Error, MergeModel};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::answer::{Answer, Tag};
use crate::merges::work::{collection, moved, state};
use crate::problem::Dependents;

/// Which record goes into the one that is addressed.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"other": "01890a5d-ac96-774b-bcce-b302099a8058", "note": "Жиджао и Жичжао: одно и то же."})))]
pub(crate) struct MergeInput {
    /// The record that goes into this one: its id.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8058"))]
    pub(crate) other: Uuid,
    /// Its version, when you want to be sure that it was not changed since you saw it.
    #[schema(minimum = 1, examples(3))]
    pub(crate) other_version: Option<i64>,
    /// Why they are one.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S", examples("Жиджао и Жичжао: одно и то же."))]
    pub(crate) note: Option<String>,
}

/// Two records that became one: which stayed, which went into it, and what that changed.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8d01", "state": "merged", "version": 1,
    "kept": {"collection": "places", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PLA-0007"},
    "merged": {"collection": "places", "id": "01890a5d-ac96-774b-bcce-b302099a8058", "ref": "PLA-0019"},
    "moved": [{"collection": "exchanges", "count": 12}, {"collection": "partnerships", "count": 1}], "left": 0,
    "differences": [{"member": "population", "kept": "223832", "merged": "211313"}],
    "note": "Жиджао и Жичжао: одно и то же.", "actor": "01890a5d-ac96-774b-bcce-b302099a8009", "actor_name": "Operator",
    "created_at": "2011-09-05T01:30:00.000000Z", "updated_at": "2011-09-05T01:30:00.000000Z"
})))]
pub(crate) struct Merge {
    /// Its id.
    id: Uuid,
    /// How far it has come.
    state: MergeState,
    /// Counts its changes.
    #[schema(minimum = 1, examples(1))]
    version: i64,
    /// The municipality that keeps the records; absent in the shared directory.
    #[schema(min_length = 1, max_length = 63, examples("blagoveshchensk"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    municipality: Option<String>,
    /// The record that stayed.
    kept: RecordMention,
    /// The record that went into it.
    merged: RecordMention,
    /// How many records of each collection were changed to refer to the one that stayed.
    moved: Vec<Dependents>,
    /// How many changes could not be taken back, because the records were changed meanwhile.
    #[schema(minimum = 0, examples(0))]
    left: i64,
    /// In what the two differed: the one that stayed kept its own.
    differences: Vec<MergeDifference>,
    /// Why they are one.
    #[schema(max_length = 2000, examples("Жиджао и Жичжао: одно и то же."))]
    #[serde(skip_serializing_if = "Option::is_none")]
    note: Option<String>,
    /// Why it failed, when it did.
    #[schema(max_length = 4000, examples("PAR-0009 was changed meanwhile."))]
    #[serde(skip_serializing_if = "Option::is_none")]
    detail: Option<String>,
    /// The credential that asked for it last.
    #[schema(max_length = 64, examples("01890a5d-ac96-774b-bcce-b302099a8009"))]
    actor: String,
    /// Its owner.
    #[schema(max_length = 200, examples("Operator"))]
    actor_name: String,
    /// When it was asked for.
    created_at: Timestamp,
    /// When it was changed last.
    updated_at: Timestamp,
    /// When it was taken back.
    #[serde(skip_serializing_if = "Option::is_none")]
    undone_at: Option<Timestamp>,
}

pub(super) fn answer(merge: &MergeModel, epoch: &str, status: u16) -> Result<Answer, Error> {
    let tag = Tag::of_record(merge.id, merge.version, epoch, &["merge"]);
    let answer = Answer::json(status, serde_json::to_string(&told(merge)?)?).tagged(tag);
    Ok(if status == 200 { answer } else { answer.with("Location", format!("/v1/merges/{}", merge.id)) })
}

pub(super) fn told(merge: &MergeModel) -> Result<Merge, Error> {
    let collection = collection(merge)?;
    let mention = |id, reference: &String| RecordMention { collection, reference: reference.clone(), id };
    let count = |(collection, count): (CollectionName, i64)| Dependents { collection: collection.to_string(), count };
    Ok(Merge {
        id: merge.id,
        state: state(merge)?,
        version: merge.version,
        municipality: Some(merge.municipality.clone()).filter(|slug| !slug.is_empty()),
        kept: mention(merge.kept, &merge.kept_ref),
        merged: mention(merge.merged, &merge.merged_ref),
        moved: moved(merge)?.into_iter().map(count).collect(),
        left: merge.left,
        differences: serde_json::from_str(&merge.differences)?,
        note: merge.note.clone(),
        detail: merge.detail.clone(),
        actor: merge.actor.clone(),
        actor_name: merge.actor_name.clone(),
        created_at: Timestamp::from_micros(merge.created_at),
        updated_at: Timestamp::from_micros(merge.updated_at),
        undone_at: merge.undone_at.map(Timestamp::from_micros),
    })
}
