//! Imports: registers that were sent, their rows, and what each row comes to. No records: they have no
//! history, and what they make is in the journal.
//!
//! A register has ties between cities of others, so two living ties with the same partner are told apart
//! by their home sides from here on: the key of a pair is made of both.

use sea_orm_migration::prelude::*;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

const STATES: &[&str] = &["checking", "checked", "committing", "committed", "undoing", "undone", "failed"];
const VERDICTS: &[&str] = &["new", "same", "update", "doubtful", "wrong"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        let columns = vec![
            make.id("id").not_null().primary_key().take(),
            make.required("municipality"),
            make.code("state", STATES),
            make.whole("version").not_null().take(),
            make.id("run").not_null().take(),
            make.text("file_name"),
            make.required("format"),
            make.text("encoding"),
            make.whole("size").not_null().take(),
            make.required("sha256"),
            make.json("heading").not_null().take(),
            make.json("mapping").not_null().take(),
            make.required("kind"),
            make.required("source"),
            make.required("visibility"),
            make.json("findings").not_null().take(),
            make.whole("rows_total").not_null().take(),
            make.whole("done").not_null().take(),
            make.json("tally").not_null().take(),
            make.text("detail"),
            make.required("actor"),
            make.required("actor_name"),
            make.instant("created_at").not_null().take(),
            make.instant("updated_at").not_null().take(),
        ];
        create(manager, "imports", columns, &[]).await?;
        let columns = vec![
            make.id("import_id").not_null().take(),
            make.whole("number").not_null().take(),
            make.whole("line").not_null().take(),
            make.json("cells").not_null().take(),
        ];
        create(manager, "import_rows", columns, &["import_id", "number"]).await?;
        let columns = vec![
            make.id("import_id").not_null().take(),
            make.whole("number").not_null().take(),
            make.code("verdict", VERDICTS),
            make.json("told").not_null().take(),
        ];
        create(manager, "import_verdicts", columns, &["import_id", "number"]).await?;
        index(manager, "imports", &["municipality", "created_at", "id"]).await?;
        index(manager, "imports", &["state"]).await?;
        index(manager, "import_verdicts", &["import_id", "verdict", "number"]).await?;
        key_pairs(manager.get_connection()).await
    }
}

async fn create(manager: &SchemaManager<'_>, name: &str, columns: Vec<ColumnDef>, key: &[&str]) -> Result<(), DbErr> {
    let mut table = Table::create();
    table.table(Alias::new(name));
    for mut column in columns {
        table.col(&mut column);
    }
    if !key.is_empty() {
        let mut primary = Index::create();
        key.iter().for_each(|column| {
            primary.col(Alias::new(*column));
        });
        table.primary_key(&mut primary);
    }
    manager.create_table(table).await
}

async fn index(manager: &SchemaManager<'_>, table: &str, columns: &[&str]) -> Result<(), DbErr> {
    let mut index = Index::create();
    index.name(format!("{table}_by_{}", columns.join("_"))).table(Alias::new(table));
    for column in columns {
        index.col(Alias::new(*column));
    }
    manager.create_index(index).await
}

/// Makes the keys of the pairs that are there anew.
async fn key_pairs(connection: &impl ConnectionTrait) -> Result<(), DbErr> {
    let (table, id, parties, key) =
        (Alias::new("partnerships"), Alias::new("id"), Alias::new("parties"), Alias::new("pair_key"));
    let select = Query::select()
        .columns([id.clone(), parties])
        .from(table.clone())
        .and_where(Expr::col(key.clone()).is_not_null())
        .to_owned();
    for row in connection.query_all(&select).await? {
        let pair = pair_key(&row.try_get::<String>("", "parties")?);
        let update = Query::update()
            .table(table.clone())
            .value(key.clone(), pair)
            .and_where(Expr::col(id.clone()).eq(row.try_get::<Uuid>("", "id")?))
            .to_owned();
        connection.execute(&update).await?;
    }
    Ok(())
}

/// A hash over the two sides, in the order of their ids, as the program made it when this was written.
fn pair_key(parties: &str) -> Option<Uuid> {
    let parties: serde_json::Value = serde_json::from_str(parties).ok()?;
    let side = |party: &serde_json::Value| party["place"].as_str().or(party["organization"].as_str())?.parse().ok();
    let mut sides: Vec<Uuid> = parties.as_array()?.iter().map(side).collect::<Option<_>>()?;
    sides.sort_unstable();
    let mut hash = Sha256::new();
    sides.iter().for_each(|side| hash.update(side.as_bytes()));
    let bytes: [u8; 16] = hash.finalize().get(..16)?.try_into().ok()?;
    Some(uuid::Builder::from_custom_bytes(bytes).into_uuid())
}
