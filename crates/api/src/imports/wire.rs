//! Imports as they are told to clients.

use pobratim_domain::country::CountryCode;
use pobratim_domain::{ImportState, PartnershipKind, Timestamp, Visibility};
use pobratim_imports::Field;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// A register that was sent: what it is, what its columns are taken for, and how far it has come.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": "01890a5d-ac96-774b-bcce-b302099a8c01", "municipality": "blagoveshchensk", "collection": "partnerships", "state": "checked", "version": 3,
    "file": {"name": "register.csv", "format": "csv", "encoding": "windows-1251", "size": 4096, "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"},
    "columns": [{"heading": "Город", "field": "partner_city"}, {"heading": "Примечание"}],
    "kind": "twin", "source": "Реестр городов-побратимов", "visibility": "internal", "choices": [],
    "findings": [], "rows": {"total": 12, "checked": 12, "new": 9, "same": 1, "update": 0, "doubtful": 1, "wrong": 1, "skipped": 0},
    "made": {"partnerships": 0, "updated": 0, "places": 0, "same": 0, "records": 0, "left": 0},
    "created_at": "2011-09-05T01:30:00.000000Z", "updated_at": "2011-09-05T01:30:00.000000Z"
})))]
pub(crate) struct Import {
    /// Its id.
    pub(crate) id: Uuid,
    /// The municipality that keeps it and what it makes.
    #[schema(min_length = 1, max_length = 63, examples("blagoveshchensk"))]
    pub(crate) municipality: String,
    /// What its rows are: ties, or records of another collection.
    pub(crate) collection: ImportCollection,
    /// How far it has come.
    pub(crate) state: ImportState,
    /// Counts its changes.
    #[schema(minimum = 1, examples(3))]
    pub(crate) version: i64,
    /// The file.
    pub(crate) file: ImportFile,
    /// The columns in their order, and what each is taken for.
    pub(crate) columns: Vec<ImportColumn>,
    /// The kind of tie where a row does not tell.
    pub(crate) kind: PartnershipKind,
    /// How the records that it makes cite it.
    #[schema(min_length = 1, max_length = 1000, examples("Реестр городов-побратимов"))]
    pub(crate) source: String,
    /// The visibility of the partnerships that it makes. Places are public.
    pub(crate) visibility: Visibility,
    /// What was decided of names that may mean several cities, and of rows; absent in lists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) choices: Option<Vec<ImportChoice>>,
    /// What its owner should know of the file.
    pub(crate) findings: Vec<ImportFinding>,
    /// How many rows have which verdict.
    pub(crate) rows: ImportRowCounts,
    /// What was made of it so far.
    pub(crate) made: ImportTally,
    /// Why it failed, when it did.
    #[schema(max_length = 4000, examples("The rows did not arrive whole."))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) detail: Option<String>,
    /// When it was sent.
    pub(crate) created_at: Timestamp,
    /// When it was changed last.
    pub(crate) updated_at: Timestamp,
}

/// The file of an import. It is not kept; its rows are.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"name": "register.csv", "format": "csv", "encoding": "UTF-8", "size": 4096, "sha256": "2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae"})))]
pub(crate) struct ImportFile {
    /// What it was called.
    #[schema(min_length = 1, max_length = 255, examples("register.csv"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// What it was read as.
    pub(crate) format: ImportFormat,
    /// The encoding of its text, as found.
    #[schema(max_length = 40, examples("windows-1251"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) encoding: Option<String>,
    /// Its bytes.
    #[schema(minimum = 1, examples(4096))]
    pub(crate) size: i64,
    /// Their SHA-256.
    #[schema(
        min_length = 64,
        max_length = 64,
        pattern = "^[0-9a-f]{64}$",
        examples("2c26b46b68ffc68ff99b453c1d30413413422d706483bfa0f98a5e886266e7ae")
    )]
    pub(crate) sha256: String,
}

/// The collections that rows can be records of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("partnerships"))]
pub(crate) enum ImportCollection {
    /// Ties of two.
    Partnerships,
    /// Places.
    Places,
    /// Organizations.
    Organizations,
    /// Agreements.
    Agreements,
    /// Exchanges.
    Exchanges,
    /// Events.
    Events,
}

/// What a file can be.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("csv"))]
pub(crate) enum ImportFormat {
    /// Text with a separator.
    Csv,
    /// A workbook.
    Xlsx,
    /// A JSON array of flat objects.
    Json,
    /// A flat JSON object a line.
    Ndjson,
}

/// A column, and what it is taken for.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"heading": "Город", "field": "partner_city"})))]
pub(crate) struct ImportColumn {
    /// Its heading; those of a heading of two rows are joined by a slash.
    #[schema(min_length = 1, max_length = 9000, examples("Город"))]
    pub(crate) heading: String,
    /// What it is taken for; left out when it is not looked at.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<Field>,
    /// In tables of other collections: the member of a record, as the column of an export is called; `title` and
    /// `names` without a language are in that of their letters.
    #[schema(min_length = 1, max_length = 200, examples("period"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) member: Option<String>,
}

/// A choice: which city is meant by a name, or that rows are left out. It holds for all rows that have the name
/// in that country, whatever the case of its letters, and leave open which is meant; with `rows` for these rows,
/// whatever they were taken for. It says one of `geonames`, `place` and `action`.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"name": "Жиджао", "country": "CN", "geonames": 9_072_919})))]
pub(crate) struct ImportChoice {
    /// The name, as the rows have it. It may be left out where rows are left out by their numbers.
    #[schema(min_length = 1, max_length = 200, examples("Жиджао"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) name: Option<String>,
    /// The country that the rows name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) country: Option<CountryCode>,
    /// The numbers of the rows that it is about; all that have the name when left out.
    #[schema(min_items = 1, max_items = 1000, examples(json!([3, 17])))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) rows: Option<Vec<i64>>,
    /// It is this city of the gazetteer, by its id at GeoNames.
    #[schema(minimum = 1, examples(9072919))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) geonames: Option<i64>,
    /// It is this place of the directory, by its id: a city or a district.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Uuid>,
    /// What else is to be done.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) action: Option<ImportAction>,
}

/// What a choice does other than naming a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("new_place"))]
pub(crate) enum ImportAction {
    /// A place is made by the name and the country, beside others of that name.
    NewPlace,
    /// The rows are left out.
    Skip,
}

/// Something about the file that its owner should know.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"code": "merged_cells", "detail": "Cells are merged: A2:A5."})))]
pub(crate) struct ImportFinding {
    /// What kind of thing, such as `merged_cells`, `two_row_heading`, `heading_unknown`.
    #[schema(max_length = 64, examples("merged_cells"))]
    pub(crate) code: String,
    /// In a sentence.
    #[schema(max_length = 20000, examples("Cells are merged: A2:A5."))]
    pub(crate) detail: String,
}

/// How many rows have which verdict.
#[derive(Default, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"total": 12, "checked": 12, "new": 9, "same": 1, "update": 0, "doubtful": 1, "wrong": 1, "skipped": 0})))]
pub(crate) struct ImportRowCounts {
    /// All rows.
    #[schema(minimum = 0, examples(12))]
    pub(crate) total: i64,
    /// Those that have a verdict.
    #[schema(minimum = 0, examples(12))]
    pub(crate) checked: i64,
    /// Those that make a partnership.
    #[schema(minimum = 0, examples(9))]
    pub(crate) new: i64,
    /// Those that say what is known.
    #[schema(minimum = 0, examples(1))]
    pub(crate) same: i64,
    /// Those that say more of a partnership than is known.
    #[schema(minimum = 0, examples(0))]
    pub(crate) update: i64,
    /// Those of which a person has to decide.
    #[schema(minimum = 0, examples(1))]
    pub(crate) doubtful: i64,
    /// Those that cannot be taken.
    #[schema(minimum = 0, examples(1))]
    pub(crate) wrong: i64,
    /// Those that were decided to be left out.
    #[schema(minimum = 0, examples(0))]
    pub(crate) skipped: i64,
}

/// What was made of an import.
#[derive(Clone, Copy, Default, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"partnerships": 9, "updated": 0, "places": 11, "same": 0, "records": 0, "left": 0})))]
pub(crate) struct ImportTally {
    /// Partnerships that were made.
    #[schema(minimum = 0, examples(9))]
    pub(crate) partnerships: i64,
    /// Partnerships of which more is known now.
    #[schema(minimum = 0, examples(0))]
    pub(crate) updated: i64,
    /// Places that were made.
    #[schema(minimum = 0, examples(11))]
    pub(crate) places: i64,
    /// Rows whose partnership somebody else made in the meantime.
    #[schema(minimum = 0, examples(0))]
    pub(crate) same: i64,
    /// Records of other collections that were made.
    #[serde(default)]
    #[schema(minimum = 0, examples(0))]
    pub(crate) records: i64,
    /// What could not be written, or not be taken back, because it had been changed in the meantime.
    #[schema(minimum = 0, examples(0))]
    pub(crate) left: i64,
}

/// A row of an import and what it comes to.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "number": 3, "line": 4, "cells": [{"heading": "Город", "text": "Благовещенск"}, {"heading": "Страна", "text": "Россия"}],
    "verdict": "doubtful", "notes": [{"field": "partner_city", "code": "several_cities", "detail": "Several cities are called so."}],
    "candidates": [{"field": "partner_city", "geonames": 2_026_609, "name": "Blagoveshchensk", "country": "RU", "region": "Amur Oblast", "population": 224_419}]
})))]
pub(crate) struct ImportRow {
    /// Counts the rows from 1.
    #[schema(minimum = 1, examples(3))]
    pub(crate) number: i64,
    /// Where it stands in the file: the line of a text, the row of a sheet, the element of an array, from 1.
    #[schema(minimum = 1, examples(4))]
    pub(crate) line: i64,
    /// What it holds.
    pub(crate) cells: Vec<ImportCell>,
    /// What it comes to; absent until it was looked at.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) verdict: Option<ImportVerdict>,
    /// What is to be said of it: why it is wrong or doubtful, and where; what was guessed.
    pub(crate) notes: Vec<ImportNote>,
    /// The cities that may be meant, when it is doubtful for that.
    pub(crate) candidates: Vec<ImportCandidate>,
    /// The partnership that it speaks of, when there is one.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) partnership: Option<Uuid>,
    /// The record of another collection that it speaks of, when there is one.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8401"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<Uuid>,
}

/// A cell that holds something.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"heading": "Город", "text": "Благовещенск"})))]
pub(crate) struct ImportCell {
    /// The heading of its column.
    #[schema(min_length = 1, max_length = 9000, examples("Город"))]
    pub(crate) heading: String,
    /// What it holds.
    #[schema(min_length = 1, max_length = 4000, examples("Благовещенск"))]
    pub(crate) text: String,
}

/// What a row comes to.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("new"))]
pub(crate) enum ImportVerdict {
    /// It makes a partnership.
    New,
    /// It says what is known, or what an earlier row says.
    Same,
    /// It says more of a partnership than is known.
    Update,
    /// A person has to decide: it is left out when the import is committed.
    Doubtful,
    /// It cannot be taken: it is left out.
    Wrong,
    /// Somebody decided to leave it out.
    Skipped,
}

impl ImportVerdict {
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::New => "new",
            Self::Same => "same",
            Self::Update => "update",
            Self::Doubtful => "doubtful",
            Self::Wrong => "wrong",
            Self::Skipped => "skipped",
        }
    }

    pub(crate) fn parse(code: &str) -> Option<Self> {
        [Self::New, Self::Same, Self::Update, Self::Doubtful, Self::Wrong, Self::Skipped]
            .into_iter()
            .find(|verdict| verdict.as_str() == code)
    }
}

/// Something that is to be said of a row.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"field": "established", "code": "two_digit_year", "detail": "The year has two digits, so the century is not known. Write all four."})))]
pub(crate) struct ImportNote {
    /// Where: the field. Absent when it is about the row as a whole.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) field: Option<Field>,
    /// Where, in tables of other collections: the heading of the column.
    #[schema(min_length = 1, max_length = 9000, examples("Дата"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) heading: Option<String>,
    /// What, for programs.
    #[schema(max_length = 64, examples("two_digit_year"))]
    pub(crate) code: String,
    /// What, in words.
    #[schema(max_length = 4000, examples("The year has two digits, so the century is not known. Write all four."))]
    pub(crate) detail: String,
}

/// A city that may be meant.
#[derive(Clone, Debug, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"field": "partner_city", "geonames": 2_026_609, "name": "Blagoveshchensk", "country": "RU", "region": "Amur Oblast", "population": 224_419})))]
pub(crate) struct ImportCandidate {
    /// Which side: `city` or `partner_city`.
    pub(crate) field: Field,
    /// Its id at GeoNames, when the gazetteer has it.
    #[schema(minimum = 1, examples(2026609))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) geonames: Option<i64>,
    /// Its id, when it is a place of the directory that the gazetteer does not have.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) place: Option<Uuid>,
    /// Its main name in Latin letters; of a place, what the row calls it.
    #[schema(min_length = 1, max_length = 200, examples("Blagoveshchensk"))]
    pub(crate) name: String,
    /// Its country.
    pub(crate) country: CountryCode,
    /// The region it lies in.
    #[schema(max_length = 200, examples("Amur Oblast"))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) region: Option<String>,
    /// Its inhabitants.
    #[schema(minimum = 1, examples(224419))]
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) population: Option<i64>,
}
