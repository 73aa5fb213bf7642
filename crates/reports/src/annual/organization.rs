//! How the work is organised: the unit, its plan, its instruments; and the bodies of the city that
//! were founded lately.

use pobratim_domain::{Organization, OrganizationKind, Record, ReportNoteSection, WorkPlanItemState};

use crate::annual::{Told, Writing};
use crate::document::ReportSection;
use crate::draft::{Draft, item};
use crate::facts::named;
use crate::language::{args, lower_first, upper_first};

/// The unit and what it is part of, the plan and how far it was fulfilled.
pub(super) fn organization(writing: &Writing<'_>) -> ReportSection {
    let words = &writing.words;
    let mut draft = Draft::new(words, "organization", words.plain("section-organization"));
    writing.notes(&mut draft, |note| note.section == ReportNoteSection::Organization);
    unit(writing, &mut draft);
    for plan in writing.facts.work_plans.iter().filter(|plan| plan.body.year == writing.year) {
        let title = match &plan.body.title {
            Some(title) => words.text(title).to_owned(),
            None => words.say("plan-untitled", args().with("year", i64::from(plan.body.year))),
        };
        let done = plan.body.items.iter().filter(|item| item.state == WorkPlanItemState::Done).count();
        let text = words.say(
            "organization-plan",
            args()
                .with("title", title)
                .with("state", words.within("work_plan_state", &plan.body.state))
                .with("items", plan.body.items.len())
                .with("done", done),
        );
        draft.paragraph(text, vec![named(plan)]);
        draft.list(words.plain("organization-instruments"), &plan.body.instruments, |instrument| {
            item(instrument.label(words.lang()).to_owned(), vec![named(plan)])
        });
        draft.list(words.plain("organization-items"), &plan.body.items, |point| {
            let state = words.within("work_plan_item_state", &point.state);
            let mut details = vec![state];
            details.extend(point.due.as_ref().map(|due| words.date(due)));
            item(words.details(words.text(&point.title), &details), vec![named(plan)])
        });
    }
    draft.done()
}

/// The unit that does the work, within what it is part of.
fn unit(writing: &Writing<'_>, draft: &mut Draft<'_>) {
    let words = &writing.words;
    let Some(unit) = writing.facts.municipality.body.responsible_unit.and_then(|id| writing.directory.organization(id))
    else {
        return;
    };
    let name = |body: &Record<Organization>| body.body.name_in(&[words.lang(), "en"]).to_owned();
    let (mut parents, mut records, mut above) = (Vec::new(), vec![named(unit)], unit.body.parent);
    // A unit is not part of itself, but data may say so: five levels are enough for any office.
    while let Some(parent) = above.and_then(|id| writing.directory.organization(id)).filter(|_| parents.len() < 5) {
        parents.push(name(parent));
        records.push(named(parent));
        above = parent.body.parent;
    }
    let told = words.details(&name(unit), &parents);
    draft.paragraph(words.say("organization-unit", args().with("unit", told)), records);
}

/// The city's own bodies that were founded within the years a report looks back on.
pub(super) fn bodies(writing: &Writing<'_>) -> Option<ReportSection> {
    use OrganizationKind::{Administration, Council, Department, ForeignMission, Ministry};
    let words = &writing.words;
    let mut draft = Draft::new(words, "bodies", words.plain("section-bodies"));
    let founded = writing.facts.organizations.iter().filter_map(|body| {
        let founded = body.body.founded.as_ref()?;
        let near = founded.earliest().is_some_and(|day| {
            let year = i32::from(day.year());
            year <= writing.year && year >= writing.year - super::RETOLD_YEARS
        });
        let is_office = matches!(body.body.kind, Administration | Council | Department | Ministry | ForeignMission);
        let is_ours = body.body.place.is_some() && body.body.place == writing.facts.municipality.body.home_place;
        if !near || is_office || !is_ours || writing.dated(Some(founded)) == Told::After {
            return None;
        }
        let name = body.body.name_in(&[words.lang(), "en"]);
        let text = words.say("bodies-founded", args().with("name", name).with("when", words.when(founded)));
        let details: Vec<String> =
            body.body.distinctions.iter().map(|distinction| lower_first(distinction.label(words.lang()))).collect();
        Some(item(upper_first(&words.details(&text, &details)), vec![named(body)]))
    });
    draft.list(words.plain("bodies-intro"), founded, |told| told);
    draft.if_any()
}
