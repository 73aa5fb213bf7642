//! What all statistics share: years as well as they are known, what certainly and what possibly
//! falls into a period, how records add up by groups, and the figures somebody reported beside them.

use std::ops::{Add, Neg};

use serde::Serialize;
use uuid::Uuid;

use crate::country::CountryCode;
use crate::exchange::{Exchange, ExchangeDirection, ExchangeHeadcount};
use crate::observation::ObservationScope;
use crate::value::{Containment, PartialDate, PartialInterval, Qualifier, Quantity};

/// An interval over so many years or more says too little to be told in the row of each of them.
const WIDE: i32 = 10;

/// How many records fall into a period: `certain` when they lie wholly inside, `possible` when they
/// may. The true number lies between the two; `certain` ones are among the `possible`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"certain": 3, "possible": 4})))]
pub struct StatisticsCount {
    /// Their dates lie wholly inside the period and are not in doubt.
    #[schema(minimum = 0, examples(3))]
    pub certain: i64,
    /// These, and those whose dates are in doubt, missing, or reach beyond the period.
    #[schema(minimum = 0, examples(4))]
    pub possible: i64,
}

impl StatisticsCount {
    /// Adds so many records that lie so in the period.
    pub const fn add(&mut self, how: Containment, records: i64) {
        match how {
            Containment::Certain => {
                self.certain += records;
                self.possible += records;
            }
            Containment::Possible => self.possible += records,
            Containment::No => {}
        }
    }

    /// Whether nothing falls into the period.
    pub const fn is_empty(&self) -> bool {
        self.possible == 0
    }
}

/// A figure that somebody reported for the very same thing, from an observation.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"observation": "01890a5d-ac96-774b-bcce-b302099a8501", "ref": "OBS-0002", "value": {"value": 22, "qualifier": "exact"}, "scope": "administration", "difference": -19})))]
pub struct StatisticsFigure {
    /// The observation.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8501"))]
    pub observation: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("OBS-0002"))]
    pub reference: String,
    /// The figure.
    pub value: Quantity,
    /// Whose figure it is, where the source says.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<ObservationScope>,
    /// What is certainly counted less what was reported: below zero when records are missing.
    #[schema(minimum = -1_000_000_000, examples(-19))]
    pub difference: i64,
}

/// The years that something lies in, as well as they are known. 0 and 9999 stand for open ends; what
/// has no date at all is open on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearSpan {
    /// The first year it may lie in.
    pub first: i32,
    /// The last.
    pub last: i32,
    /// Whether a date of it carries `?`, `~` or `%`.
    pub doubtful: bool,
}

impl YearSpan {
    /// What has no date.
    pub const UNKNOWN: Self = Self { first: Self::BEFORE_ALL, last: Self::AFTER_ALL, doubtful: false };
    const BEFORE_ALL: i32 = 0;
    const AFTER_ALL: i32 = 9999;

    /// The years of an interval.
    pub fn of_interval(interval: Option<&PartialInterval>) -> Self {
        interval.map_or(Self::UNKNOWN, |interval| Self {
            first: interval.earliest().map_or(Self::BEFORE_ALL, |day| i32::from(day.year())),
            last: interval.latest().map_or(Self::AFTER_ALL, |day| i32::from(day.year())),
            doubtful: interval.is_doubtful(),
        })
    }

    /// The years of a date.
    pub fn of_date(date: Option<PartialDate>) -> Self {
        Self::of_interval(date.map(PartialInterval::from).as_ref())
    }

    /// Whether it lies in a period. Everything lies in all of time, even what has no date.
    pub fn within(&self, period: Period) -> Containment {
        if period == Period::default() {
            return Containment::Certain;
        }
        let (from, to) = period.bounds();
        if self.last < from || to < self.first {
            Containment::No
        } else if from <= self.first && self.last <= to && !self.doubtful {
            Containment::Certain
        } else {
            Containment::Possible
        }
    }

    /// The years that its record is told in one by one, when they are few.
    pub(crate) fn years(&self, period: Period) -> Option<std::ops::RangeInclusive<i32>> {
        let is_open = self.first == Self::BEFORE_ALL || self.last == Self::AFTER_ALL;
        let (from, to) = period.bounds();
        (!is_open && self.last - self.first < WIDE).then(|| self.first.max(from)..=self.last.min(to))
    }
}

/// The years that are asked for; without bounds all of time.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Period {
    /// The first year.
    pub from: Option<i32>,
    /// The last year.
    pub to: Option<i32>,
}

impl Period {
    /// One year.
    pub const fn year(year: i32) -> Self {
        Self { from: Some(year), to: Some(year) }
    }

    /// From one year to another, both included.
    pub const fn years(from: i32, to: i32) -> Self {
        Self { from: Some(from), to: Some(to) }
    }

    fn bounds(self) -> (i32, i32) {
        (self.from.unwrap_or(YearSpan::BEFORE_ALL), self.to.unwrap_or(YearSpan::AFTER_ALL))
    }
}

/// How many records there are, and how many people they tell of.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// The records.
    pub records: i64,
    /// The people they tell of at least.
    pub people: i64,
    /// How many of the records have no headcount, or none that is exact.
    pub inexact: i64,
}

impl Tally {
    /// One exchange.
    pub fn of(exchange: &Exchange) -> Self {
        Self::of_headcount(exchange.headcount.as_ref())
    }

    /// One exchange with this headcount.
    pub fn of_headcount(headcount: Option<&ExchangeHeadcount>) -> Self {
        let total = headcount.map(|count| count.total);
        Self {
            records: 1,
            people: total.and_then(|total| total.lower()).unwrap_or(0),
            inexact: i64::from(total.is_none_or(|total| total.qualifier != Qualifier::Exact)),
        }
    }

    /// The people, `at_least` where a headcount is missing or not exact.
    pub fn people(&self) -> Quantity {
        let qualifier =
            if self.inexact > 0 || self.people > Quantity::MAX { Qualifier::AtLeast } else { Qualifier::Exact };
        Quantity { value: self.people.clamp(0, Quantity::MAX), qualifier }
    }
}

impl Add for Tally {
    type Output = Self;

    fn add(self, other: Self) -> Self {
        Self {
            records: self.records.saturating_add(other.records),
            people: self.people.saturating_add(other.people),
            inexact: self.inexact.saturating_add(other.inexact),
        }
    }
}

impl Neg for Tally {
    type Output = Self;

    fn neg(self) -> Self {
        Self { records: -self.records, people: -self.people, inexact: -self.inexact }
    }
}

/// Records that are alike in what is asked for, added up by the database: the values they are
/// grouped by, and the years they lie in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// A value for each group in the order asked for, the year left out; none where a record has none.
    pub key: Vec<Option<String>>,
    /// When they were.
    pub span: YearSpan,
    /// How many.
    pub tally: Tally,
}

/// A figure that somebody reported, as far as statistics look at it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The observation.
    pub observation: Uuid,
    /// Its number for people.
    pub reference: String,
    /// The days it is about.
    pub period: PartialInterval,
    /// The country it is about; every country when left out.
    pub country: Option<CountryCode>,
    /// The direction it is about; both when left out.
    pub direction: Option<ExchangeDirection>,
    /// The figure.
    pub value: Quantity,
    /// Whose figure it is.
    pub scope: Option<ObservationScope>,
}

impl Figure {
    /// The years it is about, when these are whole years beyond doubt.
    pub fn whole_years(&self) -> Option<Period> {
        let (first, last) = (self.period.earliest()?, self.period.latest()?);
        let whole = first == first.first_of_year() && last == last.last_of_year() && !self.period.is_doubtful();
        whole.then(|| Period::years(first.year().into(), last.year().into()))
    }

    /// The year of the row it stands beside: none where rows have no year; nothing when it is about
    /// another period.
    pub(crate) fn year(&self, period: Period, by_year: bool) -> Option<Option<i32>> {
        let years = self.whole_years()?;
        if !by_year {
            return (years == period).then_some(None);
        }
        let year = years.from.filter(|_| years.from == years.to)?;
        (YearSpan { first: year, last: year, doubtful: false }.within(period) == Containment::Certain)
            .then_some(Some(year))
    }

    pub(crate) fn beside(&self, certain: i64) -> StatisticsFigure {
        StatisticsFigure {
            observation: self.observation,
            reference: self.reference.clone(),
            value: self.value,
            scope: self.scope,
            difference: certain - self.value.value,
        }
    }
}

/// Whether a figure that is about one value, or about all, stands for what was asked: grouped by,
/// the value must be said and asked for; else it must be the one that was asked for, or all.
pub(crate) fn is_asked<T: PartialEq>(said: Option<T>, grouped: bool, asked: &[T]) -> bool {
    match said {
        Some(said) if grouped => asked.is_empty() || asked.contains(&said),
        Some(said) => asked == [said],
        None => !grouped && asked.is_empty(),
    }
}

/// A code as it is stored and sent.
pub fn text_of(code: &impl Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

#[cfg(test)]
mod tests;
