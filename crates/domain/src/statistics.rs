//! What all statistics share: years as well as they are known, what certainly and what possibly
//! falls into a period, how records add up by groups, and the figures somebody reported beside them.

use std::collections::BTreeMap;
use std::ops::{Add, Neg};

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};
use uuid::Uuid;

use crate::collection::CollectionName;
use crate::country::CountryCode;
use crate::exchange::{Exchange, ExchangeDirection, ExchangeHeadcount};
use crate::municipality::Slug;
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
    fn years(&self, period: Period) -> Option<std::ops::RangeInclusive<i32>> {
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

/// One row being made.
#[derive(Clone, Debug, Default)]
pub(crate) struct Cell {
    pub(crate) count: StatisticsCount,
    /// Of the certain ones.
    pub(crate) tally: Tally,
    pub(crate) figures: Vec<StatisticsFigure>,
}

/// What a row has in common. What has no value comes last.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Part {
    Text(String),
    Missing,
}

/// Rows being made, in the order of the groups.
#[derive(Clone, Debug)]
pub(crate) struct Cells<G> {
    groups: Vec<G>,
    /// Where among the groups the year stands.
    year_at: Option<usize>,
    period: Period,
    cells: BTreeMap<Vec<Part>, Cell>,
}

/// A row that was made.
pub(crate) struct Made<'c, G> {
    groups: &'c [G],
    parts: Vec<Part>,
    pub(crate) cell: Cell,
}

impl<G: Copy + PartialEq> Cells<G> {
    pub(crate) fn new(groups: &[G], year: G, period: Period) -> Self {
        let year_at = groups.iter().position(|group| *group == year);
        Self { groups: groups.to_vec(), year_at, period, cells: BTreeMap::new() }
    }

    /// Adds records. By year, those of an open or wide interval, and those without a date, stand
    /// once in a row without a year, as they would else be told many times over.
    pub(crate) fn add(&mut self, bucket: Bucket) {
        let Bucket { key, span, tally } = bucket;
        let within = span.within(self.period);
        if tally.records == 0 || within == Containment::No {
            return;
        }
        if self.year_at.is_none() {
            self.count(key, None, within, tally);
            return;
        }
        let Some(years) = span.years(self.period) else {
            self.count(key, None, Containment::Possible, tally);
            return;
        };
        for year in years {
            self.count(key.clone(), Some(year), span.within(Period::year(year)), tally);
        }
    }

    /// Adds records of which it is known how they lie in the year.
    pub(crate) fn count(&mut self, key: Vec<Option<String>>, year: Option<i32>, how: Containment, tally: Tally) {
        if how == Containment::No {
            return;
        }
        let cell = self.cell(key, year);
        cell.count.add(how, tally.records);
        if how == Containment::Certain {
            cell.tally = cell.tally + tally;
        }
    }

    /// Puts a figure beside what is counted, or into a row of its own where nothing is.
    pub(crate) fn report(&mut self, key: Vec<Option<String>>, year: Option<i32>, figure: &Figure) {
        let cell = self.cell(key, year);
        cell.figures.push(figure.beside(cell.count.certain));
    }

    fn cell(&mut self, key: Vec<Option<String>>, year: Option<i32>) -> &mut Cell {
        let mut parts: Vec<Part> = key.into_iter().map(|value| value.map_or(Part::Missing, Part::Text)).collect();
        if let Some(at) = self.year_at {
            parts.insert(at, year.map_or(Part::Missing, |year| Part::Text(format!("{year:04}"))));
        }
        self.cells.entry(parts).or_default()
    }

    pub(crate) fn by_year(&self) -> bool {
        self.year_at.is_some()
    }

    /// The rows.
    pub(crate) fn rows<R>(self, mut row: impl FnMut(Made<'_, G>) -> R) -> Vec<R> {
        let groups = &self.groups;
        self.cells.into_iter().map(|(parts, cell)| row(Made { groups, parts, cell })).collect()
    }
}

impl<G: Copy + PartialEq> Made<'_, G> {
    /// The value of a group, as text.
    pub(crate) fn text(&self, wanted: G) -> Option<&str> {
        let at = self.groups.iter().position(|group| *group == wanted)?;
        match self.parts.get(at)? {
            Part::Text(text) => Some(text),
            Part::Missing => None,
        }
    }

    /// The value of a group.
    pub(crate) fn value<T: DeserializeOwned>(&self, wanted: G) -> Option<T> {
        code(self.text(wanted)?)
    }

    /// The year.
    pub(crate) fn year(&self, year: G) -> Option<i32> {
        self.text(year)?.parse().ok()
    }
}

/// A value as its type reads it.
pub(crate) fn code<T: DeserializeOwned>(text: &str) -> Option<T> {
    T::deserialize(StrDeserializer::<Error>::new(text)).ok()
}

/// A code as it is stored and sent.
pub fn text_of(code: &impl Serialize) -> String {
    serde_json::to_value(code).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// Codes as a filter takes them.
pub(crate) fn listed(codes: &[impl Serialize]) -> String {
    codes.iter().map(text_of).collect::<Vec<_>>().join(",")
}

/// The path of a list with its filters: where the records of a row are found.
pub(crate) struct Records(String);

impl Records {
    pub(crate) fn of(collection: CollectionName, municipality: Option<&Slug>) -> Self {
        let list = Self(format!("/v1/{}", collection.path()));
        list.with("municipality", municipality.map_or("", Slug::as_str))
    }

    /// Adds a filter, unless it has no value. Codes, years and slugs need no escape.
    pub(crate) fn with(mut self, name: &str, value: &str) -> Self {
        if !value.is_empty() {
            let separator = if self.0.contains('?') { '&' } else { '?' };
            self.0.push(separator);
            self.0.push_str(name);
            self.0.push('=');
            self.0.push_str(value);
        }
        self
    }

    /// The days of a year, or of the period.
    pub(crate) fn in_period(self, name: &str, year: Option<i32>, period: Period) -> Self {
        let text = |year: Option<i32>| year.map_or_else(String::new, |year| format!("{year:04}"));
        let (from, to) = (text(year.or(period.from)), text(year.or(period.to)));
        self.with(&format!("{name}_from"), &from).with(&format!("{name}_to"), &to)
    }

    pub(crate) fn done(self) -> String {
        self.0
    }
}
#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[derive(Clone, Copy, Debug, PartialEq, Eq)]
    enum By {
        Country,
        Year,
    }

    fn span(text: &str) -> YearSpan {
        YearSpan::of_interval(Some(&PartialInterval::parse(text).unwrap()))
    }

    fn counted(groups: &[By], period: Period, spans: &[YearSpan]) -> Vec<(Option<i32>, i64, i64)> {
        let mut cells = Cells::new(groups, By::Year, period);
        for span in spans {
            let key = groups.iter().filter(|group| **group == By::Country).map(|_| Some("CN".to_owned())).collect();
            cells.add(Bucket { key, span: *span, tally: Tally { records: 1, ..Tally::default() } });
        }
        cells.rows(|made| (made.year(By::Year), made.cell.count.certain, made.cell.count.possible))
    }

    #[test]
    fn years_tell_what_the_interval_tells() {
        for text in ["2011", "2011?", "2010-12/2011-01", "[..2001]", "[2001..]", "../2011", "2003/..", "2011-05-01~"] {
            let interval = PartialInterval::parse(text).unwrap();
            for year in [2000, 2001, 2003, 2010, 2011, 2012] {
                let day = |month, day| jiff::civil::date(year, month, day);
                assert_eq!(
                    span(text).within(Period::year(year.into())),
                    interval.within(day(1, 1), day(12, 31)),
                    "{text} in {year}"
                );
            }
        }
        assert_eq!(YearSpan::UNKNOWN.within(Period::year(2011)), Containment::Possible);
        assert_eq!(YearSpan::UNKNOWN.within(Period::default()), Containment::Certain);
    }

    #[test]
    fn what_is_open_or_wide_is_told_once() {
        let spans = ["2011", "2010/2011", "2003/2012", "2003/2013", "2003/.."].map(span);
        let rows = counted(&[By::Year], Period::years(2010, 2012), &spans);
        assert_eq!(rows, [(Some(2010), 0, 2), (Some(2011), 1, 3), (Some(2012), 0, 1), (None, 0, 2)]);
        assert_eq!(counted(&[By::Country, By::Year], Period::year(2014), &spans), [(None, 0, 1)]);
    }

    #[test]
    fn a_figure_is_about_what_was_asked() {
        assert!(is_asked(Some(1), true, &[]) && is_asked(Some(1), true, &[1, 2]) && is_asked(Some(1), false, &[1]));
        assert!(!is_asked(Some(1), false, &[]) && !is_asked(Some(1), false, &[1, 2]) && !is_asked(Some(3), true, &[1]));
        assert!(is_asked(None, false, &[0; 0]) && !is_asked(None, true, &[0; 0]) && !is_asked(None, false, &[1]));
    }

    #[test]
    fn people_are_at_least_so_many_when_some_are_not_known() {
        let tally = Tally { records: 2, people: 40, inexact: 0 };
        assert_eq!(tally.people(), Quantity { value: 40, qualifier: Qualifier::Exact });
        let more = tally + Tally::of_headcount(None);
        assert_eq!(more.people(), Quantity { value: 40, qualifier: Qualifier::AtLeast });
        assert_eq!(more + -Tally::of_headcount(None), tally);
    }

    #[test]
    fn a_list_has_only_the_filters_that_say_something() {
        let list = Records::of(CollectionName::AssistanceCases, None).with("kind", "").with("state", "open,closed");
        let list = list.in_period("period", None, Period { from: Some(800), to: None });
        assert_eq!(list.done(), "/v1/assistance-cases?state=open,closed&period_from=0800");
    }

    proptest! {
        /// A bounded period tells no more for certain than its years, whatever is counted, and every
        /// record that may lie in it is told somewhere.
        #[test]
        fn certain_years_add_up_and_nothing_is_lost(
            spans in proptest::collection::vec((1990..2030_i32, 0..15_i32, any::<bool>()), 0..20),
            from in 1990..2030_i32,
            length in 0..20_i32,
        ) {
            let spans: Vec<YearSpan> = spans
                .into_iter()
                .map(|(first, more, doubtful)| YearSpan { first, last: first + more, doubtful })
                .collect();
            let period = Period::years(from, from + length);
            let years = counted(&[By::Year], period, &spans);
            let whole = counted(&[], period, &spans);
            let (certain, possible) = whole.first().map_or((0, 0), |(_, certain, possible)| (*certain, *possible));
            let single = spans.iter().filter(|span| span.first == span.last && span.within(period) == Containment::Certain);
            prop_assert_eq!(years.iter().map(|(_, certain, _)| certain).sum::<i64>(), single.count() as i64);
            prop_assert!(years.iter().map(|(_, certain, _)| certain).sum::<i64>() <= certain);
            prop_assert!(years.iter().map(|(_, _, possible)| possible).sum::<i64>() >= possible);
            prop_assert!(years.iter().all(|(_, certain, possible)| certain <= possible));
        }
    }
}
