//! Digests in headers (RFC 9530): the one that a client tells of what it sends, and the one told of
//! what is answered.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, FieldError};

/// The headers that tell the digest of what is sent. As no body here is encoded, the digest of the
/// content and that of the representation are one.
pub(crate) const HEADERS: [&str; 2] = ["Content-Digest", "Repr-Digest"];

/// The form of such a header. One without SHA-256 could not be held against anything, and would
/// promise a check that is not made.
pub(crate) const PATTERN: &str = "(^|,)[ \\t]*sha-256=:[A-Za-z0-9+/]{43}=:[ \\t]*(,|$)";

/// What the headers of a request say the digest is.
pub(crate) struct Expected(Vec<(&'static str, [u8; 32])>);

impl Expected {
    pub(crate) fn of(ctx: &Ctx) -> ApiResult<Self> {
        let mut expected = Vec::new();
        let mut faults = Vec::new();
        for name in HEADERS {
            let Some(text) = ctx.header(name) else { continue };
            match sha256(text) {
                Some(digest) => expected.push((name, digest)),
                None => faults.push(FieldError::header(name, "invalid", "It has the form sha-256=:…=: with 32 bytes.")),
            }
        }
        if faults.is_empty() { Ok(Self(expected)) } else { Err(ApiError::parameters(faults)) }
    }

    pub(crate) fn is_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Refuses when something else came.
    pub(crate) fn hold(&self, came: &[u8; 32]) -> ApiResult<()> {
        let wrong = self.0.iter().filter(|(_, digest)| digest != came);
        let faults: Vec<_> = wrong
            .map(|(name, _)| {
                let detail = format!("What came has the digest {}; nothing of it is kept.", field(came));
                FieldError::header(name, "digest_mismatch", detail)
            })
            .collect();
        if faults.is_empty() { Ok(()) } else { Err(ApiError::parameters(faults)) }
    }
}

/// A digest as a header tells it.
pub(crate) fn field(digest: &[u8]) -> String {
    format!("sha-256=:{}:", STANDARD.encode(digest))
}

/// The SHA-256 among the digests of a header; the last one, as a dictionary has it (RFC 9651).
fn sha256(text: &str) -> Option<[u8; 32]> {
    let member = text.split(',').filter_map(|member| member.trim().strip_prefix("sha-256=")).next_back()?;
    let bytes = STANDARD.decode(member.strip_prefix(':')?.strip_suffix(':')?).ok()?;
    bytes.try_into().ok()
}

#[cfg(test)]
mod tests {
    use sha2::{Digest, Sha256};

    use super::*;

    #[test]
    fn a_digest_is_read_as_it_is_told() {
        let digest: [u8; 32] = Sha256::digest(b"x").into();
        let told = field(&digest);
        assert_eq!(told, "sha-256=:LXEWQrcmsEQBYnyp+6wy9chTD7GQPMTbAiWHF5IaSIE=:");
        assert_eq!(sha256(&told), Some(digest));
        assert_eq!(sha256(&format!("sha-512=:AAAA:, {told}")), Some(digest));
        for wrong in ["", "sha-256=", "sha-256=:AAAA:", "md5=:AAAA:", &told.replace(':', "")] {
            assert_eq!(sha256(wrong), None, "{wrong}");
        }
    }
}
