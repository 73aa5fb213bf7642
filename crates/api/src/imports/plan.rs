//! What a row comes to, as it is kept between checking and committing, and the records that are made of it.

use pobratim_domain::codelist::ExternalIdScheme;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{LanguageTag, PartialDate};
use pobratim_domain::{
    ExternalId, Faults, Head, Location, Partnership, PartnershipKind, PartnershipStage, Place, PlaceKind, PlaceName,
    PlaceNameKind, Record, Slug, Source, Visibility,
};
use pobratim_names::{ATTRIBUTION, City, Name, Origin};
use serde::{Deserialize, Serialize};
use serde_json::json;
use uuid::Uuid;

use crate::imports::wire::{ImportCandidate, ImportNote};

/// The languages in which a new place gets names, beside that of its country.
const LANGUAGES: [&str; 5] = ["ru", "en", "zh", "ja", "ko"];

/// What is told of a row, and what is to be made of it.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub(crate) struct Told {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) notes: Vec<ImportNote>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub(crate) candidates: Vec<ImportCandidate>,
    /// The tie that is there, or was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) partnership: Option<Uuid>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) plan: Option<Plan>,
    /// The record of another collection that is there, or was made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record_id: Option<Uuid>,
    /// A record of another collection that is to be made.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) record: Option<NewRecord>,
}

/// A record that is to be made: what its id will be, and what a client would send.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct NewRecord {
    pub(crate) id: Uuid,
    pub(crate) value: serde_json::Value,
}

/// A tie to be made, or to be told more of.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct Plan {
    pub(crate) home: Side,
    pub(crate) partner: Side,
    pub(crate) kind: PartnershipKind,
    pub(crate) stage: PartnershipStage,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) established: Option<PartialDate>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) ended: Option<PartialDate>,
    /// What the row itself cites.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) cites: Option<String>,
}

/// A side of a tie: a place that is there, or one that is to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct Side {
    /// The place, or what its id will be.
    pub(crate) id: Uuid,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) make: Option<NewPlace>,
}

/// A place that is to be made.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(crate) struct NewPlace {
    /// As the register has it.
    pub(crate) name: String,
    pub(crate) country: CountryCode,
    /// The city of the gazetteer that it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) geonames: Option<u32>,
    /// Where the register says that it lies.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub(crate) location: Option<(f64, f64)>,
    /// Whether it is another one than those of its name.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub(crate) is_another: bool,
}

impl NewPlace {
    /// The city of the gazetteer that it is.
    pub(crate) fn city(&self) -> Result<Option<City<'static>>, String> {
        let Some(id) = self.geonames else { return Ok(None) };
        let gazetteer = pobratim_names::gazetteer().map_err(|broken| broken.to_string())?;
        Ok(gazetteer.city(id))
    }

    /// Its external ids.
    pub(crate) fn external_ids(&self) -> Result<Vec<ExternalId>, String> {
        let Some(city) = self.city()? else { return Ok(Vec::new()) };
        let mut ids = vec![external_id("geonames", city.id().to_string())?];
        if let Some(number) = city.wikidata() {
            ids.push(external_id("wikidata", format!("Q{number}"))?);
        }
        Ok(ids)
    }

    /// The record.
    pub(crate) fn record(&self, id: Uuid, source: &str) -> Result<Record<Place>, String> {
        let city = self.city()?;
        let (names, cited) = match &city {
            Some(city) => (names(city)?, ATTRIBUTION),
            None => (vec![name(&self.name, script(&self.name), PlaceNameKind::Traditional, true)?], source),
        };
        let known = city.as_ref().map(|city| (city.latitude(), city.longitude()));
        let region = city.as_ref().and_then(|city| city.region()?.code.map(str::to_owned));
        let place = Place {
            kind: PlaceKind::Municipality,
            parent: None,
            country: self.country,
            subdivision: region.filter(|code| code.starts_with(self.country.as_str())),
            names,
            location: known.or(self.location).map(|(lat, lon)| Location { lat, lon }),
            population: city.as_ref().and_then(City::population).map(i64::from),
            timezone: None,
            website: None,
            borders: Vec::new(),
        };
        let head = Head {
            id,
            visibility: Visibility::Public,
            sources: vec![cites(cited, None, None)],
            external_ids: self.external_ids()?,
            ..Head::default()
        };
        checked(Record { head, body: place })
    }
}

impl Plan {
    /// The record.
    pub(crate) fn record(
        &self,
        sides: [Uuid; 2],
        source: &Source,
        visibility: Visibility,
        keeper: Slug,
    ) -> Result<Record<Partnership>, String> {
        let [home, partner] = sides;
        let mut tie = json!({
            "arrangement": "bilateral", "kind": self.kind, "stage": self.stage,
            "parties": [{"place": home, "role": "home"}, {"place": partner, "role": "partner"}],
        });
        for (member, date) in [("established", self.established), ("ended", self.ended)] {
            if let Some(date) = date {
                tie[member] = date.to_string().into();
            }
        }
        let body: Partnership = serde_json::from_value(tie).map_err(|error| error.to_string())?;
        let head = Head { municipality: Some(keeper), visibility, sources: vec![source.clone()], ..Head::default() };
        checked(Record { head, body })
    }
}

/// A source, within its bounds.
pub(crate) fn cites(text: &str, locator: Option<String>, quote: Option<&str>) -> Source {
    let cut = |text: &str, most: usize| text.chars().take(most).collect::<String>();
    Source {
        text: cut(text, 1000),
        locator: locator.map(|locator| cut(&locator, 200)),
        quote: quote.map(|quote| cut(quote, 4000)),
        lang: None,
        document_id: None,
    }
}

fn checked<T: pobratim_domain::Collection>(record: Record<T>) -> Result<Record<T>, String> {
    let mut faults = Faults::default();
    record.check(&mut faults);
    match faults.iter().next() {
        None => Ok(record),
        Some(fault) => Err(format!("{}: {}", fault.pointer, fault.detail)),
    }
}

fn external_id(scheme: &str, value: String) -> Result<ExternalId, String> {
    let scheme = ExternalIdScheme::parse(scheme).map_err(|malformed| malformed.to_string())?;
    Ok(ExternalId { scheme, value })
}

/// The names of a city: one in each language, to print unless it was made by rule.
fn names(city: &City<'_>) -> Result<Vec<PlaceName>, String> {
    let home = city.home_language();
    let local = home.filter(|local| !LANGUAGES.contains(local));
    let mut names: Vec<PlaceName> = Vec::new();
    for lang in LANGUAGES.into_iter().chain(local) {
        let Some(found) = city.name_in(lang) else { continue };
        let generated = is_generated(&found);
        let kind = match (generated, home == Some(lang)) {
            (true, _) => PlaceNameKind::Transliteration,
            (false, true) => PlaceNameKind::Official,
            (false, false) => PlaceNameKind::Traditional,
        };
        names.push(name(found.text, found.lang, kind, !generated)?);
    }
    if !names.iter().any(|name| name.preferred) {
        let main = city.name();
        names.retain(|name| name.lang.as_str() != "en");
        names.push(name(main, "en", PlaceNameKind::Traditional, true)?);
    }
    Ok(names)
}

fn is_generated(name: &Name<'_>) -> bool {
    name.origin >= Origin::Generated
}

fn name(text: &str, lang: &str, kind: PlaceNameKind, preferred: bool) -> Result<PlaceName, String> {
    let lang = LanguageTag::parse(lang).map_err(|malformed| malformed.to_string())?;
    Ok(PlaceName { text: text.chars().take(200).collect(), lang, kind, preferred, grammar: None })
}

/// A language tag for a name of which only the script is known.
pub(crate) fn script(name: &str) -> &'static str {
    let is_in = |first: u32, last: u32| name.chars().any(|c| (first..=last).contains(&u32::from(c)));
    if is_in(0x0400, 0x04ff) {
        "ru"
    } else if is_in(0xac00, 0xd7a3) {
        "ko"
    } else if is_in(0x3040, 0x30ff) {
        "ja"
    } else if is_in(0x4e00, 0x9fff) {
        "zh"
    } else {
        "en"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_is_made_of_what_the_gazetteer_knows() {
        let country = CountryCode::parse("CN").unwrap();
        let new = NewPlace {
            name: "Heihe".to_owned(),
            country,
            geonames: Some(2_036_973),
            location: None,
            is_another: false,
        };
        let place = new.record(Uuid::from_u128(1), "a register").unwrap();
        assert_eq!(place.body.name_in(&["ru"]), "Хэйхэ");
        assert_eq!(place.body.subdivision.as_deref(), Some("CN-HL"));
        assert_eq!(place.head.external_ids.len(), 2);
        assert!(place.head.sources[0].text.contains("GeoNames"));
    }

    #[test]
    fn what_the_gazetteer_does_not_know_is_what_the_register_says() {
        let country = CountryCode::parse("RU").unwrap();
        let new = NewPlace {
            name: "Ивановка".to_owned(),
            country,
            geonames: None,
            location: Some((50.3, 127.9)),
            is_another: false,
        };
        let place = new.record(Uuid::from_u128(1), "a register").unwrap();
        assert_eq!(place.body.name_in(&["ru"]), "Ивановка");
        assert_eq!(place.body.location.map(|location| location.lat), Some(50.3));
        assert_eq!(place.head.sources[0].text, "a register");
        assert!(place.head.external_ids.is_empty());
    }

    /// Every city of the gazetteer can be a place.
    #[test]
    fn every_city_makes_a_place() {
        for city in pobratim_names::gazetteer().unwrap().cities().step_by(41) {
            let country = CountryCode::parse(city.country()).unwrap();
            let new =
                NewPlace { name: String::new(), country, geonames: Some(city.id()), location: None, is_another: false };
            assert!(new.record(Uuid::from_u128(1), "x").is_ok(), "{city:?}");
        }
    }
}
