//! The items of a work plan, and what became of each: done by what fulfilled it, moved, cancelled or
//! not done.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::{FieldCode, InstrumentCode};
use crate::collection::CollectionName;
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::keyed::Keyed;
use crate::refusal::{InvalidState, Refusal};
use crate::transition::Move;
use crate::value::{LocalizedText, PartialDate};
use crate::work_plan::WorkPlan;
use crate::work_plan_activity::WorkPlanActivity;
use crate::work_plan_state::WorkPlanState;

/// Something that a plan says is to be done.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "title": {"ru": "Выставка декоративно-прикладного искусства КНДР", "en": "Exhibition of applied art of the DPRK"},
    "instrument": "events", "fields": ["culture"], "countries": ["KP"], "due": "2012-10",
    "responsible": {"ru": "Международный отдел"}
})))]
pub struct WorkPlanItem {
    /// Identity of this item within the plan. The server makes it; send it to keep an item that is
    /// there, and leave it out for a new one.
    #[serde(default)]
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8061"))]
    pub key: Uuid,
    /// What is to be done.
    pub title: LocalizedText,
    /// By which means.
    pub instrument: Option<InstrumentCode>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fields: Vec<FieldCode>,
    /// The countries it is about (ISO 3166-1).
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["CN"])))]
    pub countries: Vec<CountryCode>,
    /// The ties it is done under.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8201"])))]
    pub partnerships: Vec<Uuid>,
    /// By when it is to be done, as well as it is known.
    #[schema(examples("2011-06"))]
    pub due: Option<PartialDate>,
    /// Who sees to it, by office rather than by name.
    pub responsible: Option<LocalizedText>,
    /// What became of it; moved by its own action.
    #[serde(default)]
    #[schema(read_only, default = "planned")]
    pub state: WorkPlanItemState,
    /// The records that fulfilled it.
    #[serde(default)]
    #[schema(read_only, max_items = 50)]
    pub fulfilled_by: Vec<WorkPlanActivity>,
    /// Why it was moved, cancelled, not done, or planned anew.
    #[schema(read_only, max_length = 2000, examples("Паводок на Амуре"))]
    pub reason: Option<String>,
}

/// What became of an item. It can be corrected until the plan is reported on.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("planned", "done"))]
pub enum WorkPlanItemState {
    /// It is to be done. What an item begins as.
    #[default]
    Planned,
    /// It was done.
    Done,
    /// It is to be done later, in this plan or in another one.
    Moved,
    /// It is not to be done any more.
    Cancelled,
    /// Its time went by.
    NotDone,
}

impl WorkPlanItemState {
    /// Every state.
    pub const ALL: &[Self] = &[Self::Planned, Self::Done, Self::Moved, Self::Cancelled, Self::NotDone];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Done => "done",
            Self::Moved => "moved",
            Self::Cancelled => "cancelled",
            Self::NotDone => "not_done",
        }
    }

    /// The states that may follow. What was moved may still be done; everything may be planned anew.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Planned => &[Self::Done, Self::Moved, Self::Cancelled, Self::NotDone],
            Self::Moved => &[Self::Done, Self::Cancelled, Self::NotDone, Self::Planned],
            Self::Done | Self::Cancelled | Self::NotDone => &[Self::Planned],
        }
    }
}

/// Notes what became of an item of a plan.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({"to": "done", "on": "2011-06", "fulfilled_by": [{"collection": "events", "id": "01890a5d-ac96-774b-bcce-b302099a8401"}]}),
    json!({"to": "moved", "reason": "Паводок на Амуре", "due": "2011-09"})
))]
pub struct WorkPlanItemTransitionInput {
    /// What became of it.
    pub to: WorkPlanItemState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// The records that fulfilled it; for `done`, which needs one at least.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fulfilled_by: Vec<WorkPlanActivity>,
    /// By when it is to be done now; for `moved` and `planned`. As the item has it when left out.
    #[schema(examples("2011-09"))]
    pub due: Option<PartialDate>,
    /// Why; required for everything but `done`. Kept on the item.
    #[schema(min_length = 1, max_length = 2000, examples("Паводок на Амуре"))]
    pub reason: Option<String>,
}

impl WorkPlan {
    /// The plan with another state of one of its items. Items move while the plan is approved or in
    /// execution.
    pub fn transition_item(
        &self,
        key: Uuid,
        input: &WorkPlanItemTransitionInput,
        today: Date,
    ) -> Result<Self, Refusal> {
        use WorkPlanItemState::{Done, Moved, Planned};
        let mut after = self.clone();
        let Some(item) = after.items.iter_mut().find(|item| item.key == key) else {
            let detail = format!("The plan has no item {key}.");
            return Err(Refusal::NoSuchElement { pointer: "/items".to_owned(), detail });
        };
        if !matches!(self.state, WorkPlanState::Approved | WorkPlanState::InExecution) {
            return Err(InvalidState {
                from: item.state.as_str().to_owned(),
                to: input.to.as_str().to_owned(),
                missing: vec!["plan_in_execution".to_owned()],
                detail: format!(
                    "The plan is {}: its items move while it is approved or in execution.",
                    self.state.as_str()
                ),
                ..InvalidState::default()
            }
            .into());
        }
        let mut faults = Faults::default();
        faults.unless(
            input.fulfilled_by.is_empty() || input.to == Done,
            "/fulfilled_by",
            "not_allowed",
            "Only what is done was fulfilled by something.",
        );
        faults.unless(
            input.due.is_none() || matches!(input.to, Moved | Planned),
            "/due",
            "not_allowed",
            "Only what is moved or planned anew is due on another day.",
        );
        faults.each_once("/fulfilled_by", &input.fulfilled_by);
        faults.into_result()?;
        Move {
            from: item.state.as_str(),
            to: input.to.as_str(),
            allowed: item.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: input.to != Done,
            historical: false,
            has_sources: false,
            ends: None,
            lacking: (input.to == Done && input.fulfilled_by.is_empty()).then_some("fulfilled_by"),
        }
        .decide(today)?;
        item.state = input.to;
        item.fulfilled_by.clone_from(&input.fulfilled_by);
        item.reason.clone_from(&input.reason);
        item.due = input.due.or(item.due);
        Ok(after)
    }
}

impl WorkPlanItem {
    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        faults.each_once(&format!("{pointer}/fields"), &self.fields);
        faults.each_once(&format!("{pointer}/countries"), &self.countries);
        faults.each_once(&format!("{pointer}/partnerships"), &self.partnerships);
    }

    pub(crate) fn references(&self, pointer: &str, references: &mut References) {
        for (index, tie) in self.partnerships.iter().enumerate() {
            let pointer = format!("{pointer}/partnerships/{index}");
            references.to(pointer, "partnerships", CollectionName::Partnerships, *tie);
        }
        for (index, activity) in self.fulfilled_by.iter().enumerate() {
            let pointer = format!("{pointer}/fulfilled_by/{index}/id");
            references.to(pointer, "fulfilled_by", activity.collection.name(), activity.id);
        }
    }

    pub(crate) fn terms(&self, terms: &mut Terms) {
        terms.code("item_state", self.state.as_str());
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        for country in &self.countries {
            terms.code("countries", country.as_str());
        }
        terms.localized(&self.title);
        terms.localized_option(self.responsible.as_ref());
    }

    /// Whether nothing is said of what became of it: so it comes with a list that was sent.
    fn is_untold(&self) -> bool {
        self.state == WorkPlanItemState::Planned && self.reason.is_none() && self.fulfilled_by.is_empty()
    }

    fn tell(&mut self, of: Option<&Self>) {
        self.state = of.map_or_else(WorkPlanItemState::default, |item| item.state);
        self.fulfilled_by = of.map_or_else(Vec::new, |item| item.fulfilled_by.clone());
        self.reason = of.and_then(|item| item.reason.clone());
    }
}

impl Keyed for WorkPlanItem {
    fn key(&self) -> Uuid {
        self.key
    }

    fn set_key(&mut self, key: Uuid) {
        self.key = key;
    }

    fn keep(&mut self, before: Option<&Self>) {
        // What an action told is there; moving back to planned gives a reason, so it shows too.
        if before.is_none() || self.is_untold() {
            self.tell(before);
        }
    }

    fn held(&self) -> Option<&'static str> {
        (!self.is_untold()).then_some(
            "An item of which something became cannot be dropped: it would be lost. Keep its key in the list.",
        )
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::work_plan::tests::{ID, KEY, with_item};
    use crate::work_plan_activity::WorkPlanActivityCollection;
    use WorkPlanItemState::*;

    const TODAY: Date = date(2011, 9, 5);

    fn to(state: WorkPlanItemState) -> WorkPlanItemTransitionInput {
        WorkPlanItemTransitionInput { to: state, on: None, fulfilled_by: Vec::new(), due: None, reason: None }
    }

    fn because(state: WorkPlanItemState) -> WorkPlanItemTransitionInput {
        WorkPlanItemTransitionInput { reason: Some("Паводок".to_owned()), ..to(state) }
    }

    fn done() -> WorkPlanItemTransitionInput {
        let event = WorkPlanActivity { collection: WorkPlanActivityCollection::Events, id: ID.parse().unwrap() };
        WorkPlanItemTransitionInput { fulfilled_by: vec![event], ..to(Done) }
    }

    fn go(plan: &WorkPlan, input: &WorkPlanItemTransitionInput) -> Result<WorkPlan, Refusal> {
        plan.transition_item(KEY.parse().unwrap(), input, TODAY)
    }

    fn refused(result: Result<WorkPlan, Refusal>) -> InvalidState {
        match result {
            Err(Refusal::State(state)) => *state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_item_is_done_by_what_fulfilled_it() {
        let plan = with_item("approved", json!({}));
        assert_eq!(refused(go(&plan, &to(Done))).missing, ["fulfilled_by"]);
        let after = go(&plan, &done()).unwrap();
        assert_eq!((after.items[0].state, &after.items[0].fulfilled_by), (Done, &done().fulfilled_by));
        assert_eq!(refused(go(&after, &because(Moved))).allowed, ["planned"]);
        let again = go(&after, &because(Planned)).unwrap();
        assert!(again.items[0].fulfilled_by.is_empty() && again.items[0].held().is_some());
    }

    #[test]
    fn everything_else_has_a_reason() {
        let plan = with_item("in_execution", json!({"due": "2011-06"}));
        for state in [Moved, Cancelled, NotDone] {
            let Err(Refusal::Invalid(faults)) = go(&plan, &to(state)) else { panic!() };
            assert!(faults.has("/reason"));
            assert_eq!(go(&plan, &because(state)).unwrap().items[0].state, state);
        }
        let later = WorkPlanItemTransitionInput { due: PartialDate::parse("2012-06").ok(), ..because(Moved) };
        assert_eq!(go(&plan, &later).unwrap().items[0].due, later.due);
        let late = WorkPlanItemTransitionInput { due: later.due, ..because(Cancelled) };
        let wrong = WorkPlanItemTransitionInput { fulfilled_by: done().fulfilled_by, ..late };
        let Err(Refusal::Invalid(faults)) = go(&plan, &wrong) else { panic!() };
        assert!(faults.has("/due") && faults.has("/fulfilled_by"));
    }

    #[test]
    fn items_move_while_the_plan_does() {
        for state in ["draft", "reported"] {
            let refused = refused(go(&with_item(state, json!({})), &done()));
            assert_eq!((refused.from.as_str(), refused.missing), ("planned", vec!["plan_in_execution".to_owned()]));
        }
        let plan = with_item("approved", json!({}));
        assert!(matches!(plan.transition_item(Uuid::nil(), &done(), TODAY), Err(Refusal::NoSuchElement { .. })));
    }

    #[test]
    fn the_states_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<WorkPlanItemState>("work_plan_item_state");
        for state in WorkPlanItemState::ALL {
            assert_eq!(json!(state), state.as_str());
            assert!(state.next().iter().all(|next| next != state));
        }
    }
}
