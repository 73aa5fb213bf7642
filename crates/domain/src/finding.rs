//! Findings: what the records themselves give reason to look at. Computed, never stored.
//!
//! What belongs here: what a finding is, and the list of rules. A rule is a small function over
//! facts that were loaded for it; the rules stand in `finding/`, one file a family.

mod activity;
mod directory;
mod facts;
mod mark;
mod paper;
mod source;
mod year;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

pub use activity::is_of_years;
pub use facts::{
    CitedRecord, ExchangeCount, ExchangeCounts, FindingFacts, OpenActivity, ReportFacts, TwinFacts, UncountedExchange,
};
pub use mark::{CITED, MARK, mark, marks};
pub use year::{REPORT_YEARS, fields_of_domain};

use crate::codelist;
use crate::collection::CollectionName;
use crate::record::Head;
use crate::timestamp::Timestamp;

/// Something that the records give reason to look at: a contradiction, a gap, something left
/// undone. It is a reading of the records, not a record: set the record right, and it is gone; or
/// accept it with a reason.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11", "code": "conflicting_claims", "severity": "warning",
    "title": "Conflicting claims", "suggestion": "Ask the archive, then accept one claim and reject the others.",
    "record": {"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0001"},
    "field": "established",
    "evidence": [{"name": "established", "text": "2003-07-17", "locator": "F04"}, {"name": "established", "text": "2009"}]
})))]
pub struct Finding {
    /// Names the finding together with its evidence: the same as long as nothing of it changes. When
    /// the evidence changes it is another finding, which nobody has accepted yet.
    #[schema(examples("6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11"))]
    pub id: Uuid,
    /// Which rule found it.
    pub code: FindingCode,
    /// How much it matters.
    pub severity: Severity,
    /// What it is, in the language asked for.
    #[schema(max_length = 200, examples("Conflicting claims"))]
    pub title: String,
    /// What to do about it, in the language asked for.
    #[schema(max_length = 400, examples("Ask the archive, then accept one claim and reject the others."))]
    pub suggestion: String,
    /// The record to look at.
    pub record: RecordMention,
    /// The member of the record, when it is about one.
    #[schema(max_length = 100, examples("established"))]
    pub field: Option<String>,
    /// What speaks for it, as it stands in the records.
    pub evidence: Vec<FindingEvidence>,
    /// That somebody has accepted it, as far as the caller sees.
    pub acceptance: Option<FindingAcceptance>,
}

/// A record as it is mentioned beside others.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0001"})))]
pub struct RecordMention {
    /// Its collection.
    #[schema(examples("partnerships"))]
    pub collection: CollectionName,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("PAR-0001"))]
    pub reference: String,
    /// The record.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub id: Uuid,
}

/// Something that speaks for a finding.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"name": "established", "text": "2003-07-17", "locator": "F04"})))]
pub struct FindingEvidence {
    /// What the text is: a member of the record, `quote`, or what was compared, such as `reported`
    /// and `counted`.
    #[schema(max_length = 100, examples("established"))]
    pub name: String,
    /// The words, the date or the number, as it stands in the records.
    #[schema(max_length = 4000, examples("2003-07-17"))]
    pub text: String,
    /// Where a source has it.
    #[schema(max_length = 200, examples("F04"))]
    pub locator: Option<String>,
    /// The other record it stands in.
    pub record: Option<RecordMention>,
}

/// That somebody has accepted a finding.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "record": {"collection": "accepted_findings", "id": "01890a5d-ac96-774b-bcce-b302099a8601", "ref": "AFI-0001"},
    "reason": "Архив ответит в январе.", "at": "2011-12-05T01:30:00.000000Z"
})))]
pub struct FindingAcceptance {
    /// The record of the acceptance; its history tells who did it.
    pub record: RecordMention,
    /// Why it is accepted.
    #[schema(max_length = 2000, examples("Архив ответит в январе."))]
    pub reason: String,
    /// When that was said.
    pub at: Timestamp,
}

/// How much something matters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("warning"))]
pub enum Severity {
    /// It is wrong, or it is due at once.
    Error,
    /// Somebody should look.
    Warning,
    /// Good to know.
    Info,
}

impl Severity {
    /// All, the gravest first.
    pub const ALL: &[Self] = &[Self::Error, Self::Warning, Self::Info];

    /// As it is sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Error => "error",
            Self::Warning => "warning",
            Self::Info => "info",
        }
    }
}

/// The rules by which findings are found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("conflicting_claims", "planned_but_past"))]
pub enum FindingCode {
    /// Sources differ on a field, and the office has not decided.
    ConflictingClaims,
    /// The source that a record cites is about the year asked for; the record's date lies in another one.
    OutsideYear,
    /// That source tells again of an older edition of a series.
    ReusedEdition,
    /// It is still open or planned, and its time is over.
    PlannedButPast,
    /// Somebody reported more than there are records of.
    ReportedWithoutRecords,
    /// A list is known to go on: «и др.».
    IncompleteList,
    /// The report of the year has to cover a domain of which nothing is recorded.
    MissingSection,
    /// A national association that was listed as international.
    NationalAsInternational,
    /// A source abbreviates a country so that it may be several.
    AmbiguousCountryAlias,
    /// Two records may be about the same.
    PossibleDuplicates,
    /// A signed paper does not say who signed it.
    AgreementWithoutSignatories,
    /// A twinning without a signed paper.
    TwinWithoutAgreement,
    /// A paper is kept as in force after its term.
    InForcePastTerm,
    /// A reply that should be there is not.
    LetterOverdue,
    /// A date that its source is not sure of.
    UnconfirmedDate,
    /// An exchange that counts in statistics, without a number of people.
    ExchangeWithoutHeadcount,
    /// An organization whose name is not known.
    UnnamedOrganization,
    /// A twinning of which nobody says since when.
    EstablishedUnknown,
}

impl FindingCode {
    /// All, in the order of the codelist.
    pub const ALL: &[Self] = &[
        Self::ConflictingClaims,
        Self::OutsideYear,
        Self::ReusedEdition,
        Self::PlannedButPast,
        Self::ReportedWithoutRecords,
        Self::IncompleteList,
        Self::MissingSection,
        Self::NationalAsInternational,
        Self::AmbiguousCountryAlias,
        Self::PossibleDuplicates,
        Self::AgreementWithoutSignatories,
        Self::TwinWithoutAgreement,
        Self::InForcePastTerm,
        Self::LetterOverdue,
        Self::UnconfirmedDate,
        Self::ExchangeWithoutHeadcount,
        Self::UnnamedOrganization,
        Self::EstablishedUnknown,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::ConflictingClaims => "conflicting_claims",
            Self::OutsideYear => "outside_year",
            Self::ReusedEdition => "reused_edition",
            Self::PlannedButPast => "planned_but_past",
            Self::ReportedWithoutRecords => "reported_without_records",
            Self::IncompleteList => "incomplete_list",
            Self::MissingSection => "missing_section",
            Self::NationalAsInternational => "national_as_international",
            Self::AmbiguousCountryAlias => "ambiguous_country_alias",
            Self::PossibleDuplicates => "possible_duplicates",
            Self::AgreementWithoutSignatories => "agreement_without_signatories",
            Self::TwinWithoutAgreement => "twin_without_agreement",
            Self::InForcePastTerm => "in_force_past_term",
            Self::LetterOverdue => "letter_overdue",
            Self::UnconfirmedDate => "unconfirmed_date",
            Self::ExchangeWithoutHeadcount => "exchange_without_headcount",
            Self::UnnamedOrganization => "unnamed_organization",
            Self::EstablishedUnknown => "established_unknown",
        }
    }

    /// How much it matters.
    pub const fn severity(self) -> Severity {
        match self {
            Self::MissingSection | Self::InForcePastTerm => Severity::Error,
            Self::IncompleteList
            | Self::AgreementWithoutSignatories
            | Self::UnconfirmedDate
            | Self::ExchangeWithoutHeadcount
            | Self::UnnamedOrganization
            | Self::EstablishedUnknown => Severity::Info,
            _ => Severity::Warning,
        }
    }
}

/// A rule: from facts to findings.
type Rule = fn(&FindingFacts) -> Vec<Finding>;

/// Every rule.
const RULES: &[Rule] = &[
    source::conflicting_claims,
    source::incomplete_list,
    source::ambiguous_country_alias,
    source::unconfirmed_date,
    year::outside_year,
    year::reused_edition,
    year::missing_section,
    activity::planned_but_past,
    activity::plan_items_past,
    activity::reported_without_records,
    activity::exchange_without_headcount,
    directory::national_as_international,
    directory::unnamed_organization,
    directory::possible_duplicates,
    paper::agreement_without_signatories,
    paper::twin_without_agreement,
    paper::established_unknown,
    paper::in_force_past_term,
    paper::letter_overdue,
];

impl FindingFacts {
    /// What these facts give reason to look at, the gravest first.
    pub fn findings(&self, lang: &str) -> Vec<Finding> {
        let mut found: Vec<Finding> = RULES.iter().flat_map(|rule| rule(self)).collect();
        for finding in &mut found {
            let label = |list| codelist::label(list, finding.code.as_str(), lang).unwrap_or_default().to_owned();
            (finding.title, finding.suggestion) = (label("finding_code"), label("finding_suggestion"));
        }
        found.sort_by_cached_key(|finding| (finding.sort_key(), finding.id));
        found.dedup_by_key(|finding| finding.id);
        found
    }
}

impl Finding {
    fn new(code: FindingCode, record: &RecordMention, field: Option<&str>, evidence: Vec<FindingEvidence>) -> Self {
        let mut hash = Sha256::new();
        let mut add = |part: &str| {
            hash.update(part.as_bytes());
            hash.update([0]);
        };
        [code.as_str(), record.collection.as_str(), &record.id.to_string(), field.unwrap_or_default()]
            .iter()
            .for_each(|part| add(part));
        for evidence in &evidence {
            add(&evidence.name);
            add(&evidence.text);
            add(evidence.locator.as_deref().unwrap_or_default());
            add(&evidence.record.as_ref().map(|record| record.id.to_string()).unwrap_or_default());
        }
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, made)| *byte = made);
        Self {
            id: uuid::Builder::from_custom_bytes(bytes).into_uuid(),
            code,
            severity: code.severity(),
            title: String::new(),
            suggestion: String::new(),
            record: record.clone(),
            field: field.map(str::to_owned),
            evidence,
            acceptance: None,
        }
    }

    /// Adds where else the same was seen, which is not part of what the finding is.
    fn seen_in(mut self, others: impl IntoIterator<Item = RecordMention>) -> Self {
        self.evidence.extend(others.into_iter().map(|record| FindingEvidence {
            name: "also_in".to_owned(),
            text: record.reference.clone(),
            locator: None,
            record: Some(record),
        }));
        self
    }

    /// What findings are sorted by: the gravest first, then by rule and record.
    pub fn sort_key(&self) -> String {
        format!("{} {} {}", self.severity as u8, self.code.as_str(), self.record.reference)
    }
}

impl FindingEvidence {
    fn new(name: &str, text: impl Into<String>) -> Self {
        Self { name: name.to_owned(), text: text.into(), locator: None, record: None }
    }

    fn at(self, locator: Option<&String>) -> Self {
        Self { locator: locator.cloned(), ..self }
    }

    fn of(name: &str, record: RecordMention) -> Self {
        Self { name: name.to_owned(), text: record.reference.clone(), locator: None, record: Some(record) }
    }
}

impl RecordMention {
    /// A record by its head.
    pub fn of(collection: CollectionName, head: &Head) -> Self {
        Self { collection, id: head.id, reference: head.reference.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    pub(super) fn mention(collection: CollectionName, number: u128) -> RecordMention {
        let reference = format!("{}-{number:04}", collection.prefix());
        RecordMention { collection, id: Uuid::from_u128(number), reference }
    }

    #[test]
    fn a_finding_is_the_same_while_its_evidence_is() {
        let record = mention(CollectionName::Events, 1);
        let of = |text: &str| {
            Finding::new(
                FindingCode::PlannedButPast,
                &record,
                Some("status"),
                vec![FindingEvidence::new("period", text)],
            )
        };
        assert_eq!(of("2011").id, of("2011").id);
        assert_ne!(of("2011").id, of("2012").id);
        let (alone, seen) = (of("2011"), of("2011").seen_in([mention(CollectionName::Events, 2)]));
        assert_eq!(alone.id, seen.id);
        assert_eq!((alone.evidence.len(), seen.evidence.len()), (1, 2));
    }

    #[test]
    fn codes_and_severities_have_labels_and_suggestions() {
        crate::exchange::tests::same_as_codelist::<FindingCode>("finding_code");
        crate::exchange::tests::same_as_codelist::<FindingCode>("finding_suggestion");
        crate::exchange::tests::same_as_codelist::<Severity>("severity");
        for code in FindingCode::ALL {
            assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
        }
        assert!(Severity::ALL.is_sorted());
    }

    #[test]
    fn nothing_is_found_where_nothing_is() {
        let facts = FindingFacts::new(jiff::civil::date(2011, 9, 5), Some(2011));
        assert!(facts.findings("ru").is_empty());
    }
}
