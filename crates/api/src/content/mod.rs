//! The content of documents: files taken in and given out, as streams. What belongs here is what
//! HTTP says of them: sizes, digests, names, ranges; where the files lie is `pobratim-files`' business.

mod digest;
mod download;
mod incoming;
mod name;
mod range;
mod upload;

pub(crate) use digest::PATTERN as DIGEST;
pub(crate) use download::download;
pub(crate) use incoming::{Incoming, too_large};
pub(crate) use name::of as name_of;
pub(crate) use upload::{PART, fault, hexadecimal, is_expected, put, submit, unreadable};

/// Types that a browser may show where they lie: it runs nothing in them. All others are for saving.
pub(crate) const SHOWN: &[&str] =
    &["application/pdf", "image/gif", "image/jpeg", "image/png", "image/webp", "text/plain"];

/// What everything else is served as.
pub(crate) const BYTES: &str = "application/octet-stream";
