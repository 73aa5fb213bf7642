//! The forms of a schema. From one struct come `X` (answers), `XInput` (what a client sends) and
//! `XPatch` (a merge patch): server-managed members are marked once, with `read_only`.

use serde_json::{Map, Value, json};

/// Where component schemas are referred to.
pub(crate) const PREFIX: &str = "#/components/schemas/";

/// A reference to a component schema.
pub(crate) fn reference(name: &str) -> Value {
    json!({"$ref": format!("{PREFIX}{name}")})
}

/// The name a `$ref` leads to.
pub(crate) fn referred(schema: &Value) -> Option<&str> {
    schema.get("$ref")?.as_str()?.strip_prefix(PREFIX)
}

/// The members that are always there.
pub(crate) fn required(schema: &Value) -> Vec<&str> {
    schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect()
}

/// A property as the derive emits it, taken apart.
struct Property {
    /// Without the null that an `Option` adds.
    schema: Value,
    optional: bool,
    read_only: bool,
}

fn property(raw: &Value) -> Property {
    let mut schema = raw.clone();
    let mut optional = false;
    if let Some(members) = schema.as_object_mut() {
        if let Some(Value::Array(kinds)) = members.get("type").cloned() {
            optional = kinds.iter().any(|kind| kind == "null");
            if let Some(kind) = kinds.into_iter().find(|kind| kind != "null") {
                members.insert("type".to_owned(), kind);
            }
        }
        if let Some(Value::Array(variants)) = members.remove("oneOf") {
            optional = variants.iter().any(|variant| variant["type"] == "null");
            if let Some(Value::Object(other)) = variants.into_iter().find(|variant| variant["type"] != "null") {
                for (name, value) in other {
                    members.entry(name).or_insert(value);
                }
            }
        }
        // The derive marks the elements of a list.
        let items = members.get_mut("items").and_then(Value::as_object_mut);
        let has_marked_items = items.is_some_and(|items| items.remove("readOnly").is_some());
        let read_only = members.remove("readOnly").is_some() || has_marked_items;
        lift_list_examples(members);
        return Property { schema, optional, read_only };
    }
    Property { schema, optional, read_only: false }
}

/// The derive puts examples of a list of plain texts on the elements; they are lists, so they stand
/// on the list.
fn lift_list_examples(members: &mut Map<String, Value>) {
    let Some(items) = members.get_mut("items").and_then(Value::as_object_mut) else { return };
    let are_lists = |examples: &Value| examples.as_array().is_some_and(|all| all.iter().all(Value::is_array));
    if items.get("examples").is_some_and(are_lists)
        && let Some(examples) = items.remove("examples")
    {
        members.insert("examples".to_owned(), examples);
    }
}

fn properties(raw: &Value) -> impl Iterator<Item = (&String, Property)> {
    raw["properties"].as_object().into_iter().flatten().map(|(name, raw)| (name, property(raw)))
}

fn object(raw: &Value, properties: Map<String, Value>, required: Vec<String>) -> Map<String, Value> {
    let mut form = Map::new();
    for name in ["description", "examples"] {
        if let Some(value) = raw.get(name) {
            form.insert(name.to_owned(), value.clone());
        }
    }
    form.insert("type".to_owned(), "object".into());
    form.insert("properties".to_owned(), Value::Object(properties));
    if !required.is_empty() {
        form.insert("required".to_owned(), required.into());
    }
    form
}

/// Whether a schema is an object with members of its own; maps and texts have one form only.
pub(crate) fn has_members(raw: &Value) -> bool {
    raw.get("properties").is_some()
}

/// The form of answers: what is not optional is always there; open, because answers grow.
pub(crate) fn answer(raw: &Value) -> Value {
    if !has_members(raw) {
        return raw.clone();
    }
    let mut members = Map::new();
    let mut required = Vec::new();
    for (name, property) in properties(raw) {
        if !property.optional {
            required.push(name.clone());
        }
        members.insert(name.clone(), property.schema);
    }
    Value::Object(object(raw, members, required))
}

/// The form that clients send: closed, without what the server manages. `is_object` tells which
/// component schemas have members, and so an Input form.
pub(crate) fn input(raw: &Value, is_object: &dyn Fn(&str) -> bool) -> Value {
    let wanted = self::required(raw);
    let mut members = Map::new();
    let mut required = Vec::new();
    for (name, property) in properties(raw).filter(|(_, property)| !property.read_only) {
        if wanted.contains(&name.as_str()) && !property.optional {
            required.push(name.clone());
        }
        members.insert(name.clone(), renamed(&property.schema, "Input", is_object));
    }
    let mut form = object(raw, members, required);
    form.insert("additionalProperties".to_owned(), false.into());
    Value::Object(form)
}

/// The form of a merge patch (RFC 7396): nothing required, null where a member may be removed,
/// nested objects as patches, elements of lists as Input, since lists are replaced whole. Defaults
/// are left out: a client that filled them in would change what it never meant to touch.
pub(crate) fn patch(raw: &Value, fixed: &[&str], is_object: &dyn Fn(&str) -> bool) -> Value {
    let mut members = Map::new();
    let wanted: Vec<(&String, Property)> =
        properties(raw).filter(|(name, property)| !property.read_only && !fixed.contains(&name.as_str())).collect();
    for (name, property) in wanted {
        let in_list = property.schema["type"] == "array";
        let mut schema = renamed(&property.schema, if in_list { "Input" } else { "Patch" }, is_object);
        if let Some(members) = schema.as_object_mut() {
            members.remove("default");
        }
        if property.optional {
            schema = nullable(schema);
        }
        members.insert(name.clone(), schema);
    }
    let some = some_members(raw, &members);
    let mut form = object(raw, members, Vec::new());
    form.remove("examples");
    if !some.is_empty() {
        form.insert("examples".to_owned(), json!([some]));
    }
    let description = raw["description"].as_str().unwrap_or_default();
    let description = format!("Changes as a merge patch (RFC 7396): what is left out stays. {description}");
    form.insert("description".to_owned(), description.into());
    form.insert("additionalProperties".to_owned(), false.into());
    form.insert("minProperties".to_owned(), 1.into());
    Value::Object(form)
}

/// A few members of a given example, such as one would change: optional ones first, and lists,
/// which are replaced whole, last.
fn some_members(raw: &Value, known: &Map<String, Value>) -> Map<String, Value> {
    let wanted = required(raw);
    let given = raw["examples"][0].as_object().into_iter().flatten();
    let mut given: Vec<(&String, &Value)> = given.filter(|(name, _)| known.contains_key(*name)).collect();
    given.sort_by_key(|(name, value)| (value.is_array(), wanted.contains(&name.as_str())));
    given.into_iter().take(2).map(|(name, value)| (name.clone(), value.clone())).collect()
}

fn nullable(mut schema: Value) -> Value {
    let Some(members) = schema.as_object_mut() else { return schema };
    if let Some(reference) = members.remove("$ref") {
        members.insert("oneOf".to_owned(), json!([{"$ref": reference}, {"type": "null"}]));
    } else if let Some(kind) = members.remove("type") {
        members.insert("type".to_owned(), json!([kind, "null"]));
    }
    schema
}

/// The same schema, referring to another form of the objects it refers to.
fn renamed(schema: &Value, form: &str, is_object: &dyn Fn(&str) -> bool) -> Value {
    match schema {
        Value::Object(members) => {
            let renamed_members = members.iter().map(|(name, value)| {
                if name != "$ref" {
                    return (name.clone(), renamed(value, form, is_object));
                }
                let target = value.as_str().and_then(|value| value.strip_prefix(PREFIX)).unwrap_or_default();
                let has_form = is_object(target) || (form == "Patch" && target == "LocalizedText");
                let target = if has_form { format!("{target}{form}") } else { target.to_owned() };
                (name.clone(), format!("{PREFIX}{target}").into())
            });
            Value::Object(renamed_members.collect())
        }
        Value::Array(items) => items.iter().map(|item| renamed(item, form, is_object)).collect(),
        other => other.clone(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn raw() -> Value {
        json!({
            "type": "object", "description": "x", "required": ["a", "id"],
            "properties": {
                "id": {"type": "string", "readOnly": true},
                "a": {"type": "string"},
                "b": {"type": ["integer", "null"], "default": 7},
                "c": {"oneOf": [{"type": "null"}, {"$ref": "#/components/schemas/C", "description": "d"}]},
                "list": {"type": "array", "items": {"$ref": "#/components/schemas/C"}},
                "texts": {"type": "array", "items": {"type": "string", "examples": [["x", "y"]]}},
                "kept": {"type": "array", "items": {"$ref": "#/components/schemas/C", "readOnly": true}},
            },
        })
    }

    #[test]
    fn answers_require_what_is_always_there() {
        assert_eq!(answer(&raw())["required"], json!(["a", "id", "kept", "list", "texts"]));
        assert_eq!(answer(&raw())["properties"]["b"], json!({"type": "integer", "default": 7}));
    }

    #[test]
    fn inputs_are_closed_and_leave_out_what_the_server_manages() {
        let input = input(&raw(), &|name| name == "C");
        assert_eq!(input["required"], json!(["a"]));
        assert_eq!(input["additionalProperties"], json!(false));
        assert!(input["properties"].get("id").is_none() && input["properties"].get("kept").is_none());
        assert_eq!(input["properties"]["c"]["$ref"], "#/components/schemas/CInput");
    }

    #[test]
    fn patches_take_null_where_a_member_may_go() {
        let patch = patch(&raw(), &[], &|name| name == "C");
        assert_eq!(patch["properties"]["a"], json!({"type": "string"}));
        assert_eq!(patch["properties"]["b"]["type"], json!(["integer", "null"]));
        assert_eq!(patch["properties"]["c"]["oneOf"][0]["$ref"], "#/components/schemas/CPatch");
        assert_eq!(patch["properties"]["list"]["items"]["$ref"], "#/components/schemas/CInput");
        assert!(patch.get("required").is_none());
    }

    #[test]
    fn patches_have_no_defaults() {
        let patch = patch(&raw(), &[], &|_| false);
        assert_eq!(patch["properties"]["b"], json!({"type": ["integer", "null"]}));
    }

    #[test]
    fn examples_of_lists_stand_on_the_list() {
        let texts = json!({"type": "array", "items": {"type": "string"}, "examples": [["x", "y"]]});
        assert_eq!(answer(&raw())["properties"]["texts"], texts);
    }
}
