//! What took place: events and delegations. Told in the section of a country, and by themselves
//! where no country is named.

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::PartialInterval;
use pobratim_domain::{CityEvent, EventStatus, Exchange, ExchangeState, Record};
use uuid::Uuid;

use crate::annual::country;
use crate::annual::overview::is_part;
use crate::annual::{Told, Writing};
use crate::document::{ReportItem, ReportSection};
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::{args, lower_first};

/// An event or a delegation.
#[derive(Clone, Copy)]
pub(crate) enum Activity<'f> {
    Event(&'f Record<CityEvent>),
    Exchange(&'f Record<Exchange>),
}

impl<'f> Writing<'f> {
    fn events_of(&self, group: &[CountryCode]) -> Vec<&'f Record<CityEvent>> {
        let events = self.facts.events.iter().zip(&self.sections().events);
        events
            .filter(|(_, section)| self.in_group(**section, group))
            .map(|(event, _)| event)
            .filter(|event| event.body.status != EventStatus::Cancelled && !is_part(self, event))
            .collect()
    }

    fn exchanges_of(&self, group: &[CountryCode]) -> Vec<&'f Record<Exchange>> {
        let exchanges = self.facts.exchanges.iter().zip(&self.sections().exchanges);
        exchanges
            .filter(|(_, section)| self.in_group(**section, group))
            .map(|(exchange, _)| exchange)
            .filter(|exchange| exchange.body.state != ExchangeState::Cancelled)
            .collect()
    }

    /// What was among the main things of its time.
    fn highlights_of(
        &self,
        group: &[CountryCode],
        when: impl Fn(Option<&PartialInterval>) -> bool,
    ) -> Vec<Activity<'f>> {
        let events = self.events_of(group).into_iter().filter(|event| event.body.highlight);
        let events = events.filter(|event| when(event.body.period.as_ref())).map(Activity::Event);
        let exchanges = self.exchanges_of(group).into_iter().filter(|exchange| exchange.body.highlight);
        let exchanges = exchanges.filter(|exchange| when(exchange.body.period.as_ref())).map(Activity::Exchange);
        events.chain(exchanges).collect()
    }

    /// What stood out in the year.
    pub(super) fn main_events(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let told = self.highlights_of(group, |period| self.told(period) == Told::InYear);
        draft.list(self.words.plain("country-main"), told, |activity| self.activity(activity));
    }

    /// The other events of the year, then those nobody knows the date of.
    pub(super) fn events(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let events = self.events_of(group).into_iter().filter(|event| match self.told(event.body.period.as_ref()) {
            Told::InYear => !event.body.highlight,
            Told::Undated | Told::Before | Told::After => false,
        });
        let intro = self.words.say("country-events", args().with("year", i64::from(self.year)));
        draft.list(intro, events, |event| self.event(event));
        let undated = self.events_of(group).into_iter().filter(|event| event.body.period.is_none());
        draft.list(self.words.plain("country-undated"), undated, |event| self.event(event));
    }

    /// The delegations of the year, and those under way without a date.
    pub(super) fn exchanges(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let words = &self.words;
        let exchanges: Vec<_> = self
            .exchanges_of(group)
            .into_iter()
            .filter(|exchange| match self.told(exchange.body.period.as_ref()) {
                Told::InYear => !exchange.body.highlight,
                Told::Undated => true,
                Told::Before | Told::After => false,
            })
            .collect();
        let mut helpers: Vec<Uuid> = Vec::new();
        for exchange in self.exchanges_of(group) {
            if matches!(self.told(exchange.body.period.as_ref()), Told::InYear | Told::Undated) {
                helpers.extend(
                    exchange.body.implementers.iter().filter(|id| !helpers.contains(id)).copied().collect::<Vec<_>>(),
                );
            }
        }
        draft.list(words.plain("country-exchanges"), exchanges, |exchange| self.exchange(exchange));
        let helpers: Vec<_> = helpers.into_iter().filter_map(|id| self.directory.organization(id)).collect();
        if !helpers.is_empty() {
            let names: Vec<String> =
                helpers.iter().map(|body| body.body.name_in(&[words.lang(), "en"]).to_owned()).collect();
            let text = words.say("country-implementers", args().with("names", words.list(&names)));
            draft.paragraph(text, helpers.iter().map(|body| named(*body)).collect());
        }
    }

    /// What stood out, or was held, in the years just before.
    pub(super) fn retold(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let before = |period: Option<&PartialInterval>| self.told(period) == Told::Before && self.is_recent(period);
        let told = self.highlights_of(group, before);
        draft.list(self.words.plain("country-retold"), told, |activity| self.activity(activity));
    }

    /// An event or a delegation as a point of a list.
    pub(crate) fn activity(&self, activity: Activity<'f>) -> ReportItem {
        match activity {
            Activity::Event(event) => self.event(event),
            Activity::Exchange(exchange) => self.exchange(exchange),
        }
    }

    /// An event: when, where, who took part, what came of it.
    pub(crate) fn event(&self, event: &Record<CityEvent>) -> ReportItem {
        let words = &self.words;
        let body = &event.body;
        let mut records = vec![named(event)];
        let mut details = Vec::from_iter(body.period.as_ref().map(|period| words.period(period)));
        if body.status != EventStatus::Held {
            details.push(words.within("event_status", &body.status));
        }
        if let Some(place) = body.place.and_then(|id| self.directory.name(id, words)) {
            details.push(words.say("event-place", args().with("place", place.nominative)));
        }
        if body.joint {
            details.push(words.plain("event-joint"));
        }
        let taking_part = self.taking_part(body);
        if !taking_part.is_empty() {
            details.push(words.say("event-participants", args().with("names", words.list(&taking_part))));
        }
        let bodies = body.participation.iter().filter_map(|part| self.directory.organization(part.organization?));
        records.extend(bodies.map(named));
        let shown: Vec<_> =
            self.facts.projects.iter().filter(|project| body.projects.contains(&project.head.id)).collect();
        if !shown.is_empty() {
            let names: Vec<String> =
                shown.iter().map(|project| words.quoted(words.text(&project.body.title))).collect();
            details.push(words.say("event-projects", args().with("names", words.list(&names))));
            records.extend(shown.iter().map(|project| named(*project)));
        }
        for outcome in &body.outcomes {
            let paper = outcome.agreement.and_then(|id| self.facts.agreements.iter().find(|paper| paper.head.id == id));
            records.extend(paper.map(named));
            let text = outcome.text.as_ref().map(|text| words.text(text).to_owned());
            let title = paper.map(|paper| words.text(&paper.body.title).to_owned());
            let text = text.map(|text| lower_first(&text)).or(title.map(|title| words.quoted(&title)));
            let text = text.unwrap_or_else(|| lower_first(outcome.kind.label(words.lang())));
            details.push(words.say("event-result", args().with("text", text)));
        }
        let parts: Vec<_> = self.facts.events.iter().filter(|part| part.body.parent == Some(event.head.id)).collect();
        if !parts.is_empty() {
            let names: Vec<String> = parts.iter().map(|part| words.quoted(words.text(&part.body.title))).collect();
            details.push(words.say("event-includes", args().with("names", words.list(&names))));
            records.extend(parts.iter().map(|part| named(*part)));
        }
        details.extend(body.evaluation.as_ref().map(|text| lower_first(words.text(text))));
        item(words.details(words.text(&body.title), &details), records)
    }

    /// Who took part: groups of people by name, others by where they came from and how many.
    fn taking_part(&self, event: &CityEvent) -> Vec<String> {
        let words = &self.words;
        let home = self.facts.municipality.body.home_place;
        // Our own people are told by what they are, unless others take part beside them.
        let beside = event.participation.iter().any(|part| part.place.is_some() && part.place != home);
        let mut all: Vec<String> = Vec::new();
        for part in &event.participation {
            let from = part.country.map(|country| country.name(words.lang()).to_owned()).or_else(|| {
                let id = part.place.or(part.organization).filter(|id| beside || Some(*id) != home)?;
                self.directory.name(id, words).map(|named| named.nominative)
            });
            let unit = part.unit.map_or("people", |unit| match unit {
                pobratim_domain::EventParticipationUnit::People => "people",
                pobratim_domain::EventParticipationUnit::Cities => "cities",
                pobratim_domain::EventParticipationUnit::Organizations => "organizations",
            });
            let count = part.count.as_ref().map(|count| words.count(unit, count));
            let category =
                part.category.filter(|_| count.is_none()).map(|category| lower_first(category.label(words.lang())));
            let what = count.or(category);
            let told = match (from, what) {
                (Some(from), Some(what)) => words.say("participants-of", args().with("who", from).with("count", what)),
                (Some(one), None) | (None, Some(one)) => one,
                (None, None) => continue,
            };
            if !all.contains(&told) {
                all.push(told);
            }
        }
        all
    }

    /// A delegation: who, when, how many, what came of it.
    pub(crate) fn exchange(&self, exchange: &Record<Exchange>) -> ReportItem {
        let words = &self.words;
        let body = &exchange.body;
        let mut records = vec![named(exchange)];
        let mut details = vec![words.within("exchange_direction", &body.direction)];
        details.extend(body.period.as_ref().map(|period| words.period(period)));
        if !matches!(body.state, ExchangeState::Completed | ExchangeState::Reported) {
            details.push(words.within("exchange_state", &body.state));
        }
        details.extend(body.headcount.as_ref().map(|headcount| words.count("people", &headcount.total)));
        let paper = body.agreement.and_then(|id| self.facts.agreements.iter().find(|paper| paper.head.id == id));
        if let Some(paper) = paper {
            let title = words.quoted(words.text(&paper.body.title));
            details.push(words.say("country-exchanges-under", args().with("paper", title)));
            records.push(named(paper));
        }
        details.extend(
            body.results
                .as_ref()
                .map(|text| words.say("exchange-results", args().with("text", lower_first(words.text(text))))),
        );
        item(words.details(words.text(&body.title), &details), records)
    }
}

/// What concerns no country in particular.
pub(super) fn other_events(writing: &Writing<'_>) -> Option<ReportSection> {
    let mut draft = Draft::new(&writing.words, "other_events", writing.words.plain("section-other-events"));
    writing.main_events(&mut draft, &[]);
    country::papers(writing, &mut draft, &[]);
    country::protocols(writing, &mut draft, &[]);
    writing.exchanges(&mut draft, &[]);
    writing.events(&mut draft, &[]);
    writing.retold(&mut draft, &[]);
    draft.if_any()
}
