//! The document a report is, before it looks like anything: sections of blocks, each block with
//! the records it was drawn from. It is the report's JSON form; the renderers read nothing else.

/// A record that something was drawn from.
pub use pobratim_domain::RecordMention;
use pobratim_domain::Slug;
use pobratim_domain::value::LanguageTag;
use serde::Serialize;
use uuid::Uuid;

/// A report: sections of paragraphs, lists, tables and charts, each with the records it was drawn
/// from.
#[derive(Clone, Debug, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "annual", "municipality": "blagoveshchensk", "year": 2011, "lang": "ru", "as_of": "2011-12-31",
    "title": "Международная деятельность города Благовещенска в 2011 году",
    "sections": [{"key": "overview", "title": "Общая картина", "level": 1, "blocks": [{"kind": "paragraph", "text": "Города-побратимы: Хэйхэ и Удаляньчи.", "records": [{"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0001"}]}]}]
})))]
pub struct Report {
    /// What it reports on.
    pub kind: ReportKind,
    /// The city whose records it was drawn from.
    pub municipality: Slug,
    /// The year it reports on, where it reports on one.
    #[schema(minimum = 1900, maximum = 2200, examples(2011))]
    pub year: Option<i32>,
    /// The tie it reports on, where it reports on one.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub partnership: Option<Uuid>,
    /// The language of its words.
    pub lang: LanguageTag,
    /// The day that counts as today in it.
    #[schema(value_type = String, format = Date, examples("2011-12-31"))]
    pub as_of: String,
    /// Its title.
    #[schema(examples("Международная деятельность города Благовещенска в 2011 году"))]
    pub title: String,
    /// A line under the title.
    #[schema(examples("По данным на 31 декабря 2011 года"))]
    pub subtitle: Option<String>,
    /// Its sections, in order.
    pub sections: Vec<ReportSection>,
    /// The words that frame it when it is printed.
    #[serde(skip)]
    pub labels: Labels,
}

/// Words that a renderer puts around the text.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Labels {
    /// Before a page's number.
    pub page: String,
    /// Above the list of sections.
    pub contents: String,
    /// Before the records that something was drawn from.
    pub records: String,
}

/// What a report is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportKind {
    /// A year of a city's international relations.
    Annual,
    /// The papers concluded, in force and lapsed in a year.
    Agreements,
    /// One tie.
    Partnership,
}

/// A section of a report.
// Named apart in the contract: a municipality's settings have a ReportSection already.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(as = ReportChapter, examples(json!({"key": "countries_jp", "title": "Япония", "level": 1, "countries": ["JP"], "blocks": [{"kind": "empty", "text": "Сведений нет."}]})))]
pub struct ReportSection {
    /// Its name, the same in every language.
    #[schema(examples("overview"))]
    pub key: String,
    /// Its heading.
    #[schema(examples("Общая картина"))]
    pub title: String,
    /// How deep it stands: 1 for a section, 2 for one within it.
    #[schema(minimum = 1, maximum = 3, examples(1))]
    pub level: i32,
    /// The countries it is about, where it is about some (ISO 3166-1).
    pub countries: Vec<pobratim_domain::country::CountryCode>,
    /// What stands in it.
    pub blocks: Vec<ReportBlock>,
}

/// What a block is.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportBlockKind {
    /// Running text.
    #[default]
    Paragraph,
    /// The office's own words, printed as they were written.
    Note,
    /// Points under a line of text.
    List,
    /// A table.
    Table,
    /// A chart.
    Chart,
    /// Says that a required part has nothing to tell.
    Empty,
}

/// A block of a section.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "paragraph", "text": "Города-побратимы: Хэйхэ и Удаляньчи.", "records": [{"collection": "partnerships", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PAR-0001"}]})))]
pub struct ReportBlock {
    /// What it is.
    pub kind: ReportBlockKind,
    /// Its text; for a list, the line above the points.
    #[schema(examples("Города-побратимы: Хэйхэ и Удаляньчи."))]
    pub text: Option<String>,
    /// The points of a list.
    pub items: Vec<ReportItem>,
    /// The table of a table.
    pub table: Option<ReportTable>,
    /// The figures of a chart.
    pub chart: Option<ReportChart>,
    /// The records it was drawn from.
    pub records: Vec<RecordMention>,
}

/// A point of a list.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"text": "Содействие контактам крупных предприятий", "records": [{"collection": "agreements", "id": "01890a5d-ac96-774b-bcce-b302099a8058", "ref": "AGR-0001"}]})))]
pub struct ReportItem {
    /// Its text.
    #[schema(examples("Содействие контактам крупных предприятий"))]
    pub text: String,
    /// The records it was drawn from.
    pub records: Vec<RecordMention>,
}

/// A table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"caption": "Обмены по странам", "columns": [{"title": "Страна", "numeric": false}, {"title": "Принято", "numeric": true}], "rows": [{"cells": ["КНР", "22"]}]})))]
pub struct ReportTable {
    /// What it shows.
    #[schema(examples("Обмены по странам"))]
    pub caption: String,
    /// Its columns.
    pub columns: Vec<ReportColumn>,
    /// Its rows; each has as many cells as there are columns.
    pub rows: Vec<ReportRow>,
}

/// A column of a table.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"title": "Принято", "numeric": true})))]
pub struct ReportColumn {
    /// Its heading.
    #[schema(examples("Принято"))]
    pub title: String,
    /// Whether its cells are figures.
    #[schema(examples(true))]
    pub numeric: bool,
}

/// A row of a table.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"cells": ["КНР", "22"]})))]
pub struct ReportRow {
    /// Its cells, as text.
    #[schema(examples(json!(["КНР", "22"])))]
    pub cells: Vec<String>,
    /// The records it was drawn from.
    pub records: Vec<RecordMention>,
}

/// How figures are drawn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum ReportChartKind {
    /// Bars: a group for each category, a bar for each series.
    #[default]
    Bars,
    /// A map of places, each joined to the home city.
    Map,
}

/// The figures of a chart, and how they are drawn.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "bars", "caption": "Делегации по странам", "categories": ["КНР", "Япония"], "series": [{"name": "Принято", "values": [22, 3]}]})))]
pub struct ReportChart {
    /// How it is drawn.
    pub kind: ReportChartKind,
    /// What it shows.
    #[schema(examples("Делегации по странам"))]
    pub caption: String,
    /// What is counted along the axis (`bars`).
    #[schema(examples(json!(["КНР", "Япония"])))]
    pub categories: Vec<String>,
    /// The figures (`bars`).
    pub series: Vec<ReportSeries>,
    /// The places (`map`).
    pub points: Vec<ReportPoint>,
}

/// A series of figures, one for each category.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"name": "Принято", "values": [22, 3]})))]
pub struct ReportSeries {
    /// What is counted.
    #[schema(examples("Принято"))]
    pub name: String,
    /// The figures.
    #[schema(examples(json!([22, 3])))]
    pub values: Vec<i64>,
}

/// A place on a map of ties.
#[derive(Clone, Debug, Default, PartialEq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"label": "Хэйхэ", "lat": 50.24413, "lon": 127.49016, "group": "Побратимы", "home": false})))]
pub struct ReportPoint {
    /// Its name.
    #[schema(examples("Хэйхэ"))]
    pub label: String,
    /// Latitude in degrees (WGS 84), north positive.
    #[schema(minimum = -90, maximum = 90, examples(50.24413))]
    pub lat: f64,
    /// Longitude in degrees (WGS 84), east positive.
    #[schema(minimum = -180, maximum = 180, examples(127.49016))]
    pub lon: f64,
    /// What kind of tie joins it to the home city.
    #[schema(examples("Побратимы"))]
    pub group: String,
    /// Whether it is the home city.
    #[schema(examples(false))]
    pub home: bool,
}
