//! A report as a DOCX: WordprocessingML from templates, in an archive without a clock. Headings,
//! lists, captions and notes are styles, so that an office can go on with its own; tables repeat
//! their header on each page; bars are a chart of Word's own, a map is its table.

mod table;

use std::io::{Cursor, Write as _};

use askama::Template;
use table::Table;
use zip::write::SimpleFileOptions;

use super::{FEW, RenderError, chart, figures, legible, lines};
use crate::{RecordMention, Report, ReportBlock, ReportBlockKind, ReportChart, ReportChartKind, ReportSection};

/// Where an archive's part lies, and what stands in it whatever the report.
const FIXED: [(&str, &str); 3] = [
    ("_rels/.rels", include_str!("../../templates/docx/rels.xml")),
    ("word/settings.xml", include_str!("../../templates/docx/settings.xml")),
    ("word/numbering.xml", include_str!("../../templates/docx/numbering.xml")),
];

/// The report as a DOCX.
pub fn docx(report: &Report) -> Result<Vec<u8>, RenderError> {
    let charts: Vec<_> = report.sections.iter().flat_map(|section| &section.blocks).filter_map(drawn).collect();
    let numbers = charts.len();
    let lang = report.lang.as_str();
    let mut archive = zip::ZipWriter::new(Cursor::new(Vec::new()));
    let mut part = |name: &str, text: &str| {
        let options = SimpleFileOptions::default()
            .compression_method(zip::CompressionMethod::Deflated)
            .last_modified_time(zip::DateTime::default());
        archive.start_file(name, options)?;
        Ok::<_, RenderError>(archive.write_all(legible(text.trim_end()).as_bytes())?)
    };
    // A reader may look at the first part to learn what the archive is.
    part("[Content_Types].xml", &ContentTypes { charts: numbers }.render()?)?;
    for (name, text) in FIXED {
        part(name, text)?;
    }
    part("docProps/core.xml", &Core { report }.render()?)?;
    part("word/styles.xml", &Styles { locale: locale(lang), east: East::of(lang) }.render()?)?;
    part("word/footer1.xml", &Footer { label: &report.labels.page }.render()?)?;
    part("word/_rels/document.xml.rels", &Relations { charts: numbers }.render()?)?;
    part("word/document.xml", &Document::of(report).render()?)?;
    for (at, chart) in charts.iter().enumerate() {
        part(&format!("word/charts/chart{}.xml", at + 1), &Chart { chart, locale: locale(lang) }.render()?)?;
    }
    Ok(archive.finish()?.into_inner())
}

/// The chart of a block that Word draws itself: bars that there are.
fn drawn(block: &ReportBlock) -> Option<&ReportChart> {
    let bars = |chart: &&ReportChart| chart.kind == ReportChartKind::Bars;
    block.chart.as_ref().filter(bars).filter(|chart| !chart.categories.is_empty() && !chart.series.is_empty())
}

/// A language as Word names it: with a region.
fn locale(lang: &str) -> &str {
    match lang {
        "ru" => "ru-RU",
        "en" => "en-GB",
        "zh" => "zh-CN",
        "ja" => "ja-JP",
        "ko" => "ko-KR",
        other => other,
    }
}

/// The language and the fonts of ideographs: they look different in each country.
struct East {
    locale: &'static str,
    serif: &'static str,
    sans: &'static str,
}

impl East {
    fn of(lang: &str) -> Self {
        match lang.get(..2) {
            Some("ja") => Self { locale: "ja-JP", serif: "MS Mincho", sans: "MS Gothic" },
            Some("ko") => Self { locale: "ko-KR", serif: "Batang", sans: "Malgun Gothic" },
            _ => Self { locale: "zh-CN", serif: "SimSun", sans: "Microsoft YaHei" },
        }
    }
}

#[derive(Template)]
#[template(path = "docx/content_types.xml")]
struct ContentTypes {
    charts: usize,
}

#[derive(Template)]
#[template(path = "docx/document_rels.xml")]
struct Relations {
    charts: usize,
}

#[derive(Template)]
#[template(path = "docx/core.xml")]
struct Core<'a> {
    report: &'a Report,
}

#[derive(Template)]
#[template(path = "docx/styles.xml")]
struct Styles<'a> {
    locale: &'a str,
    east: East,
}

#[derive(Template)]
#[template(path = "docx/footer.xml")]
struct Footer<'a> {
    label: &'a str,
}

#[derive(Template)]
#[template(path = "docx/chart.xml")]
struct Chart<'a> {
    chart: &'a ReportChart,
    locale: &'a str,
}

impl Chart<'_> {
    /// A series' colour, as in the page.
    fn colour(&self, series: &usize) -> String {
        chart::colour_code(*series)
    }
}

#[derive(Template)]
#[template(path = "docx/document.xml")]
struct Document<'a> {
    report: &'a Report,
    sections: Vec<Section<'a>>,
}

struct Section<'a> {
    /// What links to it by.
    number: usize,
    section: &'a ReportSection,
    blocks: Vec<Block<'a>>,
}

struct Block<'a> {
    text: Vec<&'a str>,
    style: &'static str,
    items: Vec<(&'a str, String)>,
    table: Option<Table>,
    chart: Option<Picture>,
    records: String,
}

/// A chart of the archive, as it stands in the text.
struct Picture {
    number: usize,
    caption: String,
    figures: String,
    /// Its height in English metric units, of which a centimetre has 360,000.
    height: usize,
}

impl<'a> Document<'a> {
    fn of(report: &'a Report) -> Self {
        let mut charts = 0;
        let sections = report.sections.iter().zip(1..).map(|(section, number)| {
            let blocks =
                section.blocks.iter().map(|block| Block::of(block, &report.labels.records, &mut charts)).collect();
            Section { number, section, blocks }
        });
        Self { sections: sections.collect(), report }
    }

    /// The sections that the list of contents names.
    fn contents(&self) -> Vec<&Section<'a>> {
        let contents: Vec<_> = self.sections.iter().filter(|section| section.section.level < 3).collect();
        if contents.len() > 2 { contents } else { Vec::new() }
    }
}

impl Section<'_> {
    fn level(&self) -> i32 {
        self.section.level.clamp(1, 3)
    }
}

impl<'a> Block<'a> {
    fn of(block: &'a ReportBlock, label: &str, charts: &mut usize) -> Self {
        let picture = drawn(block).map(|chart| {
            *charts += 1;
            Picture::of(chart, *charts)
        });
        let table = match (&block.table, &block.chart, &picture) {
            (Some(table), _, _) => Some(Table::of(table, label)),
            (None, Some(chart), None) => Some(Table::of(&figures(chart), label)),
            _ => None,
        };
        Self {
            text: block.text.as_deref().map(|text| lines(text).collect()).unwrap_or_default(),
            style: match block.kind {
                ReportBlockKind::Note => "Note",
                ReportBlockKind::Empty => "Empty",
                ReportBlockKind::List => "Lead",
                _ => "BodyText",
            },
            items: block.items.iter().map(|item| (item.text.as_str(), refs(&item.records))).collect(),
            table,
            chart: picture,
            records: refs(&block.records),
        }
    }
}

impl Picture {
    fn of(chart: &ReportChart, number: usize) -> Self {
        let table = figures(chart);
        let row = |row: &crate::ReportRow| {
            let (name, figures) = row.cells.split_first().map_or(("", &[][..]), |(name, rest)| (name.as_str(), rest));
            let told = chart.series.iter().zip(figures).map(|(series, value)| format!("{} {value}", series.name));
            format!("{name}: {}", told.collect::<Vec<_>>().join(", "))
        };
        let figures = table.rows.iter().map(row).collect::<Vec<_>>().join("; ");
        let bars = chart.categories.len() * (chart.series.len() + 1);
        Self { number, caption: chart.caption.clone(), figures, height: (bars * 150_000 + 1_000_000).min(7_500_000) }
    }
}

/// The numbers of the records something was drawn from; of many the first ones.
fn refs(records: &[RecordMention]) -> String {
    let more = if records.len() > FEW { " …" } else { "" };
    let first: Vec<_> = records.iter().take(FEW).map(|record| record.reference.as_str()).collect();
    format!("{}{more}", first.join(" "))
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;
    use std::io::Read as _;

    use super::*;
    use crate::render::sample;

    const W: &str = "http://schemas.openxmlformats.org/wordprocessingml/2006/main";

    fn parts(report: &Report) -> BTreeMap<String, String> {
        let mut archive = zip::ZipArchive::new(Cursor::new(docx(report).unwrap())).unwrap();
        let mut parts = BTreeMap::new();
        for at in 0..archive.len() {
            let mut part = archive.by_index(at).unwrap();
            let mut text = String::new();
            part.read_to_string(&mut text).unwrap();
            parts.insert(part.name().unwrap().into_owned(), text);
        }
        parts
    }

    /// The paragraphs in order: style and text.
    fn paragraphs(document: &str) -> Vec<(String, String)> {
        let document = roxmltree::Document::parse(document).unwrap();
        let named = |name| move |node: &roxmltree::Node<'_, '_>| node.has_tag_name((W, name));
        let paragraph = |node: roxmltree::Node<'_, '_>| {
            let style = node.descendants().find(named("pStyle")).and_then(|style| style.attribute((W, "val")));
            let text = node.descendants().filter(named("t")).filter_map(|text| text.text()).collect();
            (style.unwrap_or_default().to_owned(), text)
        };
        document.descendants().filter(named("p")).map(paragraph).collect()
    }

    #[test]
    fn every_part_is_sound_and_named_by_another() {
        let parts = parts(&sample::report());
        for (name, text) in &parts {
            roxmltree::Document::parse(text).unwrap_or_else(|error| panic!("{name}: {error}\n{text}"));
        }
        let types = roxmltree::Document::parse(&parts["[Content_Types].xml"]).unwrap();
        for name in types.descendants().filter_map(|node| node.attribute("PartName")) {
            assert!(parts.contains_key(name.trim_start_matches('/')), "{name}");
        }
        let relations = roxmltree::Document::parse(&parts["word/_rels/document.xml.rels"]).unwrap();
        let related: Vec<_> = relations.descendants().filter_map(|node| node.attribute("Target")).collect();
        assert!(related.iter().all(|target| parts.contains_key(&format!("word/{target}"))), "{related:?}");
        assert!(related.contains(&"charts/chart1.xml"));
    }

    #[test]
    fn headings_are_styles_and_every_style_exists() {
        let report = sample::report();
        let parts = parts(&report);
        let paragraphs = paragraphs(&parts["word/document.xml"]);
        assert_eq!(paragraphs[0], ("Title".to_owned(), report.title.clone()));
        let headings: Vec<_> = paragraphs.iter().filter(|(style, _)| style.starts_with("Heading")).cloned().collect();
        let wanted = report.sections.iter().map(|section| (format!("Heading{}", section.level), section.title.clone()));
        assert_eq!(headings, wanted.collect::<Vec<_>>());
        for (style, _) in &paragraphs {
            assert!(parts["word/styles.xml"].contains(&format!("w:styleId=\"{style}\"")), "{style}");
        }
        let points =
            report.sections.iter().flat_map(|section| &section.blocks).map(|block| block.items.len()).sum::<usize>();
        assert_eq!(paragraphs.iter().filter(|(style, _)| style == "ListBullet").count(), points);
    }

    #[test]
    fn texts_come_through_as_they_are() {
        let mut report = sample::report();
        report.subtitle = Some("До\u{1}\u{b}говор".into());
        let parts = parts(&report);
        let paragraphs = paragraphs(&parts["word/document.xml"]);
        assert!(paragraphs.iter().any(|(_, text)| text == sample::ATTACK));
        assert!(paragraphs.iter().any(|(style, text)| style == "Subtitle" && text == "Договор"));
        for chart in [sample::bars()] {
            let drawing = &parts["word/charts/chart1.xml"];
            for label in chart.categories.iter().chain(chart.series.iter().map(|series| &series.name)) {
                assert!(drawing.contains(&format!("<c:v>{label}</c:v>")), "{label}");
            }
        }
        for point in sample::map().points {
            assert!(
                paragraphs.iter().any(|(style, text)| style == "TableText" && text.contains(&point.label)),
                "{}",
                point.label
            );
        }
    }

    #[test]
    fn pages_are_numbered_tables_have_headers_the_language_is_set() {
        let parts = parts(&sample::report());
        assert!(parts["word/footer1.xml"].contains("> PAGE <") && parts["word/footer1.xml"].contains(">Страница <"));
        assert_eq!(parts["word/document.xml"].matches("<w:tblHeader/>").count(), 2);
        assert!(parts["word/document.xml"].contains(r#"<w:pgSz w:w="11906" w:h="16838"/>"#), "A4");
        assert!(parts["word/styles.xml"].contains(r#"<w:lang w:val="ru-RU" w:eastAsia="zh-CN""#));
        assert!(parts["docProps/core.xml"].contains("<dc:language>ru</dc:language>"));
    }

    #[test]
    fn the_same_report_gives_the_same_bytes() {
        let report = sample::report();
        let bytes = docx(&report).unwrap();
        assert_eq!(bytes, docx(&report).unwrap());
        let mut archive = zip::ZipArchive::new(Cursor::new(bytes)).unwrap();
        for at in 0..archive.len() {
            assert_eq!(archive.by_index(at).unwrap().last_modified(), Some(zip::DateTime::default()), "no clock");
        }
    }

    #[test]
    fn empty_reports_charts_and_tables_are_written() {
        let mut report = sample::empty();
        assert!(!parts(&report).keys().any(|name| name.contains("chart")));
        let block = |table, chart| ReportBlock { table, chart, ..ReportBlock::default() };
        let blocks = vec![block(Some(crate::ReportTable::default()), None), block(None, Some(ReportChart::default()))];
        report.sections = vec![ReportSection { blocks, ..ReportSection::default() }];
        roxmltree::Document::parse(&parts(&report)["word/document.xml"]).unwrap();
    }
}
