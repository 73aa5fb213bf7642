//! Agreements: the papers, from the draft over the signature to the end of their term.

use jiff::civil::Date;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::agreement_approval::AgreementApproval;
use crate::agreement_part::{
    AgreementAutoRenewal, AgreementObjective, AgreementParty, AgreementRegistration, AgreementSignatory,
};
use crate::agreement_state::AgreementState;
use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName, State};
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::keyed;
use crate::record::Head;
use crate::refusal::Refusal;
use crate::value::{LanguageTag, LocalizedText, PartialDate, PartialInterval};

/// A paper that binds or declares something: a treaty of twinning, a protocol under it, a
/// memorandum, a communiqué. It belongs to a partnership, or names its parties itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "partnership": "01890a5d-ac96-774b-bcce-b302099a8057",
    "kind": "twinning_agreement",
    "title": {"ru": "Соглашение об установлении побратимских связей", "zh": "建立友好城市关系协议书"},
    "languages": ["ru", "zh"],
    "term_months": 60,
    "auto_renewal": {"months": 60, "notice_days": 180},
    "fields": ["culture", "education", "sport", "trade"],
    "objectives": [{"text": {"ru": "Организация поставок высококачественной и безопасной продукции и сырья"}, "field": "trade"}]
})))]
pub struct Agreement {
    /// The partnership it belongs to; then the parties are those of the partnership.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub partnership: Option<Uuid>,
    /// Who is bound by it, when it belongs to no partnership: the parties of a joint communiqué.
    #[serde(default)]
    #[schema(max_items = 200)]
    pub parties: Vec<AgreementParty>,
    /// What kind of paper it is.
    pub kind: AgreementKind,
    /// What it is called.
    pub title: LocalizedText,
    /// The agreement it stands under: the treaty of a protocol.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8058"))]
    pub parent: Option<Uuid>,
    /// Who signed it, or is to.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub signatories: Vec<AgreementSignatory>,
    /// When it was signed, as well as it is known; from `signed` on.
    #[schema(examples("2003-07-17"))]
    pub signed_on: Option<PartialDate>,
    /// The place it was signed at, or is to be.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub signing_place: Option<Uuid>,
    /// The event it was signed at, or is to be.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8059"))]
    pub event: Option<Uuid>,
    /// The languages it is written in.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["ru", "zh"])))]
    pub languages: Vec<LanguageTag>,
    /// How far it has come. It begins as `draft` and moves by its own actions only.
    #[serde(default)]
    #[schema(default = "draft")]
    pub state: AgreementState,
    /// From when to when it is or was in force; from `in_force` on. What expired or was terminated
    /// has an end.
    #[schema(examples("2003-07-17/.."))]
    pub in_force: Option<PartialInterval>,
    /// For how many months it is concluded.
    #[schema(minimum = 1, maximum = 1200, examples(60))]
    pub term_months: Option<i32>,
    /// How it is prolonged when no side gives notice.
    pub auto_renewal: Option<AgreementAutoRenewal>,
    /// The fields of cooperation.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["culture", "education", "sport"])))]
    pub fields: Vec<FieldCode>,
    /// What it is for.
    pub purpose: Option<LocalizedText>,
    /// What its sides mean to bring about.
    #[serde(default)]
    #[schema(max_items = 100)]
    pub objectives: Vec<AgreementObjective>,
    /// Where it is registered.
    pub registration: Option<AgreementRegistration>,
    /// The approvals it needs before it is signed. From `approved` on all of them are granted.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub approvals: Vec<AgreementApproval>,
}

/// Kinds of agreement. Communiqués and declarations are signed and never enter into force.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("twinning_agreement", "sector_protocol"))]
pub enum AgreementKind {
    /// Establishes twinning: соглашение об установлении побратимских связей.
    TwinningAgreement,
    /// Establishes friendship.
    FriendshipAgreement,
    /// Says that an agreement is meant to follow.
    LetterOfIntent,
    /// A memorandum of understanding.
    Memorandum,
    /// A protocol on cooperation in a field.
    SectorProtocol,
    /// What is to be done in a year or some years.
    ActionPlan,
    /// What a meeting made known: совместное коммюнике. Ends at signed.
    Communique,
    /// A declaration. Ends at signed.
    Declaration,
    /// Changes or completes another agreement.
    Addendum,
    /// Gives notice that another agreement ends.
    TerminationNotice,
}

impl AgreementKind {
    /// Every kind.
    pub const ALL: &[Self] = &[
        Self::TwinningAgreement,
        Self::FriendshipAgreement,
        Self::LetterOfIntent,
        Self::Memorandum,
        Self::SectorProtocol,
        Self::ActionPlan,
        Self::Communique,
        Self::Declaration,
        Self::Addendum,
        Self::TerminationNotice,
    ];

    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::TwinningAgreement => "twinning_agreement",
            Self::FriendshipAgreement => "friendship_agreement",
            Self::LetterOfIntent => "letter_of_intent",
            Self::Memorandum => "memorandum",
            Self::SectorProtocol => "sector_protocol",
            Self::ActionPlan => "action_plan",
            Self::Communique => "communique",
            Self::Declaration => "declaration",
            Self::Addendum => "addendum",
            Self::TerminationNotice => "termination_notice",
        }
    }

    /// Whether it is only signed, and has no term.
    pub const fn ends_at_signed(self) -> bool {
        matches!(self, Self::Communique | Self::Declaration)
    }
}

impl Collection for Agreement {
    const NAME: CollectionName = CollectionName::Agreements;

    const STATE: Option<&'static str> = Some("state");

    fn check(&self, head: &Head, faults: &mut Faults) {
        self.check_parties(faults);
        self.check_state(faults);
        self.check_approvals(faults);
        faults.unless(
            self.parent != Some(head.id) || head.id.is_nil(),
            "/parent",
            "not_allowed",
            "An agreement does not stand under itself.",
        );
        for (index, signatory) in self.signatories.iter().enumerate() {
            signatory.check(&format!("/signatories/{index}"), faults);
        }
        let registered = self.registration.as_ref().and_then(|registration| registration.on);
        if let (Some(signed), Some(registered)) = (&self.signed_on, registered) {
            faults.unless(
                !registered.is_before(signed),
                "/registration/on",
                "not_allowed",
                "It cannot be registered before it was signed.",
            );
        }
        faults.each_once("/signatories", &self.signatories);
        faults.each_once("/languages", &self.languages);
        faults.each_once("/fields", &self.fields);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Agreements, Events, Organizations, Partnerships, Places};
        references.one("partnership", Partnerships, self.partnership);
        references.one("parent", Agreements, self.parent);
        references.one("signing_place", Places, self.signing_place);
        references.one("event", Events, self.event);
        let mut to = |pointer: String, field, collection, target: Option<Uuid>| {
            if let Some(target) = target {
                references.to(pointer, field, collection, target);
            }
        };
        for (index, party) in self.parties.iter().enumerate() {
            to(format!("/parties/{index}/place"), "place", Places, party.place);
            to(format!("/parties/{index}/organization"), "organization", Organizations, party.organization);
        }
        for (index, signatory) in self.signatories.iter().enumerate() {
            to(format!("/signatories/{index}/place"), "signatory", Places, signatory.place);
            to(format!("/signatories/{index}/organization"), "signatory", Organizations, signatory.organization);
        }
        for (index, approval) in self.approvals.iter().enumerate() {
            to(format!("/approvals/{index}/authority"), "authority", Organizations, approval.authority);
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for field in self.fields.iter().copied().chain(self.objectives.iter().filter_map(|objective| objective.field)) {
            terms.code("fields", field.as_str());
        }
        for language in &self.languages {
            terms.code("languages", language.as_str());
        }
        terms.title(&self.title);
        terms.localized_option(self.purpose.as_ref());
        for signatory in &self.signatories {
            terms.localized_option(signatory.name.as_ref());
        }
        for objective in &self.objectives {
            terms.localized(&objective.text);
        }
        if let Some(registration) = &self.registration {
            terms.code("register", registration.register.as_str());
            terms.number(registration.number.as_deref().unwrap_or_default());
        }
    }

    fn state(&self) -> Option<State> {
        let first = AgreementState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn settle(&mut self, before: Option<&Self>, new_key: &mut dyn FnMut() -> Uuid) -> Result<(), Refusal> {
        let (objectives, approvals) =
            before.map_or((&[][..], &[][..]), |before| (&before.objectives[..], &before.approvals[..]));
        let mut faults = Faults::default();
        keyed::settle("/objectives", &mut self.objectives, objectives, new_key, &mut faults);
        keyed::settle("/approvals", &mut self.approvals, approvals, new_key, &mut faults);
        faults.into_result()?;
        // Only an action moves the state; it has left the approvals as they are to be, some opened again.
        if before.is_none_or(|before| before.state == self.state) {
            keyed::keep(&mut self.approvals, approvals);
        }
        keyed::dropped("/objectives", &self.objectives, objectives)?;
        keyed::dropped("/approvals", &self.approvals, approvals)
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("signed_on", self.signed_on.as_ref());
        dates.one("in_force", self.in_force.as_ref());
    }

    fn took_place(&self) -> Option<(Date, &[Uuid])> {
        Some((self.signed_on?.latest()?, self.partnership.as_slice()))
    }
}

impl Agreement {
    /// Whether it proves that this partnership was concluded: a signed paper of it, no mere intent
    /// and no notice of the end, with a signing date that is not to come.
    pub fn concludes(&self, partnership: Uuid, today: Date) -> bool {
        let is_mere_notice = matches!(self.kind, AgreementKind::LetterOfIntent | AgreementKind::TerminationNotice);
        self.partnership == Some(partnership)
            && matches!(self.state, AgreementState::Signed | AgreementState::InForce)
            && !is_mere_notice
            && self.signed_on.is_some_and(|signed| !signed.is_after(today))
    }

    fn check_parties(&self, faults: &mut Faults) {
        faults.unless(
            self.partnership.is_some() || !self.parties.is_empty(),
            "/partnership",
            "required",
            "An agreement belongs to a partnership, or names its parties.",
        );
        faults.unless(
            self.partnership.is_none() || self.parties.is_empty(),
            "/parties",
            "not_allowed",
            "The parties are those of the partnership; name the partnership or the parties, not both.",
        );
        for (index, party) in self.parties.iter().enumerate() {
            party.check(&format!("/parties/{index}"), faults);
        }
        faults.each_once("/parties", &self.parties);
    }

    fn check_state(&self, faults: &mut Faults) {
        use AgreementState::{Expired, InForce, Terminated};
        let (state, is_signed) = (self.state, self.state.is_signed());
        let has_term = matches!(state, InForce | Expired | Terminated);
        faults.unless(
            !(has_term && self.kind.ends_at_signed()),
            "/state",
            "not_allowed",
            "Communiqués and declarations end at signed.",
        );
        faults.unless(
            self.signed_on.is_some() == is_signed,
            "/signed_on",
            if is_signed { "required" } else { "not_allowed" },
            if is_signed { "Say when it was signed, as well as it is known." } else { "It is not signed yet." },
        );
        faults.unless(
            self.in_force.is_some() == has_term,
            "/in_force",
            if has_term { "required" } else { "not_allowed" },
            if has_term { "Say from when to when it was in force." } else { "It is not in force." },
        );
        let Some(in_force) = &self.in_force else { return };
        faults.unless(
            !matches!(state, Expired | Terminated) || in_force.latest().is_some(),
            "/in_force",
            "required",
            "What expired or was terminated has an end.",
        );
        let starts = in_force.starts_exactly().map(PartialDate::from_day);
        if let (Some(starts), Some(signed)) = (&starts, &self.signed_on) {
            faults.unless(
                !starts.is_before(signed),
                "/in_force",
                "not_allowed",
                "It cannot be in force before it was signed.",
            );
        }
    }

    fn check_approvals(&self, faults: &mut Faults) {
        use AgreementState::{Approved, InApproval};
        for (index, approval) in self.approvals.iter().enumerate() {
            approval.check(&format!("/approvals/{index}"), faults);
            faults.unless(
                approval.is_granted() || !(self.state == Approved || self.state.is_signed()),
                format!("/approvals/{index}"),
                "not_allowed",
                "What is approved or signed has all its approvals granted.",
            );
        }
        faults.unless(
            self.state != Approved || !self.approvals.is_empty(),
            "/approvals",
            "required",
            "What is approved names who approved it.",
        );
        faults.unless(
            self.state != InApproval || self.approvals.iter().any(|approval| !approval.is_granted()),
            "/approvals",
            "required",
            "What is in approval waits for an approval that is not granted yet.",
        );
    }
}

#[cfg(test)]
pub(crate) mod tests;
