//! Partnerships in the database.

use pobratim_domain::{Partnership, PartnershipArrangement, PartnershipParty, Record};
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value as Json};
use sha2::{Digest, Sha256};

use crate::days::insert_days;
use crate::raw_json::{RawJson, instant};
use crate::stored::{Filter, FilterBy, Sort, Stored, Unique};

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "partnerships")]
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

    pub arrangement: String,
    pub kind: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub target_kind: Option<String>,
    pub parties: RawJson,
    pub stage: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub channel: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<RawJson>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub purpose: Option<RawJson>,
    pub fields: RawJson,
    pub levels: RawJson,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub established: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended: Option<String>,
    pub traditional: bool,

    #[serde(skip_serializing)]
    pub living: bool,
    #[serde(default, skip_serializing)]
    pub pair_key: Option<Uuid>,
    #[serde(skip_serializing)]
    pub established_first: String,
    #[serde(skip_serializing)]
    pub established_last: String,
    #[serde(skip_serializing)]
    pub ended_first: String,
    #[serde(skip_serializing)]
    pub ended_last: String,
}

/// References are kept in `links`.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for Partnership {
    type Row = Model;

    const FILTERS: &'static [Filter] = &[
        Filter {
            name: "arrangement",
            by: FilterBy::Code { column: "arrangement", schema: "PartnershipArrangement" },
            description: "Between two, or among several.",
        },
        Filter {
            name: "kind",
            by: FilterBy::Code { column: "kind", schema: "PartnershipKind" },
            description: "What exists.",
        },
        Filter {
            name: "target_kind",
            by: FilterBy::Code { column: "target_kind", schema: "PartnershipKind" },
            description: "What is sought.",
        },
        Filter {
            name: "stage",
            by: FilterBy::Code { column: "stage", schema: "PartnershipStage" },
            description: "How far they have come.",
        },
        Filter {
            name: "living",
            by: FilterBy::Flag { column: "living" },
            description: "Not expired, ended, declined or abandoned.",
        },
        Filter {
            name: "channel",
            by: FilterBy::Code { column: "channel", schema: "PartnershipChannel" },
            description: "By which way the sides speak with each other.",
        },
        Filter {
            name: "traditional",
            by: FilterBy::Flag { column: "traditional" },
            description: "Among the city's traditional ties.",
        },
        Filter {
            name: "place",
            by: FilterBy::Link { field: "place" },
            description: "A place that is one of the sides.",
        },
        Filter {
            name: "organization",
            by: FilterBy::Link { field: "organization" },
            description: "An organization that is one of the sides.",
        },
        Filter {
            name: "stance",
            by: FilterBy::Term { field: "stance", schema: "PartyStance" },
            description: "Where one of the sides stands.",
        },
        Filter {
            name: "fields",
            by: FilterBy::Term { field: "fields", schema: "FieldCode" },
            description: "Fields of cooperation.",
        },
        Filter {
            name: "levels",
            by: FilterBy::Term { field: "levels", schema: "PartnershipLevel" },
            description: "Between whom they are lived.",
        },
        Filter {
            name: "established",
            by: FilterBy::Days { first: "established_first", last: "established_last" },
            description: "The days on which they may have been established.",
        },
        Filter {
            name: "ended",
            by: FilterBy::Days { first: "ended_first", last: "ended_last" },
            description: "The days on which they may have ended.",
        },
    ];

    const SORTS: &'static [Sort] =
        &[Sort { name: "established", column: "established_first" }, Sort { name: "ended", column: "ended_first" }];

    const UNIQUE: &'static [Unique] = &[Unique {
        column: "pair_key",
        pointer: "/parties",
        rule: "Between these two there is a living bilateral partnership already.",
    }];

    fn derive(record: &Record<Self>, columns: &mut Map<String, Json>) {
        let tie = &record.body;
        let is_living = tie.stage.is_living();
        columns.insert("living".to_owned(), is_living.into());
        let pair = pair_key(tie).filter(|_| is_living);
        columns.insert("pair_key".to_owned(), pair.map(|key| key.to_string()).into());
        insert_days(columns, "established", tie.established.as_ref());
        insert_days(columns, "ended", tie.ended.as_ref());
    }
}

/// Two sides as one key, whichever of them is at home.
fn pair_key(tie: &Partnership) -> Option<Uuid> {
    let mut sides: Vec<Uuid> = tie.parties.iter().map(PartnershipParty::target).collect::<Option<_>>()?;
    if tie.arrangement == PartnershipArrangement::Multilateral || sides.len() != 2 {
        return None;
    }
    sides.sort_unstable();
    Some(key_of(&sides))
}

fn key_of(sides: &[Uuid]) -> Uuid {
    let mut hash = Sha256::new();
    sides.iter().for_each(|side| hash.update(side.as_bytes()));
    let mut bytes = [0; 16];
    bytes.iter_mut().zip(hash.finalize()).for_each(|(byte, hashed)| *byte = hashed);
    uuid::Builder::from_custom_bytes(bytes).into_uuid()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::stored::{column, to_record, to_row};

    const HOME: &str = "01890a5d-ac96-774b-bcce-b302099a8001";
    const HEIHE: &str = "01890a5d-ac96-774b-bcce-b302099a8002";

    fn heihe(stage: &str, arrangement: &str) -> Record<Partnership> {
        serde_json::from_value(json!({
            "arrangement": arrangement, "kind": "twin", "stage": stage, "established": "[..2003]", "traditional": true,
            "parties": [{"place": HOME, "role": "home"}, {"place": HEIHE, "role": "partner"}],
            "name": {"ru": "Благовещенск – Хэйхэ", "zh": "布拉戈维申斯克—黑河"}, "fields": ["culture"], "levels": ["heads"],
        }))
        .unwrap()
    }

    #[test]
    fn a_row_is_the_record_again() {
        let record = heihe("active", "bilateral");
        let row = to_row(&record).unwrap();
        assert_eq!((row.established_first.as_str(), row.established_last.as_str()), ("0000-01-01", "2003-12-31"));
        assert_eq!(to_record::<Partnership>(&row).unwrap(), (record.clone(), record.to_json().unwrap()));
    }

    #[test]
    fn one_living_tie_of_two_is_kept_with_each_partner() {
        let key = |stage, arrangement| to_row(&heihe(stage, arrangement)).unwrap().pair_key;
        assert_eq!(key("active", "bilateral"), Some(key_of(&[HOME, HEIHE].map(|id| id.parse().unwrap()))));
        assert_eq!(key("planned", "bilateral"), key("active", "bilateral"));
        let mut turned = heihe("active", "bilateral");
        turned.body.parties.reverse();
        assert_eq!(to_row(&turned).unwrap().pair_key, key("active", "bilateral"));
        turned.body.parties[0].place = Some(Uuid::from_u128(7));
        assert_ne!(to_row(&turned).unwrap().pair_key, key("active", "bilateral"));
        assert_eq!(key("active", "multilateral"), None);
        for stage in ["expired", "ended", "declined", "abandoned"] {
            assert_eq!(key(stage, "bilateral"), None, "{stage}");
        }
    }

    #[test]
    fn what_is_declared_has_its_column() {
        for filter in Partnership::FILTERS {
            let names = match filter.by {
                FilterBy::Code { column, .. } | FilterBy::Reference { column } | FilterBy::Flag { column } => {
                    vec![column]
                }
                FilterBy::Days { first, last } => vec![first, last],
                _ => Vec::new(),
            };
            assert!(names.into_iter().all(|name| column::<Partnership>(name).is_ok()), "{}", filter.name);
        }
        assert!(Partnership::SORTS.iter().all(|sort| column::<Partnership>(sort.column).is_ok()));
        assert!(Partnership::UNIQUE.iter().all(|rule| column::<Partnership>(rule.column).is_ok()));
    }
}
