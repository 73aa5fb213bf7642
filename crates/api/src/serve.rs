//! From an HTTP request to its answer: the one path that every request takes. Reads the request,
//! finds out who asks, counts it, runs the handler, and fits what it says to the client.

use std::io::Write;
use std::net::IpAddr;
use std::panic::AssertUnwindSafe;
use std::time::{Duration, Instant};

use actix_web::http::header::{HeaderMap, HeaderName, HeaderValue};
use actix_web::http::{Method, StatusCode};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::{Bytes, BytesMut};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures_util::{FutureExt, StreamExt};
use pobratim_persistence::View;

use crate::answer::Answer;
use crate::api::Api;
use crate::contract::VERSION;
use crate::ctx::{Ctx, unauthenticated};
use crate::limit::{Allowance, Caller};
use crate::problem::{
    ApiError, ApiResult, INTERNAL, NOT_ACCEPTABLE, RATE_LIMITED, TIMEOUT, TOO_LARGE, UNSUPPORTED_TYPE,
};
use crate::query::{self, Reader};
use crate::routes::{Body, Entry, Handler};

/// The largest body.
const BODY: usize = 1024 * 1024;
/// How long a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);
/// Answers smaller than this are not compressed.
const COMPRESS_FROM: usize = 1024;

const EXPOSED: &str =
    "ETag, Link, Location, RateLimit, RateLimit-Policy, Retry-After, X-Request-Id, API-Version, Idempotent-Replayed";

/// What is known of a request before its handler runs.
struct Asked {
    began: Instant,
    request_id: String,
    method: String,
    path: String,
    route: String,
    headers: HeaderMap,
    view: View,
    anonymous: bool,
    allowance: Option<Allowance>,
    /// Whom to count the request for when its answer is no 304.
    uncounted: Option<Caller>,
}

/// Answers a request with an operation.
pub(crate) async fn serve(
    api: Api,
    entry: &'static Entry,
    request: HttpRequest,
    payload: web::Payload,
) -> HttpResponse {
    let mut asked = Asked::new(&request, &entry.path);
    let run = answer(&api, entry, &mut asked, &request, payload);
    let outcome = AssertUnwindSafe(run).catch_unwind().await.unwrap_or_else(|_| {
        let mut error = ApiError::new(&INTERNAL, "The request id finds the cause in the log.");
        error.cause = Some("the handler panicked".to_owned());
        Err(error)
    });
    asked.respond(&api, outcome)
}

/// Answers a request that no operation is there for.
pub(crate) async fn refuse(api: Api, request: HttpRequest, error: Box<ApiError>) -> HttpResponse {
    let mut asked = Asked::new(&request, request.match_pattern().as_deref().unwrap_or("unknown"));
    let outcome = asked.admit(&api, &request).and(Err(error));
    asked.respond(&api, outcome)
}

/// Answers OPTIONS, which says what a path can do, and whether a page may ask.
pub(crate) async fn options(api: Api, request: HttpRequest, allow: String) -> HttpResponse {
    let mut asked = Asked::new(&request, request.match_pattern().as_deref().unwrap_or("unknown"));
    let outcome = asked.admit(&api, &request).map(|()| {
        let mut answer = Answer::empty(204).with("Allow", &allow);
        if asked.headers.contains_key("Access-Control-Request-Method") {
            let headers = "Authorization, Content-Type, If-Match, If-None-Match, Idempotency-Key, Prefer, X-Request-Id";
            answer = answer
                .with("Access-Control-Allow-Methods", &allow)
                .with("Access-Control-Allow-Headers", headers)
                .with("Access-Control-Max-Age", "600");
        }
        answer
    });
    asked.respond(&api, outcome)
}

async fn answer(
    api: &Api,
    entry: &'static Entry,
    asked: &mut Asked,
    request: &HttpRequest,
    payload: web::Payload,
) -> ApiResult<Answer> {
    let principal = match asked.headers.get("Authorization").filter(|_| !entry.probe) {
        None => None,
        Some(header) => {
            let known = api.keys().principal(api.database(), header.to_str().unwrap_or_default()).await?;
            if known.is_none() {
                asked.admit(api, request)?;
                return Err(unauthenticated());
            }
            known
        }
    };
    if let Some(principal) = &principal {
        asked.view = principal.view();
        asked.anonymous = false;
        asked.count(api, Caller { has_key: true, name: principal.id().to_string() })?;
    } else if !entry.probe {
        asked.admit(api, request)?;
    }
    accepts(&asked.headers, entry)?;
    let body = match entry.body {
        Body::None => Bytes::new(),
        Body::Json => read(&asked.headers, payload, &["application/json"]).await?,
        Body::MergePatch => {
            read(&asked.headers, payload, &["application/merge-patch+json", "application/json"]).await?
        }
    };
    let query = query::pairs(request.query_string())?;
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let params: Vec<_> = request.match_info().iter().map(|(name, value)| (name.to_owned(), decode(value))).collect();
    // actix reads what is not UTF-8 as something near to it, so the path is looked at as it came.
    let is_text = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8().is_ok();
    if !is_text || params.iter().any(|(_, value): &(String, String)| value.contains('\0')) {
        // No name here is anything but UTF-8 or has a NUL character, and PostgreSQL takes neither.
        return Err(ApiError::not_found());
    }
    let handler: Handler = entry.handler;
    let ctx = Ctx {
        api: api.clone(),
        entry,
        principal,
        request_id: asked.request_id.clone(),
        method: asked.method.clone(),
        path: asked.path.clone(),
        params,
        query,
        headers: asked.headers.clone(),
        body,
    };
    if entry.method != Method::GET {
        // Reading handlers take their parameters themselves; writing ones have none in the query.
        Reader::new(&ctx).finish()?;
    }
    handler(ctx).await
}

/// Reads a body: of the right type, not compressed, not too large however framed, and in time.
async fn read(headers: &HeaderMap, mut payload: web::Payload, types: &[&str]) -> ApiResult<Bytes> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = header("Content-Type").unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_utf8 = given
        .to_ascii_lowercase()
        .split("charset=")
        .nth(1)
        .is_none_or(|charset| charset.trim_matches('"').starts_with("utf-8"));
    if !types.contains(&media_type.as_str()) || !is_utf8 || headers.contains_key("Content-Encoding") {
        let detail = format!("Send {}, in UTF-8 and not compressed.", types.first().copied().unwrap_or_default());
        return Err(ApiError::new(&UNSUPPORTED_TYPE, detail).with_header("Accept", types.join(", ")));
    }
    let too_large = || ApiError::new(&TOO_LARGE, "A body has at most 1 MiB.");
    if header("Content-Length").and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > BODY) {
        return Err(too_large());
    }
    let all = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::new(&crate::problem::MALFORMED, "The body broke off."))?;
            if body.len() + chunk.len() > BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(BODY_TIME, all)
        .await
        .unwrap_or_else(|_| Err(ApiError::new(&TIMEOUT, "The body did not arrive within 30 seconds.")))
}

/// Refuses when the client takes none of the operation's representations.
fn accepts(headers: &HeaderMap, entry: &Entry) -> ApiResult<()> {
    let Some(accept) = headers.get("Accept").and_then(|value| value.to_str().ok()) else { return Ok(()) };
    let taken = accept.split(',').any(|range| {
        let mut parts = range.split(';').map(str::trim);
        let range = parts.next().unwrap_or_default().to_ascii_lowercase();
        let refused =
            parts.any(|part| matches!(part.replace(' ', "").as_str(), "q=0" | "q=0.0" | "q=0.00" | "q=0.000"));
        let offers = |offer: &str| {
            range == "*/*"
                || range == offer
                || range.strip_suffix("/*").is_some_and(|kind| offer.split('/').next() == Some(kind))
        };
        let produced = || offers(entry.produces) || entry.also.iter().any(|also| offers(also));
        !refused && (range.is_empty() || produced() || offers("application/problem+json"))
    });
    if taken {
        Ok(())
    } else {
        Err(ApiError::new(&NOT_ACCEPTABLE, format!("This address answers {}.", entry.produces)))
    }
}

impl Asked {
    fn new(request: &HttpRequest, route: &str) -> Self {
        let sent = request.headers().get("X-Request-Id").and_then(|value| value.to_str().ok());
        let fits = |id: &&str| {
            (1..=128).contains(&id.len())
                && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'_' | b'-'))
        };
        Self {
            began: Instant::now(),
            request_id: sent.filter(fits).map_or_else(|| uuid::Uuid::now_v7().to_string(), str::to_owned),
            method: request.method().to_string(),
            path: request.path().to_owned(),
            route: route.to_owned(),
            headers: combined(request.headers()),
            view: View::Public,
            anonymous: true,
            allowance: None,
            uncounted: None,
        }
    }

    /// Counts a caller by address.
    fn admit(&mut self, api: &Api, request: &HttpRequest) -> ApiResult<()> {
        self.count(api, Caller { has_key: false, name: client_address(request, &api.settings().trusted_proxies) })
    }

    fn count(&mut self, api: &Api, caller: Caller) -> ApiResult<()> {
        let Some(limits) = api.limits() else { return Ok(()) };
        if self.reads() && self.headers.contains_key("If-None-Match") {
            self.allowance = Some(limits.count_conditional(&caller));
            self.uncounted = Some(caller);
        } else {
            self.allowance = Some(limits.count(&caller));
        }
        self.over_limit()
    }

    fn reads(&self) -> bool {
        matches!(self.method.as_str(), "GET" | "HEAD")
    }

    fn over_limit(&self) -> ApiResult<()> {
        match self.allowance.and_then(|allowance| allowance.wait) {
            None => Ok(()),
            Some(wait) => Err(ApiError::new(&RATE_LIMITED, format!("Come again in {wait} s."))
                .with_header("Retry-After", wait.to_string())),
        }
    }

    fn respond(&mut self, api: &Api, outcome: ApiResult<Answer>) -> HttpResponse {
        let answer = outcome.unwrap_or_else(|error| self.problem(&error));
        let mut status = StatusCode::from_u16(answer.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        let mut headers = HeaderMap::new();
        let mut body = Bytes::from(answer.body.unwrap_or_default());
        let mut encoding = "";
        if body.len() >= COMPRESS_FROM
            && self.takes_gzip()
            && let Some(small) = gzip(&body)
        {
            encoding = "gzip";
            body = small;
        }
        if let Some(tag) = &answer.tag {
            let tag = tag.header(encoding);
            if status == StatusCode::OK && self.reads() && self.has_seen(&tag) {
                status = StatusCode::NOT_MODIFIED;
                body = Bytes::new();
            }
            set(&mut headers, "ETag", &tag);
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
        if has_body && !answer.content_type.is_empty() {
            set(&mut headers, "Content-Type", &answer.content_type);
            if !encoding.is_empty() {
                set(&mut headers, "Content-Encoding", encoding);
            }
        }
        let cache = match (status.is_success() || status == StatusCode::NOT_MODIFIED, self.anonymous) {
            (false, _) => "no-store",
            (true, true) => "public, max-age=0, must-revalidate",
            (true, false) => "private, no-cache",
        };
        set(&mut headers, "Cache-Control", cache);
        set(&mut headers, "Vary", "Authorization, Accept, Accept-Encoding, Origin");
        for (name, value) in &answer.headers {
            set(&mut headers, name, value);
        }
        self.common(api, &mut headers, answer.page);
        let took = self.began.elapsed();
        api.metrics().count(&self.method, &self.route, status.as_u16(), took);
        self.log(status, took);
        let mut response = HttpResponse::build(status);
        for (name, value) in headers {
            response.insert_header((name, value));
        }
        if has_body { response.body(body) } else { response.finish() }
    }

    fn problem(&self, error: &ApiError) -> Answer {
        if let Some(cause) = &error.cause {
            tracing::error!(request_id = self.request_id, path = self.path, cause, "a request failed");
        }
        let problem = error.body_for(&self.path, &self.request_id);
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
        set(headers, "API-Version", VERSION);
        set(headers, "X-Request-Id", &self.request_id);
        set(headers, "X-Content-Type-Options", "nosniff");
        set(headers, "Referrer-Policy", "no-referrer");
        let policy = if page {
            "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data:; connect-src 'self'; font-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
        } else {
            "default-src 'none'; frame-ancestors 'none'"
        };
        set(headers, "Content-Security-Policy", policy);
        if let Some(Allowance { policy, quota, remaining, .. }) = self.allowance {
            set(headers, "RateLimit-Policy", &format!("\"{policy}\";q={quota};w=60"));
            set(headers, "RateLimit", &format!("\"{policy}\";r={remaining};t=60"));
        }
        if let Some(origin) = self.headers.get("Origin").and_then(|origin| origin.to_str().ok()) {
            let listed = api.settings().cors_origins.iter().any(|known| known == origin);
            if listed {
                set(headers, "Access-Control-Allow-Origin", origin);
            } else if self.anonymous && matches!(self.method.as_str(), "GET" | "HEAD" | "OPTIONS") {
                // Anybody's page may read what is public; it cannot send a credential along.
                set(headers, "Access-Control-Allow-Origin", "*");
                if headers.contains_key("Access-Control-Allow-Methods") {
                    set(headers, "Access-Control-Allow-Methods", "GET, HEAD");
                    set(headers, "Access-Control-Allow-Headers", "If-None-Match, Prefer, X-Request-Id");
                }
            }
            set(headers, "Access-Control-Expose-Headers", EXPOSED);
        }
    }

    fn log(&self, status: StatusCode, took: Duration) {
        let micros = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        let trace = self.headers.get("traceparent").and_then(|value| value.to_str().ok()).and_then(trace_id);
        tracing::info!(
            request_id = self.request_id,
            trace_id = trace,
            method = self.method,
            route = self.route,
            status = status.as_u16(),
            micros,
            "answered"
        );
    }

    fn takes_gzip(&self) -> bool {
        let Some(accept) = self.headers.get("Accept-Encoding").and_then(|value| value.to_str().ok()) else {
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

    /// Whether the client has this very representation already. Tags are compared weakly here.
    fn has_seen(&self, tag: &str) -> bool {
        let Some(seen) = self.headers.get("If-None-Match").and_then(|value| value.to_str().ok()) else { return false };
        seen.trim() == "*" || seen.split(',').any(|known| known.trim().trim_start_matches("W/") == tag)
    }
}

/// The headers of a request, each once: a field that stands several times is one list (RFC 9110,
/// section 5.3). What is no list, such as a credential, is then not a good one.
fn combined(given: &HeaderMap) -> HeaderMap {
    let mut headers = HeaderMap::with_capacity(given.len());
    for name in given.keys() {
        let values: Vec<&[u8]> = given.get_all(name).map(HeaderValue::as_bytes).collect();
        if let Ok(value) = HeaderValue::from_bytes(&values.join(b", ".as_slice())) {
            headers.insert(name.clone(), value);
        }
    }
    headers
}

fn gzip(body: &[u8]) -> Option<Bytes> {
    let mut encoder = GzEncoder::new(Vec::with_capacity(body.len() / 3), Compression::fast());
    encoder.write_all(body).ok()?;
    encoder.finish().ok().map(Bytes::from)
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

/// The client's address. What proxies say is believed only of those we trust, walked from the
/// right; an IPv6 client is its /64.
fn client_address(request: &HttpRequest, trusted: &[IpAddr]) -> String {
    let peer = request.peer_addr().map(|address| address.ip());
    let mut client = peer;
    if peer.is_some_and(|peer| trusted.contains(&peer)) {
        let said = |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok());
        let hops: Vec<IpAddr> = match said("Forwarded") {
            Some(forwarded) => forwarded.split(',').filter_map(forwarded_for).collect(),
            None => said("X-Forwarded-For")
                .unwrap_or_default()
                .split(',')
                .filter_map(|hop| hop.trim().parse().ok())
                .collect(),
        };
        client = hops.iter().rev().find(|hop| !trusted.contains(hop)).copied().or(client);
    }
    match client {
        Some(IpAddr::V6(address)) => {
            let [a, b, c, d, ..] = address.segments();
            format!("{a:x}:{b:x}:{c:x}:{d:x}::/64")
        }
        Some(address) => address.to_string(),
        None => "unknown".to_owned(),
    }
}

fn forwarded_for(element: &str) -> Option<IpAddr> {
    let node = element.split(';').map(str::trim).find_map(|pair| {
        let (name, value) = pair.split_once('=')?;
        name.eq_ignore_ascii_case("for").then_some(value)
    })?;
    let node = node.trim_matches('"');
    let bare = node.strip_prefix('[').and_then(|rest| rest.split(']').next());
    bare.unwrap_or_else(|| if node.matches(':').count() == 1 { node.split(':').next().unwrap_or(node) } else { node })
        .parse()
        .ok()
}
