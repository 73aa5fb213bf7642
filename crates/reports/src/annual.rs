//! The report of a year: what it has in which order. Each part stands in a file of its own.

pub(crate) mod annex;
mod country;
pub(crate) mod country_activity;
mod joint_work;
mod organization;
mod overview;
mod plans;
mod ties;

use std::cell::OnceCell;
use std::collections::BTreeSet;

use jiff::civil::Date;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{Containment, PartialDate, PartialInterval};

use crate::document::{Labels, Report, ReportKind};
use crate::facts::{Directory, Facts, named};
use crate::language::{Words, args};

/// How many years back a report tells again what stood out then.
pub const RETOLD_YEARS: i32 = 5;

/// What all parts of a report share.
pub(crate) struct Writing<'f> {
    pub(crate) directory: Directory<'f>,
    pub(crate) facts: &'f Facts,
    pub(crate) words: Words,
    pub(crate) year: i32,
    pub(crate) as_of: Date,
    groups: OnceCell<Vec<Vec<CountryCode>>>,
    sections: OnceCell<Sections>,
}

/// Which sections tell of records, by their places among the groups of countries; nothing for what no section
/// of a country tells.
pub(crate) struct Sections {
    pub(crate) partnerships: Vec<Option<usize>>,
    pub(crate) agreements: Vec<Option<usize>>,
    pub(crate) exchanges: Vec<Option<usize>>,
    pub(crate) events: Vec<Option<usize>>,
}

/// Where something stands in regard to the year of a report.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Told {
    /// It lies, or may lie, in the year.
    InYear,
    /// It is over before the year.
    Before,
    /// It comes after the year.
    After,
    /// Nobody knows when.
    Undated,
}

/// The report of a year, in one of the languages of reports.
pub fn annual(facts: &Facts, year: i32, lang: &str, as_of: Date) -> Report {
    let writing = Writing::new(facts, year, lang, as_of);
    let words = &writing.words;
    let mut sections = vec![overview::introduction(&writing), overview::overview(&writing)];
    sections.push(overview::multilateral(&writing));
    sections.push(organization::organization(&writing));
    sections.extend(writing.country_groups().iter().map(|group| country::country(&writing, group)));
    sections.extend(country_activity::other_events(&writing));
    sections.extend(joint_work::assistance(&writing));
    sections.extend(joint_work::media(&writing));
    sections.extend(organization::bodies(&writing));
    sections.push(plans::plans(&writing));
    sections.extend(annex::annexes(&writing));
    let home = writing.directory.home_name(words);
    let date = words.day(as_of);
    Report {
        kind: ReportKind::Annual,
        municipality: facts.municipality.body.slug.clone(),
        year: Some(year),
        partnership: None,
        lang: words.tag(),
        as_of: as_of.to_string(),
        title: words.say("title-annual", args().named("home", &home).with("year", i64::from(year))),
        subtitle: Some(words.say("subtitle-annual", args().with("date", date))),
        sections,
        labels: labels(words),
    }
}

pub(crate) fn labels(words: &Words) -> Labels {
    Labels {
        page: words.plain("label-page"),
        contents: words.plain("label-contents"),
        records: words.plain("label-records"),
    }
}

/// The days of a year.
pub fn days_of(year: i32) -> (Date, Date) {
    let year = i16::try_from(year).unwrap_or(i16::MAX).clamp(1, 9999);
    (Date::constant(year, 1, 1), Date::constant(year, 12, 31))
}

impl<'f> Writing<'f> {
    pub(crate) fn new(facts: &'f Facts, year: i32, lang: &str, as_of: Date) -> Self {
        let (directory, words) = (Directory::of(facts), Words::of(lang));
        Self { directory, facts, words, year, as_of, groups: OnceCell::new(), sections: OnceCell::new() }
    }

    /// Where a period stands in regard to the year.
    pub(crate) fn told(&self, period: Option<&PartialInterval>) -> Told {
        let Some(period) = period else { return Told::Undated };
        let (first, last) = days_of(self.year);
        if period.within(first, last) != Containment::No {
            Told::InYear
        } else if period.earliest().is_some_and(|day| day > last) {
            Told::After
        } else {
            Told::Before
        }
    }

    /// The same for a date.
    pub(crate) fn dated(&self, date: Option<&PartialDate>) -> Told {
        self.told(date.map(|date| PartialInterval::from(*date)).as_ref())
    }

    /// Whether a period of another year is near enough to be told again.
    pub(crate) fn is_recent(&self, period: Option<&PartialInterval>) -> bool {
        let latest = period.and_then(PartialInterval::latest);
        latest.is_some_and(|day| i32::from(day.year()) >= self.year - RETOLD_YEARS)
    }

    /// The countries of each section: those the city has ordered, then others that have ties or
    /// activity, each by itself.
    pub(crate) fn country_groups(&self) -> &[Vec<CountryCode>] {
        self.groups.get_or_init(|| self.find_country_groups())
    }

    fn find_country_groups(&self) -> Vec<Vec<CountryCode>> {
        let settings = self.facts.municipality.body.report.as_ref();
        let mut groups: Vec<Vec<CountryCode>> =
            settings.iter().flat_map(|report| &report.sections).map(|section| section.countries.clone()).collect();
        let known: BTreeSet<CountryCode> = groups.iter().flatten().map(|country| country.group()).collect();
        let facts = self.facts;
        let mut others: BTreeSet<CountryCode> = BTreeSet::new();
        for tie in &facts.partnerships {
            // Ties of many cities are told by themselves, those with bodies among the bodies.
            if tie.body.partner().is_some_and(|partner| partner.place.is_some()) {
                others.extend(self.directory.of_partnership(&tie.body));
            }
        }
        for exchange in
            facts.exchanges.iter().filter(|exchange| self.told(exchange.body.period.as_ref()) == Told::InYear)
        {
            others.extend(self.directory.of_exchange(&exchange.body));
        }
        for event in facts.events.iter().filter(|event| self.told(event.body.period.as_ref()) == Told::InYear) {
            others.extend(self.directory.of_event(&event.body));
        }
        others.extend(facts.exchange_figures.iter().map(|figure| figure.country));
        others.extend(facts.observations.iter().filter_map(|figure| figure.body.country).map(CountryCode::group));
        let mut others: Vec<CountryCode> = others.difference(&known).copied().collect();
        others.retain(|country| Some(*country) != self.directory.home_country());
        others.sort_by_key(|country| country.name(self.words.lang()));
        groups.extend(others.into_iter().map(|country| vec![country]));
        groups
    }

    /// The section that tells of something of these countries: that of the first group that has one of them.
    pub(crate) fn section_of(&self, countries: &BTreeSet<CountryCode>) -> Option<usize> {
        let mut groups = self.country_groups().iter();
        groups.position(|group| group.iter().any(|country| countries.contains(&country.group())))
    }

    /// The sections of the records of which there are many: each is asked for by every section.
    pub(crate) fn sections(&self) -> &Sections {
        let (facts, directory) = (self.facts, &self.directory);
        self.sections.get_or_init(|| Sections {
            partnerships: Vec::from_iter(
                facts.partnerships.iter().map(|tie| self.section_of(&directory.of_partnership(&tie.body))),
            ),
            agreements: Vec::from_iter(
                facts.agreements.iter().map(|paper| self.section_of(&directory.of_agreement(&paper.body))),
            ),
            exchanges: Vec::from_iter(
                facts.exchanges.iter().map(|exchange| self.section_of(&directory.of_exchange(&exchange.body))),
            ),
            events: Vec::from_iter(facts.events.iter().map(|event| self.section_of(&directory.of_event(&event.body)))),
        })
    }

    /// Whether a section is that of a group.
    pub(crate) fn is_section(&self, section: Option<usize>, group: &[CountryCode]) -> bool {
        section.and_then(|section| self.country_groups().get(section)).is_some_and(|known| known == group)
    }

    /// Whether something is told in the section of a group; without a country, in the section of no country.
    pub(crate) fn in_group(&self, section: Option<usize>, group: &[CountryCode]) -> bool {
        if group.is_empty() { section.is_none() } else { self.is_section(section, group) }
    }

    /// Whether something of these countries belongs to the section of that group.
    pub(crate) fn belongs(&self, countries: &BTreeSet<CountryCode>, group: &[CountryCode]) -> bool {
        self.is_section(self.section_of(countries), group)
    }

    /// The records of the office's notes for a part.
    pub(crate) fn notes(&self, draft: &mut crate::draft::Draft<'_>, of: impl Fn(&pobratim_domain::ReportNote) -> bool) {
        for note in self.facts.report_notes.iter().filter(|note| note.body.year == self.year && of(&note.body)) {
            draft.note(self.words.text(&note.body.text), named(note));
        }
    }
}
