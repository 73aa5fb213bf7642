//! Memberships: the associations that a city belongs to.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName};
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{LocalizedText, Money, PartialInterval};

/// That a place belongs to an association of cities: since when, as what, at what cost, and who
/// speaks for it there. A second time in the same association is a second membership.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "organization": "01890a5d-ac96-774b-bcce-b302099a8101",
    "place": "01890a5d-ac96-774b-bcce-b302099a8001",
    "category": "full",
    "valid": "2009/..",
    "fee": {"amount": "2000", "currency": "JPY"},
    "representative": {"ru": "Мэр города Благовещенска", "en": "Mayor of Blagoveshchensk"}
})))]
pub struct Membership {
    /// The association: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8101"))]
    pub organization: Uuid,
    /// The place that is its member: mostly the home city.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    pub place: Uuid,
    /// As what it belongs to it.
    pub category: Option<MembershipCategory>,
    /// From when to when, as well as it is known. An open end while it lasts.
    #[schema(examples("2009/.."))]
    pub valid: Option<PartialInterval>,
    /// What it costs a year.
    pub fee: Option<Money>,
    /// Who speaks for the place there, by office rather than by name.
    pub representative: Option<LocalizedText>,
}

/// As what a place belongs to an association.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("full", "observer"))]
pub enum MembershipCategory {
    /// With all rights.
    Full,
    /// With some of the rights.
    Associate,
    /// It is heard and does not vote.
    Observer,
    /// With all rights, and from the first day.
    Founder,
}

impl Collection for Membership {
    const NAME: CollectionName = CollectionName::Memberships;

    /// Nothing in it depends on anything else in it.
    fn check(&self, _head: &Head, _faults: &mut Faults) {}

    fn references(&self, references: &mut References) {
        references.one("organization", CollectionName::Organizations, Some(self.organization));
        references.one("place", CollectionName::Places, Some(self.place));
    }

    fn terms(&self, terms: &mut Terms) {
        terms.localized_option(self.representative.as_ref());
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("valid", self.valid.as_ref());
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;
    use utoipa::PartialSchema;

    use super::*;

    #[test]
    fn it_leads_to_the_association_and_the_member() {
        let example = serde_json::to_value(Membership::schema()).unwrap()["examples"][0].clone();
        let membership: Membership = serde_json::from_value(example).unwrap();
        let mut references = References::default();
        membership.references(&mut references);
        let found: Vec<_> = references.iter().map(|found| (found.pointer.as_str(), found.collection)).collect();
        assert_eq!(found, [("/organization", CollectionName::Organizations), ("/place", CollectionName::Places)]);
        let mut terms = Terms::default();
        membership.terms(&mut terms);
        assert!(terms.iter().any(|term| term == ("q", "мэр")));
        let least = json!({"organization": membership.organization, "place": membership.place});
        let least: Membership = serde_json::from_value(least).unwrap();
        assert_eq!((least.category, least.valid, least.fee), (None, None, None));
    }

    #[test]
    fn the_categories_are_those_of_the_codelist() {
        crate::exchange::tests::same_as_codelist::<MembershipCategory>("membership_category");
    }
}
