//! The vocabulary of columns: what a text, a day, a code or a nested value is in both databases.
//! The only file of this crate that looks at which database it is.

use sea_orm_migration::prelude::*;
use sea_orm_migration::sea_orm::DbBackend;

/// Makes columns and indexes for one database.
pub(crate) struct Columns {
    backend: DbBackend,
}

impl Columns {
    pub(crate) fn of(manager: &SchemaManager<'_>) -> Self {
        Self { backend: manager.get_database_backend() }
    }

    /// For a connection.
    pub(crate) fn on(connection: &impl ConnectionTrait) -> Self {
        Self { backend: connection.get_database_backend() }
    }

    /// Text compared byte by byte. PostgreSQL would else compare by the cluster's locale.
    pub(crate) fn text(&self, name: &str) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(name));
        column.text();
        if self.backend == DbBackend::Postgres {
            column.extra("COLLATE \"C\"");
        }
        column
    }

    /// Text that is always there.
    pub(crate) fn required(&self, name: &str) -> ColumnDef {
        let mut column = self.text(name);
        column.not_null();
        column
    }

    /// One of a closed list of codes.
    pub(crate) fn code(&self, name: &str, codes: &[&str]) -> ColumnDef {
        let mut column = self.required(name);
        column.check(Expr::col(Alias::new(name)).is_in(codes.iter().copied()));
        column
    }

    /// One of a closed list of codes, or nothing.
    pub(crate) fn optional_code(&self, name: &str, codes: &[&str]) -> ColumnDef {
        let mut column = self.text(name);
        column.check(Expr::col(Alias::new(name)).is_in(codes.iter().copied()));
        column
    }

    /// A day to sort and compare by, as `YYYY-MM-DD`; `9999-12-31` when it is not known.
    pub(crate) fn day(&self, name: &str) -> ColumnDef {
        self.required(name)
    }

    /// A nested value that is never filtered, as JSON text.
    pub(crate) fn json(&self, name: &str) -> ColumnDef {
        self.text(name)
    }

    /// Identity of a record.
    pub(crate) fn id(&self, name: &str) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(name));
        column.uuid();
        column
    }

    /// A moment, in microseconds since 1970 in UTC: exact and ordered on both databases.
    pub(crate) fn instant(&self, name: &str) -> ColumnDef {
        self.whole(name)
    }

    /// A whole number.
    pub(crate) fn whole(&self, name: &str) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(name));
        column.big_integer();
        column
    }

    /// Yes or no.
    pub(crate) fn flag(&self, name: &str) -> ColumnDef {
        let mut column = ColumnDef::new(Alias::new(name));
        column.boolean();
        column
    }

    /// A text within a nested value, as an expression.
    pub(crate) fn text_in(&self, column: &str, path: &[&str]) -> String {
        match self.backend {
            DbBackend::Postgres => format!("({column}::json #>> '{{{}}}')", path.join(",")),
            _ => format!("json_extract({column}, '$.{}')", path.join(".")),
        }
    }

    /// A whole number within a nested value, as an expression.
    pub(crate) fn whole_in(&self, column: &str, path: &[&str]) -> String {
        format!("CAST({} AS bigint)", self.text_in(column, path))
    }

    /// The table of a collection: what all records have, then its own columns.
    pub(crate) fn records(&self, table: &str, own: Vec<ColumnDef>) -> TableCreateStatement {
        let mut id = self.id("id");
        id.not_null().primary_key();
        let head = vec![
            id,
            self.required("ref"),
            self.required("municipality"),
            self.code("visibility", &["public", "partner", "internal", "restricted"]),
            self.json("tags").not_null().take(),
            self.text("notes"),
            self.json("sources").not_null().take(),
            self.json("claims").not_null().take(),
            self.json("external_ids").not_null().take(),
            self.whole("version").not_null().take(),
            self.instant("created_at").not_null().take(),
            self.instant("updated_at").not_null().take(),
            self.instant("deleted_at"),
        ];
        let mut create = Table::create();
        create.table(Alias::new(table));
        for mut column in head.into_iter().chain(own) {
            create.col(&mut column);
        }
        create
    }

    /// The indexes all collections have, and one for each filter and each sort key of its own.
    pub(crate) async fn index_records(
        &self,
        manager: &SchemaManager<'_>,
        table: &str,
        filters: &[&str],
        sorts: &[&str],
    ) -> Result<(), DbErr> {
        let unique = Index::create()
            .name(format!("{table}_ref"))
            .table(Alias::new(table))
            // The ref first: records are looked up by it without naming the municipality.
            .col(Alias::new("ref"))
            .col(Alias::new("municipality"))
            .unique()
            .take();
        manager.create_index(unique).await?;
        for sort in ["created_at", "updated_at"].iter().chain(sorts) {
            self.index_living(manager, table, sort, &[sort, "id"], false).await?;
        }
        for filter in ["municipality"].iter().chain(filters) {
            self.index_living(manager, table, filter, &[filter, "created_at", "id"], false).await?;
        }
        Ok(())
    }

    /// An index over the records that are not deleted.
    pub(crate) async fn index_living(
        &self,
        manager: &SchemaManager<'_>,
        table: &str,
        name: &str,
        columns: &[&str],
        unique: bool,
    ) -> Result<(), DbErr> {
        let mut index = Index::create();
        index.name(format!("{table}_by_{name}")).table(Alias::new(table));
        for column in columns {
            index.col(Alias::new(*column));
        }
        if unique {
            index.unique();
        }
        index.and_where(Expr::col(Alias::new("deleted_at")).is_null());
        manager.create_index(index).await
    }
}
