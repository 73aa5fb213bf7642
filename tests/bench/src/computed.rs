//! What findings, reminders and the annual report cost when the database is large: they look at
//! candidates and at bounded lists only, so it should be little more than for a small one.

use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_domain::{CollectionName, SummarySettings};
use pobratim_persistence::{FindingsQuery, RemindersQuery, View};
use pobratim_tests::{App, Likeness, Store, analyze, crowd};

use crate::median;

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");
const READS: usize = 15;

pub async fn measure() {
    // The crowd comes behind the journal's back, where kept answers would not hear of it.
    let settings = Settings { cache: None, ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    println!("computed: {READS} reads of each, as the public sees it");
    tell(&app, "the demo city").await;
    let beside = app.store.beside().await;
    crowd(&beside, CollectionName::Exchanges, 100_100, Likeness::True).await;
    crowd(&beside, CollectionName::Agreements, 10_000, Likeness::True).await;
    pobratim_migrations::count_exchanges(&beside).await.unwrap();
    analyze(&beside).await;
    // What copies are found by is that of their originals, of other years and numbers.
    let began = Instant::now();
    let done = app.database.reindex(|_, _| {}).await.unwrap();
    let seconds = began.elapsed().as_secs_f64();
    println!("  {} of {} records indexed anew in {seconds:.0} s", done.mended, done.records);
    analyze(&beside).await;
    tell(&app, "with 100,100 exchanges and 10,000 agreements").await;
}

async fn tell(app: &App, of: &str) {
    let (findings, reminders) = (read(app, findings).await, read(app, reminders).await);
    let ms = |time: Duration| time.as_secs_f64() * 1e3;
    println!("  {of:<46} findings {:>7.1} ms   reminders {:>7.1} ms", ms(findings), ms(reminders));
    let before = resident();
    let began = Instant::now();
    let first = report(app, "json").await;
    let took = began.elapsed();
    let again = read(app, async |app| {
        report(app, "json").await;
    });
    let again = again.await;
    let page = read(app, async |app| {
        report(app, "html").await;
    });
    let page = page.await;
    println!(
        "  {:<46} annual report, first {:>7.1} ms   again {:>7.1} ms   as a page {:>7.1} ms   {} kB of JSON, {:+} MB resident",
        "",
        ms(took),
        ms(again),
        ms(page),
        first / 1000,
        (resident() - before) / 1000
    );
}

/// The report of 2011 over HTTP; gives how long it is.
async fn report(app: &App, form: &str) -> usize {
    let path = format!("/v1/reports/annual/2011?lang=ru&as_of=2012-12-31&format={form}");
    app.get(&path).send().await.expect(200).bytes.len()
}

/// Memory of this process that is resident, in kB (Linux; elsewhere nothing is told).
fn resident() -> i64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().trim_end_matches(" kB").trim().parse().unwrap_or(0)
}

async fn read(app: &App, one: impl AsyncFn(&App)) -> Duration {
    let mut times = Vec::new();
    for _ in 0..READS {
        let began = Instant::now();
        one(app).await;
        times.push(began.elapsed());
    }
    median(&times)
}

async fn findings(app: &App) {
    let query = FindingsQuery {
        municipality: "blagoveshchensk".to_owned(),
        year: Some(2011),
        on: "2012-12-31".parse().unwrap(),
        lang: "ru".to_owned(),
        readable: None,
    };
    let found = app.database.read(async |snapshot| snapshot.findings(&View::Public, &query).await).await.unwrap();
    assert!(!found.items.is_empty());
}

async fn reminders(app: &App) {
    let query = RemindersQuery {
        municipality: "blagoveshchensk".to_owned(),
        settings: SummarySettings { anniversary_years: vec![5, 10, 20, 25, 50], dormancy_months: 36 },
        on: "2012-12-31".parse().unwrap(),
        until: "2013-12-31".parse().unwrap(),
        lang: "ru".to_owned(),
        readable: None,
    };
    let due = app.database.read(async |snapshot| snapshot.reminders(&View::Public, &query).await).await.unwrap();
    assert!(!due.items.is_empty());
}
