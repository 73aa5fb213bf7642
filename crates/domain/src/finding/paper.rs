//! What papers and letters give reason to ask: papers without signatories, ties without papers,
//! terms and replies that are over.

use super::{Finding, FindingCode, FindingEvidence, FindingFacts, RecordMention};
use crate::agreement::Agreement;
use crate::agreement_state::AgreementState;
use crate::collection::CollectionName;
use crate::record::Record;

fn mention(paper: &Record<Agreement>) -> RecordMention {
    RecordMention::of(CollectionName::Agreements, &paper.head)
}

/// A signed paper that does not say who signed it.
pub(super) fn agreement_without_signatories(facts: &FindingFacts) -> Vec<Finding> {
    let signed = facts.agreements.iter().filter(|paper| {
        matches!(paper.body.state, AgreementState::Signed | AgreementState::InForce)
            && paper.body.signatories.is_empty()
    });
    signed
        .map(|paper| {
            let evidence = vec![FindingEvidence::new("state", paper.body.state.as_str())];
            Finding::new(FindingCode::AgreementWithoutSignatories, &mention(paper), Some("signatories"), evidence)
        })
        .collect()
}

/// A paper in force after its term.
pub(super) fn in_force_past_term(facts: &FindingFacts) -> Vec<Finding> {
    let mut found = Vec::new();
    for paper in facts.agreements.iter().filter(|paper| paper.body.state == AgreementState::InForce) {
        let Some(term) = paper.body.in_force else { continue };
        if term.latest().is_some_and(|end| end < facts.on) {
            let evidence = vec![FindingEvidence::new("in_force", term.to_string())];
            found.push(Finding::new(FindingCode::InForcePastTerm, &mention(paper), Some("in_force"), evidence));
        }
    }
    found
}

/// A twinning without a signed paper.
pub(super) fn twin_without_agreement(facts: &FindingFacts) -> Vec<Finding> {
    let bare = facts.twins.iter().filter(|twin| twin.has_paper == Some(false));
    bare.map(|twin| Finding::new(FindingCode::TwinWithoutAgreement, &twin.record, Some("kind"), Vec::new())).collect()
}

/// A twinning of which nobody says since when. Where sources differ, that is told instead.
pub(super) fn established_unknown(facts: &FindingFacts) -> Vec<Finding> {
    let unknown = facts.twins.iter().filter(|twin| !twin.established && !twin.contested);
    let code = FindingCode::EstablishedUnknown;
    unknown.map(|twin| Finding::new(code, &twin.record, Some("established"), Vec::new())).collect()
}

/// A reply that should be there is not.
pub(super) fn letter_overdue(facts: &FindingFacts) -> Vec<Finding> {
    let overdue = facts.letters.iter().filter(|letter| letter.body.is_overdue(facts.on));
    overdue
        .map(|letter| {
            let due = letter.body.reply_due.map(|due| due.to_string()).unwrap_or_default();
            let record = RecordMention::of(CollectionName::Letters, &letter.head);
            Finding::new(
                FindingCode::LetterOverdue,
                &record,
                Some("reply_due"),
                vec![FindingEvidence::new("reply_due", due)],
            )
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use jiff::civil::date;
    use serde_json::{Value, json};

    use super::*;
    use crate::finding::TwinFacts;

    fn paper(members: Value) -> FindingFacts {
        let mut body = json!({"kind": "sector_protocol", "title": {"ru": "Протокол"}, "state": "in_force"});
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
            body.extend(members);
        }
        let mut facts = FindingFacts::new(date(2011, 9, 5), None);
        facts.agreements.push(serde_json::from_value(body).unwrap());
        facts
    }

    #[test]
    fn a_signed_paper_says_who_signed_it() {
        assert_eq!(agreement_without_signatories(&paper(json!({}))).len(), 1);
        assert!(agreement_without_signatories(&paper(json!({"state": "draft"}))).is_empty());
        let signed = json!({"signatories": [{"name": {"ru": "Чжан Эньлян"}}]});
        assert!(agreement_without_signatories(&paper(signed)).is_empty());
    }

    #[test]
    fn a_term_that_is_over_ends_the_force() {
        let of = |term: &str, state: &str| in_force_past_term(&paper(json!({"in_force": term, "state": state}))).len();
        assert_eq!(of("2003-07-17/2011-09-04", "in_force"), 1);
        assert_eq!(of("2003-07-17/2011-09-05", "in_force"), 0, "the last day is in force");
        assert_eq!(of("2003-07-17/..", "in_force") + of("2003-07-17/2011-09-04", "expired"), 0);
    }

    fn twin(established: bool, contested: bool, has_paper: Option<bool>) -> FindingFacts {
        let record = crate::finding::tests::mention(CollectionName::Partnerships, 1);
        let mut facts = FindingFacts::new(date(2011, 9, 5), None);
        facts.twins.push(TwinFacts { record, established, contested, has_paper });
        facts
    }

    #[test]
    fn a_twinning_has_a_paper() {
        assert_eq!(twin_without_agreement(&twin(true, false, Some(false))).len(), 1);
        assert!(twin_without_agreement(&twin(true, false, Some(true))).is_empty());
        assert!(twin_without_agreement(&twin(true, false, None)).is_empty(), "papers that may not be told of");
    }

    #[test]
    fn a_twinning_has_a_beginning() {
        assert_eq!(established_unknown(&twin(false, false, None)).len(), 1);
        assert!(established_unknown(&twin(true, false, None)).is_empty());
        assert!(established_unknown(&twin(false, true, None)).is_empty(), "sources differ: that is another finding");
    }

    #[test]
    fn a_reply_that_is_late_is_found() {
        let of = |due: &str, state: &str| {
            let mut facts = FindingFacts::new(date(2011, 9, 5), None);
            let letter = json!({
                "direction": "outgoing", "channel": "post", "subject": {"ru": "Запрос"}, "state": state, "reply_due": due,
            });
            facts.letters.push(serde_json::from_value(letter).unwrap());
            letter_overdue(&facts).len()
        };
        assert_eq!(
            (of("2011-08", "awaiting_reply"), of("2011-09", "awaiting_reply"), of("2011-08", "answered")),
            (1, 0, 0)
        );
    }
}
