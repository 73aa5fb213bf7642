//! The database as the rest of the program holds it: one way to write, one way to read.

use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use pobratim_domain::{ApiKey, Record};
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{ConnectionTrait, DatabaseConnection, EntityTrait, QueryFilter};
use serde::{Serialize, de::DeserializeOwned};
use tokio::sync::{Semaphore, watch};
use uuid::Uuid;

use crate::api_key::secret;
use crate::backend::{self, DatabaseUrl};
use crate::clock::Clock;
use crate::cursor::Secret;
use crate::error::Error;
use crate::head::{self, Head};
use crate::heads::LastHead;
use crate::idempotency::Idempotency;
use crate::index;
use crate::journal::Stamp;
use crate::read::{Snapshot, bounded};
use crate::readers::Readers;
use crate::stored;
use crate::tx::Tx;
use crate::verify::{Verified, verify};
use crate::view::View;
use crate::writer::{DEADLINE, Writer, Written};

/// How many may read at length, and how long one waits for a connection then. They are apart, so that
/// however many there are, no worker is left without.
const AT_LENGTH: u32 = 2;
const AT_LENGTH_WAIT: Duration = Duration::from_millis(900);
/// The same for what is computed from many records. It has connections of its own, so that nobody
/// waits for a report who wants to see a record; few, as each keeps a core busy and holds much.
const COMPUTING: u32 = 3;
const COMPUTING_WAIT: Duration = Duration::from_millis(2_300);

/// An open database.
#[derive(Clone)]
pub struct Database {
    shared: Arc<Shared>,
    readers: Arc<Readers>,
}

/// What all handles have together.
struct Shared {
    computing: DatabaseConnection,
    reading_at_length: DatabaseConnection,
    at_length: Semaphore,
    writer: Writer,
    last: Arc<LastHead>,
    secret: Secret,
    clock: Clock,
    url: DatabaseUrl,
}

/// Why a database could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// It is a replica that replays another server's changes.
    #[error("the database is a hot standby: it can fall behind and cannot be written; use the primary")]
    Standby,
    /// It cannot be read.
    #[error("the database cannot be opened: {0}")]
    Closed(Error),
    /// The writer's thread could not be started.
    #[error("the writer could not be started: {0}")]
    Thread(std::io::Error),
}

impl Database {
    /// Opens a migrated database. `secret` keys cursors and key hashes; without one, the
    /// database's own is used, which is made at the first opening and shared by all replicas.
    pub async fn open(url: DatabaseUrl, secret: Option<&str>, clock: Clock) -> Result<Self, StartError> {
        let writer = url.writer();
        let standby = bounded(async { Ok(backend::is_standby(&writer).await?) }).await.map_err(StartError::Closed)?;
        if standby {
            return Err(StartError::Standby);
        }
        let stored = bounded(prepare(&writer, &clock)).await.map_err(StartError::Closed)?;
        let closed = writer.close().await;
        closed.map_err(|error| StartError::Closed(error.into()))?;
        let computing = url.readers(COMPUTING, COMPUTING_WAIT);
        let last = bounded(LastHead::of(&url)).await.map_err(StartError::Closed)?;
        let writer = Writer::start(url.clone(), clock.clone()).map_err(StartError::Thread)?;
        let secret = Secret::new(secret.unwrap_or(&stored));
        let reading_at_length = url.readers(AT_LENGTH, AT_LENGTH_WAIT);
        let at_length = Semaphore::new(usize::try_from(AT_LENGTH).unwrap_or(usize::MAX));
        let shared =
            Shared { computing, reading_at_length, at_length, writer, last: Arc::new(last), secret, clock, url };
        let readers = Arc::new(Readers::beside(&shared.url, &shared.last));
        Ok(Self { shared: Arc::new(shared), readers })
    }

    /// The same database for one of so many threads that serve: it reads through connections of its own, which
    /// nobody else has to be woken for.
    pub fn for_one_of(&self, threads: usize) -> Self {
        let readers = Arc::new(Readers::for_one_of(threads, &self.shared.url, &self.shared.last));
        Self { shared: Arc::clone(&self.shared), readers }
    }

    /// Where it lies.
    pub fn url(&self) -> &DatabaseUrl {
        &self.shared.url
    }

    /// Its clock.
    pub fn clock(&self) -> &Clock {
        &self.shared.clock
    }

    /// What authenticates cursors and keys.
    pub fn secret(&self) -> &Secret {
        &self.shared.secret
    }

    /// The committed state, as of now or later; callers that wait share a query.
    pub async fn head(&self) -> Result<Head, Error> {
        self.readers.heads.head().await
    }

    /// Follows the revisions that this process commits. Other processes' changes do not show here.
    pub fn committed(&self) -> watch::Receiver<i64> {
        self.shared.writer.committed()
    }

    /// Runs a command in the writer's transaction and waits until it is on disk.
    pub async fn write<R, F, Fut>(
        &self,
        stamp: Stamp,
        idempotency: Option<Idempotency>,
        command: F,
    ) -> Result<Written<R>, Error>
    where
        R: Serialize + DeserializeOwned + Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        self.write_within(DEADLINE, stamp, idempotency, command).await
    }

    /// The same, waiting as long as told to be taken.
    pub async fn write_within<R, F, Fut>(
        &self,
        deadline: Duration,
        stamp: Stamp,
        idempotency: Option<Idempotency>,
        command: F,
    ) -> Result<Written<R>, Error>
    where
        R: Serialize + DeserializeOwned + Send + 'static,
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<R, Error>> + Send + 'static,
    {
        self.shared.writer.write(stamp, idempotency, deadline, command).await
    }

    /// Reads in one snapshot.
    pub async fn read<R, F>(&self, read: F) -> Result<R, Error>
    where
        F: AsyncFnOnce(&Snapshot) -> Result<R, Error>,
    {
        read_over(&self.readers.connections, read).await
    }

    /// Reads in one snapshot what is computed from many records.
    pub async fn compute<R, F>(&self, read: F) -> Result<R, Error>
    where
        F: AsyncFnOnce(&Snapshot) -> Result<R, Error>,
    {
        read_over(&self.shared.computing, read).await
    }

    /// Reads in one snapshot that may stand for as long as told. Few may do so at once; others wait for a
    /// while and are refused then, so that there is always a connection for reads that take no time.
    pub async fn read_at_length<R, F>(&self, limit: Duration, read: F) -> Result<R, Error>
    where
        F: AsyncFnOnce(&Snapshot) -> Result<R, Error>,
    {
        let permit = bounded(async { Ok(self.shared.at_length.acquire().await.ok()) }).await;
        let _permit = permit.map_err(|_| Error::Unavailable("others read at length".to_owned()))?;
        let reading = async {
            let snapshot = Snapshot::open(&self.shared.reading_at_length).await?;
            let outcome = read(&snapshot).await;
            snapshot.close().await?;
            outcome
        };
        match tokio::time::timeout(limit, reading).await {
            Ok(Err(Error::Database(error))) => Err(Error::Unavailable(error.to_string())),
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Unavailable("the read took too long".to_owned())),
        }
    }

    /// The API key with this id, and the hash of its secret.
    pub async fn api_key(&self, id: Uuid) -> Result<Option<(Record<ApiKey>, String)>, Error> {
        self.read(async |snapshot| {
            let row = match snapshot.get::<ApiKey>(&View::System, id).await {
                Ok(row) => row,
                Err(Error::NotFound) => return Ok(None),
                Err(error) => return Err(error),
            };
            let secret = secret::Entity::find_by_id(id).one(snapshot.connection()).await?;
            let (record, _) = stored::to_record::<ApiKey>(&row)?;
            Ok(secret.map(|secret| (record, secret.hash)))
        })
        .await
    }

    pub(crate) fn readers(&self) -> &Readers {
        &self.readers
    }

    /// Checks chain, references and integrity of the whole database. Takes its time.
    pub async fn verify(&self) -> Result<Verified, Error> {
        let snapshot = Snapshot::open(&self.readers.connections).await?;
        let verified = verify(&snapshot).await?;
        snapshot.close().await?;
        Ok(verified)
    }

    /// Waits until every read is done and closes the connections. The writer ends when the last
    /// handle is dropped.
    pub async fn close(&self) {
        let _ = self.readers.connections.close_by_ref().await;
        let _ = self.shared.computing.close_by_ref().await;
        let _ = self.shared.reading_at_length.close_by_ref().await;
        self.shared.last.close().await;
    }
}

async fn read_over<R, F>(connections: &DatabaseConnection, read: F) -> Result<R, Error>
where
    F: AsyncFnOnce(&Snapshot) -> Result<R, Error>,
{
    bounded(async {
        let snapshot = Snapshot::open(connections).await?;
        let outcome = read(&snapshot).await;
        snapshot.close().await?;
        outcome
    })
    .await
}

/// Gives a fresh database its epoch and its secret, and reads the secret.
async fn prepare(connection: &DatabaseConnection, clock: &Clock) -> Result<String, Error> {
    let transaction = backend::begin_write(connection).await?;
    let row = head::lock(&transaction).await?;
    let secret = if row.epoch.is_empty() {
        let secret = clock.secret(32)?;
        set_epoch(&transaction, &clock.secret(8)?).await?;
        index::set_kind(&transaction).await?;
        head::row::Entity::update_many()
            .col_expr(head::row::Column::Secret, Expr::value(secret.as_str()))
            .filter(Expr::col(head::row::Column::Id).eq(1))
            .exec(&transaction)
            .await?;
        secret
    } else {
        row.secret
    };
    transaction.commit().await?;
    Ok(secret)
}

/// Begins a new history: what was read before cannot be compared with what is read after.
pub(crate) async fn set_epoch(connection: &impl ConnectionTrait, epoch: &str) -> Result<(), Error> {
    head::row::Entity::update_many()
        .col_expr(head::row::Column::Epoch, Expr::value(epoch))
        .filter(Expr::col(head::row::Column::Id).eq(1))
        .exec(connection)
        .await?;
    Ok(())
}
