//! The journal: every accepted change as one entry, numbered without gaps, each chained to the one
//! before. History, audit, the change feed and cache validity are readings of it.
//!
//! The chain hashes a salted hash of each entry's content, not the content: when a person's data
//! has to be erased, content and salt go, and the chain still verifies.

use pobratim_domain::{CollectionName, Timestamp};
use sea_orm::sea_query::Expr;
use sea_orm::{ConnectionTrait, EntityTrait, ExprTrait, QueryFilter};
use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::clock::{Clock, hex};
use crate::error::Error;
use crate::head;
use crate::pending;

/// The journal's table.
pub mod entry {
    use sea_orm::entity::prelude::*;

    /// One accepted change.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "journal")]
    pub struct Model {
        /// The number of the change.
        #[sea_orm(primary_key, auto_increment = false)]
        pub revision: i64,
        /// When, in microseconds since 1970.
        pub at: i64,
        /// The id of the credential, or `system`.
        pub actor: String,
        /// Its owner's name.
        pub actor_name: String,
        /// The municipality that keeps the record; empty for the shared directory.
        pub municipality: String,
        /// The collection.
        pub collection: String,
        /// The record.
        pub record_id: Uuid,
        /// Its ref.
        pub record_ref: String,
        /// The version the record has after the change.
        pub version: i64,
        /// `create`, `update`, `delete`, `restore`.
        pub action: String,
        /// What happened, such as `partnership.transitioned`.
        pub event: String,
        /// The record's visibility before, when it was there.
        pub visibility_before: Option<String>,
        /// The record's visibility after.
        pub visibility: String,
        /// The content as JSON; gone when it was erased.
        pub content: Option<String>,
        /// The salt of its hash; gone when it was erased.
        pub salt: Option<String>,
        /// The salted hash of the content.
        pub content_hash: String,
        /// The chain: a hash over everything above and the hash before.
        pub hash: String,
        /// The request that made the change.
        pub request_id: String,
        /// The import, load or merge it belongs to.
        pub import_id: Option<String>,
    }

    /// The journal refers to nothing by key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What changed in a record.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Content {
    /// The merge patch from before to after; the whole record when it was made.
    pub patch: Value,
    /// The merge patch back.
    pub inverse: Value,
    /// What the event says beyond the patch, such as the reason of a transition.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub detail: Option<Value>,
}

/// Who changes, and by which request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stamp {
    /// The id of the credential, or `system`.
    pub actor: String,
    /// Its owner's name.
    pub actor_name: String,
    /// The request.
    pub request_id: String,
    /// The import, load or merge.
    pub import_id: Option<String>,
}

impl Stamp {
    /// A change made by the program itself or by a command on its machine.
    pub fn system(request_id: &str) -> Self {
        Self {
            actor: "system".to_owned(),
            actor_name: "pobratim".to_owned(),
            request_id: request_id.to_owned(),
            import_id: None,
        }
    }
}

/// An entry that has no number yet: it gets one when its batch is committed.
#[derive(Clone, Debug)]
pub(crate) struct Draft {
    pub(crate) at: Timestamp,
    pub(crate) stamp: Stamp,
    pub(crate) municipality: String,
    pub(crate) collection: CollectionName,
    pub(crate) record_id: Uuid,
    pub(crate) record_ref: String,
    pub(crate) version: i64,
    pub(crate) action: &'static str,
    pub(crate) event: String,
    pub(crate) visibility_before: Option<String>,
    pub(crate) visibility: String,
    pub(crate) content: Content,
}

/// Numbers the entries, chains them to the head, and stores them and the new head.
pub(crate) async fn append(
    connection: &impl ConnectionTrait,
    head: &head::row::Model,
    drafts: Vec<Draft>,
    clock: &Clock,
) -> Result<i64, Error> {
    let mut revision = head.revision;
    let mut hash = head.hash.clone();
    let mut collections = std::collections::BTreeMap::new();
    let mut rows = Vec::with_capacity(drafts.len());
    for draft in drafts {
        revision += 1;
        collections.insert(draft.collection, revision);
        let salt = clock.secret(16)?;
        let content = serde_json::to_string(&draft.content)?;
        let mut row = entry::Model {
            revision,
            at: draft.at.as_micros(),
            actor: draft.stamp.actor,
            actor_name: draft.stamp.actor_name,
            municipality: draft.municipality,
            collection: draft.collection.as_str().to_owned(),
            record_id: draft.record_id,
            record_ref: draft.record_ref,
            version: draft.version,
            action: draft.action.to_owned(),
            event: draft.event,
            visibility_before: draft.visibility_before,
            visibility: draft.visibility,
            content_hash: content_hash(&salt, &content),
            content: Some(content),
            salt: Some(salt),
            hash: String::new(),
            request_id: draft.stamp.request_id,
            import_id: draft.stamp.import_id,
        };
        row.hash = chain_hash(&hash, &row);
        hash.clone_from(&row.hash);
        rows.push(sea_orm::ActiveModelTrait::reset_all(entry::ActiveModel::from(row)));
    }
    pending::insert_all::<entry::Entity>(connection, rows).await?;
    let told = head::Revisions::read(&head.collections)?.after(&collections);
    head::row::Entity::update_many()
        .col_expr(head::row::Column::Revision, Expr::value(revision))
        .col_expr(head::row::Column::Hash, Expr::value(hash))
        .col_expr(head::row::Column::Collections, Expr::value(told))
        .filter(Expr::col(head::row::Column::Id).eq(1))
        .exec(connection)
        .await?;
    Ok(revision)
}

/// The salted hash of an entry's content.
pub(crate) fn content_hash(salt: &str, content: &str) -> String {
    let mut hash = Sha256::new();
    hash.update(salt.as_bytes());
    hash.update([0]);
    hash.update(content.as_bytes());
    hex(&hash.finalize())
}

/// The chain's hash of an entry: over the hash before and every member but the content and salt.
/// Each member is preceded by its length, so that no two entries read alike.
pub(crate) fn chain_hash(before: &str, row: &entry::Model) -> String {
    let numbers = [row.revision.to_string(), row.at.to_string(), row.version.to_string(), row.record_id.to_string()];
    let members = [
        before,
        &numbers[0],
        &numbers[1],
        &row.actor,
        &row.actor_name,
        &row.municipality,
        &row.collection,
        &numbers[3],
        &row.record_ref,
        &numbers[2],
        &row.action,
        &row.event,
        row.visibility_before.as_deref().unwrap_or_default(),
        &row.visibility,
        &row.content_hash,
        &row.request_id,
        row.import_id.as_deref().unwrap_or_default(),
    ];
    let mut hash = Sha256::new();
    for member in members {
        hash.update(u64::try_from(member.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(member.as_bytes());
    }
    hex(&hash.finalize())
}
