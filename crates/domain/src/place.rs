//! Places: cities, districts, regions and countries, the directory that all municipalities share.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::municipality::TimeZoneName;
use crate::record::Head;
use crate::value::LanguageTag;

/// A city, district, region or country that a city can be tied to, with its names in every script.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "municipality", "country": "CN", "subdivision": "CN-HL",
    "names": [
        {"text": "Хэйхэ", "lang": "ru", "kind": "transliteration", "preferred": true},
        {"text": "Heihe", "lang": "en", "kind": "transliteration", "preferred": true},
        {"text": "黑河市", "lang": "zh", "kind": "official", "preferred": true},
        {"text": "黒河市", "lang": "ja", "kind": "official", "preferred": true},
        {"text": "헤이허", "lang": "ko", "kind": "transliteration", "preferred": true}
    ],
    "location": {"lat": 50.244, "lon": 127.49}, "population": 223_832, "timezone": "Asia/Shanghai",
    "website": "http://www.heihe.gov.cn/", "borders": ["01890a5d-ac96-774b-bcce-b302099a8002"],
    "external_ids": [{"scheme": "geonames", "value": "2036973"}]
})))]
pub struct Place {
    /// What kind of place it is.
    pub kind: PlaceKind,
    /// The place it lies in.
    pub parent: Option<Uuid>,
    /// Its country (ISO 3166-1). Hong Kong is HK; see `group` in the list of countries.
    pub country: CountryCode,
    /// The country's subdivision it lies in, as ISO 3166-2 names it.
    #[schema(pattern = "^[A-Z]{2}-[A-Z0-9]{1,3}$", max_length = 6, examples("RU-AMU"))]
    pub subdivision: Option<String>,
    /// Its names; at least one is preferred in some language.
    #[schema(min_items = 1, max_items = 200)]
    pub names: Vec<PlaceName>,
    /// Where it lies.
    pub location: Option<Location>,
    /// Inhabitants.
    #[schema(minimum = 0, maximum = 2_000_000_000, examples(224_419))]
    pub population: Option<i64>,
    /// The zone its clocks follow.
    pub timezone: Option<TimeZoneName>,
    /// Its own page.
    #[schema(pattern = "^https?://", max_length = 500, examples("https://www.heihe.gov.cn/"))]
    pub website: Option<String>,
    /// The places it borders on.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub borders: Vec<Border>,
}

/// A place that this one borders on: the id of that place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, format = Uuid, examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
pub struct Border(pub Uuid);

/// Kinds of place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceKind {
    /// A country.
    Country,
    /// A region, province, prefecture or state.
    Region,
    /// A district or county.
    District,
    /// A city, town or village with an administration of its own.
    Municipality,
    /// A part of the world across countries.
    MacroRegion,
}

/// A name of a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"text": "Хэйхэ", "lang": "ru", "kind": "official", "preferred": true})))]
pub struct PlaceName {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Хэйхэ"))]
    pub text: String,
    /// Its language.
    pub lang: LanguageTag,
    /// What kind of name it is.
    pub kind: PlaceNameKind,
    /// Whether it is the one to print in its language; one a language.
    #[serde(default)]
    #[schema(default = false)]
    pub preferred: bool,
    /// Its forms in Russian sentences.
    pub grammar: Option<PlaceNameGrammar>,
}

/// Kinds of name. A misspelling is found in searches and never printed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PlaceNameKind {
    /// As the place itself, or the state, writes it.
    Official,
    /// A shorter form in use.
    Short,
    /// The established name in another language.
    Traditional,
    /// Written over from another script by rule.
    Transliteration,
    /// No longer in use.
    Historical,
    /// An abbreviation.
    Abbreviation,
    /// Wrong, but found in papers.
    Misspelling,
}

/// The forms of a name in Russian sentences.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"genitive": "Благовещенска", "prepositional": "Благовещенске", "instrumental": "Благовещенском"})))]
pub struct PlaceNameGrammar {
    /// Of whom, of what: «города Благовещенска».
    #[schema(min_length = 1, max_length = 200, examples("Благовещенска"))]
    pub genitive: Option<String>,
    /// Where: «в Благовещенске».
    #[schema(min_length = 1, max_length = 200, examples("Благовещенске"))]
    pub prepositional: Option<String>,
    /// With whom: «с Благовещенском».
    #[schema(min_length = 1, max_length = 200, examples("Благовещенском"))]
    pub instrumental: Option<String>,
}

/// A point on the earth (WGS 84), in degrees.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"lat": 50.245, "lon": 127.489})))]
pub struct Location {
    /// Latitude, north positive.
    #[schema(minimum = -90, maximum = 90, examples(50.245))]
    pub lat: f64,
    /// Longitude, east positive.
    #[schema(minimum = -180, maximum = 180, examples(127.489))]
    pub lon: f64,
}

impl Collection for Place {
    const NAME: CollectionName = CollectionName::Places;

    fn check(&self, head: &Head, faults: &mut Faults) {
        for (index, name) in self.names.iter().enumerate() {
            let earlier = &self.names[..index];
            faults.unless(
                !earlier.iter().any(|other| other.text == name.text && other.lang == name.lang),
                format!("/names/{index}"),
                "duplicate",
                "This name stands here already.",
            );
            faults.unless(
                !(name.preferred && earlier.iter().any(|other| other.preferred && other.lang == name.lang)),
                format!("/names/{index}/preferred"),
                "duplicate",
                "One name a language is preferred.",
            );
            faults.unless(
                !(name.preferred && name.kind == PlaceNameKind::Misspelling),
                format!("/names/{index}/preferred"),
                "not_allowed",
                "A misspelling is never printed, so it cannot be preferred.",
            );
        }
        faults.unless(
            self.names.iter().any(|name| name.preferred),
            "/names",
            "required",
            "One name at least is preferred: the one to print.",
        );
        if let Some(subdivision) = &self.subdivision {
            faults.unless(
                subdivision.starts_with(self.country.as_str()),
                "/subdivision",
                "not_allowed",
                "The subdivision's code begins with the country's.",
            );
        }
        faults.unless(
            self.parent != Some(head.id) || head.id.is_nil(),
            "/parent",
            "not_allowed",
            "A place does not lie in itself.",
        );
    }

    fn references(&self, references: &mut References) {
        references.one("parent", CollectionName::Places, self.parent);
        for (index, border) in self.borders.iter().enumerate() {
            references.to(format!("/borders/{index}"), "borders", CollectionName::Places, border.0);
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for name in &self.names {
            terms.name(&name.lang, &name.text, name.preferred);
        }
    }
}

impl Place {
    /// The name to print in the first of these languages that has one, else any preferred name.
    pub fn name_in(&self, languages: &[&str]) -> &str {
        let preferred = |lang: &&str| self.names.iter().find(|name| name.preferred && name.lang.as_str() == *lang);
        languages
            .iter()
            .find_map(preferred)
            .or_else(|| self.names.iter().find(|name| name.preferred))
            .map_or("", |name| name.text.as_str())
    }
}
