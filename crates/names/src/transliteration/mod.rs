//! Spellings made by rule, from the published tables: what a Russian calls a Chinese, Japanese or
//! Korean city that has no Russian name yet, and what Hangul, Kana and Cyrillic are in Latin letters.
//!
//! What belongs here: writing a name in another script. A rule does not know what custom has made of
//! a name (Токио, Пекин, Сеул), so its result is a proposal. Nothing but the standard library and
//! Unicode's normal forms, for the build script is compiled from these files too.

pub mod cyrillic;
pub mod hangul;
pub mod kana;
pub mod kontsevich;
pub mod palladius;
pub mod polivanov;

use unicode_normalization::UnicodeNormalization as _;
use unicode_normalization::char::is_combining_mark;

/// A name cut at spaces and hyphens, each word written anew and the cuts kept. Nothing when a word
/// does not follow the rule, for half a name is none.
fn by_word(name: &str, write: impl Fn(&str) -> Option<String>) -> Option<String> {
    let mut written = String::new();
    let mut word = String::new();
    let flush = |word: &mut String, written: &mut String| {
        if !word.is_empty() {
            written.push_str(&capitalized(&write(word)?));
            word.clear();
        }
        Some(())
    };
    for c in name.trim().chars() {
        if matches!(c, ' ' | '-') {
            flush(&mut word, &mut written)?;
            written.push(c);
        } else {
            word.push(c);
        }
    }
    flush(&mut word, &mut written)?;
    (!written.is_empty()).then_some(written)
}

pub(crate) fn capitalized(word: &str) -> String {
    let mut letters = word.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

/// Small letters without marks; ü is kept, being another vowel than u in pinyin, when asked for.
fn plain_latin(text: &str, keep_umlaut: bool) -> String {
    let mut plain = String::with_capacity(text.len());
    for c in text.nfd().flat_map(char::to_lowercase) {
        match c {
            '\u{308}' if keep_umlaut && plain.ends_with('u') => {
                plain.pop();
                plain.push('ü');
            }
            '\u{2019}' | '\u{2bc}' | '`' | '\u{2018}' => plain.push('\''),
            c if is_combining_mark(c) => {}
            c => plain.push(c),
        }
    }
    plain
}

/// The first entry of a table that a text begins with, and what follows it. Tables have their longer
/// entries first where one begins another.
fn longest<'t, T: Copy>(table: &[(&'static str, T)], text: &'t str) -> Option<(T, &'t str)> {
    let fitting = table.iter().filter(|(latin, _)| text.starts_with(latin));
    let (latin, written) = fitting.max_by_key(|(latin, _)| latin.len())?;
    Some((*written, &text[latin.len()..]))
}

/// How people who do not know a rule write what was made by it, from a table of what they write in
/// place of what: one looser spelling, all small. Nothing when it is the same.
fn loosened(name: &str, table: &[(&'static str, &'static str)]) -> Option<String> {
    let plain = name.to_lowercase();
    let mut loose = String::with_capacity(plain.len());
    let mut rest = plain.as_str();
    while let Some(c) = rest.chars().next() {
        match longest(table, rest) {
            Some((written, after)) => {
                loose.push_str(written);
                rest = after;
            }
            None => {
                loose.push(c);
                rest = &rest[c.len_utf8()..];
            }
        }
    }
    (loose != plain).then_some(loose)
}
