//! Problems: every answer that says no, as RFC 9457 has it. The only file that knows which
//! failure has which status.

use actix_web::http::StatusCode;
use pobratim_domain::{CollectionName, Fault, InvalidState, RecordMention, Refusal};
use pobratim_persistence::{BuiltUpon, Error, View};
use serde::Serialize;
use uuid::Uuid;

use crate::merges;

/// What an operation answers when it cannot do what was asked.
pub type ApiResult<T> = Result<T, Box<ApiError>>;

/// A problem on its way to a client.
#[derive(Debug)]
pub struct ApiError {
    pub(crate) kind: &'static ProblemType,
    pub(crate) detail: String,
    pub(crate) errors: Vec<FieldError>,
    pub(crate) conflict: Option<ConflictWith>,
    pub(crate) state: Option<StateConflict>,
    pub(crate) dependents: Vec<Dependents>,
    /// What only the log may know.
    pub(crate) cause: Option<String>,
    pub(crate) headers: Vec<(&'static str, String)>,
}

/// The body of every error answer (RFC 9457).
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"type": "/v1/problems/invalid_body", "title": "The body is not valid", "status": 400, "code": "invalid_body", "detail": "2 faults were found.", "instance": "/v1/places", "request_id": "01890a5d-ac96-774b-bcce-b302099a8057", "errors": [{"pointer": "/country", "code": "required", "detail": "This member is required."}]})))]
pub struct Problem {
    /// Where this kind of problem is explained: a path of this service.
    #[serde(rename = "type")]
    #[schema(max_length = 200, examples("/v1/problems/invalid_body"))]
    pub type_uri: String,
    /// The kind of problem, in words.
    #[schema(max_length = 200, examples("The body is not valid"))]
    pub title: String,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, examples(400))]
    pub status: i32,
    /// The kind of problem, for programs; stable for ever.
    #[schema(max_length = 64, examples("invalid_body"))]
    pub code: String,
    /// What went wrong this time.
    #[schema(examples("2 faults were found."))]
    pub detail: String,
    /// The path that was asked for.
    #[schema(examples("/v1/places"))]
    pub instance: String,
    /// Names the request in the logs.
    #[schema(max_length = 128, examples("01890a5d-ac96-774b-bcce-b302099a8057"))]
    pub request_id: String,
    /// Everything that is wrong with the request, all at once.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub errors: Option<Vec<FieldError>>,
    /// The record that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub conflict: Option<ConflictWith>,
    /// The state that stands in the way.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub state: Option<StateConflict>,
    /// How many records refer to this one, by collection.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub dependents: Option<Vec<Dependents>>,
}

/// One thing wrong with a request, and where: a pointer into the body, a parameter, or a header.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"pointer": "/country", "code": "required", "detail": "This member is required."})))]
pub struct FieldError {
    /// JSON Pointer (RFC 6901) into the body.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("/country"))]
    pub pointer: Option<String>,
    /// The name of a query or path parameter.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(examples("limit"))]
    pub parameter: Option<String>,
    /// The name of a header.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 200, examples("Idempotency-Key"))]
    pub header: Option<String>,
    /// What is wrong, for programs.
    #[schema(max_length = 64, examples("required"))]
    pub code: String,
    /// What is wrong, in words.
    #[schema(examples("This member is required."))]
    pub detail: String,
}

/// The record that has what must be unique, or that the one asked for is a part of.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"pointer": "/slug", "collection": "municipalities", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "MUN-0001"})))]
pub struct ConflictWith {
    /// The member that must be unique; empty when it is about the record as a whole.
    #[schema(max_length = 1000, examples("/slug"))]
    pub pointer: String,
    /// The collection of the other record.
    #[schema(value_type = CollectionName, examples("municipalities"))]
    pub collection: String,
    /// The other record.
    pub id: Uuid,
    /// Its number for people.
    #[serde(rename = "ref")]
    #[schema(max_length = 32, examples("MUN-0001"))]
    pub reference: String,
}

/// The state a record is in, and where it can go from there.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"from": "negotiating", "to": "concluded", "allowed": ["intent_declared", "declined"], "missing": ["signed_agreement"]})))]
pub struct StateConflict {
    /// The state it is in.
    #[schema(max_length = 64, examples("negotiating"))]
    pub from: String,
    /// The state that was asked for.
    #[schema(max_length = 64, examples("concluded"))]
    pub to: String,
    /// The states that can be reached from here.
    #[schema(examples(json!(["intent_declared", "declined"])))]
    pub allowed: Vec<String>,
    /// What is missing before the move can be made.
    #[schema(examples(json!(["signed_agreement"])))]
    pub missing: Vec<String>,
}

/// How many records of a collection refer to one.
#[derive(Clone, Debug, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"collection": "exchanges", "count": 12})))]
pub struct Dependents {
    /// The collection.
    #[schema(value_type = CollectionName, examples("exchanges"))]
    pub collection: String,
    /// How many of its records.
    #[schema(minimum = 0, examples(12))]
    pub count: i64,
}

/// A kind of problem.
#[derive(Debug, Serialize, utoipa::ToSchema)]
#[schema(examples(json!({"code": "stale", "status": 412, "title": "The record has been changed", "meaning": "If-Match names another version than the record has. Read it again."})))]
pub struct ProblemType {
    /// For programs; stable for ever.
    #[schema(value_type = String, max_length = 64, examples("stale"))]
    pub code: &'static str,
    /// The HTTP status.
    #[schema(minimum = 400, maximum = 599, value_type = i32, examples(412))]
    pub status: u16,
    /// In words.
    #[schema(value_type = String, max_length = 200, examples("The record has been changed"))]
    pub title: &'static str,
    /// What it means and what to do.
    #[schema(value_type = String, max_length = 1000, examples("If-Match names another version than the record has. Read it again."))]
    pub meaning: &'static str,
}

macro_rules! kinds {
    ($($name:ident = $status:literal $code:literal $title:literal $meaning:literal;)*) => {
        $(pub(crate) static $name: ProblemType = ProblemType { code: $code, status: $status, title: $title, meaning: $meaning };)*
        /// Every kind of problem.
        pub static PROBLEMS: &[&ProblemType] = &[$(&$name),*];
    };
}

kinds! {
    MALFORMED = 400 "malformed" "The request cannot be read" "The body is not JSON, or breaks a rule that JSON leaves open: repeated members, NUL characters, nesting deeper than 64.";
    INVALID_BODY = 400 "invalid_body" "The body is not valid" "`errors` lists every fault with a pointer to it.";
    INVALID_PARAMETER = 400 "invalid_parameter" "A parameter is not valid" "`errors` lists every fault with the parameter's or header's name.";
    AMBIGUOUS_REF = 400 "ambiguous_ref" "The ref is ambiguous" "Several municipalities use this ref; ask by id.";
    UNAUTHENTICATED = 401 "unauthenticated" "A credential is needed" "Send `Authorization: Bearer pbk_…` with a key that is neither expired nor revoked.";
    FORBIDDEN = 403 "forbidden" "The credential does not allow this" "`detail` names the scope that is missing.";
    NOT_FOUND = 404 "not_found" "There is no such thing here" "It does not exist, or the credential does not let it be seen: the two are not told apart.";
    METHOD_NOT_ALLOWED = 405 "method_not_allowed" "The method is not allowed here" "The `Allow` header lists the methods of this path.";
    NOT_ACCEPTABLE = 406 "not_acceptable" "No such representation" "The `Accept` header asks for a type this address does not have.";
    TIMEOUT = 408 "request_timeout" "The request took too long to arrive" "A body has 30 seconds to arrive as a whole; a file an hour, with no pause of 30 seconds.";
    ALREADY_EXISTS = 409 "already_exists" "Another record has this already" "`conflict` names the member and the other record.";
    HAS_DEPENDENTS = 409 "has_dependents" "Other records refer to this one" "`dependents` says how many. Delete or change them first.";
    MISSING_REFERENCE = 409 "missing_reference" "Something it refers to is gone" "`errors` points to the references. Restore what they lead to first.";
    INVALID_STATE = 409 "invalid_state" "The state does not allow this" "`state` says where the record is, where it can go, and what is missing.";
    BUILT_UPON = 409 "built_upon" "Something was built upon what it made" "`errors` lists what was changed since, and what refers to it from outside. Take that back first.";
    MERGED = 409 "merged" "The record was merged into another" "`conflict` names the record that it is a part of now: read and change that one.";
    CANNOT_MERGE = 409 "cannot_merge" "The records cannot be merged" "`errors` lists all that speaks against it: what differs, and records that could not be changed, by their paths. Set that right first.";
    HELD = 409 "held" "Something with a history of its own would be dropped" "`errors` points to the element that carries decisions or a stance.";
    HISTORY_RESTARTED = 410 "history_restarted" "The history was restarted" "A backup was restored since: read everything anew and follow from there.";
    STALE = 412 "stale" "The record has been changed" "If-Match names another version than the record has. Read it again.";
    TOO_LARGE = 413 "too_large" "The body is too large" "A body has at most 1 MiB; a file as much as the installation allows, 100 MiB when nothing is said.";
    UNSUPPORTED_TYPE = 415 "unsupported_media_type" "The body's type is not supported" "Send JSON (`application/merge-patch+json` for PATCH), not compressed; the `Accept` header says what is taken.";
    RANGE_NOT_SATISFIABLE = 416 "range_not_satisfiable" "The file has no such bytes" "`Content-Range` tells how many it has.";
    KEY_REUSED = 422 "idempotency_key_reused" "The idempotency key was used for another request" "Use a new key for a new request.";
    PRECONDITION_REQUIRED = 428 "precondition_required" "If-Match is needed" "Send the ETag of the version you have seen, so that nobody's change is lost.";
    RATE_LIMITED = 429 "rate_limited" "Too many requests" "`Retry-After` says when to come again.";
    INTERNAL = 500 "internal" "Something went wrong here" "The request id finds it in the log.";
    NOT_WRITTEN = 503 "not_written" "The change was not made" "Nothing was written. Try again after `Retry-After`.";
    OUTCOME_UNKNOWN = 503 "outcome_unknown" "It is not known whether the change was made" "The connection died at the commit. Send the same request with the same Idempotency-Key: it happens once.";
    UNAVAILABLE = 503 "unavailable" "The database cannot be read" "Try again after `Retry-After`.";
}

impl ApiError {
    pub(crate) fn new(kind: &'static ProblemType, detail: impl Into<String>) -> Box<Self> {
        Box::new(Self {
            kind,
            detail: detail.into(),
            errors: Vec::new(),
            conflict: None,
            state: None,
            dependents: Vec::new(),
            cause: None,
            headers: Vec::new(),
        })
    }

    pub(crate) fn with_errors(mut self: Box<Self>, errors: Vec<FieldError>) -> Box<Self> {
        self.errors = errors;
        self
    }

    pub(crate) fn with_header(mut self: Box<Self>, name: &'static str, value: impl Into<String>) -> Box<Self> {
        self.headers.push((name, value.into()));
        self
    }

    /// A defect of the program: the client gets a request id, the log the cause.
    pub(crate) fn defect(cause: impl std::fmt::Display) -> Box<Self> {
        let mut error = Self::new(&INTERNAL, "The request id finds the cause in the log.");
        error.cause = Some(cause.to_string());
        error
    }

    pub(crate) fn not_found() -> Box<Self> {
        Self::new(&NOT_FOUND, "There is nothing here, or nothing that this credential may see.")
    }

    /// What stands in the way of taking something back. The pointers are the paths of records.
    pub(crate) fn built_upon(built: &[BuiltUpon]) -> Box<Self> {
        let errors = built.iter().map(|built| {
            let (code, detail) = match &built.by {
                None => ("changed", format!("{} was changed since.", built.reference)),
                Some((collection, id)) => {
                    let collection = CollectionName::parse(collection).map_or_else(String::new, CollectionName::path);
                    ("referred_to", format!("/v1/{collection}/{id} refers to {}.", built.reference))
                }
            };
            FieldError::at(path_of(built.collection, built.id), code, detail)
        });
        let detail = "Something was built upon what it made; the pointers are the paths of its records.";
        Self::new(&BUILT_UPON, detail).with_errors(errors.collect())
    }

    /// Faults of a body.
    pub(crate) fn body(faults: impl IntoIterator<Item = Fault>) -> Box<Self> {
        let errors: Vec<_> = faults.into_iter().map(FieldError::from).collect();
        Self::new(&INVALID_BODY, count(errors.len())).with_errors(errors)
    }

    /// Faults of parameters and headers.
    pub(crate) fn parameters(errors: Vec<FieldError>) -> Box<Self> {
        Self::new(&INVALID_PARAMETER, count(errors.len())).with_errors(errors)
    }

    pub(crate) fn status(&self) -> StatusCode {
        StatusCode::from_u16(self.kind.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR)
    }

    pub(crate) fn body_for(&self, instance: &str, request_id: &str) -> Problem {
        Problem {
            type_uri: format!("/v1/problems/{}", self.kind.code),
            title: self.kind.title.to_owned(),
            status: i32::from(self.kind.status),
            code: self.kind.code.to_owned(),
            detail: clip(&self.detail, 4000),
            instance: clip(instance, 2000),
            request_id: request_id.to_owned(),
            errors: (!self.errors.is_empty()).then(|| self.errors.iter().map(FieldError::clipped).collect()),
            conflict: self.conflict.clone(),
            state: self.state.clone(),
            dependents: (!self.dependents.is_empty()).then(|| self.dependents.clone()),
        }
    }
}

/// What a client sent is told back, but not at any length.
fn clip(text: &str, most: usize) -> String {
    text.chars().take(most).collect()
}

/// Where a record is.
pub(crate) fn path_of(collection: CollectionName, id: Uuid) -> String {
    format!("/v1/{}/{id}", collection.path())
}

fn count(faults: usize) -> String {
    if faults == 1 { "1 fault was found.".to_owned() } else { format!("{faults} faults were found.") }
}

impl FieldError {
    /// As long as the contract lets its members be.
    fn clipped(&self) -> Self {
        Self {
            pointer: self.pointer.as_deref().map(|pointer| clip(pointer, 1000)),
            parameter: self.parameter.as_deref().map(|parameter| clip(parameter, 200)),
            header: self.header.clone(),
            code: self.code.clone(),
            detail: clip(&self.detail, 4000),
        }
    }

    /// Something at a pointer.
    pub(crate) fn at(pointer: String, code: &str, detail: String) -> Self {
        Self { pointer: Some(pointer), parameter: None, header: None, code: code.to_owned(), detail }
    }

    /// Whether it speaks of this parameter.
    pub(crate) fn is_of(&self, parameter: &str) -> bool {
        self.parameter.as_deref() == Some(parameter)
    }

    pub(crate) fn parameter(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: Some(name.to_owned()),
            header: None,
            code: code.to_owned(),
            detail: detail.into(),
        }
    }

    pub(crate) fn header(name: &str, code: &str, detail: impl Into<String>) -> Self {
        Self {
            pointer: None,
            parameter: None,
            header: Some(name.to_owned()),
            code: code.to_owned(),
            detail: detail.into(),
        }
    }
}

impl From<Fault> for FieldError {
    fn from(fault: Fault) -> Self {
        Self {
            pointer: Some(fault.pointer),
            parameter: None,
            header: None,
            code: fault.code.to_owned(),
            detail: fault.detail,
        }
    }
}

impl From<InvalidState> for Box<ApiError> {
    fn from(state: InvalidState) -> Self {
        let mut error = ApiError::new(&INVALID_STATE, &state.detail);
        error.state =
            Some(StateConflict { from: state.from, to: state.to, allowed: state.allowed, missing: state.missing });
        error
    }
}

impl From<Refusal> for Box<ApiError> {
    fn from(refusal: Refusal) -> Self {
        match refusal {
            Refusal::Invalid(faults) => ApiError::body(faults),
            Refusal::State(state) => (*state).into(),
            Refusal::NoSuchElement { .. } => ApiError::new(&NOT_FOUND, refusal.to_string()),
            Refusal::Held { pointer, detail } => {
                let fault = Fault { pointer, code: "held", detail: detail.clone() };
                ApiError::new(&HELD, detail).with_errors(vec![fault.into()])
            }
        }
    }
}

impl From<Error> for Box<ApiError> {
    fn from(error: Error) -> Self {
        match error {
            Error::NotFound => ApiError::not_found(),
            Error::NotYours => {
                ApiError::new(&FORBIDDEN, "Another municipality keeps this record; a key of its own is needed.")
            }
            Error::Merged(kept) => {
                let RecordMention { collection, reference, id } = *kept;
                let mut error = ApiError::new(&MERGED, format!("It is a part of {reference} now."));
                let (pointer, collection) = (String::new(), collection.as_str().to_owned());
                error.conflict = Some(ConflictWith { pointer, collection, id, reference });
                error
            }
            Error::CannotMerge(obstacles) => merges::refusal(*obstacles, &View::Public),
            Error::BuiltUpon(built) => ApiError::built_upon(&built),
            Error::Ambiguous => ApiError::new(&AMBIGUOUS_REF, "Several municipalities use this ref; ask by id."),
            Error::Stale { current } => ApiError::new(&STALE, format!("The record is at version {current} now.")),
            Error::Refused(refusal) => refusal.into(),
            Error::AlreadyExists(conflict) => {
                let mut error = ApiError::new(&ALREADY_EXISTS, &conflict.detail);
                error.conflict = Some(ConflictWith {
                    pointer: conflict.pointer,
                    collection: conflict.collection.as_str().to_owned(),
                    id: conflict.id,
                    reference: conflict.reference,
                });
                error
            }
            Error::HasDependents(counts) => {
                let mut error = ApiError::new(&HAS_DEPENDENTS, "Delete or change the records that refer to it first.");
                let dependents = counts.into_iter().map(|(collection, count)| Dependents { collection, count });
                error.dependents = dependents.collect();
                error
            }
            Error::MissingReference(faults) => {
                let errors = faults.into_iter().map(FieldError::from).collect();
                ApiError::new(&MISSING_REFERENCE, "Restore what it refers to first.").with_errors(errors)
            }
            Error::BadCursor => ApiError::parameters(vec![FieldError::parameter(
                "cursor",
                "invalid",
                "The cursor was not made for this list: take it from `next_cursor`, with the same filters and sort.",
            )]),
            Error::HistoryRestarted => ApiError::new(&HISTORY_RESTARTED, "A backup was restored since."),
            Error::KeyReused => {
                ApiError::new(&KEY_REUSED, "This key was used for a request that asked for something else.")
            }
            Error::NotWritten(why) => {
                ApiError::new(&NOT_WRITTEN, format!("Nothing was written: {why}.")).with_header("Retry-After", "1")
            }
            Error::OutcomeUnknown => ApiError::new(
                &OUTCOME_UNKNOWN,
                "The connection died at the commit. Send the same request again with the same Idempotency-Key.",
            )
            .with_header("Retry-After", "1"),
            Error::Unavailable(cause) => {
                let mut error =
                    ApiError::new(&UNAVAILABLE, "The database cannot be read now.").with_header("Retry-After", "1");
                error.cause = Some(cause);
                error
            }
            Error::Corrupt { .. } | Error::Database(_) | Error::Defect(_) => ApiError::defect(error),
        }
    }
}
