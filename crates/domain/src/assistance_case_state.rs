//! The way of a case from asking to its outcome, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::assistance_case::AssistanceCase;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::{LocalizedText, PartialDate};

/// Where a case stands: open → in_progress → succeeded or closed. Small cases end as soon as they
/// are open; one that has ended may be taken up again.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("open", "succeeded"))]
pub enum AssistanceCaseState {
    /// Somebody asked. What a case begins as.
    #[default]
    Open,
    /// The office is at it.
    InProgress,
    /// It ended as was hoped for: a partner was found, a contract concluded.
    Succeeded,
    /// It ended otherwise.
    Closed,
}

impl AssistanceCaseState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[Self::Open, Self::InProgress, Self::Succeeded, Self::Closed];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Open => "open",
            Self::InProgress => "in_progress",
            Self::Succeeded => "succeeded",
            Self::Closed => "closed",
        }
    }

    /// Whether it has ended.
    pub const fn is_end(self) -> bool {
        matches!(self, Self::Succeeded | Self::Closed)
    }

    /// The states that may follow.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Open => &[Self::InProgress, Self::Succeeded, Self::Closed],
            Self::InProgress => &[Self::Succeeded, Self::Closed],
            Self::Succeeded | Self::Closed => &[Self::InProgress],
        }
    }
}

/// Asks for a case's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "succeeded", "on": "2011-09-05", "outcome": {"ru": "Заключён контракт на поставку автобусов", "en": "A contract on buses was concluded"}})))]
pub struct AssistanceCaseTransitionInput {
    /// The state it is in from now on.
    pub to: AssistanceCaseState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// What came of it; for `succeeded` and `closed`, which need it unless the case has it already.
    pub outcome: Option<LocalizedText>,
    /// Why; required when a case is taken up again. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Инвестор вернулся"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl AssistanceCase {
    /// The case in another state. Ending it needs an outcome, taking it up again a reason.
    pub fn transition(
        &self,
        input: &AssistanceCaseTransitionInput,
        today: Date,
        has_sources: bool,
    ) -> Result<Self, Refusal> {
        let mut faults = crate::Faults::default();
        faults.unless(
            input.outcome.is_none() || input.to.is_end(),
            "/outcome",
            "not_allowed",
            "Only a case that ends has an outcome to tell.",
        );
        faults.into_result()?;
        let outcome = input.outcome.clone().or_else(|| self.outcome.clone());
        Move {
            from: self.state.as_str(),
            to: input.to.as_str(),
            allowed: self.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: self.state.is_end() && !input.to.is_end(),
            historical: input.historical,
            has_sources,
            ends: None,
            lacking: (input.to.is_end() && outcome.is_none()).then_some("outcome"),
        }
        .decide(today)?;
        Ok(Self { state: input.to, outcome, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::assistance_case::tests::case;
    use AssistanceCaseState::*;

    const TODAY: Date = date(2011, 9, 5);

    fn to(state: AssistanceCaseState) -> AssistanceCaseTransitionInput {
        AssistanceCaseTransitionInput { to: state, on: None, outcome: None, reason: None, historical: false }
    }

    #[test]
    fn a_case_ends_with_an_outcome() {
        let open = case(json!({}));
        let outcome = LocalizedText::of("ru", "Контракт заключён").ok();
        for end in [Succeeded, Closed] {
            let Err(Refusal::State(refused)) = open.transition(&to(end), TODAY, true) else { panic!() };
            assert_eq!(refused.missing, ["outcome"]);
            let input = AssistanceCaseTransitionInput { outcome: outcome.clone(), ..to(end) };
            let ended = open.transition(&input, TODAY, false).unwrap();
            assert_eq!((ended.state, &ended.outcome), (end, &outcome));
        }
        let known = case(json!({"state": "in_progress", "outcome": {"ru": "Контракт заключён"}}));
        assert_eq!(known.transition(&to(Succeeded), TODAY, false).unwrap().outcome, outcome);
        let early = AssistanceCaseTransitionInput { outcome, ..to(InProgress) };
        let Err(Refusal::Invalid(faults)) = open.transition(&early, TODAY, false) else { panic!() };
        assert!(faults.has("/outcome"));
    }

    #[test]
    fn what_ended_is_taken_up_for_a_reason() {
        let closed = case(json!({"state": "closed", "outcome": {"ru": "Инвестор отказался"}}));
        let Err(Refusal::Invalid(faults)) = closed.transition(&to(InProgress), TODAY, false) else { panic!() };
        assert_eq!(faults.iter().next().map(|fault| fault.detail.as_str()), Some("Say why it is in progress."));
        let input = AssistanceCaseTransitionInput {
            reason: Some("Инвестор вернулся".to_owned()), ..to(InProgress)
        };
        assert_eq!(closed.transition(&input, TODAY, false).unwrap().state, InProgress);
        let Err(Refusal::State(refused)) = closed.transition(&to(Succeeded), TODAY, false) else { panic!() };
        assert_eq!(refused.allowed, ["in_progress"]);
    }

    #[test]
    fn history_may_leave_the_outcome_open() {
        let input = AssistanceCaseTransitionInput { historical: true, ..to(Succeeded) };
        let open = case(json!({}));
        assert!(open.transition(&input, TODAY, false).is_err(), "history needs a source");
        assert_eq!(open.transition(&input, TODAY, true).unwrap().outcome, None);
        assert!(AssistanceCaseState::ALL.iter().all(|state| json!(state) == state.as_str()));
    }
}
