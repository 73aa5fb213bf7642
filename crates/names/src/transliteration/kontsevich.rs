//! Korean in Cyrillic letters: the system of Kontsevich, from Hangul or from a romanisation.

use super::hangul::{self, Coda, Onset, Syllable};
use super::{by_word, loosened};

/// The vowels in Unicode's order: after a consonant, and at the beginning of a syllable.
const VOWELS: [(&str, &str); 21] = [
    ("а", "а"),
    ("э", "э"),
    ("я", "я"),
    ("я", "я"),
    ("о", "о"),
    ("е", "э"),
    ("ё", "ё"),
    ("е", "е"),
    ("о", "о"),
    ("ва", "ва"),
    ("вэ", "вэ"),
    ("ве", "ве"),
    ("ё", "ё"),
    ("у", "у"),
    ("во", "во"),
    ("ве", "ве"),
    ("ви", "ви"),
    ("ю", "ю"),
    ("ы", "ы"),
    ("и", "ый"),
    ("и", "и"),
];

/// The place of ㅢ among the vowels.
const UI: usize = 19;

/// The name of a Korean place in Cyrillic letters, from Hangul: 당진 is Танджин. Nothing when there is
/// anything but Hangul in it.
pub fn cyrillic(name: &str) -> Option<String> {
    by_word(hangul::bare(name.trim()), |word| hangul::spoken(word).map(|syllables| write(&syllables)))
}

/// A romanised name without the word for city, county or town at its end, if it has one.
pub fn bare_latin(name: &str) -> Option<&str> {
    let kinds = ["-si", " si", "-gun", " gun", "-eup", " eup", "-ŭp", " ŭp"];
    kinds.iter().find_map(|kind| name.strip_suffix(kind))
}

/// The same from a romanisation of either kind: P’yŏngsŏng and Pyeongseong are Пхёнсон.
pub fn cyrillic_from_latin(name: &str) -> Option<String> {
    let name = name.trim();
    by_word(bare_latin(name).unwrap_or(name), |word| hangul::spoken_from_latin(word).map(|syllables| write(&syllables)))
}

/// How it is often written by those who do not know the system: Инчон, Тегу.
pub fn practical(name: &str) -> Option<String> {
    loosened(name, &[("чх", "ч"), ("тх", "т"), ("кх", "к"), ("пх", "п"), ("э", "е")])
}

fn write(syllables: &[Syllable]) -> String {
    let mut written = String::new();
    let mut before = None;
    for (at, syllable) in syllables.iter().enumerate() {
        written.push_str(onset(syllable.onset, before));
        let (after_consonant, alone) = VOWELS.get(syllable.vowel).copied().unwrap_or_default();
        if syllable.vowel == UI && !matches!(syllable.onset, Onset::None | Onset::H) {
            // Синыйджу: a consonant before this vowel has come over from the syllable before.
            written.push_str(alone);
        } else if syllable.onset == Onset::None {
            // Пхёнъян: what a hard н ends does not run into the next syllable.
            if before == Some(Coda::Ng) && alone.starts_with(['я', 'ё', 'ю', 'е', 'и', 'а', 'э', 'о', 'у', 'ы'])
            {
                written.push('ъ');
            }
            written.push_str(alone);
        } else {
            written.push_str(after_consonant);
        }
        let next = syllables.get(at + 1).map(|next| next.onset);
        written.push_str(match syllable.coda {
            Coda::None => "",
            Coda::K => "к",
            Coda::N | Coda::Ng => "н",
            Coda::T => "т",
            Coda::L if next == Some(Onset::R) => "л",
            Coda::L => "ль",
            Coda::M => "м",
            Coda::P => "п",
        });
        before = Some(syllable.coda);
    }
    written
}

/// A beginning, after the end of the syllable before it: plain sounds are voiced between voiced ones.
fn onset(onset: Onset, before: Option<Coda>) -> &'static str {
    let voiced = matches!(before, Some(Coda::None | Coda::N | Coda::M | Coda::Ng | Coda::L));
    match onset {
        Onset::None => "",
        Onset::G if voiced => "г",
        Onset::G => "к",
        Onset::Gg => "кк",
        Onset::N => "н",
        Onset::D if voiced => "д",
        Onset::D => "т",
        Onset::Dd => "тт",
        Onset::R if before == Some(Coda::L) => "л",
        Onset::R => "р",
        Onset::M => "м",
        Onset::B if voiced => "б",
        Onset::B => "п",
        Onset::Bb => "пп",
        Onset::S => "с",
        Onset::Ss => "сс",
        Onset::J if voiced => "дж",
        Onset::J => "ч",
        Onset::Jj => "чч",
        Onset::Ch => "чх",
        Onset::K => "кх",
        Onset::T => "тх",
        Onset::P => "пх",
        Onset::H => "х",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_called_what_russians_call_them() {
        for (hangul, name) in [
            ("당진시", "Танджин"),
            ("인천광역시", "Инчхон"),
            ("평성", "Пхёнсон"),
            ("평양", "Пхёнъян"),
            ("인천", "Инчхон"),
            ("이천", "Ичхон"),
            ("충청 남도", "Чхунчхон Намдо"),
            ("부산", "Пусан"),
            ("대구", "Тэгу"),
            ("울산", "Ульсан"),
            ("제주시", "Чеджу"),
            ("강릉", "Каннын"),
            ("목포", "Мокпхо"),
            ("전라", "Чолла"),
            ("의정부", "Ыйджонбу"),
            ("여수", "Ёсу"),
            ("평택", "Пхёнтхэк"),
            ("광주", "Кванджу"),
            ("경주", "Кёнджу"),
            ("천안", "Чхонан"),
            ("영월", "Ёнволь"),
            ("밀양", "Мирян"),
            ("시흥", "Сихын"),
            ("원산", "Вонсан"),
            ("신의주", "Синыйджу"),
        ] {
            assert_eq!(cyrillic(hangul).as_deref(), Some(name), "{hangul}");
        }
        assert_eq!(cyrillic("Seoul"), None);
        assert_eq!(cyrillic(""), None);
    }

    #[test]
    fn loose_spellings_are_those_people_use() {
        assert_eq!(practical("Инчхон").as_deref(), Some("инчон"));
        assert_eq!(practical("Тэгу").as_deref(), Some("тегу"));
        assert_eq!(practical("Пусан"), None);
    }

    #[test]
    fn romanised_names_give_the_same() {
        for (latin, name) in [
            ("P’yŏngsŏng", "Пхёнсон"),
            ("Pyeongseong", "Пхёнсон"),
            ("Dangjin", "Танджин"),
            ("Ŭnch’ŏn-ŭp", "Ынчхон"),
            ("Cheongsong gun", "Чхонсон"),
            ("Incheon", "Инчхон"),
            ("Icheon-si", "Ичхон"),
            ("Haeju", "Хэджу"),
        ] {
            assert_eq!(cyrillic_from_latin(latin).as_deref(), Some(name), "{latin}");
        }
        assert_eq!(cyrillic_from_latin("Vladivostok"), None);
    }
}
