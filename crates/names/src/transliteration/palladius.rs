//! Chinese in Cyrillic letters: the system of Palladius, from pinyin.
//!
//! A syllable is an initial and a final; the table of each is below, with the few syllables that are
//! written otherwise than their parts. Tones are left out in Russian.

use super::{by_word, loosened, plain_latin};

/// Which finals an initial goes with.
#[derive(Clone, Copy, PartialEq)]
enum Group {
    /// b p m f
    Lips,
    /// d t n l
    Teeth,
    /// g k h
    Throat,
    /// j q x, whose u is ü
    Palate,
    /// zh ch sh r
    Curled,
    /// z c s
    Hiss,
}

use Group::{Curled, Hiss, Lips, Palate, Teeth, Throat};

const INITIALS: [(&str, &str, Group); 21] = [
    ("zh", "чж", Curled),
    ("ch", "ч", Curled),
    ("sh", "ш", Curled),
    ("r", "ж", Curled),
    ("b", "б", Lips),
    ("p", "п", Lips),
    ("m", "м", Lips),
    ("f", "ф", Lips),
    ("d", "д", Teeth),
    ("t", "т", Teeth),
    ("n", "н", Teeth),
    ("l", "л", Teeth),
    ("g", "г", Throat),
    ("k", "к", Throat),
    ("h", "х", Throat),
    ("j", "цз", Palate),
    ("q", "ц", Palate),
    ("x", "с", Palate),
    ("z", "цз", Hiss),
    ("c", "ц", Hiss),
    ("s", "с", Hiss),
];

/// Finals after all but j q x.
const OPEN: [(&str, &str); 11] = [
    ("a", "а"),
    ("e", "э"),
    ("ai", "ай"),
    ("ei", "эй"),
    ("ao", "ао"),
    ("ou", "оу"),
    ("an", "ань"),
    ("en", "энь"),
    ("ang", "ан"),
    ("eng", "эн"),
    ("u", "у"),
];

/// Finals with a rounded beginning: after d t n l, g k h, zh ch sh r, z c s.
const ROUND: [(&str, &str); 8] = [
    ("ong", "ун"),
    ("ua", "уа"),
    ("uo", "о"),
    ("uai", "уай"),
    ("uan", "уань"),
    ("uang", "уан"),
    ("ui", "уй"),
    ("un", "унь"),
];

/// Finals with a palatal beginning: after b p m f, d t n l, j q x.
const NARROW: [(&str, &str); 10] = [
    ("i", "и"),
    ("ia", "я"),
    ("ie", "е"),
    ("iao", "яо"),
    ("iu", "ю"),
    ("ian", "янь"),
    ("in", "инь"),
    ("iang", "ян"),
    ("ing", "ин"),
    ("iong", "юн"),
];

/// Finals of j q x that are written with u and are ü.
const PURSED: [(&str, &str); 4] = [("u", "юй"), ("ue", "юэ"), ("uan", "юань"), ("un", "юнь")];

/// Syllables without an initial, and those that are not written like the sum of their parts.
const WHOLE: [(&str, &str); 43] = [
    ("a", "а"),
    ("o", "о"),
    ("e", "э"),
    ("ai", "ай"),
    ("ei", "эй"),
    ("ao", "ао"),
    ("ou", "оу"),
    ("an", "ань"),
    ("en", "энь"),
    ("ang", "ан"),
    ("eng", "эн"),
    ("er", "эр"),
    ("yi", "и"),
    ("ya", "я"),
    ("ye", "е"),
    ("yao", "яо"),
    ("you", "ю"),
    ("yan", "янь"),
    ("yin", "инь"),
    ("yang", "ян"),
    ("ying", "ин"),
    ("yong", "юн"),
    ("yu", "юй"),
    ("yue", "юэ"),
    ("yuan", "юань"),
    ("yun", "юнь"),
    ("wu", "у"),
    ("wa", "ва"),
    ("wo", "во"),
    ("wai", "вай"),
    ("wei", "вэй"),
    ("wan", "вань"),
    ("wen", "вэнь"),
    ("wang", "ван"),
    ("weng", "вэн"),
    ("bo", "бо"),
    ("po", "по"),
    ("mo", "мо"),
    ("fo", "фо"),
    ("lo", "ло"),
    ("hui", "хуэй"),
    ("lü", "люй"),
    ("nü", "нюй"),
];

const UMLAUTS: [(&str, &str); 4] = [("lüe", "люэ"), ("nüe", "нюэ"), ("lue", "люэ"), ("nue", "нюэ")];

/// The name of a Chinese place in Cyrillic letters, from its pinyin, with or without tones: Heihe is
/// Хэйхэ. Nothing when it is no pinyin, as Harbin.
pub fn cyrillic(pinyin: &str) -> Option<String> {
    by_word(&plain_latin(pinyin, true), word)
}

/// How it is often written by those who do not know the system: Хейхе.
pub fn practical(name: &str) -> Option<String> {
    loosened(name, &[("э", "е")])
}

fn word(word: &str) -> Option<String> {
    let mut written = String::new();
    for syllable in syllables(word)? {
        let cyrillic = syllable_in_cyrillic(syllable)?;
        // Чанъань: what a hard н ends does not run into the next syllable.
        if written.ends_with('н') && cyrillic.starts_with(['а', 'о', 'э', 'у', 'и', 'я', 'ю', 'е']) {
            written.push('ъ');
        }
        written.push_str(&cyrillic);
    }
    Some(written)
}

/// One syllable.
fn syllable_in_cyrillic(syllable: &str) -> Option<String> {
    let of = |table: &[(&str, &'static str)], text: &str| {
        table.iter().find(|(latin, _)| *latin == text).map(|(_, cyrillic)| *cyrillic)
    };
    if let Some(whole) = of(&WHOLE, syllable).or_else(|| of(&UMLAUTS, syllable)) {
        return Some(whole.to_owned());
    }
    let (latin, initial, group) = INITIALS.iter().find(|(latin, ..)| syllable.starts_with(latin))?;
    let rest = &syllable[latin.len()..];
    let r#final = match group {
        Palate => of(&PURSED, rest).or_else(|| of(&NARROW, rest)),
        Lips => of(&OPEN, rest).or_else(|| of(&NARROW, rest).filter(|_| *latin != "f" && rest != "iong")),
        Teeth => of(&OPEN, rest).or_else(|| of(&ROUND, rest)).or_else(|| of(&NARROW, rest)),
        // The i of these is no и but the end of the consonant.
        Hiss if rest == "i" => Some("ы"),
        Curled if rest == "i" => Some("и"),
        Throat | Curled | Hiss => of(&OPEN, rest).or_else(|| of(&ROUND, rest)),
    };
    Some(format!("{initial}{}", r#final?))
}

/// A word cut into syllables. Where there are several ways, as in Yinan, the one that the spelling
/// means: a syllable within a word begins with a vowel only after an apostrophe (Xi'an).
fn syllables(word: &str) -> Option<Vec<&str>> {
    // The best way to reach each place: its cost, and where its last syllable begins.
    let mut best: Vec<Option<(usize, usize)>> = vec![None; word.len() + 1];
    best[0] = Some((0, 0));
    for start in 0..word.len() {
        let Some((cost, _)) = best[start] else { continue };
        let start_of_syllable = if word[start..].starts_with('\'') && start > 0 { start + 1 } else { start };
        for length in 1..=6 {
            let end = start_of_syllable + length;
            let Some(syllable) = word.get(start_of_syllable..end) else { continue };
            if syllable_in_cyrillic(syllable).is_none() {
                continue;
            }
            let bare = start > 0 && start_of_syllable == start && syllable.starts_with(['a', 'e', 'o']);
            let cost = cost + 1 + if bare { 100 } else { 0 };
            if best[end].is_none_or(|(known, _)| cost < known) {
                best[end] = Some((cost, start));
            }
        }
    }
    let mut cut = Vec::new();
    let mut end = word.len();
    while end > 0 {
        let (_, start) = best[end]?;
        cut.push(word[start..end].trim_start_matches('\''));
        end = start;
    }
    cut.reverse();
    Some(cut)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cities_are_called_what_russians_call_them() {
        for (pinyin, name) in [
            ("Heihe", "Хэйхэ"),
            ("Rizhao", "Жичжао"),
            ("Wudalianchi", "Удаляньчи"),
            ("Manzhouli", "Маньчжоули"),
            ("Qiqihar", ""),
            ("Harbin", ""),
            ("Shenyang", "Шэньян"),
            ("Jiamusi", "Цзямусы"),
            ("Mudanjiang", "Муданьцзян"),
            ("Suifenhe", "Суйфэньхэ"),
            ("Daqing", "Дацин"),
            ("Dalian", "Далянь"),
            ("Yichun", "Ичунь"),
            ("Xi’an", "Сиань"),
            ("Chang'an", "Чанъань"),
            ("Yan’an", "Яньань"),
            ("Guangzhou", "Гуанчжоу"),
            ("Hangzhou", "Ханчжоу"),
            ("Zhengzhou", "Чжэнчжоу"),
            ("Chongqing", "Чунцин"),
            ("Chéngdū", "Чэнду"),
            ("Lüshun", "Люйшунь"),
            ("Lǚliang", "Люйлян"),
            ("Huizhou", "Хуэйчжоу"),
            ("Guilin", "Гуйлинь"),
            ("Xuzhou", "Сюйчжоу"),
            ("Quanzhou", "Цюаньчжоу"),
            ("Jinan", "Цзинань"),
            ("Yinan", "Инань"),
            ("Nanjing", "Наньцзин"),
            ("Zibo", "Цзыбо"),
            ("Ezhou", "Эчжоу"),
            ("Weihai", "Вэйхай"),
            ("Jiuquan", "Цзюцюань"),
            ("Xiongxian", "Сюнсянь"),
            ("Luohe", "Лохэ"),
            ("Yueyang", "Юэян"),
            ("Da Hinggan", ""),
        ] {
            assert_eq!(cyrillic(pinyin).unwrap_or_default(), name, "{pinyin}");
        }
    }

    #[test]
    fn loose_spellings_are_those_people_use() {
        assert_eq!(practical("Хэйхэ").as_deref(), Some("хейхе"));
        assert_eq!(practical("Далянь"), None);
    }

    #[test]
    fn what_is_no_pinyin_is_left_alone() {
        for word in ["", "'", "Lhasa", "Kashgar", "黑河", "Хэйхэ", "x", "fiang", "Ürümqi", "''a"] {
            assert_eq!(cyrillic(word), None, "{word}");
        }
    }
}
