//! The words and rules of a city's international relations.
//!
//! What belongs here: value types, one file a collection, state machines, and the checks across
//! fields. Pure: no input or output, no async, no database, no HTTP. Time, ids and randomness are
//! arguments. A record's struct is its wire type too, so a field is written once.

mod api_key;
pub mod codelist;
mod collection;
pub mod country;
mod fault;
mod index;
mod json;
mod municipality;
mod place;
mod record;
mod refusal;
mod timestamp;
pub mod value;

pub use api_key::{ApiKey, Role, Scope};
pub use collection::{Collection, CollectionName, Keeper, State};
pub use fault::{Fault, Faults};
pub use index::{Reference, References, Terms};
pub use json::{diff, merge, to_json};
pub use municipality::{Municipality, ReportSettings, Slug, TimeZoneName};
pub use place::{Border, Location, Place, PlaceKind, PlaceName, PlaceNameGrammar, PlaceNameKind};
pub use record::{Claim, ClaimState, ExternalId, Head, Record, Source, Visibility};
pub use refusal::{InvalidState, Refusal};
pub use timestamp::Timestamp;
