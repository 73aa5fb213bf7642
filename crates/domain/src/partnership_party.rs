//! The parties of a partnership, and where each of them stands. One side may suspend a tie alone:
//! that is its stance, and the stage of the partnership stays.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::fault::Faults;
use crate::keyed::Keyed;
use crate::partnership::Partnership;
use crate::refusal::Refusal;
use crate::value::{LocalizedText, PartialDate};

/// A side of a partnership: a place or an organization, one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"place": "01890a5d-ac96-774b-bcce-b302099a8057", "role": "partner", "local_label": {"zh": "友好城市"}})))]
pub struct PartnershipParty {
    /// Identity of this side within the partnership. The server makes it; send it to keep a side
    /// that is there, and leave it out for a new one.
    #[serde(default)]
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8061"))]
    pub key: Uuid,
    /// The place that is this side.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub place: Option<Uuid>,
    /// The organization that is this side.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8058"))]
    pub organization: Option<Uuid>,
    /// As what it takes part.
    pub role: PartyRole,
    /// Where it stands today; moved by its own action.
    #[serde(default)]
    #[schema(read_only, default = "engaged")]
    pub stance: PartyStance,
    /// Since when it stands there, as well as it is known.
    #[schema(read_only)]
    pub stance_since: Option<PartialDate>,
    /// Why it stands there.
    #[schema(read_only, max_length = 2000, examples("Решение городской думы"))]
    pub stance_reason: Option<String>,
    /// What this side calls the tie in its own words: 友好城市, sister city.
    pub local_label: Option<LocalizedText>,
}

/// As what a side takes part: `home` is the municipality that keeps the record, `partner` the other
/// side, `member` one of several in a multilateral tie.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("home", "partner"))]
pub enum PartyRole {
    /// The municipality that keeps the record.
    Home,
    /// The other side.
    Partner,
    /// One of several in a multilateral tie.
    Member,
}

impl PartyRole {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Home => "home",
            Self::Partner => "partner",
            Self::Member => "member",
        }
    }
}

/// Where a side of a partnership stands, whatever the stage of the whole.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("engaged", "suspended"))]
pub enum PartyStance {
    /// It takes part. What is held of a side when nothing is said.
    #[default]
    Engaged,
    /// It has suspended the tie on its own.
    Suspended,
    /// It has ended the tie on its own.
    Ended,
    /// Nobody knows.
    Unknown,
}

impl PartyStance {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Engaged => "engaged",
            Self::Suspended => "suspended",
            Self::Ended => "ended",
            Self::Unknown => "unknown",
        }
    }
}

/// Says where a side of a partnership stands from now on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"stance": "suspended", "since": "2022-03", "reason": "Решение городской думы"})))]
pub struct PartnershipStanceInput {
    /// Where it stands.
    pub stance: PartyStance,
    /// Since when, as well as it is known; today when left out. A day to come is refused.
    pub since: Option<PartialDate>,
    /// Why.
    #[schema(min_length = 1, max_length = 2000, examples("Решение городской думы"))]
    pub reason: Option<String>,
}

impl PartnershipParty {
    /// The place or organization that is this side.
    pub fn target(&self) -> Option<Uuid> {
        self.place.or(self.organization)
    }

    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        faults.unless(
            self.target().is_some(),
            pointer,
            "required",
            "A party is a place or an organization; give one of the two.",
        );
        faults.unless(
            self.place.is_none() || self.organization.is_none(),
            format!("{pointer}/organization"),
            "not_allowed",
            "A party is a place or an organization, not both.",
        );
    }
}

impl Keyed for PartnershipParty {
    fn key(&self) -> Uuid {
        self.key
    }

    fn set_key(&mut self, key: Uuid) {
        self.key = key;
    }

    fn keep(&mut self, before: Option<&Self>) {
        match before {
            // A stance that was just taken has its date; one that came with a list has none.
            Some(before) if self.stance_since.is_none() => {
                self.stance = before.stance;
                self.stance_since = before.stance_since;
                self.stance_reason.clone_from(&before.stance_reason);
            }
            Some(_) => {}
            None => {
                self.stance = PartyStance::Engaged;
                self.stance_since = None;
                self.stance_reason = None;
            }
        }
    }

    fn held(&self) -> Option<&'static str> {
        (self.stance != PartyStance::Engaged).then_some(
            "A party that is not engaged cannot be dropped: its stance would be lost. Keep its key in the list.",
        )
    }
}

impl Partnership {
    /// The partnership after one of its sides, named by its key, took a stance. The stage stays.
    pub fn set_stance(&self, key: Uuid, input: &PartnershipStanceInput, today: Date) -> Result<Self, Refusal> {
        let mut after = self.clone();
        let Some(party) = after.parties.iter_mut().find(|party| party.key == key) else {
            return Err(Refusal::NoSuchElement {
                pointer: "/parties".to_owned(),
                detail: format!("The partnership has no party {key}."),
            });
        };
        let since = input.since.unwrap_or_else(|| PartialDate::from_day(today));
        let mut faults = Faults::default();
        faults.unless(
            !since.is_after(today),
            "/since",
            "not_allowed",
            "A stance is noted when it has been taken; this day is yet to come.",
        );
        faults.into_result()?;
        party.stance = input.stance;
        party.stance_since = Some(since);
        party.stance_reason.clone_from(&input.reason);
        Ok(after)
    }
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::json;

    use super::*;
    use crate::Collection;
    use crate::partnership::tests::{HEIHE, HOME, partnership};

    const TODAY: Date = date(2022, 4, 1);

    fn settled(partnership: &mut Partnership, before: Option<&Partnership>) -> Result<(), Refusal> {
        let mut last = 0;
        partnership.settle(before, &mut || {
            last += 1;
            Uuid::from_u128(last)
        })
    }

    fn suspended() -> (Partnership, Uuid) {
        let mut tie = partnership(&json!({}));
        settled(&mut tie, None).unwrap();
        let key = tie.parties[1].key;
        let input = serde_json::from_value(json!({"stance": "suspended", "reason": "Решение собрания"})).unwrap();
        let mut after = tie.set_stance(key, &input, TODAY).unwrap();
        settled(&mut after, Some(&tie)).unwrap();
        (after, key)
    }

    #[test]
    fn one_side_suspends_alone() {
        let (tie, _) = suspended();
        assert_eq!(tie.stage, partnership(&json!({})).stage);
        let party = &tie.parties[1];
        assert_eq!((party.stance, party.stance_since), (PartyStance::Suspended, Some(PartialDate::from_day(TODAY))));
        assert_eq!(party.stance_reason.as_deref(), Some("Решение собрания"));
        assert_eq!(tie.parties[0].stance, PartyStance::Engaged);
    }

    #[test]
    fn a_stance_may_be_taken_back() {
        let (tie, key) = suspended();
        let input = serde_json::from_value(json!({"stance": "engaged", "since": "2022"})).unwrap();
        let mut after = tie.set_stance(key, &input, TODAY).unwrap();
        settled(&mut after, Some(&tie)).unwrap();
        assert_eq!((after.parties[1].stance, &after.parties[1].stance_reason), (PartyStance::Engaged, &None));
    }

    #[test]
    fn a_stance_of_tomorrow_and_of_nobody_are_refused() {
        let (tie, key) = suspended();
        let input = serde_json::from_value(json!({"stance": "ended", "since": "2022-04-02"})).unwrap();
        assert!(matches!(tie.set_stance(key, &input, TODAY), Err(Refusal::Invalid(faults)) if faults.has("/since")));
        let nobody = tie.set_stance(Uuid::from_u128(99), &input, TODAY);
        assert!(matches!(nobody, Err(Refusal::NoSuchElement { pointer, .. }) if pointer == "/parties"));
    }

    #[test]
    fn a_list_that_replaces_another_keeps_the_stance_by_its_key() {
        let (tie, key) = suspended();
        let mut sent = partnership(&json!({"parties": [
            {"key": tie.parties[0].key, "place": HOME, "role": "home"},
            {"key": key, "place": HEIHE, "role": "partner", "local_label": {"zh": "友好城市"}},
        ]}));
        settled(&mut sent, Some(&tie)).unwrap();
        assert_eq!(sent.parties[1].stance, PartyStance::Suspended);
        assert!(sent.parties[1].stance_since.is_some() && sent.parties[1].local_label.is_some());
    }

    #[test]
    fn a_side_that_is_not_engaged_cannot_be_dropped() {
        let (tie, key) = suspended();
        let mut sent = partnership(&json!({"parties": [{"key": tie.parties[0].key, "place": HOME, "role": "home"}]}));
        let held = settled(&mut sent, Some(&tie));
        assert!(matches!(held, Err(Refusal::Held { pointer, .. }) if pointer == "/parties"));
        let mut sent = partnership(&json!({"parties": [{"key": key, "place": HEIHE, "role": "partner"}]}));
        assert_eq!(settled(&mut sent, Some(&tie)), Ok(()), "an engaged one can");
    }

    #[test]
    fn keys_are_made_by_the_server_only() {
        let mut fresh = partnership(&json!({"parties": [
            {"key": Uuid::from_u128(7), "place": HOME, "role": "home"},
            {"place": HEIHE, "role": "partner"},
            {"key": Uuid::from_u128(7), "place": HEIHE, "role": "partner"},
        ]}));
        let Err(Refusal::Invalid(faults)) = settled(&mut fresh, None) else { panic!() };
        let found: Vec<_> = faults.iter().map(|fault| (fault.pointer.as_str(), fault.code)).collect();
        let expected =
            [("/parties/0/key", "unknown_key"), ("/parties/2/key", "unknown_key"), ("/parties/2/key", "duplicate")];
        assert_eq!(found, expected);
    }
}
