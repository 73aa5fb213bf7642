//! Countries: the codes of ISO 3166-1 with their names and the abbreviations that offices use.
//! The table is `data/countries.tsv`; it is part of the program and read once.

use std::{
    collections::{BTreeSet, HashMap},
    fmt,
    sync::LazyLock,
};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use utoipa::ToSchema;

use crate::value::{LanguageTag, LocalizedText, Malformed, fold};

/// A country by its code of ISO 3166-1 alpha-2, two capital letters, as in `CN`, `JP` or `RU`.
/// Hong Kong is `HK`. Only the 249 officially assigned codes; `GET /v1/countries` lists them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, min_length = 2, max_length = 2, pattern = "^[A-Z]{2}$", examples("CN", "JP", "KR", "RU"))]
pub struct CountryCode(&'static str);

impl CountryCode {
    /// Reads a code that is assigned. An abbreviation such as КНР is none; see [`by_alias`].
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if let Some(country) = lookup(text) {
            return Ok(country.code);
        }
        // What is long is no near miss, and is not worth repeating to its sender.
        if text.len() > 16 {
            return Err(Malformed("A country code has two capital letters, as in CN, JP or RU.".to_owned()));
        }
        Err(Malformed(match lookup(&text.to_ascii_uppercase()) {
            Some(country) => format!("{text:?} is not a country code; it is written {}.", country.code),
            None => format!(
                "{text:?} is not a country code; give two capital letters that ISO 3166-1 has assigned, as in CN, JP or RU."
            ),
        }))
    }

    /// The code, as in `CN`.
    pub fn as_str(self) -> &'static str {
        self.0
    }

    /// The country whose statistics this one is counted under: mostly itself; see [`Country::group`].
    pub fn group(self) -> Self {
        find(self).map_or(self, |country| country.group)
    }

    /// The country's name for a reader of this language, else in English.
    pub fn name(self, lang: &str) -> &'static str {
        find(self).map_or(self.0, |country| country.names.best(&[lang]).1)
    }
}

impl fmt::Display for CountryCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0)
    }
}

impl<'de> Deserialize<'de> for CountryCode {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// What is known of a country.
#[derive(Clone, Debug)]
pub struct Country {
    /// Its code.
    pub code: CountryCode,
    /// Its code of ISO 3166-1 alpha-3, as in `CHN`.
    pub iso3: &'static str,
    /// Its numeric code of ISO 3166-1, three digits, as in `156`.
    pub numeric: &'static str,
    /// The country whose statistics and report section it is counted under: China for Hong Kong
    /// and Macao, itself for all others.
    pub group: CountryCode,
    /// Its name in Russian, English, Chinese, Japanese and Korean.
    pub names: LocalizedText,
    /// What else it is called, abbreviations included.
    pub aliases: Vec<Alias>,
}

/// Another name of a country.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Alias {
    /// The language in which the country is called so.
    pub lang: LanguageTag,
    /// The name or abbreviation, as in КНР.
    pub text: &'static str,
}

static TABLE: &str = include_str!("../data/countries.tsv");

static COUNTRIES: LazyLock<Vec<Country>> = LazyLock::new(|| {
    // The comments and the heading of the table have no code, so they read as no country. A broken
    // line would be left out too; a test proves that there is none.
    let mut countries: Vec<Country> = TABLE.lines().filter_map(country).collect();
    countries.sort_by_key(|country| country.code);
    countries
});

/// Everything a country is called, folded, with the countries called so.
static CALLED: LazyLock<HashMap<String, BTreeSet<CountryCode>>> = LazyLock::new(|| {
    let mut called: HashMap<String, BTreeSet<CountryCode>> = HashMap::new();
    for country in all() {
        let codes = [country.code.0, country.iso3];
        let names = country.names.iter().map(|(_, name)| name);
        let aliases = country.aliases.iter().map(|alias| alias.text);
        for text in codes.into_iter().chain(names).chain(aliases) {
            called.entry(fold(text)).or_default().insert(country.code);
        }
    }
    called
});

fn country(line: &'static str) -> Option<Country> {
    let mut columns = line.split('\t');
    let code = columns.next().filter(|code| is_made_of(code, 2, u8::is_ascii_uppercase))?;
    let iso3 = columns.next().filter(|code| is_made_of(code, 3, u8::is_ascii_uppercase))?;
    let numeric = columns.next().filter(|code| is_made_of(code, 3, u8::is_ascii_digit))?;
    let mut names = Vec::with_capacity(5);
    for lang in ["ru", "en", "zh", "ja", "ko"] {
        names.push((lang, columns.next()?));
    }
    let aliases = columns.next()?;
    Some(Country {
        code: CountryCode(code),
        iso3,
        numeric,
        group: CountryCode(group(code)),
        names: LocalizedText::parse_map(names).ok()?,
        aliases: aliases.split('|').filter(|text| !text.is_empty()).map(alias).collect::<Option<_>>()?,
    })
}

fn alias(text: &'static str) -> Option<Alias> {
    let (lang, text) = text.split_once(':')?;
    Some(Alias { lang: LanguageTag::parse(lang).ok()?, text })
}

fn is_made_of(text: &str, length: usize, kind: fn(&u8) -> bool) -> bool {
    text.len() == length && text.as_bytes().iter().all(kind)
}

fn group(code: &'static str) -> &'static str {
    match code {
        "HK" | "MO" => "CN",
        itself => itself,
    }
}

fn lookup(code: &str) -> Option<&'static Country> {
    let countries = all();
    countries.binary_search_by(|country| country.code.0.cmp(code)).ok().and_then(|at| countries.get(at))
}

/// All countries, ordered by code.
pub fn all() -> &'static [Country] {
    &COUNTRIES
}

/// What is known of this country.
pub fn find(code: CountryCode) -> Option<&'static Country> {
    lookup(code.0)
}

/// The countries that are called so, ordered by code: by a name in any language, an abbreviation
/// or a code of two or three letters, in any spelling that folds to the same. None when nobody
/// is; several when the text is ambiguous, as КР is.
pub fn by_alias(text: &str) -> Vec<CountryCode> {
    CALLED.get(&fold(text)).map_or_else(Vec::new, |codes| codes.iter().copied().collect())
}

/// A country as listed by `GET /v1/countries`: its codes and what it is called.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({
    "code": "KR",
    "iso3": "KOR",
    "numeric": "410",
    "group": "KR",
    "names": {"ru": "Республика Корея", "en": "South Korea", "zh": "韩国", "ja": "韓国", "ko": "대한민국"},
    "aliases": [
        {"text": "РК", "lang": "ru", "ambiguous": false},
        {"text": "КР", "lang": "ru", "ambiguous": true}
    ]
})))]
pub struct CountryEntry {
    /// The country's code, ISO 3166-1 alpha-2.
    pub code: CountryCode,
    /// The country's code of three letters, ISO 3166-1 alpha-3.
    #[schema(min_length = 3, max_length = 3, pattern = "^[A-Z]{3}$", examples("CHN"))]
    pub iso3: &'static str,
    /// The country's numeric code of ISO 3166-1: three digits, with the zeros in front.
    #[schema(min_length = 3, max_length = 3, pattern = "^[0-9]{3}$", examples("156"))]
    pub numeric: &'static str,
    /// The country whose statistics and report section this one is counted under: `CN` for Hong
    /// Kong and Macao, itself for all others.
    pub group: CountryCode,
    /// The country's name in Russian, English, Chinese, Japanese and Korean.
    pub names: LocalizedText,
    /// What else the country is called, in no particular order.
    pub aliases: Vec<CountryAlias>,
}

/// Another name or an abbreviation of a country, as offices write it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, ToSchema)]
#[schema(examples(json!({"text": "КР", "lang": "ru", "ambiguous": true})))]
pub struct CountryAlias {
    /// The name or abbreviation.
    #[schema(min_length = 1, max_length = 200, examples("КНР"))]
    pub text: &'static str,
    /// The language in which the country is called so.
    pub lang: LanguageTag,
    /// Whether another country is called so as well, so that the alias alone names neither.
    pub ambiguous: bool,
}

impl From<&Country> for CountryEntry {
    fn from(country: &Country) -> Self {
        let aliases = country.aliases.iter().map(|alias| CountryAlias {
            text: alias.text,
            lang: alias.lang.clone(),
            ambiguous: by_alias(alias.text).len() > 1,
        });
        Self {
            code: country.code,
            iso3: country.iso3,
            numeric: country.numeric,
            group: country.group,
            names: country.names.clone(),
            aliases: aliases.collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::PartialSchema;

    use super::*;

    fn code(text: &str) -> CountryCode {
        CountryCode::parse(text).unwrap()
    }

    fn called(text: &str) -> String {
        by_alias(text).iter().map(|code| code.as_str()).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn the_table_is_whole() {
        let lines: Vec<_> = TABLE.lines().filter(|line| !line.starts_with('#')).collect();
        let (heading, lines) = lines.split_first().unwrap();
        assert_eq!(*heading, "iso2\tiso3\tnumeric\tru\ten\tzh\tja\tko\taliases");
        assert_eq!(lines.len(), 249);
        // Each line is read, and the file stands in the order it is searched in.
        let written: Vec<_> = lines.iter().map(|line| &line[..2]).collect();
        let read: Vec<_> = all().iter().map(|country| country.code.as_str()).collect();
        assert_eq!(read, written);
        assert!(read.is_sorted());
        for (country, line) in all().iter().zip(lines) {
            assert_eq!(line.split('\t').count(), 9, "{line}");
            assert_eq!(country.names.iter().len(), 5);
            assert_eq!(
                country.aliases.len(),
                line.split('\t').nth(8).unwrap().split('|').filter(|alias| !alias.is_empty()).count()
            );
        }
    }

    #[test]
    fn codes_and_names_are_given_once() {
        let distinct = |column: fn(&Country) -> &str| all().iter().map(column).collect::<BTreeSet<_>>().len();
        assert_eq!(distinct(|country| country.code.0), 249);
        assert_eq!(distinct(|country| country.iso3), 249);
        assert_eq!(distinct(|country| country.numeric), 249);
        for lang in ["ru", "en", "zh", "ja", "ko"] {
            let names: BTreeSet<_> = all().iter().map(|country| country.names.get(lang).unwrap()).collect();
            assert_eq!(names.len(), 249, "{lang}");
        }
        for country in all() {
            let name = |alias: &&Alias| country.names.get(alias.lang.as_str()) == Some(alias.text);
            assert_eq!(country.aliases.iter().find(name), None, "a name is no alias");
            for (at, alias) in country.aliases.iter().enumerate() {
                assert!(!country.aliases[..at].contains(alias), "{alias:?}");
                // The length that the schema tells, and a text that can be compared.
                assert!((1..=200).contains(&alias.text.chars().count()) && alias.text == alias.text.trim());
                assert!(!fold(alias.text).is_empty());
            }
        }
    }

    #[test]
    fn names_are_those_people_use() {
        assert_eq!(code("CN").name("ru"), "Китай");
        assert_eq!(code("KP").name("ru"), "КНДР");
        assert_eq!(code("KR").name("ru"), "Республика Корея");
        assert_eq!(code("KR").name("ko"), "대한민국");
        assert_eq!(code("US").name("ru"), "США");
        assert_eq!(code("RU").name("zh-Hant"), "俄罗斯");
        assert_eq!(code("HK").name("ja"), "香港");
        assert_eq!(code("JP").name("fr"), "Japan");
    }

    #[test]
    fn only_assigned_codes_are_read() {
        assert_eq!(serde_json::from_value::<CountryCode>(json!("KR")).unwrap(), code("KR"));
        assert_eq!(serde_json::to_value(code("HK")).unwrap(), json!("HK"));
        for wrong in ["XX", "XK", "ZZ", "EU", "SU", "", "C", "CHN", "156", "КР", "KP ", "iso2"] {
            assert!(CountryCode::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(
            CountryCode::parse("cn").unwrap_err().to_string(),
            "\"cn\" is not a country code; it is written CN."
        );
        assert!(!CountryCode::parse(&"x".repeat(10_000)).unwrap_err().to_string().contains("xx"));
        assert!(serde_json::from_value::<CountryCode>(json!("ru")).is_err());
        assert!(serde_json::from_value::<CountryCode>(json!(null)).is_err());
    }

    #[test]
    fn an_alias_may_name_several_countries() {
        for (text, codes) in [
            ("КНР", "CN"),
            ("кнр", "CN"),
            ("Китайская Народная Республика", "CN"),
            ("РК", "KR"),
            ("Республика Корея", "KR"),
            ("Южная Корея", "KR"),
            ("КНДР", "KP"),
            ("Северная Корея", "KP"),
            ("Корейская Народно-Демократическая Республика", "KP"),
            ("Киргизская Республика", "KG"),
            ("КР", "KG KR"),
            ("Корея", "KP KR"),
            ("Конго", "CD CG"),
            ("США", "US"),
            ("Соединённые Штаты Америки", "US"),
            ("РФ", "RU"),
            ("Япония", "JP"),
            ("日本", "JP"),
            ("北朝鮮", "KP"),
            ("미국", "US"),
            ("cote d'ivoire", "CI"),
            ("jp", "JP"),
            ("PRK", "KP"),
            ("Острова Кука", "CK"),
            ("Атлантида", ""),
            ("", ""),
        ] {
            assert_eq!(called(text), codes, "{text}");
        }
    }

    #[test]
    fn special_regions_are_counted_under_china() {
        let grouped: Vec<_> = all().iter().filter(|country| country.group != country.code).collect();
        assert_eq!(grouped.iter().map(|country| country.code.as_str()).collect::<Vec<_>>(), ["HK", "MO"]);
        assert!(grouped.iter().all(|country| country.group == code("CN")));
        assert_eq!((code("HK").group(), code("KP").group()), (code("CN"), code("KP")));
    }

    #[test]
    fn an_entry_marks_what_is_ambiguous() {
        let entry = serde_json::to_value(CountryEntry::from(find(code("KR")).unwrap())).unwrap();
        let schema = serde_json::to_value(CountryEntry::schema()).unwrap();
        let example = &schema["examples"][0];
        for member in ["code", "iso3", "numeric", "group", "names"] {
            assert_eq!(entry[member], example[member]);
        }
        for alias in example["aliases"].as_array().unwrap() {
            assert!(entry["aliases"].as_array().unwrap().contains(alias), "{alias}");
        }
        assert_eq!(schema["properties"]["iso3"]["type"], "string");
        assert_eq!(schema["properties"]["code"]["$ref"], "#/components/schemas/CountryCode");
        assert_eq!(schema["required"], json!(["code", "iso3", "numeric", "group", "names", "aliases"]));
        let code = serde_json::to_value(CountryCode::schema()).unwrap();
        assert_eq!(
            (&code["type"], &code["pattern"], &code["maxLength"]),
            (&json!("string"), &json!("^[A-Z]{2}$"), &json!(2))
        );
    }
}
