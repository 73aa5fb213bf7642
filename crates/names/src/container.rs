//! The layout of the gazetteer inside the program: what `build.rs` writes and `gazetteer.rs` reads.
//!
//! What belongs here: sizes, the order of sections, the codes of languages and origins. Nothing but
//! the standard library, for the build script is compiled from this file too.

/// Bytes of one city: id, latitude and longitude in units of 0.00001°, population, number at
/// Wikidata, where its names begin (each four bytes, little-endian), its region (two) and its
/// country (two letters).
pub(crate) const CITY: usize = 28;

/// Bytes of one posting: which city, and which of its names.
pub(crate) const POSTING: usize = 4;

/// A key of the index leads to a run of postings: where it begins, and in the lowest bits how many
/// they are.
pub(crate) const COUNT_BITS: u32 = 12;

/// The sections in their order, each as four bytes with its length, then its content: cities,
/// regions, names, postings, index.
pub(crate) const SECTIONS: usize = 5;

/// The languages of names. A name's first byte is its language's place here.
pub(crate) const LANGUAGES: [&str; 23] = [
    "und-Latn", "und-Cyrl", "ru", "en", "zh", "zh-CN", "zh-TW", "zh-Hant", "ja", "ko", "mn", "de", "fr", "es", "it",
    "pt", "pl", "uk", "be", "bg", "sr", "kk", "vi",
];

/// Where a name comes from. A name's second byte is one of these.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Origin {
    /// The gazetteer's own name of the city, in Latin letters.
    Main = 0,
    /// Added or set right by us, with a reason (`data/corrections.tsv`).
    Corrected = 1,
    /// A name that the source labels with its language.
    Labelled = 2,
    /// Its language was inferred, or the form was derived from another, or it is better not printed.
    Inferred = 3,
    /// Made by rule from another name of the city; nobody has confirmed it.
    Generated = 4,
    /// A looser spelling of a generated name, to be found by and never to be shown.
    Practical = 5,
}

impl Origin {
    /// All of them, in their order.
    pub(crate) const ALL: [Self; 6] =
        [Self::Main, Self::Corrected, Self::Labelled, Self::Inferred, Self::Generated, Self::Practical];
}

/// The language of a country that the gazetteer has names in, for those this program is about most.
pub(crate) fn home_language(country: &str) -> Option<&'static str> {
    Some(match country {
        "CN" | "TW" | "HK" | "MO" => "zh",
        "JP" => "ja",
        "KR" | "KP" => "ko",
        "RU" => "ru",
        "MN" => "mn",
        "KZ" => "kk",
        "BY" => "be",
        "UA" => "uk",
        "BG" => "bg",
        "RS" => "sr",
        "PL" => "pl",
        "VN" => "vi",
        "DE" | "AT" => "de",
        "FR" => "fr",
        "IT" => "it",
        "PT" | "BR" => "pt",
        "ES" | "MX" | "AR" | "CO" | "CL" | "PE" | "CU" | "VE" | "EC" | "UY" => "es",
        _ => return None,
    })
}
