//! What is still to come: what is planned after the year, and what was planned in it and nobody
//! has told of since.

use pobratim_domain::{
    EventStatus, ExchangeState, ProjectState, Record, ReportNoteSection, WorkPlan, WorkPlanItem, WorkPlanItemState,
};

use crate::annual::country_activity::Activity;
use crate::annual::{Told, Writing};
use crate::document::ReportSection;
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::args;

/// Something that is to come.
enum Coming<'f> {
    Activity(Activity<'f>),
    /// A point of a plan.
    Point(&'f Record<WorkPlan>, &'f WorkPlanItem),
}

/// The plans.
pub(super) fn plans(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let facts = writing.facts;
    let mut draft = Draft::new(words, "plans", words.plain("section-plans"));
    writing.notes(&mut draft, |note| note.section == ReportNoteSection::Plans);
    let ahead = |told: Told| told == Told::After;
    let planned = |status: EventStatus| {
        matches!(status, EventStatus::Idea | EventStatus::Planned | EventStatus::Confirmed | EventStatus::Postponed)
    };
    let proposed = |state: ExchangeState| {
        matches!(state, ExchangeState::Proposed | ExchangeState::Approved | ExchangeState::Confirmed)
    };
    let mut coming = Vec::new();
    for event in facts.events.iter().filter(|event| planned(event.body.status)) {
        if ahead(writing.told(event.body.period.as_ref())) {
            coming.push(Coming::Activity(Activity::Event(event)));
        }
    }
    for exchange in facts.exchanges.iter().filter(|exchange| proposed(exchange.body.state)) {
        if ahead(writing.told(exchange.body.period.as_ref())) {
            coming.push(Coming::Activity(Activity::Exchange(exchange)));
        }
    }
    for plan in facts.work_plans.iter().filter(|plan| plan.body.year > writing.year) {
        coming.extend(plan.body.items.iter().map(|point| Coming::Point(plan, point)));
    }
    draft.list(
        words.say("plans-year", args().with("year", i64::from(writing.year + 1))),
        coming,
        |coming| match coming {
            Coming::Activity(activity) => writing.activity(activity),
            Coming::Point(plan, point) => {
                let due = Vec::from_iter(point.due.as_ref().map(|due| words.date(due)));
                item(words.details(words.text(&point.title), &due), vec![named(plan)])
            }
        },
    );
    let mut open = Vec::new();
    for event in facts.events.iter().filter(|event| planned(event.body.status)) {
        if writing.told(event.body.period.as_ref()) == Told::InYear {
            open.push(writing.event(event));
        }
    }
    for plan in facts.work_plans.iter().filter(|plan| plan.body.year == writing.year) {
        for point in plan.body.items.iter().filter(|point| point.state == WorkPlanItemState::Planned) {
            let title = words.text(&point.title);
            let told = open.iter().any(|known| known.text.starts_with(title));
            if !told {
                open.push(item(title.to_owned(), vec![named(plan)]));
            }
        }
    }
    draft.list(words.plain("plans-open"), open, |told| told);
    let projects = facts.projects.iter().filter(|project| {
        matches!(project.body.state, ProjectState::Idea | ProjectState::Planned) && project.body.partnership.is_none()
    });
    draft.list(words.plain("plans-projects"), projects, |project| writing.project(project));
    draft.done()
}
