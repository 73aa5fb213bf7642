//! Tables of a DOCX: their cells, and how the columns share the page's width. Word and others lay
//! out a table of fixed widths alike, and each its own way otherwise.

use super::refs;
use crate::ReportTable;
use crate::render::lines;

/// Twentieths of a point between the margins of an A4 page.
const MEASURE: usize = 9355;

/// A table ready for the template.
pub(super) struct Table {
    pub(super) caption: String,
    pub(super) widths: Vec<usize>,
    pub(super) head: Vec<Cell>,
    pub(super) rows: Vec<Vec<Cell>>,
}

/// A cell of it.
pub(super) struct Cell {
    pub(super) text: String,
    pub(super) numeric: bool,
    pub(super) records: String,
}

impl Table {
    pub(super) fn of(table: &ReportTable, label: &str) -> Self {
        let cell =
            |text: &str, numeric, records| Cell { text: lines(text).collect::<Vec<_>>().join(" "), numeric, records };
        let sourced = table.rows.iter().any(|row| !row.records.is_empty());
        let mut head: Vec<_> = table.columns.iter().map(|c| cell(&c.title, c.numeric, String::new())).collect();
        if sourced {
            head.push(cell(label, false, String::new()));
        }
        let rows = table.rows.iter().map(|row| {
            let texts = row.cells.iter().map(String::as_str).chain(std::iter::repeat(""));
            let mut cells: Vec<_> =
                texts.zip(&table.columns).map(|(text, column)| cell(text, column.numeric, String::new())).collect();
            if sourced {
                cells.push(cell("", false, refs(&row.records)));
            }
            cells
        });
        let rows: Vec<_> = rows.collect();
        Self { caption: table.caption.clone(), widths: widths(&head, &rows), head, rows }
    }

    /// Whether the header says anything.
    pub(super) fn has_head(&self) -> bool {
        self.head.iter().any(|cell| !cell.text.is_empty())
    }
}

/// Widths of the columns that share the measure by the length of what stands in them, each at least
/// as wide as its longest word.
fn widths(head: &[Cell], rows: &[Vec<Cell>]) -> Vec<usize> {
    /// About the width of a letter in a table, whose headings are bold.
    const LETTER: usize = 118;
    let count = |text: &str| text.chars().map(|c| if c < '\u{1100}' { 1 } else { 2 }).sum::<usize>();
    let needs = head.iter().enumerate().map(|(at, title)| {
        let cells = || std::iter::once(title).chain(rows.iter().filter_map(|row| row.get(at)));
        let longest = cells().map(|cell| count(&cell.text).max(cell.records.len())).max().unwrap_or(0).min(44);
        let words = cells().flat_map(|cell| cell.text.split_whitespace().chain(cell.records.split(' ')));
        let word = words.map(count).max().unwrap_or(0).min(22);
        (word * LETTER + 240, (longest * LETTER + 240).max(word * LETTER + 240))
    });
    let needs: Vec<(usize, usize)> = needs.collect();
    let least: usize = needs.iter().map(|(least, _)| least).sum();
    let wish: usize = needs.iter().map(|(least, most)| most - least).sum();
    // What is left over after the longest words is shared by need; without a need, evenly.
    let spare = MEASURE.saturating_sub(least);
    let share = |(low, high): &(usize, usize)| {
        let even = spare / needs.len().max(1);
        match least >= MEASURE {
            true => low * MEASURE / least.max(1),
            false => low + (spare * (high - low)).checked_div(wish).unwrap_or(even),
        }
    };
    needs.iter().map(share).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_fill_the_measure() {
        let cell = |text: &str| Cell { text: text.into(), numeric: false, records: String::new() };
        for texts in [vec!["№", "Содержание"], vec!["а", "б", "в"], vec!["электрификация"; 12], vec![""]]
        {
            let head: Vec<_> = texts.iter().map(|text| cell(text)).collect();
            let widths = widths(&head, &[vec![cell("1"), cell("Обмен детскими творческими коллективами")]]);
            assert_eq!(widths.len(), texts.len());
            assert!(widths.iter().sum::<usize>().abs_diff(MEASURE) <= texts.len() + 1, "{widths:?}");
        }
    }
}
