//! Partnerships by country, kind, stage, year of establishment, and whether they are traditional.

use serde::{Deserialize, Serialize};

use crate::collection::CollectionName;
use crate::country::CountryCode;
use crate::municipality::Slug;
use crate::partnership::{PartnershipArrangement, PartnershipKind};
use crate::partnership_stage::PartnershipStage;
use crate::statistics::{Bucket, Period, StatisticsCount};
use crate::statistics_cells::{Cells, Made, Records, listed};

/// Partnerships, counted by groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "municipality": "blagoveshchensk", "group_by": ["kind"],
    "rows": [{"kind": "twin", "counted": {"certain": 2, "possible": 2}, "records": "/v1/partnerships?municipality=blagoveshchensk&kind=twin"}]
})))]
pub struct PartnershipStatistics {
    /// The municipality whose partnerships are counted; absent when it is those of several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub municipality: Option<Slug>,
    /// The first year of establishment that is counted; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2001))]
    pub year_from: Option<i32>,
    /// The last year of establishment that is counted; absent when there is no bound.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year_to: Option<i32>,
    /// What they are counted by, in this order.
    #[schema(examples(json!(["kind"])))]
    pub group_by: Vec<PartnershipStatisticsGroup>,
    /// A row for each group in which something is counted, in the order of the groups.
    pub rows: Vec<PartnershipStatisticsRow>,
}

/// What partnerships can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("kind"))]
pub enum PartnershipStatisticsGroup {
    /// The country of a side that is not the home city, Hong Kong and Macao counted under China. A
    /// partnership counts once in each country it has a side in.
    Country,
    /// What exists.
    Kind,
    /// How far it has come.
    Stage,
    /// The year in which it became what it is.
    Year,
    /// Between two, or among several.
    Arrangement,
    /// Whether the city counts it among its traditional ties.
    Traditional,
}

/// Partnerships of one group. Members that the statistics are not grouped by are absent, and so is
/// what is not known of the partnerships: a row without a year has those of which it is not known
/// when they were established, or only on one side.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"country": "CN", "kind": "twin", "counted": {"certain": 2, "possible": 2}, "records": "/v1/partnerships?municipality=blagoveshchensk&kind=twin"})))]
pub struct PartnershipStatisticsRow {
    /// The country of a side that is not the home city.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub country: Option<CountryCode>,
    /// What exists.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<PartnershipKind>,
    /// How far they have come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stage: Option<PartnershipStage>,
    /// The year in which they became what they are.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2003))]
    pub year: Option<i32>,
    /// Between two, or among several.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub arrangement: Option<PartnershipArrangement>,
    /// Whether the city counts them among its traditional ties.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples(true))]
    pub traditional: Option<bool>,
    /// How many partnerships there are.
    pub counted: StatisticsCount,
    /// Where the records are listed, by all but their country: a path of this service.
    #[schema(max_length = 2000, examples("/v1/partnerships?municipality=blagoveshchensk&kind=twin"))]
    pub records: String,
}

/// What is asked of the partnerships.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PartnershipStatisticsQuery {
    /// Whose records; those of all that are seen when left out.
    pub municipality: Option<Slug>,
    /// The groups, in the order of the rows.
    pub group_by: Vec<PartnershipStatisticsGroup>,
    /// The years of establishment.
    pub period: Period,
    /// Only of these kinds; all when empty.
    pub kinds: Vec<PartnershipKind>,
    /// Only in these stages; all when empty.
    pub stages: Vec<PartnershipStage>,
    /// Only those that live, or only those that do not.
    pub living: Option<bool>,
    /// Only with a side in these countries; all when empty. A country includes what is counted under it.
    pub countries: Vec<CountryCode>,
}

impl PartnershipStatisticsQuery {
    /// The groups beside the year: what a bucket's key has values for.
    pub fn keys(&self) -> impl Iterator<Item = PartnershipStatisticsGroup> + '_ {
        self.group_by.iter().copied().filter(|group| *group != PartnershipStatisticsGroup::Year)
    }

    /// Puts partnerships into rows. Countries come as they are counted.
    pub fn rows(&self, buckets: impl IntoIterator<Item = Bucket>) -> PartnershipStatistics {
        use PartnershipStatisticsGroup::{Arrangement, Country, Kind, Stage, Traditional, Year};
        let mut cells = Cells::new(&self.group_by, Year, self.period);
        buckets.into_iter().for_each(|bucket| cells.add(bucket));
        let rows = cells.rows(|made| PartnershipStatisticsRow {
            country: made.value(Country),
            kind: made.value(Kind),
            stage: made.value(Stage),
            year: made.year(Year),
            arrangement: made.value(Arrangement),
            traditional: made.text(Traditional).map(|text| text == "true"),
            records: self.records(&made),
            counted: made.cell.count,
        });
        PartnershipStatistics {
            municipality: self.municipality.clone(),
            year_from: self.period.from,
            year_to: self.period.to,
            group_by: self.group_by.clone(),
            rows,
        }
    }

    fn records(&self, made: &Made<'_, PartnershipStatisticsGroup>) -> String {
        use PartnershipStatisticsGroup::{Arrangement, Kind, Stage, Traditional, Year};
        let kinds = listed(&self.kinds);
        let stages = listed(&self.stages);
        Records::of(CollectionName::Partnerships, self.municipality.as_ref())
            .with("arrangement", made.text(Arrangement).unwrap_or_default())
            .with("kind", made.text(Kind).unwrap_or(&kinds))
            .with("stage", made.text(Stage).unwrap_or(&stages))
            .with("living", self.living.map_or("", |living| if living { "true" } else { "false" }))
            .with("traditional", made.text(Traditional).unwrap_or_default())
            .in_period("established", made.year(Year), self.period)
            .done()
    }
}
