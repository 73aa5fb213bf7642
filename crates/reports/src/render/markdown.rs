//! A report as Markdown: CommonMark with the tables of GitHub's flavour. Every word is escaped, so
//! that no text becomes markup or HTML.

use std::fmt::Write as _;

use super::{address, figures, lines};
use crate::{RecordMention, Report, ReportBlock, ReportBlockKind, ReportTable};

/// The report as Markdown.
pub fn markdown(report: &Report) -> String {
    let mut out = Markdown(String::new());
    out.paragraph(&format!("# {}", escaped(&report.title)));
    if let Some(subtitle) = &report.subtitle {
        out.paragraph(&escaped(subtitle));
    }
    for section in &report.sections {
        let level = usize::try_from(section.level.clamp(1, 3)).unwrap_or(1) + 1;
        out.paragraph(&format!("{} {}", "#".repeat(level), escaped(&section.title)));
        for block in &section.blocks {
            out.block(block, &report.labels.records);
        }
    }
    out.0
}

struct Markdown(String);

impl Markdown {
    /// A paragraph, parted from what was before.
    fn paragraph(&mut self, text: &str) {
        if !self.0.is_empty() {
            self.0.push('\n');
        }
        self.0.push_str(text);
        self.0.push('\n');
    }

    fn block(&mut self, block: &ReportBlock, label: &str) {
        let text: Vec<_> = block.text.as_deref().map(lines).into_iter().flatten().collect();
        for (at, line) in text.iter().enumerate() {
            let records = if at + 1 == text.len() { links(&block.records) } else { String::new() };
            match block.kind {
                ReportBlockKind::Note if at > 0 => {
                    self.0.push_str(">\n");
                    let _ = writeln!(self.0, "> {}{records}", escaped(line));
                }
                ReportBlockKind::Note => self.paragraph(&format!("> {}{records}", escaped(line))),
                ReportBlockKind::Empty => self.paragraph(&format!("*{}*{records}", escaped(line))),
                _ => self.paragraph(&format!("{}{records}", escaped(line))),
            }
        }
        if !block.items.is_empty() {
            let item = |item: &crate::ReportItem| {
                let text = lines(&item.text).collect::<Vec<_>>().join(" ");
                format!("- {}{}", escaped(&text), links(&item.records))
            };
            self.paragraph(&block.items.iter().map(item).collect::<Vec<_>>().join("\n"));
        }
        if let Some(table) = &block.table {
            self.table(table, label);
        }
        if let Some(chart) = &block.chart {
            self.table(&figures(chart), label);
        }
        if text.is_empty() && !block.records.is_empty() {
            self.paragraph(links(&block.records).trim_start());
        }
    }

    fn table(&mut self, table: &ReportTable, label: &str) {
        if !table.caption.trim().is_empty() {
            self.paragraph(&format!("**{}**", escaped(table.caption.trim())));
        }
        if table.columns.is_empty() {
            return;
        }
        let records = table.rows.iter().any(|row| !row.records.is_empty());
        let line = |cells: Vec<String>| format!("| {} |", cells.join(" | "));
        let mut head: Vec<_> = table.columns.iter().map(|column| cell(&column.title)).collect();
        let mut rule: Vec<_> =
            table.columns.iter().map(|column| if column.numeric { "---:" } else { "---" }.to_owned()).collect();
        if records {
            head.push(cell(label));
            rule.push("---".to_owned());
        }
        let mut rows = vec![line(head), line(rule)];
        rows.extend(table.rows.iter().map(|row| {
            let mut cells: Vec<_> = row.cells.iter().map(|text| cell(text)).collect();
            cells.resize(table.columns.len(), String::new());
            if records {
                cells.push(links(&row.records).trim().to_owned());
            }
            line(cells)
        }));
        self.paragraph(&rows.join("\n"));
    }
}

/// A cell of a table: one line.
fn cell(text: &str) -> String {
    escaped(&lines(text).collect::<Vec<_>>().join(" "))
}

/// The records something was drawn from, as links after it.
fn links(records: &[RecordMention]) -> String {
    let link = |record: &RecordMention| format!("[{}]({})", escaped(&record.reference), address(record));
    if records.is_empty() {
        return String::new();
    }
    format!(" ({})", records.iter().map(link).collect::<Vec<_>>().join(", "))
}

/// A line of text with everything that could be markup made plain.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + text.len() / 8);
    let text = text.split_whitespace().collect::<Vec<_>>().join(" ");
    let digits = text.bytes().take_while(u8::is_ascii_digit).count();
    for (at, c) in text.char_indices() {
        // A full stop or bracket makes a list only after a number that begins the line.
        let numbers = at == digits && digits > 0 && matches!(c, '.' | ')');
        let begins = at == 0 && matches!(c, '-' | '+' | '=' | '#');
        let anywhere = matches!(c, '\\' | '`' | '*' | '_' | '[' | ']' | '<' | '>' | '|' | '~' | '&');
        if numbers || begins || anywhere {
            out.push('\\');
        }
        out.push(c);
    }
    out
}

#[cfg(test)]
mod tests {
    use pulldown_cmark::{Event, HeadingLevel, Options, Parser, Tag};

    use super::*;
    use crate::render::sample;

    fn events(markdown: &str) -> Vec<Event<'_>> {
        Parser::new_ext(markdown, Options::ENABLE_TABLES | Options::ENABLE_STRIKETHROUGH).collect()
    }

    /// The text alone of what Markdown says.
    fn text(markdown: &str) -> String {
        let text = |event: Event<'_>| match event {
            Event::Text(text) => Some(text.into_string()),
            Event::SoftBreak => Some("\n".to_owned()),
            _ => None,
        };
        events(markdown).into_iter().filter_map(text).collect()
    }

    #[test]
    fn what_looks_like_markup_is_read_back_as_text() {
        let texts = [
            "<script>alert('x')</script>",
            "# не заголовок",
            "- не список",
            "+ не список",
            "1. не список",
            "12) не список",
            "=== не черта",
            "> не цитата",
            "*не* _курсив_ **и** `не код`",
            "[не ссылка](javascript:alert(1)) ![и](не-картинка)",
            "a | b \\| c \\",
            "~~не вычеркнуто~~ &lt; &amp; &#35;",
            "``` не код",
            "--- не черта",
            "«кавычки» “quotes” \"прямые\" 「日本」",
        ];
        for line in texts {
            let markdown = escaped(line);
            assert_eq!(text(&markdown), line, "{markdown}");
            let kinds = events(&markdown);
            assert!(matches!(kinds.first(), Some(Event::Start(Tag::Paragraph))), "{markdown}: {kinds:?}");
            assert!(!kinds.iter().any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_))), "{markdown}");
        }
    }

    #[test]
    fn the_sample_has_its_headings_tables_and_points() {
        let report = sample::report();
        let markdown = markdown(&report);
        let events = events(&markdown);
        let count = |wanted: fn(&Tag<'_>) -> bool| {
            events.iter().filter(|event| matches!(event, Event::Start(tag) if wanted(tag))).count()
        };
        let blocks = || report.sections.iter().flat_map(|section| &section.blocks);
        let tables = blocks().filter(|block| block.table.is_some() || block.chart.is_some()).count();
        assert_eq!(count(|tag| matches!(tag, Tag::Table(_))), tables);
        assert_eq!(count(|tag| matches!(tag, Tag::Heading { .. })), report.sections.len() + 1);
        assert_eq!(count(|tag| matches!(tag, Tag::Heading { level: HeadingLevel::H1, .. })), 1);
        assert_eq!(count(|tag| matches!(tag, Tag::Item)), blocks().map(|block| block.items.len()).sum::<usize>());
        let rows = |block: &ReportBlock| {
            let table = block.table.clone().or_else(|| block.chart.as_ref().map(figures));
            table.map_or(0, |table| table.rows.len())
        };
        assert_eq!(count(|tag| matches!(tag, Tag::TableRow)), blocks().map(rows).sum::<usize>());
        assert!(!events.iter().any(|event| matches!(event, Event::Html(_) | Event::InlineHtml(_))));
        assert!(markdown.contains("](/v1/work-plans/01890a5d-ac96-774b-bcce-b302099a8059)"), "a path in kebab-case");
        assert_eq!(markdown, super::markdown(&report), "the same twice");
    }

    #[test]
    fn an_empty_report_is_its_title() {
        assert_eq!(markdown(&sample::empty()), "# Пустой отчёт\n");
    }
}
