//! Makes the gazetteer that is compiled into the program: reads the data files, applies our
//! corrections, adds the spellings that are made by rule, folds every name and builds the search
//! index. Done here once, so that a process only has to unpack it.
//!
//! Of the domain it takes the one file that folds texts: as a build dependency the whole crate would
//! be compiled a second time for the sake of it.

#[expect(dead_code, reason = "reading is the library's part")]
#[path = "src/container.rs"]
mod container;
#[expect(dead_code, reason = "words are the database's part")]
#[path = "../domain/src/value/fold.rs"]
mod fold;
#[path = "src/key.rs"]
mod key;
#[expect(dead_code, reason = "what is asked for in other scripts is the library's part")]
#[path = "src/transliteration/mod.rs"]
mod transliteration;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::error::Error;
use std::fs;
use std::io::{Read as _, Write as _};
use std::path::Path;

use container::{COUNT_BITS, LANGUAGES, Origin};
use transliteration::hangul::{self, Romanization};
use transliteration::{kontsevich, palladius, polivanov};

type Outcome<T> = Result<T, Box<dyn Error>>;

/// The line of each region, by its country and GeoNames' code.
type Regions = HashMap<(String, String), u16>;

struct City {
    id: u32,
    country: String,
    region: u16,
    latitude: i32,
    longitude: i32,
    population: u32,
    wikidata: u32,
    names: Vec<Name>,
}

/// A way to spell a name, if it follows the rule.
type Rule = fn(&str) -> Option<String>;

#[derive(Clone)]
struct Name {
    lang: u8,
    origin: Origin,
    text: String,
}

fn main() -> Outcome<()> {
    for file in
        ["build.rs", "data", "src/container.rs", "src/key.rs", "src/transliteration", "../domain/src/value/fold.rs"]
    {
        println!("cargo::rerun-if-changed={file}");
    }
    let (regions, region_numbers) = regions()?;
    let mut cities = cities(&region_numbers)?;
    let given = read_names(&mut cities)?;
    correct(&mut cities)?;
    for city in &mut cities {
        generate(city);
        let home = container::home_language(&city.country);
        let tag = |name: &Name| LANGUAGES[usize::from(name.lang)];
        city.names.sort_by_key(|name| (name.origin, home != Some(tag(name)), name.lang));
        tidy(city);
    }
    let (index, postings, keys) = index(&cities)?;
    let (mut records, mut names) = (Vec::new(), Vec::new());
    for city in &cities {
        records.extend(record(city, names.len())?);
        for name in &city.names {
            names.extend([name.lang, name.origin as u8, u8::try_from(name.text.len())?]);
            names.extend(name.text.as_bytes());
        }
    }
    let sections = [records, regions.into_bytes(), names, postings, index];
    let out = std::env::var("OUT_DIR")?;
    let out = Path::new(&out);
    // Fast: the build script itself is not optimised, and the index does not get smaller anyway.
    let mut packed = flate2::write::DeflateEncoder::new(Vec::new(), flate2::Compression::new(6));
    for section in &sections {
        packed.write_all(&u32::try_from(section.len())?.to_le_bytes())?;
        packed.write_all(section)?;
    }
    fs::write(out.join("gazetteer.bin"), packed.finish()?)?;
    let generated = cities.iter().flat_map(|city| &city.names).filter(|name| name.origin == Origin::Generated).count();
    let countries: HashSet<&str> = cities.iter().map(|city| city.country.as_str()).collect();
    fs::write(
        out.join("counts.rs"),
        format!(
            "Counts {{ cities: {}, countries: {}, names: {given}, generated_names: {generated}, keys: {keys} }}",
            cities.len(),
            countries.len(),
        ),
    )?;
    Ok(())
}

fn record(city: &City, names: usize) -> Outcome<Vec<u8>> {
    let mut record = Vec::with_capacity(container::CITY);
    record.extend(city.id.to_le_bytes());
    record.extend(city.latitude.to_le_bytes());
    record.extend(city.longitude.to_le_bytes());
    record.extend(city.population.to_le_bytes());
    record.extend(city.wikidata.to_le_bytes());
    record.extend(u32::try_from(names)?.to_le_bytes());
    record.extend(city.region.to_le_bytes());
    record.extend(city.country.as_bytes());
    if record.len() == container::CITY { Ok(record) } else { Err(format!("{} has a bad country", city.id).into()) }
}

/// The lines of a data file, cut into columns, without comments and heading.
fn lines<const N: usize>(text: &str) -> Outcome<Vec<[&str; N]>> {
    let lines = text.lines().skip_while(|line| line.starts_with('#')).skip(1).filter(|line| !line.starts_with('#'));
    let cut = |line: &str| -> Outcome<[&str; N]> { Err(format!("not {N} columns: {line}").into()) };
    lines
        .map(|line| {
            let columns: Vec<&str> = line.split('\t').collect();
            <[&str; N]>::try_from(columns).or_else(|_| cut(line).map(|_| [""; N]))
        })
        .collect()
}

fn unpacked(file: &str) -> Outcome<String> {
    let mut text = String::new();
    flate2::read::GzDecoder::new(fs::File::open(file)?).read_to_string(&mut text)?;
    Ok(text)
}

/// The regions as the library keeps them, code and name on a line, and the line of each. The first
/// line is that of cities without a region.
fn regions() -> Outcome<(String, Regions)> {
    let text = fs::read_to_string("data/regions.tsv")?;
    let (mut kept, mut numbers) = (String::from("\t\n"), HashMap::new());
    for (number, [country, code, iso, name]) in (1..).zip(lines::<4>(&text)?) {
        kept.push_str(&format!("{iso}\t{name}\n"));
        numbers.insert((country.to_owned(), code.to_owned()), number);
    }
    Ok((kept, numbers))
}

fn cities(regions: &Regions) -> Outcome<Vec<City>> {
    let mut text = unpacked("data/cities.tsv.gz")?;
    text.push_str(&fs::read_to_string("data/additions.tsv")?);
    let units = |degrees: &str| -> Outcome<i32> {
        let units = (degrees.parse::<f64>()? * 100_000.0).round();
        // Within ±18,000,000, so nothing is cut off.
        Ok(format!("{units:.0}").parse()?)
    };
    let mut cities = Vec::new();
    for [id, name, country, region, latitude, longitude, population, wikidata] in lines::<8>(&text)? {
        cities.push(City {
            id: id.parse()?,
            country: country.to_owned(),
            region: regions.get(&(country.to_owned(), region.to_owned())).copied().unwrap_or_default(),
            latitude: units(latitude)?,
            longitude: units(longitude)?,
            population: population.parse()?,
            wikidata: wikidata.strip_prefix('Q').map_or(Ok(0), str::parse)?,
            names: vec![Name { lang: lang("und-Latn")?, origin: Origin::Main, text: name.to_owned() }],
        });
    }
    cities.sort_by_key(|city| city.id);
    Ok(cities)
}

fn lang(tag: &str) -> Outcome<u8> {
    let place = LANGUAGES.iter().position(|known| *known == tag).ok_or_else(|| format!("unknown language {tag}"))?;
    Ok(u8::try_from(place)?)
}

fn find<'c>(cities: &'c mut [City], id: &str) -> Outcome<&'c mut City> {
    let number = id.parse()?;
    let place = cities.binary_search_by_key(&number, |city| city.id).map_err(|_| format!("there is no city {id}"))?;
    Ok(&mut cities[place])
}

fn read_names(cities: &mut [City]) -> Outcome<usize> {
    let text = unpacked("data/names.tsv.gz")?;
    let lines = lines::<4>(&text)?;
    for [id, tag, name, source] in &lines {
        let origin = if matches!(*source, "L" | "N") { Origin::Labelled } else { Origin::Inferred };
        find(cities, id)?.names.push(Name { lang: lang(tag)?, origin, text: (*name).to_owned() });
    }
    Ok(lines.len())
}

fn correct(cities: &mut [City]) -> Outcome<()> {
    let text = fs::read_to_string("data/corrections.tsv")?;
    for [action, id, tag, name, _reason] in lines::<5>(&text)? {
        let tag = lang(tag)?;
        let names = &mut find(cities, id)?.names;
        let known = names.iter().position(|known| known.lang == tag && known.text == name);
        match (action, known) {
            ("name", None) => names.push(Name { lang: tag, origin: Origin::Corrected, text: name.to_owned() }),
            ("alias", Some(place)) => {
                names.remove(place);
                // Without its language it is never the name to print.
                let script = if name.is_ascii() { "und-Latn" } else { "und-Cyrl" };
                names.push(Name { lang: lang(script)?, origin: Origin::Inferred, text: name.to_owned() });
            }
            ("drop", Some(place)) => drop(names.remove(place)),
            _ => return Err(format!("this correction does not apply: {action} {id} {name}").into()),
        }
    }
    Ok(())
}

/// Adds what the rules make of a city's name: in Russian, with a looser spelling of it, and of a Korean
/// one in Latin letters.
fn generate(city: &mut City) {
    if matches!(city.country.as_str(), "KR" | "KP") {
        romanize(city);
    }
    let sources = city.names.iter().filter(|name| {
        let tag = LANGUAGES[usize::from(name.lang)];
        name.origin == Origin::Main || tag == "en" || tag == "ko"
    });
    let sources: Vec<&str> = sources.map(|name| name.text.as_str()).collect();
    let by = |rule: Rule| sources.iter().copied().filter_map(rule).collect::<Vec<_>>();
    let (mut made, loose): (Vec<String>, Rule) = match city.country.as_str() {
        "CN" | "TW" => (by(palladius::cyrillic), palladius::practical),
        "JP" => (by(polivanov::cyrillic), polivanov::practical),
        "KR" | "KP" => {
            // Hangul first: a romanisation without its marks is read wrong.
            let from_hangul = by(kontsevich::cyrillic);
            let made = if from_hangul.is_empty() { by(kontsevich::cyrillic_from_latin) } else { from_hangul };
            (made, kontsevich::practical)
        }
        _ => return,
    };
    let mut seen = HashSet::new();
    made.retain(|name| seen.insert(name.clone()));
    let Ok(russian) = lang("ru") else { return };
    let practical: Vec<String> =
        made.iter().filter_map(|name| loose(name)).filter(|name| seen.insert(name.clone())).collect();
    let name = |origin| move |text| Name { lang: russian, origin, text };
    city.names.extend(made.into_iter().map(name(Origin::Generated)));
    city.names.extend(practical.into_iter().map(name(Origin::Practical)));
}

/// Uijeongbu-si is called Uijeongbu, and what has Hangul can be written in both romanisations.
fn romanize(city: &mut City) {
    let lang = city.names[0].lang;
    let bare = kontsevich::bare_latin(&city.names[0].text).map(str::to_owned);
    let systems = [Romanization::Revised, Romanization::McCune];
    let spelled = |name: &Name| systems.map(|system| hangul::latin(hangul::bare(&name.text), system));
    let korean = city.names.iter().filter(|name| LANGUAGES[usize::from(name.lang)] == "ko");
    let spellings: Vec<String> =
        korean.flat_map(spelled).flatten().map(|name| transliteration::capitalized(&name)).collect();
    let name = |origin| move |text| Name { lang, origin, text };
    city.names.extend(bare.map(name(Origin::Corrected)));
    city.names.extend(spellings.into_iter().map(name(Origin::Generated)));
}

/// Takes out what stands there twice, and unlabelled spellings that differ in nothing a search sees.
fn tidy(city: &mut City) {
    let (mut seen, mut keys) = (HashSet::new(), HashSet::new());
    city.names.retain(|name| {
        let is_new = keys.insert((key::key(&name.text), name.origin >= Origin::Generated));
        let only_latin = matches!(LANGUAGES[usize::from(name.lang)], "und-Latn" | "und-Cyrl");
        let spelled = !only_latin || is_new || name.origin == Origin::Main;
        spelled && seen.insert((name.lang, name.text.clone(), name.origin >= Origin::Generated))
    });
}

/// The index over all keys, the postings it leads to, and how many keys there are.
fn index(cities: &[City]) -> Outcome<(Vec<u8>, Vec<u8>, usize)> {
    let mut keys: BTreeMap<String, Vec<(u16, u16)>> = BTreeMap::new();
    for (place, city) in cities.iter().enumerate() {
        // The first name with a key stands for all of the city; what is made by rule stands apart, so
        // that it can be told whether a rule alone would have found it.
        let mut seen = HashSet::new();
        for (number, name) in city.names.iter().enumerate() {
            let key = key::key(&name.text);
            if !key.is_empty() && seen.insert((key.clone(), name.origin >= Origin::Generated)) {
                keys.entry(key).or_default().push((u16::try_from(place)?, u16::try_from(number)?));
            }
        }
    }
    let mut postings = Vec::new();
    let mut index = fst::MapBuilder::memory();
    for (key, found) in &keys {
        let count = u64::try_from(found.len())?;
        if count >> COUNT_BITS != 0 {
            return Err(format!("too many cities are called {key}").into());
        }
        let start = u64::try_from(postings.len() / container::POSTING)?;
        index.insert(key, start << COUNT_BITS | count)?;
        for (city, name) in found {
            postings.extend(city.to_le_bytes());
            postings.extend(name.to_le_bytes());
        }
    }
    Ok((index.into_inner()?, postings, keys.len()))
}
