//! Marks: what the rules about sources, claims and dates find by them is what they find in all records
//! there are, after a walk of creates, changes, deletions and restores, for whoever asks.

use std::collections::BTreeSet;

use pobratim_domain::{CITED, CitedRecord, CityEvent, CollectionName, FindingFacts, Record, RecordMention, Role};
use pobratim_tests::App;
use serde_json::{Value, json};

/// The rules that find by marks.
const CODES: [&str; 6] = [
    "conflicting_claims",
    "outside_year",
    "reused_edition",
    "incomplete_list",
    "ambiguous_country_alias",
    "unconfirmed_date",
];
const TITLES: [&str; 5] = ["Отчёт за 2011 год", "Отчёт за 2010 и 2011 годы", "Протокол 201112", "Report 2010", "Архив"];
const QUOTES: [&str; 7] = [
    "Далянь, Цицикар и др.",
    "с городом Танджин (КР)",
    "ИЗ ХАРБИНА, ДАЛЯНЯ И ДРУГИХ",
    "мир и дружба",
    "Harbin, Dalian, etc.",
    "Жиджао (КНР)",
    "в г. Инчон (РК)?",
];
const DATES: [&str; 9] =
    ["2011", "2010", "2007-08", "2011?", "2009-01/2012?", "2011-05-01~", "2012%", "[..2001]", "2003"];
const RECORDS: usize = 90;
const CHANGES: usize = 120;

/// Numbers that look random and are the same in every run (the generator of PCG's family).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<'a>(&mut self, all: &[&'a str]) -> &'a str {
        all[self.roll(all.len())]
    }

    fn source(&mut self) -> Value {
        let mut source = json!({"text": self.pick(&TITLES), "locator": format!("F{}", self.roll(40))});
        if self.roll(2) == 0 {
            source["quote"] = self.pick(&QUOTES).into();
        }
        source
    }

    /// What rules look at: sources, claims, a date, a series.
    fn members(&mut self, collection: CollectionName) -> Value {
        let sources: Vec<Value> = (0..=self.roll(2)).map(|_| self.source()).collect();
        let date = if collection == CollectionName::Partnerships { "established" } else { "period" };
        let claims: Vec<Value> = (0..self.roll(3))
            .map(|_| {
                let field = self.pick(&[date, "title"]);
                json!({"field": field, "value": self.pick(&DATES), "state": self.pick(&["disputed", "rejected"])})
            })
            .collect();
        let mut members = json!({
            "sources": sources, "claims": claims, "visibility": self.pick(&["public", "internal"]),
            date: if self.roll(5) == 0 { Value::Null } else { self.pick(&DATES).into() },
        });
        if collection == CollectionName::Events && self.roll(3) == 0 {
            members["series"] = json!({"code": "japan_russia_mayors", "edition": 1 + self.roll(10_000)});
        }
        members
    }
}

/// The living records of a collection, as a caller sees them.
async fn all(app: &App, key: Option<&str>, collection: CollectionName) -> Vec<Value> {
    let (mut found, mut next) = (Vec::new(), format!("/v1/{}?limit=200", collection.path()));
    loop {
        let asked = app.get(&next);
        let page = match key {
            Some(key) => asked.key(key),
            None => asked,
        };
        let page = page.send().await.expect(200).json;
        found.extend(page["items"].as_array().unwrap().iter().cloned());
        match page["page"]["next_cursor"].as_str() {
            Some(cursor) => next = format!("/v1/{}?limit=200&cursor={cursor}", collection.path()),
            None => return found,
        }
    }
}

/// What the rules say when they are given every record.
async fn in_all_records(app: &App, key: Option<&str>, year: Option<i16>) -> BTreeSet<String> {
    let mut facts = FindingFacts::new("2012-12-31".parse().unwrap(), year);
    for (collection, dates) in CITED {
        for record in all(app, key, *collection).await {
            let dates = dates.iter().filter_map(|name| Some((*name, record[*name].as_str()?.to_owned())));
            facts.cited.push(CitedRecord {
                record: RecordMention {
                    collection: *collection,
                    id: serde_json::from_value(record["id"].clone()).unwrap(),
                    reference: record["ref"].as_str().unwrap().to_owned(),
                },
                dates: dates.collect(),
                sources: serde_json::from_value(record["sources"].clone()).unwrap_or_default(),
                claims: serde_json::from_value(record["claims"].clone()).unwrap_or_default(),
            });
            if *collection == CollectionName::Events {
                facts.editions.push(serde_json::from_value::<Record<CityEvent>>(record).unwrap());
            }
        }
    }
    facts.findings("ru").iter().map(|finding| format!("{} {}", finding.code.as_str(), finding.id)).collect()
}

/// What is told.
async fn told(app: &App, key: Option<&str>, year: Option<i16>) -> BTreeSet<String> {
    let year = year.map_or_else(String::new, |year| format!("&year={year}"));
    let list = format!("/v1/findings?on=2012-12-31&lang=ru&limit=200&code={}{year}", CODES.join(","));
    let (mut found, mut next) = (BTreeSet::new(), list.clone());
    loop {
        let asked = app.get(&next);
        let page = match key {
            Some(key) => asked.key(key),
            None => asked,
        };
        let page = page.send().await.expect(200).json;
        for item in page["items"].as_array().unwrap() {
            found.insert(format!("{} {}", item["code"].as_str().unwrap(), item["id"].as_str().unwrap()));
        }
        assert!(page["page"].get("truncated").is_none());
        match page["page"]["next_cursor"].as_str() {
            Some(cursor) => next = format!("{list}&cursor={cursor}"),
            None => return found,
        }
    }
}

#[tokio::test]
async fn what_is_marked_is_all_that_the_rules_find() {
    let app = App::with_city().await;
    let key = app.key(Role::Admin, "blagoveshchensk").await;
    let mut places = Vec::new();
    for name in ["Blagoveshchensk", "Heihe"] {
        let names = json!([{"text": name, "lang": "en", "kind": "official", "preferred": true}]);
        let place = json!({"kind": "municipality", "country": "CN", "visibility": "public", "names": names});
        places.push(app.create("places", &key, place).await["id"].clone());
    }
    let mut dice = Dice(2011);
    let mut made = Vec::new();
    for _ in 0..RECORDS {
        let (collection, mut body) = match dice.roll(3) {
            0 => (
                CollectionName::Events,
                json!({"kind": "fair", "title": {"ru": "Ярмарка"}, "status": "held", "historical": true}),
            ),
            1 => (
                CollectionName::Exchanges,
                json!({
                    "title": {"ru": "Поездка"}, "direction": "outgoing", "audience": "mixed", "origin": places[0],
                    "destination": places[1], "state": "completed", "historical": true,
                }),
            ),
            _ => (
                CollectionName::Projects,
                json!({"kind": "culture", "title": {"ru": "Проект"}, "state": "completed", "historical": true}),
            ),
        };
        body.as_object_mut().unwrap().extend(dice.members(collection).as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        made.push((
            collection,
            app.create(&collection.path(), &key, body).await["id"].as_str().unwrap().to_owned(),
            false,
        ));
    }
    for _ in 0..CHANGES {
        let at = dice.roll(made.len());
        let (collection, id, is_deleted) = &mut made[at];
        let path = format!("/v1/{}/{id}", collection.path());
        if *is_deleted {
            app.request("POST", &format!("{path}/restore")).key(&key).if_match("*").send().await.expect(200);
            *is_deleted = false;
        } else if dice.roll(3) == 0 {
            app.request("DELETE", &path).key(&key).if_match("*").send().await.expect(204);
            *is_deleted = true;
        } else {
            let patch = dice.members(*collection);
            let sent = app.request("PATCH", &path).key(&key).if_match("*").json(patch).send().await;
            sent.expect(200);
        }
    }
    let mut codes = BTreeSet::new();
    for key in [None, Some(key.as_str())] {
        for year in [None, Some(2010), Some(2011), Some(2012)] {
            let (told, found) = (told(&app, key, year).await, in_all_records(&app, key, year).await);
            assert_eq!(told, found, "{year:?}");
            codes.extend(found.iter().filter_map(|finding| finding.split(' ').next().map(str::to_owned)));
        }
    }
    assert_eq!(codes, CODES.map(str::to_owned).into(), "every rule had something to say");
    assert_eq!(app.database.verify().await.unwrap().faults, [""; 0]);
}
