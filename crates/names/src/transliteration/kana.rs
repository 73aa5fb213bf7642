//! Kana in Latin letters, after Hepburn, without the marks of long vowels.

/// One mora each; small ya, yu, yo are joined to what is before them.
const HIRAGANA: &str = "
    あa いi うu えe おo かka きki くku けke こko がga ぎgi ぐgu げge ごgo
    さsa しshi すsu せse そso ざza じji ずzu ぜze ぞzo
    たta ちchi つtsu てte とto だda ぢji づzu でde どdo なna にni ぬnu ねne のno
    はha ひhi ふfu へhe ほho ばba びbi ぶbu べbe ぼbo ぱpa ぴpi ぷpu ぺpe ぽpo
    まma みmi むmu めme もmo やya ゆyu よyo らra りri るru れre ろro わwa をo んn
";

/// A word in Kana in Latin letters; nothing when something else is in it, or what no Japanese word
/// has (ヴェ).
pub fn latin(word: &str) -> Option<String> {
    let mut written = String::new();
    let mut doubles = false;
    for c in word.chars() {
        // Katakana stands 96 places after Hiragana.
        let c = if ('ァ'..='ヶ').contains(&c) { char::from_u32(u32::from(c) - 0x60)? } else { c };
        match c {
            'ー' if !written.is_empty() => continue,
            'っ' => {
                doubles = true;
                continue;
            }
            'ゃ' | 'ゅ' | 'ょ' => {
                // きょ is kyo, but しょ is sho.
                let before = written.strip_suffix('i')?;
                let glide =
                    if before.ends_with("sh") || before.ends_with("ch") || before.ends_with('j') { "" } else { "y" };
                let vowel = match c {
                    'ゃ' => "a",
                    'ゅ' => "u",
                    _ => "o",
                };
                written = format!("{before}{glide}{vowel}");
                continue;
            }
            _ => {}
        }
        let mora = HIRAGANA.split_whitespace().find_map(|entry| entry.strip_prefix(c))?;
        if std::mem::take(&mut doubles) {
            written.push(if mora.starts_with('c') { 't' } else { mora.chars().next()? });
        }
        let long = written.ends_with('o') && matches!(mora, "o" | "u") || written.ends_with('u') && mora == "u";
        if !long {
            written.push_str(mora);
        }
    }
    (!written.is_empty() && !doubles).then_some(written)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kana_are_written_as_maps_do() {
        for (kana, written) in [
            ("にいがた", "niigata"),
            ("ニイガタ", "niigata"),
            ("じょうえつ", "joetsu"),
            ("とうきょう", "tokyo"),
            ("おおさか", "osaka"),
            ("サッポロ", "sapporo"),
            ("びっちゅう", "bitchu"),
            ("くしろ", "kushiro"),
            ("なんよう", "nanyo"),
        ] {
            assert_eq!(latin(kana).as_deref(), Some(written), "{kana}");
        }
        for word in ["", "新潟", "ー", "ブラゴヴェ", "っ", "ょ"] {
            assert_eq!(latin(word), None, "{word}");
        }
    }
}
