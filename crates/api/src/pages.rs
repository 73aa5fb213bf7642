//! What stands beside the contract: the document itself, pages for people, and probes for the
//! machines of the installation.

use std::sync::{Arc, LazyLock};

use futures_util::FutureExt;
use serde_json::json;
use utoipa_swagger_ui::Config;

use crate::answer::{Answer, Tag};
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, UNAVAILABLE};
use crate::query::Reader;
use crate::routes::Entry;

static SWAGGER: LazyLock<Arc<Config<'static>>> = LazyLock::new(|| {
    Arc::new(
        Config::new(["/v1/openapi.json"]).try_it_out_enabled(true).persist_authorization(false).validator_url("none"),
    )
});

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
    let text = ctx.api.document();
    Ok(Answer::json(200, text.to_owned()).tagged(Tag::new(0, "0", &[text])))
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

const HOME: &str = r#"<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>Pobratim</title>
<style>
body { font: 1.1rem/1.6 system-ui, sans-serif; max-width: 40rem; margin: 4rem auto; padding: 0 1.2rem; color: #1c2430; background: #fbfaf7; }
h1 { font-size: 2rem; margin-bottom: 0; }
p.lead { color: #51606f; margin-top: .2rem; }
a { color: #0b5394; }
li { margin: .3rem 0; }
</style>
</head>
<body>
<h1>Pobratim</h1>
<p class="lead">The system of record of a city's international relations.</p>
<ul>
<li><a href="/docs">The API, to read and to try</a></li>
<li><a href="/v1/openapi.json">The contract (OpenAPI 3.1)</a></li>
<li><a href="/v1/places">The directory of places</a></li>
<li><a href="/v1/municipalities">The municipalities kept here</a></li>
<li><a href="/v1/changes">What has changed</a></li>
</ul>
</body>
</html>
"#;

fn home(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    Ok(Answer::page("text/html; charset=utf-8", HOME.to_owned()))
}

/// The page's files are asked for relative to a folder, so the page names its own.
fn docs(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    let page = asset("index.html")?;
    let body = page
        .body
        .clone()
        .unwrap_or_default()
        .replace("\"./", "\"/docs/")
        .replace("href=\"index.css\"", "href=\"/docs/index.css\"");
    Ok(Answer { body: Some(body), ..page })
}

fn docs_file(ctx: &Ctx) -> ApiResult<Answer> {
    Reader::new(ctx).finish()?;
    asset(ctx.param("file"))
}

fn asset(name: &str) -> ApiResult<Answer> {
    let file = utoipa_swagger_ui::serve(name, Arc::clone(&SWAGGER)).map_err(ApiError::defect)?;
    let file = file.ok_or_else(ApiError::not_found)?;
    // Pictures are not needed on the page; everything else is text.
    let body = String::from_utf8(file.bytes.into_owned()).map_err(|_| ApiError::not_found())?;
    let answer = Answer::page(&file.content_type, body);
    let shape = answer.body.clone().unwrap_or_default();
    Ok(answer.tagged(Tag::new(0, "0", &[&shape])))
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
    Answer::text(text, ctx.api.metrics().text())
}
