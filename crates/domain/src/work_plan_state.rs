//! The way of a work plan: approved by those who may, executed, reported on.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::fault::Faults;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::PartialDate;
use crate::work_plan::WorkPlan;
use crate::work_plan_item::WorkPlanItemState;

/// Where a plan stands: draft → approved → in_execution → reported. It is approved by its own action.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("draft", "approved"))]
pub enum WorkPlanState {
    /// It is being written. What a plan begins as.
    #[default]
    Draft,
    /// The city's head has agreed to it.
    Approved,
    /// The office is at it.
    InExecution,
    /// What became of it is written down. The end.
    Reported,
}

impl WorkPlanState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[Self::Draft, Self::Approved, Self::InExecution, Self::Reported];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Draft => "draft",
            Self::Approved => "approved",
            Self::InExecution => "in_execution",
            Self::Reported => "reported",
        }
    }

    /// The states that may follow; what is approved may return to be written anew, what was reported
    /// be taken up again, both with a reason.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Draft => &[Self::Approved],
            Self::Approved => &[Self::InExecution, Self::Draft],
            Self::InExecution => &[Self::Reported],
            Self::Reported => &[Self::InExecution],
        }
    }
}

/// Notes that a plan was approved.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"on": "2010-12-27"})))]
pub struct WorkPlanApprovalInput {
    /// When it was approved, as well as it is known; a day to come is refused. Kept in the record's
    /// history.
    #[schema(examples("2010-12-27"))]
    pub on: Option<PartialDate>,
}

/// Asks for a plan's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "in_execution", "on": "2011-01-11"}), json!({"to": "draft", "reason": "Замечания мэра"})))]
pub struct WorkPlanTransitionInput {
    /// The state it is in from now on.
    pub to: WorkPlanState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// Why; required when it returns to an earlier state. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Замечания мэра"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl WorkPlan {
    /// Draft → approved. A plan without items cannot be approved.
    pub fn approve(&self, input: &WorkPlanApprovalInput, today: Date) -> Result<Self, Refusal> {
        Move {
            from: self.state.as_str(),
            to: WorkPlanState::Approved.as_str(),
            allowed: self.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: None,
            needs_reason: false,
            historical: false,
            has_sources: false,
            ends: None,
            lacking: self.items.is_empty().then_some("items"),
        }
        .decide(today)?;
        Ok(Self { state: WorkPlanState::Approved, ..self.clone() })
    }

    /// The plan in another state. Reporting needs that something became of every item, returning a
    /// reason.
    pub fn transition(&self, input: &WorkPlanTransitionInput, today: Date, has_sources: bool) -> Result<Self, Refusal> {
        use WorkPlanState::{Approved, Draft, InExecution, Reported};
        let mut faults = Faults::default();
        faults.unless(
            input.historical || input.to != Approved || self.state == Approved,
            "/to",
            "not_allowed",
            "A plan is approved by an action of its own.",
        );
        faults.into_result()?;
        let is_open = self.items.iter().any(|item| item.state == WorkPlanItemState::Planned);
        Move {
            from: self.state.as_str(),
            to: input.to.as_str(),
            allowed: self.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: matches!((self.state, input.to), (Approved, Draft) | (Reported, InExecution)),
            historical: input.historical,
            has_sources,
            ends: None,
            lacking: (input.to == Reported && is_open).then_some("settled_items"),
        }
        .decide(today)?;
        Ok(Self { state: input.to, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::InvalidState;
    use crate::work_plan::tests::{ID, plan, with_item};
    use WorkPlanState::*;

    const TODAY: Date = date(2011, 9, 5);

    fn to(state: WorkPlanState) -> WorkPlanTransitionInput {
        WorkPlanTransitionInput { to: state, on: None, reason: None, historical: false }
    }

    fn refused(result: Result<WorkPlan, Refusal>) -> InvalidState {
        match result {
            Err(Refusal::State(state)) => *state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn a_plan_is_approved_once_and_with_items() {
        let input = WorkPlanApprovalInput::default();
        assert_eq!(refused(plan(json!({})).approve(&input, TODAY)).missing, ["items"]);
        let approved = with_item("draft", json!({})).approve(&input, TODAY).unwrap();
        assert_eq!(approved.state, Approved);
        assert_eq!(refused(approved.approve(&input, TODAY)).detail, "It is approved already.");
        assert_eq!(refused(with_item("reported", json!({})).approve(&input, TODAY)).allowed, ["in_execution"]);
        let early = WorkPlanApprovalInput { on: PartialDate::parse("2011-12").ok() };
        assert!(matches!(with_item("draft", json!({})).approve(&early, TODAY), Err(Refusal::Invalid(_))));
    }

    #[test]
    fn nobody_approves_by_a_transition() {
        let draft = with_item("draft", json!({}));
        let Err(Refusal::Invalid(faults)) = draft.transition(&to(Approved), TODAY, true) else { panic!() };
        assert!(faults.has("/to"));
        assert_eq!(refused(draft.transition(&to(InExecution), TODAY, true)).allowed, ["approved"]);
        let past = WorkPlanTransitionInput { historical: true, ..to(Approved) };
        assert_eq!(refused(draft.transition(&past, TODAY, false)).missing, ["sources"]);
        assert_eq!(draft.transition(&past, TODAY, true).unwrap().state, Approved);
    }

    #[test]
    fn what_is_reported_has_no_open_items() {
        let running = with_item("approved", json!({})).transition(&to(InExecution), TODAY, false).unwrap();
        assert_eq!(refused(running.transition(&to(Reported), TODAY, false)).missing, ["settled_items"]);
        let done = json!({"state": "done", "fulfilled_by": [{"collection": "events", "id": ID}]});
        let reported = with_item("in_execution", done).transition(&to(Reported), TODAY, false).unwrap();
        assert_eq!(reported.state, Reported);
        assert!(matches!(reported.transition(&to(InExecution), TODAY, false), Err(Refusal::Invalid(_))), "why?");
        let again = WorkPlanTransitionInput { reason: Some("Уточнения".to_owned()), ..to(InExecution) };
        assert_eq!(reported.transition(&again, TODAY, false).unwrap().state, InExecution);
    }

    #[test]
    fn the_states_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<WorkPlanState>("work_plan_state");
        assert!(WorkPlanState::ALL.iter().all(|state| json!(state) == state.as_str()));
    }
}
