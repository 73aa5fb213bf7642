//! The verdict of a row that is a record: read by its columns, held against the schema and the rules as what
//! a client sends, and against the records that are there.

use std::collections::HashMap;

use pobratim_domain::value::fold;
use pobratim_domain::{CollectionName, Faults, Keeper, Slug};
use pobratim_persistence::{Clock, KnownRecord};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::api::Api;
use crate::collections;
use crate::dataset::Described;
use crate::imports::plan::{NewRecord, Told};
use crate::imports::records::member::{Member, Names, members};
use crate::imports::said::Said;
use crate::imports::wire::{ImportNote, ImportVerdict};

/// What an import says of all its records.
pub(in crate::imports) struct Common {
    pub(in crate::imports) collection: CollectionName,
    pub(in crate::imports) keeper: Slug,
    pub(in crate::imports) source: String,
    pub(in crate::imports) visibility: String,
}

/// What rows are judged by.
pub(in crate::imports) struct RecordJudge {
    api: Api,
    common: Common,
    columns: Vec<Option<Member>>,
    heading: Vec<String>,
    names: Names,
    /// The records that are there by id and ref, and by what they are called and when they were.
    known: HashMap<String, KnownRecord>,
    /// Which row says so first.
    said: HashMap<String, i64>,
    clock: Clock,
}

impl RecordJudge {
    pub(in crate::imports) fn new(api: &Api, common: Common, heading: Vec<String>, mapping: &[Option<String>]) -> Self {
        let all = members(api.schemas(), common.collection);
        let of = |name: &Option<String>| all.iter().find(|member| Some(&member.name) == name.as_ref()).cloned();
        Self {
            api: api.clone(),
            columns: mapping.iter().map(of).collect(),
            common,
            heading,
            names: Names::new(),
            known: HashMap::new(),
            said: HashMap::new(),
            clock: api.database().clock().clone(),
        }
    }

    /// The collections that have to be known: its own, and those that columns refer to.
    pub(in crate::imports) fn wanted(&self) -> Vec<CollectionName> {
        let mut wanted: Vec<CollectionName> =
            self.columns.iter().flatten().filter_map(Member::target).chain([self.common.collection]).collect();
        wanted.sort_unstable();
        wanted.dedup();
        wanted
    }

    /// What is there.
    pub(in crate::imports) fn knows(&mut self, collection: CollectionName, records: Vec<KnownRecord>) {
        for record in records {
            let ids = record.external_ids.iter().map(|(scheme, value)| format!("{scheme}:{value}"));
            let called = [record.id.to_string(), record.reference.clone()].into_iter().chain(ids);
            let mut called: Vec<String> = called.chain(record.names.iter().cloned()).map(|name| fold(&name)).collect();
            called.sort_unstable();
            called.dedup();
            let names = self.names.entry(collection).or_default();
            called.into_iter().for_each(|name| names.entry(name).or_default().push(record.id));
            if collection == self.common.collection {
                for name in &record.names {
                    self.known.insert(same(name, record.told.as_deref()), record.clone());
                }
                self.known.insert(record.reference.clone(), record.clone());
                self.known.insert(record.id.to_string(), record);
            }
        }
    }

    /// Judges a row.
    pub(in crate::imports) fn judge(
        &mut self,
        number: i64,
        line: i64,
        cells: &[String],
    ) -> Result<(ImportVerdict, Told), String> {
        let mut said = Said::default();
        let mut value = Map::new();
        let mut own = Vec::new();
        for ((member, heading), cell) in self.columns.iter().zip(&self.heading).zip(cells) {
            let (Some(member), text) = (member, cell.trim()) else { continue };
            if text.is_empty() {
                continue;
            }
            if member.is_own() {
                own.push(text.to_owned());
                continue;
            }
            // What exports put before texts that spreadsheets would take for formulas.
            let text = text.strip_prefix('\'').filter(|rest| rest.starts_with(['=', '+', '-', '@'])).unwrap_or(text);
            if text.starts_with('=') {
                at(&mut said, heading, "formula", "It is a formula. Write what it comes to.");
            } else if let Err(unread) = member.put(&mut value, text, &self.names) {
                at(&mut said, heading, unread.code, &unread.detail);
            }
        }
        if said.wrong {
            return Ok(said.verdict(ImportVerdict::New));
        }
        let value = self.completed(value, line);
        let id = own.iter().find_map(|id| Uuid::try_parse(id).ok()).unwrap_or_else(|| self.clock.id());
        let (titles, told) = called(&value);
        let keys: Vec<String> = titles.iter().map(|title| same(title, told)).collect();
        if let Some(known) = own.iter().chain(&keys).find_map(|key| self.known.get(key)) {
            said.told.record_id = Some(known.id);
            return Ok(said.verdict(ImportVerdict::Same));
        }
        let described = Described { value: value.clone(), id, exists: false, keeper: self.keeper(), is_whole: false };
        if let Err(faults) = collections::prepare(self.common.collection, &self.api, described) {
            self.refused(faults, &mut said);
            return Ok(said.verdict(ImportVerdict::New));
        }
        let own = own.into_iter().map(|own| format!("{own} of its own"));
        let keys: Vec<String> = own.chain(keys).collect();
        if let Some(earlier) = keys.iter().find_map(|key| self.said.get(key)) {
            said.note(None, "repeated", format!("Row {earlier} says the same."));
            return Ok(said.verdict(ImportVerdict::Same));
        }
        keys.into_iter().for_each(|key| {
            self.said.insert(key, number);
        });
        said.told.record = Some(NewRecord { id, value });
        Ok(said.verdict(ImportVerdict::New))
    }

    /// What every record of the import has.
    fn completed(&self, value: Map<String, Value>, line: i64) -> Value {
        let mut value = Value::Object(value);
        value["sources"] = json!([{"text": self.common.source, "locator": format!("row {line}")}]);
        // The directory is public.
        let is_public = self.common.collection == CollectionName::Places;
        value["visibility"] = if is_public { "public".into() } else { self.common.visibility.as_str().into() };
        value
    }

    fn keeper(&self) -> Option<Slug> {
        (self.common.collection.keeper() == Keeper::Municipality).then(|| self.common.keeper.clone())
    }

    /// Faults of a record, said of the columns that they came from.
    fn refused(&self, faults: Faults, said: &mut Said) {
        for fault in faults {
            let is_from = |member: &Option<Member>| {
                let way = member.as_ref().map(|member| format!("/{}/", member.path.join("/")));
                way.is_some_and(|way| format!("{}/", fault.pointer).starts_with(&way))
            };
            let heading = self.columns.iter().position(is_from).and_then(|at| self.heading.get(at)).cloned();
            let is_told = heading.is_some();
            let detail = if is_told { fault.detail } else { format!("{}: {}", fault.pointer, fault.detail) };
            said.wrong = true;
            said.told.notes.push(ImportNote {
                field: None,
                heading,
                code: fault.code.to_owned(),
                detail: cut(&detail),
            });
        }
    }
}

fn at(said: &mut Said, heading: &str, code: &str, detail: &str) {
    said.wrong = true;
    let heading = Some(heading.to_owned());
    said.told.notes.push(ImportNote { field: None, heading, code: code.to_owned(), detail: cut(detail) });
}

fn cut(text: &str) -> String {
    text.chars().take(4000).collect()
}

/// What makes two records the same: what they are called, and when they were, or where.
fn same(name: &str, told: Option<&str>) -> String {
    format!("{}\n{}", fold(name), told.unwrap_or_default())
}

/// What a record is called, and when it was, or where.
fn called(value: &Value) -> (Vec<String>, Option<&str>) {
    let texts = value["title"].as_object().into_iter().flatten().filter_map(|(_, text)| text.as_str());
    let names = value["names"].as_array().into_iter().flatten().filter_map(|name| name["text"].as_str());
    let told = ["period", "signed_on", "country"].iter().find_map(|member| value[*member].as_str());
    (texts.chain(names).map(str::to_owned).collect(), told)
}
