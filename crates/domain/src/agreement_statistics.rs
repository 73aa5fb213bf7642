//! Agreements by kind and year: concluded, entered into force, lapsed, in force at the year's end.

use std::collections::BTreeMap;

use jiff::civil::Date;
use serde::{Deserialize, Serialize};

use crate::agreement::AgreementKind;
use crate::agreement_state::AgreementState;
use crate::collection::CollectionName;
use crate::municipality::Slug;
use crate::statistics::{Bucket, Figure, Period, StatisticsCount, StatisticsFigure, Tally, YearSpan};
use crate::statistics_cells::{Cells, Made, Records, listed};
use crate::value::{PartialDate, PartialInterval};

/// For how many years in a row it is told what was in force.
const YEARS: i32 = 200;

/// Agreements, counted by groups.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "municipality": "blagoveshchensk", "year_from": 2011, "year_to": 2011, "group_by": ["kind"],
    "rows": [{"kind": "twinning_agreement", "concluded": {"certain": 1, "possible": 1}, "entered_into_force": {"certain": 0, "possible": 0}, "lapsed": {"certain": 0, "possible": 0}, "in_force": {"certain": 1, "possible": 1}, "reported": [], "records": "/v1/agreements?municipality=blagoveshchensk&kind=twinning_agreement&state=signed,in_force,expired,terminated&signed_on_from=2011&signed_on_to=2011"}]
})))]
pub struct AgreementStatistics {
    /// The municipality whose agreements are counted; absent when it is those of several.
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
    pub group_by: Vec<AgreementStatisticsGroup>,
    /// A row for each group in which something is counted or reported, in the order of the groups.
    pub rows: Vec<AgreementStatisticsRow>,
}

/// What agreements can be counted by.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("kind"))]
pub enum AgreementStatisticsGroup {
    /// The year.
    Year,
    /// The kind of paper.
    Kind,
}

/// Agreements of one group. Members that the statistics are not grouped by are absent. A row that has
/// no year where it is grouped by it tells of what happened in a year that is not known, or only on
/// one side: signed in 2011 or earlier.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"year": 2011, "kind": "twinning_agreement", "concluded": {"certain": 1, "possible": 1}, "entered_into_force": {"certain": 0, "possible": 0}, "lapsed": {"certain": 0, "possible": 0}, "in_force": {"certain": 1, "possible": 1}, "reported": [], "records": "/v1/agreements?municipality=blagoveshchensk&kind=twinning_agreement&state=signed,in_force,expired,terminated&signed_on_from=2011&signed_on_to=2011"})))]
pub struct AgreementStatisticsRow {
    /// The year.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(minimum = 1, maximum = 9998, examples(2011))]
    pub year: Option<i32>,
    /// The kind of paper.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub kind: Option<AgreementKind>,
    /// Signed.
    pub concluded: StatisticsCount,
    /// Came to bind their sides.
    pub entered_into_force: StatisticsCount,
    /// Expired or terminated.
    pub lapsed: StatisticsCount,
    /// In force at the end of the row's year, else of the last year asked for; absent when there is
    /// neither.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub in_force: Option<StatisticsCount>,
    /// Numbers of agreements concluded that were reported for this very group, and nothing narrower.
    /// They are told for one municipality only.
    pub reported: Vec<StatisticsFigure>,
    /// Where those concluded are listed: a path of this service. Those without a date of signing are
    /// not in it when it is bound to years.
    #[schema(
        max_length = 2000,
        examples(
            "/v1/agreements?municipality=blagoveshchensk&kind=twinning_agreement&state=signed,in_force,expired,terminated"
        )
    )]
    pub records: String,
}

/// What is asked of the agreements.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AgreementStatisticsQuery {
    /// Whose records; those of all that are seen when left out.
    pub municipality: Option<Slug>,
    /// The groups, in the order of the rows.
    pub group_by: Vec<AgreementStatisticsGroup>,
    /// The years.
    pub period: Period,
    /// Only of these kinds; all when empty.
    pub kinds: Vec<AgreementKind>,
}

/// Papers that are alike in what statistics look at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AgreementPaper {
    /// What kind of paper.
    pub kind: AgreementKind,
    /// How far it has come.
    pub state: AgreementState,
    /// When it was signed.
    pub signed_on: Option<PartialDate>,
    /// From when to when it is or was in force.
    pub in_force: Option<PartialInterval>,
    /// How many there are.
    pub papers: i64,
}

/// The states in which a paper was concluded.
pub(crate) const CONCLUDED: &[AgreementState] =
    &[AgreementState::Signed, AgreementState::InForce, AgreementState::Expired, AgreementState::Terminated];

impl AgreementPaper {
    fn is_concluded(&self) -> bool {
        CONCLUDED.contains(&self.state)
    }

    /// When it came into force, if it did.
    fn entered(&self) -> Option<YearSpan> {
        let did = matches!(self.state, AgreementState::InForce | AgreementState::Expired | AgreementState::Terminated);
        let begun = |interval: &PartialInterval| match interval.beginning() {
            Some(date) => YearSpan::of_date(Some(date)),
            None => YearSpan::of_interval(Some(interval)),
        };
        did.then(|| self.in_force.as_ref().map_or(YearSpan::UNKNOWN, begun))
    }

    /// When it lapsed, if it did.
    fn lapsed(&self) -> Option<YearSpan> {
        let did = matches!(self.state, AgreementState::Expired | AgreementState::Terminated);
        did.then(|| YearSpan::of_date(self.in_force.and_then(|interval| interval.end())))
    }
}

impl AgreementStatisticsQuery {
    /// Puts papers into rows, and beside them what was reported: observations of the indicator
    /// `agreements`.
    pub fn rows(&self, papers: &[AgreementPaper], figures: &[Figure]) -> AgreementStatistics {
        use AgreementStatisticsGroup::Year;
        let cells = || Cells::new(&self.group_by, Year, self.period);
        let (mut concluded, mut entered, mut lapsed) = (cells(), cells(), cells());
        for paper in papers {
            let bucket = |span| self.bucket(paper, span);
            if paper.is_concluded() {
                concluded.add(bucket(YearSpan::of_date(paper.signed_on)));
            }
            paper.entered().into_iter().for_each(|span| entered.add(bucket(span)));
            paper.lapsed().into_iter().for_each(|span| lapsed.add(bucket(span)));
        }
        for figure in figures.iter().filter(|figure| self.is_meant(figure)) {
            if let Some(year) = figure.year(self.period, concluded.by_year()) {
                concluded.report(Vec::new(), year, figure);
            }
        }
        let mut rows: BTreeMap<Vec<String>, AgreementStatisticsRow> = BTreeMap::new();
        let by_year = concluded.by_year();
        concluded.rows(|made| {
            let row = self.row(&mut rows, &made);
            row.concluded = made.cell.count;
            row.reported = made.cell.figures;
        });
        entered.rows(|made| self.row(&mut rows, &made).entered_into_force = made.cell.count);
        lapsed.rows(|made| self.row(&mut rows, &made).lapsed = made.cell.count);
        for year in self.ends(by_year, rows.values().filter_map(|row| row.year)) {
            let mut binding = cells();
            for paper in papers {
                let (Some(interval), Ok(day)) = (paper.in_force, Date::new(year, 12, 31)) else { continue };
                let how = interval.contains_day(day);
                binding.count(self.key(paper), by_year.then_some(year.into()), how, tally(paper));
            }
            binding.rows(|made| self.row(&mut rows, &made).in_force = Some(made.cell.count));
            let at = |row: &&mut AgreementStatisticsRow| !by_year || row.year == Some(year.into());
            for row in rows.values_mut().filter(at) {
                row.in_force.get_or_insert_default();
            }
        }
        let rows = rows.into_values().collect();
        AgreementStatistics {
            municipality: self.municipality.clone(),
            year_from: self.period.from,
            year_to: self.period.to,
            group_by: self.group_by.clone(),
            rows,
        }
    }

    /// The years at whose end it is told what is in force: all that are asked for, else from the
    /// first in which something happened to the last.
    fn ends(&self, by_year: bool, found: impl Iterator<Item = i32> + Clone) -> Vec<i16> {
        let last = self.period.to.or_else(|| found.clone().max().filter(|_| by_year));
        let first = if by_year { self.period.from.or_else(|| found.min()) } else { last };
        match (first, last) {
            (Some(first), Some(last)) => {
                (first.max(last - YEARS + 1)..=last).filter_map(|year| i16::try_from(year).ok()).collect()
            }
            _ => Vec::new(),
        }
    }

    fn key(&self, paper: &AgreementPaper) -> Vec<Option<String>> {
        let by_kind = self.group_by.contains(&AgreementStatisticsGroup::Kind);
        by_kind.then(|| Some(paper.kind.as_str().to_owned())).into_iter().collect()
    }

    fn bucket(&self, paper: &AgreementPaper, span: YearSpan) -> Bucket {
        Bucket { key: self.key(paper), span, tally: tally(paper) }
    }

    fn is_meant(&self, figure: &Figure) -> bool {
        self.municipality.is_some()
            && self.kinds.is_empty()
            && !self.group_by.contains(&AgreementStatisticsGroup::Kind)
            && figure.country.is_none()
            && figure.direction.is_none()
    }

    fn row<'r>(
        &self,
        rows: &'r mut BTreeMap<Vec<String>, AgreementStatisticsRow>,
        made: &Made<'_, AgreementStatisticsGroup>,
    ) -> &'r mut AgreementStatisticsRow {
        use AgreementStatisticsGroup::{Kind, Year};
        // What has no year comes last.
        let place = self.group_by.iter().map(|group| made.text(*group).unwrap_or("~").to_owned()).collect();
        rows.entry(place).or_insert_with(|| {
            let kinds = listed(&self.kinds);
            let states = listed(CONCLUDED);
            AgreementStatisticsRow {
                year: made.year(Year),
                kind: made.value(Kind),
                concluded: StatisticsCount::default(),
                entered_into_force: StatisticsCount::default(),
                lapsed: StatisticsCount::default(),
                in_force: None,
                reported: Vec::new(),
                records: Records::of(CollectionName::Agreements, self.municipality.as_ref())
                    .with("kind", made.text(Kind).unwrap_or(&kinds))
                    .with("state", &states)
                    .in_period("signed_on", made.year(Year), self.period)
                    .done(),
            }
        })
    }
}

fn tally(paper: &AgreementPaper) -> Tally {
    Tally { records: paper.papers, ..Tally::default() }
}
