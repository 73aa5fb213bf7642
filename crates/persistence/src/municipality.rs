//! Municipalities in the database.

use pobratim_domain::Municipality;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Stored, Unique};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "municipalities")]
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

    pub slug: String,
    pub name: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub home_place: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub responsible_unit: Option<Uuid>,
    pub timezone: String,
    pub default_locale: String,
    pub locales: RawJson,
    pub anniversary_years: RawJson,
    pub dormancy_months: i64,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub report: Option<RawJson>,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Municipality {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter { name: "home_place", by: FilterBy::Link { field: "home_place" }, description: "The place they govern." },
    ];

    const UNIQUE: &'static [Unique] =
        &[Unique { column: "slug", pointer: "/slug", rule: "Another municipality has this slug." }];
}
