//! Work plans in the database.

use pobratim_domain::WorkPlan;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "work_plans")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub title: Option<RawJson>,
    pub state: String,
    pub instruments: RawJson,
    pub items: RawJson,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for WorkPlan {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter { name: "year", by: FilterBy::Whole { column: "year" }, description: "The year they are for." },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "WorkPlanState" },
            description: "Where they stand.",
        },
        Filter {
            name: "instruments",
            by: FilterBy::Term { field: "instruments", schema: "InstrumentCode" },
            description: "By which means the office works.",
        },
        Filter {
            name: "item_state",
            by: FilterBy::Term { field: "item_state", schema: "WorkPlanItemState" },
            description: "With an item of which this became.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "With an item about these fields of cooperation.",
        },
        Filter {
            name: "countries",
            by: FilterBy::Term { field: "countries", schema: "CountryCode" },
            description: "With an item about these countries.",
        },
        Filter {
            name: "partnerships",
            by: FilterBy::Link { field: "partnerships" },
            description: "With an item under this tie.",
        },
        Filter {
            name: "fulfilled_by",
            by: FilterBy::Link { field: "fulfilled_by" },
            description: "With an item that this record fulfilled.",
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
        let record: Record<WorkPlan> = serde_json::from_value(json!({
            "year": 2011, "title": {"ru": "План работы"}, "state": "in_execution", "instruments": ["visits"],
            "items": [{
                "key": "01890a5d-ac96-774b-bcce-b302099a8061", "title": {"ru": "Выставка"}, "state": "done",
                "fulfilled_by": [{"collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8401"}],
            }],
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.year, row.state.as_str()), (2011, "in_execution"));
        assert_eq!(to_record::<WorkPlan>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in WorkPlan::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<WorkPlan>(name).is_ok(), "{name}");
            }
        }
    }
}
