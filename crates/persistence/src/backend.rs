//! Where the data lies, and all that differs between SQLite and PostgreSQL at run time: how pools
//! are opened, and how a write begins.

use std::path::{Path, PathBuf};
use std::str::FromStr;
use std::time::Duration;

use sea_orm::sea_query::{Func, SelectStatement, SimpleExpr, Value, Values};
use sea_orm::sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode, SqlitePoolOptions, SqliteSynchronous};
use sea_orm::sqlx::{
    ConnectOptions, Connection, Error as SqlxError, PgConnection, SqliteConnection, query, query_scalar,
};
use sea_orm::{
    ConnectionTrait, DatabaseConnection, DatabaseTransaction, DbBackend, DbErr, RuntimeErr, SqliteTransactionMode,
    SqlxPostgresConnector, SqlxSqliteConnector, Statement, TransactionOptions, TransactionTrait,
};

use crate::list::criterion::asked_of;

/// How long a write waits for another process's write, or for a connection.
const LOCK_WAIT: Duration = Duration::from_millis(900);

/// Pages that SQLite's writing connection keeps, in KiB with a minus sign: it changes a dozen
/// indexes with each record, and 2 MiB, what it takes by itself, do not hold their inner pages.
const WRITER_CACHE: &str = "-16384";

/// The same for each that reads: there are fifteen, more with more than four cores, and the system keeps the
/// file's pages as well.
const READER_CACHE: &str = "-1024";

/// The address of a database: `sqlite:FILE` or `postgres://…`.
#[derive(Clone, Debug)]
pub struct DatabaseUrl(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Sqlite(PathBuf),
    Postgres(Box<PgConnectOptions>),
}

/// A database address that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct BadUrl(String);

impl FromStr for DatabaseUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        if let Some(file) = text.strip_prefix("sqlite:") {
            let file = file.strip_prefix("//").unwrap_or(file);
            if file.is_empty() || file.starts_with(":memory:") {
                return Err(BadUrl("a SQLite database is a file: sqlite:pobratim.db".to_owned()));
            }
            return Ok(Self(Kind::Sqlite(PathBuf::from(file))));
        }
        if text.starts_with("postgres://") || text.starts_with("postgresql://") {
            return PgConnectOptions::from_str(text).map(|options| Self(Kind::Postgres(Box::new(options)))).map_err(
                |_| {
                    BadUrl(
                        "the PostgreSQL address is not of the form postgres://user:password@host:port/database"
                            .to_owned(),
                    )
                },
            );
        }
        Err(BadUrl("the database is sqlite:FILE or postgres://user:password@host:port/database".to_owned()))
    }
}

impl DatabaseUrl {
    /// The file, when it is SQLite.
    pub fn file(&self) -> Option<&PathBuf> {
        match &self.0 {
            Kind::Sqlite(file) => Some(file),
            Kind::Postgres(_) => None,
        }
    }

    /// A name for people and logs: no password in it.
    pub fn display_name(&self) -> String {
        match &self.0 {
            Kind::Sqlite(file) => format!("sqlite:{}", file.display()),
            Kind::Postgres(options) => format!(
                "postgres://{}:{}/{}",
                options.get_host(),
                options.get_port(),
                options.get_database().unwrap_or_default()
            ),
        }
    }

    /// One connection that may write, opened at first use by the runtime that uses it.
    pub fn writer(&self) -> DatabaseConnection {
        self.writer_with(&[("statement_timeout", "2000"), ("lock_timeout", "900")])
    }

    /// One connection for migrations, whose statements may take their time.
    pub fn migrator(&self) -> DatabaseConnection {
        self.writer_with(&[("lock_timeout", "30000")])
    }

    fn writer_with(&self, settings: &[(&str, &str)]) -> DatabaseConnection {
        match &self.0 {
            Kind::Sqlite(file) => {
                let options = sqlite(file)
                    .create_if_missing(true)
                    .journal_mode(SqliteJournalMode::Wal)
                    .synchronous(SqliteSynchronous::Full)
                    .pragma("cache_size", WRITER_CACHE)
                    .busy_timeout(LOCK_WAIT);
                let pool = SqlitePoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(LOCK_WAIT)
                    .test_before_acquire(false)
                    .connect_lazy_with(options);
                SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)
            }
            Kind::Postgres(options) => {
                let options = postgres(options)
                    .options([("synchronous_commit", "on"), ("default_transaction_isolation", "read committed")])
                    .options(settings.iter().copied());
                let pool = PgPoolOptions::new()
                    .max_connections(1)
                    .acquire_timeout(LOCK_WAIT)
                    .test_before_acquire(false)
                    .connect_lazy_with(options);
                SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
            }
        }
    }

    /// Brings what a SQLite database's log holds into its file, as far as nobody reads it, however long that takes.
    /// A log of gigabytes is what a program leaves that ended in the midst of a large write, or
    /// that held checkpoints back; the first who opens the database reads all of it, and the first who commits
    /// copies it, for which nobody waits who serves. What is wrong with the database is not told here: whoever
    /// opens it next finds it too.
    pub async fn settle_log(&self) {
        let Some(file) = self.file().filter(|file| file.exists()) else { return };
        if let Ok(mut connection) = sqlite(file).busy_timeout(LOCK_WAIT).connect().await {
            // The first copies and holds nobody up; the second then has little left to do, and gives way.
            for statement in
                ["PRAGMA wal_checkpoint(PASSIVE)", "PRAGMA busy_timeout = 0", "PRAGMA wal_checkpoint(TRUNCATE)"]
            {
                let _ = query(statement).execute(&mut connection).await;
            }
            let _ = connection.close().await;
        }
    }

    /// A connection that does nothing but keep a SQLite database open, and its file; nothing when it is
    /// PostgreSQL, or when there is no log.
    pub(crate) async fn keep_open(&self) -> Result<Option<(&Path, SqliteConnection)>, DbErr> {
        let Kind::Sqlite(file) = &self.0 else { return Ok(None) };
        let failed = |error: SqlxError| DbErr::Conn(RuntimeErr::SqlxError(error.into()));
        let mut connection = sqlite(file).read_only(true).busy_timeout(LOCK_WAIT).connect().await.map_err(failed)?;
        // It is open from the first read on.
        let mode: String = query_scalar("PRAGMA journal_mode").fetch_one(&mut connection).await.map_err(failed)?;
        query("SELECT count(*) FROM sqlite_schema").execute(&mut connection).await.map_err(failed)?;
        Ok((mode == "wal").then_some((file, connection)))
    }

    /// A connection that can only read and belongs to no pool; nothing when it is SQLite.
    pub(crate) async fn reader_alone(&self) -> Result<Option<PgConnection>, SqlxError> {
        match &self.0 {
            Kind::Sqlite(_) => Ok(None),
            Kind::Postgres(options) => reading(options).connect().await.map(Some),
        }
    }

    /// Connections that can only read, each statement group in one snapshot, and how long a read
    /// waits for one.
    pub fn readers(&self, connections: u32, wait: Duration) -> DatabaseConnection {
        match &self.0 {
            Kind::Sqlite(file) => {
                let options = sqlite(file).read_only(true).pragma("cache_size", READER_CACHE).busy_timeout(LOCK_WAIT);
                let pool = SqlitePoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(wait)
                    .test_before_acquire(false)
                    .connect_lazy_with(options);
                SqlxSqliteConnector::from_sqlx_sqlite_pool(pool)
            }
            Kind::Postgres(options) => {
                let pool = PgPoolOptions::new()
                    .max_connections(connections)
                    .acquire_timeout(wait)
                    .idle_timeout(Duration::from_secs(300))
                    .test_before_acquire(false)
                    .connect_lazy_with(reading(options));
                SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
            }
        }
    }
}

fn reading(options: &PgConnectOptions) -> PgConnectOptions {
    postgres(options).options([
        ("default_transaction_isolation", "repeatable read"),
        ("default_transaction_read_only", "on"),
        ("statement_timeout", "2500"),
        // No read here is so long that compiling it would pay.
        ("jit", "off"),
    ])
}

fn sqlite(file: &PathBuf) -> SqliteConnectOptions {
    SqliteConnectOptions::new().filename(file).statement_cache_capacity(200).disable_statement_logging()
}

fn postgres(options: &PgConnectOptions) -> PgConnectOptions {
    options.clone().application_name("pobratim").statement_cache_capacity(200).disable_statement_logging()
}

/// A statement that has a limit, as it is sent. SQLite looks at the value of a limit while it prepares,
/// so it would prepare the statement anew each time one is bound, which costs as much as reading the
/// page: there limits are written out, those of sub-selects too.
pub(crate) fn limited(connection: &impl ConnectionTrait, select: &SelectStatement) -> Statement {
    written_out(connection.get_database_backend().build(select))
}

fn written_out(mut statement: Statement) -> Statement {
    const LIMIT: &str = " LIMIT ";
    let Some(Values(values)) = statement.values.as_ref().filter(|_| statement.db_backend == DbBackend::Sqlite) else {
        return statement;
    };
    let (mut sql, mut kept) = (String::with_capacity(statement.sql.len()), Vec::with_capacity(values.len()));
    let mut bound = values.iter();
    // What stands between apostrophes is a text, where a question mark is nothing else.
    for (at, part) in statement.sql.split('\'').enumerate() {
        if at > 0 {
            sql.push('\'');
        }
        if at % 2 == 1 {
            sql.push_str(part);
            continue;
        }
        let mut pieces = part.split('?').peekable();
        while let Some(piece) = pieces.next() {
            sql.push_str(piece);
            if pieces.peek().is_none() {
                break;
            }
            match bound.next() {
                Some(Value::BigUnsigned(Some(limit))) if piece.ends_with(LIMIT) => sql.push_str(&limit.to_string()),
                value => {
                    sql.push('?');
                    kept.extend(value.cloned());
                }
            }
        }
    }
    statement.sql = sql;
    statement.values = Some(Values(kept));
    statement
}

/// A condition on columns of a record that has been found in another way. SQLite, which nobody analyses,
/// takes an index for whatever is compared with a value, so there it is written such that none fits;
/// PostgreSQL knows how many records it leaves.
pub(crate) fn by_looking(connection: &impl ConnectionTrait, condition: SimpleExpr) -> SimpleExpr {
    match connection.get_database_backend() {
        DbBackend::Sqlite => asked_of(condition),
        _ => condition,
    }
}

/// A condition on columns that have an index, by which records are to be found. A SQLite that somebody has analysed
/// takes what it leaves for the average of the column, and would read the table when that is much.
pub(crate) fn by_index(connection: &impl ConnectionTrait, condition: SimpleExpr) -> SimpleExpr {
    match connection.get_database_backend() {
        DbBackend::Sqlite => Func::cust("unlikely").arg(condition).into(),
        _ => condition,
    }
}

/// Whether the database knows by itself how many records have what is asked of columns, and of several at once.
pub(crate) fn knows_columns(connection: &impl ConnectionTrait) -> bool {
    connection.get_database_backend() == DbBackend::Postgres
}

/// An id in a column as 32 hexadecimal digits.
pub(crate) fn digits_of_id(connection: &impl ConnectionTrait, table: &str, column: &str) -> String {
    match connection.get_database_backend() {
        DbBackend::Sqlite => format!("lower(hex(\"{table}\".\"{column}\"))"),
        _ => format!("replace(\"{table}\".\"{column}\"::text, '-', '')"),
    }
}

/// Begins a transaction that writes. SQLite takes its write lock at once, because a lock taken
/// later can fail; PostgreSQL is serialised by the lock on the head row.
pub(crate) async fn begin_write(connection: &DatabaseConnection) -> Result<DatabaseTransaction, DbErr> {
    let mode = (connection.get_database_backend() == DbBackend::Sqlite).then_some(SqliteTransactionMode::Immediate);
    connection
        .begin_with_options(TransactionOptions { sqlite_transaction_mode: mode, ..TransactionOptions::default() })
        .await
}

/// Whether the server replays another one's changes, so that it can fall behind and cannot write.
pub async fn is_standby(connection: &DatabaseConnection) -> Result<bool, DbErr> {
    if connection.get_database_backend() != DbBackend::Postgres {
        return Ok(false);
    }
    let statement = Statement::from_string(DbBackend::Postgres, "SELECT pg_is_in_recovery() AS standby");
    match connection.query_one_raw(statement).await? {
        Some(row) => row.try_get("", "standby"),
        None => Ok(false),
    }
}

/// Checks the database's own pages and indexes; gives what it complains of.
pub(crate) async fn integrity(connection: &impl ConnectionTrait) -> Result<Vec<String>, DbErr> {
    if connection.get_database_backend() != DbBackend::Sqlite {
        return Ok(Vec::new());
    }
    let statement = Statement::from_string(DbBackend::Sqlite, "PRAGMA integrity_check");
    let rows = connection.query_all_raw(statement).await?;
    let lines = rows.iter().map(|row| row.try_get::<String>("", "integrity_check"));
    Ok(lines.collect::<Result<Vec<_>, _>>()?.into_iter().filter(|line| line != "ok").collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_written_out_for_sqlite() {
        use sea_orm::sea_query::{Alias, Expr, ExprTrait, Query};

        let select = Query::select()
            .column(Alias::new("id"))
            .from(Alias::new("places"))
            .and_where(Expr::col(Alias::new("ref")).eq("PLA-1"))
            .limit(51)
            .to_owned();
        let [sqlite, postgres] = [DbBackend::Sqlite, DbBackend::Postgres].map(|backend| backend.build(&select));
        assert!(sqlite.sql.ends_with(" LIMIT ?") && postgres.sql.ends_with(" LIMIT $2"), "{sqlite} {postgres}");
        let sent = written_out(sqlite);
        assert!(sent.sql.ends_with(" LIMIT 51"), "{}", sent.sql);
        assert_eq!(sent.values.unwrap().0, [Value::from("PLA-1")]);
        assert_eq!(written_out(postgres.clone()), postgres);

        let inner = Query::select()
            .expr(Expr::cust("'a?' LIMIT '?'"))
            .from_subquery(select, Alias::new("t"))
            .and_where(Expr::col(Alias::new("id")).eq("?"))
            .limit(9)
            .to_owned();
        let sent = written_out(DbBackend::Sqlite.build(&inner));
        assert!(sent.sql.contains("'a?' LIMIT '?'") && sent.sql.contains("= ? LIMIT 51)"), "{}", sent.sql);
        assert!(sent.sql.ends_with(" LIMIT 9"), "{}", sent.sql);
        assert_eq!(sent.values.unwrap().0, [Value::from("PLA-1"), Value::from("?")]);
    }

    #[test]
    fn addresses() {
        assert!("sqlite:pobratim.db".parse::<DatabaseUrl>().is_ok());
        assert!("postgres://u:secret@db:5432/pobratim".parse::<DatabaseUrl>().is_ok());
        for wrong in ["", "pobratim.db", "sqlite:", "sqlite::memory:", "mysql://x"] {
            assert!(wrong.parse::<DatabaseUrl>().is_err(), "{wrong}");
        }
    }

    #[test]
    fn a_name_for_logs_has_no_password() {
        let url: DatabaseUrl = "postgres://u:secret@db:5432/pobratim".parse().unwrap();
        assert_eq!(url.display_name(), "postgres://db:5432/pobratim");
    }
}
