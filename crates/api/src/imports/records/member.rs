//! The members of a collection that a cell can hold, and how its text is read: from the schema of the contract.

use std::collections::HashMap;

use pobratim_domain::CollectionName;
use pobratim_domain::codelist::{self, CODE_TYPES};
use pobratim_domain::value::{PartialInterval, fold};
use pobratim_imports::date;
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::contract::Components;
use crate::export::columns::{Column, Kind, columns};
use crate::imports::plan::script;

/// A member that a cell can hold.
#[derive(Clone, Debug)]
pub(in crate::imports) struct Member {
    /// As the column of an export is called.
    pub(in crate::imports) name: String,
    /// The way to it.
    pub(super) path: Vec<String>,
    reading: Reading,
}

/// How a text becomes a value.
#[derive(Clone, Debug)]
enum Reading {
    Text,
    Whole,
    Number,
    Flag,
    /// One of these, by the code or a label, folded.
    Code(HashMap<String, String>),
    Date,
    Interval,
    /// The id of a record, by its id, its ref, an external id, or its name.
    Reference(CollectionName),
    /// Several, with semicolons between them.
    List(Box<Reading>),
    /// A text in this language; in that of its script, when none is said.
    In(Option<&'static str>),
    /// A name in this language, in that of its script when none is said; and whether names are of kinds.
    Name(Option<&'static str>, bool),
    /// A record of this collection: the row's own id or ref.
    Own,
}

/// Why a text is not read: a code, and a sentence. Doubtful when a person can decide.
pub(super) struct Unread {
    pub(super) code: &'static str,
    pub(super) detail: String,
}

/// The ids of records by what they are called.
pub(super) type Names = HashMap<CollectionName, HashMap<String, Vec<Uuid>>>;

/// Every member of a collection that a cell can hold.
pub(in crate::imports) fn members(schemas: &Components, collection: CollectionName) -> Vec<Member> {
    let input = format!("{}Input", collection.type_name());
    let own = ["id", "ref"].map(|name| Member { name: name.to_owned(), path: vec![], reading: Reading::Own });
    let mut members: Vec<Member> = own.into();
    for column in columns(schemas, &input) {
        // What a list of objects or a decision of the server is does not lie in one cell.
        if column.name == "historical" || column.name == "visibility" {
            continue;
        }
        let schema = at(schemas, &input, column.path());
        let reading = match column.kind() {
            Kind::Plain => plain(schemas, &schema, &column),
            Kind::Joined => {
                let items = schemas.resolved(&schema)["items"].clone();
                plain(schemas, &items, &column).map(|each| Reading::List(Box::new(each)))
            }
            Kind::Language(lang) => Some(Reading::In(Some(lang))),
            Kind::NameIn(lang) => {
                let name = schemas.resolved(&schemas.resolved(&schema)["items"]);
                Some(Reading::Name(Some(lang), name["properties"].get("kind").is_some()))
            }
            Kind::Languages | Kind::Json => None,
        };
        let Some(reading) = reading else { continue };
        // Before the first language stands the text without one.
        let bare = match reading {
            Reading::In(Some("ru")) => Some(Reading::In(None)),
            Reading::Name(Some("ru"), is_of_kinds) => Some(Reading::Name(None, is_of_kinds)),
            _ => None,
        };
        let path = column.path().to_vec();
        members.extend(bare.map(|reading| Member { name: path.join("."), path: path.clone(), reading }));
        members.push(Member { name: column.name.clone(), path, reading });
    }
    members
}

/// The schema of a member, with its reference to a named one.
fn at(schemas: &Components, input: &str, path: &[String]) -> Value {
    let mut schema = json!({"$ref": format!("#/components/schemas/{input}")});
    for part in path {
        schema = schemas.resolved(&schema)["properties"][part].clone();
    }
    schema
}

fn plain(schemas: &Components, schema: &Value, column: &Column) -> Option<Reading> {
    let named = schema["$ref"].as_str().and_then(|path| path.rsplit('/').next()).unwrap_or_default();
    let resolved = schemas.resolved(schema);
    let list = CODE_TYPES.iter().find(|(name, _)| *name == named).map(|(_, list)| *list);
    Some(match (named, resolved["type"].as_str()?) {
        ("PartialDate", _) => Reading::Date,
        ("PartialInterval", _) => Reading::Interval,
        (_, "integer") => Reading::Whole,
        (_, "number") => Reading::Number,
        (_, "boolean") => Reading::Flag,
        (_, "string") if resolved["format"] == "uuid" => Reading::Reference(target(column.path().last()?)?),
        (_, "string") => match (resolved["enum"].as_array(), list) {
            (Some(codes), _) => Reading::Code(labelled(&codes.iter().filter_map(Value::as_str).collect::<Vec<_>>())),
            (None, Some(list)) => Reading::Code(labels(codelist::list(list)?)),
            (None, None) if named == "CountryCode" => Reading::Code(HashMap::new()),
            (None, None) => Reading::Text,
        },
        _ => return None,
    })
}

/// The codes of an enumeration by themselves and by their labels.
fn labelled(codes: &[&str]) -> HashMap<String, String> {
    let has_all = |list: &&codelist::Codelist| {
        list.closed && codes.iter().all(|code| list.codes.iter().any(|known| known.code == *code))
    };
    let mut known = codelist::all().iter().find(has_all).map(labels).unwrap_or_default();
    known.retain(|_, code| codes.contains(&code.as_str()));
    known.extend(codes.iter().map(|code| (fold(code), (*code).to_owned())));
    known
}

fn labels(list: &codelist::Codelist) -> HashMap<String, String> {
    let mut known = HashMap::new();
    for code in &list.codes {
        known.insert(fold(&code.code), code.code.clone());
        known.extend(code.labels.iter().map(|(_, text)| (fold(text), code.code.clone())));
    }
    known
}

/// The collection that a member refers to.
fn target(member: &str) -> Option<CollectionName> {
    Some(match member {
        "origin" | "destination" | "place" | "signing_place" | "borders" | "home_place" => CollectionName::Places,
        "host" | "organizer" | "implementers" => CollectionName::Organizations,
        "partnership" | "partnerships" => CollectionName::Partnerships,
        "agreement" => CollectionName::Agreements,
        "event" | "events" => CollectionName::Events,
        "programme" => CollectionName::Programmes,
        "projects" => CollectionName::Projects,
        _ => return None,
    })
}

impl Member {
    /// The collection that it names records of.
    pub(super) fn target(&self) -> Option<CollectionName> {
        match &self.reading {
            Reading::Reference(collection) => Some(*collection),
            Reading::List(each) => match **each {
                Reading::Reference(collection) => Some(collection),
                _ => None,
            },
            _ => None,
        }
    }

    /// Whether it says which record the row is.
    pub(super) fn is_own(&self) -> bool {
        matches!(self.reading, Reading::Own)
    }

    /// Puts what a cell says into a record.
    pub(super) fn put(&self, record: &mut Map<String, Value>, text: &str, names: &Names) -> Result<(), Unread> {
        let mut value = self.reading.read(text, names)?;
        let Some((last, way)) = self.path.split_last() else { return Ok(()) };
        let mut members = record;
        for part in way {
            let inner = members.entry(part).or_insert_with(|| json!({}));
            let Some(inner) = inner.as_object_mut() else { return Ok(()) };
            members = inner;
        }
        match (members.get_mut(last), &mut value) {
            // Texts in several languages, and names, come from several columns.
            (Some(Value::Object(known)), Value::Object(more)) => known.append(more),
            (Some(Value::Array(known)), Value::Array(more)) => known.append(more),
            _ => {
                members.insert(last.clone(), value);
            }
        }
        Ok(())
    }
}

impl Reading {
    fn read(&self, text: &str, names: &Names) -> Result<Value, Unread> {
        let unread = |code, detail: &str| Unread { code, detail: detail.to_owned() };
        Ok(match self {
            Self::Text | Self::Own => text.into(),
            Self::Whole => {
                let digits: String = text.chars().filter(|c| !c.is_whitespace()).collect();
                let digits = digits.strip_suffix(".0").unwrap_or(&digits);
                digits.parse::<i64>().map_err(|_| unread("wrong_type", "It is no whole number."))?.into()
            }
            Self::Number => {
                let number = text.replace(',', ".").parse::<f64>().ok().filter(|number| number.is_finite());
                number.ok_or_else(|| unread("wrong_type", "It is no number."))?.into()
            }
            Self::Flag => match fold(text).as_str() {
                "true" | "yes" | "1" | "да" | "是" | "はい" | "예" => true.into(),
                "false" | "no" | "0" | "нет" | "否" | "いいえ" | "아니오" => false.into(),
                _ => return Err(unread("unknown_word", "It is neither yes nor no.")),
            },
            Self::Code(known) if known.is_empty() => match pobratim_imports::country::recognise(text) {
                Ok(found) => found.code().as_str().into(),
                Err(_) => return Err(unread("unknown_country", "No country is called so, or several are.")),
            },
            Self::Code(known) => {
                let code = known.get(&fold(text)).ok_or_else(|| {
                    unread("unknown_code", "It is neither a code nor a label of the list; see /v1/codelists.")
                })?;
                code.as_str().into()
            }
            Self::Date => one_date(text)?.into(),
            Self::Interval => interval(text)?.into(),
            Self::Reference(collection) => reference(text, *collection, names)?,
            Self::List(each) => {
                let items = text.split(';').map(str::trim).filter(|item| !item.is_empty());
                Value::Array(items.map(|item| each.read(item, names)).collect::<Result<_, _>>()?)
            }
            Self::In(lang) => json!({lang.unwrap_or_else(|| script(text)): text}),
            Self::Name(lang, is_of_kinds) => {
                let mut name = json!({"text": text, "lang": lang.unwrap_or_else(|| script(text)), "preferred": true});
                if *is_of_kinds {
                    name["kind"] = "official".into();
                }
                json!([name])
            }
        })
    }
}

fn one_date(text: &str) -> Result<String, Unread> {
    if let Ok(known) = pobratim_domain::value::PartialDate::parse(text) {
        return Ok(known.to_string());
    }
    let read = date(text).map_err(|unread| Unread { code: unread.code(), detail: unread.detail().to_owned() })?;
    Ok(read.to_string())
}

/// An interval as it is stored, or a date, or two with a dash between them.
fn interval(text: &str) -> Result<String, Unread> {
    if let Ok(known) = PartialInterval::parse(text) {
        return Ok(known.to_string());
    }
    let alone = one_date(text);
    if alone.is_ok() {
        return alone;
    }
    let two = [" – ", " — ", " - ", "–", "—", "～", "~", " to ", " по "].iter().find_map(|dash| text.split_once(dash));
    let Some((from, to)) = two else { return alone };
    let from = from.trim().trim_start_matches("с ").trim();
    let text = format!("{}/{}", one_date(from)?, one_date(to.trim())?);
    let known = PartialInterval::parse(&text);
    known.map(|known| known.to_string()).map_err(|error| Unread { code: "invalid_date", detail: error.to_string() })
}

fn reference(text: &str, collection: CollectionName, names: &Names) -> Result<Value, Unread> {
    let known = names.get(&collection).and_then(|names| names.get(&fold(text)));
    match known.map_or(&[][..], Vec::as_slice) {
        [one] => Ok(one.to_string().into()),
        [] => Err(Unread {
            code: "unknown_reference",
            detail: format!("Nothing among {collection} has this id, ref, external id or name."),
        }),
        _ => Err(Unread {
            code: "several_records",
            detail: format!("Several among {collection} are called so; write the ref."),
        }),
    }
}
