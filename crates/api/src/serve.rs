//! From an HTTP request to its answer: the one path that every request takes. Reads the request,
//! finds out who asks, counts it, and gives the answer that was kept, or runs the handler; what it says
//! is fitted to the client in `asked`.

use std::panic::AssertUnwindSafe;
use std::sync::Arc;

use actix_web::http::Method;
use actix_web::http::header::{ACCEPT, AUTHORIZATION, HeaderMap};
use actix_web::{HttpRequest, HttpResponse, web};
use bytes::Bytes;
use futures_util::FutureExt;
use pobratim_domain::Role;
use pobratim_persistence::Head;

use crate::answer::Answer;
use crate::api::Api;
use crate::asked::{Asked, Said};
use crate::body;
use crate::cache::{self, Cache, Seen};
use crate::content::{BYTES, Incoming};
use crate::ctx::{Ctx, unauthenticated};
use crate::export::key_in_address;
use crate::limit::Caller;
use crate::merges;
use crate::problem::{ApiError, ApiResult, FORBIDDEN, INTERNAL, NOT_ACCEPTABLE};
use crate::query::{self, Reader};
use crate::routes::{Body, Entry, Handler};

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
pub(crate) async fn refuse(api: Api, route: &'static str, request: HttpRequest, error: Box<ApiError>) -> HttpResponse {
    let mut asked = Asked::new(&request, route);
    let outcome = asked.admit(&api).and(Err(error));
    asked.respond(&api, outcome)
}

/// Answers OPTIONS, which says what a path can do, and whether a page may ask.
pub(crate) async fn options(api: Api, route: &'static str, request: HttpRequest, allow: String) -> HttpResponse {
    let mut asked = Asked::new(&request, route);
    let outcome = asked.admit(&api).map(|()| {
        let mut answer = Answer::empty(204).with("Allow", &allow);
        if asked.headers.contains_key("Access-Control-Request-Method") {
            let headers = "Authorization, Content-Digest, Content-Disposition, Content-Type, Idempotency-Key, If-Match, If-None-Match, If-Range, Prefer, Range, Repr-Digest, X-Request-Id";
            answer = answer
                .with("Access-Control-Allow-Methods", &allow)
                .with("Access-Control-Allow-Headers", headers)
                .with("Access-Control-Max-Age", "600");
        }
        Said::once(answer)
    });
    asked.respond(&api, outcome)
}

async fn answer(
    api: &Api,
    entry: &'static Entry,
    asked: &mut Asked,
    request: &HttpRequest,
    payload: web::Payload,
) -> ApiResult<Said> {
    let mut head = None;
    let header = asked.headers.get(&AUTHORIZATION).filter(|_| !entry.probe);
    let header = header.map(|header| header.to_str().unwrap_or_default().to_owned());
    let (mut query, mut in_address) = (Vec::new(), None);
    // Who asks is counted before anything is refused.
    let is_read = query::pairs(request.query_string()).and_then(|pairs| {
        query = pairs;
        in_address = key_in_address(entry, &asked.headers, &mut query)?;
        Ok(())
    });
    let principal = match header.as_ref().or(in_address.as_ref()) {
        None => None,
        Some(credential) => {
            let known = api.keys().principal(api.database(), credential).await?;
            let Some((principal, seen)) = known else {
                asked.admit(api)?;
                return Err(unauthenticated());
            };
            head = Some(seen);
            Some(principal)
        }
    };
    if let Some(principal) = &principal {
        asked.view = principal.view();
        asked.anonymous = false;
        asked.count(api, Caller { has_key: true, name: principal.id().to_string() })?;
    } else if !entry.probe {
        asked.admit(api)?;
    }
    if in_address.is_some() && principal.as_ref().is_some_and(|known| known.role() != Role::Reader) {
        let detail = "Only a key of the role reader may stand in an address: others would see it there.";
        return Err(ApiError::new(&FORBIDDEN, detail));
    }
    accepts(&asked.headers, entry)?;
    let most = api.settings().max_upload;
    let mut incoming = None;
    let body = match entry.body {
        Body::None => Bytes::new(),
        Body::File => {
            incoming = Some(Incoming::file(&asked.headers, payload, most)?);
            Bytes::new()
        }
        Body::Form => {
            incoming = Some(Incoming::form(&asked.headers, payload, most)?);
            Bytes::new()
        }
        Body::Json => body::read(&asked.headers, payload, &["application/json"]).await?,
        Body::MergePatch => {
            body::read(&asked.headers, payload, &["application/merge-patch+json", "application/json"]).await?
        }
    };
    is_read?;
    // actix reads what is not UTF-8 as something near to it, so the path is looked at as it came.
    let path = percent_encoding::percent_decode_str(request.uri().path()).decode_utf8();
    if path.map_or(true, |path| path.contains('\0')) {
        // No name here is anything but UTF-8 or has a NUL character, and PostgreSQL takes neither.
        return Err(ApiError::not_found());
    }
    let mut name = None;
    let mut turn = None;
    if let Some(cache) = api.cache().filter(|_| entry.kept_by.is_some()) {
        name = cache::name(entry, asked, principal.as_ref(), &query::ordered(&query));
        if let Some(name) = &name {
            if let Some(said) = kept(api, cache, entry, asked, name, head).await? {
                return Ok(said);
            }
            if entry.computed {
                let mine = cache.turn(name).await?;
                // Whoever was before may have left just what is asked for.
                if mine.waited()
                    && let Some(said) = kept(api, cache, entry, asked, name, None).await?
                {
                    return Ok(said);
                }
                turn = Some(mine);
            }
        }
        api.metrics().missed();
    }
    let decode = |text: &str| percent_encoding::percent_decode_str(text).decode_utf8_lossy().into_owned();
    let params = request.match_info().iter().map(|(name, value)| (name.to_owned(), decode(value))).collect();
    let seen = Arc::new(Seen::default());
    let handler: Handler = entry.handler;
    let ctx = Ctx {
        api: api.clone(),
        entry,
        principal,
        request_id: asked.request_id.clone(),
        method: asked.method().clone(),
        path: asked.path().to_owned(),
        params,
        query,
        headers: asked.headers.clone(),
        body,
        incoming,
        seen: seen.clone(),
    };
    let takes_query = ctx.query.iter().any(|(name, _)| entry.parameters.iter().any(|known| known.is_query(name)));
    if entry.method != Method::GET && !takes_query {
        // Reading handlers take their parameters themselves, and so do the few writing ones that have any.
        Reader::new(&ctx).finish()?;
    }
    let outcome = match &turn {
        Some(turn) => turn.within(handler(ctx)).await,
        None => handler(ctx).await,
    };
    let answer = outcome.or_else(|error| merges::led_on(entry, asked.path(), request.query_string(), error))?;
    Ok(match name.filter(|_| answer.status == 200).zip(seen.validity(&answer)) {
        Some((name, validity)) => Said::to_keep(answer, name, validity, turn),
        None => Said::once(answer),
    })
}

/// The answer that is kept under a name, if it still holds.
async fn kept(
    api: &Api,
    cache: &Cache,
    entry: &Entry,
    asked: &Asked,
    name: &Arc<str>,
    head: Option<Head>,
) -> ApiResult<Option<Said>> {
    let Some(kept) = cache.look(name) else { return Ok(None) };
    if !query::headers_are_good(api, entry, &asked.headers)? {
        return Ok(None);
    }
    let head = match head {
        Some(head) => head,
        None => api.database().head().await?,
    };
    if !cache.holds(&kept, &head, api.database().clock().now()) {
        return Ok(None);
    }
    api.metrics().hit();
    Ok(Some(Said::kept(name.clone(), kept)))
}

/// Refuses when the client takes none of the operation's representations.
fn accepts(headers: &HeaderMap, entry: &Entry) -> ApiResult<()> {
    if entry.produces == BYTES {
        // What was uploaded has one form; who takes another gets this one rather than nothing.
        return Ok(());
    }
    let Some(accept) = headers.get(&ACCEPT).and_then(|value| value.to_str().ok()) else { return Ok(()) };
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
