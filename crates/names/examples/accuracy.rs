//! How often the first answer is the right one, over all names of the gazetteer's East Asian cities.
//!
//! `cargo xtask names` runs this and prints the tables of docs/NAMES.md. Half of the cities, by the
//! parity of a hash of their ids, are held back: rules and limits were tuned by looking at the others
//! only.

#![expect(clippy::print_stdout, reason = "printing is what it is for")]

use std::collections::BTreeMap;
use std::time::{Duration, Instant};

use pobratim_names::{Broken, City, Gazetteer, Name, Origin, Query, counts, gazetteer};

const COUNTRIES: [&str; 8] = ["CN", "HK", "JP", "KP", "KR", "MN", "MO", "TW"];

/// How names are grouped, and the language a group is told by.
const GROUPS: [(&str, &[&str]); 8] = [
    ("Cyrillic, Russian", &["ru"]),
    ("Cyrillic, others", &["und-Cyrl", "mn", "uk", "be", "bg", "sr", "kk"]),
    ("Han, Chinese", &["zh", "zh-CN", "zh-TW", "zh-Hant"]),
    ("Han and Kana, Japanese", &["ja"]),
    ("Hangul, Korean", &["ko"]),
    ("Latin, English", &["en"]),
    ("Latin, other languages", &["de", "fr", "es", "it", "pt", "pl", "vi"]),
    ("Latin, language unknown", &["und-Latn"]),
];

#[derive(Default, Clone, Copy)]
struct Share {
    right: u32,
    found: u32,
    all: u32,
}

impl Share {
    fn add(&mut self, place: Option<usize>) {
        self.all += 1;
        self.right += u32::from(place == Some(0));
        self.found += u32::from(place.is_some_and(|place| place < 5));
    }

    fn told(&self) -> String {
        let percent = |part: u32| 100.0 * f64::from(part) / f64::from(self.all.max(1));
        format!("{} | {:.1} % | {:.1} %", self.all, percent(self.right), percent(self.found))
    }
}

fn main() -> Result<(), Broken> {
    let start = Instant::now();
    let gazetteer = gazetteer()?;
    let unpacked = start.elapsed();
    let counts = counts();
    println!("Unpacked in {:.0?}: {} bytes, {counts:?}\n", unpacked, gazetteer.size());

    let cities: Vec<City<'_>> = gazetteer.cities().filter(|city| COUNTRIES.contains(&city.country())).collect();
    println!("{} cities of {}.\n", cities.len(), COUNTRIES.join(", "));

    println!("### Every name as it stands in the gazetteer\n");
    table(gazetteer, &cities, &GROUPS, |_, _| true);

    println!("\n### Russian names with all Cyrillic names of these countries hidden\n");
    println!("Only what the rules made of pinyin, romaji and Hangul is left, and fuzzy matching.\n");
    let cyrillic = ["ru", "und-Cyrl", "mn", "uk", "be", "bg", "sr", "kk"];
    table(gazetteer, &cities, &GROUPS[..1], |city, name| {
        let given = name.origin < Origin::Generated;
        !(given && cyrillic.contains(&name.lang) && COUNTRIES.contains(&city.country()))
    });

    println!("\n### Korean names of Korean cities with all Hangul hidden\n");
    let korean: Vec<City<'_>> = cities.iter().copied().filter(|city| matches!(city.country(), "KR" | "KP")).collect();
    table(gazetteer, &korean, &GROUPS[4..5], |_, name| {
        // What was made of the Hangul goes with it.
        name.lang != "ko" && name.origin < Origin::Generated
    });

    println!("\n### Every name of six letters or more with one letter changed\n");
    slips(gazetteer, &cities);
    times(gazetteer, &cities);
    Ok(())
}

/// Whether a city is among those that were not looked at while tuning.
fn held_back(city: &City<'_>) -> bool {
    // Ids of neighbours are neighbours: parity alone would follow the order in which they were given.
    city.id().wrapping_mul(2_654_435_769) >> 31 == 1
}

fn place(found: &[pobratim_names::Found<'_>], city: &City<'_>) -> Option<usize> {
    found.iter().position(|found| found.city.id() == city.id())
}

fn table(
    gazetteer: &Gazetteer,
    cities: &[City<'_>],
    groups: &[(&str, &[&str])],
    keep: impl Fn(&City<'_>, &Name<'_>) -> bool,
) {
    println!("| Names | Tuned on | first | in five | Held back | first | in five |");
    println!("| --- | ---: | ---: | ---: | ---: | ---: | ---: |");
    let mut missed: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (group, languages) in groups {
        let (mut tuned, mut held) = (Share::default(), Share::default());
        for city in cities {
            for name in city.names().filter(|name| name.origin < Origin::Generated && languages.contains(&name.lang)) {
                let query = Query { text: name.text, country: None, lang: None, limit: 20 };
                let found = gazetteer.search_among(&query, &keep);
                let place = place(&found, city);
                if held_back(city) {
                    held.add(place);
                } else {
                    tuned.add(place);
                    if place != Some(0) {
                        let first = found.first().map(|found| (found.city, found.name.text, found.kind));
                        missed.entry(group).or_default().push(format!("{} of {city:?}: {first:?}", name.text));
                    }
                }
            }
        }
        println!("| {group} | {} | {} |", tuned.told(), held.told());
    }
    if std::env::args().any(|argument| argument == "--misses") {
        for (group, missed) in missed {
            println!("\n{group}:");
            for line in missed {
                println!("  {line}");
            }
        }
    }
}

/// Changes one letter in the middle of each name to its neighbour in Unicode.
fn slips(gazetteer: &Gazetteer, cities: &[City<'_>]) {
    println!("| Names | All | first | in five |");
    println!("| --- | ---: | ---: | ---: |");
    for (group, languages) in GROUPS {
        let mut share = Share::default();
        for city in cities {
            for name in city.names().filter(|name| name.origin <= Origin::Labelled && languages.contains(&name.lang)) {
                let mut letters: Vec<char> = name.text.chars().collect();
                let middle = letters.len() / 2;
                let Some(other) = letters.get(middle).and_then(|letter| char::from_u32(u32::from(*letter) + 1)) else {
                    continue;
                };
                if letters.len() < 6 {
                    continue;
                }
                letters[middle] = other;
                let text: String = letters.iter().collect();
                share.add(place(&gazetteer.search(&Query { text: &text, country: None, lang: None, limit: 20 }), city));
            }
        }
        println!("| {group} | {} |", share.told());
    }
}

/// How long answers take, by how far the first one is from what was asked.
fn times(gazetteer: &Gazetteer, cities: &[City<'_>]) {
    let mut times: BTreeMap<&str, Vec<Duration>> = BTreeMap::new();
    for city in cities.iter().step_by(10) {
        for name in city.names().filter(|name| name.origin < Origin::Inferred) {
            for text in [name.text.to_owned(), format!("x{}", name.text), format!("xq{}", name.text)] {
                let start = Instant::now();
                let found = gazetteer.search(&Query { text: &text, country: None, lang: None, limit: 20 });
                let kind = match found.first().map(|found| found.distance) {
                    Some(0) => "the very name, or by rule",
                    Some(1) => "one letter off",
                    Some(_) => "two letters off",
                    None => "nothing",
                };
                times.entry(kind).or_default().push(start.elapsed());
            }
        }
    }
    println!("\n### Times\n\n| Found | Queries | half within | 99 % within | longest |");
    println!("| --- | ---: | ---: | ---: | ---: |");
    for (kind, mut times) in times {
        times.sort();
        let at = |hundredths: usize| times.get((times.len() - 1) * hundredths / 100).copied().unwrap_or_default();
        println!("| {kind} | {} | {:.1?} | {:.1?} | {:.1?} |", times.len(), at(50), at(99), at(100));
    }
}
