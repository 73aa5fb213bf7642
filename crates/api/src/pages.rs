//! What stands beside the contract: the document itself, pages for people, and probes for the
//! machines of the installation.

use std::sync::Arc;

use futures_util::FutureExt;
use serde_json::json;
use utoipa_swagger_ui::Config;

use crate::answer::{Answer, Tag};
use crate::cache::Cache;
use crate::contract::{TEXT, VERSION};
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, UNAVAILABLE};
use crate::query::Reader;
use crate::routes::Entry;

pub(crate) fn routes() -> Vec<Entry> {
    let json = "application/json";
    vec![
        Entry::page("/v1/openapi.json", json, |ctx| async move { document(&ctx) }.boxed_local()),
        Entry::page("/.well-known/api-catalog", "application/linkset+json", |ctx| {
            async move { catalog(&ctx) }.boxed_local()
        }),
        Entry::page("/", "text/html", |ctx| async move { home(&ctx) }.boxed_local()),
        Entry::page("/docs", "text/html", |ctx| async move { docs(&ctx) }.boxed_local()),
        Entry::page("/docs/{file}", "text/html", |ctx| async move { docs_file(&ctx) }.boxed_local()),
        Entry::probe("/livez", json, |_| {
            async move { Ok(Answer::json(200, json!({"status": "live"}).to_string())) }.boxed_local()
        }),
        Entry::probe("/readyz", json, |ctx| ready(ctx).boxed_local()),
        Entry::probe("/metrics", "text/plain", |ctx| async move { Ok(metrics(&ctx)) }.boxed_local()),
    ]
}

fn document(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    Ok(Answer::json(200, TEXT.to_owned()).tagged(Tag::new(0, "0", &[TEXT])))
}

/// RFC 9727: where programs find the contract and the page about it.
fn catalog(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let linkset = json!({"linkset": [{
        "anchor": "/v1",
        "service-desc": [{"href": "/v1/openapi.json", "type": "application/json"}],
        "service-doc": [{"href": "/docs", "type": "text/html"}],
        "status": [{"href": "/readyz", "type": "application/json"}],
    }]});
    let profile = "application/linkset+json; profile=\"https://www.rfc-editor.org/info/rfc9727\"";
    Ok(Answer::text(profile, linkset.to_string()))
}

fn home(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let page = include_str!("pages/home.html").replace("{version}", VERSION);
    Ok(Answer::page("text/html; charset=utf-8", page))
}

fn docs(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    Ok(Answer::page("text/html; charset=utf-8", include_str!("pages/docs.html").to_owned()))
}

/// A file that a page names: one of ours, or one of Swagger UI's, which the crate brings along.
fn docs_file(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let (kind, text) = match ctx.param("file") {
        "home.css" => ("text/css; charset=utf-8", include_str!("pages/home.css").to_owned()),
        "docs.css" => ("text/css; charset=utf-8", include_str!("pages/docs.css").to_owned()),
        "docs.js" => ("text/javascript; charset=utf-8", include_str!("pages/docs.js").to_owned()),
        "icon.svg" => ("image/svg+xml", include_str!("pages/icon.svg").to_owned()),
        name @ "swagger-ui.css" => ("text/css; charset=utf-8", brought(name)?),
        name @ "swagger-ui-bundle.js" => ("text/javascript; charset=utf-8", brought(name)?),
        _ => return Err(ApiError::not_found()),
    };
    let tag = Tag::new(0, "0", &[&text]);
    Ok(Answer::page(kind, text).tagged(tag))
}

fn brought(name: &str) -> ApiResult<String> {
    let file = utoipa_swagger_ui::serve(name, Arc::new(Config::default())).map_err(ApiError::defect)?;
    let file = file.ok_or_else(ApiError::not_found)?;
    String::from_utf8(file.bytes.into_owned()).map_err(ApiError::defect)
}

async fn ready(ctx: Ctx) -> ApiResult<Answer> {
    if ctx.api.is_draining() {
        return Err(ApiError::new(&UNAVAILABLE, "The service is stopping.").with_header("Retry-After", "1"));
    }
    let head = ctx.api.database().head().await?;
    Ok(Answer::json(200, json!({"status": "ready", "database": "ok", "revision": head.revision}).to_string()))
}

fn metrics(ctx: &Ctx) -> Answer {
    let text = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    Answer::text(text, ctx.api.metrics().text(ctx.api.cache().map_or(0, Cache::weight)))
}
