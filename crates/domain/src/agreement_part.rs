//! The parts of an agreement: who is bound by it, who signed, what it aims at, how it is renewed and
//! where it is registered.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::{FieldCode, RegisterCode};
use crate::fault::Faults;
use crate::keyed::Keyed;
use crate::value::{LocalizedText, PartialDate};

/// A side that an agreement outside any partnership binds: a place or an organization, one of the two.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"place": "01890a5d-ac96-774b-bcce-b302099a8057"})))]
pub struct AgreementParty {
    /// The place that is bound.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub place: Option<Uuid>,
    /// The organization that is bound.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8058"))]
    pub organization: Option<Uuid>,
}

impl AgreementParty {
    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        faults.unless(
            self.place.is_some() || self.organization.is_some(),
            pointer,
            "required",
            "A party is a place or an organization; give one of the two.",
        );
        faults.unless(
            self.place.is_none() || self.organization.is_none(),
            format!("{pointer}/organization"),
            "not_allowed",
            "A party is a place or an organization, not both.",
        );
    }
}

/// Who signed an agreement, or is to sign it: for whom, and in what office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "place": "01890a5d-ac96-774b-bcce-b302099a8057",
    "name": {"ru": "Чжан Эньлян", "zh": "张恩亮"},
    "position": {"ru": "мэр города Хэйхэ", "zh": "黑河市市长"}
})))]
pub struct AgreementSignatory {
    /// The place it was signed for.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub place: Option<Uuid>,
    /// The organization it was signed for.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8058"))]
    pub organization: Option<Uuid>,
    /// The person's name, as signed in office.
    pub name: Option<LocalizedText>,
    /// The person's office.
    pub position: Option<LocalizedText>,
}

impl AgreementSignatory {
    pub(crate) fn check(&self, pointer: &str, faults: &mut Faults) {
        let is_empty =
            self.place.is_none() && self.organization.is_none() && self.name.is_none() && self.position.is_none();
        faults.unless(!is_empty, pointer, "required", "Say who signed: a place, an organization, a name or an office.");
    }
}

/// One thing that the sides of an agreement mean to bring about.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "text": {"ru": "Организация поставок высококачественной и безопасной продукции и сырья"},
    "field": "trade",
    "progress": "under_way"
})))]
pub struct AgreementObjective {
    /// Identity of this objective within the agreement. The server makes it; send it to keep an
    /// objective that is there, and leave it out for a new one.
    #[serde(default)]
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8061"))]
    pub key: Uuid,
    /// What is to be brought about.
    pub text: LocalizedText,
    /// The field of cooperation it belongs to.
    pub field: Option<FieldCode>,
    /// By when, as well as it is known.
    #[schema(examples("2015"))]
    pub due: Option<PartialDate>,
    /// How far it has come.
    #[serde(default)]
    #[schema(default = "planned")]
    pub progress: AgreementObjectiveProgress,
}

impl Keyed for AgreementObjective {
    fn key(&self) -> Uuid {
        self.key
    }

    fn set_key(&mut self, key: Uuid) {
        self.key = key;
    }

    fn held(&self) -> Option<&'static str> {
        (self.progress == AgreementObjectiveProgress::Achieved)
            .then_some("An objective that was achieved cannot be dropped. Keep its key in the list.")
    }
}

/// How far an objective has come.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("planned", "under_way"))]
pub enum AgreementObjectiveProgress {
    /// Nothing is done yet. What is held when nothing is said.
    #[default]
    Planned,
    /// It is being worked on.
    UnderWay,
    /// It is reached.
    Achieved,
    /// It is given up.
    Dropped,
}

impl AgreementObjectiveProgress {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Planned => "planned",
            Self::UnderWay => "under_way",
            Self::Achieved => "achieved",
            Self::Dropped => "dropped",
        }
    }
}

/// How an agreement is prolonged when no side gives notice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"months": 60, "notice_days": 180})))]
pub struct AgreementAutoRenewal {
    /// By how many months each time.
    #[schema(minimum = 1, maximum = 1200, examples(60))]
    pub months: i32,
    /// How many days before the end a side must give notice.
    #[schema(minimum = 0, maximum = 3650, examples(180))]
    pub notice_days: Option<i32>,
}

/// Where an agreement is registered with an authority.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"register": "minjust", "number": "28-0017", "on": "2011-11-21", "authority": "Управление Минюста России по Амурской области"})))]
pub struct AgreementRegistration {
    /// The register.
    pub register: RegisterCode,
    /// The number there.
    #[schema(min_length = 1, max_length = 100, examples("28-0017"))]
    pub number: Option<String>,
    /// When it was registered, as well as it is known; not before it was signed.
    #[schema(examples("2011-11-21"))]
    pub on: Option<PartialDate>,
    /// The authority that keeps the register.
    #[schema(min_length = 1, max_length = 300, examples("Управление Минюста России по Амурской области"))]
    pub authority: Option<String>,
}
