//! Lists as calendars (iCalendar, RFC 5545): events and exchanges as all-day entries. An entry keeps its
//! UID for ever; what is only known to the month or year lies over all of it and keeps nobody busy.

use jiff::civil::Date;
use pobratim_domain::value::{LocalizedText, PartialInterval};
use pobratim_domain::{
    CityEvent, CollectionName, EventStatus, Exchange, ExchangeState, Head, Place, Timestamp, to_json,
};
use pobratim_persistence::Error;
use serde_json::Value;

use crate::export::shown::{Neighbours, Shown, read};

pub(super) const END: &str = "END:VCALENDAR\r\n";

/// How a calendar's program treats an entry.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Standing {
    Tentative,
    Confirmed,
    Cancelled,
}

impl Standing {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Tentative => "TENTATIVE",
            Self::Confirmed => "CONFIRMED",
            Self::Cancelled => "CANCELLED",
        }
    }
}

/// What stands before the entries.
pub(super) fn begin(collection: CollectionName) -> String {
    let mut lines = "BEGIN:VCALENDAR\r\n".to_owned();
    for (name, value) in [
        ("VERSION", "2.0"),
        ("PRODID", "-//Pobratim//Pobratim 1//EN"),
        ("CALSCALE", "GREGORIAN"),
        ("X-WR-CALNAME", &format!("Pobratim: {collection}")),
        ("REFRESH-INTERVAL;VALUE=DURATION", "PT1H"),
        ("X-PUBLISHED-TTL", "PT1H"),
    ] {
        put(&mut lines, name, value);
    }
    lines
}

/// How many bytes a line has at most, without its end.
const LINE: usize = 75;

/// Adds a property: its line is folded between characters, so that none is longer than it may be.
fn put(lines: &mut String, name: &str, value: &str) {
    let mut length = 0;
    for letter in name.chars().chain([':']).chain(value.chars()) {
        if length + letter.len_utf8() > LINE {
            lines.push_str("\r\n ");
            length = 1;
        }
        lines.push(letter);
        length += letter.len_utf8();
    }
    lines.push_str("\r\n");
}

/// A text as the value of a property.
fn escaped(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '\\' | ';' | ',' => escaped.extend(['\\', letter]),
            '\n' => escaped.push_str("\\n"),
            // No text has other control characters but the tab.
            letter => escaped.push(letter),
        }
    }
    escaped
}

/// Events as entries.
pub(crate) async fn of_events(shown: &Shown<'_>, records: Vec<Value>) -> Result<Vec<String>, Error> {
    let events = read::<CityEvent>(&records)?;
    let known = shown.neighbours(&events, events.iter().filter_map(|event| event.body.place), false).await?;
    let entries = events.iter().filter_map(|event| {
        let body = &event.body;
        let standing = match body.status {
            EventStatus::Idea | EventStatus::Planned | EventStatus::Postponed => Standing::Tentative,
            EventStatus::Confirmed | EventStatus::Held => Standing::Confirmed,
            EventStatus::Cancelled => Standing::Cancelled,
        };
        Some(Entry {
            head: &event.head,
            title: &body.title,
            period: body.period.as_ref()?,
            standing,
            kind: to_json(&body.kind).ok()?,
            place: body.place.and_then(|place| known.place(place)),
            texts: vec![body.evaluation.as_ref()],
        })
    });
    Ok(entries.filter_map(|entry| entry.written(&known)).collect())
}

/// Exchanges as entries.
pub(crate) async fn of_exchanges(shown: &Shown<'_>, records: Vec<Value>) -> Result<Vec<String>, Error> {
    let exchanges = read::<Exchange>(&records)?;
    let known = shown.neighbours(&exchanges, exchanges.iter().map(|exchange| exchange.body.destination), false).await?;
    let entries = exchanges.iter().filter_map(|exchange| {
        let body = &exchange.body;
        let standing = match body.state {
            ExchangeState::Proposed | ExchangeState::Approved => Standing::Tentative,
            ExchangeState::Cancelled => Standing::Cancelled,
            _ => Standing::Confirmed,
        };
        Some(Entry {
            head: &exchange.head,
            title: &body.title,
            period: body.period.as_ref()?,
            standing,
            kind: to_json(&body.direction).ok()?,
            place: known.place(body.destination),
            texts: vec![body.purpose.as_ref(), body.results.as_ref()],
        })
    });
    Ok(entries.filter_map(|entry| entry.written(&known)).collect())
}

/// What an entry is made of.
struct Entry<'r> {
    head: &'r Head,
    title: &'r LocalizedText,
    period: &'r PartialInterval,
    standing: Standing,
    kind: Value,
    place: Option<&'r Place>,
    texts: Vec<Option<&'r LocalizedText>>,
}

/// Where an entry lies.
#[derive(Debug, PartialEq, Eq)]
struct Days {
    first: Date,
    last: Date,
    /// Whether it is known to the day when it begins and ends.
    is_exact: bool,
}

/// The days of a period: nothing when nobody knows when it begins. What has no known end is told of
/// where it begins.
fn days(period: &PartialInterval) -> Option<Days> {
    let first = period.earliest()?;
    let last = period.latest().or_else(|| period.beginning()?.latest()).unwrap_or(first);
    let is_exact = period.starts_exactly().is_some() && period.ends_exactly().is_some();
    Some(Days { first, last: last.max(first), is_exact })
}

impl Entry<'_> {
    /// The entry in its lines; nothing for what has no place in a calendar.
    fn written(&self, known: &Neighbours) -> Option<String> {
        let days = days(self.period)?;
        let keeper = self.head.keeper();
        let is_free = !days.is_exact || self.standing == Standing::Cancelled;
        let updated = moment(self.head.updated_at);
        let mut lines = "BEGIN:VEVENT\r\n".to_owned();
        let mut line = |name: &str, value: &str| put(&mut lines, name, value);
        line("UID", &format!("{}@pobratim", self.head.id));
        line("DTSTAMP", &updated);
        line("CREATED", &moment(self.head.created_at));
        line("LAST-MODIFIED", &updated);
        line("SEQUENCE", &self.head.version.to_string());
        line("STATUS", self.standing.as_str());
        line("DTSTART;VALUE=DATE", &day(days.first));
        // The day after the last: the end is not part of the entry.
        if let Ok(end) = days.last.tomorrow() {
            line("DTEND;VALUE=DATE", &day(end));
        }
        line("TRANSP", if is_free { "TRANSPARENT" } else { "OPAQUE" });
        line("CATEGORIES", &escaped(self.kind.as_str().unwrap_or_default()));
        line("SUMMARY", &escaped(known.text(self.title, keeper)));
        line("DESCRIPTION", &escaped(&self.description(&days, known)));
        if let Some(place) = self.place {
            line("LOCATION", &escaped(known.name(place, keeper)));
            if let Some(location) = &place.location {
                line("GEO", &format!("{};{}", location.lat, location.lon));
            }
        }
        lines.push_str("END:VEVENT\r\n");
        Some(lines)
    }

    /// The dates as they are known, where an entry can only show a span; what is told; the ref.
    fn description(&self, days: &Days, known: &Neighbours) -> String {
        let dates = if days.is_exact { None } else { Some(self.period.to_string()) };
        let texts = self.texts.iter().flatten().map(|text| known.text(text, self.head.keeper()).to_owned());
        let told: Vec<String> = dates.into_iter().chain(texts).chain([self.head.reference.clone()]).collect();
        told.join("\n")
    }
}

fn day(day: Date) -> String {
    day.strftime("%Y%m%d").to_string()
}

/// A moment in UTC, to the second.
fn moment(at: Timestamp) -> String {
    let text = at.to_string();
    let seconds = text.split('.').next().unwrap_or_default();
    format!("{}Z", seconds.replace(['-', ':'], "").trim_end_matches('Z'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Option<(String, String, bool)> {
        let days = days(&PartialInterval::parse(text).unwrap())?;
        Some((days.first.to_string(), days.last.to_string(), days.is_exact))
    }

    #[test]
    fn a_period_lies_where_it_may_have_been() {
        for (period, first, last, is_exact) in [
            ("2011-09-12/2011-09-16", "2011-09-12", "2011-09-16", true),
            ("2011-09-12", "2011-09-12", "2011-09-12", true),
            ("2011-09-12?", "2011-09-12", "2011-09-12", false),
            ("2008-02", "2008-02-01", "2008-02-29", false),
            ("2011", "2011-01-01", "2011-12-31", false),
            ("2011-05/2011-06-03", "2011-05-01", "2011-06-03", false),
            ("2003-07-17/..", "2003-07-17", "2003-07-17", false),
            ("2003-07/..", "2003-07-01", "2003-07-31", false),
        ] {
            assert_eq!(of(period), Some((first.to_owned(), last.to_owned(), is_exact)), "{period}");
        }
    }

    #[test]
    fn what_nobody_knows_the_beginning_of_is_not_shown() {
        assert_eq!((of("[..2001]"), of("../2001")), (None, None));
    }

    #[test]
    fn lines_are_folded_between_characters() {
        for value in ["a", "я", "黑", "😀"] {
            let mut lines = String::new();
            put(&mut lines, "SUMMARY", &value.repeat(200));
            assert!(lines.split("\r\n").all(|line| line.len() <= LINE));
            assert_eq!(lines.replace("\r\n ", ""), format!("SUMMARY:{}\r\n", value.repeat(200)));
        }
        let mut fitting = String::new();
        put(&mut fitting, "SUMMARY", &"a".repeat(LINE - "SUMMARY:".len()));
        assert!(!fitting.contains("\r\n "));
        assert_eq!(escaped("a\\b;c,d\ne:f"), "a\\\\b\\;c\\,d\\ne:f");
    }

    #[test]
    fn moments_are_in_utc_to_the_second() {
        let at = Timestamp::parse("2011-11-21T06:12:45.250000Z").unwrap();
        assert_eq!(moment(at), "20111121T061245Z");
    }
}
