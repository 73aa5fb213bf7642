//! A date as well as it is known: to the day, the month or the year, in doubt, or open to one side.

use std::fmt;

use jiff::civil::Date;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de::Error as _};
use utoipa::ToSchema;

use super::Malformed;

/// A date as well as it is known, in a small subset of EDTF (ISO 8601-2): `YYYY-MM-DD`, `YYYY-MM`
/// or `YYYY` of the Gregorian calendar, years 0001 to 9999. One sign may follow: `?` uncertain,
/// `~` approximate, `%` both. `[..X]` is on or before X and `[X..]` on or after X, where X has no
/// sign of doubt. The day must exist: 2011-02-30 is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, ToSchema)]
#[schema(
    value_type = String,
    min_length = 4,
    max_length = 14,
    pattern = r"^([0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?[?~%]?|\[\.\.[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\]|\[[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?\.\.\])$",
    examples("2003-07-17", "2007-08", "2008", "2010-09?", "[..2001]")
)]
pub struct PartialDate(Parts);

/// Kept behind one field because the schema of a one-field struct can be given as a string.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
struct Parts {
    /// The first day of the written day, month or year.
    first: Date,
    precision: Precision,
    form: Form,
}

/// What stands around the written date. Doubt and openness exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum Form {
    Plain,
    Uncertain,
    Approximate,
    UncertainAndApproximate,
    OnOrBefore,
    OnOrAfter,
}

/// How finely a date is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Precision {
    /// To the day, `2003-07-17`.
    Day,
    /// To the month, `2007-08`.
    Month,
    /// To the year, `2008`.
    Year,
}

impl PartialDate {
    /// Bytes (and characters) of the longest form, `[..2003-07-17]`.
    pub const MAX_LENGTH: usize = 14;

    /// The first day this calendar can write, 0001-01-01.
    pub const FIRST_DAY: Date = Date::constant(1, 1, 1);

    /// Reads an EDTF date; see the type for the forms it may have.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Malformed(format!(
                "A date has at most {} characters: YYYY-MM-DD, YYYY-MM or YYYY.",
                Self::MAX_LENGTH
            )));
        }
        let (written, form) = if let Some(inside) = text.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')) {
            match (inside.strip_prefix(".."), inside.strip_suffix("..")) {
                (Some(date), None) => (date, Form::OnOrBefore),
                (None, Some(date)) => (date, Form::OnOrAfter),
                _ => return Err(not_a_date(text)),
            }
        } else if let Some(date) = text.strip_suffix('?') {
            (date, Form::Uncertain)
        } else if let Some(date) = text.strip_suffix('~') {
            (date, Form::Approximate)
        } else if let Some(date) = text.strip_suffix('%') {
            (date, Form::UncertainAndApproximate)
        } else {
            (text, Form::Plain)
        };
        let (first, precision) = written_date(written, text)?;
        Ok(Self(Parts { first, precision, form }))
    }

    /// A date known to the day. The calendar begins in the year 0001, so a day before it (nothing
    /// here is that old) becomes its first day.
    pub fn from_day(day: Date) -> Self {
        Self(Parts { first: day.max(Self::FIRST_DAY), precision: Precision::Day, form: Form::Plain })
    }

    /// The first day it may be; none for `[..X]`, which is unbounded below. Doubt does not widen
    /// the bounds, for EDTF does not say by how much; ask [`Self::is_exact_day`] and its sisters.
    pub fn earliest(&self) -> Option<Date> {
        (self.0.form != Form::OnOrBefore).then_some(self.0.first)
    }

    /// The last day it may be; none for `[X..]`, which is unbounded above.
    pub fn latest(&self) -> Option<Date> {
        (self.0.form != Form::OnOrAfter).then_some(match self.0.precision {
            Precision::Day => self.0.first,
            Precision::Month => self.0.first.last_of_month(),
            Precision::Year => self.0.first.last_of_year(),
        })
    }

    /// How finely the date is written; for `[..X]` and `[X..]` the precision of X.
    pub fn precision(&self) -> Precision {
        self.0.precision
    }

    /// Whether it carries `?` or `%`: the source is not sure of it.
    pub fn is_uncertain(&self) -> bool {
        matches!(self.0.form, Form::Uncertain | Form::UncertainAndApproximate)
    }

    /// Whether it carries `~` or `%`: it is given as a round figure.
    pub fn is_approximate(&self) -> bool {
        matches!(self.0.form, Form::Approximate | Form::UncertainAndApproximate)
    }

    /// Whether it is `[..X]` or `[X..]`: unbounded to one side.
    pub fn is_open(&self) -> bool {
        matches!(self.0.form, Form::OnOrBefore | Form::OnOrAfter)
    }

    /// Whether every day it may be lies before every day the other may be.
    pub fn is_before(&self, other: &Self) -> bool {
        self.latest().is_some_and(|latest| other.earliest().is_some_and(|earliest| latest < earliest))
    }

    /// Whether every day it may be lies after this day: it is yet to come.
    pub fn is_after(&self, day: Date) -> bool {
        self.earliest().is_some_and(|earliest| day < earliest)
    }

    /// Whether it is one day, beyond doubt: only such a date may be reckoned with to the day.
    pub fn is_exact_day(&self) -> bool {
        self.0.precision == Precision::Day && self.0.form == Form::Plain
    }
}

/// Reads `YYYY`, `YYYY-MM` or `YYYY-MM-DD`; `whole` is what the person wrote, for the answer.
fn written_date(text: &str, whole: &str) -> Result<(Date, Precision), Malformed> {
    let mut parts = text.split('-');
    let (year, month, day) = (parts.next(), parts.next(), parts.next());
    if parts.next().is_some() {
        return Err(not_a_date(whole));
    }
    let number = |part: Option<&str>, width: usize| match part {
        None => Ok(None),
        // Digits are looked at one by one because Rust's own number parser lets a plus sign pass.
        Some(digits) if digits.len() == width && digits.bytes().all(|b| b.is_ascii_digit()) => {
            digits.parse::<i16>().map(Some).map_err(|_| not_a_date(whole))
        }
        Some(_) => Err(not_a_date(whole)),
    };
    let year = number(year, 4)?.ok_or_else(|| not_a_date(whole))?;
    let (month, day) = (number(month, 2)?, number(day, 2)?);
    if year == 0 {
        return Err(Malformed(format!("{whole:?} has the year 0000; years run from 0001 to 9999.")));
    }
    let month_number = month.unwrap_or(1);
    if !(1..=12).contains(&month_number) {
        return Err(Malformed(format!("{whole:?} has the month {month_number:02}; months run from 01 to 12.")));
    }
    let precision = match (month, day) {
        (_, Some(_)) => Precision::Day,
        (Some(_), None) => Precision::Month,
        (None, None) => Precision::Year,
    };
    // Both numbers have two digits at most, so nothing is cut off here.
    let first = Date::new(year, month_number as i8, day.unwrap_or(1) as i8).map_err(|_| {
        let last = Date::new(year, month_number as i8, 1).map_or(31, Date::days_in_month);
        Malformed(format!(
            "{whole:?} is not a day of the calendar; the days of {year:04}-{month_number:02} run from 01 to {last:02}."
        ))
    })?;
    Ok((first, precision))
}

fn not_a_date(whole: &str) -> Malformed {
    Malformed(format!(
        "{whole:?} is not a date; write YYYY-MM-DD, YYYY-MM or YYYY, with ?, ~ or % behind it when in doubt, \
         or [..X] for on or before and [X..] for on or after."
    ))
}

impl fmt::Display for PartialDate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Parts { first, precision, form } = self.0;
        f.write_str(match form {
            Form::OnOrBefore => "[..",
            Form::OnOrAfter => "[",
            _ => "",
        })?;
        write!(f, "{:04}", first.year())?;
        if precision != Precision::Year {
            write!(f, "-{:02}", first.month())?;
        }
        if precision == Precision::Day {
            write!(f, "-{:02}", first.day())?;
        }
        f.write_str(match form {
            Form::Plain => "",
            Form::Uncertain => "?",
            Form::Approximate => "~",
            Form::UncertainAndApproximate => "%",
            Form::OnOrBefore => "]",
            Form::OnOrAfter => "..]",
        })
    }
}

impl Serialize for PartialDate {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for PartialDate {
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

    fn parsed(text: &str) -> PartialDate {
        PartialDate::parse(text).unwrap()
    }

    #[test]
    fn bounds_follow_the_precision() {
        for (text, earliest, latest) in [
            ("2003-07-17", Some(date(2003, 7, 17)), Some(date(2003, 7, 17))),
            ("2007-08", Some(date(2007, 8, 1)), Some(date(2007, 8, 31))),
            ("2012-02~", Some(date(2012, 2, 1)), Some(date(2012, 2, 29))),
            ("2008", Some(date(2008, 1, 1)), Some(date(2008, 12, 31))),
            ("9999%", Some(date(9999, 1, 1)), Some(date(9999, 12, 31))),
            ("[..2001]", None, Some(date(2001, 12, 31))),
            ("[2001-09..]", Some(date(2001, 9, 1)), None),
        ] {
            let date = parsed(text);
            assert_eq!((date.earliest(), date.latest()), (earliest, latest), "{text}");
            assert_eq!(date.to_string(), text);
        }
    }

    #[test]
    fn before_and_after_mean_surely() {
        assert!(parsed("2003").is_before(&parsed("2004-01-01")) && !parsed("2003").is_before(&parsed("2003-12-31")));
        assert!(parsed("[..2001]").is_before(&parsed("2002")) && !parsed("[2001..]").is_before(&parsed("2002")));
        let day = date(2011, 9, 5);
        assert!(parsed("2011-09-06").is_after(day) && parsed("[2012..]").is_after(day));
        assert!(
            !parsed("2011").is_after(day) && !parsed("[..2012]").is_after(day) && !parsed("2011-09-05").is_after(day)
        );
    }

    #[test]
    fn doubt_and_openness_are_told_apart() {
        let flags = |text| {
            let date = parsed(text);
            (date.is_uncertain(), date.is_approximate(), date.is_open(), date.is_exact_day())
        };
        assert_eq!(flags("2003-07-17"), (false, false, false, true));
        assert_eq!(flags("2003-07"), (false, false, false, false));
        assert_eq!(flags("2003-07-17?"), (true, false, false, false));
        assert_eq!(flags("2003-07-17~"), (false, true, false, false));
        assert_eq!(flags("2003-07-17%"), (true, true, false, false));
        assert_eq!(flags("[..2003-07-17]"), (false, false, true, false));
        assert_eq!(parsed("[2003-07..]").precision(), Precision::Month);
    }

    #[test]
    fn nothing_else_is_a_date() {
        let wrong = "|?|11|02011|2011-2|2011-1-1|2011-13|2011-00|2011-02-30|2011-02-00|1900-02-29|\
                    0000|-001|+201|2011-|2011-08-|2011-08-01-|2011?~|?2011|2011-08?-01|201X|\
                    2011-08-01T00:00|[2011]|[..2011|..2011|[..2011?]|[..2011..]|[....]|[..]|[]|\
                    2011..|2010/2011| 2011|2011 |２０１１|17.07.2003|2011-08-01-01|[2010..2011]|٢٠١١";
        for text in wrong.split('|') {
            assert!(PartialDate::parse(text).is_err(), "{text}");
        }
    }

    #[test]
    fn a_refusal_says_what_would_be_right() {
        let refusal = |text| PartialDate::parse(text).unwrap_err().to_string();
        assert_eq!(
            refusal("2011-02-30"),
            "\"2011-02-30\" is not a day of the calendar; the days of 2011-02 run from 01 to 28."
        );
        assert_eq!(refusal("2011-13"), "\"2011-13\" has the month 13; months run from 01 to 12.");
        assert!(refusal(&"9".repeat(1000)).len() < 100, "a long text is not echoed");
    }

    #[test]
    fn json_is_the_text_and_the_schema_says_so() {
        let date: PartialDate = serde_json::from_str("\"2010-09?\"").unwrap();
        assert_eq!(serde_json::to_string(&date).unwrap(), "\"2010-09?\"");
        assert!(serde_json::from_str::<PartialDate>("\"2011-02-30\"").is_err());
        assert!(serde_json::from_str::<PartialDate>("2011").is_err());
        let schema = serde_json::to_value(PartialDate::schema()).unwrap();
        assert_eq!(schema["type"], "string");
        assert_eq!(schema["maxLength"], PartialDate::MAX_LENGTH);
        for example in schema["examples"].as_array().unwrap() {
            parsed(example.as_str().unwrap());
        }
    }

    proptest! {
        #[test]
        fn every_day_in_every_form_comes_back(days in 0..3_652_059_i64, precision in 0..3, form in 0..6) {
            let day = PartialDate::FIRST_DAY.saturating_add(jiff::Span::new().days(days));
            let plain = &day.to_string()[..[10, 7, 4][precision as usize]];
            let text = match form {
                0 => plain.to_owned(),
                1 => format!("{plain}?"),
                2 => format!("{plain}~"),
                3 => format!("{plain}%"),
                4 => format!("[..{plain}]"),
                _ => format!("[{plain}..]"),
            };
            let date = parsed(&text);
            prop_assert_eq!(date.to_string(), text);
            prop_assert!(date.earliest().is_none_or(|earliest| earliest <= day));
            prop_assert!(date.latest().is_none_or(|latest| day <= latest));
            prop_assert_eq!(PartialDate::from_day(day).earliest(), Some(day));
        }

        #[test]
        fn what_is_accepted_is_canonical(text in r"[\[.0-9?~%\-\]]{4,14}|\PC{0,14}") {
            if let Ok(date) = PartialDate::parse(&text) {
                prop_assert_eq!(date.to_string(), text);
            }
        }
    }
}
