//! Publications in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Publication, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "publications")]
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

    pub title: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub outlet: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub side: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub published_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    pub events: RawJson,
    pub partnerships: RawJson,

    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub published_on_first: String,
    #[serde(skip_serializing)]
    pub published_on_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Publication {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter { name: "outlet", by: FilterBy::Reference { column: "outlet" }, description: "Who published it." },
        Filter {
            name: "medium",
            by: FilterBy::Code { column: "medium", schema: "PublicationMedium" },
            description: "By what means it reached people.",
        },
        Filter {
            name: "side",
            by: FilterBy::Code { column: "side", schema: "PublicationSide" },
            description: "Whose media they are.",
        },
        Filter {
            name: "country",
            by: FilterBy::Code { column: "country", schema: "CountryCode" },
            description: "The country it appeared in.",
        },
        Filter {
            name: "published_on",
            by: FilterBy::Days { first: "published_on_first", last: "published_on_last" },
            description: "The days on which it may have appeared.",
        },
        Filter {
            name: "lang",
            by: FilterBy::Code { column: "lang", schema: "LanguageTag" },
            description: "The language it is in.",
        },
        Filter { name: "events", by: FilterBy::Link { field: "events" }, description: "An event it tells of." },
        Filter {
            name: "partnerships",
            by: FilterBy::Link { field: "partnerships" },
            description: "A tie it tells of.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "published_on", column: "published_on_first" }, Sort { name: "title", column: "title_key" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let publication = &record.body;
        columns.insert("title_key".to_owned(), fold(publication.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "published_on", publication.published_on.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Publication> = serde_json::from_value(json!({
            "title": {"ru": "Города-побратимы", "en": "Twin cities"}, "medium": "newspaper", "side": "partner", "country": "CN",
            "published_on": "2011-06", "url": "https://example.org/1", "lang": "zh",
        })).unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.title_key, "twin cities");
        assert_eq!((row.published_on_first.as_str(), row.published_on_last.as_str()), ("2011-06-01", "2011-06-30"));
        assert_eq!(to_record::<Publication>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Publication::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Publication>(name).is_ok(), "{name}");
            }
        }
    }
}
