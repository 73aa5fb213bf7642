//! Projects: joint work, and what is offered to investors.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] =
    &["university", "research", "culture", "sport", "environment", "social", "infrastructure", "investment"];

const STATES: &[&str] = &["idea", "planned", "offered", "in_talks", "running", "suspended", "completed", "cancelled"];

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
            "projects",
            vec![
                make.code("kind", KINDS),
                make.json("title").not_null().take(),
                make.json("strands").not_null().take(),
                make.json("partners").not_null().take(),
                make.id("partnership"),
                make.id("agreement"),
                make.id("place"),
                make.code("state", STATES),
                make.text("period"),
                make.json("budget"),
                make.json("results"),
                make.required("title_key"),
                make.day("period_first"),
                make.day("period_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["kind", "state", "partnership", "agreement", "place", "period_last"];
        make.index_records(manager, "projects", &filters, &["period_first", "title_key"]).await
    }
}
