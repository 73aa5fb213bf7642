//! Organizations: the bodies that have a part in international relations.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] = &[
    "administration",
    "department",
    "council",
    "ministry",
    "foreign_mission",
    "association",
    "foundation",
    "ngo",
    "university",
    "school",
    "enterprise",
    "municipal_enterprise",
    "media",
    "cultural_body",
    "sports_body",
    "investor",
    "other",
];

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
            "organizations",
            vec![
                make.code("kind", KINDS),
                make.json("names").not_null().take(),
                make.flag("name_known").not_null().take(),
                make.id("parent"),
                make.id("place"),
                make.text("country"),
                make.optional_code("scope", &["local", "national", "international"]),
                make.text("founded"),
                make.text("dissolved"),
                make.json("distinctions").not_null().take(),
                make.text("website"),
                make.json("contacts").not_null().take(),
                make.required("name_key"),
                make.day("founded_first"),
                make.day("founded_last"),
                make.day("dissolved_first"),
                make.day("dissolved_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = ["kind", "country", "scope", "place", "parent", "name_known", "founded_last", "dissolved_last"];
        make.index_records(manager, "organizations", &filters, &["name_key", "founded_first"]).await
    }
}
