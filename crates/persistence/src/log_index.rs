//! The state of a SQLite database as the index of its log tells it: a file beside the database, which
//! all who have it open share. It begins with a header, twice, that every commit changes before it is
//! acknowledged (<https://sqlite.org/walformat.html>, section 2.1.1). So whoever reads the same bytes
//! there as before knows that nothing was committed in between, by whomever, and need not ask the database.

use std::fs::File;
use std::mem::ManuallyDrop;
use std::os::unix::fs::FileExt;
use std::path::Path;

/// How long the header is. It stands there twice, so that one who reads sees when it is being written.
const HEADER: usize = 48;

/// The index of a database's log. Somebody must have the database open as long as this is looked at: who
/// closes it last takes the file away, and the next to open it makes another.
pub(crate) struct LogIndex {
    /// Never closed: closing any handle on a file takes away the locks that the process has on it
    /// (POSIX), SQLite's as well.
    file: ManuallyDrop<File>,
}

/// What the header says: a count of commits, how long the log is, salts and sums.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct LogState([u8; HEADER]);

impl LogIndex {
    /// The index of an open database.
    pub(crate) fn of(database: &Path) -> std::io::Result<Self> {
        let mut path = database.as_os_str().to_owned();
        path.push("-shm");
        Ok(Self { file: ManuallyDrop::new(File::open(path)?) })
    }

    /// The state now; nothing while a commit is writing it down.
    pub(crate) fn look(&self) -> Option<LogState> {
        let mut twice = [0; 2 * HEADER];
        self.file.read_exact_at(&mut twice, 0).ok()?;
        let (first, second) = twice.split_at(HEADER);
        if first != second {
            return None;
        }
        first.try_into().ok().map(LogState)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use sea_orm::sqlx::sqlite::{SqliteConnectOptions, SqliteJournalMode};
    use sea_orm::sqlx::{ConnectOptions, SqliteConnection, query};

    use super::*;

    async fn run(connection: &mut SqliteConnection, sql: &'static str) {
        query(sql).execute(connection).await.unwrap();
    }

    #[tokio::test]
    async fn every_commit_is_another_state_and_nothing_else_is() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("a.db");
        let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
        let options = options.journal_mode(SqliteJournalMode::Wal);
        let mut one = options.connect().await.unwrap();
        run(&mut one, "CREATE TABLE t (n INTEGER)").await;
        let index = LogIndex::of(&file).unwrap();
        let mut seen = HashSet::new();
        for turn in 0..300 {
            // Whoever commits; each goes again.
            let mut other = options.connect().await.unwrap();
            let by = if turn % 2 == 0 { &mut one } else { &mut other };
            run(by, "INSERT INTO t VALUES (1)").await;
            let state = index.look().unwrap();
            assert!(seen.insert(state.0), "a state comes back after {turn} commits");
            run(by, "SELECT count(*) FROM t").await;
            run(by, "BEGIN IMMEDIATE").await;
            run(by, "INSERT INTO t VALUES (2)").await;
            run(by, "ROLLBACK").await;
            assert_eq!(index.look().unwrap(), state, "nothing was committed");
            if turn % 7 == 0 {
                // The log goes into the database and begins anew.
                run(by, "PRAGMA wal_checkpoint(TRUNCATE)").await;
                let after = index.look().unwrap();
                assert!(after == state || seen.insert(after.0), "an older state comes back");
            }
        }
    }
}
