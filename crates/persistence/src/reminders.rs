//! Reminders: the candidates for each rule. The rules themselves are the domain's.

use std::collections::HashMap;

use jiff::Span;
use jiff::civil::Date;
use pobratim_domain::value::LocalizedText;
use pobratim_domain::{
    Agreement, AgreementState, CollectionName, ExchangeState, Letter, LetterState, Organization, Partnership, Place,
    Record, Reminder, ReminderFacts, SummarySettings, WorkPlan,
};
use sea_orm::sea_query::{Alias, Condition, Expr, ExprTrait, Func, Query, SelectStatement};
use uuid::Uuid;

use crate::candidates::{Candidates, column};
use crate::days::END;
use crate::error::Error;
use crate::findable::link;
use crate::findings::{open_after, open_events, open_exchanges};
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
        let quiet = quiet(look, facts);
        let found = look.records::<Partnership>(quiet).await?;
        let ids: Vec<Uuid> = found.iter().map(|record| record.head.id).collect();
        facts.last_activity = last_activity(look, &ids, facts.on).await?;
        let known: Vec<Uuid> = ties.iter().map(|record| record.head.id).collect();
        ties.extend(found.into_iter().filter(|record| !known.contains(&record.head.id)));
    }
    facts.names = names(look, &ties).await?;
    facts.partnerships = ties;
    Ok(())
}

/// What takes place under a tie, by collection: the field that names the tie, the days, and what
/// counts as having taken place. The same as in a tie's summary.
fn activities() -> [(CollectionName, &'static str, &'static str, Condition); 3] {
    let went = [ExchangeState::UnderWay, ExchangeState::Completed, ExchangeState::Reported].map(ExchangeState::as_str);
    [
        (Exchanges, "partnerships", "period", Condition::all().add(column(Exchanges, "state").is_in(went))),
        (Events, "partnerships", "period", Condition::all().add(column(Events, "status").eq("held"))),
        (Agreements, "partnership", "signed_on", Condition::all()),
    ]
}

/// The records of a collection that took place under a tie, and when.
fn under_ties(
    look: &Candidates<'_>,
    (collection, field, date, took_place): &(CollectionName, &str, &str, Condition),
) -> SelectStatement {
    Query::select()
        .from(link::Entity)
        .inner_join(
            table_name(*collection),
            column(*collection, "id").eq(Expr::col((link::Entity, link::Column::RecordId))),
        )
        .and_where(Expr::col((link::Entity, link::Column::Collection)).eq(collection.as_str()))
        .and_where(Expr::col((link::Entity, link::Column::Field)).eq(*field))
        .and_where(column(*collection, date).is_not_null())
        .and_where(column(*collection, &format!("{date}_last")).ne(END))
        .cond_where(look.seen(*collection).add(took_place.clone()))
        .to_owned()
}

/// Active ties under which something took place, but nothing lately.
fn quiet(look: &Candidates<'_>, facts: &ReminderFacts) -> Condition {
    let months = Span::new().try_months(facts.settings.dormancy_months);
    // Months differ in length; the rule decides to the day.
    let since =
        months.and_then(|span| facts.until.checked_sub(span)).and_then(|day| day.checked_add(Span::new().days(3)));
    let since = since.unwrap_or(Date::MIN).to_string();
    let (mut quiet, mut ever) = (Condition::all(), Condition::any());
    for activity in activities() {
        let mut under = under_ties(look, &activity);
        under
            .expr(Expr::value(1))
            .and_where(Expr::col((link::Entity, link::Column::Target)).eq(column(Partnerships, "id")));
        ever = ever.add(Expr::exists(under.clone()));
        let lately =
            under.and_where(column(activity.0, &format!("{}_last", activity.2)).gte(since.as_str())).to_owned();
        quiet = quiet.add(Expr::exists(lately).not());
    }
    Condition::all().add(column(Partnerships, "stage").eq("active")).add(ever).add(quiet)
}

/// The day of the last thing that took place under each tie.
async fn last_activity(look: &Candidates<'_>, ties: &[Uuid], on: Date) -> Result<HashMap<Uuid, Date>, Error> {
    let mut last: HashMap<Uuid, Date> = HashMap::new();
    if ties.is_empty() {
        return Ok(last);
    }
    for activity in activities() {
        let target = || Expr::col((link::Entity, link::Column::Target));
        let select = under_ties(look, &activity)
            .expr_as(target(), Alias::new("target"))
            .expr_as(Func::max(column(activity.0, &format!("{}_last", activity.2))), Alias::new("last"))
            .and_where(target().is_in(ties.iter().copied()))
            .add_group_by([target()])
            .to_owned();
        for row in look.all(&select).await? {
            // A month that is not over yet may reach beyond the day.
            if let Ok(day) = row.try_get::<String>("", "last")?.parse::<Date>() {
                let known = last.entry(row.try_get("", "target")?).or_insert(Date::MIN);
                *known = (*known).max(day.min(on));
            }
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
