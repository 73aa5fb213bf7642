//! Accepted findings in the database.

use pobratim_domain::{AcceptedFinding, Collection, Record};
use sea_orm::QueryOrder;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};

use crate::error::Error;
use crate::raw_json::{RawJson, instant};
use crate::save::Loaded;
use crate::stored::{Filter, FilterBy, Stored};
use crate::tx::Tx;
use crate::view::View;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "accepted_findings")]
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

    pub finding: Uuid,
    pub code: String,
    pub record: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<String>,
    pub reason: String,

    #[serde(skip_serializing)]
    pub record_id: Uuid,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for AcceptedFinding {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "finding",
            by: FilterBy::Reference { column: "finding" },
            description: "The findings that are accepted: their ids.",
        },
        Filter {
            name: "code",
            by: FilterBy::Code { column: "code", schema: "FindingCode" },
            description: "The rules that found them.",
        },
        Filter {
            name: "record",
            by: FilterBy::Reference { column: "record_id" },
            description: "The records that the findings are about: their ids.",
        },
    ];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        columns.insert("record_id".to_owned(), record.body.record.id.to_string().into());
    }
}

impl Tx {
    /// The acceptance of a finding that a municipality has, when the caller sees it.
    pub async fn acceptance(
        &self,
        view: &View,
        municipality: &str,
        finding: Uuid,
    ) -> Result<Option<Loaded<AcceptedFinding>>, Error> {
        let select = Entity::find()
            .filter(Column::Finding.eq(finding))
            .filter(Column::Municipality.eq(municipality))
            .filter(Column::DeletedAt.is_null())
            .filter(view.condition(AcceptedFinding::NAME))
            .order_by_asc(Column::CreatedAt);
        match select.one(self).await? {
            Some(row) => self.get(view, row.id).await.map(Some),
            None => Ok(None),
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
        const RECORD: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
        let record: Record<AcceptedFinding> = serde_json::from_value(json!({
            "finding": "6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11", "code": "conflicting_claims", "field": "established",
            "record": {"collection": "partnerships", "id": RECORD, "ref": "PAR-0001"}, "reason": "Архив ответит",
        }))
        .unwrap();
        let row = to_row(&record).unwrap();
        assert_eq!((row.code.as_str(), row.record_id.to_string().as_str()), ("conflicting_claims", RECORD));
        assert_eq!(to_record::<AcceptedFinding>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
        for name in ["finding", "code", "record_id"] {
            assert!(column::<AcceptedFinding>(name).is_ok(), "{name}");
        }
    }
}
