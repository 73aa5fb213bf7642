//! A stretch of time as well as it is known, and whether it lies inside a period.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

use super::{Malformed, PartialDate};

/// A stretch of time as well as it is known, an interval of EDTF (ISO 8601-2). `A/B` begins at A
/// and ends at B, `A/..` has no known end, `../B` no known beginning; A and B are dates to the day,
/// month or year, each with `?`, `~` or `%` behind it when in doubt. A date alone, here also
/// `[..X]` or `[X..]`, means: somewhere within that date. The end may not lie before the start.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ToSchema)]
#[schema(
    value_type = String,
    min_length = 4,
    max_length = 23,
    pattern = r"^([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[?~%]?(/([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[?~%]?|\.\.))?|\.\./[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[?~%]?|\[\.\.[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\]|\[[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\.\.\])$",
    examples("2011-09-12/2011-09-16", "2011", "2007-08/2008", "2003-07-17/..", "../2001", "2010-09?")
)]
pub struct PartialInterval(Shape);

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Shape {
    /// A date alone.
    Within(PartialDate),
    /// `A/..`
    Since(PartialDate),
    /// `../B`
    Until(PartialDate),
    /// `A/B`
    Between(PartialDate, PartialDate),
}

/// Whether something dated imprecisely lies within a period.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Containment {
    /// It does, and nothing about its dates is in doubt.
    Certain,
    /// It does in part, or may.
    Possible,
    /// It does not, whatever its exact dates are.
    No,
}

impl PartialInterval {
    /// Bytes (and characters) of the longest form, `2003-07-17?/2008-07-16?`.
    pub const MAX_LENGTH: usize = 23;

    /// Reads an EDTF interval or a date alone; see the type for the forms it may have.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Malformed(format!(
                "An interval has at most {} characters: two dates with a slash between them, or one date.",
                Self::MAX_LENGTH
            )));
        }
        let Some((start, end)) = text.split_once('/') else {
            return PartialDate::parse(text).map(|date| Self(Shape::Within(date)));
        };
        let shape = match (start, end) {
            ("..", "..") => {
                return Err(Malformed(
                    "\"../..\" says nothing; give a date on one side at least, or leave the interval out.".to_owned(),
                ));
            }
            (start, "..") => Shape::Since(side(start)?),
            ("..", end) => Shape::Until(side(end)?),
            (start, end) => Shape::Between(side(start)?, side(end)?),
        };
        let interval = Self(shape);
        if let (Some(earliest), Some(latest)) = (interval.earliest(), interval.latest())
            && latest < earliest
        {
            return Err(Malformed(format!("{text:?} ends before it starts; the earlier date comes first.")));
        }
        Ok(interval)
    }

    /// From one date to another, or with no known end.
    pub fn between(start: &PartialDate, end: Option<&PartialDate>) -> Result<Self, Malformed> {
        match end {
            Some(end) => Self::parse(&format!("{start}/{end}")),
            None => Self::parse(&format!("{start}/..")),
        }
    }

    /// The same beginning with another end. What is only known to lie within a date begins with it.
    pub fn ending(&self, end: &PartialDate) -> Result<Self, Malformed> {
        match &self.0 {
            Shape::Within(start) | Shape::Since(start) | Shape::Between(start, _) if start.earliest().is_some() => {
                Self::between(start, Some(end))
            }
            _ => Self::parse(&format!("../{end}")),
        }
    }

    /// The dates it is written with: the beginning and the end, each perhaps open. A date alone
    /// stands as both.
    pub fn dates(&self) -> (Option<PartialDate>, Option<PartialDate>) {
        match self.0 {
            Shape::Within(date) => (Some(date), Some(date)),
            Shape::Since(start) => (Some(start), None),
            Shape::Until(end) => (None, Some(end)),
            Shape::Between(start, end) => (Some(start), Some(end)),
        }
    }

    /// The first day it may have begun; none if the beginning is open.
    pub fn earliest(&self) -> Option<Date> {
        match &self.0 {
            Shape::Within(date) | Shape::Since(date) | Shape::Between(date, _) => date.earliest(),
            Shape::Until(_) => None,
        }
    }

    /// The last day it may have ended; none if the end is open.
    pub fn latest(&self) -> Option<Date> {
        match &self.0 {
            Shape::Within(date) | Shape::Until(date) | Shape::Between(_, date) => date.latest(),
            Shape::Since(_) => None,
        }
    }

    /// When it began, as well as that is known: of a date alone, somewhere within it.
    pub fn beginning(&self) -> Option<PartialDate> {
        match &self.0 {
            Shape::Within(date) | Shape::Since(date) | Shape::Between(date, _) => Some(*date),
            Shape::Until(_) => None,
        }
    }

    /// When it ended, as well as that is known: of a date alone, somewhere within it.
    pub fn end(&self) -> Option<PartialDate> {
        match &self.0 {
            Shape::Within(date) | Shape::Until(date) | Shape::Between(_, date) => Some(*date),
            Shape::Since(_) => None,
        }
    }

    /// The day it began, when that is known to the day and beyond doubt.
    pub fn starts_exactly(&self) -> Option<Date> {
        match &self.0 {
            Shape::Within(date) | Shape::Since(date) | Shape::Between(date, _) => exact(date),
            Shape::Until(_) => None,
        }
    }

    /// The day it ended, when that is known to the day and beyond doubt.
    pub fn ends_exactly(&self) -> Option<Date> {
        match &self.0 {
            Shape::Within(date) | Shape::Until(date) | Shape::Between(_, date) => exact(date),
            Shape::Since(_) => None,
        }
    }

    /// Whether all of it lies in the days `from` to `to`, both included: what a count of a period
    /// asks. Certain only if it is bounded, free of doubt and wholly inside; possible if it only
    /// overlaps, or may. A date in doubt is taken at its word when looking for overlap: `2010?` is
    /// not in 2011, else every such date would be possible in every period.
    pub fn within(&self, from: Date, to: Date) -> Containment {
        let (earliest, latest) = (self.earliest(), self.latest());
        if to < from || earliest.is_some_and(|day| to < day) || latest.is_some_and(|day| day < from) {
            return Containment::No;
        }
        let inside = earliest.is_some_and(|day| from <= day) && latest.is_some_and(|day| day <= to);
        if inside && !self.is_doubtful() { Containment::Certain } else { Containment::Possible }
    }

    /// Whether the day lies in it: what "was it in force on that day" asks. An open end reaches
    /// without limit here, as EDTF has it, so `2003-07-17/..` certainly contains every later day.
    /// A date alone that is coarser than a day contains its days only possibly.
    pub fn contains_day(&self, day: Date) -> Containment {
        if self.earliest().is_some_and(|earliest| day < earliest) || self.latest().is_some_and(|latest| latest < day) {
            return Containment::No;
        }
        let begun = |start: &PartialDate| start.latest().is_some_and(|latest| latest <= day);
        let lasting = |end: &PartialDate| end.earliest().is_some_and(|earliest| day <= earliest);
        let surely = match &self.0 {
            Shape::Within(date) => exact(date) == Some(day),
            Shape::Since(start) => begun(start),
            Shape::Until(end) => lasting(end),
            Shape::Between(start, end) => begun(start) && lasting(end),
        };
        if surely && !self.is_doubtful() { Containment::Certain } else { Containment::Possible }
    }

    /// Whether it may be over by the end of this day: it has begun, and its end may have come.
    /// Without a known end it is not over.
    pub fn may_be_over(&self, day: Date) -> bool {
        let come = |date: &PartialDate| date.earliest().is_none_or(|earliest| earliest <= day);
        match &self.0 {
            Shape::Within(date) | Shape::Until(date) => come(date),
            Shape::Between(start, end) => come(start) && come(end),
            Shape::Since(_) => false,
        }
    }

    /// Whether a date of it carries `?`, `~` or `%`.
    pub fn is_doubtful(&self) -> bool {
        let doubtful = |date: &PartialDate| date.is_uncertain() || date.is_approximate();
        match &self.0 {
            Shape::Within(date) | Shape::Since(date) | Shape::Until(date) => doubtful(date),
            Shape::Between(start, end) => doubtful(start) || doubtful(end),
        }
    }

    /// Whether it is unbounded to one side: `A/..`, `../B`, `[..X]` or `[X..]`.
    pub fn is_open(&self) -> bool {
        self.earliest().is_none() || self.latest().is_none()
    }
}

/// A date beside a slash: openness is said there by `..`, so the bracketed forms are left out.
fn side(text: &str) -> Result<PartialDate, Malformed> {
    let date = PartialDate::parse(text)?;
    if date.is_open() {
        return Err(Malformed(format!(
            "{text:?} cannot stand in an interval; write .. for the open side, as in 2001/.."
        )));
    }
    Ok(date)
}

fn exact(date: &PartialDate) -> Option<Date> {
    if date.is_exact_day() { date.earliest() } else { None }
}

impl From<PartialDate> for PartialInterval {
    fn from(date: PartialDate) -> Self {
        Self(Shape::Within(date))
    }
}

impl fmt::Display for PartialInterval {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Shape::Within(date) => write!(f, "{date}"),
            Shape::Since(start) => write!(f, "{start}/.."),
            Shape::Until(end) => write!(f, "../{end}"),
            Shape::Between(start, end) => write!(f, "{start}/{end}"),
        }
    }
}

impl Serialize for PartialInterval {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialInterval {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Self::parse(&String::deserialize(deserializer)?).map_err(D::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use proptest::prelude::*;
    use utoipa::PartialSchema;

    use super::*;
    use Containment::{Certain, No, Possible};

    fn parsed(text: &str) -> PartialInterval {
        PartialInterval::parse(text).unwrap()
    }

    fn in_year(text: &str, year: i16) -> Containment {
        parsed(text).within(date(year, 1, 1), date(year, 12, 31))
    }

    #[test]
    fn a_year_counts_what_is_certain_and_what_is_possible() {
        for (text, year, expected) in [
            ("2011", 2011, Certain),
            ("2011-09-12/2011-09-16", 2011, Certain),
            ("2011-09/2011", 2011, Certain),
            ("2011?", 2011, Possible),
            ("2011-09-12/2011-09-16~", 2011, Possible),
            ("2010?", 2011, No),
            ("2011-12-30/2012-01-02", 2011, Possible),
            ("2011-12-30/2012-01-02", 2012, Possible),
            ("2010/2012", 2011, Possible),
            ("2010-12/2011", 2011, Possible),
            ("[..2001]", 1999, Possible),
            ("[..2001]", 2005, No),
            ("[2001..]", 2005, Possible),
            ("[2001..]", 1999, No),
            ("2003-07-17/..", 2011, Possible),
            ("2003-07-17/..", 2002, No),
            ("../2001", 2001, Possible),
            ("../2001", 2002, No),
        ] {
            assert_eq!(in_year(text, year), expected, "{text} in {year}");
        }
        assert_eq!(parsed("2011").within(date(2011, 8, 1), date(2011, 8, 31)), Possible);
        assert_eq!(parsed("2011").within(date(2012, 1, 1), date(2010, 1, 1)), No, "no period at all");
    }

    #[test]
    fn a_day_is_inside_or_may_be() {
        let day = date(2011, 8, 15);
        for (text, expected) in [
            ("2011-08-15", Certain),
            ("2011-08-14/2011-08-16", Certain),
            ("2003-07-17/..", Certain),
            ("2003/2012", Certain),
            ("../2012", Certain),
            ("2011", Possible),
            ("2011/2012", Possible),
            ("2003?/..", Possible),
            ("[..2012]", Possible),
            ("2011-08-16/..", No),
            ("2010", No),
        ] {
            assert_eq!(parsed(text).contains_day(day), expected, "{text}");
        }
    }

    #[test]
    fn over_is_what_may_have_ended() {
        let day = date(2011, 9, 15);
        for over in
            ["2011-09-15", "2011-09-12/2011-09-15", "2011", "2011-09/2011-09", "[..2012]", "../2011-09", "2010?"]
        {
            assert!(parsed(over).may_be_over(day), "{over}");
        }
        for ahead in ["2011-09-16", "2011-09-12/2011-09-16", "2012", "2011-09/2011-10", "2011-09-12/..", "[2012..]"] {
            assert!(!parsed(ahead).may_be_over(day), "{ahead}");
        }
    }

    #[test]
    fn exact_ends_are_days_beyond_doubt() {
        let ends = |text| (parsed(text).starts_exactly(), parsed(text).ends_exactly());
        assert_eq!(ends("2003-07-17/2008-07"), (Some(date(2003, 7, 17)), None));
        assert_eq!(ends("2003-07-17?/2008-07-16"), (None, Some(date(2008, 7, 16))));
        assert_eq!(ends("2003-07-17"), (Some(date(2003, 7, 17)), Some(date(2003, 7, 17))));
        assert_eq!(ends("../2003-07-17"), (None, Some(date(2003, 7, 17))));
        assert_eq!(ends("2003-07-17/.."), (Some(date(2003, 7, 17)), None));
        assert_eq!(ends("[..2003-07-17]"), (None, None));
    }

    #[test]
    fn nothing_else_is_an_interval() {
        let wrong = "|/|../..|2011/|/2011|2012/2011|2011-09/2011-08-31|2011/2012/2013|\
                    [..2001]/2011|2001/[2011..]|..2011|2011..|2011/...|2011 / 2012|2011--2012|\
                    P1Y/2011|2011-02-30/2012|../2011-02-30";
        for text in wrong.split('|') {
            assert!(PartialInterval::parse(text).is_err(), "{text}");
        }
        // The end is not certainly before the start: 2011 may end in December.
        assert_eq!(parsed("2011-09/2011").to_string(), "2011-09/2011");
    }

    #[test]
    fn json_is_the_text_and_the_schema_says_so() {
        let interval: PartialInterval = serde_json::from_str("\"2007-08/..\"").unwrap();
        assert_eq!(serde_json::to_string(&interval).unwrap(), "\"2007-08/..\"");
        assert!(serde_json::from_str::<PartialInterval>("\"2012/2011\"").is_err());
        let schema = serde_json::to_value(PartialInterval::schema()).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["maxLength"], PartialInterval::MAX_LENGTH);
        for example in schema["examples"].as_array().unwrap() {
            parsed(example.as_str().unwrap());
        }
    }

    fn any_date() -> impl Strategy<Value = String> {
        r"20[01][0-9](-(0[1-9]|1[0-2])(-[012][1-8])?)?[?~%]?"
    }

    fn any_interval() -> impl Strategy<Value = PartialInterval> {
        prop_oneof![
            any_date(),
            any_date().prop_map(|start| format!("{start}/..")),
            any_date().prop_map(|end| format!("../{end}")),
            (any_date(), any_date()).prop_map(|(start, end)| format!("{start}/{end}")),
        ]
        .prop_filter_map("ends before it starts", |text| PartialInterval::parse(&text).ok())
    }

    fn any_day() -> impl Strategy<Value = Date> {
        (0..9000_i64).prop_map(|days| date(1998, 1, 1).saturating_add(jiff::Span::new().days(days)))
    }

    #[test]
    fn an_end_can_be_given_anew() {
        let ending = |text, end| parsed(text).ending(&PartialDate::parse(end).unwrap()).map(|new| new.to_string());
        assert_eq!(ending("2003-07-17/..", "2008"), Ok("2003-07-17/2008".to_owned()));
        assert_eq!(ending("2003/2008", "2013?"), Ok("2003/2013?".to_owned()));
        assert_eq!(ending("2003", "2008"), Ok("2003/2008".to_owned()));
        assert_eq!(ending("../2008", "2013"), Ok("../2013".to_owned()));
        assert_eq!(ending("[..2001]", "2008"), Ok("../2008".to_owned()));
        assert!(ending("2003/..", "2002").is_err() && ending("2003/..", "[..2008]").is_err());
    }

    proptest! {
        #[test]
        fn intervals_come_back(interval in any_interval()) {
            prop_assert_eq!(parsed(&interval.to_string()), interval);
        }

        #[test]
        fn what_is_accepted_is_canonical(text in r"[\[./0-9?~%\-\]]{0,23}|\PC{0,23}") {
            if let Ok(interval) = PartialInterval::parse(&text) {
                prop_assert_eq!(interval.to_string(), text);
            }
        }

        /// A wider period never knows less, and what certainly contains a day is never certainly
        /// outside a period with that day.
        #[test]
        fn containment_agrees_with_itself(interval in any_interval(), from in any_day(), to in any_day(), more in 0..400_i64) {
            let wider = (from.saturating_sub(jiff::Span::new().days(more)), to.saturating_add(jiff::Span::new().days(more)));
            match interval.within(from, to) {
                Certain => prop_assert_eq!(interval.within(wider.0, wider.1), Certain),
                Possible => prop_assert_ne!(interval.within(wider.0, wider.1), No),
                No => {}
            }
            if interval.contains_day(from) != No {
                prop_assert_ne!(interval.within(from, from), No);
            }
        }
    }
}
