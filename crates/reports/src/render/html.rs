//! A report as a page to be handed over: typeset, ready for A4, readable on a phone. It asks for
//! nothing from outside and runs no script; its one style is part of it.

use askama::Template;
use base64::Engine as _;
use sha2::{Digest as _, Sha256};

use super::{FEW, RenderError, chart, figures, legible, lines};
use crate::{RecordMention, Report, ReportBlock, ReportBlockKind, ReportSection, ReportTable};

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
#[template(path = "report.html")]
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
#[template(path = "records.html")]
struct Records<'a> {
    records: &'a [RecordMention],
    label: &'a str,
}

impl askama::filters::HtmlSafe for Records<'_> {}

impl<'a> Page<'a> {
    fn records(&self, records: &'a [RecordMention]) -> Records<'a> {
        Records { records, label: &self.report.labels.records }
    }
}

#[cfg(test)]
mod tests {
    use roxmltree::{Document, Node, ParsingOptions};

    use super::*;
    use crate::render::sample;

    /// The page is written as XML too, so that whatever breaks out of its place is a fault here.
    fn parsed(page: &str) -> Document<'_> {
        Document::parse_with_options(page, ParsingOptions { allow_dtd: true, ..ParsingOptions::default() }).unwrap()
    }

    fn named<'a, 'b>(document: &'a Document<'b>, name: &str) -> Vec<Node<'a, 'b>> {
        document.descendants().filter(|node| node.tag_name().name() == name).collect()
    }

    fn text(node: Node<'_, '_>) -> String {
        node.descendants().filter(Node::is_text).filter_map(|node| node.text()).collect()
    }

    #[test]
    fn every_word_of_the_sample_is_text_in_the_page() {
        let report = sample::report();
        let page = html(&report).unwrap();
        let document = parsed(&page);
        let main = text(named(&document, "main")[0]);
        let mut words = vec![report.title.clone(), sample::ATTACK.to_owned()];
        for section in &report.sections {
            words.push(section.title.clone());
            for block in &section.blocks {
                words.extend(block.text.iter().flat_map(|text| lines(text)).map(str::to_owned));
                words.extend(block.items.iter().map(|item| item.text.clone()));
                words.extend(block.records.iter().map(|record| record.reference.clone()));
                let tables = block.table.iter().cloned().chain(block.chart.as_ref().map(figures));
                words.extend(tables.flat_map(|table| table.rows).flat_map(|row| row.cells));
            }
        }
        for word in words {
            assert!(main.contains(&word), "{word} is missing");
        }
    }

    #[test]
    fn nothing_runs_and_nothing_is_fetched() {
        let page = html(&sample::report()).unwrap();
        let document = parsed(&page);
        let allowed = [
            "html",
            "head",
            "meta",
            "title",
            "style",
            "body",
            "main",
            "header",
            "nav",
            "section",
            "h1",
            "h2",
            "h3",
            "p",
            "div",
            "span",
            "a",
            "ol",
            "ul",
            "li",
            "details",
            "summary",
            "table",
            "caption",
            "thead",
            "tbody",
            "tr",
            "th",
            "td",
            "figure",
            "figcaption",
            "svg",
            "line",
            "polyline",
            "polygon",
            "rect",
            "circle",
            "text",
        ];
        let ids: Vec<_> = document.descendants().filter_map(|node| node.attribute("id")).collect();
        for node in document.descendants().filter(Node::is_element) {
            assert!(allowed.contains(&node.tag_name().name()), "{:?}", node.tag_name());
            for attribute in node.attributes() {
                assert!(!attribute.name().starts_with("on") && attribute.name() != "style", "{attribute:?}");
                if attribute.name() == "href" {
                    let to = attribute.value();
                    let known = to.strip_prefix('#').is_some_and(|id| ids.contains(&id));
                    assert!(known || to.starts_with("/v1/"), "{to}");
                }
            }
        }
        assert!(!page.contains("url(") && !page.contains("@import"));
    }

    #[test]
    fn the_style_has_the_hash_that_the_policy_names() {
        let page = html(&sample::empty()).unwrap();
        let document = parsed(&page);
        let styles = named(&document, "style");
        let [style] = styles[..] else { panic!("one style") };
        let hash = base64::engine::general_purpose::STANDARD.encode(Sha256::digest(text(style)));
        assert_eq!(style_source(), format!("'sha256-{hash}'"));
    }

    #[test]
    fn the_page_has_a_language_headings_and_named_tables() {
        let report = sample::report();
        let page = html(&report).unwrap();
        let document = parsed(&page);
        assert_eq!(document.root_element().attribute("lang"), Some("ru"));
        assert_eq!(named(&document, "h1").len(), 1);
        let headings = named(&document, "h2").len() + named(&document, "h3").len();
        assert_eq!(headings, report.sections.len());
        assert_eq!(named(&document, "ol")[0].children().filter(Node::is_element).count(), report.sections.len());
        assert!(
            named(&document, "table").iter().all(|table| table.first_element_child().unwrap().has_tag_name("caption"))
        );
        assert!(named(&document, "details").iter().all(|node| !node.ancestors().any(|node| node.has_tag_name("p"))));
        assert_eq!(page, html(&report).unwrap(), "the same twice");
    }

    #[test]
    fn sections_of_one_key_have_an_anchor_each() {
        let mut report = sample::report();
        report.sections[1].key = "overview".into();
        report.sections[2].key = "сводка \"2011\"".into();
        let anchors = anchors(&report);
        assert_eq!(anchors[..2], ["overview", "overview-2"]);
        assert!(anchors[2].is_ascii() && !anchors[2].contains(['"', ' ']), "{}", anchors[2]);
    }

    #[test]
    fn control_characters_are_left_out() {
        let mut report = sample::empty();
        report.title = "До\u{1}\u{b}говор".into();
        assert!(text(named(&parsed(&html(&report).unwrap()), "h1")[0]).contains("Договор"));
    }
}
