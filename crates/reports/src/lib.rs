//! Reports drawn from a city's records.
//!
//! What belongs here: putting facts into words (`annual`, `language`), the document they make
//! (`document`), and what it looks like (`render`). Pure: facts come in as domain records that
//! somebody else has loaded, time is an argument, and the same facts give the same bytes.

mod document;
pub mod render;

pub use document::{
    Labels, Report, ReportBlock, ReportBlockKind, ReportChart, ReportChartKind, ReportColumn, ReportItem, ReportKind,
    ReportPoint, ReportRecord, ReportRow, ReportSection, ReportSeries, ReportTable,
};
