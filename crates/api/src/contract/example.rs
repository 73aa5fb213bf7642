//! Examples for schemas: what a type gives, with the members that this form of it needs besides;
//! and where it gives none, one made from the examples of its members. So every example in the
//! contract is one of the demo city's, and none is written twice.

use serde_json::{Map, Value, json};

use crate::contract::components::Named;
use crate::contract::forms::{referred, required};

/// How deep examples nest.
const DEPTH: usize = 6;

/// An example for a schema.
pub(crate) fn example(schema: &Value, components: &Map<String, Value>) -> Value {
    build(schema, components, 0)
}

fn build(schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    if let Some(given) = schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first()) {
        return complete(given, schema, components, depth);
    }
    if let Some(default) = schema.get("default") {
        return default.clone();
    }
    let target = resolved(schema, components);
    if !std::ptr::eq(target, schema) {
        return build(target, components, depth);
    }
    if let Some(first) = schema.get("enum").and_then(Value::as_array).and_then(|values| values.first()) {
        return first.clone();
    }
    let kind = match &schema["type"] {
        Value::Array(kinds) => kinds.first().and_then(Value::as_str),
        kind => kind.as_str(),
    };
    match kind {
        Some("object") => object(schema, components, depth),
        Some("array") if depth < DEPTH => json!([build(&schema["items"], components, depth + 1)]),
        Some("array") => json!([]),
        Some("boolean") => json!(true),
        Some("integer" | "number") => schema.get("minimum").cloned().unwrap_or_else(|| json!(1)),
        _ => match schema["format"].as_str() {
            Some("uuid") => json!("01890a5d-ac96-774b-bcce-b302099a8057"),
            Some("date-time") => json!("2011-09-05T01:30:00.000000Z"),
            Some("date") => json!("2011-09-05"),
            _ => json!("Хэйхэ"),
        },
    }
}

fn object(schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    let required = required(schema);
    let members = schema["properties"].as_object().into_iter().flatten();
    let shown = members
        .filter(|(name, member)| required.contains(&name.as_str()) || (depth == 0 && has_example(member, components)));
    Value::Object(shown.map(|(name, member)| (name.clone(), build(member, components, depth + 1))).collect())
}

fn has_example(schema: &Value, components: &Map<String, Value>) -> bool {
    let target = resolved(schema, components);
    schema.get("examples").is_some()
        || target.get("examples").is_some()
        || target.get("enum").is_some()
        || target.get("items").is_some_and(|items| has_example(items, components))
}

/// A given example in the form of a schema: without the members that this form does not have, with
/// those that it requires. A list that it requires and the example leaves out is empty there.
fn complete(given: &Value, schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    let schema = resolved(schema, components);
    match given {
        Value::Object(members) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else { return given.clone() };
            let kept = members.iter().filter_map(|(name, value)| {
                known.get(name).map(|member| (name.clone(), complete(value, member, components, depth + 1)))
            });
            let mut made: Map<String, Value> = kept.collect();
            for name in required(schema) {
                if let Some(member) = known.get(name).filter(|_| !made.contains_key(name)) {
                    let may_be_empty = member["type"] == "array" && member.get("minItems").is_none();
                    let value = if may_be_empty { json!([]) } else { build(member, components, depth + 1) };
                    made.insert(name.to_owned(), value);
                }
            }
            Value::Object(made)
        }
        Value::Array(items) => {
            let made = items.iter().enumerate().map(|(index, item)| {
                let mut made = complete(item, &schema["items"], components, depth + 1);
                if let Some(Value::String(key)) = made.get_mut("key").filter(|_| item.get("key").is_none()) {
                    // A key names one element of its list.
                    key.truncate(key.len().saturating_sub(1));
                    key.push_str(&((index + 1) % 10).to_string());
                }
                made
            });
            made.collect()
        }
        other => other.clone(),
    }
}

/// Leaves out of a value what this form of the schema does not have.
pub(crate) fn prune(value: &Value, schema: &Value, components: &impl Named) -> Value {
    let schema = resolved(schema, components);
    match value {
        Value::Object(members) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else { return value.clone() };
            let kept = members.iter().filter_map(|(name, value)| {
                known.get(name).map(|member| (name.clone(), prune(value, member, components)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(|item| prune(item, &schema["items"], components)).collect(),
        other => other.clone(),
    }
}

/// The schema itself, when this one refers to another, or is that one or null.
fn resolved<'s>(schema: &'s Value, components: &'s impl Named) -> &'s Value {
    let schema = match schema.get("oneOf").and_then(Value::as_array).and_then(|variants| variants.first()) {
        Some(first) => first,
        None => schema,
    };
    referred(schema).and_then(|name| components.named(name)).unwrap_or(schema)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn given_examples_are_brought_into_the_form_of_the_schema() {
        let components = json!({
            "Name": {"type": "object", "required": ["key", "text"], "properties": {
                "key": {"type": "string", "examples": ["k1"]}, "text": {"type": "string"},
            }},
            "NameInput": {"type": "object", "required": ["text"], "properties": {"text": {"type": "string"}}},
        });
        let components = components.as_object().unwrap();
        let schema = |name: &str| {
            json!({
                "type": "object", "required": ["flag", "names", "tags"], "examples": [{"names": [{"text": "Хэйхэ"}, {"text": "黑河"}], "gone": 1}],
                "properties": {
                    "flag": {"type": "boolean", "default": false},
                    "names": {"type": "array", "items": {"$ref": format!("#/components/schemas/{name}")}},
                    "tags": {"type": "array", "items": {"type": "string"}},
                },
            })
        };
        let answer = json!({"flag": false, "names": [{"key": "k1", "text": "Хэйхэ"}, {"key": "k2", "text": "黑河"}], "tags": []});
        assert_eq!(example(&schema("Name"), components), answer);
        let input = json!({"flag": false, "names": [{"text": "Хэйхэ"}, {"text": "黑河"}], "tags": []});
        assert_eq!(example(&schema("NameInput"), components), input);
    }
}
