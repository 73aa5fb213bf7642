//! Documents in the database, and which files they refer to.

use pobratim_domain::value::fold;
use pobratim_domain::{Document, DocumentContent, Record};
use sea_orm::entity::prelude::*;
use sea_orm::{QueryOrder, QuerySelect};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::database::Database;
use crate::days::insert_days;
use crate::error::Error;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "documents")]
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
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lang: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub date: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub number: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub issuer: Option<Uuid>,
    pub partnerships: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub agreement: Option<Uuid>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub letter: Option<Uuid>,
    pub exchanges: RawJson,
    pub events: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub content: Option<RawJson>,

    #[serde(skip_serializing)]
    pub has_content: bool,
    #[serde(skip_serializing)]
    pub title_key: String,
    #[serde(skip_serializing)]
    pub date_first: String,
    #[serde(skip_serializing)]
    pub date_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Document {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "DocumentKind" },
            description: "What kind of paper or picture they are.",
        },
        Filter {
            name: "lang",
            by: FilterBy::Code { column: "lang", schema: "LanguageTag" },
            description: "The language they are in.",
        },
        Filter {
            name: "date",
            by: FilterBy::Days { first: "date_first", last: "date_last" },
            description: "The days they may bear.",
        },
        Filter { name: "issuer", by: FilterBy::Reference { column: "issuer" }, description: "Who issued them." },
        Filter {
            name: "partnerships",
            by: FilterBy::Link { field: "partnerships" },
            description: "A tie they concern.",
        },
        Filter {
            name: "agreement",
            by: FilterBy::Reference { column: "agreement" },
            description: "The agreement they belong to.",
        },
        Filter {
            name: "letter",
            by: FilterBy::Reference { column: "letter" },
            description: "The letter they belong to.",
        },
        Filter {
            name: "exchanges",
            by: FilterBy::Link { field: "exchanges" },
            description: "An exchange they belong to.",
        },
        Filter { name: "events", by: FilterBy::Link { field: "events" }, description: "An event they belong to." },
        Filter {
            name: "has_content",
            by: FilterBy::Flag { column: "has_content" },
            description: "Whether a file was uploaded.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "date", column: "date_first" }, Sort { name: "title", column: "title_key" }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let document = &record.body;
        columns.insert("has_content".to_owned(), document.content.is_some().into());
        columns.insert("title_key".to_owned(), fold(document.title.best(&["en", "ru"]).1).into());
        insert_days(columns, "date", document.date.as_ref());
    }
}

/// The file of a document, deleted or not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ContentOf {
    /// The document's number for people.
    pub reference: String,
    /// The city that keeps it.
    pub municipality: String,
    /// Its file.
    pub content: DocumentContent,
}

/// How many documents are looked at in one query.
const SLICE: u64 = 1_000;

impl Database {
    /// The file of every document, also of deleted ones, since they can be restored. Takes its time.
    pub async fn contents(&self) -> Result<Vec<ContentOf>, Error> {
        let mut found = Vec::new();
        let mut last = Uuid::nil();
        loop {
            let rows: Vec<(Uuid, String, String, RawJson)> = Entity::find()
                .select_only()
                .columns([Column::Id, Column::Reference, Column::Municipality, Column::Content])
                .filter(Column::Id.gt(last))
                .filter(Column::Content.is_not_null())
                .order_by_asc(Column::Id)
                .limit(SLICE)
                .into_tuple()
                .all(&self.readers().connections)
                .await?;
            let Some((end, ..)) = rows.last() else { return Ok(found) };
            last = *end;
            for (id, reference, municipality, content) in rows {
                let content = serde_json::from_str(content.as_str()).map_err(|error| Error::Corrupt {
                    table: "documents",
                    id,
                    detail: error.to_string(),
                })?;
                found.push(ContentOf { reference, municipality, content });
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    #[test]
    fn a_row_is_the_record_again() {
        let record: Record<Document> = serde_json::from_value(json!({
            "title": {"ru": "Соглашение", "en": "Agreement"}, "kind": "agreement_text", "lang": "ru", "date": "2011-06",
            "number": "17", "issuer": "01890a5d-ac96-774b-bcce-b302099a8101",
            "content": {
                "id": "01890a5d-ac96-774b-bcce-b302099a8701", "sha256": "0".repeat(64), "size": 7,
                "media_type": "application/pdf", "file_name": "Соглашение.pdf", "uploaded_at": "2011-09-05T01:30:00.000000Z",
            },
        })).unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.title_key.as_str(), row.has_content), ("agreement", true));
        assert_eq!((row.date_first.as_str(), row.date_last.as_str()), ("2011-06-01", "2011-06-30"));
        assert_eq!(to_record::<Document>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for filter in Document::FILTERS {
            if let FilterBy::Code { column: name, .. }
            | FilterBy::Reference { column: name }
            | FilterBy::Whole { column: name }
            | FilterBy::Flag { column: name } = filter.by
            {
                assert!(column::<Document>(name).is_ok(), "{name}");
            }
        }
    }
}
