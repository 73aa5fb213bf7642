//! Memberships in the database.

use pobratim_domain::{Membership, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "memberships")]
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

    pub organization: Uuid,
    pub place: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub category: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub valid: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub fee: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub representative: Option<RawJson>,

    #[serde(skip_serializing)]
    pub valid_first: String,
    #[serde(skip_serializing)]
    pub valid_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Membership {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "organization",
            by: FilterBy::Reference { column: "organization" },
            description: "The association.",
        },
        Filter {
            name: "place",
            by: FilterBy::Reference { column: "place" },
            description: "The place that is a member.",
        },
        Filter {
            name: "category",
            by: FilterBy::Code { column: "category", schema: "MembershipCategory" },
            description: "As what it belongs to it.",
        },
        Filter {
            name: "valid",
            by: FilterBy::Days { first: "valid_first", last: "valid_last" },
            description: "The days on which it may be a member.",
        },
    ];

    const SORTS: &'static [Sort] = &[Sort { name: "valid", column: "valid_first" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let membership = &record.body;
        insert_days(columns, "valid", membership.valid.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Membership> = serde_json::from_value(json!({
            "organization": "01890a5d-ac96-774b-bcce-b302099a8101", "place": "01890a5d-ac96-774b-bcce-b302099a8001",
            "category": "founder", "valid": "1991/..", "fee": {"amount": "125.50", "currency": "CNY"},
            "representative": {"ru": "Мэр"},
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.valid_first.as_str(), row.valid_last.as_str()), ("1991-01-01", "9999-12-31"));
        assert_eq!(to_record::<Membership>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Membership::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Membership>(name).is_ok(), "{name}");
            }
        }
    }
}
