//! What can go wrong between the API and the database. No status codes here: the API has them all.

use pobratim_domain::{CollectionName, Faults, InvalidState, RecordMention, Refusal};
use sea_orm::DbErr;
use uuid::Uuid;

use crate::imports::BuiltUpon;
use crate::merge::Obstacles;

/// Why a read or a change did not happen.
#[derive(Debug, Clone, thiserror::Error)]
pub enum Error {
    /// The record is seen, but kept by another municipality.
    #[error("another municipality keeps the record")]
    NotYours,
    /// No such record, or none that the caller may see.
    #[error("there is no such record")]
    NotFound,
    /// The record went into another one.
    #[error("the record was merged into {}", .0.reference)]
    Merged(Box<RecordMention>),
    /// Something speaks against merging two records.
    #[error("{0}")]
    CannotMerge(Box<Obstacles>),
    /// Something was built upon what is to be taken back.
    #[error("something was built upon it")]
    BuiltUpon(Vec<BuiltUpon>),
    /// A ref that several municipalities use.
    #[error("several municipalities use this ref")]
    Ambiguous,
    /// The record was changed since the caller read it.
    #[error("the record has been changed; it is at version {current}")]
    Stale {
        /// The version it is at.
        current: i64,
    },
    /// A rule of the domain says no.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// Another record has this already.
    #[error("{}", .0.detail)]
    AlreadyExists(Box<Conflict>),
    /// Other records refer to this one.
    #[error("other records refer to this one")]
    HasDependents(Vec<(String, i64)>),
    /// Records this one refers to are gone, so it cannot come back.
    #[error("{0}")]
    MissingReference(Faults),
    /// A cursor that was not made here for this very list.
    #[error("the cursor does not belong to this list")]
    BadCursor,
    /// The history the caller followed was replaced by a restored backup.
    #[error("the history was restarted")]
    HistoryRestarted,
    /// An idempotency key was used before for something else.
    #[error("the idempotency key was used for another request")]
    KeyReused,
    /// The change was not made; it may be tried again.
    #[error("not written: {0}")]
    NotWritten(&'static str),
    /// The connection died at the commit: the change may or may not have been made.
    #[error("the outcome is unknown")]
    OutcomeUnknown,
    /// The database cannot be read now.
    #[error("the database cannot be read: {0}")]
    Unavailable(String),
    /// A row that does not hold what it should.
    #[error("{table} {id} is corrupt: {detail}")]
    Corrupt {
        /// The table.
        table: &'static str,
        /// The row.
        id: Uuid,
        /// What is wrong.
        detail: String,
    },
    /// The database refused or failed a statement.
    #[error("database: {0}")]
    Database(#[from] DbErr),
    /// A fault of the program.
    #[error("defect: {0}")]
    Defect(String),
}

/// Another record that has a value which must be unique.
#[derive(Debug, Clone)]
pub struct Conflict {
    /// The member that must be unique, as a JSON Pointer.
    pub pointer: String,
    /// The collection of the other record.
    pub collection: CollectionName,
    /// The other record.
    pub id: Uuid,
    /// Its ref.
    pub reference: String,
    /// One sentence.
    pub detail: String,
}

impl From<Faults> for Error {
    fn from(faults: Faults) -> Self {
        Self::Refused(Refusal::Invalid(faults))
    }
}

impl From<InvalidState> for Error {
    fn from(state: InvalidState) -> Self {
        Self::Refused(state.into())
    }
}

impl From<serde_json::Error> for Error {
    fn from(error: serde_json::Error) -> Self {
        Self::Defect(format!("JSON: {error}"))
    }
}

impl From<getrandom::Error> for Error {
    fn from(error: getrandom::Error) -> Self {
        Self::Defect(format!("randomness: {error}"))
    }
}
