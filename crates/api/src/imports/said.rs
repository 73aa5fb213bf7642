//! The cells of a row as they are read one by one, and what is said against the row on the way.

use std::collections::HashMap;

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::PartialDate;
use pobratim_imports::country::{Recognised, Unrecognised, recognise};
use pobratim_imports::{Field, date};

use crate::imports::plan::Told;
use crate::imports::wire::{ImportNote, ImportVerdict};

/// Which column holds what.
pub(super) struct Columns(HashMap<Field, usize>);

impl Columns {
    pub(super) fn of(mapping: &[Option<Field>]) -> Self {
        Self(mapping.iter().enumerate().filter_map(|(at, field)| Some(((*field)?, at))).collect())
    }

    pub(super) fn has(&self, field: Field) -> bool {
        self.0.contains_key(&field)
    }

    /// What a row has in the column of a field.
    pub(super) fn cell<'c>(&self, cells: &'c [String], field: Field) -> &'c str {
        self.0.get(&field).and_then(|at| cells.get(*at)).map_or("", String::as_str).trim()
    }
}

/// What is said against a row, and what for.
#[derive(Default)]
pub(super) struct Said {
    pub(super) told: Told,
    pub(super) wrong: bool,
    pub(super) doubtful: bool,
}

impl Said {
    pub(super) fn note(&mut self, field: impl Into<Option<Field>>, code: &str, detail: impl Into<String>) {
        self.told.notes.push(ImportNote {
            field: field.into(),
            heading: None,
            code: code.to_owned(),
            detail: detail.into(),
        });
    }

    pub(super) fn wrong(&mut self, field: impl Into<Option<Field>>, code: &str, detail: impl Into<String>) {
        self.wrong = true;
        self.note(field, code, detail);
    }

    pub(super) fn doubtful(&mut self, field: impl Into<Option<Field>>, code: &str, detail: impl Into<String>) {
        self.doubtful = true;
        self.note(field, code, detail);
    }

    /// The verdict, when nothing is said against the row another one.
    pub(super) fn verdict(mut self, otherwise: ImportVerdict) -> (ImportVerdict, Told) {
        let verdict = match (self.wrong, self.doubtful) {
            (true, _) => ImportVerdict::Wrong,
            (false, true) => ImportVerdict::Doubtful,
            (false, false) => otherwise,
        };
        if matches!(verdict, ImportVerdict::Wrong | ImportVerdict::Doubtful) {
            self.told.plan = None;
            self.told.record = None;
        }
        (verdict, self.told)
    }
}

pub(super) fn read_date(text: &str, field: Field, said: &mut Said) -> Option<PartialDate> {
    if text.is_empty() {
        return None;
    }
    date(text).inspect_err(|unread| said.wrong(field, unread.code(), unread.detail())).ok()
}

pub(super) fn read_word<T>(text: &str, field: Field, read: fn(&str) -> Option<T>, said: &mut Said) -> Option<T> {
    if text.is_empty() {
        return None;
    }
    let found = read(text);
    if found.is_none() {
        said.wrong(field, "unknown_word", "It is no word that is known here; leave it empty, or write twin, friendship, cooperation, contact; active, suspended, expired, ended.");
    }
    found
}

pub(super) fn read_country(text: &str, field: Field, said: &mut Said) -> Option<CountryCode> {
    if text.is_empty() {
        said.wrong(field, "required", "There is no country.");
        return None;
    }
    match recognise(text) {
        Ok(Recognised::Named(code)) => Some(code),
        Ok(Recognised::Guessed(code)) => {
            said.note(field, "guessed", format!("It is taken for {}.", code.name("en")));
            Some(code)
        }
        Err(Unrecognised::Ambiguous(codes)) => {
            let names: Vec<&str> = codes.iter().map(|code| code.name("en")).collect();
            said.wrong(field, "ambiguous_country", format!("It may be {}. Write the code.", names.join(" or ")));
            None
        }
        Err(Unrecognised::WithoutCode) => {
            said.wrong(
                field,
                "country_without_code",
                "It has no code of ISO 3166-1, or several states claim it. Write the country's code.",
            );
            None
        }
        Err(Unrecognised::Unknown) => {
            said.wrong(field, "unknown_country", "No country is called so.");
            None
        }
    }
}

pub(super) fn read_location(latitude: &str, longitude: &str, field: Field, said: &mut Said) -> Option<(f64, f64)> {
    if latitude.is_empty() && longitude.is_empty() {
        return None;
    }
    let read = |text: &str, most: f64| text.replace(',', ".").parse::<f64>().ok().filter(|number| number.abs() <= most);
    let found = read(latitude, 90.0).zip(read(longitude, 180.0));
    if found.is_none() {
        said.note(field, "invalid_location", "Latitude and longitude are not degrees; they are not looked at.");
    }
    found
}
