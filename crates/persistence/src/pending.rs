//! Rows on their way into the database: gathered over the commands of a batch, so that one
//! statement carries many of them. What a round trip costs is paid a table, not a row.
//!
//! A row that waits is not seen by a statement. So whoever asks for its table has it written first
//! (see [`Pending::is_named_in`]), and what must be known of waiting rows is found here.

use std::collections::BTreeMap;

use sea_orm::sea_query::{Alias, ArrayType, Expr, OnConflict, Query};
use sea_orm::{
    ActiveModelTrait, ActiveValue, ConnectionTrait, DbBackend, DbErr, EntityName, EntityTrait, IdenStatic, Iterable,
    Statement, Value,
};

use crate::counts::{self, Counted};

/// Parameters of one statement at most: SQLite takes 32,766, PostgreSQL 65,535, and neither gains
/// by more than a few thousand.
const PARAMETERS: usize = 4096;

/// The last number given for a municipality's collection.
pub(crate) type Numbers = BTreeMap<(String, String), i64>;

/// Rows to insert, tables in the order in which they were first named.
#[derive(Clone, Debug, Default)]
pub(crate) struct Pending {
    tables: Vec<Rows>,
    numbers: Numbers,
    /// What statistics are to count, each with the number of the command.
    counts: Vec<(usize, Counted)>,
}

#[derive(Clone, Debug)]
struct Rows {
    table: String,
    columns: Vec<&'static str>,
    /// The number of the command a row is of, and its values.
    rows: Vec<(usize, Vec<Value>)>,
}

/// A row that waits.
pub(crate) struct Waiting<'p> {
    columns: &'p [&'static str],
    values: &'p [Value],
}

impl Waiting<'_> {
    /// The value of a column; none when there is no such column.
    pub(crate) fn value(&self, column: &str) -> Option<&Value> {
        let at = self.columns.iter().position(|known| *known == column)?;
        self.values.get(at)
    }

    /// Whether a column has this value.
    pub(crate) fn has(&self, column: &str, value: &Value) -> bool {
        self.value(column) == Some(value)
    }
}

impl Pending {
    /// Adds a row with all its columns.
    pub(crate) fn insert<E>(&mut self, mut row: E::ActiveModel) -> Result<(), DbErr>
    where
        E: EntityTrait + Default,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let mut values = Vec::new();
        for column in E::Column::iter() {
            match row.take(column) {
                ActiveValue::Set(value) | ActiveValue::Unchanged(value) => values.push(value),
                ActiveValue::NotSet => return Err(DbErr::AttrNotSet(column.as_str().to_owned())),
            }
        }
        let entity = E::default();
        let table = EntityName::table_name(&entity);
        let at = self.tables.iter().position(|rows| rows.table == table).unwrap_or_else(|| {
            let columns = E::Column::iter().map(|column| IdenStatic::as_str(&column)).collect();
            self.tables.push(Rows { table: table.to_owned(), columns, rows: Vec::new() });
            self.tables.len() - 1
        });
        if let Some(rows) = self.tables.get_mut(at) {
            rows.rows.push((0, values));
        }
        Ok(())
    }

    /// Notes the last number given.
    pub(crate) fn number(&mut self, municipality: &str, collection: &str, last: i64) {
        self.numbers.insert((municipality.to_owned(), collection.to_owned()), last);
    }

    /// Notes what statistics are to count.
    pub(crate) fn count(&mut self, counted: Counted) {
        self.counts.push((0, counted));
    }

    pub(crate) fn is_empty(&self) -> bool {
        self.tables.is_empty() && self.numbers.is_empty() && self.counts.is_empty()
    }

    /// Whether a statement may be about a table that rows wait for. It names a table when it looks
    /// at one; that it may name it in passing costs a round trip, no more.
    pub(crate) fn is_named_in(&self, sql: &str) -> bool {
        self.tables.iter().any(|rows| sql.contains(&rows.table))
            || (!self.numbers.is_empty() && sql.contains(COUNTERS))
            || (!self.counts.is_empty() && sql.contains(counts::TABLE))
    }

    /// The rows that wait for a table.
    pub(crate) fn rows(&self, table: &str) -> impl Iterator<Item = Waiting<'_>> {
        let tables = self.tables.iter().filter(move |rows| rows.table == table);
        tables.flat_map(|rows| rows.rows.iter().map(|(_, values)| Waiting { columns: &rows.columns, values }))
    }

    /// Takes over what a command has left.
    pub(crate) fn append(&mut self, command: usize, other: Self) {
        self.numbers.extend(other.numbers);
        self.counts.extend(other.counts.into_iter().map(|(_, counted)| (command, counted)));
        for mut more in other.tables {
            more.rows.iter_mut().for_each(|(of, _)| *of = command);
            match self.tables.iter_mut().find(|rows| rows.table == more.table) {
                Some(rows) => rows.rows.append(&mut more.rows),
                None => self.tables.push(more),
            }
        }
    }

    /// What each command has left, in their order, and at last the numbers, whoever they were given
    /// to: one that is skipped does no harm, one that is given twice does.
    pub(crate) fn by_command(self) -> BTreeMap<usize, Self> {
        let mut parts: BTreeMap<usize, Self> = BTreeMap::new();
        for Rows { table, columns, rows } in self.tables {
            for (command, values) in rows {
                let part = parts.entry(command).or_default();
                match part.tables.iter_mut().find(|rows| rows.table == table) {
                    Some(rows) => rows.rows.push((command, values)),
                    None => part.tables.push(Rows {
                        table: table.clone(),
                        columns: columns.clone(),
                        rows: vec![(command, values)],
                    }),
                }
            }
        }
        for (command, counted) in self.counts {
            parts.entry(command).or_default().counts.push((command, counted));
        }
        parts.insert(usize::MAX, Self { numbers: self.numbers, ..Self::default() });
        parts
    }

    /// Writes all of it.
    pub(crate) async fn write(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        for Rows { table, columns, rows } in &self.tables {
            if let Some(statement) = in_arrays(connection.get_database_backend(), table, columns, rows) {
                connection.execute_raw(statement).await?;
                continue;
            }
            let mut left = rows.as_slice();
            while !left.is_empty() {
                let (now, later) = left.split_at(portion(left.len(), columns.len()));
                let mut statement = Query::insert();
                statement.into_table(Alias::new(table)).columns(columns.iter().map(|name| Alias::new(*name)));
                for (_, values) in now {
                    statement
                        .values(values.iter().cloned().map(Expr::val))
                        .map_err(|error| DbErr::Custom(error.to_string()))?;
                }
                connection.execute(&statement).await?;
                left = later;
            }
        }
        counts::write(connection, self.counts.iter().map(|(_, counted)| counted)).await?;
        self.write_numbers(connection).await
    }

    async fn write_numbers(&self, connection: &impl ConnectionTrait) -> Result<(), DbErr> {
        if self.numbers.is_empty() {
            return Ok(());
        }
        let [municipality, collection, last] = ["municipality", "collection", "last"].map(Alias::new);
        let mut statement = Query::insert();
        statement.into_table(Alias::new(COUNTERS)).columns([municipality.clone(), collection.clone(), last.clone()]);
        for ((keeper, of), number) in &self.numbers {
            statement
                .values([Expr::val(keeper.as_str()), Expr::val(of.as_str()), Expr::val(*number)])
                .map_err(|error| DbErr::Custom(error.to_string()))?;
        }
        statement.on_conflict(OnConflict::columns([municipality, collection]).update_column(last).to_owned());
        connection.execute(&statement).await.map(drop)
    }
}

/// The statement that inserts all rows at once, an array for each column: it is the same for any number of
/// rows, so it is composed and planned in no time. Nothing where there are no arrays, and where a value is null,
/// which `sea-orm` cannot put into one.
fn in_arrays(
    backend: DbBackend,
    table: &str,
    columns: &[&'static str],
    rows: &[(usize, Vec<Value>)],
) -> Option<Statement> {
    if backend != DbBackend::Postgres {
        return None;
    }
    let (mut kinds, mut arrays) = (Vec::new(), Vec::new());
    for (at, kind) in rows.first()?.1.iter().map(Value::array_type).enumerate() {
        let name = match kind {
            ArrayType::Bool => "boolean",
            ArrayType::BigInt => "bigint",
            ArrayType::String => "text",
            ArrayType::Uuid => "uuid",
            _ => return None,
        };
        let column = rows.iter().map(|(_, values)| values.get(at).filter(|value| **value != value.as_null()).cloned());
        arrays.push(Value::Array(kind, Some(Box::new(column.collect::<Option<Vec<_>>>()?))));
        kinds.push(format!("${}::{name}[]", at + 1));
    }
    let names: Vec<_> = columns.iter().map(|name| format!("\"{name}\"")).collect();
    let (names, kinds) = (names.join(", "), kinds.join(", "));
    let sql = format!("INSERT INTO \"{table}\" ({names}) SELECT * FROM unnest({kinds})");
    Some(Statement::from_sql_and_values(backend, sql, arrays))
}

/// The table of the numbers given.
const COUNTERS: &str = "counters";

/// How many of so many rows go into the next statement. Powers of two, so that few statements are
/// different and the connection's cache knows them prepared.
pub(crate) fn portion(rows: usize, columns: usize) -> usize {
    let most = (PARAMETERS / columns.max(1)).clamp(1, rows.max(1));
    1 << most.ilog2()
}

/// Inserts rows of one table that no command waits for.
pub(crate) async fn insert_all<E>(
    connection: &impl ConnectionTrait,
    rows: impl IntoIterator<Item = E::ActiveModel>,
) -> Result<(), DbErr>
where
    E: EntityTrait + Default,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    let mut pending = Pending::default();
    for row in rows {
        pending.insert::<E>(row)?;
    }
    pending.write(connection).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statements_have_few_sizes() {
        assert_eq!((portion(1, 20), portion(3, 20), portion(64, 20), portion(63, 20)), (1, 2, 64, 32));
        assert_eq!((portion(100_000, 4), portion(100_000, 19), portion(9, 9000)), (1024, 128, 1));
    }
}
