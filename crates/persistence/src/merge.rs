//! Merges in the database: which record went into which, and how far that has come. They are no records:
//! what they change is, and stands in the journal under the merge's id.

mod moving;

pub(crate) use moving::LedOn;
pub use moving::{Collision, Obstacles};

use pobratim_domain::{CollectionName, MergeState, RecordMention};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, EntityTrait, IntoActiveModel, QueryFilter, QueryOrder, QuerySelect,
};
use uuid::Uuid;

use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::tx::Tx;
use crate::view::View;

/// The collections whose records can be merged.
pub const MERGEABLE: &[CollectionName] =
    &[CollectionName::Places, CollectionName::Organizations, CollectionName::Partnerships];

/// How many merges are followed from one record to the one that it is now part of.
const FOLLOWED: usize = 100;

mod stored_merge {
    use sea_orm::entity::prelude::*;
    use serde::{Deserialize, Serialize};

    /// A merge as it is stored. Nested values are JSON text.
    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel, Serialize, Deserialize)]
    #[sea_orm(table_name = "merges")]
    pub struct Model {
        /// Its id.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: Uuid,
        /// The collection of both records.
        pub collection: String,
        /// The municipality that keeps them; empty for the shared directory.
        pub municipality: String,
        /// Where it stands.
        pub state: String,
        /// Counts its changes.
        pub version: i64,
        /// The record that stays.
        pub kept: Uuid,
        /// Its ref.
        pub kept_ref: String,
        /// The record that went into it.
        pub merged: Uuid,
        /// Its ref.
        pub merged_ref: String,
        /// The revision down to which it was taken back.
        pub done: i64,
        /// How many records were changed to refer to the one that stays: an object of numbers.
        pub moved: String,
        /// How many changes could not be taken back.
        pub left: i64,
        /// In what the records differed: a list of objects.
        pub differences: String,
        /// Why they were merged.
        pub note: Option<String>,
        /// Why it failed, when it did.
        pub detail: Option<String>,
        /// The credential by which it works.
        pub actor: String,
        /// Its owner's name.
        pub actor_name: String,
        /// When it was asked for, in microseconds since 1970.
        pub created_at: i64,
        /// When it was changed last.
        pub updated_at: i64,
        /// When it was taken back.
        pub undone_at: Option<i64>,
    }

    /// Refers to nothing by key.
    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub use stored_merge::Model as MergeModel;

/// Which merges.
#[derive(Clone, Debug, Default)]
pub struct MergesQuery {
    /// Those of these collections.
    pub collections: Vec<CollectionName>,
    /// Those in which this record stayed, or went into another.
    pub record: Option<Uuid>,
    /// Those before this one: when it was asked for, and its id.
    pub after: Option<(i64, Uuid)>,
    /// How many at most.
    pub limit: u64,
}

/// Merges of records that a caller sees and whose keeper it belongs to; those of the directory are everybody's.
fn seen(view: &View, collections: &[CollectionName]) -> Condition {
    let of = |collection: CollectionName| {
        let kept = Query::select()
            .column(Alias::new("id"))
            .from(table_name(collection))
            .cond_where(view.condition(collection))
            .to_owned();
        let own = stored_merge::Column::Municipality.is_in(["", view.municipality().unwrap_or_default()]);
        let those = Condition::all().add(stored_merge::Column::Collection.eq(collection.as_str()));
        if *view == View::System { those } else { those.add(own).add(stored_merge::Column::Kept.in_subquery(kept)) }
    };
    collections.iter().fold(Condition::any(), |any, collection| any.add(of(*collection)))
}

impl Snapshot {
    /// A merge that the caller sees, of one of these collections.
    pub async fn merge(&self, view: &View, collections: &[CollectionName], id: Uuid) -> Result<MergeModel, Error> {
        let found = stored_merge::Entity::find_by_id(id).filter(seen(view, collections)).one(self.connection()).await?;
        found.ok_or(Error::NotFound)
    }

    /// The merges that the caller sees, the newest first, from where the last page ended.
    pub async fn merges(&self, view: &View, query: &MergesQuery) -> Result<Vec<MergeModel>, Error> {
        let mut select = stored_merge::Entity::find().filter(seen(view, &query.collections));
        if let Some(record) = query.record {
            select = select.filter(stored_merge::Column::Kept.eq(record).or(stored_merge::Column::Merged.eq(record)));
        }
        if let Some((created_at, id)) = query.after {
            let same = Condition::all()
                .add(stored_merge::Column::CreatedAt.eq(created_at))
                .add(stored_merge::Column::Id.lt(id));
            select = select.filter(Condition::any().add(stored_merge::Column::CreatedAt.lt(created_at)).add(same));
        }
        let select = select.order_by_desc(stored_merge::Column::CreatedAt).order_by_desc(stored_merge::Column::Id);
        Ok(select.limit(query.limit).all(self.connection()).await?)
    }

    /// The merges that are being worked at.
    pub async fn merges_at_work(&self) -> Result<Vec<Uuid>, Error> {
        let at_work = stored_merge::Column::State.is_in([MergeState::Merging.as_str(), MergeState::Undoing.as_str()]);
        let select = stored_merge::Entity::find().select_only().column(stored_merge::Column::Id).filter(at_work);
        Ok(select.order_by_asc(stored_merge::Column::CreatedAt).into_tuple().all(self.connection()).await?)
    }

    /// The record that one went into, when the caller sees both.
    pub async fn merged_into(
        &self,
        view: &View,
        collection: CollectionName,
        id: Uuid,
    ) -> Result<Option<RecordMention>, Error> {
        merged_into(self.connection(), view, collection, id).await
    }
}

/// The living record that a deleted one went into, through as many merges as there were, when the caller
/// sees both.
pub(crate) async fn merged_into(
    connection: &impl ConnectionTrait,
    view: &View,
    collection: CollectionName,
    id: Uuid,
) -> Result<Option<RecordMention>, Error> {
    if !MERGEABLE.contains(&collection) {
        return Ok(None);
    }
    let mut last = id;
    for _ in 0..FOLLOWED {
        let step = stored_merge::Entity::find()
            .filter(stored_merge::Column::Merged.eq(last))
            .filter(stored_merge::Column::State.is_in([MergeState::Merged.as_str(), MergeState::Undoing.as_str()]))
            .order_by_desc(stored_merge::Column::CreatedAt);
        match step.one(connection).await? {
            Some(step) => last = step.kept,
            None => break,
        }
    }
    if last == id {
        return Ok(None);
    }
    let select = Query::select()
        .columns(["id", "ref", "deleted_at"].map(Alias::new))
        .from(table_name(collection))
        .and_where(Expr::col(Alias::new("id")).is_in([id, last]))
        .cond_where(view.condition(collection))
        .to_owned();
    let (mut gone, mut kept) = (false, None);
    for row in connection.query_all(&select).await? {
        let (found, deleted_at): (Uuid, Option<i64>) = (row.try_get("", "id")?, row.try_get("", "deleted_at")?);
        if found == id {
            gone = deleted_at.is_some();
        } else if deleted_at.is_none() {
            kept = Some(RecordMention { collection, id: found, reference: row.try_get("", "ref")? });
        }
    }
    Ok(kept.filter(|_| gone))
}

/// Why a record is not there: it is part of another, or it never was.
pub(crate) async fn absence(
    connection: &impl ConnectionTrait,
    view: &View,
    collection: CollectionName,
    id: Uuid,
) -> Result<Error, Error> {
    let kept = merged_into(connection, view, collection, id).await?;
    Ok(kept.map_or(Error::NotFound, |kept| Error::Merged(Box::new(kept))))
}

impl Tx {
    /// Stores a new merge.
    pub fn add_merge(&self, merge: MergeModel) -> Result<(), Error> {
        self.keep();
        Ok(self.insert::<stored_merge::Entity>(merge.into_active_model().reset_all())?)
    }

    /// A merge that the caller sees, under the writer's lock.
    pub async fn merge(&self, view: &View, collections: &[CollectionName], id: Uuid) -> Result<MergeModel, Error> {
        let found = stored_merge::Entity::find_by_id(id).filter(seen(view, collections)).one(self).await?;
        found.ok_or(Error::NotFound)
    }

    /// Stores a changed merge as its next version.
    pub async fn change_merge(&self, mut merge: MergeModel) -> Result<MergeModel, Error> {
        self.keep();
        merge.version += 1;
        merge.updated_at = self.now().as_micros();
        Ok(merge.into_active_model().reset_all().update(self).await?)
    }

    /// A merge of any of these records that is being worked at.
    pub async fn merge_at_work(&self, records: &[Uuid]) -> Result<Option<Uuid>, Error> {
        let at_work = stored_merge::Column::State.is_in([MergeState::Merging.as_str(), MergeState::Undoing.as_str()]);
        let about = Condition::any()
            .add(stored_merge::Column::Kept.is_in(records.iter().copied()))
            .add(stored_merge::Column::Merged.is_in(records.iter().copied()));
        let found = stored_merge::Entity::find().filter(at_work).filter(about).one(self).await?;
        Ok(found.map(|merge| merge.id))
    }
}
