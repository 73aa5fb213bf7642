//! Distinct pairs in the database.

use pobratim_domain::{DistinctPair, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "distinct_pairs")]
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

    pub collection: String,
    pub records: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,

    #[serde(skip_serializing)]
    pub one: Uuid,
    #[serde(skip_serializing)]
    pub other: Uuid,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for DistinctPair {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "collection",
            by: FilterBy::Code { column: "collection", schema: "DistinctPairCollection" },
            description: "The collections of the records.",
        },
        Filter {
            name: "record",
            by: FilterBy::Link { field: "record" },
            description: "A record that is told apart from another: its id.",
        },
    ];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        for (name, id) in ["one", "other"].iter().zip(&record.body.records) {
            columns.insert((*name).to_owned(), id.to_string().into());
        }
    }
}
