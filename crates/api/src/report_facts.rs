//! Loading what a report is drawn from: a number of lists that does not grow with the city, each
//! cut where a reader would stop reading.

use jiff::civil::Date;
use pobratim_domain::{
    Agreement, CityEvent, Collection, CollectionName, Exchange, ExchangeStatisticsGroup, ExchangeStatisticsQuery,
    Finding, Organization, Partnership, Period, Place, Record, References, Slug,
};
use pobratim_persistence::{
    COMMON_SORTS, Dated, Error, FilterBy, FindingsQuery, ListQuery, Only, Snapshot, Stored, View, Wanted, When,
};
use pobratim_reports::{ExchangeFigure, Facts, RETOLD_YEARS, days_of};
use std::collections::BTreeSet;
use uuid::Uuid;

/// How many ties, papers, delegations and the like a report looks at, of each kind.
const MANY: u64 = 500;
/// How many of those it tells only for completeness.
const SOME: u64 = 100;
/// How many levels of an office are told.
const LEVELS: usize = 5;

/// Whose records are loaded, and for whom.
pub(crate) struct Loading<'s> {
    pub(crate) snapshot: &'s Snapshot,
    pub(crate) view: &'s View,
    pub(crate) municipality: &'s str,
    /// The day that counts as today.
    pub(crate) as_of: Date,
}

/// Something all records of a selection have.
enum Which<'a> {
    Between(&'static str, Date, Date),
    Undated(&'static str),
    Is(&'static str, &'a [&'a str]),
    Refers(&'static str, &'a [Uuid]),
}

impl Loading<'_> {
    /// Everything the report of a year is drawn from, but for what is counted.
    pub(crate) async fn of_year(&self, year: i32, lang: &str) -> Result<Facts, Error> {
        let (first, last) = days_of(year);
        let (back, _) = days_of(year - RETOLD_YEARS);
        let in_year = |name| Which::Between(name, first, last);
        let year_text = year.to_string();
        let years = [year_text.as_str()];
        let next_year = (year + 1).to_string();
        let plan_years = [year_text.as_str(), next_year.as_str()];
        let mut facts = self.nothing().await?;
        facts.organizations = self.list(&[Which::Between("founded", back, last)], "founded", SOME).await?;
        facts.partnerships = self.list(&[], "established", 2 * MANY).await?;
        facts.agreements = self.agreements(first, last).await?;
        facts.exchanges = self.dated::<Exchange>(year, &["proposed", "approved", "confirmed"]).await?;
        facts.events = self.dated::<CityEvent>(year, &["idea", "planned", "confirmed", "postponed"]).await?;
        facts.memberships = self.list(&[], "valid", SOME).await?;
        facts.letters = self.list(&[in_year("sent_on")], "sent_on", MANY).await?;
        facts.programmes = self.current("period", first, last).await?;
        facts.projects = self.current("period", first, last).await?;
        facts.assistance_cases = self.current("period", first, last).await?;
        facts.work_plans = self.list(&[Which::Is("year", &plan_years)], "year", SOME).await?;
        facts.publications = self.current("published_on", first, last).await?;
        facts.observations = self.list(&[in_year("period")], "period", MANY).await?;
        facts.report_notes = self.list(&[Which::Is("year", &years)], "year", SOME).await?;
        add(&mut facts.letters, self.list(&[in_year("received_on")], "sent_on", MANY).await?);
        add(
            &mut facts.letters,
            self.list(&[Which::Undated("sent_on"), Which::Undated("received_on")], "sent_on", SOME).await?,
        );
        let told: Vec<Uuid> = facts.events.iter().map(|event| event.head.id).collect();
        let parts = self.list(&[Which::Refers("parent", &told)], "period", MANY).await?;
        add(&mut facts.events, parts);
        let named: Vec<Uuid> = facts
            .events
            .iter()
            .flat_map(|event| event.body.outcomes.iter().filter_map(|outcome| outcome.agreement))
            .chain(facts.exchanges.iter().filter_map(|exchange| exchange.body.agreement))
            .collect();
        add(&mut facts.agreements, self.named(&named).await?);
        let named: Vec<Uuid> = facts
            .events
            .iter()
            .flat_map(|event| event.body.projects.iter().copied())
            .chain(facts.assistance_cases.iter().flat_map(|case| case.body.projects.iter().copied()))
            .collect();
        add(&mut facts.projects, self.named(&named).await?);
        self.directory(&mut facts).await?;
        facts.exchange_figures = self.exchange_figures(year).await?;
        let query = FindingsQuery {
            municipality: self.municipality.to_owned(),
            year: i16::try_from(year).ok(),
            on: self.as_of,
            lang: lang.to_owned(),
            readable: None,
        };
        facts.findings = self.snapshot.findings(self.view, &query).await?.items;
        // That somebody has accepted it does not mean that there is something to tell.
        let missing = facts.findings.iter().filter_map(Finding::missing_domain);
        facts.missing_domains = missing.map(str::to_owned).collect();
        facts.findings.retain(|finding| finding.acceptance.is_none());
        facts.put_in_order();
        Ok(facts)
    }

    /// Delegations of a year, counted by country and direction, with what was reported.
    async fn exchange_figures(&self, year: i32) -> Result<Vec<ExchangeFigure>, Error> {
        let query = ExchangeStatisticsQuery {
            municipality: Slug::parse(self.municipality).ok(),
            group_by: vec![ExchangeStatisticsGroup::Country, ExchangeStatisticsGroup::Direction],
            period: Period::year(year),
            ..ExchangeStatisticsQuery::default()
        };
        let rows = self.snapshot.exchange_statistics(self.view, &query).await?.rows;
        let figures = rows.into_iter().filter_map(|row| {
            Some(ExchangeFigure {
                country: row.country?,
                direction: row.direction?,
                certain: row.counted.certain,
                possible: row.counted.possible,
                reported: row.reported.first().map(|figure| figure.value),
            })
        });
        Ok(figures.collect())
    }

    /// What the list of a year's papers is drawn from.
    pub(crate) async fn papers_of(&self, year: i32) -> Result<Facts, Error> {
        let (first, last) = days_of(year);
        let mut facts = self.nothing().await?;
        facts.agreements = self.agreements(first, last).await?;
        self.directory(&mut facts).await?;
        facts.put_in_order();
        Ok(facts)
    }

    /// The city alone.
    async fn nothing(&self) -> Result<Facts, Error> {
        Ok(Facts::of(self.snapshot.municipality(self.municipality).await?.ok_or(Error::NotFound)?))
    }

    /// Everything that is known of one tie.
    pub(crate) async fn of_partnership(&self, tie: Record<Partnership>) -> Result<Facts, Error> {
        let ties = [tie.head.id];
        let under = |name| Which::Refers(name, &ties);
        let mut facts = self.nothing().await?;
        facts.partnerships = vec![tie];
        facts.agreements = self.list(&[under("partnership")], "signed_on", MANY).await?;
        facts.exchanges = self.list(&[under("partnerships")], "period", MANY).await?;
        facts.events = self.list(&[under("partnerships")], "period", MANY).await?;
        facts.letters = self.list(&[under("partnership")], "sent_on", SOME).await?;
        facts.projects = self.list(&[under("partnership")], "period", SOME).await?;
        facts.work_plans = self.list(&[under("partnerships")], "year", SOME).await?;
        facts.publications = self.list(&[under("partnerships")], "published_on", SOME).await?;
        let told: Vec<Uuid> = facts.events.iter().map(|event| event.head.id).collect();
        let parts = self.list(&[Which::Refers("parent", &told)], "period", SOME).await?;
        add(&mut facts.events, parts);
        self.directory(&mut facts).await?;
        facts.put_in_order();
        Ok(facts)
    }

    /// The papers signed in these days, in force or lapsed in them, and those whose term nobody knows.
    pub(crate) async fn agreements(&self, first: Date, last: Date) -> Result<Vec<Record<Agreement>>, Error> {
        let mut papers = self.list(&[Which::Between("signed_on", first, last)], "signed_on", MANY).await?;
        let lapsed = [Which::Between("in_force", first, last), Which::Is("state", &["expired", "terminated"])];
        add(&mut papers, self.list(&lapsed, "in_force_until", MANY).await?);
        let in_force = [Which::Between("in_force", first, last)];
        add(&mut papers, self.list(&in_force, "signed_on", MANY).await?);
        add(&mut papers, self.list(&[Which::Is("state", &["signed", "in_force"])], "signed_on", MANY).await?);
        Ok(papers)
    }

    /// Those of the year, those without a date, what stood out lately, and what is planned ahead.
    async fn dated<T: Stored>(&self, year: i32, planned: &[&str]) -> Result<Vec<Record<T>>, Error> {
        let (first, last) = days_of(year);
        let (back, _) = days_of(year - RETOLD_YEARS);
        let (next, _) = days_of(year + 1);
        let in_year = When::Between(first, last);
        let mut records = Vec::new();
        for (when, only, limit) in [
            (in_year, Only::Highlights, MANY),
            (in_year, Only::All, MANY),
            (When::Unknown, Only::All, SOME),
            (When::Between(back, first), Only::Highlights, SOME),
            (When::Since(next), Only::Open(planned), SOME),
        ] {
            let dated = Dated { municipality: self.municipality, when, only, limit };
            add(&mut records, self.snapshot.dated::<T>(self.view, dated).await?);
        }
        Ok(records)
    }

    /// Those of the year and those without a date.
    async fn current<T: Stored>(&self, period: &'static str, first: Date, last: Date) -> Result<Vec<Record<T>>, Error> {
        let mut records = self.list(&[Which::Between(period, first, last)], period, MANY).await?;
        add(&mut records, self.list(&[Which::Undated(period)], period, SOME).await?);
        Ok(records)
    }

    async fn list<T: Stored>(&self, which: &[Which<'_>], sort: &str, limit: u64) -> Result<Vec<Record<T>>, Error> {
        let mut filters = vec![Wanted::Municipality(vec![self.municipality.to_owned()])];
        for which in which {
            match which {
                Which::Between(name, first, last) => {
                    let by = filter::<T>(name)?;
                    filters.extend([Wanted::From(by, first.to_string()), Wanted::To(by, last.to_string())]);
                }
                Which::Undated(name) => filters.push(Wanted::Undated(filter::<T>(name)?)),
                Which::Is(name, values) => {
                    let values = values.iter().map(|value| (*value).to_owned()).collect();
                    filters.push(Wanted::Any(filter::<T>(name)?, values));
                }
                Which::Refers(_, []) => return Ok(Vec::new()),
                Which::Refers(name, ids) => filters.push(Wanted::Refers(filter::<T>(name)?, ids.to_vec())),
            }
        }
        let sort = T::SORTS.iter().find(|known| known.name == sort).copied().unwrap_or(COMMON_SORTS[0]);
        let query = ListQuery { filters, sort, ..ListQuery::all::<T>(limit) };
        self.snapshot.first::<T>(self.view, &query).await
    }

    async fn named<T: Stored>(&self, ids: &[Uuid]) -> Result<Vec<Record<T>>, Error> {
        let ids: BTreeSet<Uuid> = ids.iter().copied().collect();
        self.snapshot.records::<T>(self.view, &Vec::from_iter(ids)).await
    }

    /// The places and organizations that the records name, and what those are part of.
    async fn directory(&self, facts: &mut Facts) -> Result<(), Error> {
        let mut places = BTreeSet::new();
        let mut bodies = BTreeSet::new();
        let unit = facts.municipality.body.responsible_unit;
        places.extend(facts.municipality.body.home_place);
        bodies.extend(unit);
        {
            let mut look = |references: &References| {
                for reference in references.iter() {
                    match reference.collection {
                        CollectionName::Places => _ = places.insert(reference.target),
                        CollectionName::Organizations => _ = bodies.insert(reference.target),
                        _ => {}
                    }
                }
            };
            look_at(&facts.partnerships, &mut look);
            look_at(&facts.agreements, &mut look);
            look_at(&facts.exchanges, &mut look);
            look_at(&facts.events, &mut look);
            look_at(&facts.memberships, &mut look);
            look_at(&facts.letters, &mut look);
            look_at(&facts.projects, &mut look);
            look_at(&facts.assistance_cases, &mut look);
            look_at(&facts.publications, &mut look);
        }
        let bodies: Vec<Uuid> = bodies.into_iter().collect();
        add(&mut facts.organizations, self.named::<Organization>(&bodies).await?);
        let partners: Vec<Uuid> =
            facts.partnerships.iter().flat_map(|tie| tie.body.parties.iter().filter_map(|party| party.place)).collect();
        let offices = [Which::Is("kind", &["administration"]), Which::Refers("place", &partners)];
        add(&mut facts.organizations, self.list(&offices, "name", MANY).await?);
        let mut above = unit;
        for _ in 0..LEVELS {
            let known = facts.organizations.iter().find(|body| Some(body.head.id) == above);
            above = known.and_then(|body| body.body.parent);
            let Some(parent) = above else { break };
            if !facts.organizations.iter().any(|body| body.head.id == parent) {
                facts.organizations.extend(self.named::<Organization>(&[parent]).await?);
            }
        }
        places.extend(facts.organizations.iter().filter_map(|body| body.body.place));
        let places: Vec<Uuid> = places.into_iter().collect();
        facts.places = self.named::<Place>(&places).await?;
        Ok(())
    }
}

fn look_at<T: Collection>(records: &[Record<T>], look: &mut impl FnMut(&References)) {
    for record in records {
        let mut references = References::default();
        record.body.references(&mut references);
        look(&references);
    }
}

/// Adds the records that are not there yet.
fn add<T>(records: &mut Vec<Record<T>>, others: Vec<Record<T>>) {
    let known: BTreeSet<Uuid> = records.iter().map(|record| record.head.id).collect();
    records.extend(others.into_iter().filter(|record| !known.contains(&record.head.id)));
}

fn filter<T: Stored>(name: &str) -> Result<FilterBy, Error> {
    let found = T::FILTERS.iter().find(|filter| filter.name == name);
    found.map(|filter| filter.by).ok_or_else(|| Error::Defect(format!("{} has no filter {name}", T::NAME)))
}
