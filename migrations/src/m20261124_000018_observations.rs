//! Observations: figures that somebody reported.

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
        let table = make.records(
            "observations",
            vec![
                make.required("indicator"),
                make.required("period"),
                make.text("country"),
                make.optional_code("direction", &["incoming", "outgoing"]),
                make.json("value").not_null().take(),
                make.optional_code("scope", &["administration", "city"]),
                make.day("period_first"),
                make.day("period_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["indicator", "period_last", "country", "direction", "scope"];
        make.index_records(manager, "observations", &filters, &["period_first"]).await
    }
}
