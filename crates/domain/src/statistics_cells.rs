//! Rows of statistics being made: records that are alike come in, groups with their counts come out,
//! each with the list its records are found by.

use std::collections::BTreeMap;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde::de::value::{Error, StrDeserializer};

use crate::collection::CollectionName;
use crate::municipality::Slug;
use crate::statistics::{Bucket, Figure, Period, StatisticsCount, StatisticsFigure, Tally, text_of};
use crate::value::Containment;

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
