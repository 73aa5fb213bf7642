//! Tables of other collections than partnerships: rows are records, columns are members of the collection's
//! schema. One judge for all of them: what a column is follows from the schema, as the columns of exports do.

mod heading;
mod judge;
mod member;

pub(super) use heading::propose;
pub(super) use judge::{Common, RecordJudge};
pub(super) use member::{Member, members};

use pobratim_domain::CollectionName;

/// The collections whose tables are read.
pub const IMPORTED: [CollectionName; 6] = [
    CollectionName::Partnerships,
    CollectionName::Places,
    CollectionName::Organizations,
    CollectionName::Agreements,
    CollectionName::Exchanges,
    CollectionName::Events,
];
