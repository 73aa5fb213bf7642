//! What a record is found by beside its own columns: links, terms and external ids, kept in tables
//! of their own and written with the record. A deleted record has none.

use std::collections::BTreeSet;

use pobratim_domain::{Collection, MARK, Record, References, Terms, marks};
use sea_orm::ActiveValue::Set;
use sea_orm::{ColumnTrait, DbErr, EntityTrait, QueryFilter};
use uuid::Uuid;

use crate::tx::Tx;

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

/// The field under which the last day of what took place is kept, after the tie under which it did.
pub(crate) const ACTIVITY: &str = "activity";

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
        record.head.references(&mut found.references);
        record.body.terms(&mut found.terms);
        found.terms.number(&record.head.reference);
        for tag in &record.head.tags {
            found.terms.code(TAG, &tag.0);
        }
        if let Some((day, ties)) = record.body.took_place() {
            for tie in ties {
                found.terms.code(ACTIVITY, &format!("{} {day}", tie.simple()));
            }
        }
        for mark in marks(record) {
            found.terms.code(MARK, &mark);
        }
        let ids = &record.head.external_ids;
        found.external_ids = ids.iter().map(|id| (id.scheme.as_str().to_owned(), id.value.clone())).collect();
        found
    }

    /// Stores what a record is found by, in place of what it was found by before. What is the same
    /// stays as it is.
    pub(crate) async fn replace(
        &self,
        tx: &Tx,
        collection: &str,
        municipality: &str,
        record_id: Uuid,
        before: &Self,
    ) -> Result<(), DbErr> {
        let (links, known) = (self.links(), before.links());
        if links != known {
            if !known.is_empty() {
                link::Entity::delete_many().filter(link::Column::RecordId.eq(record_id)).exec(tx).await?;
            }
            for (field, target) in links {
                tx.insert::<link::Entity>(link::ActiveModel {
                    collection: Set(collection.to_owned()),
                    record_id: Set(record_id),
                    field: Set(field.to_owned()),
                    target: Set(target),
                })?;
            }
        }
        if !self.terms.iter().eq(before.terms.iter()) {
            if before.terms.iter().next().is_some() {
                term::Entity::delete_many().filter(term::Column::RecordId.eq(record_id)).exec(tx).await?;
            }
            for (field, term) in self.terms.iter() {
                tx.insert::<term::Entity>(term::ActiveModel {
                    collection: Set(collection.to_owned()),
                    record_id: Set(record_id),
                    field: Set(field.to_owned()),
                    term: Set(term.to_owned()),
                })?;
            }
        }
        if self.external_ids != before.external_ids {
            if !before.external_ids.is_empty() {
                external_id::Entity::delete_many().filter(external_id::Column::RecordId.eq(record_id)).exec(tx).await?;
            }
            for (scheme, value) in &self.external_ids {
                tx.insert::<external_id::Entity>(external_id::ActiveModel {
                    collection: Set(collection.to_owned()),
                    municipality: Set(municipality.to_owned()),
                    scheme: Set(scheme.clone()),
                    value: Set(value.clone()),
                    record_id: Set(record_id),
                })?;
            }
        }
        Ok(())
    }

    /// The references as they are stored: each once.
    fn links(&self) -> BTreeSet<(&str, Uuid)> {
        self.references.iter().map(|reference| (reference.field, reference.target)).collect()
    }
}
