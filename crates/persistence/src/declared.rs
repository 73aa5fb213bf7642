//! A collection's declaration without its type: for what looks at every collection alike, such as
//! the test of all plans.

use pobratim_domain::{
    AcceptedFinding, Agreement, ApiKey, AssistanceCase, CityEvent, CollectionName, Document, Exchange, Letter,
    Membership, Municipality, Observation, Organization, Partnership, Place, Programme, Project, Publication,
    ReportNote, WorkPlan,
};
use sea_orm::sea_query::SelectStatement;

use crate::cursor::Secret;
use crate::error::Error;
use crate::list::{self, ListQuery};
use crate::stored::{Filter, Sort, Stored, Unique};
use crate::view::View;

/// What a collection declares about its table.
#[derive(Clone, Copy, Debug)]
pub struct Declared {
    /// Its name.
    pub name: CollectionName,
    /// What its lists can be filtered by, beside what every list can.
    pub filters: &'static [Filter],
    /// What its lists can be sorted by, beside what every list can.
    pub sorts: &'static [Sort],
    /// What no two living records share.
    pub unique: &'static [Unique],
    page: Page,
}

type Page = fn(&View, &ListQuery, &Secret) -> Result<SelectStatement, Error>;

impl Declared {
    /// The declaration of a collection.
    pub fn of(name: CollectionName) -> Self {
        match name {
            CollectionName::Municipalities => Self::typed::<Municipality>(),
            CollectionName::Places => Self::typed::<Place>(),
            CollectionName::ApiKeys => Self::typed::<ApiKey>(),
            CollectionName::Organizations => Self::typed::<Organization>(),
            CollectionName::Partnerships => Self::typed::<Partnership>(),
            CollectionName::Agreements => Self::typed::<Agreement>(),
            CollectionName::Exchanges => Self::typed::<Exchange>(),
            CollectionName::Events => Self::typed::<CityEvent>(),
            CollectionName::ReportNotes => Self::typed::<ReportNote>(),
            CollectionName::Documents => Self::typed::<Document>(),
            CollectionName::AcceptedFindings => Self::typed::<AcceptedFinding>(),
            CollectionName::Observations => Self::typed::<Observation>(),
            CollectionName::Publications => Self::typed::<Publication>(),
            CollectionName::WorkPlans => Self::typed::<WorkPlan>(),
            CollectionName::AssistanceCases => Self::typed::<AssistanceCase>(),
            CollectionName::Projects => Self::typed::<Project>(),
            CollectionName::Programmes => Self::typed::<Programme>(),
            CollectionName::Letters => Self::typed::<Letter>(),
            CollectionName::Memberships => Self::typed::<Membership>(),
        }
    }

    fn typed<T: Stored>() -> Self {
        Self { name: T::NAME, filters: T::FILTERS, sorts: T::SORTS, unique: T::UNIQUE, page: list::page::<T> }
    }

    /// The very statement that a page of this list is read with.
    pub fn page(&self, view: &View, query: &ListQuery, secret: &Secret) -> Result<SelectStatement, Error> {
        (self.page)(view, query, secret)
    }
}
