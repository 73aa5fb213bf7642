//! What stands in the way of merging two records, all at once: found before anything is written.

use pobratim_domain::{CollectionName, Faults, MergeDifference, Mergeable, Organization, Partnership, Place, Record};
use pobratim_persistence::{Error, Obstacles, Snapshot, Stored, View};
use uuid::Uuid;

use crate::api::Api;
use crate::ctx::Ctx;
use crate::problem::{ApiError, CANNOT_MERGE, FieldError, path_of};

/// The record that would stay, with what it takes over, in what the two differ, and what speaks against it.
pub(super) struct Joined<T> {
    pub(super) record: Record<T>,
    pub(super) differences: Vec<MergeDifference>,
    pub(super) faults: Faults,
}

impl<T: Mergeable + Stored> Joined<T> {
    pub(super) fn of(api: &Api, kept: &Record<T>, other: &Record<T>) -> Result<Self, Error> {
        let mut faults = Faults::default();
        kept.against(other, &mut faults);
        let (record, differences) = kept.absorbed(other)?;
        // Together they may have more names, sources or external ids than a record holds.
        let mut found = Faults::default();
        let schema = format!("{}Input", T::NAME.type_name());
        let input = api.schemas().input_of(&record.to_json()?, &schema);
        api.validate(&schema, &input, &mut found).map_err(Error::Defect)?;
        record.check(&mut found);
        for fault in found {
            faults.add("/other", fault.code, format!("Together: {}: {}", fault.pointer, fault.detail));
        }
        Ok(Self { record, differences, faults })
    }
}

/// All that stands in the way, when both records are there and are the caller's: what is not, the command
/// itself tells.
pub(super) async fn look<T: Mergeable + Stored>(
    ctx: &Ctx,
    snapshot: &Snapshot,
    (kept, other): (Uuid, Uuid),
) -> Result<Obstacles, Error> {
    let (view, mut obstacles) = (ctx.view(), Obstacles::default());
    let (Some(one), Some(another)) =
        (there::<T>(snapshot, &view, kept).await?, there::<T>(snapshot, &view, other).await?)
    else {
        return Ok(obstacles);
    };
    if kept == other || one.head.municipality != ctx.keeper::<T>() {
        return Ok(obstacles);
    }
    obstacles.faults = Joined::of(&ctx.api, &one, &another)?.faults;
    obstacles.faults.extend(sides(snapshot, &one, &another).await?);
    obstacles.collisions = snapshot.collisions(other, kept).await?;
    Ok(obstacles)
}

async fn there<T: Stored>(snapshot: &Snapshot, view: &View, id: Uuid) -> Result<Option<Record<T>>, Error> {
    match snapshot.record::<T>(view, id).await {
        Ok(record) => Ok(Some(record)),
        Err(Error::NotFound | Error::Merged(_)) => Ok(None),
        Err(error) => Err(error),
    }
}

/// The side in which two ties differ must be one that could be merged too.
async fn sides<T: Mergeable>(snapshot: &Snapshot, kept: &Record<T>, other: &Record<T>) -> Result<Faults, Error> {
    let mut faults = Faults::default();
    if T::NAME != CollectionName::Partnerships {
        return Ok(faults);
    }
    let tie = |record: &Record<T>| Ok::<Partnership, Error>(serde_json::from_value(record.to_json()?)?);
    let (kept, other) = (tie(kept)?, tie(other)?);
    for (own, others) in kept.unlike_sides(&other).into_iter().flatten() {
        if let (Some(own), Some(others)) = (own.place, others.place) {
            alike::<Place>(snapshot, own, others, &mut faults).await?;
        }
        if let (Some(own), Some(others)) = (own.organization, others.organization) {
            alike::<Organization>(snapshot, own, others, &mut faults).await?;
        }
    }
    Ok(faults)
}

async fn alike<T: Mergeable + Stored>(
    snapshot: &Snapshot,
    own: Uuid,
    others: Uuid,
    faults: &mut Faults,
) -> Result<(), Error> {
    let both = (snapshot.record::<T>(&View::System, own).await?, snapshot.record::<T>(&View::System, others).await?);
    let mut found = Faults::default();
    both.0.against(&both.1, &mut found);
    for fault in found {
        faults.add("/other", "different_parties", format!("The sides in which they differ: {}", fault.detail));
    }
    Ok(())
}

/// The refusal. What the caller does not see is told of without its name.
pub(crate) fn refusal(obstacles: Obstacles, view: &View) -> Box<ApiError> {
    let Obstacles { faults, collisions } = obstacles;
    let mut errors: Vec<FieldError> = faults.into_iter().map(FieldError::from).collect();
    for collision in collisions {
        let collection = collision.record.collection;
        let code = if collection == CollectionName::DistinctPairs { "distinct" } else { collision.code };
        errors.push(if view.sees(collection, &collision.municipality, &collision.visibility) {
            let reference = &collision.record.reference;
            let detail = match code {
                "distinct" => format!("{reference} says that they are two; delete it first."),
                _ => format!("{reference}: {}", collision.detail),
            };
            FieldError::at(path_of(collection, collision.record.id), code, detail)
        } else {
            let keeper = &collision.municipality;
            let detail = format!("A record that {keeper} keeps, and that you do not see, could not be changed.");
            FieldError::at(format!("/v1/{}", collection.path()), code, detail)
        });
    }
    let detail =
        "Something speaks against it; pointers that begin with /v1 are the paths of records that could not be changed.";
    ApiError::new(&CANNOT_MERGE, detail).with_errors(errors)
}
