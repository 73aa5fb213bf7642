//! The work on merges: moving references, concluding, taking back. Each is done in slices, between which
//! others write, and each slice says how far it came in the same transaction: whoever goes on, after a crash
//! too, begins where the last slice ended, and two who work at once do no harm.

use std::collections::BTreeMap;
use std::time::Instant;

use pobratim_domain::{CollectionName, MergeState, Mergeable, Organization, Partnership, Place};
use pobratim_persistence::{Error, Happened, MERGEABLE, Made, MergeModel, Obstacles, Stamp, Stored, Tx, View};
use serde_json::json;
use uuid::Uuid;

use crate::api::Api;
use crate::dataset::{SLICE, paced};
use crate::merges::obstacles::Joined;

/// How many records a request itself changes; where there are more, they are changed after it.
pub(super) const FEW: usize = 100;
/// How many changes of the journal are read at once.
const TAKEN_BACK: u64 = 500;

/// Works at a merge until it is at rest, or the service stops.
pub(super) async fn work(api: &Api, id: Uuid) -> Result<(), Error> {
    loop {
        let merge = load(api, id).await?;
        if api.is_draining() {
            return Ok(());
        }
        let outcome = match state(&merge)? {
            MergeState::Merging => move_all(api, merge).await,
            MergeState::Undoing => take_all_back(api, merge).await,
            _ => return Ok(()),
        };
        match outcome {
            // Somebody else has come further: look again.
            Ok(()) | Err(Error::Stale { .. }) => {}
            Err(error @ (Error::NotWritten(_) | Error::OutcomeUnknown | Error::Unavailable(_))) => return Err(error),
            Err(error) => return fail(api, id, &error).await,
        }
    }
}

/// Goes on with every merge that was being worked at when the service stopped.
pub async fn resume_merges(api: &Api) -> Result<usize, Error> {
    let at_work = api.database().read(async |snapshot| snapshot.merges_at_work().await).await?;
    for id in &at_work {
        work(api, *id).await?;
    }
    Ok(at_work.len())
}

/// Works at a merge beside what else is done. What is not done when the service stops, it goes on with when
/// it starts.
pub(super) fn begin(api: Api, id: Uuid) {
    // On the runtime and not among the worker's own tasks: those are dropped outside of it.
    tokio::spawn(async move {
        if let Err(error) = work(&api, id).await {
            tracing::warn!(%error, merge = %id, "the work on a merge was interrupted");
        }
    });
}

async fn load(api: &Api, id: Uuid) -> Result<MergeModel, Error> {
    api.database().read(async |snapshot| snapshot.merge(&View::System, MERGEABLE, id).await).await
}

pub(super) fn state(merge: &MergeModel) -> Result<MergeState, Error> {
    MergeState::parse(&merge.state).ok_or_else(|| Error::Defect(format!("a merge has the state {:?}", merge.state)))
}

pub(super) fn collection(merge: &MergeModel) -> Result<CollectionName, Error> {
    CollectionName::parse(&merge.collection)
        .ok_or_else(|| Error::Defect(format!("a merge is of the collection {:?}", merge.collection)))
}

/// How many records were changed, by collection.
pub(super) fn moved(merge: &MergeModel) -> Result<BTreeMap<CollectionName, i64>, Error> {
    Ok(serde_json::from_str(&merge.moved)?)
}

/// Who a merge works for.
fn stamp(merge: &MergeModel, import_id: Option<Uuid>) -> Stamp {
    Stamp {
        actor: merge.actor.clone(),
        actor_name: merge.actor_name.clone(),
        request_id: merge.id.to_string(),
        import_id: import_id.map(|id| id.to_string()),
    }
}

async fn fail(api: &Api, id: Uuid, error: &Error) -> Result<(), Error> {
    tracing::error!(%error, merge = %id, "a merge failed");
    let detail = match error {
        Error::Refused(_) | Error::AlreadyExists(_) | Error::CannotMerge(_) => error.to_string(),
        Error::NotFound | Error::Merged(_) => "One of the records is not there any more.".to_owned(),
        _ => "The service could not go on with it; the log says why.".to_owned(),
    };
    let command = move |tx: Tx| async move {
        let mut merge = tx.merge(&View::System, MERGEABLE, id).await?;
        merge.state = MergeState::Failed.as_str().to_owned();
        merge.detail = Some(detail.chars().take(4000).collect());
        merge.done = 0;
        tx.change_merge(merge).await.map(drop)
    };
    api.database().write(Stamp::system(&id.to_string()), None, command).await.map(drop)
}

/// Finds the merge as the worker knows it, or tells that somebody else has come further.
async fn unchanged(tx: &Tx, known: &MergeModel) -> Result<MergeModel, Error> {
    let merge = tx.merge(&View::System, MERGEABLE, known.id).await?;
    if merge.version == known.version { Ok(merge) } else { Err(Error::Stale { current: merge.version }) }
}

async fn move_all(api: &Api, mut merge: MergeModel) -> Result<(), Error> {
    let mut size = SLICE;
    while state(&merge)? == MergeState::Merging && !api.is_draining() {
        let (known, of, limit) = (merge.clone(), api.clone(), size);
        let began = Instant::now();
        let written = api.database().write(stamp(&merge, Some(merge.id)), None, move |tx| async move {
            let mut merge = unchanged(&tx, &known).await?;
            advance(&tx, &of, &mut merge, limit).await?;
            tx.change_merge(merge).await
        });
        merge = written.await?.value;
        size = paced(size, began.elapsed());
    }
    Ok(())
}

/// Moves so many references at most; when that is all of them, makes one record of the two.
pub(super) async fn advance(tx: &Tx, api: &Api, merge: &mut MergeModel, limit: usize) -> Result<(), Error> {
    let now = tx.move_references(merge.merged, merge.kept, merge.id, limit).await?;
    let count: i64 = now.values().sum();
    let mut all = moved(merge)?;
    for (collection, count) in now {
        *all.entry(collection).or_default() += count;
    }
    merge.moved = serde_json::to_string(&all)?;
    if usize::try_from(count).unwrap_or(usize::MAX) >= limit {
        return Ok(());
    }
    match collection(merge)? {
        CollectionName::Places => conclude::<Place>(tx, api, merge).await,
        CollectionName::Organizations => conclude::<Organization>(tx, api, merge).await,
        CollectionName::Partnerships => conclude::<Partnership>(tx, api, merge).await,
        other => Err(Error::Defect(format!("a merge is of {other}"))),
    }
}

async fn conclude<T: Mergeable + Stored>(tx: &Tx, api: &Api, merge: &mut MergeModel) -> Result<(), Error> {
    let kept = tx.get::<T>(&View::System, merge.kept).await?;
    let other = tx.get::<T>(&View::System, merge.merged).await?;
    let Joined { record, differences, faults } = Joined::of(api, &kept.record, &other.record)?;
    if !faults.is_empty() {
        return Err(Error::CannotMerge(Box::new(Obstacles { faults, collisions: Vec::new() })));
    }
    merge.differences = serde_json::to_string(&differences)?;
    merge.state = MergeState::Merged.as_str().to_owned();
    let into = Happened { verb: "deleted", detail: Some(json!({"merge": merge.id, "into": merge.kept})) };
    tx.delete_as(&View::System, other, into).await?;
    let mut detail = json!({"merge": merge.id, "other": merge.merged});
    if let Some(note) = &merge.note {
        detail["reason"] = note.as_str().into();
    }
    tx.update(&View::System, kept, record, Happened { verb: "merged", detail: Some(detail) }).await.map(drop)
}

/// Takes back what the journal says that a merge did, the last first. `done` counts down the journal.
async fn take_all_back(api: &Api, mut merge: MergeModel) -> Result<(), Error> {
    let database = api.database();
    let mut size = SLICE;
    while state(&merge)? == MergeState::Undoing && !api.is_draining() {
        let (id, before) = (merge.id, if merge.done == 0 { i64::MAX } else { merge.done });
        let limit = u64::try_from(size).unwrap_or(TAKEN_BACK).min(TAKEN_BACK);
        let made = database.read(async |snapshot| snapshot.made_by(id, before, limit).await).await?;
        let (count, known) = (made.len(), merge.clone());
        let began = Instant::now();
        let written = database.write(stamp(&merge, None), None, move |tx| async move {
            let mut merge = unchanged(&tx, &known).await?;
            for made in &made {
                match tx.take_back(made).await {
                    Ok(()) => {}
                    Err(error) if is_built_upon(&error) => merge.left += 1,
                    Err(error) => return Err(error),
                }
            }
            match made.last() {
                Some(last) => merge.done = last.revision,
                None => taken_back(&tx, &mut merge),
            }
            tx.change_merge(merge).await
        });
        merge = written.await?.value;
        size = paced(count.max(1), began.elapsed());
    }
    Ok(())
}

/// Whether something was changed since, so that a change cannot be taken back.
pub(super) fn is_built_upon(error: &Error) -> bool {
    matches!(
        error,
        Error::HasDependents(_)
            | Error::Stale { .. }
            | Error::NotFound
            | Error::Merged(_)
            | Error::Refused(_)
            | Error::AlreadyExists(_)
            | Error::MissingReference(_)
    )
}

/// Takes back all that a merge did, or nothing of it.
pub(super) async fn take_back(tx: &Tx, merge: &mut MergeModel, made: &[Made]) -> Result<(), Error> {
    for made in made {
        match tx.take_back(made).await {
            Err(error) if is_built_upon(&error) => return Err(Error::BuiltUpon(vec![made.into()])),
            outcome => outcome?,
        }
    }
    taken_back(tx, merge);
    Ok(())
}

fn taken_back(tx: &Tx, merge: &mut MergeModel) {
    merge.state = MergeState::Undone.as_str().to_owned();
    merge.undone_at = Some(tx.now().as_micros());
}
