//! Lists as spreadsheets (XLSX). A workbook is a file before it is an answer: its rows go to the disk as
//! they are written, so that it takes no more memory than a page.

use std::fs::File;
use std::io::{Seek, SeekFrom};
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use pobratim_persistence::Error;
use rust_xlsxwriter::{DocProperties, ExcelDateTime, Format, Workbook, XlsxError};
use serde_json::Value;
use tokio::io::AsyncReadExt;
use tokio::sync::Semaphore;

use crate::answer::{Answer, Streamed};
use crate::asked::has_seen;
use crate::collections::Resource;
use crate::ctx::Ctx;
use crate::export::columns::{Cell, Column, columns};
use crate::export::pages::Pages;
use crate::export::{defect, described, made_from, tag};
use crate::problem::{ApiError, ApiResult, FieldError, UNAVAILABLE};
use crate::query::Listed;

/// How many rows a sheet has, that of the names included.
const ROWS: i64 = 1_048_576;
/// How many characters a cell has.
const LETTERS: usize = 32_767;
/// How much of the file is read at once.
const CHUNK: usize = 64 * 1024;
/// How long to wait for others' workbooks.
const WAIT: Duration = Duration::from_secs(2);

/// How many workbooks are made at once: each takes room on the disk, and a processor at its end.
static MAKING: Semaphore = Semaphore::const_new(2);

/// All records of a list as a workbook.
pub(super) async fn answer<T: Resource>(ctx: &Ctx, listed: Listed) -> ApiResult<Answer> {
    let collections = made_from::<T>(&listed);
    let asked = listed.asked.clone();
    let mut pages = Pages::<T>::new(&ctx.api, ctx.view(), listed.query).counted();
    let mut first = Vec::new();
    let head = pages.next(async |_, rows| records::<T>(rows, &mut first)).await?;
    fits(pages.total(), ROWS, asked_by(ctx))?;
    let tag = tag::<T>(pages.name(), &head, &collections, &asked);
    let answer = described::<T>(Answer::empty(200), asked.form).tagged(tag.clone());
    if has_seen(&ctx.headers, &tag.header("")) || ctx.method == "HEAD" {
        return Ok(answer.streamed(Streamed::nothing_of(None)));
    }
    let making = tokio::time::timeout(WAIT, MAKING.acquire()).await.ok().and_then(Result::ok);
    let Some(_making) = making else {
        let detail = "Others are being given spreadsheets now.";
        return Err(ApiError::new(&UNAVAILABLE, detail).with_header("Retry-After", "5"));
    };
    let mut sheet = Sheet::new(columns(ctx.api.schemas(), &T::NAME.type_name()), T::NAME.as_str()).map_err(defect)?;
    sheet.add(&first).map_err(defect)?;
    drop(first);
    while !pages.is_over() {
        let mut records_of_page = Vec::new();
        pages.next(async |_, rows| records::<T>(rows, &mut records_of_page)).await?;
        // More may have come since they were counted.
        fits(sheet.records + i64::try_from(records_of_page.len()).unwrap_or(i64::MAX), ROWS, asked_by(ctx))?;
        sheet.add(&records_of_page).map_err(defect)?;
    }
    let (file, length) = tokio::task::spawn_blocking(move || sheet.file()).await.map_err(defect)?.map_err(defect)?;
    Ok(answer.streamed(read(file, length)))
}

fn records<T: Resource>(rows: &[T::Row], records: &mut Vec<Value>) -> Result<(), Error> {
    for row in rows {
        records.push(serde_json::to_value(row)?);
    }
    Ok(())
}

/// Where the form was asked for.
fn asked_by(ctx: &Ctx) -> fn(&str, String) -> FieldError {
    if ctx.query.iter().any(|(name, _)| name == "format") {
        |code, detail| FieldError::parameter("format", code, detail)
    } else {
        |code, detail| FieldError::header("Accept", code, detail)
    }
}

/// Refuses more records than a sheet has rows.
fn fits(records: i64, rows: i64, fault: impl FnOnce(&str, String) -> FieldError) -> ApiResult<()> {
    if records < rows {
        return Ok(());
    }
    let most = rows - 1;
    let detail = format!("A sheet has room for {most} records, and these are {records}: filter them, or take CSV.");
    Err(ApiError::parameters(vec![fault("too_many", detail)]))
}

/// A workbook with one sheet.
struct Sheet {
    workbook: Workbook,
    columns: Vec<Column>,
    records: i64,
}

impl Sheet {
    fn new(columns: Vec<Column>, name: &str) -> Result<Self, XlsxError> {
        let mut workbook = Workbook::new();
        // The same records give the same bytes, so it does not say when it was made.
        let properties = DocProperties::new().set_creation_datetime(&ExcelDateTime::from_ymd(2000, 1, 1)?);
        workbook.set_properties(&properties);
        let sheet = workbook.add_worksheet_with_constant_memory()?;
        sheet.set_name(name)?;
        sheet.set_freeze_panes(1, 0)?;
        let bold = Format::new().set_bold();
        for (at, column) in (0..).zip(&columns) {
            sheet.write_string_with_format(0, at, &column.name, &bold)?;
        }
        Ok(Self { workbook, columns, records: 0 })
    }

    fn add(&mut self, records: &[Value]) -> Result<(), XlsxError> {
        let sheet = self.workbook.worksheet_from_index(0)?;
        for record in records {
            self.records += 1;
            let row = u32::try_from(self.records).map_err(|_| XlsxError::RowColumnLimitError)?;
            for (at, column) in (0..).zip(&self.columns) {
                match column.cell(record) {
                    Cell::Empty => {}
                    // A text that is written as one is never run.
                    Cell::Text(text) => drop(sheet.write_string(row, at, fitting(&text))?),
                    Cell::Number(number) => drop(sheet.write_number(row, at, number.as_f64().unwrap_or_default())?),
                    Cell::Flag(flag) => drop(sheet.write_boolean(row, at, flag)?),
                }
            }
        }
        Ok(())
    }

    /// The finished file and its length.
    fn file(mut self) -> Result<(File, u64), XlsxError> {
        let mut file = tempfile::tempfile()?;
        self.workbook.save_to_writer(&mut file)?;
        let length = file.seek(SeekFrom::End(0))?;
        file.seek(SeekFrom::Start(0))?;
        Ok((file, length))
    }
}

/// A text as long as a cell can have it; what is cut off is marked.
fn fitting(text: &str) -> String {
    if text.chars().count() <= LETTERS {
        return text.to_owned();
    }
    text.chars().take(LETTERS - 1).chain(['…']).collect()
}

fn read(file: File, length: u64) -> Streamed {
    let file = tokio::fs::File::from_std(file);
    let bytes = stream::unfold(Some(file), async |file| {
        let mut file = file?;
        let mut chunk = vec![0; CHUNK];
        match file.read(&mut chunk).await {
            Ok(0) => None,
            Ok(read) => {
                chunk.truncate(read);
                Some((Ok::<_, std::io::Error>(Bytes::from(chunk)), Some(file)))
            }
            Err(error) => Some((Err(error), None)),
        }
    });
    Streamed::new(length, bytes)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_sheet_is_not_overfilled() {
        let fault = |code: &str, detail: String| FieldError::parameter("format", code, detail);
        assert!(fits(9, 10, fault).is_ok());
        let refusal = fits(10, 10, fault).unwrap_err();
        assert_eq!(refusal.errors.first().map(|fault| fault.code.as_str()), Some("too_many"));
        assert_eq!(ROWS, 1_048_576);
    }

    #[test]
    fn a_long_text_is_cut_where_a_cell_ends() {
        assert_eq!(fitting("короткий"), "короткий");
        let cut = fitting(&"я".repeat(LETTERS + 1));
        assert!(cut.ends_with('…') && cut.chars().count() == LETTERS);
    }

    #[test]
    fn the_same_records_give_the_same_bytes() {
        let made = || {
            let columns = vec![];
            let mut sheet = Sheet::new(columns, "places").unwrap();
            sheet.add(&[Value::Null]).unwrap();
            let (mut file, length) = sheet.file().unwrap();
            let mut bytes = Vec::new();
            std::io::Read::read_to_end(&mut file, &mut bytes).unwrap();
            assert_eq!(bytes.len() as u64, length);
            bytes
        };
        assert_eq!(made(), made());
    }
}
