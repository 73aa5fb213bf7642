//! Which city of the gazetteer a text means. It is found when one city alone is meant; where several may
//! be, they are told, and nobody chooses for the office.

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::fold;
use pobratim_names::{Broken, City, Found, MatchKind, Query, gazetteer};

use crate::country::recognise;

/// How far from where it is said to lie a city may be, in kilometres, when its name fits.
const NEAR: f64 = 35.0;
/// The same when its name fits nearly.
const VERY_NEAR: f64 = 15.0;
/// Beyond this it is another city of that name.
const FAR: f64 = 120.0;
/// How far from a city that is named beside it a city may lie, in kilometres.
const NEARBY: f64 = 60.0;
/// How many times as large as its namesakes a city is, when it alone is thought of.
const TIMES: u32 = 20;
/// Inhabitants of a place of which they are not known, or fewer.
const SMALL: u32 = 5_000;
/// How many letters of a name may be wrong.
const LETTERS: u8 = 1;
/// How many candidates are told.
const TOLD: usize = 5;
/// How many of one name are looked at.
const LOOKED_AT: usize = 30;

/// A city as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked<'a> {
    /// Its name, as the register has it.
    pub name: &'a str,
    /// Its country.
    pub country: CountryCode,
    /// Latitude and longitude in degrees, where the register tells them.
    pub location: Option<(f64, f64)>,
}

/// What is known of a city that may be meant.
#[derive(Clone, Debug, PartialEq)]
pub struct Candidate {
    /// Its id at GeoNames.
    pub geonames: u32,
    /// Its main name, in Latin letters.
    pub name: String,
    /// Its country.
    pub country: CountryCode,
    /// The region it lies in.
    pub region: Option<String>,
    /// Its inhabitants.
    pub population: Option<u32>,
}

/// Which city is meant.
#[derive(Clone, Debug, PartialEq)]
pub enum Meant {
    /// This one.
    City(Candidate),
    /// One of these, all called so.
    OneOf(Vec<Candidate>),
    /// These are called so, and none of them lies in the region that was named.
    Elsewhere(Vec<Candidate>),
    /// Nobody is called so; these are called nearly so.
    Nearly(Vec<Candidate>),
    /// Nobody is called so, or nearly so.
    Nobody,
}

/// Finds the city that is meant.
pub fn find(asked: &Asked<'_>) -> Result<Meant, Broken> {
    let gazetteer = gazetteer()?;
    let spelling = Spelling::of(asked.name);
    let query = |name| Query { text: name, country: Some(asked.country.as_str()), lang: None, limit: LOOKED_AT };
    let named = |region| gazetteer.search_within(&query(region), 0);
    let region = spelling.region.filter(|region| is_within(region, asked.country));
    let region = region.map(|region| Region::of(region, named(region)));
    for (name, is_within) in spelling.ways() {
        let region = region.as_ref().filter(|_| is_within);
        let meant = among(gazetteer.search_within(&query(name), 0), asked.location, region);
        if meant != Meant::Nobody {
            return Ok(meant);
        }
    }
    let mut nearly = gazetteer.search_within(&query(spelling.bare.unwrap_or(spelling.whole)), LETTERS);
    nearly.retain(|found| found.kind == MatchKind::Fuzzy);
    if let Some(city) = asked.location.and_then(|here| closest(&nearly, here, VERY_NEAR)) {
        return Ok(Meant::City(candidate(&city)));
    }
    if let Some(here) = asked.location {
        nearly.retain(|found| distance(here, &found.city) < FAR);
    }
    let nearly: Vec<Candidate> = nearly.iter().take(TOLD).map(|found| candidate(&found.city)).collect();
    Ok(if nearly.is_empty() { Meant::Nobody } else { Meant::Nearly(nearly) })
}

/// The city with an id: a number of GeoNames, or a Q and a number of Wikidata.
pub fn by_id(id: &str) -> Result<Option<Candidate>, Broken> {
    let gazetteer = gazetteer()?;
    let found = match id.strip_prefix(['Q', 'q']) {
        Some(number) => {
            let number = number.parse::<u32>().ok();
            number.and_then(|number| gazetteer.cities().find(|city| city.wikidata() == Some(number)))
        }
        None => id.parse().ok().and_then(|id| gazetteer.city(id)),
    };
    Ok(found.map(|city| candidate(&city)))
}

/// How far a city of the gazetteer lies from a place, in kilometres.
pub fn apart(here: (f64, f64), geonames: u32) -> Result<Option<f64>, Broken> {
    Ok(gazetteer()?.city(geonames).map(|city| distance(here, &city)))
}

/// One of those who are called so.
fn among(mut found: Vec<Found<'_>>, here: Option<(f64, f64)>, region: Option<&Region<'_>>) -> Meant {
    if let Some(here) = here {
        if let Some(city) = closest(&found, here, NEAR) {
            return Meant::City(candidate(&city));
        }
        // The register says that it lies elsewhere.
        found.retain(|found| distance(here, &found.city) < FAR);
    }
    if let Some(region) = region {
        let within: Vec<Found<'_>> = found.iter().copied().filter(|found| region.has(&found.city)).collect();
        if !within.is_empty() {
            found = within;
        } else if region.is_latin && !found.is_empty() {
            return Meant::Elsewhere(found.iter().take(TOLD).map(|found| candidate(&found.city)).collect());
        }
    }
    // A name that a source vouches for goes before one that was inferred.
    let Some(best) = found.iter().map(|found| found.kind).min() else { return Meant::Nobody };
    let vouched: Vec<&Found<'_>> = found.iter().filter(|found| found.kind == best).collect();
    match vouched.as_slice() {
        [one] => Meant::City(candidate(&one.city)),
        several => {
            // One of them is itself called so, the others have it for a second name.
            let main: Vec<_> =
                several.iter().filter(|found| fold(found.city.name()) == fold(found.name.text)).collect();
            match main.as_slice() {
                [one] => Meant::City(candidate(&one.city)),
                _ => match outstanding(several) {
                    Some(one) => Meant::City(candidate(&one)),
                    None => Meant::OneOf(several.iter().take(TOLD).map(|found| candidate(&found.city)).collect()),
                },
            }
        }
    }
}

/// The city beside which nobody thinks of the others: many times as large as any of them.
fn outstanding<'g>(found: &[&Found<'g>]) -> Option<City<'g>> {
    let people = |found: &&&Found<'_>| found.city.population().unwrap_or(SMALL).max(SMALL);
    let first = found.iter().max_by_key(people)?;
    let others = found.iter().filter(|other| other.city.id() != first.city.id());
    let is_alone = others.map(|other| people(&other)).all(|other| other.saturating_mul(TIMES) <= people(&first));
    is_alone.then_some(first.city)
}

fn candidate(city: &City<'_>) -> Candidate {
    Candidate {
        geonames: city.id(),
        name: city.name().to_owned(),
        // The gazetteer's own test sees to it that every country has a code.
        country: CountryCode::parse(city.country()).unwrap_or_else(|_| pobratim_domain::country::all()[0].code),
        region: city.region().map(|region| region.name.to_owned()),
        population: city.population(),
    }
}

fn closest<'g>(found: &[Found<'g>], here: (f64, f64), within: f64) -> Option<City<'g>> {
    let near = found.iter().map(|found| (distance(here, &found.city), found.city)).filter(|(far, _)| *far <= within);
    near.min_by(|one, other| one.0.total_cmp(&other.0)).map(|(_, city)| city)
}

/// Kilometres over the earth.
fn distance((latitude, longitude): (f64, f64), city: &City<'_>) -> f64 {
    let (a, b) = (latitude.to_radians(), city.latitude().to_radians());
    let across = (city.longitude() - longitude).to_radians();
    let half = ((b - a) / 2.0).sin().powi(2) + a.cos() * b.cos() * (across / 2.0).sin().powi(2);
    2.0 * 6371.0 * half.sqrt().min(1.0).asin()
}

/// Whether what stands beside a name says more than the country.
fn is_within(region: &str, country: CountryCode) -> bool {
    !region.is_empty() && !recognise(region).is_ok_and(|found| found.code() == country)
}

/// What stands in brackets or behind a comma: a region, a city nearby, or another name.
struct Region<'g> {
    folded: String,
    /// The same without words for "region".
    plain: String,
    /// The cities of the country that are called so.
    cities: Vec<Found<'g>>,
    /// Whether it can be compared with the names of regions, which are in Latin letters.
    is_latin: bool,
}

impl<'g> Region<'g> {
    fn of(text: &str, cities: Vec<Found<'g>>) -> Self {
        let folded = fold(text);
        let is_latin = folded.chars().all(|c| !c.is_alphabetic() || u32::from(c) < 0x250);
        Self { plain: without_kind(&folded), folded, cities, is_latin }
    }

    /// Whether a city lies in it, or near it, or is called so itself.
    fn has(&self, city: &City<'_>) -> bool {
        let lies_in = city.region().is_some_and(|known| {
            let code = known.code.and_then(|code| code.split('-').nth(1));
            without_kind(&fold(known.name)) == self.plain || code.is_some_and(|code| fold(code) == self.folded)
        });
        let here = (city.latitude(), city.longitude());
        lies_in || self.cities.iter().any(|other| other.city.id() == city.id() || distance(here, &other.city) < NEARBY)
    }
}

/// The name of a region without words that say what kind of region it is.
fn without_kind(folded: &str) -> String {
    const KINDS: &[&str] = &[
        "province",
        "prefecture",
        "oblast",
        "krai",
        "kray",
        "state",
        "region",
        "county",
        "district",
        "republic",
        "department",
        "autonomous",
        "voivodeship",
        "canton",
        "governorate",
        "do",
        "ken",
        "fu",
        "sheng",
        "of",
        "the",
    ];
    let words = folded.split([' ', '-']).filter(|word| !word.is_empty() && !KINDS.contains(word));
    let left: Vec<&str> = words.collect();
    if left.is_empty() { folded.to_owned() } else { left.join(" ") }
}

/// A name as registers write it, taken apart.
struct Spelling<'a> {
    whole: &'a str,
    /// What stands before a bracket or a comma.
    bare: Option<&'a str>,
    /// What stands behind it.
    region: Option<&'a str>,
    /// Without words for "city".
    plain: Option<&'a str>,
}

impl<'a> Spelling<'a> {
    fn of(name: &'a str) -> Self {
        let whole = name.trim();
        let split = |(bare, rest): (&'a str, &'a str)| (bare.trim(), rest.trim_end_matches([')', '）']).trim());
        let parts = whole.split_once(['(', '（', ',', '，']).map(split).filter(|(bare, _)| !bare.is_empty());
        let base = parts.map_or(whole, |(bare, _)| bare);
        let starts = ["City of ", "Town of ", "Municipality of ", "город ", "г. ", "г."];
        let ends = [" Municipality", " City", " municipality", " city", " Town", "-shi", " shi"];
        let plain = starts.iter().find_map(|start| base.strip_prefix(start));
        let plain = plain.or_else(|| ends.iter().find_map(|end| base.strip_suffix(end)));
        Self { whole, bare: parts.map(|(bare, _)| bare), region: parts.map(|(_, region)| region), plain }
    }

    /// The names to look for, in their order, and whether the region holds for each. What stands in
    /// brackets is a region, or the city of which a district is named: the district is not the city.
    fn ways(&self) -> Vec<(&'a str, bool)> {
        let mut ways = vec![(self.whole, false)];
        ways.extend(self.bare.map(|bare| (bare, true)));
        ways.extend(self.plain.map(|plain| (plain, true)));
        ways
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meant(name: &str, country: &str, location: Option<(f64, f64)>) -> Meant {
        find(&Asked { name, country: CountryCode::parse(country).unwrap(), location }).unwrap()
    }

    fn city(name: &str, country: &str) -> Option<String> {
        match meant(name, country, None) {
            Meant::City(city) => Some(city.name),
            _ => None,
        }
    }

    #[test]
    fn a_city_is_found_in_any_script() {
        for (name, country) in [
            ("Heihe", "CN"),
            ("Хэйхэ", "CN"),
            ("黑河", "CN"),
            ("黑河市", "CN"),
            ("Heihe (Heilongjiang)", "CN"),
            ("Heihe, Heilongjiang", "CN"),
            ("City of Heihe", "CN"),
            ("Heihe City", "CN"),
            ("г. Хэйхэ", "CN"),
        ] {
            assert_eq!(city(name, country).as_deref(), Some("Heihe"), "{name}");
        }
        assert_eq!(city("Gering, Nebraska", "US"), None);
        assert_eq!(city("Hayward, California", "US").as_deref(), Some("Hayward"));
        assert_eq!(city("Heihe", "RU"), None);
    }

    #[test]
    fn homonyms_are_told_and_not_chosen_among() {
        let Meant::OneOf(candidates) = meant("Blagoveshchensk", "RU", None) else { panic!("which?") };
        let ids: Vec<u32> = candidates.iter().map(|city| city.geonames).collect();
        assert!(ids.contains(&2_026_609) && ids.contains(&576_116), "{ids:?}");
        let Meant::City(there) = meant("Blagoveshchensk", "RU", Some((50.27, 127.54))) else { panic!("which?") };
        assert_eq!(there.geonames, 2_026_609);
        let Meant::City(there) = meant("Благовещенск", "RU", Some((55.03, 55.98))) else {
            panic!("which?")
        };
        assert_eq!(there.geonames, 576_116);
    }

    #[test]
    fn a_city_that_lies_elsewhere_is_another_one() {
        assert_eq!(meant("Heihe", "CN", Some((22.5, 114.0))), Meant::Nobody);
    }

    #[test]
    fn what_is_spelt_wrong_is_asked_about() {
        let Meant::Nearly(candidates) = meant("Жиджао", "CN", None) else { panic!("not nearly") };
        assert!(candidates.iter().any(|city| city.name == "Rizhao"), "{candidates:?}");
        assert_eq!(meant("Xyzzyvillefoo", "CN", None), Meant::Nobody);
    }

    #[test]
    fn a_district_is_not_its_city() {
        for name in ["Harbin – Daoli", "Changli County (Qinhuangdao)"] {
            assert_ne!(city(name, "CN").as_deref(), Some("Harbin"), "{name}");
            assert_ne!(city(name, "CN").as_deref(), Some("Qinhuangdao"), "{name}");
        }
    }

    /// There are Springfields in many states, and none of those of the gazetteer lies in Kansas.
    #[test]
    fn a_region_in_which_none_of_them_lies_leaves_it_open() {
        assert_eq!(city("Springfield (Ohio)", "US").as_deref(), Some("Springfield"));
        for name in ["Springfield (Kansas)", "Hayward (Wisconsin)", "Hayward, Wisconsin"] {
            let Meant::Elsewhere(candidates) = meant(name, "US", None) else { panic!("{name} is taken for one") };
            assert!(!candidates.is_empty(), "{name}");
        }
        // Another word for the same region, or for the country, is no contradiction.
        for (name, country) in
            [("Хэйхэ (Хэйлунцзян)", "CN"), ("Heihe (China)", "CN"), ("Niigata, Niigata Prefecture", "JP")]
        {
            assert!(city(name, country).is_some(), "{name}");
        }
    }

    #[test]
    fn ids_name_a_city() {
        assert_eq!(by_id("2036973").unwrap().unwrap().name, "Heihe");
        assert_eq!(by_id("Q349983").unwrap().unwrap().name, "Heihe");
        assert_eq!(by_id("Q1").unwrap(), None);
        assert_eq!(by_id("x").unwrap(), None);
    }
}
