//! `serve`: migrate, listen, answer, and stop gracefully.

use std::time::Duration;

use actix_web::{App, HttpServer};
use pobratim_api::{Api, configure};
use pobratim_domain::{ApiKey, Municipality, Role};
use pobratim_persistence::{Database, ListQuery, View};
use tokio::signal::unix::{SignalKind, signal};

use crate::config::Config;
use crate::data::say;
use crate::{Outcome, keys, open, telemetry};

/// The demo city: a data set like any other.
const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");
const DEMO_OWNER: &str = "Demo";

/// How long a client may take to send its headers.
const HEADERS: Duration = Duration::from_secs(10);

/// Serves until it is told to stop.
pub(crate) fn serve(config: Config, demo: bool) -> Outcome {
    if demo && !config.listen.ip().is_loopback() {
        return Err(format!(
            "--demo prints a key that can do everything, so it listens on loopback only, not on {}",
            config.listen
        ));
    }
    let _guard = telemetry::start(&config.log)?;
    actix_web::rt::System::new().block_on(run(config, demo))
}

async fn run(config: Config, demo: bool) -> Outcome {
    let database = open(&config).await?;
    let api = Api::new(database.clone(), config.settings.clone())?;
    let key = if demo { Some(prepare_demo(&api, &database).await?) } else { None };
    let shared = api.clone();
    let server = HttpServer::new(move || App::new().configure(|app| configure(&shared, app)))
        .client_request_timeout(HEADERS)
        .shutdown_timeout(30)
        .disable_signals()
        .bind(config.listen)
        .map_err(|error| format!("{}: {error}", config.listen))?;
    let address = server.addrs().first().copied().unwrap_or(config.listen);
    let server = server.run();
    say(&format!("listening on http://{address}"));
    say(&format!("docs: http://{address}/docs"));
    if let Some(key) = key {
        say(&format!("demo key: {key}"));
    }
    tracing::info!(database = config.database.display_name(), %address, "serving");
    let (resumed, days) = (api.clone(), config.import_days);
    actix_web::rt::spawn(async move {
        match pobratim_api::remove_old_imports(&resumed, days).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "removed imports that were never committed"),
            Err(error) => tracing::error!(%error, "imports that were never committed wait for the next start"),
        }
        match pobratim_api::resume_imports(&resumed).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "went on with the imports that had been interrupted"),
            Err(error) => tracing::error!(%error, "imports that had been interrupted wait for the next start"),
        }
        match pobratim_api::resume_merges(&resumed).await {
            Ok(0) => {}
            Ok(count) => tracing::info!(count, "went on with the merges that had been interrupted"),
            Err(error) => tracing::error!(%error, "merges that had been interrupted wait for the next start"),
        }
    });
    let handle = server.handle();
    let serving = actix_web::rt::spawn(server);
    wait_for_signal().await?;
    tracing::info!("stopping");
    api.drain();
    // What stands before the service needs a moment to notice that it is not ready.
    tokio::time::sleep(config.drain).await;
    handle.stop(true).await;
    let _ = serving.await;
    database.close().await;
    Ok(())
}

async fn wait_for_signal() -> Outcome {
    let listen = |kind| signal(kind).map_err(|error| format!("signals cannot be received: {error}"));
    let (mut terminate, mut interrupt) = (listen(SignalKind::terminate())?, listen(SignalKind::interrupt())?);
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
    Ok(())
}

/// Loads the demo city into an empty database, and gives a fresh key; the former one is revoked.
async fn prepare_demo(api: &Api, database: &Database) -> Result<String, String> {
    let secret = database.secret().clone();
    let is_empty = database
        .read(async |snapshot| {
            let page =
                snapshot.list::<Municipality>(&View::System, &ListQuery::all::<Municipality>(1), &secret).await?;
            Ok(page.rows.is_empty())
        })
        .await
        .map_err(|error| error.to_string())?;
    if is_empty {
        pobratim_api::load(api, DEMO, |_, _| {}).await.map_err(|error| format!("the demo city: {error}"))?;
    }
    let known = keys::all(database).await.map_err(|error| error.to_string())?;
    let is_former = |key: &ApiKey| key.owner == DEMO_OWNER && key.revoked_at.is_none();
    for key in known.iter().filter(|key| is_former(&key.body)) {
        keys::revoke_one(database, key.head.id).await.map_err(|error| error.to_string())?;
    }
    let wanted = keys::Wanted {
        owner: DEMO_OWNER.to_owned(),
        role: Some(Role::Admin),
        municipality: Some("blagoveshchensk".to_owned()),
        days: 1,
        scopes: Vec::new(),
    };
    keys::make(database, wanted).await
}
