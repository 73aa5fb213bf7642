//! The way of a project from idea to completion, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::project::Project;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::PartialDate;

/// Where a project stands: idea → planned → offered → in_talks → running → completed. A running one
/// may be suspended; until it is completed it may be cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("planned", "offered"))]
pub enum ProjectState {
    /// Somebody would like it. What a project begins as.
    #[default]
    Idea,
    /// It stands in a plan.
    Planned,
    /// It is offered to partners or investors.
    Offered,
    /// Somebody is interested, and it is talked about.
    InTalks,
    /// It is being done.
    Running,
    /// It stands still.
    Suspended,
    /// It is done. The end.
    Completed,
    /// It is given up. The end.
    Cancelled,
}

impl ProjectState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[
        Self::Idea,
        Self::Planned,
        Self::Offered,
        Self::InTalks,
        Self::Running,
        Self::Suspended,
        Self::Completed,
        Self::Cancelled,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Planned => "planned",
            Self::Offered => "offered",
            Self::InTalks => "in_talks",
            Self::Running => "running",
            Self::Suspended => "suspended",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The states that may follow. Not every project is offered or talked about; one whose talks
    /// came to nothing is offered again.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Idea => &[Self::Planned, Self::Offered, Self::InTalks, Self::Running, Self::Cancelled],
            Self::Planned => &[Self::Offered, Self::InTalks, Self::Running, Self::Cancelled],
            Self::Offered => &[Self::InTalks, Self::Running, Self::Cancelled],
            Self::InTalks => &[Self::Offered, Self::Running, Self::Cancelled],
            Self::Running => &[Self::Suspended, Self::Completed, Self::Cancelled],
            Self::Suspended => &[Self::Running, Self::Cancelled],
            Self::Completed | Self::Cancelled => &[],
        }
    }
}

/// Asks for a project's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "in_talks", "on": "2011-09"}), json!({"to": "cancelled", "reason": "Инвестор отказался"})))]
pub struct ProjectTransitionInput {
    /// The state it is in from now on.
    pub to: ProjectState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// Why; required when it is suspended or cancelled. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Инвестор отказался"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl Project {
    /// The project in another state. Completing it needs a period that is over, suspending and
    /// cancelling it a reason.
    pub fn transition(&self, input: &ProjectTransitionInput, today: Date, has_sources: bool) -> Result<Self, Refusal> {
        Move {
            from: self.state.as_str(),
            to: input.to.as_str(),
            allowed: self.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: matches!(input.to, ProjectState::Suspended | ProjectState::Cancelled),
            historical: input.historical,
            has_sources,
            ends: (input.to == ProjectState::Completed).then_some(self.period.as_ref()),
            lacking: None,
        }
        .decide(today)?;
        Ok(Self { state: input.to, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::project::tests::project;
    use crate::{Collection, Faults, Head};
    use ProjectState::*;

    const TODAY: Date = date(2011, 9, 5);

    fn to(state: ProjectState) -> ProjectTransitionInput {
        ProjectTransitionInput { to: state, on: None, reason: None, historical: false }
    }

    fn because(state: ProjectState) -> ProjectTransitionInput {
        ProjectTransitionInput { reason: Some("Инвестор отказался".to_owned()), ..to(state) }
    }

    #[test]
    fn an_object_finds_its_investor() {
        let mut stadium = project(json!({"period": "2010/2011-08"}));
        for state in [Planned, Offered, InTalks, Offered, InTalks, Running] {
            stadium = stadium.transition(&to(state), TODAY, false).unwrap();
        }
        assert!(stadium.transition(&to(Suspended), TODAY, false).is_err(), "why?");
        let stadium = stadium.transition(&because(Suspended), TODAY, false).unwrap();
        let Err(Refusal::State(refused)) = stadium.transition(&to(Completed), TODAY, false) else { panic!() };
        assert_eq!(refused.allowed, ["running", "cancelled"]);
        let stadium = stadium.transition(&to(Running), TODAY, false).unwrap();
        assert_eq!(stadium.transition(&to(Completed), TODAY, false).unwrap().state, Completed);
    }

    #[test]
    fn what_is_not_over_is_not_completed() {
        let running = project(json!({"state": "running", "period": "2011/2012"}));
        let Err(Refusal::State(refused)) = running.transition(&to(Completed), TODAY, false) else { panic!() };
        assert_eq!(
            (refused.missing, refused.detail.as_str()),
            (vec!["past_period".to_owned()], "Before it is completed it needs: past period.")
        );
        let Err(Refusal::State(refused)) =
            project(json!({"state": "in_talks"})).transition(&to(Completed), TODAY, false)
        else {
            panic!()
        };
        assert_eq!(refused.detail, "From in talks it can become offered, running, cancelled, not completed.");
    }

    proptest! {
        /// Whatever is asked for: the order is kept unless history is told, and nothing but the
        /// state changes.
        #[test]
        fn no_move_leaves_the_way(
            from in prop::sample::select(ProjectState::ALL),
            wanted in prop::collection::vec((prop::sample::select(ProjectState::ALL), any::<bool>(), any::<bool>()), 1..10),
        ) {
            let mut now = project(json!({"state": from, "period": "2010"}));
            for (state, historical, reason) in wanted {
                let input = if reason { because(state) } else { to(state) };
                let Ok(moved) = now.transition(&ProjectTransitionInput { historical, ..input }, TODAY, true) else { continue };
                prop_assert!(historical || now.state.next().contains(&state));
                prop_assert!(reason || !matches!(state, Suspended | Cancelled));
                prop_assert_eq!(&Project { state: now.state, ..moved.clone() }, &now);
                let mut faults = Faults::default();
                moved.check(&Head::default(), &mut faults);
                prop_assert!(faults.is_empty());
                now = moved;
            }
        }
    }
}
