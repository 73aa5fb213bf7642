//! What the server manages in what clients send. A client may send back what it was given: members
//! the server manages are taken out when they are as the record has them, and refused as
//! `read_only` when they are not.

use pobratim_domain::Faults;
use serde_json::Value;

use crate::contract::components::{Components, Named};
use crate::contract::example::prune;
use crate::contract::forms::referred;

impl Components {
    /// Takes managed members out of an input or a patch, or notes that they were changed.
    pub(crate) fn strip_managed(
        &self,
        sent: &mut Value,
        known: Option<&Value>,
        sent_schema: &str,
        answer_schema: &str,
        faults: &mut Faults,
    ) {
        let empty = Value::Null;
        let form = self.named(sent_schema).unwrap_or(&empty);
        let answer = self.named(answer_schema).unwrap_or(&empty);
        self.strip(sent, known, form, answer, "", faults);
    }

    fn strip(
        &self,
        sent: &mut Value,
        known: Option<&Value>,
        form: &Value,
        answer: &Value,
        pointer: &str,
        faults: &mut Faults,
    ) {
        let form = self.resolved(form);
        let answer = self.resolved(answer);
        match sent {
            Value::Object(members) => {
                let (Some(taken), Some(given)) = (form["properties"].as_object(), answer["properties"].as_object())
                else {
                    return;
                };
                members.retain(|name, value| {
                    if taken.contains_key(name) || !given.contains_key(name) {
                        return true;
                    }
                    if known.and_then(|known| known.get(name)) != Some(value) {
                        faults.add(format!("{pointer}/{name}"), "read_only", "The server manages this member.");
                    }
                    false
                });
                for (name, value) in members {
                    if let (Some(form), Some(answer)) = (taken.get(name), given.get(name)) {
                        let known = known.and_then(|known| known.get(name));
                        self.strip(value, known, form, answer, &format!("{pointer}/{name}"), faults);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    let known = known.and_then(Value::as_array).and_then(|known| same_element(item, index, known));
                    self.strip(item, known, &form["items"], &answer["items"], &format!("{pointer}/{index}"), faults);
                }
            }
            _ => {}
        }
    }

    /// The part of a record that a client may send.
    pub(crate) fn input_of(&self, record: &Value, schema: &str) -> Value {
        self.named(schema).map_or_else(|| record.clone(), |schema| prune(record, schema, self))
    }

    /// The schema itself, when this one refers to another.
    pub(crate) fn resolved<'s>(&'s self, schema: &'s Value) -> &'s Value {
        let schema = match schema.get("oneOf").and_then(Value::as_array).and_then(|variants| variants.first()) {
            Some(first) => first,
            None => schema,
        };
        referred(schema).and_then(|name| self.named(name)).unwrap_or(schema)
    }
}

/// The element that stands for the same thing: by its key, or by its place in the list.
fn same_element<'k>(item: &Value, index: usize, known: &'k [Value]) -> Option<&'k Value> {
    match item.get("key") {
        Some(key) => known.iter().find(|element| element.get("key") == Some(key)),
        None => known.get(index),
    }
}
