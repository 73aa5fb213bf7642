//! Places in the database.

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::fold;
use pobratim_domain::{Place, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "places")]
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
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    pub country: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub subdivision: Option<String>,
    pub names: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub location: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub population: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub timezone: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub website: Option<String>,
    pub borders: RawJson,

    #[serde(skip_serializing)]
    pub name_key: String,
    #[serde(skip_serializing)]
    pub country_group: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Place {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "PlaceKind" },
            description: "Kinds of place.",
        },
        Filter {
            name: "country",
            by: FilterBy::Code { column: "country", schema: "CountryCode" },
            description: "Countries, as ISO 3166-1 writes them.",
        },
        Filter {
            name: "country_group",
            by: FilterBy::Code { column: "country_group", schema: "CountryCode" },
            description: "Countries as reports count them: CN includes HK and MO.",
        },
        Filter { name: "parent", by: FilterBy::Reference { column: "parent" }, description: "The place they lie in." },
        Filter { name: "borders", by: FilterBy::Link { field: "borders" }, description: "A place they border on." },
    ];

    const SORTS: &'static [Sort] = &[Sort { name: "name", column: "name_key" }];

    fn country(record: &Record<Self>) -> Option<CountryCode> {
        Some(record.body.country)
    }

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let place = &record.body;
        let name = fold(place.name_in(&["en", "ru"]));
        columns.insert("name_key".to_owned(), name.into());
        let group = place.country.group().as_str();
        columns.insert("country_group".to_owned(), group.into());
    }
}
