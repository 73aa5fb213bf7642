//! Backups of a SQLite database, taken while it is in use, and bringing one back. PostgreSQL has
//! tools of its own for both; what it needs of us is a new epoch afterwards.

use std::path::{Path, PathBuf};

use sea_orm::ConnectionTrait;

use crate::backend::{self, DatabaseUrl};
use crate::clock::Clock;
use crate::database::set_epoch;
use crate::error::Error;

/// Why a backup or its return did not happen.
#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    /// It is PostgreSQL.
    #[error("PostgreSQL has tools of its own: pg_dump and pg_restore, then `pobratim restore --new-epoch`")]
    NotSqlite,
    /// The file is in the way.
    #[error("{} is there already; nothing was overwritten", .0.display())]
    Exists(PathBuf),
    /// The file is not there or cannot be read or written.
    #[error("{}: {}", .0.display(), .1)]
    File(PathBuf, std::io::Error),
    /// The database says no.
    #[error("{0}")]
    Database(#[from] Error),
}

impl From<sea_orm::DbErr> for BackupError {
    fn from(error: sea_orm::DbErr) -> Self {
        Self::Database(error.into())
    }
}

/// Writes a copy of the database, as of one moment, into a new file. Others go on working.
pub async fn backup(url: &DatabaseUrl, file: &Path) -> Result<(), BackupError> {
    if url.file().is_none() {
        return Err(BackupError::NotSqlite);
    }
    if file.exists() {
        return Err(BackupError::Exists(file.to_owned()));
    }
    let connection = url.migrator();
    let name = file.display().to_string().replace('\'', "''");
    connection.execute_unprepared(&format!("VACUUM INTO '{name}'")).await?;
    connection.close().await?;
    Ok(())
}

/// Puts a backup where no database is yet, and begins a new epoch: revisions of the restored
/// history may be used again, so nobody may go on from the old one.
pub async fn restore(url: &DatabaseUrl, file: &Path, clock: &Clock) -> Result<(), BackupError> {
    let Some(target) = url.file() else { return Err(BackupError::NotSqlite) };
    if target.exists() {
        return Err(BackupError::Exists(target.clone()));
    }
    std::fs::copy(file, target).map_err(|error| BackupError::File(file.to_owned(), error))?;
    new_epoch(url, clock).await
}

/// Begins a new epoch in a database that was brought back by other tools.
pub async fn new_epoch(url: &DatabaseUrl, clock: &Clock) -> Result<(), BackupError> {
    let connection = url.writer();
    let transaction = backend::begin_write(&connection).await?;
    set_epoch(&transaction, &clock.secret(8).map_err(Error::from)?).await?;
    transaction.commit().await?;
    connection.close().await?;
    Ok(())
}
