//! The route table: every operation once, with its method, path, contract and handler. The
//! actix resources, HEAD, OPTIONS, `Allow` and the document are made from it.

use std::collections::BTreeMap;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, HeaderMap};
use actix_web::{HttpRequest, Resource, web};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::answer::Answer;
use crate::api::Api;
use crate::contract::Parameter;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, METHOD_NOT_ALLOWED};
use crate::representation::preferred;
use crate::{
    collections, directory, duplicates, export, feed, findings, gazetteer, imports, merges, pages, reminders, reports,
    search, serve, statistics,
};

/// What an operation does with a request.
pub(crate) type Handler = fn(Ctx) -> LocalBoxFuture<'static, ApiResult<Answer>>;

/// What an operation reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json,
    /// A merge patch (RFC 7396).
    MergePatch,
    /// A file, as it arrives.
    File,
    /// A form with a file in it, as it arrives.
    Form,
}

/// Composes what the contract says of an operation. A server takes that from the contract as it is
/// written, and has no need of it.
pub(crate) type Describe = Box<dyn Fn() -> Value + Send + Sync>;

/// One operation.
pub(crate) struct Entry {
    pub(crate) method: Method,
    pub(crate) path: String,
    pub(crate) body: Body,
    pub(crate) produces: &'static str,
    /// Other types in which it says the same.
    pub(crate) also: &'static [&'static str],
    /// What the contract says of it; pages for people and probes stand outside the contract.
    pub(crate) describe: Option<Describe>,
    /// What it takes in query and headers, as the contract has it.
    pub(crate) parameters: Vec<Parameter>,
    pub(crate) handler: Handler,
    /// Headers beside `Accept` that its answers depend on, when they may be kept.
    pub(crate) kept_by: Option<&'static [&'static str]>,
    /// Whether it is computed from many records.
    pub(crate) computed: bool,
    /// Asked by machines of the installation: no credential, no limit.
    pub(crate) probe: bool,
}

impl Entry {
    /// An operation of the contract.
    pub(crate) fn new(
        method: Method,
        path: impl Into<String>,
        body: Body,
        describe: impl Fn() -> Value + Send + Sync + 'static,
        handler: Handler,
    ) -> Self {
        let describe: Option<Describe> = Some(Box::new(describe));
        Self { body, describe, ..Self::bare(method, path.into(), "application/json", handler) }
    }

    /// The same in other types too.
    pub(crate) fn also(mut self, types: &'static [&'static str]) -> Self {
        self.also = types;
        self
    }

    /// The same, with answers that are kept while the records they were made from stand: they
    /// depend on those, on who asks for what, on the day, and on these headers and nothing else.
    pub(crate) fn kept(mut self, by: &'static [&'static str]) -> Self {
        self.kept_by = Some(by);
        self
    }

    /// The same, computed from many records: its answers are kept likewise, it reads over connections
    /// of its own, and equal questions are worked on one at a time.
    pub(crate) fn computed(self, by: &'static [&'static str]) -> Self {
        Self { computed: true, ..self.kept(by) }
    }

    /// The type in which a client would have it.
    pub(crate) fn preferred(&self, headers: &HeaderMap) -> &'static str {
        if self.also.is_empty() {
            return self.produces;
        }
        let accept = headers.get(&ACCEPT).and_then(|value| value.to_str().ok()).unwrap_or_default();
        let offers: Vec<&'static str> = [self.produces].into_iter().chain(self.also.iter().copied()).collect();
        preferred(accept, &offers)
    }

    /// The same, answering something else than JSON.
    pub(crate) fn producing(self, produces: &'static str) -> Self {
        Self { produces, ..self }
    }

    /// A page for people.
    pub(crate) fn page(path: &str, produces: &'static str, handler: Handler) -> Self {
        Self::bare(Method::GET, path.to_owned(), produces, handler)
    }

    /// A probe.
    pub(crate) fn probe(path: &str, produces: &'static str, handler: Handler) -> Self {
        Self { probe: true, ..Self::page(path, produces, handler) }
    }

    fn bare(method: Method, path: String, produces: &'static str, handler: Handler) -> Self {
        let parameters = Vec::new();
        Self {
            method,
            path,
            body: Body::None,
            produces,
            also: &[],
            describe: None,
            parameters,
            handler,
            kept_by: None,
            computed: false,
            probe: false,
        }
    }
}

/// Every operation.
pub(crate) fn routes() -> Vec<Entry> {
    let mut routes = collections::routes();
    routes.extend(directory::routes());
    routes.extend(duplicates::routes());
    routes.extend(findings::routes());
    routes.extend(reminders::routes());
    routes.extend(feed::routes());
    routes.extend(export::routes());
    routes.extend(gazetteer::routes());
    routes.extend(imports::routes());
    routes.extend(merges::routes());
    routes.extend(reports::routes());
    routes.extend(search::routes());
    routes.extend(statistics::routes());
    routes.extend(pages::routes());
    routes
}

/// Puts the operations into the actix app of a worker. actix's own answers to what it does not know are
/// never reached: each resource says what it can do, and the rest is not found.
pub fn configure(api: &Api, config: &mut web::ServiceConfig) {
    // actix starts as many workers as there are cores.
    let api = &api.for_one_of(std::thread::available_parallelism().map_or(1, usize::from));
    // A router tries one pattern after the other, so those that begin alike stand in a scope.
    let mut scopes: BTreeMap<&str, Vec<Resource>> = BTreeMap::new();
    for (path, entries) in api.by_path() {
        let scope = scope_of(path);
        let resource = resource(api, path, path.get(scope.len()..).unwrap_or_default(), entries);
        scopes.entry(scope).or_default().push(resource);
    }
    // The last first: a scope takes what begins as it does, and `/` begins everything.
    for (path, resources) in scopes.into_iter().rev() {
        if path.is_empty() {
            for resource in resources {
                config.service(resource);
            }
        } else {
            config.service(resources.into_iter().fold(web::scope(path), actix_web::Scope::service));
        }
    }
    let known = api.clone();
    config.default_service(web::to(move |request: HttpRequest| {
        serve::refuse(known.clone(), "unknown", request, ApiError::not_found())
    }));
}

/// The part of a path that those of its neighbours have too: version and collection.
fn scope_of(path: &str) -> &str {
    let end = path.match_indices('/').map(|(at, _)| at).nth(2).unwrap_or(path.len());
    path.get(..end).filter(|scope| scope.starts_with("/v1/") && !scope.contains('{')).unwrap_or_default()
}

/// What a path can do.
fn resource(api: &Api, route: &'static str, path: &str, entries: Vec<&'static Entry>) -> Resource {
    let mut methods: Vec<Method> = entries.iter().map(|entry| entry.method.clone()).collect();
    if methods.contains(&Method::GET) {
        methods.push(Method::HEAD);
    }
    methods.push(Method::OPTIONS);
    let allow = methods.iter().map(Method::as_str).collect::<Vec<_>>().join(", ");
    let mut resource = web::resource(path);
    for entry in entries {
        let answer = |api: Api, entry: &'static Entry| {
            move |request: HttpRequest, payload: web::Payload| serve::serve(api.clone(), entry, request, payload)
        };
        if entry.method == Method::GET {
            resource = resource.route(web::head().to(answer(api.clone(), entry)));
        }
        let route = web::method(entry.method.clone()).to(answer(api.clone(), entry));
        resource = resource.route(route);
    }
    let (known, said) = (api.clone(), allow.clone());
    resource = resource.route(
        web::method(Method::OPTIONS)
            .to(move |request: HttpRequest| serve::options(known.clone(), route, request, said.clone())),
    );
    let known = api.clone();
    resource.default_service(web::to(move |request: HttpRequest| {
        let error =
            ApiError::new(&METHOD_NOT_ALLOWED, format!("This path takes {allow}.")).with_header("Allow", allow.clone());
        serve::refuse(known.clone(), route, request, error)
    }))
}
