//! A table out of a file: what kind of file it is, its heading and its rows, within bounds. A file that
//! breaks a bound, or is not what its name says, is refused as a whole and with the reason.

use crate::{delimited, encoding, heading, structured, workbook};

/// The most bytes of a file.
pub const MOST_BYTES: usize = 32 * 1024 * 1024;
/// The most bytes that a workbook may come to, unpacked.
pub const MOST_UNPACKED: u64 = 96 * 1024 * 1024;
/// The most rows, the heading not counted.
pub const MOST_ROWS: usize = 50_000;
/// The most columns.
pub const MOST_COLUMNS: usize = 100;
/// The most cells that hold something.
pub const MOST_CELLS: usize = 600_000;
/// The most characters of a cell.
pub const MOST_CELL: usize = 4_000;
/// How far down a heading is looked for.
const HEADING_WITHIN: usize = 10;

/// What a file was read as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Text with a separator: comma, semicolon or tab.
    Csv,
    /// A workbook.
    Xlsx,
    /// A JSON array of objects.
    Json,
    /// A JSON object a line.
    Ndjson,
}

impl Format {
    /// Its code.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Csv => "csv",
            Self::Xlsx => "xlsx",
            Self::Json => "json",
            Self::Ndjson => "ndjson",
        }
    }

    /// The endings of names of such files.
    const fn endings(self) -> &'static [&'static str] {
        match self {
            Self::Csv => &["csv", "tsv", "tab", "txt"],
            Self::Xlsx => &["xlsx", "xlsm"],
            Self::Json => &["json"],
            Self::Ndjson => &["ndjson", "jsonl"],
        }
    }

    fn of_ending(ending: &str) -> Option<Self> {
        [Self::Csv, Self::Xlsx, Self::Json, Self::Ndjson]
            .into_iter()
            .find(|format| format.endings().iter().any(|known| known.eq_ignore_ascii_case(ending)))
    }
}

/// A table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Table {
    /// What the file was read as.
    pub format: Format,
    /// The encoding of its text, when it is a text.
    pub encoding: Option<&'static str>,
    /// The heading of each column.
    pub heading: Vec<String>,
    /// The rows under it that hold something.
    pub rows: Vec<Row>,
    /// What is to be said of the file.
    pub findings: Vec<Finding>,
}

/// A row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Row {
    /// Where it stands in the file, counted from 1: the line of a text, the row of a sheet, the element of an array.
    pub line: u32,
    /// Its cells in the order of the headings; those at the end may be missing.
    pub cells: Vec<String>,
}

/// Something about the file that its owner should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// What kind of thing.
    pub code: &'static str,
    /// In a sentence.
    pub detail: String,
}

/// Why a file is not taken.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Refused {
    /// The code of the fault.
    pub code: &'static str,
    /// In a sentence or two: what is wrong and what to do.
    pub detail: String,
}

impl Refused {
    pub(crate) fn new(code: &'static str, detail: impl Into<String>) -> Self {
        Self { code, detail: detail.into() }
    }

    pub(crate) fn unreadable(what: &str, error: &dyn std::fmt::Display) -> Self {
        let mut reason = error.to_string();
        if let Some((at, _)) = reason.char_indices().nth(200) {
            reason.truncate(at);
        }
        Self::new("unreadable", format!("It cannot be read as {what}: {reason}."))
    }
}

/// Takes rows as long as they keep to the bounds.
#[derive(Debug, Default)]
pub(crate) struct Grid {
    pub(crate) rows: Vec<Row>,
    cells: usize,
}

impl Grid {
    pub(crate) fn push(&mut self, line: usize, mut cells: Vec<String>) -> Result<(), Refused> {
        while cells.last().is_some_and(|cell| cell.trim().is_empty()) {
            cells.pop();
        }
        if cells.is_empty() {
            return Ok(());
        }
        if cells.len() > MOST_COLUMNS {
            let detail = format!("Row {line} has {} columns; the most is {MOST_COLUMNS}.", cells.len());
            return Err(Refused::new("too_many_columns", detail));
        }
        if self.rows.len() > MOST_ROWS {
            return Err(Refused::new("too_many_rows", format!("It has more than {MOST_ROWS} rows. Send it in parts.")));
        }
        for (at, cell) in cells.iter_mut().enumerate() {
            check_cell(cell, line, at)?;
            let trimmed = cell.trim();
            if trimmed.len() < cell.len() {
                *cell = trimmed.to_owned();
            }
            self.cells += usize::from(!cell.is_empty());
        }
        if self.cells > MOST_CELLS {
            return Err(Refused::new(
                "too_many_cells",
                format!("It has more than {MOST_CELLS} cells. Send it in parts."),
            ));
        }
        cells.shrink_to_fit();
        let line = u32::try_from(line).unwrap_or(u32::MAX);
        self.rows.push(Row { line, cells });
        Ok(())
    }
}

/// Refuses a cell that is too long or holds a NUL.
pub(crate) fn check_cell(cell: &str, line: usize, column: usize) -> Result<(), Refused> {
    // Bytes first: they are known without counting.
    if cell.len() > MOST_CELL && cell.chars().count() > MOST_CELL {
        let detail = format!("The cell in row {line}, column {}, has more than {MOST_CELL} characters.", column + 1);
        return Err(Refused::new("cell_too_long", detail));
    }
    if cell.contains('\0') {
        let detail = format!("The cell in row {line}, column {}, holds a NUL character.", column + 1);
        return Err(Refused::new("nul", detail));
    }
    Ok(())
}

/// Reads a table. The name tells what the file should be; what it is, its bytes tell.
pub fn read(bytes: &[u8], name: Option<&str>) -> Result<Table, Refused> {
    if bytes.is_empty() {
        return Err(Refused::new("empty", "The file is empty."));
    }
    if bytes.len() > MOST_BYTES {
        return Err(Refused::new("too_large", format!("A register has at most {MOST_BYTES} bytes.")));
    }
    if bytes.starts_with(b"PK\x03\x04") || bytes.starts_with(b"PK\x05\x06") {
        fits(Format::Xlsx, name)?;
        let (grid, findings) = workbook::read(bytes)?;
        return under_heading(grid, Format::Xlsx, None, findings);
    }
    if let Some(kind) = foreign(bytes) {
        let detail = format!("It is {kind}. Registers come as CSV, XLSX, JSON or NDJSON.");
        return Err(Refused::new("unknown_format", detail));
    }
    let (text, encoding) = encoding::decode(bytes)?;
    let format = structured::format(&text).unwrap_or(Format::Csv);
    fits(format, name)?;
    if format == Format::Csv {
        let grid = delimited::read(&text)?;
        return under_heading(grid, format, Some(encoding), Vec::new());
    }
    let (heading, grid) = structured::read(&text, format)?;
    finished(Table { format, encoding: Some(encoding), heading, rows: grid.rows, findings: Vec::new() })
}

/// Files that are often sent in the place of a register.
fn foreign(bytes: &[u8]) -> Option<&'static str> {
    let known: &[(&[u8], &str)] = &[
        (b"\xd0\xcf\x11\xe0", "a workbook or a document of the old binary kind (.xls, .doc); save it as .xlsx"),
        (b"%PDF", "a PDF"),
        (b"\x1f\x8b", "compressed (gzip); send what is in it"),
        (b"7z\xbc\xaf", "compressed (7z); send what is in it"),
        (b"Rar!", "compressed (RAR); send what is in it"),
        (b"\x89PNG", "a picture"),
        (b"\xff\xd8\xff", "a picture"),
        (b"SQLite format 3", "a database"),
        (b"\x7fELF", "a program"),
        (b"MZ\x90", "a program"),
    ];
    known.iter().find(|(magic, _)| bytes.starts_with(magic)).map(|(_, kind)| *kind)
}

/// Refuses a file that is not what its name says.
fn fits(format: Format, name: Option<&str>) -> Result<(), Refused> {
    let Some((_, ending)) = name.and_then(|name| name.rsplit_once('.')) else { return Ok(()) };
    let told = Format::of_ending(ending);
    // One object may be either.
    let is_json = |format| matches!(format, Format::Json | Format::Ndjson);
    if told == Some(format) || told.is_some_and(is_json) && is_json(format) {
        return Ok(());
    }
    let ending: String = ending.chars().take(20).collect();
    let told = match told {
        Some(told) => format!("Its name ends in .{ending}, so it should be {}", told.as_str().to_uppercase()),
        None => format!("Its name ends in .{ending}, which is none of .csv, .tsv, .txt, .xlsx, .json and .ndjson"),
    };
    let detail = format!("{told}; its content is {}. Name it as what it is.", format.as_str().to_uppercase());
    Err(Refused::new("wrong_extension", detail))
}

/// Finds the heading among the first rows; what stands above it is passed over.
fn under_heading(
    grid: Grid,
    format: Format,
    encoding: Option<&'static str>,
    mut findings: Vec<Finding>,
) -> Result<Table, Refused> {
    let mut rows = grid.rows;
    let found = heading::find(&rows[..rows.len().min(HEADING_WITHIN)]);
    let first = rows.get(found.first).map_or(0, |row| row.line);
    if found.first > 0 {
        let detail = format!("The heading is in row {first}; what stands above it is passed over.");
        findings.push(Finding { code: "rows_above_heading", detail });
    }
    if found.rows == 2 {
        let detail = format!(
            "The heading has two rows, {first} and {}: each column is called by both, as in «{}».",
            first + 1,
            found.names.iter().find(|name| name.contains(" / ")).map_or("", String::as_str),
        );
        findings.push(Finding { code: "two_row_heading", detail });
    }
    if found.known == 0 {
        let detail =
            format!("No heading is known. Row {first} is taken for it; say in the mapping which column is what.");
        findings.push(Finding { code: "heading_unknown", detail });
    }
    rows.drain(..(found.first + found.rows).min(rows.len()));
    let mut table = Table { format, encoding, heading: found.names, rows, findings };
    let widest = table.rows.iter().map(|row| row.cells.len()).max().unwrap_or_default();
    while table.heading.len() < widest {
        table.heading.push(String::new());
    }
    finished(table)
}

fn finished(mut table: Table) -> Result<Table, Refused> {
    if table.rows.is_empty() {
        return Err(Refused::new("no_rows", "There are no rows under the heading."));
    }
    // Each column is called something, and no two alike.
    for at in 0..table.heading.len() {
        let named = table.heading[at].clone();
        let same = |name: &str| table.heading[..at].iter().any(|known| known == name);
        if named.is_empty() || same(&named) {
            let base = if named.is_empty() { "column".to_owned() } else { named };
            let free = (at + 1..).map(|number| format!("{base} {number}")).find(|name| !same(name));
            table.heading[at] = free.unwrap_or(base);
        }
    }
    Ok(table)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(bytes: &[u8], name: &str) -> &'static str {
        read(bytes, Some(name)).unwrap_err().code
    }

    #[test]
    fn the_same_rows_in_three_formats() {
        let csv = "city1,country1,city2,country2\nHeihe,China,Blagoveshchensk,Russia\nAnqing,China,Ibaraki,Japan\n";
        let json = r#"[{"city1":"Heihe","country1":"China","city2":"Blagoveshchensk","country2":"Russia"},{"city1":"Anqing","country1":"China","city2":"Ibaraki","country2":"Japan"}]"#;
        let lines = json.trim_matches(['[', ']']).replace("},{", "}\n{");
        let first = read(csv.as_bytes(), Some("a.csv")).unwrap();
        for (text, name) in [(json, "a.json"), (lines.as_str(), "a.ndjson")] {
            let table = read(text.as_bytes(), Some(name)).unwrap();
            assert_eq!(table.heading, first.heading);
            let cells = |table: &Table| table.rows.iter().map(|row| row.cells.clone()).collect::<Vec<_>>();
            assert_eq!(cells(&table), cells(&first), "{name}");
        }
    }

    #[test]
    fn what_is_no_register_is_refused() {
        let csv = b"city,country\nHeihe,China\n";
        assert_eq!(refused(b"", "a.csv"), "empty");
        assert_eq!(refused(csv, "a.xlsx"), "wrong_extension");
        assert_eq!(refused(csv, "a.json"), "wrong_extension");
        assert_eq!(refused(csv, "a.exe"), "wrong_extension");
        assert_eq!(refused(b"%PDF-1.7 and more", "a.csv"), "unknown_format");
        assert_eq!(refused(b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "a.xls"), "unknown_format");
        assert_eq!(refused(b"PK\x03\x04nothing else", "a.csv"), "wrong_extension");
        assert_eq!(refused(b"PK\x03\x04nothing else", "a.xlsx"), "unreadable");
        assert_eq!(refused(b"city,country\n", "a.csv"), "no_rows");
        assert_eq!(refused(b"city\0,country\nx,y\n", "a.csv"), "binary");
        assert!(read(csv, None).is_ok());
    }

    #[test]
    fn bounds_are_kept() {
        let long = format!("city,country\n{},China\n", "x".repeat(10 * 1024 * 1024));
        assert_eq!(refused(long.as_bytes(), "a.csv"), "cell_too_long");
        let wide = format!("city,country\n{}\n", "x,".repeat(MOST_COLUMNS + 1));
        assert_eq!(refused(wide.as_bytes(), "a.csv"), "too_many_columns");
        let tall = format!("city,country\n{}", "x,y\n".repeat(MOST_ROWS + 1));
        assert_eq!(refused(tall.as_bytes(), "a.csv"), "too_many_rows");
        let full = format!("city,country\n{}", format!("{}\n", "x,".repeat(90)).repeat(7_000));
        assert_eq!(refused(full.as_bytes(), "a.csv"), "too_many_cells");
        let deep = format!("[{}1{}]", "[".repeat(1000), "]".repeat(1000));
        assert_eq!(refused(deep.as_bytes(), "a.json"), "unreadable");
        assert_eq!(refused(&vec![b'a'; MOST_BYTES + 1], "a.csv"), "too_large");
    }

    #[test]
    fn headings_are_found_under_titles_and_over_two_rows() {
        let text = "Реестр городов-побратимов\n\nНаша сторона;;Партнёр;;Дата\nГород;Страна;Город;Страна;\nБлаговещенск;Россия;Хэйхэ;КНР;2011\n";
        let table = read(text.as_bytes(), Some("a.csv")).unwrap();
        let heading = ["Наша сторона / Город", "Наша сторона / Страна", "Партнёр / Город", "Партнёр / Страна", "Дата"];
        assert_eq!(table.heading, heading);
        let codes: Vec<_> = table.findings.iter().map(|finding| finding.code).collect();
        assert_eq!(codes, ["rows_above_heading", "two_row_heading"]);
        assert_eq!(table.rows.len(), 1);
        assert_eq!(table.rows[0].line, 5);
    }

    #[test]
    fn columns_without_a_name_get_one() {
        let table = read(b",country,city,sister,\n0,Afghanistan,Balkh,Bukhara,x\n", Some("a.csv")).unwrap();
        assert_eq!(table.heading, ["column 1", "country", "city", "sister", "column 5"]);
    }
}
