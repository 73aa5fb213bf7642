//! The same text in several languages.

use std::{borrow::Borrow, borrow::Cow, collections::BTreeMap, fmt};

use serde::{Deserialize, Deserializer, Serialize, de::Error as _};
use unicode_normalization::UnicodeNormalization as _;
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{
        RefOr,
        schema::{AdditionalProperties, ObjectBuilder, Schema, SchemaType, Type},
    },
};

use super::Malformed;

/// A language by BCP 47: the language, then perhaps its script, then perhaps a country or region,
/// as in `ru`, `zh-Hant`, `pt-BR`, `zh-Hant-TW`. Written as the standard recommends: language in
/// lower case, Script with a capital, REGION in capitals or three digits.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, ToSchema)]
#[serde(transparent)]
#[schema(
    value_type = String,
    min_length = 2,
    max_length = 12,
    pattern = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$",
    examples("ru", "en", "zh", "zh-Hant", "pt-BR")
)]
pub struct LanguageTag(String);

impl LanguageTag {
    /// Bytes (and characters) of the longest tag, three letters with script and numeric region.
    pub const MAX_LENGTH: usize = 12;

    /// The pattern of the schema, also for the keys of [`LocalizedText`].
    const PATTERN: &str = r"^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$";

    /// Reads a tag. One that is right but for its case is refused with the right spelling, so that
    /// `zh-hant` and `zh-Hant` never stand side by side as two languages.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Malformed(format!(
                "A language tag has at most {} characters, as in ru, zh-Hant or pt-BR.",
                Self::MAX_LENGTH
            )));
        }
        // Many systems write locales with an underscore; that too is only a matter of spelling.
        match canonical(&text.replace('_', "-")) {
            Some(tag) if tag == text => Ok(Self(tag)),
            Some(tag) => Err(Malformed(format!("{text:?} is not a language tag; it is written {tag}."))),
            None => Err(Malformed(format!(
                "{text:?} is not a language tag; give a language, perhaps with a script and a region, as in ru, zh-Hant or pt-BR."
            ))),
        }
    }

    /// The tag, as in `zh-Hant`.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Its language without script and region, as in `zh`.
    pub fn language(&self) -> &str {
        language(&self.0)
    }
}

fn language(tag: &str) -> &str {
    tag.split('-').next().unwrap_or(tag)
}

/// The tag in its right case, if it has the right parts in the right order.
fn canonical(text: &str) -> Option<String> {
    let letters = |part: &&str| part.bytes().all(|b| b.is_ascii_alphabetic());
    let mut parts = text.split('-').peekable();
    let mut tag = parts.next().filter(letters).filter(|part| matches!(part.len(), 2 | 3))?.to_ascii_lowercase();
    if let Some(script) = parts.next_if(|part| part.len() == 4 && letters(part)) {
        let (initial, rest) = script.split_at(1);
        tag = format!("{tag}-{}{}", initial.to_ascii_uppercase(), rest.to_ascii_lowercase());
    }
    let numeric = |part: &str| part.len() == 3 && part.bytes().all(|b| b.is_ascii_digit());
    if let Some(region) = parts.next_if(|part| numeric(part) || (part.len() == 2 && letters(part))) {
        tag = format!("{tag}-{}", region.to_ascii_uppercase());
    }
    parts.next().is_none().then_some(tag)
}

impl fmt::Display for LanguageTag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Lets a map of tags be asked with a plain text; order and equality are those of the text.
impl Borrow<str> for LanguageTag {
    fn borrow(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for LanguageTag {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

/// The same text in 1 to 20 languages. Each text has 1 to 4000 code points, is kept in Unicode's
/// form NFC, is not blank, and has no control characters but line feed and tab.
#[derive(Clone, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "BTreeMap<String, String>", into = "BTreeMap<LanguageTag, String>")]
pub struct LocalizedText(BTreeMap<LanguageTag, String>);

impl LocalizedText {
    /// Languages that one text may be given in.
    pub const MAX_LANGUAGES: usize = 20;

    /// Code points that the text may have in each language, counted in form NFC.
    pub const MAX_LENGTH: usize = 4000;

    /// A text in one language.
    pub fn of(lang: &str, text: &str) -> Result<Self, Malformed> {
        Self::parse_map([(lang, text)])
    }

    /// Reads texts by language, in any order. A language given twice is refused.
    pub fn parse_map<K: AsRef<str>, V: AsRef<str>>(texts: impl IntoIterator<Item = (K, V)>) -> Result<Self, Malformed> {
        let mut map = BTreeMap::new();
        for (lang, text) in texts {
            if map.len() == Self::MAX_LANGUAGES {
                return Err(Malformed(format!("A text can be given in {} languages at most.", Self::MAX_LANGUAGES)));
            }
            let lang = LanguageTag::parse(lang.as_ref())?;
            let text = text_in(&lang, text.as_ref())?;
            if map.contains_key(&lang) {
                return Err(Malformed(format!("The text in {lang} is given twice; keep one.")));
            }
            map.insert(lang, text);
        }
        if map.is_empty() {
            return Err(Malformed("A text is needed in one language at least.".to_owned()));
        }
        Ok(Self(map))
    }

    /// The text in exactly this language.
    pub fn get(&self, lang: &str) -> Option<&str> {
        self.0.get(lang).map(String::as_str)
    }

    /// The texts, ordered by language tag.
    pub fn iter(&self) -> impl ExactSizeIterator<Item = (&LanguageTag, &str)> {
        self.0.iter().map(|(lang, text)| (lang, text.as_str()))
    }

    /// The text for a reader who prefers these languages, best first: the first of them that is
    /// present, else English, else the first there is. A language is also met by a less specific
    /// one (zh-Hant asked, zh present) and then by another kind of itself (zh asked, zh-Hant
    /// present), since readers of either cope better with it than with a foreign language.
    pub fn best(&self, preferred: &[&str]) -> (&LanguageTag, &str) {
        // A text has one language at least, so the last resort only spares us a panic in the code.
        static NONE: LanguageTag = LanguageTag(String::new());
        preferred
            .iter()
            .chain(&["en"])
            .find_map(|asked| self.lookup(asked))
            .or_else(|| self.iter().next())
            .unwrap_or((&NONE, ""))
    }

    fn lookup(&self, asked: &str) -> Option<(&LanguageTag, &str)> {
        // What is asked may come from a header, where the case of a tag means nothing.
        let mut range = asked;
        loop {
            if let Some(found) = self.iter().find(|(lang, _)| lang.as_str().eq_ignore_ascii_case(range)) {
                return Some(found);
            }
            let Some((shorter, _)) = range.rsplit_once('-') else {
                break;
            };
            range = shorter;
        }
        self.iter().find(|(lang, _)| lang.language().eq_ignore_ascii_case(range))
    }
}

/// The text as it is kept, or what is wrong with it.
fn text_in(lang: &LanguageTag, text: &str) -> Result<String, Malformed> {
    // NFC, so that a й typed as и with a breve equals any other й, on both databases.
    let text: String = text.nfc().collect();
    if text.chars().nth(LocalizedText::MAX_LENGTH).is_some() {
        return Err(Malformed(format!(
            "The text in {lang} is too long; it may have {} characters.",
            LocalizedText::MAX_LENGTH
        )));
    }
    if let Some(control) = text.chars().find(|&c| c.is_control() && c != '\n' && c != '\t') {
        return Err(Malformed(format!(
            "The text in {lang} has the control character U+{:04X}; of these only line feed and tab are allowed.",
            u32::from(control)
        )));
    }
    if text.chars().all(is_blank) {
        return Err(Malformed(format!("The text in {lang} is blank; write it or leave the language out.")));
    }
    Ok(text)
}

/// White space as `\s` of ECMA 262 has it, so that the schema's pattern and this agree: that is
/// Unicode's and the byte order mark.
fn is_blank(c: char) -> bool {
    c.is_whitespace() || c == '\u{feff}'
}

/// Any text without control characters but line feed and tab, and not blank: what [`text_in`] asks.
const TEXT_PATTERN: &str = r"^[^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*[^\s\u0000-\u001F\u007F-\u009F][^\u0000-\u0008\u000B-\u001F\u007F-\u009F]*$";

impl TryFrom<BTreeMap<String, String>> for LocalizedText {
    type Error = Malformed;

    fn try_from(texts: BTreeMap<String, String>) -> Result<Self, Malformed> {
        Self::parse_map(texts)
    }
}

impl From<LocalizedText> for BTreeMap<LanguageTag, String> {
    fn from(text: LocalizedText) -> Self {
        text.0
    }
}

// By hand, because the derive puts examples of a map in the wrong place and cannot say propertyNames.
impl PartialSchema for LocalizedText {
    fn schema() -> RefOr<Schema> {
        let string = || ObjectBuilder::new().schema_type(SchemaType::new(Type::String));
        let key =
            string().min_length(Some(2)).max_length(Some(LanguageTag::MAX_LENGTH)).pattern(Some(LanguageTag::PATTERN));
        let text = string()
            .description(Some("The text in this language."))
            .min_length(Some(1))
            .max_length(Some(Self::MAX_LENGTH))
            .pattern(Some(TEXT_PATTERN));
        ObjectBuilder::new()
            .schema_type(SchemaType::new(Type::Object))
            .description(Some(
                "The same text in 1 to 20 languages, by language tag (BCP 47, as in `ru`, `zh-Hant`, `pt-BR`). Each text has \
                 1 to 4000 code points, is kept in Unicode's form NFC, is not blank, and has no control characters but line \
                 feed and tab.",
            ))
            .property_names(Some(Schema::Object(key.build())))
            .additional_properties(Some(AdditionalProperties::RefOr(RefOr::T(Schema::Object(text.build())))))
            .min_properties(Some(1))
            .max_properties(Some(Self::MAX_LANGUAGES))
            .examples([serde_json::json!({"ru": "Хэйхэ", "en": "Heihe", "zh": "黑河"})])
            .into()
    }
}

impl ToSchema for LocalizedText {
    fn name() -> Cow<'static, str> {
        Cow::Borrowed("LocalizedText")
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(json: serde_json::Value) -> Result<LocalizedText, serde_json::Error> {
        serde_json::from_value(json)
    }

    #[test]
    fn tags_have_one_spelling() {
        let right = "ru|en|zh|zh-Hant|zh-Hant-TW|pt-BR|es-419|sah|sr-Latn";
        for tag in right.split('|') {
            assert_eq!(LanguageTag::parse(tag).unwrap().to_string(), tag);
        }
        for (wrong, right) in [("RU", "ru"), ("zh-hant-tw", "zh-Hant-TW"), ("pt_BR", "pt-BR"), ("zh_hans", "zh-Hans")] {
            let refusal = LanguageTag::parse(wrong).unwrap_err().to_string();
            assert_eq!(refusal, format!("{wrong:?} is not a language tag; it is written {right}."));
        }
        let wrong = "|r|russ|ru-|-ru|zh-TW-Hant|de-1996|en-x-city|ру|zh-Hant-TW-x|ru-Ru1|r1";
        for wrong in wrong.split('|') {
            assert!(LanguageTag::parse(wrong).is_err(), "{wrong}");
        }
        assert_eq!(LanguageTag::parse("zh-Hant-TW").unwrap().language(), "zh");
    }

    #[test]
    fn texts_are_read_normalised_and_written_in_order() {
        let text = read(json!({"zh": "黑河", "ru": "Хэи\u{306}хэ", "en": "Heihe"})).unwrap();
        assert_eq!(serde_json::to_string(&text).unwrap(), r#"{"en":"Heihe","ru":"Хэйхэ","zh":"黑河"}"#);
        assert_eq!(text.get("ru"), Some("Хэйхэ"), "the breve is composed");
        assert_eq!(text.get("ja"), None);
        assert_eq!(text.iter().len(), 3);
    }

    #[test]
    fn faulty_texts_are_refused_with_their_language() {
        let refusal = |json| read(json).unwrap_err().to_string();
        assert_eq!(refusal(json!({})), "A text is needed in one language at least.");
        assert_eq!(refusal(json!({"ru": " \n"})), "The text in ru is blank; write it or leave the language out.");
        assert!(refusal(json!({"ru": ""})).contains("blank"));
        assert!(refusal(json!({"ru": "а\u{0}"})).contains("U+0000"));
        assert!(refusal(json!({"ru": "а\r\nб"})).contains("U+000D"));
        assert!(refusal(json!({"ru": "я".repeat(4001)})).contains("too long"));
        assert!(refusal(json!({"zh-hant": "黑河"})).contains("zh-Hant"));
        assert!(read(json!({"ru": null})).is_err());
        assert!(read(json!("Хэйхэ")).is_err());
        assert!(read(json!({"ru": "я".repeat(4000), "en": "two\n\tlines"})).is_ok());
        let twice = LocalizedText::parse_map([("ru", "а"), ("ru", "б")]);
        assert_eq!(twice.unwrap_err().to_string(), "The text in ru is given twice; keep one.");
        let many =
            |count: u8| LocalizedText::parse_map((b'a'..b'a' + count).map(|c| (format!("x{}", char::from(c)), "a")));
        assert!(many(20).is_ok());
        assert!(many(21).unwrap_err().to_string().contains("20 languages"));
    }

    #[test]
    fn the_best_text_is_what_the_reader_can_read() {
        let text = read(json!({"en": "Heihe", "ru": "Хэйхэ", "zh": "黑河", "pt-BR": "Heihe (BR)"})).unwrap();
        let best = |preferred: &[&str]| text.best(preferred).0.as_str().to_owned();
        assert_eq!(best(&["ru"]), "ru");
        assert_eq!(best(&["zh-Hant-TW"]), "zh");
        assert_eq!(best(&["ZH-hant"]), "zh");
        assert_eq!(best(&["pt"]), "pt-BR");
        assert_eq!(best(&["pt-PT", "ru"]), "pt-BR");
        assert_eq!(best(&["ja", "ru"]), "ru");
        assert_eq!(best(&["ja", "*", ""]), "en");
        assert_eq!(best(&[]), "en");
        assert_eq!(LocalizedText::of("zh", "黑河").unwrap().best(&["ja"]).1, "黑河");
    }

    #[test]
    fn the_schema_says_it_all() {
        let schema = serde_json::to_value(LocalizedText::schema()).unwrap();
        assert_eq!(LocalizedText::name(), "LocalizedText");
        assert_eq!((&schema["minProperties"], &schema["maxProperties"]), (&json!(1), &json!(20)));
        assert_eq!(schema["additionalProperties"]["maxLength"], LocalizedText::MAX_LENGTH);
        assert_eq!(schema["examples"], json!([{"ru": "Хэйхэ", "en": "Heihe", "zh": "黑河"}]));
        let tag = serde_json::to_value(LanguageTag::schema()).unwrap();
        assert_eq!(tag["pattern"], schema["propertyNames"]["pattern"]);
        assert_eq!(tag["maxLength"], schema["propertyNames"]["maxLength"]);
    }

    proptest! {
        #[test]
        fn any_text_is_kept_or_refused(tag in "[a-z]{2,3}(-[A-Z][a-z]{3})?(-[A-Z]{2})?", text in any::<String>()) {
            if let Ok(kept) = LocalizedText::of(&tag, &text) {
                prop_assert!(kept.get(&tag).unwrap().nfc().eq(text.nfc()));
                prop_assert_eq!(read(serde_json::to_value(&kept).unwrap()).unwrap(), kept);
            }
        }

        #[test]
        fn any_tag_is_kept_or_refused(text in "[a-zA-Z0-9_-]{0,14}|\\PC{0,12}", asked in "\\PC{0,12}") {
            if let Ok(tag) = LanguageTag::parse(&text) {
                prop_assert_eq!(tag.as_str(), text.as_str());
                let text = LocalizedText::of(&text, "a").unwrap();
                prop_assert_eq!(text.best(&[&asked]).1, "a");
            }
        }
    }
}
