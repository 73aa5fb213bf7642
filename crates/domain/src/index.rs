//! What a record can be found by: the records it refers to, and the codes and words in it.
//! Persistence keeps both in tables of their own, written with the record.

use uuid::Uuid;

use crate::collection::CollectionName;
use crate::value::{LocalizedText, words};

/// One reference from a record to another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// Where it stands in the record, as a JSON Pointer.
    pub pointer: String,
    /// The name it is filtered by, such as `place`.
    pub field: &'static str,
    /// The collection the target belongs to.
    pub collection: CollectionName,
    /// The target.
    pub target: Uuid,
}

/// The references of a record.
#[derive(Clone, Debug, Default)]
pub struct References(Vec<Reference>);

impl References {
    /// A reference that must be there.
    pub fn to(&mut self, pointer: impl Into<String>, field: &'static str, collection: CollectionName, target: Uuid) {
        self.0.push(Reference { pointer: pointer.into(), field, collection, target });
    }

    /// A single member named as its filter.
    pub fn one(&mut self, field: &'static str, collection: CollectionName, target: Option<Uuid>) {
        if let Some(target) = target {
            self.to(format!("/{field}"), field, collection, target);
        }
    }

    /// A list of references in a member named as its filter.
    pub fn many(&mut self, field: &'static str, collection: CollectionName, targets: &[Uuid]) {
        for (index, target) in targets.iter().enumerate() {
            self.to(format!("/{field}/{index}"), field, collection, *target);
        }
    }

    /// The references in the order they stand.
    pub fn iter(&self) -> impl Iterator<Item = &Reference> {
        self.0.iter()
    }
}

/// The codes and folded words of a record, by field.
#[derive(Clone, Debug, Default)]
pub struct Terms(Vec<(&'static str, String)>);

impl Terms {
    /// The field under which words for text search are kept.
    pub const WORDS: &'static str = "q";

    /// A code to filter by, such as a field of cooperation.
    pub fn code(&mut self, field: &'static str, code: &str) {
        self.push(field, code.to_owned());
    }

    /// Words that text search finds by their beginnings.
    pub fn text(&mut self, text: &str) {
        for word in words(text) {
            self.push(Self::WORDS, word);
        }
    }

    /// The words of a text in all its languages.
    pub fn localized(&mut self, text: &LocalizedText) {
        for (_, value) in text.iter() {
            self.text(value);
        }
    }

    /// The words of a text that may be missing.
    pub fn localized_option(&mut self, text: Option<&LocalizedText>) {
        if let Some(text) = text {
            self.localized(text);
        }
    }

    fn push(&mut self, field: &'static str, term: String) {
        if !self.0.iter().any(|(other, known)| *other == field && *known == term) {
            self.0.push((field, term));
        }
    }

    /// The terms, each once a field.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(field, term)| (*field, term.as_str()))
    }
}
