//! What is recorded for the report of a year: whether its parts have anything to tell.

use std::collections::BTreeSet;

use pobratim_domain::{
    AssistanceCaseState, CollectionName, ExchangeState, Municipality, Record, RecordMention, ReportFacts,
    fields_of_domain,
};
use sea_orm::sea_query::{Alias, Condition, ExprTrait, Query};

use super::took_place;
use crate::candidates::{Candidates, column};
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
    let in_year = |collection, name: &str| {
        let reaches = Condition::all()
            .add(column(collection, &format!("{name}_first")).lte(last.as_str()))
            .add(column(collection, &format!("{name}_last")).gte(first.as_str()));
        // Without a date, the first day is the last of the calendar; that is what the index has.
        Condition::any().add(reaches).add(column(collection, &format!("{name}_first")).eq(END))
    };
    let mut lively = took_place();
    lively.push(ExchangeState::UnderWay.as_str());
    let held = Condition::all().add(column(Events, "status").eq("held")).add(in_year(Events, "period"));
    let exchanged = Condition::all().add(column(Exchanges, "state").is_in(lively)).add(in_year(Exchanges, "period"));
    let wanted: BTreeSet<&str> = settings.domains.iter().flat_map(|domain| fields_of_domain(domain.as_str())).collect();
    let mut fields = BTreeSet::new();
    for field in wanted {
        let with = |collection, fits: &Condition| {
            fits.clone().add(column(collection, "id").in_subquery(look.with_term(collection, "fields", field)))
        };
        let is_told =
            look.any(Events, with(Events, &held)).await? || look.any(Exchanges, with(Exchanges, &exchanged)).await?;
        if is_told {
            fields.insert(field.to_owned());
        }
    }
    let signed =
        Condition::all().add(column(Agreements, "signed_on").is_not_null()).add(in_year(Agreements, "signed_on"));
    let has_activity =
        look.any(Events, held).await? || look.any(Exchanges, exchanged).await? || look.any(Agreements, signed).await?;
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
        fields,
        indicators,
        has_activity,
        has_economy: look.any(AssistanceCases, cases).await? || look.any(Projects, investment).await?,
    }))
}
