//! The parts before the countries: what the report is about, the ties as a whole, and work with
//! several cities at once.

use std::collections::BTreeSet;

use pobratim_domain::{
    CityEvent, Organization, OrganizationKind, OrganizationScope, Partnership, PartnershipArrangement, PartnershipKind,
    PartnershipStage, Record, ReportNoteSection,
};

use crate::annual::ties::{is_of_two_places, lives, records_of};
use crate::annual::{Told, Writing};
use crate::document::{ReportChart, ReportChartKind, ReportPoint, ReportSection, ReportSeries};
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::{args, lower_first};

/// How many years the chart of new ties shows.
const CHART_YEARS: i32 = 20;

/// What the report is about, and which of its domains have nothing.
pub(super) fn introduction(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "introduction", words.plain("section-introduction"));
    let city = &writing.facts.municipality;
    let domains: Vec<_> = city.body.report.iter().flat_map(|report| &report.domains).collect();
    let names: Vec<String> = domains.iter().map(|domain| lower_first(domain.label(words.lang()))).collect();
    if !names.is_empty() {
        let home = writing.directory.home_name(words);
        let text = words.say(
            "introduction",
            args().named("home", &home).with("year", i64::from(writing.year)).with("domains", words.list(&names)),
        );
        draft.paragraph(text, vec![named(city)]);
    }
    for domain in domains {
        if writing.facts.missing_domains.iter().any(|missing| missing == domain.as_str()) {
            let text = words.say(
                "domain-empty",
                args().with("domain", domain.label(words.lang())).with("year", i64::from(writing.year)),
            );
            draft.nothing(text, vec![named(city)]);
        }
    }
    draft.done()
}

/// The ties as a whole: how many, which of what kind, on a map, and how they grew.
pub(super) fn overview(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "overview", words.plain("section-overview"));
    writing.notes(&mut draft, |note| note.section == ReportNoteSection::Overview);
    let living: Vec<_> = writing.facts.partnerships.iter().filter(|tie| lives(&tie.body)).collect();
    let places: Vec<_> = living.iter().copied().filter(|tie| is_of_two_places(&tie.body)).collect();
    let many = living.iter().filter(|tie| tie.body.arrangement == PartnershipArrangement::Multilateral).count();
    if !living.is_empty() {
        let countries: BTreeSet<_> =
            places.iter().flat_map(|tie| writing.directory.of_partnership(&tie.body)).collect();
        let text = words.say(
            "overview-count",
            args()
                .named("home", &writing.directory.home_name(words))
                .with("ties", places.len())
                .with("countries", countries.len())
                .with("multilateral", many),
        );
        draft.paragraph(text, Vec::new());
    }
    let new: Vec<_> = places
        .iter()
        .copied()
        .filter(|tie| tie.body.established.as_ref().is_some_and(|date| !date.is_open()))
        .filter(|tie| writing.dated(tie.body.established.as_ref()) == Told::InYear)
        .collect();
    if !new.is_empty() {
        let names: Vec<String> = new.iter().map(|tie| writing.partner_name(&tie.body)).collect();
        let text = words.say(
            "overview-established",
            args().with("count", new.len()).with("year", i64::from(writing.year)).with("names", words.list(&names)),
        );
        draft.paragraph(text, records_of(&new));
    }
    let of_kind = |kind| places.iter().filter(move |tie| tie.body.kind == kind);
    draft.list(words.plain("overview-twins"), of_kind(PartnershipKind::Twin), |tie| writing.tie(tie));
    let sought = places.iter().filter(|tie| tie.body.target_kind == Some(PartnershipKind::Twin));
    draft.list(words.plain("overview-planned"), sought, |tie| writing.sought(tie));
    draft.list(words.plain("overview-friends"), of_kind(PartnershipKind::Friendship), |tie| writing.tie(tie));
    draft.list(words.plain("overview-cooperation"), of_kind(PartnershipKind::Cooperation), |tie| writing.tie(tie));
    map(writing, &mut draft, &places);
    years(writing, &mut draft, &places);
    draft.done()
}

fn map(writing: &Writing<'_>, draft: &mut Draft<'_>, ties: &[&Record<Partnership>]) {
    let words = &writing.words;
    let Some(home) = writing.directory.home() else { return };
    let Some(at) = &home.body.location else { return };
    let label = writing.directory.home_name(words).nominative;
    let mut points = vec![ReportPoint {
        group: words.say("group-home", args().with("home", label.as_str())),
        label,
        lat: at.lat,
        lon: at.lon,
        home: true,
    }];
    let mut shown = Vec::new();
    for tie in ties {
        let place = tie.body.partner().and_then(|party| party.place).and_then(|id| writing.directory.place(id));
        let Some(at) = place.and_then(|place| place.body.location.as_ref()) else { continue };
        let group = match tie.body.kind {
            PartnershipKind::Twin => "group-twin",
            _ if tie.body.target_kind == Some(PartnershipKind::Twin) => "group-planned",
            PartnershipKind::Friendship => "group-friendship",
            PartnershipKind::Cooperation => "group-cooperation",
            PartnershipKind::Contact | PartnershipKind::None => "group-contact",
        };
        let (label, group) = (writing.partner_name(&tie.body), words.plain(group));
        points.push(ReportPoint { label, lat: at.lat, lon: at.lon, group, home: false });
        shown.push(named(*tie));
    }
    if points.len() > 1 {
        let caption = words.plain("map-caption");
        draft.chart(ReportChart { kind: ReportChartKind::Map, caption, points, ..ReportChart::default() }, shown);
    }
}

fn years(writing: &Writing<'_>, draft: &mut Draft<'_>, ties: &[&Record<Partnership>]) {
    let words = &writing.words;
    let mut counted: Vec<(i32, i64)> = Vec::new();
    let mut shown = Vec::new();
    for tie in ties {
        let Some(date) = tie.body.established.as_ref().filter(|date| !date.is_open()) else { continue };
        let Some(year) = date.earliest().map(|day| i32::from(day.year())) else { continue };
        if year <= writing.year && year > writing.year - CHART_YEARS {
            match counted.iter_mut().find(|(known, _)| *known == year) {
                Some((_, count)) => *count += 1,
                None => counted.push((year, 1)),
            }
            shown.push(named(*tie));
        }
    }
    counted.sort_unstable();
    // One bar is no development.
    if counted.len() > 1 {
        let chart = ReportChart {
            caption: words.plain("years-caption"),
            categories: counted.iter().map(|(year, _)| year.to_string()).collect(),
            series: vec![ReportSeries {
                name: words.plain("years-series"),
                values: counted.iter().map(|(_, count)| *count).collect(),
            }],
            ..ReportChart::default()
        };
        draft.chart(chart, shown);
    }
}

/// Associations, bodies and ties of several cities.
pub(super) fn multilateral(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let facts = writing.facts;
    let mut draft = Draft::new(words, "multilateral", words.plain("section-multilateral"));
    writing.notes(&mut draft, |note| note.section == ReportNoteSection::Multilateral);
    let associations = facts.memberships.iter().filter_map(|membership| {
        let valid = membership.body.valid.as_ref();
        if valid.is_some_and(|valid| writing.told(Some(valid)) != Told::InYear) {
            return None;
        }
        let body = writing.directory.organization(membership.body.organization)?;
        let mut details: Vec<String> =
            membership.body.category.iter().map(|category| words.within("membership_category", category)).collect();
        if body.body.scope == Some(OrganizationScope::National) {
            details.push(words.plain("association-national"));
        }
        details.extend(valid.map(|valid| words.period(valid)));
        let name = body.body.name_in(&[words.lang(), "en"]);
        Some(item(words.details(name, &details), vec![named(membership), named(body)]))
    });
    draft.list(words.plain("multilateral-associations"), associations, |told| told);
    let groups = facts
        .partnerships
        .iter()
        .filter(|tie| tie.body.arrangement == PartnershipArrangement::Multilateral && lives(&tie.body));
    draft.list(words.plain("multilateral-groups"), groups, |tie| writing.group(tie));
    let bodies = facts.partnerships.iter().filter(|tie| lives(&tie.body)).filter_map(|tie| {
        let body = body_of(writing, tie).filter(|body| !is_mission(body))?;
        let mut records = vec![named(tie), named(body)];
        records.truncate(2);
        Some(item(body.body.name_in(&[words.lang(), "en"]).to_owned(), records))
    });
    draft.list(words.plain("multilateral-bodies"), bodies, |told| told);
    draft.done()
}

/// The organization a tie is with.
pub(super) fn body_of<'f>(writing: &Writing<'f>, tie: &Record<Partnership>) -> Option<&'f Record<Organization>> {
    writing.directory.organization(tie.body.partner()?.organization?)
}

/// Whether it speaks for a state: told with its country.
pub(super) fn is_mission(body: &Record<Organization>) -> bool {
    matches!(
        body.body.kind,
        OrganizationKind::ForeignMission | OrganizationKind::Ministry | OrganizationKind::Administration
    )
}

/// Whether a tie is on its way to somewhere.
pub(super) fn is_under_way(tie: &Partnership) -> bool {
    use PartnershipStage::{Approached, InApproval, IntentDeclared, Negotiating, NegotiationAgreed};
    matches!(tie.stage, Approached | NegotiationAgreed | Negotiating | IntentDeclared | InApproval)
}

/// Whether an event is told by what it is part of.
pub(super) fn is_part(writing: &Writing<'_>, event: &Record<CityEvent>) -> bool {
    event.body.parent.is_some_and(|parent| writing.facts.events.iter().any(|known| known.head.id == parent))
}
