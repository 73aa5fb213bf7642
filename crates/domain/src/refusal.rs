//! Refusals: why a rule of the domain does not let a change happen.

use crate::fault::Faults;

/// A rule's "no". It says nothing of HTTP; the API gives each its status.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// The body breaks rules; all of them are listed.
    #[error("{0}")]
    Invalid(Faults),
    /// The record's state does not allow this.
    #[error("{0}")]
    State(Box<InvalidState>),
    /// Something that carries history of its own would be dropped.
    #[error("{detail}")]
    Held {
        /// Where in the body it would be dropped.
        pointer: String,
        /// What would be lost, and what to do instead.
        detail: String,
    },
    /// An action speaks of an element that the record does not have.
    #[error("{detail}")]
    NoSuchElement {
        /// The list it would stand in, as a JSON Pointer.
        pointer: String,
        /// Which element there is none of.
        detail: String,
    },
}

/// A move between states that is not allowed now.
#[derive(Clone, Debug, Default, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct InvalidState {
    /// The state the record is in.
    pub from: String,
    /// The state that was asked for.
    pub to: String,
    /// The states that can be reached from here.
    pub allowed: Vec<String>,
    /// What is missing before the move can be made, such as `signed_agreement`.
    pub missing: Vec<String>,
    /// One sentence for the person who asked.
    pub detail: String,
}

impl From<Faults> for Refusal {
    fn from(faults: Faults) -> Self {
        Self::Invalid(faults)
    }
}

impl From<InvalidState> for Refusal {
    fn from(state: InvalidState) -> Self {
        Self::State(Box::new(state))
    }
}
