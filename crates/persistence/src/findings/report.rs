//! What is recorded for the report of a year: whether its parts have anything to tell.

use std::collections::BTreeSet;

use pobratim_domain::{
    AssistanceCaseState, CollectionName, ExchangeState, Municipality, Record, RecordMention, ReportFacts,
    fields_of_domain,
};
use sea_orm::sea_query::{Alias, Condition, ExprTrait, Query};

use super::{took_place, year_of};
use crate::candidates::{Candidates, column};
use crate::dated::{When, parts};
use crate::days::END;
use crate::error::Error;
use crate::stored::table_name;

use CollectionName::{Agreements, AssistanceCases, Events, Exchanges, Observations, Projects};

/// What is recorded for the report of a year; nothing when some of it may not be told of.
pub(super) async fn report(
    look: &Candidates<'_>,
    municipality: &Record<Municipality>,
    year: i16,
) -> Result<Option<ReportFacts>, Error> {
    let Some(settings) = &municipality.body.report else { return Ok(None) };
    if !look.may(&[Events, Exchanges, Agreements, AssistanceCases, Projects, Observations]) {
        return Ok(None);
    }
    let (first, last) = (format!("{year:04}-01-01"), format!("{year:04}-12-31"));
    let held = Condition::all().add(column(Events, "status").eq("held"));
    let mut lively = took_place();
    lively.push(ExchangeState::UnderWay.as_str());
    let exchanged = Condition::all().add(column(Exchanges, "state").is_in(lively));
    let mut covered = Covered::of(settings.domains.iter().map(|domain| fields_of_domain(domain.as_str())));
    let mut has_activity = false;
    for (collection, fits) in [(Events, held), (Exchanges, exchanged)] {
        has_activity |= covered.look_at(look, collection, &fits, year_of(year)?).await?;
    }
    let in_year = |collection, name: &str| {
        let reaches = Condition::all()
            .add(column(collection, &format!("{name}_first")).lte(last.as_str()))
            .add(column(collection, &format!("{name}_last")).gte(first.as_str()));
        // Without a date, the first day is the last of the calendar; that is what the index has.
        Condition::any().add(reaches).add(column(collection, &format!("{name}_first")).eq(END))
    };
    let signed =
        Condition::all().add(column(Agreements, "signed_on").is_not_null()).add(in_year(Agreements, "signed_on"));
    has_activity |= look.any(Agreements, signed).await?;
    let cases = Condition::all()
        .add(column(AssistanceCases, "state").is_in(AssistanceCaseState::ALL.iter().map(|state| state.as_str())))
        .add(in_year(AssistanceCases, "period"));
    let investment = Condition::all()
        .add(column(Projects, "kind").eq("investment"))
        .add(column(Projects, "state").is_not_in(["idea", "cancelled"]))
        .add(in_year(Projects, "period"));
    let select = Query::select()
        .distinct()
        .expr_as(column(Observations, "indicator"), Alias::new("indicator"))
        .from(table_name(Observations))
        .cond_where(look.kept(Observations).add(in_year(Observations, "period")))
        .to_owned();
    let mut indicators = BTreeSet::new();
    for row in look.all(&select).await? {
        indicators.insert(row.try_get("", "indicator")?);
    }
    Ok(Some(ReportFacts {
        municipality: RecordMention::of(CollectionName::Municipalities, &municipality.head),
        domains: settings.domains.iter().map(|domain| domain.as_str().to_owned()).collect(),
        fields: covered.fields.into_iter().map(str::to_owned).collect(),
        indicators,
        has_activity,
        has_economy: look.any(AssistanceCases, cases).await? || look.any(Projects, investment).await?,
    }))
}

/// What domains are covered by, as far as it was looked for.
struct Covered<'f> {
    /// The fields that were found: one at least of each domain that has any.
    fields: BTreeSet<&'f str>,
    /// The fields of each domain of which none was found.
    missing: Vec<Vec<&'f str>>,
}

impl<'f> Covered<'f> {
    /// Nothing yet, of these domains by their fields.
    fn of(domains: impl Iterator<Item = Vec<&'f str>>) -> Self {
        Self { fields: BTreeSet::new(), missing: domains.filter(|fields| !fields.is_empty()).collect() }
    }

    /// Looks for what is missing in the events or exchanges of a year, and in those without a date. Gives
    /// whether there are any that fit.
    async fn look_at(
        &mut self,
        look: &Candidates<'_>,
        collection: CollectionName,
        fits: &Condition,
        year: When,
    ) -> Result<bool, Error> {
        let mut is_any = false;
        for part in [year, When::Unknown].into_iter().flat_map(|when| parts(collection, when)) {
            let fits = part.add(fits.clone());
            if !look.any(collection, fits.clone()).await? {
                continue;
            }
            is_any = true;
            for fields in std::mem::take(&mut self.missing) {
                match look.term_of_any(collection, fits.clone(), "fields", &fields).await? {
                    Some(found) => self.fields.extend(fields.into_iter().find(|field| *field == found)),
                    None => self.missing.push(fields),
                }
            }
        }
        Ok(is_any)
    }
}
