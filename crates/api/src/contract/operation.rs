//! The operations as the contract describes them: the standard ones for any collection, and the
//! parts that others are put together from.

use pobratim_domain::{Collection, CollectionName, Keeper};
use pobratim_persistence::{COMMON_SORTS, Filter, FilterBy, MERGEABLE, Stored};
use serde_json::{Map, Value, json};

use crate::contract::forms::reference;
use crate::contract::prose::{holders, paragraphs, readers};
use crate::export::{self, ListForm};
use crate::problem::{
    ALREADY_EXISTS, AMBIGUOUS_REF, HAS_DEPENDENTS, HELD, INVALID_STATE, MERGED, MISSING_REFERENCE, ProblemType,
};
use crate::query::{EXPANDABLE, VALUES, has_keeper};

/// An operation being described.
pub(crate) struct Operation {
    pub(super) value: Value,
    access: String,
    /// The kinds of problem that only some operations with their status have.
    kinds: Vec<&'static ProblemType>,
}

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
        let value = json!({
            "operationId": id, "tags": [tag], "summary": summary, "description": description,
            "parameters": [], "responses": responses,
        });
        Self { value, access: String::new(), kinds: Vec::new() }
    }

    /// Anybody may call it; a key shows more.
    pub(crate) fn public(mut self, access: impl Into<String>) -> Self {
        self.access = access.into();
        self.value["security"] = json!([{}, {"api_key": []}]);
        self.refused("401", "Unauthorized").refused("403", "Forbidden").refused("503", "ServiceUnavailable")
    }

    /// Anybody may call it, and a key makes no difference.
    pub(crate) fn open(mut self) -> Self {
        self.access = "everybody; a key makes no difference.".to_owned();
        self.value["security"] = json!([{}]);
        self
    }

    /// Only with a key.
    pub(crate) fn secured(mut self, access: impl Into<String>) -> Self {
        self.access = access.into();
        self.refused("401", "Unauthorized").refused("403", "Forbidden")
    }

    /// These stand in the way, by their kinds.
    pub(crate) fn conflicts(mut self, kinds: &[&'static ProblemType]) -> Self {
        self.kinds.extend(kinds);
        self.refused("409", "Conflict")
    }

    /// It is a change of a record: the client says which version it has seen.
    pub(crate) fn versioned(self) -> Self {
        self.shared_parameter("IfMatch")
            .refused("412", "PreconditionFailed")
            .refused("428", "PreconditionRequired")
            .refused("503", "ServiceUnavailable")
    }

    /// It may refuse like this.
    pub(crate) fn refused(mut self, status: &str, name: &str) -> Self {
        self.value["responses"][status] = shared(name);
        self
    }

    /// A parameter.
    pub(crate) fn parameter(mut self, parameter: Value) -> Self {
        if let Some(parameters) = self.value["parameters"].as_array_mut() {
            parameters.push(parameter);
        }
        self
    }

    /// A shared parameter.
    pub(crate) fn shared_parameter(self, name: &str) -> Self {
        self.parameter(json!({"$ref": format!("#/components/parameters/{name}")}))
    }

    /// The record a path names.
    pub(crate) fn record<T: Collection>(mut self) -> Self {
        if T::NAME.keeper() == Keeper::Municipality {
            self.kinds.push(&AMBIGUOUS_REF);
        }
        if MERGEABLE.contains(&T::NAME) {
            self.kinds.push(&MERGED);
        }
        let name = T::NAME.singular();
        let reference = format!("{}-0007", T::NAME.prefix());
        let description = format!("The id of {}, or its ref, such as {reference}.", one(T::NAME));
        self.path_parameter(&format!("{name}_id"), &description, &[&reference]).refused("404", "NotFound")
    }

    /// A text in the path.
    pub(crate) fn path_parameter(self, name: &str, description: &str, examples: &[&str]) -> Self {
        let schema = json!({"type": "string", "minLength": 1, "maxLength": 200, "examples": examples});
        self.parameter(json!({
            "name": name, "in": "path", "required": true, "description": description, "schema": schema,
        }))
    }

    /// A body.
    pub(crate) fn body(self, schema: &str, description: &str) -> Self {
        self.sent("application/json", reference(schema), description)
    }

    /// A merge patch.
    pub(crate) fn merge_patch(self, schema: &str, description: &str) -> Self {
        self.sent("application/merge-patch+json", reference(schema), description)
    }

    #[expect(clippy::needless_pass_by_value, reason = "a schema is made where it is sent")]
    pub(super) fn sent(mut self, media_type: &str, schema: Value, description: &str) -> Self {
        self.value["requestBody"] = json!({
            "required": true, "description": description, "content": {media_type: {"schema": schema}},
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
        self.value["responses"][status] = response;
        self
    }

    /// What it answers, as a text of another type than JSON.
    pub(crate) fn answers_text(mut self, media_type: &str, description: &str, headers: &[&str]) -> Self {
        self.value["responses"]["200"] =
            json!({"description": description, "content": {}, "headers": header_refs(headers)});
        self.also(media_type, description)
    }

    /// The same in another type, as a text.
    pub(crate) fn also(mut self, media_type: &str, description: &str) -> Self {
        let schema = json!({"type": "string", "description": description});
        self.value["responses"]["200"]["content"][media_type] = json!({"schema": schema});
        self
    }

    /// The same in another type, as bytes.
    pub(crate) fn also_binary(self, media_type: &str, description: &str) -> Self {
        let mut operation = self.also(media_type, description);
        operation.value["responses"]["200"]["content"][media_type]["schema"]["format"] = "binary".into();
        operation
    }

    /// It answers without a body.
    pub(crate) fn answers_nothing(mut self, status: &str, description: &str, headers: &[&str]) -> Self {
        let mut response = json!({"description": description});
        response["headers"] = header_refs(headers);
        self.value["responses"][status] = response;
        self
    }

    /// What was merged into another record is found there.
    pub(crate) fn led_on<T: Collection>(self) -> Self {
        if !MERGEABLE.contains(&T::NAME) {
            return self;
        }
        let name = T::NAME.singular();
        self.answers_nothing("308", &format!("The {name} was merged into another: it is there."), &["Location"])
    }

    /// It can be asked conditionally.
    pub(crate) fn conditional(self) -> Self {
        self.shared_parameter("IfNoneMatch").answers_nothing("304", "Nothing has changed.", &["ETag"])
    }

    /// It changes a record: the client says which version it has seen, and repeats safely.
    pub(crate) fn changes_state(self, access: impl Into<String>) -> Self {
        self.versioned()
            .shared_parameter("IdempotencyKey")
            .secured(access)
            .refused("404", "NotFound")
            .refused("422", "UnprocessableContent")
    }

    pub(crate) fn done(mut self) -> Value {
        let description = self.value["description"].as_str().unwrap_or_default();
        self.value["description"] =
            format!("{description}{}", paragraphs(&self.value, &self.access, &self.kinds)).into();
        self.value
    }
}

fn shared(name: &str) -> Value {
    json!({"$ref": format!("#/components/responses/{name}")})
}

pub(crate) fn header_refs(names: &[&str]) -> Value {
    let all = names.iter().chain(&["API-Version", "X-Request-Id"]);
    let refs =
        all.map(|name| ((*name).to_owned(), json!({"$ref": format!("#/components/headers/{}", header_key(name))})));
    Value::Object(refs.collect())
}

/// The name of a header among the components.
pub(crate) fn header_key(name: &str) -> String {
    name.replace('-', "")
}

/// An action of a record with a meaning of its own, for those who hold a verb of its collection:
/// `POST /v1/{collection}/{id}/{action}`.
pub(crate) fn action<T: Collection>(
    id: &str,
    verb: &'static str,
    summary: &str,
    description: &str,
    input: &str,
) -> Value {
    Operation::new(id, T::NAME.as_str(), summary, description)
        .record::<T>()
        .changes_state(holders(T::NAME, verb))
        .conflicts(&[&INVALID_STATE])
        .body(input, "What is to be recorded.")
        .answers("200", &T::NAME.type_name(), "The record as it is now.", &["ETag"])
        .done()
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
pub(crate) fn standard<T: Stored>(shown: Option<ListForm>) -> Standard {
    let (tag, singular, name) = (T::NAME.as_str(), T::NAME.singular(), T::NAME.type_name());
    let (many, one) = (plural(T::NAME), one(T::NAME));
    let readers = readers(T::NAME);
    let holders = |verb: &'static str| holders(T::NAME, verb);
    // Only what walks through states has elements that hold a decision or a stance.
    let conflicts: &[&'static ProblemType] =
        if T::STATE.is_some() { &[&ALREADY_EXISTS, &HELD] } else { &[&ALREADY_EXISTS] };
    let (input, patch, page) = (format!("{name}Input"), format!("{name}Patch"), format!("{name}Page"));
    let op = |id: &str, summary: &str, description: &str| Operation::new(id, tag, summary, description);
    Standard {
        list: export::answers(list::<T>(op(
            &format!("list_{tag}"),
            &format!("List {many}"),
            &format!("{}, a page at a time: follow `next_cursor` until it is absent. The order is complete and free of doubles for records whose sort key did not change meanwhile. Different filters must all fit; `q` finds words in any script.{}", capitalized(&many), export::told(shown)),
        ), shown)
        .public(&readers)
        .conditional()
        .answers("200", &page, "A page.", &["ETag", "Link"]), shown)
        .done(),
        create: op(
            &format!("create_{singular}"),
            &format!("Create {one}"),
            "Every fault of the body is listed at once. With an Idempotency-Key the same request happens once, however often it is sent.",
        )
        .shared_parameter("IdempotencyKey")
        .secured(holders("create"))
        .body(&input, &format!("The new {}.", singular.replace('_', " ")))
        .conflicts(&[&ALREADY_EXISTS])
        .refused("503", "ServiceUnavailable")
        .answers("201", &name, "The record as it was stored.", &["Location", "ETag"])
        .done(),
        get: op(
            &format!("get_{singular}"),
            &format!("Get {one}"),
            "The record by its id or its ref. Its ETag is what a change of it asks for.",
        )
        .record::<T>()
        .public(&readers)
        .conditional()
        .led_on::<T>()
        .answers("200", &name, "The record.", &["ETag"])
        .done(),
        update: op(
            &format!("update_{singular}"),
            &format!("Change {one}"),
            "A merge patch (RFC 7396): members that are left out stay, null removes an optional one, lists are replaced whole. Members that the server manages may be sent back unchanged. A patch that changes nothing makes no new version.",
        )
        .record::<T>()
        .versioned()
        .secured(holders("write"))
        .merge_patch(&patch, "What to change.")
        .conflicts(conflicts)
        .answers("200", &name, "The record as it is now.", &["ETag"])
        .done(),
        delete: op(
            &format!("delete_{singular}"),
            &format!("Delete {one}"),
            "The record can be restored. What others refer to cannot go; the problem counts them.",
        )
        .record::<T>()
        .versioned()
        .secured(holders("delete"))
        .conflicts(&[&HAS_DEPENDENTS])
        .answers_nothing("204", "It is deleted. The ETag is what restoring it needs.", &["ETag"])
        .done(),
        restore: op(
            &format!("restore_{singular}"),
            &format!("Restore {one}"),
            "Brings a deleted record back. What it refers to must still be there, and nothing may have taken its unique names.",
        )
        .record::<T>()
        .changes_state(holders("delete"))
        .conflicts(&[&ALREADY_EXISTS, &MISSING_REFERENCE])
        .answers("200", &name, "The record, back again.", &["ETag"])
        .done(),
        history: op(
            &format!("list_{singular}_history"),
            &format!("List the changes of {one}"),
            "Every change, oldest first: who, when, what; also of a deleted record. Who did it is told within the municipality only.",
        )
        .record::<T>()
        .shared_parameter("Limit")
        .parameter(revision_cursor("cursor", "Where the last page ended: its `next_cursor`."))
        .public(&readers)
        .conditional()
        .answers("200", "ChangePage", "A page of changes.", &["ETag"])
        .done(),
        replace: op(
            &format!("replace_{singular}_by_external_id"),
            &format!("Create or replace {one} by external id"),
            "How another system keeps its copy in step: the record with this external id is replaced, or made when there is none. Optional members that are left out are removed.",
        )
        .path_parameter("scheme", "The other system, a code of the list external_id_schemes.", &["geonames"])
        .path_parameter("value", "The record's name there.", &["2036973"])
        .shared_parameter("OptionalIfMatch")
        .secured(holders("write"))
        .body(&input, "The record as the other system has it.")
        .refused("404", "NotFound")
        .conflicts(conflicts)
        .refused("412", "PreconditionFailed")
        .refused("503", "ServiceUnavailable")
        .answers("200", &name, "The record as it is now; `Location` is there when it is new.", &["ETag", "Location"])
        .done(),
    }
}

fn capitalized(text: &str) -> String {
    let mut letters = text.chars();
    letters.next().map_or_else(String::new, |first| first.to_uppercase().chain(letters).collect())
}

fn list<T: Stored>(mut operation: Operation, shown: Option<ListForm>) -> Operation {
    let shared =
        ["Limit", "Cursor", "CountExact", "Ref", "Municipality", "Visibility", "Tag", "ExternalIdFilter", "Words"];
    // What no municipality keeps cannot be asked for by one.
    for name in shared.into_iter().filter(|name| *name != "Municipality" || has_keeper(T::NAME)) {
        operation = operation.shared_parameter(name);
    }
    operation = operation.parameter(json!({
        "name": "sort", "in": "query", "description": "What to sort by; - reverses it.",
        "schema": reference(&format!("{}Sort", T::NAME.type_name())),
    }));
    operation = operation.parameter(json!({
        "name": "expand", "in": "query", "style": "form", "explode": true,
        "description": "What to send along of the records referred to.",
        "schema": {"type": "array", "items": reference("Expandable"), "minItems": 1, "maxItems": EXPANDABLE.len()},
    }));
    // Last, so that clients whose calls are told by their order go on.
    let forms = export::parameters(shown);
    T::FILTERS.iter().flat_map(filter).chain(forms).fold(operation, Operation::parameter)
}

fn filter(filter: &Filter) -> Vec<Value> {
    let many = |items: Value| {
        json!({
            "name": filter.name, "in": "query", "style": "form", "explode": true, "description": filter.description,
            "schema": {"type": "array", "items": items, "minItems": 1, "maxItems": VALUES},
        })
    };
    match filter.by {
        FilterBy::Code { schema, .. } | FilterBy::Term { schema, .. } => vec![many(reference(schema))],
        FilterBy::Reference { .. } | FilterBy::Link { .. } => vec![many(json!({"type": "string", "format": "uuid", "examples": ["01890a5d-ac96-774b-bcce-b302099a8057"]}))],
        FilterBy::Country { .. } => vec![many(reference("CountryCode"))],
        FilterBy::Whole { .. } => vec![many(json!({"type": "integer", "format": "int64", "minimum": 0, "maximum": 9_007_199_254_740_991_i64}))],
        FilterBy::Flag { .. } => vec![json!({
            "name": filter.name, "in": "query", "description": filter.description, "schema": {"type": "boolean"},
        })],
        FilterBy::Days { .. } => [("from", "ends on this day or later"), ("to", "begins on this day or earlier")]
            .map(|(end, meaning)| {
                json!({
                    "name": format!("{}_{end}", filter.name), "in": "query",
                    "description": format!("{} It {meaning}; a month or a year stands for its first or last day.", filter.description),
                    "schema": {"type": "string", "pattern": "^[0-9]{4}(-(0[1-9]|1[0-2])(-(0[1-9]|[12][0-9]|3[01]))?)?$", "maxLength": 10, "examples": ["2011-08"]},
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
