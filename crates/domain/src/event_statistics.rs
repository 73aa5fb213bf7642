//! Events by year, kind, status, country, direction and field, with what was reported.

use serde::{Deserialize, Serialize};

use crate::codelist::FieldCode;
use crate::collection::CollectionName;
use crate::country::CountryCode;
use crate::event::EventKind;
use crate::event_status::EventStatus;
use crate::exchange::ExchangeDirection;
use crate::municipality::Slug;
use crate::statistics::{Bucket, Figure, Period, StatisticsCount, StatisticsFigure, is_asked};
use crate::statistics_cells::{Cells, Made, Records, listed};

/// Events, counted by groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "municipality": "blagoveshchensk", "year_from": 2011, "year_to": 2011, "group_by": ["kind"],
    "rows": [{"kind": "exhibition", "counted": {"certain": 1, "possible": 2}, "reported": [], "records": "/v1/events?municipality=blagoveshchensk&kind=exhibition&status=held&period_from=2011&period_to=2011"}]
})))]
pub struct EventStatistics {
    /// The municipality whose events are counted; absent when it is those of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Slug>,
    /// The first year that is counted; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year_from: Option<i32>,
    /// The last year that is counted; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year_to: Option<i32>,
    /// What they are counted by, in this order.
    #[schema(examples(json!(["kind"])))]
    pub group_by: Vec<EventStatisticsGroup>,
    /// A row for each group in which something is counted or reported, in the order of the groups.
    pub rows: Vec<EventStatisticsRow>,
}

/// What events can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("kind"))]
pub enum EventStatisticsGroup {
    /// The year.
    Year,
    /// The kind of event.
    Kind,
    /// Where it stands.
    Status,
    /// The country it is held in, Hong Kong and Macao counted under China.
    Country,
    /// Which way it goes.
    Direction,
    /// What it is about: an event counts once in each of its fields.
    Field,
}

/// Events of one group. Members that the statistics are not grouped by are absent, and so is what
/// the events do not say. A row that has no year where it is grouped by it tells of events whose
/// years are not known, or only on one side, or lie within ten years and more.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"year": 2011, "kind": "exhibition", "counted": {"certain": 1, "possible": 2}, "reported": [], "records": "/v1/events?municipality=blagoveshchensk&kind=exhibition&status=held&period_from=2011&period_to=2011"})))]
pub struct EventStatisticsRow {
    /// The year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year: Option<i32>,
    /// The kind of event.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<EventKind>,
    /// Where they stand.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub status: Option<EventStatus>,
    /// The country they are held in, Hong Kong and Macao counted under China.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// Which way they go.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<ExchangeDirection>,
    /// What they are about.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub field: Option<FieldCode>,
    /// How many events the records tell of.
    pub counted: StatisticsCount,
    /// Numbers of events that were reported for this very group, and nothing narrower. They are told
    /// for one municipality only.
    pub reported: Vec<StatisticsFigure>,
    /// Where the records are listed, by all but their country: a path of this service. Those that are
    /// possible in any year are not in it when it is bound to years.
    #[schema(max_length = 2000, examples("/v1/events?municipality=blagoveshchensk&kind=exhibition&status=held"))]
    pub records: String,
}

/// What is asked of the events.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct EventStatisticsQuery {
    /// Whose records; those of all that are seen when left out.
    pub municipality: Option<Slug>,
    /// The groups, in the order of the rows.
    pub group_by: Vec<EventStatisticsGroup>,
    /// The years.
    pub period: Period,
    /// Only of these kinds; all when empty.
    pub kinds: Vec<EventKind>,
    /// Only in these statuses. When empty: those that were held, or all when grouped by status.
    pub statuses: Vec<EventStatus>,
    /// Only in these countries; anywhere when empty. A country includes what is counted under it.
    pub countries: Vec<CountryCode>,
}

impl EventStatisticsQuery {
    /// The groups beside the year: what a bucket's key has values for.
    pub fn keys(&self) -> impl Iterator<Item = EventStatisticsGroup> + '_ {
        self.group_by.iter().copied().filter(|group| *group != EventStatisticsGroup::Year)
    }

    /// The statuses that are counted; all when empty.
    pub fn counted_statuses(&self) -> &[EventStatus] {
        let by_status = self.group_by.contains(&EventStatisticsGroup::Status);
        if self.statuses.is_empty() && !by_status { &[EventStatus::Held] } else { &self.statuses }
    }

    /// Puts what the database has added up into rows, and beside it what was reported: observations
    /// of the indicator `events`. Countries come as they are counted.
    pub fn rows(&self, buckets: impl IntoIterator<Item = Bucket>, figures: &[Figure]) -> EventStatistics {
        use EventStatisticsGroup::{Country, Direction, Field, Kind, Status, Year};
        let mut cells = Cells::new(&self.group_by, Year, self.period);
        buckets.into_iter().for_each(|bucket| cells.add(bucket));
        for figure in figures {
            if let Some(key) = self.key(figure)
                && let Some(year) = figure.year(self.period, cells.by_year())
            {
                cells.report(key, year, figure);
            }
        }
        let rows = cells.rows(|made| EventStatisticsRow {
            year: made.year(Year),
            kind: made.value(Kind),
            status: made.value(Status),
            country: made.value(Country),
            direction: made.value(Direction),
            field: made.value(Field),
            records: self.records(&made),
            counted: made.cell.count,
            reported: made.cell.figures,
        });
        EventStatistics {
            municipality: self.municipality.clone(),
            year_from: self.period.from,
            year_to: self.period.to,
            group_by: self.group_by.clone(),
            rows,
        }
    }

    fn key(&self, figure: &Figure) -> Option<Vec<Option<String>>> {
        use EventStatisticsGroup::{Country, Direction, Field, Kind, Status};
        let by = |group| self.group_by.contains(&group);
        let is_whole = figure.country.is_none_or(|country| country == country.group());
        let is_meant = self.municipality.is_some()
            && is_whole
            && ![Kind, Status, Field].into_iter().any(by)
            && self.kinds.is_empty()
            && self.counted_statuses() == [EventStatus::Held]
            && is_asked(figure.country, by(Country), &self.countries)
            && is_asked(figure.direction, by(Direction), &[]);
        is_meant.then(|| {
            let value = |group| match group {
                Country => figure.country.map(|country| country.to_string()),
                Direction => figure.direction.map(|direction| direction.as_str().to_owned()),
                _ => None,
            };
            self.keys().map(value).collect()
        })
    }

    fn records(&self, made: &Made<'_, EventStatisticsGroup>) -> String {
        use EventStatisticsGroup::{Direction, Field, Kind, Status, Year};
        let kinds = listed(&self.kinds);
        let statuses = listed(self.counted_statuses());
        Records::of(CollectionName::Events, self.municipality.as_ref())
            .with("kind", made.text(Kind).unwrap_or(&kinds))
            .with("status", made.text(Status).unwrap_or(&statuses))
            .with("direction", made.text(Direction).unwrap_or_default())
            .with("fields", made.text(Field).unwrap_or_default())
            .in_period("period", made.year(Year), self.period)
            .done()
    }
}
