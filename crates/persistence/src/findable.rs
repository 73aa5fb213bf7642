//! What a record is found by beside its own columns: links, terms and external ids, kept in tables
//! of their own and written with the record. A deleted record has none.

use pobratim_domain::{Collection, Record, References, Terms};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, ConnectionTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

pub(crate) mod link {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "links")]
    pub struct Model {
        pub collection: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub field: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub target: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod term {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "terms")]
    pub struct Model {
        pub collection: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub record_id: Uuid,
        #[sea_orm(primary_key, auto_increment = false)]
        pub field: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub term: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

pub(crate) mod external_id {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "external_ids")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub collection: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub municipality: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub scheme: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub value: String,
        pub record_id: Uuid,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The field under which tags are kept among the terms.
pub(crate) const TAG: &str = "tag";

/// Everything a record is found by.
#[derive(Debug, Default)]
pub(crate) struct Findable {
    pub(crate) references: References,
    pub(crate) terms: Terms,
    pub(crate) external_ids: Vec<(String, String)>,
}

impl Findable {
    pub(crate) fn of<T: Collection>(record: &Record<T>) -> Self {
        let mut found = Self::default();
        record.body.references(&mut found.references);
        record.body.terms(&mut found.terms);
        found.terms.text(&record.head.reference);
        for tag in &record.head.tags {
            found.terms.code(TAG, &tag.0);
        }
        let ids = &record.head.external_ids;
        found.external_ids = ids.iter().map(|id| (id.scheme.as_str().to_owned(), id.value.clone())).collect();
        found
    }

    /// Stores what a record is found by, in place of what it was found by before.
    pub(crate) async fn replace<C: ConnectionTrait>(
        &self,
        connection: &C,
        collection: &str,
        municipality: &str,
        record_id: Uuid,
        is_new: bool,
    ) -> Result<(), DbErr> {
        if !is_new {
            remove(connection, record_id).await?;
        }
        let mut links: Vec<(&str, Uuid)> =
            self.references.iter().map(|reference| (reference.field, reference.target)).collect();
        links.sort_unstable();
        links.dedup();
        let links: Vec<_> = links
            .into_iter()
            .map(|(field, target)| link::ActiveModel {
                collection: Set(collection.to_owned()),
                record_id: Set(record_id),
                field: Set(field.to_owned()),
                target: Set(target),
            })
            .collect();
        for chunk in links.chunks(500) {
            link::Entity::insert_many(chunk.to_vec()).exec_without_returning(connection).await?;
        }
        let terms: Vec<_> = self
            .terms
            .iter()
            .map(|(field, term)| term::ActiveModel {
                collection: Set(collection.to_owned()),
                record_id: Set(record_id),
                field: Set(field.to_owned()),
                term: Set(term.to_owned()),
            })
            .collect();
        for chunk in terms.chunks(500) {
            term::Entity::insert_many(chunk.to_vec()).exec_without_returning(connection).await?;
        }
        let ids: Vec<_> = self
            .external_ids
            .iter()
            .map(|(scheme, value)| external_id::ActiveModel {
                collection: Set(collection.to_owned()),
                municipality: Set(municipality.to_owned()),
                scheme: Set(scheme.clone()),
                value: Set(value.clone()),
                record_id: Set(record_id),
            })
            .collect();
        if !ids.is_empty() {
            external_id::Entity::insert_many(ids).exec_without_returning(connection).await?;
        }
        Ok(())
    }
}

/// Makes a record unfindable.
pub(crate) async fn remove<C: ConnectionTrait>(connection: &C, record_id: Uuid) -> Result<(), DbErr> {
    link::Entity::delete_many().filter(link::Column::RecordId.eq(record_id)).exec(connection).await?;
    term::Entity::delete_many().filter(term::Column::RecordId.eq(record_id)).exec(connection).await?;
    external_id::Entity::delete_many().filter(external_id::Column::RecordId.eq(record_id)).exec(connection).await?;
    Ok(())
}
