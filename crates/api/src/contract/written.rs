//! The contract as it stands in `openapi/`: what a server promises and enforces is that very file.
//! It is read without being built up: an answer needs a few of its schemas, and people its text.

use std::collections::HashMap;

use serde::Deserialize;
use serde_json::value::RawValue;

use crate::contract::parameters::Declared;
use crate::contract::{Components, Parameter};
use crate::routes::Entry;

/// The document.
pub(crate) const TEXT: &str = include_str!("../../../../openapi/pobratim.v1.json");

/// Where shared parameters are described.
const SHARED: &str = "#/components/parameters/";

/// The parts of a document that a server needs.
#[derive(Deserialize)]
pub(crate) struct Written<'d> {
    #[serde(borrow)]
    paths: HashMap<&'d str, HashMap<&'d str, Operation<'d>>>,
    #[serde(borrow)]
    components: Parts<'d>,
}

#[derive(Deserialize)]
struct Parts<'d> {
    #[serde(borrow)]
    schemas: HashMap<&'d str, &'d RawValue>,
    #[serde(borrow)]
    parameters: HashMap<&'d str, Described<'d>>,
}

#[derive(Deserialize)]
struct Operation<'d> {
    #[serde(borrow, default)]
    parameters: Vec<Described<'d>>,
}

/// A parameter, or where it is described.
#[derive(Deserialize)]
struct Described<'d> {
    #[serde(rename = "$ref")]
    shared: Option<&'d str>,
    name: Option<&'d str>,
    #[serde(rename = "in")]
    place: Option<&'d str>,
    #[serde(borrow)]
    schema: Option<&'d RawValue>,
}

impl Written<'static> {
    /// Reads the document.
    pub(crate) fn read() -> Result<Self, String> {
        serde_json::from_str(TEXT).map_err(|error| format!("the contract cannot be read: {error}"))
    }

    /// The component schemas, and those of the parameters among them; the entries learn what they take.
    pub(crate) fn components(&self, entries: &mut [Entry]) -> Result<Components, String> {
        let mut declared = Declared::default();
        for entry in entries.iter_mut().filter(|entry| entry.describe.is_some()) {
            entry.parameters = self.parameters(entry, &mut declared)?;
        }
        let mut components = Components::default();
        for (name, schema) in &self.components.schemas {
            components.add(*name, schema.get());
        }
        declared.put_into(&mut components);
        Ok(components)
    }

    fn parameters(&self, entry: &Entry, declared: &mut Declared) -> Result<Vec<Parameter>, String> {
        let method = entry.method.as_str().to_ascii_lowercase();
        let Some(operation) = self.paths.get(entry.path.as_str()).and_then(|path| path.get(method.as_str())) else {
            return Err(format!(
                "the contract in openapi/ does not know {} {}: run `cargo xtask openapi`",
                entry.method, entry.path
            ));
        };
        let mut parameters = Vec::new();
        for described in &operation.parameters {
            let shared = described.shared.and_then(|target| target.strip_prefix(SHARED));
            let described = shared.and_then(|name| self.components.parameters.get(name)).unwrap_or(described);
            let place = described.place.unwrap_or_default();
            if let (Some(name), Some(schema)) = (described.name, described.schema)
                && place != "path"
            {
                parameters.push(declared.parameter(name, place == "header", schema.get())?);
            }
        }
        Ok(parameters)
    }
}
