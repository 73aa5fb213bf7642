//! Municipalities in the database.

use jiff::civil::Date;
use pobratim_domain::{Municipality, Record, SummarySettings};
use sea_orm::ConnectionTrait;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::raw_json::{RawJson, instant};
use crate::read::Snapshot;
use crate::stored::{Filter, FilterBy, Stored, Unique, read_record};
use crate::tx::Tx;

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

    const FILTERS: &'static [Filter] = &[Filter {
        name: "home_place",
        by: FilterBy::Link { field: "home_place" },
        description: "The place they govern.",
    }];

    const UNIQUE: &'static [Unique] =
        &[Unique { column: "slug", pointer: "/slug", rule: "Another municipality has this slug." }];
}

/// The zone days are counted in where no municipality says.
const ZONE: &str = "UTC";

async fn by_slug(connection: &impl ConnectionTrait, slug: &str) -> Result<Option<Record<Municipality>>, Error> {
    let living = Entity::find().filter(Column::Slug.eq(slug)).filter(Column::DeletedAt.is_null());
    let row = living.one(connection).await?;
    row.map(|row| read_record::<Municipality>(&row)).transpose()
}

impl Tx {
    /// The day it is for a municipality.
    pub async fn today(&self, slug: &str) -> Result<Date, Error> {
        let municipality = by_slug(self, slug).await?;
        Ok(self.now().day_in(municipality.as_ref().map_or(ZONE, |record| record.body.timezone.as_str())))
    }
}

impl Snapshot {
    /// The municipality with this slug.
    pub async fn municipality(&self, slug: &str) -> Result<Option<Record<Municipality>>, Error> {
        by_slug(self.connection(), slug).await
    }

    /// What a municipality counts by in summaries, and the zone its days are counted in.
    pub async fn summary_settings(&self, slug: &str) -> Result<(SummarySettings, String), Error> {
        let municipality = by_slug(self.connection(), slug).await?.map(|record| record.body);
        let zone = municipality.as_ref().map_or(ZONE, |settings| settings.timezone.as_str()).to_owned();
        let settings = SummarySettings {
            anniversary_years: municipality
                .as_ref()
                .map(|settings| settings.anniversary_years.iter().map(|year| year.0).collect())
                .unwrap_or_default(),
            dormancy_months: municipality.map_or(36, |settings| settings.dormancy_months),
        };
        Ok((settings, zone))
    }
}
