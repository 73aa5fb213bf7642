//! Choices: which city a name means where several may be meant, as a person decides it, and which rows are
//! left out. They belong to the import and hold whenever it is checked.

use std::collections::{HashMap, HashSet};

use pobratim_domain::Faults;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::fold;
use pobratim_imports::city::{self, Candidate};
use pobratim_persistence::{Error, ImportModel, Snapshot};
use uuid::Uuid;

use crate::imports::said::Columns;
use crate::imports::sides::SIDES;
use crate::imports::wire::{ImportAction, ImportChoice};
use crate::imports::work::{READ, nested};

/// A city as rows name it: its country, and its name, folded.
pub(super) type Named = (CountryCode, String);

/// What was decided.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Chosen {
    /// This city of the gazetteer.
    City(Candidate),
    /// This place of the directory.
    Place(Uuid),
    /// A place that is to be made.
    New,
    /// The row is left out.
    Skip,
}

/// A decision.
#[derive(Clone, Debug)]
pub(super) struct Choice {
    /// Where it stands in the list.
    pub(super) number: usize,
    /// The rows that it is about; all that have the name, when it names none.
    pub(super) rows: Option<HashSet<i64>>,
    pub(super) chosen: Chosen,
}

/// The decisions of an import.
#[derive(Default)]
pub(super) struct Choices {
    named: HashMap<Named, Vec<Choice>>,
    left_out: HashSet<i64>,
}

impl Choices {
    pub(super) fn of(list: &[ImportChoice]) -> Result<Self, String> {
        let mut choices = Self::default();
        for (number, choice) in list.iter().enumerate() {
            let chosen = match (choice.geonames, choice.place, choice.action) {
                (Some(id), ..) => city(id)?.map(Chosen::City),
                (_, Some(id), _) => Some(Chosen::Place(id)),
                (.., Some(ImportAction::NewPlace)) => Some(Chosen::New),
                (.., Some(ImportAction::Skip)) => Some(Chosen::Skip),
                (None, None, None) => None,
            };
            // Every list is examined before it is kept.
            let Some(chosen) = chosen else { continue };
            let rows = choice.rows.as_ref().map(|rows| rows.iter().copied().collect::<HashSet<i64>>());
            match named(choice) {
                Some(named) => choices.named.entry(named).or_default().push(Choice { number, rows, chosen }),
                None => choices.left_out.extend(rows.unwrap_or_default()),
            }
        }
        Ok(choices)
    }

    /// What was decided of a name in a row: for this row, else for all that have the name.
    pub(super) fn about(&self, row: i64, named: &Named) -> Option<&Choice> {
        let known = self.named.get(named)?;
        let of_row = known.iter().find(|choice| choice.rows.as_ref().is_some_and(|rows| rows.contains(&row)));
        of_row.or_else(|| known.iter().find(|choice| choice.rows.is_none()))
    }

    /// Whether a row is left out.
    pub(super) fn skip(&self, row: i64, mut names: impl Iterator<Item = Named>) -> bool {
        self.left_out.contains(&row)
            || names.any(|named| self.about(row, &named).is_some_and(|choice| choice.chosen == Chosen::Skip))
    }
}

fn named(choice: &ImportChoice) -> Option<Named> {
    Some((choice.country?, fold(choice.name.as_deref()?)))
}

fn city(id: i64) -> Result<Option<Candidate>, String> {
    city::by_id(&id.to_string()).map_err(|broken| broken.to_string())
}

/// Looks at choices beside the rows and the directory, under the mapping that is to hold; notes every fault.
pub(super) async fn examine(
    snapshot: &Snapshot,
    import: &ImportModel,
    columns: &Columns,
    choices: &[ImportChoice],
    faults: &mut Faults,
) -> Result<(), Error> {
    if choices.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = choices.iter().filter_map(|choice| choice.place).collect();
    let places = snapshot.known_places_among(&ids).await?;
    let countries: HashMap<Uuid, String> = places.into_iter().map(|place| (place.id, place.country)).collect();
    let mut mentions = Mentions::of(choices);
    let mut after = 0;
    while !mentions.wanted.is_empty() {
        let rows = snapshot.import_rows(import.id, after, READ).await?;
        let Some(last) = rows.last() else { break };
        after = last.number;
        for row in &rows {
            mentions.add(columns, row.number, &nested::<Vec<String>>(&row.cells)?);
        }
    }
    for (number, choice) in choices.iter().enumerate() {
        let at = |member: &str| format!("/choices/{number}{member}");
        examine_one(choice, import.rows_total, &countries, &at, faults).map_err(Error::Defect)?;
        let Some(named) = named(choice) else { continue };
        let known = mentions.found.get(&named).map_or(&[][..], Vec::as_slice);
        if known.is_empty() {
            faults.add(at("/name"), "unknown_key", "No row names a city of this name in this country.");
        }
        for (index, row) in choice.rows.iter().flatten().enumerate() {
            let is_there = known.contains(row) || known.is_empty() || !(1..=import.rows_total).contains(row);
            faults.unless(is_there, at(&format!("/rows/{index}")), "unknown_key", "This row does not name it.");
        }
        let same = |other: &ImportChoice| {
            self::named(other).as_ref() == Some(&named)
                && match (&other.rows, &choice.rows) {
                    (None, None) => true,
                    (Some(one), Some(other)) => one.iter().any(|row| other.contains(row)),
                    _ => false,
                }
        };
        faults.unless(!choices[..number].iter().any(same), at(""), "duplicate", "It was decided already.");
    }
    Ok(())
}

/// What can be said of a choice without looking at others and at the cells of rows.
fn examine_one(
    choice: &ImportChoice,
    rows_total: i64,
    countries: &HashMap<Uuid, String>,
    at: &dyn Fn(&str) -> String,
    faults: &mut Faults,
) -> Result<(), String> {
    let decisions = [choice.geonames.is_some(), choice.place.is_some(), choice.action.is_some()];
    match decisions.iter().filter(|is_there| **is_there).count() {
        0 => faults.add(at(""), "required", "Say `geonames`, `place`, or `action`."),
        1 => {}
        _ => faults.add(at(""), "not_allowed", "Say one of `geonames`, `place` and `action`."),
    }
    let skips = choice.action == Some(ImportAction::Skip) && choice.rows.is_some();
    if !(skips && choice.name.is_none() && choice.country.is_none()) {
        for (member, is_there) in [("/name", choice.name.is_some()), ("/country", choice.country.is_some())] {
            faults.unless(is_there, at(member), "required", "A choice is about a name in a country, as rows have it.");
        }
    }
    for (index, row) in choice.rows.iter().flatten().enumerate() {
        let is_there = (1..=rows_total).contains(row);
        faults.unless(is_there, at(&format!("/rows/{index}")), "unknown_key", "There is no such row.");
    }
    let elsewhere = |country: &str| choice.country.is_some_and(|wanted| wanted.as_str() != country);
    if let Some(id) = choice.geonames {
        match city(id)? {
            None => faults.add(at("/geonames"), "unknown_reference", "The gazetteer has no such city."),
            Some(city) => faults.unless(
                !elsewhere(city.country.as_str()),
                at("/geonames"),
                "another_country",
                format!("{} lies in {}.", city.name, city.country),
            ),
        }
    }
    if let Some(id) = choice.place {
        match countries.get(&id) {
            None => faults.add(at("/place"), "unknown_reference", "There is no city or district with this id."),
            Some(country) => {
                faults.unless(
                    !elsewhere(country),
                    at("/place"),
                    "another_country",
                    format!("This place lies in {country}."),
                );
            }
        }
    }
    Ok(())
}

/// Which rows name what choices are about.
struct Mentions {
    wanted: HashSet<String>,
    found: HashMap<Named, Vec<i64>>,
}

impl Mentions {
    fn of(choices: &[ImportChoice]) -> Self {
        let wanted = choices.iter().filter_map(|choice| named(choice).map(|named| named.1)).collect();
        Self { wanted, found: HashMap::new() }
    }

    fn add(&mut self, columns: &Columns, row: i64, cells: &[String]) {
        for side in SIDES {
            if self.wanted.contains(&fold(columns.cell(cells, side.city)))
                && let Some(named) = side.named(columns, cells)
            {
                self.found.entry(named).or_default().push(row);
            }
        }
    }
}
