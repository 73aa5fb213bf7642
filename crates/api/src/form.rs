//! An answer in its finished form: bytes that can be sent many times, as they are or compressed.
//! What belongs to one request (its id, limits, the log) is put around it in `asked`.

use std::io::Write;
use std::sync::OnceLock;

use actix_web::http::header::{HeaderName, HeaderValue};
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
    /// What the bytes are; absent when there are none.
    pub(crate) content_type: Option<HeaderValue>,
    tag: Option<Tag>,
    /// The tag as a header, for the bytes as they are and compressed; made at the first need.
    etags: [OnceLock<HeaderValue>; 2],
    pub(crate) headers: Vec<(HeaderName, HeaderValue)>,
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
            content_type: HeaderValue::from_str(&answer.content_type).ok().filter(|value| !value.is_empty()),
            tag: answer.tag,
            etags: Default::default(),
            headers: answer.headers.iter().filter_map(|(name, value)| header(name, value)).collect(),
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

    /// The ETag of the bytes in an encoding.
    pub(crate) fn etag(&self, encoding: &str) -> Option<&HeaderValue> {
        let tag = self.tag.as_ref()?;
        let [plain, compressed] = &self.etags;
        let etag = if encoding.is_empty() { plain } else { compressed };
        // A tag is made of letters that a header takes.
        Some(etag.get_or_init(|| {
            HeaderValue::from_str(&tag.header(encoding)).unwrap_or_else(|_| HeaderValue::from_static("\"\""))
        }))
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
        let headers: usize = self.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 48).sum();
        self.body.len()
            + self.gzip.as_ref().map_or(0, Bytes::len)
            + self.content_type.as_ref().map_or(0, HeaderValue::len)
            + headers
            + self.tag.as_ref().map_or(0, Tag::weight)
    }
}

fn header(name: &str, value: &str) -> Option<(HeaderName, HeaderValue)> {
    Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_str(value).ok()?))
}
