//! Japanese in Cyrillic letters: the system of Polivanov, from Hepburn's romanisation.
//!
//! Long vowels are left short, as Russian maps and papers do.

use super::{by_word, longest, loosened, plain_latin};

/// What a consonant is in Cyrillic, and whether the vowel after it is a soft one.
const CONSONANTS: [(&str, (&str, bool)); 29] = [
    ("ky", ("к", true)),
    ("gy", ("г", true)),
    ("ny", ("н", true)),
    ("hy", ("х", true)),
    ("by", ("б", true)),
    ("py", ("п", true)),
    ("my", ("м", true)),
    ("ry", ("р", true)),
    ("sh", ("с", true)),
    ("ch", ("т", true)),
    ("j", ("дз", true)),
    ("y", ("", true)),
    ("ts", ("ц", false)),
    ("k", ("к", false)),
    ("g", ("г", false)),
    ("s", ("с", false)),
    ("z", ("дз", false)),
    ("t", ("т", false)),
    ("d", ("д", false)),
    ("n", ("н", false)),
    ("h", ("х", false)),
    ("f", ("ф", false)),
    ("b", ("б", false)),
    ("p", ("п", false)),
    ("m", ("м", false)),
    ("r", ("р", false)),
    ("w", ("в", false)),
    ("v", ("в", false)),
    ("", ("", false)),
];

const HARD: [(&str, &str); 5] = [("a", "а"), ("i", "и"), ("u", "у"), ("e", "э"), ("o", "о")];
const SOFT: [(&str, &str); 5] = [("a", "я"), ("i", "и"), ("u", "ю"), ("e", "е"), ("o", "ё")];

/// What English has made of it, and what people put for ё and э.
const LOOSE: [(&str, &str); 23] = [
    ("тя", "ча"),
    ("тю", "чу"),
    ("тё", "чо"),
    ("ти", "чи"),
    ("дзя", "джа"),
    ("дзю", "джу"),
    ("дзё", "джо"),
    ("дзи", "джи"),
    ("ся", "ша"),
    ("сю", "шу"),
    ("сё", "шо"),
    ("си", "ши"),
    ("кё", "кио"),
    ("гё", "гио"),
    ("нё", "нио"),
    ("хё", "хио"),
    ("рё", "рио"),
    ("мё", "мио"),
    ("бё", "био"),
    ("пё", "пио"),
    ("ё", "йо"),
    ("э", "е"),
    ("й", "и"),
];

/// The name of a Japanese place in Cyrillic letters, from its romanisation: Jōetsu is Дзёэцу.
/// Nothing when it is no such romanisation.
pub fn cyrillic(romaji: &str) -> Option<String> {
    by_word(&plain_latin(romaji, false), word)
}

/// How it is often written by those who do not know the system: Джоецу, Фукушима.
pub fn practical(name: &str) -> Option<String> {
    loosened(name, &LOOSE)
}

fn word(word: &str) -> Option<String> {
    let mut written = String::new();
    let mut rest = word;
    while !rest.is_empty() {
        if let Some(after) = moraic_n(rest) {
            let next = after.trim_start_matches('\'');
            // Симбаси, and Синъити: the sound is the next one's, or stands apart from it.
            written.push_str(if next.starts_with(['b', 'p', 'm']) { "м" } else { "н" });
            if next.starts_with(['a', 'i', 'u', 'e', 'o', 'y']) {
                written.push('ъ');
            }
            rest = next;
            continue;
        }
        if let Some(after) = doubled(rest) {
            let ((cyrillic, _), _) = longest(&CONSONANTS, after)?;
            written.push(cyrillic.chars().next()?);
            rest = after;
            continue;
        }
        let ((cyrillic, soft), after) = longest(&CONSONANTS, rest)?;
        let (vowel, after) = longest(if soft { &SOFT } else { &HARD }, after)?;
        // Сэндай and Хэйсэй, but Куроиси.
        let glides = written.ends_with(['а', 'э', 'я']) && cyrillic.is_empty() && vowel == "и";
        written.push_str(cyrillic);
        written.push_str(if glides { "й" } else { vowel });
        rest = after;
    }
    Some(written)
}

/// What follows an n (or an m, as older maps write it before lips) that is a sound of its own.
fn moraic_n(text: &str) -> Option<&str> {
    let after =
        text.strip_prefix('n').or_else(|| text.strip_prefix('m').filter(|after| after.starts_with(['b', 'p'])))?;
    (!after.starts_with(['a', 'i', 'u', 'e', 'o', 'y'])).then_some(after)
}

/// What follows the first half of a doubled consonant: kk, ss, tt, tch.
fn doubled(text: &str) -> Option<&str> {
    let mut letters = text.chars();
    let (first, second) = (letters.next()?, letters.next()?);
    let long = first == second && matches!(first, 'k' | 's' | 't' | 'p' | 'c' | 'g' | 'd' | 'b');
    (long || (first == 't' && second == 'c')).then(|| &text[1..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_called_what_russians_call_them() {
        for (romaji, name) in [
            ("Jōetsu", "Дзёэцу"),
            ("Niigata", "Ниигата"),
            ("Takatsuki", "Такацуки"),
            ("Hakodate", "Хакодатэ"),
            ("Sapporo", "Саппоро"),
            ("Nagaoka", "Нагаока"),
            ("Sendai", "Сэндай"),
            ("Hokkaidō", "Хоккайдо"),
            ("Fukushima", "Фукусима"),
            ("Chiba", "Тиба"),
            ("Shimbashi", "Симбаси"),
            ("Shinbashi", "Симбаси"),
            ("Kumamoto", "Кумамото"),
            ("Jin’ichi", "Дзинъити"),
            ("Kyōto", "Кёто"),
            ("Gyōda", "Гёда"),
            ("Bitchū", "Биттю"),
            ("Zushi", "Дзуси"),
            ("Yonezawa", "Ёнэдзава"),
            ("Niitsu", "Ниицу"),
            ("Heisei", "Хэйсэй"),
            ("Yamatokōriyama", "Яматокорияма"),
            ("Tamba-Sasayama", "Тамба-Сасаяма"),
            ("Jōsō", "Дзёсо"),
            ("Matsue", "Мацуэ"),
            ("Kuroishi", "Куроиси"),
        ] {
            assert_eq!(cyrillic(romaji).as_deref(), Some(name), "{romaji}");
        }
    }

    #[test]
    fn loose_spellings_are_those_people_use() {
        for (name, loose) in [
            ("Хакодатэ", "хакодате"),
            ("Дзёэцу", "джоецу"),
            ("Фукусима", "фукушима"),
            ("Гёда", "гиода"),
            ("Ёнэдзава", "йонедзава"),
        ] {
            assert_eq!(practical(name).as_deref(), Some(loose), "{name}");
        }
        assert_eq!(practical("Саппоро"), None);
    }

    #[test]
    fn what_is_no_romanisation_is_left_alone() {
        for word in ["", "Heilongjiang", "x", "lima", "新潟", "Kashgar", "'"] {
            assert_eq!(cyrillic(word), None, "{word}");
        }
    }
}
