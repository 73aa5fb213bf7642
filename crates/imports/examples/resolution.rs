//! How many countries and cities of a register are recognised, and how many of the cities rightly: held
//! against coordinates, when the register has them.
//!
//! `cargo run --release -p pobratim-imports --example resolution -- FILE [--without-places] [--list]`

#![expect(clippy::print_stdout, reason = "it is there to print")]

use std::collections::{BTreeMap, HashMap};
use std::time::Instant;

use pobratim_imports::city::{self, Asked, Meant};
use pobratim_imports::{Field, country, propose, read};

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let has = |flag: &str| arguments.iter().any(|argument| argument == flag);
    let file = arguments.first().ok_or("which file?")?;
    let table = read(&std::fs::read(file)?, Some(file))?;
    let mapping = propose(&table.heading);
    let column = |field: Field| mapping.iter().position(|known| *known == Some(field));
    let sides = [
        [Field::City, Field::Country, Field::Latitude, Field::Longitude],
        [Field::PartnerCity, Field::PartnerCountry, Field::PartnerLatitude, Field::PartnerLongitude],
    ]
    .map(|fields| fields.map(column));
    let began = Instant::now();
    let (mut mentions, mut countries) = (0_usize, 0_usize);
    let mut outcomes: BTreeMap<&str, usize> = BTreeMap::new();
    let mut distinct: BTreeMap<&str, usize> = BTreeMap::new();
    let (mut held, mut apart) = (0_usize, Vec::new());
    let mut known = HashMap::new();
    for row in &table.rows {
        let cell = |at: Option<usize>| at.and_then(|at| row.cells.get(at)).map_or("", String::as_str);
        for [name, land, latitude, longitude] in sides {
            mentions += 1;
            let Ok(code) = country::recognise(cell(land)).map(country::Recognised::code) else { continue };
            countries += 1;
            let place = cell(latitude).parse().ok().zip(cell(longitude).parse().ok());
            let location = place.filter(|_| !has("--without-places"));
            let asked = Asked { name: cell(name), country: code, location };
            let key = format!("{code} {} {location:?}", cell(name));
            let is_new = !known.contains_key(&key);
            let meant = match known.get(&key) {
                Some(meant) => meant,
                None => known.entry(key).or_insert(city::find(&asked)?),
            };
            let outcome = match meant {
                Meant::City(_) => "one city",
                Meant::OneOf(_) => "one of several",
                Meant::Elsewhere(_) => "elsewhere",
                Meant::Nearly(_) => "nearly",
                Meant::Nobody => "nobody",
            };
            *outcomes.entry(outcome).or_default() += 1;
            if !is_new {
                continue;
            }
            *distinct.entry(outcome).or_default() += 1;
            if let (Meant::City(city), Some((lat, lon))) = (meant, place) {
                held += 1;
                let far = city::apart((lat, lon), city.geonames)?.unwrap_or(f64::MAX);
                if far > 50.0 {
                    apart.push((
                        far,
                        format!("{} ({code}) taken for {} {:?} {}", cell(name), city.name, city.region, city.geonames),
                    ));
                }
            } else if has("--list") && !matches!(meant, Meant::City(_)) {
                println!("{outcome}\t{code}\t{}", cell(name));
            }
        }
    }
    println!("{} rows, {mentions} mentions, {} ms", table.rows.len(), began.elapsed().as_millis());
    println!("countries: {countries}; cities by mentions: {outcomes:?}; by names: {distinct:?}");
    println!("held against coordinates: {held}; more than 50 km apart: {}", apart.len());
    if has("--apart") {
        apart.iter().for_each(|(far, text)| println!("{far:.0} km\t{text}"));
    }
    Ok(())
}
