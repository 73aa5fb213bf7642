//! The way of a partnership towards what is sought, and the moves on it.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agreement::Agreement;
use crate::fault::Faults;
use crate::partnership::{Partnership, PartnershipKind};
use crate::record::{Head, Record, Source};
use crate::refusal::{InvalidState, Refusal};
use crate::value::PartialDate;

/// Where a partnership stands on its way: idea → planned → approached → negotiation_agreed →
/// negotiating → intent_declared → in_approval → concluded → active. Before `concluded` it may be
/// declined or abandoned; an active one may be suspended, expire or end; what expired, ended, was
/// declined or abandoned may be planned anew. Without a target it is concluded, active, suspended,
/// expired or ended.
#[derive(
    Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
#[schema(examples("planned", "active"))]
pub enum PartnershipStage {
    /// Somebody would like it. What a partnership with a target begins as.
    #[default]
    Idea,
    /// The city means to have it.
    Planned,
    /// The other side has been written to or spoken with.
    Approached,
    /// Both sides have agreed to negotiate.
    NegotiationAgreed,
    /// They negotiate.
    Negotiating,
    /// They have declared that they mean to conclude it.
    IntentDeclared,
    /// Those who must approve it are asked.
    InApproval,
    /// The agreement is signed: the target is reached.
    Concluded,
    /// It is lived. What a partnership without a target begins as.
    Active,
    /// Both sides let it rest.
    Suspended,
    /// Its term ran out.
    Expired,
    /// It was ended.
    Ended,
    /// The other side did not want it.
    Declined,
    /// The city gave it up.
    Abandoned,
}

impl PartnershipStage {
    /// Every stage, in the order of the way.
    pub const ALL: &[Self] = &[
        Self::Idea,
        Self::Planned,
        Self::Approached,
        Self::NegotiationAgreed,
        Self::Negotiating,
        Self::IntentDeclared,
        Self::InApproval,
        Self::Concluded,
        Self::Active,
        Self::Suspended,
        Self::Expired,
        Self::Ended,
        Self::Declined,
        Self::Abandoned,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Idea => "idea",
            Self::Planned => "planned",
            Self::Approached => "approached",
            Self::NegotiationAgreed => "negotiation_agreed",
            Self::Negotiating => "negotiating",
            Self::IntentDeclared => "intent_declared",
            Self::InApproval => "in_approval",
            Self::Concluded => "concluded",
            Self::Active => "active",
            Self::Suspended => "suspended",
            Self::Expired => "expired",
            Self::Ended => "ended",
            Self::Declined => "declined",
            Self::Abandoned => "abandoned",
        }
    }

    /// The stage that a new partnership begins in.
    pub const fn first(has_target: bool) -> Self {
        if has_target { Self::Idea } else { Self::Active }
    }

    /// Whether the target is still being walked to.
    pub fn is_open(self) -> bool {
        self < Self::Concluded
    }

    /// Whether the tie is not over: of such, one is kept with each partner.
    pub const fn is_living(self) -> bool {
        !matches!(self, Self::Expired | Self::Ended | Self::Declined | Self::Abandoned)
    }

    /// Whether the stage speaks of a target: it is walked to, or was missed.
    pub fn needs_target(self) -> bool {
        self.is_open() || matches!(self, Self::Declined | Self::Abandoned)
    }

    /// The stages that may follow, in the order of the way.
    pub fn allowed_from(self, has_target: bool) -> Vec<Self> {
        match self {
            Self::Concluded => vec![Self::Active],
            // A living tie may seek a higher form.
            Self::Active if has_target => vec![Self::Planned, Self::Suspended, Self::Expired, Self::Ended],
            Self::Active => vec![Self::Suspended, Self::Expired, Self::Ended],
            Self::Suspended => vec![Self::Active, Self::Expired, Self::Ended],
            Self::Expired | Self::Ended | Self::Declined | Self::Abandoned => vec![Self::Planned],
            open => {
                let next = Self::ALL.iter().copied().find(|stage| open < *stage);
                next.into_iter().chain([Self::Declined, Self::Abandoned]).collect()
            }
        }
    }
}

/// Asks for a partnership's next stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
#[schema(examples(
    json!({"to": "negotiation_agreed", "on": "2011-11", "reason": "Письмо мэрии Танджина"}),
    json!({"to": "concluded", "on": "2011-09-05", "evidence": ["01890a5d-ac96-774b-bcce-b302099a8057"]})
))]
pub struct PartnershipTransitionInput {
    /// The stage it is in from now on.
    pub to: PartnershipStage,
    /// When that happened, as well as it is known. A day to come is refused.
    pub on: PartialDate,
    /// Why. Required to end, decline or abandon a tie and to plan one anew. Kept in the record's history.
    #[schema(min_length = 1, max_length = 2000, examples("Письмо мэрии Танджина"))]
    pub reason: Option<String>,
    /// The agreements that prove it. `concluded` needs a signed one of this partnership, neither a
    /// letter of intent nor a notice of termination, whose signing date is not in the future.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8057"])))]
    pub evidence: Vec<Uuid>,
    /// Whether this tells of the past: the order and the evidence are not asked for then, but a
    /// source or evidence is. Corrects a stage, too.
    #[serde(default)]
    #[schema(default = false, examples(false))]
    pub historical: bool,
    /// Where it is told; added to the sources of the partnership.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub sources: Vec<Source>,
}

impl PartnershipTransitionInput {
    fn check(&self, tie: &Record<Partnership>, evidence: &[Record<Agreement>], today: Date, faults: &mut Faults) {
        let body = &tie.body;
        faults.unless(
            !self.on.is_after(today),
            "/on",
            "not_allowed",
            "A move is noted when it has happened; this day is yet to come.",
        );
        let ends = matches!(self.to, PartnershipStage::Expired | PartnershipStage::Ended);
        faults.unless(
            !(ends && body.established.as_ref().is_some_and(|established| self.on.is_before(established))),
            "/on",
            "not_allowed",
            "The tie cannot end before it was established.",
        );
        faults.unless(
            !self.needs_reason(body.stage) || self.reason.as_ref().is_some_and(|reason| !reason.trim().is_empty()),
            "/reason",
            "required",
            format!("Say why it is {}.", words(self.to.as_str())),
        );
        for (index, id) in self.evidence.iter().enumerate() {
            faults.unless(
                evidence.iter().any(|agreement| agreement.head.id == *id),
                format!("/evidence/{index}"),
                "unknown_reference",
                format!("There is no agreement {id}."),
            );
        }
        faults.unless(
            !self.historical || !self.evidence.is_empty() || !self.sources.is_empty(),
            "/sources",
            "required",
            "What is told of the past names its source, or gives evidence.",
        );
        let added = self.sources.iter().filter(|source| !tie.head.sources.contains(source)).count();
        faults.unless(
            tie.head.sources.len() + added <= Head::MAX_SOURCES,
            "/sources",
            "too_many",
            format!("A record has {} sources at most.", Head::MAX_SOURCES),
        );
    }

    /// To end, decline or abandon a tie, and to come back from where it was over.
    fn needs_reason(&self, from: PartnershipStage) -> bool {
        use PartnershipStage::{Abandoned, Declined, Ended};
        matches!(self.to, Ended | Declined | Abandoned) || (!from.is_living() && self.to.is_living())
    }
}

impl Record<Partnership> {
    /// The partnership in another stage. `evidence` are the agreements that the input names, as far
    /// as they are there.
    ///
    /// At `concluded` the target becomes what exists, `established` is the day of the move, and the
    /// target is cleared. `expired` and `ended` note the day in `ended`. What ended exists no more:
    /// planned anew, it is sought, as it was when nothing else is.
    pub fn transition(
        &self,
        input: &PartnershipTransitionInput,
        evidence: &[Record<Agreement>],
        today: Date,
    ) -> Result<Self, Refusal> {
        use PartnershipStage::Concluded;
        let (from, to) = (self.body.stage, input.to);
        if from == to {
            return Err(self.body.refused(to, &[], format!("It is {} already.", words(to.as_str()))));
        }
        let allowed = from.allowed_from(self.body.target_kind.is_some());
        if !input.historical && !allowed.contains(&to) {
            let allowed = allowed.into_iter().map(|stage| words(stage.as_str())).collect::<Vec<_>>().join(", ");
            let (from, to) = (words(from.as_str()), words(to.as_str()));
            return Err(self.body.refused(input.to, &[], format!("From {from} it can become {allowed}, not {to}.")));
        }
        let mut faults = Faults::default();
        input.check(self, evidence, today, &mut faults);
        faults.into_result()?;
        let mut after = self.clone();
        after.body = self.body.moved(to, &input.on)?;
        let concludes = |agreement: &&Record<Agreement>| {
            input.evidence.contains(&agreement.head.id) && agreement.body.concludes(self.head.id, today)
        };
        if to == Concluded && !input.historical && !evidence.iter().any(|agreement| concludes(&agreement)) {
            let detail = "It is concluded by a signed agreement of this partnership; name it as evidence.";
            return Err(self.body.refused(to, &["signed_agreement"], detail));
        }
        for source in &input.sources {
            if !after.head.sources.contains(source) {
                after.head.sources.push(source.clone());
            }
        }
        Ok(after)
    }
}

impl Partnership {
    /// The tie in another stage, with what follows of it.
    fn moved(&self, to: PartnershipStage, on: &PartialDate) -> Result<Self, Refusal> {
        use PartnershipStage::{Concluded, Ended, Expired};
        let mut after = Self { stage: to, ..self.clone() };
        let was_over = matches!(self.stage, Expired | Ended);
        if was_over && to.needs_target() {
            after.target_kind = self.target_kind.or(Some(self.kind));
            after.kind = PartnershipKind::None;
            after.established = None;
        }
        if matches!(to, Expired | Ended) {
            after.ended = Some(*on);
        } else {
            after.ended = None;
        }
        if to == Concluded {
            let Some(target) = after.target_kind.take() else {
                let detail = "Nothing is sought that could be concluded; say first what is (`target_kind`).";
                return Err(self.refused(to, &["target_kind"], detail));
            };
            after.kind = target;
            after.established = Some(*on);
        }
        if to.needs_target() && after.target_kind.is_none() {
            let detail = "Nothing is sought; say first what is (`target_kind`).";
            return Err(self.refused(to, &["target_kind"], detail));
        }
        if !to.needs_target() && after.kind == PartnershipKind::None {
            let detail = "Nothing exists yet; note first that it was concluded.";
            return Err(self.refused(to, &["concluded"], detail));
        }
        Ok(after)
    }

    fn refused(&self, to: PartnershipStage, missing: &[&str], detail: impl Into<String>) -> Refusal {
        let allowed = self.stage.allowed_from(self.target_kind.is_some());
        InvalidState {
            from: self.stage.as_str().to_owned(),
            to: to.as_str().to_owned(),
            allowed: allowed.into_iter().map(|stage| stage.as_str().to_owned()).collect(),
            missing: missing.iter().map(|&name| name.to_owned()).collect(),
            detail: detail.into(),
        }
        .into()
    }
}

/// A code as words of a sentence.
fn words(code: &str) -> String {
    code.replace('_', " ")
}

#[cfg(test)]
mod tests;
