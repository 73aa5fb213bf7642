//! One tie on a page: what one reads before a meeting.

use jiff::civil::Date;
use pobratim_domain::value::PartialDate;
use pobratim_domain::{EventStatus, ExchangeState, PartnershipSummary, SummaryRecords, SummarySettings};

use crate::annual::annex::PAPER_COLUMNS;
use crate::annual::country_activity::Activity;
use crate::annual::{Writing, labels};
use crate::document::{Report, ReportItem, ReportKind, ReportSection};
use crate::draft::{Draft, item};
use crate::facts::{Facts, named};
use crate::language::args;

/// How many exchanges and events are told, the latest first.
const LATEST: usize = 12;

/// The tie that the facts are about: the first of their partnerships.
pub fn partnership(facts: &Facts, lang: &str, as_of: Date) -> Option<Report> {
    let tie = facts.partnerships.first()?;
    let writing = Writing::new(facts, i32::from(as_of.year()), lang, as_of);
    let words = &writing.words;
    let home = writing.directory.home_name(words);
    let partner = match tie.body.partner() {
        Some(_) => writing.partner_name(&tie.body),
        None => writing.group(tie).text,
    };
    let sections = vec![
        about(&writing),
        papers(&writing),
        activity(&writing),
        letters(&writing),
        joint(&writing),
        ahead(&writing),
    ];
    let date = words.day(as_of);
    Some(Report {
        kind: ReportKind::Partnership,
        municipality: facts.municipality.body.slug.clone(),
        year: None,
        partnership: Some(tie.head.id),
        lang: words.tag(),
        as_of: as_of.to_string(),
        title: words.say("title-partnership", args().named("home", &home).with("partner", partner)),
        subtitle: Some(words.say("subtitle-partnership", args().with("date", date))),
        sections,
        labels: labels(words),
    })
}

/// What the tie is, and what it comes to.
fn about(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let facts = writing.facts;
    let mut draft = Draft::new(words, "tie", words.plain("section-tie"));
    let Some(tie) = facts.partnerships.first() else { return draft.done() };
    let city = &facts.municipality.body;
    let settings = SummarySettings {
        anniversary_years: city.anniversary_years.iter().map(|year| year.0).collect(),
        dormancy_months: city.dormancy_months,
    };
    let under = SummaryRecords { agreements: &facts.agreements, exchanges: &facts.exchanges, events: &facts.events };
    let summary = PartnershipSummary::of(tie, under, &settings, writing.as_of);
    let parties = tie.body.parties.iter().filter_map(pobratim_domain::PartnershipParty::target);
    let names = words.list(&writing.directory.names(parties, words));
    let kind = words.within("partnership_kind", &tie.body.kind);
    let stage = words.within("partnership_stage", &tie.body.stage);
    let mut said = vec![
        words.say("tie-parties", args().with("names", names)),
        words.say("tie-kind", args().with("kind", kind)),
        words.say("tie-stage", args().with("stage", stage)),
    ];
    if let Some(since) = writing.since(tie) {
        said.push(words.say("sentence", args().with("text", crate::language::upper_first(&since))));
    }
    if let Some(purpose) = &tie.body.purpose {
        let purpose = crate::language::lower_first(words.text(purpose));
        said.push(words.say("country-purpose", args().with("purpose", purpose)));
    }
    draft.paragraph(said.join(" "), vec![named(tie)]);
    let engagement = words.within("engagement", &summary.engagement);
    let mut said = vec![
        words.say(
            "tie-balance",
            args()
                .with(
                    "incoming",
                    writing.exactly("delegations", usize::try_from(summary.exchanges.incoming).unwrap_or(0)),
                )
                .with(
                    "outgoing",
                    writing.exactly("delegations", usize::try_from(summary.exchanges.outgoing).unwrap_or(0)),
                )
                .with("people_in", words.count("quantity", &summary.people.incoming))
                .with("people_out", words.count("quantity", &summary.people.outgoing)),
        ),
        words.say("tie-engagement", args().with("engagement", engagement)),
    ];
    if let Some(last) = summary.last_activity.as_ref().and_then(|last| PartialDate::parse(&last.on).ok()) {
        said.push(words.say("tie-last", args().with("when", words.date(&last))));
    }
    draft.paragraph(said.join(" "), vec![named(tie)]);
    let anniversaries: Vec<String> = summary
        .anniversaries
        .iter()
        .map(|next| {
            words.say("anniversary", args().with("years", i64::from(next.years)).with("when", words.date(&next.on)))
        })
        .collect();
    if !anniversaries.is_empty() {
        draft.paragraph(
            words.say("tie-anniversaries", args().with("dates", words.list(&anniversaries))),
            vec![named(tie)],
        );
    }
    draft.done()
}

fn papers(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "papers", words.plain("section-papers"));
    let papers = &writing.facts.agreements;
    if !papers.is_empty() {
        draft.table("", &PAPER_COLUMNS, papers.iter().map(|paper| writing.paper_row(paper)).collect());
    }
    draft.done()
}

fn is_open(status: EventStatus) -> bool {
    !matches!(status, EventStatus::Held | EventStatus::Cancelled)
}

fn is_past(state: ExchangeState) -> bool {
    matches!(state, ExchangeState::UnderWay | ExchangeState::Completed | ExchangeState::Reported)
}

/// What took place lately, the latest first.
fn activity(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "activity", words.plain("section-activity"));
    let mut all: Vec<(Option<Date>, Activity<'_>)> = Vec::new();
    for event in writing.facts.events.iter().filter(|event| event.body.status == EventStatus::Held) {
        all.push((event.body.period.as_ref().and_then(|period| period.latest()), Activity::Event(event)));
    }
    for exchange in writing.facts.exchanges.iter().filter(|exchange| is_past(exchange.body.state)) {
        all.push((exchange.body.period.as_ref().and_then(|period| period.latest()), Activity::Exchange(exchange)));
    }
    all.sort_by_key(|(day, _)| std::cmp::Reverse(*day));
    let left = all.len().saturating_sub(LATEST);
    let told = all.into_iter().take(LATEST).map(|(_, activity)| Some(activity));
    draft.list(String::new(), told.chain((left > 0).then_some(None)), |activity| match activity {
        Some(activity) => writing.activity(activity),
        None => item(words.say("more", args().with("count", left)), Vec::new()),
    });
    draft.done()
}

fn letters(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "letters", words.plain("section-letters"));
    draft.list(String::new(), &writing.facts.letters, |letter| writing.letter(letter));
    draft.done()
}

fn joint(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "joint", words.plain("section-joint"));
    draft.list(String::new(), &writing.facts.projects, |project| writing.project(project));
    draft.done()
}

/// What is planned.
fn ahead(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let facts = writing.facts;
    let mut draft = Draft::new(words, "ahead", words.plain("section-ahead"));
    let Some(tie) = facts.partnerships.first() else { return draft.done() };
    let mut items: Vec<ReportItem> =
        facts.events.iter().filter(|event| is_open(event.body.status)).map(|event| writing.event(event)).collect();
    let coming = facts
        .exchanges
        .iter()
        .filter(|exchange| !is_past(exchange.body.state) && exchange.body.state != ExchangeState::Cancelled);
    items.extend(coming.map(|exchange| writing.exchange(exchange)));
    for plan in &facts.work_plans {
        let open = plan.body.items.iter().filter(|point| {
            point.state == pobratim_domain::WorkPlanItemState::Planned && point.partnerships.contains(&tie.head.id)
        });
        for point in open {
            let mut details = vec![plan.body.year.to_string()];
            details.extend(point.due.as_ref().map(|due| words.date(due)));
            items.push(item(words.details(words.text(&point.title), &details), vec![named(plan)]));
        }
    }
    draft.list(String::new(), items, |told| told);
    draft.done()
}
