//! Merges: two records that became one. No records: they have no history, and what they change is in the
//! journal under the merge's id. And distinct pairs: records that look alike and stay two.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const COLLECTIONS: &[&str] = &["places", "organizations", "partnerships"];
const STATES: &[&str] = &["merging", "merged", "failed", "undoing", "undone"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        let columns = vec![
            make.id("id").not_null().primary_key().take(),
            make.code("collection", COLLECTIONS),
            make.required("municipality"),
            make.code("state", STATES),
            make.whole("version").not_null().take(),
            make.id("kept").not_null().take(),
            make.required("kept_ref"),
            make.id("merged").not_null().take(),
            make.required("merged_ref"),
            make.whole("done").not_null().take(),
            make.json("moved").not_null().take(),
            make.whole("left").not_null().take(),
            make.json("differences").not_null().take(),
            make.text("note"),
            make.text("detail"),
            make.required("actor"),
            make.required("actor_name"),
            make.instant("created_at").not_null().take(),
            make.instant("updated_at").not_null().take(),
            make.instant("undone_at"),
        ];
        let mut table = Table::create();
        table.table(Alias::new("merges"));
        for mut column in columns {
            table.col(&mut column);
        }
        manager.create_table(table).await?;
        for columns in [&["merged", "created_at"][..], &["kept", "created_at"], &["created_at", "id"], &["state"]] {
            let mut index = Index::create();
            index.name(format!("merges_by_{}", columns.join("_"))).table(Alias::new("merges"));
            for column in columns {
                index.col(Alias::new(*column));
            }
            manager.create_index(index).await?;
        }
        let table = make.records(
            "distinct_pairs",
            vec![
                make.code("collection", COLLECTIONS),
                make.json("records").not_null().take(),
                make.text("reason"),
                make.id("one").not_null().take(),
                make.id("other").not_null().take(),
            ],
        );
        manager.create_table(table).await?;
        make.index_records(manager, "distinct_pairs", &["collection"], &[]).await
    }
}
