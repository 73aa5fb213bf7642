//! Lists of 100,000 exchanges: what page 2000 costs, measured in page 1.

use std::time::{Duration, Instant};

use pobratim_api::Settings;
use pobratim_domain::{CollectionName, Exchange};
use pobratim_persistence::{COMMON_SORTS, Cursor, Database, Declared, Key, ListQuery, Sort, View};
use pobratim_tests::{App, Likeness, Store, analyze, crowd, rows};
use sea_orm::DatabaseConnection;

use crate::median;

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");
const CROWD: u64 = 100_100;
const LIMIT: u64 = 50;
const DEEP: u64 = 1_999 * LIMIT;
const READS: usize = 300;
const NAME: &str = "bench";

pub async fn measure() {
    let app = App::start_with(Store::new().await, Settings::default()).await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    let beside = app.store.beside().await;
    crowd(&beside, CollectionName::Exchanges, CROWD, Likeness::Varied).await;
    analyze(&beside).await;
    println!("pages: {LIMIT} of {CROWD} exchanges, {READS} reads of each, in turns, as the public sees them");
    let sorts = COMMON_SORTS.iter().chain(Declared::of(CollectionName::Exchanges).sorts);
    for sort in sorts {
        let deep = cursor(&app.database, &beside, *sort).await;
        let (mut first, mut last) = (Vec::new(), Vec::new());
        for _ in 0..READS {
            first.push(read(&app.database, *sort, None).await);
            last.push(read(&app.database, *sort, Some(deep.clone())).await);
        }
        let (first, last) = (median(&first), median(&last));
        println!(
            "  by {:<12} page 1 {:>7.0} µs   page 2000 {:>7.0} µs   ratio {:.2}",
            sort.name,
            first.as_secs_f64() * 1e6,
            last.as_secs_f64() * 1e6,
            last.as_secs_f64() / first.as_secs_f64()
        );
    }
}

/// The cursor that page 1999 ends with.
async fn cursor(database: &Database, beside: &DatabaseConnection, sort: Sort) -> String {
    let (table, column) = (CollectionName::Exchanges.as_str(), sort.column);
    let sql = format!(
        "SELECT id, {column} AS key FROM {table} WHERE visibility = 'public' ORDER BY {column}, id LIMIT 1 OFFSET {}",
        DEEP.min(CROWD * 8 / 10)
    );
    let row = rows(beside, sql).await.remove(0);
    let key = row.try_get::<i64>("", "key").map(Key::Whole).or_else(|_| row.try_get("", "key").map(Key::Text)).unwrap();
    Cursor { key, id: row.try_get("", "id").unwrap() }.encode(database.secret(), NAME).unwrap()
}

async fn read(database: &Database, sort: Sort, cursor: Option<String>) -> Duration {
    let query = ListQuery {
        filters: Vec::new(),
        sort,
        descending: false,
        limit: LIMIT,
        cursor,
        count: false,
        name: NAME.to_owned(),
    };
    let secret = database.secret().clone();
    let began = Instant::now();
    let page =
        database.read(async |snapshot| snapshot.list::<Exchange>(&View::Public, &query, &secret).await).await.unwrap();
    let took = began.elapsed();
    assert_eq!(page.rows.len() as u64, LIMIT);
    took
}
