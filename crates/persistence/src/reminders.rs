//! Reminders: the candidates for each rule. The rules themselves are the domain's.

use std::collections::{BTreeMap, HashMap};

use jiff::Span;
use jiff::civil::Date;
use pobratim_domain::value::LocalizedText;
use pobratim_domain::{
    Agreement, AgreementState, CollectionName, Letter, LetterState, Organization, Partnership, Place, Record, Reminder,
    ReminderFacts, SummarySettings, WorkPlan,
};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Query, SimpleExpr};
use sea_orm::{ColumnTrait, Order};
use uuid::Uuid;

use crate::candidates::{Candidates, MOST, column};
use crate::dated::{open_events, open_exchanges};
use crate::error::Error;
use crate::findable::{ACTIVITY, term};
use crate::findings::open_after;
use crate::read::Snapshot;
use crate::stored::table_name;
use crate::view::View;

use CollectionName::{Agreements, Events, Exchanges, Letters, Organizations, Partnerships, Places, WorkPlans};

/// What reminders are asked for.
#[derive(Clone, Debug)]
pub struct RemindersQuery {
    /// Whose records are looked at: the slug.
    pub municipality: String,
    /// Which anniversaries it marks, and when a tie is dormant.
    pub settings: SummarySettings,
    /// The day they are told for.
    pub on: Date,
    /// The last day that is looked at.
    pub until: Date,
    /// The language of titles.
    pub lang: String,
    /// The collections that may be told of; nothing for all that the view sees.
    pub readable: Option<Vec<CollectionName>>,
}

/// What is due.
#[derive(Clone, Debug)]
pub struct Reminders {
    /// The reminders, the earliest first.
    pub items: Vec<Reminder>,
    /// Whether there were more candidates than are looked at, so that some reminders may be missing.
    pub truncated: bool,
}

impl Snapshot {
    /// What is due in a municipality, as far as the caller sees its records. The number of
    /// statements and of candidates does not grow with the database.
    pub async fn reminders(&self, view: &View, query: &RemindersQuery) -> Result<Reminders, Error> {
        let mut look = Candidates::new(self, view, &query.municipality, query.readable.as_deref());
        let mut facts = ReminderFacts::new(query.on, query.until, query.settings.clone());
        papers(&mut look, &mut facts).await?;
        ties(&mut look, &mut facts).await?;
        let (on, until) = (facts.on, facts.until.to_string());
        let awaited = Condition::all()
            .add(column(Letters, "state").eq(LetterState::AwaitingReply.as_str()))
            .add(column(Letters, "reply_due").is_not_null())
            .add(column(Letters, "reply_due_last").lte(until));
        facts.letters = look.records::<Letter>(awaited).await?;
        let carried_out = Condition::all().add(column(WorkPlans, "state").is_in(["approved", "in_execution"]));
        facts.plans = look.records::<WorkPlan>(carried_out).await?;
        let kinds: &[(CollectionName, &str, &[&str])] =
            &[(Events, "status", &open_events()), (Exchanges, "state", &open_exchanges())];
        facts.open = open_after(&mut look, kinds, on).await?;
        Ok(Reminders { items: facts.reminders(&query.lang), truncated: look.truncated })
    }
}

/// Days of the past whose anniversaries lie within the window: a first and a last one for each year
/// that is marked.
fn begun(facts: &ReminderFacts) -> Vec<(String, String)> {
    let before = |day: Date, years: i32| Span::new().try_years(years).and_then(|span| day.checked_sub(span));
    let years = facts.settings.anniversary_years.iter().filter(|years| **years > 0);
    // The day after as well: what began on 29 February is kept on the 28th.
    let days = years
        .filter_map(|years| Some((before(facts.on, *years).ok()?, before(facts.until, *years).ok()?.tomorrow().ok()?)));
    days.map(|(first, last)| (first.to_string(), last.to_string())).collect()
}

/// A date may be one of those days.
fn has_anniversary(collection: CollectionName, name: &str, facts: &ReminderFacts) -> Condition {
    let mut any = Condition::any();
    for (first, last) in begun(facts) {
        let reaches = Condition::all()
            .add(column(collection, &format!("{name}_first")).lte(last))
            .add(column(collection, &format!("{name}_last")).gte(first));
        any = any.add(reaches);
    }
    if any.is_empty() { any.add(Expr::value(1).eq(0)) } else { any }
}

async fn papers(look: &mut Candidates<'_>, facts: &mut ReminderFacts) -> Result<(), Error> {
    let in_force = || Condition::all().add(column(Agreements, "state").eq(AgreementState::InForce.as_str()));
    let until = |day: Date| column(Agreements, "in_force_until").lte(day.to_string());
    let since = || column(Agreements, "in_force_until").gte(facts.on.to_string());
    let ending = in_force().add(since()).add(until(facts.until));
    // Notice is given ten years before the end at most, so that is how far renewals are looked for.
    let far = facts.until.saturating_add(Span::new().years(10));
    let renewing = in_force().add(since()).add(until(far)).add(column(Agreements, "auto_renewal").is_not_null());
    let signed = Condition::all()
        .add(column(Agreements, "state").is_in([AgreementState::Signed.as_str(), AgreementState::InForce.as_str()]))
        .add(has_anniversary(Agreements, "signed_on", facts));
    let mut known = std::collections::HashSet::new();
    for fits in [ending, renewing, signed] {
        let found = look.records::<Agreement>(fits).await?;
        facts.agreements.extend(found.into_iter().filter(|record| known.insert(record.head.id)));
    }
    Ok(())
}

async fn ties(look: &mut Candidates<'_>, facts: &mut ReminderFacts) -> Result<(), Error> {
    let marked = Condition::all()
        .add(column(Partnerships, "living").eq(true))
        .add(column(Partnerships, "established").is_not_null())
        .add(has_anniversary(Partnerships, "established", facts));
    let mut ties = look.records::<Partnership>(marked).await?;
    if look.may(&[Partnerships, Exchanges, Events, Agreements]) {
        let last = last_activity(look).await?;
        let since = dormant_since(facts);
        let quiet: BTreeMap<Uuid, Date> = last.into_iter().filter(|(_, last)| *last < since).collect();
        let some = quiet.keys().copied().take(usize::try_from(MOST).unwrap_or(usize::MAX) + 1);
        let found = look.records::<Partnership>(Condition::all().add(column(Partnerships, "id").is_in(some))).await?;
        // A month that is not over yet may reach beyond the day.
        facts.last_activity = quiet.into_iter().map(|(tie, last)| (tie, last.min(facts.on))).collect();
        let known: Vec<Uuid> = ties.iter().map(|record| record.head.id).collect();
        ties.extend(found.into_iter().filter(|record| !known.contains(&record.head.id)));
    }
    facts.names = names(look, &ties).await?;
    facts.partnerships = ties;
    Ok(())
}

/// A tie under which nothing takes place from this day on may be dormant within the window. Months
/// differ in length; the rule decides to the day.
fn dormant_since(facts: &ReminderFacts) -> Date {
    let months = Span::new().try_months(facts.settings.dormancy_months);
    let since = months.and_then(|span| facts.until.checked_sub(span));
    since.and_then(|day| day.checked_add(Span::new().days(3))).unwrap_or(Date::MIN)
}

/// The last day of what took place under each active tie of which something is known, as far as the
/// caller sees it. The index has these days in their order, so that one look for each tie and collection
/// is enough, however much took place.
async fn last_activity(look: &Candidates<'_>) -> Result<HashMap<Uuid, Date>, Error> {
    let under = [Exchanges, Events, Agreements];
    let tie = look.digits_of_id(Partnerships);
    let mut select = Query::select();
    select
        .expr_as(column(Partnerships, "id"), Alias::new("id"))
        .from(table_name(Partnerships))
        .cond_where(look.kept(Partnerships).add(column(Partnerships, "stage").eq("active")));
    for collection in under {
        let written = || Expr::col((term::Entity, term::Column::Term));
        let last = Query::select()
            .expr(written())
            .from(term::Entity)
            .inner_join(
                table_name(collection),
                column(collection, "id").eq(Expr::col((term::Entity, term::Column::RecordId))),
            )
            .and_where(term::Column::Collection.eq(collection.as_str()))
            .and_where(term::Column::Field.eq(ACTIVITY))
            .and_where(written().gt(Expr::cust(format!("{tie} || ' '"))))
            .and_where(written().lt(Expr::cust(format!("{tie} || '!'"))))
            .cond_where(look.seen(collection))
            .order_by((term::Entity, term::Column::Term), Order::Desc)
            .limit(1)
            .to_owned();
        select.expr_as(SimpleExpr::from(last), Alias::new(collection.as_str()));
    }
    let mut last = HashMap::new();
    for row in look.all(&select).await? {
        let written = under.iter().map(|collection| row.try_get("", collection.as_str()));
        let written: Vec<Option<String>> = written.collect::<Result<_, _>>()?;
        let days = written.iter().flatten().filter_map(|text| text.split_once(' ')?.1.parse::<Date>().ok());
        if let Some(day) = days.max() {
            last.insert(row.try_get("", "id")?, day);
        }
    }
    Ok(last)
}

/// What the partners of ties are called.
async fn names(look: &mut Candidates<'_>, ties: &[Record<Partnership>]) -> Result<HashMap<Uuid, LocalizedText>, Error> {
    let partners: Vec<Uuid> = ties.iter().filter_map(|tie| tie.body.partner()?.target()).collect();
    let mut names = HashMap::new();
    if partners.is_empty() {
        return Ok(names);
    }
    let among = |collection| Condition::all().add(column(collection, "id").is_in(partners.iter().copied()));
    for record in look.records::<Place>(among(Places)).await? {
        let preferred = record.body.names.iter().filter(|name| name.preferred);
        let texts = preferred.map(|name| (name.lang.as_str(), name.text.as_str()));
        names.extend(LocalizedText::parse_map(texts).ok().map(|name| (record.head.id, name)));
    }
    for record in look.records::<Organization>(among(Organizations)).await? {
        let preferred = record.body.names.iter().filter(|name| name.preferred);
        let texts = preferred.map(|name| (name.lang.as_str(), name.text.as_str()));
        names.extend(LocalizedText::parse_map(texts).ok().map(|name| (record.head.id, name)));
    }
    Ok(names)
}
