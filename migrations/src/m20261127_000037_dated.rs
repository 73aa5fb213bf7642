//! Indexes by which events and exchanges of some days are found: those of a municipality by the day they
//! begin on, and smaller ones of the few that are highlights, that are open, or that go over the turn of
//! a year. What most records are not costs a write nothing but a look.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// The tables, with what is open. As below, PostgreSQL takes for rare what it has no statistics of and is
/// compared with a text.
const TABLES: [(&str, &str); 2] = [
    (
        "events",
        "CASE WHEN \"status\" IN ('idea', 'planned', 'confirmed', 'postponed') THEN 'open' ELSE '' END = 'open'",
    ),
    (
        "exchanges",
        "CASE WHEN \"state\" IN ('proposed', 'approved', 'confirmed', 'under_way') THEN 'open' ELSE '' END = 'open'",
    ),
];

/// Dates are text with four digits of a year. What has no date begins after it ends.
const ACROSS: &str =
    "CASE WHEN substr(\"period_first\", 1, 4) < substr(\"period_last\", 1, 4) THEN 'across' ELSE '' END = 'across'";

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        let columns = ["municipality", "period_first", "id"];
        for (table, open) in TABLES {
            make.index_living(manager, table, "municipality_and_period", &columns, false).await?;
            // Of indexes that serve as well SQLite takes the one that was made last.
            for (name, among) in [("highlights", "\"highlight\""), ("open", open), ("across_years", ACROSS)] {
                let mut index = Index::create();
                index.name(format!("{table}_{name}")).table(Alias::new(table));
                for column in columns {
                    index.col(Alias::new(column));
                }
                index.and_where(Expr::col(Alias::new("deleted_at")).is_null()).and_where(Expr::cust(among));
                manager.create_index(index).await?;
            }
        }
        Ok(())
    }
}
