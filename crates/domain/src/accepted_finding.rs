//! Accepted findings: what the office has looked at and leaves as it is, with its reason.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::fault::Faults;
use crate::finding::{Finding, FindingCode, RecordMention};
use crate::index::{References, Terms};
use crate::record::{Head, Visibility};

/// That the office leaves a finding as it is, and why. Deleting the record opens the finding again.
/// The record that the finding is about is mentioned, not referred to: it may be deleted.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "finding": "6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11", "code": "conflicting_claims",
    "record": {"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0001"},
    "field": "established", "reason": "Архив ответит в январе."
})))]
pub struct AcceptedFinding {
    /// The finding: its `id`.
    #[schema(examples("6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11"))]
    pub finding: Uuid,
    /// The rule that found it.
    pub code: FindingCode,
    /// The record it is about.
    pub record: RecordMention,
    /// The member of that record, when it is about one.
    #[schema(max_length = 100, examples("established"))]
    pub field: Option<String>,
    /// Why it is left as it is.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S", examples("Архив ответит в январе."))]
    pub reason: String,
}

/// Why a finding is left as it is.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "Архив ответит в январе.", "year": 2011, "on": "2011-12-31"})))]
pub struct FindingAcceptanceInput {
    /// Why.
    #[schema(min_length = 1, max_length = 2000, pattern = r"\S", examples("Архив ответит в январе."))]
    pub reason: String,
    /// Who may see that it is accepted. What is not said stays as it is; at first it is `internal`.
    pub visibility: Option<Visibility>,
    /// The `year` with which the finding was listed.
    #[schema(minimum = 1900, maximum = 2200, examples(2011))]
    pub year: Option<i16>,
    /// The day, `on`, with which it was listed.
    #[schema(value_type = Option<String>, format = Date, examples("2011-12-31"))]
    pub on: Option<String>,
}

impl AcceptedFinding {
    /// The acceptance of a finding.
    pub fn of(finding: &Finding, reason: &str) -> Self {
        Self {
            finding: finding.id,
            code: finding.code,
            record: finding.record.clone(),
            field: finding.field.clone(),
            reason: reason.to_owned(),
        }
    }
}

impl Collection for AcceptedFinding {
    const NAME: CollectionName = CollectionName::AcceptedFindings;

    fn check(&self, _head: &Head, _faults: &mut Faults) {}

    fn references(&self, _references: &mut References) {}

    fn terms(&self, terms: &mut Terms) {
        terms.text(&self.reason);
        terms.text(&self.record.reference);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn it_is_found_by_the_words_of_its_reason() {
        let record = RecordMention {
            collection: CollectionName::Partnerships,
            id: Uuid::from_u128(1),
            reference: "PAR-0001".to_owned(),
        };
        let accepted = AcceptedFinding {
            finding: Uuid::from_u128(2),
            code: FindingCode::ConflictingClaims,
            record,
            field: None,
            reason: "Архив ответит".to_owned(),
        };
        let mut terms = Terms::default();
        accepted.terms(&mut terms);
        assert!(terms.iter().any(|(_, term)| term == "архив") && terms.iter().any(|(_, term)| term == "0001"));
    }
}
