//! The forms that are texts, written a page at a time: tables, lines, and what stands around the
//! entries of maps and calendars.

use csv::{Terminator, WriterBuilder};
use pobratim_persistence::{Error, Snapshot, View};
use serde_json::Value;

use crate::api::Api;
use crate::collections::Resource;
use crate::csv::defused;
use crate::export::columns::{Cell, Column, columns};
use crate::export::shown::Shown;
use crate::export::{Asked, ListForm, calendar, defect, map};

/// Marks a text as UTF-8. Spreadsheets read letters beyond Latin wrongly without it.
const MARK: &str = "\u{feff}";

/// Writes the records of a list in a form.
pub(super) struct Writer<T> {
    form: ListForm,
    columns: Vec<Column>,
    view: View,
    lang: Option<String>,
    /// Whether an entry was written, which the next one is parted from.
    has_entries: bool,
    of: std::marker::PhantomData<fn() -> T>,
}

impl<T: Resource> Writer<T> {
    pub(super) fn new(api: &Api, view: View, asked: &Asked) -> Self {
        let columns =
            if asked.form == ListForm::Csv { columns(api.schemas(), &T::NAME.type_name()) } else { Vec::new() };
        let lang = asked.lang.clone();
        Self { form: asked.form, columns, view, lang, has_entries: false, of: std::marker::PhantomData }
    }

    /// What stands before the records.
    pub(super) fn begin(&self) -> Result<Vec<u8>, Error> {
        let mut out = Vec::new();
        match self.form {
            ListForm::Csv => {
                out.extend_from_slice(MARK.as_bytes());
                self.lines(&mut out, |writer| writer.write_record(self.columns.iter().map(|column| &column.name)))?;
            }
            ListForm::GeoJson => out.extend_from_slice(map::BEGIN.as_bytes()),
            ListForm::Calendar => out.extend_from_slice(calendar::begin(T::NAME).as_bytes()),
            _ => {}
        }
        Ok(out)
    }

    /// Some records.
    pub(super) async fn write(&mut self, snapshot: &Snapshot, rows: &[T::Row], out: &mut Vec<u8>) -> Result<(), Error> {
        match self.form {
            ListForm::Csv => self.lines(out, |writer| {
                for row in rows {
                    let record = serde_json::to_value(row).map_err(std::io::Error::other)?;
                    writer.write_record(self.columns.iter().map(|column| text(column.cell(&record))))?;
                }
                Ok(())
            }),
            form if form.is_shown() => {
                let records: Vec<Value> = rows.iter().map(serde_json::to_value).collect::<Result<_, _>>()?;
                let shown = Shown { snapshot, view: &self.view, lang: self.lang.as_deref() };
                for entry in T::shown(&shown, records).await? {
                    if self.has_entries && form == ListForm::GeoJson {
                        out.extend_from_slice(map::BETWEEN.as_bytes());
                    }
                    self.has_entries = true;
                    out.extend_from_slice(entry.as_bytes());
                }
                Ok(())
            }
            _ => {
                for row in rows {
                    serde_json::to_writer(&mut *out, row)?;
                    out.push(b'\n');
                }
                Ok(())
            }
        }
    }

    /// What stands after the records.
    pub(super) fn end(&self, out: &mut Vec<u8>) {
        match self.form {
            ListForm::GeoJson => out.extend_from_slice(map::END.as_bytes()),
            ListForm::Calendar => out.extend_from_slice(calendar::END.as_bytes()),
            _ => {}
        }
    }

    fn lines(
        &self,
        out: &mut Vec<u8>,
        write: impl FnOnce(&mut csv::Writer<&mut Vec<u8>>) -> Result<(), csv::Error>,
    ) -> Result<(), Error> {
        let mut writer = WriterBuilder::new().terminator(Terminator::CRLF).from_writer(out);
        write(&mut writer).map_err(defect)?;
        writer.flush().map_err(defect)
    }
}

fn text(cell: Cell) -> String {
    match cell {
        Cell::Empty => String::new(),
        Cell::Text(text) => defused(&text).into_owned(),
        Cell::Number(number) => number.to_string(),
        Cell::Flag(flag) => flag.to_string(),
    }
}
