//! API keys: who may do what. The secret itself is never stored, only its keyed hash.

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
        let table = make.records(
            "api_keys",
            vec![
                make.required("owner"),
                make.code("role", &["reader", "editor", "approver", "admin", "operator"]),
                make.json("scopes").not_null().take(),
                make.instant("expires_at"),
                make.instant("revoked_at"),
            ],
        );
        manager.create_table(table).await?;
        let secrets = Table::create()
            .table(Alias::new("api_key_secrets"))
            .col(make.id("key_id").not_null().primary_key())
            .col(make.required("hash"))
            .take();
        manager.create_table(secrets).await?;
        make.index_records(manager, "api_keys", &[], &[]).await
    }
}
