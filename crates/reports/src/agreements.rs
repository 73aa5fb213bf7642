//! The list of agreements of a year, as a region asks for it: concluded, in force, lapsed, and
//! those whose term nobody knows.

use jiff::civil::Date;
use pobratim_domain::value::Containment;
use pobratim_domain::{Agreement, AgreementState, Record};

use crate::annual::annex::{MOST_ROWS, PAPER_COLUMNS};
use crate::annual::{Told, Writing, days_of, labels};
use crate::document::{Report, ReportKind, ReportSection};
use crate::draft::Draft;
use crate::facts::Facts;
use crate::language::args;

/// The list of a year.
pub fn agreements(facts: &Facts, year: i32, lang: &str, as_of: Date) -> Report {
    let writing = Writing::new(facts, year, lang, as_of);
    let words = &writing.words;
    let (_, last) = days_of(year);
    let signed = |paper: &Record<Agreement>| {
        paper.body.signed_on.as_ref().is_some_and(|date| !date.is_open())
            && writing.dated(paper.body.signed_on.as_ref()) == Told::InYear
    };
    let lapsed = |paper: &Record<Agreement>| {
        let ended = paper.body.in_force.as_ref().and_then(|term| term.latest());
        matches!(paper.body.state, AgreementState::Expired | AgreementState::Terminated)
            && ended.is_some_and(|day| i32::from(day.year()) == year)
    };
    let in_force = |paper: &Record<Agreement>| {
        let term = paper.body.in_force.as_ref();
        let was_made = !matches!(
            paper.body.state,
            AgreementState::Draft | AgreementState::InApproval | AgreementState::Approved | AgreementState::Void
        );
        was_made && !lapsed(paper) && term.is_some_and(|term| term.contains_day(last) != Containment::No)
    };
    let unknown = |paper: &Record<Agreement>| {
        paper.body.state == AgreementState::Signed
            && paper.body.in_force.is_none()
            && writing.dated(paper.body.signed_on.as_ref()) != Told::After
    };
    let of = |wanted: &dyn Fn(&Record<Agreement>) -> bool| {
        facts.agreements.iter().filter(|paper| wanted(paper)).collect::<Vec<_>>()
    };
    let (concluded, holding, gone) = (of(&signed), of(&in_force), of(&lapsed));
    let section = |key: &str, title: &str, papers: &[&Record<Agreement>]| {
        let title = words.say(title, args().with("year", i64::from(year)));
        let mut draft = Draft::new(words, key, title);
        if !papers.is_empty() {
            let rows = papers.iter().take(MOST_ROWS).map(|paper| writing.paper_row(paper)).collect();
            draft.table("", &PAPER_COLUMNS, rows);
        }
        draft.done()
    };
    let mut first: ReportSection = section("concluded", "section-concluded", &concluded);
    let counts = words.say(
        "agreements-count",
        args().with("concluded", concluded.len()).with("in_force", holding.len()).with("lapsed", gone.len()),
    );
    first.blocks.insert(0, crate::document::ReportBlock { text: Some(counts), ..Default::default() });
    let home = writing.directory.home_name(words);
    let date = words.day(as_of);
    Report {
        kind: ReportKind::Agreements,
        municipality: facts.municipality.body.slug.clone(),
        year: Some(year),
        partnership: None,
        lang: words.tag(),
        as_of: as_of.to_string(),
        title: words.say("title-agreements", args().named("home", &home).with("year", i64::from(year))),
        subtitle: Some(words.say("subtitle-agreements", args().with("date", date))),
        sections: vec![
            first,
            section("in_force", "section-in-force", &holding),
            section("lapsed", "section-lapsed", &gone),
            section("term_unknown", "section-signed", &of(&unknown)),
        ],
        labels: labels(words),
    }
}
