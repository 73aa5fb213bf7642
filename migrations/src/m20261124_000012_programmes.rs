//! Programmes: what exchanges and events are made under.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const LEVELS: &[&str] = &["national", "regional", "association", "local"];

const STATES: &[&str] = &["planned", "running", "completed", "cancelled"];

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
            "programmes",
            vec![
                make.json("title").not_null().take(),
                make.optional_code("level", LEVELS),
                make.json("countries").not_null().take(),
                make.text("period"),
                make.json("fields").not_null().take(),
                make.id("agreement"),
                make.code("state", STATES),
                make.required("title_key"),
                make.day("period_first"),
                make.day("period_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["level", "state", "period_last", "agreement"];
        make.index_records(manager, "programmes", &filters, &["period_first", "title_key"]).await
    }
}
