//! Observations: figures that somebody reported, kept apart from what is counted from records.

use serde::{Deserialize, Serialize};

use crate::codelist::IndicatorCode;
use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::exchange::ExchangeDirection;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{PartialInterval, Quantity};

/// A figure that a report gives: 22 delegations received from China in 2011. It stands beside what
/// is counted from the records and replaces nothing of it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "indicator": "delegations",
    "period": "2011",
    "country": "CN",
    "direction": "outgoing",
    "value": {"value": 22, "qualifier": "exact"},
    "scope": "administration"
})))]
pub struct Observation {
    /// What was counted.
    pub indicator: IndicatorCode,
    /// The days it is about, as well as they are known.
    #[schema(examples("2011"))]
    pub period: PartialInterval,
    /// The country it is about (ISO 3166-1); every country when left out.
    pub country: Option<CountryCode>,
    /// Whether it counts what came to the home city or what left it; both when left out.
    pub direction: Option<ExchangeDirection>,
    /// The figure, as exactly as it was reported.
    pub value: Quantity,
    /// Whose figure it is. Left out where the source does not say.
    pub scope: Option<ObservationScope>,
}

/// Whose activity a figure counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("administration", "city"))]
pub enum ObservationScope {
    /// The administration's own.
    Administration,
    /// That of the whole city.
    City,
}

impl Collection for Observation {
    const NAME: CollectionName = CollectionName::Observations;

    fn check(&self, head: &Head, faults: &mut Faults) {
        faults.unless(!head.sources.is_empty(), "/sources", "required", "A reported figure names who reported it.");
    }

    fn references(&self, _references: &mut References) {}

    /// It has no words of its own; it is found by its codes.
    fn terms(&self, _terms: &mut Terms) {}

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", Some(self.period));
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::record::Source;

    #[test]
    fn a_figure_names_who_reported_it() {
        let figure: Observation =
            serde_json::from_value(json!({"indicator": "delegations", "period": "2011", "value": {"value": 22}}))
                .unwrap();
        let faults = |head: &Head| {
            let mut faults = Faults::default();
            figure.check(head, &mut faults);
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect::<Vec<_>>()
        };
        assert_eq!(faults(&Head::default()), ["/sources required"]);
        let text = "Отчёт за 2011 год".to_owned();
        let source = Source { text, locator: None, quote: None, lang: None, document_id: None };
        assert!(faults(&Head { sources: vec![source], ..Head::default() }).is_empty());
    }

    #[test]
    fn the_scopes_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<ObservationScope>("observation_scope");
    }
}
