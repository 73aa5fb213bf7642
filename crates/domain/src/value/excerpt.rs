//! Showing where a text has a word that was searched.

use super::fold::{fold, is_dropped, is_word_part, words};

/// Characters of the longest excerpt.
pub const EXCERPT_MOST: usize = 160;

/// Characters that stand before the word in an excerpt.
const BEFORE: usize = 50;

/// The text, or the part of a long one, in which a word begins with this folded word; nothing when
/// none does.
pub fn excerpt(text: &str, word: &str) -> Option<String> {
    // The first look is cheap, and most texts do not pass it.
    if !fold(text).contains(word) || !words(text).iter().any(|known| known.starts_with(word)) {
        return None;
    }
    let letters: Vec<char> = text.chars().collect();
    if letters.len() <= EXCERPT_MOST {
        return Some(text.to_owned());
    }
    // What the word is found in is cut where it begins; failing that, the beginning is shown.
    let start = place(text, word).unwrap_or(0).saturating_sub(BEFORE);
    let (left, right) = (start > 0, start + EXCERPT_MOST < letters.len());
    let room = EXCERPT_MOST - usize::from(left) - usize::from(right);
    let start = start.min(letters.len().saturating_sub(room));
    let part: String = letters.iter().skip(start).take(room).collect();
    Some(format!("{}{}{}", if left { "…" } else { "" }, part.trim(), if right { "…" } else { "" }))
}

/// The number of characters before the word.
fn place(text: &str, word: &str) -> Option<usize> {
    let is_part = |c: char| is_word_part(c) || is_dropped(c);
    let mut before = 0;
    for piece in text.split_inclusive(|c: char| !is_part(c)) {
        if words(piece).iter().any(|known| known.starts_with(word)) {
            // In Chinese and Japanese it may begin anywhere within.
            let starts = piece.char_indices().enumerate();
            let within = starts.filter(|(_, (at, _))| fold(&piece[*at..]).starts_with(word)).map(|(count, _)| count);
            return Some(before + within.min().unwrap_or(0));
        }
        before += piece.chars().count();
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_short_text_is_shown_whole() {
        assert_eq!(excerpt("Договор с г. Хэй-хэ", "хэйхэ").as_deref(), Some("Договор с г. Хэй-хэ"));
        assert_eq!(excerpt("Договор с г. Хэй-хэ", "договоры"), None);
        assert_eq!(excerpt("黑龙江省黑河市", "河").as_deref(), Some("黑龙江省黑河市"));
    }

    #[test]
    fn a_long_text_is_shown_where_the_word_is() {
        let long = format!("{}Хэй-хэ {}", "слово ".repeat(60), "конец ".repeat(60));
        let shown = excerpt(&long, "хэй").unwrap();
        assert!(shown.starts_with('…') && shown.ends_with('…') && shown.contains("Хэй-хэ"), "{shown}");
        assert!(shown.chars().count() <= EXCERPT_MOST);
        let chinese = format!("{}黑河{}", "代表团互访".repeat(50), "儿童".repeat(100));
        let shown = excerpt(&chinese, "黑河").unwrap();
        assert!(shown.contains("黑河") && shown.chars().count() <= EXCERPT_MOST, "{shown}");
        let first = excerpt(&long, "слово").unwrap();
        assert!(first.starts_with("слово") && first.ends_with('…'));
        let last = excerpt(&format!("{}Хэйхэ", "слово ".repeat(60)), "хэйхэ").unwrap();
        assert!(last.starts_with('…') && last.ends_with("Хэйхэ"), "{last}");
    }
}
