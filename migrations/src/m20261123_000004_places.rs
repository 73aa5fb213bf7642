//! Places: the directory shared by all municipalities.

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
            "places",
            vec![
                make.code("kind", &["country", "region", "district", "municipality", "macro_region"]),
                make.id("parent"),
                make.required("country"),
                make.text("subdivision"),
                make.json("names").not_null().take(),
                make.json("location"),
                make.whole("population"),
                make.text("timezone"),
                make.text("website"),
                make.json("borders").not_null().take(),
                make.required("name_key"),
                make.required("country_group"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["kind", "parent", "country", "country_group"];
        make.index_records(manager, "places", &filters, &["name_key"]).await
    }
}
