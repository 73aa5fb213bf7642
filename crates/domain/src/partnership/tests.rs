use serde_json::{Value, json};

use super::*;
use crate::json::merge;

pub(crate) const HOME: &str = "01890a5d-ac96-774b-bcce-b302099a8051";
pub(crate) const HEIHE: &str = "01890a5d-ac96-774b-bcce-b302099a8052";
pub(crate) const JOETSU: &str = "01890a5d-ac96-774b-bcce-b302099a8053";
const MISSION: &str = "01890a5d-ac96-774b-bcce-b302099a8054";

/// A living friendship of two cities with these members in place of its own.
pub(crate) fn partnership(members: &Value) -> Partnership {
    let mut body = json!({
        "arrangement": "bilateral",
        "kind": "friendship",
        "parties": [{"place": HOME, "role": "home"}, {"place": HEIHE, "role": "partner"}],
        "stage": "active",
    });
    merge(&mut body, members);
    serde_json::from_value(body).unwrap()
}

/// Each fault of a partnership as its pointer and its code.
pub(crate) fn faults_of(partnership: &Partnership) -> Vec<String> {
    let mut faults = Faults::default();
    partnership.check(&Head::default(), &mut faults);
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
}

fn faults(members: &Value) -> Vec<String> {
    faults_of(&partnership(members))
}

const NONE: [&str; 0] = [];

#[test]
fn a_bilateral_tie_has_a_home_side_and_a_partner() {
    assert_eq!(faults(&json!({})), NONE);
    assert_eq!(faults(&json!({"parties": [{"place": HOME, "role": "home"}]})), ["/parties not_allowed"]);
    let three = json!([
        {"place": HOME, "role": "home"}, {"place": HEIHE, "role": "partner"}, {"place": JOETSU, "role": "member"}
    ]);
    assert_eq!(faults(&json!({"parties": three})), ["/parties/2/role not_allowed", "/parties not_allowed"]);
    assert_eq!(faults(&json!({"parties": three, "arrangement": "multilateral"})), NONE);
    assert_eq!(faults(&json!({"arrangement": "multilateral"})), ["/parties not_allowed"]);
    let guests = json!([{"place": HOME, "role": "partner"}, {"place": HEIHE, "role": "partner"}]);
    assert_eq!(faults(&json!({"parties": guests})), ["/parties required"]);
    let hosts = json!([{"place": HOME, "role": "home"}, {"place": HEIHE, "role": "home"}]);
    assert_eq!(faults(&json!({"parties": hosts})), ["/parties duplicate"]);
}

#[test]
fn a_party_is_one_thing_and_stands_once() {
    let found = faults(&json!({"arrangement": "multilateral", "kind": "cooperation", "parties": [
        {"role": "home"},
        {"place": HEIHE, "organization": MISSION, "role": "member"},
        {"place": HEIHE, "role": "member"},
    ]}));
    assert_eq!(found, ["/parties/0 required", "/parties/1/organization not_allowed", "/parties/2 duplicate"]);
}

#[test]
fn only_places_are_twinned() {
    let parties = json!([{"place": HOME, "role": "home"}, {"organization": MISSION, "role": "partner"}]);
    assert_eq!(faults(&json!({"kind": "cooperation", "parties": parties})), NONE);
    assert_eq!(faults(&json!({"kind": "twin", "parties": parties})), ["/kind not_allowed"]);
    let sought = faults(&json!({"kind": "contact", "target_kind": "twin", "parties": parties}));
    assert_eq!(sought, ["/target_kind not_allowed"]);
}

#[test]
fn the_stage_and_the_target_agree() {
    for stage in PartnershipStage::ALL {
        let without = faults(&json!({"stage": stage}));
        assert_eq!(without.is_empty(), !stage.needs_target(), "{stage:?}: {without:?}");
        let with = faults(&json!({"stage": stage, "target_kind": "twin"}));
        assert_eq!(with.is_empty(), *stage != PartnershipStage::Concluded, "{stage:?}: {with:?}");
        let wished = faults(&json!({"stage": stage, "kind": "none", "target_kind": "twin"}));
        assert_eq!(wished.is_empty(), stage.needs_target(), "{stage:?}: {wished:?}");
    }
    assert_eq!(faults(&json!({"stage": "planned"})), ["/target_kind required"]);
    assert_eq!(faults(&json!({"kind": "none"})), ["/kind not_allowed"]);
    for target in ["none", "friendship"] {
        assert_eq!(faults(&json!({"target_kind": target})), ["/target_kind not_allowed"], "{target}");
    }
}

#[test]
fn an_end_is_that_of_what_is_over_and_comes_last() {
    assert_eq!(faults(&json!({"ended": "2022"})), ["/ended not_allowed"]);
    assert_eq!(faults(&json!({"stage": "ended", "ended": "2022", "established": "2003"})), NONE);
    let backwards = faults(&json!({"stage": "expired", "ended": "2002", "established": "2003"}));
    assert_eq!(backwards, ["/ended not_allowed"]);
}

#[test]
fn lists_have_each_thing_once() {
    let found = faults(&json!({"fields": ["culture", "sport", "culture"], "levels": ["heads", "heads"]}));
    assert_eq!(found, ["/fields/2 duplicate", "/levels/1 duplicate"]);
}

#[test]
fn the_first_stage_depends_on_whether_more_is_sought() {
    let first = |members| partnership(&members).state().map(|state| state.first);
    assert_eq!(first(json!({})).as_deref(), Some("active"));
    assert_eq!(first(json!({"target_kind": "twin"})).as_deref(), Some("idea"));
}

#[test]
fn the_partner_is_the_other_side_of_two() {
    let partner = |members| partnership(&members).partner().and_then(PartnershipParty::target);
    assert_eq!(partner(json!({})), HEIHE.parse().ok());
    assert_eq!(partner(json!({"arrangement": "multilateral"})), None);
}

#[test]
fn parties_are_referred_to_where_they_stand() {
    let tie = partnership(
        &json!({"parties": [{"place": HOME, "role": "home"}, {"organization": MISSION, "role": "partner"}]}),
    );
    let mut references = References::default();
    tie.references(&mut references);
    let found: Vec<_> = references.iter().map(|reference| (reference.pointer.as_str(), reference.field)).collect();
    assert_eq!(found, [("/parties/0/place", "place"), ("/parties/1/organization", "organization")]);
}

/// The examples of a schema, read as what they are examples of.
pub(crate) fn examples<T: utoipa::PartialSchema + serde::de::DeserializeOwned>() -> Vec<T> {
    let schema = serde_json::to_value(T::schema()).unwrap();
    let examples = schema["examples"].as_array().unwrap().clone();
    assert!(!examples.is_empty());
    examples.into_iter().map(|example| serde_json::from_value(example).unwrap()).collect()
}

#[test]
fn enumerations_are_those_of_the_codelists() {
    use crate::exchange::tests::same_as_codelist;
    same_as_codelist::<PartnershipArrangement>("partnership_arrangement");
    same_as_codelist::<PartnershipKind>("partnership_kind");
    same_as_codelist::<PartnershipChannel>("partnership_channel");
    same_as_codelist::<PartnershipLevel>("partnership_level");
    same_as_codelist::<PartnershipStage>("partnership_stage");
    same_as_codelist::<PartyRole>("party_role");
    same_as_codelist::<crate::PartyStance>("party_stance");
}

#[test]
fn names_of_codes_are_as_they_are_sent() {
    use crate::codelist::list;
    let codes = |name: &str| list(name).unwrap().codes.iter().map(|code| code.code.clone()).collect::<Vec<_>>();
    fn sent<T: serde::de::DeserializeOwned>(codes: &[String], name: impl Fn(T) -> &'static str) {
        for code in codes {
            assert_eq!(name(serde_json::from_value(json!(code)).unwrap()), code);
        }
    }
    sent(&codes("partnership_arrangement"), PartnershipArrangement::as_str);
    sent(&codes("partnership_kind"), PartnershipKind::as_str);
    sent(&codes("partnership_channel"), PartnershipChannel::as_str);
    sent(&codes("partnership_level"), PartnershipLevel::as_str);
    sent(&codes("partnership_stage"), PartnershipStage::as_str);
    sent(&codes("party_role"), PartyRole::as_str);
    sent(&codes("party_stance"), crate::PartyStance::as_str);
    sent(&codes("organization_kind"), crate::OrganizationKind::as_str);
    sent(&codes("organization_scope"), crate::OrganizationScope::as_str);
    sent(&codes("agreement_kind"), crate::AgreementKind::as_str);
    sent(&codes("agreement_state"), crate::AgreementState::as_str);
    sent(&codes("objective_progress"), crate::AgreementObjectiveProgress::as_str);
}

#[test]
fn examples_are_valid() {
    for example in examples::<Partnership>() {
        assert_eq!(faults_of(&example), NONE);
    }
    examples::<PartnershipParty>();
    examples::<crate::PartnershipStanceInput>();
    examples::<crate::PartnershipTransitionInput>();
}
