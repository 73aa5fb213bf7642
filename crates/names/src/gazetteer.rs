//! The cities and their names in memory, as `build.rs` packed them.
//!
//! What belongs here: unpacking, and reading what was unpacked. It stays as packed as it can be:
//! sections of bytes, from which a city or a name is read when it is looked at.

use std::io::Read as _;
use std::sync::LazyLock;

use crate::container::{CITY, COUNT_BITS, LANGUAGES, Origin, POSTING, SECTIONS, home_language};

static PACKED: &[u8] = include_bytes!(concat!(env!("OUT_DIR"), "/gazetteer.bin"));

static GAZETTEER: LazyLock<Result<Gazetteer, Broken>> = LazyLock::new(|| Gazetteer::unpack(PACKED));

/// How much is in the gazetteer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counts {
    /// Cities.
    pub cities: usize,
    /// Countries they are in.
    pub countries: usize,
    /// Their names from the sources, beside the main one of each.
    pub names: usize,
    /// Names made by rule.
    pub generated_names: usize,
    /// Spellings that can be looked up.
    pub keys: usize,
}

/// How much is in the gazetteer; nothing is unpacked for it.
pub const fn counts() -> Counts {
    include!(concat!(env!("OUT_DIR"), "/counts.rs"))
}

/// What is compiled in cannot be read: the program itself is damaged.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the gazetteer in the program is damaged")]
pub struct Broken;

/// The gazetteer, unpacked by whoever asks first and kept.
pub fn gazetteer() -> Result<&'static Gazetteer, Broken> {
    GAZETTEER.as_ref().map_err(|broken| *broken)
}

/// Cities, their names, and an index of the names.
pub struct Gazetteer {
    cities: Vec<u8>,
    regions: Vec<(String, String)>,
    names: Vec<u8>,
    postings: Vec<u8>,
    pub(crate) index: fst::Map<Vec<u8>>,
}

/// A city of the gazetteer.
#[derive(Clone, Copy)]
pub struct City<'g> {
    gazetteer: &'g Gazetteer,
    place: usize,
    record: &'g [u8; CITY],
}

/// A name of a city.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Name<'g> {
    /// Its language: a tag of BCP 47, or `und-Latn` and `und-Cyrl` where only the script is known.
    pub lang: &'static str,
    /// Where it is from.
    pub origin: Origin,
    /// The name.
    pub text: &'g str,
}

/// The first-level region a city lies in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Region<'g> {
    /// Its code of ISO 3166-2, where it has one.
    pub code: Option<&'g str>,
    /// Its name in English or in Latin letters.
    pub name: &'g str,
}

/// A name that has a key: the city's place, and the name's among its names.
#[derive(Clone, Copy)]
pub(crate) struct Posting {
    pub(crate) city: usize,
    pub(crate) name: usize,
}

impl Gazetteer {
    fn unpack(packed: &[u8]) -> Result<Self, Broken> {
        let mut reader = flate2::read::DeflateDecoder::new(packed);
        let mut sections = Vec::with_capacity(SECTIONS);
        for _ in 0..SECTIONS {
            let mut length = [0; 4];
            reader.read_exact(&mut length).map_err(|_| Broken)?;
            let mut section = vec![0; u32::from_le_bytes(length) as usize];
            reader.read_exact(&mut section).map_err(|_| Broken)?;
            sections.push(section);
        }
        let [cities, regions, names, postings, index] =
            <[Vec<u8>; SECTIONS]>::try_from(sections).map_err(|_| Broken)?;
        let regions = String::from_utf8(regions).map_err(|_| Broken)?;
        let regions = regions.lines().filter_map(|line| line.split_once('\t'));
        let regions = regions.map(|(code, name)| (code.to_owned(), name.to_owned())).collect();
        let index = fst::Map::new(index).map_err(|_| Broken)?;
        Ok(Self { cities, regions, names, postings, index })
    }

    /// All cities, by their ids.
    pub fn cities(&self) -> impl Iterator<Item = City<'_>> {
        self.records().iter().enumerate().map(|(place, record)| City { gazetteer: self, place, record })
    }

    /// The city with this id at GeoNames.
    pub fn city(&self, id: u32) -> Option<City<'_>> {
        let records = self.records();
        let place = records.binary_search_by_key(&id, |record| four(record, 0)).ok()?;
        self.city_at(place)
    }

    /// Bytes that it takes in memory.
    pub fn size(&self) -> usize {
        let regions: usize = self.regions.iter().map(|(code, name)| code.len() + name.len() + 48).sum();
        self.cities.len() + self.names.len() + self.postings.len() + self.index.as_fst().size() + regions
    }

    fn records(&self) -> &[[u8; CITY]] {
        self.cities.as_chunks().0
    }

    pub(crate) fn city_at(&self, place: usize) -> Option<City<'_>> {
        self.records().get(place).map(|record| City { gazetteer: self, place, record })
    }

    /// What an entry of the index leads to.
    pub(crate) fn postings(&self, entry: u64) -> impl Iterator<Item = Posting> {
        let (start, count) = (entry >> COUNT_BITS, entry & ((1 << COUNT_BITS) - 1));
        let all: &[[u8; POSTING]] = self.postings.as_chunks().0;
        let run = usize::try_from(start).ok().and_then(|start| all.get(start..)).unwrap_or_default();
        run.iter().take(usize::try_from(count).unwrap_or_default()).map(|[a, b, c, d]| Posting {
            city: u16::from_le_bytes([*a, *b]).into(),
            name: u16::from_le_bytes([*c, *d]).into(),
        })
    }
}

/// Four bytes of a record.
fn four(record: &[u8; CITY], at: usize) -> u32 {
    let mut bytes = [0; 4];
    bytes.copy_from_slice(&record[at..at + 4]);
    u32::from_le_bytes(bytes)
}

impl<'g> City<'g> {
    #[cfg(test)]
    pub(crate) fn place(&self) -> usize {
        self.place
    }

    /// Its id at GeoNames.
    pub fn id(&self) -> u32 {
        four(self.record, 0)
    }

    /// Latitude in degrees, north positive.
    pub fn latitude(&self) -> f64 {
        f64::from(four(self.record, 4).cast_signed()) / 100_000.0
    }

    /// Longitude in degrees, east positive.
    pub fn longitude(&self) -> f64 {
        f64::from(four(self.record, 8).cast_signed()) / 100_000.0
    }

    /// How many people live in it; nothing when the source does not know.
    pub fn population(&self) -> Option<u32> {
        Some(four(self.record, 12)).filter(|population| *population > 0)
    }

    /// Its number at Wikidata, without the Q.
    pub fn wikidata(&self) -> Option<u32> {
        Some(four(self.record, 16)).filter(|number| *number > 0)
    }

    /// Its country, ISO 3166-1 alpha-2.
    pub fn country(&self) -> &'g str {
        str::from_utf8(&self.record[26..]).unwrap_or_default()
    }

    /// The region it lies in.
    pub fn region(&self) -> Option<Region<'g>> {
        let (code, name) =
            self.gazetteer.regions.get(usize::from(u16::from_le_bytes([self.record[24], self.record[25]])))?;
        let code = Some(code.as_str()).filter(|code| !code.is_empty());
        Some(Region { code, name }).filter(|region| !region.name.is_empty())
    }

    /// Its main name, in Latin letters.
    pub fn name(&self) -> &'g str {
        self.names().next().map_or("", |name| name.text)
    }

    /// The language of its country, as far as the gazetteer has names in it.
    pub fn home_language(&self) -> Option<&'static str> {
        home_language(self.country())
    }

    /// All its names: the main one, then ours, the labelled ones, the others, those made by rule.
    pub fn names(&self) -> impl Iterator<Item = Name<'g>> + use<'g> {
        let start = four(self.record, 20) as usize;
        let next = self.gazetteer.records().get(self.place + 1);
        let end = next.map_or(self.gazetteer.names.len(), |next| four(next, 20) as usize);
        let mut rest = self.gazetteer.names.get(start..end).unwrap_or_default();
        std::iter::from_fn(move || {
            let ([lang, origin, length], after) = rest.split_first_chunk::<3>()?;
            let (text, after) = after.split_at_checked(usize::from(*length))?;
            rest = after;
            Some(Name {
                lang: LANGUAGES.get(usize::from(*lang))?,
                origin: *Origin::ALL.get(usize::from(*origin))?,
                text: str::from_utf8(text).ok()?,
            })
        })
    }

    /// The name to print in a language: a labelled one before an inferred one before one made by
    /// rule.
    pub fn name_in(&self, lang: &str) -> Option<Name<'g>> {
        let names = || self.names().filter(|name| name.lang == lang && name.origin < Origin::Practical);
        let best = names().min_by_key(|name| name.origin)?;
        if lang != "zh" || best.origin < Origin::Labelled {
            return Some(best);
        }
        // What the source labels as Chinese may be traditional. Then the simplified form was derived
        // from it and stands among the inferred ones.
        let traditional: Vec<&str> =
            self.names().filter(|name| matches!(name.lang, "zh-Hant" | "zh-TW")).map(|name| name.text).collect();
        let mainland = self.names().find(|name| name.lang == "zh-CN");
        let simplified = names().filter(|name| !traditional.contains(&name.text)).min_by_key(|name| name.origin);
        mainland.or(simplified).or(Some(best))
    }
}

impl std::fmt::Debug for City<'_> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} {} ({})", self.id(), self.name(), self.country())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_city_is_what_the_source_says() {
        let heihe = gazetteer().unwrap().city(2_036_973).unwrap();
        assert_eq!((heihe.name(), heihe.country()), ("Heihe", "CN"));
        assert_eq!((heihe.latitude(), heihe.longitude()), (50.24413, 127.49016));
        assert_eq!((heihe.population(), heihe.wikidata()), (Some(223_832), Some(349_983)));
        assert_eq!(heihe.region(), Some(Region { code: Some("CN-HL"), name: "Heilongjiang" }));
        let told = |lang| heihe.name_in(lang).map(|name| name.text);
        assert_eq!(told("ru"), Some("Хэйхэ"));
        assert_eq!(told("zh"), Some("黑河市"));
        assert_eq!(told("ko"), Some("헤이허 시"));
        assert_eq!(told("vi"), Some("Hắc Hà"));
        assert_eq!(told("kk"), None);
        assert!(gazetteer().unwrap().city(1).is_none());
        let buenos_aires = gazetteer().unwrap().city(3_435_910).unwrap();
        assert!(buenos_aires.latitude() < 0.0 && buenos_aires.longitude() < 0.0);
    }

    #[test]
    fn chinese_names_are_simplified_where_there_is_a_choice() {
        let incheon = gazetteer().unwrap().city(1_843_564).unwrap();
        assert_eq!(incheon.name_in("zh").unwrap().text, "仁川广域市");
        let blagoveshchensk = gazetteer().unwrap().city(2_026_609).unwrap();
        assert_eq!(blagoveshchensk.name_in("zh").unwrap().text, "布拉戈维申斯克");
    }

    #[test]
    fn everything_is_where_it_is_counted() {
        let gazetteer = gazetteer().unwrap();
        let counts = counts();
        assert_eq!(gazetteer.cities().count(), counts.cities);
        assert_eq!(gazetteer.index.len(), counts.keys);
        let countries: std::collections::HashSet<_> = gazetteer.cities().map(|city| city.country()).collect();
        assert_eq!(countries.len(), counts.countries);
        for city in gazetteer.cities() {
            assert!(pobratim_domain::country::CountryCode::parse(city.country()).is_ok(), "{city:?}");
            assert!(city.latitude().abs() <= 90.0 && city.longitude().abs() <= 180.0, "{city:?}");
            assert!(city.names().next().is_some_and(|name| name.origin == Origin::Main), "{city:?}");
        }
        assert!(gazetteer.size() < 20_000_000, "{}", gazetteer.size());
    }

    #[test]
    fn damage_is_told_and_not_read() {
        assert_eq!(Gazetteer::unpack(&[]).err(), Some(Broken));
        assert_eq!(Gazetteer::unpack(&PACKED[..PACKED.len() / 2]).err(), Some(Broken));
        assert_eq!(Gazetteer::unpack(b"no gazetteer").err(), Some(Broken));
    }
}
