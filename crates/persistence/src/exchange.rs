//! Exchanges in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Exchange, Record, Tally, YearSpan, text_of};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::counts::{Counted, Side};
use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "exchanges")]
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
    pub direction: String,
    pub mode: String,
    pub audience: String,
    pub origin: Uuid,
    pub destination: Uuid,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub period: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<RawJson>,
    pub fields: RawJson,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub headcount: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub organizer: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub host: Option<Uuid>,
    pub partnerships: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub programme: Option<Uuid>,
    pub events: RawJson,
    pub projects: RawJson,
    pub implementers: RawJson,
    pub itinerary: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub results: Option<RawJson>,
    pub highlight: bool,
    pub counts_in_statistics: bool,

    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub period_first: String,
    #[serde(skip_serializing)]
    pub period_last: String,
    #[serde(skip_serializing)]
    pub partner: Option<Uuid>,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Exchange {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "direction",
            by: FilterBy::Code { column: "direction", schema: "ExchangeDirection" },
            description: "Received or sent.",
        },
        Filter {
            name: "mode",
            by: FilterBy::Code { column: "mode", schema: "ExchangeMode" },
            description: "In person or online.",
        },
        Filter {
            name: "audience",
            by: FilterBy::Code { column: "audience", schema: "ExchangeAudience" },
            description: "Who makes up the delegation.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "ExchangeState" },
            description: "Where they stand.",
        },
        Filter {
            name: "origin",
            by: FilterBy::Reference { column: "origin" },
            description: "The place the delegation comes from.",
        },
        Filter {
            name: "destination",
            by: FilterBy::Reference { column: "destination" },
            description: "The place it goes to.",
        },
        Filter {
            name: "partner",
            by: FilterBy::Reference { column: "partner" },
            description: "The place of the other side: where an incoming delegation comes from, or an outgoing one goes.",
        },
        Filter {
            name: "country",
            by: FilterBy::Country { column: "partner" },
            description: "The country of the other side. CN finds Hong Kong and Macao too.",
        },
        Filter {
            name: "period",
            by: FilterBy::Days { first: "period_first", last: "period_last" },
            description: "The days of the exchange, as well as they are known.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "Fields of cooperation they are about.",
        },
        Filter {
            name: "organizer",
            by: FilterBy::Reference { column: "organizer" },
            description: "The organization that organises it.",
        },
        Filter {
            name: "host",
            by: FilterBy::Reference { column: "host" },
            description: "The organization that receives it.",
        },
        Filter {
            name: "partnerships",
            by: FilterBy::Link { field: "partnerships" },
            description: "A tie they are made under.",
        },
        Filter {
            name: "agreement",
            by: FilterBy::Reference { column: "agreement" },
            description: "The paper they are made under.",
        },
        Filter {
            name: "programme",
            by: FilterBy::Reference { column: "programme" },
            description: "The programme they are part of.",
        },
        Filter { name: "events", by: FilterBy::Link { field: "events" }, description: "An event they are made for." },
        Filter { name: "projects", by: FilterBy::Link { field: "projects" }, description: "A project they serve." },
        Filter {
            name: "implementers",
            by: FilterBy::Link { field: "implementers" },
            description: "An organization that carries them out.",
        },
        Filter {
            name: "itinerary_place",
            by: FilterBy::Link { field: "itinerary_place" },
            description: "A place their itinerary leads to.",
        },
        Filter {
            name: "highlight",
            by: FilterBy::Flag { column: "highlight" },
            description: "Among the main things of their year.",
        },
        Filter {
            name: "counts_in_statistics",
            by: FilterBy::Flag { column: "counts_in_statistics" },
            description: "Counted by statistics.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "period", column: "period_first" }, Sort { name: "title", column: "title_key" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let exchange = &record.body;
        columns.insert("title_key".to_owned(), fold(exchange.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "period", exchange.period.as_ref());
        columns.insert("partner".to_owned(), exchange.partner_place().to_string().into());
    }

    fn counted(record: &Record<Self>) -> Option<Counted> {
        let Record { head, body, .. } = record;
        body.is_counted().then(|| Counted {
            municipality: head.keeper().to_owned(),
            visibility: head.visibility.as_str().to_owned(),
            side: Side::Place(body.partner_place()),
            direction: text_of(&body.direction),
            audience: text_of(&body.audience),
            span: YearSpan::of_interval(body.period.as_ref()),
            tally: Tally::of(body),
        })
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Exchange> = serde_json::from_value(json!({
            "title": {"ru": "Делегация в Инчхон", "en": "Delegation to Incheon"},
            "direction": "outgoing", "audience": "officials", "state": "completed", "period": "2010-09",
            "origin": "01890a5d-ac96-774b-bcce-b302099a8001", "destination": "01890a5d-ac96-774b-bcce-b302099a8017",
            "headcount": {"total": {"value": 5}, "minors": 0}, "fields": ["investment"], "highlight": true,
            "itinerary": [{"day": "2010-09", "text": {"ru": "Саммит"}}],
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.title_key, "delegation to incheon");
        assert_eq!((row.period_first.as_str(), row.period_last.as_str()), ("2010-09-01", "2010-09-30"));
        assert_eq!(to_record::<Exchange>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Exchange::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Country { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Exchange>(name).is_ok(), "{name}");
            }
        }
    }
}
