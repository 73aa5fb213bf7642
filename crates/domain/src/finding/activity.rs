//! What activities and plans give reason to ask: what is open after its time, what was reported and
//! not recorded, exchanges without a number of people.

use jiff::civil::Date;

use super::{ExchangeCount, ExchangeCounts, Finding, FindingCode, FindingEvidence, FindingFacts, RecordMention};
use crate::collection::CollectionName;
use crate::observation::Observation;
use crate::value::PartialInterval;
use crate::work_plan_item::{WorkPlanItem, WorkPlanItemState};

/// Something open or planned whose time is over.
pub(super) fn planned_but_past(facts: &FindingFacts) -> Vec<Finding> {
    let past = facts.open.iter().filter(|open| open.period.latest().is_some_and(|latest| latest < facts.on));
    past.map(|open| {
        let evidence = vec![
            FindingEvidence::new(open.member, open.state.as_str()),
            FindingEvidence::new("period", open.period.to_string()),
        ];
        Finding::new(FindingCode::PlannedButPast, &open.record, Some(open.member), evidence)
    })
    .collect()
}

/// A plan with items that nobody has settled, though they are due or the plan's year is over.
pub(super) fn plan_items_past(facts: &FindingFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    for plan in &facts.plans {
        let past = plan.body.items.iter().filter(|item| is_past(item, plan.body.year, facts.on));
        let evidence: Vec<_> = past
            .map(|item| {
                let due = item.due.map_or_else(|| plan.body.year.to_string(), |due| due.to_string());
                let title = item.title.best(&["ru", "en"]).1;
                FindingEvidence::new("items", format!("{due}: {title}"))
            })
            .collect();
        if !evidence.is_empty() {
            let record = RecordMention::of(CollectionName::WorkPlans, &plan.head);
            found.push(Finding::new(FindingCode::PlannedButPast, &record, Some("items"), evidence));
        }
    }
    found
}

/// Whether an item is open though it was due, or, without a date of its own, the plan's year is over.
fn is_past(item: &WorkPlanItem, year: i32, on: Date) -> bool {
    let is_open = matches!(item.state, WorkPlanItemState::Planned | WorkPlanItemState::Moved);
    let is_over = match item.due {
        Some(due) => due.latest().is_some_and(|latest| latest < on),
        None => year < i32::from(on.year()),
    };
    is_open && is_over
}

/// A figure of delegations that is larger than the number of exchanges recorded for it.
pub(super) fn reported_without_records(facts: &FindingFacts) -> Vec<Finding> {
    let Some(counts) = &facts.counts else { return Vec::new() };
    let mut found = Vec::new();
    for observation in &facts.observations {
        let Some(counted) = counted(&observation.body, counts) else { continue };
        let reported = &observation.body.value;
        if reported.lower().is_some_and(|least| counted < least) {
            let record = RecordMention::of(CollectionName::Observations, &observation.head);
            let evidence = vec![
                FindingEvidence::new("reported", reported.value.to_string()).at(observation
                    .head
                    .sources
                    .first()
                    .and_then(|source| source.locator.as_ref())),
                FindingEvidence::new("counted", counted.to_string()),
            ];
            found.push(Finding::new(FindingCode::ReportedWithoutRecords, &record, Some("value"), evidence));
        }
    }
    found
}

/// Whether a time is made of whole years.
pub fn is_of_years(period: &PartialInterval) -> bool {
    let bounds = (period.earliest(), period.latest());
    matches!(bounds, (Some(first), Some(last)) if first.day_of_year() == 1 && last == last.last_of_year())
}

/// How many exchanges certainly belong to what somebody counted. Nothing when it is no count of
/// delegations, or of a time that is no whole months.
fn counted(observation: &Observation, counts: &ExchangeCounts) -> Option<i64> {
    let (first, last) = (observation.period.earliest()?, observation.period.latest()?);
    let counts = if is_of_years(&observation.period) { &counts.years } else { &counts.months };
    let is_whole = first.day() == 1 && last == last.last_of_month();
    if observation.indicator.as_str() != "delegations" || !is_whole {
        return None;
    }
    let group = observation.country.map(crate::country::CountryCode::group);
    let fits = |count: &&ExchangeCount| {
        observation.direction.is_none_or(|direction| direction == count.direction)
            && group.is_none_or(|country| country == count.country)
            && first <= count.first
            && count.last <= last
    };
    Some(counts.iter().filter(fits).map(|count| count.count).sum())
}

/// An exchange that counts in statistics, without a number of people.
pub(super) fn exchange_without_headcount(facts: &FindingFacts) -> Vec<Finding> {
    let of = |exchange: &super::UncountedExchange| {
        let evidence = vec![FindingEvidence::new("period", exchange.period.as_str())];
        Finding::new(FindingCode::ExchangeWithoutHeadcount, &exchange.record, Some("headcount"), evidence)
    };
    facts.uncounted.iter().map(of).collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::exchange::ExchangeDirection;
    use crate::finding::tests::mention;
    use crate::finding::{OpenActivity, UncountedExchange};
    use crate::value::{LocalizedText, PartialInterval};

    fn facts() -> FindingFacts {
        FindingFacts::new(date(2012, 12, 31), None)
    }

    #[test]
    fn what_is_planned_after_its_time_is_found() {
        let of = |period: &str| {
            let mut facts = facts();
            facts.open.push(OpenActivity {
                record: mention(CollectionName::Events, 1),
                member: "status",
                state: "planned".to_owned(),
                period: PartialInterval::parse(period).unwrap(),
                title: LocalizedText::of("ru", "Ярмарка").unwrap(),
            });
            planned_but_past(&facts).len()
        };
        assert_eq!((of("2011?"), of("2012-10"), of("2012"), of("2012-10/..")), (1, 1, 0, 0));
    }

    #[test]
    fn a_plan_whose_items_nobody_settled_is_found_once() {
        let of = |items: serde_json::Value, on: Date| {
            let mut facts = FindingFacts::new(on, None);
            facts.plans.push(serde_json::from_value(json!({"year": 2011, "items": items})).unwrap());
            plan_items_past(&facts).first().map(|finding| finding.evidence.len())
        };
        let item = |state: &str, due: Option<&str>| json!({"title": {"ru": "Пункт"}, "state": state, "due": due});
        let items = json!([item("planned", None), item("moved", Some("2011-09")), item("done", None)]);
        assert_eq!(of(items.clone(), date(2012, 1, 1)), Some(2));
        assert_eq!(of(items.clone(), date(2011, 10, 1)), Some(1));
        assert_eq!(of(items, date(2011, 9, 30)), None);
        assert_eq!(of(json!([item("done", None)]), date(2012, 1, 1)), None);
    }

    fn reported(value: i64, qualifier: &str, years: Option<Vec<ExchangeCount>>) -> usize {
        let counts = years.map(|years| ExchangeCounts { years, ..ExchangeCounts::default() });
        reported_of("2011", value, qualifier, counts)
    }

    fn reported_of(period: &str, value: i64, qualifier: &str, counts: Option<ExchangeCounts>) -> usize {
        let mut facts = facts();
        let observation = json!({
            "indicator": "delegations", "period": period, "country": "CN", "direction": "incoming",
            "value": {"value": value, "qualifier": qualifier},
        });
        facts.observations.push(serde_json::from_value(observation).unwrap());
        facts.counts = counts;
        reported_without_records(&facts).len()
    }

    fn count(direction: ExchangeDirection, country: &str, first: Date, last: Date, count: i64) -> ExchangeCount {
        ExchangeCount { direction, country: crate::country::CountryCode::parse(country).unwrap(), first, last, count }
    }

    #[test]
    fn a_figure_of_months_is_held_against_months() {
        let month = |month, number| {
            let first = date(2011, month, 1);
            count(ExchangeDirection::Incoming, "CN", first, first.last_of_month(), number)
        };
        let of_year = count(ExchangeDirection::Incoming, "CN", date(2011, 1, 1), date(2011, 12, 31), 99);
        let counts =
            || Some(ExchangeCounts { years: vec![of_year], months: vec![month(5, 3), month(6, 2), month(7, 1)] });
        let of = |period: &str, value| reported_of(period, value, "exact", counts());
        assert_eq!((of("2011-05", 3), of("2011-05", 4)), (0, 1));
        assert_eq!((of("2011-05/2011-06", 5), of("2011-05/2011-06", 6)), (0, 1));
        assert_eq!((of("2011", 99), of("2011", 100)), (0, 1));
        assert_eq!(of("2011-05-02/2011-06", 9), 0, "no whole months");
    }

    #[test]
    fn a_figure_with_fewer_records_is_found() {
        let count =
            |direction, country, number| count(direction, country, date(2011, 1, 1), date(2011, 12, 31), number);
        let received = |number| count(ExchangeDirection::Incoming, "CN", number);
        assert_eq!(reported(22, "exact", Some(Vec::new())), 1);
        assert_eq!(reported(22, "exact", Some(vec![received(21)])), 1);
        assert_eq!(reported(22, "exact", Some(vec![received(22)])), 0);
        assert_eq!(reported(22, "at_most", Some(Vec::new())), 0, "at most 22 may be none");
        let others = vec![count(ExchangeDirection::Outgoing, "CN", 40), count(ExchangeDirection::Incoming, "JP", 40)];
        assert_eq!(reported(22, "exact", Some(others)), 1);
        assert_eq!(reported(22, "exact", None), 0, "exchanges that may not be told of are not counted");
    }

    #[test]
    fn an_exchange_that_counts_has_a_headcount() {
        let mut facts = facts();
        assert!(exchange_without_headcount(&facts).is_empty());
        facts
            .uncounted
            .push(UncountedExchange { record: mention(CollectionName::Exchanges, 1), period: "2010-09".to_owned() });
        assert_eq!(exchange_without_headcount(&facts)[0].field.as_deref(), Some("headcount"));
    }
}
