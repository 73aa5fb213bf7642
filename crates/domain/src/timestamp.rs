//! Moments in time, to the microsecond: the finest step that both databases keep.

use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer};

use crate::value::Malformed;

/// A moment in UTC, RFC 3339 with microseconds, such as `2011-09-05T01:30:00.000000Z`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, utoipa::ToSchema)]
#[schema(value_type = String, format = DateTime, max_length = 40, examples("2011-09-05T01:30:00.000000Z"))]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since 1970-01-01T00:00:00Z.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// Microseconds since 1970-01-01T00:00:00Z.
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// Reads an RFC 3339 moment; finer digits than microseconds are cut off.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        text.parse::<jiff::Timestamp>()
            .map(|moment| Self(moment.as_microsecond()))
            .map_err(|_| Malformed(format!("{text:?} is not a moment such as 2011-09-05T01:30:00Z.")))
    }

    /// The day it is at this moment in a time zone (IANA name); UTC when the zone is unknown.
    pub fn day_in(self, zone: &str) -> jiff::civil::Date {
        let moment = self.moment();
        let zone = jiff::tz::TimeZone::get(zone).unwrap_or(jiff::tz::TimeZone::UTC);
        zone.to_datetime(moment).date()
    }

    fn moment(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or(jiff::Timestamp::UNIX_EPOCH)
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "{:.6}", self.moment())
    }
}

impl Serialize for Timestamp {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Timestamp {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn written_with_six_digits_and_read_back() {
        let moment = Timestamp::from_micros(1_315_186_200_000_000);
        assert_eq!(moment.to_string(), "2011-09-05T01:30:00.000000Z");
        assert_eq!(Timestamp::parse(&moment.to_string()), Ok(moment));
    }

    #[test]
    fn the_day_depends_on_the_zone() {
        let evening = Timestamp::parse("2011-12-31T18:00:00Z").unwrap();
        assert_eq!(evening.day_in("Asia/Yakutsk").to_string(), "2012-01-01");
        assert_eq!(evening.day_in("UTC").to_string(), "2011-12-31");
    }
}
