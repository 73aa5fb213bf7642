//! Partnerships: the ties of a city, from the idea through the treaty to the end.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName, State};
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::keyed;
use crate::partnership_party::{PartnershipParty, PartyRole};
use crate::partnership_stage::PartnershipStage;
use crate::record::Head;
use crate::refusal::Refusal;
use crate::value::{LocalizedText, PartialDate};

/// A tie of the city with another city, a region or an organization, or with several of them: what
/// exists (`kind`), what is sought (`target_kind`), and how far it has come (`stage`).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "arrangement": "bilateral",
    "kind": "contact",
    "target_kind": "twin",
    "parties": [
        {"place": "01890a5d-ac96-774b-bcce-b302099a8051", "role": "home"},
        {"place": "01890a5d-ac96-774b-bcce-b302099a8057", "role": "partner", "local_label": {"zh": "友好城市"}}
    ],
    "channel": "direct",
    "purpose": {"ru": "Развитие приграничной торговли", "zh": "发展边境贸易"},
    "fields": ["border_trade", "culture"],
    "levels": ["heads", "enterprises"]
})))]
pub struct Partnership {
    /// Between two, or among several.
    pub arrangement: PartnershipArrangement,
    /// What exists today.
    pub kind: PartnershipKind,
    /// What is sought: another kind than exists. Left out when nothing more is; cleared when it is reached.
    pub target_kind: Option<PartnershipKind>,
    /// The sides, the municipality's own with the role `home` among them: two in a bilateral tie,
    /// three or more in a multilateral one.
    #[schema(min_items = 2, max_items = 200)]
    pub parties: Vec<PartnershipParty>,
    /// How far it has come. It begins as `idea` with a target and as `active` without one, and moves
    /// by transitions only.
    #[serde(default)]
    pub stage: PartnershipStage,
    /// By which way the sides speak with each other.
    pub channel: Option<PartnershipChannel>,
    /// What it is called, when it has a name of its own.
    pub name: Option<LocalizedText>,
    /// What it is for.
    pub purpose: Option<LocalizedText>,
    /// The fields of cooperation.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["culture", "education", "sport"])))]
    pub fields: Vec<FieldCode>,
    /// Between whom it is lived.
    #[serde(default)]
    #[schema(max_items = 6, examples(json!(["heads", "sector_units"])))]
    pub levels: Vec<PartnershipLevel>,
    /// When the tie became what it is (`kind`), as well as it is known.
    #[schema(examples("2003-07-17"))]
    pub established: Option<PartialDate>,
    /// When it expired or was ended; left out while it lives.
    #[schema(examples("2022-03"))]
    pub ended: Option<PartialDate>,
    /// Whether the city counts it among its traditional ties.
    #[serde(default)]
    #[schema(default = false, examples(true))]
    pub traditional: bool,
}

/// Whether a partnership is between two or among several.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("bilateral", "multilateral"))]
pub enum PartnershipArrangement {
    /// The city and one partner.
    Bilateral,
    /// The city and two partners or more.
    Multilateral,
}

impl PartnershipArrangement {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Bilateral => "bilateral",
            Self::Multilateral => "multilateral",
        }
    }
}

/// What a partnership is, or is to become.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("twin", "contact"))]
pub enum PartnershipKind {
    /// Nothing exists yet.
    None,
    /// The sides are in contact, without papers.
    Contact,
    /// They work together.
    Cooperation,
    /// They are friends: дружественные связи.
    Friendship,
    /// They are twinned: побратимские связи. Between places only.
    Twin,
}

impl PartnershipKind {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Contact => "contact",
            Self::Cooperation => "cooperation",
            Self::Friendship => "friendship",
            Self::Twin => "twin",
        }
    }
}

/// By which way the sides of a partnership speak with each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("direct", "foreign_ministry"))]
pub enum PartnershipChannel {
    /// City to city.
    Direct,
    /// Through the foreign ministries and their offices.
    ForeignMinistry,
    /// Through an embassy or a consulate.
    Embassy,
    /// Through the government of a region.
    RegionalGovernment,
    /// Through an association of cities.
    Association,
    /// Through somebody else.
    ThirdParty,
}

impl PartnershipChannel {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Direct => "direct",
            Self::ForeignMinistry => "foreign_ministry",
            Self::Embassy => "embassy",
            Self::RegionalGovernment => "regional_government",
            Self::Association => "association",
            Self::ThirdParty => "third_party",
        }
    }
}

/// Between whom a partnership is lived.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("heads", "sector_units"))]
pub enum PartnershipLevel {
    /// The heads of the cities.
    Heads,
    /// The sector units of the administrations.
    SectorUnits,
    /// Enterprises.
    Enterprises,
    /// Schools, hospitals, museums and other institutions.
    Institutions,
    /// Associations and clubs.
    CivilSociety,
    /// Citizens.
    Citizens,
}

impl PartnershipLevel {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Heads => "heads",
            Self::SectorUnits => "sector_units",
            Self::Enterprises => "enterprises",
            Self::Institutions => "institutions",
            Self::CivilSociety => "civil_society",
            Self::Citizens => "citizens",
        }
    }
}

impl Collection for Partnership {
    const NAME: CollectionName = CollectionName::Partnerships;

    const STATE: Option<&'static str> = Some("stage");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        self.check_parties(faults);
        self.check_stage(faults);
        faults.each_once("/fields", &self.fields);
        faults.each_once("/levels", &self.levels);
        if let (Some(established), Some(ended)) = (&self.established, &self.ended) {
            faults.unless(
                !ended.is_before(established),
                "/ended",
                "not_allowed",
                "The tie cannot end before it was established.",
            );
        }
    }

    fn references(&self, references: &mut References) {
        for (index, party) in self.parties.iter().enumerate() {
            let pointer = |member| format!("/parties/{index}/{member}");
            if let Some(place) = party.place {
                references.to(pointer("place"), "place", CollectionName::Places, place);
            }
            if let Some(organization) = party.organization {
                references.to(pointer("organization"), "organization", CollectionName::Organizations, organization);
            }
        }
    }

    fn terms(&self, terms: &mut Terms) {
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        for level in &self.levels {
            terms.code("levels", level.as_str());
        }
        for party in &self.parties {
            terms.code("stance", party.stance.as_str());
            terms.localized_option(party.local_label.as_ref());
        }
        terms.title_option(self.name.as_ref());
        terms.localized_option(self.purpose.as_ref());
    }

    fn state(&self) -> Option<State> {
        let first = PartnershipStage::first(self.target_kind.is_some());
        Some(State { member: "stage", current: self.stage.as_str().to_owned(), first: first.as_str().to_owned() })
    }

    fn settle(&mut self, before: Option<&Self>, new_key: &mut dyn FnMut() -> Uuid) -> Result<(), Refusal> {
        let before = before.map_or(&[][..], |before| &before.parties);
        let mut faults = Faults::default();
        keyed::settle("/parties", &mut self.parties, before, new_key, &mut faults);
        faults.into_result()?;
        keyed::keep(&mut self.parties, before);
        keyed::dropped("/parties", &self.parties, before)
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("established", self.established.as_ref());
        dates.one("ended", self.ended.as_ref());
    }
}

impl Partnership {
    /// The other side of a bilateral tie: a place or an organization.
    pub fn partner(&self) -> Option<&PartnershipParty> {
        let mut others = self.parties.iter().filter(|party| party.role != PartyRole::Home);
        match self.arrangement {
            PartnershipArrangement::Bilateral => others.next(),
            PartnershipArrangement::Multilateral => None,
        }
    }

    fn check_parties(&self, faults: &mut Faults) {
        for (index, party) in self.parties.iter().enumerate() {
            let pointer = format!("/parties/{index}");
            party.check(&pointer, faults);
            let same = |other: &PartnershipParty| party.target().is_some() && other.target() == party.target();
            faults.unless(
                !self.parties[..index].iter().any(same),
                &pointer,
                "duplicate",
                "This party stands here already.",
            );
            faults.unless(
                party.role != PartyRole::Member || self.arrangement == PartnershipArrangement::Multilateral,
                format!("{pointer}/role"),
                "not_allowed",
                "A bilateral tie has a home side and a partner; members are those of a multilateral one.",
            );
        }
        let homes = self.parties.iter().filter(|party| party.role == PartyRole::Home).count();
        faults.unless(
            homes == 1,
            "/parties",
            if homes == 0 { "required" } else { "duplicate" },
            "One party has the role home: the side of the municipality that keeps the record.",
        );
        let (fits, rule) = match self.arrangement {
            PartnershipArrangement::Bilateral => (self.parties.len() == 2, "A bilateral tie has two parties."),
            PartnershipArrangement::Multilateral => {
                (self.parties.len() >= 3, "A multilateral tie has three parties or more.")
            }
        };
        faults.unless(fits, "/parties", "not_allowed", rule);
        let is_of_places = self.parties.iter().all(|party| party.organization.is_none());
        for (member, kind) in [("/kind", Some(self.kind)), ("/target_kind", self.target_kind)] {
            faults.unless(
                is_of_places || kind != Some(PartnershipKind::Twin),
                member,
                "not_allowed",
                "Only places are twinned; with an organization the tie is of another kind.",
            );
        }
    }

    fn check_stage(&self, faults: &mut Faults) {
        use PartnershipStage::{Concluded, Ended, Expired};
        let stage = self.stage;
        match self.target_kind {
            None => faults.unless(
                !stage.needs_target(),
                "/target_kind",
                "required",
                "Say what is sought. Without a target the stage is concluded, active, suspended, expired or ended.",
            ),
            Some(target) => {
                faults.unless(
                    target != PartnershipKind::None && target != self.kind,
                    "/target_kind",
                    "not_allowed",
                    "What is sought is another kind than what exists.",
                );
                faults.unless(
                    stage != Concluded,
                    "/target_kind",
                    "not_allowed",
                    "At concluded the target is reached; seek another from active on.",
                );
            }
        }
        faults.unless(
            stage.needs_target() || self.kind != PartnershipKind::None,
            "/kind",
            "not_allowed",
            "Nothing exists before it is concluded; say what does exist, or what is sought.",
        );
        faults.unless(
            self.ended.is_none() || matches!(stage, Expired | Ended),
            "/ended",
            "not_allowed",
            "A tie that has not expired or ended has no end.",
        );
    }
}

#[cfg(test)]
pub(crate) mod tests;
