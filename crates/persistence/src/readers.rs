//! What one thread reads with: its connections, and what it reads for many callers at once. A connection belongs
//! to the thread that opened it, and waking another one costs more than a short statement does.

use std::sync::Arc;
use std::time::Duration;

use sea_orm::DatabaseConnection;

use crate::alone::Records;
use crate::backend::DatabaseUrl;
use crate::heads::{Heads, LastHead};

/// How many connections read for requests in a process, and how many a thread has at least: so that a long read does
/// not hold up all others.
pub(crate) const ALL: usize = 8;
const LEAST: usize = 2;
/// How long a read waits for one.
const WAIT: Duration = Duration::from_millis(900);
/// How many records of a collection one statement reads at most.
const TOGETHER: usize = 64;

pub(crate) struct Readers {
    pub(crate) connections: DatabaseConnection,
    pub(crate) heads: Heads,
    pub(crate) records: Records,
}

impl Readers {
    /// For one of so many threads that answer requests.
    pub(crate) fn for_one_of(threads: usize, url: &DatabaseUrl, last: &Arc<LastHead>) -> Self {
        Self::new((ALL / threads.max(1)).max(LEAST), url, last)
    }

    /// For what is done beside requests.
    pub(crate) fn beside(url: &DatabaseUrl, last: &Arc<LastHead>) -> Self {
        Self::new(LEAST, url, last)
    }

    fn new(many: usize, url: &DatabaseUrl, last: &Arc<LastHead>) -> Self {
        let connections = url.readers(u32::try_from(many).unwrap_or(u32::MAX), WAIT);
        let heads = Heads::new(url.clone(), connections.clone(), Arc::clone(last));
        Self { connections, heads, records: Records::new(TOGETHER) }
    }
}
