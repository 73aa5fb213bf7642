use std::io::Write as _;

use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::*;
use crate::table;

const SHEET: &str = r#"<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">"#;

/// A workbook with one sheet, as small as it can be.
pub(super) fn workbook(sheet: &str, extra: &[(&str, &[u8])]) -> Vec<u8> {
    let types = r#"<Types xmlns="http://schemas.openxmlformats.org/package/2006/content-types"><Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/><Default Extension="xml" ContentType="application/xml"/><Override PartName="/xl/workbook.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet.main+xml"/><Override PartName="/xl/worksheets/sheet1.xml" ContentType="application/vnd.openxmlformats-officedocument.spreadsheetml.worksheet+xml"/></Types>"#;
    let relations = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>"#;
    let book = r#"<workbook xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main" xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships"><sheets><sheet name="Реестр" sheetId="1" r:id="rId1"/></sheets></workbook>"#;
    let sheets = r#"<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rId1" Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/worksheet" Target="worksheets/sheet1.xml"/></Relationships>"#;
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    let options = SimpleFileOptions::default().compression_method(CompressionMethod::Deflated);
    let parts: [(&str, &[u8]); 5] = [
        ("[Content_Types].xml", types.as_bytes()),
        ("_rels/.rels", relations.as_bytes()),
        ("xl/workbook.xml", book.as_bytes()),
        ("xl/_rels/workbook.xml.rels", sheets.as_bytes()),
        ("xl/worksheets/sheet1.xml", sheet.as_bytes()),
    ];
    for (name, content) in parts.iter().chain(extra) {
        archive.start_file(*name, options).unwrap();
        archive.write_all(content).unwrap();
    }
    archive.finish().unwrap().into_inner()
}

/// A sheet with these rows; what begins with = is a formula.
fn sheet_of(rows: &[&[&str]], after: &str) -> String {
    let mut xml = format!("{SHEET}<sheetData>");
    for (line, row) in rows.iter().enumerate() {
        xml.push_str(&format!("<row r=\"{}\">", line + 1));
        for (column, text) in row.iter().enumerate().filter(|(_, text)| !text.is_empty()) {
            let name = called(u32::try_from(line).unwrap(), u32::try_from(column).unwrap());
            match text.strip_prefix('=') {
                Some(formula) => xml.push_str(&format!("<c r=\"{name}\"><f>{formula}</f><v>1</v></c>")),
                None => xml.push_str(&format!("<c r=\"{name}\" t=\"inlineStr\"><is><t>{text}</t></is></c>")),
            }
        }
        xml.push_str("</row>");
    }
    xml + "</sheetData>" + after + "</worksheet>"
}

fn refused(bytes: &[u8]) -> Refused {
    table::read(bytes, Some("a.xlsx")).unwrap_err()
}

#[test]
fn a_sheet_is_read() {
    let rows: &[&[&str]] =
        &[&["Город", "Страна", "Дата"], &["Хэйхэ", "КНР", "2011"], &["", "", ""], &["Ниигата", "Япония"]];
    let table = table::read(&workbook(&sheet_of(rows, ""), &[]), Some("a.xlsx")).unwrap();
    assert_eq!(table.heading, ["Город", "Страна", "Дата"]);
    let lines: Vec<_> = table.rows.iter().map(|row| (row.line, row.cells[0].as_str())).collect();
    assert_eq!(lines, [(2, "Хэйхэ"), (4, "Ниигата")]);
    assert!(table.findings.is_empty());
}

#[test]
fn merged_cells_are_told() {
    let rows: &[&[&str]] = &[&["Страна", "Город"], &["КНР", "Хэйхэ"], &["", "Далянь"]];
    let merged = "<mergeCells count=\"1\"><mergeCell ref=\"A2:A3\"/></mergeCells>";
    let table = table::read(&workbook(&sheet_of(rows, merged), &[]), None).unwrap();
    assert_eq!(table.findings[0].code, "merged_cells");
    assert!(table.findings[0].detail.contains("A2:A3"), "{}", table.findings[0].detail);
    assert_eq!(table.rows[1].cells, ["", "Далянь"]);
}

#[test]
fn formulas_are_refused_and_named() {
    let rows: &[&[&str]] = &[&["Город", "Страна"], &["=HYPERLINK(1)", "=A1"], &["x", "=cmd"]];
    let refused = refused(&workbook(&sheet_of(rows, ""), &[]));
    assert_eq!(refused.code, "formula");
    assert!(refused.detail.starts_with("A2, B2, B3 hold formulas"), "{}", refused.detail);
}

#[test]
fn bombs_are_refused_before_they_are_unpacked() {
    let rows: &[&[&str]] = &[&["Город", "Страна"], &["x", "y"]];
    let zeros = vec![b' '; 100 * 1024 * 1024];
    let bomb = workbook(&sheet_of(rows, ""), &[("xl/media/a.bin", &zeros)]);
    assert!(bomb.len() < 200_000, "{}", bomb.len());
    assert_eq!(refused(&bomb).code, "too_large_unpacked");
    // The same archive, which says that the file is small: in the local header and in the directory.
    let mut liar = bomb;
    let size = u32::try_from(zeros.len()).unwrap().to_le_bytes();
    let places: Vec<usize> = (0..liar.len() - 4).filter(|at| liar[*at..*at + 4] == size).collect();
    assert!(!places.is_empty());
    for at in places {
        liar[at..at + 4].copy_from_slice(&7_u32.to_le_bytes());
    }
    assert!(["too_large_unpacked", "unreadable"].contains(&refused(&liar).code));
}

#[test]
fn sheets_without_end_are_refused() {
    let cell = format!(
        "{SHEET}<sheetData><row r=\"1\"><c r=\"A1\" t=\"inlineStr\"><is><t>{}</t></is></c></row></sheetData></worksheet>",
        "x".repeat(10 * 1024 * 1024)
    );
    assert_eq!(refused(&workbook(&cell, &[])).code, "cell_too_long");
    let wide = format!("{SHEET}<sheetData><row r=\"1\"><c r=\"ZZ1\"><v>1</v></c></row></sheetData></worksheet>");
    assert_eq!(refused(&workbook(&wide, &[])).code, "too_many_columns");
    let mut million = format!("{SHEET}<sheetData>");
    for line in 1..=20_000 {
        million.push_str(&format!("<row r=\"{line}\">{}</row>", "<c><v>1</v></c>".repeat(50)));
    }
    assert_eq!(refused(&workbook(&(million + "</sheetData></worksheet>"), &[])).code, "too_many_cells");
    let far = format!(
        "{SHEET}<sheetData><row r=\"1\"><c r=\"A1\"><v>1</v></c></row><row r=\"1048576\"><c r=\"A1048576\"><v>2</v></c></row></sheetData></worksheet>"
    );
    assert_eq!(table::read(&workbook(&far, &[]), None).unwrap().rows[0].line, 1_048_576);
}

#[test]
fn what_would_grow_in_memory_is_refused() {
    let rows: &[&[&str]] = &[&["Город", "Страна"], &["x", "y"]];
    let texts = format!("<sst>{}</sst>", "<si><t>a</t></si>".repeat(600_000));
    let many = workbook(&sheet_of(rows, ""), &[("xl/sharedStrings.xml", texts.as_bytes())]);
    assert_eq!(refused(&many).code, "too_many_entries");
    let styles = format!("<styleSheet><cellXfs>{}</cellXfs></styleSheet>", "<xf/>".repeat(300_000));
    let many = workbook(&sheet_of(rows, ""), &[("xl/styles.xml", styles.as_bytes())]);
    assert_eq!(refused(&many).code, "too_many_entries");
    let shared = "<c r=\"A1\"><f t=\"shared\" si=\"99999999999\" ref=\"A1:A9\">B1</f><v>1</v></c>";
    let shared = format!("{SHEET}<sheetData><row r=\"1\">{shared}</row></sheetData></worksheet>");
    assert_eq!(refused(&workbook(&shared, &[])).code, "formula");
}

#[test]
fn an_archive_that_is_no_workbook_is_refused() {
    let mut archive = ZipWriter::new(Cursor::new(Vec::new()));
    archive.start_file("register.csv", SimpleFileOptions::default()).unwrap();
    archive.write_all(b"city,country\n").unwrap();
    let refused = refused(&archive.finish().unwrap().into_inner());
    assert_eq!(refused.code, "unknown_format");
}
