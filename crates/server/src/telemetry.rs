//! Logs: one JSON line each on standard error.

use tracing_subscriber::EnvFilter;

use crate::lines::{Lines, Writing};

/// Starts logging. What it gives writes what is left when it is dropped.
pub(crate) fn start(filter: &str) -> Result<Writing, String> {
    let filter = EnvFilter::try_new(filter).map_err(|error| format!("log: {error}"))?;
    let failed = |error: &dyn std::fmt::Display| format!("logging could not be started: {error}");
    let (lines, writing) = Lines::to(std::io::stderr()).map_err(|error| failed(&error))?;
    tracing_subscriber::fmt()
        .json()
        .flatten_event(true)
        .with_current_span(false)
        .with_span_list(false)
        .with_env_filter(filter)
        .with_writer(lines)
        .try_init()
        .map_err(|error| failed(&error))?;
    Ok(writing)
}
