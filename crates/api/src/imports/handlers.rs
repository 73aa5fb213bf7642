//! The operations on imports.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use pobratim_domain::{CollectionName, Faults, ImportState, PartnershipKind, Slug, Visibility};
use pobratim_imports::{Field, Profile};
use pobratim_persistence::{Cursor, Error, ImportModel, Key, Stamp, Tx};
use serde::Deserialize;
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, IfMatch};
use crate::api::Api;
use crate::ctx::{Ctx, unauthenticated};
use crate::feed::wait_wanted;
use crate::imports::removal::remove_rows;
use crate::imports::said::Columns;
use crate::imports::telling::{answer, told, told_row};
use crate::imports::wire::{ImportChoice, ImportColumn};
use crate::imports::work::{mapping, nested, state, work};
use crate::imports::{choices, intake};
use crate::problem::{ApiError, ApiResult, FORBIDDEN};
use crate::query::{Reader, codes};
use crate::resource::next_link;

/// How often a waiting reader looks.
const LOOK: Duration = Duration::from_millis(100);
/// How much of what stands in the way of taking back is told.
const TOLD: usize = 100;

/// The municipality whose imports a caller may see and make.
fn keeper(ctx: &Ctx) -> ApiResult<Slug> {
    ctx.require_in(CollectionName::Partnerships, "create")?;
    ctx.require_in(CollectionName::Places, "create")?;
    let principal = ctx.principal.as_ref().ok_or_else(unauthenticated)?;
    let slug = principal.municipality().cloned();
    slug.ok_or_else(|| ApiError::new(&FORBIDDEN, "Imports belong to a municipality, and this key to none."))
}

fn import_id(ctx: &Ctx) -> ApiResult<Uuid> {
    let text = ctx.record_param();
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36).ok_or_else(ApiError::not_found)
}

/// `GET /v1/imports`
pub(crate) async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let cursor = reader.take("cursor").map(str::to_owned);
    reader.finish()?;
    let secret = ctx.api.database().secret().clone();
    let name = format!("imports {}", slug.as_str());
    let after = match cursor.map(|cursor| Cursor::decode(&cursor, &secret, &name)).transpose()? {
        Some(Cursor { key: Key::Whole(at), id }) => Some((at, id)),
        _ => None,
    };
    let (items, next) = ctx
        .read(async |snapshot| {
            let mut found = snapshot.imports(slug.as_str(), after, limit + 1).await?;
            let more = found.len() > usize::try_from(limit).unwrap_or(usize::MAX);
            found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
            let mut items = Vec::new();
            for import in &found {
                let mut told = told(import, &snapshot.import_counts(import.id).await?)?;
                told.choices = None;
                items.push(json!(told));
            }
            let last =
                found.last().filter(|_| more).map(|last| Cursor { key: Key::Whole(last.created_at), id: last.id });
            Ok((items, last.map(|last| last.encode(&secret, &name)).transpose()?))
        })
        .await?;
    Ok(page(&ctx, &items, limit, next))
}

/// A page of a list that holds no records.
pub(crate) fn page(ctx: &Ctx, items: &[Value], limit: u64, next: Option<String>) -> Answer {
    let mut body = json!({"items": items, "page": {"limit": limit}});
    if let Some(next) = &next {
        body["page"]["next_cursor"] = next.as_str().into();
    }
    let answer = Answer::json(200, body.to_string());
    match next {
        Some(next) => answer.with("Link", next_link(ctx, &next)),
        None => answer,
    }
}

/// `POST /v1/imports`
pub(crate) async fn create(mut ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let mut reader = Reader::new(&ctx);
    let profile = reader.take("profile").map(str::to_owned);
    let kind = reader.take("kind").map(str::to_owned);
    let source = reader.take("source").map(str::to_owned);
    let visibility = reader.take("visibility").map(str::to_owned);
    if kind.as_deref() == Some("none") {
        reader.fault("kind", "not_allowed", "A register is of ties that exist.");
    }
    reader.finish()?;
    let (name, bytes) = intake::file(&mut ctx).await?;
    let register = intake::Register {
        name,
        bytes,
        profile: profile.as_deref().and_then(Profile::parse),
        kind: code(kind, PartnershipKind::Twin)?,
        source,
        visibility: code(visibility, Visibility::Internal)?,
    };
    let stamp = ctx.stamp();
    let (api, by) = (ctx.api.clone(), stamp.clone());
    let read = tokio::task::spawn_blocking(move || intake::take(&api, &slug, &by, &register));
    let taken = read.await.map_err(ApiError::defect)?.map_err(|error| intake::refused(&error))?;
    // What an idempotency key stands for.
    let query = ctx.query.iter().map(|(name, value)| format!("{name}={value}")).collect::<Vec<_>>().join("&");
    ctx.body = Bytes::from(format!("{} {query}", taken.import.sha256));
    // From here on it does not matter whether the client is still there.
    let kept = actix_web::rt::spawn(async move {
        let (import, id) = (taken.import, taken.rows.first().map(|row| row.import_id));
        let answer = ctx
            .write(move |tx| async move {
                tx.add_import(import.clone())?;
                answer(&import, &BTreeMap::new(), tx.epoch(), 201)
            })
            .await?;
        if let Some(id) = id.filter(|_| !answer.is_replayed()) {
            intake::keep_rows(&ctx.api, &stamp, taken.rows).await?;
            begin(ctx.api.clone(), id);
        }
        Ok(answer)
    });
    kept.await.map_err(ApiError::defect)?
}

/// A code that the contract has held against its schema.
fn code<T: serde::de::DeserializeOwned>(text: Option<String>, otherwise: T) -> ApiResult<T> {
    match text {
        None => Ok(otherwise),
        Some(text) => serde_json::from_value(text.into()).map_err(ApiError::defect),
    }
}

/// Works at an import beside what else is done. What is not done when the service stops, it goes on with
/// when it starts.
fn begin(api: Api, id: Uuid) {
    // On the runtime and not among the worker's own tasks: those are dropped outside of it.
    tokio::spawn(async move {
        if let Err(error) = work(&api, id, &mut |_, _| {}).await {
            tracing::warn!(%error, import = %id, "the work on an import was interrupted");
        }
    });
}

/// `GET /v1/imports/{import_id}`
pub(crate) async fn get(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    Reader::new(&ctx).finish()?;
    let id = import_id(&ctx)?;
    let deadline = tokio::time::Instant::now() + Duration::from_secs(wait_wanted(&ctx));
    let mut stopping = ctx.api.stopping();
    loop {
        let (import, answer) = ctx
            .read(async |snapshot| {
                let import = snapshot.import(Some(slug.as_str()), id).await?;
                let counts = snapshot.import_counts(id).await?;
                let answer = answer(&import, &counts, &snapshot.head().epoch, 200)?;
                Ok((import, answer))
            })
            .await?;
        let is_over = *stopping.borrow_and_update() || tokio::time::Instant::now() >= deadline;
        if !state(&import)?.is_at_work() || is_over {
            return Ok(answer);
        }
        tokio::time::sleep(LOOK).await;
    }
}

/// A change of an import, as it is sent.
#[derive(Deserialize)]
struct Patch {
    columns: Option<Vec<ImportColumn>>,
    choices: Option<Vec<ImportChoice>>,
    kind: Option<PartnershipKind>,
    source: Option<String>,
    visibility: Option<Visibility>,
}

/// `PATCH /v1/imports/{import_id}`
pub(crate) async fn update(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let (id, if_match) = (import_id(&ctx)?, ctx.if_match()?);
    let patch = ctx.json()?;
    let mut faults = Faults::default();
    ctx.api.check("ImportPatch", &patch, &mut faults)?;
    faults.unless(patch["kind"] != "none", "/kind", "not_allowed", "A register is of ties that exist.");
    faults.into_result().map_err(ApiError::body)?;
    let patch: Patch = serde_json::from_value(patch).map_err(ApiError::defect)?;
    let mapping = ctx
        .read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            let mut faults = Faults::default();
            let mapping = match &patch.columns {
                Some(columns) => mapped(&nested::<Vec<String>>(&import.heading)?, columns, &mut faults),
                None => mapping(&import)?,
            };
            if let Some(choices) = &patch.choices {
                choices::examine(snapshot, &import, &Columns::of(&mapping), choices, &mut faults).await?;
            }
            faults.into_result()?;
            Ok(mapping)
        })
        .await?;
    let answer = ctx
        .write(move |tx| async move {
            let mut import = seen(&tx, &slug, id, &if_match).await?;
            go(&mut import, ImportState::Checking)?;
            import.run = tx.new_id();
            if patch.columns.is_some() {
                import.mapping = json!(mapping).to_string();
            }
            if let Some(choices) = &patch.choices {
                import.choices = json!(choices).to_string();
            }
            if let Some(kind) = patch.kind {
                import.kind = kind.as_str().to_owned();
            }
            if let Some(source) = patch.source {
                import.source = source;
            }
            if let Some(visibility) = patch.visibility {
                import.visibility = visibility.as_str().to_owned();
            }
            let import = tx.change_import(import).await?;
            answer(&import, &BTreeMap::new(), tx.epoch(), 200)
        })
        .await?;
    begin(ctx.api.clone(), id);
    Ok(answer)
}

/// The mapping that somebody sends, by columns.
fn mapped(heading: &[String], columns: &[ImportColumn], faults: &mut Faults) -> Vec<Option<Field>> {
    let mut mapping: Vec<Option<Field>> = vec![None; heading.len()];
    for (index, column) in columns.iter().enumerate() {
        let Some(at) = heading.iter().position(|name| *name == column.heading) else {
            faults.add(format!("/columns/{index}/heading"), "unknown_key", "There is no such column.");
            continue;
        };
        faults.unless(
            !columns[..index].iter().any(|other| other.heading == column.heading),
            format!("/columns/{index}/heading"),
            "duplicate",
            "This column stands here already.",
        );
        let Some(field) = column.field else { continue };
        faults.unless(
            !mapping.contains(&Some(field)),
            format!("/columns/{index}/field"),
            "duplicate",
            "Another column is this already.",
        );
        mapping[at] = Some(field);
    }
    mapping
}

/// `DELETE /v1/imports/{import_id}`
pub(crate) async fn delete(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let (id, if_match) = (import_id(&ctx)?, ctx.if_match()?);
    let answer = ctx
        .write(move |tx| async move {
            let import = seen(&tx, &slug, id, &if_match).await?;
            state(&import)?.remove().map_err(pobratim_domain::Refusal::from)?;
            tx.remove_import(id).await?;
            Ok(Answer::empty(204))
        })
        .await?;
    let api = ctx.api.clone();
    // What is left when the service stops is removed when it starts.
    tokio::spawn(async move {
        if let Err(error) = remove_rows(&api, id).await {
            tracing::warn!(%error, import = %id, "the rows of an import that was removed are left for the next start");
        }
    });
    Ok(answer)
}

/// `GET /v1/imports/{import_id}/rows`
pub(crate) async fn rows(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let cursor = reader.take("cursor").map(str::to_owned);
    let verdicts = reader.values("verdict").unwrap_or_default();
    codes(&ctx, &mut reader, "verdict", "ImportVerdict", &verdicts)?;
    reader.finish()?;
    let id = import_id(&ctx)?;
    let secret = ctx.api.database().secret().clone();
    let name = format!("import rows {id} {verdicts:?}");
    let after = match cursor.map(|cursor| Cursor::decode(&cursor, &secret, &name)).transpose()? {
        Some(Cursor { key: Key::Whole(number), .. }) => number,
        _ => 0,
    };
    let (items, next) = ctx
        .read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            let heading: Vec<String> = nested(&import.heading)?;
            let (mut found, known) = if verdicts.is_empty() {
                let found = snapshot.import_rows(id, after, limit + 1).await?;
                let last = found.last().map_or(after, |row| row.number);
                let mut known = snapshot.import_verdicts(id, &[], after, limit + 1).await?;
                known.retain(|verdict| verdict.number <= last);
                (found, known)
            } else {
                let known = snapshot.import_verdicts(id, &verdicts, after, limit + 1).await?;
                let numbers: Vec<i64> = known.iter().map(|verdict| verdict.number).collect();
                (snapshot.import_rows_at(id, &numbers).await?, known)
            };
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let more = found.len() > most;
            found.truncate(most);
            let mut items = Vec::new();
            for row in &found {
                let verdict = known.iter().find(|verdict| verdict.number == row.number);
                items.push(json!(told_row(&heading, row, verdict)?));
            }
            let last = found.last().filter(|_| more).map(|last| Cursor { key: Key::Whole(last.number), id });
            Ok((items, last.map(|last| last.encode(&secret, &name)).transpose()?))
        })
        .await?;
    Ok(page(&ctx, &items, limit, next))
}

/// `POST /v1/imports/{import_id}/commit`
pub(crate) async fn commit(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let (id, if_match, stamp) = (import_id(&ctx)?, ctx.if_match()?, ctx.stamp());
    let answer = ctx
        .write(move |tx| async move {
            let import = seen(&tx, &slug, id, &if_match).await?;
            start(&tx, import, ImportState::Committing, &stamp).await
        })
        .await?;
    begin(ctx.api.clone(), id);
    Ok(answer)
}

/// `POST /v1/imports/{import_id}/undo`
pub(crate) async fn undo(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let (id, if_match, stamp) = (import_id(&ctx)?, ctx.if_match()?, ctx.stamp());
    // An import that is being taken back was looked at; what a repeated request gets is for its key to say.
    let built = ctx
        .read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            match state(&import)? {
                ImportState::Committed => snapshot.built_upon(id, TOLD).await,
                _ => Ok(Vec::new()),
            }
        })
        .await?;
    if !built.is_empty() {
        return Err(ApiError::built_upon(&built));
    }
    let answer = ctx
        .write(move |tx| async move {
            let import = seen(&tx, &slug, id, &if_match).await?;
            start(&tx, import, ImportState::Undoing, &stamp).await
        })
        .await?;
    begin(ctx.api.clone(), id);
    Ok(answer)
}

/// The import in the version that the client has seen.
async fn seen(tx: &Tx, slug: &Slug, id: Uuid, if_match: &IfMatch) -> Result<ImportModel, Error> {
    let import = tx.import(Some(slug.as_str()), id).await?;
    if if_match.matches(id, import.version, tx.epoch()) {
        Ok(import)
    } else {
        Err(Error::Stale { current: import.version })
    }
}

fn go(import: &mut ImportModel, to: ImportState) -> Result<(), Error> {
    let to = state(import)?.go(to).map_err(pobratim_domain::Refusal::from)?;
    import.state = to.as_str().to_owned();
    import.done = 0;
    Ok(())
}

/// Puts an import to work for whoever asks.
pub(crate) async fn start(tx: &Tx, mut import: ImportModel, to: ImportState, stamp: &Stamp) -> Result<Answer, Error> {
    go(&mut import, to)?;
    import.actor.clone_from(&stamp.actor);
    import.actor_name.clone_from(&stamp.actor_name);
    let import = tx.change_import(import).await?;
    let counts = tx.import_counts(import.id).await?;
    answer(&import, &counts, tx.epoch(), 202)
}
