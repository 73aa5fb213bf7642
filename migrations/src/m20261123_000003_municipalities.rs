//! Municipalities.

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
            "municipalities",
            vec![
                make.required("slug"),
                make.json("name").not_null().take(),
                make.id("home_place"),
                make.id("responsible_unit"),
                make.required("timezone"),
                make.required("default_locale"),
                make.json("locales").not_null().take(),
                make.json("anniversary_years").not_null().take(),
                make.whole("dormancy_months").not_null().take(),
                make.json("report"),
            ],
        );
        manager.create_table(table).await?;
        make.index_living(manager, "municipalities", "slug", &["slug"], true).await?;
        make.index_records(manager, "municipalities", &[], &[]).await
    }
}
