//! Answers: what an operation says when it says yes, before it is fitted to the client
//! (conditional, compressed, cached).

use std::fmt;

use bytes::Bytes;
use futures_util::stream::{self, BoxStream, StreamExt};
use futures_util::{Stream, TryStreamExt};
use pobratim_domain::CollectionName;
use pobratim_persistence::Head;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::contract::VERSION;

/// An answer. It is what an idempotency record keeps.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) body: Option<String>,
    pub(crate) content_type: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) tag: Option<Tag>,
    #[serde(default)]
    pub(crate) headers: Vec<(String, String)>,
    /// Whether it is a page for people, whose scripts and styles come from here.
    #[serde(default)]
    pub(crate) page: bool,
    /// A body that is sent as it is read. Only reading answers so, and no record keeps those.
    #[serde(skip)]
    pub(crate) stream: Option<Streamed>,
    /// A body that is no text. Only reading answers so.
    #[serde(skip)]
    pub(crate) binary: Option<Bytes>,
    /// The collections it was made from, when it depends on nothing else in the database.
    #[serde(skip)]
    pub(crate) made_from: Option<Vec<CollectionName>>,
}

/// A body that is sent as it is read.
pub(crate) struct Streamed {
    /// How long it is, when that is known before it is read.
    pub(crate) length: Option<u64>,
    pub(crate) bytes: BoxStream<'static, std::io::Result<Bytes>>,
}

/// The header of an answer that was given before.
pub(crate) const REPLAYED: &str = "Idempotent-Replayed";

impl Streamed {
    pub(crate) fn new<E>(length: u64, bytes: impl Stream<Item = Result<Bytes, E>> + Send + 'static) -> Self
    where
        E: std::error::Error + Send + Sync + 'static,
    {
        Self { length: Some(length), bytes: bytes.map_err(std::io::Error::other).boxed() }
    }

    /// A body whose length shows when it ends.
    pub(crate) fn open(bytes: impl Stream<Item = std::io::Result<Bytes>> + Send + 'static) -> Self {
        Self { length: None, bytes: bytes.boxed() }
    }

    /// What a body of this length is for HEAD, or for a client that has it.
    pub(crate) fn nothing_of(length: impl Into<Option<u64>>) -> Self {
        Self { length: length.into(), bytes: stream::empty().boxed() }
    }
}

impl fmt::Debug for Streamed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.length {
            Some(length) => write!(out, "{length} bytes"),
            None => out.write_str("bytes"),
        }
    }
}

/// What an ETag is made of. Its lead is the state (version or revision, epoch, and which record),
/// which `If-Match` compares; the rest makes sure that different bytes never share a tag.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Tag {
    state: i64,
    epoch: String,
    of: String,
    shape: String,
}

/// How a tag names what is no record.
const NO_RECORD: &str = "0";

/// How a tag names a record: by the random end of its id.
fn name_of(record: Uuid) -> String {
    let id = record.simple().to_string();
    id.get(24..).unwrap_or_default().to_owned()
}

impl Tag {
    /// A tag for a state, as seen by a view in a representation.
    pub(crate) fn new(state: i64, epoch: &str, shape: &[&str]) -> Self {
        Self { state, epoch: epoch.to_owned(), of: NO_RECORD.to_owned(), shape: shape.join("\n") }
    }

    /// A tag for the state of collections, with the index by which their records are found.
    pub(crate) fn of_state(head: &Head, collections: &[CollectionName], shape: &[&str]) -> Self {
        let index = head.index.to_string();
        let shape: Vec<&str> = shape.iter().copied().chain([index.as_str()]).collect();
        Self::new(head.of_all(collections), &head.epoch, &shape)
    }

    /// A tag for a version of a record: the one kind that `If-Match` takes.
    pub(crate) fn of_record(id: Uuid, version: i64, epoch: &str, shape: &[&str]) -> Self {
        Self { of: name_of(id), ..Self::new(version, epoch, shape) }
    }

    /// How many bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        self.epoch.len() + self.of.len() + self.shape.len()
    }

    /// The tag as a header carries it, for one encoding of the bytes.
    pub(crate) fn header(&self, encoding: &str) -> String {
        let mut hash = Sha256::new();
        for part in [self.shape.as_str(), encoding, VERSION] {
            hash.update(part.as_bytes());
            hash.update([0]);
        }
        let digest = hash.finalize();
        let shape: String = digest.iter().take(6).map(|byte| format!("{byte:02x}")).collect();
        format!("\"{}-{}-{}-{shape}\"", self.state, self.epoch, self.of)
    }
}

impl Answer {
    pub(crate) fn json(status: u16, body: String) -> Self {
        Self {
            status,
            body: Some(body),
            content_type: "application/json".to_owned(),
            tag: None,
            headers: Vec::new(),
            page: false,
            stream: None,
            binary: None,
            made_from: None,
        }
    }

    pub(crate) fn empty(status: u16) -> Self {
        Self { body: None, content_type: String::new(), ..Self::json(status, String::new()) }
    }

    pub(crate) fn text(content_type: &str, body: String) -> Self {
        Self { content_type: content_type.to_owned(), ..Self::json(200, body) }
    }

    /// A body that is no text.
    pub(crate) fn bytes(content_type: &str, body: Vec<u8>) -> Self {
        Self { body: None, binary: Some(Bytes::from(body)), ..Self::text(content_type, String::new()) }
    }

    pub(crate) fn page(content_type: &str, body: String) -> Self {
        Self { page: true, ..Self::text(content_type, body) }
    }

    pub(crate) fn streamed(mut self, stream: Streamed) -> Self {
        self.stream = Some(stream);
        self
    }

    /// Whether it was given before.
    pub(crate) fn is_replayed(&self) -> bool {
        self.headers.iter().any(|(name, _)| name == REPLAYED)
    }

    pub(crate) fn tagged(mut self, tag: Tag) -> Self {
        self.tag = Some(tag);
        self
    }

    /// Says which collections it was made from: it holds as long as they stand as in its snapshot.
    pub(crate) fn made_from(mut self, collections: &[CollectionName]) -> Self {
        self.made_from = Some(collections.to_vec());
        self
    }

    /// The same, for what is no record: its tag is the state of those collections, and all that the
    /// answer depends on beside them.
    pub(crate) fn drawn_from(self, head: &Head, collections: &[CollectionName], shape: &[&str]) -> Self {
        self.tagged(Tag::of_state(head, collections, shape)).made_from(collections)
    }

    pub(crate) fn with(mut self, name: &str, value: impl Into<String>) -> Self {
        self.headers.push((name.to_owned(), value.into()));
        self
    }
}

/// The versions a client says it has seen: the `If-Match` header.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum IfMatch {
    /// Any version, as long as the record is there.
    Any,
    /// One of these states: version, epoch, record.
    States(Vec<(i64, String, String)>),
}

impl IfMatch {
    /// Reads the header. Weak tags never match, as RFC 9110 has it; nor do tags not made here.
    pub(crate) fn parse(header: &str) -> Self {
        if header.trim() == "*" {
            return Self::Any;
        }
        Self::States(header.split(',').filter_map(|tag| state_of(tag.trim())).collect())
    }

    pub(crate) fn matches(&self, record: Uuid, version: i64, epoch: &str) -> bool {
        match self {
            Self::Any => true,
            Self::States(states) => {
                let name = name_of(record);
                states.iter().any(|(state, history, of)| *state == version && history == epoch && *of == name)
            }
        }
    }
}

fn state_of(tag: &str) -> Option<(i64, String, String)> {
    let inner = tag.strip_prefix('"')?.strip_suffix('"')?;
    let mut parts = inner.split('-');
    let state = parts.next()?.parse().ok()?;
    let epoch = parts.next()?.to_owned();
    Some((state, epoch, parts.next()?.to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn if_match_compares_record_state_and_epoch_only() {
        let (record, other) = (Uuid::from_u128(7), Uuid::from_u128(8));
        let tag = Tag::of_record(record, 3, "e1", &["place", "p"]);
        for encoding in ["", "gzip"] {
            let seen = IfMatch::parse(&tag.header(encoding));
            assert!(seen.matches(record, 3, "e1"));
            assert!(!seen.matches(record, 4, "e1") && !seen.matches(record, 3, "e2") && !seen.matches(other, 3, "e1"));
        }
        assert_ne!(tag.header(""), tag.header("gzip"));
        assert!(!IfMatch::parse(&Tag::new(3, "e1", &["list"]).header("")).matches(record, 3, "e1"));
        assert!(!IfMatch::parse("W/\"3-e1-00000007-x\"").matches(record, 3, "e1"));
        assert!(IfMatch::parse("\"9-x\", \"3-e1-00000007-x\"").matches(record, 3, "e1"));
    }
}
