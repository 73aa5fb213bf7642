//! Report notes: the office's own paragraphs for a report.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const SECTIONS: &[&str] = &["overview", "multilateral", "organization", "countries", "plans"];

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
            "report_notes",
            vec![
                make.whole("year").not_null().take(),
                make.code("section", SECTIONS),
                make.json("countries").not_null().take(),
                make.json("fields").not_null().take(),
                make.json("text").not_null().take(),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["section"];
        // Lists are sorted by the year too, and that index has its name.
        make.index_living(manager, "report_notes", "filtered_year", &["year", "created_at", "id"], false).await?;
        make.index_records(manager, "report_notes", &filters, &["year"]).await
    }
}
