//! The approvals that an agreement needs before it is signed, each asked of an authority and decided
//! by it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fault::Faults;
use crate::keyed::Keyed;
use crate::value::{LocalizedText, PartialDate};

/// An approval that an agreement needs before it is signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "region", "authority": "01890a5d-ac96-774b-bcce-b302099a8057", "requested_on": "2011-06-01", "due_on": "2011-07-01"})))]
pub struct AgreementApproval {
    /// Identity of this approval within the agreement. The server makes it; send it to keep an
    /// approval that is there, and leave it out for a new one.
    #[serde(default)]
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8061"))]
    pub key: Uuid,
    /// What kind of approval it is.
    pub kind: AgreementApprovalKind,
    /// Who decides: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub authority: Option<Uuid>,
    /// When it was asked for, as well as it is known. Submitting the agreement fills it in.
    #[schema(examples("2011-06-01"))]
    pub requested_on: Option<PartialDate>,
    /// By when it should be decided; not before it was asked for.
    #[schema(examples("2011-07-01"))]
    pub due_on: Option<PartialDate>,
    /// When it was decided.
    #[schema(read_only, examples("2011-06-24"))]
    pub decided_on: Option<PartialDate>,
    /// What was decided; left out while it is open.
    #[schema(read_only)]
    pub decision: Option<AgreementApprovalDecision>,
    /// On which conditions it was granted, or would be.
    #[schema(read_only)]
    pub conditions: Option<LocalizedText>,
}

/// Kinds of approval, by whose it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("region", "legal"))]
pub enum AgreementApprovalKind {
    /// The government of the region.
    Region,
    /// A ministry of the state.
    Ministry,
    /// The elected council of the city.
    Council,
    /// The city's lawyers.
    Legal,
    /// The city's treasury.
    Finance,
}

/// What an authority decided.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("granted", "refused"))]
pub enum AgreementApprovalDecision {
    /// It agrees.
    Granted,
    /// It does not agree.
    Refused,
    /// It agrees on conditions.
    GrantedWithConditions,
}

impl AgreementApprovalDecision {
    /// Whether the authority agrees.
    pub const fn is_grant(self) -> bool {
        matches!(self, Self::Granted | Self::GrantedWithConditions)
    }
}

impl AgreementApproval {
    /// Whether the authority agreed.
    pub fn is_granted(&self) -> bool {
        self.decision.is_some_and(AgreementApprovalDecision::is_grant)
    }

    /// Opens the approval again.
    pub(crate) fn reopen(&mut self) {
        self.decision = None;
        self.decided_on = None;
        self.conditions = None;
    }

    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        let Some(requested) = &self.requested_on else { return };
        faults.unless(
            !self.due_on.is_some_and(|due| due.is_before(requested)),
            format!("{pointer}/due_on"),
            "not_allowed",
            "It cannot be due before it was asked for.",
        );
        faults.unless(
            !self.decided_on.is_some_and(|decided| decided.is_before(requested)),
            format!("{pointer}/requested_on"),
            "not_allowed",
            "It cannot have been asked for after it was decided.",
        );
    }
}

impl Keyed for AgreementApproval {
    fn key(&self) -> Uuid {
        self.key
    }

    fn set_key(&mut self, key: Uuid) {
        self.key = key;
    }

    fn keep(&mut self, before: Option<&Self>) {
        match before {
            // A decision that was just made is there; one that came with a list has none.
            Some(before) if self.decision.is_none() => {
                self.decided_on = before.decided_on;
                self.decision = before.decision;
                self.conditions.clone_from(&before.conditions);
            }
            Some(_) => {}
            None => self.reopen(),
        }
    }

    fn held(&self) -> Option<&'static str> {
        self.decision.is_some().then_some(
            "An approval that was decided cannot be dropped: the decision would be lost. Keep its key in the list.",
        )
    }
}
