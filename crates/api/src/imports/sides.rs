//! The places that the sides of a tie are: those of the directory, cities of the gazetteer, and new ones.

use std::collections::{HashMap, HashSet};

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::fold;
use pobratim_imports::Field;
use pobratim_imports::city::{self, Asked, Candidate, Meant};
use pobratim_imports::country::{Recognised, recognise};
use pobratim_persistence::{Clock, KnownPlace};
use uuid::Uuid;

use crate::imports::choices::{Choice, Choices, Chosen, Named};
use crate::imports::cities::{Cities, apart, candidate};
use crate::imports::plan::{NewPlace, Side};
use crate::imports::said::{Columns, Said, read_country, read_location};
use crate::imports::wire::ImportCandidate;

/// How far two places of one name may be told to lie from each other, in kilometres, to be one.
const SAME: f64 = 30.0;

/// The fields of one side.
pub(super) struct Fields {
    pub(super) city: Field,
    pub(super) country: Field,
    pub(super) latitude: Field,
    pub(super) longitude: Field,
    pub(super) identifier: Field,
}

/// The home side, and the partner's.
pub(super) const SIDES: [Fields; 2] = [
    Fields {
        city: Field::City,
        country: Field::Country,
        latitude: Field::Latitude,
        longitude: Field::Longitude,
        identifier: Field::Identifier,
    },
    Fields {
        city: Field::PartnerCity,
        country: Field::PartnerCountry,
        latitude: Field::PartnerLatitude,
        longitude: Field::PartnerLongitude,
        identifier: Field::PartnerIdentifier,
    },
];

impl Fields {
    /// The city that a row names on this side, when it names one by a name.
    pub(super) fn named(&self, columns: &Columns, cells: &[String]) -> Option<Named> {
        let name = columns.cell(cells, self.city);
        if name.is_empty() || !columns.cell(cells, self.identifier).is_empty() {
            return None;
        }
        let country = recognise(columns.cell(cells, self.country)).map(Recognised::code).ok()?;
        Some((country, fold(name)))
    }
}

/// A place that has no id in the gazetteer, known by its name.
#[derive(Clone, Copy)]
struct Unnumbered {
    id: Uuid,
    location: Option<(f64, f64)>,
    is_new: bool,
}

/// Every place that a side may be.
pub(super) struct Places {
    clock: Clock,
    choices: Choices,
    there: HashSet<Uuid>,
    home_geonames: Option<u32>,
    by_external_id: HashMap<(String, String), Uuid>,
    by_name: HashMap<Named, Vec<Unnumbered>>,
    /// New places by their ids in the gazetteer.
    planned: HashMap<u32, Uuid>,
    /// New places that were decided on, by the number of the choice.
    decided: HashMap<usize, Uuid>,
    cities: Cities,
}

impl Places {
    pub(super) fn new(clock: &Clock, choices: Choices) -> Self {
        Self {
            clock: clock.clone(),
            choices,
            there: HashSet::new(),
            home_geonames: None,
            by_external_id: HashMap::new(),
            by_name: HashMap::new(),
            planned: HashMap::new(),
            decided: HashMap::new(),
            cities: Cities::default(),
        }
    }

    /// What is there, and which of it is the municipality's own.
    pub(super) fn knows(&mut self, places: Vec<KnownPlace>, home: Option<Uuid>) {
        for place in places {
            self.there.insert(place.id);
            let geonames = place.external_ids.iter().find(|(scheme, _)| scheme == "geonames");
            if home == Some(place.id) {
                self.home_geonames = geonames.and_then(|(_, value)| value.parse().ok());
            }
            if let (None, Ok(country)) = (geonames, CountryCode::parse(&place.country)) {
                let named = Unnumbered { id: place.id, location: place.location, is_new: false };
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
    }

    /// Finds out about all cities that these rows name.
    pub(super) fn look_up(&mut self, columns: &Columns, rows: &[Vec<String>]) -> Result<(), String> {
        let mut wanted = Vec::new();
        for (cells, fields) in rows.iter().flat_map(|cells| SIDES.iter().map(move |fields| (cells, fields))) {
            let cell = |field: Field| columns.cell(cells, field);
            let mut unheard = Said::default();
            let location = read_location(cell(fields.latitude), cell(fields.longitude), fields.latitude, &mut unheard);
            let Ok(country) = recognise(cell(fields.country)).map(Recognised::code) else { continue };
            let name = cell(fields.city);
            if !name.is_empty() {
                wanted.push(Asked { name, country, location });
            }
        }
        self.cities.look_up(&wanted)
    }

    /// Whether it was decided to leave a row out.
    pub(super) fn skip(&self, number: i64, columns: &Columns, cells: &[String]) -> bool {
        self.choices.skip(number, SIDES.iter().filter_map(|side| side.named(columns, cells)))
    }

    /// The place that a side is; none when it is not known which.
    pub(super) fn side(
        &mut self,
        fields: &Fields,
        columns: &Columns,
        number: i64,
        cells: &[String],
        said: &mut Said,
    ) -> Result<Option<Side>, String> {
        let cell = |field: Field| columns.cell(cells, field);
        let (name, identifier) = (cell(fields.city), cell(fields.identifier));
        if !identifier.is_empty() {
            return self.identified(fields, identifier, said);
        }
        if name.is_empty() {
            said.wrong(fields.city, "required", "There is no city. Where cells are merged, write it into each row.");
        } else if name.chars().count() > 200 {
            said.wrong(fields.city, "too_long", "The name of a city has 200 characters at most.");
        }
        let country = read_country(cell(fields.country), fields.country, said);
        let location = read_location(cell(fields.latitude), cell(fields.longitude), fields.latitude, said);
        let (Some(country), false) = (country, said.wrong) else { return Ok(None) };
        let meant = self.cities.meant(country, name, location)?;
        if let Some(choice) = self.choices.about(number, &(country, fold(name))).cloned() {
            // Where the register says where it lies, only a choice for this very row says otherwise.
            let is_told = location.is_some() && matches!(meant, Meant::City(_));
            if choice.rows.is_some() || !is_told {
                return Ok(self.chosen(fields, &choice, name, country, location, said));
            }
        }
        Ok(match meant {
            Meant::City(city) => Some(self.in_gazetteer(name, &city, location)),
            Meant::OneOf(cities) => {
                // The municipality's own city is meant by who keeps the register.
                if let Some(city) = cities.iter().find(|city| Some(city.geonames) == self.home_geonames) {
                    return Ok(Some(self.in_gazetteer(name, city, location)));
                }
                said.doubtful(fields.city, "several_cities", "Several cities are called so. Choose one.");
                said.told.candidates.extend(cities.iter().map(|city| candidate(fields.city, city)));
                None
            }
            Meant::Elsewhere(cities) => {
                let detail = "None of those who are called so is known to lie there. Choose one.";
                said.doubtful(fields.city, "another_region", detail);
                said.told.candidates.extend(cities.iter().map(|city| candidate(fields.city, city)));
                None
            }
            // Where it is known where it lies, a city of another name is another one.
            Meant::Nearly(cities) if location.is_none() && !self.by_name.contains_key(&(country, fold(name))) => {
                said.doubtful(fields.city, "nearly", "No city is called so; these are called nearly so.");
                said.told.candidates.extend(cities.iter().map(|city| candidate(fields.city, city)));
                None
            }
            Meant::Nearly(_) | Meant::Nobody => self.by_name(fields, name, country, location, said),
        })
    }

    /// What somebody decided.
    fn chosen(
        &mut self,
        fields: &Fields,
        choice: &Choice,
        name: &str,
        country: CountryCode,
        location: Option<(f64, f64)>,
        said: &mut Said,
    ) -> Option<Side> {
        let side = match &choice.chosen {
            Chosen::City(city) => self.in_gazetteer(name, city, location),
            Chosen::Place(id) if self.there.contains(id) => Side { id: *id, make: None },
            Chosen::Place(_) => {
                said.doubtful(fields.city, "unknown_place", "The place that was chosen is not there any more.");
                return None;
            }
            Chosen::New => {
                let known = self.by_name.get(&(country, fold(name)));
                let is_known = known.is_some_and(|known| known.iter().any(|one| !one.is_new));
                if choice.rows.is_none() && !is_known {
                    return self.by_name(fields, name, country, location, said);
                }
                // There is one of that name already, and this is another.
                let id = *self.decided.entry(choice.number).or_insert_with(|| self.clock.id());
                let make = NewPlace { name: name.to_owned(), country, geonames: None, location, is_another: true };
                Side { id, make: Some(make) }
            }
            Chosen::Skip => return None,
        };
        said.note(fields.city, "chosen", "It was decided which is meant.");
        Some(side)
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
        let make = NewPlace {
            name: name.to_owned(),
            country: city.country,
            geonames: Some(city.geonames),
            location,
            is_another: false,
        };
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
        let make = NewPlace { name: name.to_owned(), country, geonames: None, location, is_another: false };
        match known.as_slice() {
            [] => {
                let id = self.clock.id();
                known.push(Unnumbered { id, location, is_new: true });
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
                    said.told.candidates.extend(unnumbered(fields.city, name, country, known));
                    return None;
                }
                let (id, is_new) = (one.id, one.is_new);
                Some(Side { id, make: is_new.then_some(make) })
            }
            _ => {
                said.doubtful(fields.city, "several_places", "Several places are called so. Choose one.");
                said.told.candidates.extend(unnumbered(fields.city, name, country, known));
                None
            }
        }
    }
}

/// Places of the directory that may be meant.
fn unnumbered(field: Field, name: &str, country: CountryCode, known: &[Unnumbered]) -> Vec<ImportCandidate> {
    let known = known.iter().filter(|place| !place.is_new);
    let of = |place: &Unnumbered| ImportCandidate {
        field,
        geonames: None,
        place: Some(place.id),
        name: name.to_owned(),
        country,
        region: None,
        population: None,
    };
    known.map(of).collect()
}
