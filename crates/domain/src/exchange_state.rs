//! The way of an exchange from proposal to report, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::exchange::Exchange;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::PartialDate;

/// Where an exchange stands: proposed → approved → confirmed → under_way → completed → reported,
/// or cancelled while it was still open. A small office may skip steps up to completed.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(examples("proposed", "completed"))]
pub enum ExchangeState {
    /// Somebody would like it. What an exchange begins as.
    #[default]
    Proposed,
    /// The city's head has agreed to it.
    Approved,
    /// The other side has agreed to it: it will take place.
    Confirmed,
    /// The delegation is on its way or here.
    UnderWay,
    /// It took place.
    Completed,
    /// It took place, and what came of it is written down. The end.
    Reported,
    /// It did not take place, or was broken off. The end.
    Cancelled,
}

impl ExchangeState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[
        Self::Proposed,
        Self::Approved,
        Self::Confirmed,
        Self::UnderWay,
        Self::Completed,
        Self::Reported,
        Self::Cancelled,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Proposed => "proposed",
            Self::Approved => "approved",
            Self::Confirmed => "confirmed",
            Self::UnderWay => "under_way",
            Self::Completed => "completed",
            Self::Reported => "reported",
            Self::Cancelled => "cancelled",
        }
    }

    /// Whether it may still take place, or is taking place.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Proposed | Self::Approved | Self::Confirmed | Self::UnderWay)
    }

    /// Whether it took place: only such an exchange is counted.
    pub const fn took_place(self) -> bool {
        matches!(self, Self::Completed | Self::Reported)
    }

    /// The states that may follow, in the order of the way. Approval, confirmation and departure are
    /// steps that a small office does not write down, so each of them may be skipped; a report is
    /// written only of what is completed.
    pub fn next(self) -> Vec<Self> {
        let follows = |to: &Self| match self {
            Self::Completed => *to == Self::Reported,
            Self::Reported | Self::Cancelled => false,
            _ => (self < *to && *to <= Self::Completed) || *to == Self::Cancelled,
        };
        Self::ALL.iter().copied().filter(follows).collect()
    }
}

/// Asks for an exchange's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "cancelled", "on": "2011-09-05", "reason": "Паводок: граница закрыта"})))]
pub struct ExchangeTransitionInput {
    /// The state it is in from now on.
    pub to: ExchangeState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// Why; required when it is cancelled. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Паводок: граница закрыта"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl Exchange {
    /// What `reported` needs.
    const REPORT: &str = "results_or_headcount";

    /// The exchange in another state. Completing it needs a period that is over, reporting it
    /// results or a headcount, cancelling it a reason.
    pub fn transition(&self, input: &ExchangeTransitionInput, today: Date, has_sources: bool) -> Result<Self, Refusal> {
        let has_report = self.results.is_some() || self.headcount.is_some();
        Move {
            from: self.state.as_str(),
            to: input.to.as_str(),
            allowed: self.state.next().into_iter().map(ExchangeState::as_str).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: input.to == ExchangeState::Cancelled,
            historical: input.historical,
            has_sources,
            ends: match input.to {
                ExchangeState::Completed => Some(self.period.as_ref()),
                // Whether it needs one was asked when it was completed.
                ExchangeState::Reported => self.period.as_ref().map(Some),
                _ => None,
            },
            lacking: (input.to == ExchangeState::Reported && !has_report).then_some(Self::REPORT),
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
    use crate::exchange::tests::exchange;
    use crate::{Collection, Faults, Head, InvalidState};
    use ExchangeState::*;

    const TODAY: Date = date(2011, 9, 5);

    fn to(state: ExchangeState) -> ExchangeTransitionInput {
        ExchangeTransitionInput { to: state, on: None, reason: None, historical: false }
    }

    fn refused(result: Result<Exchange, Refusal>) -> InvalidState {
        match result {
            Err(Refusal::State(state)) => *state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn steps_may_be_skipped_up_to_completed() {
        let names =
            |state: ExchangeState| state.next().into_iter().map(ExchangeState::as_str).collect::<Vec<_>>().join(" ");
        assert_eq!(names(Proposed), "approved confirmed under_way completed cancelled");
        assert_eq!(names(Confirmed), "under_way completed cancelled");
        assert_eq!(names(UnderWay), "completed cancelled");
        assert_eq!(names(Completed), "reported");
        assert_eq!(names(Reported) + &names(Cancelled), "");
    }

    #[test]
    fn a_delegation_goes_its_way() {
        let mut sent = exchange(json!({"period": "2011-09-01/2011-09-04", "state": "proposed"}));
        for state in [Approved, Confirmed, UnderWay, Completed] {
            sent = sent.transition(&to(state), TODAY, false).unwrap();
        }
        let missing = refused(sent.transition(&to(Reported), TODAY, false));
        assert_eq!(missing.missing, ["results_or_headcount"]);
        assert_eq!(missing.allowed, ["reported"]);
        sent.headcount = exchange(json!({"headcount": {"total": {"value": 5}}})).headcount;
        assert_eq!(sent.transition(&to(Reported), TODAY, false).unwrap().state, Reported);
    }

    #[test]
    fn what_is_to_come_is_not_completed() {
        let complete = |period: Option<&str>, historical| {
            let exchange = exchange(json!({"period": period, "state": "confirmed"}));
            let input = ExchangeTransitionInput { historical, ..to(Completed) };
            exchange.transition(&input, TODAY, true)
        };
        for period in ["2011-09-01/2011-09-05", "2011", "[..2001]"] {
            assert!(complete(Some(period), false).is_ok(), "{period}");
        }
        for (period, lacks) in [
            (None, "period"),
            (Some("2011-09-01/.."), "period"),
            (Some("2011-09-01/2011-09-06"), "past_period"),
            (Some("2012"), "past_period"),
            (Some("2012/.."), "past_period"),
        ] {
            assert_eq!(refused(complete(period, false)).missing, [lacks], "{period:?}");
            assert_eq!(complete(period, true).is_ok(), lacks == "period", "history may have gaps, the future none");
        }
    }

    #[test]
    fn cancelling_needs_a_reason_and_days_to_come_are_refused_both_at_once() {
        let open = exchange(json!({"state": "approved"}));
        let mut input = ExchangeTransitionInput { on: PartialDate::parse("2011-09-06").ok(), ..to(Cancelled) };
        input.reason = Some("  ".to_owned());
        let Err(Refusal::Invalid(faults)) = open.transition(&input, TODAY, false) else { panic!() };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        assert_eq!(found, [("/on", "not_allowed"), ("/reason", "required")]);
        input = ExchangeTransitionInput { reason: Some("Паводок".to_owned()), ..to(Cancelled) };
        assert_eq!(open.transition(&input, TODAY, false).unwrap().state, Cancelled);
    }

    #[test]
    fn history_is_free_of_the_order_but_cites_a_source() {
        let told = exchange(json!({"state": "proposed"}));
        let input = ExchangeTransitionInput { historical: true, ..to(Reported) };
        assert_eq!(refused(told.transition(&input, TODAY, false)).missing, ["sources"]);
        assert_eq!(told.transition(&input, TODAY, true).unwrap().state, Reported);
        let refusal = refused(told.transition(&to(Reported), TODAY, true));
        assert_eq!(refusal.allowed.len(), 5);
        assert!(refusal.missing.is_empty());
        assert_eq!(
            refusal.detail,
            "From proposed it can become approved, confirmed, under way, completed, cancelled, not reported."
        );
        let again = ExchangeTransitionInput { historical: true, ..to(Proposed) };
        assert_eq!(refused(told.transition(&again, TODAY, true)).detail, "It is proposed already.");
    }

    #[test]
    fn the_states_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<ExchangeState>("exchange_state");
        assert_eq!(ExchangeState::ALL.iter().map(|state| json!(state)).collect::<Vec<_>>(), {
            let names = ExchangeState::ALL.iter().map(|state| json!(state.as_str()));
            names.collect::<Vec<_>>()
        });
    }

    fn any_state() -> impl Strategy<Value = ExchangeState> {
        prop::sample::select(ExchangeState::ALL)
    }

    proptest! {
        /// Whatever is asked for: the order is kept unless history is told, nothing but the state
        /// changes, and the rules still hold.
        #[test]
        fn no_move_leaves_the_way(
            from in any_state(),
            wanted in prop::collection::vec((any_state(), any::<bool>(), any::<bool>(), any::<bool>()), 1..12),
            period in prop::option::of(prop::sample::select(&["2011-08", "2011", "2012", "2011-08/.."][..])),
            results in any::<bool>(),
        ) {
            let results = results.then(|| json!({"ru": "Протокол подписан"}));
            let mut now = exchange(json!({"state": from, "period": period, "results": results}));
            for (state, historical, has_sources, reason) in wanted {
                let reason = reason.then(|| "Паводок".to_owned());
                let input = ExchangeTransitionInput { to: state, on: None, reason: reason.clone(), historical };
                let Ok(moved) = now.transition(&input, TODAY, has_sources) else { continue };
                prop_assert_ne!(now.state, state);
                prop_assert!(now.state.next().contains(&state) || (historical && has_sources));
                prop_assert!(state != Cancelled || reason.is_some());
                prop_assert!(!state.took_place() || period != Some("2012"));
                prop_assert!(historical || state != Completed || matches!(period, Some("2011-08" | "2011")));
                prop_assert!(historical || state != Reported || moved.results.is_some());
                prop_assert_eq!(&Exchange { state: now.state, ..moved.clone() }, &now);
                let mut faults = Faults::default();
                moved.check(&Head::default(), &mut faults);
                prop_assert!(faults.is_empty());
                now = moved;
            }
        }
    }
}
