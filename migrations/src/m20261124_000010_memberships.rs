//! Memberships: the associations that cities belong to.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const CATEGORIES: &[&str] = &["full", "associate", "observer", "founder"];

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
            "memberships",
            vec![
                make.id("organization").not_null().take(),
                make.id("place").not_null().take(),
                make.optional_code("category", CATEGORIES),
                make.text("valid"),
                make.json("fee"),
                make.json("representative"),
                make.day("valid_first"),
                make.day("valid_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["organization", "place", "category", "valid_last"];
        make.index_records(manager, "memberships", &filters, &["valid_first"]).await
    }
}
