//! What a report looks like: one file a form. Each takes the document alone, escapes every word of
//! it, and gives the same bytes for the same document.
//!
//! What belongs here: the forms' entrances, and what several of them need: where a record is found,
//! how a text falls into lines, a chart's figures as a table.

mod chart;
mod docx;
mod html;
mod markdown;
#[cfg(test)]
#[path = "../examples/sample/report.rs"]
mod sample;
// What the sample calls this crate.
#[cfg(test)]
use crate as reports;

use std::borrow::Cow;

pub use chart::svg;
pub use docx::docx;
pub use html::{html, style_source};
pub use markdown::markdown;

use crate::{RecordMention, ReportChart, ReportChartKind, ReportColumn, ReportRow, ReportTable};

/// Why a report could not be brought into a form. No report that is well formed does this.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    /// A template failed.
    #[error("the template failed: {0}")]
    Template(#[from] askama::Error),
    /// A chart could not be drawn.
    #[error("the chart could not be drawn: {0}")]
    Chart(String),
    /// The outline of the land could not be read.
    #[error("the outline of the land could not be read: {0}")]
    Land(#[from] &'static serde_json::Error),
    /// The archive could not be written.
    #[error("the archive could not be written: {0}")]
    Archive(#[from] zip::result::ZipError),
    /// A part of the archive could not be written.
    #[error("a part of the archive could not be written: {0}")]
    Part(#[from] std::io::Error),
}

/// The most records that stand beside what was drawn from them; more are folded away, or told by
/// their first ones.
const FEW: usize = 6;

/// Where a record is found.
fn address(record: &RecordMention) -> String {
    format!("/v1/{}/{}", record.collection.path(), record.id)
}

/// The lines of a text that say something: each is a paragraph of its own.
fn lines(text: &str) -> impl Iterator<Item = &str> {
    text.lines().map(str::trim).filter(|line| !line.is_empty())
}

/// The figures of a chart as a table, for those who cannot see it and forms that cannot draw it.
fn figures(chart: &ReportChart) -> ReportTable {
    let row = |cells| ReportRow { cells, records: Vec::new() };
    let (columns, rows) = match chart.kind {
        ReportChartKind::Bars => {
            let names = chart.series.iter().map(|series| (series.name.clone(), true));
            let row_of = |(at, category): (usize, &String)| {
                let value = |values: &[i64]| values.get(at).map(i64::to_string).unwrap_or_default();
                row(std::iter::once(category.clone()).chain(chart.series.iter().map(|s| value(&s.values))).collect())
            };
            let columns = std::iter::once((String::new(), false)).chain(names).collect::<Vec<_>>();
            (columns, chart.categories.iter().enumerate().map(row_of).collect())
        }
        ReportChartKind::Map => {
            let of = |group: &&str| {
                let places = chart.points.iter().filter(|point| point.group == **group);
                row(vec![(*group).to_owned(), places.map(|point| point.label.as_str()).collect::<Vec<_>>().join(", ")])
            };
            (vec![(String::new(), false), (String::new(), false)], groups(chart).iter().map(of).collect())
        }
    };
    let columns = columns.into_iter().map(|(title, numeric)| ReportColumn { title, numeric }).collect();
    ReportTable { caption: chart.caption.clone(), columns, rows }
}

/// The groups of a map's places in the order in which they are first named, the home city's first.
fn groups(chart: &ReportChart) -> Vec<&str> {
    let mut groups = Vec::new();
    let (home, others): (Vec<_>, Vec<_>) = chart.points.iter().partition(|point| point.home);
    for point in home.into_iter().chain(others) {
        if !groups.contains(&point.group.as_str()) {
            groups.push(&point.group);
        }
    }
    groups
}

/// A text without what no XML may hold: control characters and the two non-characters.
fn legible(text: &str) -> Cow<'_, str> {
    let forbidden = |c: char| (c < ' ' && !matches!(c, '\t' | '\n' | '\r')) || matches!(c, '\u{fffe}' | '\u{ffff}');
    if text.contains(forbidden) { text.replace(forbidden, "").into() } else { text.into() }
}
