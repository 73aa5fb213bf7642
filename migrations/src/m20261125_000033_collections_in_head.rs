//! The last revisions of the collections move into the head row: every read asks for all of them, and
//! one row is read for a fraction of what one for each collection costs.

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
        let column = make.required("collections").default("").take();
        let table = Table::alter().table(Alias::new("head")).add_column(column).take();
        manager.alter_table(table).await?;
        let connection = manager.get_connection();
        let heads = Query::select()
            .columns(["collection", "revision"].map(Alias::new))
            .from(Alias::new("collection_heads"))
            .order_by(Alias::new("collection"), Order::Asc)
            .take();
        let mut told = Vec::new();
        for row in connection.query_all(&heads).await? {
            let (collection, revision): (String, i64) = (row.try_get("", "collection")?, row.try_get("", "revision")?);
            told.push(format!("{collection} {revision}"));
        }
        let moved = Query::update()
            .table(Alias::new("head"))
            .value(Alias::new("collections"), told.join(" "))
            .and_where(Expr::col(Alias::new("id")).eq(1))
            .take();
        connection.execute(&moved).await?;
        manager.drop_table(Table::drop().table(Alias::new("collection_heads")).take()).await
    }
}
