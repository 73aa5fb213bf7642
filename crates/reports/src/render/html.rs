//! A report as a page to be handed over: typeset, ready for A4, readable on a phone. It asks for
//! nothing from outside and runs no script; its one style is part of it.

use askama::Template;
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::{FEW, RenderError, chart, figures, legible, lines};
use crate::{Report, ReportBlock, ReportBlockKind, ReportRecord, ReportSection, ReportTable};

/// The page's style, between the tags as it stands here.
const STYLE: &str = include_str!("../../templates/report.css");

/// The style as a source that a Content-Security-Policy may name:
/// `default-src 'none'; style-src <this>` is all the page needs.
pub fn style_source() -> String {
    format!("'sha256-{}'", base64::engine::general_purpose::STANDARD.encode(Sha256::digest(STYLE)))
}

/// The report as a page.
pub fn html(report: &Report) -> Result<String, RenderError> {
    let anchors = anchors(report);
    let sections = report.sections.iter().zip(anchors).map(|(section, anchor)| {
        let blocks = section.blocks.iter().map(|block| Block::of(block, report)).collect::<Result<_, _>>()?;
        Ok(Section { anchor, section, blocks })
    });
    let sections = sections.collect::<Result<Vec<_>, RenderError>>()?;
    let page = Page { report, sections, style: STYLE };
    Ok(legible(&page.render()?).into_owned())
}

/// The names that sections are linked by: their keys, with a number where a key comes again.
fn anchors(report: &Report) -> Vec<String> {
    let mut anchors: Vec<String> = Vec::new();
    for section in &report.sections {
        let safe = |c: char| if c.is_ascii_alphanumeric() || c == '_' { c } else { '-' };
        let key: String = section.key.chars().map(safe).collect();
        let numbered = (2..).map(|number| format!("{key}-{number}"));
        let anchor = std::iter::once(key.clone()).chain(numbered).find(|anchor| !anchors.contains(anchor));
        anchors.push(anchor.unwrap_or(key));
    }
    anchors
}

#[derive(Template)]
#[template(path = "report.html", whitespace = "suppress")]
struct Page<'a> {
    report: &'a Report,
    sections: Vec<Section<'a>>,
    style: &'static str,
}

struct Section<'a> {
    anchor: String,
    section: &'a ReportSection,
    blocks: Vec<Block<'a>>,
}

impl Section<'_> {
    /// The heading's level: the report's title is the first.
    fn heading(&self) -> i32 {
        self.section.level.clamp(1, 3) + 1
    }
}

/// A block with what is made of it before the template is filled.
struct Block<'a> {
    block: &'a ReportBlock,
    text: Vec<&'a str>,
    table: Option<Table<'a>>,
    /// A chart's drawing and its figures.
    chart: Option<(String, ReportTable)>,
    records: Records<'a>,
}

impl<'a> Block<'a> {
    fn of(block: &'a ReportBlock, report: &'a Report) -> Result<Self, RenderError> {
        let drawing = |chart| Ok::<_, RenderError>((chart::svg(chart, &report.lang)?, figures(chart)));
        Ok(Self {
            block,
            text: block.text.as_deref().map(|text| lines(text).collect()).unwrap_or_default(),
            table: block.table.as_ref().map(Table),
            chart: block.chart.as_ref().map(drawing).transpose()?,
            records: Records { records: &block.records, label: &report.labels.records },
        })
    }

    /// The class of a text.
    fn class(&self) -> &'static str {
        match self.block.kind {
            ReportBlockKind::Note => "note",
            ReportBlockKind::Empty => "empty",
            ReportBlockKind::List => "lead",
            _ => "text",
        }
    }

    /// Whether the records stand at the end of the text; many stand below it, since what folds
    /// cannot lie within a paragraph.
    fn records_in_text(&self) -> bool {
        !self.text.is_empty() && self.records.records.len() <= FEW
    }
}

struct Table<'a>(&'a ReportTable);

impl Table<'_> {
    fn has_records(&self) -> bool {
        self.0.rows.iter().any(|row| !row.records.is_empty())
    }

    /// The class of a cell in a column.
    fn class(&self, column: &usize) -> &'static str {
        if self.0.columns.get(*column).is_some_and(|column| column.numeric) { "figure" } else { "words" }
    }
}

/// The records something was drawn from, as small links.
#[derive(Template)]
#[template(path = "records.html", whitespace = "suppress")]
struct Records<'a> {
    records: &'a [ReportRecord],
    label: &'a str,
}

impl askama::filters::HtmlSafe for Records<'_> {}

impl<'a> Page<'a> {
    fn records(&self, records: &'a [ReportRecord]) -> Records<'a> {
        Records { records, label: &self.report.labels.records }
    }
}
