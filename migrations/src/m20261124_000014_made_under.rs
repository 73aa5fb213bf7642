//! What exchanges and events are made under: exchanges name a programme, both name projects. A program
//! that knows nothing of it goes on writing rows: what it leaves out is empty.

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
        for (table, column) in [
            ("exchanges", make.id("programme")),
            ("exchanges", make.json("projects").not_null().default("[]").take()),
            ("events", make.json("projects").not_null().default("[]").take()),
        ] {
            // SQLite adds one column at a time.
            manager.alter_table(Table::alter().table(Alias::new(table)).add_column(column).take()).await?;
        }
        make.index_living(manager, "exchanges", "programme", &["programme", "created_at", "id"], false).await
    }
}
