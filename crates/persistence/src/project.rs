//! Projects in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Project, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "projects")]
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

    pub kind: String,
    pub title: RawJson,
    pub strands: RawJson,
    pub partners: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partnership: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Uuid>,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub budget: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<RawJson>,

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

impl Stored for Project {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "ProjectKind" },
            description: "Kinds of project.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "ProjectState" },
            description: "Where they stand.",
        },
        Filter {
            name: "partners",
            by: FilterBy::Link { field: "partners" },
            description: "An organization that takes part.",
        },
        Filter {
            name: "partnership",
            by: FilterBy::Reference { column: "partnership" },
            description: "The tie they are done under.",
        },
        Filter {
            name: "agreement",
            by: FilterBy::Reference { column: "agreement" },
            description: "The paper they are done under.",
        },
        Filter {
            name: "place",
            by: FilterBy::Reference { column: "place" },
            description: "The place where they are done.",
        },
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days of the project, as well as they are known.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "period", column: "period_first" }, Sort { name: "title", column: "title_key" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let project = &record.body;
        columns.insert("title_key".to_owned(), fold(project.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "period", project.period.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Project> = serde_json::from_value(json!({
            "kind": "investment", "title": {"ru": "Стадион «Юность»", "en": "Yunost stadium"}, "state": "offered",
            "strands": [{"ru": "Трибуны"}], "place": "01890a5d-ac96-774b-bcce-b302099a8001",
            "budget": {"amount": "125000.00", "currency": "CNY"},
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.title_key, "yunost stadium");
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("9999-12-31", "0000-01-01"));
        assert_eq!(to_record::<Project>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Project::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Project>(name).is_ok(), "{name}");
            }
        }
    }
}
