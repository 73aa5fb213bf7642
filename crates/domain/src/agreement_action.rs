//! What is done with an agreement: each action takes what it needs and the day, and gives the
//! agreement as it is afterwards, or says why not.

use jiff::Span;
use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::agreement_approval::AgreementApprovalDecision;
use crate::agreement_part::AgreementSignatory;
use crate::agreement_state::AgreementState;
use crate::fault::Faults;
use crate::refusal::Refusal;
use crate::value::{LocalizedText, PartialDate, PartialInterval};

/// Submits an agreement to those who must approve it.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"on": "2011-06-01"})))]
pub struct AgreementSubmissionInput {
    /// When the approvals were asked for, as well as it is known; today when left out.
    #[schema(examples("2011-06-01"))]
    pub on: Option<PartialDate>,
}

/// Notes what an authority decided on its approval.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({"decision": "granted", "on": "2011-06-24"}),
    json!({"decision": "granted_with_conditions", "on": "2011-06-24", "conditions": {"ru": "Исключить пункт 4", "zh": "删除第四条"}})
))]
pub struct AgreementDecisionInput {
    /// What it decided.
    pub decision: AgreementApprovalDecision,
    /// When it decided, as well as it is known; today when left out.
    #[schema(examples("2011-06-24"))]
    pub on: Option<PartialDate>,
    /// On which conditions it agrees, or would agree; not for what is simply granted.
    pub conditions: Option<LocalizedText>,
}

/// Notes that an agreement was signed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({
    "signed_on": "2011-09-05",
    "signing_place": "01890a5d-ac96-774b-bcce-b302099a8057",
    "signatories": [{"position": {"ru": "мэр города Благовещенска"}}, {"position": {"ru": "мэр города Хэйхэ", "zh": "黑河市市长"}}]
})))]
pub struct AgreementSigningInput {
    /// When it was signed, as well as it is known. A day to come is refused.
    #[schema(examples("2011-09-05"))]
    pub signed_on: PartialDate,
    /// The place it was signed at; as the agreement has it when left out.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub signing_place: Option<Uuid>,
    /// The event it was signed at; as the agreement has it when left out.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8059"))]
    pub event: Option<Uuid>,
    /// Who signed it; as the agreement has it when left out or empty.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub signatories: Vec<AgreementSignatory>,
}

/// Notes that an agreement entered into force.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"on": "2011-09-05", "until": "2016-09-04"})))]
pub struct AgreementEntryIntoForceInput {
    /// Its first day in force, as well as it is known; not before it was signed, and not to come.
    #[schema(examples("2011-09-05"))]
    pub on: PartialDate,
    /// Its last day in force. When left out, it follows from `term_months` where the first day is
    /// known exactly; else the end is open.
    #[schema(examples("2016-09-04"))]
    pub until: Option<PartialDate>,
}

/// Gives an agreement in force a new term.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"until": "2021-09-04"}), json!({"months": 60})))]
pub struct AgreementRenewalInput {
    /// The new last day in force; later than the one before.
    #[schema(examples("2021-09-04"))]
    pub until: Option<PartialDate>,
    /// By how many months it is prolonged, in place of `until`. When both are left out, as long as
    /// its automatic renewal, or its term.
    #[schema(minimum = 1, maximum = 1200, examples(60))]
    pub months: Option<i32>,
}

/// Notes that an agreement's term ran out.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"on": "2016-09-04"})))]
pub struct AgreementExpiryInput {
    /// Its last day in force; the end of its term when left out. A day to come is refused.
    #[schema(examples("2016-09-04"))]
    pub on: Option<PartialDate>,
}

/// Notes that an agreement was ended before its term, or without one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"on": "2014-03-31", "reason": "Уведомление партнёра о прекращении"})))]
pub struct AgreementTerminationInput {
    /// Its last day in force, as well as it is known. A day to come is refused.
    #[schema(examples("2014-03-31"))]
    pub on: PartialDate,
    /// Why. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Уведомление партнёра о прекращении"))]
    pub reason: String,
}

/// Gives an agreement up before it is signed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(json!({"reason": "Стороны решили заключить меморандум"})))]
pub struct AgreementVoidingInput {
    /// Why. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Стороны решили заключить меморандум"))]
    pub reason: Option<String>,
}

impl Agreement {
    /// Draft → in approval. What was refused is asked for again.
    pub fn submit(&self, input: &AgreementSubmissionInput, today: Date) -> Result<Self, Refusal> {
        if self.state == AgreementState::Draft && self.approvals.is_empty() {
            let detail = "It names no approvals that could be asked for; add them, or sign it.";
            return Err(self.refused(AgreementState::InApproval, &["approvals"], detail));
        }
        self.expect(AgreementState::InApproval)?;
        let on = input.on.unwrap_or_else(|| PartialDate::from_day(today));
        let mut faults = Faults::default();
        happened("/on", &on, today, &mut faults);
        let mut after = Self { state: AgreementState::InApproval, ..self.clone() };
        for approval in after.approvals.iter_mut().filter(|approval| !approval.is_granted()) {
            if approval.decision.is_some() {
                approval.reopen();
                approval.requested_on = None;
                approval.due_on = approval.due_on.filter(|due| !due.is_before(&on));
            }
            let too_late = approval.requested_on.is_none() && approval.due_on.is_some_and(|due| due.is_before(&on));
            if too_late && !faults.has("/on") {
                faults.add("/on", "not_allowed", "An approval was due before this day.");
            }
            approval.requested_on.get_or_insert(on);
        }
        faults.into_result()?;
        Ok(after)
    }

    /// Notes a decision on the approval with this key: the last grant gives approved, a refusal
    /// returns the agreement to draft.
    pub fn decide(&self, key: Uuid, input: &AgreementDecisionInput, today: Date) -> Result<Self, Refusal> {
        use AgreementState::{Approved, Draft, InApproval};
        let mut after = self.clone();
        let Some(approval) = after.approvals.iter_mut().find(|approval| approval.key == key) else {
            return Err(Refusal::NoSuchElement {
                pointer: "/approvals".to_owned(),
                detail: format!("The agreement has no approval {key}."),
            });
        };
        self.expect(if input.decision.is_grant() { Approved } else { Draft })?;
        if approval.is_granted() {
            return Err(self.refused(InApproval, &[], "This approval is granted already."));
        }
        let on = input.on.unwrap_or_else(|| PartialDate::from_day(today));
        let mut faults = Faults::default();
        happened("/on", &on, today, &mut faults);
        faults.unless(
            !approval.requested_on.is_some_and(|requested| on.is_before(&requested)),
            "/on",
            "not_allowed",
            "It cannot be decided before it was asked for.",
        );
        let (is_needed, is_given) =
            (input.decision == AgreementApprovalDecision::GrantedWithConditions, input.conditions.is_some());
        faults.unless(is_given || !is_needed, "/conditions", "required", "Say on which conditions it is granted.");
        faults.unless(
            !is_given || input.decision != AgreementApprovalDecision::Granted,
            "/conditions",
            "not_allowed",
            "What is granted on conditions is granted_with_conditions.",
        );
        faults.into_result()?;
        approval.decision = Some(input.decision);
        approval.decided_on = Some(on);
        approval.conditions.clone_from(&input.conditions);
        if !input.decision.is_grant() {
            after.state = Draft;
        } else if after.approvals.iter().all(|approval| approval.is_granted()) {
            after.state = Approved;
        }
        Ok(after)
    }

    /// Approved → signed; from the draft when it needs no approvals.
    pub fn sign(&self, input: &AgreementSigningInput, today: Date) -> Result<Self, Refusal> {
        let is_open = matches!(self.state, AgreementState::Draft | AgreementState::InApproval);
        if is_open && !self.approvals.is_empty() {
            let detail = "It is signed when its approvals are granted.";
            return Err(self.refused(AgreementState::Signed, &["approvals"], detail));
        }
        self.expect(AgreementState::Signed)?;
        let mut faults = Faults::default();
        happened("/signed_on", &input.signed_on, today, &mut faults);
        for (index, signatory) in input.signatories.iter().enumerate() {
            signatory.check(&format!("/signatories/{index}"), &mut faults);
        }
        faults.each_once("/signatories", &input.signatories);
        faults.into_result()?;
        let mut after = Self { state: AgreementState::Signed, signed_on: Some(input.signed_on), ..self.clone() };
        after.signing_place = input.signing_place.or(self.signing_place);
        after.event = input.event.or(self.event);
        if !input.signatories.is_empty() {
            after.signatories.clone_from(&input.signatories);
        }
        Ok(after)
    }

    /// Signed → in force.
    pub fn enter_into_force(&self, input: &AgreementEntryIntoForceInput, today: Date) -> Result<Self, Refusal> {
        self.expect(AgreementState::InForce)?;
        let mut faults = Faults::default();
        happened("/on", &input.on, today, &mut faults);
        faults.unless(
            !self.signed_on.is_some_and(|signed| input.on.is_before(&signed)),
            "/on",
            "not_allowed",
            "It cannot be in force before it was signed.",
        );
        let until = input.until.or_else(|| self.term_from(&input.on));
        let term = PartialInterval::between(&input.on, until.as_ref());
        if let Err(malformed) = &term {
            let pointer = if input.until.is_some() && !input.on.is_open() { "/until" } else { "/on" };
            faults.add(pointer, "not_allowed", malformed.to_string());
        }
        faults.into_result()?;
        Ok(Self { state: AgreementState::InForce, in_force: term.ok(), ..self.clone() })
    }

    /// In force, with a later end.
    pub fn renew(&self, input: &AgreementRenewalInput) -> Result<Self, Refusal> {
        let (Some(term), AgreementState::InForce) = (&self.in_force, self.state) else {
            return Err(self.refused(AgreementState::InForce, &[], "Only what is in force is renewed."));
        };
        let Some(last) = term.latest() else {
            let detail = "It is in force without an end; there is nothing to renew.";
            return Err(self.refused(AgreementState::InForce, &["in_force_end"], detail));
        };
        let mut faults = Faults::default();
        faults.unless(
            input.until.is_none() || input.months.is_none(),
            "/months",
            "not_allowed",
            "Give the new end or a number of months, not both.",
        );
        let months = input.months.or(self.auto_renewal.map(|renewal| renewal.months)).or(self.term_months);
        let reckoned = || later(term.ends_exactly()?, months?).map(PartialDate::from_day);
        let until = input.until.or_else(reckoned);
        let mut renewed = None;
        match until {
            None => faults.add("/until", "required", "Say until when; it does not follow from the term it had."),
            Some(until) if until.earliest().is_none_or(|day| day <= last) => {
                faults.add("/until", "not_allowed", "The new end is later than the one before.");
            }
            Some(until) => match term.ending(&until) {
                Ok(term) => renewed = Some(term),
                Err(malformed) => faults.add("/until", "not_allowed", malformed.to_string()),
            },
        }
        faults.into_result()?;
        Ok(Self { in_force: renewed, ..self.clone() })
    }

    /// In force → expired.
    pub fn expire(&self, input: &AgreementExpiryInput, today: Date) -> Result<Self, Refusal> {
        self.expect(AgreementState::Expired)?;
        let mut faults = Faults::default();
        let mut term = self.in_force;
        match (&input.on, term.and_then(|term| term.latest())) {
            (Some(on), _) => {
                happened("/on", on, today, &mut faults);
                term = self.ended(on, &mut faults);
            }
            (None, Some(last)) => {
                faults.unless(last <= today, "/on", "required", "Its term is not over yet; say when it ran out.");
            }
            (None, None) => faults.add("/on", "required", "It has no term; say when it ran out."),
        }
        faults.into_result()?;
        Ok(Self { state: AgreementState::Expired, in_force: term, ..self.clone() })
    }

    /// In force → terminated. The reason is needed, and kept in the journal.
    pub fn terminate(&self, input: &AgreementTerminationInput, today: Date) -> Result<Self, Refusal> {
        self.expect(AgreementState::Terminated)?;
        let mut faults = Faults::default();
        happened("/on", &input.on, today, &mut faults);
        let last = self.in_force.and_then(|term| term.latest());
        faults.unless(
            !last.is_some_and(|last| input.on.is_after(last)),
            "/on",
            "not_allowed",
            "Its term had run out by then; renew it first, or note that it expired.",
        );
        faults.unless(!input.reason.trim().is_empty(), "/reason", "required", "Say why it is terminated.");
        let term = self.ended(&input.on, &mut faults);
        faults.into_result()?;
        Ok(Self { state: AgreementState::Terminated, in_force: term, ..self.clone() })
    }

    /// Draft, in approval or approved → void.
    pub fn void(&self, _input: &AgreementVoidingInput) -> Result<Self, Refusal> {
        self.expect(AgreementState::Void)?;
        Ok(Self { state: AgreementState::Void, ..self.clone() })
    }

    /// Its term with this last day.
    fn ended(&self, on: &PartialDate, faults: &mut Faults) -> Option<PartialInterval> {
        match self.in_force?.ending(on) {
            Ok(term) => Some(term),
            Err(malformed) => {
                faults.add("/on", "not_allowed", malformed.to_string());
                None
            }
        }
    }

    /// The last day of a term that begins on this day, when both are known exactly.
    fn term_from(&self, on: &PartialDate) -> Option<PartialDate> {
        let first = on.earliest().filter(|_| on.is_exact_day())?;
        let after = later(first, self.term_months?)?;
        after.yesterday().ok().map(PartialDate::from_day)
    }
}

/// The day so many months later.
fn later(day: Date, months: i32) -> Option<Date> {
    day.checked_add(Span::new().try_months(months).ok()?).ok()
}

/// What is noted has happened.
fn happened(pointer: &str, on: &PartialDate, today: Date, faults: &mut Faults) {
    faults.unless(
        !on.is_after(today),
        pointer,
        "not_allowed",
        "This day is yet to come; note it when it has happened.",
    );
}

#[cfg(test)]
mod tests;
