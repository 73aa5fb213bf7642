//! Marks: what a rule has to say of a record by that record alone. They are kept with what the record
//! is found by, so that the candidates of these rules are looked up, and not looked for in every
//! record there is. The rules decide by the very same functions.

use std::collections::BTreeSet;

use super::FindingCode;
use super::source::{conflicts, goes_on, is_ambiguous, is_in_doubt};
use super::year::{lies_outside, years_of};
use crate::collection::{Collection, CollectionName};
use crate::index::Dates;
use crate::record::Record;

use CollectionName::{
    Agreements, AssistanceCases, Events, Exchanges, Letters, Memberships, Observations, Organizations, Partnerships,
    Programmes, Projects, Publications, ReportNotes, WorkPlans,
};

/// The field under which marks are kept among the terms.
pub const MARK: &str = "finding";

/// Collections whose sources and claims are looked at, with the dates of their records.
pub const CITED: &[(CollectionName, &[&str])] = &[
    (Organizations, &["founded", "dissolved"]),
    (Partnerships, &["established", "ended"]),
    (Agreements, &["signed_on", "in_force"]),
    (Exchanges, &["period"]),
    (Events, &["period"]),
    (Memberships, &["valid"]),
    (Letters, &["sent_on", "received_on", "reply_due"]),
    (Programmes, &["period"]),
    (Projects, &["period"]),
    (AssistanceCases, &["period"]),
    (WorkPlans, &[]),
    (Publications, &["published_on"]),
    (Observations, &["period"]),
    (ReportNotes, &[]),
];

/// The mark of a rule; of one year, when the rule speaks of the report of a year.
pub fn mark(code: FindingCode, year: Option<i16>) -> String {
    match year {
        Some(year) => format!("{} {year}", code.as_str()),
        None => code.as_str().to_owned(),
    }
}

/// The marks of a record.
pub fn marks<T: Collection>(record: &Record<T>) -> BTreeSet<String> {
    let mut marks = BTreeSet::new();
    if !CITED.iter().any(|(collection, _)| *collection == T::NAME) {
        return marks;
    }
    let (sources, mut dates) = (&record.head.sources, Dates::default());
    record.body.dates(&mut dates);
    let quotes = || sources.iter().filter_map(|source| source.quote.as_deref());
    let says = [
        (FindingCode::ConflictingClaims, !conflicts(&record.head.claims).is_empty()),
        (FindingCode::AmbiguousCountryAlias, quotes().any(is_ambiguous)),
        (FindingCode::IncompleteList, quotes().any(goes_on)),
        (FindingCode::UnconfirmedDate, dates.iter().any(|(_, date)| is_in_doubt(date))),
    ];
    marks.extend(says.into_iter().filter(|(_, says)| *says).map(|(code, _)| mark(code, None)));
    let years: BTreeSet<i16> = sources.iter().flat_map(years_of).collect();
    let outside = years.into_iter().filter(|year| dates.iter().any(|(member, date)| lies_outside(member, date, *year)));
    marks.extend(outside.map(|year| mark(FindingCode::OutsideYear, Some(year))));
    marks
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn of<T: Collection>(head: &Value, body: Value) -> Vec<String> {
        let mut record = body;
        record.as_object_mut().unwrap().extend(head.as_object().unwrap().clone());
        marks(&serde_json::from_value::<Record<T>>(record).unwrap()).into_iter().collect()
    }

    fn event(period: &str, sources: &Value, claims: &Value) -> Vec<String> {
        let body = json!({"kind": "fair", "title": {"ru": "Ярмарка"}, "period": period, "status": "held"});
        of::<crate::CityEvent>(&json!({"sources": sources, "claims": claims}), body)
    }

    #[test]
    fn a_record_is_marked_with_what_it_says_itself() {
        let claim = |value: &str| json!({"field": "period", "value": value, "state": "disputed"});
        let report = json!([{"text": "Отчёт за 2010 и 2011 годы", "quote": "с г. Танджин (КР) и др."}]);
        assert_eq!(
            event("2010?", &report, &json!([claim("2010"), claim("2011")])),
            [
                "ambiguous_country_alias",
                "conflicting_claims",
                "incomplete_list",
                "outside_year 2011",
                "unconfirmed_date"
            ]
        );
        assert!(event("2011", &json!([{"text": "Отчёт за 2011 год"}]), &json!([claim("2010")])).is_empty());
        assert!(event("2011", &json!([{"text": "Протокол 201012 от 0850"}]), &json!([])).is_empty());
    }

    #[test]
    fn what_no_rule_looks_at_has_no_marks() {
        let names = json!([{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}]);
        let place = json!({"kind": "municipality", "country": "CN", "names": names});
        let head = json!({"sources": [{"text": "Отчёт", "quote": "Хэйхэ и др."}]});
        assert!(of::<crate::Place>(&head, place).is_empty());
    }

    #[test]
    fn the_dates_of_a_collection_are_those_that_it_is_looked_at_for() {
        fn told<T: Collection>() -> Vec<&'static str> {
            let schema = serde_json::to_value(T::schema()).unwrap();
            let known = CITED.iter().find(|(collection, _)| *collection == T::NAME).map_or(&[][..], |(_, dates)| dates);
            let mut body = schema["examples"][0].clone();
            for member in known {
                body[*member] = json!("2011");
            }
            let mut dates = Dates::default();
            serde_json::from_value::<T>(body).unwrap().dates(&mut dates);
            assert!(dates.iter().all(|(_, date)| date == "2011"), "{}", T::NAME);
            assert_eq!(dates.iter().map(|(member, _)| member).collect::<Vec<_>>(), known, "{}", T::NAME);
            known.to_vec()
        }
        let all = [
            told::<crate::Organization>(),
            told::<crate::Partnership>(),
            told::<crate::Agreement>(),
            told::<crate::Exchange>(),
            told::<crate::CityEvent>(),
            told::<crate::Membership>(),
            told::<crate::Letter>(),
            told::<crate::Programme>(),
            told::<crate::Project>(),
            told::<crate::AssistanceCase>(),
            told::<crate::WorkPlan>(),
            told::<crate::Publication>(),
            told::<crate::Observation>(),
            told::<crate::ReportNote>(),
        ];
        assert_eq!(all.len(), CITED.len());
    }
}
