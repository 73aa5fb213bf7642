//! Agreements: the papers.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

const KINDS: &[&str] = &[
    "twinning_agreement",
    "friendship_agreement",
    "letter_of_intent",
    "memorandum",
    "sector_protocol",
    "action_plan",
    "communique",
    "declaration",
    "addendum",
    "termination_notice",
];

const STATES: &[&str] = &["draft", "in_approval", "approved", "signed", "in_force", "expired", "terminated", "void"];

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
            "agreements",
            vec![
                make.id("partnership"),
                make.json("parties").not_null().take(),
                make.code("kind", KINDS),
                make.json("title").not_null().take(),
                make.id("parent"),
                make.json("signatories").not_null().take(),
                make.text("signed_on"),
                make.id("signing_place"),
                make.id("event"),
                make.json("languages").not_null().take(),
                make.code("state", STATES),
                make.text("in_force"),
                make.whole("term_months"),
                make.json("auto_renewal"),
                make.json("fields").not_null().take(),
                make.json("purpose"),
                make.json("objectives").not_null().take(),
                make.json("registration"),
                make.json("approvals").not_null().take(),
                make.required("title_key"),
                make.day("signed_on_first"),
                make.day("signed_on_last"),
                make.day("in_force_first"),
                make.day("in_force_last"),
                make.day("in_force_until"),
            ],
        );
        manager.create_table(table).await?;
        let filters =
            ["kind", "state", "partnership", "parent", "event", "signing_place", "signed_on_last", "in_force_last"];
        let sorts = ["title_key", "signed_on_first", "in_force_first", "in_force_until"];
        make.index_records(manager, "agreements", &filters, &sorts).await
    }
}
