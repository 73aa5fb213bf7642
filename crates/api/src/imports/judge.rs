//! The verdicts: what each row of a register comes to, beside the records that are there.

use std::collections::HashMap;

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::fold;
use pobratim_domain::{PartnershipKind, PartnershipStage};
use pobratim_imports::city::{self, Asked, Candidate, Meant};
use pobratim_imports::country::{Recognised, recognise};
use pobratim_imports::{Field, Tie, kind, tie};
use pobratim_persistence::{Clock, KnownPlace, KnownTie};
use uuid::Uuid;

use crate::imports::plan::{NewPlace, Plan, Side, Told};
use crate::imports::said::{Said, read_country, read_date, read_location, read_word};
use crate::imports::wire::{ImportCandidate, ImportField, ImportVerdict};

/// How far two places of one name may be told to lie from each other, in kilometres, to be one.
const SAME: f64 = 30.0;

/// What rows are judged by.
pub(crate) struct Judge {
    columns: HashMap<Field, usize>,
    kind: PartnershipKind,
    /// The place of the municipality.
    home: Option<Uuid>,
    home_geonames: Option<u32>,
    clock: Clock,
    by_external_id: HashMap<(String, String), Uuid>,
    by_name: HashMap<(CountryCode, String), Vec<Named>>,
    ties: HashMap<[Uuid; 2], KnownTie>,
    /// What earlier rows say.
    said: HashMap<[Uuid; 2], i64>,
    /// New places by their ids in the gazetteer.
    planned: HashMap<u32, Uuid>,
    /// What was found out about names.
    cities: HashMap<City, Meant>,
}

/// A city as it was asked for: country, name, and the bits of latitude and longitude.
type City = (CountryCode, String, Option<(u64, u64)>);

/// A place that has no id in the gazetteer, known by its name.
#[derive(Clone, Copy)]
struct Named {
    id: Uuid,
    location: Option<(f64, f64)>,
    is_new: bool,
}

/// The fields of one side.
struct Fields {
    city: Field,
    country: Field,
    latitude: Field,
    longitude: Field,
    identifier: Field,
}

const HOME: Fields = Fields {
    city: Field::City,
    country: Field::Country,
    latitude: Field::Latitude,
    longitude: Field::Longitude,
    identifier: Field::Identifier,
};
const PARTNER: Fields = Fields {
    city: Field::PartnerCity,
    country: Field::PartnerCountry,
    latitude: Field::PartnerLatitude,
    longitude: Field::PartnerLongitude,
    identifier: Field::PartnerIdentifier,
};

impl Judge {
    pub(crate) fn new(mapping: &[Option<Field>], kind: PartnershipKind, home: Option<Uuid>, clock: &Clock) -> Self {
        let columns = mapping.iter().enumerate().filter_map(|(at, field)| Some(((*field)?, at)));
        Self {
            columns: columns.collect(),
            kind,
            home,
            home_geonames: None,
            clock: clock.clone(),
            by_external_id: HashMap::new(),
            by_name: HashMap::new(),
            ties: HashMap::new(),
            said: HashMap::new(),
            planned: HashMap::new(),
            cities: HashMap::new(),
        }
    }

    /// What is there.
    pub(crate) fn knows(mut self, places: Vec<KnownPlace>, ties: Vec<KnownTie>) -> Self {
        for place in places {
            let geonames = place.external_ids.iter().find(|(scheme, _)| scheme == "geonames");
            if self.home == Some(place.id) {
                self.home_geonames = geonames.and_then(|(_, value)| value.parse().ok());
            }
            if let (None, Ok(country)) = (geonames, CountryCode::parse(&place.country)) {
                let named = Named { id: place.id, location: place.location, is_new: false };
                for name in &place.names {
                    let known = self.by_name.entry((country, fold(name))).or_default();
                    if !known.iter().any(|other| other.id == place.id) {
                        known.push(named);
                    }
                }
            }
            for external_id in place.external_ids {
                self.by_external_id.insert(external_id, place.id);
            }
        }
        for tie in ties {
            // A tie that lives goes before one that has ended.
            if tie.living || !self.ties.contains_key(&tie.sides) {
                self.ties.insert(tie.sides, tie);
            }
        }
        self
    }

    /// Finds out about all cities that these rows name, on all processors: that takes most of the time.
    pub(crate) fn look_up(&mut self, rows: &[Vec<String>]) -> Result<(), String> {
        let mut wanted: Vec<City> = Vec::new();
        for cells in rows {
            for fields in [&HOME, &PARTNER] {
                let cell =
                    |field: Field| self.columns.get(&field).and_then(|at| cells.get(*at)).map_or("", String::as_str);
                let mut unheard = Said::default();
                let location =
                    read_location(cell(fields.latitude), cell(fields.longitude), fields.latitude, &mut unheard);
                let Ok(country) = recognise(cell(fields.country)).map(Recognised::code) else { continue };
                let key = key(country, cell(fields.city).trim(), location);
                if !key.1.is_empty() && !self.cities.contains_key(&key) {
                    wanted.push(key);
                }
            }
        }
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
        self.cities.extend(wanted.into_iter().zip(found.into_iter().flatten()));
        Ok(())
    }

    /// Judges a row.
    pub(crate) fn judge(&mut self, number: i64, cells: &[String]) -> Result<(ImportVerdict, Told), String> {
        let mut said = Said::default();
        let cell = |field: Field| {
            self.columns.get(&field).and_then(|at| cells.get(*at)).map_or("", String::as_str).trim().to_owned()
        };
        let formulas: Vec<Field> = Field::ALL.into_iter().filter(|field| cell(*field).starts_with('=')).collect();
        for field in formulas {
            said.wrong(field, "formula", "It is a formula. Write what it comes to.");
        }
        let established = read_date(&cell(Field::Established), Field::Established, &mut said);
        let ended = read_date(&cell(Field::Ended), Field::Ended, &mut said);
        let told_kind = read_word(&cell(Field::Kind), Field::Kind, kind, &mut said);
        let told_tie = read_word(&cell(Field::Status), Field::Status, tie, &mut said);
        let cites = Some(cell(Field::Source)).filter(|text| !text.is_empty());
        let own = self
            .home
            .filter(|_| !self.columns.contains_key(&Field::City) && !self.columns.contains_key(&Field::Identifier));
        let home = match own {
            Some(id) => Some(Side { id, make: None }),
            None if !self.columns.contains_key(&Field::City) && !self.columns.contains_key(&Field::Identifier) => {
                said.wrong(
                    Field::City,
                    "required",
                    "No column is the home side, and the municipality has no home place.",
                );
                None
            }
            None => self.side(&HOME, cells, &mut said)?,
        };
        let partner = self.side(&PARTNER, cells, &mut said)?;
        let stage = match (told_tie, ended) {
            (Some(Tie::Suspended), _) => PartnershipStage::Suspended,
            (Some(Tie::Expired), _) => PartnershipStage::Expired,
            (Some(Tie::Ended), _) | (None, Some(_)) => PartnershipStage::Ended,
            (Some(Tie::Active), Some(_)) => {
                said.doubtful(Field::Ended, "ended_and_active", "It is said to live and to have ended.");
                PartnershipStage::Active
            }
            _ => PartnershipStage::Active,
        };
        if let (Some(from), Some(to)) = (established, ended)
            && to.is_before(&from)
        {
            said.wrong(Field::Ended, "not_allowed", "It ended before it was established.");
        }
        let (Some(home), Some(partner)) = (home, partner) else { return Ok(said.verdict(ImportVerdict::New)) };
        let mut sides = [home.id, partner.id];
        sides.sort_unstable();
        if home.id == partner.id {
            said.wrong(Field::PartnerCity, "same_city", "Both sides are the same city.");
        }
        if said.wrong || said.doubtful {
            return Ok(said.verdict(ImportVerdict::New));
        }
        if let Some(earlier) = self.said.get(&sides) {
            said.note(None, "repeated", format!("Row {earlier} has the same two cities."));
            return Ok(said.verdict(ImportVerdict::Same));
        }
        self.said.insert(sides, number);
        let plan = Plan { home, partner, kind: told_kind.unwrap_or(self.kind), stage, established, ended, cites };
        let Some(known) = self.ties.get(&sides) else {
            said.told.plan = Some(plan);
            return Ok(said.verdict(ImportVerdict::New));
        };
        said.told.partnership = Some(known.id);
        if told_kind.is_some_and(|kind| kind.as_str() != known.kind) {
            said.doubtful(Field::Kind, "differs", format!("{} says {}.", known.reference, known.kind));
        }
        if (told_tie.is_some() || ended.is_some()) && stage.is_living() != known.living {
            let says = if known.living { "that it lives" } else { "that it has ended" };
            said.doubtful(Field::Status, "differs", format!("{} says {says}.", known.reference));
        }
        match (&known.established, established) {
            (Some(was), Some(is)) if *was != is.to_string() => {
                said.doubtful(Field::Established, "differs", format!("{} says {was}.", known.reference));
            }
            (None, Some(_)) if known.living => {
                said.told.plan = Some(plan);
                return Ok(said.verdict(ImportVerdict::Update));
            }
            _ => {}
        }
        Ok(said.verdict(ImportVerdict::Same))
    }

    /// The place that a side is; none when it is not known which.
    fn side(&mut self, fields: &Fields, cells: &[String], said: &mut Said) -> Result<Option<Side>, String> {
        let cell = |field: Field| {
            self.columns.get(&field).and_then(|at| cells.get(*at)).map_or("", String::as_str).trim().to_owned()
        };
        let (name, land, identifier) = (cell(fields.city), cell(fields.country), cell(fields.identifier));
        if !identifier.is_empty() {
            return self.identified(fields, &identifier, said);
        }
        if name.is_empty() {
            said.wrong(fields.city, "required", "There is no city. Where cells are merged, write it into each row.");
        } else if name.chars().count() > 200 {
            said.wrong(fields.city, "too_long", "The name of a city has 200 characters at most.");
        }
        let country = read_country(&land, fields.country, said);
        let location = read_location(&cell(fields.latitude), &cell(fields.longitude), fields.latitude, said);
        let (Some(country), false) = (country, said.wrong) else { return Ok(None) };
        let key = key(country, &name, location);
        let meant = match self.cities.get(&key) {
            Some(meant) => meant.clone(),
            None => {
                let meant =
                    city::find(&Asked { name: &name, country, location }).map_err(|broken| broken.to_string())?;
                self.cities.insert(key, meant.clone());
                meant
            }
        };
        Ok(match meant {
            Meant::City(city) => Some(self.in_gazetteer(&name, &city, location)),
            Meant::OneOf(cities) => {
                // The municipality's own city is meant by who keeps the register.
                if let Some(city) = cities.iter().find(|city| Some(city.geonames) == self.home_geonames) {
                    return Ok(Some(self.in_gazetteer(&name, city, location)));
                }
                said.doubtful(
                    fields.city,
                    "several_cities",
                    "Several cities are called so. Say which by its id in GeoNames.",
                );
                said.told.candidates.extend(cities.iter().map(|city| candidate(fields.city, city)));
                None
            }
            // Where it is known where it lies, a city of another name is another one.
            Meant::Nearly(cities) if location.is_none() && !self.by_name.contains_key(&(country, fold(&name))) => {
                said.doubtful(fields.city, "nearly", "No city is called so; these are called nearly so.");
                said.told.candidates.extend(cities.iter().map(|city| candidate(fields.city, city)));
                None
            }
            Meant::Nearly(_) | Meant::Nobody => self.by_name(fields, &name, country, location, said),
        })
    }

    fn identified(&mut self, fields: &Fields, identifier: &str, said: &mut Said) -> Result<Option<Side>, String> {
        let scheme = if identifier.starts_with(['Q', 'q']) { "wikidata" } else { "geonames" };
        if let Some(id) = self.by_external_id.get(&(scheme.to_owned(), identifier.to_uppercase())) {
            return Ok(Some(Side { id: *id, make: None }));
        }
        match city::by_id(identifier).map_err(|broken| broken.to_string())? {
            Some(city) => Ok(Some(self.in_gazetteer(&city.name, &city, None))),
            None => {
                said.wrong(
                    fields.identifier,
                    "unknown_identifier",
                    "No place and no city of the gazetteer has this id.",
                );
                Ok(None)
            }
        }
    }

    /// A city of the gazetteer: the place that has its id, or the one that has its name and no id, or a new one.
    fn in_gazetteer(&mut self, name: &str, city: &Candidate, location: Option<(f64, f64)>) -> Side {
        let known = self.by_external_id.get(&("geonames".to_owned(), city.geonames.to_string())).copied();
        let named = || {
            let named =
                [name, city.name.as_str()].into_iter().find_map(|name| self.by_name.get(&(city.country, fold(name))));
            named.and_then(|named| match named.as_slice() {
                [one] if !one.is_new => Some(one.id),
                _ => None,
            })
        };
        if let Some(id) = known.or_else(named) {
            return Side { id, make: None };
        }
        let id = *self.planned.entry(city.geonames).or_insert_with(|| self.clock.id());
        let make = NewPlace { name: name.to_owned(), country: city.country, geonames: Some(city.geonames), location };
        Side { id, make: Some(make) }
    }

    /// A place that is not in the gazetteer: one of that name, or a new one.
    fn by_name(
        &mut self,
        fields: &Fields,
        name: &str,
        country: CountryCode,
        location: Option<(f64, f64)>,
        said: &mut Said,
    ) -> Option<Side> {
        let known = self.by_name.entry((country, fold(name))).or_default();
        let make = NewPlace { name: name.to_owned(), country, geonames: None, location };
        match known.as_slice() {
            [] => {
                let id = self.clock.id();
                known.push(Named { id, location, is_new: true });
                said.note(
                    fields.city,
                    "not_in_gazetteer",
                    "The gazetteer does not have it: the place is made by its name.",
                );
                Some(Side { id, make: Some(make) })
            }
            [one] => {
                if let (Some(here), Some(there)) = (location, one.location)
                    && apart(here, there) > SAME
                {
                    said.doubtful(
                        fields.city,
                        "another_of_that_name",
                        "Another place of that name is known, which lies elsewhere.",
                    );
                    return None;
                }
                let (id, is_new) = (one.id, one.is_new);
                Some(Side { id, make: is_new.then_some(make) })
            }
            _ => {
                said.doubtful(fields.city, "several_places", "Several places are called so.");
                None
            }
        }
    }
}

fn key(country: CountryCode, name: &str, location: Option<(f64, f64)>) -> City {
    (country, name.to_owned(), location.map(|(lat, lon)| (lat.to_bits(), lon.to_bits())))
}

fn find((country, name, bits): &City) -> Result<Meant, String> {
    let location = bits.map(|(lat, lon)| (f64::from_bits(lat), f64::from_bits(lon)));
    city::find(&Asked { name, country: *country, location }).map_err(|broken| broken.to_string())
}

fn candidate(field: Field, city: &Candidate) -> ImportCandidate {
    ImportCandidate {
        field: wire(field),
        geonames: city.geonames.into(),
        name: city.name.clone(),
        country: city.country,
        region: city.region.clone(),
        population: city.population.map(i64::from),
    }
}

/// Kilometres between two places, as on a map: exact enough for what is near.
fn apart(one: (f64, f64), other: (f64, f64)) -> f64 {
    let across = (one.1 - other.1) * one.0.to_radians().cos();
    (one.0 - other.0).hypot(across) * 111.2
}

/// A field as clients know it.
pub(crate) fn wire(field: Field) -> ImportField {
    match field {
        Field::City => ImportField::City,
        Field::Country => ImportField::Country,
        Field::Latitude => ImportField::Latitude,
        Field::Longitude => ImportField::Longitude,
        Field::Identifier => ImportField::Identifier,
        Field::PartnerCity => ImportField::PartnerCity,
        Field::PartnerCountry => ImportField::PartnerCountry,
        Field::PartnerLatitude => ImportField::PartnerLatitude,
        Field::PartnerLongitude => ImportField::PartnerLongitude,
        Field::PartnerIdentifier => ImportField::PartnerIdentifier,
        Field::Established => ImportField::Established,
        Field::Ended => ImportField::Ended,
        Field::Kind => ImportField::Kind,
        Field::Status => ImportField::Status,
        Field::Source => ImportField::Source,
    }
}
