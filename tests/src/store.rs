//! One database a test: a copy of a migrated one, on SQLite or on PostgreSQL, as
//! `POBRATIM_TEST_DATABASE` says.

use std::path::PathBuf;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};

use pobratim_migrations::{Migrator, MigratorTrait};
use pobratim_persistence::DatabaseUrl;
use sea_orm::{ConnectOptions, ConnectionTrait, Database, DatabaseConnection};
use tempfile::TempDir;
use tokio::sync::OnceCell;

/// A database of one test's own; copies are the same one. SQLite's file is removed with the last handle on it.
#[derive(Clone)]
pub struct Store {
    /// Where it is.
    pub url: DatabaseUrl,
    /// The same as text, for programs and second connections.
    pub address: String,
    folder: Option<Arc<TempDir>>,
}

static COUNT: AtomicU64 = AtomicU64::new(0);
static SQLITE: OnceCell<(TempDir, PathBuf)> = OnceCell::const_new();
static POSTGRES: OnceCell<String> = OnceCell::const_new();
static KIND: OnceLock<Option<String>> = OnceLock::new();

impl Store {
    /// The PostgreSQL server of this run; nothing when it is SQLite's.
    pub fn server() -> Option<&'static str> {
        KIND.get_or_init(|| match std::env::var("POBRATIM_TEST_DATABASE") {
            Ok(address) if address.starts_with("postgres") => Some(address),
            Ok(other) if other != "sqlite" && !other.is_empty() => {
                panic!("POBRATIM_TEST_DATABASE is sqlite or postgres://…, not {other}")
            }
            _ => None,
        })
        .as_deref()
    }

    /// A migrated, empty database.
    pub async fn new() -> Self {
        match Self::server() {
            None => Self::sqlite().await,
            Some(server) => Self::postgres(server).await,
        }
    }

    /// A migrated, empty file of SQLite, whichever database the run is on.
    pub async fn sqlite() -> Self {
        let (_, template) = SQLITE
            .get_or_init(|| async {
                let folder = tempfile::tempdir().unwrap();
                let file = folder.path().join("template.db");
                migrate(&format!("sqlite:{}", file.display())).await;
                (folder, file)
            })
            .await;
        Self::file(async |file| std::fs::copy(template, file).map(drop).unwrap()).await
    }

    /// A migrated, empty database of a PostgreSQL server.
    pub async fn postgres(server: &str) -> Self {
        let template = POSTGRES
            .get_or_init(|| async {
                let (base, _) = server.rsplit_once('/').unwrap();
                let name = format!("template_{}", std::process::id());
                execute(server, &format!("CREATE DATABASE {name}")).await;
                migrate(&format!("{base}/{name}")).await;
                name
            })
            .await;
        Self::made_from(server, template).await
    }

    async fn file(make: impl AsyncFnOnce(PathBuf)) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("test.db");
        let address = format!("sqlite:{}", file.display());
        make(file).await;
        Self { url: address.parse().unwrap(), address, folder: Some(Arc::new(folder)) }
    }

    async fn made_from(server: &str, template: &str) -> Self {
        let (base, _) = server.rsplit_once('/').unwrap();
        let name = format!("test_{}_{}", std::process::id(), COUNT.fetch_add(1, Ordering::SeqCst));
        execute(server, &format!("CREATE DATABASE {name} TEMPLATE {template}")).await;
        let address = format!("{base}/{name}");
        Self { url: address.parse().unwrap(), address, folder: None }
    }

    /// Another database with the same in it. Whoever is still connected to this one is cut off.
    pub async fn copy(&self) -> Self {
        match (Self::server(), self.address.rsplit_once('/')) {
            (Some(server), Some((_, name))) if self.folder.is_none() => {
                let all = format!("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{name}'");
                execute(server, &all).await;
                Self::made_from(server, name).await
            }
            _ => {
                let beside = self.beside().await;
                let made = Self::file(async |file| {
                    beside.execute_unprepared(&format!("VACUUM INTO '{}'", file.display())).await.map(drop).unwrap();
                })
                .await;
                beside.close().await.unwrap();
                made
            }
        }
    }
}

impl Store {
    /// A second connection, beside the engine; it may write.
    pub async fn beside(&self) -> DatabaseConnection {
        let mut options = ConnectOptions::new(self.address.clone());
        options.max_connections(1).sqlx_logging(false);
        Database::connect(options).await.unwrap()
    }

    /// Removes a database that is too large to be kept until the server goes. SQLite's goes by itself.
    pub async fn remove(self) {
        if let (Some(server), Some((_, name))) = (Self::server(), self.address.rsplit_once('/'))
            && self.folder.is_none()
        {
            execute(server, &format!("DROP DATABASE {name} WITH (FORCE)")).await;
        }
    }
}

async fn migrate(address: &str) {
    let connection = address.parse::<DatabaseUrl>().unwrap().migrator();
    Migrator::up(&connection, None).await.unwrap();
    connection.close().await.unwrap();
}

async fn execute(server: &str, sql: &str) {
    static ONE_AT_A_TIME: tokio::sync::Mutex<()> = tokio::sync::Mutex::const_new(());
    // A template that somebody copies cannot be copied by another.
    let _turn = ONE_AT_A_TIME.lock().await;
    let connection = Database::connect(server).await.unwrap();
    connection.execute_unprepared(sql).await.unwrap();
    connection.close().await.unwrap();
}
