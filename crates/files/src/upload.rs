//! A file being written: in parts, so that it is never whole in memory, and counted, hashed and
//! looked at on its way. One that is dropped before its end leaves nothing behind.

use std::sync::Arc;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use object_store::{MultipartUpload, ObjectStore, ObjectStoreExt, PutPayload};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::media_type::sniff;
use crate::store::{Error, path, told};

/// How large a part is: as small as S3 takes it, since so much of each upload is in memory.
pub const PART: usize = 5 * 1024 * 1024;

/// How long a part may take to be written.
const PATIENCE: Duration = Duration::from_secs(60);

/// A file being written.
pub struct Upload {
    store: Arc<dyn ObjectStore>,
    id: Uuid,
    buffer: BytesMut,
    /// Begun with the first part; a file smaller than that is written at once.
    parts: Option<Box<dyn MultipartUpload>>,
    media_type: Option<&'static str>,
    size: u64,
    hash: Sha256,
}

/// A file that was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    /// Its name.
    pub id: Uuid,
    /// How many bytes it has.
    pub size: u64,
    /// Its SHA-256.
    pub sha256: [u8; 32],
    /// What it is, by its first bytes.
    pub media_type: &'static str,
}

impl Upload {
    pub(crate) fn new(store: Arc<dyn ObjectStore>, id: Uuid) -> Self {
        Self { store, id, buffer: BytesMut::new(), parts: None, media_type: None, size: 0, hash: Sha256::new() }
    }

    /// How many bytes came so far.
    pub fn size(&self) -> u64 {
        self.size
    }

    /// Writes what comes next.
    pub async fn write(&mut self, chunk: &[u8]) -> Result<(), Error> {
        self.size += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        self.hash.update(chunk);
        self.buffer.extend_from_slice(chunk);
        while self.buffer.len() > PART {
            let part = self.buffer.split_to(PART).freeze();
            self.put(part).await?;
        }
        Ok(())
    }

    async fn put(&mut self, part: Bytes) -> Result<(), Error> {
        in_time(self.put_part(part)).await
    }

    async fn put_part(&mut self, part: Bytes) -> Result<(), Error> {
        if self.media_type.is_none() {
            self.media_type = Some(sniff(&part, false));
        }
        if self.parts.is_none() {
            self.parts = Some(self.store.put_multipart(&path(self.id)).await.map_err(told)?);
        }
        match &mut self.parts {
            Some(parts) => parts.put_part(PutPayload::from_bytes(part)).await.map_err(told),
            None => Ok(()),
        }
    }

    /// Ends the file: from now on it is there, whole.
    pub async fn finish(mut self) -> Result<Stored, Error> {
        let last = std::mem::take(&mut self.buffer).freeze();
        let media_type = self.media_type.unwrap_or_else(|| sniff(&last, true));
        if self.parts.is_none() {
            let name = path(self.id);
            let whole = self.store.put(&name, PutPayload::from_bytes(last));
            in_time(async { whole.await.map_err(told) }).await?;
        } else {
            self.put(last).await?;
            if let Some(parts) = &mut self.parts {
                in_time(async { parts.complete().await.map_err(told) }).await?;
            }
            self.parts = None;
        }
        let sha256 = std::mem::take(&mut self.hash).finalize().into();
        Ok(Stored { id: self.id, size: self.size, sha256, media_type })
    }
}

/// Waits for the store, but not for ever: whoever uploads waits too.
async fn in_time<T>(written: impl Future<Output = Result<T, Error>>) -> Result<T, Error> {
    let outcome = tokio::time::timeout(PATIENCE, written).await;
    outcome.unwrap_or_else(|_| Err(Error::Store(format!("nothing was written within {} s", PATIENCE.as_secs()))))
}

impl Drop for Upload {
    fn drop(&mut self) {
        let Some(mut parts) = self.parts.take() else { return };
        // A folder's half file goes with its handle; a bucket has to be told.
        if let Ok(runtime) = tokio::runtime::Handle::try_current() {
            let id = self.id;
            runtime.spawn(async move {
                if let Err(error) = parts.abort().await {
                    tracing::warn!(%error, %id, "an upload was broken off, and its parts could not be removed");
                }
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;
    use tempfile::TempDir;

    use super::*;
    use crate::{Files, Place};

    fn files() -> (TempDir, Files) {
        let folder = tempfile::tempdir().unwrap();
        let files = Files::at(Place::Folder(folder.path().join("files")), []).unwrap();
        (folder, files)
    }

    fn names(folder: &TempDir) -> usize {
        std::fs::read_dir(folder.path().join("files")).unwrap().count()
    }

    async fn read(files: &Files, id: Uuid, range: Option<std::ops::Range<u64>>) -> Vec<u8> {
        let reading = files.read(id, range).await.unwrap();
        reading.bytes.map_ok(|chunk| chunk.to_vec()).try_concat().await.unwrap()
    }

    #[tokio::test]
    async fn small_and_large_files_come_back_as_they_were() {
        let (_folder, files) = files();
        for size in [0, 1, PART - 1, PART, PART + 1, 2 * PART, 2 * PART + 7] {
            let content: Vec<u8> = (0..size).map(|index| u8::try_from(index % 251).unwrap()).collect();
            let id = Uuid::from_u128(u128::try_from(size).unwrap());
            let mut upload = files.begin(id).unwrap();
            for chunk in content.chunks(700_001) {
                upload.write(chunk).await.unwrap();
            }
            let stored = upload.finish().await.unwrap();
            assert_eq!((stored.id, stored.size), (id, u64::try_from(size).unwrap()));
            assert_eq!(stored.sha256, <[u8; 32]>::from(Sha256::digest(&content)));
            assert!(read(&files, id, None).await == content, "{size}");
            assert_eq!(files.size(id).await.unwrap(), stored.size);
        }
        let id = Uuid::from_u128(u128::try_from(PART + 1).unwrap());
        assert_eq!(read(&files, id, Some(3..6)).await, [3, 4, 5]);
    }

    #[tokio::test]
    async fn what_is_broken_off_leaves_nothing() {
        let (folder, files) = files();
        let mut upload = files.begin(Uuid::from_u128(1)).unwrap();
        upload.write(&vec![7; PART + 1]).await.unwrap();
        assert_eq!(names(&folder), 1, "half a file is there meanwhile");
        drop(upload);
        // The removal is a task of its own, and runs its blocking part elsewhere.
        while names(&folder) > 0 {
            tokio::task::yield_now().await;
        }
        assert!(matches!(files.size(Uuid::from_u128(1)).await, Err(Error::Missing(_))));
    }

    #[tokio::test]
    async fn removed_is_removed_and_removing_again_is_no_matter() {
        let (folder, files) = files();
        let id = Uuid::from_u128(1);
        files.begin(id).unwrap().finish().await.unwrap();
        assert_eq!(files.older_than(std::time::Duration::ZERO).await.unwrap(), [id]);
        assert!(files.older_than(std::time::Duration::from_secs(60)).await.unwrap().is_empty());
        files.remove(id).await.unwrap();
        files.remove(id).await.unwrap();
        assert_eq!(names(&folder), 0);
    }

    #[tokio::test]
    async fn halves_of_killed_uploads_are_removed() {
        let (folder, files) = files();
        files.begin(Uuid::from_u128(1)).unwrap().finish().await.unwrap();
        let beside = |name: &str| std::fs::write(folder.path().join("files").join(name), "x").unwrap();
        beside(&format!("{}#1", Uuid::from_u128(2)));
        beside("notes#1");
        assert_eq!(files.remove_halves(std::time::Duration::from_secs(60)).unwrap(), 0);
        assert_eq!(files.remove_halves(std::time::Duration::ZERO).unwrap(), 1);
        assert_eq!(names(&folder), 2, "what is not ours stays");
    }
}
