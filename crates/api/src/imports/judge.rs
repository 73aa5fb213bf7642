//! The verdicts: what each row of a register comes to, beside the records that are there.

use std::collections::HashMap;

use pobratim_domain::{PartnershipKind, PartnershipStage};
use pobratim_imports::{Field, Tie, kind, tie};
use pobratim_persistence::{Clock, KnownPlace, KnownTie};
use uuid::Uuid;

use crate::imports::choices::Choices;
use crate::imports::plan::{Plan, Side, Told};
use crate::imports::said::{Columns, Said, read_date, read_word};
use crate::imports::sides::{Places, SIDES};
use crate::imports::wire::ImportVerdict;

/// What rows are judged by.
pub(super) struct Judge {
    columns: Columns,
    kind: PartnershipKind,
    /// The place of the municipality.
    home: Option<Uuid>,
    places: Places,
    ties: HashMap<[Uuid; 2], KnownTie>,
    /// What earlier rows say.
    said: HashMap<[Uuid; 2], i64>,
}

impl Judge {
    pub(super) fn new(
        mapping: &[Option<Field>],
        kind: PartnershipKind,
        home: Option<Uuid>,
        choices: Choices,
        clock: &Clock,
    ) -> Self {
        let (columns, places) = (Columns::of(mapping), Places::new(clock, choices));
        Self { columns, kind, home, places, ties: HashMap::new(), said: HashMap::new() }
    }

    /// What is there.
    pub(super) fn knows(mut self, places: Vec<KnownPlace>, ties: Vec<KnownTie>) -> Self {
        self.places.knows(places, self.home);
        for tie in ties {
            // A tie that lives goes before one that has ended.
            if tie.living || !self.ties.contains_key(&tie.sides) {
                self.ties.insert(tie.sides, tie);
            }
        }
        self
    }

    /// Finds out about all cities that these rows name.
    pub(super) fn look_up(&mut self, rows: &[Vec<String>]) -> Result<(), String> {
        self.places.look_up(&self.columns, rows)
    }

    /// Judges a row.
    pub(super) fn judge(&mut self, number: i64, cells: &[String]) -> Result<(ImportVerdict, Told), String> {
        if self.places.skip(number, &self.columns, cells) {
            return Ok((ImportVerdict::Skipped, Told::default()));
        }
        let mut said = Said::default();
        let cell = |field: Field| self.columns.cell(cells, field);
        let formulas: Vec<Field> = Field::ALL.into_iter().filter(|field| cell(*field).starts_with('=')).collect();
        for field in formulas {
            said.wrong(field, "formula", "It is a formula. Write what it comes to.");
        }
        let established = read_date(cell(Field::Established), Field::Established, &mut said);
        let ended = read_date(cell(Field::Ended), Field::Ended, &mut said);
        let told_kind = read_word(cell(Field::Kind), Field::Kind, kind, &mut said);
        let told_tie = read_word(cell(Field::Status), Field::Status, tie, &mut said);
        let cites = Some(cell(Field::Source)).filter(|text| !text.is_empty()).map(str::to_owned);
        let [home, partner] = &SIDES;
        let has_home = self.columns.has(Field::City) || self.columns.has(Field::Identifier);
        let home = match self.home.filter(|_| !has_home) {
            Some(id) => Some(Side { id, make: None }),
            None if !has_home => {
                said.wrong(
                    Field::City,
                    "required",
                    "No column is the home side, and the municipality has no home place.",
                );
                None
            }
            None => self.places.side(home, &self.columns, number, cells, &mut said)?,
        };
        let partner = self.places.side(partner, &self.columns, number, cells, &mut said)?;
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
}
