//! What the rules look at: candidates that were loaded for them, as narrow as they need them. Every
//! list may hold more than a rule raises; none of them has to be complete but those that are counts.

use std::collections::BTreeSet;

use jiff::civil::Date;

use super::RecordMention;
use crate::agreement::Agreement;
use crate::duplicate::Duplicate;
use crate::event::CityEvent;
use crate::exchange::ExchangeDirection;
use crate::letter::Letter;
use crate::observation::Observation;
use crate::organization::Organization;
use crate::record::{Claim, Record, Source};
use crate::value::{LocalizedText, PartialInterval};
use crate::work_plan::WorkPlan;

/// The facts that findings are drawn from, about one municipality.
#[derive(Clone, Debug)]
pub struct FindingFacts {
    /// The day they are told for.
    pub on: Date,
    /// The year whose report is looked at, when one is.
    pub year: Option<i16>,
    /// Records with their sources, claims and dates.
    pub cited: Vec<CitedRecord>,
    /// Assistance cases whose list of goods is known to go on.
    pub open_lists: Vec<CitedRecord>,
    /// What is open or planned.
    pub open: Vec<OpenActivity>,
    /// Work plans with items that are open.
    pub plans: Vec<Record<WorkPlan>>,
    /// Events that are editions of a series.
    pub editions: Vec<Record<CityEvent>>,
    /// Figures about delegations that somebody reported.
    pub observations: Vec<Record<Observation>>,
    /// The exchanges that count; nothing when they may not be told of.
    pub counts: Option<ExchangeCounts>,
    /// Exchanges that count, without a number of people.
    pub uncounted: Vec<UncountedExchange>,
    /// Organizations.
    pub organizations: Vec<Record<Organization>>,
    /// Records that may be there twice.
    pub duplicates: Vec<Duplicate>,
    /// Papers.
    pub agreements: Vec<Record<Agreement>>,
    /// Letters.
    pub letters: Vec<Record<Letter>>,
    /// Living twinnings.
    pub twins: Vec<TwinFacts>,
    /// What the report of the year has to cover, and what there is for it.
    pub report: Option<ReportFacts>,
}

/// A record with its sources, claims and dates.
#[derive(Clone, Debug)]
pub struct CitedRecord {
    /// The record.
    pub record: RecordMention,
    /// Its sources.
    pub sources: Vec<Source>,
    /// Its claims.
    pub claims: Vec<Claim>,
    /// Its dates by member, as they are written.
    pub dates: Vec<(&'static str, String)>,
}

/// Something open or planned, with the time it has.
#[derive(Clone, Debug)]
pub struct OpenActivity {
    /// Its record.
    pub record: RecordMention,
    /// The member its state is kept in.
    pub member: &'static str,
    /// Its state.
    pub state: String,
    /// When it is.
    pub period: PartialInterval,
    /// What it is called.
    pub title: LocalizedText,
}

/// Exchanges that took place and count, by the times that figures are about.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeCounts {
    /// By years, for figures of whole years.
    pub years: Vec<ExchangeCount>,
    /// By months, for the others.
    pub months: Vec<ExchangeCount>,
}

/// Exchanges that took place and count: how many of one direction and country in certain months or years.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ExchangeCount {
    /// Received or sent.
    pub direction: ExchangeDirection,
    /// The country they came from or went to, as it is counted: `CN` for Hong Kong.
    pub country: crate::country::CountryCode,
    /// The first day of the month or year in which they began.
    pub first: Date,
    /// The last day of the month or year in which they ended.
    pub last: Date,
    /// How many they are.
    pub count: i64,
}

/// An exchange that counts, without a number of people.
#[derive(Clone, Debug)]
pub struct UncountedExchange {
    /// Its record.
    pub record: RecordMention,
    /// When it was, as it is written.
    pub period: String,
}

/// A living twinning.
#[derive(Clone, Debug)]
pub struct TwinFacts {
    /// Its record.
    pub record: RecordMention,
    /// Whether it says since when.
    pub established: bool,
    /// Whether sources differ on that.
    pub contested: bool,
    /// Whether there is a signed paper; nothing when papers may not be told of.
    pub has_paper: Option<bool>,
}

/// What the report of a year has to cover, and what is recorded for it: of that year, or undated.
#[derive(Clone, Debug)]
pub struct ReportFacts {
    /// The municipality whose report it is.
    pub municipality: RecordMention,
    /// The domains it requires.
    pub domains: Vec<String>,
    /// Of the fields that its domains are told by, those of events that were held and of exchanges that took
    /// place or are under way: of each domain at least one, when there is any.
    pub fields: BTreeSet<String>,
    /// The indicators of which somebody reported a figure.
    pub indicators: BTreeSet<String>,
    /// Whether there are events, exchanges or signed papers at all.
    pub has_activity: bool,
    /// Whether there are assistance cases or projects of investment.
    pub has_economy: bool,
}

impl FindingFacts {
    /// No facts yet.
    pub fn new(on: Date, year: Option<i16>) -> Self {
        Self {
            on,
            year,
            cited: Vec::new(),
            open_lists: Vec::new(),
            open: Vec::new(),
            plans: Vec::new(),
            editions: Vec::new(),
            observations: Vec::new(),
            counts: None,
            uncounted: Vec::new(),
            organizations: Vec::new(),
            duplicates: Vec::new(),
            agreements: Vec::new(),
            letters: Vec::new(),
            twins: Vec::new(),
            report: None,
        }
    }
}
