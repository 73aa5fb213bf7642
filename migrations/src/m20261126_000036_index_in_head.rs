//! What kind of index the database has, and how often it was made anew: so that a program that makes
//! another kind notices, and those who keep answers do. Every database of before has an older kind.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        for name in ["index_kind", "index_made"] {
            let column = make.whole(name).not_null().default(0).take();
            let table = Table::alter().table(Alias::new("head")).add_column(column).take();
            manager.alter_table(table).await?;
        }
        Ok(())
    }
}
