//! In which ways a page of a list is looked for. No index has both what a list asks and its order, so
//! either the records that have something are found and sorted, or they are looked for along the order.
//! The first is right for what few have, the second for what many have; so it is counted first how
//! many have each, up to a bound. Nothing here depends on statistics of the database.

use pobratim_domain::CollectionName;
use sea_orm::sea_query::Condition;

use crate::backend::by_looking;
use crate::error::Error;
use crate::list::criterion::{Criterion, Quick, entries, gathered};
use crate::read::Snapshot;

/// What no more records than this have is found and sorted: a record costs two or three microseconds.
const FEW: u64 = 500;

/// What no more than this have is gathered from its index, which costs a tenth of a microsecond each,
/// and the order's own index is gone along for those among them: only they are looked at.
const MANY: u64 = 8_000;

/// How far the order is gone along. A page is full there, unless its records are at the far end of the order, or
/// those that have one thing do not have the other.
const STRETCH: u64 = 10_000;

/// One way in which a page may be found.
pub(crate) struct Way {
    /// What its records have.
    pub(crate) fits: Condition,
    /// How many records of the order are looked through, when it is not all.
    pub(crate) within: Option<u64>,
}

/// The ways to look for records that have all of some things, each to be taken when the one before it
/// filled no page. `is_as_made` says that the list stands in the order in which its records were made.
pub(crate) async fn ways(
    snapshot: &Snapshot,
    collection: CollectionName,
    criteria: &[Criterion],
    is_as_made: bool,
) -> Result<Vec<Way>, Error> {
    let known = entries(snapshot, criteria, MANY).await?;
    let rarest = criteria.iter().zip(&known).enumerate().min_by_key(|(_, (_, entries))| **entries);
    let Some((at, (rarest, entries))) = rarest else {
        return Ok(vec![Way { fits: Condition::all(), within: None }]);
    };
    // The others are asked of the records that the rarest leads to.
    let others = criteria.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, other)| other);
    let rest = looked_at(snapshot, others);
    if *entries <= FEW {
        return Ok(vec![Way { fits: rest.add_option(gathered(collection, [rarest])), within: None }]);
    }
    let along = if is_as_made && rarest.quick == Quick::AsMade {
        // Its own index has them in the order of the list.
        rest.add(rarest.each.clone())
    } else if *entries <= MANY {
        rest.add(rarest.member(collection))
    } else {
        looked_at(snapshot, criteria)
    };
    let all = Condition::all().add_option(gathered(collection, criteria));
    Ok(vec![Way { fits: along, within: Some(STRETCH) }, Way { fits: all, within: None }])
}

/// That a record has all of these, when other things were chosen to find it by.
fn looked_at<'c>(snapshot: &Snapshot, criteria: impl IntoIterator<Item = &'c Criterion>) -> Condition {
    criteria.into_iter().fold(Condition::all(), |all, criterion| {
        let each = criterion.each.clone();
        all.add(if criterion.is_of_columns { by_looking(snapshot.connection(), each) } else { each })
    })
}
