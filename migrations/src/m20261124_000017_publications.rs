//! Publications: what the media tell.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const MEDIA: &[&str] = &["newspaper", "magazine", "television", "radio", "agency", "website", "social", "other"];

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
            "publications",
            vec![
                make.json("title").not_null().take(),
                make.id("outlet"),
                make.optional_code("medium", MEDIA),
                make.optional_code("side", &["home", "partner", "third"]),
                make.text("country"),
                make.text("published_on"),
                make.text("url"),
                make.text("lang"),
                make.json("events").not_null().take(),
                make.json("partnerships").not_null().take(),
                make.required("title_key"),
                make.day("published_on_first"),
                make.day("published_on_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["outlet", "medium", "side", "country", "published_on_last", "lang"];
        make.index_records(manager, "publications", &filters, &["published_on_first", "title_key"]).await
    }
}
