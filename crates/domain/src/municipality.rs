//! Municipalities: the cities whose international departments keep their records here.

use serde::{Deserialize, Deserializer, Serialize};
use uuid::Uuid;

use crate::codelist::ReportDomain;
use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::record::Head;
use crate::value::{LanguageTag, LocalizedText, Malformed};

/// The short name of a municipality in addresses and records, such as `blagoveshchensk`.
/// Lower-case letters, digits and hyphens; it never changes.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[a-z][a-z0-9]*(-[a-z0-9]+)*$", min_length = 2, max_length = 63, examples("blagoveshchensk"))]
pub struct Slug(String);

impl Slug {
    /// The longest slug: the length of a DNS label.
    pub const MAX: usize = 63;

    /// Reads a slug.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        let letters = |word: &str| {
            !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit())
        };
        let fits = (2..=Self::MAX).contains(&text.len())
            && text.starts_with(|first: char| first.is_ascii_lowercase())
            && text.split('-').all(letters);
        if fits {
            Ok(Self(text.to_owned()))
        } else {
            Err(Malformed(format!(
                "{text:?} is not a slug: lower-case letters and digits in words joined by hyphens, such as blagoveshchensk."
            )))
        }
    }

    /// The slug as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for Slug {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// The name of a time zone in the IANA database, such as `Asia/Yakutsk`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = String, pattern = "^[A-Za-z][A-Za-z0-9_+/-]*$", max_length = 64, examples("Asia/Yakutsk"))]
pub struct TimeZoneName(String);

impl TimeZoneName {
    /// Reads the name of a zone the IANA database knows.
    pub fn parse(text: &str) -> Result<Self, Malformed> {
        jiff::tz::TimeZone::get(text)
            .map(|_| Self(text.to_owned()))
            .map_err(|_| Malformed(format!("{text:?} is not a time zone of the IANA database, such as Asia/Yakutsk.")))
    }

    /// The name as text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl<'de> Deserialize<'de> for TimeZoneName {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = String::deserialize(deserializer)?;
        Self::parse(&text).map_err(serde::de::Error::custom)
    }
}

/// A city whose department keeps its international relations here, with the settings its reports
/// and reminders follow.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "slug": "blagoveshchensk", "name": {"ru": "Благовещенск", "en": "Blagoveshchensk", "zh": "布拉戈维申斯克"},
    "home_place": "01890a5d-ac96-774b-bcce-b302099a8002", "timezone": "Asia/Yakutsk",
    "default_locale": "ru", "locales": ["ru", "en", "zh"], "anniversary_years": [5, 10, 20, 25, 50], "dormancy_months": 36,
    "report": {"sections": [{"countries": ["CN"]}, {"countries": ["KR", "KP"]}], "domains": ["international_relations", "tourism"]}
})))]
pub struct Municipality {
    /// Its short name, written into every record it keeps; never changes.
    pub slug: Slug,
    /// Its name.
    pub name: LocalizedText,
    /// The place it governs.
    pub home_place: Option<Uuid>,
    /// The unit responsible for international relations: an organization.
    pub responsible_unit: Option<Uuid>,
    /// The zone its days are counted in.
    pub timezone: TimeZoneName,
    /// The language of its reports when nothing else is asked for.
    pub default_locale: LanguageTag,
    /// The languages it works in.
    #[serde(default)]
    #[schema(max_items = 20, examples(json!(["ru", "en", "zh"])))]
    pub locales: Vec<LanguageTag>,
    /// The anniversaries of a tie that are marked, in years.
    #[serde(default = "anniversary_years")]
    #[schema(max_items = 20, examples(json!([5, 10, 20, 25, 50])))]
    pub anniversary_years: Vec<AnniversaryYear>,
    /// After how many months without activity a tie counts as dormant.
    #[serde(default = "dormancy_months")]
    #[schema(minimum = 1, maximum = 600, default = 36, examples(36))]
    pub dormancy_months: i32,
    /// How its yearly report is laid out.
    pub report: Option<ReportSettings>,
}

/// How many years after its beginning a tie's anniversary is marked.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
#[schema(value_type = i32, minimum = 1, maximum = 500, examples(25))]
pub struct AnniversaryYear(pub i32);

fn anniversary_years() -> Vec<AnniversaryYear> {
    [5, 10, 20, 25, 50].map(AnniversaryYear).to_vec()
}

const fn dormancy_months() -> i32 {
    36
}

/// How a municipality's yearly report is laid out.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"sections": [{"countries": ["CN"]}, {"countries": ["JP"]}, {"countries": ["KR", "KP"]}], "domains": ["international_relations", "tourism", "foreign_economic_activity"]})))]
pub struct ReportSettings {
    /// The country sections in their order.
    #[serde(default)]
    #[schema(max_items = 50)]
    pub sections: Vec<ReportSection>,
    /// The domains a report must speak of; one without content is reported as a finding.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub domains: Vec<ReportDomain>,
}

/// One section of the yearly report: the countries told of together.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({"countries": ["KR", "KP"]})))]
pub struct ReportSection {
    /// The countries, in their order.
    #[schema(min_items = 1, max_items = 20)]
    pub countries: Vec<CountryCode>,
}

impl Collection for Municipality {
    const NAME: CollectionName = CollectionName::Municipalities;

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.unless(
            self.locales.is_empty() || self.locales.contains(&self.default_locale),
            "/locales",
            "not_allowed",
            "The languages it works in include the default one.",
        );
        let sections = self.report.iter().flat_map(|report| &report.sections);
        let mut seen = Vec::new();
        for (index, section) in sections.enumerate() {
            for (position, country) in section.countries.iter().enumerate() {
                if seen.contains(&country) {
                    faults.add(
                        format!("/report/sections/{index}/countries/{position}"),
                        "duplicate",
                        "A country stands in one section only.",
                    );
                }
                seen.push(country);
            }
        }
    }

    fn check_change(&self, before: &Self, faults: &mut Faults) {
        faults.unless(
            self.slug == before.slug,
            "/slug",
            "read_only",
            "A slug is written into every record of the municipality and never changes.",
        );
    }

    fn keeps_itself(&self) -> Option<&Slug> {
        Some(&self.slug)
    }

    fn references(&self, references: &mut References) {
        references.one("home_place", CollectionName::Places, self.home_place);
        references.one("responsible_unit", CollectionName::Organizations, self.responsible_unit);
    }

    fn terms(&self, terms: &mut Terms) {
        terms.number(self.slug.as_str());
        terms.title(&self.name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slugs() {
        assert!(Slug::parse("blagoveshchensk").is_ok());
        assert!(Slug::parse("saint-petersburg-2").is_ok());
        for wrong in ["", "a", "Heihe", "2nd", "-a", "a-", "a--b", "хэйхэ", &"a".repeat(64)] {
            assert!(Slug::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn zones_are_those_of_the_database() {
        assert!(TimeZoneName::parse("Asia/Yakutsk").is_ok());
        assert!(TimeZoneName::parse("Asia/Blagoveshchensk").is_err());
    }
}
