//! Examples for schemas that bring none: made from the examples of their members, so that every
//! example in the contract is one of the demo city's and none is written twice.

use serde_json::{Map, Value, json};

use crate::contract::forms::referred;

/// How deep examples nest.
const DEPTH: usize = 6;

/// An example for a schema.
pub(crate) fn example(schema: &Value, components: &Map<String, Value>) -> Value {
    build(schema, components, 0)
}

fn build(schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    if let Some(target) = schema.get("oneOf").and_then(Value::as_array).and_then(|variants| variants.first()) {
        return build(target, components, depth);
    }
    if let Some(given) = schema.get("examples").and_then(Value::as_array).and_then(|examples| examples.first()) {
        return prune(given, schema, components);
    }
    if let Some(target) = referred(schema).and_then(|name| components.get(name)) {
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
            _ => json!("Хэйхэ"),
        },
    }
}

fn object(schema: &Value, components: &Map<String, Value>, depth: usize) -> Value {
    let required: Vec<&str> = schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let members = schema["properties"].as_object().into_iter().flatten();
    let shown = members
        .filter(|(name, member)| required.contains(&name.as_str()) || (depth == 0 && has_example(member, components)));
    Value::Object(shown.map(|(name, member)| (name.clone(), build(member, components, depth + 1))).collect())
}

fn has_example(schema: &Value, components: &Map<String, Value>) -> bool {
    schema.get("examples").is_some()
        || referred(schema)
            .and_then(|name| components.get(name))
            .is_some_and(|target| target.get("examples").is_some() || target.get("enum").is_some())
}

/// Leaves out of an example what this form of the schema does not have.
pub(crate) fn prune(example: &Value, schema: &Value, components: &Map<String, Value>) -> Value {
    let schema = match schema.get("oneOf").and_then(Value::as_array).and_then(|variants| variants.first()) {
        Some(first) => first,
        None => schema,
    };
    let schema = referred(schema).and_then(|name| components.get(name)).unwrap_or(schema);
    match example {
        Value::Object(members) => {
            let Some(known) = schema.get("properties").and_then(Value::as_object) else { return example.clone() };
            let kept = members.iter().filter_map(|(name, value)| {
                known.get(name).map(|member| (name.clone(), prune(value, member, components)))
            });
            Value::Object(kept.collect())
        }
        Value::Array(items) => items.iter().map(|item| prune(item, &schema["items"], components)).collect(),
        other => other.clone(),
    }
}
