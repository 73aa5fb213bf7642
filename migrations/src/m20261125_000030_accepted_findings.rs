//! Accepted findings: what the office leaves as it is, with its reason.

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
            "accepted_findings",
            vec![
                make.id("finding").not_null().take(),
                // Rules come and go, so this is no closed list here.
                make.required("code"),
                make.json("record").not_null().take(),
                make.text("field"),
                make.required("reason"),
                make.id("record_id").not_null().take(),
            ],
        );
        manager.create_table(table).await?;
        make.index_records(manager, "accepted_findings", &["finding", "code", "record_id"], &[]).await
    }
}
