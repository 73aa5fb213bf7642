//! An answer in its finished form: bytes that can be sent many times, as they are or compressed.
//! What belongs to one request (its id, limits, the log) is put around it in `asked`.

use std::io::Write;

use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;

use crate::answer::{Answer, Tag};

/// Answers smaller than this are not compressed.
const COMPRESS_FROM: usize = 1024;

/// What an answer says, whoever it is sent to. Copies share the bytes.
#[derive(Clone, Debug)]
pub(crate) struct Form {
    pub(crate) status: u16,
    pub(crate) content_type: String,
    pub(crate) tag: Option<Tag>,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) page: bool,
    body: Bytes,
    is_text: bool,
    gzip: Option<Bytes>,
}

impl Form {
    pub(crate) fn of(answer: Answer) -> Self {
        let is_text = answer.binary.is_none();
        Self {
            status: answer.status,
            content_type: answer.content_type,
            tag: answer.tag,
            headers: answer.headers,
            page: answer.page,
            body: answer.binary.unwrap_or_else(|| Bytes::from(answer.body.unwrap_or_default())),
            is_text,
            gzip: None,
        }
    }

    /// Whether it is worth compressing: what is no text is compressed in itself.
    pub(crate) fn is_compressible(&self) -> bool {
        self.is_text && self.body.len() >= COMPRESS_FROM
    }

    /// Whether its compressed form was made.
    pub(crate) fn is_compressed(&self) -> bool {
        self.gzip.is_some()
    }

    /// The same with its compressed form; nothing when it could not be made.
    pub(crate) fn compressed(&self) -> Option<Self> {
        let mut encoder = GzEncoder::new(Vec::with_capacity(self.body.len() / 3), Compression::fast());
        encoder.write_all(&self.body).ok()?;
        let small = encoder.finish().ok()?.into_boxed_slice();
        Some(Self { gzip: Some(Bytes::from(small)), ..self.clone() })
    }

    /// The bytes in an encoding.
    pub(crate) fn bytes(&self, encoding: &str) -> Bytes {
        match &self.gzip {
            Some(small) if encoding == "gzip" => small.clone(),
            _ => self.body.clone(),
        }
    }

    /// How many bytes it takes in memory.
    pub(crate) fn weight(&self) -> usize {
        let headers: usize = self.headers.iter().map(|(name, value)| name.len() + value.len() + 48).sum();
        self.body.len()
            + self.gzip.as_ref().map_or(0, Bytes::len)
            + self.content_type.len()
            + headers
            + self.tag.as_ref().map_or(0, Tag::weight)
    }
}
