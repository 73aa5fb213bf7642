//! The operations on merges.

use pobratim_domain::{CollectionName, Faults, MergeState, Mergeable};
use pobratim_persistence::{Cursor, Error, Key, MERGEABLE, MergeModel, MergesQuery, Obstacles, Stored};
use serde_json::json;
use uuid::Uuid;

use crate::answer::Answer;
use crate::computed::codes;
use crate::ctx::{Ctx, unauthenticated};
use crate::imports::page;
use crate::merges::obstacles::{Joined, look, refusal};
use crate::merges::wire::{MergeInput, answer, told};
use crate::merges::work::{FEW, advance, begin, collection, state, take_back};
use crate::problem::{ApiError, ApiResult};
use crate::query::Reader;
use crate::resource::expect;
use crate::waiting::told_when_done;

/// `POST /v1/{collection}/{id}/merge`
pub(super) async fn merge<T: Mergeable + Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("delete")?;
    let id = ctx.record_id::<T>().await?;
    let if_match = ctx.if_match()?;
    let input: MergeInput = ctx.action()?;
    let view = ctx.view();
    // All that stands in the way is told at once, before anything is written. Where one of the two is not
    // there, or not the caller's, the command tells; so it does when the request was answered before.
    let seen = ctx.read(async |snapshot| look::<T>(&ctx, snapshot, (id, input.other)).await).await?;
    if !seen.is_empty() {
        return Err(refusal(seen, &view));
    }
    let (api, principal, stamp) = (ctx.api.clone(), ctx.principal.clone(), ctx.stamp());
    let merge_id = ctx.api.database().clock().id();
    let answer = ctx
        .write_for(merge_id, move |tx| async move {
            let kept = tx.get::<T>(&view, id).await?;
            Ctx::require_keeper(principal.as_ref(), &kept)?;
            expect(&if_match, &kept, &tx)?;
            let mut faults = Faults::default();
            let other = match tx.get::<T>(&view, input.other).await {
                _ if input.other == id => {
                    faults.add("/other", "not_allowed", "A record does not go into itself.");
                    None
                }
                Ok(other) => Some(other),
                Err(Error::NotFound) => {
                    let name = T::NAME.singular().replace('_', " ");
                    faults.add("/other", "unknown_reference", format!("There is no {name} {}.", input.other));
                    None
                }
                Err(Error::Merged(into)) => {
                    let detail = format!("It was merged into {} ({}) already.", into.id, into.reference);
                    faults.add("/other", "unknown_reference", detail);
                    None
                }
                Err(error) => return Err(error),
            };
            faults.into_result()?;
            let other = other.ok_or(Error::NotFound)?;
            if let Some(version) = input.other_version {
                other.expect_version(version)?;
            }
            // Somebody may have changed them since they were looked at.
            let mut faults = Joined::of(&api, &kept.record, &other.record)?.faults;
            if let Some(at_work) = tx.merge_at_work(&[id, input.other]).await? {
                let detail = format!("/v1/merges/{at_work} is still at work on one of them.");
                faults.add("/other", "at_work", detail);
            }
            if !faults.is_empty() {
                return Err(Error::CannotMerge(Box::new(Obstacles { faults, collisions: Vec::new() })));
            }
            let (one, another) = (&kept.record.head, &other.record.head);
            let mut merge = MergeModel {
                id: merge_id,
                collection: T::NAME.as_str().to_owned(),
                municipality: one.keeper().to_owned(),
                state: MergeState::Merging.as_str().to_owned(),
                version: 1,
                kept: one.id,
                kept_ref: one.reference.clone(),
                merged: another.id,
                merged_ref: another.reference.clone(),
                done: 0,
                moved: "{}".to_owned(),
                left: 0,
                differences: "[]".to_owned(),
                note: input.note,
                detail: None,
                actor: stamp.actor,
                actor_name: stamp.actor_name,
                created_at: tx.now().as_micros(),
                updated_at: tx.now().as_micros(),
                undone_at: None,
            };
            advance(&tx, &api, &mut merge, FEW).await?;
            tx.add_merge(merge.clone())?;
            answer(&merge, tx.epoch(), 201)
        })
        .await?;
    if !answer.is_replayed() {
        begin(ctx.api.clone(), merge_id);
    }
    Ok(answer)
}

/// The collections whose merges the caller may see.
fn readable(ctx: &Ctx) -> ApiResult<Vec<CollectionName>> {
    ctx.principal.as_ref().ok_or_else(unauthenticated)?;
    let may: Vec<_> = MERGEABLE.iter().copied().filter(|name| ctx.require_in(*name, "read").is_ok()).collect();
    match may.first() {
        None => ctx.require_in(MERGEABLE[0], "read").map(|()| may),
        Some(_) => Ok(may),
    }
}

fn merge_id(ctx: &Ctx) -> ApiResult<Uuid> {
    let text = ctx.record_param();
    Uuid::try_parse(text).ok().filter(|_| text.len() == 36).ok_or_else(ApiError::not_found)
}

/// `GET /v1/merges`
pub(super) async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let mut collections = readable(&ctx)?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let cursor = reader.take("cursor").map(str::to_owned);
    let named = codes(&ctx, &mut reader, "collection", "CollectionName")?;
    let record = reader.take("record").map(str::to_owned);
    reader.finish()?;
    let wanted: Vec<_> = named.iter().filter_map(|name| CollectionName::parse(name)).collect();
    for collection in &wanted {
        ctx.require_in(*collection, "read")?;
    }
    collections.retain(|collection| wanted.is_empty() || wanted.contains(collection));
    let secret = ctx.api.database().secret().clone();
    let (view, name) = (ctx.view(), format!("merges {} {collections:?} {record:?}", ctx.view().tag()));
    let after = match cursor.map(|cursor| Cursor::decode(&cursor, &secret, &name)).transpose()? {
        Some(Cursor { key: Key::Whole(at), id }) => Some((at, id)),
        _ => None,
    };
    // The contract has seen to it that it is an id.
    let record = record.and_then(|id| Uuid::try_parse(&id).ok());
    let query = MergesQuery { collections, record, after, limit: limit + 1 };
    let (items, next) = ctx
        .read(async |snapshot| {
            let most = usize::try_from(limit).unwrap_or(usize::MAX);
            let mut found = snapshot.merges(&view, &query).await?;
            let more = found.len() > most;
            found.truncate(most);
            let items = found.iter().map(|merge| Ok(json!(told(merge)?))).collect::<Result<Vec<_>, Error>>()?;
            let last = found.last().filter(|_| more);
            let last = last.map(|last| Cursor { key: Key::Whole(last.created_at), id: last.id });
            Ok((items, last.map(|last| last.encode(&secret, &name)).transpose()?))
        })
        .await?;
    Ok(page(&ctx, &items, limit, next))
}

/// `GET /v1/merges/{merge_id}`
pub(super) async fn get(ctx: Ctx) -> ApiResult<Answer> {
    let collections = readable(&ctx)?;
    Reader::new(&ctx).finish()?;
    let (id, view) = (merge_id(&ctx)?, ctx.view());
    let read = async || {
        let reading = ctx.read(async |snapshot| {
            let merge = snapshot.merge(&view, &collections, id).await?;
            Ok((answer(&merge, &snapshot.head().epoch, 200)?, state(&merge)?.is_at_work()))
        });
        Ok(reading.await?)
    };
    told_when_done(&ctx, read).await
}

/// Refuses whoever may not merge such records.
fn require_merger(ctx: &Ctx, merge: &MergeModel) -> ApiResult<()> {
    ctx.require_in(collection(merge).map_err(Box::<ApiError>::from)?, "delete")?;
    let own = ctx.principal.as_ref().and_then(|principal| principal.municipality());
    if merge.municipality.is_empty() || own.is_some_and(|slug| slug.as_str() == merge.municipality) {
        Ok(())
    } else {
        Err(Error::NotYours.into())
    }
}

/// `POST /v1/merges/{merge_id}/undo`
pub(super) async fn undo(ctx: Ctx) -> ApiResult<Answer> {
    let collections = readable(&ctx)?;
    let (id, if_match, view, stamp) = (merge_id(&ctx)?, ctx.if_match()?, ctx.view(), ctx.stamp());
    // A merge that is being taken back was looked at; what a repeated request gets is for its key to say.
    let (merge, built, made) = ctx
        .read(async |snapshot| {
            let merge = snapshot.merge(&view, &collections, id).await?;
            let built = match state(&merge)?.undo() {
                Ok(_) => snapshot.built_upon(id, 100).await?,
                Err(_) => Vec::new(),
            };
            let most = u64::try_from(FEW).unwrap_or(u64::MAX);
            Ok((merge, built, snapshot.made_by(id, i64::MAX, most).await?))
        })
        .await?;
    require_merger(&ctx, &merge)?;
    if !built.is_empty() {
        return Err(ApiError::built_upon(&built));
    }
    let answer = ctx
        .write(move |tx| async move {
            let mut merge = tx.merge(&view, &collections, id).await?;
            if !if_match.matches(id, merge.version, tx.epoch()) {
                return Err(Error::Stale { current: merge.version });
            }
            merge.state = state(&merge)?.undo()?.as_str().to_owned();
            merge.done = 0;
            merge.actor = stamp.actor;
            merge.actor_name = stamp.actor_name;
            if made.len() < FEW {
                take_back(&tx, &mut merge, &made).await?;
            }
            let merge = tx.change_merge(merge).await?;
            answer(&merge, tx.epoch(), 202)
        })
        .await?;
    begin(ctx.api.clone(), id);
    Ok(answer)
}
