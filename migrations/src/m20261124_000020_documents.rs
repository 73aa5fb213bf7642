//! Documents: papers and pictures with their files.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] =
    &["agreement_text", "letter", "report", "photo", "programme", "protocol", "translation", "presentation", "other"];

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
            "documents",
            vec![
                make.json("title").not_null().take(),
                make.code("kind", KINDS),
                make.text("lang"),
                make.text("date"),
                make.text("number"),
                make.id("issuer"),
                make.json("partnerships").not_null().take(),
                make.id("agreement"),
                make.id("letter"),
                make.json("exchanges").not_null().take(),
                make.json("events").not_null().take(),
                make.json("content"),
                make.flag("has_content").not_null().take(),
                make.required("title_key"),
                make.day("date_first"),
                make.day("date_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["kind", "lang", "date_last", "issuer", "agreement", "letter", "has_content"];
        make.index_records(manager, "documents", &filters, &["date_first", "title_key"]).await
    }
}
