//! Korean as it is spoken, from Hangul or from its two romanisations, and written in Latin letters.
//!
//! A letter of Hangul sounds as its neighbours allow: 종로 is said jongno. What is written of it
//! elsewhere is what is said, so the sounds are worked out once, here, for Latin and for Cyrillic.

use unicode_normalization::UnicodeNormalization as _;

use super::{longest, plain_latin};

/// The words for city, county and the like at the end of a name.
const KINDS: [&str; 8] = ["특별시", "광역시", "직할시", "특급시", "시", "군", "읍", "구"];

/// A name in Hangul without the word for what it is a name of: 인천광역시 is 인천. Two syllables must
/// remain.
pub fn bare(name: &str) -> &str {
    let without = KINDS.iter().find_map(|kind| name.strip_suffix(kind)).map(str::trim_end);
    without.filter(|bare| bare.chars().nth(1).is_some()).unwrap_or(name)
}

/// How a syllable begins, as spoken. Plain ones are voiced between vowels; how that is written is the
/// business of who writes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Onset {
    None,
    G,
    Gg,
    N,
    D,
    Dd,
    R,
    M,
    B,
    Bb,
    S,
    Ss,
    J,
    Jj,
    Ch,
    K,
    T,
    P,
    H,
}

/// How a syllable ends, as spoken: seven sounds, or none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Coda {
    None,
    K,
    N,
    T,
    L,
    M,
    P,
    Ng,
}

/// A vowel by its place among the 21 of Unicode: ㅏ is 0, ㅣ is 20.
pub(super) type Vowel = usize;

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Syllable {
    pub(super) onset: Onset,
    pub(super) vowel: Vowel,
    pub(super) coda: Coda,
}

use Onset as O;

/// In the order of Unicode.
const ONSETS: [Onset; 19] = [
    O::G,
    O::Gg,
    O::N,
    O::D,
    O::Dd,
    O::R,
    O::M,
    O::B,
    O::Bb,
    O::S,
    O::Ss,
    O::None,
    O::J,
    O::Jj,
    O::Ch,
    O::K,
    O::T,
    O::P,
    O::H,
];

/// The 27 finals of Unicode: what each sounds like at an end, what of it stays before a vowel, and
/// what goes over to that vowel.
const FINALS: [(Coda, Coda, Onset); 27] = [
    (Coda::K, Coda::None, O::G),    // ㄱ
    (Coda::K, Coda::None, O::Gg),   // ㄲ
    (Coda::K, Coda::K, O::Ss),      // ㄳ
    (Coda::N, Coda::None, O::N),    // ㄴ
    (Coda::N, Coda::N, O::J),       // ㄵ
    (Coda::N, Coda::None, O::N),    // ㄶ
    (Coda::T, Coda::None, O::D),    // ㄷ
    (Coda::L, Coda::None, O::R),    // ㄹ
    (Coda::K, Coda::L, O::G),       // ㄺ
    (Coda::M, Coda::L, O::M),       // ㄻ
    (Coda::L, Coda::L, O::B),       // ㄼ
    (Coda::L, Coda::L, O::Ss),      // ㄽ
    (Coda::L, Coda::L, O::T),       // ㄾ
    (Coda::P, Coda::L, O::P),       // ㄿ
    (Coda::L, Coda::None, O::R),    // ㅀ
    (Coda::M, Coda::None, O::M),    // ㅁ
    (Coda::P, Coda::None, O::B),    // ㅂ
    (Coda::P, Coda::P, O::Ss),      // ㅄ
    (Coda::T, Coda::None, O::S),    // ㅅ
    (Coda::T, Coda::None, O::Ss),   // ㅆ
    (Coda::Ng, Coda::Ng, O::None),  // ㅇ
    (Coda::T, Coda::None, O::J),    // ㅈ
    (Coda::T, Coda::None, O::Ch),   // ㅊ
    (Coda::K, Coda::None, O::K),    // ㅋ
    (Coda::T, Coda::None, O::T),    // ㅌ
    (Coda::P, Coda::None, O::P),    // ㅍ
    (Coda::T, Coda::None, O::None), // ㅎ
];

/// The sounds of a word in Hangul; nothing when something else is in it.
pub(super) fn spoken(word: &str) -> Option<Vec<Syllable>> {
    let mut syllables = Vec::new();
    let mut finals = Vec::new();
    for c in word.chars() {
        let index = usize::try_from(u32::from(c).checked_sub(0xac00)?).ok().filter(|index| *index < 11_172)?;
        let r#final = (index % 28).checked_sub(1).and_then(|index| FINALS.get(index));
        let coda = r#final.map_or(Coda::None, |(coda, ..)| *coda);
        syllables.push(Syllable { onset: *ONSETS.get(index / 588)?, vowel: index % 588 / 28, coda });
        finals.push(r#final);
    }
    for at in 1..syllables.len() {
        let (before, onset) = (syllables[at - 1].coda, syllables[at].onset);
        let (coda, onset) = match (finals[at - 1], onset) {
            (Some((_, stays, moves)), O::None) => (*stays, *moves),
            _ => met(before, onset),
        };
        syllables[at - 1].coda = coda;
        syllables[at].onset = onset;
    }
    (!syllables.is_empty()).then_some(syllables)
}

/// What an end and a beginning make of each other.
fn met(coda: Coda, onset: Onset) -> (Coda, Onset) {
    let nasal = match coda {
        Coda::K => Coda::Ng,
        Coda::T => Coda::N,
        Coda::P => Coda::M,
        other => other,
    };
    match (coda, onset) {
        (Coda::L, O::N | O::R) | (Coda::N, O::R) => (Coda::L, O::R),
        (Coda::K | Coda::T | Coda::P | Coda::M | Coda::Ng, O::R) => (nasal, O::N),
        (Coda::K | Coda::T | Coda::P, O::N | O::M) => (nasal, onset),
        as_written => as_written,
    }
}

/// A way to write Korean in Latin letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Romanization {
    /// The South's, in use since 2000: Dangjin.
    Revised,
    /// McCune and Reischauer's of 1939, without its breves and apostrophes: Tangjin. The North's is
    /// close to it.
    McCune,
}

/// A word in Hangul in Latin letters, all small; nothing when something else is in it.
pub fn latin(word: &str, system: Romanization) -> Option<String> {
    let mut written = String::new();
    let mut before = Coda::None;
    let mut first = true;
    for syllable in spoken(word)? {
        let voiced = !first && matches!(before, Coda::None | Coda::N | Coda::M | Coda::Ng | Coda::L);
        written.push_str(match system {
            Romanization::Revised => revised(syllable.onset, before),
            Romanization::McCune => mccune(syllable.onset, before, voiced),
        });
        let vowels = match system {
            Romanization::Revised => &REVISED_VOWELS,
            Romanization::McCune => &MCCUNE_VOWELS,
        };
        written.push_str(vowels.get(syllable.vowel)?);
        written.push_str(coda_in_latin(syllable.coda));
        (before, first) = (syllable.coda, false);
    }
    Some(written)
}

const REVISED_VOWELS: [&str; 21] = [
    "a", "ae", "ya", "yae", "eo", "e", "yeo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "eu",
    "ui", "i",
];

const MCCUNE_VOWELS: [&str; 21] = [
    "a", "ae", "ya", "yae", "o", "e", "yo", "ye", "o", "wa", "wae", "oe", "yo", "u", "wo", "we", "wi", "yu", "u", "ui",
    "i",
];

fn revised(onset: Onset, before: Coda) -> &'static str {
    match onset {
        O::None => "",
        O::G => "g",
        O::Gg => "kk",
        O::N => "n",
        O::D => "d",
        O::Dd => "tt",
        O::R if before == Coda::L => "l",
        O::R => "r",
        O::M => "m",
        O::B => "b",
        O::Bb => "pp",
        O::S => "s",
        O::Ss => "ss",
        O::J => "j",
        O::Jj => "jj",
        O::Ch => "ch",
        O::K => "k",
        O::T => "t",
        O::P => "p",
        O::H => "h",
    }
}

fn mccune(onset: Onset, before: Coda, voiced: bool) -> &'static str {
    match (onset, voiced) {
        (O::G, false) => "k",
        (O::D, false) => "t",
        (O::B, false) => "p",
        (O::J, false) => "ch",
        (O::Jj, _) => "tch",
        _ => revised(onset, before),
    }
}

fn coda_in_latin(coda: Coda) -> &'static str {
    match coda {
        Coda::None => "",
        Coda::K => "k",
        Coda::N => "n",
        Coda::T => "t",
        Coda::L => "l",
        Coda::M => "m",
        Coda::P => "p",
        Coda::Ng => "ng",
    }
}

/// Beginnings in Latin letters, as the revised romanisation has them.
const LATIN_ONSETS: [(&str, Onset); 19] = [
    ("kk", O::Gg),
    ("tt", O::Dd),
    ("pp", O::Bb),
    ("ss", O::Ss),
    ("jj", O::Jj),
    ("ch", O::Ch),
    ("g", O::G),
    ("n", O::N),
    ("d", O::D),
    ("r", O::R),
    ("l", O::R),
    ("m", O::M),
    ("b", O::B),
    ("s", O::S),
    ("j", O::J),
    ("k", O::K),
    ("t", O::T),
    ("p", O::P),
    ("h", O::H),
];

/// As McCune and Reischauer have them, where it differs: what the apostrophe marks is aspirated, and
/// the bare letter is not.
const MCCUNE_ONSETS: [(&str, Onset); 9] = [
    ("ch'", O::Ch),
    ("k'", O::K),
    ("t'", O::T),
    ("p'", O::P),
    ("tch", O::Jj),
    ("ch", O::J),
    ("k", O::G),
    ("t", O::D),
    ("p", O::B),
];

const LATIN_CODAS: [(&str, Coda); 7] =
    [("ng", Coda::Ng), ("k", Coda::K), ("n", Coda::N), ("t", Coda::T), ("l", Coda::L), ("m", Coda::M), ("p", Coda::P)];

/// The sounds of a word from its romanisation, of either kind: the breve or an apostrophe tells which.
/// Nothing when it is neither.
pub(super) fn spoken_from_latin(word: &str) -> Option<Vec<Syllable>> {
    let by_mccune = word.chars().any(|c| matches!(c, 'ŏ' | 'ŭ' | 'Ŏ' | 'Ŭ' | '\'' | '’' | '\u{306}'));
    let vowels = REVISED_VOWELS.iter().enumerate().map(|(vowel, latin)| (*latin, vowel));
    let mut vowels: Vec<(&'static str, Vowel)> = vowels.collect();
    // Its ŏ and ŭ are what the revised romanisation writes with two letters.
    vowels.extend([("weo", 14), ("eui", 19)]);
    let composed: String = word.nfc().flat_map(char::to_lowercase).collect();
    let plain = plain_latin(&composed.replace('ŏ', "eo").replace('ŭ', "eu"), false);
    let onset = |text: &'_ str| -> Option<(Onset, usize)> {
        let mccune = by_mccune.then(|| longest(&MCCUNE_ONSETS, text)).flatten();
        let (onset, rest) = mccune.or_else(|| longest(&LATIN_ONSETS, text))?;
        Some((onset, text.len() - rest.len()))
    };
    let mut syllables: Vec<Syllable> = Vec::new();
    let mut rest = plain.as_str();
    while !rest.is_empty() {
        let mut start = O::None;
        if let Some((found, length)) = onset(rest) {
            (start, rest) = (found, &rest[length..]);
        }
        let (vowel, after) = longest(&vowels, rest)?;
        let (coda, after) = coda_of(after, &onset, &vowels);
        syllables.push(Syllable { onset: start, vowel, coda });
        rest = after;
    }
    (!syllables.is_empty()).then_some(syllables)
}

/// The end of a syllable, and what follows. A consonant before a vowel begins the next syllable; ng
/// cannot.
fn coda_of<'t>(
    text: &'t str,
    onset: &impl Fn(&str) -> Option<(Onset, usize)>,
    vowels: &[(&'static str, Vowel)],
) -> (Coda, &'t str) {
    let begins_next = |text: &str| onset(text).is_some_and(|(_, length)| longest(vowels, &text[length..]).is_some());
    match longest(&LATIN_CODAS, text) {
        Some((Coda::Ng, rest)) => (Coda::Ng, rest),
        Some(_) if begins_next(text) => (Coda::None, text),
        Some((coda, rest)) => (coda, rest.strip_prefix('\'').unwrap_or(rest)),
        None => (Coda::None, text),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hangul_is_written_as_it_is_spoken() {
        for (hangul, revised, mccune) in [
            ("당진", "dangjin", "tangjin"),
            ("평성", "pyeongseong", "pyongsong"),
            ("평양", "pyeongyang", "pyongyang"),
            ("인천", "incheon", "inchon"),
            ("이천", "icheon", "ichon"),
            ("충청남도", "chungcheongnamdo", "chungchongnamdo"),
            ("종로", "jongno", "chongno"),
            ("강릉", "gangneung", "kangnung"),
            ("전라", "jeolla", "cholla"),
            ("신라", "silla", "silla"),
            ("독립", "dongnip", "tongnip"),
            ("울산", "ulsan", "ulsan"),
            ("밀양", "miryang", "miryang"),
            ("묵호", "mukho", "mukho"),
            ("백마", "baengma", "paengma"),
            ("제주", "jeju", "cheju"),
            ("읍내", "eumnae", "umnae"),
        ] {
            assert_eq!(latin(hangul, Romanization::Revised).as_deref(), Some(revised), "{hangul}");
            assert_eq!(latin(hangul, Romanization::McCune).as_deref(), Some(mccune), "{hangul}");
        }
        assert_eq!(latin("黑河", Romanization::Revised), None);
        assert_eq!(latin("", Romanization::Revised), None);
    }

    #[test]
    fn a_name_is_told_from_what_it_names() {
        for (name, without) in [
            ("인천광역시", "인천"),
            ("서울특별시", "서울"),
            ("당진시", "당진"),
            ("김천 시", "김천"),
            ("양구군", "양구"),
            ("양구", "양구"),
            ("시흥", "시흥"),
        ] {
            assert_eq!(bare(name), without, "{name}");
        }
    }

    #[test]
    fn both_romanisations_are_read_back() {
        for (hangul, latin) in [
            ("당진", "Dangjin"),
            ("평성", "P’yŏngsŏng"),
            ("강릉", "Gangneung"),
            ("강릉", "Kangnŭng"),
            ("원주", "Wŏnju"),
            ("청주", "Cheongju"),
            ("속초", "Sokcho"),
            ("의정부", "Uijeongbu"),
            ("태백", "T’aebaek"),
            ("홍천", "Hongch’ŏn"),
            ("전라", "Jeolla"),
        ] {
            assert_eq!(spoken_from_latin(latin), spoken(hangul), "{latin}");
        }
        for word in ["", "Vladivostok", "Heihe x", "강릉"] {
            assert_eq!(spoken_from_latin(word), None, "{word}");
        }
    }
}
