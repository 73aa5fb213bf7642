//! The operations on imports.

use std::collections::BTreeMap;

use bytes::Bytes;
use pobratim_domain::{CollectionName, Faults, ImportState, PartnershipKind, Slug, Visibility};
use pobratim_imports::{Field, Profile};
use pobratim_persistence::{Cursor, Error, ImportModel, Key, Stamp, Tx};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::answer::{Answer, IfMatch};
use crate::api::Api;
use crate::ctx::{Ctx, unauthenticated};
use crate::imports::patch::{Patch, mapped};
use crate::imports::records;
use crate::imports::removal::remove_rows;
use crate::imports::said::Columns;
use crate::imports::telling::{answer, told};
use crate::imports::wire::ImportCollection;
use crate::imports::work::{collection, nested, state, work};
use crate::imports::{choices, intake};
use crate::problem::{ApiError, ApiResult, FORBIDDEN};
use crate::query::Reader;
use crate::resource::next_link;
use crate::waiting::told_when_done;

/// How much of what stands in the way of taking back is told.
const TOLD: usize = 100;

/// The municipality whose imports a caller may see and make.
pub(super) fn keeper(ctx: &Ctx) -> ApiResult<Slug> {
    ctx.require_in(CollectionName::Partnerships, "create")?;
    ctx.require_in(CollectionName::Places, "create")?;
    let principal = ctx.principal.as_ref().ok_or_else(unauthenticated)?;
    let slug = principal.municipality().cloned();
    slug.ok_or_else(|| ApiError::new(&FORBIDDEN, "Imports belong to a municipality, and this key to none."))
}

pub(super) fn import_id(ctx: &Ctx) -> ApiResult<Uuid> {
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
    let collection = code(reader.take("collection").map(str::to_owned), ImportCollection::Partnerships)?;
    let profile = reader.take("profile").map(str::to_owned);
    let kind = reader.take("kind").map(str::to_owned);
    let source = reader.take("source").map(str::to_owned);
    let visibility = reader.take("visibility").map(str::to_owned);
    if kind.as_deref() == Some("none") {
        reader.fault("kind", "not_allowed", "A register is of ties that exist.");
    }
    reader.finish()?;
    let collection = CollectionName::from(collection);
    ctx.require_in(collection, "create")?;
    let (name, bytes) = intake::file(&mut ctx).await?;
    let register = intake::Register {
        name,
        bytes,
        collection,
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

impl From<ImportCollection> for CollectionName {
    fn from(collection: ImportCollection) -> Self {
        match collection {
            ImportCollection::Partnerships => Self::Partnerships,
            ImportCollection::Places => Self::Places,
            ImportCollection::Organizations => Self::Organizations,
            ImportCollection::Agreements => Self::Agreements,
            ImportCollection::Exchanges => Self::Exchanges,
            ImportCollection::Events => Self::Events,
        }
    }
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
    let read = async || {
        let reading = ctx.read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            let counts = snapshot.import_counts(id).await?;
            Ok((answer(&import, &counts, &snapshot.head().epoch, 200)?, state(&import)?.is_at_work()))
        });
        Ok(reading.await?)
    };
    told_when_done(&ctx, read).await
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
    let api = ctx.api.clone();
    let mapping = ctx
        .read(async |snapshot| {
            let import = snapshot.import(Some(slug.as_str()), id).await?;
            let mut faults = Faults::default();
            let mapping = match &patch.columns {
                Some(columns) => {
                    let members = match collection(&import)? {
                        CollectionName::Partnerships => None,
                        other => Some(records::members(api.schemas(), other)),
                    };
                    mapped(&nested::<Vec<String>>(&import.heading)?, columns, members.as_deref(), &mut faults)
                }
                None => nested(&import.mapping)?,
            };
            if let Some(choices) = patch.choices.as_ref().filter(|choices| !choices.is_empty()) {
                if collection(&import)? == CollectionName::Partnerships {
                    let fields: Vec<_> = mapping.iter().map(|code| code.as_deref().and_then(Field::parse)).collect();
                    choices::examine(snapshot, &import, &Columns::of(&fields), choices, &mut faults).await?;
                } else {
                    faults.add("/choices", "not_allowed", "Choices are of the cities of ties.");
                }
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

/// `POST /v1/imports/{import_id}/commit`
pub(crate) async fn commit(ctx: Ctx) -> ApiResult<Answer> {
    let slug = keeper(&ctx)?;
    let (id, if_match, stamp) = (import_id(&ctx)?, ctx.if_match()?, ctx.stamp());
    let wanted = ctx.read(async |snapshot| collection(&snapshot.import(Some(slug.as_str()), id).await?)).await?;
    ctx.require_in(wanted, "create")?;
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
