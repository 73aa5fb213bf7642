//! Who may do and see what: every operation of the contract with every kind of caller, every
//! collection's records with every kind of onlooker, and what ends or narrows a key.
//!
//! It reads the contract, so that a new collection or operation is tried without a line here; an
//! operation of a shape that no rule covers fails.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use pobratim_api::issue_key;
use pobratim_domain::{ApiKey, CollectionName, Keeper, Role, Slug, Timestamp};
use pobratim_persistence::{Clock, Database, Error, Happened, Stamp, View};
use pobratim_tests::{App, NOW, Reply, municipality};
use serde_json::{Value, json};
use uuid::Uuid;

const CONTRACT: &str = include_str!("../../openapi/pobratim.v1.json");
const MISSING: &str = "01890a5d-ac96-774b-bcce-b302099a8057";
const SENTINEL: &str = "zanzibarianism";
/// Reads that are no collection's.
const DIRECTORY: &[&str] = &["changes", "codelists", "countries", "me", "problems"];
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
    body: Option<String>,
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
            let method = method.to_uppercase();
            let parts: Vec<&str> = path.strip_prefix("/v1/").unwrap().split('/').collect();
            let collection = CollectionName::parse(&parts[0].replace('-', "_"));
            let Some(shape) = shape(&method, &parts, collection) else {
                panic!("{id} ({method} {path}) is covered by no rule of this file: add one");
            };
            let security = operation.get("security").unwrap_or(&document["security"]).as_array().unwrap().clone();
            let content = operation["requestBody"]["content"].as_object();
            let body = content
                .and_then(|content| content.values().next())
                .map(|media| media["schema"]["$ref"].as_str().unwrap().rsplit('/').next().unwrap().to_owned());
            let is_open = security.contains(&json!({}));
            operations.push(Operation {
                id: id.to_owned(),
                method,
                path: path.clone(),
                shape,
                collection,
                is_open,
                body,
            });
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
        reply.json
    }

    /// The path of an operation on a record.
    fn path(&self, operation: &Operation, record: &str) -> String {
        let parts = operation.path.split('/').map(|part| match part {
            "{codelist_name}" => "fields".to_owned(),
            "{problem_code}" => "stale".to_owned(),
            "{scheme}" => "wikidata".to_owned(),
            "{value}" => format!("Q{}", self.next()),
            part if part.ends_with("_id}") => record.to_owned(),
            part if part.starts_with('{') => MISSING.to_owned(),
            part => part.to_owned(),
        });
        parts.collect::<Vec<_>>().join("/")
    }

    fn body(&self, operation: &Operation) -> Option<Value> {
        let schema = operation.body.as_ref()?;
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

#[tokio::test]
async fn what_changes_something_asks_for_a_key() {
    for operation in operations() {
        assert!(operation.shape == Shape::Read || !operation.is_open, "{} is open to all", operation.id);
        let keyed = operation.shape != Shape::Read || operation.path == "/v1/me";
        assert_eq!(keyed, !operation.is_open, "{}", operation.id);
    }
}

#[tokio::test]
async fn every_operation_refuses_whom_it_should_and_nothing_happens() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let target = world.target(&operation, "public").await;
        let before = world.revision().await;
        for caller in CALLERS.iter().chain(&[Caller::OtherAdmin]).copied().filter(|caller| !may(*caller, &operation)) {
            let path = world.path(&operation, &target);
            let reply = world.send(caller, &operation.method, &path, world.body(&operation)).await;
            let what = format!("{} as {caller:?}: {:#}", operation.id, reply.json);
            if caller == Caller::Anonymous {
                assert_eq!(
                    (reply.status.as_u16(), reply.json["code"].as_str()),
                    (401, Some("unauthenticated")),
                    "{what}"
                );
                assert!(reply.header("www-authenticate").starts_with("Bearer"), "{what}");
            } else if operation.shape == Shape::Restore
                && keeper(&operation) == Keeper::Municipality
                && matches!(caller, Caller::OtherEditor | Caller::OtherAdmin)
            {
                assert!(matches!(reply.status.as_u16(), 403 | 404), "{what}");
            } else {
                assert_eq!((reply.status.as_u16(), reply.json["code"].as_str()), (403, Some("forbidden")), "{what}");
            }
            tried += 1;
        }
        assert_eq!(world.revision().await, before, "{}: a refusal changes nothing", operation.id);
    }
    assert!(tried > 50, "{tried}");
}

#[tokio::test]
async fn every_operation_lets_in_whom_it_should() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let mut target = world.target(&operation, "public").await;
        for caller in CALLERS.iter().copied().filter(|caller| may(*caller, &operation)) {
            if matches!(operation.shape, Shape::Delete | Shape::Restore) {
                target = world.target(&operation, "public").await;
            }
            let path = world.path(&operation, &target);
            let body = world.body(&operation);
            let reply = match operation.shape {
                Shape::Create | Shape::Replace => {
                    let mut body = body.unwrap();
                    body["visibility"] = json!("public");
                    body["external_ids"] = json!([]);
                    world.repaired(caller, &operation.method, &path, body).await
                }
                _ => world.send(caller, &operation.method, &path, body).await,
            };
            let status = reply.status.as_u16();
            let what = format!("{} as {caller:?}: {status} {:#}", operation.id, reply.json);
            match operation.shape {
                Shape::Read | Shape::Update | Shape::Replace | Shape::Restore => assert_eq!(status, 200, "{what}"),
                Shape::Create => assert_eq!(status, 201, "{what}"),
                Shape::Delete => assert_eq!(status, 204, "{what}"),
                Shape::Action => {
                    // The record may not be in the state for it; some decisions are an approver's.
                    let is_approvers = caller == Caller::Editor
                        && reply.json["detail"].as_str().is_some_and(|detail| detail.contains(":approve"));
                    assert!(matches!(status, 200 | 400 | 404 | 409) || (status == 403 && is_approvers), "{what}");
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[tokio::test]
async fn another_municipality_cannot_touch_what_it_cannot_see() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let is_on_record =
            !matches!(operation.shape, Shape::Create | Shape::Replace) && operation.path.contains("_id}");
        if !is_on_record || keeper(&operation) != Keeper::Municipality {
            continue;
        }
        let target = world.target(&operation, "internal").await;
        let before = world.revision().await;
        for caller in [Caller::OtherEditor, Caller::OtherAdmin] {
            let reply =
                world.send(caller, &operation.method, &world.path(&operation, &target), world.body(&operation)).await;
            let is_approvers = caller == Caller::OtherEditor
                && reply.json["detail"].as_str().is_some_and(|detail| detail.contains(":approve"));
            assert!(
                reply.status == 404 || (reply.status == 403 && is_approvers),
                "{} as {caller:?}: {:#}",
                operation.id,
                reply.json
            );
            tried += 1;
        }
        assert_eq!(world.revision().await, before, "{}", operation.id);
    }
    let kept = collections().iter().filter(|name| name.keeper() == Keeper::Municipality).count();
    assert!(tried >= kept * 10, "{tried}");
}

/// The visibilities of Blagoveshchensk's records that an onlooker sees.
fn sees(caller: Caller) -> &'static [&'static str] {
    match caller {
        Caller::Anonymous | Caller::Operator | Caller::OtherEditor | Caller::OtherAdmin => &["public"],
        Caller::Reader | Caller::Editor => &["public", "partner", "internal"],
        Caller::Admin => &["public", "partner", "internal", "restricted"],
    }
}

fn ids(reply: &Reply, member: &str) -> BTreeSet<String> {
    let items = reply.json["items"].as_array().unwrap();
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

async fn look(world: &World, collection: CollectionName) {
    let all = format!("/v1/{}", collection.path());
    let levels = ["public", "partner", "internal", "restricted"];
    let mut records = BTreeMap::new();
    for level in levels {
        let external = format!("Q{collection}{level}");
        let more = json!({"notes": SENTINEL, "tags": ["looked-at"], "external_ids": [{"scheme": "wikidata", "value": external}]});
        let record = world.make_with(Caller::Admin, collection, level, more).await;
        assert_eq!(record["notes"], SENTINEL);
        records.insert(level, (id(&record).to_owned(), record["ref"].as_str().unwrap().to_owned(), external));
    }
    let reads: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| {
            operation.shape == Shape::Read
                && operation.collection == Some(collection)
                && operation.path.contains("_id}")
        })
        .collect();
    assert!(reads.len() >= 2, "the record and its history");
    for caller in CALLERS.iter().chain(&[Caller::OtherAdmin]).copied() {
        let what = format!("{collection} as {caller:?}");
        let is_own = matches!(caller, Caller::Reader | Caller::Editor | Caller::Admin);
        let seen: BTreeSet<String> = sees(caller).iter().map(|level| records[level].0.clone()).collect();
        let mut told = Vec::new();
        for (level, (id, reference, external)) in &records {
            let is_seen = sees(caller).contains(level);
            for operation in &reads {
                let reply = world.get(caller, &world.path(operation, id)).await;
                let expected = if is_seen { 200 } else { 404 };
                assert_eq!(reply.status, expected, "{what}: {} of the {level} one {:#}", operation.id, reply.json);
                told.push(reply);
            }
            let by_reference = world.get(caller, &format!("{all}/{reference}")).await;
            assert_eq!(by_reference.status, if is_seen { 200 } else { 404 }, "{what}: {reference}");
            if !is_seen {
                let missing = world.get(caller, &format!("{all}/{MISSING}")).await;
                for member in ["code", "detail", "title", "status", "type"] {
                    assert_eq!(by_reference.json[member], missing.json[member], "{what}: it is like a missing one");
                }
            }
            for filter in [
                format!("ref={reference}"),
                format!("external_id=wikidata:{external}"),
                format!("visibility={level}&tag=looked-at"),
            ] {
                let reply = world.get(caller, &format!("{all}?{filter}")).await.expect(200);
                assert_eq!(ids(&reply, "id").contains(id), is_seen, "{what}: {filter}");
            }
            if caller == Caller::Editor && !is_seen {
                let tags = Some(json!({"tags": ["looked-at"]}));
                let write = world.send(caller, "PATCH", &format!("{all}/{id}"), tags).await;
                write.expect_problem(404, "not_found");
            }
        }
        let counted = world.app.get(&format!("{all}?tag=looked-at")).header("Prefer", "count=exact");
        let counted = match world.keys.get(&caller) {
            Some(key) => counted.key(key),
            None => counted,
        };
        let list = counted.send().await.expect(200);
        assert_eq!(ids(&list, "id"), seen, "{what}");
        assert_eq!(list.json["page"]["total"], seen.len(), "{what}: what is not seen is not counted");
        told.push(list);
        let changes = world.get(caller, &format!("/v1/changes?collection={collection}")).await.expect(200);
        let of_these: BTreeSet<String> = records.values().map(|(id, ..)| id.clone()).collect();
        let in_feed: BTreeSet<String> = ids(&changes, "record_id").intersection(&of_these).cloned().collect();
        assert_eq!(in_feed, seen, "{what}: the feed");
        told.push(changes);
        told.push(world.get(caller, &format!("{all}?q={SENTINEL}")).await.expect(200));
        assert_eq!(told.last().unwrap().json["items"], json!([]), "{what}: notes are not searched");
        for reply in &told {
            let has_notes = String::from_utf8_lossy(&reply.bytes).contains(SENTINEL);
            assert!(is_own || !has_notes, "{what}: notes are told: {:#}", reply.json);
        }
        let has_notes = told.iter().any(|reply| String::from_utf8_lossy(&reply.bytes).contains(SENTINEL));
        assert_eq!(has_notes, is_own, "{what}: the office reads its own notes");
    }
}

/// Every second collection that municipalities keep, so that no test is long.
async fn look_at_every_second(from: usize) {
    let kept: Vec<_> = collections().into_iter().filter(|name| name.keeper() == Keeper::Municipality).collect();
    assert!(kept.len() >= 2, "{kept:?}");
    let world = World::new().await;
    for collection in kept.into_iter().skip(from).step_by(2) {
        look(&world, collection).await;
    }
}

#[tokio::test]
async fn records_are_seen_by_those_they_are_for() {
    look_at_every_second(0).await;
}

#[tokio::test]
async fn other_records_are_seen_by_those_they_are_for() {
    look_at_every_second(1).await;
}

#[tokio::test]
async fn what_all_share_is_public_but_for_its_notes() {
    let world = World::new().await;
    for collection in collections().into_iter().filter(|name| name.keeper() != Keeper::Municipality) {
        let record = world.make_with(Caller::Admin, collection, "public", json!({"notes": SENTINEL})).await;
        let path = format!("/v1/{}/{}", collection.path(), id(&record));
        for read in
            [path.clone(), format!("{path}/history"), format!("/v1/{}", collection.path()), "/v1/changes".to_owned()]
        {
            let reply = world.get(Caller::Anonymous, &read).await.expect(200);
            assert!(String::from_utf8_lossy(&reply.bytes).contains(id(&record)), "{read}");
            assert!(!String::from_utf8_lossy(&reply.bytes).contains(SENTINEL), "{read}: notes are never public");
        }
        for level in ["partner", "internal", "restricted"] {
            let patch = Some(json!({"visibility": level}));
            world.send(Caller::Operator, "PATCH", &path, patch).await.expect_problem(400, "invalid_body");
        }
    }
}

#[tokio::test]
async fn what_is_not_seen_cannot_be_referred_to() {
    let world = World::new().await;
    let tie = world.make(Caller::Admin, CollectionName::Partnerships, "restricted").await;
    let paper = |partnership: &str| json!({"kind": "twinning_agreement", "title": {"en": "Agreement"}, "partnership": partnership});
    for caller in [Caller::Editor, Caller::OtherEditor, Caller::OtherAdmin] {
        let mut details = Vec::new();
        for target in [id(&tie), MISSING] {
            let reply = world
                .send(caller, "POST", "/v1/agreements", Some(paper(target)))
                .await
                .expect_problem(400, "invalid_body");
            assert_eq!(reply.faults(), [("/partnership".into(), "unknown_reference".into())]);
            details.push(reply.json["errors"][0]["detail"].as_str().unwrap().replace(target, "it"));
        }
        assert_eq!(details[0], details[1], "it is like a missing one");
    }
    world.send(Caller::Admin, "POST", "/v1/agreements", Some(paper(id(&tie)))).await.expect(201);
}

async fn key(app: &App, key: ApiKey) -> String {
    issue_key(&app.database, key, Some(Slug::parse("blagoveshchensk").unwrap()), "test").await.unwrap()
}

fn plain(role: Role) -> ApiKey {
    ApiKey { owner: "A test".to_owned(), role, scopes: Vec::new(), expires_at: None, revoked_at: None }
}

#[tokio::test]
async fn a_key_ends_by_itself() {
    let app = App::with_city().await;
    let now = Timestamp::parse(NOW).unwrap().as_micros();
    let ending = ApiKey { expires_at: Some(Timestamp::from_micros(now + 60_000_000)), ..plain(Role::Editor) };
    let ending = key(&app, ending).await;
    let me = app.get("/v1/me").key(&ending).send().await.expect(200);
    assert_eq!((&me.json["role"], &me.json["municipality"]), (&json!("editor"), &json!("blagoveshchensk")));
    app.clock.advance(Duration::from_secs(59));
    app.get("/v1/me").key(&ending).send().await.expect(200);
    app.clock.advance(Duration::from_secs(1));
    app.get("/v1/me").key(&ending).send().await.expect_problem(401, "unauthenticated");
    // Nor does it read what is public: a client with a dead key is to notice.
    app.get("/v1/places").key(&ending).send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_is_revoked_at_once_everywhere() {
    let app = App::with_city().await;
    let text = key(&app, plain(Role::Editor)).await;
    app.get("/v1/me").key(&text).send().await.expect(200);
    // Another process revokes it.
    let other = Database::open(
        app.store.url.clone(),
        Some("a secret of the suite"),
        Clock::fixed(Timestamp::parse(NOW).unwrap(), 9),
    )
    .await
    .unwrap();
    let id = Uuid::parse_str(text.split('_').nth(1).unwrap()).unwrap();
    let revoke = other.write(Stamp::system("test"), None, move |tx| async move {
        let before = tx.get::<ApiKey>(&View::System, id).await?;
        let mut record = before.record.clone();
        record.body.revoked_at = Some(tx.now());
        tx.update(&View::System, before, record, Happened::plain("revoked")).await?;
        Ok::<_, Error>(())
    });
    revoke.await.unwrap();
    app.get("/v1/me").key(&text).send().await.expect_problem(401, "unauthenticated");
    let (head, secret) = text.rsplit_once('_').unwrap();
    let good = key(&app, plain(Role::Editor)).await;
    let cut = &good[..good.len() - 1];
    for wrong in
        [head, cut, &format!("{good}0"), &format!("{}_{secret}", good.rsplit_once('_').unwrap().0), "pbk_", "x", ""]
    {
        app.get("/v1/me").key(wrong).send().await.expect_problem(401, "unauthenticated");
    }
    for scheme in ["Basic", "bearer", "Token"] {
        let status = app.get("/v1/me").header("Authorization", &format!("{scheme} {good}")).send().await.status;
        assert_eq!(status, if scheme == "bearer" { 200 } else { 401 }, "{scheme}");
    }
}

#[tokio::test]
async fn scopes_narrow_a_key_and_never_widen_it() {
    let app = App::with_city().await;
    let narrowed = async |role: Role, scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        key(&app, ApiKey { scopes, ..plain(role) }).await
    };
    let place = || {
        json!({
            "kind": "municipality", "country": "CN", "visibility": "public",
            "names": [{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}],
        })
    };
    let places = narrowed(Role::Admin, &["places:read"]).await;
    app.get("/v1/places").key(&places).send().await.expect(200);
    app.get("/v1/municipalities").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/municipalities/MUN-0001").key(&places).send().await.expect_problem(403, "forbidden");
    let refused = app.post("/v1/places", place()).key(&places).send().await.expect_problem(403, "forbidden");
    assert!(refused.json["detail"].as_str().unwrap().contains("places:create"), "{:#}", refused.json);
    assert_eq!(app.get("/v1/me").key(&places).send().await.json["scopes"], json!(["places:read"]));

    let reader = narrowed(Role::Reader, &["*:*"]).await;
    app.post("/v1/places", place()).key(&reader).send().await.expect_problem(403, "forbidden");
    let writer = narrowed(Role::Editor, &["places:write"]).await;
    let made = app.post("/v1/places", place()).key(&writer).send().await.expect(201);
    let path = format!("/v1/places/{}", id(&made.json));
    app.request("DELETE", &path).key(&writer).if_match("*").send().await.expect_problem(403, "forbidden");
    app.get(&path).key(&writer).send().await.expect_problem(403, "forbidden");

    // The feed and what is sent along are no way around.
    let editor = app.editor().await;
    let body = json!({"kind": "association", "names": [{"text": "Secret", "lang": "en", "preferred": true}], "visibility": "internal", "country": "RU"});
    app.create("organizations", &editor, body).await;
    let seen = |reply: &Reply| -> BTreeSet<String> {
        let items = reply.json["items"].as_array().unwrap();
        items.iter().map(|item| item["collection"].as_str().unwrap().to_owned()).collect()
    };
    let feed = app.get("/v1/changes").key(&places).send().await.expect(200);
    assert_eq!(seen(&feed), BTreeSet::from(["places".to_owned()]));
    let whole = app.get("/v1/changes").key(&editor).send().await.expect(200);
    assert!(seen(&whole).contains("organizations") && seen(&whole).contains("municipalities"));
    app.get("/v1/changes?collection=organizations").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/changes?collection=places").key(&places).send().await.expect(200);
    app.get("/v1/changes").key(&writer).send().await.expect_problem(403, "forbidden");
    app.get("/v1/places?expand=organizations").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/places?expand=places").key(&places).send().await.expect(200);
    let ties = narrowed(Role::Admin, &["partnerships:read", "agreements:read", "exchanges:read"]).await;
    let summary = format!("/v1/partnerships/{MISSING}/summary");
    let refused = app.get(&summary).key(&ties).send().await.expect_problem(403, "forbidden");
    assert!(refused.json["detail"].as_str().unwrap().contains("events:read"), "{:#}", refused.json);
}
