//! Agreements in the database.

use pobratim_domain::value::fold;
use pobratim_domain::{Agreement, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::{END, insert_days};
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "agreements")]
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

    #[serde(skip_serializing_if = "Option::is_none")]
    pub partnership: Option<Uuid>,
    pub parties: RawJson,
    pub kind: String,
    pub title: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub parent: Option<Uuid>,
    pub signatories: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signed_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub signing_place: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub event: Option<Uuid>,
    pub languages: RawJson,
    pub state: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub term_months: Option<i64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub auto_renewal: Option<RawJson>,
    pub fields: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<RawJson>,
    pub objectives: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub registration: Option<RawJson>,
    pub approvals: RawJson,

    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub signed_on_first: String,
    #[serde(skip_serializing)]
    pub signed_on_last: String,
    #[serde(skip_serializing)]
    pub in_force_first: String,
    #[serde(skip_serializing)]
    pub in_force_last: String,
    #[serde(skip_serializing)]
    pub in_force_until: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Agreement {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "AgreementKind" },
            description: "Kinds of agreement.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "AgreementState" },
            description: "How far they have come.",
        },
        Filter {
            name: "partnership",
            by: FilterBy::Reference { column: "partnership" },
            description: "The partnership they belong to.",
        },
        Filter {
            name: "parent",
            by: FilterBy::Reference { column: "parent" },
            description: "The agreement they stand under.",
        },
        Filter {
            name: "event",
            by: FilterBy::Reference { column: "event" },
            description: "The event they were signed at.",
        },
        Filter {
            name: "signing_place",
            by: FilterBy::Reference { column: "signing_place" },
            description: "The place they were signed at.",
        },
        Filter {
            name: "place",
            by: FilterBy::Link { field: "place" },
            description: "A place that they name as a party.",
        },
        Filter {
            name: "organization",
            by: FilterBy::Link { field: "organization" },
            description: "An organization that they name as a party.",
        },
        Filter {
            name: "signatory",
            by: FilterBy::Link { field: "signatory" },
            description: "A place or organization that they were signed for.",
        },
        Filter {
            name: "authority",
            by: FilterBy::Link { field: "authority" },
            description: "An organization whose approval they need.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "Fields of cooperation, those of their objectives included.",
        },
        Filter {
            name: "languages",
            by: FilterBy::Term { field: "languages", schema: "LanguageTag" },
            description: "Languages they are written in.",
        },
        Filter {
            name: "register",
            by: FilterBy::Term { field: "register", schema: "RegisterCode" },
            description: "Registers they stand in.",
        },
        Filter {
            name: "signed_on",
            by: FilterBy::Days { first: "signed_on_first", last: "signed_on_last" },
            description: "The days on which they may have been signed.",
        },
        Filter {
            name: "in_force",
            by: FilterBy::Days { first: "in_force_first", last: "in_force_last" },
            description: "The days on which they may have been in force.",
        },
    ];

    const SORTS: &'static [Sort] = &[
        Sort { name: "title", column: "title_key" },
        Sort { name: "signed_on", column: "signed_on_first" },
        Sort { name: "in_force", column: "in_force_first" },
        Sort { name: "in_force_until", column: "in_force_until" },
    ];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let agreement = &record.body;
        columns.insert("title_key".to_owned(), fold(agreement.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "signed_on", agreement.signed_on.as_ref());
        insert_days(columns, "in_force", agreement.in_force.as_ref());
        // What is not in force has no end; to sort by it, that is later than any.
        let until = columns.get("in_force_last").filter(|_| agreement.in_force.is_some()).cloned();
        columns.insert("in_force_until".to_owned(), until.unwrap_or_else(|| END.into()));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Agreement> = serde_json::from_value(json!({
            "partnership": "01890a5d-ac96-774b-bcce-b302099a8001", "kind": "twinning_agreement",
            "title": {"ru": "Соглашение об установлении побратимских связей", "zh": "建立友好城市关系协议书"},
            "signed_on": "2011", "state": "in_force", "in_force": "2011/..", "languages": ["ru", "zh"],
            "term_months": 60, "auto_renewal": {"months": 60, "notice_days": 180},
            "objectives": [{"text": {"ru": "Обмен специалистами"}, "field": "trade"}],
            "signatories": [{"position": {"ru": "мэр города Хэйхэ"}}],
            "registration": {"register": "minjust", "number": "28-0017"},
            "approvals": [{"kind": "region", "decision": "granted", "decided_on": "2011-06-24"}],
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        let stored = to_record::<Agreement>(&row).unwrap();
        assert_eq!(stored, (record.clone(), record.to_json().unwrap()));
        assert_eq!((row.signed_on_first.as_str(), row.in_force_last.as_str()), ("2011-01-01", "9999-12-31"));
        assert_eq!((row.in_force_until, row.term_months), ("9999-12-31".to_owned(), Some(60)));
    }

    #[test]
    fn what_is_declared_has_its_column() {
        for filter in Agreement::FILTERS {
            let names = match filter.by {
                FilterBy::Code { column, .. } | FilterBy::Reference { column } | FilterBy::Flag { column } => {
                    vec![column]
                }
                FilterBy::Days { first, last } => vec![first, last],
                _ => Vec::new(),
            };
            assert!(names.into_iter().all(|name| column::<Agreement>(name).is_ok()), "{}", filter.name);
        }
        assert!(Agreement::SORTS.iter().all(|sort| column::<Agreement>(sort.column).is_ok()));
        assert!(Agreement::UNIQUE.iter().all(|rule| column::<Agreement>(rule.column).is_ok()));
    }
}
