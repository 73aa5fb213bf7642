//! The one folding of texts for search and comparison. It is done here and stored, because the two
//! databases disagree about case, accents and order.

use std::collections::HashSet;

use unicode_normalization::{UnicodeNormalization as _, char::canonical_combining_class, char::is_combining_mark};

/// Code points that a word keeps; longer ones are cut, on both sides of a search alike.
const MAX_WORD: usize = 64;

/// Code points that a suffix of Han or Kana keeps: enough for any name, and it keeps a long title
/// from filling the index with the square of its length.
const MAX_SUFFIX: usize = 16;

/// The form of a text in which two spellings of one name are equal: «Хэй-хэ» and «Хэйхэ»,
/// «Дзёэцу» and «Дзеэцу», "P’yŏngsŏng" and "pyongsong".
///
/// Compatibility forms are unified (NFKC), case is folded, accents go, as do the soft and the hard
/// sign, hyphens, apostrophes and invisible characters; white space becomes one space, none at the
/// ends. Long dashes separate, so they become a space. What makes another letter stays: the
/// breve of й, the voicing of kana, the vowels of Indic scripts and Thai. Folding a folded text
/// changes nothing.
pub fn fold(text: &str) -> String {
    if text.chars().all(is_simple) { fold_simple(text) } else { fold_any(text) }
}

/// Latin without marks, Russian, digits and what stands between: nearly all that is written here, and
/// nothing of it depends on what stands beside it.
const fn is_simple(c: char) -> bool {
    matches!(c, ' '..='~' | 'А'..='я' | 'Ё' | 'ё' | '«' | '»' | '–' | '—')
}

fn fold_simple(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut space = false;
    for c in text.chars() {
        let letter = match c {
            ' ' | '–' | '—' => {
                space = true;
                continue;
            }
            '-' | '\'' | '`' | 'ь' | 'ъ' | 'Ь' | 'Ъ' => continue,
            'Ё' | 'ё' => 'е',
            // Small letters come 32 after the capitals.
            'А'..='Я' => char::from_u32(u32::from(c) + 32).unwrap_or(c),
            _ => c.to_ascii_lowercase(),
        };
        if space && !folded.is_empty() {
            folded.push(' ');
        }
        space = false;
        folded.push(letter);
    }
    folded
}

fn fold_any(text: &str) -> String {
    let mut folded = String::with_capacity(text.len());
    let mut base = ' ';
    let mut space = false;
    let letters = text.chars().filter(|&c| !is_dropped(c)).nfkd().flat_map(fold_case).nfkd();
    for c in letters {
        let class = canonical_combining_class(c);
        if class != 0 {
            let short_i = c == '\u{306}' && base == 'и';
            if is_accent(class) && !short_i {
                continue;
            }
            if short_i {
                base = c; // a second breve is an accent
            }
        } else {
            base = c;
            if c.is_whitespace() || is_long_dash(c) {
                space = true;
                continue;
            }
            if is_dropped(c) || matches!(c, 'ь' | 'ъ') {
                continue;
            }
        }
        if space && !folded.is_empty() {
            folded.push(' ');
        }
        space = false;
        folded.push(c);
    }
    folded.nfc().collect()
}

/// The words by whose beginnings a text is found, folded, each once, in their order.
///
/// A word is a run of letters and digits. Chinese and Japanese are written without spaces, so a
/// match at the beginning of a run would never find 河 in 黑河; therefore every suffix of a run of
/// Han or Kana is a word too, as is what stands beside such a run (21 in 第21回). Korean has spaces
/// and needs none of it.
///
/// A word with a hyphen is found whole and by its parts: Хэйхэ finds «Благовещенск-Хэйхэ».
pub fn words(text: &str) -> Vec<String> {
    let mut words = Words::default();
    words.add_text(text);
    if text.contains(is_hyphen) {
        // What stands beside a hyphen begins or ends one of these; the rest is there already.
        for part in text.split(is_hyphen) {
            words.add_text(part);
        }
    }
    words.list
}

/// The words of what is searched: each of them must begin some word of the text. A word with a
/// hyphen is asked for whole, so that «Хэй-хэ» finds «Хэйхэ».
///
/// A word is asked for whole, also where it mixes scripts: what it begins has its parts too. One that
/// begins with Han or Kana is cut as suffixes are, so that a long one is found within a longer run.
pub fn asked_words(text: &str) -> Vec<String> {
    let mut words = Words::default();
    for word in fold(text).split(|c: char| !is_word_part(c)).filter(|word| word.contains(char::is_alphanumeric)) {
        words.add(word, if word.starts_with(is_han_or_kana) { MAX_SUFFIX } else { MAX_WORD });
    }
    words.list
}

impl Words {
    fn add_text(&mut self, text: &str) {
        let folded = fold(text);
        self.add_folded(&folded);
    }

    fn add_folded(&mut self, folded: &str) {
        for word in folded.split(|c: char| !is_word_part(c)) {
            // A mark alone, as after a stray space, is no word.
            if !word.contains(char::is_alphanumeric) {
                continue;
            }
            self.add(word, MAX_WORD);
            for run in runs(word) {
                if !run.starts_with(is_han_or_kana) {
                    self.add(run, MAX_WORD);
                    continue;
                }
                for (start, c) in run.char_indices() {
                    // The first suffix of the first run begins the whole word, which is there already.
                    let begins_word = start == 0 && run.as_ptr() == word.as_ptr();
                    if !begins_word && !is_combining_mark(c) {
                        self.add(&run[start..], MAX_SUFFIX);
                    }
                }
            }
        }
    }
}

#[derive(Default)]
struct Words {
    list: Vec<String>,
    seen: HashSet<String>,
}

impl Words {
    fn add(&mut self, word: &str, limit: usize) {
        let cut: String = word.chars().take(limit).collect();
        if !self.seen.contains(&cut) {
            self.seen.insert(cut.clone());
            self.list.push(cut);
        }
    }
}

/// A word cut where Han and Kana meet other writing.
fn runs(word: &str) -> Vec<&str> {
    let mut runs = Vec::new();
    let mut start = 0;
    let mut inside = None;
    for (at, c) in word.char_indices() {
        // A mark belongs to the letter before it.
        if is_combining_mark(c) {
            continue;
        }
        let han_or_kana = is_han_or_kana(c);
        if inside.is_some_and(|before| before != han_or_kana) {
            runs.push(&word[start..at]);
            start = at;
        }
        inside = Some(han_or_kana);
    }
    runs.push(&word[start..]);
    runs
}

pub(super) fn is_word_part(c: char) -> bool {
    // Marks that folding keeps are parts of letters: a virama or a Thai tone does not end a word.
    c.is_alphanumeric() || is_combining_mark(c)
}

fn is_han_or_kana(c: char) -> bool {
    matches!(c,
        '\u{3005}'..='\u{3007}' // 々〆〇
        | '\u{3041}'..='\u{3096}' | '\u{309d}'..='\u{309f}' // Hiragana
        | '\u{30a1}'..='\u{30fa}' | '\u{30fc}'..='\u{30ff}' | '\u{31f0}'..='\u{31ff}' // Katakana and ー
        | '\u{3400}'..='\u{4dbf}' | '\u{4e00}'..='\u{9fff}' | '\u{f900}'..='\u{faff}' // Han
        | '\u{1aff0}'..='\u{1b16f}' // Kana, historic and small
        | '\u{20000}'..='\u{3fffd}' // Han, the planes set apart for it
    )
}

/// Full case folding as far as the standard library has it: by way of the capital, ß becomes ss and
/// both small sigmas one; made small before, so that ẞ, its own capital, does too. Marks are left,
/// for the capital of the Greek iota below is a letter.
fn fold_case(c: char) -> impl Iterator<Item = char> {
    let keep = (canonical_combining_class(c) != 0).then_some(c);
    let change = keep.is_none().then(|| c.to_lowercase().flat_map(char::to_uppercase).flat_map(char::to_lowercase));
    keep.into_iter().chain(change.into_iter().flatten())
}

/// Whether a mark of this combining class is an accent or a reading aid that people leave out:
/// strokes through (1), Hebrew and Arabic points (10 to 35), marks around the letter (200 to 240).
/// The others, such as the voicing of kana (8) and the vowels of South Asia, spell another word.
fn is_accent(class: u8) -> bool {
    matches!(class, 1 | 10..=35 | 200..=240)
}

/// Hyphens and apostrophes, with all that is typed in their place, and what cannot be seen.
fn is_hyphen(c: char) -> bool {
    matches!(
        c,
        '-' | '\u{58a}' | '\u{5be}' | '\u{2010}' | '\u{2011}' | '\u{2212}' | '\u{30a0}' | '\u{fe63}' | '\u{ff0d}'
    )
}

pub(super) fn is_dropped(c: char) -> bool {
    is_hyphen(c)
        || matches!(c,
            '\u{ad}' | '\'' | '`' | '´' | '\u{2b9}'..='\u{2bf}' | '\u{2c8}' | '\u{55a}' | '\u{5f3}' | '\u{2018}'..='\u{201b}' | '\u{2032}'
            | '\u{2035}' | '\u{a78b}' | '\u{a78c}' | '\u{ff07}'
            | '\u{34f}' | '\u{61c}' | '\u{180b}'..='\u{180f}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}' | '\u{fe00}'..='\u{fe0f}' | '\u{feff}' | '\u{e0100}'..='\u{e01ef}'
        )
}

/// Dashes between words and years («Благовещенск — Хэйхэ», 2010–2012), which may lack the spaces.
fn is_long_dash(c: char) -> bool {
    matches!(c, '\u{2012}'..='\u{2015}' | '\u{2e3a}' | '\u{2e3b}')
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn spellings_of_one_name_are_equal() {
        for (text, folded) in [
            ("Хэй-хэ", "хэйхэ"),
            ("ХЭЙХЭ", "хэйхэ"),
            ("Дзёэцу", "дзеэцу"),
            ("P’yŏngsŏng", "pyongsong"),
            ("P'yŏngsŏng", "pyongsong"),
            ("Pʼyo\u{306}ngso\u{306}ng", "pyongsong"),
            ("Йошкар-Ола", "йошкарола"),
            ("и\u{306}о", "йо"),
            ("Санкт\u{2011}Петербург", "санктпетербург"),
            ("  Чхунчхон\u{a0}\n Намдо ", "чхунчхон намдо"),
            ("Благовещенск–Хэйхэ", "благовещенск хэйхэ"),
            ("соглашение — съезд", "соглашение сезд"),
            ("Jōetsu", "joetsu"),
            ("Straße", "strasse"),
            ("Σίσυφος", "σισυφοσ"),
            ("Île-de-France", "iledefrance"),
            ("ﬁne Ⅳ ２０１１", "fine iv 2011"),
            ("が ｶﾞ か", "が ガ か"),
            ("당진시", "당진시"),
            ("हिन्दी ไทย", "हिन्दी ไทย"),
            ("кӣ ў ї", "ки у і"),
            ("Хэй\u{ad}хэ\u{200b}", "хэйхэ"),
            ("—", ""),
        ] {
            assert_eq!(fold(text), folded, "{text}");
        }
        assert_ne!(fold("Инчхон"), fold("Ичхон"));
        assert_ne!(fold("й"), fold("и"));
    }

    #[test]
    fn words_are_found_by_their_beginnings() {
        assert_eq!(words("«Дружба», дружба и Хэй-хэ (2011)"), ["дружба", "и", "хэйхэ", "2011", "хэй", "хэ"]);
        assert_eq!(words("Мост «Благовещенск-Хэйхэ»"), ["мост", "благовещенскхэйхэ", "благовещенск", "хэйхэ"]);
        assert_eq!(asked_words("Хэй-хэ"), ["хэйхэ"]);
        assert_eq!(asked_words("黑河 第21回 中国China"), ["黑河", "第21回", "中国china"]);
        assert_eq!(asked_words(&"河".repeat(20)), ["河".repeat(16)]);
        // Cut shorter than the word that it begins.
        let mixed = format!("河{}", "a".repeat(20));
        assert!(
            words(&mixed)[0].starts_with(&asked_words(&mixed)[0]) && !words(&mixed).contains(&asked_words(&mixed)[0])
        );
        assert_eq!(words("黑河"), ["黑河", "河"]);
        assert_eq!(words("第21回"), ["第21回", "21", "回"]);
        assert_eq!(words("ニューヨーク・タイムズ")[..3], ["ニューヨーク", "ューヨーク", "ーヨーク"]);
        assert_eq!(words("中国China"), ["中国china", "国", "china"]);
        assert_eq!(words("당진시"), ["당진시"]);
        assert_eq!(words("हिन्दी"), ["हिन्दी"]);
        assert_eq!(words("— ' ! \u{94d}"), [""; 0]);
    }

    #[test]
    fn long_words_and_runs_are_cut() {
        assert_eq!(words(&"я".repeat(100)), ["я".repeat(64)]);
        let run: String = ('\u{4e00}'..'\u{4e64}').collect();
        let found = words(&run);
        assert_eq!(found.len(), 100);
        assert_eq!(found[0].chars().count(), 64);
        assert!(found[1..].iter().all(|word| word.chars().count() <= 16));
    }

    /// The idempotence below, for each character there is but Han, Hangul and private use, which
    /// would take seconds: the random texts never see most of them.
    #[test]
    fn no_character_folds_twice() {
        for c in ('\0'..='\u{33ff}').chain('\u{a000}'..='\u{abff}').chain('\u{f900}'..='\u{1ffff}') {
            // After a letter, since a mark may join it.
            let folded = fold(&format!("и{c}か"));
            assert_eq!(fold(&folded), folded, "U+{:04X}", u32::from(c));
        }
    }

    /// Texts thick with what folding treats specially, beside any text at all.
    fn any_text() -> impl Strategy<Value = String> {
        prop_oneof![
            any::<String>(),
            "[a-cA-CйЙиИьЪёßΣİıŏᾳ가か第河ガｶ゛ﾞ´'’ \\-–\u{306}\u{308}\u{327}\u{345}\u{3099}\u{93c}\u{94d}\u{34f}\u{ad}\u{200d}0-1.]{0,24}"
        ]
    }

    proptest! {
        #[test]
        fn simple_texts_are_folded_alike_the_short_way(text in "[ -~А-яЁё«»–—]{0,40}") {
            prop_assert!(text.chars().all(is_simple));
            prop_assert_eq!(fold_simple(&text), fold_any(&text));
        }

        #[test]
        fn folding_twice_changes_nothing(text in any_text()) {
            let folded = fold(&text);
            prop_assert_eq!(fold(&folded), folded);
        }

        #[test]
        fn words_do_not_care_for_folding(text in any_text()) {
            prop_assert_eq!(asked_words(&fold(&text)), asked_words(&text));
        }

        #[test]
        fn words_are_folded_short_and_told_once(text in any_text()) {
            let words = words(&text);
            prop_assert!(words.iter().all(|word| !word.is_empty() && word.chars().count() <= MAX_WORD));
            prop_assert_eq!(words.iter().collect::<HashSet<_>>().len(), words.len());
        }

        #[test]
        fn a_text_finds_itself(text in any_text()) {
            let indexed = words(&text);
            let is_found = |asked: &String| indexed.iter().any(|word| word.starts_with(asked.as_str()));
            prop_assert!(asked_words(&text).iter().all(is_found));
        }

        /// A piece of a Chinese title finds the title.
        #[test]
        fn any_piece_of_han_is_found(text in "[一-十]{1,40}", from in 0..40_usize, length in 1..=MAX_SUFFIX) {
            let piece: String = text.chars().skip(from).take(length).collect();
            let indexed = words(&text);
            for asked in asked_words(&piece) {
                prop_assert!(indexed.iter().any(|word| word.starts_with(&asked)), "{asked} in {text}");
            }
        }
    }
}
