//! The component schemas at run time: what they demand, without what they tell people. A server
//! keeps their texts, and reads one at its first need: an idle one has read none.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::OnceLock;

use serde_json::{Map, Value};

/// Schemas that are found by their names.
pub(crate) trait Named {
    /// The schema of a name.
    fn named(&self, name: &str) -> Option<&Value>;
}

impl Named for Map<String, Value> {
    fn named(&self, name: &str) -> Option<&Value> {
        self.get(name)
    }
}

/// The component schemas of a contract.
#[derive(Default)]
pub(crate) struct Components(BTreeMap<Cow<'static, str>, Component>);

struct Component {
    text: Cow<'static, str>,
    read: OnceLock<Value>,
}

impl Components {
    /// Adds a schema as it is written.
    pub(crate) fn add(&mut self, name: impl Into<Cow<'static, str>>, text: impl Into<Cow<'static, str>>) {
        self.0.insert(name.into(), Component { text: text.into(), read: OnceLock::new() });
    }
}

impl Named for Components {
    fn named(&self, name: &str) -> Option<&Value> {
        let component = self.0.get(name)?;
        // Each text was part of a document that was read.
        Some(component.read.get_or_init(|| serde_json::from_str(&component.text).map(bare).unwrap_or_default()))
    }
}

/// A schema without descriptions and examples.
fn bare(schema: Value) -> Value {
    match schema {
        Value::Object(members) => {
            let demands = members.into_iter().filter(|(name, _)| name != "examples" && name != "description");
            let bare = demands.map(|(name, value)| {
                let value = match value {
                    // Members may be called `description` or `examples` too.
                    Value::Object(properties) if name == "properties" => {
                        properties.into_iter().map(|(name, value)| (name, bare(value))).collect()
                    }
                    value => bare(value),
                };
                (name, value)
            });
            Value::Object(bare.collect())
        }
        Value::Array(items) => items.into_iter().map(bare).collect(),
        other => other,
    }
}

#[cfg(test)]
impl From<&Map<String, Value>> for Components {
    fn from(schemas: &Map<String, Value>) -> Self {
        let mut components = Self::default();
        for (name, schema) in schemas {
            components.add(name.clone(), schema.to_string());
        }
        components
    }
}
