//! A request before and after its handler: who is counted for it, and how what the handler says is
//! fitted to the client (conditional, compressed, cached).

use std::ops::Deref;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use actix_web::body::{BodyStream, SizedStream};
use actix_web::http::header::{
    ACCEPT_ENCODING, CACHE_CONTROL, CONTENT_ENCODING, CONTENT_SECURITY_POLICY, CONTENT_TYPE, ETAG, HeaderMap,
    HeaderName, HeaderValue, IF_NONE_MATCH, ORIGIN, REFERRER_POLICY, VARY, X_CONTENT_TYPE_OPTIONS,
};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse};
use pobratim_persistence::View;

use crate::address::client_address;
use crate::answer::{Answer, Streamed};
use crate::api::Api;
use crate::cache::{Kept, Validity};
use crate::contract::VERSION;
use crate::form::Form;
use crate::limit::{Allowance, Caller};
use crate::problem::{ApiError, ApiResult, RATE_LIMITED};
use crate::turns::Turn;

const EXPOSED: &str = "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, API-Version, Idempotent-Replayed, Accept-Ranges, Content-Range, Content-Disposition, Repr-Digest";

static X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
static TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
static API_VERSION: HeaderName = HeaderName::from_static("api-version");

/// What is said to a request: an answer in its finished form, and whether it is kept for others.
pub(crate) struct Said {
    form: Arc<Form>,
    stream: Option<Streamed>,
    keep: Option<Keep>,
    /// The turn in which it was made: it ends when the answer is kept.
    turn: Option<Turn>,
}

/// Under which name an answer is kept.
struct Keep {
    name: Arc<str>,
    kept: Kept,
    /// Whether it is not in the cache yet, or not in this form.
    is_new: bool,
}

impl Said {
    /// An answer for this request alone.
    pub(crate) fn once(mut answer: Answer) -> Self {
        let stream = answer.stream.take();
        Self { form: Arc::new(Form::of(answer)), stream, keep: None, turn: None }
    }

    /// An answer that holds for others too, for a while.
    pub(crate) fn to_keep(answer: Answer, name: Arc<str>, validity: Validity, turn: Option<Turn>) -> Self {
        let said = Self::once(answer);
        let kept = Kept::new(said.form.clone(), validity);
        let keep = Some(Keep { name, kept, is_new: true }).filter(|_| said.stream.is_none());
        Self { keep, turn, ..said }
    }

    /// An answer that was kept.
    pub(crate) fn kept(name: Arc<str>, kept: Kept) -> Self {
        Self { form: kept.form.clone(), stream: None, keep: Some(Keep { name, kept, is_new: false }), turn: None }
    }
}

/// What is known of a request before its handler runs.
pub(crate) struct Asked {
    began: Instant,
    request: HttpRequest,
    pub(crate) request_id: String,
    route: &'static str,
    pub(crate) headers: Headers,
    pub(crate) view: View,
    pub(crate) anonymous: bool,
    allowance: Option<Allowance>,
    /// Whom to count the request for when its answer is no 304.
    uncounted: Option<Caller>,
}

impl Asked {
    pub(crate) fn new(request: &HttpRequest, route: &'static str) -> Self {
        let sent = request.headers().get(&X_REQUEST_ID).and_then(|value| value.to_str().ok());
        let fits = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        };
        Self {
            began: Instant::now(),
            request: request.clone(),
            request_id: sent.filter(fits).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned),
            route,
            headers: Headers::of(request),
            view: View::Public,
            anonymous: true,
            allowance: None,
            uncounted: None,
        }
    }

    pub(crate) fn method(&self) -> &Method {
        self.request.method()
    }

    pub(crate) fn path(&self) -> &str {
        self.request.path()
    }

    /// Counts a caller by address.
    pub(crate) fn admit(&mut self, api: &Api) -> ApiResult<()> {
        if api.limits().is_none() {
            return Ok(());
        }
        let name = client_address(&self.request, &api.settings().trusted_proxies);
        self.count(api, Caller { has_key: false, name })
    }

    pub(crate) fn count(&mut self, api: &Api, caller: Caller) -> ApiResult<()> {
        let Some(limits) = api.limits() else { return Ok(()) };
        if self.reads() && self.headers.contains_key(&IF_NONE_MATCH) {
            self.allowance = Some(limits.count_conditional(&caller));
            self.uncounted = Some(caller);
        } else {
            self.allowance = Some(limits.count(&caller));
        }
        self.over_limit()
    }

    fn reads(&self) -> bool {
        matches!(self.method().as_str(), "GET" | "HEAD")
    }

    fn over_limit(&self) -> ApiResult<()> {
        match self.allowance.and_then(|allowance| allowance.wait) {
            None => Ok(()),
            Some(wait) => Err(ApiError::new(&RATE_LIMITED, format!("Come again in {wait} s."))
                .with_header("Retry-After", wait.to_string())),
        }
    }

    pub(crate) fn respond(&mut self, api: &Api, outcome: ApiResult<Said>) -> HttpResponse {
        let Said { form, stream, mut keep, turn } = outcome.unwrap_or_else(|error| Said::once(self.problem(&error)));
        let mut answer = form;
        let mut status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        // As many as an answer has, so that the map does not grow.
        let mut headers = HeaderMap::with_capacity(16);
        let mut encoding = if answer.is_compressible() && self.takes_gzip() { "gzip" } else { "" };
        if let Some(tag) = answer.etag(encoding) {
            let seen = tag.to_str().is_ok_and(|tag| has_seen(&self.headers, tag));
            if status.is_success() && self.reads() && seen {
                status = StatusCode::NOT_MODIFIED;
            }
            headers.insert(ETAG, tag.clone());
        }
        if status != StatusCode::NOT_MODIFIED
            && let Some(caller) = self.uncounted.take()
            && self.allowance.is_some_and(|allowance| allowance.wait.is_none())
        {
            self.allowance = api.limits().map(|limits| limits.count(&caller));
            if let Err(refusal) = self.over_limit() {
                return self.respond(api, Err(refusal));
            }
        }
        let has_body = status != StatusCode::NOT_MODIFIED && status != StatusCode::NO_CONTENT;
        if has_body && !encoding.is_empty() && !answer.is_compressed() {
            match answer.compressed() {
                Some(compressed) => {
                    // Made once, at the first need; what is kept has it from now on.
                    answer = Arc::new(compressed);
                    keep = keep.map(|keep| Keep { is_new: true, kept: keep.kept.with(answer.clone()), ..keep });
                }
                None => {
                    encoding = "";
                    if let Some(tag) = answer.etag(encoding) {
                        headers.insert(ETAG, tag.clone());
                    }
                }
            }
        }
        if has_body && let Some(content_type) = &answer.content_type {
            headers.insert(CONTENT_TYPE, content_type.clone());
            if !encoding.is_empty() {
                headers.insert(CONTENT_ENCODING, HeaderValue::from_static(encoding));
            }
        }
        let cache = match (status.is_success() || status == StatusCode::NOT_MODIFIED, self.anonymous) {
            (false, _) => "no-store",
            (true, true) => "public, max-age=0, must-revalidate",
            (true, false) => "private, no-cache",
        };
        headers.insert(CACHE_CONTROL, HeaderValue::from_static(cache));
        headers.insert(VARY, HeaderValue::from_static("Authorization, Accept, Accept-Encoding, Origin"));
        for (name, value) in &answer.headers {
            headers.insert(name.clone(), value.clone());
        }
        if let (Some(Keep { name, kept, is_new: true }), Some(cache)) = (keep, api.cache()) {
            cache.keep(name, kept);
        }
        drop(turn);
        self.common(api, &mut headers, answer.page);
        let took = self.began.elapsed();
        api.metrics().count(self.method(), self.route, status.as_u16(), took);
        self.log(status, took);
        let mut response = HttpResponse::build(status);
        let mut response = match stream {
            Some(Streamed { length: Some(length), bytes }) if has_body => {
                response.body(SizedStream::new(length, bytes))
            }
            Some(Streamed { length: None, bytes }) if has_body => response.body(BodyStream::new(bytes)),
            _ if has_body => response.body(answer.bytes(encoding)),
            _ => response.finish(),
        };
        *response.headers_mut() = headers;
        response
    }

    fn problem(&self, error: &ApiError) -> Answer {
        if let Some(cause) = &error.cause {
            tracing::error!(request_id = self.request_id, path = self.path(), cause, "a request failed");
        }
        let problem = error.body_for(self.path(), &self.request_id);
        let body = serde_json::to_string(&problem).unwrap_or_default();
        let mut answer = Answer::json(error.status().as_u16(), body);
        answer.content_type = "application/problem+json".to_owned();
        for (name, value) in &error.headers {
            answer = answer.with(name, value);
        }
        answer
    }

    /// The headers of every answer.
    fn common(&self, api: &Api, headers: &mut HeaderMap, page: bool) {
        headers.insert(API_VERSION.clone(), HeaderValue::from_static(VERSION));
        if let Ok(id) = HeaderValue::from_str(&self.request_id) {
            headers.insert(X_REQUEST_ID.clone(), id);
        }
        headers.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        headers.insert(REFERRER_POLICY, HeaderValue::from_static("no-referrer"));
        let policy = if page {
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        } else {
            "default-src 'none'; frame-ancestors 'none'"
        };
        if !headers.contains_key(&CONTENT_SECURITY_POLICY) {
            headers.insert(CONTENT_SECURITY_POLICY, HeaderValue::from_static(policy));
        }
        if let Some(Allowance { policy, quota, remaining, .. }) = self.allowance {
            set(headers, "RateLimit-Policy", &format!("\"{policy}\";q={quota};w=60"));
            set(headers, "RateLimit", &format!("\"{policy}\";r={remaining};t=60"));
        }
        if let Some(origin) = self.headers.get(&ORIGIN).and_then(|origin| origin.to_str().ok()) {
            let listed = api.settings().cors_origins.iter().any(|known| known == origin);
            if listed {
                set(headers, "Access-Control-Allow-Origin", origin);
            } else if self.anonymous && matches!(self.method().as_str(), "GET" | "HEAD" | "OPTIONS") {
                // Anybody's page may read what is public; it cannot send a credential along.
                set(headers, "Access-Control-Allow-Origin", "*");
                if headers.contains_key("Access-Control-Allow-Methods") {
                    set(headers, "Access-Control-Allow-Methods", "GET, HEAD");
                    set(
                        headers,
                        "Access-Control-Allow-Headers",
                        "If-None-Match, If-Range, Prefer, Range, X-Request-Id",
                    );
                }
            }
            set(headers, "Access-Control-Expose-Headers", EXPOSED);
        }
    }

    fn log(&self, status: StatusCode, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let trace = self.headers.get(&TRACEPARENT).and_then(|value| value.to_str().ok()).and_then(trace_id);
        tracing::info!(
            request_id = self.request_id,
            trace_id = trace,
            method = self.method().as_str(),
            route = self.route,
            status = status.as_u16(),
            micros,
            "answered"
        );
    }

    fn takes_gzip(&self) -> bool {
        let Some(accept) = self.headers.get(&ACCEPT_ENCODING).and_then(|value| value.to_str().ok()) else {
            return false;
        };
        accept.split(',').any(|coding| {
            let mut parts = coding.split(';').map(str::trim);
            let name = parts.next().unwrap_or_default();
            let zero =
                parts.any(|part| part.strip_prefix("q=").and_then(|q| q.parse::<f32>().ok()).is_some_and(|q| q <= 0.0));
            (name.eq_ignore_ascii_case("gzip") || name == "*") && !zero
        })
    }
}

/// Whether the client has this very representation already. Tags are compared weakly here.
pub(crate) fn has_seen(headers: &HeaderMap, tag: &str) -> bool {
    let Some(seen) = headers.get(&IF_NONE_MATCH).and_then(|value| value.to_str().ok()) else { return false };
    seen.trim() == "*" || seen.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
}

/// The headers of a request, each once: a field that stands several times is one list (RFC 9110,
/// section 5.3). What is no list, such as a credential, is then not a good one.
#[derive(Clone)]
pub(crate) enum Headers {
    /// As they came.
    Sent(HttpRequest),
    /// Some stood several times.
    Combined(Rc<HeaderMap>),
}

impl Headers {
    fn of(request: &HttpRequest) -> Self {
        let given = request.headers();
        if given.len() == given.len_keys() {
            return Self::Sent(request.clone());
        }
        let mut headers = HeaderMap::with_capacity(given.len());
        for name in given.keys() {
            let values: Vec<&[u8]> = given.get_all(name).map(HeaderValue::as_bytes).collect();
            if let Ok(value) = HeaderValue::from_bytes(&values.join(b", ".as_slice())) {
                headers.insert(name.clone(), value);
            }
        }
        Self::Combined(Rc::new(headers))
    }
}

impl Deref for Headers {
    type Target = HeaderMap;

    fn deref(&self) -> &HeaderMap {
        match self {
            Self::Sent(request) => request.headers(),
            Self::Combined(headers) => headers,
        }
    }
}

fn set(headers: &mut HeaderMap, name: &str, value: &str) {
    if let (Ok(name), Ok(value)) = (HeaderName::from_bytes(name.as_bytes()), HeaderValue::from_str(value)) {
        headers.insert(name, value);
    }
}

/// The trace a request belongs to (W3C Trace Context).
fn trace_id(header: &str) -> Option<&str> {
    let id = header.split('-').nth(1)?;
    (id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit())).then_some(id)
}
