//! API keys in the database. The hash of a key's secret lies in a table of its own: it is not part
//! of the record, and so never in the journal.

use pobratim_domain::ApiKey;
use sea_orm::ActiveValue::Set;
use sea_orm::entity::prelude::*;
use serde::{Deserialize, Serialize};

use crate::error::Error;
use crate::raw_json::{RawJson, instant, instant_option};
use crate::stored::Stored;
use crate::tx::Tx;

/// A row of the table.
#[derive(Clone, Debug, PartialEq, DeriveEntityModel, Serialize, Deserialize)]
#[sea_orm(table_name = "api_keys")]
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

    pub owner: String,
    pub role: String,
    pub scopes: RawJson,
    #[serde(default, with = "instant_option", skip_serializing_if = "Option::is_none")]
    pub expires_at: Option<i64>,
    #[serde(default, with = "instant_option", skip_serializing_if = "Option::is_none")]
    pub revoked_at: Option<i64>,
}

/// Keys refer to nothing.
#[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
pub enum Relation {}

impl ActiveModelBehavior for ActiveModel {}

impl Stored for ApiKey {
    type Row = Model;
}

pub(crate) mod secret {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "api_key_secrets")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub key_id: Uuid,
        pub hash: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

impl Tx {
    /// Stores the hash of a new key's secret beside the key.
    pub async fn store_key_hash(&self, key: Uuid, hash: String) -> Result<(), Error> {
        let row = secret::ActiveModel { key_id: Set(key), hash: Set(hash) };
        secret::Entity::insert(row).exec_without_returning(self).await?;
        Ok(())
    }
}
