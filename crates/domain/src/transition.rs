//! Moves between states: what the moves of exchanges, events, letters and others have in common. Each collection says
//! which states follow which and what a move needs; here it is decided, and told why not.

use jiff::civil::Date;

use crate::fault::Faults;
use crate::refusal::{InvalidState, Refusal};
use crate::value::{PartialDate, PartialInterval};

/// What is over needs a period with an end.
const PERIOD: &str = "period";
/// What is over needs a period that is.
const PAST_PERIOD: &str = "past_period";
/// What is told of the past needs a source.
const SOURCES: &str = "sources";

/// A move that somebody asks for.
#[derive(Clone, Debug)]
pub(crate) struct Move<'a> {
    /// The state the record is in.
    pub(crate) from: &'static str,
    /// The state that is asked for.
    pub(crate) to: &'static str,
    /// The states that follow `from` in their order.
    pub(crate) allowed: Vec<&'static str>,
    /// The day of the move.
    pub(crate) on: Option<&'a PartialDate>,
    /// Why it is made.
    pub(crate) reason: Option<&'a str>,
    /// Whether it cannot be made without saying why.
    pub(crate) needs_reason: bool,
    /// Whether it tells of the past.
    pub(crate) historical: bool,
    /// Whether the record cites a source.
    pub(crate) has_sources: bool,
    /// For a move after which something is over: the record's period.
    pub(crate) ends: Option<Option<&'a PartialInterval>>,
    /// What else the move needs and the record lacks.
    pub(crate) lacking: Option<&'static str>,
}

impl Move<'_> {
    /// Whether it can be made today. What is wrong with the request is told first, all of it.
    pub(crate) fn decide(self, today: Date) -> Result<(), Refusal> {
        let mut faults = Faults::default();
        faults.unless(
            !self.on.is_some_and(|on| on.is_after(today)),
            "/on",
            "not_allowed",
            "A move is noted when it has happened; this day is yet to come.",
        );
        faults.unless(
            !self.needs_reason || self.reason.is_some_and(|reason| !reason.trim().is_empty()),
            "/reason",
            "required",
            format!("Say why it is {}.", self.to.replace('_', " ")),
        );
        faults.into_result()?;
        if self.from == self.to {
            let detail = format!("It is {} already.", self.from);
            return Err(self.refused(Vec::new(), &detail));
        }
        if !self.historical && !self.allowed.contains(&self.to) {
            let detail = if self.allowed.is_empty() {
                format!("What is {} stays so.", self.from)
            } else {
                format!("From {} it can become {}, not {}.", self.from, self.allowed.join(", "), self.to)
            };
            return Err(self.refused(Vec::new(), &detail));
        }
        let missing = self.missing(today);
        if missing.is_empty() {
            return Ok(());
        }
        let detail = format!("Before it is {} it needs: {}.", self.to, missing.join(", ").replace('_', " "));
        Err(self.refused(missing, &detail))
    }

    /// What is missing. History may be told with gaps, but not of days to come, and not without a source.
    fn missing(&self, today: Date) -> Vec<&'static str> {
        let mut missing = Vec::new();
        if let Some(period) = self.ends {
            let ahead = |period: &PartialInterval| {
                period.earliest().is_some_and(|first| today < first)
                    || (period.latest().is_some() && !period.may_be_over(today))
            };
            if period.is_some_and(ahead) {
                missing.push(PAST_PERIOD);
            } else if !self.historical && !period.is_some_and(|period| period.may_be_over(today)) {
                missing.push(PERIOD);
            }
        }
        if self.historical {
            missing.extend((!self.has_sources).then_some(SOURCES));
        } else {
            missing.extend(self.lacking);
        }
        missing
    }

    fn refused(self, missing: Vec<&'static str>, detail: &str) -> Refusal {
        let owned = |states: Vec<&str>| states.into_iter().map(str::to_owned).collect();
        InvalidState {
            from: self.from.to_owned(),
            to: self.to.to_owned(),
            allowed: owned(self.allowed),
            missing: owned(missing),
            detail: detail.replace('_', " "),
        }
        .into()
    }
}
