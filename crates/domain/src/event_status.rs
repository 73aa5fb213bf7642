//! The way of an event from idea to day, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::event::CityEvent;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::PartialDate;

/// Where an event stands: idea → planned → confirmed → held; planned or confirmed it may be
/// postponed and then planned anew; until it is held it may be cancelled.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("idea", "held"))]
pub enum EventStatus {
    /// Somebody would like it. What an event begins as.
    #[default]
    Idea,
    /// It stands in a plan.
    Planned,
    /// All who are needed have agreed: it will take place.
    Confirmed,
    /// It took place. The end.
    Held,
    /// It did not take place. The end.
    Cancelled,
    /// It does not take place as planned, but later; it waits to be planned anew.
    Postponed,
}

impl EventStatus {
    /// Every status.
    pub const ALL: &[Self] =
        &[Self::Idea, Self::Planned, Self::Confirmed, Self::Held, Self::Cancelled, Self::Postponed];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Planned => "planned",
            Self::Confirmed => "confirmed",
            Self::Held => "held",
            Self::Cancelled => "cancelled",
            Self::Postponed => "postponed",
        }
    }

    /// Whether it may still take place.
    pub const fn is_open(self) -> bool {
        matches!(self, Self::Idea | Self::Planned | Self::Confirmed | Self::Postponed)
    }

    /// The statuses that may follow. Planning and confirming are steps that a small office does not
    /// always write down, so they may be skipped; what was postponed is first planned anew.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Idea => &[Self::Planned, Self::Confirmed, Self::Held, Self::Cancelled],
            Self::Planned => &[Self::Confirmed, Self::Held, Self::Cancelled, Self::Postponed],
            Self::Confirmed => &[Self::Held, Self::Cancelled, Self::Postponed],
            Self::Postponed => &[Self::Planned, Self::Cancelled],
            Self::Held | Self::Cancelled => &[],
        }
    }
}

/// Asks for an event's next status.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "held", "on": "2007-08"}), json!({"to": "cancelled", "reason": "Паводок на Амуре"})))]
pub struct EventTransitionInput {
    /// The status it has from now on.
    pub to: EventStatus,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// Why; required when it is cancelled. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Паводок на Амуре"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a status, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl CityEvent {
    /// The event with another status. That it was held needs a period that is over, that it is
    /// cancelled a reason.
    pub fn transition(&self, input: &EventTransitionInput, today: Date, has_sources: bool) -> Result<Self, Refusal> {
        Move {
            from: self.status.as_str(),
            to: input.to.as_str(),
            allowed: self.status.next().iter().map(|status| status.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: input.to == EventStatus::Cancelled,
            historical: input.historical,
            has_sources,
            ends: (input.to == EventStatus::Held).then_some(self.period.as_ref()),
            lacking: None,
        }
        .decide(today)?;
        Ok(Self { status: input.to, ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;
    use crate::event::tests::event;
    use crate::{Collection, Faults, Head, InvalidState};
    use EventStatus::*;

    const TODAY: Date = date(2012, 10, 10);

    fn to(status: EventStatus) -> EventTransitionInput {
        EventTransitionInput { to: status, on: None, reason: None, historical: false }
    }

    fn refused(result: Result<CityEvent, Refusal>) -> InvalidState {
        match result {
            Err(Refusal::State(state)) => *state,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn an_event_goes_its_way_and_may_wait() {
        let mut fair = event(json!({"period": "2012-10-01/2012-10-09"}));
        for status in [Planned, Postponed, Planned, Confirmed, Postponed, Planned, Held] {
            fair = fair.transition(&to(status), TODAY, false).unwrap();
        }
        assert_eq!(refused(fair.transition(&to(Planned), TODAY, false)).detail, "What is held stays so.");
        let skipped = event(json!({"period": "2012-10-01"})).transition(&to(Held), TODAY, false);
        assert_eq!(skipped.unwrap().status, Held);
        let waiting = event(json!({"status": "postponed", "period": "2012-10-01"}));
        assert_eq!(refused(waiting.transition(&to(Held), TODAY, false)).allowed, ["planned", "cancelled"]);
        let idea = event(json!({"status": "idea"}));
        assert!(idea.transition(&to(Postponed), TODAY, false).is_err());
    }

    #[test]
    fn what_is_to_come_was_not_held() {
        let hold = |period: Option<&str>, historical| {
            let input = EventTransitionInput { historical, ..to(Held) };
            event(json!({"status": "confirmed", "period": period})).transition(&input, TODAY, true)
        };
        assert!(hold(Some("2012-10"), false).is_ok());
        assert_eq!(refused(hold(None, false)).missing, ["period"]);
        assert!(hold(None, true).is_ok(), "nobody knows any more when it was");
        for historical in [false, true] {
            let refusal = refused(hold(Some("2012-10-11"), historical));
            assert_eq!(refusal.missing, ["past_period"]);
            assert_eq!(refusal.detail, "Before it is held it needs: past period.");
        }
    }

    #[test]
    fn cancelling_needs_a_reason_and_history_a_source() {
        for status in EventStatus::ALL.iter().filter(|status| status.is_open()) {
            let open = event(json!({"status": status}));
            let Err(Refusal::Invalid(faults)) = open.transition(&to(Cancelled), TODAY, true) else { panic!() };
            assert!(faults.has("/reason"));
            let input =
                EventTransitionInput { reason: Some("Паводок на Амуре".to_owned()), ..to(Cancelled) };
            assert_eq!(open.transition(&input, TODAY, false).unwrap().status, Cancelled);
        }
        let cancelled = event(json!({"status": "cancelled"}));
        let input = EventTransitionInput { historical: true, ..to(Planned) };
        assert_eq!(refused(cancelled.transition(&input, TODAY, false)).missing, ["sources"]);
        assert_eq!(cancelled.transition(&input, TODAY, true).unwrap().status, Planned);
        let input = EventTransitionInput { on: PartialDate::parse("2012-11").ok(), ..input };
        let Err(Refusal::Invalid(faults)) = cancelled.transition(&input, TODAY, true) else { panic!() };
        assert!(faults.has("/on"));
    }

    #[test]
    fn the_statuses_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<EventStatus>("event_status");
        for status in EventStatus::ALL {
            assert_eq!(json!(status), status.as_str());
        }
    }

    fn any_status() -> impl Strategy<Value = EventStatus> {
        prop::sample::select(EventStatus::ALL)
    }

    proptest! {
        /// Whatever is asked for: the order is kept unless history is told, nothing but the status
        /// changes, and the rules still hold.
        #[test]
        fn no_move_leaves_the_way(
            from in any_status(),
            wanted in prop::collection::vec((any_status(), any::<bool>(), any::<bool>(), any::<bool>()), 1..12),
            period in prop::option::of(prop::sample::select(&["2012-09", "2012", "2013", "2012-09/.."][..])),
        ) {
            let mut now = event(json!({"status": from, "period": period}));
            for (status, historical, has_sources, reason) in wanted {
                let reason = reason.then(|| "Паводок".to_owned());
                let input = EventTransitionInput { to: status, on: None, reason: reason.clone(), historical };
                let Ok(moved) = now.transition(&input, TODAY, has_sources) else { continue };
                prop_assert_ne!(now.status, status);
                prop_assert!(now.status.next().contains(&status) || (historical && has_sources));
                prop_assert!(status != Cancelled || reason.is_some());
                prop_assert!(status != Held || period != Some("2013"));
                prop_assert!(historical || status != Held || matches!(period, Some("2012-09" | "2012")));
                prop_assert_eq!(&CityEvent { status: now.status, ..moved.clone() }, &now);
                let mut faults = Faults::default();
                moved.check(&Head::default(), &mut faults);
                prop_assert!(faults.is_empty());
                now = moved;
            }
        }
    }
}
