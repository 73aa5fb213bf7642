//! The words and rules of a city's international relations.
//!
//! What belongs here: value types, one file a collection, state machines, and the checks across
//! fields. Pure: no input or output, no async, no database, no HTTP. Time, ids and randomness are
//! arguments. A record's struct is its wire type too, so a field is written once.

mod accepted_finding;
mod agreement;
mod agreement_action;
mod agreement_approval;
mod agreement_part;
mod agreement_state;
mod agreement_statistics;
mod api_key;
mod assistance_case;
mod assistance_case_state;
pub mod codelist;
mod collection;
pub mod country;
mod distinct_pair;
mod document;
mod duplicate;
mod event;
mod event_participation;
mod event_statistics;
mod event_status;
mod exchange;
mod exchange_state;
mod exchange_statistics;
mod fault;
mod finding;
mod import;
mod index;
mod json;
mod keyed;
mod letter;
mod letter_chain;
mod letter_state;
mod membership;
mod merge;
mod municipality;
mod observation;
mod organization;
mod partnership;
mod partnership_party;
mod partnership_stage;
mod partnership_statistics;
mod partnership_summary;
mod place;
mod programme;
mod project;
mod project_state;
mod publication;
mod record;
mod refusal;
mod reminder;
mod report_note;
mod statistics;
mod statistics_cells;
mod timestamp;
mod transition;
pub mod value;
mod work_plan;
mod work_plan_activity;
mod work_plan_item;
mod work_plan_state;

pub use accepted_finding::{AcceptedFinding, FindingAcceptanceInput};
pub use agreement::{Agreement, AgreementKind};
pub use agreement_action::{
    AgreementDecisionInput, AgreementEntryIntoForceInput, AgreementExpiryInput, AgreementRenewalInput,
    AgreementSigningInput, AgreementSubmissionInput, AgreementTerminationInput, AgreementVoidingInput,
};
pub use agreement_approval::{AgreementApproval, AgreementApprovalDecision, AgreementApprovalKind};
pub use agreement_part::{
    AgreementAutoRenewal, AgreementObjective, AgreementObjectiveProgress, AgreementParty, AgreementRegistration,
    AgreementSignatory,
};
pub use agreement_state::AgreementState;
pub use agreement_statistics::{
    AgreementPaper, AgreementStatistics, AgreementStatisticsGroup, AgreementStatisticsQuery, AgreementStatisticsRow,
};
pub use api_key::{ApiKey, Role, Scope};
pub use assistance_case::{AssistanceCase, AssistanceCaseKind};
pub use assistance_case_state::{AssistanceCaseState, AssistanceCaseTransitionInput};
pub use collection::{Collection, CollectionName, Keeper, State};
pub use distinct_pair::{DistinctPair, DistinctPairCollection};
pub use document::{Document, DocumentContent, DocumentKind};
pub use duplicate::{
    Duplicate, DuplicateCandidate, DuplicateEvidence, DuplicateEvidenceKind, DuplicateLikelihood, duplicates, pair_of,
};
pub use event::{CityEvent, EventHostRole, EventKind, EventSeries, EventSeriesCode};
pub use event_participation::{EventOutcome, EventParticipation, EventParticipationUnit};
pub use event_statistics::{EventStatistics, EventStatisticsGroup, EventStatisticsQuery, EventStatisticsRow};
pub use event_status::{EventStatus, EventTransitionInput};
pub use exchange::{
    Exchange, ExchangeAudience, ExchangeDirection, ExchangeHeadcount, ExchangeItineraryItem, ExchangeMode,
};
pub use exchange_state::{ExchangeState, ExchangeTransitionInput};
pub use exchange_statistics::{
    ExchangeStatistics, ExchangeStatisticsGroup, ExchangeStatisticsQuery, ExchangeStatisticsRow,
};
pub use fault::{Fault, Faults};
pub use finding::{
    CITED, CitedRecord, ExchangeCount, ExchangeCounts, Finding, FindingAcceptance, FindingCode, FindingEvidence,
    FindingFacts, MARK, OpenActivity, REPORT_YEARS, RecordMention, ReportFacts, Severity, TwinFacts, UncountedExchange,
    fields_of_domain, is_of_years, mark, marks,
};
pub use import::ImportState;
pub use index::{Dates, Reference, References, TermKind, Terms};
pub use json::{diff, merge, to_json};
pub use letter::{Letter, LetterChannel, LetterDirection};
pub use letter_chain::{LetterChain, LetterInChain};
pub use letter_state::{LetterState, LetterTransitionInput};
pub use membership::{Membership, MembershipCategory};
pub use merge::{MergeDifference, MergeState, Mergeable, contradicting};
pub use municipality::{Municipality, ReportSettings, Slug, TimeZoneName};
pub use observation::{Observation, ObservationScope};
pub use organization::{Organization, OrganizationContact, OrganizationKind, OrganizationName, OrganizationScope};
pub use partnership::{Partnership, PartnershipArrangement, PartnershipChannel, PartnershipKind, PartnershipLevel};
pub use partnership_party::{PartnershipParty, PartnershipStanceInput, PartyRole, PartyStance};
pub use partnership_stage::{PartnershipStage, PartnershipTransitionInput};
pub use partnership_statistics::{
    PartnershipStatistics, PartnershipStatisticsGroup, PartnershipStatisticsQuery, PartnershipStatisticsRow,
};
pub use partnership_summary::{
    PartnershipEngagement, PartnershipSummary, SummaryActivity, SummaryAnniversary, SummaryExchanges, SummaryPaper,
    SummaryPeople, SummaryRecords, SummarySettings,
};
pub use place::{Border, Location, Place, PlaceKind, PlaceName, PlaceNameGrammar, PlaceNameKind};
pub use programme::{Programme, ProgrammeLevel, ProgrammeState, ProgrammeTransitionInput};
pub use project::{Project, ProjectKind};
pub use project_state::{ProjectState, ProjectTransitionInput};
pub use publication::{Publication, PublicationMedium, PublicationSide};
pub use record::{Claim, ClaimState, ExternalId, Head, Record, Source, Visibility};
pub use refusal::{InvalidState, Refusal};
pub use reminder::{Reminder, ReminderFacts, ReminderKind, ReminderWindow};
pub use report_note::{ReportNote, ReportNoteSection};
pub use statistics::{Bucket, Figure, Period, StatisticsCount, StatisticsFigure, Tally, YearSpan, text_of};
pub use timestamp::Timestamp;
pub use work_plan::WorkPlan;
pub use work_plan_activity::{WorkPlanActivity, WorkPlanActivityCollection};
pub use work_plan_item::{WorkPlanItem, WorkPlanItemState, WorkPlanItemTransitionInput};
pub use work_plan_state::{WorkPlanApprovalInput, WorkPlanState, WorkPlanTransitionInput};
