//! Charts as SVG: what all kinds share. Colours, type, the frame with its name for those who cannot
//! see it, and how wide a text is about to be: nobody knows which fonts the reader has.
//!
//! Everything visible is an attribute, never a `style`: the page's policy forbids inline styles.

mod bars;
mod labels;
mod land;
mod map;

use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};
use pobratim_domain::value::LanguageTag;

use super::{RenderError, legible};
use crate::{ReportChart, ReportChartKind};

/// The width of every chart, in its own units.
const WIDTH: u32 = 680;
/// The size of its words.
const SIZE: f64 = 13.0;
/// The fonts of its words; the page's style says the same.
const FAMILY: &str =
    "'PT Sans', 'Noto Sans', 'Helvetica Neue', Arial, 'Noto Sans CJK SC', 'Microsoft YaHei', sans-serif";

const INK: RGBColor = RGBColor(0x22, 0x2b, 0x36);
const QUIET: RGBColor = RGBColor(0x5b, 0x66, 0x73);
const RULE: RGBColor = RGBColor(0xdd, 0xe2, 0xe7);
const PAPER: RGBColor = RGBColor(0xff, 0xff, 0xff);
/// Colours of series and groups: told apart by those who see red and green alike, and in grey by
/// their lightness; each has at least 3 to 1 against the paper.
const COLOURS: [RGBColor; 6] = [
    RGBColor(0x1f, 0x4e, 0x79),
    RGBColor(0xc9, 0x71, 0x1b),
    RGBColor(0x2a, 0x8c, 0x82),
    RGBColor(0x8a, 0x4f, 0x9e),
    RGBColor(0x8a, 0x7a, 0x1e),
    RGBColor(0x6b, 0x75, 0x80),
];

/// The colour of a series as six hexadecimal digits, for charts that somebody else draws.
pub(super) fn colour_code(series: usize) -> String {
    let RGBColor(red, green, blue) = COLOURS[series % COLOURS.len()];
    format!("{red:02X}{green:02X}{blue:02X}")
}

type Area<'a> = DrawingArea<SVGBackend<'a>, plotters::coord::Shift>;
type Drawn = Result<(), DrawingAreaErrorKind<std::io::Error>>;

/// Draws a chart as an SVG element that can stand in a page or alone. A chart without figures is an
/// empty frame.
pub fn svg(chart: &ReportChart, lang: &LanguageTag) -> Result<String, RenderError> {
    let (height, drawn) = match chart.kind {
        ReportChartKind::Bars => bars::draw(chart)?,
        ReportChartKind::Map => map::draw(chart)?,
    };
    let frame = Frame { width: WIDTH, height, lang: lang.as_str(), caption: &chart.caption, drawn: inner(&drawn) };
    Ok(legible(&askama::Template::render(&frame)?).into_owned())
}

/// The element around a drawing.
#[derive(askama::Template)]
#[template(path = "chart.svg")]
struct Frame<'a> {
    width: u32,
    height: u32,
    lang: &'a str,
    caption: &'a str,
    /// Escaped by the library that drew it.
    drawn: &'a str,
}

/// A drawing without the element that the library puts around it: ours has a name.
fn inner(svg: &str) -> &str {
    let begin = svg.find('>').map_or(0, |at| at + 1);
    let end = svg.rfind("</svg>").unwrap_or(svg.len());
    svg[begin..end.max(begin)].trim()
}

/// Draws on a canvas of the height given.
fn canvas(height: u32, draw: impl FnOnce(&Area<'_>) -> Drawn) -> Result<(u32, String), RenderError> {
    let mut drawing = String::new();
    {
        let root = SVGBackend::with_string(&mut drawing, (WIDTH, height)).into_drawing_area();
        draw(&root).and_then(|()| root.present()).map_err(|error| RenderError::Chart(error.to_string()))?;
    }
    Ok((height, drawing))
}

/// The style of a text: its colour, and which of its corners stands where it is put.
fn words<'a>(colour: RGBColor, h: HPos, v: VPos) -> TextStyle<'a> {
    // The library divides by 1.24 what it writes as the size.
    (FAMILY, SIZE * 1.24).into_font().color(&colour).pos(Pos::new(h, v))
}

/// About how wide a text is: ideographs and syllables are square, capitals wide.
fn width_of(text: &str) -> f64 {
    let em = |c: char| match c {
        '\u{1100}'..='\u{115f}' | '\u{2e80}'..='\u{a4cf}' | '\u{ac00}'..='\u{d7a3}' | '\u{f900}'..='\u{faff}' => 1.0,
        '\u{fe30}'..='\u{fe6f}' | '\u{ff00}'..='\u{ff60}' | '\u{1f300}'..='\u{3fffd}' => 1.0,
        'Ж' | 'Ш' | 'Щ' | 'Ю' | 'Ф' | 'М' | 'W' | 'M' | 'ж' | 'ш' | 'щ' | 'ю' | 'ф' | 'м' | 'w' | 'm' => {
            0.82
        }
        'i' | 'l' | 'j' | '.' | ',' | '\'' | '|' | ' ' | '(' | ')' | 'I' | 't' | 'f' | 'r' => 0.34,
        _ if c.is_uppercase() => 0.68,
        _ => 0.56,
    };
    text.chars().map(em).sum::<f64>() * SIZE
}

/// A text in lines no wider than asked, broken at spaces and hyphens, and within what is wider alone.
fn wrapped(text: &str, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in text.split_whitespace() {
        for (at, piece) in word.split_inclusive('-').enumerate() {
            let space = if at > 0 || lines.last().is_none_or(String::is_empty) { "" } else { " " };
            let fits = |line: &String| width_of(&format!("{line}{space}{piece}")) <= width;
            match lines.last_mut() {
                Some(line) if fits(line) => line.extend([space, piece]),
                _ => lines.extend(broken(piece, width)),
            }
        }
    }
    lines.retain(|line| !line.is_empty());
    lines
}

/// A word in pieces no wider than asked.
fn broken(word: &str, width: f64) -> Vec<String> {
    let mut pieces = vec![String::new()];
    for c in word.chars() {
        match pieces.last_mut() {
            Some(piece) if piece.is_empty() || width_of(&format!("{piece}{c}")) <= width => piece.push(c),
            _ => pieces.push(c.into()),
        }
    }
    pieces
}

/// Where the entries of a legend stand, row by row, and how high they are together.
fn legend<'a>(names: impl Iterator<Item = &'a str>) -> (Vec<(i32, i32)>, i32) {
    const ROW: i32 = 22;
    const MARK: f64 = 20.0;
    let (mut places, mut x, mut row) = (Vec::new(), 0.0, 0);
    for name in names {
        let width = MARK + width_of(name) + 22.0;
        if x > 0.0 && x + width > f64::from(WIDTH) {
            (x, row) = (0.0, row + 1);
        }
        places.push((pixel(x), row * ROW + ROW / 2));
        x += width;
    }
    let height = if places.is_empty() { 0 } else { (row + 1) * ROW + 6 };
    (places, height)
}

/// A length as whole units of the drawing.
#[expect(clippy::cast_possible_truncation, reason = "drawings are a thousand units wide at the most")]
fn pixel(length: f64) -> i32 {
    length.round().clamp(-100_000.0, 100_000.0) as i32
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::render::sample;

    fn texts(svg: &str) -> String {
        let document = roxmltree::Document::parse(svg).unwrap();
        let texts = document.descendants().filter(|node| node.has_tag_name(("http://www.w3.org/2000/svg", "text")));
        texts.filter_map(|node| node.text()).map(str::trim).collect::<Vec<_>>().join(" ")
    }

    fn ru() -> LanguageTag {
        LanguageTag::parse("ru").unwrap()
    }

    #[test]
    fn every_label_and_figure_is_in_the_chart() {
        for chart in [sample::bars(), sample::map()] {
            let svg = svg(&chart, &ru()).unwrap();
            let texts = texts(&svg);
            for label in chart.categories.iter().chain(chart.series.iter().map(|series| &series.name)) {
                assert!(texts.contains(label.as_str()), "{label} is not in {texts}");
            }
            for value in chart.series.iter().flat_map(|series| &series.values) {
                assert!(texts.split(' ').any(|text| text == value.to_string()), "{value} is not in {texts}");
            }
            for point in &chart.points {
                assert!(texts.contains(&point.label), "{} is not in {texts}", point.label);
                assert!(texts.contains(&point.group), "{} is not in {texts}", point.group);
            }
        }
    }

    #[test]
    fn a_chart_has_a_name_and_no_inline_style() {
        let mut chart = sample::bars();
        chart.caption = "\"Делегации\" <script>alert(1)</script>\u{b}".into();
        chart.categories[0] = "<script>alert(2)</script>".into();
        let svg = svg(&chart, &ru()).unwrap();
        let document = roxmltree::Document::parse(&svg).unwrap();
        let root = document.root_element();
        assert_eq!((root.attribute("role"), root.attribute("lang")), (Some("img"), Some("ru")));
        assert_eq!(root.attribute("aria-label"), Some("\"Делегации\" <script>alert(1)</script>"));
        assert_eq!(root.first_element_child().unwrap().tag_name().name(), "title");
        let names = document.descendants().map(|node| node.tag_name().name());
        assert!(!names.into_iter().any(|name| name == "script" || name == "style"));
        assert!(document.descendants().all(|node| node.attribute("style").is_none()));
    }

    #[test]
    fn charts_without_figures_are_drawn_all_the_same() {
        let empty = ReportChart { caption: "Пусто".into(), ..ReportChart::default() };
        let zeroes = ReportChart {
            categories: vec!["КНР".into(), String::new()],
            series: vec![crate::ReportSeries { name: "Принято".into(), values: vec![0] }],
            ..empty.clone()
        };
        let mut vast = zeroes.clone();
        vast.series[0].values = vec![i64::MAX, i64::MIN];
        let nowhere = ReportChart { kind: ReportChartKind::Map, ..empty.clone() };
        let point =
            |lat, lon, home| crate::ReportPoint { label: "Хэйхэ".into(), lat, lon, group: "г".into(), home };
        let one = ReportChart { points: vec![point(50.2, 127.5, true)], ..nowhere.clone() };
        let same = ReportChart { points: vec![point(0.0, 0.0, false), point(0.0, 0.0, false)], ..nowhere.clone() };
        let poles =
            ReportChart { points: vec![point(90.0, 180.0, true), point(-90.0, -180.0, false)], ..nowhere.clone() };
        let wrong = ReportChart { points: vec![point(f64::NAN, f64::INFINITY, false)], ..nowhere.clone() };
        for chart in [empty, zeroes, vast, nowhere, one, same, poles, wrong] {
            let svg = svg(&chart, &ru()).unwrap();
            roxmltree::Document::parse(&svg).unwrap();
            assert!(!svg.contains("NaN"), "{svg}");
        }
    }

    #[test]
    fn long_labels_are_broken_and_lose_nothing() {
        let label = "Республика Корея и Корейская Народно-Демократическая Республика";
        let lines = wrapped(label, 150.0);
        assert!(lines.len() > 1 && lines.iter().all(|line| width_of(line) <= 150.0), "{lines:?}");
        assert_eq!(lines.join(" ").replace("- ", "-"), label);
        let lines = wrapped("大韓民国大韓民国大韓民国大韓民国", 100.0);
        assert!(lines.iter().all(|line| width_of(line) <= 100.0), "{lines:?}");
        assert_eq!(lines.concat(), "大韓民国大韓民国大韓民国大韓民国");
    }
}
