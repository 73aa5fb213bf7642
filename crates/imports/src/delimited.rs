//! Text with a separator: comma, semicolon or tab, told by its first lines.

use crate::table::{Grid, MOST_COLUMNS, Refused};

/// Separators, in the order in which they are preferred.
const SEPARATORS: [u8; 4] = [b'\t', b';', b',', b'|'];
/// How many records tell the separator.
const SAMPLE: usize = 20;

pub(crate) fn read(text: &str) -> Result<Grid, Refused> {
    let separator = separator(text);
    let mut reader = reader(text, separator);
    let mut grid = Grid::default();
    let mut record = csv::StringRecord::new();
    let mut lines = Lines { text, at: 0, line: 1 };
    while reader.read_record(&mut record).map_err(|error| Refused::unreadable("CSV", &error))? {
        let start = record.position().map_or(0, csv::Position::byte);
        let cells = record.iter().take(MOST_COLUMNS + 1);
        grid.push(lines.of(usize::try_from(start).unwrap_or(usize::MAX)), cells.map(str::to_owned).collect())?;
    }
    Ok(grid)
}

/// Counts lines: the reader tells where it stood, which is before the blank lines that it passes over.
struct Lines<'t> {
    text: &'t str,
    at: usize,
    line: usize,
}

impl Lines<'_> {
    /// The line of the record that is found from a place on.
    fn of(&mut self, start: usize) -> usize {
        let bytes = self.text.as_bytes();
        let rest = bytes.get(start..).unwrap_or_default();
        let blank = rest.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count();
        let until = (start + blank).min(bytes.len());
        self.line += bytes[self.at.min(until)..until].iter().filter(|byte| **byte == b'\n').count();
        self.at = until;
        self.line
    }
}

fn reader(text: &str, separator: u8) -> csv::Reader<&[u8]> {
    // Tables of query services quote nothing, so a quotation mark within a cell of theirs is a letter.
    let quoting =
        separator != b'\t' || text.lines().take(SAMPLE).any(|line| line.contains("\"\t") || line.contains("\t\""));
    csv::ReaderBuilder::new()
        .has_headers(false)
        .flexible(true)
        .delimiter(separator)
        .quoting(quoting)
        .from_reader(text.as_bytes())
}

/// The separator that divides most records into as many cells as the others.
fn separator(text: &str) -> u8 {
    // A sample ends with a line, so that the last record of it is whole.
    let worth = |separator: u8| {
        let records: Vec<usize> = reader(text, separator)
            .into_records()
            .take(SAMPLE)
            .map_while(Result::ok)
            .map(|record| record.len())
            .collect();
        let widest = records.iter().copied().max().unwrap_or_default();
        let alike = records.iter().filter(|length| **length == widest).count();
        if widest < 2 { (0, 0) } else { (alike * 100 / records.len().max(1), widest) }
    };
    let best = SEPARATORS.into_iter().rev().max_by_key(|separator| worth(*separator));
    best.unwrap_or(b',')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cells(text: &str) -> Vec<Vec<String>> {
        read(text).unwrap().rows.into_iter().map(|row| row.cells).collect()
    }

    #[test]
    fn the_separator_is_told_by_the_lines() {
        for text in ["a,b\nx,\"y, z\"\n", "a;b\nx;y, z\n", "a\tb\nx\ty, z\n", "a|b\nx|y, z\n"] {
            assert_eq!(cells(text), [["a", "b"], ["x", "y, z"]], "{text}");
        }
        assert_eq!(cells("city\nHeihe\n"), [["city"], ["Heihe"]]);
    }

    #[test]
    fn lines_are_counted_as_an_editor_does() {
        let grid = read("a,b\r\n\r\n\"x\r\ny\",z\r\nlast,1\r\n").unwrap();
        assert_eq!(grid.rows.iter().map(|row| row.line).collect::<Vec<_>>(), [1, 3, 5]);
        assert_eq!(grid.rows[1].cells, ["x\r\ny", "z"]);
    }

    #[test]
    fn a_quotation_mark_in_a_table_of_tabs_is_a_letter() {
        assert_eq!(cells("a\tb\nthe \"x\ty\nz\tw\n"), [["a", "b"], ["the \"x", "y"], ["z", "w"]]);
    }
}
