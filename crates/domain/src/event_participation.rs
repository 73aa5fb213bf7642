//! Who took part in an event, and what came of it.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::{OutcomeKind, ParticipationCategory, ParticipationRole};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::value::{LocalizedText, Quantity};

/// A part in an event: that of one place, one organization or one country. A part that names none of
/// them is that of all together, and says how many they were.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(
    json!({"country": "JP", "role": "participant", "category": "city_representatives", "count": {"value": 9, "qualifier": "exact"}, "unit": "cities"}),
    json!({"count": {"value": 1000, "qualifier": "more_than"}, "unit": "people"})
))]
pub struct EventParticipation {
    /// The place that took part.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    pub place: Option<Uuid>,
    /// The organization that took part.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    pub organization: Option<Uuid>,
    /// The country whose people, cities or organizations took part, when they are not named.
    pub country: Option<CountryCode>,
    /// As what they took part.
    pub role: Option<ParticipationRole>,
    /// What group of people they were.
    pub category: Option<ParticipationCategory>,
    /// How many they were, as exactly as it was reported.
    pub count: Option<Quantity>,
    /// What was counted; given together with the count.
    pub unit: Option<EventParticipationUnit>,
}

/// What is counted when participation is reported.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("people", "cities"))]
pub enum EventParticipationUnit {
    /// Persons.
    People,
    /// Cities.
    Cities,
    /// Organizations.
    Organizations,
}

/// What came of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "communique", "text": {"ru": "Подписано совместное Коммюнике", "ja": "共同コミュニケに署名"}})))]
pub struct EventOutcome {
    /// What kind of thing.
    pub kind: OutcomeKind,
    /// The paper that was signed, when it is kept here: an agreement.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    pub agreement: Option<Uuid>,
    /// In words.
    pub text: Option<LocalizedText>,
}

impl EventParticipation {
    /// The rules of one part, which stands at `pointer`.
    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        let named = [
            ("place", self.place.is_some()),
            ("organization", self.organization.is_some()),
            ("country", self.country.is_some()),
        ];
        let mut named = named.into_iter().filter(|(_, is_there)| *is_there).map(|(member, _)| member);
        if named.next().is_none() {
            faults.unless(
                self.count.is_some(),
                pointer,
                "required",
                "Name a place, an organization or a country, or say how many took part in all.",
            );
        }
        for member in named {
            faults.add(
                format!("{pointer}/{member}"),
                "not_allowed",
                "A part is that of one place, one organization or one country; make another one.",
            );
        }
        faults.unless(
            self.count.is_none() || self.unit.is_some(),
            format!("{pointer}/unit"),
            "required",
            "Say what is counted: people, cities or organizations.",
        );
        faults.unless(
            self.unit.is_none() || self.count.is_some(),
            format!("{pointer}/count"),
            "required",
            "Say how many, or leave out what is counted.",
        );
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8001";

    fn faults(part: Value) -> Vec<String> {
        let mut faults = Faults::default();
        serde_json::from_value::<EventParticipation>(part).unwrap().check("", &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_part_is_that_of_one() {
        for right in [
            json!({"place": ID}),
            json!({"organization": ID, "role": "exhibitor"}),
            json!({"country": "JP", "count": {"value": 9}, "unit": "cities"}),
            json!({"count": {"value": 1000, "qualifier": "more_than"}, "unit": "people"}),
        ] {
            assert!(faults(right.clone()).is_empty(), "{right}");
        }
        assert_eq!(faults(json!({"place": ID, "country": "JP"})), ["/country not_allowed"]);
        assert_eq!(
            faults(json!({"place": ID, "organization": ID, "country": "JP"})),
            ["/organization not_allowed", "/country not_allowed"]
        );
        assert_eq!(faults(json!({"category": "medics"})), [" required"]);
    }

    #[test]
    fn a_count_says_what_is_counted() {
        assert_eq!(faults(json!({"place": ID, "count": {"value": 9}})), ["/unit required"]);
        assert_eq!(faults(json!({"place": ID, "unit": "people"})), ["/count required"]);
        assert_eq!(faults(json!({"unit": "people"})), [" required", "/count required"]);
    }

    #[test]
    fn the_units_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<EventParticipationUnit>("participation_unit");
    }
}
