//! Assistance cases: help for investors and enterprises.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] = &["investor_support", "contract_assistance", "partner_search"];

const STATES: &[&str] = &["open", "in_progress", "succeeded", "closed"];

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
            "assistance_cases",
            vec![
                make.code("kind", KINDS),
                make.json("services").not_null().take(),
                make.id("beneficiary"),
                make.id("counterpart"),
                make.id("origin"),
                make.text("country"),
                make.json("goods").not_null().take(),
                make.flag("list_complete").not_null().take(),
                make.json("places").not_null().take(),
                make.json("projects").not_null().take(),
                make.text("period"),
                make.code("state", STATES),
                make.json("value"),
                make.json("outcome"),
                make.day("period_first"),
                make.day("period_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters =
            ["kind", "state", "beneficiary", "counterpart", "origin", "country", "list_complete", "period_last"];
        make.index_records(manager, "assistance_cases", &filters, &["period_first"]).await
    }
}
