//! Events and exchanges by their dates: what reports and rules find by their indexes is what is found among
//! all records by hand, after a walk of creates, changes and deletions, for whoever asks.

use std::collections::BTreeSet;

use jiff::civil::Date;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::PartialInterval;
use pobratim_domain::{
    CityEvent, CollectionName, EventStatus, Exchange, ExchangeCount, ExchangeCounts, ExchangeState, FindingCode,
    FindingFacts, Observation, OpenActivity, Record, RecordMention, ReportFacts, Role, UncountedExchange,
    fields_of_domain,
};
use pobratim_persistence::{Dated, FindingsQuery, ListQuery, Only, Snapshot, Stored, View, When};
use pobratim_tests::{App, municipality};
use serde_json::{Value, json};
use uuid::Uuid;

const CITY: &str = "blagoveshchensk";
const PERIODS: [&str; 16] = [
    "2009",
    "2010",
    "2011",
    "2010-12/2011-01",
    "2008/..",
    "../2011-06",
    "2011?",
    "2009-01/2012?",
    "2010-05-01~",
    "2012%",
    "2010-05",
    "2010-06",
    "2010-06-01/2010-06-20",
    "2005-11/2007-02",
    "2013-02",
    "2011-12-31/2012-01-01",
];
const FIGURES: [&str; 7] = ["2010", "2011", "2009/2012", "2010-05", "2010-05/2010-07", "2012-07/2013-06", "2011?"];
const DOMAINS: [&str; 3] = ["international_relations", "foreign_economic_activity", "tourism"];
const FIELDS: [&str; 4] = ["culture", "trade", "industry", "tourism"];
const CODES: [FindingCode; 4] = [
    FindingCode::PlannedButPast,
    FindingCode::ReportedWithoutRecords,
    FindingCode::ExchangeWithoutHeadcount,
    FindingCode::MissingSection,
];
const RECORDS: usize = 130;
const CHANGES: usize = 90;

/// Numbers that look random and are the same in every run (the generator of PCG's family).
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from((self.0 >> 33) % sides as u64).unwrap()
    }

    fn pick<T: Copy>(&mut self, all: &[T]) -> T {
        all[self.roll(all.len())]
    }

    /// What may change of an event or an exchange.
    fn members(&mut self, collection: CollectionName) -> Value {
        let mut members = json!({
            "visibility": self.pick(&["public", "public", "internal"]), "highlight": self.roll(3) == 0,
            "period": if self.roll(6) == 0 { Value::Null } else { self.pick(&PERIODS).into() },
            "fields": if self.roll(2) == 0 { json!([]) } else { json!([self.pick(&FIELDS)]) },
        });
        if collection == CollectionName::Exchanges {
            members["counts_in_statistics"] = (self.roll(4) > 0).into();
            let total = json!({"total": {"value": 7, "qualifier": "exact"}});
            members["headcount"] = if self.roll(2) == 0 { Value::Null } else { total };
        }
        members
    }
}

/// A city with events, exchanges and figures as the dice fall.
async fn made() -> App {
    let app = App::start().await;
    let operator = app.operator().await;
    let mut city = municipality(CITY);
    city["report"] = json!({"domains": DOMAINS});
    app.create("municipalities", &operator, city).await;
    let key = app.key(Role::Admin, CITY).await;
    let mut places = Vec::new();
    for (name, country) in [("Blagoveshchensk", "RU"), ("Heihe", "CN"), ("Hong Kong", "HK"), ("Joetsu", "JP")] {
        let names = json!([{"text": name, "lang": "en", "kind": "official", "preferred": true}]);
        let place = json!({"kind": "municipality", "country": country, "visibility": "public", "names": names});
        places.push(app.create("places", &key, place).await["id"].clone());
    }
    let mut dice = Dice(37);
    let mut all = Vec::new();
    for number in 0..RECORDS {
        let source = json!([{"text": "Архив", "locator": "1"}]);
        let (collection, mut body) = if number % 3 == 0 {
            let status = dice.pick(EventStatus::ALL);
            let event = json!({"kind": "fair", "title": {"ru": "Ярмарка"}, "status": status, "historical": true});
            (CollectionName::Events, event)
        } else {
            let (state, partner) = (dice.pick(ExchangeState::ALL), places[1 + dice.roll(3)].clone());
            let (direction, origin, destination) = match dice.roll(2) {
                0 => ("incoming", partner, places[0].clone()),
                _ => ("outgoing", places[0].clone(), partner),
            };
            let exchange = json!({
                "title": {"ru": "Поездка"}, "direction": direction, "audience": "mixed", "state": state,
                "origin": origin, "destination": destination, "historical": true,
            });
            (CollectionName::Exchanges, exchange)
        };
        body["sources"] = source;
        body.as_object_mut().unwrap().extend(dice.members(collection).as_object().unwrap().clone());
        body.as_object_mut().unwrap().retain(|_, value| !value.is_null());
        all.push((collection, app.create(&collection.path(), &key, body).await["id"].as_str().unwrap().to_owned()));
    }
    for _ in 0..CHANGES {
        let at = dice.roll(all.len());
        let (collection, id) = &all[at];
        let path = format!("/v1/{}/{id}", collection.path());
        if dice.roll(5) == 0 {
            app.request("DELETE", &path).key(&key).if_match("*").send().await.expect(204);
            all.swap_remove(at);
        } else {
            let patch = dice.members(*collection);
            app.request("PATCH", &path).key(&key).if_match("*").json(patch).send().await.expect(200);
        }
    }
    for period in FIGURES {
        for (country, direction) in [(Some("CN"), None), (None, Some("incoming")), (Some("JP"), Some("outgoing"))] {
            let mut figure = json!({
                "indicator": "delegations", "period": period, "value": {"value": 9, "qualifier": "exact"},
                "visibility": "public", "sources": [{"text": "Архив", "locator": "1"}],
            });
            if let Some(country) = country {
                figure["country"] = country.into();
            }
            if let Some(direction) = direction {
                figure["direction"] = direction.into();
            }
            app.create("observations", &key, figure).await;
        }
    }
    app
}

/// All records of a collection that somebody sees.
async fn all<T: Stored>(snapshot: &Snapshot, view: &View) -> Vec<Record<T>> {
    snapshot.first::<T>(view, &ListQuery::all::<T>(10_000)).await.unwrap()
}

/// The days that a period may be on.
fn days(period: Option<PartialInterval>) -> Option<(Date, Date)> {
    let calendar = (Date::constant(0, 1, 1), Date::constant(9999, 12, 31));
    period.map(|period| (period.earliest().unwrap_or(calendar.0), period.latest().unwrap_or(calendar.1)))
}

fn is_then(period: Option<PartialInterval>, when: When) -> bool {
    match (days(period), when) {
        (Some((first, last)), When::Between(from, to)) => first <= to && from <= last,
        (Some((_, last)), When::Since(from)) => from <= last,
        (None, When::Unknown) => true,
        _ => false,
    }
}

fn year(year: i16) -> When {
    When::Between(Date::constant(year, 1, 1), Date::constant(year, 12, 31))
}

/// What lists and rules look at in a record.
struct Facts {
    id: Uuid,
    period: Option<PartialInterval>,
    highlight: bool,
    state: &'static str,
}

async fn by_hand_and_by_index<T: Stored>(
    snapshot: &Snapshot,
    view: &View,
    states: &[&str],
    of: impl Fn(&T) -> (Option<PartialInterval>, bool, &'static str),
) -> usize {
    let mut known: Vec<Facts> = Vec::new();
    for record in all::<T>(snapshot, view).await {
        let (period, highlight, state) = of(&record.body);
        known.push(Facts { id: record.head.id, period, highlight, state });
    }
    known.sort_by_key(|facts| (days(facts.period).map_or(Date::MAX, |days| days.0), facts.id));
    let (from, to) = (Date::constant(2010, 3, 5), Date::constant(2011, 6, 1));
    let times = [2006, 2009, 2010, 2011, 2012].map(year).into_iter().chain([
        When::Between(from, to),
        When::Since(from),
        When::Since(Date::constant(2011, 1, 1)),
        When::Unknown,
    ]);
    let mut seen = 0;
    for when in times {
        for only in [Only::All, Only::Highlights, Only::Open(states)] {
            let fits = |facts: &&Facts| {
                is_then(facts.period, when)
                    && match only {
                        Only::All => true,
                        Only::Highlights => facts.highlight,
                        Only::Open(states) => states.contains(&facts.state),
                    }
            };
            for limit in [1, 4, 500] {
                let wanted: Vec<Uuid> = known.iter().filter(fits).take(limit).map(|facts| facts.id).collect();
                let dated = Dated { municipality: CITY, when, only, limit: limit as u64 };
                let found = snapshot.dated::<T>(view, dated).await.unwrap();
                let found: Vec<Uuid> = found.iter().map(|record| record.head.id).collect();
                assert_eq!(found, wanted, "{dated:?}");
                seen += found.len();
            }
        }
    }
    let elsewhere = Dated { municipality: "heihe", when: year(2010), only: Only::All, limit: 500 };
    assert!(snapshot.dated::<T>(view, elsewhere).await.unwrap().is_empty());
    seen
}

#[tokio::test]
async fn what_the_indexes_of_dates_find_is_what_all_records_have() {
    let app = made().await;
    for view in [View::Public, View::Internal(CITY.to_owned())] {
        let exchanges = async |snapshot: &Snapshot| {
            let of = |body: &Exchange| (body.period, body.highlight, body.state.as_str());
            let events = |body: &CityEvent| (body.period, body.highlight, body.status.as_str());
            let some = by_hand_and_by_index::<Exchange>(snapshot, &view, &["proposed", "confirmed"], of).await;
            let others = by_hand_and_by_index::<CityEvent>(snapshot, &view, &["idea", "postponed"], events).await;
            Ok((some, others))
        };
        let (some, others) = app.database.read(exchanges).await.unwrap();
        assert!(some > 300 && others > 100, "{some} {others}");
    }
}

/// The facts for the rules about activities, from all records.
async fn facts(snapshot: &Snapshot, view: &View, of: Option<i16>, on: Date) -> FindingFacts {
    let mut facts = FindingFacts::new(on, of);
    let (exchanges, events) = (all::<Exchange>(snapshot, view).await, all::<CityEvent>(snapshot, view).await);
    let mut counts = ExchangeCounts::default();
    let when = of.map_or_else(|| When::Between(on.saturating_sub(jiff::Span::new().years(1)), on), year);
    let mut fields: BTreeSet<String> = BTreeSet::new();
    let mut has_activity = false;
    for Record { head, body } in &exchanges {
        let record = RecordMention::of(CollectionName::Exchanges, head);
        let place = snapshot.record::<pobratim_domain::Place>(view, body.partner_place()).await.unwrap();
        let country: CountryCode = place.body.country.group();
        if let (true, Some(period)) = (body.is_counted(), body.period) {
            if let (false, Some(first), Some(last)) = (period.is_doubtful(), period.earliest(), period.latest()) {
                let count = ExchangeCount { direction: body.direction, country, first, last, count: 1 };
                let (first, last) = (first.first_of_month(), last.last_of_month());
                counts.months.push(ExchangeCount { first, last, ..count });
                let (first, last) = (first.first_of_year(), last.last_of_year());
                counts.years.push(ExchangeCount { first, last, ..count });
            }
            if body.headcount.is_none() && is_then(body.period, when) {
                facts.uncounted.push(UncountedExchange { record: record.clone(), period: period.to_string() });
            }
        }
        if let (true, Some(period)) = (body.state.is_open(), body.period) {
            let (state, title) = (body.state.as_str().to_owned(), body.title.clone());
            facts.open.push(OpenActivity { record, member: "state", state, period, title });
        }
        let is_lively = body.state == ExchangeState::UnderWay || body.state.took_place();
        if is_lively && (body.period.is_none() || is_then(body.period, when)) {
            has_activity = true;
            fields.extend(body.fields.iter().map(|field| field.as_str().to_owned()));
        }
    }
    for Record { head, body } in &events {
        if let (true, Some(period)) = (body.status.is_open(), body.period) {
            let (state, title) = (body.status.as_str().to_owned(), body.title.clone());
            let record = RecordMention::of(CollectionName::Events, head);
            facts.open.push(OpenActivity { record, member: "status", state, period, title });
        }
        if body.status == EventStatus::Held && (body.period.is_none() || is_then(body.period, when)) {
            has_activity = true;
            fields.extend(body.fields.iter().map(|field| field.as_str().to_owned()));
        }
    }
    facts.counts = Some(counts);
    facts.observations = all::<Observation>(snapshot, view).await;
    let city = snapshot.municipality(CITY).await.unwrap().unwrap();
    let domains = city.body.report.unwrap().domains.iter().map(|domain| domain.as_str().to_owned()).collect();
    fields.retain(|field| DOMAINS.iter().any(|domain| fields_of_domain(domain).contains(&field.as_str())));
    facts.report = Some(ReportFacts {
        municipality: RecordMention::of(CollectionName::Municipalities, &city.head),
        domains,
        fields,
        indicators: BTreeSet::from(["delegations".to_owned()]),
        has_activity,
        has_economy: false,
    });
    facts
}

fn told(findings: &[pobratim_domain::Finding]) -> BTreeSet<String> {
    let of_dates = findings.iter().filter(|finding| CODES.contains(&finding.code));
    of_dates.map(|finding| format!("{} {} {:?}", finding.code.as_str(), finding.id, finding.evidence)).collect()
}

#[tokio::test]
async fn rules_about_dates_find_what_they_find_in_all_records() {
    let app = made().await;
    let mut codes = BTreeSet::new();
    for view in [View::Public, View::Internal(CITY.to_owned())] {
        for of in [None, Some(2008), Some(2010), Some(2011), Some(2030)] {
            let on = Date::constant(2012, 2, 14);
            let query =
                FindingsQuery { municipality: CITY.to_owned(), year: of, on, lang: "ru".to_owned(), readable: None };
            let both = async |snapshot: &Snapshot| {
                let found = snapshot.findings(&view, &query).await?.items;
                Ok((told(&found), told(&facts(snapshot, &view, of, on).await.findings("ru"))))
            };
            let (found, wanted) = app.database.read(both).await.unwrap();
            assert_eq!(found, wanted, "{of:?}");
            codes.extend(found.iter().filter_map(|finding| finding.split(' ').next().map(str::to_owned)));
        }
    }
    assert_eq!(codes, CODES.map(|code| code.as_str().to_owned()).into(), "every rule had something to say");
}
