//! Assistance cases: what the office did for investors, enterprises and partners.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::assistance_case_state::AssistanceCaseState;
use crate::codelist::{GoodsCode, ServiceCode};
use crate::collection::{Collection, CollectionName, State};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{LocalizedText, Money, PartialInterval};

/// A case in which the office helps somebody: an investor who looks for a partner, an enterprise of
/// the city that concludes a contract abroad.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "contract_assistance",
    "services": ["contract_advice"],
    "beneficiary": "01890a5d-ac96-774b-bcce-b302099a8105",
    "counterpart": "01890a5d-ac96-774b-bcce-b302099a8106",
    "country": "CN",
    "goods": ["buses", "trolleybuses"],
    "list_complete": false,
    "places": ["01890a5d-ac96-774b-bcce-b302099a8001"],
    "period": "2011",
    "value": {"amount": "125000.00", "currency": "CNY"},
    "state": "in_progress"
})))]
pub struct AssistanceCase {
    /// What kind of help it is.
    pub kind: AssistanceCaseKind,
    /// What the office does.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["partner_search"])))]
    pub services: Vec<ServiceCode>,
    /// Who is helped: an organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8105"))]
    pub beneficiary: Option<Uuid>,
    /// With whom they deal: another organization.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8106"))]
    pub counterpart: Option<Uuid>,
    /// Where the one who asked comes from: a place.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8003"))]
    pub origin: Option<Uuid>,
    /// The foreign country that is dealt with (ISO 3166-1).
    pub country: Option<CountryCode>,
    /// What is bought or sold.
    #[serde(default)]
    #[schema(max_items = 100, examples(json!(["buses", "trolleybuses"])))]
    pub goods: Vec<GoodsCode>,
    /// Whether the goods are all that were dealt in. False where the source goes on with «и др.».
    #[serde(default = "complete")]
    #[schema(default = true, examples(false))]
    pub list_complete: bool,
    /// Where the help leads to: places that were shown, in which partners were sought.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8001"])))]
    pub places: Vec<Uuid>,
    /// The projects it is about.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8701"])))]
    pub projects: Vec<Uuid>,
    /// From its first day to its last, as well as they are known.
    pub period: Option<PartialInterval>,
    /// Where it stands. Moves only by a transition.
    #[serde(default)]
    #[schema(default = "open")]
    pub state: AssistanceCaseState,
    /// What the contract or the investment is worth.
    pub value: Option<Money>,
    /// What came of it. A case that ends says so.
    pub outcome: Option<LocalizedText>,
}

const fn complete() -> bool {
    true
}

/// What kind of help a case is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("investor_support", "contract_assistance"))]
pub enum AssistanceCaseKind {
    /// For an investor.
    InvestorSupport,
    /// For an enterprise that concludes a contract.
    ContractAssistance,
    /// For somebody who looks for a partner.
    PartnerSearch,
}

impl Collection for AssistanceCase {
    const NAME: CollectionName = CollectionName::AssistanceCases;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.unless(
            self.list_complete || !self.goods.is_empty(),
            "/goods",
            "required",
            "A list that is not complete names at least one of its goods.",
        );
        faults.unless(
            self.counterpart.is_none() || self.counterpart != self.beneficiary,
            "/counterpart",
            "not_allowed",
            "Who is helped deals with somebody else.",
        );
        faults.each_once("/services", &self.services);
        faults.each_once("/goods", &self.goods);
        faults.each_once("/places", &self.places);
        faults.each_once("/projects", &self.projects);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Organizations, Places, Projects};
        references.one("beneficiary", Organizations, self.beneficiary);
        references.one("counterpart", Organizations, self.counterpart);
        references.one("origin", Places, self.origin);
        references.many("places", Places, &self.places);
        references.many("projects", Projects, &self.projects);
    }

    fn terms(&self, terms: &mut Terms) {
        for service in &self.services {
            terms.code("services", service.as_str());
        }
        for goods in &self.goods {
            terms.code("goods", goods.as_str());
        }
        terms.localized_option(self.outcome.as_ref());
    }

    fn state(&self) -> Option<State> {
        let first = AssistanceCaseState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", self.period.as_ref());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    const ONE: &str = "01890a5d-ac96-774b-bcce-b302099a8105";

    /// A case with these members beside those it must have.
    pub(crate) fn case(members: Value) -> AssistanceCase {
        let mut body = json!({"kind": "contract_assistance"});
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    fn faults(members: Value) -> Vec<String> {
        let mut faults = Faults::default();
        case(members).check(&Head::default(), &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<AssistanceCaseKind>("assistance_case_kind");
        same_as_codelist::<AssistanceCaseState>("assistance_case_state");
    }

    #[test]
    fn an_open_list_names_something() {
        assert!(case(json!({})).list_complete, "what is left out has its default");
        assert_eq!(faults(json!({"list_complete": false})), ["/goods required"]);
        assert!(faults(json!({"list_complete": false, "goods": ["buses"]})).is_empty());
    }

    #[test]
    fn all_faults_come_at_once() {
        let found = faults(json!({
            "beneficiary": ONE, "counterpart": ONE, "services": ["translation", "translation"],
            "goods": ["buses", "saplings", "buses"], "places": [ONE, ONE], "projects": [ONE, ONE],
        }));
        let lists = ["/services/1 duplicate", "/goods/2 duplicate", "/places/1 duplicate", "/projects/1 duplicate"];
        assert_eq!(found[0], "/counterpart not_allowed");
        assert_eq!(found[1..], lists);
    }

    #[test]
    fn it_is_found_by_goods_services_and_places() {
        let case = case(json!({
            "beneficiary": ONE, "origin": ONE, "places": [ONE], "projects": [ONE], "goods": ["buses"],
            "services": ["contract_advice"], "outcome": {"ru": "Контракт заключён"},
        }));
        let mut references = References::default();
        case.references(&mut references);
        let pointers: Vec<_> = references.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!(pointers, ["/beneficiary", "/origin", "/places/0", "/projects/0"]);
        let mut terms = Terms::default();
        case.terms(&mut terms);
        for term in [("goods", "buses"), ("services", "contract_advice"), ("q", "контракт")] {
            assert!(terms.iter().any(|known| known == term), "{term:?}");
        }
    }
}
