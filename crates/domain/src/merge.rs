//! Merging: two records about the same become one. The one that stays takes over what it does not have,
//! and nothing of its own is overwritten.
//!
//! What belongs here: what speaks against two records being one, what one takes over from the other, and
//! where a merge stands. What each collection adds is in `merge/bodies.rs`.

mod bodies;

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::codelist::ExternalIdScheme;
use crate::collection::Collection;
use crate::fault::Faults;
use crate::index::References;
use crate::json::to_json;
use crate::record::{Claim, ClaimState, ExternalId, Head, Record};
use crate::refusal::InvalidState;

/// Where a merge stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("merged", "undone"))]
pub enum MergeState {
    /// References are being moved, in slices; both records are there.
    Merging,
    /// One record is left, and the other's address leads to it.
    Merged,
    /// It could not be done; `detail` says why. What was moved stays moved until it is undone.
    Failed,
    /// It is being taken back, in slices.
    Undoing,
    /// It was taken back.
    Undone,
}

impl MergeState {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Merging, Self::Merged, Self::Failed, Self::Undoing, Self::Undone];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Merging => "merging",
            Self::Merged => "merged",
            Self::Failed => "failed",
            Self::Undoing => "undoing",
            Self::Undone => "undone",
        }
    }

    /// The state with this code.
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|state| state.as_str() == code)
    }

    /// Whether the service is at work on it.
    pub const fn is_at_work(self) -> bool {
        matches!(self, Self::Merging | Self::Undoing)
    }

    /// The state it is in when somebody asks for it to be taken back.
    pub fn undo(self) -> Result<Self, InvalidState> {
        let detail = match self {
            Self::Merged | Self::Failed => return Ok(Self::Undoing),
            Self::Merging | Self::Undoing => "It is at work; wait until it is done.",
            Self::Undone => "It was taken back.",
        };
        Err(InvalidState {
            from: self.as_str().to_owned(),
            to: Self::Undoing.as_str().to_owned(),
            allowed: Vec::new(),
            missing: Vec::new(),
            detail: detail.to_owned(),
        })
    }
}

/// A member in which the two records differed. The one that stays kept its own.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"member": "population", "kept": "223832", "merged": "211313"})))]
pub struct MergeDifference {
    /// The member.
    #[schema(max_length = 100, examples("population"))]
    pub member: String,
    /// What the record that stayed has: a text as it is, anything else as JSON. Absent when it has none, and
    /// could not take the other's over.
    #[schema(examples("223832"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub kept: Option<String>,
    /// What the other had.
    #[schema(examples("211313"))]
    pub merged: String,
}

/// Records of which two may be about the same.
pub trait Mergeable: Collection {
    /// Members that are put together of both, so that nothing in them differs.
    const JOINED: &'static [&'static str];

    /// Takes over what this does not have.
    fn absorb(&mut self, other: &Self);

    /// What speaks against the two being one.
    fn against(&self, other: &Self, faults: &mut Faults);

    /// Its names, where one a language is all there is room for.
    fn only_names(&self) -> Vec<String> {
        Vec::new()
    }
}

/// Members of every record that are put together, or are each record's own.
const COMMON: &[&str] = &[
    "id",
    "ref",
    "municipality",
    "visibility",
    "tags",
    "notes",
    "sources",
    "claims",
    "external_ids",
    "version",
    "created_at",
    "updated_at",
];

impl<T: Mergeable> Record<T> {
    /// What speaks against the two being one, all at once. The pointer is that of `other` in what is sent.
    pub fn against(&self, other: &Self, faults: &mut Faults) {
        self.head.against(&other.head, faults);
        for (one, another) in [(self, other), (other, self)] {
            for reference in one.referring_to(another) {
                let detail = format!("{} refers to {} in {reference}.", one.head.reference, another.head.reference);
                faults.add("/other", "refers_to_other", detail);
            }
        }
        self.body.against(&other.body, faults);
    }

    fn referring_to(&self, other: &Self) -> Vec<String> {
        let mut references = References::default();
        self.body.references(&mut references);
        let to_other = references.iter().filter(|reference| reference.target == other.head.id);
        to_other.map(|reference| reference.field.to_owned()).collect()
    }

    /// The record that stays, with what it takes over from the other, and in what they differed.
    pub fn absorbed(&self, other: &Self) -> serde_json::Result<(Self, Vec<MergeDifference>)> {
        let mut record = self.clone();
        record.head.absorb(&other.head);
        record.body.absorb(&other.body);
        for claim in record.claims_of(other) {
            record.head.claims.push(claim);
        }
        let (kept, merged) = (to_json(&record)?, to_json(other)?);
        let mut differences = Vec::new();
        for (member, value) in merged.as_object().into_iter().flatten() {
            let is_joined = COMMON.contains(&member.as_str()) || T::JOINED.contains(&member.as_str());
            if !is_joined && kept.get(member) != Some(value) && *value != Value::Array(Vec::new()) {
                let kept = kept.get(member).map(text);
                differences.push(MergeDifference { member: member.clone(), kept, merged: text(value) });
            }
        }
        Ok((record, differences))
    }

    /// A name of the other that has no place among the names of this stays on it as a claim.
    fn claims_of(&self, other: &Self) -> Vec<Claim> {
        let names = other.body.only_names();
        let known = self.body.only_names();
        let lost = names.into_iter().filter(|name| !known.contains(name));
        lost.map(|value| Claim {
            field: "name".to_owned(),
            value,
            state: ClaimState::Rejected,
            sources: other.head.sources.iter().take(20).cloned().collect(),
        })
        .filter(|claim| !self.head.claims.contains(claim))
        .collect()
    }
}

fn text(value: &Value) -> String {
    value.as_str().map_or_else(|| value.to_string(), str::to_owned)
}

impl Head {
    fn against(&self, other: &Self, faults: &mut Faults) {
        faults.unless(
            self.municipality == other.municipality,
            "/other",
            "different_municipality",
            "Another municipality keeps it.",
        );
        faults.unless(
            self.visibility == other.visibility,
            "/other",
            "different_visibility",
            format!(
                "{} is {}, and {} is {}: give both the same visibility first, so that nobody sees more or less than before.",
                self.reference,
                self.visibility.as_str(),
                other.reference,
                other.visibility.as_str()
            ),
        );
        for (scheme, own, others) in contradicting(&self.external_ids, &other.external_ids) {
            let detail = format!("In {scheme} {} is {own}, and {} is {others}.", self.reference, other.reference);
            faults.add("/other", "different_external_ids", detail);
        }
    }

    fn absorb(&mut self, other: &Self) {
        add(&mut self.tags, &other.tags);
        add(&mut self.sources, &other.sources);
        add(&mut self.claims, &other.claims);
        add(&mut self.external_ids, &other.external_ids);
        self.notes = match (self.notes.take(), &other.notes) {
            (Some(own), Some(others)) if own != *others => Some(format!("{own}\n\n{others}")),
            (own, others) => own.or_else(|| others.clone()),
        };
    }
}

/// The schemes in which both have ids and not the same ones: scheme, these, those.
pub fn contradicting(some: &[ExternalId], others: &[ExternalId]) -> Vec<(String, String, String)> {
    let values = |ids: &[ExternalId], scheme: &ExternalIdScheme| -> BTreeSet<String> {
        ids.iter().filter(|id| id.scheme == *scheme).map(|id| id.value.clone()).collect()
    };
    let joined = |values: &BTreeSet<String>| values.iter().cloned().collect::<Vec<_>>().join(", ");
    let mut seen = BTreeSet::new();
    let mut found = Vec::new();
    for id in some.iter().filter(|id| seen.insert(id.scheme.as_str().to_owned())) {
        let (own, theirs) = (values(some, &id.scheme), values(others, &id.scheme));
        if !theirs.is_empty() && own.is_disjoint(&theirs) {
            found.push((id.scheme.as_str().to_owned(), joined(&own), joined(&theirs)));
        }
    }
    found
}

/// Adds what is not there yet.
fn add<T: PartialEq + Clone>(list: &mut Vec<T>, others: &[T]) {
    for other in others {
        if !list.contains(other) {
            list.push(other.clone());
        }
    }
}

#[cfg(test)]
mod tests;
