//! A throwaway PostgreSQL: made in a temporary folder, reached on a free loopback port, gone afterwards.
//!
//! What belongs here: making, starting and removing such a cluster.

use std::fs::{self, OpenOptions};
use std::io::Write as _;
use std::net::{Ipv4Addr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};

use crate::account::{Account, we_are_root};
use crate::{Result, process, programs};

/// Locales to try in this order. The first two sort by language, as most production servers do, so
/// that a query relying on byte order is caught; the others exist everywhere.
const LOCALES: [&[&str]; 4] = [
    &["--locale=en_US.UTF-8"],
    &["--locale=C.UTF-8", "--locale-provider=icu", "--icu-locale=en-US"],
    &["--locale=C.UTF-8"],
    &["--locale=C"],
];

/// What the keeper does: wait until we close its input or are gone, then stop the server and
/// remove the folder. A program of its own, because nothing of ours runs after a SIGKILL.
const KEEPER: &str = r#"cat >/dev/null; "$1/pg_ctl" -D "$2/data" -m immediate -w stop >/dev/null 2>&1; rm -rf "$2""#;

/// Whether the cluster is to survive a power cut, or to be quick.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Durability {
    Durable,
    Quick,
}

/// A running cluster; dropping it stops the server and removes its folder.
pub(crate) struct Cluster {
    home: Home,
    port: u16,
}

impl Cluster {
    /// Makes a cluster and waits until it answers.
    pub(crate) fn start(durability: Durability) -> Result<Self> {
        // The programs first: their package brings the account.
        let programs = programs::folder(we_are_root()?)?;
        let home = Home::create(programs, Account::for_server()?)?;
        home.initdb(durability)?;
        home.configure(durability)?;
        let port = home.launch()?;
        Ok(Self { home, port })
    }

    /// Where its `postgres` database is; the user may create others.
    pub(crate) fn url(&self) -> String {
        format!("postgres://postgres@127.0.0.1:{}/postgres", self.port)
    }

    /// The variables that let psql and its kin find it without being told.
    pub(crate) fn client_variables(&self) -> [(&'static str, String); 4] {
        [
            ("PGHOST", Ipv4Addr::LOCALHOST.to_string()),
            ("PGPORT", self.port.to_string()),
            ("PGUSER", "postgres".to_owned()),
            ("PGDATABASE", "postgres".to_owned()),
        ]
    }

    /// Its folder of server programs, where psql often is too.
    pub(crate) fn programs(&self) -> &Path {
        &self.home.programs
    }
}

/// The cluster's folder with all it has: data, socket and log.
struct Home {
    path: PathBuf,
    programs: PathBuf,
    account: Account,
    keeper: Child,
    /// Open for as long as the cluster is wanted.
    leash: Option<ChildStdin>,
}

impl Home {
    fn create(programs: PathBuf, account: Account) -> Result<Self> {
        process::go_on()?;
        let path = account.folder()?;
        let mut command = Command::new("sh");
        command.args(["-c", KEEPER, "sh"]).arg(&programs).arg(&path).stdin(Stdio::piped());
        let spawned = account
            .prepare(&mut command, Path::new("/"))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .map_err(|error| format!("cannot start `sh`: {error}"));
        match spawned {
            Ok(mut keeper) => Ok(Self { leash: keeper.stdin.take(), path, programs, account, keeper }),
            Err(sentence) => {
                let _ = fs::remove_dir_all(&path);
                Err(sentence)
            }
        }
    }

    fn data(&self) -> PathBuf {
        self.path.join("data")
    }

    fn log(&self) -> PathBuf {
        self.path.join("log")
    }

    /// Runs one of PostgreSQL's programs to its end; its complaint becomes the error.
    fn call(&self, program: &str, arguments: &[&str]) -> Result<()> {
        process::go_on()?;
        let mut command = Command::new(self.programs.join(program));
        command.arg("-D").arg(self.data()).args(arguments).stdin(Stdio::null());
        let output = self
            .account
            .prepare(&mut command, &self.path)
            .output()
            .map_err(|error| format!("cannot start `{program}`: {error}"))?;
        if output.status.success() {
            return Ok(());
        }
        Err(format!("`{program}` failed: {}", String::from_utf8_lossy(&output.stderr).trim()))
    }

    fn initdb(&self, durability: Durability) -> Result<()> {
        let mut common = vec!["--username=postgres", "--auth=trust", "--encoding=UTF8"];
        if durability == Durability::Quick {
            common.push("--no-sync");
        }
        let mut outcome = Ok(());
        for locale in LOCALES {
            outcome = self.call("initdb", &[common.as_slice(), locale].concat());
            if outcome.is_ok() {
                break;
            }
        }
        outcome
    }

    fn configure(&self, durability: Durability) -> Result<()> {
        let safe = if durability == Durability::Durable { "on" } else { "off" };
        self.append(&format!(
            "listen_addresses = '127.0.0.1'\n\
             unix_socket_directories = '{}'\n\
             max_connections = 300\n\
             shared_buffers = 128MB\n\
             synchronous_commit = on\n\
             fsync = {safe}\n\
             full_page_writes = {safe}\n\
             lc_messages = 'C'\n",
            self.path.display().to_string().replace('\'', "''")
        ))
    }

    fn append(&self, settings: &str) -> Result<()> {
        let file = self.data().join("postgresql.conf");
        OpenOptions::new()
            .append(true)
            .open(&file)
            .and_then(|mut opened| opened.write_all(settings.as_bytes()))
            .map_err(|error| format!("cannot write {}: {error}", file.display()))
    }

    /// Starts the server on a free port. Another program may take the port in between, so a second and third try.
    fn launch(&self) -> Result<u16> {
        let log = self.log();
        let log = log.to_string_lossy();
        let mut outcome = Err(String::new());
        for _ in 0..3 {
            let port = free_port()?;
            self.append(&format!("port = {port}\n"))?;
            outcome = self.call("pg_ctl", &["-l", &log, "-w", "-t", "60", "start"]).map(|()| port);
            if outcome.is_ok() {
                break;
            }
        }
        outcome.map_err(|sentence| format!("{sentence}\n{}", self.end_of_log()))
    }

    fn end_of_log(&self) -> String {
        let text = fs::read_to_string(self.log()).unwrap_or_default();
        let lines: Vec<&str> = text.lines().collect();
        lines[lines.len().saturating_sub(20)..].join("\n")
    }
}

impl Drop for Home {
    fn drop(&mut self) {
        drop(self.leash.take());
        let _ = self.keeper.wait();
        // The keeper may not remove an entry of a folder that only we may write to.
        let _ = fs::remove_dir_all(&self.path);
    }
}

fn free_port() -> Result<u16> {
    TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
        .and_then(|listener| listener.local_addr())
        .map(|address| address.port())
        .map_err(|error| format!("cannot find a free port on 127.0.0.1: {error}"))
}
