//! A command's handle on the transaction of its batch.
//!
//! The handle is owned, so a command captures only what it needs. The transaction itself lies in a
//! slot that the writer empties when the command ends: a kept handle is dead.
//!
//! What a command inserts waits until a statement asks for its table, or the batch ends (see
//! [`crate::pending`]). A command that writes nothing else needs no savepoint: what it leaves is
//! thrown away when it is refused.

use std::collections::HashSet;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use pobratim_domain::{CollectionName, Reference, Timestamp};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, DbErr, EntityTrait, ExecResult, QueryResult,
    Statement,
};
use uuid::Uuid;

use crate::clock::Clock;
use crate::counts::{self, Counted};
use crate::failure::{Failure, failure};
use crate::journal::{Draft, Stamp};
use crate::met::Met;
use crate::pending::{Numbers, Pending, Waiting};
use crate::view::View;

/// The name of every savepoint. They are never released: ROLLBACK TO hits the newest of that name,
/// and COMMIT ends them all.
const SAVEPOINT: &str = "SAVEPOINT c";
const ROLLBACK: &str = "ROLLBACK TO SAVEPOINT c";

/// A transaction as one command sees it.
#[derive(Clone)]
pub struct Tx(Arc<Shared>);

struct Shared {
    slot: tokio::sync::Mutex<Option<Session>>,
    progress: Mutex<Progress>,
    backend: DbBackend,
    epoch: String,
    stamp: Stamp,
    clock: Clock,
    now: Timestamp,
}

/// A batch's transaction, and what its commands have left for it.
pub(crate) struct Session {
    pub(crate) transaction: DatabaseTransaction,
    /// What the finished commands insert.
    pub(crate) pending: Pending,
    /// Commands that answered well and whose rows the database then refused.
    pub(crate) lost: Vec<(usize, DbErr)>,
    /// The last numbers given, as far as somebody asked.
    numbers: Numbers,
    met: Met,
}

/// What a command has done so far.
#[derive(Default)]
pub(crate) struct Progress {
    savepoint: bool,
    /// What it inserts.
    pub(crate) pending: Pending,
    numbers: Numbers,
    met: Met,
    /// A statement failed through the command's own fault; it cannot answer well any more.
    pub(crate) doomed: Option<DbErr>,
    /// The connection failed; the batch ends.
    pub(crate) fatal: Option<DbErr>,
    pub(crate) entries: Vec<Draft>,
    /// It wrote something that the journal does not tell of.
    pub(crate) keeps: bool,
    announced: Arc<HashSet<Uuid>>,
}

impl Tx {
    pub(crate) fn new(session: Session, epoch: &str, stamp: Stamp, clock: &Clock) -> Self {
        Self(Arc::new(Shared {
            backend: session.transaction.get_database_backend(),
            slot: tokio::sync::Mutex::new(Some(session)),
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
    pub fn announce(&self, ids: Arc<HashSet<Uuid>>) {
        self.progress().announced = ids;
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

    /// Says that what the command writes is to be kept, though it stages no entry: for what is made
    /// from records and is no change of one.
    pub(crate) fn keep(&self) {
        self.progress().keeps = true;
    }

    fn progress(&self) -> MutexGuard<'_, Progress> {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the transaction back. The handle is dead from then on.
    pub(crate) async fn close(&self) -> (Option<Session>, Progress) {
        let session = self.0.slot.lock().await.take();
        (session, std::mem::take(&mut *self.progress()))
    }

    /// Leaves a row to be inserted.
    pub(crate) fn insert<E>(&self, row: E::ActiveModel) -> Result<(), DbErr>
    where
        E: EntityTrait + Default,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        self.progress().pending.insert::<E>(row)
    }

    /// What is found among the rows that wait for a table, its own and those of the batch.
    pub(crate) async fn find_waiting<R>(
        &self,
        table: &str,
        find: impl Fn(&Waiting<'_>) -> Option<R> + Send,
    ) -> Result<Option<R>, DbErr>
    where
        R: Send,
    {
        let slot = self.0.slot.lock().await;
        let session = slot.as_ref().ok_or_else(ended)?;
        let found = session.pending.rows(table).find_map(|row| find(&row));
        Ok(found.or_else(|| self.progress().pending.rows(table).find_map(|row| find(&row))))
    }

    /// The last number given in the batch, when one was.
    pub(crate) async fn number(&self, key: &(String, String)) -> Result<Option<i64>, DbErr> {
        let slot = self.0.slot.lock().await;
        let session = slot.as_ref().ok_or_else(ended)?;
        Ok(self.progress().numbers.get(key).or_else(|| session.numbers.get(key)).copied())
    }

    /// Gives a number.
    pub(crate) fn set_number(&self, key: (String, String), last: i64) {
        let mut progress = self.progress();
        progress.pending.number(&key.0, &key.1, last);
        progress.numbers.insert(key, last);
    }

    /// Those of these references that were looked at in the batch and are there.
    pub(crate) async fn met<'r>(
        &self,
        view: &View,
        references: impl Iterator<Item = &'r Reference> + Send,
    ) -> Result<HashSet<(CollectionName, Uuid)>, DbErr> {
        let slot = self.0.slot.lock().await;
        let session = slot.as_ref().ok_or_else(ended)?;
        let progress = self.progress();
        let met = references.filter(|reference| progress.met.has(&session.met, view, reference));
        Ok(met.map(|reference| (reference.collection, reference.target)).collect())
    }

    /// Notes what a look has found.
    pub(crate) fn find(&self, view: &View, reference: &Reference) {
        self.progress().met.find(view, reference);
    }

    /// Notes that a record is not what it was.
    pub(crate) fn change(&self, id: Uuid) {
        self.progress().met.change(id);
    }

    /// Adds to what statistics count, when the batch ends.
    pub(crate) fn count(&self, counted: Counted) {
        self.progress().pending.count(counted);
    }

    /// Writes what was counted so far.
    pub(crate) async fn settle_counts(&self) -> Result<(), DbErr> {
        self.open(counts::TABLE, Kind::Read).await.map(drop)
    }

    /// The database without the rows that wait, for those who looked among them.
    pub(crate) fn beneath(&self) -> Beneath<'_> {
        Beneath(self)
    }

    /// The slot, made ready for a statement: what waits for its tables is written, and before the
    /// command's first write there is a savepoint.
    async fn open(&self, sql: &str, kind: Kind) -> Result<Slot<'_>, DbErr> {
        let mut slot = self.0.slot.lock().await;
        let (needs_savepoint, own) = {
            let mut progress = self.progress();
            // Nothing follows a failed statement: PostgreSQL would refuse it, and SQLite, when it has
            // dropped the transaction, would commit it by itself.
            if let Some(error) = progress.fatal.as_ref().or(progress.doomed.as_ref()) {
                return Err(error.clone());
            }
            let must_write = kind != Kind::Beneath && progress.pending.is_named_in(sql);
            let own = if must_write { std::mem::take(&mut progress.pending) } else { Pending::default() };
            ((kind == Kind::Write || must_write) && !progress.savepoint, own)
        };
        let session = slot.as_mut().ok_or_else(ended)?;
        // The savepoint must not stand before what earlier commands have left.
        if needs_savepoint || (kind != Kind::Beneath && session.pending.is_named_in(sql)) {
            let ready = async {
                session.settle().await?;
                if needs_savepoint { session.transaction.execute_unprepared(SAVEPOINT).await.map(drop) } else { Ok(()) }
            };
            ready.await.inspect_err(|error| {
                self.progress().fatal.get_or_insert(error.clone());
            })?;
            self.progress().savepoint |= needs_savepoint;
        }
        if !own.is_empty() {
            self.note(own.write(&session.transaction).await)?;
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

impl Session {
    pub(crate) fn new(transaction: DatabaseTransaction) -> Self {
        Self {
            transaction,
            pending: Pending::default(),
            lost: Vec::new(),
            numbers: Numbers::new(),
            met: Met::default(),
        }
    }

    /// Takes over what a command that answered well has left.
    pub(crate) fn take_over(&mut self, command: usize, progress: &mut Progress) {
        self.pending.append(command, std::mem::take(&mut progress.pending));
        self.numbers.append(&mut progress.numbers);
        self.met.take_over(std::mem::take(&mut progress.met));
    }

    /// Writes what the finished commands have left. When the database refuses it, one by one, so
    /// that only those are lost at whose rows it takes offence.
    pub(crate) async fn settle(&mut self) -> Result<(), DbErr> {
        let pending = std::mem::take(&mut self.pending);
        if pending.is_empty() {
            return Ok(());
        }
        if self.write(&pending).await?.is_none() {
            return Ok(());
        }
        for (command, rows) in pending.by_command() {
            if let Some(error) = self.write(&rows).await? {
                self.lost.push((command, error));
            }
        }
        Ok(())
    }

    /// Writes rows, or nothing when the database refuses them.
    async fn write(&self, rows: &Pending) -> Result<Option<DbErr>, DbErr> {
        self.transaction.execute_unprepared(SAVEPOINT).await?;
        match rows.write(&self.transaction).await {
            Ok(()) => Ok(None),
            Err(error) if failure(&error) == Failure::Own => {
                self.transaction.execute_unprepared(ROLLBACK).await?;
                Ok(Some(error))
            }
            Err(error) => Err(error),
        }
    }
}

impl Progress {
    /// Undoes what the command wrote, and only that.
    pub(crate) async fn roll_back(&mut self, session: &Session) -> Result<(), DbErr> {
        self.entries.clear();
        self.keeps = false;
        self.pending = Pending::default();
        if self.savepoint {
            session.transaction.execute_unprepared(ROLLBACK).await?;
        }
        Ok(())
    }
}

fn ended() -> DbErr {
    DbErr::Custom("the command has ended; its transaction is not its own any more".to_owned())
}

type Slot<'t> = tokio::sync::MutexGuard<'t, Option<Session>>;

/// What a statement does.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    Read,
    Write,
    /// It reads, and what waits does not matter to it.
    Beneath,
}

impl Kind {
    fn of(statement: &Statement) -> Self {
        let reads = statement.sql.trim_start().get(..6).is_some_and(|word| word.eq_ignore_ascii_case("select"));
        if reads { Self::Read } else { Self::Write }
    }
}

fn transaction<'s>(slot: &'s Slot<'_>) -> Result<&'s DatabaseTransaction, DbErr> {
    slot.as_ref().map(|session| &session.transaction).ok_or_else(ended)
}

#[async_trait::async_trait]
impl ConnectionTrait for Tx {
    fn get_database_backend(&self) -> DbBackend {
        self.0.backend
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        let slot = self.open(&statement.sql, Kind::Write).await?;
        self.note(transaction(&slot)?.execute_raw(statement).await)
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        let slot = self.open(sql, Kind::Write).await?;
        self.note(transaction(&slot)?.execute_unprepared(sql).await)
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let slot = self.open(&statement.sql, Kind::of(&statement)).await?;
        self.note(transaction(&slot)?.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let slot = self.open(&statement.sql, Kind::of(&statement)).await?;
        self.note(transaction(&slot)?.query_all_raw(statement).await)
    }
}

/// What a command sees without the rows that wait. Nothing is written through it.
pub(crate) struct Beneath<'t>(&'t Tx);

#[async_trait::async_trait]
impl ConnectionTrait for Beneath<'_> {
    fn get_database_backend(&self) -> DbBackend {
        self.0.get_database_backend()
    }

    async fn execute_raw(&self, statement: Statement) -> Result<ExecResult, DbErr> {
        self.0.execute_raw(statement).await
    }

    async fn execute_unprepared(&self, sql: &str) -> Result<ExecResult, DbErr> {
        self.0.execute_unprepared(sql).await
    }

    async fn query_one_raw(&self, statement: Statement) -> Result<Option<QueryResult>, DbErr> {
        let slot = self.0.open(&statement.sql, Kind::Beneath).await?;
        self.0.note(transaction(&slot)?.query_one_raw(statement).await)
    }

    async fn query_all_raw(&self, statement: Statement) -> Result<Vec<QueryResult>, DbErr> {
        let slot = self.0.open(&statement.sql, Kind::Beneath).await?;
        self.0.note(transaction(&slot)?.query_all_raw(statement).await)
    }
}
