//! The commands about the files of documents: are all there, and are there any that nobody needs.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::TryStreamExt;
use pobratim_files::Files;
use pobratim_persistence::{ContentOf, Database};
use sha2::{Digest, Sha256};

use crate::config::Config;
use crate::data::say;
use crate::{Outcome, open};

/// How old a file must be before it can be one that nobody needs: longer than an upload takes.
const SETTLED: Duration = Duration::from_secs(2 * 3600);
const DAY: Duration = Duration::from_secs(24 * 3600);

/// Looks at the file of every document: whether it is there with its size and, when the whole is
/// asked for, with its bytes. Gives how many there are, and what is wrong.
pub(crate) async fn verify(files: &Files, database: &Database, whole: bool) -> Result<(usize, Vec<String>), String> {
    let contents = database.contents().await.map_err(|error| error.to_string())?;
    let mut faults = Vec::new();
    for known in &contents {
        if let Some(fault) = fault(files, known, whole).await {
            faults.push(format!("{} of {}: {fault}", known.reference, known.municipality));
        }
    }
    Ok((contents.len(), faults))
}

async fn fault(files: &Files, known: &ContentOf, whole: bool) -> Option<String> {
    let content = &known.content;
    let size = match files.size(content.id).await {
        Ok(size) => size,
        Err(error) => return Some(error.to_string()),
    };
    if i64::try_from(size) != Ok(content.size) {
        return Some(format!("the file {} has {size} bytes, not {}", content.id, content.size));
    }
    if !whole {
        return None;
    }
    let hashed = async {
        let mut bytes = files.read(content.id, None).await?.bytes;
        let mut hash = Sha256::new();
        while let Some(chunk) = bytes.try_next().await? {
            hash.update(&chunk);
        }
        Ok::<_, pobratim_files::Error>(hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect::<String>())
    };
    match hashed.await {
        Ok(hash) if hash == content.sha256 => None,
        Ok(_) => Some(format!("the file {} is not the one that was uploaded", content.id)),
        Err(error) => Some(error.to_string()),
    }
}

/// Removes the files that no document refers to, deleted ones included, and that are older than so
/// many days.
pub(crate) async fn sweep(config: &Config, days: u32, only_look: bool) -> Outcome {
    let files = &config.settings.files;
    let told = |error: pobratim_files::Error| error.to_string();
    let age = SETTLED.max(DAY * days);
    // First what there is, then what is needed: what comes in between is needed or too young.
    let found = files.older_than(age).await.map_err(told)?;
    let contents = open(config).await?.contents().await.map_err(|error| error.to_string())?;
    let needed: BTreeSet<_> = contents.iter().map(|known| known.content.id).collect();
    let mut count = 0;
    for id in found.iter().filter(|id| !needed.contains(id)) {
        if only_look {
            say(&id.to_string());
        } else {
            files.remove(*id).await.map_err(told)?;
        }
        count += 1;
    }
    if only_look {
        say(&format!("{count} files are needed by no document; nothing was removed"));
        return Ok(());
    }
    let halves = files.remove_halves(SETTLED).map_err(told)?;
    say(&format!("{count} files removed that no document needs, and {halves} that were never whole"));
    Ok(())
}
