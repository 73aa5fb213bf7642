//! Letters: the correspondence.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const CHANNELS: &[&str] = &["foreign_ministry", "embassy", "post", "email", "note_verbale"];

const STATES: &[&str] = &["draft", "sent", "awaiting_reply", "answered", "closed"];

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
            "letters",
            vec![
                make.code("direction", &["incoming", "outgoing"]),
                make.code("channel", CHANNELS),
                make.id("sender"),
                make.id("recipient"),
                make.json("via").not_null().take(),
                make.text("number"),
                make.text("sent_on"),
                make.text("received_on"),
                make.json("subject").not_null().take(),
                make.id("partnership"),
                make.text("reply_due"),
                make.id("reply_to"),
                make.code("state", STATES),
                make.required("subject_key"),
                make.day("sent_on_first"),
                make.day("sent_on_last"),
                make.day("received_on_first"),
                make.day("received_on_last"),
                make.day("reply_due_first"),
                make.day("reply_due_last"),
            ],
        );
        manager.create_table(table).await?;
        let filters = [
            "direction",
            "channel",
            "sender",
            "recipient",
            "sent_on_last",
            "received_on_last",
            "partnership",
            "reply_due_last",
            "reply_to",
            "state",
        ];
        make.index_records(manager, "letters", &filters, &["sent_on_first", "reply_due_first", "subject_key"]).await
    }
}
