//! Report notes in the database.

use pobratim_domain::ReportNote;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "report_notes")]
pub struct Model {
    #[sea_orm(primary_key, auto_increment = false)]
    pub id: Uuid,
    #[sea_orm(column_name = "ref")]
    #[serde(rename = "ref")]
    pub reference: String,
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub municipality: String,
    pub visibility: String,
    pub tags: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub notes: Option<String>,
    pub sources: RawJson,
    pub claims: RawJson,
    pub external_ids: RawJson,
    pub version: i64,
    #[serde(with = "instant")]
    pub created_at: i64,
    #[serde(with = "instant")]
    pub updated_at: i64,
    #[serde(default, skip_serializing)]
    pub deleted_at: Option<i64>,

    pub year: i64,
    pub section: String,
    pub countries: RawJson,
    pub fields: RawJson,
    pub text: RawJson,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for ReportNote {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter { name: "year", by: FilterBy::Whole { column: "year" }, description: "The year of the report." },
        Filter {
            name: "section",
            by: FilterBy::Code { column: "section", schema: "ReportNoteSection" },
            description: "Where in the report they stand.",
        },
        Filter {
            name: "countries",
            by: FilterBy::Term { field: "countries", schema: "CountryCode" },
            description: "Countries they are about.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "Fields of cooperation they are about.",
        },
    ];

    const SORTS: &'static [Sort] = &[Sort { name: "year", column: "year" }];
}

#[cfg(test)]
mod tests {
    use pobratim_domain::Record;
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<ReportNote> = serde_json::from_value(json!({
            "year": 2011, "section": "countries", "countries": ["JP"], "fields": ["sport"], "text": {"ru": "Обмены делегациями"},
        })).unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.year, row.section.as_str()), (2011, "countries"));
        assert_eq!(to_record::<ReportNote>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in ReportNote::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<ReportNote>(name).is_ok(), "{name}");
            }
        }
    }
}
