//! Running a batch: one transaction, a savepoint a command, one commit, then the answers.
//!
//! A command's own failure is undone alone. Any other error, or a panic, ends the batch: nothing
//! but ROLLBACK is sent on that connection, its pool is closed and made anew, and every command of
//! the batch, refusals too, is told that nothing was written.

use std::collections::{HashMap, HashSet, VecDeque};
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use futures_util::FutureExt;
use sea_orm::{DatabaseConnection, DatabaseTransaction};
use tokio::sync::{mpsc, watch};
use tokio::time::timeout;

use crate::backend::{self, DatabaseUrl};
use crate::clock::Clock;
use crate::error::Error;
use crate::failure;
use crate::head;
use crate::idempotency::{self, Idempotency, Known};
use crate::journal::{self, Draft};
use crate::tx::{Session, Tx};
use crate::writer::{Finish, Queued, Ran};

/// How many commands one commit may carry.
const SIZE: usize = 64;
/// How long commands are taken into one batch; what still waits goes into the next.
const SLICE: Duration = Duration::from_millis(250);
/// How long beginning may take, the lock on the head row included.
const BEGIN_LIMIT: Duration = Duration::from_millis(950);
/// How long one command may take.
const COMMAND_LIMIT: Duration = Duration::from_millis(700);
/// How long storing the journal and committing may take.
const COMMIT_LIMIT: Duration = Duration::from_millis(1000);
/// How often old idempotency records are removed.
const PURGE_EVERY: Duration = Duration::from_secs(600);

const GIVEN_UP: &str = "the database failed while the change was made";

/// The writer's thread.
pub(crate) struct Batches {
    url: DatabaseUrl,
    connection: DatabaseConnection,
    clock: Clock,
    committed: watch::Sender<i64>,
    purged: Option<Instant>,
}

/// What a batch has gathered.
struct Open {
    head: head::row::Model,
    known: HashMap<(String, String), Known>,
    used: HashSet<(String, String)>,
    done: Vec<Done>,
}

/// A command that has run.
struct Done {
    entries: Vec<Draft>,
    /// It wrote what is no record.
    keeps: bool,
    answer: Option<(Idempotency, String)>,
    refusal: Option<Error>,
    finish: Finish,
}

impl Done {
    /// It leaves nothing to be stored.
    fn plain(finish: Finish) -> Self {
        Self { entries: Vec::new(), keeps: false, answer: None, refusal: None, finish }
    }

    /// Tells the caller what became of it, after what became of the batch.
    fn tell(self, batch: Result<(), Error>) {
        let Self { refusal, finish, .. } = self;
        finish(batch.and(refusal.map_or(Ok(()), Err)));
    }
}

/// The batch is given up; the transaction is gone.
struct GivenUp;

impl Batches {
    pub(crate) fn new(url: DatabaseUrl, clock: Clock, committed: watch::Sender<i64>) -> Self {
        let connection = url.writer();
        Self { url, connection, clock, committed, purged: None }
    }

    /// Takes commands until no handle on the queue is left.
    pub(crate) async fn run(mut self, mut commands: mpsc::Receiver<Queued>) {
        let mut waiting = VecDeque::new();
        loop {
            if waiting.is_empty() {
                match commands.recv().await {
                    Some(command) => waiting.push_back(command),
                    None => break,
                }
            }
            while waiting.len() < SIZE {
                match commands.try_recv() {
                    Ok(command) => waiting.push_back(command),
                    Err(_) => break,
                }
            }
            self.batch(&mut waiting).await;
        }
        // Closing waits for the connection, so that the last commit is complete on disk.
        let _ = self.connection.close().await;
    }

    async fn batch(&mut self, waiting: &mut VecDeque<Queued>) {
        let (transaction, head) = match timeout(BEGIN_LIMIT, self.begin()).await {
            Ok(Ok(begun)) => begun,
            failed => {
                let error = failed.map_or_else(
                    |_| "it took too long".to_owned(),
                    |failed| failed.err().map_or_else(String::new, |error| error.to_string()),
                );
                tracing::error!(error, "a batch could not begin");
                for queued in waiting.drain(..).filter(|queued| queued.claim.take()) {
                    queued.job.fail(Error::NotWritten("the database cannot be reached"));
                }
                self.reconnect();
                return;
            }
        };
        let mut open = Open { head, known: HashMap::new(), used: HashSet::new(), done: Vec::new() };
        let outcome = match self.fill(Session::new(transaction), &mut open, waiting).await {
            Ok(session) => self.commit(session, &mut open).await,
            Err(GivenUp) => Err(Error::NotWritten(GIVEN_UP)),
        };
        if outcome.is_err() {
            self.reconnect();
        }
        for done in open.done {
            done.tell(outcome.clone());
        }
    }

    async fn begin(&self) -> Result<(DatabaseTransaction, head::row::Model), sea_orm::DbErr> {
        let transaction = backend::begin_write(&self.connection).await?;
        let head = head::lock(&transaction).await?;
        Ok((transaction, head))
    }

    /// Runs what waits, until the slice is used up.
    async fn fill(
        &self,
        mut session: Session,
        open: &mut Open,
        waiting: &mut VecDeque<Queued>,
    ) -> Result<Session, GivenUp> {
        let keys: Vec<_> = waiting.iter().take(SIZE).filter_map(|queued| queued.idempotency.as_ref()).collect();
        open.known = match timeout(COMMAND_LIMIT, idempotency::look_up(&session.transaction, &keys)).await {
            Ok(Ok(known)) => known,
            _ => {
                tracing::error!("idempotency keys could not be looked up");
                for queued in waiting.drain(..).filter(|queued| queued.claim.take()) {
                    queued.job.fail(Error::NotWritten(GIVEN_UP));
                }
                return Err(GivenUp);
            }
        };
        let began = Instant::now();
        let mut later = Vec::new();
        let mut taken = 0;
        while taken < SIZE && began.elapsed() < SLICE {
            let Some(queued) = waiting.pop_front() else { break };
            taken += 1;
            let name = queued.idempotency.as_ref().map(Idempotency::name);
            if name.as_ref().is_some_and(|name| open.used.contains(name)) {
                // The same request twice in one batch: the second is answered from the first's record.
                later.push(queued);
                continue;
            }
            if !queued.claim.take() {
                continue;
            }
            if let Some(known) = name.as_ref().and_then(|name| open.known.get(name)) {
                open.done.push(Done::plain(answer_again(queued, known)));
                continue;
            }
            session = self.command(session, open, queued).await?;
        }
        for queued in later.into_iter().rev() {
            waiting.push_front(queued);
        }
        Ok(session)
    }

    async fn command(&self, session: Session, open: &mut Open, queued: Queued) -> Result<Session, GivenUp> {
        let tx = Tx::new(session, &open.head.epoch, queued.stamp, &self.clock);
        let run = AssertUnwindSafe(queued.job.run(tx.clone())).catch_unwind();
        let ran = timeout(COMMAND_LIMIT, run).await;
        let (mut session, mut progress) = match timeout(COMMAND_LIMIT, tx.close()).await {
            Ok((Some(session), progress)) => (session, progress),
            _ => {
                tracing::error!("a command kept its transaction");
                return Err(GivenUp);
            }
        };
        let Ran { answer, finish } = match ran {
            Ok(Ok(ran)) => ran,
            Ok(Err(_)) => {
                tracing::error!("a command panicked; its batch is given up");
                return Err(GivenUp);
            }
            Err(_) => {
                tracing::error!("a command took too long; its batch is given up");
                return Err(GivenUp);
            }
        };
        if let Some(error) = &progress.fatal {
            tracing::error!(%error, "the database failed within a command; its batch is given up");
            open.done.push(Done::plain(finish));
            return Err(GivenUp);
        }
        let (answer, refusal) = match (answer, progress.doomed.take()) {
            (Some(Ok(answer)), None) => (Some(answer), None),
            // It answered well although a statement of it failed: it does not count.
            (Some(_), Some(error)) => (None, Some(Error::Database(error))),
            (Some(Err(error)), None) => (None, Some(error)),
            (None, _) => (None, None),
        };
        let mut done = Done { refusal, ..Done::plain(finish) };
        match answer {
            Some(answer) => {
                session.take_over(open.done.len(), &mut progress);
                done.keeps = progress.keeps;
                done.entries = progress.entries;
                if let Some(request) = queued.idempotency {
                    open.used.insert(request.name());
                    done.answer = Some((request, answer));
                }
            }
            None => {
                if let Err(error) = progress.roll_back(&session).await {
                    tracing::error!(%error, "a command could not be rolled back; its batch is given up");
                    open.done.push(done);
                    return Err(GivenUp);
                }
            }
        }
        open.done.push(done);
        Ok(session)
    }

    async fn commit(&mut self, mut session: Session, open: &mut Open) -> Result<(), Error> {
        if open.done.iter().all(|done| done.entries.is_empty() && !done.keeps && done.answer.is_none()) {
            return session.transaction.rollback().await.map_err(|_| Error::NotWritten(GIVEN_UP));
        }
        let revision = match timeout(COMMIT_LIMIT, self.store(&mut session, open)).await {
            Ok(Ok(revision)) => revision,
            Ok(Err(error)) => {
                tracing::error!(%error, "the journal could not be written; its batch is given up");
                return Err(Error::NotWritten(GIVEN_UP));
            }
            Err(_) => return Err(Error::NotWritten(GIVEN_UP)),
        };
        match timeout(COMMIT_LIMIT, session.transaction.commit()).await {
            Ok(Ok(())) => {
                self.committed.send_replace(revision);
                Ok(())
            }
            Ok(Err(error)) => {
                tracing::error!(%error, "a batch could not be committed");
                if failure::is_unknown_after_commit(&error) {
                    Err(Error::OutcomeUnknown)
                } else {
                    Err(Error::NotWritten(GIVEN_UP))
                }
            }
            Err(_) => {
                tracing::error!("a commit took too long");
                Err(Error::OutcomeUnknown)
            }
        }
    }

    async fn store(&mut self, session: &mut Session, open: &mut Open) -> Result<i64, Error> {
        session.settle().await?;
        for (command, error) in session.lost.drain(..) {
            tracing::error!(%error, "a command answered well, and the database refused its rows");
            if let Some(done) = open.done.get_mut(command) {
                done.entries.clear();
                done.answer = None;
                done.refusal = Some(Error::Database(error));
            }
        }
        let transaction = &session.transaction;
        let entries: Vec<_> = open.done.iter_mut().flat_map(|done| done.entries.drain(..)).collect();
        let answers: Vec<_> = open.done.iter_mut().filter_map(|done| done.answer.take()).collect();
        let now = self.clock.now();
        let revision = if entries.is_empty() {
            open.head.revision
        } else {
            journal::append(transaction, &open.head, entries, &self.clock).await?
        };
        if !answers.is_empty() {
            idempotency::store(transaction, answers, now).await?;
        }
        if self.purged.is_none_or(|at| at.elapsed() > PURGE_EVERY) {
            idempotency::purge(transaction, now).await?;
            self.purged = Some(Instant::now());
        }
        Ok(revision)
    }

    /// Leaves a connection that cannot be trusted and opens another at the next use.
    fn reconnect(&mut self) {
        let old = std::mem::replace(&mut self.connection, self.url.writer());
        tokio::spawn(async move { old.close().await });
    }
}

fn answer_again(queued: Queued, known: &Known) -> Finish {
    let same = queued.idempotency.as_ref().is_some_and(|request| request.fingerprint == known.fingerprint);
    if same {
        return queued.job.replay(&known.answer);
    }
    Box::new(move |batch| queued.job.fail(batch.err().unwrap_or(Error::KeyReused)))
}
