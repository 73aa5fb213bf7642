//! Assistance cases in the database.

use pobratim_domain::{AssistanceCase, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "assistance_cases")]
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
    pub services: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub beneficiary: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counterpart: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub origin: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    pub goods: RawJson,
    pub list_complete: bool,
    pub places: RawJson,
    pub projects: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outcome: Option<RawJson>,

    #[serde(skip_serializing)]
    pub period_first: String,
    #[serde(skip_serializing)]
    pub period_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for AssistanceCase {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "AssistanceCaseKind" },
            description: "Kinds of help.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "AssistanceCaseState" },
            description: "Where they stand.",
        },
        Filter {
            name: "services",
            by: FilterBy::Term { field: "services", schema: "ServiceCode" },
            description: "What the office did.",
        },
        Filter {
            name: "beneficiary",
            by: FilterBy::Reference { column: "beneficiary" },
            description: "Who was helped.",
        },
        Filter {
            name: "counterpart",
            by: FilterBy::Reference { column: "counterpart" },
            description: "With whom they dealt.",
        },
        Filter {
            name: "origin",
            by: FilterBy::Reference { column: "origin" },
            description: "Where the one who asked comes from.",
        },
        Filter {
            name: "country",
            by: FilterBy::Code { column: "country", schema: "CountryCode" },
            description: "The foreign country that was dealt with.",
        },
        Filter {
            name: "goods",
            by: FilterBy::Term { field: "goods", schema: "GoodsCode" },
            description: "What was bought or sold.",
        },
        Filter {
            name: "list_complete",
            by: FilterBy::Flag { column: "list_complete" },
            description: "Whether all goods are named.",
        },
        Filter { name: "places", by: FilterBy::Link { field: "places" }, description: "A place that the help led to." },
        Filter { name: "projects", by: FilterBy::Link { field: "projects" }, description: "A project they are about." },
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days of the case, as well as they are known.",
        },
    ];

    const SORTS: &'static [Sort] = &[Sort { name: "period", column: "period_first" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let case = &record.body;
        insert_days(columns, "period", case.period.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<AssistanceCase> = serde_json::from_value(json!({
            "kind": "contract_assistance", "services": ["contract_advice"], "country": "CN", "goods": ["buses"],
            "list_complete": false, "period": "2011", "value": {"amount": "125000.00", "currency": "CNY"},
            "state": "succeeded", "outcome": {"ru": "Контракт заключён"},
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert!(!row.list_complete);
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("2011-01-01", "2011-12-31"));
        assert_eq!(to_record::<AssistanceCase>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in AssistanceCase::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<AssistanceCase>(name).is_ok(), "{name}");
            }
        }
    }
}
