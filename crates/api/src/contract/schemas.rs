//! The component schemas: gathered from the types, brought into their forms, given examples.

use std::collections::{BTreeMap, BTreeSet};

use pobratim_domain::{Collection, CollectionName, Head, Keeper};
use serde_json::{Map, Value, json};
use utoipa::openapi::{RefOr, Schema};
use utoipa::{PartialSchema, ToSchema};

use crate::contract::components::Named;
use crate::contract::example::example;
use crate::contract::forms::{self, reference, referred, required};
use crate::gazetteer_place;

/// The schemas as the derives emit them, and which forms of them are wanted.
#[derive(Default)]
pub(crate) struct Schemas {
    raw: BTreeMap<String, Value>,
    composed: BTreeMap<String, Value>,
}

impl Schemas {
    /// A type that is only answered.
    pub(crate) fn add<T: ToSchema>(&mut self) {
        self.gather::<T>();
        let mut raw = json(&T::schema());
        describe_missing(&mut raw, &T::name());
        self.raw.insert(T::name().into_owned(), raw);
    }

    /// A type that is only sent: the body of an action. Its name ends in `Input` already.
    pub(crate) fn add_input<T: ToSchema>(&mut self) {
        self.gather::<T>();
        let name = T::name().into_owned();
        let objects = self.objects();
        let form = forms::input(&json(&T::schema()), &|target| objects.contains(target));
        self.composed.insert(name, form);
    }

    /// A collection: answers, input, patch and page, composed of the head and its own members.
    pub(crate) fn add_collection<T: Collection>(&mut self) {
        self.gather::<Head>();
        self.gather::<T>();
        let raw = compose::<T>();
        let name = T::NAME.type_name();
        let objects = self.objects();
        let is_object = |target: &str| objects.contains(target);
        let mut input = forms::input(&raw, &is_object);
        if let Some(member) = T::STATE {
            input["properties"]["historical"] = json!({
                "type": "boolean",
                "default": false,
                "description": format!("Whether the record tells of the past: it may then begin in any `{member}`, and needs a source. Not kept."),
            });
            if input["examples"][0].get(member).is_some() {
                input["examples"][0]["historical"] = json!(true);
            }
        }
        gazetteer_place::describe(T::NAME, &mut input);
        let fixed: Vec<&str> = T::STATE.into_iter().collect();
        self.composed.insert(name.clone(), forms::answer(&raw));
        self.composed.insert(format!("{name}Input"), input);
        self.composed.insert(format!("{name}Patch"), forms::patch(&raw, &fixed, &is_object));
        self.add_page(&name, &format!("A page of {}.", T::NAME.as_str().replace('_', " ")), true);
    }

    /// A page of answers of a type.
    pub(crate) fn add_page(&mut self, name: &str, description: &str, included: bool) {
        let mut properties = Map::new();
        let items = json!({"type": "array", "items": reference(name), "description": "The records of this page."});
        properties.insert("items".to_owned(), items);
        properties.insert("page".to_owned(), described(reference("PageInfo"), "Where the page stands in its list."));
        if included {
            let text = "What `expand` asked for, each record once.";
            properties.insert("included".to_owned(), described(reference("Included"), text));
        }
        let page = json!({
            "type": "object", "description": description, "required": ["items", "page"], "properties": properties,
        });
        self.composed.insert(format!("{name}Page"), page);
    }

    /// A schema that no type stands behind.
    pub(crate) fn insert(&mut self, name: &str, schema: Value) {
        self.composed.insert(name.to_owned(), schema);
    }

    /// Every component that the roots lead to, in all its forms, with examples.
    pub(crate) fn finish(self) -> Map<String, Value> {
        let objects = self.objects();
        let is_object = |target: &str| objects.contains(target);
        let mut all = Map::new();
        for (name, raw) in &self.raw {
            all.insert(name.clone(), forms::answer(raw));
            if forms::has_members(raw) {
                all.insert(format!("{name}Input"), forms::input(raw, &is_object));
                all.insert(format!("{name}Patch"), forms::patch(raw, &[], &is_object));
            }
        }
        all.insert("LocalizedTextPatch".to_owned(), localized_patch(all.get("LocalizedText")));
        all.extend(self.composed);
        let source = all.clone();
        for schema in all.values_mut() {
            if schema.get("properties").is_some() {
                let made = example(schema, &source);
                let made = if schema.get("minProperties").is_some() { first_members(&made) } else { made };
                schema["examples"] = json!([made]);
            }
            unwrap_descriptions(schema);
        }
        all
    }

    fn gather<T: ToSchema>(&mut self) {
        let mut schemas: Vec<(String, RefOr<Schema>)> = Vec::new();
        T::schemas(&mut schemas);
        for (name, schema) in schemas {
            let schema = json(&schema);
            let known = self.raw.entry(name).or_insert_with(|| schema.clone());
            debug_assert_eq!(*known, schema, "two types share a name in the contract");
        }
    }

    fn objects(&self) -> BTreeSet<String> {
        self.raw.iter().filter(|(_, raw)| forms::has_members(raw)).map(|(name, _)| name.clone()).collect()
    }
}

/// The components that a document refers to, directly or through others.
pub(crate) fn reachable(document: &Value, components: &impl Named) -> Map<String, Value> {
    let mut wanted: BTreeMap<&str, &Value> = BTreeMap::new();
    let mut open = vec![document];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(members) => {
                if let Some(name) = referred(value)
                    && !wanted.contains_key(name)
                    && let Some(target) = components.named(name)
                {
                    wanted.insert(name, target);
                    open.push(target);
                }
                open.extend(members.values());
            }
            Value::Array(items) => open.extend(items),
            _ => {}
        }
    }
    wanted.into_iter().map(|(name, schema)| (name.to_owned(), schema.clone())).collect()
}

fn compose<T: Collection>() -> Value {
    let mut raw = json(&T::schema());
    let head = json(&Head::schema());
    for (name, member) in head["properties"].as_object().into_iter().flatten() {
        raw["properties"][name] = member.clone();
    }
    let all: BTreeSet<&str> = required(&raw).into_iter().chain(required(&head)).collect();
    raw["required"] = json!(all);
    tell_of_head::<T>(&mut raw);
    raw
}

/// What the members that all records have mean in this collection.
fn tell_of_head<T: Collection>(raw: &mut Value) {
    let is_shared = T::NAME.keeper() == Keeper::Shared;
    let reference = format!("{}-0007", T::NAME.prefix());
    let scope =
        if T::NAME.keeper() == Keeper::Municipality { "its municipality and collection" } else { "its collection" };
    let number = &mut raw["properties"]["ref"];
    number["description"] = format!("Number for people, such as `{reference}`; unique in {scope}.").into();
    number["examples"] = json!([reference]);
    // Whose record it is stands in every answer, and in none of the shared directory.
    if is_shared {
        if let Some(members) = raw["properties"].as_object_mut() {
            members.remove("municipality");
        }
    } else {
        let keeper = match T::NAME {
            CollectionName::Municipalities => "The record's own slug: a municipality keeps itself.",
            _ => "The city that keeps the record: the slug of a municipality. Taken from the credential.",
        };
        let mut member = described(self::reference("Slug"), keeper);
        member["readOnly"] = true.into();
        raw["properties"]["municipality"] = member;
    }
    if let Some(given) = raw["examples"][0].as_object() {
        let mut whole = json!({
            "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": reference, "visibility": "public", "version": 3,
            "sources": [{"text": "Отчёт о международной деятельности за 2011 год", "locator": "F05", "lang": "ru"}],
            "created_at": "2011-09-05T01:30:00.000000Z", "updated_at": "2011-11-21T06:12:45.250000Z",
        });
        if !is_shared {
            whole["municipality"] = json!("blagoveshchensk");
        }
        for (name, value) in given {
            whole[name] = value.clone();
        }
        raw["examples"] = json!([whole]);
    }
}

fn json(schema: &RefOr<Schema>) -> Value {
    // A schema is plain data; it always has a JSON form.
    serde_json::to_value(schema).unwrap_or_default()
}

fn described(mut schema: Value, text: &str) -> Value {
    schema["description"] = text.into();
    schema
}

fn describe_missing(raw: &mut Value, name: &str) {
    if raw.get("description").is_none() {
        raw["description"] = format!("{name}.").into();
    }
}

/// Comments in the program have short lines; a paragraph is one line in the contract.
fn unwrap_descriptions(schema: &mut Value) {
    match schema {
        Value::Object(members) => {
            for (name, value) in members {
                match value {
                    Value::String(text) if name == "description" => {
                        let paragraphs = text.split("\n\n").map(|paragraph| paragraph.replace('\n', " "));
                        *text = paragraphs.collect::<Vec<_>>().join("\n\n");
                    }
                    _ if name == "examples" => {}
                    value => unwrap_descriptions(value),
                }
            }
        }
        Value::Array(items) => items.iter_mut().for_each(unwrap_descriptions),
        _ => {}
    }
}

fn localized_patch(text: Option<&Value>) -> Value {
    let mut patch = text.cloned().unwrap_or_else(|| json!({"type": "object"}));
    if let Some(members) = patch.as_object_mut() {
        members.remove("maxProperties");
        members.insert("minProperties".to_owned(), 1.into());
        let description = "Changes to a text by language: null removes a language. One language at least stays.";
        members.insert("description".to_owned(), description.into());
        members.insert("examples".to_owned(), json!([{"zh": "黑河市", "ja": null}]));
        if let Some(value) = members.get_mut("additionalProperties")
            && let Some(value) = value.as_object_mut()
        {
            value.insert("type".to_owned(), json!(["string", "null"]));
        }
    }
    patch
}

fn first_members(example: &Value) -> Value {
    match example {
        Value::Object(members) => {
            Value::Object(members.iter().take(2).map(|(name, value)| (name.clone(), value.clone())).collect())
        }
        other => other.clone(),
    }
}
