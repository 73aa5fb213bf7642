//! A crowd: a hundred thousand copies of the records that a database has, made with plain SQL in
//! seconds. What lists filter and sort by is varied, as the collection's declaration says: half of
//! the copies keep their value, the others share a thousand, so that there is much of some and
//! little of others. Or the copies stay [`Likeness::True`], for measurements in which a record is to
//! be as large as a real one and to lead somewhere.

use std::fmt::Write as _;

use pobratim_domain::{CollectionName, Keeper};
use pobratim_persistence::{Declared, FilterBy};
use sea_orm::{ConnectionTrait, DatabaseConnection, DbBackend, QueryResult, Statement, Value};

/// Rows of a query that has no parameters.
pub async fn rows(connection: &DatabaseConnection, sql: impl Into<String>) -> Vec<QueryResult> {
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let sql = statement.sql.clone();
    connection.query_all_raw(statement).await.unwrap_or_else(|error| panic!("{error}: {sql}"))
}

async fn run(connection: &DatabaseConnection, sql: &str) {
    connection.execute_unprepared(sql).await.unwrap_or_else(|error| panic!("{error}: {sql}"));
}

/// How like their originals copies are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Likeness {
    /// Whatever lists filter and sort by is varied, without regard to sense.
    Varied,
    /// They differ in their names, their years and who may see them only: they belong to the same
    /// city, refer to the same records, and cite their sources.
    True,
}

/// Copies the records of a collection until there are more than so many, with all they are found
/// by. The database is left with fresh statistics, or on SQLite without any, as told.
pub async fn crowd(connection: &DatabaseConnection, collection: CollectionName, many: u64, likeness: Likeness) {
    let maker = Maker { backend: connection.get_database_backend(), declared: Declared::of(collection), likeness };
    if maker.backend == DbBackend::Sqlite {
        // Nobody misses this database when the power fails.
        run(connection, "PRAGMA synchronous = OFF").await;
        run(connection, "PRAGMA cache_size = -65536").await;
        run(connection, "PRAGMA temp_store = MEMORY").await;
    }
    let table = collection.as_str();
    let templates = count(connection, table).await;
    assert!(templates > 0, "nothing to copy in {table}: the demo city should have such a record");
    let copies = many / templates + 1;
    let indexes = maker.take_indexes(connection, &[table, "links", "terms", "external_ids"]).await;
    run(connection, &maker.mapping(copies)).await;
    run(connection, &maker.records(&columns(connection, table).await)).await;
    for statement in maker.found_by() {
        run(connection, &statement).await;
    }
    run(connection, "DROP TABLE copies").await;
    for index in indexes {
        run(connection, &index).await;
    }
    if maker.backend == DbBackend::Sqlite {
        // All of it is in the log, which every read would look through.
        run(connection, "PRAGMA wal_checkpoint(TRUNCATE)").await;
    }
}

async fn count(connection: &DatabaseConnection, table: &str) -> u64 {
    let rows = rows(connection, format!("SELECT count(*) AS n FROM {table}")).await;
    rows[0].try_get::<i64>("", "n").unwrap().unsigned_abs()
}

/// The columns of a table: name, and whether it is an id.
async fn columns(connection: &DatabaseConnection, table: &str) -> Vec<(String, bool)> {
    let sql = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("SELECT name, type FROM pragma_table_info('{table}') ORDER BY cid"),
        _ => format!(
            "SELECT column_name::text AS name, data_type::text AS type FROM information_schema.columns \
             WHERE table_name = '{table}' ORDER BY ordinal_position"
        ),
    };
    let read = |row: &QueryResult| {
        let kind: String = row.try_get("", "type").unwrap();
        (row.try_get("", "name").unwrap(), kind.to_ascii_lowercase().starts_with("uuid"))
    };
    rows(connection, sql).await.iter().map(read).collect()
}

/// Writes the statements for one collection on one database.
struct Maker {
    backend: DbBackend,
    declared: Declared,
    likeness: Likeness,
}

impl Maker {
    fn hex(&self, number: &str, digits: usize) -> String {
        match self.backend {
            DbBackend::Sqlite => format!("printf('%0{digits}x', {number})"),
            _ => format!("lpad(to_hex({number}), {digits}, '0')"),
        }
    }

    /// An id of 32 hexadecimal digits.
    fn id(&self, digits: &str) -> String {
        match self.backend {
            DbBackend::Sqlite => format!("unhex({digits})"),
            _ => format!("({digits})::uuid"),
        }
    }

    /// Every second copy refers to what the original does, the others to one of a thousand.
    fn other_id(&self, column: &str) -> String {
        if self.likeness == Likeness::True {
            return column.to_owned();
        }
        let rest = match self.backend {
            DbBackend::Sqlite => format!("substr(hex({column}), 5)"),
            _ => format!("substr(replace({column}::text, '-', ''), 5)"),
        };
        let other = self.id(&format!("{} || {rest}", self.hex("copies.k % 1000", 4)));
        format!("CASE WHEN copies.k % 2 = 0 OR {column} IS NULL THEN {column} ELSE {other} END")
    }

    fn other_text(&self, column: &str) -> String {
        if self.likeness == Likeness::True {
            return column.to_owned();
        }
        format!("CASE WHEN copies.k % 2 = 0 THEN {column} ELSE {column} || (copies.k % 1000) END")
    }

    fn other_day(column: &str) -> String {
        let rest =
            format!("CASE WHEN substr({column}, 1, 4) IN ('0000', '9999') THEN '-06-15' ELSE substr({column}, 5) END");
        format!("CASE WHEN copies.k % 5 = 0 THEN {column} ELSE (1960 + copies.k % 60) || {rest} END")
    }

    fn other_year(column: &str) -> String {
        format!(
            "CASE WHEN substr({column}, 1, 1) IN ('1', '2') THEN (1960 + copies.k % 60) || substr({column}, 5) \
             ELSE {column} END"
        )
    }

    /// Takes away the indexes that come back when the rows are there; gives their statements.
    async fn take_indexes(&self, connection: &DatabaseConnection, tables: &[&str]) -> Vec<String> {
        let among = tables.iter().map(|table| format!("'{table}'")).collect::<Vec<_>>().join(", ");
        let sql = match self.backend {
            DbBackend::Sqlite => format!(
                "SELECT name, sql FROM sqlite_master WHERE type = 'index' AND sql IS NOT NULL AND tbl_name IN ({among})"
            ),
            _ => format!(
                "SELECT indexname::text AS name, indexdef AS sql FROM pg_indexes \
                 WHERE indexname NOT LIKE '%_pkey' AND tablename IN ({among})"
            ),
        };
        let mut statements = Vec::new();
        for row in rows(connection, sql).await {
            run(connection, &format!("DROP INDEX \"{}\"", row.try_get::<String>("", "name").unwrap())).await;
            statements.push(row.try_get("", "sql").unwrap());
        }
        statements
    }

    /// Which copy stands for which record: its number, and its id, which follows the number.
    fn mapping(&self, copies: u64) -> String {
        let place = CollectionName::ALL.iter().position(|name| *name == self.declared.name).unwrap();
        let (k, table) = (self.hex("k", 8), self.declared.name.as_str());
        let id = self.id(&format!("'0190{place:04x}' || {k} || '70008000' || {k}"));
        format!(
            "CREATE TABLE copies AS \
             WITH RECURSIVE numbers(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM numbers WHERE n < {copies}), \
             pairs AS (SELECT id AS old_id, row_number() OVER (ORDER BY n, id) AS k FROM {table} CROSS JOIN numbers) \
             SELECT old_id, k, {id} AS new_id FROM pairs ORDER BY k"
        )
    }

    fn records(&self, columns: &[(String, bool)]) -> String {
        let table = self.declared.name.as_str();
        let mut names = String::new();
        let mut values = String::new();
        for (name, is_id) in columns {
            let separator = if names.is_empty() { "" } else { ", " };
            write!(names, "{separator}\"{name}\"").unwrap();
            write!(values, "{separator}{}", self.value(name, *is_id)).unwrap();
        }
        format!(
            "INSERT INTO {table} ({names}) SELECT {values} FROM copies JOIN {table} AS t ON t.id = copies.old_id \
             ORDER BY copies.k"
        )
    }

    fn value(&self, name: &str, is_id: bool) -> String {
        let varied = self.likeness == Likeness::Varied;
        let column = format!("t.\"{name}\"");
        let by_city = self.declared.name.keeper() == Keeper::Municipality;
        let is_unique = self.declared.unique.iter().any(|rule| rule.column == name);
        let is_sorted = self.declared.sorts.iter().any(|sort| sort.column == name);
        let is_day = self
            .declared
            .filters
            .iter()
            .any(|filter| matches!(filter.by, FilterBy::Days { first, last } if first == name || last == name));
        let refers = self
            .declared
            .filters
            .iter()
            .any(|filter| matches!(filter.by, FilterBy::Reference { column } if column == name));
        match name {
            "id" => "copies.new_id".to_owned(),
            "ref" => format!("'{}-' || (1000000 + copies.k)", self.declared.name.prefix()),
            "created_at" => "1400000000000000 + copies.k * 1000".to_owned(),
            "updated_at" => "1500000000000000 + (copies.k * 7919 % 100003) * 1000".to_owned(),
            // What nobody filters by would only make the rows long.
            "sources" | "claims" if varied => "'[]'".to_owned(),
            "municipality" if by_city && varied => {
                format!("CASE WHEN copies.k % 2 = 0 THEN {column} ELSE 'city-' || (copies.k % 500) END")
            }
            "visibility" if by_city => format!(
                "CASE WHEN copies.k % 10 = 3 THEN 'internal' WHEN copies.k % 1000 = 7 THEN 'restricted' ELSE {column} END"
            ),
            _ if is_unique && is_id => format!("CASE WHEN {column} IS NULL THEN NULL ELSE copies.new_id END"),
            _ if is_unique => format!("{column} || '-' || copies.k"),
            _ if refers => self.other_id(&column),
            // The text that the days are taken from is varied with them, so it has to begin with a year.
            _ if !varied && name.starts_with("period") => Self::other_year(&column),
            _ if is_day && varied => Self::other_day(&column),
            _ if is_sorted => format!("(10000 + copies.k * 7919 % 90001) || ' ' || {column}"),
            _ => column,
        }
    }

    fn found_by(&self) -> [String; 3] {
        let collection = self.declared.name.as_str();
        // Copy by copy, as their ids follow one another: so the tables' own keys grow at their end. External ids
        // stand by their values.
        let (join, order) = match self.backend {
            DbBackend::Sqlite => ("CROSS JOIN", ""),
            _ => ("JOIN", " ORDER BY copies.k"),
        };
        let copied = |table: &str| {
            format!(
                "FROM copies {join} {table} AS t ON t.record_id = copies.old_id AND t.collection = '{collection}'{order}"
            )
        };
        [
            format!(
                "INSERT INTO links (collection, record_id, field, target) \
                 SELECT t.collection, copies.new_id, t.field, {} {}",
                self.other_id("t.target"),
                copied("links")
            ),
            format!(
                "INSERT INTO terms (collection, record_id, field, term) \
                 SELECT t.collection, copies.new_id, t.field, {} {}",
                self.other_text("t.term"),
                copied("terms")
            ),
            format!(
                "INSERT INTO external_ids (collection, municipality, scheme, value, record_id) \
                 SELECT t.collection, t.municipality, t.scheme, t.value || '-' || copies.k, copies.new_id \
                 FROM external_ids t {join} copies ON copies.old_id = t.record_id WHERE t.collection = '{collection}'"
            ),
        ]
    }
}

/// Which values a column, or a field among links or terms, has most and least often.
pub async fn extremes(connection: &DatabaseConnection, table: &str, column: &str, among: &str) -> Vec<QueryResult> {
    let sql = format!(
        "SELECT {column} AS value, count(*) AS n FROM {table} WHERE {column} IS NOT NULL AND {among} \
         GROUP BY {column} ORDER BY n DESC, {column}"
    );
    let mut found = rows(connection, sql).await;
    match found.pop() {
        Some(least) => {
            found.truncate(1);
            found.push(least);
            found
        }
        None => found,
    }
}

/// Gathers the database's statistics.
pub async fn analyze(connection: &DatabaseConnection) {
    run(connection, "ANALYZE").await;
}

/// A statement with its values, with something put before it or around it.
pub fn around(connection: &DatabaseConnection, before: &str, statement: &Statement, after: &str) -> Statement {
    let values: Vec<Value> = statement.values.iter().flat_map(|values| values.0.clone()).collect();
    let sql = format!("{before}{}{after}", statement.sql);
    Statement::from_sql_and_values(connection.get_database_backend(), sql, values)
}
