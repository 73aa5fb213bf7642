//! A collection's declaration without its type: for what looks at every collection alike, such as
//! the test of all plans.

use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{
    AcceptedFinding, Agreement, ApiKey, AssistanceCase, CityEvent, CollectionName, DistinctPair, Document, Exchange,
    Letter, Membership, Municipality, Observation, Organization, Partnership, Place, Programme, Project, Publication,
    ReportNote, WorkPlan,
};
use sea_orm::sea_query::SelectStatement;

use crate::cursor::Secret;
use crate::error::Error;
use crate::list::ListQuery;
use crate::read::Snapshot;
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
    pages: Pages,
}

type Pages = for<'s> fn(
    &'s Snapshot,
    &'s View,
    &'s ListQuery,
    &'s Secret,
) -> LocalBoxFuture<'s, Result<Vec<SelectStatement>, Error>>;

impl Declared {
    /// The declaration of a collection.
    pub fn of(name: CollectionName) -> Self {
        visit(name, Declaring)
    }

    /// The very statements that a page of this list is read with, each when the one before found no
    /// full page.
    pub async fn pages(
        &self,
        snapshot: &Snapshot,
        view: &View,
        query: &ListQuery,
        secret: &Secret,
    ) -> Result<Vec<SelectStatement>, Error> {
        (self.pages)(snapshot, view, query, secret).await
    }
}

struct Declaring;

impl Visitor for Declaring {
    type Output = Declared;

    fn visit<T: Stored>(self) -> Declared {
        let pages: Pages = |snapshot, view, query, secret| snapshot.pages::<T>(view, query, secret).boxed_local();
        Declared { name: T::NAME, filters: T::FILTERS, sorts: T::SORTS, unique: T::UNIQUE, pages }
    }
}

/// Something that is done alike with every collection.
pub(crate) trait Visitor {
    /// What comes of it.
    type Output;

    /// Does it with one.
    fn visit<T: Stored>(self) -> Self::Output;
}

/// Does something with the collection of this name.
///
/// To be called from functions that are neither generic nor async. Those of the other kinds are compiled by each crate
/// that calls them, and then so is all of this, for every collection: it had doubled the time to build the program.
pub(crate) fn visit<V: Visitor>(name: CollectionName, visitor: V) -> V::Output {
    match name {
        CollectionName::Municipalities => visitor.visit::<Municipality>(),
        CollectionName::Places => visitor.visit::<Place>(),
        CollectionName::ApiKeys => visitor.visit::<ApiKey>(),
        CollectionName::Organizations => visitor.visit::<Organization>(),
        CollectionName::Partnerships => visitor.visit::<Partnership>(),
        CollectionName::Agreements => visitor.visit::<Agreement>(),
        CollectionName::Exchanges => visitor.visit::<Exchange>(),
        CollectionName::Events => visitor.visit::<CityEvent>(),
        CollectionName::ReportNotes => visitor.visit::<ReportNote>(),
        CollectionName::Documents => visitor.visit::<Document>(),
        CollectionName::AcceptedFindings => visitor.visit::<AcceptedFinding>(),
        CollectionName::DistinctPairs => visitor.visit::<DistinctPair>(),
        CollectionName::Observations => visitor.visit::<Observation>(),
        CollectionName::Publications => visitor.visit::<Publication>(),
        CollectionName::WorkPlans => visitor.visit::<WorkPlan>(),
        CollectionName::AssistanceCases => visitor.visit::<AssistanceCase>(),
        CollectionName::Projects => visitor.visit::<Project>(),
        CollectionName::Programmes => visitor.visit::<Programme>(),
        CollectionName::Letters => visitor.visit::<Letter>(),
        CollectionName::Memberships => visitor.visit::<Membership>(),
    }
}
