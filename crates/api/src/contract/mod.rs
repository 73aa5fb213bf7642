//! The contract: one OpenAPI document, composed from the collections' declarations, and the
//! validators made from it, so that what is promised is what is enforced.

pub(crate) mod binary;
mod components;
mod document;
mod example;
mod forms;
mod links;
mod managed;
pub(crate) mod operation;
mod parameters;
pub(crate) mod prose;
mod refusals;
mod schemas;
mod validation;
mod written;

pub(crate) use components::{Components, Named};
pub use document::{document, text};
pub(crate) use forms::reference;
pub(crate) use parameters::Parameter;
pub(crate) use schemas::{Schemas, reachable};
pub(crate) use validation::Validators;
pub(crate) use written::{TEXT, Written};

/// The version of the contract, as `info.version` and the `API-Version` header say it.
pub const VERSION: &str = "0.1.0";
