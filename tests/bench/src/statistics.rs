//! Statistics of 1,000,000 exchanges: by the counts that are kept with every change, and, beside it,
//! by counting over an index that has everything that is asked for.

use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_domain::{ExchangeStatisticsGroup, ExchangeStatisticsQuery, Period, Slug};
use pobratim_persistence::{Clock, Database, View};
use pobratim_tests::{App, Store, analyze, rows};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend};

use crate::median;

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");
const EXCHANGES: u64 = 1_000_000;
const READS: usize = 20;

/// Counting them over an index alone, as the public sees them.
const OVER_INDEX: &str = "SELECT partner, period_first, period_last, direction, audience, count(*) AS n \
    FROM exchanges WHERE municipality = 'blagoveshchensk' AND visibility = 'public' AND deleted_at IS NULL \
    AND state IN ('completed', 'reported') AND counts_in_statistics \
    GROUP BY partner, period_first, period_last, direction, audience";

pub async fn measure() {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    let beside = app.store.beside().await;
    let began = Instant::now();
    fill(&beside).await;
    println!("statistics: {EXCHANGES} exchanges, made in {} s", began.elapsed().as_secs());
    let began = Instant::now();
    pobratim_migrations::count_exchanges(&beside).await.unwrap();
    analyze(&beside).await;
    let counts = rows(&beside, "SELECT count(*) AS n FROM exchange_counts").await.remove(0);
    let counts: i64 = counts.try_get("", "n").unwrap();
    println!("  counted by the migration's statement in {} s, {counts} counts", began.elapsed().as_secs());
    let (all, from) = (Period::default(), Period::years(2002, 2011));
    use ExchangeStatisticsGroup::{Audience, Country, Direction, Year};
    for (label, group_by, period) in [
        ("country, year, direction, audience", vec![Country, Year, Direction, Audience], all),
        ("country, year, direction", vec![Country, Year, Direction], all),
        ("country, direction in 2011", vec![Country, Direction], Period::year(2011)),
        ("year, direction in ten years", vec![Year, Direction], from),
    ] {
        for view in [View::Public, View::Restricted("blagoveshchensk".to_owned())] {
            let query = ExchangeStatisticsQuery {
                municipality: Slug::parse("blagoveshchensk").ok(),
                group_by: group_by.clone(),
                period,
                ..ExchangeStatisticsQuery::default()
            };
            let (first, _, _) = read(&fresh(&app).await, &view, &query).await;
            let mut times = Vec::new();
            let mut found = (0, 0);
            for _ in 0..READS {
                let (took, many, bytes) = read(&app.database, &view, &query).await;
                times.push(took);
                found = (many, bytes);
            }
            println!(
                "  by {label:<36} {:<2} first {:>5.1} ms  then {:>5.1} ms  {} rows, {} kB of JSON",
                &view.tag()[..1],
                first.as_secs_f64() * 1e3,
                median(&times).as_secs_f64() * 1e3,
                found.0,
                found.1 / 1000
            );
        }
    }
    over_index(&beside).await;
}

/// Another handle on the same database, whose connections are not open yet.
async fn fresh(app: &App) -> Database {
    Database::open(app.store.url.clone(), Some("a secret of the suite"), Clock::system()).await.unwrap()
}

/// Reads them and writes their JSON: how long, how many rows, how many bytes.
async fn read(database: &Database, view: &View, query: &ExchangeStatisticsQuery) -> (Duration, usize, usize) {
    let began = Instant::now();
    let found = database.read(async |snapshot| snapshot.exchange_statistics(view, query).await).await.unwrap();
    let bytes = serde_json::to_string(&found).unwrap().len();
    (began.elapsed(), found.rows.len(), bytes)
}

async fn over_index(connection: &DatabaseConnection) {
    let index = "CREATE INDEX counted ON exchanges \
        (municipality, partner, period_first, period_last, direction, audience, visibility, state) \
        WHERE deleted_at IS NULL AND counts_in_statistics";
    connection.execute_unprepared(index).await.unwrap();
    if connection.get_database_backend() == DbBackend::Postgres {
        connection.execute_unprepared("VACUUM ANALYZE exchanges").await.unwrap();
    }
    analyze(connection).await;
    let explain = match connection.get_database_backend() {
        DbBackend::Sqlite => "EXPLAIN QUERY PLAN ",
        _ => "EXPLAIN ",
    };
    for row in rows(connection, format!("{explain}{OVER_INDEX}")).await {
        let line: Result<String, _> = row.try_get("", "detail").or_else(|_| row.try_get("", "QUERY PLAN"));
        println!("    {}", line.unwrap());
    }
    let mut times = Vec::new();
    for _ in 0..5 {
        let began = Instant::now();
        let counted = rows(connection, format!("SELECT count(*) AS n FROM ({OVER_INDEX}) AS counted")).await;
        assert!(counted[0].try_get::<i64>("", "n").unwrap() > 1_000);
        times.push(began.elapsed());
    }
    println!("  counted over an index alone: {:.0} ms", median(&times).as_secs_f64() * 1e3);
}

/// Delegations of sixty years, from and to all places of the demo city, of all audiences; a few of
/// them with dates in doubt, without a date, or not public.
async fn fill(connection: &DatabaseConnection) {
    let sqlite = connection.get_database_backend() == DbBackend::Sqlite;
    if sqlite {
        connection.execute_unprepared("PRAGMA synchronous = OFF").await.unwrap();
        connection.execute_unprepared("PRAGMA cache_size = -65536").await.unwrap();
    }
    let indexes = if sqlite {
        "SELECT name FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name = 'exchanges'"
    } else {
        "SELECT indexname::text AS name FROM pg_indexes WHERE indexname NOT LIKE '%_pkey' AND tablename = 'exchanges'"
    };
    // Statistics use none of them, and to keep them up takes most of the time.
    for row in rows(connection, indexes).await {
        let name: String = row.try_get("", "name").unwrap();
        connection.execute_unprepared(&format!("DROP INDEX \"{name}\"")).await.unwrap();
    }
    let id = if sqlite {
        "unhex(printf('01900000%08x70008000%08x', k, k))"
    } else {
        "('01900000' || lpad(to_hex(k), 8, '0') || '70008000' || lpad(to_hex(k), 8, '0'))::uuid"
    };
    let audiences = [
        "officials",
        "children",
        "youth",
        "students",
        "teachers",
        "specialists",
        "medics",
        "creative",
        "sports",
        "business",
        "media",
        "citizens",
        "mixed",
    ];
    let audience: String = audiences.iter().enumerate().map(|(at, name)| format!("WHEN {at} THEN '{name}' ")).collect();
    let statement = format!(
        "INSERT INTO exchanges (id, ref, municipality, visibility, tags, sources, claims, external_ids, version, \
           created_at, updated_at, title, direction, mode, audience, origin, destination, period, fields, state, \
           headcount, partnerships, events, projects, implementers, itinerary, highlight, counts_in_statistics, \
           title_key, period_first, period_last, partner) \
         WITH RECURSIVE numbers(n) AS (SELECT CAST(1 AS bigint) UNION ALL SELECT n + 1 FROM numbers WHERE n < {EXCHANGES}), \
         mixed AS (SELECT n AS k, (n * 7919 % 1000003) AS a, (n * 104729 % 1000033) AS b, \
           (n * 611953 % 1000037) AS c FROM numbers), \
         partners AS (SELECT id AS place, row_number() OVER (ORDER BY ref) - 1 AS number FROM places WHERE ref <> 'PLA-0001'), \
         home AS (SELECT id AS place FROM places WHERE ref = 'PLA-0001'), \
         made AS (SELECT k, a, b, c, 1960 + a % 60 AS y, p.place AS partner, home.place AS home, \
           CASE WHEN b % 2 = 0 THEN 'incoming' ELSE 'outgoing' END AS direction \
           FROM mixed JOIN partners AS p ON p.number = c % 19 CROSS JOIN home) \
         SELECT {id}, 'EXC-' || (1000000 + k), 'blagoveshchensk', CASE WHEN c % 10 = 3 THEN 'internal' ELSE 'public' END, \
           '[]', '[]', '[]', '[]', 1, 1400000000000000 + k, 1400000000000000 + k, '{{\"en\":\"Delegation\"}}', direction, \
           'in_person', CASE b % 13 {audience}END, CASE direction WHEN 'incoming' THEN partner ELSE home END, \
           CASE direction WHEN 'incoming' THEN home ELSE partner END, \
           CASE WHEN k % 50 = 0 THEN NULL WHEN k % 50 = 1 THEN y || '?' ELSE CAST(y AS text) END, '[]', 'completed', \
           CASE WHEN k % 3 = 0 THEN NULL ELSE '{{\"total\":{{\"value\":22,\"qualifier\":\"exact\"}}}}' END, \
           '[]', '[]', '[]', '[]', '[]', false, true, 'delegation', \
           CASE WHEN k % 50 = 0 THEN '9999-12-31' ELSE y || '-01-01' END, \
           CASE WHEN k % 50 = 0 THEN '0000-01-01' ELSE y || '-12-31' END, partner FROM made"
    );
    connection.execute_unprepared(&statement).await.unwrap();
}
