//! What a city costs that has grown a hundredfold: the same requests to a server on 10,000
//! delegations and to one on 1,000,000, in turns.

use std::time::Duration;

use pobratim_tests::Store;

use super::cases::{self, Bar, Case, Of, Subject};
use super::city::City;
use super::driver::{get, in_turn};
use super::process::Process;
use super::told::{Measured, Memory, Report};
use super::{Programs, ROUND, WARM_UP};

const SMALL: u64 = 10_000;
const LARGE: u64 = 1_000_000;
const ROUNDS: usize = 5;

pub async fn measure() {
    let small = City::make(1_000, SMALL).await;
    let large = City::make(1_000, LARGE).await;
    let family = match Store::server() {
        Some(_) => Some(super::family_of(&small.store).await),
        None => None,
    };
    let report = tokio::task::spawn_blocking(move || {
        let off = [("POBRATIM_CACHE", "off")];
        let (few, many) = (Process::server(&small.store.address, &off), Process::server(&large.store.address, &off));
        std::thread::sleep(Duration::from_secs(1));
        let idle = many.memory();
        let programs = Programs { hot: &many, cold: &few, ceiling: &many, family };
        let cases = [read("record", &few, &small, &many, &large), read("page", &few, &small, &many, &large)];
        let cases: Vec<Case> = cases.into_iter().chain([create(&few, &small, &many, &large)]).collect();
        let mut measured = Measured::of(&cases);
        for round in 0..=ROUNDS {
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
        Report { cases, measured, memory: Memory { idle, loaded: many.most_memory() } }
    });
    report.await.unwrap().print();
}

const FEW: &str = "10,000";
const MANY: &str = "1,000,000";

fn case(name: &'static str, about: &str, status: u16, subjects: Vec<Subject>) -> Case {
    let bar = Bar { of: Of::Median, subject: MANY, to: FEW, least: None, most: Some(1.5) };
    Case { name, about: about.to_owned(), status, subjects, bars: vec![bar] }
}

fn read(name: &'static str, few: &Process, small: &City, many: &Process, large: &City) -> Case {
    let asks = |label: &'static str, process: &Process, city: &City| {
        let paths = match name {
            "record" => city.records.iter().map(|id| format!("/v1/exchanges/{id}")).collect(),
            _ => vec![cases::PAGE.to_owned()],
        };
        let script = in_turn(paths.iter().map(|path| get(path, "")).collect());
        Subject { name: label, address: process.address, script: Box::new(move || script.clone()) }
    };
    let about = format!("GET of a {name} among so many, cold");
    case(name, &about, 200, vec![asks(FEW, few, small), asks(MANY, many, large)])
}

fn create(few: &Process, small: &City, many: &Process, large: &City) -> Case {
    let asks = |label: &'static str, process: &Process, city: &City| {
        let script = cases::create("/v1/exchanges", &city.key, &city.delegation().to_string(), false);
        Subject { name: label, address: process.address, script: Box::new(move || script.clone()) }
    };
    case("create", "POST among so many", 201, vec![asks(FEW, few, small), asks(MANY, many, large)])
}
