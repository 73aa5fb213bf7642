//! Partnerships: the ties of a city.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] = &["none", "contact", "cooperation", "friendship", "twin"];

const STAGES: &[&str] = &[
    "idea",
    "planned",
    "approached",
    "negotiation_agreed",
    "negotiating",
    "intent_declared",
    "in_approval",
    "concluded",
    "active",
    "suspended",
    "expired",
    "ended",
    "declined",
    "abandoned",
];

const CHANNELS: &[&str] =
    &["direct", "foreign_ministry", "embassy", "regional_government", "association", "third_party"];

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
            "partnerships",
            vec![
                make.code("arrangement", &["bilateral", "multilateral"]),
                make.code("kind", KINDS),
                make.optional_code("target_kind", KINDS),
                make.json("parties").not_null().take(),
                make.code("stage", STAGES),
                make.optional_code("channel", CHANNELS),
                make.json("name"),
                make.json("purpose"),
                make.json("fields").not_null().take(),
                make.json("levels").not_null().take(),
                make.text("established"),
                make.text("ended"),
                make.flag("traditional").not_null().take(),
                make.flag("living").not_null().take(),
                // The partner of a living bilateral tie.
                make.id("pair_key"),
                make.day("established_first"),
                make.day("established_last"),
                make.day("ended_first"),
                make.day("ended_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = [
            "arrangement",
            "kind",
            "target_kind",
            "stage",
            "living",
            "channel",
            "traditional",
            "established_last",
            "ended_last",
        ];
        make.index_records(manager, "partnerships", &filters, &["established_first", "ended_first"]).await?;
        make.index_living(manager, "partnerships", "pair_key", &["municipality", "pair_key"], true).await
    }
}
