//! What was found out about the names of cities, each once: a register names most of them many times.

use std::collections::HashMap;

use pobratim_domain::country::CountryCode;
use pobratim_imports::Field;
use pobratim_imports::city::{self, Asked, Candidate, Meant};

use crate::imports::wire::ImportCandidate;

/// A city as it was asked for: country, name, and the bits of latitude and longitude.
type Key = (CountryCode, String, Option<(u64, u64)>);

/// The names that were looked up.
#[derive(Default)]
pub(super) struct Cities(HashMap<Key, Meant>);

impl Cities {
    /// Looks names up on all processors: that takes most of the time of a check.
    pub(super) fn look_up(&mut self, names: &[Asked<'_>]) -> Result<(), String> {
        let keys = names.iter().map(|asked| key(asked.country, asked.name, asked.location));
        let mut wanted: Vec<Key> = keys.filter(|key| !self.0.contains_key(key)).collect();
        wanted.sort_unstable();
        wanted.dedup();
        let threads = std::thread::available_parallelism().map_or(1, usize::from);
        let found = std::thread::scope(|scope| {
            let parts = wanted.chunks(wanted.len().div_ceil(threads).max(1));
            let at_work: Vec<_> =
                parts.map(|part| scope.spawn(|| part.iter().map(find).collect::<Result<Vec<_>, _>>())).collect();
            let joined =
                at_work.into_iter().map(|thread| thread.join().map_err(|_| "looking up cities panicked".to_owned())?);
            joined.collect::<Result<Vec<_>, String>>()
        })?;
        self.0.extend(wanted.into_iter().zip(found.into_iter().flatten()));
        Ok(())
    }

    /// The city that a name means.
    pub(super) fn meant(
        &mut self,
        country: CountryCode,
        name: &str,
        location: Option<(f64, f64)>,
    ) -> Result<Meant, String> {
        let key = key(country, name, location);
        if let Some(meant) = self.0.get(&key) {
            return Ok(meant.clone());
        }
        let meant = find(&key)?;
        self.0.insert(key, meant.clone());
        Ok(meant)
    }
}

fn key(country: CountryCode, name: &str, location: Option<(f64, f64)>) -> Key {
    (country, name.to_owned(), location.map(|(lat, lon)| (lat.to_bits(), lon.to_bits())))
}

fn find((country, name, bits): &Key) -> Result<Meant, String> {
    let location = bits.map(|(lat, lon)| (f64::from_bits(lat), f64::from_bits(lon)));
    city::find(&Asked { name, country: *country, location }).map_err(|broken| broken.to_string())
}

/// A city of the gazetteer, as one that may be meant.
pub(super) fn candidate(field: Field, city: &Candidate) -> ImportCandidate {
    ImportCandidate {
        field,
        geonames: Some(city.geonames.into()),
        place: None,
        name: city.name.clone(),
        country: city.country,
        region: city.region.clone(),
        population: city.population.map(i64::from),
    }
}

/// Kilometres between two places, as on a map: exact enough for what is near.
pub(super) fn apart(one: (f64, f64), other: (f64, f64)) -> f64 {
    let across = (one.1 - other.1) * one.0.to_radians().cos();
    (one.0 - other.0).hypot(across) * 111.2
}
