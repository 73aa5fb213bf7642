//! Registers read from files: tables of CSV, XLSX, JSON and NDJSON, what their headings mean, dates as
//! offices write them, and which country and which city is meant.
//!
//! What belongs here: reading and recognising. No database and no HTTP; what a row comes to beside the
//! records that are there is judged by who has them.

pub mod city;
pub mod country;
mod dates;
mod delimited;
mod encoding;
mod heading;
mod profile;
mod structured;
mod table;
mod terms;
mod workbook;

pub use dates::{Unread, date};
pub use heading::{Field, propose};
pub use profile::Profile;
pub use table::{
    Finding, Format, MOST_BYTES, MOST_CELL, MOST_CELLS, MOST_COLUMNS, MOST_ROWS, MOST_UNPACKED, Refused, Row, Table,
    read,
};
pub use terms::{Tie, kind, tie};
