//! Exchanges and their people, by country, year, direction and audience, with what was reported.

use std::collections::HashMap;

use serde::{Deserialize, Serialize};

use crate::collection::CollectionName;
use crate::country::CountryCode;
use crate::exchange::{ExchangeAudience, ExchangeDirection};
use crate::municipality::Slug;
use crate::statistics::{Bucket, Figure, Period, StatisticsCount, StatisticsFigure, is_asked};
use crate::statistics_cells::{Cells, Made, Records, code, listed};
use crate::value::Quantity;

/// Exchanges that took place, counted by groups. Those that statistics leave out are not among them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "municipality": "blagoveshchensk", "year_from": 2011, "year_to": 2011, "group_by": ["country", "direction"],
    "rows": [{"country": "CN", "direction": "incoming", "counted": {"certain": 3, "possible": 4}, "people": {"value": 66, "qualifier": "at_least"}, "reported": [], "records": "/v1/exchanges?municipality=blagoveshchensk&country=CN&direction=incoming&state=completed,reported&counts_in_statistics=true&period_from=2011&period_to=2011"}]
})))]
pub struct ExchangeStatistics {
    /// The municipality whose exchanges are counted; absent when it is those of several.
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
    #[schema(examples(json!(["country", "direction"])))]
    pub group_by: Vec<ExchangeStatisticsGroup>,
    /// A row for each group in which something is counted or reported, in the order of the groups.
    pub rows: Vec<ExchangeStatisticsRow>,
}

/// What exchanges can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("country"))]
pub enum ExchangeStatisticsGroup {
    /// The country of the other side, Hong Kong and Macao counted under China.
    Country,
    /// The same as ISO 3166-1 has it: Hong Kong by itself.
    Territory,
    /// The year.
    Year,
    /// Received or sent.
    Direction,
    /// Who makes up the delegation.
    Audience,
}

/// Exchanges of one group. Members that the statistics are not grouped by are absent. A row that has
/// no year where it is grouped by it tells of exchanges whose years are not known, or only on one
/// side, or lie within ten years and more; they are possible in any of those and told here once.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"country": "CN", "year": 2011, "direction": "outgoing", "counted": {"certain": 3, "possible": 3}, "people": {"value": 66, "qualifier": "exact"}, "reported": [{"observation": "01890a5d-ac96-774b-bcce-b302099a8501", "ref": "OBS-0002", "value": {"value": 22, "qualifier": "exact"}, "scope": "administration", "difference": -19}], "records": "/v1/exchanges?municipality=blagoveshchensk&country=CN&direction=outgoing&state=completed,reported&counts_in_statistics=true&period_from=2011&period_to=2011"})))]
pub struct ExchangeStatisticsRow {
    /// The country of the other side, Hong Kong and Macao counted under China.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// The same as ISO 3166-1 has it: Hong Kong by itself.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub territory: Option<CountryCode>,
    /// The year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year: Option<i32>,
    /// Received or sent.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub direction: Option<ExchangeDirection>,
    /// Who makes up the delegation.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub audience: Option<ExchangeAudience>,
    /// How many exchanges the records tell of.
    pub counted: StatisticsCount,
    /// How many people took part in those that are certain: `at_least` where a headcount is missing or
    /// not exact.
    pub people: Quantity,
    /// Numbers of delegations that were reported for this very group: the same country, direction and
    /// years, and nothing narrower. They are told for one municipality only.
    pub reported: Vec<StatisticsFigure>,
    /// Where the records are listed: a path of this service. Those that are possible in any year are
    /// not in it when it is bound to years.
    #[schema(
        max_length = 2000,
        examples(
            "/v1/exchanges?municipality=blagoveshchensk&country=CN&state=completed,reported&counts_in_statistics=true"
        )
    )]
    pub records: String,
}

/// What is asked of the exchanges.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ExchangeStatisticsQuery {
    /// Whose records; those of all that are seen when left out.
    pub municipality: Option<Slug>,
    /// The groups, in the order of the rows.
    pub group_by: Vec<ExchangeStatisticsGroup>,
    /// The years.
    pub period: Period,
    /// Only with these countries; all when empty. A country includes what is counted under it.
    pub countries: Vec<CountryCode>,
    /// Only in these directions; both when empty.
    pub directions: Vec<ExchangeDirection>,
    /// Only of these audiences; all when empty.
    pub audiences: Vec<ExchangeAudience>,
}

impl ExchangeStatisticsQuery {
    /// The groups beside the year: what a bucket's key has values for.
    pub fn keys(&self) -> impl Iterator<Item = ExchangeStatisticsGroup> + '_ {
        self.group_by.iter().copied().filter(|group| *group != ExchangeStatisticsGroup::Year)
    }

    /// Puts what the database has added up into rows, and beside it what was reported: observations
    /// of the indicator `delegations`.
    pub fn rows(&self, buckets: impl IntoIterator<Item = Bucket>, figures: &[Figure]) -> ExchangeStatistics {
        use ExchangeStatisticsGroup::{Audience, Country, Direction, Territory, Year};
        let mut cells = Cells::new(&self.group_by, Year, self.period);
        let country_at = self.keys().position(|group| group == Country);
        // The same few countries come again and again.
        let mut groups: HashMap<String, Option<String>> = HashMap::new();
        for mut bucket in buckets {
            if let Some(value) = country_at.and_then(|at| bucket.key.get_mut(at))
                && let Some(country) = value.take()
            {
                let group = |country: &str| code(country).map(|country: CountryCode| country.group().to_string());
                value.clone_from(groups.entry(country).or_insert_with_key(|country| group(country)));
            }
            cells.add(bucket);
        }
        for figure in figures {
            if let Some(key) = self.key(figure)
                && let Some(year) = figure.year(self.period, cells.by_year())
            {
                cells.report(key, year, figure);
            }
        }
        let rows = cells.rows(|made| {
            let mut row = ExchangeStatisticsRow {
                country: made.value(Country),
                territory: made.value(Territory),
                year: made.year(Year),
                direction: made.value(Direction),
                audience: made.value(Audience),
                records: self.records(&made),
                counted: made.cell.count,
                people: made.cell.tally.people(),
                reported: Vec::new(),
            };
            row.reported = made.cell.figures;
            row
        });
        ExchangeStatistics {
            municipality: self.municipality.clone(),
            year_from: self.period.from,
            year_to: self.period.to,
            group_by: self.group_by.clone(),
            rows,
        }
    }

    /// Where a figure stands; nowhere when it is about something wider or narrower.
    fn key(&self, figure: &Figure) -> Option<Vec<Option<String>>> {
        use ExchangeStatisticsGroup::{Audience, Country, Direction, Territory};
        let by = |group| self.group_by.contains(&group);
        let by_country = by(Country) || by(Territory);
        // A figure of Hong Kong's is not one of China's, in whose row Hong Kong is counted.
        let is_whole = by(Territory) || figure.country.is_none_or(|country| country == country.group());
        let is_meant = self.municipality.is_some()
            && is_whole
            && !by(Audience)
            && self.audiences.is_empty()
            && is_asked(figure.country, by_country, &self.countries)
            && is_asked(figure.direction, by(Direction), &self.directions);
        is_meant.then(|| {
            let value = |group| match group {
                Country => figure.country.map(|country| country.group().to_string()),
                Territory => figure.country.map(|country| country.to_string()),
                Direction => figure.direction.map(|direction| direction.as_str().to_owned()),
                _ => None,
            };
            self.keys().map(value).collect()
        })
    }

    fn records(&self, made: &Made<'_, ExchangeStatisticsGroup>) -> String {
        use ExchangeStatisticsGroup::{Audience, Country, Direction, Territory, Year};
        let (countries, directions) = (listed(&self.countries), listed(&self.directions));
        let audiences = listed(&self.audiences);
        Records::of(CollectionName::Exchanges, self.municipality.as_ref())
            .with("country", made.text(Territory).or(made.text(Country)).unwrap_or(&countries))
            .with("direction", made.text(Direction).unwrap_or(&directions))
            .with("audience", made.text(Audience).unwrap_or(&audiences))
            .with("state", "completed,reported")
            .with("counts_in_statistics", "true")
            .in_period("period", made.year(Year), self.period)
            .done()
    }
}
