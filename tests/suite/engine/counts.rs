//! What statistics count is what there is, whatever happened: a long walk of random changes, in
//! batches, some of them refused half-way, and after every stretch everything is counted again.

use std::collections::BTreeMap;

use pobratim_domain::value::Qualifier;
use pobratim_domain::{Exchange, ExchangeStatisticsGroup, ExchangeStatisticsQuery, Place, Record, Slug, text_of};
use pobratim_persistence::{Database, Envelope, Error, Happened, ListQuery, Stamp, Tx, View};
use pobratim_tests::Store;
use sea_orm::ConnectionTrait;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{Held, Outcome, beside, create, open, queue};

const CITIES: [&str; 2] = ["blagoveshchensk", "joetsu"];
const COUNTRIES: [&str; 4] = ["CN", "HK", "JP", "KP"];
const PERIODS: [Option<&str>; 7] =
    [None, Some("2011"), Some("2010?"), Some("2010-12/2011-01"), Some("[..2001]"), Some("2011-05-01"), Some("2003/..")];
const STRETCHES: usize = 12;
const BATCH: usize = 24;

/// Numbers that look random and are the same in every run (the generator of PCG's family).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<T: Clone>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())].clone()
    }

    /// An exchange between two of the places.
    fn exchange(&mut self, places: &[Uuid]) -> Value {
        let origin = self.roll(places.len());
        let destination = (origin + 1 + self.roll(places.len() - 1)) % places.len();
        let mut body = json!({
            "title": {"en": "Exchange"}, "direction": self.pick(&["incoming", "outgoing"]),
            "audience": self.pick(&["officials", "children", "mixed"]), "origin": places[origin],
            "destination": places[destination], "state": self.pick(&["completed", "reported", "proposed"]),
            "counts_in_statistics": self.roll(5) > 0, "visibility": self.pick(&["public", "internal", "restricted"]),
        });
        if let Some(period) = self.pick(&PERIODS) {
            body["period"] = period.into();
        }
        if self.roll(3) > 0 {
            let qualifier = self.pick(&["exact", "more_than", "at_least", "about", "at_most"]);
            body["headcount"] = json!({"total": {"value": self.roll(50), "qualifier": qualifier}});
        }
        body
    }
}

/// A change to make.
#[derive(Clone, Debug)]
enum Change {
    Create(Value, &'static str),
    Replace(Uuid, Value),
    Delete(Uuid),
    Restore(Uuid),
    Move(Uuid, &'static str),
}

async fn make(tx: &Tx, change: Change) -> Result<Option<Uuid>, Error> {
    let view = View::System;
    let happened = Happened::plain("changed");
    match change {
        Change::Create(body, city) => {
            let record: Record<Exchange> = serde_json::from_value(body)?;
            let row = tx.create(&view, Slug::parse(city).ok(), record, happened).await?;
            return Ok(Some(Envelope::of::<Exchange>(&row)?.id));
        }
        Change::Replace(id, body) => {
            let before = tx.get::<Exchange>(&view, id).await?;
            let new: Record<Exchange> = serde_json::from_value(body)?;
            let mut record = before.record.clone();
            record.body = new.body;
            record.head.visibility = new.head.visibility;
            tx.update(&view, before, record, happened).await?;
        }
        Change::Delete(id) => {
            let before = tx.get::<Exchange>(&view, id).await?;
            tx.delete(&view, before).await?;
        }
        Change::Restore(id) => {
            let before = tx.get_deleted::<Exchange>(&view, id).await?;
            tx.restore(&view, before).await?;
        }
        Change::Move(id, country) => {
            let before = tx.get::<Place>(&view, id).await?;
            let mut record = before.record.clone();
            record.body.country = serde_json::from_value(country.into())?;
            tx.update(&view, before, record, happened).await?;
        }
    }
    Ok(None)
}

/// Makes two changes in one command, and then perhaps takes it all back.
async fn queue_changes(database: &Database, changes: [Change; 2], refuse: bool) -> Outcome<Vec<Uuid>> {
    queue(database, move |tx| async move {
        let mut made = Vec::new();
        for change in changes {
            made.extend(make(&tx, change).await?);
        }
        if refuse { Err(Error::NotFound) } else { Ok(made) }
    })
    .await
}

#[tokio::test]
async fn statistics_count_what_there_is() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let mut places = Vec::new();
    for name in ["Blagoveshchensk", "Heihe", "Joetsu", "Hong Kong", "Pyongsong"] {
        places.push(create(&database, name).await.unwrap().0);
    }
    let mut dice = Dice(2011);
    let mut known: Vec<Uuid> = Vec::new();
    for stretch in 0..STRETCHES {
        let held = Held::new(&database).await;
        let mut outcomes = Vec::new();
        for _ in 0..BATCH {
            let mut change = || match dice.roll(if known.is_empty() { 1 } else { 10 }) {
                0..=3 => Change::Create(dice.exchange(&places), dice.pick(&CITIES)),
                4..=5 => Change::Replace(dice.pick(&known), dice.exchange(&places)),
                6..=7 => Change::Delete(dice.pick(&known)),
                8 => Change::Restore(dice.pick(&known)),
                _ => Change::Move(dice.pick(&places), dice.pick(&COUNTRIES)),
            };
            let changes = [change(), change()];
            outcomes.push(queue_changes(&database, changes, dice.roll(6) == 0).await);
        }
        held.release().await;
        for outcome in outcomes {
            match outcome.await {
                Ok(made) => known.extend(made),
                // What was deleted twice, or taken back.
                Err(Error::NotFound) => {}
                Err(error) => panic!("stretch {stretch}: {error}"),
            }
        }
        let views =
            [View::System, View::Public, View::Internal(CITIES[0].to_owned()), View::Restricted(CITIES[1].to_owned())];
        for view in views {
            let (counted, there) = (counted(&database, &view).await, there(&database, &view).await);
            assert_eq!(counted, there, "stretch {stretch}, {}", view.tag());
        }
        assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new(), "stretch {stretch}");
    }
    assert!(known.len() > 150, "{} exchanges were made", known.len());
    let all = counted(&database, &View::System).await;
    assert!(all.len() > 20 && all.values().any(|(exchanges, ..)| *exchanges > 2), "{all:?}");
}

/// What verify says when the counts were tampered with.
#[tokio::test]
async fn verify_counts_again() {
    let store = Store::new().await;
    let database = open(&store, 1).await;
    let mut places = Vec::new();
    for name in ["Blagoveshchensk", "Heihe"] {
        places.push(create(&database, name).await.unwrap().0);
    }
    let body = json!({
        "title": {"en": "Exchange"}, "direction": "incoming", "audience": "officials", "origin": places[1],
        "destination": places[0], "state": "completed", "period": "2011", "headcount": {"total": {"value": 7}},
    });
    let made = database
        .write(Stamp::system("test"), None, move |tx| async move { make(&tx, Change::Create(body, CITIES[0])).await });
    made.await.unwrap();
    assert_eq!(database.verify().await.unwrap().faults, Vec::<String>::new());
    let beside = beside(&store).await;
    beside.execute_unprepared("UPDATE exchange_counts SET exchanges = exchanges + 1, people = 5").await.unwrap();
    let faults = database.verify().await.unwrap().faults;
    let told = "statistics miss -1 exchanges and 2 people: blagoveshchensk CN 2011..2011 incoming officials internal";
    assert_eq!(faults, [told]);
}

type Key = (String, String, String, Option<String>);
/// Exchanges, people, and whether these are all of them.
type Sums = (i64, i64, bool);

/// By the statistics: over all of time everything is certain.
async fn counted(database: &Database, view: &View) -> BTreeMap<Key, Sums> {
    let mut found = BTreeMap::new();
    for city in CITIES {
        let query = ExchangeStatisticsQuery {
            municipality: Slug::parse(city).ok(),
            group_by: vec![
                ExchangeStatisticsGroup::Territory,
                ExchangeStatisticsGroup::Direction,
                ExchangeStatisticsGroup::Audience,
            ],
            ..ExchangeStatisticsQuery::default()
        };
        let statistics =
            database.read(async |snapshot| snapshot.exchange_statistics(view, &query).await).await.unwrap();
        for row in statistics.rows {
            assert_eq!(row.counted.certain, row.counted.possible);
            let key = (
                city.to_owned(),
                text_of(&row.direction),
                text_of(&row.audience),
                row.territory.map(|country| country.to_string()),
            );
            let sums = (row.counted.certain, row.people.value, row.people.qualifier == Qualifier::Exact);
            assert!(found.insert(key, sums).is_none(), "a group has one row");
        }
    }
    found
}

/// By looking at every record that is listed.
async fn there(database: &Database, view: &View) -> BTreeMap<Key, Sums> {
    let query = ListQuery::all::<Exchange>(10_000);
    let secret = database.secret().clone();
    let (exchanges, places) = database
        .read(async |snapshot| {
            let exchanges = snapshot.list::<Exchange>(view, &query, &secret).await?.rows;
            let places = snapshot.list::<Place>(view, &ListQuery::all::<Place>(100), &secret).await?.rows;
            Ok((exchanges, places))
        })
        .await
        .unwrap();
    let country: BTreeMap<Uuid, String> = places.into_iter().map(|place| (place.id, place.country)).collect();
    let mut found: BTreeMap<Key, Sums> = BTreeMap::new();
    for row in exchanges {
        if !row.counts_in_statistics || !["completed", "reported"].contains(&row.state.as_str()) {
            continue;
        }
        let partner = if row.direction == "incoming" { row.origin } else { row.destination };
        let key =
            (row.municipality.clone(), row.direction.clone(), row.audience.clone(), country.get(&partner).cloned());
        let sums = found.entry(key).or_insert((0, 0, true));
        sums.0 += 1;
        let headcount: Value = serde_json::to_value(&row).unwrap()["headcount"]["total"].clone();
        let value = headcount["value"].as_i64().unwrap_or(0);
        match headcount["qualifier"].as_str() {
            Some("exact") => sums.1 += value,
            Some("at_least") => *sums = (sums.0, sums.1 + value, false),
            Some("more_than") => *sums = (sums.0, sums.1 + value + 1, false),
            _ => sums.2 = false,
        }
    }
    found
}
