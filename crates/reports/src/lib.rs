//! Reports drawn from a city's records.
//!
//! What belongs here: putting facts into words (`annual`, `language`), the document they make
//! (`document`), and what it looks like (`render`). Pure: facts come in as domain records that
//! somebody else has loaded, time is an argument, and the same facts give the same bytes.

mod agreements;
mod annual;
mod document;
mod draft;
mod facts;
#[cfg(test)]
mod golden;
mod language;
mod partnership;
pub mod render;

pub use agreements::agreements;
pub use annual::{RETOLD_YEARS, annual, days_of};
pub use document::{
    Labels, RecordMention, Report, ReportBlock, ReportBlockKind, ReportChart, ReportChartKind, ReportColumn,
    ReportItem, ReportKind, ReportPoint, ReportRow, ReportSection, ReportSeries, ReportTable,
};
pub use facts::{ExchangeFigure, Facts};
pub use language::LANGUAGES;
pub use partnership::partnership;
