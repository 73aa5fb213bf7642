//! Organizations: administrations and their units, associations, foundations, schools, enterprises
//! and other bodies, of the city itself and of its partners.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::codelist::{ContactKind, Distinction};
use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::value::{LanguageTag, PartialDate};

/// A body that has a part in a city's international relations: the department itself, an
/// association of cities, a foundation, a foreign mission, a school, an enterprise, an investor.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "association",
    "names": [
        {"text": "Мэры городов за мир", "lang": "ru", "preferred": true},
        {"text": "平和首長会議", "lang": "ja", "preferred": true},
        {"text": "Mayors for Peace", "lang": "en", "preferred": true}
    ],
    "country": "JP",
    "scope": "international",
    "founded": "1982-06",
    "distinctions": ["un_consultative_status"],
    "website": "https://www.mayorsforpeace.org/",
    "contacts": [{"kind": "email", "value": "office@example.org", "label": "Secretariat"}]
})))]
pub struct Organization {
    /// What kind of body it is.
    pub kind: OrganizationKind,
    /// Its names; at least one is preferred in some language. When its name is not known, what it
    /// is described by: «Фонд из США».
    #[schema(min_items = 1, max_items = 100)]
    pub names: Vec<OrganizationName>,
    /// Whether its name is known. An organization known only by description has a country or a place.
    #[serde(default = "known")]
    #[schema(default = true, examples(true))]
    pub name_known: bool,
    /// The organization it is a part of: the directorate of a department.
    pub parent: Option<Uuid>,
    /// The place it sits in.
    pub place: Option<Uuid>,
    /// The country it belongs to (ISO 3166-1).
    pub country: Option<CountryCode>,
    /// How far it reaches.
    pub scope: Option<OrganizationScope>,
    /// When it was founded, as well as it is known.
    pub founded: Option<PartialDate>,
    /// When it ceased to be; left out while it exists.
    pub dissolved: Option<PartialDate>,
    /// What sets it apart: the second of its kind in the country.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["second_in_country"])))]
    pub distinctions: Vec<Distinction>,
    /// Its own page.
    #[schema(pattern = "^https?://", max_length = 500, examples("https://www.mayorsforpeace.org/"))]
    pub website: Option<String>,
    /// How to reach the office. They are shown to whoever sees the record, so a person's own number
    /// or address belongs in the notes, which are never public.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub contacts: Vec<OrganizationContact>,
}

const fn known() -> bool {
    true
}

/// Kinds of organization.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("association", "department"))]
pub enum OrganizationKind {
    /// The administration of a city, district or region.
    Administration,
    /// A unit of an administration: a department, a directorate, an office.
    Department,
    /// An elected council or assembly.
    Council,
    /// A ministry of a state or region.
    Ministry,
    /// An embassy, a consulate or another mission of a foreign state.
    ForeignMission,
    /// An association of cities or of other bodies.
    Association,
    /// A foundation.
    Foundation,
    /// Another body that is neither of the state nor for profit.
    Ngo,
    /// A university or institute.
    University,
    /// A school.
    School,
    /// An enterprise.
    Enterprise,
    /// An enterprise that belongs to a city.
    MunicipalEnterprise,
    /// A newspaper, a broadcaster or another medium.
    Media,
    /// A museum, a theatre, an ensemble or another body of culture.
    CulturalBody,
    /// A club, a federation or another body of sport.
    SportsBody,
    /// An investor.
    Investor,
    /// None of these.
    Other,
}

impl OrganizationKind {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Administration => "administration",
            Self::Department => "department",
            Self::Council => "council",
            Self::Ministry => "ministry",
            Self::ForeignMission => "foreign_mission",
            Self::Association => "association",
            Self::Foundation => "foundation",
            Self::Ngo => "ngo",
            Self::University => "university",
            Self::School => "school",
            Self::Enterprise => "enterprise",
            Self::MunicipalEnterprise => "municipal_enterprise",
            Self::Media => "media",
            Self::CulturalBody => "cultural_body",
            Self::SportsBody => "sports_body",
            Self::Investor => "investor",
            Self::Other => "other",
        }
    }
}

/// How far an organization reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("national", "international"))]
pub enum OrganizationScope {
    /// One city or region.
    Local,
    /// One country.
    National,
    /// Several countries.
    International,
}

impl OrganizationScope {
    /// As it is stored and sent.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Local => "local",
            Self::National => "national",
            Self::International => "international",
        }
    }
}

/// A name of an organization.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"text": "Ассоциация сибирских и дальневосточных городов", "lang": "ru", "preferred": true})))]
pub struct OrganizationName {
    /// The name, or an abbreviation of it.
    #[schema(min_length = 1, max_length = 500, examples("Ассоциация сибирских и дальневосточных городов"))]
    pub text: String,
    /// Its language.
    pub lang: LanguageTag,
    /// Whether it is the one to print in its language; one a language.
    #[serde(default)]
    #[schema(default = false, examples(true))]
    pub preferred: bool,
}

/// A way to reach an organization's office.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"kind": "phone", "value": "+7 4162 00-00-00", "label": "Приёмная"})))]
pub struct OrganizationContact {
    /// By what means.
    pub kind: ContactKind,
    /// The number or address.
    #[schema(min_length = 1, max_length = 500, examples("+7 4162 00-00-00"))]
    pub value: String,
    /// Who or what answers there.
    #[schema(min_length = 1, max_length = 200, examples("Приёмная"))]
    pub label: Option<String>,
}

impl Collection for Organization {
    const NAME: CollectionName = CollectionName::Organizations;

    fn check(&self, head: &Head, faults: &mut Faults) {
        for (index, name) in self.names.iter().enumerate() {
            let earlier = &self.names[..index];
            faults.unless(
                !earlier.iter().any(|other| other.text == name.text && other.lang == name.lang),
                format!("/names/{index}"),
                "duplicate",
                "This name stands here already.",
            );
            faults.unless(
                !(name.preferred && earlier.iter().any(|other| other.preferred && other.lang == name.lang)),
                format!("/names/{index}/preferred"),
                "duplicate",
                "One name a language is preferred.",
            );
        }
        faults.unless(
            self.names.iter().any(|name| name.preferred),
            "/names",
            "required",
            "One name at least is preferred: the one to print.",
        );
        faults.unless(
            self.name_known || self.country.is_some() || self.place.is_some(),
            "/country",
            "required",
            "An organization whose name is not known is told apart by its country or its place.",
        );
        faults.unless(
            self.parent != Some(head.id) || head.id.is_nil(),
            "/parent",
            "not_allowed",
            "An organization is not a part of itself.",
        );
        if let (Some(founded), Some(dissolved)) = (&self.founded, &self.dissolved) {
            faults.unless(
                !dissolved.is_before(founded),
                "/dissolved",
                "not_allowed",
                "It ceased to be before it was founded.",
            );
        }
        faults.each_once("/distinctions", &self.distinctions);
        faults.each_once("/contacts", &self.contacts);
    }

    fn references(&self, references: &mut References) {
        references.one("parent", CollectionName::Organizations, self.parent);
        references.one("place", CollectionName::Places, self.place);
    }

    fn terms(&self, terms: &mut Terms) {
        for distinction in &self.distinctions {
            terms.code("distinctions", distinction.as_str());
        }
        for name in &self.names {
            terms.name(&name.lang, &name.text, name.preferred);
        }
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("founded", self.founded.as_ref());
        dates.one("dissolved", self.dissolved.as_ref());
    }
}

impl Organization {
    /// The name to print in the first of these languages that has one, else any preferred name.
    pub fn name_in(&self, languages: &[&str]) -> &str {
        let preferred = |lang: &&str| self.names.iter().find(|name| name.preferred && name.lang.as_str() == *lang);
        languages
            .iter()
            .find_map(preferred)
            .or_else(|| self.names.iter().find(|name| name.preferred))
            .map_or("", |name| name.text.as_str())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::json::merge;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8057";

    fn organization(members: &Value) -> Organization {
        let mut body = json!({"kind": "foundation", "names": [{"text": "Фонд", "lang": "ru", "preferred": true}]});
        merge(&mut body, members);
        serde_json::from_value(body).unwrap()
    }

    fn faults(members: &Value) -> Vec<String> {
        let mut faults = Faults::default();
        let head = Head { id: ID.parse().unwrap(), ..Head::default() };
        organization(members).check(&head, &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_name_is_known_unless_said_otherwise() {
        assert!(organization(&json!({})).name_known);
        assert_eq!(faults(&json!({})), [""; 0]);
        assert_eq!(faults(&json!({"name_known": false})), ["/country required"]);
        assert_eq!(faults(&json!({"name_known": false, "country": "US"})), [""; 0]);
        assert_eq!(faults(&json!({"name_known": false, "place": ID})), [""; 0]);
    }

    #[test]
    fn names_are_distinct_and_one_a_language_is_preferred() {
        let name = json!({"text": "Фонд", "lang": "ru", "preferred": true});
        let found = faults(&json!({"names": [name, name, {"text": "基金会", "lang": "zh", "preferred": true}]}));
        assert_eq!(found, ["/names/1 duplicate", "/names/1/preferred duplicate"]);
        assert_eq!(faults(&json!({"names": [{"text": "Fund", "lang": "en"}]})), ["/names required"]);
    }

    #[test]
    fn all_faults_are_told_at_once() {
        let found = faults(&json!({
            "parent": ID,
            "founded": "2008",
            "dissolved": "2007-12",
            "distinctions": ["first_in_country", "first_in_country"],
            "contacts": [{"kind": "email", "value": "a@b.example"}, {"kind": "email", "value": "a@b.example"}],
        }));
        let expected =
            ["/parent not_allowed", "/dissolved not_allowed", "/distinctions/1 duplicate", "/contacts/1 duplicate"];
        assert_eq!(found, expected);
        assert_eq!(faults(&json!({"founded": "2008", "dissolved": "2008-01"})), [""; 0], "it may have lived a month");
    }

    #[test]
    fn it_is_printed_by_its_preferred_name() {
        let ki = organization(&json!({"names": [
            {"text": "Ассоциация изучения Ки", "lang": "ru", "preferred": true},
            {"text": "気の研究会", "lang": "ja", "preferred": true},
        ]}));
        assert_eq!(ki.name_in(&["en", "ja"]), "気の研究会");
        assert_eq!(ki.name_in(&["en"]), "Ассоциация изучения Ки");
    }
}
