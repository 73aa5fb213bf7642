//! The world's cities by any of their names: a gazetteer inside the program, spellings made by rule,
//! and a search that says how each answer matched.
//!
//! What belongs here: names. No input or output: the data is compiled in, and unpacked when it is
//! first asked for.

mod container;
mod gazetteer;
mod key;
mod search;
pub mod transliteration;

mod fold {
    //! Where `key.rs` finds the folding; the build script has it elsewhere.
    pub(crate) use pobratim_domain::value::fold;
}

pub use container::Origin;
pub use gazetteer::{Broken, City, Counts, Gazetteer, Name, Region, counts, gazetteer};
pub use search::{Found, MatchKind, Query};

/// The data's state: when its newest source was published.
pub const VERSION: &str = "2026-07";

/// What must be told wherever the gazetteer is shown.
pub const ATTRIBUTION: &str = "City data © GeoNames (geonames.org), CC BY 4.0, changed: filtered, corrected, merged with Natural Earth (public domain). Names marked as generated were made by rule.";

/// The licence of the data, as a link.
pub const LICENCE: &str = "https://creativecommons.org/licenses/by/4.0/";

/// Where the data is from.
pub const SOURCE: &str = "https://www.geonames.org/";
