//! Validators, made from the very schemas of the contract: every bound in it is enforced, and all
//! faults of a body come at once, each with pointer and code.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use jsonschema::error::{TypeKind, ValidationErrorKind};
use jsonschema::{Draft, PatternCache, PatternOptions, ValidationError, ValidationOptions, Validator};
use pobratim_domain::codelist::CODE_TYPES;
use pobratim_domain::country::CountryCode;
use pobratim_domain::value::{CurrencyCode, LanguageTag, PartialDate, PartialInterval};
use pobratim_domain::{Faults, Slug, TimeZoneName, Timestamp, codelist};
use serde_json::{Map, Value, json};

use crate::contract::components::{Components, Named};
use crate::contract::{reachable, reference};

/// The validators of what clients send, by schema name. Each is made at its first need: an idle
/// service keeps none, and a validator takes some hundred kilobytes.
pub(crate) struct Validators {
    components: Arc<Components>,
    options: ValidationOptions<'static>,
    made: Mutex<HashMap<String, Arc<Validator>>>,
}

/// Reads a text, or says what is wrong with it.
type Reader = fn(&str) -> Result<(), String>;

/// Texts whose reading says more than a pattern can: the schema's name, and how it is read.
const READERS: &[(&str, Reader)] = &[
    ("PartialDate", |text| PartialDate::parse(text).map(drop).map_err(|error| error.to_string())),
    ("PartialInterval", |text| PartialInterval::parse(text).map(drop).map_err(|error| error.to_string())),
    ("CountryCode", |text| CountryCode::parse(text).map(drop).map_err(|error| error.to_string())),
    ("CurrencyCode", |text| CurrencyCode::parse(text).map(drop).map_err(|error| error.to_string())),
    ("LanguageTag", |text| LanguageTag::parse(text).map(drop).map_err(|error| error.to_string())),
    ("Slug", |text| Slug::parse(text).map(drop).map_err(|error| error.to_string())),
    ("TimeZoneName", |text| TimeZoneName::parse(text).map(drop).map_err(|error| error.to_string())),
    ("Timestamp", |text| Timestamp::parse(text).map(drop).map_err(|error| error.to_string())),
];

impl Validators {
    /// Validators for component schemas.
    pub(crate) fn new(components: Arc<Components>) -> Self {
        let mut options = jsonschema::options()
            .with_draft(Draft::Draft202012)
            .with_pattern_options(PatternOptions::regex())
            // Names and texts share their patterns; each is compiled once.
            .with_pattern_cache(PatternCache::new())
            .should_validate_formats(true);
        for (name, read) in READERS {
            options = options.with_format(*name, move |text: &str| read(text).is_ok());
        }
        for (name, list) in CODE_TYPES {
            options = options.with_format(*name, move |code: &str| codelist::is_known(list, code));
        }
        Self { components, options, made: Mutex::default() }
    }

    /// Notes everything that is wrong with a value.
    pub(crate) fn check(&self, name: &str, value: &Value, faults: &mut Faults) -> Result<(), String> {
        let validator = self.get(name)?;
        if !validator.is_valid(value) {
            for error in validator.iter_errors(value) {
                note(&error, faults);
            }
        }
        Ok(())
    }

    fn get(&self, name: &str) -> Result<Arc<Validator>, String> {
        let mut made = self.made.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(validator) = made.get(name) {
            return Ok(Arc::clone(validator));
        }
        if self.components.named(name).is_none() {
            return Err(format!("there is no schema {name}"));
        }
        // Only what it refers to: a validator keeps all it is given.
        let mut root = reference(name);
        let needed = reachable(&root, &*self.components);
        let needed: Map<String, Value> =
            needed.into_iter().map(|(name, schema)| (name.clone(), checkable(&name, &schema))).collect();
        root["components"] = json!({"schemas": needed});
        let validator = Arc::new(self.options.build(&root).map_err(|error| format!("{name}: {error}"))?);
        made.insert(name.to_owned(), Arc::clone(&validator));
        Ok(validator)
    }
}

/// The schema as the validator reads it: formats where a text's reading decides, and nullable
/// choices unfolded, so that a fault within one has a pointer.
fn checkable(name: &str, schema: &Value) -> Value {
    let mut schema = unfolded(schema);
    let is_read = READERS.iter().any(|(reader, _)| *reader == name) || CODE_TYPES.iter().any(|(code, _)| *code == name);
    if is_read && let Some(members) = schema.as_object_mut() {
        // The reading covers the pattern, and says it better.
        members.remove("pattern");
        members.insert("format".to_owned(), name.into());
    }
    schema
}

fn unfolded(schema: &Value) -> Value {
    match schema {
        Value::Object(members) => {
            let mut made: Map<String, Value> =
                members.iter().map(|(name, value)| (name.clone(), unfolded(value))).collect();
            if let Some(Value::Array(variants)) = made.get("oneOf")
                && let [value, null] = variants.as_slice()
                && null["type"] == "null"
            {
                let value = value.clone();
                made.remove("oneOf");
                made.insert("if".to_owned(), json!({"not": {"type": "null"}}));
                made.insert("then".to_owned(), value);
            }
            Value::Object(made)
        }
        Value::Array(items) => items.iter().map(unfolded).collect(),
        other => other.clone(),
    }
}

fn below(pointer: &str, member: &str) -> String {
    format!("{pointer}/{}", member.replace('~', "~0").replace('/', "~1"))
}

fn note(error: &ValidationError<'_>, faults: &mut Faults) {
    use ValidationErrorKind as Kind;

    let pointer = error.instance_path().to_string();
    let value = error.instance();
    match error.kind() {
        Kind::Required { property } => {
            faults.add(below(&pointer, property.as_str().unwrap_or_default()), "required", "This member is required.");
        }
        Kind::AdditionalProperties { unexpected } => {
            for name in unexpected {
                faults.add(below(&pointer, name), "unknown_member", "There is no such member.");
            }
        }
        Kind::PropertyNames { .. } => faults.add(pointer, "invalid", "A name in this object is not one it can have."),
        Kind::Enum { options } => {
            let known: Vec<&str> = options.as_array().into_iter().flatten().filter_map(Value::as_str).collect();
            faults.add(pointer, "unknown_code", format!("It is one of {}.", known.join(", ")));
        }
        Kind::Format { format } => {
            let (code, detail) = explain(format, value.as_str().unwrap_or_default());
            faults.add(pointer, code, detail);
        }
        Kind::Type { .. } if value.is_null() => {
            faults.add(pointer, "required", "It cannot be null: it is always there.");
        }
        Kind::Type { kind } => faults.add(pointer, "wrong_type", format!("It is of the type {}.", kinds(kind))),
        Kind::MinProperties { .. } => faults.add(pointer, "empty", "It says something: one member at least."),
        Kind::MinLength { limit } => faults.add(pointer, "too_short", format!("It has at least {limit} characters.")),
        Kind::MaxLength { limit } => faults.add(pointer, "too_long", format!("It has at most {limit} characters.")),
        Kind::MinItems { limit } => faults.add(pointer, "too_few", format!("It has at least {limit} elements.")),
        Kind::MaxItems { limit } => faults.add(pointer, "too_many", format!("It has at most {limit} elements.")),
        Kind::Minimum { limit } => faults.add(pointer, "out_of_range", format!("It is at least {limit}.")),
        Kind::Maximum { limit } => faults.add(pointer, "out_of_range", format!("It is at most {limit}.")),
        Kind::Pattern { pattern } => faults.add(pointer, "wrong_form", format!("It has the form {pattern}.")),
        _ => faults.add(pointer, "invalid", "It is not what the contract says."),
    }
}

fn explain(format: &str, text: &str) -> (&'static str, String) {
    if let Some((_, read)) = READERS.iter().find(|(name, _)| *name == format) {
        return ("invalid", read(text).err().unwrap_or_default());
    }
    if let Some((_, list)) = CODE_TYPES.iter().find(|(name, _)| *name == format) {
        return ("unknown_code", format!("{text:?} is not a code of the list {list}; see /v1/codelists."));
    }
    ("invalid", format!("{text:?} is not a valid {format}."))
}

fn kinds(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(kind) => kind.to_string(),
        TypeKind::Multiple(kinds) => kinds.iter().map(|kind| kind.to_string()).collect::<Vec<_>>().join(" or "),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_schema_makes_a_validator() {
        let document = crate::contract::document();
        let components = document["components"]["schemas"].as_object().unwrap();
        let validators = Validators::new(Arc::new(Components::from(components)));
        for name in components.keys() {
            validators.get(name).unwrap();
        }
    }
}
