//! Observations in the database.

use pobratim_domain::{Observation, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "observations")]
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

    pub indicator: String,
    pub period: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    pub value: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,

    #[serde(skip_serializing)]
    pub period_first: String,
    #[serde(skip_serializing)]
    pub period_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Observation {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "indicator",
            by: FilterBy::Code { column: "indicator", schema: "IndicatorCode" },
            description: "What was counted.",
        },
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days they are about, as well as they are known.",
        },
        Filter {
            name: "country",
            by: FilterBy::Code { column: "country", schema: "CountryCode" },
            description: "The country they are about.",
        },
        Filter {
            name: "direction",
            by: FilterBy::Code { column: "direction", schema: "ExchangeDirection" },
            description: "Of what came, or of what left.",
        },
        Filter {
            name: "scope",
            by: FilterBy::Code { column: "scope", schema: "ObservationScope" },
            description: "Whose figure it is.",
        },
    ];

    const SORTS: &'static [Sort] = &[Sort { name: "period", column: "period_first" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let observation = &record.body;
        insert_days(columns, "period", Some(&observation.period));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Observation> = serde_json::from_value(json!({
            "indicator": "delegations", "period": "2011", "country": "CN", "direction": "outgoing",
            "value": {"value": 22, "qualifier": "exact"}, "scope": "administration",
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("2011-01-01", "2011-12-31"));
        assert_eq!(to_record::<Observation>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Observation::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Observation>(name).is_ok(), "{name}");
            }
        }
    }
}
