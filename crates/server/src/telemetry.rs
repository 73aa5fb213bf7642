//! Logs: one JSON line each on standard error, written by a thread of its own so that a slow
//! reader does not slow the service; no line is dropped. Lines that wait are written together, and none
//! waits for others to come.

use std::io::BufWriter;

use tracing_appender::non_blocking::{NonBlockingBuilder, WorkerGuard};
use tracing_subscriber::EnvFilter;

/// How many lines may wait to be written before whoever logs has to wait too. The room for them is
/// taken at the start: the crate's own 128,000 would be four megabytes of a service that idles.
const WAITING: usize = 8_192;

/// Starts logging. The guard writes what is left when it is dropped.
pub(crate) fn start(filter: &str) -> Result<WorkerGuard, String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log: {error}"))?;
    let (writer, guard) = NonBlockingBuilder::default()
        .lossy(false)
        .buffered_lines_limit(WAITING)
        .finish(BufWriter::new(std::io::stderr()));
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(writer)
        .try_init()
        .map_err(|error| format!("logging could not be started: {error}"))?;
    Ok(guard)
}
