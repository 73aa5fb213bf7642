//! Data sets: records of any collection in one JSON file, referring to each other by `ref` or by
//! external id; or whole records, a line each, as an export gives them. Either is read and checked as a
//! whole before anything is written; then it is applied in slices, between which others write. Applied
//! twice, it changes nothing.

use std::collections::{HashMap, HashSet, VecDeque};
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures_util::future::BoxFuture;
use pobratim_domain::{CollectionName, Fault, Faults, Keeper, Record, Slug};
use pobratim_persistence::{Error, Happened, Stamp, Stored, Tx, View};
use serde::Deserialize;
use serde_json::{Map, Value};
use uuid::Uuid;

use crate::api::Api;
use crate::collections;
use crate::gazetteer_place;

mod lines;

/// What every data set says of itself.
pub const FORMAT: &str = "pobratim-dataset/1";

/// How many records the first command writes.
pub(crate) const SLICE: usize = 25;

/// How many a command writes at most.
const LARGEST: usize = 2000;

/// How long a command should take with its commit: others wait meanwhile, and it has 700 ms before
/// it is ended.
const PACE: Duration = Duration::from_millis(100);

/// The order in which collections are written; what comes later may be referred to all the same.
const ORDER: &[&str] = &[
    "places",
    "organizations",
    "municipalities",
    "partnerships",
    "agreements",
    "events",
    "exchanges",
    "memberships",
    "letters",
    "programmes",
    "projects",
    "assistance_cases",
    "work_plans",
    "publications",
    "observations",
    "report_notes",
    "documents",
    "accepted_findings",
    "distinct_pairs",
];

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File {
    format: String,
    municipality: Value,
    #[serde(default)]
    records: Map<String, Value>,
}

/// What loading a data set came to.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Loaded {
    /// Records that are new.
    pub created: usize,
    /// Records that were changed.
    pub updated: usize,
    /// Records that were as the data set has them.
    pub same: usize,
}

/// Why a data set was not loaded.
#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    /// It is not a data set.
    #[error("{0}")]
    Unreadable(String),
    /// Records break rules. Nothing was written. Pointers lead into the file.
    #[error("{} faults; the first: {}", .0.len(), .0.first().map(|fault| format!("{}: {}", fault.pointer, fault.detail)).unwrap_or_default())]
    Faults(Vec<Fault>),
    /// A record could not be written; those before it were.
    #[error("{position}: {error}")]
    Record {
        /// Where in the file.
        position: String,
        /// Why.
        error: Error,
    },
    /// The database cannot be read.
    #[error("{0}")]
    Database(#[from] Error),
}

/// What became of one record.
#[derive(Clone, Copy, Debug, PartialEq, Eq, serde::Serialize, Deserialize)]
pub(crate) enum Outcome {
    Created,
    Updated,
    Same,
}

/// A record that is ready to be written.
pub(crate) type Apply = Box<dyn FnOnce(Tx) -> BoxFuture<'static, Result<Outcome, Error>> + Send>;

/// Where a record stands and what it is.
struct Item {
    collection: CollectionName,
    position: String,
    id: Uuid,
    exists: bool,
    value: Value,
    keeper: Option<Slug>,
    /// Whether it is the whole record, with what the server manages.
    is_whole: bool,
}

/// A record of a file, on its way to be made ready.
pub(crate) struct Described {
    pub(crate) value: Value,
    pub(crate) id: Uuid,
    pub(crate) exists: bool,
    pub(crate) keeper: Option<Slug>,
    /// Whether it is the whole record, with what the server manages.
    pub(crate) is_whole: bool,
}

/// Loads a data set; `progress` hears how many records are done, of how many.
pub async fn load(api: &Api, text: &str, progress: impl FnMut(usize, usize)) -> Result<Loaded, LoadError> {
    let file: File =
        serde_json::from_str(text).map_err(|error| LoadError::Unreadable(format!("not a data set: {error}")))?;
    if file.format != FORMAT {
        return Err(LoadError::Unreadable(format!("its format is {:?}, not {FORMAT:?}", file.format)));
    }
    let slug = Slug::parse(file.municipality["slug"].as_str().unwrap_or_default())
        .map_err(|error| LoadError::Unreadable(format!("/municipality/slug: {error}")))?;
    let items = items(api, file, &slug).await?;
    check_and_apply(api, items, Faults::default(), progress).await
}

/// Loads whole records, a line each, as an export gives them. They keep their ids, refs, keys of elements
/// and states; versions and times are those of the loading.
pub async fn load_records(api: &Api, text: &str, progress: impl FnMut(usize, usize)) -> Result<Loaded, LoadError> {
    let mut faults = Faults::default();
    let items = lines::items(api, text, &mut faults).await?;
    check_and_apply(api, items, faults, progress).await
}

async fn check_and_apply(
    api: &Api,
    mut items: Vec<Item>,
    mut faults: Faults,
    mut progress: impl FnMut(usize, usize),
) -> Result<Loaded, LoadError> {
    let names = Names::of(&items);
    for item in &mut items {
        let schema = format!("{}Input", item.collection.type_name());
        names.resolve(api, &mut item.value, &crate::contract::reference(&schema), &item.position, &mut faults);
    }
    let announced: Arc<HashSet<Uuid>> = Arc::new(items.iter().map(|item| item.id).collect());
    let mut ready = Vec::new();
    for item in items {
        let Item { collection, position, id, exists, value, keeper, is_whole } = item;
        match collections::prepare(collection, api, Described { value, id, exists, keeper, is_whole }) {
            Ok(apply) => ready.push((position, apply)),
            Err(found) => faults.extend(
                found.into_iter().map(|fault| Fault { pointer: format!("{position}{}", fault.pointer), ..fault }),
            ),
        }
    }
    if !faults.is_empty() {
        return Err(LoadError::Faults(faults.into_iter().collect()));
    }
    apply(api, ready.into(), &announced, &mut progress).await
}

async fn apply(
    api: &Api,
    mut ready: VecDeque<(String, Apply)>,
    announced: &Arc<HashSet<Uuid>>,
    progress: &mut impl FnMut(usize, usize),
) -> Result<Loaded, LoadError> {
    let total = ready.len();
    let load_id = api.database().clock().id().to_string();
    let mut loaded = Loaded::default();
    let (mut done, mut size) = (0, SLICE);
    while !ready.is_empty() {
        let slice: Vec<_> = ready.drain(..ready.len().min(size)).collect();
        let count = slice.len();
        let announced = Arc::clone(announced);
        let stamp = Stamp { import_id: Some(load_id.clone()), ..Stamp::system(&load_id) };
        let outcome = api.database().write(stamp, None, move |tx| async move {
            tx.announce(announced);
            let mut outcomes = Vec::with_capacity(count);
            for (position, apply) in slice {
                match apply(tx.clone()).await {
                    Ok(outcome) => outcomes.push(outcome),
                    Err(error @ Error::Database(_)) => return Err(error),
                    Err(error) => return Err(Error::Defect(format!("{position}: {error}"))),
                }
            }
            Ok(outcomes)
        });
        let began = Instant::now();
        let outcomes = outcome.await.map_err(|error| match error {
            Error::Defect(text) => LoadError::Unreadable(text),
            error => LoadError::Record { position: format!("record {done} and after"), error },
        })?;
        for outcome in outcomes.value {
            match outcome {
                Outcome::Created => loaded.created += 1,
                Outcome::Updated => loaded.updated += 1,
                Outcome::Same => loaded.same += 1,
            }
        }
        done += count;
        progress(done, total);
        size = paced(count, began.elapsed());
    }
    Ok(loaded)
}

/// How many records the next command may write, when so many took so long: never more than twice
/// as many, because the last rows may have been the easy ones.
pub(crate) fn paced(count: usize, took: Duration) -> usize {
    let fitting = PACE.as_micros().saturating_mul(count as u128) / took.as_micros().max(1);
    usize::try_from(fitting).unwrap_or(LARGEST).min(2 * count).clamp(SLICE, LARGEST)
}

async fn items(api: &Api, mut file: File, slug: &Slug) -> Result<Vec<Item>, LoadError> {
    file.records.entry("municipalities").or_insert_with(|| Value::Array(vec![file.municipality]));
    let unknown = file.records.keys().find(|name| !ORDER.contains(&name.as_str()));
    if let Some(name) = unknown {
        return Err(LoadError::Unreadable(format!("/records/{name}: there is no such collection")));
    }
    let mut items = Vec::new();
    for name in ORDER {
        let (Some(collection), Some(Value::Array(records))) = (CollectionName::parse(name), file.records.remove(*name))
        else {
            continue;
        };
        let namespace = collection.namespace(slug.as_str()).to_owned();
        let named = |value: &Value| value["ref"].as_str().filter(|text| !text.is_empty()).map(str::to_owned);
        let wanted: Vec<String> = records.iter().filter_map(named).collect();
        let known =
            api.database().read(async |snapshot| snapshot.ids_in(collection, &namespace, &wanted).await).await?;
        for (index, value) in records.into_iter().enumerate() {
            let position = format!("/records/{name}/{index}");
            let found = named(&value).and_then(|reference| known.get(&reference).copied());
            let given = value["id"].as_str().and_then(|id| Uuid::try_parse(id).ok());
            let id = found.or(given).unwrap_or_else(|| api.database().clock().id());
            let keeper = (collection.keeper() == Keeper::Municipality).then(|| slug.clone());
            items.push(Item { collection, position, id, exists: found.is_some(), value, keeper, is_whole: false });
        }
    }
    Ok(items)
}

/// The records of a data set by the names they are referred to by.
struct Names(HashMap<String, Uuid>);

impl Names {
    fn of(items: &[Item]) -> Self {
        let mut names = HashMap::new();
        for item in items {
            if let Some(reference) = item.value["ref"].as_str() {
                names.insert(reference.to_owned(), item.id);
            }
            for id in item.value["external_ids"].as_array().into_iter().flatten() {
                if let (Some(scheme), Some(value)) = (id["scheme"].as_str(), id["value"].as_str()) {
                    names.insert(format!("{scheme}:{value}"), item.id);
                }
            }
        }
        Self(names)
    }

    /// Puts ids where the schema wants ids and the data set has names.
    fn resolve(&self, api: &Api, value: &mut Value, schema: &Value, position: &str, faults: &mut Faults) {
        let schema = api.schemas().resolved(schema);
        match value {
            Value::String(text) if schema["format"] == "uuid" && Uuid::try_parse(text).is_err() => match self
                .0
                .get(text)
            {
                Some(id) => *text = id.to_string(),
                None => faults.add(position, "unknown_reference", format!("Nothing in the data set is called {text}.")),
            },
            Value::Object(members) => {
                for (name, member) in members {
                    if let Some(schema) = schema["properties"].get(name) {
                        self.resolve(api, member, schema, &format!("{position}/{name}"), faults);
                    }
                }
            }
            Value::Array(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.resolve(api, item, &schema["items"], &format!("{position}/{index}"), faults);
                }
            }
            _ => {}
        }
    }
}

/// Checks a record of a data set as the API would check it, and makes it ready to be written.
pub(crate) fn prepare<T: Stored>(api: &Api, described: Described) -> Result<Apply, Faults> {
    let Described { mut value, id, exists, keeper, is_whole } = described;
    let mut faults = Faults::default();
    let mut reference = String::new();
    if let Some(members) = value.as_object_mut() {
        members.remove("id");
        if let Some(Value::String(text)) = members.remove("ref") {
            reference = text;
        }
        members.remove("historical");
    }
    value = match gazetteer_place::completed_here(T::NAME, value) {
        Ok(completed) => completed,
        Err(error) => {
            faults.add("", "invalid", error);
            return Err(faults);
        }
    };
    let name = T::NAME.type_name();
    let schema = format!("{name}Input");
    let mut stripped = None;
    if is_whole {
        // What the server manages is taken as it is; all else is as a client would send it.
        api.schemas().strip_managed(stripped.insert(value.clone()), Some(&value), &schema, &name, &mut faults);
    }
    if let Err(error) = api.validate(&schema, stripped.as_ref().unwrap_or(&value), &mut faults) {
        faults.add("", "invalid", error);
    }
    gazetteer_place::check(&schema, &value, &mut faults);
    let mut record: Record<T> = match serde_json::from_value(value.clone()) {
        Ok(record) => record,
        Err(error) => {
            if faults.is_empty() {
                faults.add("", "invalid", error.to_string());
            }
            return Err(faults);
        }
    };
    record.head.id = id;
    record.head.reference = reference;
    record.head.municipality = record.body.keeps_itself().cloned().or(keeper);
    record.check(&mut faults);
    faults.into_result()?;
    Ok(Box::new(move |tx| {
        Box::pin(async move {
            if !exists {
                let keeper = record.head.municipality.clone();
                let happened = Happened::plain("created");
                if is_whole {
                    tx.bring_in::<T>(&View::System, keeper, record, happened).await?;
                } else {
                    tx.create::<T>(&View::System, keeper, record, happened).await?;
                }
                return Ok(Outcome::Created);
            }
            let before = tx.get::<T>(&View::System, id).await?;
            let known = before.record.head.clone();
            adopt_keys(&mut value, &before.record.to_json()?);
            record.body = serde_json::from_value::<Record<T>>(value)?.body;
            record.head.version = known.version;
            record.head.created_at = known.created_at;
            record.head.updated_at = known.updated_at;
            let row = tx.update(&View::System, before, record, Happened::plain("updated")).await?;
            let version = pobratim_persistence::Envelope::of::<T>(&row)?.version;
            Ok(if version == known.version { Outcome::Same } else { Outcome::Updated })
        })
    }))
}

/// Elements of lists have keys that a data set does not know: those that are as they were keep
/// theirs, so that loading again changes nothing.
fn adopt_keys(sent: &mut Value, known: &Value) {
    let (Some(sent), Some(known)) = (sent.as_object_mut(), known.as_object()) else { return };
    for (name, list) in sent {
        let (Some(list), Some(known)) = (list.as_array_mut(), known.get(name).and_then(Value::as_array)) else {
            continue;
        };
        let mut free: Vec<&Value> = known.iter().filter(|element| element.get("key").is_some()).collect();
        for element in list.iter_mut().filter_map(Value::as_object_mut).filter(|element| !element.contains_key("key")) {
            let same = |known: &&Value| element.iter().all(|(name, value)| known.get(name) == Some(value));
            let Some(at) = free.iter().position(same) else { continue };
            if let Some(key) = free.remove(at).get("key") {
                element.insert("key".to_owned(), key.clone());
            }
        }
    }
}
