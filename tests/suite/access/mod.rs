//! Who may do and see what: every operation of the contract with every kind of caller, every
//! collection's records with every kind of onlooker, and what ends or narrows a key.
//!
//! It reads the contract, so that a new collection or operation is tried without a line here; an
//! operation of a shape that no rule covers fails.

mod keys;
mod operations;
mod visibility;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use pobratim_domain::{CollectionName, Keeper, Role};
use pobratim_tests::{App, Reply, municipality};
use serde_json::{Value, json};
use uuid::Uuid;

const CONTRACT: &str = include_str!("../../../openapi/pobratim.v1.json");
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
/// A form with a file in it.
const FORM: &str = "--b\r\nContent-Disposition: form-data; name=\"file\"\r\n\r\na file\r\n--b--\r\n";
const SENTINEL: &str = "zanzibarianism";
/// Reads that are no collection's.
const DIRECTORY: &[&str] = &[
    "changes",
    "codelists",
    "countries",
    "duplicates",
    "export",
    "findings",
    "gazetteer",
    "me",
    "problems",
    "reminders",
    "reports",
    "search",
    "statistics",
];
/// Reads that are about one municipality, which is named where there are several.
const COMPUTED: &[&str] =
    &["/v1/duplicates", "/v1/findings", "/v1/reminders", "/v1/reports/annual/{year}", "/v1/reports/agreements/{year}"];
/// Operations on what is no record, each with the reason.
const APART: &[(&str, &str)] = &[
    ("export_records", "only who answers for all of it may; exports/whole.rs tries every caller"),
    ("set_finding_acceptance", "a finding is computed; findings.rs tries every caller"),
    ("list_imports", "an import is no record; imports.rs tries every caller"),
    ("create_import", "an import is no record; imports.rs tries every caller"),
    ("get_import", "an import is no record; imports.rs tries every caller"),
    ("update_import", "an import is no record; imports.rs tries every caller"),
    ("delete_import", "an import is no record; imports.rs tries every caller"),
    ("list_import_rows", "an import is no record; imports.rs tries every caller"),
    ("commit_import", "an import is no record; imports.rs tries every caller"),
    ("undo_import", "an import is no record; imports.rs tries every caller"),
    ("list_merges", "a merge is no record; merges/refused.rs tries every caller"),
    ("get_merge", "a merge is no record; merges/refused.rs tries every caller"),
    ("undo_merge", "a merge is no record; merges/refused.rs tries every caller"),
    ("get_partnership_report", "it is about a record of another collection; reports.rs tries who sees it"),
];
/// Collections whose example cannot be made into a record here, each with the reason.
const SKIPPED: &[(&str, &str)] = &[];

const CALLERS: &[Caller] =
    &[Caller::Anonymous, Caller::Reader, Caller::Editor, Caller::Admin, Caller::Operator, Caller::OtherEditor];

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Caller {
    Anonymous,
    Reader,
    Editor,
    Admin,
    Operator,
    OtherEditor,
    OtherAdmin,
}

/// What an operation does, as its method and path say.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Shape {
    Read,
    Create,
    Update,
    Replace,
    Delete,
    Restore,
    Action,
}

#[derive(Clone, Debug)]
struct Operation {
    id: String,
    method: String,
    path: String,
    shape: Shape,
    /// Nothing for the directory.
    collection: Option<CollectionName>,
    is_open: bool,
    body: Option<Body>,
}

/// What an operation takes.
#[derive(Clone, Debug)]
enum Body {
    /// JSON of this schema.
    Json(String),
    /// Bytes of this type.
    File(String),
}

fn contract() -> Value {
    serde_json::from_str(CONTRACT).unwrap()
}

fn shape(method: &str, parts: &[&str], collection: Option<CollectionName>) -> Option<Shape> {
    let is_record = |part: &str| part.starts_with('{') && part.ends_with("_id}");
    match (method, parts) {
        ("GET", [first, ..]) => (collection.is_some() || DIRECTORY.contains(first)).then_some(Shape::Read),
        _ if collection.is_none() => None,
        ("POST", [_]) => Some(Shape::Create),
        ("PATCH", [_, id]) if is_record(id) => Some(Shape::Update),
        ("DELETE", [_, id]) if is_record(id) => Some(Shape::Delete),
        ("POST", [_, id, "restore"]) if is_record(id) => Some(Shape::Restore),
        ("PUT", [_, "by-external-id", "{scheme}", "{value}"]) => Some(Shape::Replace),
        (_, [_, id, _, ..]) if is_record(id) => Some(Shape::Action),
        _ => None,
    }
}

/// Every operation of the contract; one that no rule covers ends the test.
fn operations() -> Vec<Operation> {
    let document = contract();
    let mut operations = Vec::new();
    for (path, item) in document["paths"].as_object().unwrap() {
        for (method, operation) in item.as_object().unwrap() {
            let Some(id) = operation["operationId"].as_str() else { continue };
            if APART.iter().any(|(apart, _)| *apart == id) {
                continue;
            }
            let method = method.to_uppercase();
            let parts: Vec<&str> = path.strip_prefix("/v1/").unwrap().split('/').collect();
            let collection = CollectionName::parse(&parts[0].replace('-', "_"));
            let Some(shape) = shape(&method, &parts, collection) else {
                panic!("{id} ({method} {path}) is covered by no rule of this file: add one");
            };
            let security = operation.get("security").unwrap_or(&document["security"]).as_array().unwrap().clone();
            let content = operation["requestBody"]["content"].as_object();
            let body = content.and_then(|content| content.iter().next()).map(|(media_type, media)| {
                if !media_type.ends_with("json") {
                    return Body::File(media_type.clone());
                }
                Body::Json(media["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            });
            let is_open = security.contains(&json!({}));
            // What a query must have, by its example.
            let parameters = operation["parameters"].as_array().into_iter().flatten();
            let required = parameters.filter(|parameter| parameter["in"] == "query" && parameter["required"] == true);
            let required = required.map(|parameter| {
                let (name, example) = (&parameter["name"], &parameter["schema"]["examples"][0]);
                format!("{}={}", name.as_str().unwrap(), example.as_str().unwrap())
            });
            let query = required.collect::<Vec<_>>().join("&");
            let path = if query.is_empty() { path.clone() } else { format!("{path}?{query}") };
            operations.push(Operation { id: id.to_owned(), method, path, shape, collection, is_open, body });
        }
    }
    assert!(operations.len() > 20, "the contract was read");
    operations
}

fn keeper(operation: &Operation) -> Keeper {
    operation.collection.unwrap().keeper()
}

/// Whether a caller may do it to a record of Blagoveshchensk's.
fn may(caller: Caller, operation: &Operation) -> bool {
    use Caller::{Admin, Anonymous, Editor, Operator, OtherAdmin, OtherEditor, Reader};
    if operation.shape == Shape::Read {
        return operation.is_open || caller != Anonymous;
    }
    match (keeper(operation), operation.shape) {
        _ if matches!(caller, Anonymous | Reader) => false,
        // Another municipality makes records of its own, under names of its own.
        (Keeper::Municipality, Shape::Create | Shape::Replace) => caller != Operator,
        (Keeper::Municipality, _) => matches!(caller, Editor | Admin),
        (Keeper::Shared, Shape::Delete | Shape::Restore) => caller == Operator,
        (Keeper::Shared, _) if operation.path.ends_with("/merge") => caller == Operator,
        (Keeper::Shared, _) => true,
        (Keeper::Installation, Shape::Create | Shape::Replace | Shape::Delete | Shape::Restore) => caller == Operator,
        (Keeper::Installation, _) => matches!(caller, Admin | Operator) && !matches!(caller, OtherAdmin | OtherEditor),
    }
}

struct World {
    app: App,
    keys: BTreeMap<Caller, String>,
    count: AtomicUsize,
    /// Bodies that were taken before.
    taken: Mutex<BTreeMap<(CollectionName, String), Value>>,
    schemas: Value,
}

impl World {
    async fn new() -> Self {
        let app = App::with_city().await;
        let operator = app.operator().await;
        app.create("municipalities", &operator, municipality("heihe")).await;
        let mut keys = BTreeMap::new();
        for (caller, role, city) in [
            (Caller::Reader, Role::Reader, "blagoveshchensk"),
            (Caller::Editor, Role::Editor, "blagoveshchensk"),
            (Caller::Admin, Role::Admin, "blagoveshchensk"),
            (Caller::OtherEditor, Role::Editor, "heihe"),
            (Caller::OtherAdmin, Role::Admin, "heihe"),
        ] {
            keys.insert(caller, app.key(role, city).await);
        }
        keys.insert(Caller::Operator, operator);
        Self {
            app,
            keys,
            count: AtomicUsize::new(0),
            taken: Mutex::default(),
            schemas: contract()["components"]["schemas"].clone(),
        }
    }

    async fn send(&self, caller: Caller, method: &str, path: &str, body: Option<Value>) -> Reply {
        let mut request = self.app.request(method, path);
        if let Some(key) = self.keys.get(&caller) {
            request = request.key(key);
        }
        if !matches!(method, "GET") && !path.contains("/by-external-id/") {
            request = request.if_match("*");
        }
        if let Some(body) = body {
            request = request.json(body);
        }
        request.send().await
    }

    /// Does an operation, with a body that it takes.
    async fn try_on(&self, caller: Caller, operation: &Operation, path: &str) -> Reply {
        let Some(Body::File(media_type)) = &operation.body else {
            return self.send(caller, &operation.method, path, self.body(operation)).await;
        };
        let (media_type, file) = match media_type.as_str() {
            "multipart/form-data" => ("multipart/form-data; boundary=b", FORM),
            other => (other, "a file"),
        };
        let mut request = self.app.request(&operation.method, path).if_match("*");
        if let Some(key) = self.keys.get(&caller) {
            request = request.key(key);
        }
        request.header("Content-Type", media_type).bytes(file.as_bytes().to_vec()).send().await
    }

    async fn get(&self, caller: Caller, path: &str) -> Reply {
        self.send(caller, "GET", path, None).await
    }

    fn next(&self) -> usize {
        self.count.fetch_add(1, Ordering::SeqCst)
    }

    async fn revision(&self) -> i64 {
        self.app.database.head().await.unwrap().revision
    }

    fn example(&self, schema: &str) -> Value {
        self.schemas[schema]["examples"][0].clone()
    }

    /// Sends a record's example until it is taken: what it refers to is made first, what must be
    /// unique is changed, what does not fit a new record is left out.
    async fn repaired(&self, caller: Caller, method: &str, path: &str, body: Value) -> Reply {
        self.repaired_within(&[], caller, method, path, body).await.0
    }

    async fn repaired_within(
        &self,
        within: &[CollectionName],
        caller: Caller,
        method: &str,
        path: &str,
        mut body: Value,
    ) -> (Reply, Value) {
        let mut made = BTreeMap::new();
        for _ in 0..10 {
            let reply = self.send(caller, method, path, Some(body.clone())).await;
            match reply.status.as_u16() {
                400 => {
                    for fault in reply.json["errors"].as_array().unwrap() {
                        let pointer = fault["pointer"].as_str().unwrap();
                        if fault["code"] != "unknown_reference" {
                            remove(&mut body, pointer);
                            continue;
                        }
                        // What went before may have moved it; the next round finds it again.
                        let Some(old) = body.pointer(pointer).and_then(Value::as_str).map(str::to_owned) else {
                            continue;
                        };
                        if !made.contains_key(&old) {
                            let detail = fault["detail"].as_str().unwrap();
                            let singular = detail
                                .strip_prefix("There is no ")
                                .unwrap()
                                .rsplit_once(' ')
                                .unwrap()
                                .0
                                .replace(' ', "_");
                            let collection =
                                CollectionName::ALL.iter().find(|name| name.singular() == singular).unwrap();
                            if within.contains(collection) {
                                remove(&mut body, pointer);
                                continue;
                            }
                            let visibility = body["visibility"].as_str().unwrap_or("internal").to_owned();
                            let record =
                                Box::pin(self.make_within(within, caller, *collection, &visibility, json!({}))).await;
                            made.insert(old.clone(), record["id"].clone());
                        }
                        *body.pointer_mut(pointer).unwrap() = made[&old].clone();
                    }
                }
                409 if reply.json["code"] == "already_exists" => {
                    let pointer = reply.json["conflict"]["pointer"].as_str().unwrap();
                    let value = body.pointer_mut(pointer).unwrap();
                    if let Some(text) = value.as_str() {
                        *value = format!("{text}-{}", self.next()).into();
                    } else if !self.forget(value) {
                        remove(&mut body, pointer);
                    }
                }
                _ => return (reply, body),
            }
        }
        panic!("{method} {path} does not take {body:#}");
    }

    /// Makes ids that a value has lead nowhere, so that others are made for it; tells whether it has any.
    fn forget(&self, value: &mut Value) -> bool {
        match value {
            Value::String(text) if Uuid::parse_str(text).is_ok() => {
                *text = Uuid::from_u128(u128::try_from(self.next()).unwrap()).to_string();
                true
            }
            Value::Array(items) => items.iter_mut().fold(false, |any, item| self.forget(item) | any),
            Value::Object(members) => members.values_mut().fold(false, |any, member| self.forget(member) | any),
            _ => false,
        }
    }

    async fn make(&self, caller: Caller, collection: CollectionName, visibility: &str) -> Value {
        self.make_with(caller, collection, visibility, json!({})).await
    }

    async fn make_with(&self, caller: Caller, collection: CollectionName, visibility: &str, more: Value) -> Value {
        self.make_within(&[], caller, collection, visibility, more).await
    }

    /// A new record, made from the example of its schema, for those it is made for.
    async fn make_within(
        &self,
        within: &[CollectionName],
        caller: Caller,
        collection: CollectionName,
        visibility: &str,
        more: Value,
    ) -> Value {
        let within: Vec<CollectionName> = within.iter().copied().chain([collection]).collect();
        let known = self.taken.lock().unwrap().get(&(collection, visibility.to_owned())).cloned();
        let mut body = known.unwrap_or_else(|| self.example(&format!("{}Input", collection.type_name())));
        assert!(body.is_object(), "{collection} has an example");
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let is_kept = collection.keeper() == Keeper::Municipality;
        body["visibility"] = if is_kept { visibility } else { "public" }.into();
        let caller = if collection == CollectionName::Municipalities { Caller::Operator } else { caller };
        let path = format!("/v1/{}", collection.path());
        let (reply, body) = self.repaired_within(&within, caller, "POST", &path, body).await;
        assert_eq!(reply.status, 201, "{collection}: {:#}", reply.json);
        assert_eq!(reply.json["visibility"], if is_kept { visibility } else { "public" });
        // What was added, or cut because it stood within another, is this record's own.
        if more == json!({}) && within.len() == 1 {
            self.taken.lock().unwrap().insert((collection, visibility.to_owned()), body);
        }
        if collection == CollectionName::Documents {
            // Each has a file, for the operations that read one.
            let file = self.app.request("PUT", &format!("{path}/{}/content", id(&reply.json)));
            let file = file.key(&self.keys[&caller]).if_match(reply.tag()).bytes(b"a file".to_vec());
            return file.send().await.expect(200).json;
        }
        reply.json
    }

    /// The path of an operation on a record.
    fn path(&self, operation: &Operation, record: &str) -> String {
        let parts = operation.path.split('/').map(|part| match part {
            "{codelist_name}" => "fields".to_owned(),
            "{problem_code}" => "stale".to_owned(),
            "{year}" => "2011".to_owned(),
            "{scheme}" => "wikidata".to_owned(),
            "{value}" => format!("Q{}", self.next()),
            part if part.ends_with("_id}") => record.to_owned(),
            part if part.starts_with('{') => MISSING.to_owned(),
            part => part.to_owned(),
        });
        let about = if COMPUTED.contains(&operation.path.as_str()) { "?municipality=blagoveshchensk" } else { "" };
        parts.collect::<Vec<_>>().join("/") + about
    }

    fn body(&self, operation: &Operation) -> Option<Value> {
        let Some(Body::Json(schema)) = &operation.body else { return None };
        let known = || self.taken.lock().unwrap().get(&(operation.collection.unwrap(), "public".to_owned())).cloned();
        Some(match operation.shape {
            Shape::Update => json!({"tags": ["tried"]}),
            Shape::Create | Shape::Replace => known().unwrap_or_else(|| self.example(schema)),
            _ => self.example(schema),
        })
    }

    /// A record for an operation to be tried on.
    async fn target(&self, operation: &Operation, visibility: &str) -> String {
        let Some(collection) = operation.collection else { return String::new() };
        if collection == CollectionName::Municipalities && !matches!(operation.shape, Shape::Delete | Shape::Restore) {
            return "MUN-0001".to_owned();
        }
        let record = self.make(Caller::Admin, collection, visibility).await;
        let id = id(&record).to_owned();
        if operation.shape == Shape::Restore {
            let path = format!("/v1/{}/{id}", collection.path());
            let deleter = if collection.keeper() == Keeper::Municipality { Caller::Admin } else { Caller::Operator };
            self.send(deleter, "DELETE", &path, None).await.expect(204);
        }
        id
    }
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

fn remove(body: &mut Value, pointer: &str) {
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    match body.pointer_mut(parent) {
        Some(Value::Object(members)) => drop(members.remove(name)),
        Some(Value::Array(items)) => drop(items.remove(name.parse().unwrap())),
        _ => {}
    }
}

fn collections() -> BTreeSet<CollectionName> {
    let known: BTreeSet<_> = operations().iter().filter_map(|operation| operation.collection).collect();
    assert!(known.len() >= 2);
    known.into_iter().filter(|name| !SKIPPED.iter().any(|(skipped, _)| *skipped == name.as_str())).collect()
}
