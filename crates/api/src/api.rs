//! The API as a whole: what all requests share.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, LazyLock};

use pobratim_domain::Faults;
use pobratim_files::Files;
use pobratim_persistence::Database;
use serde_json::Value;

use crate::access::Keys;
use crate::cache::Cache;
use crate::contract::{Components, Parameter, Validators, Written};
use crate::limit::Limits;
use crate::metrics::Metrics;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::routes::{Entry, routes};

/// What the installation decides about the API.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Requests a minute, anonymous and with a key; nothing for no limit.
    pub rate_limit: Option<RateLimit>,
    /// Proxies whose `Forwarded` and `X-Forwarded-For` are believed.
    pub trusted_proxies: Vec<std::net::IpAddr>,
    /// Origins whose pages may send credentials.
    pub cors_origins: Vec<String>,
    /// Where the files of documents lie.
    pub files: Files,
    /// How many bytes a file has at most.
    pub max_upload: u64,
    /// How many bytes of finished answers are kept in memory; nothing to keep none.
    pub cache: Option<u64>,
    /// A fault that tests plant: what is kept is given without asking whether it still holds.
    #[doc(hidden)]
    pub skip_head_check: bool,
}

impl Settings {
    /// How large a file may be when nothing is said: 100 MiB.
    pub const MAX_UPLOAD: u64 = 100 * 1024 * 1024;
    /// How many bytes of answers are kept when nothing is said: 32 MiB.
    pub const CACHE: u64 = 32 * 1024 * 1024;
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            rate_limit: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            files: Files::default(),
            max_upload: Self::MAX_UPLOAD,
            cache: Some(Self::CACHE),
            skip_head_check: false,
        }
    }
}

/// How many requests a minute are answered.
#[derive(Clone, Copy, Debug)]
pub struct RateLimit {
    /// Without a credential, by address.
    pub anonymous: u32,
    /// With a key.
    pub keyed: u32,
}

impl Default for RateLimit {
    fn default() -> Self {
        Self { anonymous: 600, keyed: 6_000 }
    }
}

/// The API, shared by all its workers.
#[derive(Clone)]
pub struct Api {
    parts: Arc<Parts>,
    /// As this worker reads it.
    database: Database,
}

struct Parts {
    contract: &'static Contract,
    settings: Settings,
    keys: Keys,
    cache: Option<Cache>,
    limits: Option<Limits>,
    metrics: Metrics,
    draining: AtomicBool,
    stopping: tokio::sync::watch::Sender<bool>,
}

/// What is the same for every installation: made once a process, at the first need.
struct Contract {
    routes: Vec<Entry>,
    schemas: Arc<Components>,
    validators: Validators,
}

static CONTRACT: LazyLock<Result<Contract, String>> = LazyLock::new(Contract::new);

impl Contract {
    fn new() -> Result<Self, String> {
        let mut routes = routes();
        let schemas = Arc::new(Written::read()?.components(&mut routes)?);
        let validators = Validators::new(Arc::clone(&schemas));
        Ok(Self { routes, schemas, validators })
    }
}

impl Api {
    /// The API over a database.
    pub fn new(database: Database, settings: Settings) -> Result<Self, String> {
        let contract = CONTRACT.as_ref().map_err(Clone::clone)?;
        let limits = settings.rate_limit.map(Limits::new);
        let parts = Parts {
            contract,
            cache: settings.cache.map(|bytes| Cache::new(bytes, settings.skip_head_check)).transpose()?,
            limits,
            settings,
            keys: Keys::default(),
            metrics: Metrics::default(),
            draining: AtomicBool::new(false),
            stopping: tokio::sync::watch::Sender::new(false),
        };
        Ok(Self { parts: Arc::new(parts), database })
    }

    /// The same for one of so many workers: it reads through connections of its own.
    pub(crate) fn for_one_of(&self, workers: usize) -> Self {
        Self { parts: Arc::clone(&self.parts), database: self.database.for_one_of(workers) }
    }

    /// The database.
    pub fn database(&self) -> &Database {
        &self.database
    }

    /// Says that the service is going away: it is not ready any more and waits for nothing.
    pub fn drain(&self) {
        self.parts.draining.store(true, Ordering::SeqCst);
        self.parts.stopping.send_replace(true);
    }

    pub(crate) fn is_draining(&self) -> bool {
        self.parts.draining.load(Ordering::SeqCst)
    }

    pub(crate) fn stopping(&self) -> tokio::sync::watch::Receiver<bool> {
        self.parts.stopping.subscribe()
    }

    pub(crate) fn settings(&self) -> &Settings {
        &self.parts.settings
    }

    pub(crate) fn files(&self) -> &Files {
        &self.parts.settings.files
    }

    pub(crate) fn keys(&self) -> &Keys {
        &self.parts.keys
    }

    pub(crate) fn cache(&self) -> Option<&Cache> {
        self.parts.cache.as_ref()
    }

    pub(crate) fn limits(&self) -> Option<&Limits> {
        self.parts.limits.as_ref()
    }

    pub(crate) fn metrics(&self) -> &Metrics {
        &self.parts.metrics
    }

    /// The operations by path.
    pub(crate) fn by_path(&self) -> BTreeMap<&'static str, Vec<&'static Entry>> {
        let mut paths: BTreeMap<&str, Vec<&Entry>> = BTreeMap::new();
        for entry in &self.parts.contract.routes {
            paths.entry(&entry.path).or_default().push(entry);
        }
        paths
    }

    /// Notes what is wrong with a value that a client sent.
    pub(crate) fn check(&self, schema: &str, value: &Value, faults: &mut Faults) -> ApiResult<()> {
        self.validate(schema, value, faults).map_err(ApiError::defect)
    }

    /// The same, for commands, which know nothing of HTTP.
    pub(crate) fn validate(&self, schema: &str, value: &Value, faults: &mut Faults) -> Result<(), String> {
        self.parts.contract.validators.check(schema, value, faults)
    }

    /// Notes what is wrong with a parameter that a client sent.
    pub(crate) fn check_parameter(&self, known: &Parameter, text: &str, faults: &mut Vec<FieldError>) -> ApiResult<()> {
        known.check(&self.parts.contract.validators, text, faults).map_err(ApiError::defect)
    }

    pub(crate) fn schemas(&self) -> &Components {
        &self.parts.contract.schemas
    }
}
