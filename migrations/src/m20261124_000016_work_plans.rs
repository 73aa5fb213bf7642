//! Work plans: what an office means to do in a year, with their items.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const STATES: &[&str] = &["draft", "approved", "in_execution", "reported"];

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        let table = make.records(
            "work_plans",
            vec![
                make.whole("year").not_null().take(),
                make.json("title"),
                make.code("state", STATES),
                make.json("instruments").not_null().take(),
                make.json("items").not_null().take(),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["state"];
        // Lists are sorted by the year too, and that index has its name.
        make.index_living(manager, "work_plans", "filtered_year", &["year", "created_at", "id"], false).await?;
        make.index_records(manager, "work_plans", &filters, &["year"]).await
    }
}
