//! The columns of a collection's table. They follow from its schema in the contract and not from the
//! data, so that every export has the same.

use serde_json::Value;

use crate::contract::{Components, Named};

/// The languages in which a text has a column of its own; others stand together in one.
const LANGUAGES: &[&str] = &["ru", "en", "zh", "ja", "ko"];

/// What stands first.
const FIRST: &[&str] = &["id", "ref", "slug", "names", "name", "title"];

/// What every record has, and stands last.
const LAST: &[&str] = &[
    "municipality",
    "visibility",
    "tags",
    "notes",
    "sources",
    "claims",
    "external_ids",
    "version",
    "created_at",
    "updated_at",
];

/// A column of a table.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Column {
    /// What stands over it: the member's name, with dots where members lie in others.
    pub(crate) name: String,
    /// The way to the member.
    path: Vec<String>,
    kind: Kind,
}

/// What a column has of its member.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// A text, a number, yes or no.
    Plain,
    /// A list of such, with semicolons between them.
    Joined,
    /// A text in one language.
    Language(&'static str),
    /// The text in all languages that have no column.
    Languages,
    /// The name to print in one language.
    NameIn(&'static str),
    /// All of it, as JSON.
    Json,
}

/// What stands in a table.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Cell {
    Empty,
    Text(String),
    Number(serde_json::Number),
    Flag(bool),
}

/// The columns of a type of the contract.
pub(crate) fn columns(schemas: &Components, type_name: &str) -> Vec<Column> {
    let mut columns = Vec::new();
    let empty = Value::Null;
    let schema = schemas.named(type_name).unwrap_or(&empty);
    let members = schema["properties"].as_object().into_iter().flatten();
    let mut members: Vec<(&String, &Value)> = members.collect();
    // Members of a schema are in the order of their names.
    members.sort_by_key(|(name, _)| {
        let place = |names: &[&str]| names.iter().position(|known| known == name);
        match (place(FIRST), place(LAST)) {
            (Some(first), _) => (0, first),
            (_, Some(last)) => (2, last),
            _ => (1, 0),
        }
    });
    for (name, schema) in members {
        add(schemas, schema, &[name.as_str()], &mut columns);
    }
    columns
}

fn add(schemas: &Components, schema: &Value, path: &[&str], columns: &mut Vec<Column>) {
    let mut column = |suffix: &str, kind: Kind| {
        let name = path.join(".") + suffix;
        columns.push(Column { name, path: path.iter().map(|part| (*part).to_owned()).collect(), kind });
    };
    let is_union = schema.get("oneOf").is_some();
    let schema = schemas.resolved(schema);
    if is_union || schema.get("oneOf").is_some() {
        return column("", Kind::Json);
    }
    match schema["type"].as_str() {
        Some("array") => {
            let items = schemas.resolved(&schema["items"]);
            if is_named(items) {
                LANGUAGES.iter().for_each(|lang| column(&format!(".{lang}"), Kind::NameIn(lang)));
            }
            column("", if items["type"] == "object" { Kind::Json } else { Kind::Joined });
        }
        Some("object") => match schema["properties"].as_object() {
            Some(members) => {
                for (name, schema) in members {
                    let path: Vec<&str> = path.iter().copied().chain([name.as_str()]).collect();
                    add(schemas, schema, &path, columns);
                }
            }
            None if schema.get("propertyNames").is_some() => {
                LANGUAGES.iter().for_each(|lang| column(&format!(".{lang}"), Kind::Language(lang)));
                column(".other", Kind::Languages);
            }
            None => column("", Kind::Json),
        },
        _ => column("", Kind::Plain),
    }
}

/// Whether elements are names in languages, one of each to be printed.
fn is_named(items: &Value) -> bool {
    ["text", "lang", "preferred"].iter().all(|name| items["properties"].get(name).is_some())
}

impl Column {
    /// The way to the member.
    pub(crate) fn path(&self) -> &[String] {
        &self.path
    }

    /// What it has of its member.
    pub(crate) const fn kind(&self) -> Kind {
        self.kind
    }

    /// What it has of a record.
    pub(super) fn cell(&self, record: &Value) -> Cell {
        let mut member = Some(record);
        for part in &self.path {
            member = member.and_then(|member| member.get(part));
        }
        let Some(member) = member else { return Cell::Empty };
        match self.kind {
            Kind::Plain => plain(member),
            Kind::Joined => joined(member),
            Kind::Language(lang) => member.get(lang).map_or(Cell::Empty, plain),
            Kind::Languages => {
                let others = member.as_object().into_iter().flatten();
                let others: serde_json::Map<String, Value> = others
                    .filter(|(lang, _)| !LANGUAGES.contains(&lang.as_str()))
                    .map(|(lang, text)| (lang.clone(), text.clone()))
                    .collect();
                if others.is_empty() { Cell::Empty } else { Cell::Text(Value::Object(others).to_string()) }
            }
            Kind::NameIn(lang) => {
                let names = member.as_array().into_iter().flatten();
                let mut names = names.filter(|name| name["preferred"] == true && name["lang"] == lang);
                names.next().map_or(Cell::Empty, |name| plain(&name["text"]))
            }
            Kind::Json if member.as_array().is_some_and(Vec::is_empty) => Cell::Empty,
            Kind::Json => Cell::Text(member.to_string()),
        }
    }
}

fn plain(value: &Value) -> Cell {
    match value {
        Value::Null => Cell::Empty,
        Value::Bool(flag) => Cell::Flag(*flag),
        Value::Number(number) => Cell::Number(number.clone()),
        Value::String(text) => Cell::Text(text.clone()),
        other => Cell::Text(other.to_string()),
    }
}

fn joined(list: &Value) -> Cell {
    let items = list.as_array().into_iter().flatten();
    let items: Vec<String> = items.map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned)).collect();
    if items.is_empty() { Cell::Empty } else { Cell::Text(items.join("; ")) }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn of(type_name: &str) -> Vec<Column> {
        let document = crate::contract::document();
        columns(&Components::from(document["components"]["schemas"].as_object().unwrap()), type_name)
    }

    fn names(columns: &[Column]) -> Vec<&str> {
        columns.iter().map(|column| column.name.as_str()).collect()
    }

    #[test]
    fn columns_are_those_of_the_schema() {
        let columns = of("Place");
        assert_eq!(
            names(&columns),
            [
                "id",
                "ref",
                "names.ru",
                "names.en",
                "names.zh",
                "names.ja",
                "names.ko",
                "names",
                "borders",
                "country",
                "kind",
                "location.lat",
                "location.lon",
                "parent",
                "population",
                "subdivision",
                "timezone",
                "website",
                "visibility",
                "tags",
                "notes",
                "sources",
                "claims",
                "external_ids",
                "version",
                "created_at",
                "updated_at",
            ]
        );
        let columns = of("Exchange");
        for name in
            ["title.ru", "title.other", "headcount.total.value", "headcount.total.qualifier", "fields", "period"]
        {
            assert!(names(&columns).contains(&name), "{name}");
        }
    }

    #[test]
    fn every_member_of_every_collection_has_its_columns() {
        for collection in pobratim_domain::CollectionName::ALL {
            let document = crate::contract::document();
            let Some(schema) = document["components"]["schemas"].get(collection.type_name()) else { continue };
            let columns = of(&collection.type_name());
            for name in schema["properties"].as_object().unwrap().keys() {
                let has = |column: &Column| column.path.first() == Some(name);
                assert!(columns.iter().any(has), "{collection}: {name}");
            }
        }
    }

    #[test]
    fn cells_lose_nothing_but_the_seams_of_lists() {
        let record = json!({
            "names": [{"text": "Хэйхэ", "lang": "ru", "preferred": true}, {"text": "Хэй-хэ", "lang": "ru", "preferred": false}],
            "location": {"lat": 50.25, "lon": 127.5}, "population": 223832, "tags": ["a", "b"], "claims": [],
        });
        let columns = of("Place");
        let cell = |name: &str| columns.iter().find(|column| column.name == name).unwrap().cell(&record);
        assert_eq!(cell("names.ru"), Cell::Text("Хэйхэ".to_owned()));
        assert_eq!(cell("names.en"), Cell::Empty);
        assert!(matches!(cell("names"), Cell::Text(text) if text.contains("Хэй-хэ")));
        assert_eq!(cell("location.lat"), Cell::Number(serde_json::Number::from_f64(50.25).unwrap()));
        assert_eq!(cell("tags"), Cell::Text("a; b".to_owned()));
        assert_eq!((cell("claims"), cell("notes")), (Cell::Empty, Cell::Empty));
        let columns = of("CityEvent");
        let title = json!({"title": {"en": "Fair", "de": "Messe", "zh-Hant": "展覽會"}});
        let cell = |name: &str| columns.iter().find(|column| column.name == name).unwrap().cell(&title);
        assert_eq!(cell("title.en"), Cell::Text("Fair".to_owned()));
        assert_eq!(cell("title.other"), Cell::Text(r#"{"de":"Messe","zh-Hant":"展覽會"}"#.to_owned()));
    }
}
