//! What every collection declares about itself, and the list of them.

use std::fmt;

use jiff::civil::Date;
use serde::{Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::fault::Faults;
use crate::index::{Dates, References, Terms};
use crate::record::Head;
use crate::refusal::Refusal;

/// The name of a collection, as it stands in paths and in the journal. `api_keys` has no path: only
/// the journal tells of them.
#[derive(
    Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, serde::Serialize, serde::Deserialize, utoipa::ToSchema,
)]
#[serde(rename_all = "snake_case")]
pub enum CollectionName {
    /// The cities whose departments keep records here.
    Municipalities,
    /// Cities, districts, regions and countries: the shared directory.
    Places,
    /// Credentials of API clients.
    ApiKeys,
    /// Administrations, associations, schools, enterprises and other bodies.
    Organizations,
    /// The ties of a city, from the idea to the end.
    Partnerships,
    /// The papers: treaties, protocols, memoranda, communiqués.
    Agreements,
    /// The delegations received and sent.
    Exchanges,
    /// What takes place: meetings, fairs, exhibitions, signings.
    Events,
    /// The associations that a city belongs to.
    Memberships,
    /// The correspondence: letters received and sent.
    Letters,
    /// What several exchanges and events are made under.
    Programmes,
    /// Joint work with partners, and what is offered to investors.
    Projects,
    /// Help for investors, enterprises and those who look for partners.
    AssistanceCases,
    /// What the office means to do in a year.
    WorkPlans,
    /// What the media told of ties and events.
    Publications,
    /// Figures that somebody reported.
    Observations,
    /// The office's own paragraphs for a report.
    ReportNotes,
    /// Papers and pictures with their files.
    Documents,
    /// Findings that the office leaves as they are.
    AcceptedFindings,
    /// Records that look alike and are two.
    DistinctPairs,
}

/// Who keeps the records of a collection.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keeper {
    /// A municipality; only its own editors change them.
    Municipality,
    /// All together: any editor adds and changes, the operator deletes.
    Shared,
    /// The operator of the installation; a municipality's admin changes its own.
    Installation,
}

struct Facts {
    name: &'static str,
    singular: &'static str,
    prefix: &'static str,
    keeper: Keeper,
}

impl CollectionName {
    /// Every collection.
    pub const ALL: &[Self] = &[
        Self::Municipalities,
        Self::Places,
        Self::ApiKeys,
        Self::Organizations,
        Self::Partnerships,
        Self::Agreements,
        Self::Exchanges,
        Self::Events,
        Self::Memberships,
        Self::Letters,
        Self::Programmes,
        Self::Projects,
        Self::AssistanceCases,
        Self::WorkPlans,
        Self::Publications,
        Self::Observations,
        Self::ReportNotes,
        Self::Documents,
        Self::AcceptedFindings,
        Self::DistinctPairs,
    ];

    const fn facts(self) -> Facts {
        use Keeper::{Installation, Municipality, Shared};
        let (name, singular, prefix, keeper) = match self {
            Self::Municipalities => ("municipalities", "municipality", "MUN", Installation),
            Self::Places => ("places", "place", "PLA", Shared),
            Self::ApiKeys => ("api_keys", "api_key", "KEY", Installation),
            Self::Organizations => ("organizations", "organization", "ORG", Municipality),
            Self::Partnerships => ("partnerships", "partnership", "PAR", Municipality),
            Self::Agreements => ("agreements", "agreement", "AGR", Municipality),
            Self::Exchanges => ("exchanges", "exchange", "EXC", Municipality),
            Self::Events => ("events", "event", "EVT", Municipality),
            Self::Memberships => ("memberships", "membership", "MEM", Municipality),
            Self::Letters => ("letters", "letter", "LET", Municipality),
            Self::Programmes => ("programmes", "programme", "PRG", Municipality),
            Self::Projects => ("projects", "project", "PRJ", Municipality),
            Self::AssistanceCases => ("assistance_cases", "assistance_case", "ASC", Municipality),
            Self::WorkPlans => ("work_plans", "work_plan", "WPL", Municipality),
            Self::Publications => ("publications", "publication", "PUB", Municipality),
            Self::Observations => ("observations", "observation", "OBS", Municipality),
            Self::ReportNotes => ("report_notes", "report_note", "RPN", Municipality),
            Self::Documents => ("documents", "document", "DOC", Municipality),
            Self::DistinctPairs => ("distinct_pairs", "distinct_pair", "DIS", Municipality),
            Self::AcceptedFindings => ("accepted_findings", "accepted_finding", "AFI", Municipality),
        };
        Facts { name, singular, prefix, keeper }
    }

    /// The plural in snake_case, as in tables and filters: `work_plans`.
    pub const fn as_str(self) -> &'static str {
        self.facts().name
    }

    /// The singular in snake_case, as in operation ids and events: `work_plan`.
    pub const fn singular(self) -> &'static str {
        self.facts().singular
    }

    /// The letters its refs begin with: `PAR` in `PAR-0007`.
    pub const fn prefix(self) -> &'static str {
        self.facts().prefix
    }

    /// Who keeps its records.
    pub const fn keeper(self) -> Keeper {
        self.facts().keeper
    }

    /// The municipality within which refs and external ids name one record: the keeper, or nothing
    /// where they name one record of the installation.
    pub fn namespace(self, keeper: &str) -> &str {
        if self.keeper() == Keeper::Municipality { keeper } else { "" }
    }

    /// The plural in kebab-case, as in paths: `work-plans`.
    pub fn path(self) -> String {
        self.as_str().replace('_', "-")
    }

    /// The singular in PascalCase, as schemas are named: `WorkPlan`. Generators stumble over a
    /// schema called Event alone, so that one is a `CityEvent`.
    pub fn type_name(self) -> String {
        if self == Self::Events {
            return "CityEvent".to_owned();
        }
        self.singular().split('_').map(|word| word[..1].to_uppercase() + &word[1..]).collect()
    }

    /// Finds a collection by its plural name.
    pub fn parse(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|collection| collection.as_str() == name)
    }
}

impl fmt::Display for CollectionName {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(self.as_str())
    }
}

/// The state of a record that walks through states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct State {
    /// The member that holds it: `state`, `stage` or `status`.
    pub member: &'static str,
    /// The state it is in.
    pub current: String,
    /// The state such a record begins in.
    pub first: String,
}

/// A kind of record with an address of its own.
pub trait Collection:
    Clone + fmt::Debug + PartialEq + Serialize + DeserializeOwned + utoipa::ToSchema + Send + Sync + 'static
{
    /// Its name.
    const NAME: CollectionName;

    /// The member a state is kept in, for collections whose records walk through states.
    const STATE: Option<&'static str> = None;

    /// The rules across fields. Bounds of single fields stand in the schema.
    fn check(&self, head: &Head, faults: &mut Faults);

    /// The rules between a record and what it was; by default anything may change.
    fn check_change(&self, _before: &Self, _faults: &mut Faults) {}

    /// The records this one refers to.
    fn references(&self, references: &mut References);

    /// The codes and words it is found by.
    fn terms(&self, terms: &mut Terms);

    /// Its dates, which findings look at; none by default.
    fn dates(&self, _dates: &mut Dates) {}

    /// The latest day on which it may have taken place, and the ties under which it did: nothing for what
    /// did not, or whose end nobody knows.
    fn took_place(&self) -> Option<(Date, &[Uuid])> {
        None
    }

    /// The state it is in, for collections whose records walk through states.
    fn state(&self) -> Option<State> {
        None
    }

    /// The municipality that this record itself is, and so keeps; nothing for all others.
    fn keeps_itself(&self) -> Option<&crate::municipality::Slug> {
        None
    }

    /// Takes over what the server manages inside lists: gives keys to new elements and keeps the
    /// managed members of those that stay. Dropping one that holds such members is refused.
    fn settle(&mut self, _before: Option<&Self>, _new_key: &mut dyn FnMut() -> Uuid) -> Result<(), Refusal> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn example_holds<T: Collection>() {
        let schema = serde_json::to_value(T::schema()).unwrap();
        let record: T = serde_json::from_value(schema["examples"][0].clone()).unwrap();
        let mut faults = Faults::default();
        record.check(&Head { sources: vec![source()], ..Head::default() }, &mut faults);
        assert!(faults.is_empty(), "{}: {faults}", T::NAME);
        assert_eq!(record.state().map(|state| state.member), T::STATE, "{}", T::NAME);
    }

    fn source() -> crate::Source {
        let text = "Отчёт за 2011 год".to_owned();
        crate::Source { text, locator: None, quote: None, lang: None, document_id: None }
    }

    #[test]
    fn the_examples_are_records() {
        example_holds::<crate::Agreement>();
        example_holds::<crate::CityEvent>();
        example_holds::<crate::Exchange>();
        example_holds::<crate::Letter>();
        example_holds::<crate::Membership>();
        example_holds::<crate::Organization>();
        example_holds::<crate::Partnership>();
        example_holds::<crate::Programme>();
        example_holds::<crate::Project>();
        example_holds::<crate::AssistanceCase>();
        example_holds::<crate::WorkPlan>();
        example_holds::<crate::Publication>();
        example_holds::<crate::Observation>();
        example_holds::<crate::ReportNote>();
        example_holds::<crate::Document>();
        example_holds::<crate::AcceptedFinding>();
        example_holds::<crate::DistinctPair>();
    }

    #[test]
    fn names_and_prefixes_are_one_each() {
        for name in CollectionName::ALL {
            assert_eq!(CollectionName::parse(name.as_str()), Some(*name));
            let same = |other: &&CollectionName| other.prefix() == name.prefix() || other.singular() == name.singular();
            assert_eq!(CollectionName::ALL.iter().filter(same).count(), 1, "{name}");
        }
    }
}
