//! Joint work and dealings: programmes, projects, cases of assistance, letters, publications. Told
//! in the section of a country, and by themselves where no country is named.

use std::collections::BTreeSet;

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::PartialInterval;
use pobratim_domain::{
    AssistanceCase, AssistanceCaseKind, Letter, LetterState, ProgrammeState, Project, ProjectState, Publication, Record,
};

use crate::annual::{Told, Writing};
use crate::document::{ReportItem, ReportSection};
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::{args, lower_first, upper_first};

impl<'f> Writing<'f> {
    /// Whether something belongs to the year or to no time in particular.
    fn is_current(&self, period: Option<&PartialInterval>) -> bool {
        matches!(self.told(period), Told::InYear | Told::Undated)
    }

    /// Whether no section of a country tells of it.
    fn is_of_no_country(&self, countries: &BTreeSet<CountryCode>) -> bool {
        self.section_of(countries).is_none()
    }

    /// The programmes under which there was work.
    pub(super) fn programmes(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let words = &self.words;
        let (mut names, mut records) = (Vec::new(), Vec::new());
        for programme in &self.facts.programmes {
            let countries = programme.body.countries.iter().map(|country| country.group());
            let countries: BTreeSet<_> =
                countries.filter(|country| Some(*country) != self.directory.home_country()).collect();
            let runs =
                programme.body.state != ProgrammeState::Cancelled && self.is_current(programme.body.period.as_ref());
            if !runs || !self.belongs(&countries, group) {
                continue;
            }
            let title = words.quoted(words.text(&programme.body.title));
            let fields: Vec<String> =
                programme.body.fields.iter().map(|field| lower_first(field.label(words.lang()))).collect();
            names.push(if fields.is_empty() {
                title
            } else {
                words.say("programme-fields", args().with("title", title).with("fields", words.list(&fields)))
            });
            records.push(named(programme));
        }
        if !names.is_empty() {
            draft.paragraph(words.say("country-programmes", args().with("names", words.list(&names))), records);
        }
    }

    /// The projects with partners of these countries.
    pub(super) fn projects(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let projects = self.facts.projects.iter().filter(|project| {
            project.body.state != ProjectState::Cancelled
                && self.is_current(project.body.period.as_ref())
                && self.belongs(&self.directory.of_project(&project.body), group)
        });
        draft.list(self.words.plain("country-projects"), projects, |project| self.project(project));
    }

    /// A project: what it is, its strands, where it stands.
    pub(crate) fn project(&self, project: &Record<Project>) -> ReportItem {
        let words = &self.words;
        let mut details = vec![words.within("project_state", &project.body.state)];
        details.extend(project.body.period.as_ref().map(|period| words.period(period)));
        let strands: Vec<String> = project.body.strands.iter().map(|strand| lower_first(words.text(strand))).collect();
        if !strands.is_empty() {
            details.push(words.list(&strands));
        }
        details.extend(project.body.results.as_ref().map(|text| lower_first(words.text(text))));
        item(words.details(words.text(&project.body.title), &details), vec![named(project)])
    }

    /// Help for investors and enterprises of these countries.
    pub(super) fn cases(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let cases = self.facts.assistance_cases.iter().filter(|case| {
            self.is_current(case.body.period.as_ref()) && self.belongs(&self.directory.of_case(&case.body), group)
        });
        draft.list(self.words.plain("country-cases"), cases, |case| self.case(case));
    }

    fn case(&self, case: &Record<AssistanceCase>) -> ReportItem {
        let words = &self.words;
        let body = &case.body;
        let mut records = vec![named(case)];
        let mut details = Vec::new();
        for id in [body.beneficiary, body.counterpart].into_iter().flatten() {
            if let Some(who) = self.directory.organization(id) {
                let name = who.body.name_in(&[words.lang(), "en"]);
                details.push(words.say("case-for", args().with("name", name)));
                records.push(named(who));
            }
        }
        let services: Vec<String> = body.services.iter().map(|code| lower_first(code.label(words.lang()))).collect();
        let what = if services.is_empty() {
            words.label("assistance_case_kind", &body.kind)
        } else {
            upper_first(&words.list(&services))
        };
        let goods: Vec<String> = body.goods.iter().map(|code| lower_first(code.label(words.lang()))).collect();
        if !goods.is_empty() {
            let list = if body.list_complete {
                words.list(&goods)
            } else {
                words.say("list-open", args().with("list", goods.join(&words.plain("comma"))))
            };
            details.push(words.say("case-goods", args().with("goods", list)));
        }
        let places = self.directory.names(body.places.iter().copied(), words);
        if !places.is_empty() {
            details.push(words.say("case-where", args().with("places", words.list(&places))));
        }
        let shown: Vec<_> =
            self.facts.projects.iter().filter(|project| body.projects.contains(&project.head.id)).collect();
        if !shown.is_empty() {
            let names: Vec<String> =
                shown.iter().map(|project| words.quoted(words.text(&project.body.title))).collect();
            details.push(words.say("event-projects", args().with("names", words.list(&names))));
            records.extend(shown.iter().map(|project| named(*project)));
        }
        details.push(words.within("assistance_case_state", &body.state));
        details
            .extend(body.outcome.as_ref().map(|text| words.say("case-outcome", args().with("text", words.text(text)))));
        item(words.details(&what, &details), records)
    }

    /// The correspondence about ties with these countries.
    pub(super) fn letters(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let words = &self.words;
        let letters = self.facts.letters.iter().filter(|letter| {
            let when = letter.body.sent_on.as_ref().or(letter.body.received_on.as_ref());
            letter.body.state != LetterState::Draft
                && matches!(self.dated(when), Told::InYear | Told::Undated)
                && self.belongs(&self.directory.of_letter(&letter.body), group)
        });
        draft.list(words.plain("country-letters"), letters, |letter| self.letter(letter));
    }

    /// A letter: about what, by which way, where it stands.
    pub(crate) fn letter(&self, letter: &Record<Letter>) -> ReportItem {
        let words = &self.words;
        let body = &letter.body;
        let mut details = vec![words.within("letter_direction", &body.direction)];
        details.extend(body.number.as_ref().map(|number| format!("№ {number}")));
        let when = body.sent_on.as_ref().or(body.received_on.as_ref());
        details.extend(when.map(|when| words.date(when)));
        let via: Vec<String> = self.directory.names(body.via.iter().copied(), words);
        if via.is_empty() {
            details.push(words.within("letter_channel", &body.channel));
        } else {
            details.push(words.say("letter-via", args().with("names", words.list(&via))));
        }
        details.push(words.within("letter_state", &body.state));
        let mut records = vec![named(letter)];
        records.extend(body.via.iter().filter_map(|id| self.directory.organization(*id)).map(named));
        item(words.details(words.text(&body.subject), &details), records)
    }

    /// What media of these countries told.
    pub(super) fn publications(&self, draft: &mut Draft<'_>, group: &[CountryCode]) {
        let publications = self.facts.publications.iter().filter(|publication| {
            self.is_published(publication) && self.belongs(&self.directory.of_publication(&publication.body), group)
        });
        draft.list(self.words.plain("country-media"), publications, |publication| self.publication(publication));
    }

    fn is_published(&self, publication: &Record<Publication>) -> bool {
        matches!(self.dated(publication.body.published_on.as_ref()), Told::InYear | Told::Undated)
    }

    fn publication(&self, publication: &Record<Publication>) -> ReportItem {
        let words = &self.words;
        let outlet = publication.body.outlet.and_then(|id| self.directory.organization(id));
        let mut details = Vec::new();
        details.extend(outlet.map(|outlet| outlet.body.name_in(&[words.lang(), "en"]).to_owned()));
        details.extend(publication.body.medium.as_ref().map(|medium| words.within("publication_medium", medium)));
        details.extend(publication.body.published_on.as_ref().map(|date| words.date(date)));
        let records = std::iter::once(named(publication)).chain(outlet.map(named)).collect();
        item(words.details(words.text(&publication.body.title), &details), records)
    }
}

/// Cases that name no country, and projects that nothing else tells of.
pub(super) fn assistance(writing: &Writing<'_>) -> Option<ReportSection> {
    let words = &writing.words;
    let facts = writing.facts;
    let mut draft = Draft::new(words, "assistance", words.plain("section-assistance"));
    for kind in
        [AssistanceCaseKind::InvestorSupport, AssistanceCaseKind::ContractAssistance, AssistanceCaseKind::PartnerSearch]
    {
        let cases = facts.assistance_cases.iter().filter(|case| {
            case.body.kind == kind
                && writing.is_current(case.body.period.as_ref())
                && writing.is_of_no_country(&writing.directory.of_case(&case.body))
        });
        draft.list(words.label("assistance_case_kind", &kind), cases, |case| writing.case(case));
    }
    let told = |project: &Record<Project>| {
        facts.events.iter().any(|event| event.body.projects.contains(&project.head.id))
            || facts.assistance_cases.iter().any(|case| case.body.projects.contains(&project.head.id))
    };
    let projects = facts.projects.iter().filter(|project| {
        project.body.state != ProjectState::Cancelled
            && writing.is_current(project.body.period.as_ref())
            && writing.is_of_no_country(&writing.directory.of_project(&project.body))
            && !told(project)
    });
    draft.list(words.plain("country-projects"), projects, |project| writing.project(project));
    draft.if_any()
}

/// What the media at home and elsewhere told.
pub(super) fn media(writing: &Writing<'_>) -> Option<ReportSection> {
    let words = &writing.words;
    let mut draft = Draft::new(words, "media", words.plain("section-media"));
    let publications = writing.facts.publications.iter().filter(|publication| {
        writing.is_published(publication)
            && writing.is_of_no_country(&writing.directory.of_publication(&publication.body))
    });
    draft.list(words.plain("country-media"), publications, |publication| writing.publication(publication));
    draft.if_any()
}
