//! The one writer: all changes of a process pass a bounded queue to a thread of its own, which
//! takes what waits and commits it as one batch (see [`crate::batch`]).

use std::any::type_name;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use futures_util::future::BoxFuture;
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{mpsc, oneshot, watch};

use crate::backend::DatabaseUrl;
use crate::batch::Batches;
use crate::clock::Clock;
use crate::error::Error;
use crate::idempotency::Idempotency;
use crate::journal::Stamp;
use crate::tx::Tx;

/// How many commands may wait. More are refused at once.
pub const QUEUE: usize = 1024;

/// How long a command waits to be taken before its caller may withdraw it.
pub const DEADLINE: Duration = Duration::from_millis(1000);

/// What a command answered, and whether it is the answer of an earlier, equal request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written<R> {
    /// The answer.
    pub value: R,
    /// Whether nothing was done now, because it had been done before.
    pub replayed: bool,
}

/// A way into the queue.
#[derive(Clone, Debug)]
pub(crate) struct Writer {
    queue: mpsc::Sender<Queued>,
    committed: watch::Receiver<i64>,
}

/// A command in the queue.
pub(crate) struct Queued {
    pub(crate) claim: Claim,
    pub(crate) stamp: Stamp,
    pub(crate) idempotency: Option<Idempotency>,
    pub(crate) job: Box<dyn Job>,
}

/// Decides once who has a command: the writer that runs it, or the caller that gave up waiting.
#[derive(Clone, Default)]
pub(crate) struct Claim(Arc<AtomicU8>);

impl Claim {
    const TAKEN: u8 = 1;
    const WITHDRAWN: u8 = 2;

    pub(crate) fn take(&self) -> bool {
        self.decide(Self::TAKEN)
    }

    fn withdraw(&self) -> bool {
        self.decide(Self::WITHDRAWN)
    }

    fn decide(&self, owner: u8) -> bool {
        self.0.compare_exchange(0, owner, Ordering::AcqRel, Ordering::Acquire).is_ok()
    }
}

/// Tells a caller the outcome, once the batch is committed or given up.
pub(crate) type Finish = Box<dyn FnOnce(Result<(), Error>) + Send>;

/// What running a command came to.
pub(crate) struct Ran {
    /// What to keep for a repeated request; nothing when the command refused.
    pub(crate) answer: Option<Result<String, Error>>,
    pub(crate) finish: Finish,
}

/// A command without its type.
pub(crate) trait Job: Send {
    fn run(self: Box<Self>, tx: Tx) -> BoxFuture<'static, Ran>;
    fn replay(self: Box<Self>, answer: &str) -> Finish;
    fn fail(self: Box<Self>, error: Error);
}

struct Command<R, F> {
    run: F,
    reply: oneshot::Sender<Result<Written<R>, Error>>,
}

impl<R, F, Fut> Job for Command<R, F>
where
    R: Serialize + DeserializeOwned + Send + 'static,
    F: FnOnce(Tx) -> Fut + Send + 'static,
    Fut: Future<Output = Result<R, Error>> + Send + 'static,
{
    fn run(self: Box<Self>, tx: Tx) -> BoxFuture<'static, Ran> {
        let Self { run, reply } = *self;
        Box::pin(async move {
            let outcome = run(tx).await;
            let answer = outcome.as_ref().ok().map(|value| serde_json::to_string(value).map_err(Error::from));
            let outcome = outcome.map(|value| Written { value, replayed: false });
            Ran { answer, finish: finish(reply, outcome) }
        })
    }

    fn replay(self: Box<Self>, answer: &str) -> Finish {
        let outcome = serde_json::from_str(answer)
            .map(|value| Written { value, replayed: true })
            .map_err(|error| Error::Defect(format!("a stored {} cannot be read: {error}", type_name::<R>())));
        finish(self.reply, outcome)
    }

    fn fail(self: Box<Self>, error: Error) {
        // Nobody is there any more when the send fails.
        let _ = self.reply.send(Err(error));
    }
}

fn finish<R: Send + 'static>(
    reply: oneshot::Sender<Result<Written<R>, Error>>,
    outcome: Result<Written<R>, Error>,
) -> Finish {
    Box::new(move |batch| {
        let _ = reply.send(match batch {
            Ok(()) => outcome,
            Err(error) => Err(error),
        });
    })
}

impl Writer {
    /// Starts the writer's thread. It ends when the last handle is dropped.
    pub(crate) fn start(url: DatabaseUrl, clock: Clock) -> Result<Self, std::io::Error> {
        let (queue, commands) = mpsc::channel(QUEUE);
        let (committed, seen) = watch::channel(0);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        std::thread::Builder::new().name("writer".to_owned()).spawn(move || {
            // The pool belongs to the runtime it is made in.
            runtime.block_on(async { Batches::new(url, clock, committed).run(commands).await });
        })?;
        Ok(Self { queue, committed: seen })
    }

    /// Follows the revisions this process commits.
    pub(crate) fn committed(&self) -> watch::Receiver<i64> {
        self.committed.clone()
    }

    /// Queues a command and waits for its outcome.
    pub(crate) async fn write<R, F, Fut>(
        &self,
        stamp: Stamp,
        idempotency: Option<Idempotency>,
        deadline: Duration,
        command: F,
    ) -> Result<Written<R>, Error>
    where
        R: Serialize + DeserializeOwned + Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        let (reply, mut outcome) = oneshot::channel();
        let claim = Claim::default();
        let queued =
            Queued { claim: claim.clone(), stamp, idempotency, job: Box::new(Command { run: command, reply }) };
        self.queue.try_send(queued).map_err(|error| match error {
            mpsc::error::TrySendError::Full(_) => Error::NotWritten("too many changes are waiting"),
            mpsc::error::TrySendError::Closed(_) => Error::NotWritten("the service is stopping"),
        })?;
        let answered = match tokio::time::timeout(deadline, &mut outcome).await {
            Ok(answered) => answered,
            Err(_) if claim.withdraw() => return Err(Error::NotWritten("the change waited too long to be taken")),
            Err(_) => outcome.await,
        };
        // The sender is dropped without a word only when a batch was given up before its commit.
        answered.unwrap_or(Err(Error::NotWritten("the batch was given up")))
    }
}
