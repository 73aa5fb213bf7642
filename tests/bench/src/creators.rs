//! Many who write at once, against the same commands one after the other.
//!
//! Both go through the engine's writer, as every request does; what HTTP costs would only hide what
//! a commit costs. One after the other, each command has a commit of its own and waits for it;
//! at once, commands that wait share one. `synchronous` is read back from the database.

use std::time::{Duration, Instant};

use pobratim_domain::{Place, Record};
use pobratim_persistence::{Clock, Database, Happened, Stamp, View};
use pobratim_tests::{Store, rows};
use serde_json::json;

use crate::median;

const CREATORS: usize = 32;
const COMMANDS: usize = 960;
const ROUNDS: usize = 5;

pub async fn measure() {
    let store = Store::new().await;
    let database = Database::open(store.url.clone(), Some("a secret of the bench"), Clock::system()).await.unwrap();
    let (mut alone, mut together) = (Vec::new(), Vec::new());
    for round in 0..ROUNDS {
        // The two ways take turns, so that what the machine does meanwhile befalls both.
        alone.push(one_by_one(&database, &format!("a{round}")).await);
        together.push(at_once(&database, &format!("t{round}")).await);
    }
    let made = i64::try_from(2 * ROUNDS * COMMANDS).unwrap();
    let verified = database.verify().await.unwrap();
    assert_eq!((verified.entries, verified.faults), (made, Vec::new()), "nothing is lost, nothing doubled");

    let rate = |times: &[Duration]| COMMANDS as f64 / median(times).as_secs_f64();
    let ratios: Vec<f64> =
        alone.iter().zip(&together).map(|(alone, together)| alone.as_secs_f64() / together.as_secs_f64()).collect();
    let (least, most) =
        ratios.iter().fold((f64::MAX, 0.0_f64), |(least, most), ratio| (least.min(*ratio), most.max(*ratio)));
    println!("creators: {COMMANDS} places a round, {ROUNDS} rounds each way; {}", durability(&store).await);
    println!("  one by one        {:>8.0} a second", rate(&alone));
    println!("  {CREATORS} at once        {:>8.0} a second", rate(&together));
    println!("  ratio             {:>8.1} (rounds: {least:.1} to {most:.1})", rate(&together) / rate(&alone));
}

async fn one_by_one(database: &Database, round: &str) -> Duration {
    let began = Instant::now();
    for number in 0..COMMANDS {
        create(database, format!("{round}-{number}")).await;
    }
    began.elapsed()
}

async fn at_once(database: &Database, round: &str) -> Duration {
    let began = Instant::now();
    let mut creators = tokio::task::JoinSet::new();
    for creator in 0..CREATORS {
        let (database, round) = (database.clone(), round.to_owned());
        creators.spawn(async move {
            for number in 0..COMMANDS / CREATORS {
                create(&database, format!("{round}-{creator}-{number}")).await;
            }
        });
    }
    while let Some(creator) = creators.join_next().await {
        creator.unwrap();
    }
    began.elapsed()
}

async fn create(database: &Database, name: String) {
    let body = json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
    });
    let record: Record<Place> = serde_json::from_value(body).unwrap();
    let written = database.write(Stamp::system("bench"), None, move |tx| async move {
        tx.create::<Place>(&View::System, None, record, Happened::plain("created")).await?;
        Ok(())
    });
    written.await.unwrap();
}

async fn durability(store: &Store) -> String {
    let beside = store.beside().await;
    let (sql, name) = match Store::server() {
        None => ("PRAGMA synchronous", "synchronous"),
        Some(_) => (
            "SELECT current_setting('fsync') || ', ' || current_setting('synchronous_commit') AS synchronous",
            "fsync, synchronous_commit",
        ),
    };
    let row = rows(&beside, sql).await.remove(0);
    // 2 is FULL: what SQLite says for a connection that sets nothing, and what the engine sets.
    let value = row.try_get::<i64>("", "synchronous").map(|level| level.to_string());
    format!("{name} = {}", value.or_else(|_| row.try_get::<String>("", "synchronous")).unwrap())
}
