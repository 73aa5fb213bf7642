//! What an error of the database means: whose fault it is, whether the connection can still be
//! trusted, and whether a commit may have happened nevertheless.

use sea_orm::sqlx::Error as SqlxError;
use sea_orm::sqlx::postgres::PgDatabaseError;
use sea_orm::{DbErr, RuntimeErr};

/// What a failed statement means for the batch it stands in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The command broke a constraint or sent bad data: its own fault, and only it fails.
    Own,
    /// Anything else: the connection cannot be trusted.
    Connection,
}

/// Sorts an error: constraint violations and data errors are a command's own.
pub(crate) fn failure(error: &DbErr) -> Failure {
    let Some(SqlxError::Database(database)) = sqlx_error(error) else {
        // A value that could not be decoded or converted never reached the connection.
        return match error {
            DbErr::Conn(_) | DbErr::ConnectionAcquire(_) | DbErr::Exec(_) | DbErr::Query(_) | DbErr::Custom(_) => {
                Failure::Connection
            }
            _ => Failure::Own,
        };
    };
    let code = database.code().unwrap_or_default();
    let own = if database.try_downcast_ref::<PgDatabaseError>().is_some() {
        code.starts_with("22") || code.starts_with("23")
    } else {
        // TOOBIG, CONSTRAINT, MISMATCH, RANGE; extended codes carry the primary one in the low byte.
        code.parse::<u32>().is_ok_and(|code| matches!(code & 0xff, 18 | 19 | 20 | 25))
    };
    if own { Failure::Own } else { Failure::Connection }
}

/// Whether an error at COMMIT leaves it open what happened: the connection was lost, or the disk
/// failed. Anything else the database said itself, and it said no.
pub(crate) fn is_unknown_after_commit(error: &DbErr) -> bool {
    match sqlx_error(error) {
        Some(SqlxError::Database(database)) => {
            let code = database.code().unwrap_or_default();
            if database.try_downcast_ref::<PgDatabaseError>().is_some() {
                code.starts_with("57P0") || code.starts_with("08")
            } else {
                code.parse::<u32>().is_ok_and(|code| code & 0xff == 10)
            }
        }
        _ => true,
    }
}

/// Whether a statement failed because its connection was gone.
pub(crate) fn is_lost(error: &DbErr) -> bool {
    let (DbErr::Exec(RuntimeErr::SqlxError(error)) | DbErr::Query(RuntimeErr::SqlxError(error))) = error else {
        return false;
    };
    match error.as_ref() {
        SqlxError::Io(_) => true,
        SqlxError::Database(error) => error.code().is_some_and(|code| code.starts_with("57P0")),
        _ => false,
    }
}

fn sqlx_error(error: &DbErr) -> Option<&SqlxError> {
    match error {
        DbErr::Exec(RuntimeErr::SqlxError(error))
        | DbErr::Query(RuntimeErr::SqlxError(error))
        | DbErr::Conn(RuntimeErr::SqlxError(error)) => Some(error),
        _ => None,
    }
}
