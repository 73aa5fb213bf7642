//! Value types: small, immutable, valid by construction. Each has one `parse`, and its JSON form
//! goes through it, so a value that exists is valid.

mod excerpt;
mod fold;
mod localized_text;
mod money;
mod partial_date;
mod partial_interval;
mod quantity;

pub use excerpt::{EXCERPT_MOST, excerpt};
pub use fold::{asked_words, fold, words};
pub use localized_text::{LanguageTag, LocalizedText};
pub use money::{CurrencyCode, Money};
pub use partial_date::{PartialDate, Precision};
pub use partial_interval::{Containment, PartialInterval};
pub use quantity::{Qualifier, Quantity};

/// Why a text is not the value it should be, in words for the person who wrote it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{0}")]
pub struct Malformed(pub String);
