//! The files of documents: written once, read as a whole or in part, removed when nothing refers to
//! them. They lie in a folder, or in a store that speaks S3.
//!
//! What belongs here: everything that touches those files, and what their first bytes tell. It knows
//! nothing of records or of HTTP. It is a crate of its own because neither SQL nor HTTP is its
//! business, and because an object store's client takes as long to build as the layers above it.

mod media_type;
mod place;
mod store;
mod upload;

pub use media_type::sniff;
pub use place::Place;
pub use store::{Error, Files, Reading, with_tls};
pub use upload::{PART, Stored, Upload};
