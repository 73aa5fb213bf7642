use serde_json::{Value, json};
use utoipa::PartialSchema;

use super::*;
use crate::codelist;

const HOME: &str = "01890a5d-ac96-774b-bcce-b302099a8001";
const ABROAD: &str = "01890a5d-ac96-774b-bcce-b302099a8002";

/// An exchange with these members beside those it must have.
pub(crate) fn exchange(members: Value) -> Exchange {
    let mut body = json!({
        "title": {"ru": "Обмен детскими делегациями", "zh": "儿童代表团互访"},
        "direction": "outgoing",
        "audience": "children",
        "origin": HOME,
        "destination": ABROAD,
    });
    if let Value::Object(members) = members {
        members.into_iter().for_each(|(name, value)| body[name] = value);
    }
    serde_json::from_value(body).unwrap()
}

/// An enumeration has the values of its codelist, in the same order.
pub(crate) fn same_as_codelist<T: PartialSchema>(name: &str) {
    let codes: Vec<_> = codelist::list(name).unwrap().codes.iter().map(|code| code.code.as_str()).collect();
    assert_eq!(serde_json::to_value(T::schema()).unwrap()["enum"], json!(codes), "{name}");
}

fn faults(members: Value) -> Vec<String> {
    let mut faults = Faults::default();
    exchange(members).check(&Head::default(), &mut faults);
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
}

#[test]
fn enumerations_are_those_of_the_codelists() {
    same_as_codelist::<ExchangeDirection>("exchange_direction");
    same_as_codelist::<ExchangeMode>("exchange_mode");
    same_as_codelist::<ExchangeAudience>("exchange_audience");
}

#[test]
fn what_is_left_out_has_its_default() {
    let exchange = exchange(json!({}));
    assert_eq!((exchange.mode, exchange.state), (ExchangeMode::InPerson, ExchangeState::Proposed));
    assert!(exchange.counts_in_statistics && !exchange.highlight);
    let state = exchange.state().unwrap();
    assert_eq!((state.member, state.current, state.first), ("state", "proposed".into(), "proposed".into()));
}

#[test]
fn a_delegation_travels_unless_it_meets_online() {
    assert_eq!(faults(json!({"destination": HOME})), ["/destination not_allowed"]);
    assert!(faults(json!({"destination": HOME, "mode": "online"})).is_empty());
}

#[test]
fn minors_and_companions_are_among_the_total() {
    let total = |value: i32, qualifier: &str| {
        faults(json!({"headcount": {
            "total": {"value": value, "qualifier": qualifier}, "minors": 18, "accompanying": 3
        }}))
    };
    assert!(total(21, "exact").is_empty());
    assert_eq!(total(20, "exact"), ["/headcount/total not_allowed"]);
    assert_eq!(total(20, "at_most"), ["/headcount/total not_allowed"]);
    assert!(total(20, "more_than").is_empty() && total(20, "about").is_empty());
}

#[test]
fn days_of_the_itinerary_lie_in_the_period() {
    let visit = |period: &str, day: &str| {
        faults(
            json!({"period": period, "itinerary": [{"text": {"ru": "Отъезд"}}, {"day": day, "text": {"ru": "Приём"}}]}),
        )
    };
    assert_eq!(visit("2011-09-12/2011-09-16", "2011-09-17"), ["/itinerary/1/day not_allowed"]);
    for day in ["2011-09-12", "2011-09", "2011", "[..2011-09-01]"] {
        assert!(visit("2011-09-12/2011-09-16", day).is_empty(), "{day}");
    }
    assert!(visit("2010?", "2011-09-12").is_empty(), "a period in doubt says nothing for certain");
}

#[test]
fn all_faults_come_at_once() {
    let found = faults(json!({
        "destination": HOME,
        "fields": ["culture", "sport", "culture"],
        "partnerships": [HOME, HOME],
        "events": [HOME, ABROAD, ABROAD],
        "implementers": [HOME, HOME],
    }));
    assert_eq!(found.len(), 5);
    assert_eq!(
        found[1..],
        ["/fields/2 duplicate", "/partnerships/1 duplicate", "/events/2 duplicate", "/implementers/1 duplicate"]
    );
}

#[test]
fn it_is_found_by_what_it_refers_to_and_by_its_words() {
    let exchange = exchange(json!({
        "organizer": HOME, "host": ABROAD, "agreement": HOME, "partnerships": [HOME], "events": [ABROAD],
        "programme": HOME, "projects": [HOME], "implementers": [HOME], "fields": ["culture"], "itinerary": [{"place": ABROAD, "text": {"ru": "Музей"}}],
    }));
    let mut references = References::default();
    exchange.references(&mut references);
    let pointers: Vec<_> = references.iter().map(|found| found.pointer.as_str()).collect();
    assert_eq!(
        pointers.join(" "),
        "/origin /destination /organizer /host /partnerships/0 /agreement /programme /events/0 /projects/0 /implementers/0 /itinerary/0/place"
    );
    assert!(references.iter().all(|found| found.pointer.starts_with(&format!("/{}", &found.field[..4]))));
    let mut terms = Terms::default();
    exchange.terms(&mut terms);
    let terms: Vec<_> = terms.iter().collect();
    for term in [("fields", "culture"), ("title", "детскими"), ("title", "代表团互访"), ("q", "музей")]
    {
        assert!(terms.contains(&term), "{term:?} in {terms:?}");
    }
}

#[test]
fn the_examples_are_exchanges() {
    fn examples<T: PartialSchema + serde::de::DeserializeOwned>() -> T {
        let schema = serde_json::to_value(T::schema()).unwrap();
        serde_json::from_value(schema["examples"][0].clone()).unwrap()
    }
    let mut faults = Faults::default();
    examples::<Exchange>().check(&Head::default(), &mut faults);
    assert!(faults.is_empty(), "{faults}");
    examples::<ExchangeHeadcount>();
    examples::<ExchangeItineraryItem>();
    examples::<crate::exchange_state::ExchangeTransitionInput>();
}
