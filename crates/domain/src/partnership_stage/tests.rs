use jiff::civil::date;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::PartnershipStage::*;
use super::*;
use crate::agreement::tests::{PARTNERSHIP, agreement};
use crate::partnership::tests::{faults_of, partnership};
use crate::{AgreementKind, AgreementState, Collection};

const TODAY: Date = date(2011, 12, 31);
const PAPER: &str = "01890a5d-ac96-774b-bcce-b302099a8071";

fn tie(members: &Value) -> Record<Partnership> {
    let head = Head { id: PARTNERSHIP.parse().unwrap(), ..Head::default() };
    Record { head, body: partnership(members) }
}

fn paper(members: &Value) -> Record<Agreement> {
    Record { head: Head { id: PAPER.parse().unwrap(), ..Head::default() }, body: agreement(members) }
}

fn signed() -> Record<Agreement> {
    paper(&json!({"state": "signed", "signed_on": "2011-09-05"}))
}

fn input(members: &Value) -> PartnershipTransitionInput {
    let mut body = json!({"on": "2011-12"});
    crate::json::merge(&mut body, members);
    serde_json::from_value(body).unwrap()
}

fn moved(
    from: &Record<Partnership>,
    members: &Value,
    papers: &[Record<Agreement>],
) -> Result<Record<Partnership>, Refusal> {
    from.transition(&input(members), papers, TODAY)
}

fn refused(result: Result<Record<Partnership>, Refusal>) -> InvalidState {
    match result {
        Err(Refusal::State(state)) => *state,
        other => panic!("{other:?}"),
    }
}

fn faults(result: Result<Record<Partnership>, Refusal>) -> Vec<String> {
    match result {
        Err(Refusal::Invalid(faults)) => {
            faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
        }
        other => panic!("{other:?}"),
    }
}

fn source() -> Value {
    json!([{"text": "Отчёт за 2011 год", "locator": "F54"}])
}

#[test]
fn the_stages_follow_in_their_order() {
    let names = |stage: PartnershipStage, has_target| {
        stage.allowed_from(has_target).into_iter().map(PartnershipStage::as_str).collect::<Vec<_>>().join(" ")
    };
    assert_eq!(names(Idea, true), "planned declined abandoned");
    assert_eq!(names(Planned, true), "approached declined abandoned");
    assert_eq!(names(Approached, true), "negotiation_agreed declined abandoned");
    assert_eq!(names(NegotiationAgreed, true), "negotiating declined abandoned");
    assert_eq!(names(Negotiating, true), "intent_declared declined abandoned");
    assert_eq!(names(IntentDeclared, true), "in_approval declined abandoned");
    assert_eq!(names(InApproval, true), "concluded declined abandoned");
    assert_eq!(names(Concluded, false), "active");
    assert_eq!(names(Active, false), "suspended expired ended");
    assert_eq!(names(Active, true), "planned suspended expired ended", "a living tie may seek a higher form");
    assert_eq!(names(Suspended, true), "active expired ended");
    for over in [Expired, Ended, Declined, Abandoned] {
        assert_eq!(names(over, true), "planned");
        assert!(!over.is_living());
    }
}

#[test]
fn a_friend_becomes_a_twin() {
    let mut heihe = tie(&json!({"established": "1998", "target_kind": "twin"}));
    for to in ["planned", "approached", "negotiation_agreed", "negotiating", "intent_declared", "in_approval"] {
        heihe = moved(&heihe, &json!({"to": to}), &[]).unwrap();
        assert_eq!(heihe.body.kind, PartnershipKind::Friendship);
    }
    let concluded = json!({"to": "concluded", "on": "2011-09-05", "evidence": [PAPER]});
    heihe = moved(&heihe, &concluded, &[signed()]).unwrap();
    assert_eq!((heihe.body.kind, heihe.body.target_kind), (PartnershipKind::Twin, None));
    assert_eq!(heihe.body.established, PartialDate::parse("2011-09-05").ok());
    heihe = moved(&heihe, &json!({"to": "active"}), &[]).unwrap();
    assert_eq!(faults_of(&heihe.body), [""; 0]);
}

#[test]
fn a_step_cannot_be_skipped() {
    let refusal =
        refused(moved(&tie(&json!({"target_kind": "twin", "stage": "planned"})), &json!({"to": "negotiating"}), &[]));
    assert_eq!((refusal.from.as_str(), refusal.to.as_str()), ("planned", "negotiating"));
    assert_eq!(refusal.allowed, ["approached", "declined", "abandoned"]);
    assert!(refusal.missing.is_empty());
    assert_eq!(refusal.detail, "From planned it can become approached, declined, abandoned, not negotiating.");
    let again =
        refused(moved(&tie(&json!({})), &json!({"to": "active", "historical": true, "sources": source()}), &[]));
    assert_eq!(again.detail, "It is active already.");
}

#[test]
fn it_is_concluded_by_a_signed_agreement_of_its_own() {
    let ready = tie(&json!({"target_kind": "twin", "stage": "in_approval"}));
    let conclude =
        |papers: &[Record<Agreement>]| moved(&ready, &json!({"to": "concluded", "evidence": [PAPER]}), papers);
    assert!(conclude(&[signed()]).is_ok());
    for lacking in [
        json!({"state": "draft"}),
        json!({"state": "signed", "signed_on": "2011-09-05", "kind": "letter_of_intent"}),
        json!({"state": "signed", "signed_on": "2011-09-05", "kind": "termination_notice"}),
        json!({"state": "signed", "signed_on": "2012"}),
        json!({"state": "signed", "signed_on": "2011", "partnership": PAPER}),
        json!({"state": "expired", "signed_on": "2003", "in_force": "2003/2008"}),
    ] {
        assert_eq!(refused(conclude(&[paper(&lacking)])).missing, ["signed_agreement"], "{lacking}");
    }
    let unnamed = moved(&ready, &json!({"to": "concluded"}), &[signed()]);
    assert_eq!(refused(unnamed).missing, ["signed_agreement"]);
    assert_eq!(faults(conclude(&[])), ["/evidence/0 unknown_reference"]);
}

#[test]
fn an_end_and_a_return_need_a_reason() {
    let sought = tie(&json!({"target_kind": "twin", "stage": "planned"}));
    for to in ["declined", "abandoned"] {
        assert_eq!(faults(moved(&sought, &json!({"to": to}), &[])), ["/reason required"]);
        assert_eq!(faults(moved(&sought, &json!({"to": to, "reason": " "}), &[])), ["/reason required"]);
        let over = moved(&sought, &json!({"to": to, "reason": "Отказ"}), &[]).unwrap();
        assert_eq!((over.body.kind, over.body.target_kind), (PartnershipKind::Friendship, Some(PartnershipKind::Twin)));
        assert_eq!(faults(moved(&over, &json!({"to": "planned"}), &[])), ["/reason required"]);
        assert!(moved(&over, &json!({"to": "planned", "reason": "Новое письмо"}), &[]).is_ok());
    }
    let living = tie(&json!({}));
    assert_eq!(faults(moved(&living, &json!({"to": "ended"}), &[])), ["/reason required"]);
    assert!(moved(&living, &json!({"to": "expired"}), &[]).is_ok());
    let rests = moved(&living, &json!({"to": "suspended"}), &[]).unwrap();
    assert!(moved(&rests, &json!({"to": "active"}), &[]).is_ok());
}

#[test]
fn what_ended_is_sought_anew() {
    let ended =
        moved(&tie(&json!({"established": "1998"})), &json!({"to": "ended", "on": "2010", "reason": "Отказ"}), &[])
            .unwrap();
    assert_eq!((ended.body.kind, ended.body.ended), (PartnershipKind::Friendship, PartialDate::parse("2010").ok()));
    let again = moved(&ended, &json!({"to": "planned", "reason": "Новое письмо"}), &[]).unwrap().body;
    assert_eq!((again.kind, again.target_kind), (PartnershipKind::None, Some(PartnershipKind::Friendship)));
    assert_eq!((again.established, again.ended), (None, None));
    let higher =
        Record { body: Partnership { target_kind: Some(PartnershipKind::Twin), ..ended.body.clone() }, ..ended };
    let again = moved(&higher, &json!({"to": "planned", "reason": "Новое письмо"}), &[]).unwrap().body;
    assert_eq!((again.kind, again.target_kind), (PartnershipKind::None, Some(PartnershipKind::Twin)));
}

#[test]
fn days_to_come_and_ends_before_the_beginning_are_refused_with_all_else() {
    let found = faults(moved(
        &tie(&json!({"established": "1998"})),
        &json!({"to": "ended", "on": "2012", "evidence": [PAPER]}),
        &[],
    ));
    assert_eq!(found, ["/on not_allowed", "/reason required", "/evidence/0 unknown_reference"]);
    let found = faults(moved(&tie(&json!({"established": "1998"})), &json!({"to": "expired", "on": "1997"}), &[]));
    assert_eq!(found, ["/on not_allowed"]);
}

#[test]
fn the_past_is_free_of_order_and_evidence_but_has_a_source() {
    let dangjin = tie(&json!({"kind": "none", "target_kind": "twin", "stage": "idea"}));
    let told = |to: &str, members: Value| {
        let mut body = json!({"to": to, "historical": true});
        crate::json::merge(&mut body, &members);
        moved(&dangjin, &body, &[signed()])
    };
    assert_eq!(faults(told("negotiation_agreed", json!({}))), ["/sources required"]);
    let agreed = told("negotiation_agreed", json!({"sources": source()})).unwrap();
    assert_eq!((agreed.body.stage, agreed.head.sources.len()), (NegotiationAgreed, 1));
    let again = moved(&agreed, &json!({"to": "negotiating", "sources": source()}), &[]).unwrap();
    assert_eq!(again.head.sources.len(), 1, "a source is cited once");
    assert!(told("approached", json!({"evidence": [PAPER]})).is_ok());
    let concluded = told("concluded", json!({"sources": source()})).unwrap();
    assert_eq!(concluded.body.kind, PartnershipKind::Twin);
    assert_eq!(refused(told("active", json!({"sources": source()}))).missing, ["concluded"]);
    let lived = tie(&json!({}));
    for to in ["concluded", "planned", "declined"] {
        let told = moved(&lived, &json!({"to": to, "historical": true, "sources": source(), "reason": "Архив"}), &[]);
        assert_eq!(refused(told).missing, ["target_kind"], "{to}");
    }
}

#[test]
fn a_record_does_not_cite_without_end() {
    let mut full = tie(&json!({}));
    let cited = |number: usize| serde_json::from_value::<Source>(json!({"text": number.to_string()})).unwrap();
    full.head.sources = (0..Head::MAX_SOURCES).map(cited).collect();
    assert_eq!(faults(moved(&full, &json!({"to": "suspended", "sources": source()}), &[])), ["/sources too_many"]);
    assert!(moved(&full, &json!({"to": "suspended", "sources": [{"text": "7"}]}), &[]).is_ok());
}

fn any_kind() -> impl Strategy<Value = PartnershipKind> {
    use PartnershipKind::{Contact, Cooperation, Friendship, None, Twin};
    prop::sample::select(&[None, Contact, Cooperation, Friendship, Twin][..])
}

/// A tie as it may begin.
fn any_tie() -> impl Strategy<Value = Record<Partnership>> {
    (any_kind(), prop::option::of(any_kind())).prop_filter_map("nothing exists or is sought", |(kind, target)| {
        let stage = PartnershipStage::first(target.is_some());
        let tie = tie(&json!({"kind": kind, "target_kind": target, "stage": stage}));
        faults_of(&tie.body).is_empty().then_some(tie)
    })
}

fn any_date() -> impl Strategy<Value = &'static str> {
    prop::sample::select(&["1998", "2003-07-17", "2011", "2011-09-05?", "[..2001]", "[2010..]", "2012"][..])
}

fn any_paper() -> impl Strategy<Value = Record<Agreement>> {
    let state = prop_oneof![Just(AgreementState::Signed), prop::sample::select(AgreementState::ALL)];
    (state, prop::sample::select(AgreementKind::ALL), any_date(), prop::bool::weighted(0.8)).prop_map(
        |(state, kind, signed_on, own)| {
            paper(&json!({
                "state": state,
                "kind": kind,
                "signed_on": signed_on,
                "partnership": if own { PARTNERSHIP } else { PAPER },
            }))
        },
    )
}

#[derive(Clone, Debug)]
enum Step {
    Seek(Option<PartnershipKind>),
    /// `follows` picks one of the stages that follow, in place of `to`.
    Move {
        to: PartnershipStage,
        follows: Option<prop::sample::Index>,
        on: &'static str,
        reason: bool,
        evidence: bool,
        historical: bool,
        source: bool,
    },
}

fn any_step() -> impl Strategy<Value = Step> {
    let any_stage = prop::sample::select(PartnershipStage::ALL);
    prop_oneof![
        1 => prop::option::of(any_kind()).prop_map(Step::Seek),
        6 => (
            any_stage,
            prop::option::weighted(0.8, any::<prop::sample::Index>()),
            any_date(),
            any::<bool>(),
            any::<bool>(),
            prop::bool::weighted(0.3),
            any::<bool>(),
        )
            .prop_map(|(to, follows, on, reason, evidence, historical, source)| Step::Move {
                to, follows, on, reason, evidence, historical, source,
            }),
    ]
}

proptest! {
    /// Whatever is asked for, in whatever order: a move that is made was allowed, its guards held,
    /// and the partnership is sound afterwards.
    #[test]
    fn no_walk_leaves_the_way(
        first in any_tie(),
        steps in prop::collection::vec(any_step(), 1..40),
        paper in any_paper(),
    ) {
        let mut now = first;
        for step in steps {
            let allowed = now.body.stage.allowed_from(now.body.target_kind.is_some());
            let (to, on, reason, evidence, historical, source) = match step {
                Step::Seek(target_kind) => {
                    let body = Partnership { target_kind, ..now.body.clone() };
                    if faults_of(&body).is_empty() {
                        now.body = body;
                    }
                    continue;
                }
                Step::Move { to, follows, on, reason, evidence, historical, source } => {
                    (follows.map_or(to, |index| *index.get(&allowed)), on, reason, evidence, historical, source)
                }
            };
            let before = now.clone();
            let body = json!({
                "to": to,
                "on": on,
                "reason": reason.then_some("Письмо"),
                "evidence": if evidence { vec![PAPER] } else { Vec::new() },
                "historical": historical,
                "sources": if source { self::source() } else { json!([]) },
            });
            let Ok(after) = now.transition(&input(&body), std::slice::from_ref(&paper), TODAY) else {
                prop_assert_eq!(&now, &before);
                continue;
            };
            let from = before.body.stage;
            prop_assert_ne!(from, to);
            prop_assert_eq!(after.body.stage, to);
            prop_assert!(historical || allowed.contains(&to));
            prop_assert!(!historical || evidence || source);
            prop_assert!(on != "2012");
            prop_assert!(reason || !matches!(to, Ended | Declined | Abandoned));
            prop_assert!(reason || from.is_living() || !to.is_living());
            if to == Concluded {
                prop_assert_eq!(after.body.target_kind, None);
                prop_assert!(historical || (evidence && paper.body.concludes(now.head.id, TODAY)));
            }
            prop_assert_eq!(faults_of(&after.body), Vec::<String>::new());
            prop_assert_eq!(&after.body.parties, &before.body.parties);
            prop_assert_eq!(after.body.state().map(|state| state.current), Some(to.as_str().to_owned()));
            now = after;
        }
    }
}
