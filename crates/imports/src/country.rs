//! Which country a text means: by any of the names that are known, else by what registers do to names.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use pobratim_domain::country::{CountryCode, all, by_alias};
use pobratim_domain::value::fold;

/// How a country was recognised.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recognised {
    /// It is called so.
    Named(CountryCode),
    /// It is called nearly so: a letter is wrong, or the text says more than the country.
    Guessed(CountryCode),
}

impl Recognised {
    /// The country.
    pub const fn code(self) -> CountryCode {
        match self {
            Self::Named(code) | Self::Guessed(code) => code,
        }
    }
}

/// Why no country was recognised.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Unrecognised {
    /// Several are called so.
    Ambiguous(Vec<CountryCode>),
    /// Several states claim it, or it has no code of ISO 3166-1.
    WithoutCode,
    /// Nobody is called so.
    Unknown,
}

/// What is part of a country, or was one, and what registers call some that the table of countries does
/// not have.
const PARTS: &[(&str, &str)] = &[
    ("england", "GB"),
    ("scotland", "GB"),
    ("wales", "GB"),
    ("northern ireland", "GB"),
    ("англия", "GB"),
    ("шотландия", "GB"),
    ("уэльс", "GB"),
    ("republic of ireland", "IE"),
    ("moldavia", "MD"),
    ("republic of macedonia", "MK"),
    ("macedonia", "MK"),
    ("palestinian national authority", "PS"),
    ("west bank", "PS"),
    ("gaza strip", "PS"),
    ("kingdom of hungary", "HU"),
    ("surinam", "SR"),
    ("kingdom of the netherlands", "NL"),
    ("sao tome and principe", "ST"),
    ("saint vincent and the grenadines", "VC"),
    ("people's republic of china", "CN"),
    ("ussr", "RU"),
    ("kingdom of denmark", "DK"),
    ("bosnia and hercegovina", "BA"),
];

/// What has no code of ISO 3166-1, or is claimed by more than one state: nothing is decided here.
const WITHOUT_CODE: &[&str] = &[
    "kosovo",
    "косово",
    "科索沃",
    "コソボ",
    "northern cyprus",
    "abkhazia",
    "south ossetia",
    "transnistria",
    "nagorno-karabakh",
    "somaliland",
    "prussia",
    "luhansk people's republic",
    "donetsk people's republic",
];

/// The names of all countries in Latin and Cyrillic letters that are long enough to be misspelt.
static NAMES: LazyLock<Vec<(Vec<char>, CountryCode)>> = LazyLock::new(|| {
    let mut names = BTreeSet::new();
    for country in all() {
        let aliases = country.aliases.iter().map(|alias| alias.text);
        for name in country.names.iter().map(|(_, name)| name).chain(aliases) {
            let letters: Vec<char> = fold(name).chars().collect();
            if letters.len() >= 4 && letters.iter().all(|c| u32::from(*c) < 0x2e80) {
                names.insert((letters, country.code));
            }
        }
    }
    names.into_iter().collect()
});

/// Recognises a country.
pub fn recognise(text: &str) -> Result<Recognised, Unrecognised> {
    if let Some(found) = named(text) {
        return found.map(Recognised::Named);
    }
    // «Georgia (country)», «in Italy», «Ohio, United States», «French Guiana, France».
    let bare = text.split(['(', '（']).next().unwrap_or_default().trim();
    let bare = ["in ", "the ", "в "].iter().find_map(|word| bare.strip_prefix(word)).unwrap_or(bare);
    let parts: Vec<&str> = bare.split(',').map(str::trim).filter(|part| !part.is_empty()).collect();
    for part in [bare].into_iter().chain(parts.first().copied()).chain(parts.last().copied()) {
        if let Some(Ok(code)) = named(part) {
            return Ok(Recognised::Guessed(code));
        }
    }
    match near(bare) {
        Some(code) => Ok(Recognised::Guessed(code)),
        None => Err(Unrecognised::Unknown),
    }
}

fn named(text: &str) -> Option<Result<CountryCode, Unrecognised>> {
    let folded = fold(text);
    if WITHOUT_CODE.iter().any(|name| fold(name) == folded) {
        return Some(Err(Unrecognised::WithoutCode));
    }
    match by_alias(text).as_slice() {
        [] => {}
        [one] => return Some(Ok(*one)),
        several => return Some(Err(Unrecognised::Ambiguous(several.to_vec()))),
    }
    let part = PARTS.iter().find(|(name, _)| fold(name) == folded)?;
    CountryCode::parse(part.1).ok().map(Ok)
}

/// The one country whose name differs in a letter.
fn near(text: &str) -> Option<CountryCode> {
    let letters: Vec<char> = fold(text).chars().collect();
    if letters.len() < 4 || letters.len() > 60 {
        return None;
    }
    let found: BTreeSet<CountryCode> =
        NAMES.iter().filter(|(name, _)| is_one_off(name, &letters)).map(|(_, code)| *code).collect();
    found.first().copied().filter(|_| found.len() == 1)
}

/// Whether one letter is wrong, missing or added.
fn is_one_off(one: &[char], other: &[char]) -> bool {
    let (short, long) = if one.len() <= other.len() { (one, other) } else { (other, one) };
    let same = short.iter().zip(long).take_while(|(a, b)| a == b).count();
    match long.len() - short.len() {
        0 => same < short.len() && short[same + 1..] == long[same + 1..],
        1 => short[same..] == long[same + 1..],
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(text: &str) -> String {
        match recognise(text) {
            Ok(Recognised::Named(code)) => code.to_string(),
            Ok(Recognised::Guessed(code)) => format!("~{code}"),
            Err(Unrecognised::Ambiguous(codes)) => format!("{} of several", codes.len()),
            Err(Unrecognised::WithoutCode) => "none".to_owned(),
            Err(Unrecognised::Unknown) => "?".to_owned(),
        }
    }

    #[test]
    fn what_registers_call_countries() {
        for (text, wanted) in [
            ("China", "CN"),
            ("КНР", "CN"),
            ("中国", "CN"),
            ("한국", "KR"),
            ("日本", "JP"),
            ("Россия", "RU"),
            ("England", "GB"),
            ("Republic of Ireland", "IE"),
            ("West Bank", "PS"),
            ("England, United Kingdom", "~GB"),
            ("Ohio, United States", "~US"),
            ("French Guiana, France", "~GF"),
            ("Georgia (country)", "~GE"),
            ("in Italy", "~IT"),
            ("Kazakhstah", "~KZ"),
            ("Japa", "~JP"),
            ("Grece", "~GR"),
            ("Madagaskar", "~MG"),
            ("КР", "2 of several"),
            ("Kosovo", "none"),
            ("Northern Cyprus", "none"),
            ("Narnia", "?"),
            ("", "?"),
            ("t430222130", "?"),
        ] {
            assert_eq!(code(text), wanted, "{text}");
        }
    }

    #[test]
    fn every_part_belongs_to_a_country() {
        for (name, country) in PARTS {
            assert!(CountryCode::parse(country).is_ok(), "{name}");
        }
    }
}
