//! What a record can be found by: the records it refers to, the codes and words in it, and its dates.
//! Persistence keeps the first two in tables of their own, written with the record.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::OnceLock;

use uuid::Uuid;

use crate::collection::CollectionName;
use crate::value::{LanguageTag, LocalizedText, fold, words};

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

/// The dates of a record by member, as they are written.
#[derive(Clone, Debug, Default)]
pub struct Dates(Vec<(&'static str, String)>);

impl Dates {
    /// A date or an interval, where there is one.
    pub fn one(&mut self, member: &'static str, date: Option<impl ToString>) {
        self.0.extend(date.map(|date| (member, date.to_string())));
    }

    /// The dates in the order they were named.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        self.0.iter().map(|(member, text)| (*member, text.as_str()))
    }
}

/// How much a word says of a record: what it is told apart by first, then what it is called, then
/// all else that stands in it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum TermKind {
    /// A number of it, whole: `PAR-0007`, as folded.
    Number,
    /// A word of its title or of one of its names.
    Title,
    /// A word of another text of it.
    Text,
}

impl TermKind {
    /// All kinds, the most telling first.
    pub const ALL: [Self; 3] = [Self::Number, Self::Title, Self::Text];

    /// The field under which such words are kept.
    pub const fn field(self) -> &'static str {
        match self {
            Self::Number => "number",
            Self::Title => "title",
            Self::Text => "q",
        }
    }
}

/// The codes, texts and folded words of a record, by field.
#[derive(Clone, Debug, Default)]
pub struct Terms {
    codes: BTreeSet<(&'static str, String)>,
    texts: Vec<(TermKind, String)>,
    /// The words of the texts, each once, as what it says most: made when somebody asks for them.
    words: OnceLock<BTreeMap<String, TermKind>>,
    title: BTreeMap<LanguageTag, String>,
}

impl Terms {
    /// A code to filter by, such as a field of cooperation.
    pub fn code(&mut self, field: &'static str, code: &str) {
        self.codes.insert((field, code.to_owned()));
    }

    /// A number or code that people know the record by: found whole before all else, and by its parts.
    pub fn number(&mut self, number: &str) {
        self.add(TermKind::Number, number);
    }

    /// What the record is called.
    pub fn title(&mut self, title: &LocalizedText) {
        for (lang, text) in title.iter() {
            self.title.insert(lang.clone(), text.to_owned());
            self.add(TermKind::Title, text);
        }
    }

    /// What it is called, where it has a name of its own.
    pub fn title_option(&mut self, title: Option<&LocalizedText>) {
        if let Some(title) = title {
            self.title(title);
        }
    }

    /// One of its names; those to print make its title.
    pub fn name(&mut self, lang: &LanguageTag, name: &str, preferred: bool) {
        if preferred {
            self.title.entry(lang.clone()).or_insert_with(|| name.to_owned());
        }
        self.add(TermKind::Title, name);
    }

    /// Words that text search finds by their beginnings.
    pub fn text(&mut self, text: &str) {
        self.add(TermKind::Text, text);
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

    fn add(&mut self, kind: TermKind, text: &str) {
        if !text.is_empty() {
            self.texts.push((kind, text.to_owned()));
            self.words.take();
        }
    }

    fn words(&self) -> &BTreeMap<String, TermKind> {
        self.words.get_or_init(|| {
            let mut all = BTreeMap::new();
            let mut add = |word: String, kind: TermKind| {
                let known = all.entry(word).or_insert(kind);
                *known = kind.min(*known);
            };
            for (kind, text) in &self.texts {
                let whole = Some(fold(text)).filter(|whole| *kind == TermKind::Number && !whole.is_empty());
                whole.into_iter().for_each(|whole| add(whole, TermKind::Number));
                // A part of a number is a word like any other.
                let kind = if *kind == TermKind::Number { TermKind::Text } else { *kind };
                words(text).into_iter().for_each(|word| add(word, kind));
            }
            all
        })
    }

    /// The terms, each once a field, and each word once.
    pub fn iter(&self) -> impl Iterator<Item = (&'static str, &str)> {
        let codes = self.codes.iter().map(|(field, code)| (*field, code.as_str()));
        codes.chain(self.words().iter().map(|(word, kind)| (kind.field(), word.as_str())))
    }

    /// The texts that the words were taken from, the most telling first.
    pub fn texts(&self) -> Vec<(TermKind, &str)> {
        let mut texts: Vec<_> = self.texts.iter().map(|(kind, text)| (*kind, text.as_str())).collect();
        texts.sort_by_key(|(kind, _)| *kind);
        texts
    }

    /// What the record is called, in each language that it has a title or a name to print in;
    /// nothing where it has none of its own.
    pub fn titles(&self) -> &BTreeMap<LanguageTag, String> {
        &self.title
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_is_kept_once_as_what_it_says_most() {
        let mut terms = Terms::default();
        terms.text("Визит в Хэйхэ");
        terms.number("PAR-0007");
        terms.title(&LocalizedText::of("ru", "Хэйхэ").unwrap());
        terms.code("fields", "sport");
        let found: Vec<_> = terms.iter().collect();
        let wanted = [
            ("fields", "sport"),
            ("q", "0007"),
            ("q", "par"),
            ("number", "par0007"),
            ("q", "в"),
            ("q", "визит"),
            ("title", "хэйхэ"),
        ];
        assert_eq!(found, wanted);
        let texts = [(TermKind::Number, "PAR-0007"), (TermKind::Title, "Хэйхэ"), (TermKind::Text, "Визит в Хэйхэ")];
        assert_eq!(terms.texts(), texts);
    }

    #[test]
    fn names_to_print_make_the_title() {
        let mut terms = Terms::default();
        let (ru, zh) = (LanguageTag::parse("ru").unwrap(), LanguageTag::parse("zh").unwrap());
        terms.name(&ru, "Жиджао", false);
        terms.name(&ru, "Жичжао", true);
        terms.name(&zh, "日照", true);
        assert_eq!(terms.titles().values().collect::<Vec<_>>(), ["Жичжао", "日照"]);
        assert!(terms.iter().any(|term| term == ("title", "жиджао")));
        assert!(terms.iter().any(|term| term == ("title", "照")));
    }

    #[test]
    fn a_number_is_found_whole_whatever_stands_in_it() {
        let mut terms = Terms::default();
        terms.number("№ 12/345-а");
        terms.number("");
        let numbers: Vec<_> = terms.iter().filter(|(field, _)| *field == "number").collect();
        assert_eq!(numbers, [("number", fold("№ 12/345-а").as_str())]);
        assert!(terms.iter().any(|term| term == ("q", "345а")) && terms.iter().any(|term| term == ("q", "12")));
    }
}
