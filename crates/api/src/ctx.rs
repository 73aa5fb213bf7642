//! A request as handlers see it: who asks, for what, under which conditions.

use std::future::Future;
use std::sync::Arc;

use actix_web::http::Method;
use bytes::Bytes;
use jiff::civil::Date;
use pobratim_domain::{Collection, CollectionName, Faults, Keeper, Scope, Slug};
use pobratim_persistence::{
    Error, Head, Idempotency, ListQuery, Loaded, MERGEABLE, Page, Shown, Snapshot, Stamp, Stored, Tx, View,
};
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::access::Principal;
use crate::answer::{Answer, IfMatch, REPLAYED};
use crate::api::Api;
use crate::asked::Headers;
use crate::cache::Seen;
use crate::content::Incoming;
use crate::problem::{ApiError, ApiResult, FORBIDDEN, FieldError, MALFORMED, PRECONDITION_REQUIRED, UNAUTHENTICATED};
use crate::routes::Entry;
use crate::strict::{self, Unreadable};

/// One request.
pub(crate) struct Ctx {
    pub(crate) api: Api,
    pub(crate) entry: &'static Entry,
    pub(crate) principal: Option<Principal>,
    pub(crate) request_id: String,
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) params: Vec<(String, String)>,
    pub(crate) query: Vec<(String, String)>,
    pub(crate) headers: Headers,
    pub(crate) body: Bytes,
    /// A body that is read as it arrives.
    pub(crate) incoming: Option<Incoming>,
    /// What it has seen of the world so far.
    pub(crate) seen: Arc<Seen>,
}

impl Ctx {
    /// How much the caller may see.
    pub(crate) fn view(&self) -> View {
        self.principal.as_ref().map_or(View::Public, Principal::view)
    }

    /// A header as text.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// A parameter of the path.
    pub(crate) fn param(&self, name: &str) -> &str {
        self.params.iter().find(|(known, _)| known == name).map_or("", |(_, value)| value.as_str())
    }

    /// The first parameter of the path: the record's.
    pub(crate) fn record_param(&self) -> &str {
        self.params.first().map_or("", |(_, value)| value.as_str())
    }

    /// Refuses callers without this scope: 401 without a credential, 403 with one. Reading needs
    /// no credential; a key narrowed to other scopes reads what the key allows.
    pub(crate) fn require<T: Collection>(&self, verb: &'static str) -> ApiResult<()> {
        self.require_in(T::NAME, verb)
    }

    /// The same, for a collection by its name.
    pub(crate) fn require_in(&self, collection: CollectionName, verb: &'static str) -> ApiResult<()> {
        let scope = Scope { collection, verb };
        match &self.principal {
            None if verb == "read" => Ok(()),
            None => Err(unauthenticated()),
            Some(principal) if principal.holds(scope) => Ok(()),
            Some(_) => Err(ApiError::new(&FORBIDDEN, format!("The credential lacks the scope {scope}."))),
        }
    }

    /// The municipality that a new record of the caller's belongs to.
    pub(crate) fn keeper<T: Collection>(&self) -> Option<Slug> {
        match T::NAME.keeper() {
            Keeper::Municipality => self.principal.as_ref()?.municipality().cloned(),
            Keeper::Shared | Keeper::Installation => None,
        }
    }

    /// Refuses when the record is another municipality's: it may be seen, not changed.
    pub(crate) fn require_keeper<T: pobratim_persistence::Stored>(
        principal: Option<&Principal>,
        loaded: &Loaded<T>,
    ) -> Result<(), Error> {
        let may = match principal {
            Some(principal) if principal.role() == pobratim_domain::Role::Operator => {
                T::NAME.keeper() != Keeper::Municipality
            }
            Some(principal) => loaded.is_kept_by(principal.municipality().map(Slug::as_str)),
            None => false,
        };
        // Told apart from "not found" only where the record is seen, so nothing is given away.
        if may { Ok(()) } else { Err(Error::NotYours) }
    }

    /// The id that a path names: an id, or the ref of a record the caller sees.
    pub(crate) async fn record_id<T: Collection>(&self) -> ApiResult<Uuid> {
        let text = self.record_param().to_owned();
        if let Ok(id) = Uuid::try_parse(&text) {
            // Only the form with hyphens is a name here; the others would be doubles of it.
            return if text.len() == 36 { Ok(id) } else { Err(ApiError::not_found()) };
        }
        let is_ref = text.starts_with(T::NAME.prefix()) && text.len() <= 32 && text.is_ascii();
        if !is_ref {
            return Err(ApiError::not_found());
        }
        let view = self.view();
        Ok(self.read(async move |snapshot| snapshot.id_of_reference(&view, T::NAME, &text).await).await?)
    }

    /// The version the client says it has seen; without it nothing is changed.
    pub(crate) fn if_match(&self) -> ApiResult<IfMatch> {
        match self.header("If-Match") {
            Some(header) => Ok(IfMatch::parse(header)),
            None => {
                Err(ApiError::new(&PRECONDITION_REQUIRED, "Send If-Match with the ETag of the version you have seen.")
                    .with_errors(vec![FieldError::header("If-Match", "required", "This header is required here.")]))
            }
        }
    }

    /// Reads in one snapshot.
    pub(crate) async fn read<R>(&self, read: impl AsyncFnOnce(&Snapshot) -> Result<R, Error>) -> Result<R, Error> {
        let noted = async |snapshot: &Snapshot| {
            self.seen.note(snapshot.head());
            read(snapshot).await
        };
        let database = self.api.database();
        if self.entry.computed { database.compute(noted).await } else { database.read(noted).await }
    }

    /// Reads one record by a statement alone.
    pub(crate) async fn get<T: Stored>(&self, view: &View, id: Uuid) -> Result<(Shown, Head), Error> {
        let found = self.api.database().get::<T>(view, id).await;
        if matches!(found, Err(Error::NotFound)) && MERGEABLE.contains(&T::NAME) {
            let kept = self.read(async |snapshot| snapshot.merged_into(view, T::NAME, id).await).await?;
            return Err(kept.map_or(Error::NotFound, |kept| Error::Merged(Box::new(kept))));
        }
        let (row, head) = found?;
        self.seen.note(&head);
        Ok((row, head))
    }

    /// Reads one page by a statement alone; nothing when it has no record.
    pub(crate) async fn page<T: Stored>(
        &self,
        view: &View,
        query: &ListQuery,
    ) -> Result<Option<(Page<Shown>, Head)>, Error> {
        let page = self.api.database().page::<T>(view, query).await?;
        page.iter().for_each(|(_, head)| self.seen.note(head));
        Ok(page)
    }

    /// The day it is in a time zone. An answer that depends on it holds that day only.
    pub(crate) fn today(&self, zone: &str) -> Date {
        let day = self.api.database().clock().now().day_in(zone);
        self.seen.note_day(zone, day);
        day
    }

    /// Makes a change: the only way to. A request with an Idempotency-Key happens once.
    pub(crate) async fn write<F, Fut>(&self, command: F) -> ApiResult<Answer>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        self.write_as(self.stamp(), command).await
    }

    /// The same, for a change that belongs to a merge: the journal tells which.
    pub(crate) async fn write_for<F, Fut>(&self, merge: Uuid, command: F) -> ApiResult<Answer>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        self.write_as(Stamp { import_id: Some(merge.to_string()), ..self.stamp() }, command).await
    }

    async fn write_as<F, Fut>(&self, stamp: Stamp, command: F) -> ApiResult<Answer>
    where
        F: FnOnce(Tx) -> Fut + Send + 'static,
        Fut: Future<Output = Result<Answer, Error>> + Send + 'static,
    {
        let written = self.api.database().write(stamp, self.idempotency(), command).await?;
        let answer = written.value;
        Ok(if written.replayed { answer.with(REPLAYED, "true") } else { answer })
    }

    /// The answer given before to this very request, when it carries a key: looked for before any
    /// guard, because the guards may have changed their mind since.
    fn idempotency(&self) -> Option<Idempotency> {
        let key = self.header("Idempotency-Key").filter(|_| self.method == "POST")?;
        let credential = self.principal.as_ref().map(Principal::id).unwrap_or_default();
        let mut hash = Sha256::new();
        hash.update(self.header("If-Match").unwrap_or_default());
        hash.update([0]);
        hash.update(&self.body);
        let fingerprint = hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect();
        Some(Idempotency {
            scope: format!("{credential} {} {}", self.method, self.path),
            key: key.to_owned(),
            fingerprint,
        })
    }

    pub(crate) fn stamp(&self) -> Stamp {
        let (actor, actor_name) = self.principal.as_ref().map_or_else(
            || ("anonymous".to_owned(), String::new()),
            |principal| (principal.id().to_string(), principal.key.body.owner.clone()),
        );
        Stamp { actor, actor_name, request_id: self.request_id.clone(), import_id: None }
    }

    /// The body of an operation that reads it as it arrives.
    pub(crate) fn incoming(&mut self) -> ApiResult<Incoming> {
        self.incoming.take().ok_or_else(|| ApiError::defect("the operation does not declare a body that is streamed"))
    }

    /// The body as JSON.
    pub(crate) fn json(&self) -> ApiResult<Value> {
        match strict::read(&self.body) {
            Ok(value) => Ok(value),
            Err(Unreadable::Syntax(detail)) => {
                Err(ApiError::new(&MALFORMED, format!("The body is not JSON: {detail}.")))
            }
            Err(Unreadable::Faults(faults)) => {
                let errors: Vec<_> = faults.into_iter().map(FieldError::from).collect();
                Err(ApiError::new(&MALFORMED, "The body is JSON that cannot be taken.").with_errors(errors))
            }
        }
    }

    /// The body of an action, checked against its schema.
    pub(crate) fn action<I: DeserializeOwned + utoipa::ToSchema>(&self) -> ApiResult<I> {
        let value = self.json()?;
        let mut faults = Faults::default();
        self.api.check(&I::name(), &value, &mut faults)?;
        faults.into_result().map_err(ApiError::body)?;
        serde_json::from_value(value).map_err(|error| {
            let mut faults = Faults::default();
            faults.add("", "invalid", error.to_string());
            ApiError::body(faults)
        })
    }
}

pub(crate) fn unauthenticated() -> Box<ApiError> {
    ApiError::new(&UNAUTHENTICATED, "Send `Authorization: Bearer pbk_…`.")
        .with_header("WWW-Authenticate", "Bearer realm=\"pobratim\"")
}
