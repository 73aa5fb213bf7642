//! Organizations in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Organization, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "organizations")]
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
    pub names: RawJson,
    pub name_known: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub scope: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub founded: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dissolved: Option<String>,
    pub distinctions: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    pub contacts: RawJson,

    #[serde(skip_serializing)]
    pub name_key: String,
    #[serde(skip_serializing)]
    pub founded_first: String,
    #[serde(skip_serializing)]
    pub founded_last: String,
    #[serde(skip_serializing)]
    pub dissolved_first: String,
    #[serde(skip_serializing)]
    pub dissolved_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Organization {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "OrganizationKind" },
            description: "Kinds of organization.",
        },
        Filter {
            name: "country",
            by: FilterBy::Code { column: "country", schema: "CountryCode" },
            description: "Countries, as ISO 3166-1 writes them.",
        },
        Filter {
            name: "scope",
            by: FilterBy::Code { column: "scope", schema: "OrganizationScope" },
            description: "How far they reach.",
        },
        Filter { name: "place", by: FilterBy::Reference { column: "place" }, description: "The place they sit in." },
        Filter {
            name: "parent",
            by: FilterBy::Reference { column: "parent" },
            description: "The organization they are a part of.",
        },
        Filter {
            name: "distinctions",
            by: FilterBy::Term { field: "distinctions", schema: "Distinction" },
            description: "What sets them apart.",
        },
        Filter {
            name: "name_known",
            by: FilterBy::Flag { column: "name_known" },
            description: "Known by name, or only by description.",
        },
        Filter {
            name: "founded",
            by: FilterBy::Days { first: "founded_first", last: "founded_last" },
            description: "The days on which they may have been founded.",
        },
        Filter {
            name: "dissolved",
            by: FilterBy::Days { first: "dissolved_first", last: "dissolved_last" },
            description: "The days on which they may have ceased to be.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "name", column: "name_key" }, Sort { name: "founded", column: "founded_first" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let organization = &record.body;
        columns.insert("name_key".to_owned(), fold(organization.name_in(&["en", "ru"])).into());
        insert_days(columns, "founded", organization.founded.as_ref());
        insert_days(columns, "dissolved", organization.dissolved.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Organization> = serde_json::from_value(json!({
            "kind": "foundation", "name_known": false, "country": "US",
            "names": [{"text": "Фонд из США", "lang": "ru", "preferred": true}],
            "founded": "2008", "distinctions": ["second_in_country"],
            "contacts": [{"kind": "email", "value": "office@example.org"}],
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.name_key, "фонд из сша");
        assert_eq!((row.founded_first.as_str(), row.dissolved_first.as_str()), ("2008-01-01", "9999-12-31"));
        assert_eq!(to_record::<Organization>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
    }

    #[test]
    fn what_is_declared_has_its_column() {
        for filter in Organization::FILTERS {
            let names = match filter.by {
                FilterBy::Code { column, .. } | FilterBy::Reference { column } | FilterBy::Flag { column } => {
                    vec![column]
                }
                FilterBy::Days { first, last } => vec![first, last],
                _ => Vec::new(),
            };
            assert!(names.into_iter().all(|name| column::<Organization>(name).is_ok()), "{}", filter.name);
        }
        assert!(Organization::SORTS.iter().all(|sort| column::<Organization>(sort.column).is_ok()));
        assert!(Organization::UNIQUE.iter().all(|rule| column::<Organization>(rule.column).is_ok()));
    }
}
