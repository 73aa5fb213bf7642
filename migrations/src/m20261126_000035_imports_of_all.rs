//! Imports of other collections than partnerships, choices for rows that were doubtful, and the verdict
//! that such a choice gives: `skipped`. What stands in a check cannot be changed on both databases, so the
//! table of verdicts is made anew around its rows.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const VERDICTS: &[&str] = &["new", "same", "update", "doubtful", "wrong", "skipped"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        for column in
            [make.required("collection").default("partnerships"), make.json("choices").not_null().default("[]")]
        {
            let table = Table::alter().table(Alias::new("imports")).add_column(column).take();
            manager.alter_table(table).await?;
        }
        let (old, new) = (Alias::new("import_verdicts"), Alias::new("import_verdicts_anew"));
        let columns = ["import_id", "number", "verdict", "told"].map(Alias::new);
        let mut key = Index::create().col(Alias::new("import_id")).col(Alias::new("number")).take();
        let table = Table::create()
            .table(new.clone())
            .col(make.id("import_id").not_null())
            .col(make.whole("number").not_null())
            .col(make.code("verdict", VERDICTS))
            .col(make.json("told").not_null())
            .primary_key(&mut key)
            .take();
        manager.create_table(table).await?;
        let rows = Query::select().columns(columns.clone()).from(old.clone()).take();
        let copy = Query::insert().into_table(new.clone()).columns(columns).select_from(rows).map_err(broken)?.take();
        manager.get_connection().execute(&copy).await?;
        manager.drop_table(Table::drop().table(old.clone()).take()).await?;
        manager.rename_table(Table::rename().table(new, old.clone()).take()).await?;
        let index = Index::create()
            .name("import_verdicts_by_import_id_verdict_number")
            .table(old)
            .col(Alias::new("import_id"))
            .col(Alias::new("verdict"))
            .col(Alias::new("number"))
            .take();
        manager.create_index(index).await
    }
}

fn broken(error: impl std::fmt::Display) -> DbErr {
    DbErr::Custom(error.to_string())
}
