use serde_json::{Value, json};

use super::*;
use crate::json::merge;
use crate::organization::Organization;
use crate::partnership::Partnership;
use crate::place::Place;

fn id(number: u128) -> String {
    uuid::Uuid::from_u128(number).to_string()
}

fn place(number: u128, members: &Value) -> Record<Place> {
    let mut body = json!({
        "id": id(number), "ref": format!("PLA-{number:04}"), "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [{"text": format!("Name {number}"), "lang": "en", "kind": "official", "preferred": true}],
    });
    merge(&mut body, members);
    serde_json::from_value(body).unwrap()
}

fn codes<T: Mergeable>(one: &Record<T>, other: &Record<T>) -> Vec<String> {
    let mut faults = Faults::default();
    one.against(other, &mut faults);
    faults.iter().map(|fault| fault.code.to_owned()).collect()
}

#[test]
fn names_stay_as_aliases_and_what_is_missing_is_filled() {
    let zh = json!({"text": "黑河", "lang": "zh", "kind": "official", "preferred": true});
    let en = json!({"text": "Heihe City", "lang": "en", "kind": "official", "preferred": true});
    let one = place(1, &json!({"population": 7, "tags": ["a"], "notes": "One."}));
    let other = place(
        2,
        &json!({"names": [en, zh], "population": 8, "website": "https://heihe.example", "tags": ["a", "b"], "notes": "Two."}),
    );
    let (record, differences) = one.absorbed(&other).unwrap();
    let names: Vec<_> = record.body.names.iter().map(|name| (name.text.as_str(), name.preferred)).collect();
    assert_eq!(names, [("Name 1", true), ("Heihe City", false), ("黑河", true)]);
    assert_eq!((record.body.population, record.body.website.as_deref()), (Some(7), Some("https://heihe.example")));
    assert_eq!((record.head.tags.len(), record.head.notes.as_deref()), (2, Some("One.\n\nTwo.")));
    let wanted = MergeDifference { member: "population".into(), kept: Some("7".into()), merged: "8".into() };
    assert_eq!(differences, [wanted]);
    let mut faults = Faults::default();
    record.check(&mut faults);
    assert!(faults.is_empty(), "{faults}");
}

#[test]
fn all_that_speaks_against_it_is_told_at_once() {
    let ids = |value: &str| json!([{"scheme": "geonames", "value": value}]);
    let one = place(1, &json!({"external_ids": ids("1"), "borders": [id(2)]}));
    let other = place(2, &json!({"external_ids": ids("2"), "country": "RU", "kind": "region"}));
    let wanted = ["different_external_ids", "refers_to_other", "different_country", "different_kind"];
    assert_eq!(codes(&one, &other), wanted);
    assert!(codes(&place(1, &json!({"external_ids": ids("1")})), &place(2, &json!({}))).is_empty());
}

#[test]
fn one_id_in_common_is_enough() {
    let ids = |values: &[&str]| -> Vec<ExternalId> {
        let ids = values.iter().map(|value| json!({"scheme": "wikidata", "value": value}));
        serde_json::from_value(json!(ids.collect::<Vec<_>>())).unwrap()
    };
    assert!(contradicting(&ids(&["1", "2"]), &ids(&["2"])).is_empty());
    let found = contradicting(&ids(&["2", "1"]), &ids(&["3"]));
    assert_eq!(found, [("wikidata".to_owned(), "1, 2".to_owned(), "3".to_owned())]);
}

#[test]
fn organizations_of_two_countries_are_two() {
    let of = |number: u128, country: &str| -> Record<Organization> {
        let names = json!([{"text": "Fund", "lang": "en", "preferred": true}]);
        let id = id(number);
        serde_json::from_value(json!({"id": id, "kind": "foundation", "names": names, "country": country})).unwrap()
    };
    assert_eq!(codes(&of(1, "US"), &of(2, "CN")), ["different_country"]);
    assert!(codes(&of(1, "US"), &of(2, "US")).is_empty());
}

fn tie(number: u128, partner: u128, name: &str) -> Record<Partnership> {
    serde_json::from_value(json!({
        "id": id(number), "arrangement": "bilateral", "kind": "twin", "name": {"ru": name}, "stage": "active",
        "parties": [{"place": id(51), "role": "home"}, {"place": id(partner), "role": "partner"}],
    }))
    .unwrap()
}

#[test]
fn ties_have_the_same_sides_but_for_one_that_may_be_the_same() {
    assert!(codes(&tie(1, 52, "a"), &tie(2, 52, "a")).is_empty());
    let (one, other) = (tie(1, 52, "a"), tie(2, 53, "a"));
    assert!(codes(&one, &other).is_empty());
    assert_eq!(one.body.unlike_sides(&other.body).unwrap().len(), 1);
    let mut third = tie(3, 54, "a");
    third.body.parties[0].place = Some(uuid::Uuid::from_u128(55));
    assert_eq!(codes(&one, &third), ["different_parties"]);
    let mut with_organization = tie(3, 54, "a");
    let party = &mut with_organization.body.parties[1];
    party.organization = party.place.take();
    assert_eq!(codes(&one, &with_organization), ["different_parties"]);
}

#[test]
fn a_tie_keeps_its_name_and_the_other_one_as_a_claim() {
    let (record, differences) = tie(1, 52, "Дружба").absorbed(&tie(2, 52, "Братство")).unwrap();
    assert_eq!(record.body.name.as_ref().unwrap().get("ru"), Some("Дружба"));
    assert_eq!((record.head.claims.len(), record.head.claims[0].value.as_str()), (1, "Братство"));
    assert_eq!(differences[0].member, "name");
}
