//! The commands about the files of documents: are all there, and are there any that nobody needs.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::TryStreamExt;
use pobratim_files::Files;
use pobratim_persistence::{ContentOf, Database};
use sha2::{Digest, Sha256};
use uuid::Uuid;

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
    let unneeded = unneeded(files, &open(config).await?, SETTLED.max(DAY * days)).await?;
    if only_look {
        unneeded.iter().for_each(|id| say(&id.to_string()));
        say(&format!("{} files are needed by no document; nothing was removed", unneeded.len()));
        return Ok(());
    }
    for id in &unneeded {
        files.remove(*id).await.map_err(told)?;
    }
    let halves = files.remove_halves(SETTLED).map_err(told)?;
    say(&format!("{} files removed that no document needs, and {halves} that were never whole", unneeded.len()));
    Ok(())
}

/// The files of at least this age that no document refers to.
async fn unneeded(files: &Files, database: &Database, age: Duration) -> Result<Vec<Uuid>, String> {
    // First what there is, then what is needed: what comes in between is needed or too young.
    let found = files.older_than(age).await.map_err(|error| error.to_string())?;
    let contents = database.contents().await.map_err(|error| error.to_string())?;
    let needed: BTreeSet<Uuid> = contents.iter().map(|known| known.content.id).collect();
    Ok(found.into_iter().filter(|id| !needed.contains(id)).collect())
}

#[cfg(test)]
mod tests {
    use std::fs::File;
    use std::path::PathBuf;
    use std::time::SystemTime;

    use pobratim_domain::{Document, Record, Slug};
    use pobratim_files::Place;
    use pobratim_persistence::{Happened, Stamp, View};
    use serde_json::json;
    use tempfile::TempDir;

    use super::*;
    use crate::config::Given;

    struct Installation {
        folder: TempDir,
        config: Config,
        database: Database,
    }

    impl Installation {
        async fn new() -> Self {
            let folder = tempfile::tempdir().unwrap();
            let mut config = Config::read(&Given::default()).unwrap();
            config.database = format!("sqlite:{}", folder.path().join("city.db").display()).parse().unwrap();
            config.settings.files = Files::at(Place::Folder(folder.path().join("files")), []).unwrap();
            let database = open(&config).await.unwrap();
            Self { folder, config, database }
        }

        fn place(&self, name: &str) -> PathBuf {
            self.folder.path().join("files").join(name)
        }

        async fn write(&self, content: &[u8]) -> pobratim_files::Stored {
            let mut upload = self.config.settings.files.begin(Uuid::now_v7()).unwrap();
            upload.write(content).await.unwrap();
            upload.finish().await.unwrap()
        }

        /// A document with this file.
        async fn document(&self, stored: &pobratim_files::Stored) {
            let sha256: String = stored.sha256.iter().map(|byte| format!("{byte:02x}")).collect();
            let content = json!({
                "id": stored.id, "sha256": sha256, "size": stored.size, "media_type": stored.media_type,
                "uploaded_at": "2011-09-05T01:30:00Z",
            });
            let record: Record<Document> =
                serde_json::from_value(json!({"title": {"en": "x"}, "kind": "other", "content": content})).unwrap();
            let stamp = Stamp {
                actor: "test".to_owned(),
                actor_name: String::new(),
                request_id: "test".to_owned(),
                import_id: None,
            };
            let keeper = Slug::parse("blagoveshchensk").unwrap();
            let written = self.database.write(stamp, None, |tx| async move {
                tx.create::<Document>(&View::System, Some(keeper), record, Happened::plain("created")).await?;
                Ok(())
            });
            written.await.unwrap();
        }

        async fn faults(&self, whole: bool) -> Vec<String> {
            verify(&self.config.settings.files, &self.database, whole).await.unwrap().1
        }
    }

    #[tokio::test]
    async fn every_file_is_looked_for_and_read_when_asked() {
        let city = Installation::new().await;
        let stored = city.write(b"Agreement").await;
        city.document(&stored).await;
        assert!(city.faults(false).await.is_empty() && city.faults(true).await.is_empty());
        let place = city.place(&stored.id.to_string());
        std::fs::write(&place, "agreement").unwrap();
        assert!(city.faults(false).await.is_empty(), "the size is the same");
        let faults = city.faults(true).await;
        assert!(faults[0].starts_with("DOC-0001 of blagoveshchensk: ") && faults[0].ends_with("that was uploaded"));
        std::fs::write(&place, "Agree").unwrap();
        assert!(city.faults(false).await[0].ends_with("has 5 bytes, not 9"));
        std::fs::remove_file(&place).unwrap();
        assert!(city.faults(false).await[0].ends_with("is not there"));
    }

    #[tokio::test]
    async fn what_nobody_needs_is_swept_when_it_is_old_enough() {
        let city = Installation::new().await;
        let (needed, old, new) = (city.write(b"a").await, city.write(b"b").await, city.write(b"c").await);
        city.document(&needed).await;
        let half = city.place(&format!("{}#1", Uuid::now_v7()));
        std::fs::write(&half, "x").unwrap();
        let name = |stored: &pobratim_files::Stored| city.place(&stored.id.to_string());
        for place in [name(&needed), name(&old), half.clone()] {
            let file = File::options().write(true).open(place).unwrap();
            file.set_modified(SystemTime::now() - 2 * DAY).unwrap();
        }
        sweep(&city.config, 3, false).await.unwrap();
        assert!(name(&old).exists() && !half.exists(), "days are for whole files");
        sweep(&city.config, 1, true).await.unwrap();
        assert!(name(&old).exists(), "it was only looked");
        sweep(&city.config, 0, false).await.unwrap();
        assert!(!name(&old).exists() && name(&needed).exists());
        assert!(name(&new).exists(), "it may belong to an upload that is not at its end");
    }
}
