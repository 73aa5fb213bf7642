//! The store of files: each has a name of its own, a UUID, and never changes.

use std::ops::Range;
use std::sync::{Arc, OnceLock};
use std::time::{Duration, SystemTime};

use bytes::Bytes;
use futures_util::stream::BoxStream;
use futures_util::{StreamExt, TryStreamExt};
use object_store::aws::{AmazonS3Builder, AmazonS3ConfigKey};
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::prefix::PrefixStore;
use object_store::{ClientOptions, GetOptions, GetRange, ObjectStore, ObjectStoreExt, RetryConfig};
use uuid::Uuid;

use crate::place::Place;
use crate::upload::Upload;

/// How long a store may say nothing.
const SILENCE: Duration = Duration::from_secs(10);

/// Why something could not be done with files.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// There is no such file.
    #[error("the file {0} is not there")]
    Missing(Uuid),
    /// The store says no, or nothing.
    #[error("the store of files: {0}")]
    Store(String),
}

/// The files, wherever they lie. Cheap to clone.
#[derive(Clone)]
pub struct Files(Arc<Parts>);

struct Parts {
    place: Place,
    /// A folder is opened when it is first needed, and made then.
    store: OnceLock<Arc<dyn ObjectStore>>,
}

/// A file being read.
pub struct Reading {
    /// The size of the whole file.
    pub size: u64,
    /// The bytes that were asked for.
    pub bytes: BoxStream<'static, Result<Bytes, Error>>,
}

impl std::fmt::Debug for Files {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(out, "Files({})", self.0.place)
    }
}

impl Default for Files {
    fn default() -> Self {
        Self::in_folder(Place::default())
    }
}

/// Chooses the cryptography of TLS for this process, once: what comes first stays.
pub fn with_tls() {
    let _ = rustls::crypto::ring::default_provider().install_default();
}

impl Files {
    /// The files at a place. What a bucket needs beside its name (credentials, region, endpoint) is
    /// taken from settings named as the variables of AWS's own tools; others are passed over.
    pub fn at(place: Place, settings: impl IntoIterator<Item = (String, String)>) -> Result<Self, Error> {
        let Place::Bucket { bucket, prefix } = &place else { return Ok(Self::in_folder(place)) };
        with_tls();
        // A large file takes as long as the client takes to read it, so no request is bounded as a
        // whole; what is, is how long the store may say nothing. Somebody waits, so it is asked again
        // only for a moment.
        let patient = ClientOptions::new().with_timeout_disabled().with_read_timeout(SILENCE);
        let retry = RetryConfig { max_retries: 2, retry_timeout: SILENCE, ..RetryConfig::default() };
        let mut builder = AmazonS3Builder::new().with_client_options(patient).with_retry(retry);
        for (name, value) in settings {
            let name = name.to_ascii_lowercase();
            if name.starts_with("aws_")
                && let Ok(key) = name.parse::<AmazonS3ConfigKey>()
            {
                builder = builder.with_config(key, value);
            }
        }
        let store = builder.with_bucket_name(bucket).build().map_err(told)?;
        let store: Arc<dyn ObjectStore> = if prefix.is_empty() {
            Arc::new(store)
        } else {
            Arc::new(PrefixStore::new(store, Path::parse(prefix).map_err(told)?))
        };
        Ok(Self(Arc::new(Parts { place: place.clone(), store: OnceLock::from(store) })))
    }

    fn in_folder(place: Place) -> Self {
        Self(Arc::new(Parts { place, store: OnceLock::new() }))
    }

    /// Where they lie.
    pub fn place(&self) -> &Place {
        &self.0.place
    }

    pub(crate) fn store(&self) -> Result<Arc<dyn ObjectStore>, Error> {
        if let Some(store) = self.0.store.get() {
            return Ok(store.clone());
        }
        let Place::Folder(folder) = &self.0.place else {
            return Err(Error::Store("a bucket is opened at the start".to_owned()));
        };
        std::fs::create_dir_all(folder).map_err(|error| Error::Store(format!("{}: {error}", folder.display())))?;
        // What was acknowledged is on disk, as it is with records.
        let store = LocalFileSystem::new_with_prefix(folder).map_err(told)?.with_fsync(true);
        Ok(self.0.store.get_or_init(|| Arc::new(store)).clone())
    }

    /// Begins a new file.
    pub fn begin(&self, id: Uuid) -> Result<Upload, Error> {
        Ok(Upload::new(self.store()?, id))
    }

    /// Reads a file, or a part of it.
    pub async fn read(&self, id: Uuid, range: Option<Range<u64>>) -> Result<Reading, Error> {
        let options = GetOptions { range: range.map(GetRange::Bounded), ..GetOptions::default() };
        let got = self.store()?.get_opts(&path(id), options).await.map_err(|error| of_file(id, error))?;
        Ok(Reading { size: got.meta.size, bytes: got.into_stream().map_err(told).boxed() })
    }

    /// The size of a file.
    pub async fn size(&self, id: Uuid) -> Result<u64, Error> {
        Ok(self.store()?.head(&path(id)).await.map_err(|error| of_file(id, error))?.size)
    }

    /// Removes a file; one that is not there is no matter.
    pub async fn remove(&self, id: Uuid) -> Result<(), Error> {
        match self.store()?.delete(&path(id)).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(told(error)),
        }
    }

    /// The files that were written longer ago than this. What has another name than ours is left out.
    pub async fn older_than(&self, age: Duration) -> Result<Vec<Uuid>, Error> {
        let before = SystemTime::now().checked_sub(age).unwrap_or(SystemTime::UNIX_EPOCH);
        let mut found = Vec::new();
        let store = self.store()?;
        let mut all = store.list(None);
        while let Some(entry) = all.try_next().await.map_err(told)? {
            let name = entry.location.filename().and_then(|name| Uuid::try_parse(name).ok());
            if let Some(id) = name.filter(|_| SystemTime::from(entry.last_modified) < before) {
                found.push(id);
            }
        }
        Ok(found)
    }

    /// Removes what uploads left half written when the program was killed, longer ago than this;
    /// gives how many. In a bucket that is for a rule of the bucket's own.
    pub fn remove_halves(&self, age: Duration) -> Result<usize, Error> {
        let Place::Folder(folder) = &self.0.place else { return Ok(0) };
        let told = |error: std::io::Error| Error::Store(format!("{}: {error}", folder.display()));
        let entries = match std::fs::read_dir(folder) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => return Ok(0),
            entries => entries.map_err(told)?,
        };
        let mut count = 0;
        for entry in entries {
            let entry = entry.map_err(told)?;
            let name = entry.file_name();
            // The store writes beside the file under its name, a hash sign and a number.
            let half = name.to_str().and_then(|name| name.split_once('#'));
            let is_half = half.is_some_and(|(name, end)| {
                Uuid::try_parse(name).is_ok() && end.bytes().all(|byte| byte.is_ascii_digit())
            });
            let written = entry.metadata().and_then(|known| known.modified()).map_err(told)?;
            if is_half && written.elapsed().unwrap_or_default() > age {
                std::fs::remove_file(entry.path()).map_err(told)?;
                count += 1;
            }
        }
        Ok(count)
    }
}

pub(crate) fn path(id: Uuid) -> Path {
    Path::from(id.to_string())
}

pub(crate) fn told(error: impl std::fmt::Display) -> Error {
    Error::Store(error.to_string())
}

fn of_file(id: Uuid, error: object_store::Error) -> Error {
    match error {
        object_store::Error::NotFound { .. } => Error::Missing(id),
        error => told(error),
    }
}
