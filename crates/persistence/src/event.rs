//! Events in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{CityEvent, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored, Unique};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "events")]
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
    pub title: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub series: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    pub status: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub place: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host_role: Option<String>,
    pub joint: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<String>,
    pub fields: RawJson,
    pub partnerships: RawJson,
    pub projects: RawJson,
    pub participation: RawJson,
    pub outcomes: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub evaluation: Option<RawJson>,
    pub highlight: bool,

    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub period_first: String,
    #[serde(skip_serializing)]
    pub period_last: String,
    #[serde(skip_serializing)]
    pub series_code: Option<String>,
    #[serde(skip_serializing)]
    pub series_key: Option<String>,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for CityEvent {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "EventKind" },
            description: "Kinds of event.",
        },
        Filter {
            name: "status",
            by: FilterBy::Code { column: "status", schema: "EventStatus" },
            description: "Where they stand.",
        },
        Filter {
            name: "series",
            by: FilterBy::Code { column: "series_code", schema: "EventSeriesCode" },
            description: "The series they belong to.",
        },
        Filter {
            name: "parent",
            by: FilterBy::Reference { column: "parent" },
            description: "The event they are part of.",
        },
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days of the event, as well as they are known.",
        },
        Filter {
            name: "place",
            by: FilterBy::Reference { column: "place" },
            description: "The place where they are held.",
        },
        Filter {
            name: "host_role",
            by: FilterBy::Code { column: "host_role", schema: "EventHostRole" },
            description: "Hosted by the home city, or taken part in.",
        },
        Filter { name: "joint", by: FilterBy::Flag { column: "joint" }, description: "Held together with a partner." },
        Filter {
            name: "direction",
            by: FilterBy::Code { column: "direction", schema: "ExchangeDirection" },
            description: "Shown at home by a partner, or by the home city abroad.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "Fields of cooperation they are about.",
        },
        Filter {
            name: "partnerships",
            by: FilterBy::Link { field: "partnerships" },
            description: "A tie they are held under.",
        },
        Filter { name: "projects", by: FilterBy::Link { field: "projects" }, description: "A project they serve." },
        Filter {
            name: "participant_place",
            by: FilterBy::Link { field: "participant_place" },
            description: "A place that takes part.",
        },
        Filter {
            name: "participant_organization",
            by: FilterBy::Link { field: "participant_organization" },
            description: "An organization that takes part.",
        },
        Filter {
            name: "participant_country",
            by: FilterBy::Term { field: "participant_country", schema: "CountryCode" },
            description: "A country named as taking part.",
        },
        Filter {
            name: "participant_category",
            by: FilterBy::Term { field: "participant_category", schema: "ParticipationCategory" },
            description: "A group of people that takes part.",
        },
        Filter {
            name: "participant_role",
            by: FilterBy::Term { field: "participant_role", schema: "ParticipationRole" },
            description: "As what somebody takes part.",
        },
        Filter {
            name: "outcome_kind",
            by: FilterBy::Term { field: "outcome_kind", schema: "OutcomeKind" },
            description: "What came of them.",
        },
        Filter {
            name: "outcome_agreement",
            by: FilterBy::Link { field: "outcome_agreement" },
            description: "A paper that came of them.",
        },
        Filter {
            name: "highlight",
            by: FilterBy::Flag { column: "highlight" },
            description: "Among the main things of their year.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "period", column: "period_first" }, Sort { name: "title", column: "title_key" }];

    const UNIQUE: &'static [Unique] =
        &[Unique { column: "series_key", pointer: "/series", rule: "Another event is this edition of the series." }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let event = &record.body;
        columns.insert("title_key".to_owned(), fold(event.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "period", event.period.as_ref());
        columns.insert("series_code".to_owned(), event.series.as_ref().map(|series| series.code.0.as_str()).into());
        columns.insert("series_key".to_owned(), event.series_key().into());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<CityEvent> = serde_json::from_value(json!({
            "kind": "mayors_meeting", "title": {"ru": "21-я встреча мэров", "ja": "第21回日ロ沿岸市長会議"}, "status": "held",
            "series": {"code": "japan_russia_mayors", "edition": 21}, "host_role": "host", "joint": true,
            "participation": [{"country": "JP", "count": {"value": 9}, "unit": "cities"}],
            "outcomes": [{"kind": "communique"}],
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.title_key, "21я встреча мэров");
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("9999-12-31", "0000-01-01"));
        assert_eq!(row.series_key.as_deref(), Some("japan_russia_mayors#21"));
        assert_eq!(row.series_code.as_deref(), Some("japan_russia_mayors"));
        assert_eq!(to_record::<CityEvent>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in CityEvent::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<CityEvent>(name).is_ok(), "{name}");
            }
        }
    }
}
