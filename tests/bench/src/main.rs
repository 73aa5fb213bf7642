//! `cargo xtask bench`: what the engine promises of its speed, each as a ratio to a ceiling or to
//! its own other way, measured side by side in one run.
//!
//! What belongs here: the list of measurements. Nothing is asserted of time, because machines are
//! noisy; what must hold at any speed is.

#![expect(clippy::unwrap_used, clippy::print_stdout, reason = "a measurement that cannot go on stops, and prints")]

mod ceiling;
mod computed;
mod creators;
mod loads;
mod pages;
mod requests;
mod statistics;

use std::path::Path;
use std::time::Duration;

/// How often each request is measured.
const ROUNDS: usize = 4;

/// What stands before the name of a case when only some are wanted: `requests:page`.
const ONE_CASE: &str = "requests:";

fn main() {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    // What is measured against is a program of its own: this one.
    if let [first, database, answers] = arguments.as_slice()
        && first == "ceiling"
    {
        return ceiling::serve(database, Path::new(answers));
    }
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().unwrap();
    runtime.block_on(measure(&arguments));
}

async fn measure(arguments: &[String]) {
    let large = arguments.iter().any(|argument| argument == "--large");
    let wanted: Vec<&String> = arguments.iter().filter(|argument| !argument.starts_with("--")).collect();
    let is_wanted = |name: &str| wanted.iter().any(|wanted| *wanted == name);
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
    let cases: Vec<String> =
        wanted.iter().filter_map(|wanted| wanted.strip_prefix(ONE_CASE)).map(str::to_owned).collect();
    if !cases.is_empty() || is_wanted("requests") || wanted.is_empty() {
        requests::measure(ROUNDS, cases).await;
    }
    if large {
        requests::measure_grown().await;
    }
}

/// The middle of some times.
fn median(times: &[Duration]) -> Duration {
    let mut times = times.to_vec();
    times.sort_unstable();
    times[times.len() / 2]
}
