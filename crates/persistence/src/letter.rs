//! Letters in the database. `from` and `to` are words of SQL, so the columns have other names.

use pobratim_domain::value::fold;
use pobratim_domain::{Letter, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "letters")]
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

    pub direction: String,
    pub channel: String,
    #[serde(rename = "from", skip_serializing_if = "Option::is_none")]
    pub sender: Option<Uuid>,
    #[serde(rename = "to", skip_serializing_if = "Option::is_none")]
    pub recipient: Option<Uuid>,
    pub via: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub sent_on: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub received_on: Option<String>,
    pub subject: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub partnership: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_due: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub reply_to: Option<Uuid>,
    pub state: String,

    #[serde(skip_serializing)]
    pub subject_key: String,
    #[serde(skip_serializing)]
    pub sent_on_first: String,
    #[serde(skip_serializing)]
    pub sent_on_last: String,
    #[serde(skip_serializing)]
    pub received_on_first: String,
    #[serde(skip_serializing)]
    pub received_on_last: String,
    #[serde(skip_serializing)]
    pub reply_due_first: String,
    #[serde(skip_serializing)]
    pub reply_due_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Letter {
    type Row = Model;

    // The members' names are words of SQL.
    const RENAMED: &'static [(&'static str, &'static str)] = &[("sender", "from"), ("recipient", "to")];

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "direction",
            by: FilterBy::Code { column: "direction", schema: "LetterDirection" },
            description: "Received or sent.",
        },
        Filter {
            name: "channel",
            by: FilterBy::Code { column: "channel", schema: "LetterChannel" },
            description: "By which way they go.",
        },
        Filter {
            name: "from",
            by: FilterBy::Reference { column: "sender" },
            description: "The organization that writes.",
        },
        Filter {
            name: "to",
            by: FilterBy::Reference { column: "recipient" },
            description: "The organization it is written to.",
        },
        Filter { name: "via", by: FilterBy::Link { field: "via" }, description: "An organization they pass through." },
        Filter {
            name: "sent_on",
            by: FilterBy::Days { first: "sent_on_first", last: "sent_on_last" },
            description: "The days on which they may have been sent.",
        },
        Filter {
            name: "received_on",
            by: FilterBy::Days { first: "received_on_first", last: "received_on_last" },
            description: "The days on which they may have arrived.",
        },
        Filter {
            name: "partnership",
            by: FilterBy::Reference { column: "partnership" },
            description: "The tie they concern.",
        },
        Filter {
            name: "reply_due",
            by: FilterBy::Days { first: "reply_due_first", last: "reply_due_last" },
            description: "The days by which a reply may be due.",
        },
        Filter {
            name: "reply_to",
            by: FilterBy::Reference { column: "reply_to" },
            description: "The letter they reply to.",
        },
        Filter {
            name: "state",
            by: FilterBy::Code { column: "state", schema: "LetterState" },
            description: "Where they stand.",
        },
    ];

    const SORTS: &'static [Sort] = &[
        Sort { name: "sent_on", column: "sent_on_first" },
        Sort { name: "reply_due", column: "reply_due_first" },
        Sort { name: "subject", column: "subject_key" },
    ];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let letter = &record.body;
        columns.insert("subject_key".to_owned(), fold(letter.subject.best(&["en", "ru"]).1).into());
        insert_days(columns, "sent_on", letter.sent_on.as_ref());
        insert_days(columns, "received_on", letter.received_on.as_ref());
        insert_days(columns, "reply_due", letter.reply_due.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Letter> = serde_json::from_value(json!({
            "direction": "outgoing", "channel": "foreign_ministry", "subject": {"ru": "О побратимстве", "en": "On twinning"},
            "from": "01890a5d-ac96-774b-bcce-b302099a8101", "via": ["01890a5d-ac96-774b-bcce-b302099a8103"],
            "state": "awaiting_reply", "sent_on": "2011-09-05", "reply_due": "2011-10",
        })).unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!(row.subject_key, "on twinning");
        assert_eq!(row.sender, record.body.from);
        assert_eq!((row.reply_due_first.as_str(), row.reply_due_last.as_str()), ("2011-10-01", "2011-10-31"));
        assert_eq!((row.received_on_first.as_str(), row.received_on_last.as_str()), ("9999-12-31", "0000-01-01"));
        assert_eq!(to_record::<Letter>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Letter::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Letter>(name).is_ok(), "{name}");
            }
        }
    }
}
