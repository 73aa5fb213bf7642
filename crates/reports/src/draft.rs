//! Writing a section: blocks one after the other, each with what it was drawn from. Lists are cut
//! where nobody would read on, and say how much is left.

use pobratim_domain::country::CountryCode;

use crate::document::{
    RecordMention, ReportBlock, ReportBlockKind, ReportChart, ReportColumn, ReportItem, ReportRow, ReportSection,
    ReportTable,
};
use crate::language::{Words, args};

/// How many points a list has at most.
const MOST: usize = 40;

/// A section being written.
pub(crate) struct Draft<'w> {
    words: &'w Words,
    section: ReportSection,
}

impl<'w> Draft<'w> {
    pub(crate) fn new(words: &'w Words, key: impl Into<String>, title: impl Into<String>) -> Self {
        let section = ReportSection { key: key.into(), title: title.into(), level: 1, ..ReportSection::default() };
        Self { words, section }
    }

    pub(crate) fn of_countries(mut self, countries: &[CountryCode]) -> Self {
        self.section.countries = countries.to_vec();
        self
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.section.blocks.is_empty()
    }

    fn push(&mut self, mut block: ReportBlock) {
        block.records = once(block.records);
        self.section.blocks.push(block);
    }

    pub(crate) fn paragraph(&mut self, text: String, records: Vec<RecordMention>) {
        self.push(ReportBlock { text: Some(text), records, ..ReportBlock::default() });
    }

    /// The office's own words.
    pub(crate) fn note(&mut self, text: &str, record: RecordMention) {
        let (kind, records) = (ReportBlockKind::Note, vec![record]);
        self.push(ReportBlock { kind, text: Some(text.to_owned()), records, ..ReportBlock::default() });
    }

    /// Says that there is nothing to tell where something was wanted.
    pub(crate) fn nothing(&mut self, text: String, records: Vec<RecordMention>) {
        self.push(ReportBlock { kind: ReportBlockKind::Empty, text: Some(text), records, ..ReportBlock::default() });
    }

    /// Points, perhaps under a line; nothing when there are none. What nobody would read is not told,
    /// only counted.
    pub(crate) fn list<T>(&mut self, intro: String, of: impl IntoIterator<Item = T>, tell: impl Fn(T) -> ReportItem) {
        let mut of = of.into_iter();
        let told = of.by_ref().take(MOST).map(|one| {
            let ReportItem { text, records } = tell(one);
            ReportItem { text, records: once(records) }
        });
        let mut items: Vec<ReportItem> = told.collect();
        if items.is_empty() {
            return;
        }
        let left = of.count();
        if left > 0 {
            let text = self.words.say("more", args().with("count", i64::try_from(left).unwrap_or(i64::MAX)));
            items.push(ReportItem { text, records: Vec::new() });
        }
        let text = (!intro.is_empty()).then_some(intro);
        self.push(ReportBlock { kind: ReportBlockKind::List, text, items, ..ReportBlock::default() });
    }

    /// A table; what its columns are called, and whether they hold figures.
    pub(crate) fn table(&mut self, caption: &str, columns: &[(&str, bool)], rows: Vec<ReportRow>) {
        let columns =
            columns.iter().map(|(id, numeric)| ReportColumn { title: self.words.plain(id), numeric: *numeric });
        let table = ReportTable { caption: caption.to_owned(), columns: columns.collect(), rows };
        self.push(ReportBlock { kind: ReportBlockKind::Table, table: Some(table), ..ReportBlock::default() });
    }

    pub(crate) fn chart(&mut self, chart: ReportChart, records: Vec<RecordMention>) {
        self.push(ReportBlock { kind: ReportBlockKind::Chart, chart: Some(chart), records, ..ReportBlock::default() });
    }

    /// The section, saying so where it has nothing.
    pub(crate) fn done(mut self) -> ReportSection {
        if self.section.blocks.is_empty() {
            let text = self.words.plain("nothing");
            self.nothing(text, Vec::new());
        }
        self.section
    }

    /// The section, unless it has nothing.
    pub(crate) fn if_any(self) -> Option<ReportSection> {
        if self.is_empty() { None } else { Some(self.section) }
    }
}

/// A point of a list.
pub(crate) fn item(text: String, records: Vec<RecordMention>) -> ReportItem {
    ReportItem { text, records }
}

/// A row of a table.
pub(crate) fn row(cells: Vec<String>, records: Vec<RecordMention>) -> ReportRow {
    ReportRow { cells, records: once(records) }
}

/// Each record once, in the order of its first mention.
fn once(records: Vec<RecordMention>) -> Vec<RecordMention> {
    let mut all: Vec<RecordMention> = Vec::with_capacity(records.len());
    for record in records {
        if !all.contains(&record) {
            all.push(record);
        }
    }
    all
}
