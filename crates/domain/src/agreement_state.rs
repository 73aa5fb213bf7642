//! The states of an agreement, and which of them may follow which.

use serde::{Deserialize, Serialize};

use crate::agreement::Agreement;
use crate::refusal::{InvalidState, Refusal};

/// How far an agreement has come: draft → in_approval → approved → signed → in_force → expired or
/// terminated. Without approvals it is signed from the draft; before it is signed it may become
/// void; communiqués and declarations end at signed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(examples("draft", "in_force"))]
pub enum AgreementState {
    /// It is being written. What an agreement begins as.
    #[default]
    Draft,
    /// Those who must approve it are asked.
    InApproval,
    /// All of them have granted it.
    Approved,
    /// It is signed.
    Signed,
    /// It binds its sides.
    InForce,
    /// Its term ran out. The end.
    Expired,
    /// It was ended before its term, or had none. The end.
    Terminated,
    /// It was given up before it was signed. The end.
    Void,
}

impl AgreementState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[
        Self::Draft,
        Self::InApproval,
        Self::Approved,
        Self::Signed,
        Self::InForce,
        Self::Expired,
        Self::Terminated,
        Self::Void,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::InApproval => "in_approval",
            Self::Approved => "approved",
            Self::Signed => "signed",
            Self::InForce => "in_force",
            Self::Expired => "expired",
            Self::Terminated => "terminated",
            Self::Void => "void",
        }
    }

    /// Whether it was signed, whatever came of it.
    pub const fn is_signed(self) -> bool {
        matches!(self, Self::Signed | Self::InForce | Self::Expired | Self::Terminated)
    }
}

impl Agreement {
    /// The states that may follow, in the order of the way.
    pub fn allowed(&self) -> Vec<AgreementState> {
        use AgreementState::{Approved, Draft, Expired, InApproval, InForce, Signed, Terminated, Void};
        match self.state {
            Draft if self.approvals.is_empty() => vec![Signed, Void],
            Draft => vec![InApproval, Void],
            InApproval => vec![Draft, Approved, Void],
            Approved => vec![Signed, Void],
            Signed if !self.kind.ends_at_signed() => vec![InForce],
            InForce => vec![Expired, Terminated],
            Signed | Expired | Terminated | Void => Vec::new(),
        }
    }

    /// Refuses a move that the state does not allow.
    pub(crate) fn expect(&self, to: AgreementState) -> Result<(), Refusal> {
        let allowed = self.allowed();
        if allowed.contains(&to) {
            return Ok(());
        }
        let (from, to_words) = (words(self.state), words(to));
        let detail = if self.state == AgreementState::Signed && self.kind.ends_at_signed() {
            "Communiqués and declarations end at signed.".to_owned()
        } else if allowed.is_empty() {
            format!("What is {from} stays so.")
        } else {
            let allowed = allowed.into_iter().map(words).collect::<Vec<_>>().join(", ");
            format!("From {from} it can become {allowed}, not {to_words}.")
        };
        Err(self.refused(to, &[], detail))
    }

    /// The refusal of a move.
    pub(crate) fn refused(&self, to: AgreementState, missing: &[&str], detail: impl Into<String>) -> Refusal {
        InvalidState {
            from: self.state.as_str().to_owned(),
            to: to.as_str().to_owned(),
            allowed: self.allowed().into_iter().map(|state| state.as_str().to_owned()).collect(),
            missing: missing.iter().map(|&name| name.to_owned()).collect(),
            detail: detail.into(),
        }
        .into()
    }
}

/// A state as words of a sentence.
fn words(state: AgreementState) -> String {
    state.as_str().replace('_', " ")
}
