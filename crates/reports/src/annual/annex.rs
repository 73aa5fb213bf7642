//! The annexes: all ties, the papers of the year, delegations by country and direction, and what is
//! wrong with the data.

use pobratim_domain::{AgreementState, ExchangeDirection};

use crate::annual::ties::lives;
use crate::annual::{Told, Writing};
use crate::document::{ReportChart, ReportRow, ReportSection, ReportSeries};
use crate::draft::{Draft, row};
use crate::facts::named;
use crate::language::{args, code};

/// How many rows a table of an annex has at most.
pub(crate) const MOST_ROWS: usize = 500;

/// The annexes, in order.
pub(super) fn annexes(writing: &Writing<'_>) -> Vec<ReportSection> {
    vec![partnerships(writing), agreements(writing), exchanges(writing), findings(writing)]
}

fn partnerships(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "annex_partnerships", words.plain("annex-partnerships"));
    let ties = &writing.facts.partnerships;
    let rows: Vec<ReportRow> = ties
        .iter()
        .filter(|tie| lives(&tie.body) || writing.dated(tie.body.ended.as_ref()) == Told::InYear)
        .take(MOST_ROWS)
        .map(|tie| {
            let country = writing.directory.partner(&tie.body).and_then(|id| writing.directory.country_name(id, words));
            let kind = words.label("partnership_kind", &tie.body.kind);
            let kind = match &tie.body.target_kind {
                None => kind,
                Some(target) => {
                    let target = words.within("partnership_kind", target);
                    words.say("target", args().with("kind", kind).with("target", target))
                }
            };
            let name = match tie.body.partner() {
                Some(_) => writing.partner_name(&tie.body),
                None => writing.group(tie).text,
            };
            let stage = words.label("partnership_stage", &tie.body.stage);
            let since = tie.body.established.as_ref().map(|date| words.date(date)).unwrap_or_default();
            row(vec![name, country.unwrap_or_default(), kind, stage, since], vec![named(tie)])
        })
        .collect();
    if !rows.is_empty() {
        let columns = [
            ("column-partner", false),
            ("column-country", false),
            ("column-kind", false),
            ("column-stage", false),
            ("column-since", false),
        ];
        draft.table("", &columns, rows);
    }
    draft.done()
}

fn agreements(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "annex_agreements", words.plain("annex-agreements"));
    let papers = writing.facts.agreements.iter().filter(|paper| {
        use AgreementState::{Expired, InForce, Signed, Terminated};
        let lapsed = matches!(paper.body.state, Expired | Terminated)
            && paper.body.in_force.as_ref().is_some_and(|term| writing.told(Some(term)) == Told::InYear);
        matches!(paper.body.state, Signed | InForce) && writing.dated(paper.body.signed_on.as_ref()) != Told::After
            || lapsed
    });
    let rows: Vec<ReportRow> = papers.take(MOST_ROWS).map(|paper| writing.paper_row(paper)).collect();
    if !rows.is_empty() {
        draft.table("", &PAPER_COLUMNS, rows);
    }
    draft.done()
}

/// The columns of [`Writing::paper_row`].
pub(crate) const PAPER_COLUMNS: [(&str, bool); 5] = [
    ("column-title", false),
    ("column-paper-kind", false),
    ("column-signed", false),
    ("column-term", false),
    ("column-state", false),
];

impl Writing<'_> {
    /// A paper as a row of a table.
    pub(crate) fn paper_row(&self, paper: &pobratim_domain::Record<pobratim_domain::Agreement>) -> ReportRow {
        let words = &self.words;
        let cells = vec![
            words.text(&paper.body.title).to_owned(),
            words.label("agreement_kind", &paper.body.kind),
            paper.body.signed_on.as_ref().map(|date| words.date(date)).unwrap_or_default(),
            paper.body.in_force.as_ref().map(|term| words.period(term)).unwrap_or_default(),
            words.label("agreement_state", &paper.body.state),
        ];
        row(cells, vec![named(paper)])
    }
}

fn exchanges(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "annex_exchanges", words.plain("annex-exchanges"));
    let figures = &writing.facts.exchange_figures;
    if figures.is_empty() {
        return draft.done();
    }
    draft.paragraph(words.say("exchanges-note", args().with("year", i64::from(writing.year))), Vec::new());
    let direction = |direction| match direction {
        ExchangeDirection::Incoming => words.plain("incoming"),
        ExchangeDirection::Outgoing => words.plain("outgoing"),
    };
    let rows = figures.iter().map(|figure| {
        let records = writing.facts.observations.iter().filter(|observed| {
            observed.body.country.map(pobratim_domain::country::CountryCode::group) == Some(figure.country)
                && observed.body.direction == Some(figure.direction)
                && writing.told(Some(&observed.body.period)) == Told::InYear
        });
        let reported = figure.reported.as_ref().map(|reported| words.count("quantity", reported));
        let cells = vec![
            figure.country.name(words.lang()).to_owned(),
            direction(figure.direction),
            figure.certain.to_string(),
            figure.possible.to_string(),
            reported.unwrap_or_default(),
        ];
        row(cells, records.map(named).collect())
    });
    let columns = [
        ("column-country", false),
        ("column-direction", false),
        ("column-certain", true),
        ("column-possible", true),
        ("column-reported", true),
    ];
    draft.table("", &columns, rows.collect());
    let mut countries: Vec<_> = figures.iter().map(|figure| figure.country).collect();
    countries.dedup();
    let of = |country, wanted| {
        let figures = figures.iter().filter(|figure| figure.country == country && figure.direction == wanted);
        figures.map(|figure| figure.certain.max(figure.reported.map_or(0, |reported| reported.value))).sum::<i64>()
    };
    let series = [ExchangeDirection::Incoming, ExchangeDirection::Outgoing].map(|wanted| ReportSeries {
        name: direction(wanted),
        values: countries.iter().map(|country| of(*country, wanted)).collect(),
    });
    let chart = ReportChart {
        caption: words.say("chart-exchanges", args().with("year", i64::from(writing.year))),
        categories: countries.iter().map(|country| country.name(words.lang()).to_owned()).collect(),
        series: series.into(),
        ..ReportChart::default()
    };
    draft.chart(chart, Vec::new());
    draft.done()
}

fn findings(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "annex_findings", words.plain("annex-findings"));
    let rows = writing.facts.findings.iter().take(MOST_ROWS).map(|finding| {
        let severity = words.say("severity", args().with("severity", code(&finding.severity)));
        let evidence: Vec<String> = finding.evidence.iter().map(|shown| shown.text.clone()).collect();
        let evidence = evidence.join(&words.plain("separator"));
        let cells = vec![severity, finding.title.clone(), evidence];
        row(cells, vec![finding.record.clone()])
    });
    let rows: Vec<ReportRow> = rows.collect();
    if rows.is_empty() {
        draft.paragraph(words.plain("findings-none"), Vec::new());
    } else {
        let columns = [("column-severity", false), ("column-finding", false), ("column-evidence", false)];
        draft.table("", &columns, rows);
    }
    draft.done()
}
