//! Asking for the head, which every kept answer has to do: whoever comes is told of a state that was
//! the committed one at a moment after it came.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use sea_orm::DatabaseConnection;
use sea_orm::sqlx::{Connection, PgConnection, SqliteConnection};

use crate::backend::DatabaseUrl;
use crate::error::Error;
use crate::head::Head;
use crate::log_index::{LogIndex, LogState};
use crate::together::Together;

/// Tells the head to those of one thread.
pub(crate) struct Heads {
    /// Where the database does not tell by itself that nothing was committed, those who wait share a query.
    together: Together<(), (), Head>,
    last: Arc<LastHead>,
    asking: Arc<Asking>,
}

/// How the database is asked.
struct Asking {
    url: DatabaseUrl,
    connections: DatabaseConnection,
    /// A connection for nothing else: it is asked all the time, one question after the other, and a pool asks
    /// each connection that it is given back whether it still works, which is as much once more.
    alone: Mutex<Option<PgConnection>>,
}

impl Asking {
    async fn head(&self) -> Result<Head, Error> {
        let kept = self.alone.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(kept) = kept
            && let Ok(head) = self.ask_over(kept).await
        {
            return Ok(head);
        }
        // It may have been closed meanwhile, as idle ones are by what stands between.
        let failed = |error: sea_orm::SqlxError| Error::Unavailable(error.to_string());
        match self.url.reader_alone().await.map_err(failed)? {
            Some(new) => self.ask_over(new).await.map_err(failed),
            None => Head::read(&self.connections).await,
        }
    }

    /// Asks, and keeps the connection when it answered: one whose answer nobody waits for any more is dropped.
    async fn ask_over(&self, mut connection: PgConnection) -> Result<Head, sea_orm::SqlxError> {
        let head = Head::read_alone(&mut connection).await?;
        *self.alone.lock().unwrap_or_else(PoisonError::into_inner) = Some(connection);
        Ok(head)
    }
}

impl Heads {
    pub(crate) fn new(url: DatabaseUrl, connections: DatabaseConnection, last: Arc<LastHead>) -> Self {
        let asking = Asking { url, connections, alone: Mutex::default() };
        Self { together: Together::new(usize::MAX), last, asking: Arc::new(asking) }
    }

    pub(crate) async fn head(&self) -> Result<Head, Error> {
        if let Some(head) = self.last.head() {
            return Ok(head);
        }
        let (asking, last) = (Arc::clone(&self.asking), Arc::clone(&self.last));
        let read = move |_| {
            let (asking, last) = (Arc::clone(&asking), Arc::clone(&last));
            async move {
                let before = last.state();
                let head = asking.head().await?;
                last.note(before, &head);
                Ok(head)
            }
        };
        self.together.ask((), (), read).await
    }
}

/// The head that was read last, as long as SQLite's log says that it still is. PostgreSQL has nothing of
/// the kind.
#[derive(Default)]
pub(crate) struct LastHead {
    log: Option<Log>,
    last: Mutex<Option<(LogState, Head)>>,
}

struct Log {
    index: LogIndex,
    /// Keeps the database open, and so the index in its place.
    open: Mutex<Option<SqliteConnection>>,
    closed: AtomicBool,
}

impl LastHead {
    /// For a database that is there.
    pub(crate) async fn of(url: &DatabaseUrl) -> Result<Self, Error> {
        let Some((file, open)) = url.keep_open().await? else { return Ok(Self::default()) };
        let index = LogIndex::of(file).map_err(|error| Error::Unavailable(error.to_string()))?;
        let log = Log { index, open: Mutex::new(Some(open)), closed: AtomicBool::new(false) };
        Ok(Self { log: Some(log), last: Mutex::default() })
    }

    fn state(&self) -> Option<LogState> {
        let log = self.log.as_ref().filter(|log| !log.closed.load(Ordering::SeqCst))?;
        log.index.look()
    }

    fn head(&self) -> Option<Head> {
        let now = self.state()?;
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.as_ref().filter(|(state, _)| *state == now).map(|(_, head)| head.clone())
    }

    /// Notes a head that was read after the log was in this state.
    fn note(&self, before: Option<LogState>, head: &Head) {
        // When it still is, then what was read is the head of just that state.
        let state = before.filter(|before| self.state().as_ref() == Some(before));
        if let Some(state) = state {
            *self.last.lock().unwrap_or_else(PoisonError::into_inner) = Some((state, head.clone()));
        }
    }

    /// Lets the database go. Nothing is known by itself from here on.
    pub(crate) async fn close(&self) {
        let Some(log) = &self.log else { return };
        log.closed.store(true, Ordering::SeqCst);
        let open = log.open.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(open) = open {
            let _ = open.close().await;
        }
    }
}
