//! Dates as columns: of a date or interval that is known only in part, the first and the last day
//! it may be, so that lists filter by overlap and sort by the beginning on both databases alike.

use jiff::civil::Date;
use pobratim_domain::value::{PartialDate, PartialInterval};
use serde_json::{Map, Value as Json};

/// Before every day of the calendar: what is open below begins here, and what has no date ends here.
pub(crate) const BEGINNING: &str = "0000-01-01";
/// The last day of the calendar: what is open above ends here.
pub(crate) const END: &str = "9999-12-31";

/// What lies between a first and a last day, each perhaps open.
pub(crate) trait Bounds {
    /// The first day it may be and the last.
    fn bounds(&self) -> (Option<Date>, Option<Date>);
}

impl Bounds for PartialDate {
    fn bounds(&self) -> (Option<Date>, Option<Date>) {
        (self.earliest(), self.latest())
    }
}

impl Bounds for PartialInterval {
    fn bounds(&self) -> (Option<Date>, Option<Date>) {
        (self.earliest(), self.latest())
    }
}

/// Fills the columns `{name}_first` and `{name}_last`. Without a date the first is the last day of
/// the calendar and the last lies before all days: such a record sorts last and overlaps nothing.
pub(crate) fn insert_days(columns: &mut Map<String, Json>, name: &str, when: Option<&impl Bounds>) {
    let (first, last) = match when.map(Bounds::bounds) {
        None => (END.to_owned(), BEGINNING.to_owned()),
        Some((first, last)) => (text(first, BEGINNING), text(last, END)),
    };
    columns.insert(format!("{name}_first"), first.into());
    columns.insert(format!("{name}_last"), last.into());
}

fn text(day: Option<Date>, open: &str) -> String {
    day.map_or_else(|| open.to_owned(), |day| day.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn days(when: Option<&impl Bounds>) -> (String, String) {
        let mut columns = Map::new();
        insert_days(&mut columns, "signed_on", when);
        let text = |name: &str| columns[name].as_str().unwrap().to_owned();
        (text("signed_on_first"), text("signed_on_last"))
    }

    #[test]
    fn open_ends_reach_to_the_ends_of_the_calendar_and_no_date_overlaps_nothing() {
        let date = |text| days(Some(&PartialDate::parse(text).unwrap()));
        assert_eq!(date("2011"), ("2011-01-01".to_owned(), "2011-12-31".to_owned()));
        assert_eq!(date("[..2001]"), (BEGINNING.to_owned(), "2001-12-31".to_owned()));
        assert_eq!(date("0044-03-15"), ("0044-03-15".to_owned(), "0044-03-15".to_owned()));
        let interval = days(Some(&PartialInterval::parse("2003-07-17/..").unwrap()));
        assert_eq!(interval, ("2003-07-17".to_owned(), END.to_owned()));
        assert_eq!(days(None::<&PartialDate>), (END.to_owned(), BEGINNING.to_owned()));
    }
}
