//! A command's handle on the transaction of its batch.
//!
//! The handle is owned, so a command captures only what it needs. The transaction itself lies in a
//! slot that the writer empties when the command ends: a kept handle is dead.

use std::collections::BTreeSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pobratim_domain::Timestamp;
use sea_orm::{ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, ExecResult, QueryResult, Statement};
use uuid::Uuid;

use crate::backend::{Failure, failure};
use crate::clock::Clock;
use crate::journal::{Draft, Stamp};

/// The name of every savepoint. They are never released: ROLLBACK TO hits the newest of that name,
/// and COMMIT ends them all.
const SAVEPOINT: &str = "SAVEPOINT c";
const ROLLBACK: &str = "ROLLBACK TO SAVEPOINT c";

/// A transaction as one command sees it.
#[derive(Clone)]
pub struct Tx(Arc<Shared>);

struct Shared {
    slot: tokio::sync::Mutex<Option<DatabaseTransaction>>,
    progress: Mutex<Progress>,
    backend: DbBackend,
    epoch: String,
    stamp: Stamp,
    clock: Clock,
    now: Timestamp,
}

/// What a command has done so far.
#[derive(Default)]
pub(crate) struct Progress {
    savepoint: bool,
    /// A statement failed through the command's own fault; it cannot answer well any more.
    pub(crate) doomed: Option<DbErr>,
    /// The connection failed; the batch ends.
    pub(crate) fatal: Option<DbErr>,
    pub(crate) entries: Vec<Draft>,
    announced: BTreeSet<Uuid>,
}

impl Tx {
    pub(crate) fn new(transaction: DatabaseTransaction, epoch: &str, stamp: Stamp, clock: &Clock) -> Self {
        Self(Arc::new(Shared {
            backend: transaction.get_database_backend(),
            slot: tokio::sync::Mutex::new(Some(transaction)),
            progress: Mutex::default(),
            epoch: epoch.to_owned(),
            stamp,
            now: clock.now(),
            clock: clock.clone(),
        }))
    }

    /// The time of the command.
    pub fn now(&self) -> Timestamp {
        self.0.now
    }

    /// A new identity.
    pub fn new_id(&self) -> Uuid {
        self.0.clock.id()
    }

    /// The history being written.
    pub fn epoch(&self) -> &str {
        &self.0.epoch
    }

    /// Says that these records come in the same load, so that earlier ones may refer to them.
    pub fn announce(&self, ids: &[Uuid]) {
        self.progress().announced.extend(ids);
    }

    pub(crate) fn is_announced(&self, id: Uuid) -> bool {
        self.progress().announced.contains(&id)
    }

    pub(crate) fn stamp(&self) -> &Stamp {
        &self.0.stamp
    }

    pub(crate) fn stage(&self, entry: Draft) {
        self.progress().entries.push(entry);
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the transaction back. The handle is dead from then on.
    pub(crate) async fn close(&self) -> (Option<DatabaseTransaction>, Progress) {
        let transaction = self.0.slot.lock().await.take();
        (transaction, std::mem::take(&mut *self.progress()))
    }

    async fn open(&self, writes: bool) -> Result<tokio::sync::MutexGuard<'_, Option<DatabaseTransaction>>, DbErr> {
        let slot = self.0.slot.lock().await;
        let needs_savepoint = {
            let progress = self.progress();
            // Nothing follows a failed statement: PostgreSQL would refuse it, and SQLite, when it has
            // dropped the transaction, would commit it by itself.
            if let Some(error) = progress.fatal.as_ref().or(progress.doomed.as_ref()) {
                return Err(error.clone());
            }
            writes && !progress.savepoint
        };
        let transaction = slot.as_ref().ok_or_else(ended)?;
        if needs_savepoint {
            if let Err(error) = transaction.execute_unprepared(SAVEPOINT).await {
                self.progress().fatal.get_or_insert(error.clone());
                return Err(error);
            }
            self.progress().savepoint = true;
        }
        Ok(slot)
    }

    fn note<R>(&self, outcome: Result<R, DbErr>) -> Result<R, DbErr> {
        if let Err(error) = &outcome {
            let mut progress = self.progress();
            // Before the savepoint there is nothing to roll back to, so the batch ends.
            if progress.savepoint && failure(error) == Failure::Own {
                progress.doomed.get_or_insert_with(|| error.clone());
            } else {
                progress.fatal.get_or_insert_with(|| error.clone());
            }
        }
        outcome
    }
}

impl Progress {
    /// Undoes what the command wrote, and only that.
    pub(crate) async fn roll_back(&mut self, transaction: &DatabaseTransaction) -> Result<(), DbErr> {
        self.entries.clear();
        if self.savepoint {
            transaction.execute_unprepared(ROLLBACK).await?;
        }
        Ok(())
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the command has ended; its transaction is not its own any more".to_owned())
}

fn writes(statement: &Statement) -> bool {
    !statement.sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"))
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let slot = self.open(true).await?;
        let transaction = slot.as_ref().ok_or_else(ended)?;
        self.note(transaction.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let slot = self.open(true).await?;
        let transaction = slot.as_ref().ok_or_else(ended)?;
        self.note(transaction.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let slot = self.open(writes(&statement)).await?;
        let transaction = slot.as_ref().ok_or_else(ended)?;
        self.note(transaction.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let slot = self.open(writes(&statement)).await?;
        let transaction = slot.as_ref().ok_or_else(ended)?;
        self.note(transaction.query_all_raw(statement).await)
    }
}
