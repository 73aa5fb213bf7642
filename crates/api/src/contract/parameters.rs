//! Parameters as the contract declares them: what an operation takes in its query and its headers
//! is read from its description, and what a request carries is held against the same schemas.

use actix_web::http::header::HeaderName;
use pobratim_domain::Faults;
use serde_json::Value;

use crate::contract::components::Components;
use crate::contract::validation::Validators;
use crate::problem::FieldError;

/// A parameter of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Parameter {
    name: String,
    /// The header it stands in; else it stands in the query.
    header: Option<HeaderName>,
    form: Form,
    /// The name under which the validators know its schema.
    schema: String,
}

/// How the text of a parameter is read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Form {
    Text,
    Whole,
    Flag,
    /// Texts between commas.
    Texts,
    /// Whole numbers between commas; no list here has anything else.
    Wholes,
}

/// The schemas of all parameters; equal ones share a name.
#[derive(Default)]
pub(crate) struct Declared {
    schemas: Vec<Value>,
}

impl Declared {
    /// A parameter of the query or the header, by what is written of it.
    pub(crate) fn parameter(&mut self, name: &str, in_header: bool, schema: &str) -> Result<Parameter, String> {
        let schema: Value = serde_json::from_str(schema).map_err(|error| format!("{name}: {error}"))?;
        let form = match schema["type"].as_str() {
            Some("integer") => Form::Whole,
            Some("boolean") => Form::Flag,
            Some("array") if schema["items"]["type"] == "integer" => Form::Wholes,
            Some("array") => Form::Texts,
            _ => Form::Text,
        };
        let known = self.schemas.iter().position(|known| *known == schema);
        let index = known.unwrap_or_else(|| {
            self.schemas.push(schema);
            self.schemas.len() - 1
        });
        let header = in_header.then(|| HeaderName::try_from(name)).transpose();
        let header = header.map_err(|error| format!("{name}: {error}"))?;
        Ok(Parameter { name: name.to_owned(), header, form, schema: named(index) })
    }

    /// Adds the schemas of the parameters to the components.
    pub(crate) fn put_into(self, components: &mut Components) {
        for (index, schema) in self.schemas.into_iter().enumerate() {
            components.add(named(index), schema.to_string());
        }
    }
}

/// No type has such a name, as theirs have no digits.
fn named(index: usize) -> String {
    format!("Parameter{index}")
}

impl Parameter {
    /// Whether it is this one of the query.
    pub(crate) fn is_query(&self, name: &str) -> bool {
        self.header.is_none() && self.name == name
    }

    /// How it is called.
    pub(crate) fn name(&self) -> &str {
        &self.name
    }

    /// The header it stands in.
    pub(crate) fn header(&self) -> Option<&HeaderName> {
        self.header.as_ref()
    }

    /// Notes what is wrong with a text that stands for it.
    pub(crate) fn check(&self, validators: &Validators, text: &str, found: &mut Vec<FieldError>) -> Result<(), String> {
        let mut faults = Faults::default();
        validators.check(&self.schema, &self.form.read(text), &mut faults)?;
        found.extend(faults.into_iter().map(|fault| {
            let said = if self.header.is_some() { FieldError::header } else { FieldError::parameter };
            said(&self.name, fault.code, fault.detail)
        }));
        Ok(())
    }
}

impl Form {
    /// The value a text stands for. One that is not of the form stays a text, for the schema to refuse.
    fn read(self, text: &str) -> Value {
        match self {
            Self::Text => text.into(),
            // `007` and `+7` are no numbers in JSON either.
            Self::Whole => match text.parse::<i64>() {
                Ok(number) if number.to_string() == text => number.into(),
                _ => text.into(),
            },
            Self::Flag => match text {
                "true" => true.into(),
                "false" => false.into(),
                _ => text.into(),
            },
            Self::Texts => text.split(',').collect(),
            Self::Wholes => text.split(',').map(|text| Self::Whole.read(text)).collect(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn texts_are_read_as_their_schema_says() {
        assert_eq!(Form::Whole.read("7"), json!(7));
        for not_a_number in ["+7", "007", "7.0", "", "x"] {
            assert_eq!(Form::Whole.read(not_a_number), json!(not_a_number));
        }
        assert_eq!((Form::Flag.read("true"), Form::Flag.read("1")), (json!(true), json!("1")));
        assert_eq!((Form::Texts.read("a,b"), Form::Texts.read("")), (json!(["a", "b"]), json!([""])));
        assert_eq!(Form::Wholes.read("2010,x,2011"), json!([2010, "x", 2011]));
    }

    #[test]
    fn lists_are_of_texts_or_whole_numbers() {
        let document = crate::contract::document();
        let schemas = &document["components"]["schemas"];
        let mut lists = 0;
        for operation in document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap()) {
            for parameter in operation.1["parameters"].as_array().unwrap() {
                let items = &parameter["schema"]["items"];
                if items.is_null() {
                    continue;
                }
                let target = items["$ref"].as_str().and_then(|target| target.rsplit('/').next());
                let kind = &target.map_or(items, |target| &schemas[target])["type"];
                assert!(kind == "string" || items["type"] == "integer", "{parameter:#}");
                lists += 1;
            }
        }
        assert!(lists > 20, "{lists}");
    }
}
