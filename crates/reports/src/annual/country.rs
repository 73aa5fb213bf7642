//! The section of a country or a group of countries: the main events, the papers and what they are
//! for, the ties, the figures. What took place there stands in `country_activity`.

use std::collections::BTreeMap;

use pobratim_domain::country::CountryCode;
use pobratim_domain::value::Quantity;
use pobratim_domain::{
    Agreement, AgreementKind, AgreementState, ExchangeDirection, OrganizationKind, Partnership, PartnershipKind,
    Record, ReportNoteSection,
};

use crate::annual::overview::{body_of, is_mission, is_under_way};
use crate::annual::ties::{is_of_two_places, lives, records_of};
use crate::annual::{Told, Writing};
use crate::document::{RecordMention, ReportSection};
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::{args, lower_first, upper_first};

/// The section of these countries.
pub(super) fn country(writing: &Writing<'_>, group: &[CountryCode]) -> ReportSection {
    let words = &writing.words;
    let names: Vec<&str> = group.iter().map(|country| country.name(words.lang())).collect();
    let key = group.iter().map(|country| country.as_str().to_lowercase()).collect::<Vec<_>>().join("_");
    let mut draft = Draft::new(words, format!("countries_{key}"), names.join(", ")).of_countries(group);
    writing.main_events(&mut draft, group);
    papers(writing, &mut draft, group);
    levels(writing, &mut draft, group);
    protocols(writing, &mut draft, group);
    writing.exchanges(&mut draft, group);
    writing.events(&mut draft, group);
    ties(writing, &mut draft, group);
    writing.retold(&mut draft, group);
    writing.programmes(&mut draft, group);
    figures(writing, &mut draft, group);
    writing.projects(&mut draft, group);
    writing.cases(&mut draft, group);
    writing.publications(&mut draft, group);
    bodies(writing, &mut draft, group);
    talks(writing, &mut draft, group);
    writing.letters(&mut draft, group);
    writing.notes(&mut draft, |note| {
        note.section == ReportNoteSection::Countries
            && note.countries.first().is_some_and(|country| group.iter().any(|of| of.group() == country.group()))
    });
    draft.done()
}

fn of_group<'f>(writing: &Writing<'f>, group: &[CountryCode]) -> Vec<&'f Record<Agreement>> {
    let papers = writing.facts.agreements.iter().zip(&writing.sections().agreements);
    papers.filter(|(_, section)| writing.in_group(**section, group)).map(|(paper, _)| paper).collect()
}

fn is_sector_paper(paper: &Agreement) -> bool {
    matches!(paper.kind, AgreementKind::SectorProtocol | AgreementKind::ActionPlan | AgreementKind::Memorandum)
}

/// The papers signed in the year, with what they are for.
pub(super) fn papers(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    for paper in of_group(writing, group) {
        let Some(signed) = paper.body.signed_on.as_ref().filter(|date| !date.is_open()) else { continue };
        if writing.dated(Some(signed)) != Told::InYear {
            continue;
        }
        let title = words.text(&paper.body.title);
        let text = words.say("country-papers", args().with("when", words.when(signed)).with("title", title));
        let purpose = paper
            .body
            .purpose
            .as_ref()
            .map(|purpose| words.say("country-purpose", args().with("purpose", lower_first(words.text(purpose)))));
        let text = std::iter::once(text).chain(purpose).collect::<Vec<_>>().join(" ");
        draft.paragraph(text, vec![named(paper)]);
        let objectives = paper.body.objectives.iter();
        draft.list(words.plain("country-objectives"), objectives, |objective| {
            item(words.text(&objective.text).to_owned(), vec![named(paper)])
        });
    }
}

/// On which levels the sides work together.
fn levels(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    for tie in ties_of(writing, group).filter(|tie| !tie.body.levels.is_empty()) {
        let levels: Vec<String> =
            tie.body.levels.iter().map(|level| words.within("partnership_level", level)).collect();
        let Some(partner) = writing.directory.partner(&tie.body).and_then(|id| writing.directory.name(id, words))
        else {
            continue;
        };
        let text = words.say("country-levels", args().named("partner", &partner).with("levels", words.list(&levels)));
        let place = writing.directory.partner(&tie.body);
        let offices: Vec<_> = writing
            .facts
            .organizations
            .iter()
            .filter(|body| body.body.kind == OrganizationKind::Administration && body.body.place == place)
            .collect();
        let names: Vec<String> =
            offices.iter().map(|body| body.body.name_in(&[words.lang(), "en"]).to_owned()).collect();
        let text = if names.is_empty() {
            text
        } else {
            words.say("country-levels-with", args().with("levels", text).with("names", words.list(&names)))
        };
        draft.paragraph(text, std::iter::once(named(tie)).chain(offices.into_iter().map(named)).collect());
    }
}

/// The papers on single fields that hold now.
pub(super) fn protocols(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    let holds = |paper: &Agreement| {
        matches!(paper.state, AgreementState::Signed | AgreementState::InForce)
            && writing.dated(paper.signed_on.as_ref()) != Told::After
    };
    let papers =
        of_group(writing, group).into_iter().filter(|paper| is_sector_paper(&paper.body) && holds(&paper.body));
    draft.list(words.plain("country-protocols"), papers, |paper| {
        let signed = paper.body.signed_on.as_ref().map(|signed| words.when(signed));
        item(words.details(words.text(&paper.body.title), &Vec::from_iter(signed)), vec![named(paper)])
    });
}

fn ties_of<'f>(writing: &Writing<'f>, group: &[CountryCode]) -> impl Iterator<Item = &'f Record<Partnership>> {
    let ties = writing.facts.partnerships.iter().zip(&writing.sections().partnerships);
    ties.filter(|(_, section)| writing.is_section(**section, group))
        .map(|(tie, _)| tie)
        .filter(|tie| lives(&tie.body) && is_of_two_places(&tie.body))
        .collect::<Vec<_>>()
        .into_iter()
}

/// Friends, and those one keeps in touch with, by what for.
fn ties(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    let friends: Vec<_> = ties_of(writing, group).filter(|tie| tie.body.kind == PartnershipKind::Friendship).collect();
    if !friends.is_empty() {
        // What all have in common is told once.
        let since: Vec<Option<String>> = friends.iter().map(|tie| writing.since(tie)).collect();
        let (all, each) =
            if since.iter().all(|told| *told == since[0]) { (since[0].clone(), false) } else { (None, true) };
        let names: Vec<String> = friends
            .iter()
            .zip(since)
            .map(|(tie, since)| {
                words.details(&writing.partner_name(&tie.body), &Vec::from_iter(since.filter(|_| each)))
            })
            .collect();
        let names = words.details(&words.list(&names), &Vec::from_iter(all));
        let text = words.say("country-friends", args().with("names", names));
        draft.paragraph(text, records_of(&friends));
    }
    let mut contacts: BTreeMap<String, Vec<&Record<Partnership>>> = BTreeMap::new();
    for tie in ties_of(writing, group).filter(|tie| tie.body.kind == PartnershipKind::Contact) {
        let purpose = tie.body.purpose.as_ref().map(|purpose| words.text(purpose).to_owned()).unwrap_or_default();
        contacts.entry(purpose).or_default().push(tie);
    }
    for (purpose, ties) in contacts {
        let names: Vec<String> = ties.iter().map(|tie| writing.partner_name(&tie.body)).collect();
        let list = words.list(&names);
        let text = words.say("country-contacts", args().with("names", list));
        let text = if purpose.is_empty() {
            text
        } else {
            let purpose = words.say("country-purpose", args().with("purpose", lower_first(&purpose)));
            format!("{text} {purpose}")
        };
        draft.paragraph(text, records_of(&ties));
    }
}

/// How many delegations came and went: as counted, and as reported.
fn figures(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    for country in group {
        let counted = |direction| {
            let figures = writing.facts.exchange_figures.iter();
            figures
                .filter(|figure| figure.country == country.group() && figure.direction == direction)
                .map(|figure| figure.certain)
                .sum()
        };
        let observed = |direction| {
            let figures = writing.facts.observations.iter().filter(move |figure| {
                figure.body.country.map(CountryCode::group) == Some(country.group())
                    && figure.body.direction == Some(direction)
                    && figure.body.indicator.as_str() == "delegations"
            });
            figures.filter(|figure| writing.told(Some(&figure.body.period)) == Told::InYear).collect::<Vec<_>>()
        };
        let (came, went) = (observed(ExchangeDirection::Incoming), observed(ExchangeDirection::Outgoing));
        let (in_count, out_count): (i64, i64) =
            (counted(ExchangeDirection::Incoming), counted(ExchangeDirection::Outgoing));
        let records: Vec<RecordMention> = came.iter().chain(&went).map(|figure| named(*figure)).collect();
        if records.is_empty() && in_count + out_count == 0 {
            continue;
        }
        let exactly = |count: i64| writing.exactly("delegations", usize::try_from(count).unwrap_or(0));
        let told = |reported: Option<Quantity>, counted: i64| {
            reported.map(|figure| words.count("delegations", &figure)).or((counted > 0).then(|| exactly(counted)))
        };
        let incoming = told(came.first().map(|figure| figure.body.value), in_count);
        let outgoing = told(went.first().map(|figure| figure.body.value), out_count);
        let counts = words
            .say("figures-in-out", args().with("incoming", exactly(in_count)).with("outgoing", exactly(out_count)));
        let basis = match (records.is_empty(), in_count + out_count) {
            (true, _) => words.plain("basis-counted"),
            (false, 0) => words.plain("basis-reported"),
            (false, _) => words.say("basis-both", args().with("counted", counts)),
        };
        let known = |told: &Option<String>| if told.is_some() { "yes" } else { "no" };
        let text = words.say(
            "country-figures",
            args()
                .with("incoming_known", known(&incoming))
                .with("outgoing_known", known(&outgoing))
                .with("incoming", incoming.unwrap_or_default())
                .with("outgoing", outgoing.unwrap_or_default())
                .with("basis", basis),
        );
        let text = if group.len() > 1 {
            words.say("said", args().with("what", country.name(words.lang())).with("details", lower_first(&text)))
        } else {
            text
        };
        draft.paragraph(text, records);
    }
}

/// Missions and other bodies one works with.
fn bodies(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    let (mut names, mut records) = (Vec::new(), Vec::new());
    let ties = writing.facts.partnerships.iter().zip(&writing.sections().partnerships);
    for (tie, section) in ties.filter(|(tie, _)| lives(&tie.body)) {
        let Some(body) = body_of(writing, tie).filter(|body| is_mission(body)) else { continue };
        if writing.is_section(*section, group) {
            names.push(body.body.name_in(&[words.lang(), "en"]).to_owned());
            records.extend([named(tie), named(body)]);
        }
    }
    if !names.is_empty() {
        draft.paragraph(words.say("country-bodies", args().with("names", words.list(&names))), records);
    }
}

/// How far the talks about new ties have come.
fn talks(writing: &Writing<'_>, draft: &mut Draft<'_>, group: &[CountryCode]) {
    let words = &writing.words;
    let sought = ties_of(writing, group).filter(|tie| is_under_way(&tie.body));
    draft.list(words.plain("country-talks"), sought, |tie| {
        let stage = words.within("partnership_stage", &tie.body.stage);
        let mut details = Vec::new();
        details.extend(tie.body.channel.as_ref().map(|channel| words.within("partnership_channel", channel)));
        let text = words.say("talks", args().with("partner", writing.partner_name(&tie.body)).with("stage", stage));
        item(upper_first(&words.details(&text, &details)), vec![named(tie)])
    });
}
