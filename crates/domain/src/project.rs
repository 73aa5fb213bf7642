//! Projects: what a city does together with partners, and what it offers to investors.

use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::collection::{Collection, CollectionName, State};
use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::project_state::ProjectState;
use crate::record::Head;
use crate::value::{LocalizedText, Money, PartialInterval};

/// A piece of work with partners: a joint study of two universities, a building that investors are
/// sought for. What the city offers to investors is a project of kind `investment`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[schema(examples(json!({
    "kind": "university",
    "title": {"ru": "Совместные проекты университетов", "en": "Joint projects of universities", "zh": "高校联合项目"},
    "strands": [{"ru": "Обмен студентами"}, {"ru": "Обмен преподавателями"}, {"ru": "Совместная научно-исследовательская работа"}],
    "partners": ["01890a5d-ac96-774b-bcce-b302099a8104"],
    "partnership": "01890a5d-ac96-774b-bcce-b302099a8201",
    "place": "01890a5d-ac96-774b-bcce-b302099a8001",
    "period": "2011-09/2013-06",
    "budget": {"amount": "125000.00", "currency": "CNY"},
    "state": "planned"
})))]
pub struct Project {
    /// What kind of work it is.
    pub kind: ProjectKind,
    /// What it is called.
    pub title: LocalizedText,
    /// The parts it is done in, each in words.
    #[serde(default)]
    #[schema(max_items = 20)]
    pub strands: Vec<LocalizedText>,
    /// Who takes part: organizations.
    #[serde(default)]
    #[schema(max_items = 100, examples(json!(["01890a5d-ac96-774b-bcce-b302099a8104"])))]
    pub partners: Vec<Uuid>,
    /// The tie it is done under.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8201"))]
    pub partnership: Option<Uuid>,
    /// The paper it is done under: an agreement.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8301"))]
    pub agreement: Option<Uuid>,
    /// Where it is done: a place.
    #[schema(examples("01890a5d-ac96-774b-bcce-b302099a8001"))]
    pub place: Option<Uuid>,
    /// Where it stands. Moves only by a transition.
    #[serde(default)]
    #[schema(default = "idea")]
    pub state: ProjectState,
    /// From its first day to its last, as well as they are known.
    pub period: Option<PartialInterval>,
    /// What it costs, or would cost.
    pub budget: Option<Money>,
    /// What came of it.
    pub results: Option<LocalizedText>,
}

/// What kind of work a project is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(examples("university", "investment"))]
pub enum ProjectKind {
    /// Of universities and institutes.
    University,
    /// Research.
    Research,
    /// Culture.
    Culture,
    /// Sport.
    Sport,
    /// Protection of the environment.
    Environment,
    /// Social work.
    Social,
    /// Roads, bridges, networks.
    Infrastructure,
    /// An object that the city seeks investors for.
    Investment,
}

impl Collection for Project {
    const NAME: CollectionName = CollectionName::Projects;
    const STATE: Option<&'static str> = Some("state");

    fn check(&self, _head: &Head, faults: &mut Faults) {
        faults.each_once("/strands", &self.strands);
        faults.each_once("/partners", &self.partners);
    }

    fn references(&self, references: &mut References) {
        use CollectionName::{Agreements, Organizations, Partnerships, Places};
        references.many("partners", Organizations, &self.partners);
        references.one("partnership", Partnerships, self.partnership);
        references.one("agreement", Agreements, self.agreement);
        references.one("place", Places, self.place);
    }

    fn terms(&self, terms: &mut Terms) {
        terms.title(&self.title);
        for strand in &self.strands {
            terms.localized(strand);
        }
        terms.localized_option(self.results.as_ref());
    }

    fn state(&self) -> Option<State> {
        let first = ProjectState::default().as_str().to_owned();
        Some(State { member: "state", current: self.state.as_str().to_owned(), first })
    }

    fn dates(&self, dates: &mut Dates) {
        dates.one("period", self.period.as_ref());
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use serde_json::{Value, json};

    use super::*;
    use crate::exchange::tests::same_as_codelist;

    const ID: &str = "01890a5d-ac96-774b-bcce-b302099a8104";

    /// A project with these members beside those it must have.
    pub(crate) fn project(members: Value) -> Project {
        let mut body = json!({"kind": "investment", "title": {"ru": "Стадион «Юность»"}});
        if let Value::Object(members) = members {
            members.into_iter().for_each(|(name, value)| body[name] = value);
        }
        serde_json::from_value(body).unwrap()
    }

    #[test]
    fn enumerations_are_those_of_the_codelists() {
        same_as_codelist::<ProjectKind>("project_kind");
        same_as_codelist::<ProjectState>("project_state");
    }

    #[test]
    fn what_stands_in_its_lists_stands_there_once() {
        let strand = json!({"ru": "Обмен студентами"});
        let project = project(json!({"strands": [strand, strand], "partners": [ID, ID]}));
        let mut faults = Faults::default();
        project.check(&Head::default(), &mut faults);
        let found: Vec<_> = faults.iter().map(|fault| fault.pointer.as_str()).collect();
        assert_eq!(found, ["/strands/1", "/partners/1"]);
    }

    #[test]
    fn it_is_found_by_its_partners_and_its_words() {
        let project = project(json!({
            "partners": [ID], "partnership": ID, "agreement": ID, "place": ID, "strands": [{"zh": "学生交流"}],
            "results": {"en": "A stadium"},
        }));
        let mut references = References::default();
        project.references(&mut references);
        let pointers: Vec<_> = references.iter().map(|found| found.pointer.as_str()).collect();
        assert_eq!(pointers, ["/partners/0", "/partnership", "/agreement", "/place"]);
        let mut terms = Terms::default();
        project.terms(&mut terms);
        for word in ["стадион", "学生交流", "stadium"] {
            assert!(terms.iter().any(|(_, term)| term == word), "{word}");
        }
    }
}
