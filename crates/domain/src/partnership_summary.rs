//! What can be said of a partnership on a day, counted from the records under it. Computed, never
//! stored: nothing here is part of the partnership's record.

use jiff::civil::Date;
use jiff::{Span, ToSpan};
use serde::Serialize;
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::agreement_state::AgreementState;
use crate::collection::{Collection, CollectionName};
use crate::event::CityEvent;
use crate::exchange::{Exchange, ExchangeDirection};
use crate::partnership::Partnership;
use crate::record::{Head, Record};
use crate::statistics::Tally;
use crate::value::{PartialDate, Quantity};

/// How many anniversaries are told.
const ANNIVERSARIES: usize = 3;

/// What a partnership comes to on a day.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "partnership": "01890a5d-ac96-774b-bcce-b302099a8057", "on": "2011-09-05", "engagement": "active",
    "papers_in_force": [{"id": "01890a5d-ac96-774b-bcce-b302099a8058", "ref": "AGR-0001"}],
    "last_activity": {"collection": "exchanges", "id": "01890a5d-ac96-774b-bcce-b302099a8059", "ref": "EXC-0004", "on": "2011-08-14"},
    "exchanges": {"incoming": 3, "outgoing": 1}, "people": {"incoming": {"value": 66, "qualifier": "exact"}, "outgoing": {"value": 22, "qualifier": "at_least"}},
    "reciprocity": 0.5, "anniversaries": [{"years": 10, "on": "2013-07-17"}]
})))]
pub struct PartnershipSummary {
    /// The partnership.
    pub partnership: Uuid,
    /// The day it is told for, in the municipality's time zone.
    #[schema(value_type = String, format = Date, examples("2011-09-05"))]
    pub on: String,
    /// The papers in force under it.
    pub papers_in_force: Vec<SummaryPaper>,
    /// How lively it is.
    pub engagement: PartnershipEngagement,
    /// The last thing that took place under it.
    pub last_activity: Option<SummaryActivity>,
    /// How many exchanges took place. Planned and cancelled ones do not count, nor do those that
    /// statistics leave out.
    pub exchanges: SummaryExchanges,
    /// How many people took part in them.
    pub people: SummaryPeople,
    /// (incoming − outgoing) / (incoming + outgoing), by exchanges: 1 when all were received, −1 when
    /// all were sent; absent when there were none.
    #[schema(minimum = -1, maximum = 1, examples(0.5))]
    pub reciprocity: Option<f64>,
    /// The next anniversaries that the municipality marks.
    pub anniversaries: Vec<SummaryAnniversary>,
}

/// A paper in force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"id": "01890a5d-ac96-774b-bcce-b302099a8058", "ref": "AGR-0001"})))]
pub struct SummaryPaper {
    /// The agreement.
    pub id: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("AGR-0001"))]
    pub reference: String,
}

/// How lively a tie is: something took place within a year (`active`), within the municipality's
/// months of dormancy (`low`), longer ago (`dormant`), or nothing is known (`never`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PartnershipEngagement {
    /// Something took place within twelve months.
    Active,
    /// Within the months of dormancy.
    Low,
    /// Longer ago.
    Dormant,
    /// Nothing is known to have taken place.
    Never,
}

/// Something that took place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"collection": "exchanges", "id": "01890a5d-ac96-774b-bcce-b302099a8059", "ref": "EXC-0004", "on": "2011-08-14"})))]
pub struct SummaryActivity {
    /// The collection of its record.
    #[schema(value_type = CollectionName, examples("exchanges"))]
    pub collection: String,
    /// Its record.
    pub id: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("EXC-0004"))]
    pub reference: String,
    /// The latest day it may have been.
    #[schema(value_type = String, format = Date, examples("2011-08-14"))]
    pub on: String,
}

/// Exchanges by direction, seen from the home city.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"incoming": 3, "outgoing": 1})))]
pub struct SummaryExchanges {
    /// Received.
    #[schema(minimum = 0, examples(3))]
    pub incoming: i64,
    /// Sent.
    #[schema(minimum = 0, examples(1))]
    pub outgoing: i64,
}

/// People by direction. `at_least` where a headcount is missing or not exact.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"incoming": {"value": 66, "qualifier": "exact"}, "outgoing": {"value": 22, "qualifier": "at_least"}})))]
pub struct SummaryPeople {
    /// Received.
    pub incoming: Quantity,
    /// Sent.
    pub outgoing: Quantity,
}

/// An anniversary to come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"years": 10, "on": "2013-07-17"})))]
pub struct SummaryAnniversary {
    /// How many years after the tie was established.
    #[schema(minimum = 1, maximum = 500, examples(10))]
    pub years: i32,
    /// When, as exactly as the beginning is known.
    pub on: PartialDate,
}

/// What the municipality counts by.
#[derive(Clone, Debug)]
pub struct SummarySettings {
    /// The anniversaries that are marked, in years.
    pub anniversary_years: Vec<i32>,
    /// After how many months without activity a tie is dormant.
    pub dormancy_months: i32,
}

/// The records under a partnership.
#[derive(Clone, Copy, Debug)]
pub struct SummaryRecords<'a> {
    /// Its agreements.
    pub agreements: &'a [Record<Agreement>],
    /// Its exchanges.
    pub exchanges: &'a [Record<Exchange>],
    /// Its events.
    pub events: &'a [Record<CityEvent>],
}

impl PartnershipSummary {
    /// Counts what a partnership comes to on a day.
    pub fn of(
        partnership: &Record<Partnership>,
        under: SummaryRecords<'_>,
        settings: &SummarySettings,
        on: Date,
    ) -> Self {
        let papers = under.agreements.iter().filter(|paper| paper.body.state == AgreementState::InForce);
        let took_place: Vec<&Record<Exchange>> =
            under.exchanges.iter().filter(|exchange| exchange.body.is_counted()).collect();
        let by = |direction| took_place.iter().filter(move |exchange| exchange.body.direction == direction);
        let (incoming, outgoing) = (by(ExchangeDirection::Incoming).count(), by(ExchangeDirection::Outgoing).count());
        let last = last_activity(under, on);
        Self {
            partnership: partnership.head.id,
            on: on.to_string(),
            papers_in_force: papers
                .map(|paper| SummaryPaper { id: paper.head.id, reference: paper.head.reference.clone() })
                .collect(),
            engagement: engagement(last.as_ref().map(|(day, _)| *day), settings.dormancy_months, on),
            last_activity: last.map(|(_, activity)| activity),
            exchanges: SummaryExchanges { incoming: whole(incoming), outgoing: whole(outgoing) },
            people: SummaryPeople {
                incoming: people(by(ExchangeDirection::Incoming).map(|exchange| &exchange.body)),
                outgoing: people(by(ExchangeDirection::Outgoing).map(|exchange| &exchange.body)),
            },
            reciprocity: reciprocity(incoming, outgoing),
            anniversaries: anniversaries(partnership.body.established.as_ref(), &settings.anniversary_years, on),
        }
    }
}

fn whole(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

#[expect(clippy::cast_precision_loss, reason = "numbers of delegations are far below 2^52")]
fn reciprocity(incoming: usize, outgoing: usize) -> Option<f64> {
    let all = incoming + outgoing;
    (all > 0).then(|| (incoming as f64 - outgoing as f64) / all as f64)
}

fn people<'a>(exchanges: impl Iterator<Item = &'a Exchange>) -> Quantity {
    exchanges.map(Tally::of).fold(Tally::default(), |sum, one| sum + one).people()
}

/// The last thing known to have taken place by that day.
fn last_activity(under: SummaryRecords<'_>, on: Date) -> Option<(Date, SummaryActivity)> {
    fn went<T: Collection>(record: &Record<T>) -> Option<(Date, CollectionName, &Head)> {
        Some((record.body.took_place()?.0, T::NAME, &record.head))
    }
    let (day, collection, head) = under
        .exchanges
        .iter()
        .filter_map(went)
        .chain(under.events.iter().filter_map(went))
        .chain(under.agreements.iter().filter_map(went))
        // A month that is not over yet may reach beyond the day.
        .map(|(day, collection, head)| (day.min(on), collection, head))
        .max_by(|one, other| one.0.cmp(&other.0).then_with(|| other.2.id.cmp(&one.2.id)))?;
    let activity = SummaryActivity {
        collection: collection.as_str().to_owned(),
        id: head.id,
        reference: head.reference.clone(),
        on: day.to_string(),
    };
    Some((day, activity))
}

fn engagement(last: Option<Date>, dormancy_months: i32, on: Date) -> PartnershipEngagement {
    let since = |months: i32| on.checked_sub(Span::new().months(months)).unwrap_or(Date::MIN);
    match last {
        None => PartnershipEngagement::Never,
        Some(day) if day >= since(12) => PartnershipEngagement::Active,
        Some(day) if on < dormant_from(day, dormancy_months) => PartnershipEngagement::Low,
        Some(_) => PartnershipEngagement::Dormant,
    }
}

/// The first day on which a tie is dormant, when nothing takes place after the last thing that did.
pub(crate) fn dormant_from(last: Date, dormancy_months: i32) -> Date {
    let months = last.checked_add(Span::new().months(dormancy_months));
    months.and_then(|day| day.checked_add(1.day())).unwrap_or(Date::MAX)
}

/// The anniversaries to come. A beginning known as "before" or "after" has none.
fn anniversaries(established: Option<&PartialDate>, years: &[i32], on: Date) -> Vec<SummaryAnniversary> {
    let Some(begun) = established.filter(|date| !date.is_open()) else { return Vec::new() };
    let (Some(first), Some(last)) = (begun.earliest(), begun.latest()) else { return Vec::new() };
    let mut years = years.to_vec();
    years.sort_unstable();
    let mut found = Vec::new();
    for years in years {
        let (Ok(first), Ok(last)) = (first.checked_add(years.years()), last.checked_add(years.years())) else {
            continue;
        };
        if last >= on && found.len() < ANNIVERSARIES {
            found.push(SummaryAnniversary { years, on: like(begun, first) });
        }
    }
    found
}

/// A day, as exactly as the pattern is known.
fn like(pattern: &PartialDate, day: Date) -> PartialDate {
    let text = day.to_string();
    let length = match pattern.precision() {
        crate::value::Precision::Year => 4,
        crate::value::Precision::Month => 7,
        crate::value::Precision::Day => 10,
    };
    text.get(..length).and_then(|text| PartialDate::parse(text).ok()).unwrap_or_else(|| PartialDate::from_day(day))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn day(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn engagement_depends_on_the_last_activity() {
        let on = day("2011-09-05");
        let of = |last: Option<&str>| engagement(last.map(day), 36, on);
        assert_eq!(of(None), PartnershipEngagement::Never);
        assert_eq!(of(Some("2010-09-05")), PartnershipEngagement::Active);
        assert_eq!(of(Some("2010-09-04")), PartnershipEngagement::Low);
        assert_eq!(of(Some("2008-09-04")), PartnershipEngagement::Dormant);
    }

    #[test]
    fn reciprocity_has_no_value_without_exchanges() {
        assert_eq!(reciprocity(0, 0), None);
        assert_eq!(reciprocity(3, 1), Some(0.5));
        assert_eq!(reciprocity(0, 2), Some(-1.0));
    }

    #[test]
    fn anniversaries_are_as_exact_as_the_beginning() {
        let years = [25, 5, 10];
        let of = |begun: &str| -> Vec<String> {
            let begun = PartialDate::parse(begun).unwrap();
            anniversaries(Some(&begun), &years, day("2011-09-05")).iter().map(|next| next.on.to_string()).collect()
        };
        assert_eq!(of("2003-07-17"), ["2013-07-17", "2028-07-17"]);
        assert_eq!(of("2006-09"), ["2011-09", "2016-09", "2031-09"]);
        assert_eq!(of("2004"), ["2014", "2029"]);
        assert!(of("[..2001]").is_empty());
    }
}
