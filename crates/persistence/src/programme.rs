//! Programmes in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Programme, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "programmes")]
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

    pub title: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub level: Option<String>,
    pub countries: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    pub fields: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    pub state: String,

    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub period_first: String,
    #[serde(skip_serializing)]
    pub period_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Programme {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "level",
            by: FilterBy::Code { column: "level", schema: "ProgrammeLevel" },
            description: "Whose programmes they are.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "ProgrammeState" },
            description: "Where they stand.",
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
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days of the programme, as well as they are known.",
        },
        Filter {
            name: "agreement",
            by: FilterBy::Reference { column: "agreement" },
            description: "The paper they stand under.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "period", column: "period_first" }, Sort { name: "title", column: "title_key" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let programme = &record.body;
        columns.insert("title_key".to_owned(), fold(programme.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "period", programme.period.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Programme> = serde_json::from_value(json!({
            "title": {"ru": "Год русского языка в Китае", "zh": "中国俄语年"}, "level": "national", "countries": ["RU", "CN"],
            "period": "2009", "fields": ["language"], "state": "completed",
        })).unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.title_key, "год русского языка в китае");
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("2009-01-01", "2009-12-31"));
        assert_eq!(to_record::<Programme>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Programme::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Programme>(name).is_ok(), "{name}");
            }
        }
    }
}
