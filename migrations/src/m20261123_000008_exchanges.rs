//! Exchanges: delegations received and sent.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const AUDIENCES: &[&str] = &[
    "officials",
    "children",
    "youth",
    "students",
    "teachers",
    "specialists",
    "medics",
    "creative",
    "sports",
    "business",
    "media",
    "citizens",
    "mixed",
];

const STATES: &[&str] = &["proposed", "approved", "confirmed", "under_way", "completed", "reported", "cancelled"];

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
            "exchanges",
            vec![
                make.json("title").not_null().take(),
                make.code("direction", &["incoming", "outgoing"]),
                make.code("mode", &["in_person", "online"]),
                make.code("audience", AUDIENCES),
                make.id("origin").not_null().take(),
                make.id("destination").not_null().take(),
                make.text("period"),
                make.json("purpose"),
                make.json("fields").not_null().take(),
                make.code("state", STATES),
                make.json("headcount"),
                make.id("organizer"),
                make.id("host"),
                make.json("partnerships").not_null().take(),
                make.id("agreement"),
                make.json("events").not_null().take(),
                make.json("implementers").not_null().take(),
                make.json("itinerary").not_null().take(),
                make.json("results"),
                make.flag("highlight").not_null().take(),
                make.flag("counts_in_statistics").not_null().take(),
                make.required("title_key"),
                make.day("period_first"),
                make.day("period_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = [
            "direction",
            "mode",
            "audience",
            "state",
            "origin",
            "destination",
            "organizer",
            "host",
            "agreement",
            "highlight",
            "counts_in_statistics",
            "period_last",
        ];
        make.index_records(manager, "exchanges", &filters, &["period_first", "title_key"]).await
    }
}
