//! Cursors: where a page ended, opaque to clients, authenticated, and bound to the list they were
//! made for.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use hmac::{Hmac, KeyInit, Mac};
use serde::{Deserialize, Serialize};
use sha2::Sha256;
use uuid::Uuid;

use crate::error::Error;

/// How many bytes of the authentication code are kept: enough against guessing, short to send.
const TAG: usize = 16;

/// The sort key and identity of the last record of a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cursor {
    /// The value of the column that the list is sorted by.
    pub key: Key,
    /// The record.
    pub id: Uuid,
}

/// A sort key's value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(untagged)]
pub enum Key {
    /// Of a column of numbers or moments.
    Whole(i64),
    /// Of a column of texts or days.
    Text(String),
}

/// Authenticates what leaves the server and comes back: cursors, and the hashes of keys.
#[derive(Clone)]
pub struct Secret(Vec<u8>);

impl Secret {
    /// From the text in the configuration or the database.
    pub fn new(text: &str) -> Self {
        Self(text.as_bytes().to_vec())
    }

    /// A keyed hash of several parts; each is preceded by its length.
    pub fn mac(&self, parts: &[&[u8]]) -> Vec<u8> {
        // HMAC takes a key of any length.
        let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(&self.0) else { return Vec::new() };
        for part in parts {
            mac.update(&u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
            mac.update(part);
        }
        mac.finalize().into_bytes().to_vec()
    }
}

impl std::fmt::Debug for Secret {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.write_str("Secret")
    }
}

impl Cursor {
    /// As clients carry it. `list` names the collection, filters, sort and view.
    pub fn encode(&self, secret: &Secret, list: &str) -> Result<String, Error> {
        let mut bytes = serde_json::to_vec(self)?;
        let tag = secret.mac(&[b"cursor", list.as_bytes(), &bytes]);
        bytes.extend_from_slice(tag.get(..TAG).unwrap_or_default());
        Ok(URL_SAFE_NO_PAD.encode(bytes))
    }

    /// Reads one that was made here for this very list.
    pub fn decode(text: &str, secret: &Secret, list: &str) -> Result<Self, Error> {
        let bytes = URL_SAFE_NO_PAD.decode(text).map_err(|_| Error::BadCursor)?;
        let split = bytes.len().checked_sub(TAG).ok_or(Error::BadCursor)?;
        let (body, tag) = bytes.split_at(split);
        let expected = secret.mac(&[b"cursor", list.as_bytes(), body]);
        let same = subtle::ConstantTimeEq::ct_eq(tag, expected.get(..TAG).unwrap_or_default());
        if !bool::from(same) {
            return Err(Error::BadCursor);
        }
        serde_json::from_slice(body).map_err(|_| Error::BadCursor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_cursor_belongs_to_its_list() {
        let secret = Secret::new("s");
        let cursor = Cursor { key: Key::Text("хэйхэ".to_owned()), id: Uuid::nil() };
        let text = cursor.encode(&secret, "places?sort=name").unwrap();
        assert_eq!(Cursor::decode(&text, &secret, "places?sort=name").unwrap(), cursor);
        assert!(Cursor::decode(&text, &secret, "places").is_err());
        assert!(Cursor::decode(&text, &Secret::new("t"), "places?sort=name").is_err());
        assert!(Cursor::decode("", &secret, "places").is_err());
    }
}
