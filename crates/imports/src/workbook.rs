//! Workbooks (XLSX). The archive is looked at before anything is unpacked into memory: how much it says
//! that it holds, and how much it does hold. Then the first sheet that holds something is read cell by
//! cell. Formulas are refused: what they come to is for the program that made them to say.

use std::io::{Cursor, Read, Write};

use calamine::{Data, DataRef, Reader as _, Xlsx, XlsxError};
use zip::ZipArchive;

use crate::table::{Finding, Grid, MOST_CELLS, MOST_COLUMNS, MOST_UNPACKED, Refused, check_cell};

/// The most files in the archive.
const MOST_ENTRIES: usize = 1_000;
/// The most elements of the table of texts, which is held in memory whole.
const MOST_TEXT_TAGS: u64 = 2_000_000;
/// The most elements of any other part that is held in memory: styles, relations, the workbook itself.
const MOST_TAGS: u64 = 200_000;
/// How many places a sentence names.
const TOLD: usize = 5;
/// Sheets that are looked at.
const MOST_SHEETS: usize = 20;

pub(crate) fn read(bytes: &[u8]) -> Result<(Grid, Vec<Finding>), Refused> {
    unpack(bytes)?;
    let mut book: Xlsx<_> = Xlsx::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    let mut findings = Vec::new();
    let names = book.sheet_names();
    for name in names.iter().take(MOST_SHEETS) {
        let grid = match sheet(&mut book, name) {
            Ok(grid) => grid,
            Err(Unfit::Refused(refused)) => return Err(refused),
            // A chart is a sheet as well.
            Err(Unfit::NoTable) => continue,
        };
        if grid.rows.is_empty() {
            continue;
        }
        if names.len() > 1 {
            let detail = format!("The workbook has {} sheets; «{name}» is read.", names.len());
            findings.push(Finding { code: "several_sheets", detail });
        }
        findings.extend(merged(&mut book, name)?);
        return Ok((grid, findings));
    }
    Ok((Grid::default(), findings))
}

fn unreadable(error: &dyn std::fmt::Display) -> Refused {
    Refused::unreadable("XLSX", error)
}

/// Unpacks all of the archive into nothing, up to the bound, so that what follows cannot surprise. An
/// archive may lie about its sizes.
fn unpack(bytes: &[u8]) -> Result<(), Refused> {
    let bomb = |size: &str| {
        let most = MOST_UNPACKED / 1024 / 1024;
        Refused::new("too_large_unpacked", format!("The workbook {size} than {most} MiB unpacked. Send it in parts."))
    };
    let mut archive = ZipArchive::new(Cursor::new(bytes)).map_err(|error| unreadable(&error))?;
    if archive.len() > MOST_ENTRIES {
        return Err(Refused::new("too_many_entries", format!("The archive holds more than {MOST_ENTRIES} files.")));
    }
    if archive.decompressed_size().is_some_and(|size| size > u128::from(MOST_UNPACKED)) {
        return Err(bomb("says that it holds more"));
    }
    let mut is_workbook = false;
    let mut rest = MOST_UNPACKED;
    for at in 0..archive.len() {
        let entry = archive.by_index(at).map_err(|error| unreadable(&error))?;
        let name = entry.name().map(|name| name.to_ascii_lowercase()).unwrap_or_default();
        is_workbook |= name == "xl/workbook.xml";
        let mut bounded = entry.take(rest + 1);
        let mut tags = Tags(0);
        let size = std::io::copy(&mut bounded, &mut tags).map_err(|error| unreadable(&error))?;
        rest = rest.checked_sub(size).ok_or_else(|| bomb("holds more"))?;
        // Sheets are read as a stream; all else becomes objects in memory, each larger than its element.
        let is_held = name.ends_with(".xml") && !name.starts_with("xl/worksheets/") || name.ends_with(".rels");
        let most = if name.ends_with("sharedstrings.xml") { MOST_TEXT_TAGS } else { MOST_TAGS };
        if is_held && tags.0 > most {
            let detail = format!("A part of the workbook has more than {most} elements. Send it in parts, or as CSV.");
            return Err(Refused::new("too_many_entries", detail));
        }
    }
    if is_workbook {
        Ok(())
    } else {
        Err(Refused::new("unknown_format", "It is an archive, and no XLSX workbook. Send what is in it."))
    }
}

/// Counts the elements of what is written into it, and keeps nothing.
struct Tags(u64);

impl Write for Tags {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        let tags = bytes.iter().filter(|byte| **byte == b'<').count();
        self.0 = self.0.saturating_add(u64::try_from(tags).unwrap_or(u64::MAX));
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Why a sheet gives no table.
enum Unfit {
    Refused(Refused),
    NoTable,
}

impl From<Refused> for Unfit {
    fn from(refused: Refused) -> Self {
        Self::Refused(refused)
    }
}

fn sheet(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Grid, Unfit> {
    let mut reader = match book.worksheet_cells_reader(name) {
        Ok(reader) => reader,
        Err(XlsxError::NotAWorksheet(_)) => return Err(Unfit::NoTable),
        Err(error) => return Err(unreadable(&error).into()),
    };
    let mut grid = Grid::default();
    let mut formulas: Vec<String> = Vec::new();
    let (mut formula_count, mut seen) = (0_usize, 0_usize);
    let mut row: (u32, Vec<String>) = (0, Vec::new());
    // Without expanding shared formulas: their numbers are taken for places in a list that would grow.
    while let Some(cell) = reader.next_cell_with_formula_metadata().map_err(|error| unreadable(&error))? {
        let (line, column) = cell.pos;
        seen += 1;
        // Empty cells with a style count too: they cost time.
        if seen > 4 * MOST_CELLS {
            let detail = format!("The sheet has more than {} cells. Send it in parts.", 4 * MOST_CELLS);
            return Err(Refused::new("too_many_cells", detail).into());
        }
        if cell.formula.is_some() {
            formula_count += 1;
            if formulas.len() < TOLD {
                formulas.push(called(line, column));
            }
            continue;
        }
        let text = text(cell.value);
        if text.is_empty() {
            continue;
        }
        let at = usize::try_from(column).unwrap_or(usize::MAX);
        if at >= MOST_COLUMNS {
            let detail = format!("{} holds something; the most is {MOST_COLUMNS} columns.", called(line, column));
            return Err(Refused::new("too_many_columns", detail).into());
        }
        check_cell(&text, usize::try_from(line).unwrap_or(usize::MAX) + 1, at)?;
        if line != row.0 {
            if line < row.0 {
                return Err(Refused::new("unreadable", "The rows of the sheet are not in order.").into());
            }
            push(&mut grid, &mut row)?;
            row.0 = line;
        }
        if row.1.len() <= at {
            row.1.resize(at + 1, String::new());
        }
        row.1[at] = text;
    }
    push(&mut grid, &mut row)?;
    if formula_count > 0 {
        let more = if formula_count > formulas.len() {
            format!(" and {} more", formula_count - formulas.len())
        } else {
            String::new()
        };
        let detail = format!("{}{more} hold formulas. Copy the sheet and paste it as values.", formulas.join(", "));
        return Err(Refused::new("formula", detail).into());
    }
    Ok(grid)
}

fn push(grid: &mut Grid, row: &mut (u32, Vec<String>)) -> Result<(), Refused> {
    grid.push(usize::try_from(row.0).unwrap_or(usize::MAX) + 1, std::mem::take(&mut row.1))
}

fn text(value: DataRef<'_>) -> String {
    match Data::from(value) {
        Data::String(text) | Data::DateTimeIso(text) | Data::DurationIso(text) => text,
        Data::Int(number) => number.to_string(),
        Data::Float(number) => number.to_string(),
        Data::Bool(is) => is.to_string(),
        Data::DateTime(moment) => {
            let (year, month, day, ..) = moment.to_ymd_hms_milli();
            format!("{year:04}-{month:02}-{day:02}")
        }
        Data::Error(error) => error.to_string(),
        Data::Empty => String::new(),
    }
}

/// What a spreadsheet calls a cell: B7.
fn called(row: u32, column: u32) -> String {
    let mut letters = Vec::new();
    let mut rest = column + 1;
    while rest > 0 {
        let letter = u8::try_from((rest - 1) % 26).unwrap_or_default();
        letters.push(char::from(b'A' + letter));
        rest = (rest - 1) / 26;
    }
    format!("{}{}", letters.iter().rev().collect::<String>(), row + 1)
}

/// What is to be said of merged cells: only the first of them holds the value.
fn merged(book: &mut Xlsx<Cursor<&[u8]>>, name: &str) -> Result<Option<Finding>, Refused> {
    let areas = book.merge_cells_by_sheet_name(name).map_err(|error| unreadable(&error))?;
    if areas.is_empty() {
        return Ok(None);
    }
    let told: Vec<String> = areas
        .iter()
        .take(TOLD)
        .map(|area| format!("{}:{}", called(area.start.0, area.start.1), called(area.end.0, area.end.1)))
        .collect();
    let more = if areas.len() > TOLD { format!(" and {} more", areas.len() - TOLD) } else { String::new() };
    let detail = format!(
        "Cells are merged: {}{more}. Only the first of them holds the value, the others are read as empty. Where rows are meant to have it, write it into each.",
        told.join(", ")
    );
    Ok(Some(Finding { code: "merged_cells", detail }))
}

#[cfg(test)]
mod tests;
