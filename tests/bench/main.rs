//! `cargo xtask bench`: what the engine promises of its speed, each as a ratio to a ceiling or to
//! its own other way, measured side by side in one run.
//!
//! What belongs here: the list of measurements and how a table is printed. Nothing is asserted of
//! time, because machines are noisy; what must hold at any speed is.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on stops, and prints")]

mod computed;
mod creators;
mod loads;
mod pages;
mod statistics;

use std::time::Duration;

#[tokio::main(flavor = "multi_thread")]
async fn main() {
    // cargo says `--bench`; what else is said are the names of measurements.
    let wanted: Vec<String> = std::env::args().skip(1).filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.is_empty() || wanted.iter().any(|wanted| wanted == name);
    let database = if pobratim_tests::Store::server().is_some() { "postgres" } else { "sqlite" };
    println!("database: {database}; cores: {}", std::thread::available_parallelism().unwrap());
    if is_wanted("creators") {
        creators::measure().await;
    }
    if is_wanted("loads") {
        loads::measure().await;
    }
    if is_wanted("pages") {
        pages::measure().await;
    }
    if is_wanted("statistics") {
        statistics::measure().await;
    }
    if is_wanted("computed") {
        computed::measure().await;
    }
}

/// The middle of some times.
fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}
