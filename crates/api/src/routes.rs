//! The route table: every operation once, with its method, path, contract and handler. The
//! actix resources, HEAD, OPTIONS, `Allow` and the document are made from it.

use actix_web::http::Method;
use actix_web::http::header::HeaderMap;
use actix_web::{HttpRequest, web};
use futures_util::future::LocalBoxFuture;
use serde_json::Value;

use crate::answer::Answer;
use crate::api::Api;
use crate::contract::Parameter;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, METHOD_NOT_ALLOWED};
use crate::representation::preferred;
use crate::{collections, directory, feed, findings, gazetteer, imports, pages, reminders, reports, serve, statistics};

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

    /// The type in which a client would have it.
    pub(crate) fn preferred(&self, headers: &HeaderMap) -> &'static str {
        let accept = headers.get("Accept").and_then(|value| value.to_str().ok()).unwrap_or_default();
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
            probe: false,
        }
    }
}

/// Every operation.
pub(crate) fn routes() -> Vec<Entry> {
    let mut routes = collections::routes();
    routes.extend(directory::routes());
    routes.extend(findings::routes());
    routes.extend(reminders::routes());
    routes.extend(feed::routes());
    routes.extend(gazetteer::routes());
    routes.extend(imports::routes());
    routes.extend(reports::routes());
    routes.extend(statistics::routes());
    routes.extend(pages::routes());
    routes
}

/// Puts the operations into an actix app. actix's own answers to what it does not know are never
/// reached: each resource says what it can do, and the rest is not found.
pub fn configure(api: &Api, config: &mut web::ServiceConfig) {
    for (path, entries) in api.by_path() {
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
                .to(move |request: HttpRequest| serve::options(known.clone(), request, said.clone())),
        );
        let known = api.clone();
        resource = resource.default_service(web::to(move |request: HttpRequest| {
            let error = ApiError::new(&METHOD_NOT_ALLOWED, format!("This path takes {allow}."))
                .with_header("Allow", allow.clone());
            serve::refuse(known.clone(), request, error)
        }));
        config.service(resource);
    }
    let known = api.clone();
    config.default_service(web::to(move |request: HttpRequest| {
        serve::refuse(known.clone(), request, ApiError::not_found())
    }));
}
