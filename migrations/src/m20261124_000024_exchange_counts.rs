//! What statistics count exchanges by: the place of the other side on each exchange, and the counts
//! themselves, kept with every change. A program that knows nothing of them leaves both behind;
//! `verify` tells.

use sea_orm_migration::prelude::*;

use crate::columns::Columns;

#[derive(DeriveMigrationName)]
pub(crate) struct Migration;

/// What a count is of: in the order in which statistics are mostly asked for.
const KEY: [&str; 8] =
    ["municipality", "country", "first_year", "last_year", "doubtful", "direction", "audience", "visibility"];

#[async_trait::async_trait]
impl MigrationTrait for Migration {
    fn use_transaction(&self) -> Option<bool> {
        Some(true)
    }

    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let make = Columns::of(manager);
        let partner = Table::alter().table(Alias::new("exchanges")).add_column(make.id("partner")).take();
        manager.alter_table(partner).await?;
        make.index_living(manager, "exchanges", "partner", &["partner", "created_at", "id"], false).await?;
        let mut key = Index::create();
        KEY.iter().for_each(|column| {
            key.col(Alias::new(*column));
        });
        let mut counts = Table::create();
        counts
            .table(Alias::new("exchange_counts"))
            .col(make.required("municipality"))
            .col(make.required("country"))
            .col(make.whole("first_year").not_null())
            .col(make.whole("last_year").not_null())
            .col(make.flag("doubtful").not_null())
            .col(make.required("direction"))
            .col(make.required("audience"))
            .col(make.required("visibility"))
            .col(make.whole("exchanges").not_null())
            .col(make.whole("people").not_null())
            .col(make.whole("inexact").not_null())
            .primary_key(&mut key);
        manager.create_table(counts).await?;
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "UPDATE exchanges SET partner = CASE direction WHEN 'incoming' THEN origin ELSE destination END",
            )
            .await?;
        count(connection, &make).await
    }
}

/// Counts the exchanges that are there.
pub(crate) async fn count(connection: &impl ConnectionTrait, make: &Columns) -> Result<(), DbErr> {
    let value = make.whole_in("e.headcount", &["total", "value"]);
    let qualifier = make.text_in("e.headcount", &["total", "qualifier"]);
    let key = KEY.join(", ");
    let statement = format!(
        "INSERT INTO exchange_counts ({key}, exchanges, people, inexact) \
         SELECT {key}, count(*), sum(people), sum(inexact) FROM ( \
           SELECT e.municipality, coalesce(p.country, '') AS country, \
             CASE WHEN e.period IS NULL THEN 0 ELSE CAST(substr(e.period_first, 1, 4) AS integer) END AS first_year, \
             CASE WHEN e.period IS NULL THEN 9999 ELSE CAST(substr(e.period_last, 1, 4) AS integer) END AS last_year, \
             replace(replace(replace(coalesce(e.period, ''), '?', ''), '~', ''), '%', '') <> coalesce(e.period, '') AS doubtful, \
             e.direction, e.audience, e.visibility, \
             CASE {qualifier} WHEN 'exact' THEN {value} WHEN 'at_least' THEN {value} WHEN 'more_than' THEN {value} + 1 ELSE 0 END AS people, \
             CASE {qualifier} WHEN 'exact' THEN 0 ELSE 1 END AS inexact \
           FROM exchanges AS e LEFT JOIN places AS p ON p.id = e.partner \
           WHERE e.deleted_at IS NULL AND e.counts_in_statistics AND e.state IN ('completed', 'reported') \
         ) AS counted GROUP BY {key}"
    );
    connection.execute_unprepared(&statement).await.map(drop)
}
