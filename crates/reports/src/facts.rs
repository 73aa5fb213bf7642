//! What a report is drawn from: the records somebody has loaded for it, and the figures counted
//! beside them. What belongs here: the facts themselves, and finding what one names in another.

use std::collections::{BTreeSet, HashMap};

use jiff::civil::Date;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{PartialInterval, Quantity};
use pobratim_domain::{
    Agreement, AssistanceCase, CityEvent, Collection, Exchange, ExchangeDirection, Finding, Letter, Membership,
    Municipality, Observation, Organization, Partnership, Place, Programme, Project, Publication, Record, ReportNote,
    WorkPlan,
};
use uuid::Uuid;

use crate::document::RecordMention;
use crate::language::{Named, Words, code};

/// Everything a report is drawn from: as far as the reader may see it, and bounded, however large
/// the city is.
pub struct Facts {
    /// The city.
    pub municipality: Record<Municipality>,
    /// The places that the records name.
    pub places: Vec<Record<Place>>,
    /// The organizations that the records name, and those founded lately.
    pub organizations: Vec<Record<Organization>>,
    /// Its ties.
    pub partnerships: Vec<Record<Partnership>>,
    /// Its papers.
    pub agreements: Vec<Record<Agreement>>,
    /// Delegations.
    pub exchanges: Vec<Record<Exchange>>,
    /// Events.
    pub events: Vec<Record<CityEvent>>,
    /// Memberships.
    pub memberships: Vec<Record<Membership>>,
    /// Letters.
    pub letters: Vec<Record<Letter>>,
    /// Programmes.
    pub programmes: Vec<Record<Programme>>,
    /// Projects.
    pub projects: Vec<Record<Project>>,
    /// Cases of assistance.
    pub assistance_cases: Vec<Record<AssistanceCase>>,
    /// Work plans.
    pub work_plans: Vec<Record<WorkPlan>>,
    /// Publications.
    pub publications: Vec<Record<Publication>>,
    /// Reported figures.
    pub observations: Vec<Record<Observation>>,
    /// The office's own paragraphs.
    pub report_notes: Vec<Record<ReportNote>>,
    /// Delegations counted by country and direction.
    pub exchange_figures: Vec<ExchangeFigure>,
    /// What is wrong with the data, in the language of the report.
    pub findings: Vec<Finding>,
    /// The domains that the report has to cover and of which nothing is recorded, as the findings say;
    /// those too that somebody has accepted.
    pub missing_domains: Vec<String>,
}

/// Delegations of one country in one direction in the year.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ExchangeFigure {
    /// The partner's country, as counts group countries.
    pub country: CountryCode,
    /// Received or sent.
    pub direction: ExchangeDirection,
    /// How many lie in the year beyond doubt.
    pub certain: i64,
    /// How many do or may.
    pub possible: i64,
    /// What was reported.
    pub reported: Option<Quantity>,
}

impl Facts {
    /// A city of which nothing else is known.
    pub fn of(municipality: Record<Municipality>) -> Self {
        Self {
            municipality,
            places: Vec::new(),
            organizations: Vec::new(),
            partnerships: Vec::new(),
            agreements: Vec::new(),
            exchanges: Vec::new(),
            events: Vec::new(),
            memberships: Vec::new(),
            letters: Vec::new(),
            programmes: Vec::new(),
            projects: Vec::new(),
            assistance_cases: Vec::new(),
            work_plans: Vec::new(),
            publications: Vec::new(),
            observations: Vec::new(),
            report_notes: Vec::new(),
            exchange_figures: Vec::new(),
            findings: Vec::new(),
            missing_domains: Vec::new(),
        }
    }

    /// Puts the records into the order they are told in, which owes nothing to how they were found:
    /// what has a time by its first day, then all by their numbers.
    pub fn put_in_order(&mut self) {
        by_reference(&mut self.places);
        by_reference(&mut self.organizations);
        by_reference(&mut self.partnerships);
        by_reference(&mut self.agreements);
        by_reference(&mut self.memberships);
        by_reference(&mut self.programmes);
        by_reference(&mut self.projects);
        by_reference(&mut self.assistance_cases);
        by_reference(&mut self.work_plans);
        by_reference(&mut self.observations);
        by_reference(&mut self.report_notes);
        by_reference(&mut self.exchanges);
        by_reference(&mut self.events);
        by_reference(&mut self.letters);
        by_reference(&mut self.publications);
        // The sorts are stable, so what is of one day stays in the order of its numbers.
        self.exchanges.sort_by_key(|exchange| first_day(exchange.body.period.as_ref()));
        self.events.sort_by_key(|event| first_day(event.body.period.as_ref()));
    }
}

fn by_reference<T>(records: &mut [Record<T>]) {
    records.sort_by(|one, other| {
        let key = |record: &Record<T>| (record.head.reference.len(), record.head.reference.clone());
        key(one).cmp(&key(other))
    });
}

/// The first day of a period, after all days when nobody knows it.
fn first_day(period: Option<&PartialInterval>) -> Date {
    period.and_then(|period| period.earliest().or_else(|| period.latest())).unwrap_or(Date::MAX)
}

/// A record that something was drawn from.
pub(crate) fn named<T: Collection>(record: &Record<T>) -> RecordMention {
    RecordMention { collection: T::NAME, id: record.head.id, reference: record.head.reference.clone() }
}

/// The facts, with a way from one to what it names.
pub(crate) struct Directory<'f> {
    pub(crate) facts: &'f Facts,
    places: HashMap<Uuid, &'f Record<Place>>,
    organizations: HashMap<Uuid, &'f Record<Organization>>,
    partnerships: HashMap<Uuid, &'f Record<Partnership>>,
    events: HashMap<Uuid, &'f Record<CityEvent>>,
}

fn by_id<T>(records: &[Record<T>]) -> HashMap<Uuid, &Record<T>> {
    records.iter().map(|record| (record.head.id, record)).collect()
}

impl<'f> Directory<'f> {
    pub(crate) fn of(facts: &'f Facts) -> Self {
        Self {
            facts,
            places: by_id(&facts.places),
            organizations: by_id(&facts.organizations),
            partnerships: by_id(&facts.partnerships),
            events: by_id(&facts.events),
        }
    }

    pub(crate) fn place(&self, id: Uuid) -> Option<&'f Record<Place>> {
        self.places.get(&id).copied()
    }

    pub(crate) fn organization(&self, id: Uuid) -> Option<&'f Record<Organization>> {
        self.organizations.get(&id).copied()
    }

    pub(crate) fn home(&self) -> Option<&'f Record<Place>> {
        self.place(self.facts.municipality.body.home_place?)
    }

    /// The city's name in all its cases.
    pub(crate) fn home_name(&self, words: &Words) -> Named {
        match self.home() {
            Some(home) => place_name(home, words),
            None => all_alike(words.text(&self.facts.municipality.body.name), "municipality"),
        }
    }

    /// The country the city lies in.
    pub(crate) fn home_country(&self) -> Option<CountryCode> {
        self.home().map(|home| home.body.country.group())
    }

    /// What a place or an organization is called.
    pub(crate) fn name(&self, id: Uuid, words: &Words) -> Option<Named> {
        match (self.place(id), self.organization(id)) {
            (Some(place), _) => Some(place_name(place, words)),
            (_, Some(organization)) => {
                Some(all_alike(organization.body.name_in(&[words.lang(), "en"]), "organization"))
            }
            _ => None,
        }
    }

    /// The names of places or organizations, as far as they are seen.
    pub(crate) fn names(&self, ids: impl IntoIterator<Item = Uuid>, words: &Words) -> Vec<String> {
        ids.into_iter().filter_map(|id| self.name(id, words)).map(|named| named.nominative).collect()
    }

    /// The country of a place or an organization, as reports group countries.
    pub(crate) fn country(&self, id: Uuid) -> Option<CountryCode> {
        if let Some(place) = self.place(id) {
            return Some(place.body.country.group());
        }
        let organization = &self.organization(id)?.body;
        organization.country.map(CountryCode::group).or_else(|| self.country(organization.place?))
    }

    /// The country that a place really lies in, for a reader: Hong Kong is not told as China.
    pub(crate) fn country_name(&self, id: Uuid, words: &Words) -> Option<String> {
        let country = match (self.place(id), self.organization(id)) {
            (Some(place), _) => Some(place.body.country),
            (_, Some(organization)) => organization.body.country,
            _ => None,
        }?;
        Some(country.name(words.lang()).to_owned())
    }

    fn abroad(&self, countries: impl IntoIterator<Item = CountryCode>) -> BTreeSet<CountryCode> {
        let home = self.home_country();
        let mut all: BTreeSet<CountryCode> = countries.into_iter().map(CountryCode::group).collect();
        if let Some(home) = home
            && all.len() > 1
        {
            all.remove(&home);
        }
        all
    }

    /// The partner's side of a tie of two.
    pub(crate) fn partner(&self, tie: &Partnership) -> Option<Uuid> {
        tie.partner().and_then(pobratim_domain::PartnershipParty::target)
    }

    /// The countries a tie leads to.
    pub(crate) fn of_partnership(&self, tie: &Partnership) -> BTreeSet<CountryCode> {
        let home = self.facts.municipality.body.home_place;
        let parties = tie.parties.iter().filter_map(pobratim_domain::PartnershipParty::target);
        self.abroad(parties.filter(|party| Some(*party) != home).filter_map(|party| self.country(party)))
    }

    /// The countries of these ties.
    pub(crate) fn of_partnerships(&self, ties: impl IntoIterator<Item = Uuid>) -> BTreeSet<CountryCode> {
        let ties = ties.into_iter().filter_map(|id| self.partnerships.get(&id));
        self.abroad(ties.flat_map(|tie| self.of_partnership(&tie.body)))
    }

    /// The countries of a paper.
    pub(crate) fn of_agreement(&self, paper: &Agreement) -> BTreeSet<CountryCode> {
        let parties = paper.parties.iter().filter_map(|party| party.place.or(party.organization));
        let parties = parties.filter(|party| Some(*party) != self.facts.municipality.body.home_place);
        self.abroad(
            self.of_partnerships(paper.partnership).into_iter().chain(parties.filter_map(|id| self.country(id))),
        )
    }

    /// The partner's country of a delegation.
    pub(crate) fn of_exchange(&self, exchange: &Exchange) -> BTreeSet<CountryCode> {
        let partner = match exchange.direction {
            ExchangeDirection::Incoming => exchange.origin,
            ExchangeDirection::Outgoing => exchange.destination,
        };
        self.country(partner).into_iter().collect()
    }

    /// The countries an event concerns beside the home country; those of what it is part of first.
    pub(crate) fn of_event(&self, event: &CityEvent) -> BTreeSet<CountryCode> {
        if let Some(parent) = event.parent.and_then(|id| self.events.get(&id))
            && parent.body.parent.is_none()
        {
            return self.of_event(&parent.body);
        }
        let taking_part = event
            .participation
            .iter()
            .filter_map(|part| part.country.or_else(|| self.country(part.place.or(part.organization)?)));
        let held_in = event.place.and_then(|place| self.country(place));
        let ties = self.of_partnerships(event.partnerships.iter().copied());
        let mut all = self.abroad(taking_part.chain(held_in).chain(ties));
        if let Some(home) = self.home_country() {
            all.remove(&home);
        }
        all
    }

    /// The countries of a project: its tie's, its partners'.
    pub(crate) fn of_project(&self, project: &Project) -> BTreeSet<CountryCode> {
        let partners = project.partners.iter().filter_map(|partner| self.country(*partner));
        let mut all = self.abroad(self.of_partnerships(project.partnership).into_iter().chain(partners));
        if let Some(home) = self.home_country() {
            all.remove(&home);
        }
        all
    }

    /// The countries of a letter: its tie's, its ends'.
    pub(crate) fn of_letter(&self, letter: &Letter) -> BTreeSet<CountryCode> {
        let ties = self.of_partnerships(letter.partnership);
        if !ties.is_empty() {
            return ties;
        }
        let ends = letter.from.into_iter().chain(letter.to).chain(letter.via.iter().copied());
        self.abroad(ends.filter_map(|end| self.country(end)))
    }

    /// The country of a case.
    pub(crate) fn of_case(&self, case: &AssistanceCase) -> BTreeSet<CountryCode> {
        let named = case.country.or_else(|| self.country(case.origin?));
        named.or_else(|| self.country(case.counterpart?)).map(CountryCode::group).into_iter().collect()
    }

    /// The countries of a publication that came out abroad or tells of ties.
    pub(crate) fn of_publication(&self, publication: &Publication) -> BTreeSet<CountryCode> {
        let outlet = publication.outlet.and_then(|outlet| self.country(outlet));
        let all: BTreeSet<_> = publication.country.or(outlet).map(CountryCode::group).into_iter().collect();
        all.into_iter().filter(|country| Some(*country) != self.home_country()).collect()
    }
}

fn all_alike(name: &str, kind: &str) -> Named {
    let name = name.to_owned();
    Named {
        nominative: name.clone(),
        genitive: name.clone(),
        prepositional: name.clone(),
        instrumental: name,
        kind: kind.to_owned(),
    }
}

fn place_name(place: &Record<Place>, words: &Words) -> Named {
    let kind = code(&place.body.kind);
    let text = place.body.name_in(&[words.lang(), "en"]);
    let mut named = all_alike(text, &kind);
    let grammar = place.body.names.iter().find(|name| name.text == text).and_then(|name| name.grammar.as_ref());
    if let Some(grammar) = grammar.filter(|_| words.lang() == "ru") {
        for (case, said) in [
            (&mut named.genitive, &grammar.genitive),
            (&mut named.prepositional, &grammar.prepositional),
            (&mut named.instrumental, &grammar.instrumental),
        ] {
            if let Some(said) = said {
                said.clone_into(case);
            }
        }
    }
    named
}
