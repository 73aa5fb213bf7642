use jiff::civil::date;
use serde_json::{Value, json};

use super::*;
use crate::agreement_part::AgreementObjectiveProgress;
use crate::json::merge;
use crate::partnership::tests::examples;

pub(crate) const PARTNERSHIP: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const PLACE: &str = "01890a5d-ac96-774b-bcce-b302099a8052";
const BODY: &str = "01890a5d-ac96-774b-bcce-b302099a8054";
const NONE: [&str; 0] = [];

/// The draft of a treaty with these members in place of its own.
pub(crate) fn agreement(members: &Value) -> Agreement {
    let mut body = json!({
        "partnership": PARTNERSHIP,
        "kind": "twinning_agreement",
        "title": {"ru": "Соглашение об установлении побратимских связей", "zh": "建立友好城市关系协议书"},
    });
    merge(&mut body, members);
    serde_json::from_value(body).unwrap()
}

/// Each fault of an agreement as its pointer and its code.
pub(crate) fn faults_of(agreement: &Agreement) -> Vec<String> {
    let mut faults = Faults::default();
    let head = Head { id: BODY.parse().unwrap(), ..Head::default() };
    agreement.check(&head, &mut faults);
    faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
}

/// What persistence does with an agreement before it is stored.
pub(crate) fn settled(agreement: &mut Agreement, before: Option<&Agreement>) -> Result<(), Refusal> {
    let mut last = 0;
    agreement.settle(before, &mut || {
        last += 1;
        Uuid::from_u128(last)
    })
}

fn faults(members: &Value) -> Vec<String> {
    faults_of(&agreement(members))
}

#[test]
fn it_belongs_to_a_partnership_or_names_its_parties() {
    assert_eq!(faults(&json!({})), NONE);
    assert_eq!(faults(&json!({"partnership": null})), ["/partnership required"]);
    assert_eq!(faults(&json!({"parties": [{"place": PLACE}]})), ["/parties not_allowed"]);
    let parties = json!([{"place": PLACE}, {}, {"place": PLACE, "organization": BODY}, {"place": PLACE}]);
    assert_eq!(
        faults(&json!({"partnership": null, "parties": parties})),
        ["/parties/1 required", "/parties/2/organization not_allowed", "/parties/3 duplicate"]
    );
    assert_eq!(faults(&json!({"partnership": null, "parties": [{"place": PLACE}]})), NONE);
}

#[test]
fn a_state_has_what_belongs_to_it() {
    use AgreementState::{Approved, Draft, Expired, InApproval, InForce, Signed, Terminated, Void};
    for state in AgreementState::ALL {
        let with = |signed_on: Option<&str>, in_force: Option<&str>| {
            faults(&json!({"state": state, "signed_on": signed_on, "in_force": in_force}))
        };
        let (bare, signed, open, closed) = (
            with(None, None),
            with(Some("2003-07-17"), None),
            with(Some("2003-07-17"), Some("2003-07-17/..")),
            with(Some("2003-07-17"), Some("2003-07-17/2008")),
        );
        assert_eq!(bare.is_empty(), matches!(state, Draft | Void), "{state:?}");
        assert_eq!(signed.is_empty(), *state == Signed, "{state:?}");
        assert_eq!(open.is_empty(), *state == InForce, "{state:?}");
        assert_eq!(closed.is_empty(), matches!(state, InForce | Expired | Terminated), "{state:?}");
    }
    for state in [Approved, InApproval] {
        assert_eq!(faults(&json!({"state": state})), ["/approvals required"], "{state:?}");
    }
    assert_eq!(faults(&json!({"state": "in_force"})), ["/signed_on required", "/in_force required"]);
    let before_signing = json!({"state": "in_force", "signed_on": "2003-07-17", "in_force": "2003-07-16/.."});
    assert_eq!(faults(&before_signing), ["/in_force not_allowed"]);
    let in_the_month = json!({"state": "in_force", "signed_on": "2003-07-17", "in_force": "2003-07/.."});
    assert_eq!(faults(&in_the_month), NONE);
}

#[test]
fn communiques_and_declarations_end_at_signed() {
    for kind in AgreementKind::ALL {
        let in_force =
            faults(&json!({"kind": kind, "state": "in_force", "signed_on": "2007-08", "in_force": "2007-08/.."}));
        let ends = matches!(kind, AgreementKind::Communique | AgreementKind::Declaration);
        assert_eq!(in_force == ["/state not_allowed"], ends, "{kind:?}: {in_force:?}");
        assert_eq!(faults(&json!({"kind": kind, "state": "signed", "signed_on": "2007-08"})), NONE);
    }
}

#[test]
fn approvals_are_asked_for_before_they_are_due_and_granted_before_the_signature() {
    let approval = |members: Value| {
        let mut body = json!({"kind": "region"});
        merge(&mut body, &members);
        body
    };
    let granted = approval(json!({"decision": "granted", "decided_on": "2011-06-24"}));
    let open = approval(json!({"requested_on": "2011-06-01", "due_on": "2011-07"}));
    let early = approval(json!({"requested_on": "2011-06-01", "due_on": "2011-05"}));
    let late = approval(json!({"requested_on": "2011-07", "decision": "refused", "decided_on": "2011-06-24"}));
    let found = faults(&json!({"approvals": [open, early, late]}));
    assert_eq!(found, ["/approvals/1/due_on not_allowed", "/approvals/2/requested_on not_allowed"]);
    assert_eq!(faults(&json!({"state": "in_approval", "approvals": [open, granted]})), NONE);
    assert_eq!(faults(&json!({"state": "in_approval", "approvals": [granted]})), ["/approvals required"]);
    assert_eq!(faults(&json!({"state": "approved", "approvals": [granted]})), NONE);
    let signed = json!({"state": "signed", "signed_on": "2011", "approvals": [granted, open]});
    assert_eq!(faults(&signed), ["/approvals/1 not_allowed"]);
}

#[test]
fn all_other_faults_are_told_at_once() {
    let found = faults(&json!({
        "parent": BODY,
        "state": "signed",
        "signed_on": "2011-09-05",
        "signatories": [{}, {"place": PLACE}, {"place": PLACE}],
        "registration": {"register": "minjust", "on": "2011-08"},
        "languages": ["ru", "ru"],
        "fields": ["culture", "culture"],
    }));
    let expected = [
        "/parent not_allowed",
        "/signatories/0 required",
        "/registration/on not_allowed",
        "/signatories/2 duplicate",
        "/languages/1 duplicate",
        "/fields/1 duplicate",
    ];
    assert_eq!(found, expected);
}

#[test]
fn only_a_signed_paper_of_the_partnership_concludes_it() {
    let concludes = |members: Value| agreement(&members).concludes(PARTNERSHIP.parse().unwrap(), date(2011, 12, 31));
    assert!(concludes(json!({"state": "signed", "signed_on": "2011-12-31"})));
    assert!(concludes(json!({"state": "in_force", "signed_on": "2011", "kind": "memorandum"})));
    assert!(!concludes(json!({"state": "signed", "signed_on": "2012-01-01"})));
    assert!(!concludes(json!({"state": "approved"})));
    assert!(!concludes(json!({"state": "signed", "signed_on": "2011", "kind": "letter_of_intent"})));
    assert!(!concludes(json!({"state": "signed", "signed_on": "2011", "partnership": PLACE})));
}

#[test]
fn elements_keep_their_keys_and_what_the_server_manages() {
    let objectives = json!([{"text": {"ru": "Поставки"}, "progress": "achieved"}, {"text": {"ru": "Обмены"}}]);
    let mut before = agreement(&json!({"approvals": [{"kind": "region"}], "objectives": objectives}));
    settled(&mut before, None).unwrap();
    before.approvals[0].decision = Some(crate::AgreementApprovalDecision::Refused);
    before.approvals[0].decided_on = PartialDate::parse("2011-06-24").ok();
    let keys = (before.objectives[0].key, before.objectives[1].key, before.approvals[0].key);

    let mut sent = agreement(&json!({
        "approvals": [{"kind": "council"}, {"key": keys.2, "kind": "region"}],
        "objectives": [{"key": keys.0, "text": {"ru": "Поставки"}, "progress": "achieved"}],
    }));
    settled(&mut sent, Some(&before)).unwrap();
    assert_eq!(sent.approvals[1].decision, before.approvals[0].decision);
    assert_eq!(sent.approvals[1].decided_on, before.approvals[0].decided_on);
    assert!(sent.approvals[0].decision.is_none() && !sent.approvals[0].key.is_nil());

    let drop = |members: Value| match settled(&mut agreement(&members), Some(&before)) {
        Err(Refusal::Held { pointer, .. }) => pointer,
        other => panic!("{other:?}"),
    };
    assert_eq!(drop(json!({"approvals": [{"key": keys.2, "kind": "region"}]})), "/objectives");
    let kept = json!([{"key": keys.0, "text": {"ru": "Поставки"}, "progress": "achieved"}]);
    assert_eq!(drop(json!({"objectives": kept})), "/approvals");

    let unknown = Uuid::from_u128(99);
    let mut sent = agreement(&json!({
        "approvals": [{"key": unknown, "kind": "region"}],
        "objectives": [{"key": unknown, "text": {"ru": "Поставки"}}],
    }));
    let Err(Refusal::Invalid(faults)) = settled(&mut sent, Some(&before)) else { panic!() };
    let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
    assert_eq!(found, ["/objectives/0/key", "/approvals/0/key"]);
}

#[test]
fn what_it_refers_to_is_told_where_it_stands() {
    let paper = agreement(&json!({
        "parent": BODY, "event": BODY, "signing_place": PLACE,
        "signatories": [{"place": PLACE}, {"organization": BODY}],
        "approvals": [{"kind": "region", "authority": BODY}],
    }));
    let mut references = References::default();
    paper.references(&mut references);
    let found: Vec<_> =
        references.iter().map(|reference| format!("{} {}", reference.pointer, reference.field)).collect();
    let expected = [
        "/partnership partnership",
        "/parent parent",
        "/signing_place signing_place",
        "/event event",
        "/signatories/0/place signatory",
        "/signatories/1/organization signatory",
        "/approvals/0/authority authority",
    ];
    assert_eq!(found, expected);
}

#[test]
fn enumerations_are_those_of_the_codelists() {
    use crate::exchange::tests::same_as_codelist;
    same_as_codelist::<AgreementKind>("agreement_kind");
    same_as_codelist::<AgreementState>("agreement_state");
    same_as_codelist::<crate::AgreementApprovalKind>("approval_kind");
    same_as_codelist::<crate::AgreementApprovalDecision>("approval_decision");
    same_as_codelist::<AgreementObjectiveProgress>("objective_progress");
    same_as_codelist::<crate::OrganizationKind>("organization_kind");
    same_as_codelist::<crate::OrganizationScope>("organization_scope");
}

#[test]
fn examples_are_valid() {
    for example in examples::<Agreement>() {
        assert_eq!(faults_of(&example), NONE);
    }
    examples::<AgreementParty>();
    examples::<AgreementSignatory>();
    examples::<AgreementObjective>();
    examples::<AgreementAutoRenewal>();
    examples::<AgreementRegistration>();
    examples::<AgreementApproval>();
    examples::<crate::AgreementSubmissionInput>();
    examples::<crate::AgreementDecisionInput>();
    examples::<crate::AgreementSigningInput>();
    examples::<crate::AgreementEntryIntoForceInput>();
    examples::<crate::AgreementRenewalInput>();
    examples::<crate::AgreementExpiryInput>();
    examples::<crate::AgreementTerminationInput>();
    examples::<crate::AgreementVoidingInput>();
    examples::<crate::Organization>();
    examples::<crate::OrganizationName>();
    examples::<crate::OrganizationContact>();
}
