//! The operations as the contract describes them: the standard ones for any collection, and the
//! parts that others are put together from.

use pobratim_domain::{Collection, CollectionName, Keeper};
use pobratim_persistence::{COMMON_SORTS, Filter, FilterBy, Stored};
use serde_json::{Map, Value, json};

use crate::contract::forms::reference;
use crate::query::{EXPANDABLE, MOST};

/// An operation being described.
pub(crate) struct Operation(Value);

/// What to call a collection in sentences.
pub(crate) fn plural(collection: CollectionName) -> String {
    collection.as_str().replace('_', " ")
}

/// One record of a collection, with its article.
pub(crate) fn one(collection: CollectionName) -> String {
    let name = collection.singular().replace('_', " ");
    let article = if name.starts_with(['a', 'e', 'i', 'o', 'u']) { "an" } else { "a" };
    format!("{article} {name}")
}

impl Operation {
    /// An operation with its name in SDKs, its tag and its one line.
    pub(crate) fn new(id: &str, tag: &str, summary: &str, description: &str) -> Self {
        let mut responses = Map::new();
        for (status, name) in [("400", "BadRequest"), ("429", "TooManyRequests"), ("default", "Problem")] {
            responses.insert(status.to_owned(), shared(name));
        }
        Self(json!({
            "operationId": id, "tags": [tag], "summary": summary, "description": description,
            "parameters": [], "responses": responses,
        }))
    }

    /// Anybody may call it; a key shows more.
    pub(crate) fn public(mut self) -> Self {
        self.0["security"] = json!([{}, {"api_key": []}]);
        self.refused("401", "Unauthorized").refused("403", "Forbidden")
    }

    /// Anybody may call it, and a key makes no difference.
    pub(crate) fn open(mut self) -> Self {
        self.0["security"] = json!([{}]);
        self
    }

    /// Only with a key.
    pub(crate) fn secured(self) -> Self {
        self.refused("401", "Unauthorized").refused("403", "Forbidden")
    }

    /// It may refuse like this.
    pub(crate) fn refused(mut self, status: &str, name: &str) -> Self {
        self.0["responses"][status] = shared(name);
        self
    }

    /// A parameter.
    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        if let Some(parameters) = self.0["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// A shared parameter.
    pub(crate) fn shared_parameter(self, name: &str) -> Self {
        self.parameter(json!({"$ref": format!("#/components/parameters/{name}")}))
    }

    /// The record a path names.
    pub(crate) fn record<T: Collection>(self) -> Self {
        let name = T::NAME.singular();
        let reference = format!("{}-0007", T::NAME.prefix());
        let description = format!("The id of {}, or its ref, such as {reference}.", one(T::NAME));
        self.path_text(&format!("{name}_id"), &description, &[&reference]).refused("404", "NotFound")
    }

    /// A text in the path.
    pub(crate) fn path_parameter(self, name: &str, description: &str) -> Self {
        self.path_text(name, description, &[])
    }

    fn path_text(self, name: &str, description: &str, examples: &[&str]) -> Self {
        let mut schema = json!({"type": "string", "minLength": 1, "maxLength": 200});
        if !examples.is_empty() {
            schema["examples"] = json!(examples);
        }
        self.parameter(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        }))
    }

    /// A body.
    pub(crate) fn body(self, schema: &str, description: &str) -> Self {
        self.sent("application/json", schema, description)
    }

    /// A merge patch.
    pub(crate) fn merge_patch(self, schema: &str, description: &str) -> Self {
        self.sent("application/merge-patch+json", schema, description)
    }

    fn sent(mut self, media_type: &str, schema: &str, description: &str) -> Self {
        self.0["requestBody"] = json!({
            "required": true, "description": description, "content": {media_type: {"schema": reference(schema)}},
        });
        self.refused("413", "ContentTooLarge")
            .refused("415", "UnsupportedMediaType")
            .refused("422", "UnprocessableContent")
    }

    /// What it answers.
    pub(crate) fn answers(mut self, status: &str, schema: &str, description: &str, headers: &[&str]) -> Self {
        let mut response = json!({
            "description": description, "content": {"application/json": {"schema": reference(schema)}},
        });
        response["headers"] = header_refs(headers);
        self.0["responses"][status] = response;
        self
    }

    /// It answers without a body.
    pub(crate) fn answers_nothing(mut self, status: &str, description: &str, headers: &[&str]) -> Self {
        let mut response = json!({"description": description});
        response["headers"] = header_refs(headers);
        self.0["responses"][status] = response;
        self
    }

    /// It can be asked conditionally.
    pub(crate) fn conditional(self) -> Self {
        self.shared_parameter("IfNoneMatch").answers_nothing("304", "Nothing has changed.", &["ETag"])
    }

    /// It changes a record: the client says which version it has seen, and repeats safely.
    pub(crate) fn changes_state(self) -> Self {
        self.shared_parameter("IfMatch")
            .shared_parameter("IdempotencyKey")
            .secured()
            .refused("404", "NotFound")
            .refused("409", "Conflict")
            .refused("412", "PreconditionFailed")
            .refused("428", "PreconditionRequired")
            .refused("422", "UnprocessableContent")
            .refused("503", "ServiceUnavailable")
    }

    pub(crate) fn done(self) -> Value {
        self.0
    }
}

fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

fn header_refs(names: &[&str]) -> Value {
    let all = names.iter().chain(&["API-Version", "X-Request-Id"]);
    let refs =
        all.map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{}", header_key(name))})));
    Value::Object(refs.collect())
}

/// The name of a header among the components.
pub(crate) fn header_key(name: &str) -> String {
    name.replace('-', "")
}

/// An action of a record with a meaning of its own: `POST /v1/{collection}/{id}/{action}`.
pub(crate) fn action<T: Collection>(id: &str, summary: &str, description: &str, input: Option<&str>) -> Value {
    let name = T::NAME.type_name();
    let operation = Operation::new(id, T::NAME.as_str(), summary, description).record::<T>().changes_state().answers(
        "200",
        &name,
        "The record as it is now.",
        &["ETag"],
    );
    match input {
        Some(input) => operation.body(input, "What is to be recorded.").done(),
        None => operation.done(),
    }
}

/// The standard operations of a collection.
pub(crate) struct Standard {
    pub(crate) list: Value,
    pub(crate) create: Value,
    pub(crate) get: Value,
    pub(crate) update: Value,
    pub(crate) delete: Value,
    pub(crate) restore: Value,
    pub(crate) history: Value,
    pub(crate) replace: Value,
}

/// Describes the standard operations of a collection.
pub(crate) fn standard<T: Stored>() -> Standard {
    let (tag, singular, name) = (T::NAME.as_str(), T::NAME.singular(), T::NAME.type_name());
    let (many, one) = (plural(T::NAME), one(T::NAME));
    let (seen, writers, creators, deleters) = who(T::NAME);
    let (input, patch, page) = (format!("{name}Input"), format!("{name}Patch"), format!("{name}Page"));
    let op = |verb: &str, summary: &str, description: String| Operation::new(verb, tag, summary, &description);
    Standard {
        list: list::<T>(op(
            &format!("list_{tag}"),
            &format!("List {many}"),
            format!("{seen} A page has at most {MOST} records; follow `next_cursor` to the end. The order is complete and free of doubles for records whose sort key did not change meanwhile."),
        ))
        .public()
        .conditional()
        .answers("200", &page, "A page.", &["ETag", "Link"])
        .done(),
        create: op(
            &format!("create_{singular}"),
            &format!("Create {one}"),
            format!("{creators} Every fault of the body is listed at once. With an Idempotency-Key the same request happens once, however often it is sent."),
        )
        .shared_parameter("IdempotencyKey")
        .secured()
        .body(&input, &format!("The new {}.", singular.replace('_', " ")))
        .refused("409", "Conflict")
        .refused("503", "ServiceUnavailable")
        .answers("201", &name, "The record as it was stored.", &["Location", "ETag"])
        .done(),
        get: op(&format!("get_{singular}"), &format!("Get {one}"), format!("{seen} What may not be seen is not found."))
            .record::<T>()
            .public()
            .conditional()
            .answers("200", &name, "The record.", &["ETag"])
            .done(),
        update: op(
            &format!("update_{singular}"),
            &format!("Change {one}"),
            format!("{writers} A merge patch (RFC 7396): members that are left out stay, null removes an optional one, lists are replaced whole. Members that the server manages may be sent back unchanged. A patch that changes nothing makes no new version."),
        )
        .record::<T>()
        .shared_parameter("IfMatch")
        .secured()
        .merge_patch(&patch, "What to change.")
        .refused("409", "Conflict")
        .refused("412", "PreconditionFailed")
        .refused("428", "PreconditionRequired")
        .refused("503", "ServiceUnavailable")
        .answers("200", &name, "The record as it is now.", &["ETag"])
        .done(),
        delete: op(
            &format!("delete_{singular}"),
            &format!("Delete {one}"),
            format!("{deleters} The record can be restored. What others refer to cannot go; the problem counts them."),
        )
        .record::<T>()
        .shared_parameter("IfMatch")
        .secured()
        .refused("409", "Conflict")
        .refused("412", "PreconditionFailed")
        .refused("428", "PreconditionRequired")
        .refused("503", "ServiceUnavailable")
        .answers_nothing("204", "It is deleted. The ETag is what restoring it needs.", &["ETag"])
        .done(),
        restore: op(
            &format!("restore_{singular}"),
            &format!("Restore {one}"),
            format!("{deleters} What it refers to must still be there, and nothing may have taken its unique names."),
        )
        .record::<T>()
        .changes_state()
        .answers("200", &name, "The record, back again.", &["ETag"])
        .done(),
        history: op(
            &format!("list_{singular}_history"),
            &format!("List the changes of {one}"),
            format!("{seen} Every change, oldest first: who, when, what. Who did it is told within the municipality only."),
        )
        .record::<T>()
        .shared_parameter("Limit")
        .parameter(revision_cursor("cursor", "Where the last page ended: its `next_cursor`."))
        .public()
        .conditional()
        .answers("200", "ChangePage", "A page of changes.", &["ETag"])
        .done(),
        replace: op(
            &format!("replace_{singular}_by_external_id"),
            &format!("Create or replace {one} by external id"),
            format!("{writers} How another system keeps its copy in step: the record with this external id is replaced, or made when there is none. Optional members that are left out are removed."),
        )
        .path_parameter("scheme", "The other system, a code of the list external_id_schemes.")
        .path_parameter("value", "The record's name there.")
        .shared_parameter("OptionalIfMatch")
        .secured()
        .body(&input, "The record as the other system has it.")
        .refused("404", "NotFound")
        .refused("409", "Conflict")
        .refused("412", "PreconditionFailed")
        .refused("503", "ServiceUnavailable")
        .answers("200", &name, "The record as it is now; `Location` is there when it is new.", &["ETag", "Location"])
        .done(),
    }
}

/// Who may do what, in sentences.
fn who(collection: CollectionName) -> (&'static str, &'static str, &'static str, &'static str) {
    match collection.keeper() {
        Keeper::Municipality => (
            "Anybody sees what is public; a key also what its municipality keeps.",
            "For editors of the municipality that keeps the record.",
            "For editors; the record belongs to their municipality.",
            "For editors of the municipality that keeps the record.",
        ),
        Keeper::Shared => (
            "Open to everybody: the directory is shared.",
            "For editors of any municipality, and the operator.",
            "For editors of any municipality, and the operator.",
            "For the operator.",
        ),
        Keeper::Installation => (
            "Open to everybody.",
            "For the operator, and the municipality's own admin.",
            "For the operator.",
            "For the operator.",
        ),
    }
}

fn list<T: Stored>(mut operation: Operation) -> Operation {
    for name in
        ["Limit", "Cursor", "CountExact", "Ref", "Municipality", "Visibility", "Tag", "ExternalIdFilter", "Words"]
    {
        operation = operation.shared_parameter(name);
    }
    operation = operation.parameter(json!({
        "name": "sort", "in": "query", "description": "What to sort by; - reverses it.",
        "schema": reference(&format!("{}Sort", T::NAME.type_name())),
    }));
    operation = operation.parameter(json!({
        "name": "expand", "in": "query", "style": "form", "explode": false,
        "description": "What to send along of the records referred to.",
        "schema": {"type": "array", "items": reference("Expandable"), "minItems": 1, "maxItems": EXPANDABLE.len()},
    }));
    T::FILTERS.iter().flat_map(filter).fold(operation, Operation::parameter)
}

fn filter(filter: &Filter) -> Vec<Value> {
    let many = |items: Value| {
        json!({
            "name": filter.name, "in": "query", "style": "form", "explode": false, "description": filter.description,
            "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": 50},
        })
    };
    match filter.by {
        FilterBy::Code { schema, .. } | FilterBy::Term { schema, .. } => vec![many(reference(schema))],
        FilterBy::Reference { .. } | FilterBy::Link { .. } => vec![many(json!({"type": "string", "format": "uuid"}))],
        FilterBy::Whole { .. } => vec![many(json!({"type": "integer", "format": "int64", "minimum": 0}))],
        FilterBy::Flag { .. } => vec![json!({
            "name": filter.name, "in": "query", "description": filter.description, "schema": {"type": "boolean"},
        })],
        FilterBy::Days { .. } => [("from", "ends on this day or later"), ("to", "begins on this day or earlier")]
            .map(|(end, meaning)| {
                json!({
                    "name": format!("{}_{end}", filter.name), "in": "query",
                    "description": format!("{} It {meaning}; a month or a year stands for its first or last day.", filter.description),
                    "schema": {"type": "string", "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$", "maxLength": 10},
                })
            })
            .to_vec(),
    }
}

/// A cursor that is a revision.
pub(crate) fn revision_cursor(name: &str, description: &str) -> Value {
    json!({
        "name": name, "in": "query", "description": description,
        "schema": {"type": "string", "pattern": "^([0-9a-f]{1,32}-)?[0-9]{1,18}$", "maxLength": 51},
    })
}

/// The sort keys of a collection, as a schema.
pub(crate) fn sorts<T: Stored>() -> Value {
    let sorts = COMMON_SORTS.iter().chain(T::SORTS);
    let keys = sorts.clone().flat_map(|sort| [sort.name.to_owned(), format!("-{}", sort.name)]);
    // Generators find no name for a value that begins with a hyphen.
    let names = sorts.map(|sort| sort.name.to_ascii_uppercase()).flat_map(|name| [name.clone(), name + "_DESCENDING"]);
    json!({
        "type": "string", "enum": keys.collect::<Vec<_>>(), "x-enum-varnames": names.collect::<Vec<_>>(),
        "default": "created_at",
        "description": format!("What {} can be sorted by; - reverses the order.", plural(T::NAME)),
    })
}
