use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::AgreementState::*;
use super::*;
use crate::AgreementKind;
use crate::agreement::tests::{agreement, faults_of, settled};
use crate::refusal::InvalidState;

const TODAY: Date = date(2011, 12, 31);
const NONE: [&str; 0] = [];

fn read<T: serde::de::DeserializeOwned>(body: Value) -> T {
    serde_json::from_value(body).unwrap()
}

/// A draft that needs the approvals of the region and of the council.
fn draft() -> Agreement {
    let mut draft = agreement(&json!({"approvals": [{"kind": "region"}, {"kind": "council"}]}));
    settled(&mut draft, None).unwrap();
    draft
}

fn signed(members: &Value) -> Agreement {
    agreement(members).sign(&read(json!({"signed_on": "2011-09-05"})), TODAY).unwrap()
}

fn in_force(term: &str) -> Agreement {
    agreement(&json!({"state": "in_force", "signed_on": "2003-07-17", "in_force": term}))
}

fn decide(agreement: &Agreement, index: usize, body: Value) -> Result<Agreement, Refusal> {
    agreement.decide(agreement.approvals[index].key, &read(body), TODAY)
}

fn refused(result: Result<Agreement, Refusal>) -> InvalidState {
    match result {
        Err(Refusal::State(state)) => *state,
        other => panic!("{other:?}"),
    }
}

fn faults(result: Result<Agreement, Refusal>) -> Vec<String> {
    match result {
        Err(Refusal::Invalid(faults)) => {
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn term(agreement: &Agreement) -> String {
    agreement.in_force.map(|term| term.to_string()).unwrap_or_default()
}

#[test]
fn the_last_grant_gives_approved() {
    let asked = draft().submit(&read(json!({"on": "2011-06-01"})), TODAY).unwrap();
    assert_eq!((asked.state, asked.approvals[1].requested_on), (InApproval, PartialDate::parse("2011-06-01").ok()));
    let conditions = json!({"ru": "Исключить пункт 4"});
    let first = decide(&asked, 0, json!({"decision": "granted_with_conditions", "conditions": conditions})).unwrap();
    assert_eq!((first.state, first.approvals[0].decided_on), (InApproval, Some(PartialDate::from_day(TODAY))));
    let last = decide(&first, 1, json!({"decision": "granted", "on": "2011-06"})).unwrap();
    assert_eq!(last.state, Approved);
    let again = refused(decide(&first, 0, json!({"decision": "granted"})));
    assert_eq!(again.detail, "This approval is granted already.");
    assert_eq!(refused(decide(&last, 0, json!({"decision": "refused"}))).allowed, ["signed", "void"]);
}

#[test]
fn a_refusal_returns_it_to_draft_and_it_is_asked_for_again() {
    let asked = draft().submit(&read(json!({"on": "2011-06-01"})), TODAY).unwrap();
    let first = decide(&asked, 0, json!({"decision": "granted", "on": "2011-06-05"})).unwrap();
    let back = decide(&first, 1, json!({"decision": "refused", "on": "2011-06-10"})).unwrap();
    assert_eq!((back.state, back.approvals[1].is_granted()), (Draft, false));
    assert!(back.approvals[1].decision.is_some());
    assert_eq!(refused(back.sign(&read(json!({"signed_on": "2011-06-11"})), TODAY)).missing, ["approvals"]);
    let mut again = back.submit(&read(json!({"on": "2011-07-01"})), TODAY).unwrap();
    settled(&mut again, Some(&back)).unwrap();
    assert_eq!(
        (again.approvals[1].decision, again.approvals[1].requested_on),
        (None, PartialDate::parse("2011-07-01").ok())
    );
    assert!(again.approvals[0].is_granted());
    assert_eq!(decide(&again, 1, json!({"decision": "granted"})).unwrap().state, Approved);
}

#[test]
fn a_submission_needs_approvals_to_ask_for_and_a_day_that_has_come() {
    let bare = refused(agreement(&json!({})).submit(&AgreementSubmissionInput::default(), TODAY));
    assert_eq!(
        (bare.missing, bare.allowed),
        (vec!["approvals".to_owned()], vec!["signed".to_owned(), "void".to_owned()])
    );
    assert_eq!(faults(draft().submit(&read(json!({"on": "2012"})), TODAY)), ["/on not_allowed"]);
    let mut due = draft();
    due.approvals[0].due_on = PartialDate::parse("2011-05").ok();
    assert_eq!(faults(due.submit(&read(json!({"on": "2011-06-01"})), TODAY)), ["/on not_allowed"]);
}

#[test]
fn a_decision_is_made_after_it_was_asked_for_and_says_its_conditions() {
    let asked = draft().submit(&read(json!({"on": "2011-06-01"})), TODAY).unwrap();
    let early = faults(decide(&asked, 0, json!({"decision": "granted_with_conditions", "on": "2011-05"})));
    assert_eq!(early, ["/on not_allowed", "/conditions required"]);
    let conditions = json!({"ru": "Исключить пункт 4"});
    let odd = faults(decide(&asked, 0, json!({"decision": "granted", "on": "2012", "conditions": conditions})));
    assert_eq!(odd, ["/on not_allowed", "/conditions not_allowed"]);
    assert!(decide(&asked, 0, json!({"decision": "refused", "conditions": conditions})).is_ok());
    let nobody = asked.decide(Uuid::from_u128(99), &read(json!({"decision": "granted"})), TODAY);
    assert!(matches!(nobody, Err(Refusal::NoSuchElement { pointer, .. }) if pointer == "/approvals"));
    assert_eq!(refused(decide(&draft(), 0, json!({"decision": "granted"}))).allowed, ["in_approval", "void"]);
}

#[test]
fn it_is_signed_from_the_draft_when_it_needs_no_approvals() {
    let place = "01890a5d-ac96-774b-bcce-b302099a8052";
    let planned = agreement(&json!({"signing_place": place, "signatories": [{"position": {"ru": "мэр"}}]}));
    let signed = planned.sign(&read(json!({"signed_on": "2011-09-05"})), TODAY).unwrap();
    assert_eq!((signed.state, signed.signing_place, signed.signatories.len()), (Signed, place.parse().ok(), 1));
    let by_two = json!({"signed_on": "2011", "signatories": [{"place": place}, {"position": {"ru": "мэр"}}]});
    assert_eq!(planned.sign(&read(by_two), TODAY).unwrap().signatories.len(), 2);
    let wrong = json!({"signed_on": "2012", "signatories": [{"place": place}, {}, {"place": place}]});
    let found = faults(planned.sign(&read(wrong), TODAY));
    assert_eq!(found, ["/signed_on not_allowed", "/signatories/1 required", "/signatories/2 duplicate"]);
    assert_eq!(refused(draft().sign(&read(json!({"signed_on": "2011"})), TODAY)).missing, ["approvals"]);
    assert_eq!(refused(signed.sign(&read(json!({"signed_on": "2011"})), TODAY)).allowed, ["in_force"]);
}

#[test]
fn it_enters_into_force_for_its_term() {
    let enter = |agreement: &Agreement, body: Value| agreement.enter_into_force(&read(body), TODAY);
    let treaty = signed(&json!({"term_months": 60}));
    assert_eq!(term(&enter(&treaty, json!({"on": "2011-09-05"})).unwrap()), "2011-09-05/2016-09-04");
    assert_eq!(term(&enter(&treaty, json!({"on": "2011-09"})).unwrap()), "2011-09/..");
    assert_eq!(term(&enter(&treaty, json!({"on": "2011-10", "until": "2014"})).unwrap()), "2011-10/2014");
    assert_eq!(term(&enter(&signed(&json!({})), json!({"on": "2011-09-05"})).unwrap()), "2011-09-05/..");
    assert_eq!(faults(enter(&treaty, json!({"on": "2011-09-04"}))), ["/on not_allowed"]);
    assert_eq!(faults(enter(&treaty, json!({"on": "2012"}))), ["/on not_allowed"]);
    assert_eq!(faults(enter(&treaty, json!({"on": "[..2011]"}))), ["/on not_allowed"]);
    assert_eq!(faults(enter(&treaty, json!({"on": "2011-10", "until": "2011-09"}))), ["/until not_allowed"]);
    let communique = refused(enter(&signed(&json!({"kind": "communique"})), json!({"on": "2011-10"})));
    assert_eq!(communique.detail, "Communiqués and declarations end at signed.");
    assert!(communique.allowed.is_empty());
}

#[test]
fn a_renewal_gives_a_later_end() {
    let renew = |agreement: &Agreement, body: Value| agreement.renew(&read(body));
    let treaty = in_force("2003-07-17/2008-07-16");
    assert_eq!(term(&renew(&treaty, json!({"until": "2013"})).unwrap()), "2003-07-17/2013");
    assert_eq!(term(&renew(&treaty, json!({"months": 12})).unwrap()), "2003-07-17/2009-07-16");
    assert_eq!(faults(renew(&treaty, json!({}))), ["/until required"]);
    assert_eq!(faults(renew(&treaty, json!({"until": "2008-07"}))), ["/until not_allowed"]);
    assert_eq!(faults(renew(&treaty, json!({"until": "[2013..]"}))), ["/until not_allowed"]);
    assert_eq!(faults(renew(&treaty, json!({"until": "2013", "months": 12}))), ["/months not_allowed"]);
    let by_itself =
        Agreement { auto_renewal: Some(read(json!({"months": 24}))), term_months: Some(60), ..treaty.clone() };
    assert_eq!(term(&renew(&by_itself, json!({})).unwrap()), "2003-07-17/2010-07-16");
    let by_term = Agreement { term_months: Some(60), ..treaty };
    assert_eq!(term(&renew(&by_term, json!({})).unwrap()), "2003-07-17/2013-07-16");
    assert_eq!(faults(renew(&in_force("2003/2008"), json!({"months": 12}))), ["/until required"]);
    assert_eq!(refused(renew(&in_force("2003-07-17/.."), json!({"months": 12}))).missing, ["in_force_end"]);
    assert_eq!(refused(renew(&signed(&json!({})), json!({"months": 12}))).from, "signed");
}

#[test]
fn it_expires_when_its_term_is_over() {
    let expire = |agreement: &Agreement, body: Value| agreement.expire(&read(body), TODAY);
    assert_eq!(term(&expire(&in_force("2003-07-17/2008-07-16"), json!({})).unwrap()), "2003-07-17/2008-07-16");
    assert_eq!(term(&expire(&in_force("2003-07-17/.."), json!({"on": "2010"})).unwrap()), "2003-07-17/2010");
    assert_eq!(faults(expire(&in_force("2003-07-17/.."), json!({}))), ["/on required"]);
    assert_eq!(faults(expire(&in_force("2003-07-17/2013"), json!({}))), ["/on required"]);
    assert_eq!(faults(expire(&in_force("2003-07-17/2013"), json!({"on": "2012"}))), ["/on not_allowed"]);
    assert_eq!(faults(expire(&in_force("2003-07-17/.."), json!({"on": "2002"}))), ["/on not_allowed"]);
    assert_eq!(refused(expire(&signed(&json!({})), json!({}))).allowed, ["in_force"]);
}

#[test]
fn a_termination_needs_a_reason() {
    let terminate = |agreement: &Agreement, body: Value| agreement.terminate(&read(body), TODAY);
    let treaty = in_force("2003-07-17/2013");
    let ended = terminate(&treaty, json!({"on": "2011-03-31", "reason": "Уведомление"})).unwrap();
    assert_eq!((ended.state, term(&ended)), (Terminated, "2003-07-17/2011-03-31".to_owned()));
    assert_eq!(
        faults(terminate(&treaty, json!({"on": "2012", "reason": " "}))),
        ["/on not_allowed", "/reason required"]
    );
    assert_eq!(faults(terminate(&treaty, json!({"on": "2002", "reason": "Уведомление"}))), ["/on not_allowed"]);
    let over = terminate(&in_force("2003-07-17/2008"), json!({"on": "2010", "reason": "Уведомление"}));
    assert_eq!(faults(over), ["/on not_allowed"]);
    assert!(refused(terminate(&ended, json!({"on": "2011", "reason": "Уведомление"}))).allowed.is_empty());
}

#[test]
fn only_what_is_not_signed_becomes_void() {
    let void = |agreement: &Agreement| agreement.void(&AgreementVoidingInput::default());
    let asked = draft().submit(&AgreementSubmissionInput::default(), TODAY).unwrap();
    for open in [agreement(&json!({})), draft(), asked] {
        assert_eq!(void(&open).unwrap().state, Void);
        assert_eq!(faults_of(&void(&open).unwrap()), NONE);
    }
    assert_eq!(refused(void(&signed(&json!({})))).detail, "From signed it can become in force, not void.");
    assert_eq!(refused(void(&void(&draft()).unwrap())).detail, "What is void stays so.");
}

#[derive(Clone, Debug)]
enum Step {
    Submit(Option<&'static str>),
    Decide(usize, Value),
    Sign(&'static str),
    Enter(&'static str, Option<&'static str>),
    Renew(Option<&'static str>, Option<i32>),
    Expire(Option<&'static str>),
    Terminate(&'static str),
    Void,
}

fn any_date() -> impl Strategy<Value = &'static str> {
    let dates = ["2003-07-17", "2008", "2010-06", "2011-09-05", "2011-12-31?", "[..2001]", "[2010..]", "2012-02"];
    prop::sample::select(dates.to_vec())
}

fn any_step() -> impl Strategy<Value = Step> {
    let maybe = || prop::option::of(any_date());
    let decision = prop::sample::select(vec!["granted", "refused", "granted_with_conditions"]);
    let decision = (decision, maybe(), any::<bool>()).prop_map(|(decision, on, conditional)| {
        let conditions = conditional.then(|| json!({"ru": "Исключить пункт 4"}));
        json!({"decision": decision, "on": on, "conditions": conditions})
    });
    prop_oneof![
        2 => maybe().prop_map(Step::Submit),
        4 => (0..2_usize, decision).prop_map(|(index, body)| Step::Decide(index, body)),
        2 => any_date().prop_map(Step::Sign),
        2 => (any_date(), maybe()).prop_map(|(on, until)| Step::Enter(on, until)),
        2 => (maybe(), prop::option::of(1..600_i32)).prop_map(|(until, months)| Step::Renew(until, months)),
        1 => maybe().prop_map(Step::Expire),
        1 => any_date().prop_map(Step::Terminate),
        1 => Just(Step::Void),
    ]
}

fn taken(now: &Agreement, step: &Step) -> Result<Agreement, Refusal> {
    match step {
        Step::Submit(on) => now.submit(&read(json!({"on": on})), TODAY),
        Step::Decide(index, body) => {
            let key = now.approvals.get(*index).map_or(Uuid::nil(), |approval| approval.key);
            now.decide(key, &read(body.clone()), TODAY)
        }
        Step::Sign(on) => now.sign(&read(json!({"signed_on": on})), TODAY),
        Step::Enter(on, until) => now.enter_into_force(&read(json!({"on": on, "until": until})), TODAY),
        Step::Renew(until, months) => now.renew(&read(json!({"until": until, "months": months}))),
        Step::Expire(on) => now.expire(&read(json!({"on": on})), TODAY),
        Step::Terminate(on) => now.terminate(&read(json!({"on": on, "reason": "Уведомление"})), TODAY),
        Step::Void => now.void(&AgreementVoidingInput::default()),
    }
}

proptest! {
    /// Whatever is done, in whatever order: each move is one of the way, and the agreement is sound
    /// afterwards, and stays as it is when it is stored.
    #[test]
    fn no_walk_leaves_the_way(
        kind in prop::sample::select(AgreementKind::ALL),
        approvals in 0..3_usize,
        term in prop::option::of(1..600_i32),
        steps in prop::collection::vec(any_step(), 1..40),
    ) {
        let approvals = vec![json!({"kind": "region", "due_on": "2011-12"}); approvals];
        let mut now = agreement(&json!({"kind": kind, "approvals": approvals, "term_months": term}));
        settled(&mut now, None).unwrap();
        for step in steps {
            let Ok(mut after) = taken(&now, &step) else { continue };
            let stays = matches!((&step, now.state), (Step::Renew(..), InForce) | (Step::Decide(..), InApproval));
            prop_assert!(now.allowed().contains(&after.state) || (after.state == now.state && stays), "{step:?}");
            prop_assert_eq!(faults_of(&after), Vec::<String>::new(), "{:?} {:?}", step, after);
            prop_assert!(!after.state.is_signed() || after.approvals.iter().all(|approval| approval.is_granted()));
            prop_assert!(!kind.ends_at_signed() || after.state <= Signed || after.state == Void);
            prop_assert!(after.signed_on.is_none_or(|signed| !signed.is_after(TODAY)));
            let stored = after.clone();
            prop_assert_eq!(settled(&mut after, Some(&now)), Ok(()));
            prop_assert_eq!(&after, &stored);
            now = after;
        }
    }
}
