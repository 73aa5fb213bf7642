//! Dates as offices of Russia, China, Japan, Korea and others write them, read to the partial date
//! they say: «17 июля 2003 г.», 2007年8月, 平成19年8月, 2007. 8. What could be two dates is refused with the
//! reason.

use pobratim_domain::value::PartialDate;
use unicode_normalization::UnicodeNormalization as _;

/// Why a text is no date here.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unread {
    /// It could be the day before the month or the month before the day.
    Ambiguous,
    /// Its year has two digits.
    TwoDigits,
    /// The era had no such year.
    Era,
    /// It is a span of time, or several dates.
    Several,
    /// There is no such day.
    NoSuchDay,
    /// It is in none of the forms.
    Unknown,
}

impl Unread {
    /// Its code.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Ambiguous => "ambiguous_date",
            Self::TwoDigits => "two_digit_year",
            Self::Era => "era_year",
            Self::Several => "several_dates",
            Self::NoSuchDay => "no_such_day",
            Self::Unknown => "invalid_date",
        }
    }

    /// It in a sentence.
    pub const fn detail(self) -> &'static str {
        match self {
            Self::Ambiguous => {
                "It could be day before month or month before day. Write 2003-07-08, or the month as a word."
            }
            Self::TwoDigits => "The year has two digits, so the century is not known. Write all four.",
            Self::Era => "The era had no such year.",
            Self::Several => "It is a span or several dates. Give the one date.",
            Self::NoSuchDay => "There is no such day.",
            Self::Unknown => "It is no date that is known here. Write 2003-07-17, 2003-07 or 2003.",
        }
    }
}

/// The eras of Japan that offices count by: names, abbreviations, the year before the first, and how
/// many years they had. Reiwa goes on.
const ERAS: &[(&[&str], i32, i32)] = &[
    (&["明治", "M"], 1867, 45),
    (&["大正", "T"], 1911, 15),
    (&["昭和", "S"], 1925, 64),
    (&["平成", "H"], 1988, 31),
    (&["令和", "R"], 2018, 99),
];

/// Months by the beginnings of their names: Russian in all cases, English.
const MONTHS: &[(&str, i32)] = &[
    ("январ", 1),
    ("янв", 1),
    ("феврал", 2),
    ("фев", 2),
    ("март", 3),
    ("мар", 3),
    ("апрел", 4),
    ("апр", 4),
    ("мая", 5),
    ("май", 5),
    ("мае", 5),
    ("июн", 6),
    ("июл", 7),
    ("август", 8),
    ("авг", 8),
    ("сентябр", 9),
    ("сент", 9),
    ("сен", 9),
    ("октябр", 10),
    ("окт", 10),
    ("ноябр", 11),
    ("ноя", 11),
    ("декабр", 12),
    ("дек", 12),
    ("january", 1),
    ("jan", 1),
    ("february", 2),
    ("feb", 2),
    ("march", 3),
    ("mar", 3),
    ("april", 4),
    ("apr", 4),
    ("may", 5),
    ("june", 6),
    ("jun", 6),
    ("july", 7),
    ("jul", 7),
    ("august", 8),
    ("aug", 8),
    ("september", 9),
    ("sept", 9),
    ("sep", 9),
    ("october", 10),
    ("oct", 10),
    ("november", 11),
    ("nov", 11),
    ("december", 12),
    ("dec", 12),
];

/// Words that say that a date is round, or bounded on one side.
const ABOUT: &[&str] = &["около ", "ок. ", "прим. ", "примерно ", "circa ", "c. ", "ca. ", "about ", "约", "約", "약 "];
const UNTIL: &[&str] = &["до ", "не позднее ", "before ", "by "];
const SINCE: &[&str] = &["после ", "не ранее ", "after ", "since "];

/// Reads a date.
pub fn date(text: &str) -> Result<PartialDate, Unread> {
    let text: String = text.nfkc().collect();
    let text = text.trim();
    if let Ok(date) = PartialDate::parse(text) {
        return Ok(date);
    }
    // A day that a spreadsheet stores has a time behind it.
    if let Some((day, time)) = text.split_once(['T', ' '])
        && day.len() == 10
        && time.contains(':')
        && let Ok(date) = PartialDate::parse(day)
    {
        return Ok(date);
    }
    let lower = text.to_lowercase();
    for (words, around) in [(ABOUT, ("", "~")), (UNTIL, ("[..", "]")), (SINCE, ("[", "..]"))] {
        if let Some(rest) = words.iter().find_map(|word| lower.strip_prefix(word)) {
            let inner = written(rest)?;
            return PartialDate::parse(&format!("{}{inner}{}", around.0, around.1)).map_err(|_| Unread::Unknown);
        }
    }
    let doubted = lower.ends_with('?');
    let inner = written(lower.trim_end_matches('?'))?;
    let inner = if doubted { format!("{inner}?") } else { inner };
    PartialDate::parse(&inner).map_err(|_| Unread::NoSuchDay)
}

/// A date without words of doubt around it, in lower case, as `YYYY`, `YYYY-MM` or `YYYY-MM-DD`.
fn written(text: &str) -> Result<String, Unread> {
    let text = text.trim();
    if let Some(found) = with_signs(text) {
        return found;
    }
    if let Some(found) = with_month_name(text) {
        return found;
    }
    in_numbers(text)
}

fn made(year: i32, month: Option<i32>, day: Option<i32>) -> Result<String, Unread> {
    if !(1..=9999).contains(&year) {
        return Err(Unread::Unknown);
    }
    let text = match (month, day) {
        (Some(month), Some(day)) => format!("{year:04}-{month:02}-{day:02}"),
        (Some(month), None) => format!("{year:04}-{month:02}"),
        _ => format!("{year:04}"),
    };
    PartialDate::parse(&text).map(|_| text).map_err(|_| Unread::NoSuchDay)
}

/// 2007年8月17日, 平成19年8月, 2007년 8월, H19.8.1.
fn with_signs(text: &str) -> Option<Result<String, Unread>> {
    let signs: String = text.chars().filter(|c| !c.is_whitespace()).collect();
    let era = ERAS.iter().find_map(|(names, before, years)| {
        let rest = names.iter().find_map(|name| signs.strip_prefix(name.to_lowercase().as_str()))?;
        let is_era = !names[1].eq_ignore_ascii_case(&signs[..signs.len() - rest.len()])
            || rest.starts_with(|c: char| c.is_ascii_digit());
        is_era.then_some((rest, *before, *years))
    });
    let body = era.map_or(signs.as_str(), |(rest, ..)| rest);
    let body = body.strip_prefix("公元").or_else(|| body.strip_prefix("西暦")).unwrap_or(body);
    let parts: Vec<&str> = if body.contains(['年', '년']) {
        body.split(['年', '년', '月', '월', '日', '일', '号']).filter(|part| !part.is_empty()).collect()
    } else if era.is_some() {
        body.split(['.', '/', '-']).filter(|part| !part.is_empty()).collect()
    } else {
        return None;
    };
    let numbers: Option<Vec<i32>> = parts.iter().map(|part| numeral(part)).collect();
    let Some(numbers) = numbers.filter(|numbers| (1..=3).contains(&numbers.len())) else {
        return Some(Err(Unread::Unknown));
    };
    let year = match era {
        Some((_, _, years)) if !(1..=years).contains(&numbers[0]) => return Some(Err(Unread::Era)),
        Some((_, before, _)) => before + numbers[0],
        None if numbers[0] < 100 => return Some(Err(Unread::TwoDigits)),
        None => numbers[0],
    };
    Some(made(year, numbers.get(1).copied(), numbers.get(2).copied()))
}

/// A number in digits or in Chinese numerals: 十九, 二〇〇七, 元 for the first year.
fn numeral(text: &str) -> Option<i32> {
    if text == "元" {
        return Some(1);
    }
    if text.bytes().all(|byte| byte.is_ascii_digit()) {
        return text.parse().ok().filter(|_| text.len() <= 4);
    }
    let digit =
        |c: char| "〇一二三四五六七八九".chars().position(|known| known == c).and_then(|at| i32::try_from(at).ok());
    if let Some((tens, ones)) = text.split_once('十') {
        let one = |text: &str, empty: i32| {
            let mut chars = text.chars();
            match (chars.next(), chars.next()) {
                (None, _) => Some(empty),
                (Some(c), None) => digit(c),
                _ => None,
            }
        };
        return Some(one(tens, 1)? * 10 + one(ones, 0)?);
    }
    let digits: Option<Vec<i32>> = text.chars().map(digit).collect();
    digits.filter(|digits| digits.len() <= 4).map(|digits| digits.iter().fold(0, |number, digit| number * 10 + digit))
}

/// «17 июля 2003 г.», июль 2007, July 17, 2003.
fn with_month_name(text: &str) -> Option<Result<String, Unread>> {
    let words: Vec<&str> =
        text.split(|c: char| c.is_whitespace() || ",.\"«»()'".contains(c)).filter(|word| !word.is_empty()).collect();
    let mut month = None;
    let mut numbers = Vec::new();
    for word in words {
        let stem = MONTHS.iter().find(|(stem, _)| {
            // The abbreviations are whole words; the stems are followed by an ending of a case.
            word == *stem
                || (stem.chars().count() > 3 || !stem.is_ascii()) && word.strip_prefix(stem).is_some_and(is_ending)
        });
        if let Some((_, number)) = stem {
            if month.replace(*number).is_some() {
                return Some(Err(Unread::Several));
            }
        } else if let Some(number) = ordinal(word) {
            numbers.push(number);
        } else if !matches!(word, "г" | "года" | "год" | "году" | "гг" | "в" | "от" | "of" | "the" | "in" | "on")
        {
            return month.map(|_| Err(Unread::Unknown));
        }
    }
    let month = month?;
    let is_year = |(number, length): (i32, usize)| length >= 3 || number > 31;
    Some(match numbers.as_slice() {
        [year] if is_year(*year) => made(year.0, Some(month), None),
        [day, year] if !is_year(*day) && is_year(*year) => made(year.0, Some(month), Some(day.0)),
        [year, day] if is_year(*year) && !is_year(*day) => made(year.0, Some(month), Some(day.0)),
        [_] | [_, _] => Err(Unread::TwoDigits),
        _ => Err(Unread::Several),
    })
}

fn is_ending(rest: &str) -> bool {
    matches!(rest, "" | "ь" | "я" | "е" | "ю" | "ем" | "а" | "у" | "ом" | "й")
}

/// 17, 17th, 1-го, with how many digits it has.
fn ordinal(word: &str) -> Option<(i32, usize)> {
    let digits = word.trim_end_matches(|c: char| !c.is_ascii_digit());
    let rest = &word[digits.len()..];
    let fits = matches!(rest, "" | "st" | "nd" | "rd" | "th" | "-го" | "г");
    digits.parse().ok().filter(|_| fits && digits.len() <= 4).map(|number| (number, digits.len()))
}

/// 17.07.2003, 2003/7/17, 07.2003, 2007. 8., 2003 год.
fn in_numbers(text: &str) -> Result<String, Unread> {
    let text =
        ["года", "году", "год", "г.", "г", "y."].iter().find_map(|end| text.strip_suffix(end)).unwrap_or(text).trim();
    let text = text.strip_prefix("в ").unwrap_or(text).trim().trim_end_matches('.');
    let separators = ['.', '/', '-', ' '];
    let parts: Vec<&str> = text.split(separators).filter(|part| !part.is_empty()).collect();
    let numbers: Option<Vec<i32>> = parts.iter().map(|part| number(part)).collect();
    let Some(numbers) = numbers else {
        let is_span =
            text.chars().any(|c| matches!(c, '–' | '—' | ';' | ',' | '~')) && text.chars().any(|c| c.is_ascii_digit());
        return Err(if is_span { Unread::Several } else { Unread::Unknown });
    };
    let is_year = |at: usize| parts.get(at).is_some_and(|part| part.len() == 4);
    match numbers.as_slice() {
        [year] if is_year(0) => made(*year, None, None),
        [] => Err(Unread::Unknown),
        [_] => Err(if parts[0].len() == 2 { Unread::TwoDigits } else { Unread::Unknown }),
        [_, _] if is_year(0) && is_year(1) => Err(Unread::Several),
        [year, month] if is_year(0) => made(*year, Some(*month), None),
        [month, year] if is_year(1) => made(*year, Some(*month), None),
        [year, month, day] if is_year(0) => made(*year, Some(*month), Some(*day)),
        [first, second, year] if is_year(2) => {
            let slashed = text.contains('/');
            // With dots and hyphens the day stands first; with a slash that differs by country.
            match (slashed, first, second) {
                (true, 1..=12, 1..=12) if first != second => Err(Unread::Ambiguous),
                (true, 1..=12, 13..=31) => made(*year, Some(*first), Some(*second)),
                _ => made(*year, Some(*second), Some(*first)),
            }
        }
        [_, _] | [_, _, _] => Err(Unread::TwoDigits),
        _ => Err(Unread::Several),
    }
}

fn number(text: &str) -> Option<i32> {
    let is_number = text.len() <= 4 && text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<String, Unread> {
        date(text).map(|date| date.to_string())
    }

    #[test]
    fn every_form_of_the_offices() {
        for (text, wanted) in [
            ("2003-07-17", "2003-07-17"),
            ("2007-08", "2007-08"),
            ("2003", "2003"),
            ("2010-09?", "2010-09?"),
            ("[..2001]", "[..2001]"),
            ("2003-07-17T00:00:00", "2003-07-17"),
            ("2003-07-17 00:00:00", "2003-07-17"),
            ("17.07.2003", "2003-07-17"),
            ("17.7.2003 г.", "2003-07-17"),
            ("17-07-2003", "2003-07-17"),
            ("17/07/2003", "2003-07-17"),
            ("07/17/2003", "2003-07-17"),
            ("07/07/2003", "2003-07-07"),
            ("2003/7/17", "2003-07-17"),
            ("2003.07.17", "2003-07-17"),
            ("07.2003", "2003-07"),
            ("2003 г.", "2003"),
            ("2003 год", "2003"),
            ("в 2003 году", "2003"),
            ("17 июля 2003 г.", "2003-07-17"),
            ("«17» июля 2003 года", "2003-07-17"),
            ("июль 2007", "2007-07"),
            ("в июле 2007 года", "2007-07"),
            ("1 мая 1991 г.", "1991-05-01"),
            ("5 марта 1997г.", "1997-03-05"),
            ("авг. 2007", "2007-08"),
            ("17 July 2003", "2003-07-17"),
            ("July 17, 2003", "2003-07-17"),
            ("17th of July 2003", "2003-07-17"),
            ("May 1991", "1991-05"),
            ("Sept. 2007", "2007-09"),
            ("2007年8月", "2007-08"),
            ("2007年8月17日", "2007-08-17"),
            ("2007 年 8 月", "2007-08"),
            ("２００７年８月", "2007-08"),
            ("二〇〇七年八月", "2007-08"),
            ("2007年", "2007"),
            ("公元2007年8月", "2007-08"),
            ("西暦2007年", "2007"),
            ("平成19年8月", "2007-08"),
            ("平成１９年８月１日", "2007-08-01"),
            ("平成十九年八月", "2007-08"),
            ("平成元年", "1989"),
            ("昭和63年4月3日", "1988-04-03"),
            ("大正3年", "1914"),
            ("明治45年", "1912"),
            ("令和元年5月1日", "2019-05-01"),
            ("H19.8.1", "2007-08-01"),
            ("S63.4.3", "1988-04-03"),
            ("2007. 8.", "2007-08"),
            ("2007. 8. 17.", "2007-08-17"),
            ("2007년 8월", "2007-08"),
            ("2007년 8월 17일", "2007-08-17"),
            ("до 2001 г.", "[..2001]"),
            ("after 1990", "[1990..]"),
            ("около 2005", "2005~"),
            ("约2005年", "2005~"),
            ("2005?", "2005?"),
        ] {
            assert_eq!(read(text), Ok(wanted.to_owned()), "{text}");
        }
    }

    #[test]
    fn what_could_be_two_dates_is_refused_with_the_reason() {
        for (text, wanted) in [
            ("07/08/2003", Unread::Ambiguous),
            ("17.07.03", Unread::TwoDigits),
            ("03", Unread::TwoDigits),
            ("07/03", Unread::TwoDigits),
            ("июль 03", Unread::TwoDigits),
            ("03年8月", Unread::TwoDigits),
            ("平成32年", Unread::Era),
            ("昭和65年", Unread::Era),
            ("平成0年", Unread::Era),
            ("2003–2005", Unread::Several),
            ("2003-2005", Unread::Several),
            ("1991, 2003", Unread::Several),
            ("июль 2003, май 2004", Unread::Several),
            ("31.02.2011", Unread::NoSuchDay),
            ("2007年13月", Unread::NoSuchDay),
            ("30 февраля 2011 г.", Unread::NoSuchDay),
            ("давно", Unread::Unknown),
            ("Москва", Unread::Unknown),
            ("12345", Unread::Unknown),
            ("", Unread::Unknown),
            ("年月", Unread::Unknown),
            ("мартовский 2003", Unread::Unknown),
        ] {
            assert_eq!(read(text), Err(wanted), "{text}");
        }
    }

    proptest::proptest! {
        #[test]
        fn no_text_breaks_it(text in "\\PC{0,30}") {
            let _ = date(&text);
        }

        #[test]
        fn a_day_is_the_same_in_every_language(year in 1900i32..2100, month in 1i32..13, day in 1i32..29) {
            let wanted = format!("{year:04}-{month:02}-{day:02}");
            for text in [format!("{day}.{month}.{year}"), format!("{year}年{month}月{day}日"), format!("{year}. {month}. {day}."), format!("{year}년 {month}월 {day}일")] {
                proptest::prop_assert_eq!(read(&text), Ok(wanted.clone()));
            }
        }
    }
}
