//! Requests over HTTP against the release server, beside what a program could do at best: the same
//! bytes from bare actix, and handlers written by hand. The answers come from a made city of 1,000
//! ties and 100,000 delegations.
//!
//! What belongs here: who is measured, and in which order. What is asked is in `cases`, how in
//! `driver`, how it is told in `told`.

mod cases;
mod city;
mod driver;
mod grown;
mod process;
mod told;

use std::net::SocketAddr;
use std::time::Duration;

use pobratim_tests::Store;

use crate::requests::cases::Case;
use crate::requests::city::City;
use crate::requests::driver::{Script, drive};
use crate::requests::process::{Process, parent_of, path_in, processor_time, processor_time_of_family};
use crate::requests::told::{Measured, Memory, Report};

pub use process::LISTENING;

const TIES: u64 = 1_000;
/// Nine in ten are public, so that page 2000 of what everybody sees is there.
const DELEGATIONS: u64 = 112_500;

const WARM_UP: Duration = Duration::from_millis(200);
/// How long each is asked before a round without being measured: what is kept was made anew since the last
/// round's creates.
const SETTLE: Duration = Duration::from_millis(100);
const ROUND: Duration = Duration::from_millis(800);

/// Measures all cases, or those that are named, so many times.
pub async fn measure(rounds: usize, wanted: Vec<String>) {
    let city = City::make(TIES, DELEGATIONS).await;
    let copy = city.store.copy().await;
    let family = match Store::server() {
        Some(_) => Some(family_of(&city.store).await),
        None => None,
    };
    // The driver is synchronous from here on.
    let report = tokio::task::spawn_blocking(move || {
        let hot = Process::server(&city.store.address, &[]);
        let cold = Process::server(&city.store.address, &[("POBRATIM_CACHE", "off")]);
        std::thread::sleep(Duration::from_secs(1));
        let idle = hot.memory();
        let answers = tempfile::tempdir().unwrap();
        cases::keep_answers(&city, hot.address, answers.path());
        let ceiling = Process::ceiling(&copy.address, answers.path());
        let programs = Programs { hot: &hot, cold: &cold, ceiling: &ceiling, family };
        let mut cases = cases::all(&city, &programs);
        cases.retain(|case| wanted.is_empty() || wanted.iter().any(|name| case.name == *name));
        assert!(!cases.is_empty(), "there is no such case");
        let mut measured = Measured::of(&cases);
        for round in 0..=rounds {
            for (at, case) in cases.iter().enumerate() {
                for (place, subject) in case.subjects.iter().enumerate() {
                    let time = if round == 0 { WARM_UP } else { ROUND };
                    let run = programs.run(case, subject.address, &(subject.script)(), time);
                    if round > 0 {
                        measured.add(at, place, &run);
                    }
                }
            }
        }
        Report { cases, measured, memory: Memory { idle, loaded: hot.most_memory() } }
    });
    let report = report.await.unwrap();
    report.print();
    report.write(&path_in("POBRATIM_BENCH_FIGURES"));
}

/// The million against the ten thousand.
pub async fn measure_grown() {
    grown::measure().await;
}

/// The programs that are asked, and the database's.
pub struct Programs<'p> {
    pub hot: &'p Process,
    pub cold: &'p Process,
    pub ceiling: &'p Process,
    /// The parent of PostgreSQL's processes.
    pub family: Option<u32>,
}

/// What asking for a while came to.
pub struct Run {
    pub round: driver::Round,
    /// Processor time of the program and of the database's own processes, in seconds.
    pub program: f64,
    pub database: f64,
}

impl Programs<'_> {
    fn at(&self, address: SocketAddr) -> &Process {
        [self.hot, self.cold, self.ceiling].into_iter().find(|process| process.address == address).unwrap()
    }

    fn run(&self, case: &Case, address: SocketAddr, script: &Script, time: Duration) -> Run {
        let process = self.at(address);
        let database = || self.family.map_or(0.0, processor_time_of_family);
        drive(address, script, case.status, SETTLE);
        let before = (processor_time(process.id()), database());
        let round = drive(address, script, case.status, time);
        let after = (processor_time(process.id()), database());
        if let Some(other) = &round.other {
            panic!("{}: an answer was not {}:\n{other}", case.name, case.status);
        }
        Run { round, program: after.0 - before.0, database: after.1 - before.1 }
    }
}

/// The process that all of PostgreSQL's are children of; it runs on this machine.
async fn family_of(store: &Store) -> u32 {
    let beside = store.beside().await;
    let row = pobratim_tests::rows(&beside, "SELECT pg_backend_pid() AS pid").await.remove(0);
    let parent = parent_of(u32::try_from(row.try_get::<i32>("", "pid").unwrap()).unwrap());
    beside.close().await.unwrap();
    parent
}
