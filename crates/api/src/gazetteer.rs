//! The gazetteer: what it is, and its cities found by any of their names. It is the same for everybody
//! and no part of the records: a place is made from it only when somebody makes one.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::codelist::ExternalIdScheme;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::LanguageTag;
use pobratim_domain::{ExternalId, Location};
use pobratim_names::{ATTRIBUTION, City, Found, LICENCE, Name, Origin, Query, SOURCE, VERSION, counts};
use serde::Serialize;
use serde_json::json;

use crate::answer::Answer;
use crate::contract::Schemas;
use crate::contract::operation::Operation;
use crate::ctx::Ctx;
use crate::directory::fixed;
use crate::problem::{ApiError, ApiResult};
use crate::query::Reader;
use crate::routes::{Body, Entry};

/// The languages in which a city's names are told, beside that of its country.
const LANGUAGES: [&str; 5] = ["ru", "en", "zh", "ja", "ko"];
/// Characters of what is looked for.
const MOST_CHARACTERS: usize = 200;

/// The gazetteer in the program: what it has, whose it is, and under which terms.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "version": "2026-07", "cities": 33987, "countries": 243, "names": 323831, "generated_names": 4044,
    "attribution": "City data © GeoNames (geonames.org), CC BY 4.0", "licence": "https://creativecommons.org/licenses/by/4.0/", "source": "https://www.geonames.org/"
})))]
struct Gazetteer {
    /// The state of the data: the month in which its newest source was published.
    #[schema(min_length = 7, max_length = 7, pattern = "^[0-9]{4}-[0-9]{2}$", examples("2026-07"))]
    version: &'static str,
    /// How many cities it has.
    #[schema(minimum = 0, examples(33987))]
    cities: i64,
    /// How many countries they are in.
    #[schema(minimum = 0, examples(243))]
    countries: i64,
    /// How many names the sources have for them, beside the main name of each.
    #[schema(minimum = 0, examples(323831))]
    names: i64,
    /// How many names were made by rule, of Chinese, Japanese and Korean cities.
    #[schema(minimum = 0, examples(4044))]
    generated_names: i64,
    /// What is to be told wherever the data is shown.
    #[schema(min_length = 1, max_length = 1000, examples("City data © GeoNames (geonames.org), CC BY 4.0"))]
    attribution: &'static str,
    /// The licence of the data.
    #[schema(min_length = 1, max_length = 200, examples("https://creativecommons.org/licenses/by/4.0/"))]
    licence: &'static str,
    /// Where the data is from.
    #[schema(min_length = 1, max_length = 200, examples("https://www.geonames.org/"))]
    source: &'static str,
}

/// A city of the gazetteer that may be the one that was asked for.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "id": 2_036_973, "name": "Heihe", "country": "CN", "region": {"code": "CN-HL", "name": "Heilongjiang"},
    "location": {"lat": 50.24413, "lon": 127.49016}, "population": 223_832,
    "external_ids": [{"scheme": "geonames", "value": "2036973"}, {"scheme": "wikidata", "value": "Q349983"}],
    "names": [{"text": "Хэйхэ", "lang": "ru", "generated": false}, {"text": "黑河市", "lang": "zh", "generated": false}],
    "match": {"kind": "exact", "name": "黑河", "lang": "zh", "distance": 0, "generated": false}
})))]
struct GazetteerCity {
    /// Its id at GeoNames.
    #[schema(minimum = 1, examples(2036973))]
    id: i64,
    /// Its main name, in Latin letters.
    #[schema(min_length = 1, max_length = 200, examples("Heihe"))]
    name: String,
    /// The country that the source has it in.
    country: CountryCode,
    /// The first-level region it lies in, where it is known.
    #[serde(skip_serializing_if = "Option::is_none")]
    region: Option<GazetteerRegion>,
    /// Where it lies.
    location: Location,
    /// How many people live in it, where it is known.
    #[schema(minimum = 1, examples(223832))]
    #[serde(skip_serializing_if = "Option::is_none")]
    population: Option<i64>,
    /// Its names in other systems, as a place has them.
    external_ids: Vec<ExternalId>,
    /// One name in each of Russian, English, Chinese, Japanese, Korean and the language of its country,
    /// as far as there is one.
    names: Vec<GazetteerName>,
    /// How it matched.
    r#match: GazetteerMatch,
}

/// The region of a city.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"code": "CN-HL", "name": "Heilongjiang"})))]
struct GazetteerRegion {
    /// Its code of ISO 3166-2, where it has one.
    #[schema(min_length = 4, max_length = 6, pattern = "^[A-Z]{2}-[A-Z0-9]{1,3}$", examples("CN-HL"))]
    #[serde(skip_serializing_if = "Option::is_none")]
    code: Option<String>,
    /// Its name in English, or in Latin letters.
    #[schema(min_length = 1, max_length = 200, examples("Heilongjiang"))]
    name: String,
}

/// A name of a city of the gazetteer.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"text": "Хэйхэ", "lang": "ru", "generated": false})))]
pub(crate) struct GazetteerName {
    /// The name.
    #[schema(min_length = 1, max_length = 200, examples("Хэйхэ"))]
    pub(crate) text: String,
    /// Its language.
    pub(crate) lang: LanguageTag,
    /// Whether it was made by rule: a proposal until a person confirms it, and not to be preferred
    /// before.
    pub(crate) generated: bool,
}

/// How a city matched, and by which of its names.
#[derive(Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "exact", "name": "黑河", "lang": "zh", "distance": 0, "generated": false})))]
struct GazetteerMatch {
    /// How its name matched.
    kind: GazetteerMatchKind,
    /// The name that did.
    #[schema(min_length = 1, max_length = 200, examples("黑河"))]
    name: String,
    /// The language of that name; `und-Latn` or `und-Cyrl` where only its script is known.
    lang: LanguageTag,
    /// In how many letters it differs from what was asked, case, accents and hyphens aside.
    #[schema(minimum = 0, maximum = 2, examples(0))]
    distance: i32,
    /// Whether that name was made by rule.
    generated: bool,
}

/// Ways of matching, best first.
#[derive(Serialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
enum GazetteerMatchKind {
    /// By a name that a source vouches for, case, accents and hyphens aside.
    Exact,
    /// By another spelling that a source has.
    Alias,
    /// By a spelling made by rule, of the city's name or of what was asked.
    Transliteration,
    /// By a name that differs in a letter or two.
    Fuzzy,
}

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Gazetteer>();
    schemas.add::<GazetteerCity>();
    schemas.add_page("GazetteerCity", "The cities that may be meant, the likeliest first.", false);
}

pub(crate) fn routes() -> Vec<Entry> {
    let get = || {
        Operation::new(
        "get_gazetteer",
        "gazetteer",
        "Get what the gazetteer is",
        "How many cities and names it has, of which state, from whom and under which licence. Show the attribution where you show its data.",
    )
    .open()
    .conditional()
    .answers("200", "Gazetteer", "The gazetteer.", &["ETag"])
    .done()
    };
    let search = || {
        Operation::new(
        "search_gazetteer_cities",
        "gazetteer",
        "Find cities by name",
        "Cities of the world by any of their names, in any script, the likeliest first; each says how it matched and by which name. Looked at are all names of the sources; then what rules make of them (Palladius for Chinese, Polivanov for Japanese, Kontsevich for Korean) and of what was asked; and when nobody is called so, names that differ in a letter, or two of six. Within a kind of match the larger city comes first. A name that is marked as generated was made by rule: let a person confirm it. The answer is one page.",
    )
    .open()
    .parameter(json!({
        "name": "q", "in": "query", "required": true,
        "description": "The name, or a spelling near to it. Case, accents, hyphens and soft signs make no difference, nor does 市 or 시 at the end.",
        "schema": {"type": "string", "minLength": 1, "maxLength": MOST_CHARACTERS, "examples": ["Хэйхэ"]},
    }))
    .parameter(json!({
        "name": "country", "in": "query", "description": "Only cities of this country.",
        "schema": {"$ref": "#/components/schemas/CountryCode"},
    }))
    .parameter(json!({
        "name": "lang", "in": "query", "description": "The language that the name is in: names of that language come first within a kind of match.",
        "schema": {"$ref": "#/components/schemas/LanguageTag"},
    }))
    .shared_parameter("Limit")
    .conditional()
    .answers("200", "GazetteerCityPage", "The cities; none when nothing is near.", &["ETag"])
    .done()
    };
    vec![
        Entry::new(Method::GET, "/v1/gazetteer", Body::None, get, |ctx| {
            async move { get_gazetteer(&ctx) }.boxed_local()
        }),
        Entry::new(Method::GET, "/v1/gazetteer/cities", Body::None, search, |ctx| search_cities(ctx).boxed_local()),
    ]
}

/// `GET /v1/gazetteer`
fn get_gazetteer(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let counts = counts();
    let count = |count: usize| i64::try_from(count).unwrap_or(i64::MAX);
    fixed(&Gazetteer {
        version: VERSION,
        cities: count(counts.cities),
        countries: count(counts.countries),
        names: count(counts.names),
        generated_names: count(counts.generated_names),
        attribution: ATTRIBUTION,
        licence: LICENCE,
        source: SOURCE,
    })
}

/// `GET /v1/gazetteer/cities`
async fn search_cities(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let text = reader.take("q");
    match text {
        None => reader.fault("q", "required", "Say which name to look for."),
        Some(text) if text.trim().is_empty() || text.chars().count() > MOST_CHARACTERS => {
            reader.fault("q", "invalid", format!("Give 1 to {MOST_CHARACTERS} characters."));
        }
        Some(_) => {}
    }
    let mut country = None;
    if let Some(code) = reader.take("country") {
        match CountryCode::parse(code) {
            Ok(code) => country = Some(code),
            Err(malformed) => reader.fault("country", "unknown_code", malformed.to_string()),
        }
    }
    let lang = reader.take("lang").map(str::to_owned);
    reader.finish()?;
    let text = text.unwrap_or_default().to_owned();
    // The first to ask unpacks it, and a search for what is near takes milliseconds: not on a thread
    // that others wait for.
    let search = move || -> Result<Vec<GazetteerCity>, String> {
        let gazetteer = pobratim_names::gazetteer().map_err(|broken| broken.to_string())?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let country = country.map(CountryCode::as_str);
        let found = gazetteer.search(&Query { text: &text, country, lang: lang.as_deref(), limit });
        found.iter().map(city).collect()
    };
    let found = tokio::task::spawn_blocking(search).await.map_err(ApiError::defect)?;
    let items = found.map_err(ApiError::defect)?;
    fixed(&json!({"items": items, "page": {"limit": limit}}))
}

/// A city as it is answered.
fn city(found: &Found<'_>) -> Result<GazetteerCity, String> {
    let city = found.city;
    Ok(GazetteerCity {
        id: city.id().into(),
        name: city.name().to_owned(),
        country: CountryCode::parse(city.country()).map_err(|malformed| malformed.to_string())?,
        region: city
            .region()
            .map(|region| GazetteerRegion { code: region.code.map(str::to_owned), name: region.name.to_owned() }),
        location: Location { lat: city.latitude(), lon: city.longitude() },
        population: city.population().map(i64::from),
        external_ids: external_ids(&city)?,
        names: names(&city)?,
        r#match: GazetteerMatch {
            kind: match found.kind {
                pobratim_names::MatchKind::Exact => GazetteerMatchKind::Exact,
                pobratim_names::MatchKind::Alias => GazetteerMatchKind::Alias,
                pobratim_names::MatchKind::Transliteration => GazetteerMatchKind::Transliteration,
                pobratim_names::MatchKind::Fuzzy => GazetteerMatchKind::Fuzzy,
            },
            name: found.name.text.to_owned(),
            lang: lang(&found.name)?,
            distance: found.distance.into(),
            generated: is_generated(&found.name),
        },
    })
}

/// Its names in other systems.
pub(crate) fn external_ids(city: &City<'_>) -> Result<Vec<ExternalId>, String> {
    let mut ids = vec![external_id("geonames", city.id().to_string())?];
    if let Some(number) = city.wikidata() {
        ids.push(external_id("wikidata", format!("Q{number}"))?);
    }
    Ok(ids)
}

fn external_id(scheme: &str, value: String) -> Result<ExternalId, String> {
    let scheme = ExternalIdScheme::parse(scheme).map_err(|malformed| malformed.to_string())?;
    Ok(ExternalId { scheme, value })
}

/// One name in each of the languages that are told, and in that of its country.
pub(crate) fn names(city: &City<'_>) -> Result<Vec<GazetteerName>, String> {
    let local = city.home_language().filter(|local| !LANGUAGES.contains(local));
    let names = LANGUAGES.into_iter().chain(local).filter_map(|lang| city.name_in(lang));
    let told = |name: Name<'_>| {
        Ok(GazetteerName { text: name.text.to_owned(), lang: lang(&name)?, generated: is_generated(&name) })
    };
    names.map(told).collect()
}

fn lang(name: &Name<'_>) -> Result<LanguageTag, String> {
    LanguageTag::parse(name.lang).map_err(|malformed| malformed.to_string())
}

fn is_generated(name: &Name<'_>) -> bool {
    name.origin >= Origin::Generated
}
