//! Cyrillic in Latin letters as English-speaking maps write it, for names that the gazetteer has in
//! Latin letters only.

/// A Russian word in Latin letters, all small; nothing when it has other letters.
pub fn latin(word: &str) -> Option<String> {
    let mut written = String::new();
    for c in word.chars().flat_map(char::to_lowercase) {
        written.push_str(match c {
            'а' => "a",
            'б' => "b",
            'в' => "v",
            'г' => "g",
            'д' => "d",
            'е' | 'ё' | 'э' => "e",
            'ж' => "zh",
            'з' => "z",
            'и' => "i",
            'й' | 'ы' => "y",
            'к' => "k",
            'л' => "l",
            'м' => "m",
            'н' => "n",
            'о' => "o",
            'п' => "p",
            'р' => "r",
            'с' => "s",
            'т' => "t",
            'у' => "u",
            'ф' => "f",
            'х' => "kh",
            'ц' => "ts",
            'ч' => "ch",
            'ш' => "sh",
            'щ' => "shch",
            'ъ' | 'ь' => "",
            'ю' => "yu",
            'я' => "ya",
            ' ' => " ",
            '-' => "-",
            _ => return None,
        });
    }
    (!written.is_empty()).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cyrillic_is_written_as_maps_do() {
        for (word, written) in [
            ("Благовещенск", "blagoveshchensk"),
            ("Хабаровск", "khabarovsk"),
            ("Южно-Сахалинск", "yuzhno-sakhalinsk"),
            ("Серышево", "seryshevo"),
        ] {
            assert_eq!(latin(word).as_deref(), Some(written), "{word}");
        }
        assert_eq!(latin("Heihe"), None);
        assert_eq!(latin("Київ"), None);
        assert_eq!(latin(""), None);
    }
}
