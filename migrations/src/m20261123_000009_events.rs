//! Events: what takes place at home and abroad.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] = &[
    "signing",
    "official_visit",
    "mayors_meeting",
    "summit",
    "forum",
    "conference",
    "fair",
    "exhibition",
    "presentation",
    "festival",
    "performance",
    "competition",
    "round_table",
    "field_visit",
    "celebration",
    "other",
];

const STATUSES: &[&str] = &["idea", "planned", "confirmed", "held", "cancelled", "postponed"];

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
            "events",
            vec![
                make.code("kind", KINDS),
                make.json("title").not_null().take(),
                make.json("series"),
                make.id("parent"),
                make.text("period"),
                make.code("status", STATUSES),
                make.id("place"),
                make.optional_code("host_role", &["host", "co_host", "participant"]),
                make.flag("joint").not_null().take(),
                make.optional_code("direction", &["incoming", "outgoing"]),
                make.json("fields").not_null().take(),
                make.json("partnerships").not_null().take(),
                make.json("participation").not_null().take(),
                make.json("outcomes").not_null().take(),
                make.json("evaluation"),
                make.flag("highlight").not_null().take(),
                make.required("title_key"),
                make.day("period_first"),
                make.day("period_last"),
                make.text("series_code"),
                make.text("series_key"),
            ],
        );
        manager.create_table(table).await?;
        // Rows without an edition have no key; neither database takes two of them for the same.
        make.index_living(manager, "events", "series_key", &["municipality", "series_key"], true).await?;
        let filters = [
            "kind",
            "status",
            "place",
            "parent",
            "host_role",
            "joint",
            "direction",
            "highlight",
            "series_code",
            "period_last",
        ];
        make.index_records(manager, "events", &filters, &["period_first", "title_key"]).await
    }
}
