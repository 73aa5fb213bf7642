//! Report notes: the office's own paragraphs for a yearly report, printed as they stand.

use serde::{Deserialize, Serialize};

use crate::codelist::FieldCode;
use crate::collection::{Collection, CollectionName};
use crate::country::CountryCode;
use crate::fault::Faults;
use crate::index::{References, Terms};
use crate::record::Head;
use crate::value::LocalizedText;

/// A paragraph that the office writes itself, for a section of the report of a year: what no record
/// can say.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "year": 2011,
    "section": "countries",
    "countries": ["JP"],
    "fields": ["culture", "sport"],
    "text": {"ru": "Основные направления: сотрудничество в области культуры и спорта, обмены делегациями.", "en": "The main directions are cooperation in culture and sport and exchanges of delegations."}
})))]
pub struct ReportNote {
    /// The year of the report.
    #[schema(minimum = 1900, maximum = 2200, examples(2011))]
    pub year: i32,
    /// Where in the report it stands.
    pub section: ReportNoteSection,
    /// The countries it is about (ISO 3166-1). In the section of countries they say which one, so
    /// there is one at least.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["JP"])))]
    pub countries: Vec<CountryCode>,
    /// What it is about.
    #[serde(default)]
    #[schema(max_items = 50, examples(json!(["culture", "sport"])))]
    pub fields: Vec<FieldCode>,
    /// The paragraph.
    pub text: LocalizedText,
}

/// The sections of the yearly report that have room for notes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("overview", "countries"))]
pub enum ReportNoteSection {
    /// What the year was like, and the ties as a whole.
    Overview,
    /// Work with several partners: associations, foundations, groups of cities.
    Multilateral,
    /// The department, its plan and its instruments.
    Organization,
    /// A country or a group of countries.
    Countries,
    /// What is planned for the next year.
    Plans,
}

impl Collection for ReportNote {
    const NAME: CollectionName = CollectionName::ReportNotes;

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.unless(
            self.section != ReportNoteSection::Countries || !self.countries.is_empty(),
            "/countries",
            "required",
            "Say in which country's section it stands.",
        );
        faults.each_once("/countries", &self.countries);
        faults.each_once("/fields", &self.fields);
    }

    fn references(&self, _references: &mut References) {}

    fn terms(&self, terms: &mut Terms) {
        for country in &self.countries {
            terms.code("countries", country.as_str());
        }
        for field in &self.fields {
            terms.code("fields", field.as_str());
        }
        terms.localized(&self.text);
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn note(members: Value) -> ReportNote {
        let mut body = json!({"year": 2011, "section": "overview", "text": {"ru": "Год был богат событиями."}});
        if let (Some(body), Value::Object(members)) = (body.as_object_mut(), members) {
            body.extend(members);
        }
        serde_json::from_value(body).unwrap()
    }

    fn faults(members: Value) -> Vec<String> {
        let mut faults = Faults::default();
        note(members).check(&Head::default(), &mut faults);
        faults.iter().map(|fault| format!("{} {}", fault.pointer, fault.code)).collect()
    }

    #[test]
    fn a_countrys_section_has_a_country() {
        assert!(faults(json!({})).is_empty());
        assert_eq!(faults(json!({"section": "countries"})), ["/countries required"]);
        assert!(faults(json!({"section": "countries", "countries": ["KR", "KP"]})).is_empty());
        assert_eq!(
            faults(json!({"countries": ["CN", "CN"], "fields": ["sport", "sport"]})),
            ["/countries/1 duplicate", "/fields/1 duplicate"]
        );
    }

    #[test]
    fn it_is_found_by_codes_and_words() {
        let mut terms = Terms::default();
        note(json!({"countries": ["CN"], "fields": ["sport"]})).terms(&mut terms);
        for term in [("countries", "CN"), ("fields", "sport"), ("q", "событиями")] {
            assert!(terms.iter().any(|known| known == term), "{term:?}");
        }
        crate::exchange::tests::same_as_codelist::<ReportNoteSection>("report_note_section");
    }
}
