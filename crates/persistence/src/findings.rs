//! Findings: the candidates for each rule, and the acceptances beside what the rules find. The
//! rules themselves are the domain's.

mod report;

use std::collections::{HashMap, HashSet};

use jiff::civil::Date;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{Containment, PartialInterval};
use pobratim_domain::{
    Agreement, AgreementState, CITED, CitedRecord, CityEvent, Claim, ClaimState, CollectionName, ExchangeCount,
    ExchangeCounts, ExchangeDirection, ExchangeState, Finding, FindingAcceptance, FindingCode, FindingFacts, Letter,
    LetterState, Observation, OpenActivity, Organization, Partnership, Period, Record, RecordMention, Timestamp,
    TwinFacts, UncountedExchange, WorkPlan, is_of_years, mark,
};
use sea_orm::QueryResult;
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, LikeExpr, Query, SimpleExpr};
use uuid::Uuid;

use crate::candidates::{Candidates, MENTION, MOST, column, mention, nested};
use crate::dated::{When, may_take_place, open_events, open_exchanges};
use crate::duplicates::{ToCompare, told};
use crate::error::Error;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

use CollectionName::{
    AcceptedFindings, Agreements, AssistanceCases, Events, Exchanges, Letters, Observations, Organizations,
    Partnerships, Places, Programmes, Projects, WorkPlans,
};

/// What findings are asked for.
#[derive(Clone, Debug)]
pub struct FindingsQuery {
    /// Whose records are looked at: the slug.
    pub municipality: String,
    /// The year whose report is looked at. Without it, rules about a report are silent.
    pub year: Option<i16>,
    /// The day they are told for.
    pub on: Date,
    /// The language of titles and suggestions.
    pub lang: String,
    /// The collections that may be told of; nothing for all that the view sees.
    pub readable: Option<Vec<CollectionName>>,
}

/// What was found.
#[derive(Clone, Debug)]
pub struct Findings {
    /// The findings, the gravest first, accepted ones among them.
    pub items: Vec<Finding>,
    /// Whether there were more candidates than are looked at, so that some findings may be missing.
    pub truncated: bool,
}

impl Snapshot {
    /// What the records of a municipality give reason to look at, as far as the caller sees them.
    /// The number of statements and of candidates does not grow with the database.
    pub async fn findings(&self, view: &View, query: &FindingsQuery) -> Result<Findings, Error> {
        let mut look = Candidates::new(self, view, &query.municipality, query.readable.as_deref());
        let mut facts = FindingFacts::new(query.on, query.year);
        let municipality = self.municipality(&query.municipality).await?;
        sources(&mut look, &mut facts).await?;
        activities(&mut look, &mut facts).await?;
        papers(&mut look, &mut facts).await?;
        directory(&mut look, &mut facts).await?;
        if let (Some(municipality), Some(year)) = (&municipality, query.year) {
            facts.report = report::report(&look, municipality, year).await?;
        }
        let mut items = facts.findings(&query.lang);
        accept(&look, &mut items).await?;
        Ok(Findings { items, truncated: look.truncated })
    }
}

fn like(collection: CollectionName, name: &str, text: &str) -> SimpleExpr {
    column(collection, name).like(LikeExpr::new(format!("%{text}%")).escape('!'))
}

/// Claims, quotes and dates. What is grave comes before what is merely good to know.
async fn sources(look: &mut Candidates<'_>, facts: &mut FindingFacts) -> Result<(), Error> {
    let mut grave = vec![mark(FindingCode::ConflictingClaims, None), mark(FindingCode::AmbiguousCountryAlias, None)];
    grave.extend(facts.year.map(|year| mark(FindingCode::OutsideYear, Some(year))));
    let light = [mark(FindingCode::IncompleteList, None), mark(FindingCode::UnconfirmedDate, None)];
    for (collection, dates) in CITED.iter().copied() {
        let columns: Vec<&str> =
            MENTION.iter().copied().chain(["sources", "claims"]).chain(dates.iter().copied()).collect();
        for row in look.marked(collection, &columns, &[&grave, &light]).await? {
            facts.cited.push(cited(collection, dates, &row)?);
        }
    }
    Ok(())
}

fn cited(collection: CollectionName, dates: &[&'static str], row: &QueryResult) -> Result<CitedRecord, Error> {
    let mut written = Vec::new();
    for name in dates {
        if let Some(text) = row.try_get::<Option<String>>("", name)? {
            written.push((*name, text));
        }
    }
    Ok(CitedRecord {
        record: mention(collection, row)?,
        sources: nested(collection, row, "sources")?,
        claims: nested(collection, row, "claims")?,
        dates: written,
    })
}

/// Events and exchanges that are open, or planned projects and programmes, after their time.
pub(crate) async fn open_after(
    look: &mut Candidates<'_>,
    kinds: &[(CollectionName, &'static str, &[&str])],
    on: Date,
) -> Result<Vec<OpenActivity>, Error> {
    let mut open = Vec::new();
    for (collection, member, states) in kinds.iter().copied() {
        let is_open = || column(collection, member).is_in(states.iter().copied());
        let fits = Condition::all()
            .add(may_take_place(collection).unwrap_or_else(is_open))
            .add(column(collection, "period").is_not_null())
            .add(column(collection, "period_first").lt(on.to_string()))
            .add(column(collection, "period_last").lt(on.to_string()));
        for row in look.rows(collection, &["id", "ref", member, "period", "title"], fits).await? {
            let period: String = row.try_get("", "period")?;
            open.push(OpenActivity {
                record: mention(collection, &row)?,
                member,
                state: row.try_get("", member)?,
                period: PartialInterval::parse(&period)
                    .map_err(|error| Error::Defect(format!("{collection}.period: {error}")))?,
                title: nested(collection, &row, "title")?,
            });
        }
    }
    Ok(open)
}

fn took_place() -> Vec<&'static str> {
    ExchangeState::ALL.iter().filter(|state| state.took_place()).map(|state| state.as_str()).collect()
}

async fn activities(look: &mut Candidates<'_>, facts: &mut FindingFacts) -> Result<(), Error> {
    let kinds: &[(CollectionName, &str, &[&str])] = &[
        (Events, "status", &open_events()),
        (Exchanges, "state", &open_exchanges()),
        (Projects, "state", &["idea", "planned", "offered", "in_talks"]),
        (Programmes, "state", &["planned"]),
    ];
    facts.open = open_after(look, kinds, facts.on).await?;
    let unreported = column(WorkPlans, "state").ne("reported");
    let begun = column(WorkPlans, "year").lte(facts.on.year());
    facts.plans = look.records::<WorkPlan>(Condition::all().add(unreported).add(begun)).await?;
    if let Some(year) = facts.year {
        // An edition of a year before lies outside the year that its source is about.
        let outside = look.with_mark(Events, &mark(FindingCode::OutsideYear, Some(year)));
        let fits = Condition::all()
            .add(column(Events, "series_key").is_not_null())
            .add(column(Events, "period_last").lt(format!("{:04}-01-01", year - 1)))
            .add(column(Events, "id").in_subquery(outside));
        facts.editions = look.records::<CityEvent>(fits).await?;
    }
    let delegations = Condition::all().add(column(Observations, "indicator").eq("delegations"));
    facts.observations = look.records::<Observation>(delegations).await?;
    if !facts.observations.is_empty() && look.may(&[Exchanges]) {
        facts.counts = Some(counts(look, &facts.observations).await?);
    }
    // Older ones will not be mended any more.
    let when = match facts.year {
        Some(year) => year_of(year)?,
        None => When::Between(facts.on.saturating_sub(jiff::Span::new().years(1)), facts.on),
    };
    let fits = counted().add(column(Exchanges, "headcount").is_null()).add(column(Exchanges, "period").is_not_null());
    for row in look.rows_at(Exchanges, &["id", "ref", "period"], when, &fits).await? {
        let record = mention(Exchanges, &row)?;
        facts.uncounted.push(UncountedExchange { record, period: row.try_get("", "period")? });
    }
    Ok(())
}

/// Exchanges that took place and count in statistics.
fn counted() -> Condition {
    Condition::all()
        .add(column(Exchanges, "state").is_in(took_place()))
        .add(column(Exchanges, "counts_in_statistics").eq(true))
}

/// The days of a year.
fn year_of(year: i16) -> Result<When, Error> {
    let day = |month, day| Date::new(year, month, day).map_err(|error| Error::Defect(error.to_string()));
    Ok(When::Between(day(1, 1)?, day(12, 31)?))
}

/// The exchanges that certainly fall into the time of the figures, by direction and country: for figures of
/// whole years by years, as they are kept, for others by months.
async fn counts(look: &Candidates<'_>, observations: &[Record<Observation>]) -> Result<ExchangeCounts, Error> {
    let mut counts = ExchangeCounts::default();
    let (of_years, of_months): (Vec<&PartialInterval>, Vec<&PartialInterval>) =
        observations.iter().map(|record| &record.body.period).partition(|period| is_of_years(period));
    let years = |day: Option<Date>| day.map(|day| i32::from(day.year()));
    let from = of_years.iter().filter_map(|period| years(period.earliest())).min();
    let to = of_years.iter().filter_map(|period| years(period.latest())).max();
    if let (Some(from), Some(to)) = (from, to) {
        counts.years = counts_of_years(look, from, to).await?;
    }
    let first = of_months.iter().filter_map(|period| period.earliest()).min();
    let last = of_months.iter().filter_map(|period| period.latest()).max();
    if let (Some(first), Some(last)) = (first, last) {
        counts.months = counts_of_months(look, first, last).await?;
    }
    Ok(counts)
}

/// The exchanges that certainly began and ended in these years, by direction, country and years.
async fn counts_of_years(look: &Candidates<'_>, from: i32, to: i32) -> Result<Vec<ExchangeCount>, Error> {
    let period = Period { from: Some(from), to: Some(to) };
    let mut counts = Vec::new();
    for bucket in look.exchange_buckets(period).await? {
        let [Some(direction), Some(country)] = bucket.key.as_slice() else { continue };
        let direction = match direction.as_str() {
            "incoming" => ExchangeDirection::Incoming,
            _ => ExchangeDirection::Outgoing,
        };
        let day = |year: i32, month, day| Date::new(i16::try_from(year).ok()?, month, day).ok();
        let (first, last) = (day(bucket.span.first, 1, 1), day(bucket.span.last, 12, 31));
        if let (Ok(country), Some(first), Some(last)) = (CountryCode::parse(country), first, last)
            && bucket.span.within(period) == Containment::Certain
        {
            let count = bucket.tally.records;
            counts.push(ExchangeCount { direction, country: country.group(), first, last, count });
        }
    }
    Ok(counts)
}

/// The exchanges that certainly began and ended in these days, by direction, country and months.
async fn counts_of_months(look: &Candidates<'_>, first: Date, last: Date) -> Result<Vec<ExchangeCount>, Error> {
    // Written out, since an expression with bound values is another one each time it is used.
    let month = |name: &str| Expr::cust(format!("substr(\"exchanges\".\"{name}\", 1, 7)"));
    let begins = || column(Exchanges, "period_first");
    let mut certain = look.kept(Exchanges).add(counted()).add(begins().gte(first.to_string()));
    certain = certain.add(begins().lte(last.to_string())).add(column(Exchanges, "period_last").lte(last.to_string()));
    for doubt in ["?", "~", "!%"] {
        certain = certain.add(like(Exchanges, "period", doubt).not());
    }
    let select = Query::select()
        .expr_as(column(Exchanges, "direction"), Alias::new("direction"))
        .expr_as(column(Places, "country_group"), Alias::new("country"))
        .expr_as(month("period_first"), Alias::new("first"))
        .expr_as(month("period_last"), Alias::new("last"))
        .expr_as(Func::count(Expr::col(sea_orm::sea_query::Asterisk)), Alias::new("count"))
        .from(table_name(Exchanges))
        .inner_join(table_name(Places), column(Places, "id").eq(column(Exchanges, "partner")))
        .cond_where(certain)
        .add_group_by([column(Exchanges, "direction"), column(Places, "country_group")])
        .add_group_by([month("period_first"), month("period_last")])
        .to_owned();
    let mut counts = Vec::new();
    for row in look.all(&select).await? {
        let text = |name: &str| row.try_get::<String>("", name);
        let day = |name: &str| -> Result<Option<Date>, Error> { Ok(format!("{}-01", text(name)?).parse().ok()) };
        let direction = match text("direction")?.as_str() {
            "incoming" => ExchangeDirection::Incoming,
            _ => ExchangeDirection::Outgoing,
        };
        let country = CountryCode::parse(&text("country")?);
        if let (Ok(country), Some(first), Some(last)) = (country, day("first")?, day("last")?) {
            let count = row.try_get("", "count")?;
            counts.push(ExchangeCount { direction, country, first, last: last.last_of_month(), count });
        }
    }
    Ok(counts)
}

async fn papers(look: &mut Candidates<'_>, facts: &mut FindingFacts) -> Result<(), Error> {
    let signed = [AgreementState::Signed.as_str(), AgreementState::InForce.as_str()];
    let unsigned =
        Condition::all().add(column(Agreements, "state").is_in(signed)).add(column(Agreements, "signatories").eq("[]"));
    let past = Condition::all()
        .add(column(Agreements, "state").eq(AgreementState::InForce.as_str()))
        .add(column(Agreements, "in_force_until").lt(facts.on.to_string()));
    let mut known = HashSet::new();
    for fits in [past, unsigned] {
        let found = look.records::<Agreement>(fits).await?;
        facts.agreements.extend(found.into_iter().filter(|record| known.insert(record.head.id)));
    }
    let late = Condition::all()
        .add(column(Letters, "state").eq(LetterState::AwaitingReply.as_str()))
        .add(column(Letters, "reply_due").is_not_null())
        .add(column(Letters, "reply_due_last").lt(facts.on.to_string()));
    facts.letters = look.records::<Letter>(late).await?;
    let living = || Condition::all().add(column(Partnerships, "living").eq(true));
    let twins = look.records::<Partnership>(living().add(column(Partnerships, "kind").eq("twin"))).await?;
    facts.twins = twin_facts(look, twins).await?;
    Ok(())
}

/// How many claims there are on the beginning of a tie of which none is decided.
fn disputed(tie: &Record<Partnership>) -> usize {
    let is_open = |claim: &&Claim| claim.field == "established" && claim.state == ClaimState::Disputed;
    tie.head.claims.iter().filter(is_open).count()
}

async fn twin_facts(look: &Candidates<'_>, twins: Vec<Record<Partnership>>) -> Result<Vec<TwinFacts>, Error> {
    let mut with_paper = HashSet::new();
    let may = look.may(&[Agreements]);
    if may && !twins.is_empty() {
        let signed = look
            .kept(Agreements)
            .add(column(Agreements, "partnership").is_in(twins.iter().map(|twin| twin.head.id)))
            .add(column(Agreements, "state").is_in([AgreementState::Signed.as_str(), AgreementState::InForce.as_str()]))
            .add(column(Agreements, "kind").is_not_in(["letter_of_intent", "termination_notice"]));
        let select = Query::select()
            .distinct()
            .expr_as(column(Agreements, "partnership"), Alias::new("partnership"))
            .from(table_name(Agreements))
            .cond_where(signed)
            .to_owned();
        for row in look.all(&select).await? {
            with_paper.insert(row.try_get::<Uuid>("", "partnership")?);
        }
    }
    let of = |record: Record<Partnership>| TwinFacts {
        established: record.body.established.is_some(),
        contested: disputed(&record) > 1,
        has_paper: may.then(|| with_paper.contains(&record.head.id)),
        record: RecordMention::of(Partnerships, &record.head),
    };
    Ok(twins.into_iter().map(of).collect())
}

async fn directory(look: &mut Candidates<'_>, facts: &mut FindingFacts) -> Result<(), Error> {
    let national = Condition::all()
        .add(column(Organizations, "kind").eq("association"))
        .add(column(Organizations, "scope").eq("national"))
        .add(column(Organizations, "claims").ne("[]"));
    let unnamed = Condition::all().add(column(Organizations, "name_known").eq(false));
    let mut known = HashSet::new();
    for fits in [national, unnamed] {
        let found = look.records::<Organization>(fits).await?;
        facts.organizations.extend(found.into_iter().filter(|record| known.insert(record.head.id)));
    }
    let open = Condition::all().add(column(AssistanceCases, "list_complete").eq(false));
    for row in look.rows(AssistanceCases, &["id", "ref", "sources", "claims"], open).await? {
        facts.open_lists.push(cited(AssistanceCases, &[], &row)?);
    }
    possible_duplicates(look, facts).await
}

/// Records that are called alike, and ties of several: what is told of in full by the list of duplicates.
async fn possible_duplicates(look: &mut Candidates<'_>, facts: &mut FindingFacts) -> Result<(), Error> {
    let mut compared = ToCompare::default();
    for collection in [Organizations, Places] {
        let several = Query::select()
            .expr(column(collection, "name_key"))
            .from(table_name(collection))
            .cond_where(look.kept(collection))
            .add_group_by([column(collection, "name_key")])
            .and_having(Func::count(Expr::col(sea_orm::sea_query::Asterisk)).gt(1))
            .to_owned();
        let same_name = Condition::all().add(column(collection, "name_key").in_subquery(several));
        compared.add(look, collection, same_name, MOST).await?;
    }
    compared.add(look, Partnerships, Condition::all(), MOST).await?;
    if compared.candidates.is_empty() {
        return Ok(());
    }
    compared.told = told(look).await?;
    look.truncated |= compared.truncated;
    facts.duplicates = compared.duplicates();
    Ok(())
}

/// Puts the acceptances that the caller sees beside the findings.
async fn accept(look: &Candidates<'_>, items: &mut [Finding]) -> Result<(), Error> {
    if !look.may(&[AcceptedFindings]) {
        return Ok(());
    }
    let mut accepted: HashMap<Uuid, FindingAcceptance> = HashMap::new();
    let ids: Vec<Uuid> = items.iter().map(|finding| finding.id).collect();
    for chunk in ids.chunks(1000) {
        let select = Query::select()
            .columns(
                ["id", "ref", "finding", "reason", "updated_at"]
                    .map(|name| (table_name(AcceptedFindings), Alias::new(name))),
            )
            .from(table_name(AcceptedFindings))
            .cond_where(
                look.kept(AcceptedFindings).add(column(AcceptedFindings, "finding").is_in(chunk.iter().copied())),
            )
            .order_by((table_name(AcceptedFindings), Alias::new("created_at")), sea_orm::Order::Asc)
            .to_owned();
        for row in look.all(&select).await? {
            let acceptance = FindingAcceptance {
                record: mention(AcceptedFindings, &row)?,
                reason: row.try_get("", "reason")?,
                at: Timestamp::from_micros(row.try_get("", "updated_at")?),
            };
            accepted.entry(row.try_get("", "finding")?).or_insert(acceptance);
        }
    }
    for finding in items {
        finding.acceptance = accepted.remove(&finding.id);
    }
    Ok(())
}
