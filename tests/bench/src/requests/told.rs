//! What was measured, told: a table for people, and JSON for whoever compares runs.

use std::path::Path;

use pobratim_tests::Store;
use serde_json::{Value, json};

use super::Run;
use super::cases::{Bar, Case, Of};

/// Every figure of every subject of every case.
pub struct Measured(Vec<Vec<Figures>>);

/// A subject's figures, one a round, and how long each of its answers took.
#[derive(Clone, Default)]
struct Figures {
    rates: Vec<f64>,
    program: Vec<f64>,
    database: Vec<f64>,
    latencies: Vec<u32>,
    refused: u64,
}

/// What the server has resident, in KiB.
pub struct Memory {
    pub idle: u64,
    pub loaded: u64,
}

/// A whole run.
pub struct Report {
    pub cases: Vec<Case>,
    pub measured: Measured,
    pub memory: Memory,
}

impl Measured {
    pub fn of(cases: &[Case]) -> Self {
        Self(cases.iter().map(|case| vec![Figures::default(); case.subjects.len()]).collect())
    }

    pub fn add(&mut self, case: usize, subject: usize, run: &Run) {
        let figures = &mut self.0[case][subject];
        // Refusals take time too, but nobody asked for them.
        let answers = run.round.latencies.len().max(1) as f64;
        figures.refused += run.round.refused;
        figures.rates.push(answers / run.round.seconds);
        figures.program.push(run.program / answers * 1e6);
        figures.database.push(run.database / answers * 1e6);
        figures.latencies.extend(&run.round.latencies);
    }
}

impl Figures {
    fn at(&self, hundredth: usize) -> f64 {
        let mut sorted = self.latencies.clone();
        sorted.sort_unstable();
        sorted
            .get((sorted.len() * hundredth / 100).min(sorted.len().saturating_sub(1)))
            .map_or(f64::NAN, |at| f64::from(*at))
    }

    fn value(&self, of: Of) -> f64 {
        match of {
            Of::Rate => middle(&self.rates),
            Of::Processor => middle(&self.program),
            Of::Median => self.at(50),
            Of::Tail => self.at(99),
        }
    }
}

impl Report {
    pub fn print(&self) {
        println!("{}", machine());
        println!(
            "memory: idle {:.1} MB, at most {:.1} MB under load",
            self.memory.idle as f64 / 1024.0,
            self.memory.loaded as f64 / 1024.0
        );
        println!("                    a second      p50 µs      p99 µs   server µs  database µs");
        for (case, figures) in self.cases.iter().zip(&self.measured.0) {
            println!("{}: {}", case.name, case.about);
            for (subject, figures) in case.subjects.iter().zip(figures) {
                println!(
                    "  {:<14} {:>11.0} {:>11.0} {:>11.0} {:>11.1} {:>12.1}",
                    subject.name,
                    figures.value(Of::Rate),
                    figures.value(Of::Median),
                    figures.value(Of::Tail),
                    figures.value(Of::Processor),
                    middle(&figures.database),
                );
                if figures.refused > 0 {
                    println!("                 besides, {} were told to come again (503)", figures.refused);
                }
            }
            for bar in &case.bars {
                let ratio = ratio(case, figures, bar);
                println!("    {}: {ratio:.2} ({}) {}", about(bar), wanted(bar), judged(bar, ratio));
            }
        }
    }

    /// Writes the run as JSON into a folder.
    pub fn write(&self, folder: &Path) {
        let cases = self.cases.iter().zip(&self.measured.0).map(|(case, figures)| {
            let subjects: serde_json::Map<String, Value> = case
                .subjects
                .iter()
                .zip(figures)
                .map(|(subject, figures)| (subject.name.to_owned(), figures.json()))
                .collect();
            let bars = case.bars.iter().map(|bar| {
                let ratio = ratio(case, figures, bar);
                json!({"what": about(bar), "ratio": ratio, "wanted": wanted(bar), "kept": is_kept(bar, ratio)})
            });
            json!({"name": case.name, "about": case.about, "subjects": subjects, "bars": bars.collect::<Vec<_>>()})
        });
        let database = if Store::server().is_some() { "postgres" } else { "sqlite" };
        let run = json!({
            "database": database, "machine": machine(), "memory_kib": {"idle": self.memory.idle, "most": self.memory.loaded},
            "cases": cases.collect::<Vec<_>>(),
        });
        let file = folder.join(format!("requests-{database}.json"));
        std::fs::write(&file, format!("{run:#}\n")).unwrap();
        println!("written to {}", file.display());
    }
}

impl Figures {
    fn json(&self) -> Value {
        json!({
            "per_second": self.value(Of::Rate), "rounds": self.rates,
            "p50_us": self.at(50), "p99_us": self.at(99),
            "server_us": self.value(Of::Processor), "database_us": middle(&self.database),
            "refused": self.refused,
        })
    }
}

fn ratio(case: &Case, figures: &[Figures], bar: &Bar) -> f64 {
    let of = |name: &str, of| {
        let at = case.subjects.iter().position(|subject| subject.name == name).unwrap();
        figures[at].value(of)
    };
    let against = if bar.of == Of::Tail { Of::Median } else { bar.of };
    of(bar.subject, bar.of) / of(bar.to, against)
}

fn about(bar: &Bar) -> String {
    match bar.of {
        Of::Rate => format!("{} to {}", bar.subject, bar.to),
        Of::Processor => format!("server µs, {} to {}", bar.subject, bar.to),
        Of::Median => format!("p50, {} to {}", bar.subject, bar.to),
        Of::Tail => format!("{}, p99 to p50", bar.subject),
    }
}

fn wanted(bar: &Bar) -> String {
    match (bar.least, bar.most) {
        (Some(least), _) => format!("at least {least}"),
        (None, Some(most)) => format!("at most {most}"),
        (None, None) => String::new(),
    }
}

fn is_kept(bar: &Bar, ratio: f64) -> bool {
    bar.least.is_none_or(|least| ratio >= least) && bar.most.is_none_or(|most| ratio <= most)
}

fn judged(bar: &Bar, ratio: f64) -> &'static str {
    if is_kept(bar, ratio) { "kept" } else { "MISSED" }
}

fn middle(figures: &[f64]) -> f64 {
    let mut sorted = figures.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted.get(sorted.len() / 2).copied().unwrap_or_default()
}

/// What it ran on.
fn machine() -> String {
    let read = |file: &str| std::fs::read_to_string(file).unwrap_or_default();
    let of = |text: &str, name: &str| {
        let line = text.lines().find(|line| line.starts_with(name)).map(str::to_owned).unwrap_or_default();
        line.split_once(':').map(|(_, value)| value.trim().to_owned()).unwrap_or_default()
    };
    let cores = std::thread::available_parallelism().map_or(0, usize::from);
    format!(
        "machine: {cores} cores of {}, {} of memory, Linux {}, load {}",
        of(&read("/proc/cpuinfo"), "model name"),
        of(&read("/proc/meminfo"), "MemTotal"),
        read("/proc/sys/kernel/osrelease").trim(),
        read("/proc/loadavg").split(' ').next().unwrap_or_default(),
    )
}
