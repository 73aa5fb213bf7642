//! The account PostgreSQL's programs run under.
//!
//! What belongs here: choosing it, running a command as it, and making a folder that it owns. Ours
//! will do, except root's: PostgreSQL refuses that.

use std::fs::{self, DirBuilder};
use std::os::unix::fs::{DirBuilderExt as _, chown};
use std::os::unix::process::CommandExt as _;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::{SystemTime, UNIX_EPOCH};

use crate::Result;

/// Our own account, or the one to change to.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Account {
    Ours,
    Other { user: u32, group: u32 },
}

impl Account {
    /// The one to use: ours, or as root that of Debian's package, or that of nobody.
    pub(crate) fn for_server() -> Result<Self> {
        let of = |name| Ok::<_, String>(Self::Other { user: id("-u", Some(name))?, group: id("-g", Some(name))? });
        if we_are_root()? { of("postgres").or_else(|_| of("nobody")) } else { Ok(Self::Ours) }
    }

    /// Lets a command run under this account, out of reach of the terminal's Ctrl-C, in a folder it
    /// may enter, and without settings meant for clients of another server.
    pub(crate) fn prepare<'command>(self, command: &'command mut Command, folder: &Path) -> &'command mut Command {
        if let Self::Other { user, group } = self {
            command.uid(user).gid(group).env("HOME", folder);
        }
        for (name, _) in std::env::vars_os() {
            if name.to_string_lossy().starts_with("PG") {
                command.env_remove(name);
            }
        }
        command.current_dir(folder).process_group(0)
    }

    /// A new temporary folder that only this account may enter.
    pub(crate) fn folder(self) -> Result<PathBuf> {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        let name = format!("pobratim-postgres-{}-{}", std::process::id(), since.subsec_nanos());
        let mut parents = vec![std::env::temp_dir()];
        if self != Self::Ours {
            // Root's own temporary folder may be one that the account cannot reach.
            parents.push("/tmp".into());
        }
        let mut sentence = String::new();
        for path in parents.into_iter().map(|parent| parent.join(&name)) {
            match self.create(&path) {
                Ok(()) => return Ok(path),
                Err(error) => {
                    sentence = format!("cannot make a folder for PostgreSQL at {}: {error}", path.display());
                }
            }
        }
        Err(sentence)
    }

    fn create(self, path: &Path) -> std::io::Result<()> {
        DirBuilder::new().mode(0o700).create(path)?;
        let Self::Other { user, group } = self else { return Ok(()) };
        let reached = chown(path, Some(user), Some(group)).and_then(|()| {
            // Entering the folder is the proof that the account may pass all those above it.
            self.prepare(&mut Command::new("true"), path).status().map(drop)
        });
        if reached.is_err() {
            fs::remove_dir(path)?;
        }
        reached
    }
}

/// Whether we may, and must, change to another account.
pub(crate) fn we_are_root() -> Result<bool> {
    Ok(id("-u", None)? == 0)
}

/// Asks `id`, because the standard library knows neither our user nor others.
fn id(what: &str, name: Option<&str>) -> Result<u32> {
    let output =
        Command::new("id").arg(what).args(name).output().map_err(|error| format!("cannot start `id`: {error}"))?;
    let text = String::from_utf8_lossy(&output.stdout);
    text.trim().parse().map_err(|_| format!("`id {what} {}` did not answer with a number", name.unwrap_or_default()))
}

#[cfg(test)]
mod tests {
    use std::os::unix::fs::MetadataExt as _;

    use super::*;

    #[test]
    fn the_folder_is_the_accounts_own() {
        let account = Account::for_server().unwrap();
        let folder = account.folder().unwrap();
        let metadata = fs::metadata(&folder).unwrap();
        fs::remove_dir(&folder).unwrap();
        assert_eq!(metadata.mode() & 0o777, 0o700);
        match account {
            Account::Ours => assert!(!we_are_root().unwrap()),
            Account::Other { user, .. } => assert_eq!(metadata.uid(), user),
        }
    }

    #[test]
    fn an_unknown_user_has_no_number() {
        assert!(id("-u", Some("no-such-user-here")).is_err());
    }
}
