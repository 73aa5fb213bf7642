//! What the engine itself keeps: the head, the journal, idempotency records, and what records are
//! found by.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::ConnectionTrait;

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
        head(manager, &make).await?;
        journal(manager, &make).await?;
        idempotency(manager, &make).await?;
        found_by(manager, &make).await
    }
}

fn alias(name: &str) -> Alias {
    Alias::new(name)
}

async fn head(manager: &SchemaManager<'_>, make: &Columns) -> Result<(), DbErr> {
    let head = Table::create()
        .table(alias("head"))
        .col(make.whole("id").not_null().primary_key().check(Expr::col(alias("id")).eq(1)))
        .col(make.required("epoch"))
        .col(make.whole("revision").not_null())
        .col(make.required("hash"))
        .col(make.required("secret"))
        .take();
    manager.create_table(head).await?;
    let collection_heads = Table::create()
        .table(alias("collection_heads"))
        .col(make.required("collection").primary_key())
        .col(make.whole("revision").not_null())
        .take();
    manager.create_table(collection_heads).await?;
    let counters = Table::create()
        .table(alias("counters"))
        .col(make.required("municipality"))
        .col(make.required("collection"))
        .col(make.whole("last").not_null())
        .primary_key(Index::create().col(alias("municipality")).col(alias("collection")))
        .take();
    manager.create_table(counters).await?;
    // The row stands from the first day; the epoch and the secret are filled in by the first start.
    let row = Query::insert()
        .into_table(alias("head"))
        .columns(["id", "epoch", "revision", "hash", "secret"].map(alias))
        .values_panic([1.into(), "".into(), 0.into(), "".into(), "".into()])
        .take();
    manager.get_connection().execute(&row).await?;
    Ok(())
}

async fn journal(manager: &SchemaManager<'_>, make: &Columns) -> Result<(), DbErr> {
    let journal = Table::create()
        .table(alias("journal"))
        .col(make.whole("revision").not_null().primary_key())
        .col(make.instant("at").not_null())
        .col(make.required("actor"))
        .col(make.required("actor_name"))
        .col(make.required("municipality"))
        .col(make.required("collection"))
        .col(make.id("record_id").not_null())
        .col(make.required("record_ref"))
        .col(make.whole("version").not_null())
        .col(make.required("action"))
        .col(make.required("event"))
        .col(make.text("visibility_before"))
        .col(make.required("visibility"))
        .col(make.text("content"))
        .col(make.text("salt"))
        .col(make.required("content_hash"))
        .col(make.required("hash"))
        .col(make.required("request_id"))
        .col(make.text("import_id"))
        .take();
    manager.create_table(journal).await?;
    for (name, columns) in [
        ("journal_by_record", ["record_id", "revision"]),
        ("journal_by_collection", ["collection", "revision"]),
        ("journal_by_import", ["import_id", "revision"]),
    ] {
        let index =
            Index::create().name(name).table(alias("journal")).col(alias(columns[0])).col(alias(columns[1])).take();
        manager.create_index(index).await?;
    }
    Ok(())
}

async fn idempotency(manager: &SchemaManager<'_>, make: &Columns) -> Result<(), DbErr> {
    let records = Table::create()
        .table(alias("idempotency"))
        .col(make.required("scope"))
        .col(make.required("key"))
        .col(make.required("fingerprint"))
        .col(make.required("answer"))
        .col(make.instant("at").not_null())
        .primary_key(Index::create().col(alias("scope")).col(alias("key")))
        .take();
    manager.create_table(records).await?;
    let index = Index::create().name("idempotency_by_age").table(alias("idempotency")).col(alias("at")).take();
    manager.create_index(index).await
}

async fn found_by(manager: &SchemaManager<'_>, make: &Columns) -> Result<(), DbErr> {
    let links = Table::create()
        .table(alias("links"))
        .col(make.required("collection"))
        .col(make.id("record_id").not_null())
        .col(make.required("field"))
        .col(make.id("target").not_null())
        .primary_key(Index::create().col(alias("record_id")).col(alias("field")).col(alias("target")))
        .take();
    manager.create_table(links).await?;
    let by_target = Index::create()
        .name("links_by_target")
        .table(alias("links"))
        .col(alias("target"))
        .col(alias("collection"))
        .col(alias("field"))
        .col(alias("record_id"))
        .take();
    manager.create_index(by_target).await?;
    let terms = Table::create()
        .table(alias("terms"))
        .col(make.required("collection"))
        .col(make.id("record_id").not_null())
        .col(make.required("field"))
        .col(make.required("term"))
        .primary_key(Index::create().col(alias("record_id")).col(alias("field")).col(alias("term")))
        .take();
    manager.create_table(terms).await?;
    let by_term = Index::create()
        .name("terms_by_term")
        .table(alias("terms"))
        .col(alias("collection"))
        .col(alias("field"))
        .col(alias("term"))
        .col(alias("record_id"))
        .take();
    manager.create_index(by_term).await?;
    let external_ids = Table::create()
        .table(alias("external_ids"))
        .col(make.required("collection"))
        .col(make.required("municipality"))
        .col(make.required("scheme"))
        .col(make.required("value"))
        .col(make.id("record_id").not_null())
        .primary_key(
            Index::create()
                .col(alias("collection"))
                .col(alias("municipality"))
                .col(alias("scheme"))
                .col(alias("value")),
        )
        .take();
    manager.create_table(external_ids).await?;
    let by_record =
        Index::create().name("external_ids_by_record").table(alias("external_ids")).col(alias("record_id")).take();
    manager.create_index(by_record).await
}
