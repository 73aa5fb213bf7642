//! Finding cities by a name: by its key, by what a rule makes of it, and at last by spellings near to
//! it, each answer with how it matched.

use std::collections::HashMap;
use std::sync::LazyLock;

use fst::{IntoStreamer as _, Streamer as _};
use levenshtein_automata::{Distance, LevenshteinAutomatonBuilder};

use crate::container::{LANGUAGES, Origin};
use crate::gazetteer::{City, Gazetteer, Name, Posting};
use crate::key::key;
use crate::transliteration::hangul::{self, Romanization};
use crate::transliteration::{cyrillic, kana};

/// How a city's name matched, best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum MatchKind {
    /// By its main name, a labelled one, or one that we set right.
    Exact,
    /// By another name or spelling that the sources have.
    Alias,
    /// By a spelling made by rule: of the city's name, or of what was asked.
    Transliteration,
    /// By a name that differs in a letter or two.
    Fuzzy,
}

/// What is asked for.
#[derive(Clone, Copy, Debug)]
pub struct Query<'q> {
    /// The name.
    pub text: &'q str,
    /// Only cities of this country, ISO 3166-1 alpha-2.
    pub country: Option<&'q str>,
    /// The language that the name is in: names of that language come first.
    pub lang: Option<&'q str>,
    /// The most answers.
    pub limit: usize,
}

/// A city that was found.
#[derive(Clone, Copy, Debug)]
pub struct Found<'g> {
    /// The city.
    pub city: City<'g>,
    /// How its name matched.
    pub kind: MatchKind,
    /// The name that did.
    pub name: Name<'g>,
    /// In how many letters, once folded, the name differs from what was asked; 0 unless fuzzy.
    pub distance: u8,
}

/// Letters that are wrong, left out, added or swapped, each counted once. Making these is not free.
static ONE: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(1, true));
static TWO: LazyLock<LevenshteinAutomatonBuilder> = LazyLock::new(|| LevenshteinAutomatonBuilder::new(2, true));

/// The most letters of what is looked for by spellings near to it: an automaton grows with them.
const MOST_FUZZY: usize = 40;

impl Gazetteer {
    /// The cities that are called so, the likeliest first: by how the name matched, in how many letters
    /// it differs, whether it is of the language asked for, and of the city's own country; then by
    /// population, country and id.
    ///
    /// Spellings near to it are looked at when nobody is called so: who asks for Ичхон does not mean
    /// Инчхон.
    pub fn search(&self, query: &Query<'_>) -> Vec<Found<'_>> {
        self.search_among(query, |_, _| true)
    }

    /// The same with so many letters off at most: who looks for thousands of names has no time for more.
    pub fn search_within(&self, query: &Query<'_>, letters: u8) -> Vec<Found<'_>> {
        self.find(query, letters, |_, _| true)
    }

    /// The same with only those names that `keep` keeps: to measure what would be found without.
    pub fn search_among(&self, query: &Query<'_>, keep: impl Fn(&City<'_>, &Name<'_>) -> bool) -> Vec<Found<'_>> {
        self.find(query, u8::MAX, keep)
    }

    fn find(&self, query: &Query<'_>, letters: u8, keep: impl Fn(&City<'_>, &Name<'_>) -> bool) -> Vec<Found<'_>> {
        let asked = key(query.text);
        let mut search = Search { gazetteer: self, query, keep, best: HashMap::new() };
        search.by_key(&asked, None);
        search.rewritten(&asked);
        // A second letter is looked at when one does not do: it takes several times as long.
        for distance in 1..=tolerance(&asked).min(letters) {
            if search.best.is_empty() {
                search.nearby(&asked, distance);
            }
        }
        let mut found: Vec<Found<'_>> = search.best.into_values().collect();
        found.sort_by_cached_key(|found| rank(found, query));
        found.truncate(query.limit);
        found
    }
}

fn rank<'g>(found: &Found<'g>, query: &Query<'_>) -> impl Ord + use<'g> {
    let foreign = query.lang.is_some_and(|lang| !speaks(found.name.lang, lang));
    // 안산 is a city in Korea before it is one in China.
    let abroad = found.city.home_language() != Some(found.name.lang);
    let population = std::cmp::Reverse(found.city.population());
    (found.kind, found.distance, foreign, abroad, population, found.city.country(), found.city.id())
}

/// Whether a name's language is this one, whatever its script or region.
fn speaks(name: &str, lang: &str) -> bool {
    name.split('-').next() == lang.split('-').next()
}

/// How far a name may be from what was asked, by the letters of the latter. Signs that stand for a
/// syllable or a word carry more than a letter does.
fn tolerance(asked: &str) -> u8 {
    let letters = asked.chars().count();
    let signs = asked.chars().filter(|c| u32::from(*c) >= 0x2e80).count();
    match (letters, signs) {
        (..=2, _) | (MOST_FUZZY.., _) => 0,
        (3, 1..) => 0,
        (_, 1..) => 1,
        (..=6, 0) => 1,
        _ => 2,
    }
}

struct Search<'g, 'q, K> {
    gazetteer: &'g Gazetteer,
    query: &'q Query<'q>,
    keep: K,
    /// The best match of each city, by its place.
    best: HashMap<usize, Found<'g>>,
}

impl<'g, K: Fn(&City<'_>, &Name<'_>) -> bool> Search<'g, '_, K> {
    fn by_key(&mut self, key: &str, kind: Option<MatchKind>) {
        if let Some(entry) = self.gazetteer.index.get(key) {
            self.add(key, entry, kind, 0);
        }
    }

    /// What was asked, in Latin letters.
    fn rewritten(&mut self, asked: &str) {
        let bare = hangul::bare(asked);
        let spellings = [
            hangul::latin(bare, Romanization::Revised),
            hangul::latin(bare, Romanization::McCune),
            kana::latin(asked),
            cyrillic::latin(asked),
        ];
        for spelling in spellings.into_iter().flatten() {
            self.by_key(&key(&spelling), Some(MatchKind::Transliteration));
        }
    }

    fn nearby(&mut self, asked: &str, distance: u8) {
        let automata = if distance == 1 { &ONE } else { &TWO };
        let automaton = automata.build_dfa(asked);
        let mut keys = self.gazetteer.index.search(&automaton).into_stream();
        let mut entries = Vec::new();
        while let Some((key, entry)) = keys.next() {
            if let Distance::Exact(distance) = automaton.eval(key) {
                entries.push((String::from_utf8_lossy(key).into_owned(), entry, distance));
            }
        }
        for (key, entry, distance) in entries {
            self.add(&key, entry, Some(MatchKind::Fuzzy), distance);
        }
    }

    fn add(&mut self, key: &str, entry: u64, kind: Option<MatchKind>, distance: u8) {
        for posting in self.gazetteer.postings(entry) {
            let Some((city, name)) = self.read(posting, key) else { continue };
            if self.query.country.is_some_and(|country| country != city.country()) || !(self.keep)(&city, &name) {
                continue;
            }
            // What was rewritten names a city by a name that somebody vouches for: rewritten once more, as
            // many inferred names are, Хэйхе would be Nagqu in Tibet.
            if kind == Some(MatchKind::Transliteration) && name.origin > Origin::Labelled {
                continue;
            }
            // Two letters from a spelling that nobody vouches for is too far.
            if distance > 1 && matches!(name.origin, Origin::Inferred | Origin::Practical) {
                continue;
            }
            let kind = kind.unwrap_or(match name.origin {
                Origin::Main | Origin::Corrected | Origin::Labelled => MatchKind::Exact,
                Origin::Inferred => MatchKind::Alias,
                Origin::Generated | Origin::Practical => MatchKind::Transliteration,
            });
            let found = Found { city, kind, name, distance };
            // Of names that match alike, the one that stands first among the languages.
            let worth = |found: &Found<'_>| {
                let lang = LANGUAGES.iter().position(|lang| *lang == found.name.lang);
                (found.kind, found.distance, found.name.origin, lang)
            };
            let better = |known: &Found<'_>| worth(&found) < worth(known);
            if self.best.get(&posting.city).is_none_or(better) {
                self.best.insert(posting.city, found);
            }
        }
    }

    /// The city, and its name with this key: the one of the language asked for, if there is.
    fn read(&self, posting: Posting, key_of_name: &str) -> Option<(City<'g>, Name<'g>)> {
        let city = self.gazetteer.city_at(posting.city)?;
        let name = city.names().nth(posting.name)?;
        let Some(lang) = self.query.lang.filter(|lang| !speaks(name.lang, lang)) else { return Some((city, name)) };
        let is_made = name.origin >= Origin::Generated;
        let same = |other: &Name<'_>| {
            speaks(other.lang, lang) && (other.origin >= Origin::Generated) == is_made && key(other.text) == key_of_name
        };
        Some((city, city.names().find(same).unwrap_or(name)))
    }
}

#[cfg(test)]
mod tests;
