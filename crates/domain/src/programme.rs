//! Programmes: what several exchanges, events and projects are made under, such as a national year
//! of a language.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName, State};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::refusal::Refusal;
use crate::transition::Move;
use crate::value::{LocalizedText, PartialDate, PartialInterval};

/// Something that exchanges and events take place under: the Year of the Russian Language in China,
/// an exchange programme under a protocol.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "title": {"ru": "Год русского языка в Китае", "en": "Year of the Russian Language in China", "zh": "中国俄语年"},
    "level": "national",
    "countries": ["RU", "CN"],
    "period": "2009",
    "fields": ["language", "education"],
    "agreement": "01890a5d-ac96-774b-bcce-b302099a8301",
    "state": "running"
})))]
pub struct Programme {
    /// What it is called.
    pub title: LocalizedText,
    /// Whose programme it is.
    pub level: Option<ProgrammeLevel>,
    /// The countries it is about (ISO 3166-1).
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["RU", "CN"])))]
    pub countries: Vec<CountryCode>,
    /// From its first day to its last, as well as they are known.
    pub period: Option<PartialInterval>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub fields: Vec<FieldCode>,
    /// The paper it stands under: an agreement.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    pub agreement: Option<Uuid>,
    /// Where it stands. Moves only by a transition.
    #[serde(default)]
    #[schema(default = "planned")]
    pub state: ProgrammeState,
}

/// Whose programme it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("national", "local"))]
pub enum ProgrammeLevel {
    /// Of states.
    National,
    /// Of regions.
    Regional,
    /// Of an association.
    Association,
    /// Of cities.
    Local,
}

/// Where a programme stands: planned → running → completed, or cancelled before its end.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("planned", "running"))]
pub enum ProgrammeState {
    /// It is to come. What a programme begins as.
    #[default]
    Planned,
    /// It is going on.
    Running,
    /// It is over. The end.
    Completed,
    /// It did not take place, or was broken off. The end.
    Cancelled,
}

impl ProgrammeState {
    /// Every state, in the order of the way.
    pub const ALL: &[Self] = &[Self::Planned, Self::Running, Self::Completed, Self::Cancelled];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::Running => "running",
            Self::Completed => "completed",
            Self::Cancelled => "cancelled",
        }
    }

    /// The states that may follow. That it began is not always written down.
    pub const fn next(self) -> &'static [Self] {
        match self {
            Self::Planned => &[Self::Running, Self::Completed, Self::Cancelled],
            Self::Running => &[Self::Completed, Self::Cancelled],
            Self::Completed | Self::Cancelled => &[],
        }
    }
}

/// Asks for a programme's next state.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"to": "completed", "on": "2010-12"})))]
pub struct ProgrammeTransitionInput {
    /// The state it is in from now on.
    pub to: ProgrammeState,
    /// When that happened, as well as it is known; a day to come is refused.
    pub on: Option<PartialDate>,
    /// Why; required when it is cancelled. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Решение сторон"))]
    pub reason: Option<String>,
    /// Whether this tells of the past: the order is free then and nothing but a source is needed,
    /// which the record must cite. Corrects a state, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
}

impl Programme {
    /// The programme in another state. Completing it needs a period that is over, cancelling it a
    /// reason.
    pub fn transition(
        &self,
        input: &ProgrammeTransitionInput,
        today: Date,
        has_sources: bool,
    ) -> Result<Self, Refusal> {
        Move {
            from: self.state.as_str(),
            to: input.to.as_str(),
            allowed: self.state.next().iter().map(|state| state.as_str()).collect(),
            on: input.on.as_ref(),
            reason: input.reason.as_deref(),
            needs_reason: input.to == ProgrammeState::Cancelled,
            historical: input.historical,
            has_sources,
            ends: (input.to == ProgrammeState::Completed).then_some(self.period.as_ref()),
            lacking: None,
        }
        .decide(today)?;
        Ok(Self { state: input.to, ..self.clone() })
    }
}

impl Collection for Programme {
    const NAME: CollectionName = CollectionName::Programmes;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.each_once("/countries", &self.countries);
        faults.each_once("/fields", &self.fields);
    }

    fn references(&self, references: &mut References) {
        references.one("agreement", CollectionName::Agreements, self.agreement);
    }

    fn terms(&self, terms: &mut Terms) {
        for country in &self.countries {
            terms.code("countries", country.as_str());
        }
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        terms.title(&self.title);
    }

    fn state(&self) -> Option<State> {
        let first = ProgrammeState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", self.period.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    const TODAY: Date = date(2011, 9, 5);

    fn programme(state: &str, period: Option<&str>) -> Programme {
        serde_json::from_value(json!({"title": {"zh": "中国俄语年"}, "state": state, "period": period})).unwrap()
    }

    fn to(state: ProgrammeState) -> ProgrammeTransitionInput {
        ProgrammeTransitionInput { to: state, on: None, reason: None, historical: false }
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<ProgrammeLevel>("programme_level");
        same_as_codelist::<ProgrammeState>("programme_state");
        assert!(ProgrammeState::ALL.iter().all(|state| json!(state) == state.as_str()));
    }

    #[test]
    fn it_runs_and_is_over() {
        let running =
            programme("planned", Some("2010")).transition(&to(ProgrammeState::Running), TODAY, false).unwrap();
        let over = running.transition(&to(ProgrammeState::Completed), TODAY, false).unwrap();
        assert_eq!(over.state, ProgrammeState::Completed);
        let missing =
            |period| match programme("running", period).transition(&to(ProgrammeState::Completed), TODAY, false) {
                Err(Refusal::State(state)) => state.missing,
                other => panic!("{other:?}"),
            };
        assert_eq!((missing(None), missing(Some("2012"))), (vec!["period".to_owned()], vec!["past_period".to_owned()]));
        assert!(over.transition(&to(ProgrammeState::Running), TODAY, true).is_err());
        let corrected = ProgrammeTransitionInput { historical: true, ..to(ProgrammeState::Running) };
        assert!(over.transition(&corrected, TODAY, false).is_err(), "history needs a source");
        assert_eq!(over.transition(&corrected, TODAY, true).unwrap().state, ProgrammeState::Running);
    }

    #[test]
    fn cancelling_needs_a_reason() {
        let planned = programme("planned", None);
        let Err(Refusal::Invalid(faults)) = planned.transition(&to(ProgrammeState::Cancelled), TODAY, true) else {
            panic!()
        };
        assert!(faults.has("/reason"));
        let input = ProgrammeTransitionInput {
            reason: Some("Решение сторон".into()), ..to(ProgrammeState::Cancelled)
        };
        assert_eq!(planned.transition(&input, TODAY, false).unwrap().state, ProgrammeState::Cancelled);
    }

    #[test]
    fn codes_stand_once_and_lead_to_it() {
        let body: Value =
            json!({"title": {"en": "Year"}, "countries": ["CN", "RU", "CN"], "fields": ["sport", "sport"]});
        let programme: Programme = serde_json::from_value(body).unwrap();
        let mut faults = Faults::default();
        programme.check(&Head::default(), &mut faults);
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/countries/2", "/fields/1"]);
        let mut terms = Terms::default();
        programme.terms(&mut terms);
        for term in [("countries", "RU"), ("fields", "sport"), ("title", "year")] {
            assert!(terms.iter().any(|known| known == term), "{term:?}");
        }
    }
}
