//! The work on imports: judging rows, writing what they make, taking it back. Each is done in slices,
//! between which others write, and each slice says how far it came in the same transaction: whoever goes
//! on, after a crash too, begins where the last slice ended, and two who work at once do no harm.

use std::time::Instant;

use pobratim_domain::{CollectionName, ImportState, Municipality, PartnershipKind, Record, Slug};
use pobratim_imports::Field;
use pobratim_persistence::{Error, ImportModel, ImportRowModel, ImportVerdictModel, Stamp, Tx};
use serde::de::DeserializeOwned;
use uuid::Uuid;

use crate::api::Api;
use crate::dataset::{SLICE, paced};
use crate::imports::choices::Choices;
use crate::imports::committing::commit;
use crate::imports::judge::Judge;
use crate::imports::records::{Common, RecordJudge};
use crate::imports::wire::{ImportChoice, ImportTally};

/// How many rows are read at once.
pub(super) const READ: u64 = 2_000;
/// How many changes of the journal are read at once.
const TAKEN_BACK: u64 = 500;

/// Works at an import until it is at rest, or the service stops.
pub(crate) async fn work(api: &Api, id: Uuid, progress: &mut (impl FnMut(i64, i64) + Send)) -> Result<(), Error> {
    loop {
        let import = load(api, id).await?;
        if api.is_draining() {
            return Ok(());
        }
        let outcome = match state(&import)? {
            ImportState::Checking => check(api, import, progress).await,
            ImportState::Committing => commit(api, import, progress).await,
            ImportState::Undoing => undo(api, import, progress).await,
            _ => return Ok(()),
        };
        match outcome {
            // Somebody else has come further, or the mapping was changed: look again.
            Ok(()) | Err(Error::Stale { .. }) => {}
            Err(error @ (Error::NotWritten(_) | Error::OutcomeUnknown | Error::Unavailable(_))) => return Err(error),
            Err(error) => return fail(api, id, &error).await,
        }
    }
}

/// Goes on with every import that was being worked at when the service stopped.
pub async fn resume_imports(api: &Api) -> Result<usize, Error> {
    let at_work = api.database().read(async |snapshot| snapshot.imports_at_work().await).await?;
    for id in &at_work {
        work(api, *id, &mut |_, _| {}).await?;
    }
    Ok(at_work.len())
}

pub(crate) async fn load(api: &Api, id: Uuid) -> Result<ImportModel, Error> {
    api.database().read(async |snapshot| snapshot.import(None, id).await).await
}

pub(crate) fn state(import: &ImportModel) -> Result<ImportState, Error> {
    ImportState::parse(&import.state)
        .ok_or_else(|| Error::Defect(format!("an import has the state {:?}", import.state)))
}

/// Nested values of an import.
pub(crate) fn nested<T: DeserializeOwned>(text: &str) -> Result<T, Error> {
    Ok(serde_json::from_str(text)?)
}

async fn fail(api: &Api, id: Uuid, error: &Error) -> Result<(), Error> {
    tracing::error!(%error, import = %id, "an import failed");
    let detail = match error {
        Error::Refused(_) | Error::AlreadyExists(_) => error.to_string(),
        _ => "The service could not go on with it; the log says why.".to_owned(),
    };
    change(api, id, move |import| {
        import.state = ImportState::Failed.as_str().to_owned();
        import.detail = Some(detail);
    })
    .await
}

/// Changes an import as it is then.
pub(super) async fn change(
    api: &Api,
    id: Uuid,
    change: impl FnOnce(&mut ImportModel) + Send + 'static,
) -> Result<(), Error> {
    let command = move |tx: Tx| async move {
        let mut import = tx.import(None, id).await?;
        change(&mut import);
        tx.change_import(import).await.map(drop)
    };
    api.database().write(Stamp::system(&id.to_string()), None, command).await.map(drop)
}

/// Who an import works for.
pub(super) fn stamp(import: &ImportModel, import_id: Option<Uuid>) -> Stamp {
    Stamp {
        actor: import.actor.clone(),
        actor_name: import.actor_name.clone(),
        request_id: import.id.to_string(),
        import_id: import_id.map(|id| id.to_string()),
    }
}

/// Finds the import as the worker knows it, or tells that somebody else has come further.
pub(super) async fn unchanged(tx: &Tx, known: &ImportModel) -> Result<ImportModel, Error> {
    let import = tx.import(None, known.id).await?;
    if (import.run, &import.state, import.done) == (known.run, &known.state, known.done) {
        Ok(import)
    } else {
        Err(Error::Stale { current: import.version })
    }
}

/// The collection whose records its rows are.
pub(crate) fn collection(import: &ImportModel) -> Result<CollectionName, Error> {
    CollectionName::parse(&import.collection)
        .ok_or_else(|| Error::Defect(format!("an import is of the collection {}", import.collection)))
}

pub(crate) fn mapping(import: &ImportModel) -> Result<Vec<Option<Field>>, Error> {
    nested(&import.mapping)
}

fn kind_of(import: &ImportModel) -> Result<PartnershipKind, Error> {
    Ok(serde_json::from_value(import.kind.as_str().into())?)
}

/// Judges every row, from the first: what was judged before a stop is judged again.
async fn check(api: &Api, import: ImportModel, progress: &mut (impl FnMut(i64, i64) + Send)) -> Result<(), Error> {
    let database = api.database();
    let run = database.clock().id();
    let (id, slug) = (import.id, import.municipality.clone());
    let begun = database
        .write(Stamp::system(&id.to_string()), None, move |tx| async move {
            let mut import = unchanged(&tx, &import).await?;
            import.run = run;
            import.done = 0;
            tx.change_import(import).await
        })
        .await?;
    let mut import = begun.value;
    forget(api, &import).await?;
    let mut judge = Some(judges(api, &import, &slug).await?);
    let mut size = SLICE;
    let mut waiting: Vec<ImportVerdictModel> = Vec::new();
    let mut read_to = 0;
    loop {
        let rows = database.read(async |snapshot| snapshot.import_rows(id, read_to, READ).await).await?;
        let Some(last) = rows.last() else { break };
        read_to = last.number;
        let mut working = judge.take().ok_or_else(|| Error::Defect("the judge is away".to_owned()))?;
        // Names are looked up for milliseconds: not on a thread that others wait for.
        let judged = tokio::task::spawn_blocking(move || {
            let verdicts = verdicts(&mut working, &rows);
            (working, verdicts)
        });
        let (back, verdicts) = judged.await.map_err(|error| Error::Defect(error.to_string()))?;
        judge = Some(back);
        waiting.extend(verdicts?);
        while !waiting.is_empty() {
            if api.is_draining() {
                return Ok(());
            }
            let slice: Vec<_> = waiting.drain(..waiting.len().min(size)).collect();
            let (count, known) = (slice.len(), import.clone());
            let done = slice.last().map_or(known.done, |last| last.number);
            let began = Instant::now();
            let written = database.write(Stamp::system(&id.to_string()), None, move |tx| async move {
                let mut import = unchanged(&tx, &known).await?;
                tx.add_import_verdicts(slice)?;
                import.done = done;
                tx.change_import(import).await
            });
            import = written.await?.value;
            progress(import.done, import.rows_total);
            size = paced(count, began.elapsed());
        }
    }
    let is_whole = import.done == import.rows_total;
    database
        .write(Stamp::system(&id.to_string()), None, move |tx| async move {
            let mut import = unchanged(&tx, &import).await?;
            if is_whole {
                import.state = ImportState::Checked.as_str().to_owned();
            } else {
                import.state = ImportState::Failed.as_str().to_owned();
                import.detail = Some("The rows did not arrive whole. Send the file again.".to_owned());
            }
            import.done = 0;
            tx.change_import(import).await.map(drop)
        })
        .await
        .map(drop)
}

/// Forgets the verdicts of an earlier check, in slices.
async fn forget(api: &Api, import: &ImportModel) -> Result<(), Error> {
    let mut up_to = 0;
    while up_to < import.rows_total {
        up_to += i64::try_from(READ).unwrap_or(i64::MAX);
        let known = import.clone();
        api.database()
            .write(Stamp::system(&import.id.to_string()), None, move |tx| async move {
                unchanged(&tx, &known).await?;
                tx.clear_import_verdicts(known.id, up_to).await
            })
            .await?;
    }
    Ok(())
}

/// By whom rows are judged.
enum Judges {
    Ties(Box<Judge>),
    Records(Box<RecordJudge>),
}

async fn judges(api: &Api, import: &ImportModel, slug: &str) -> Result<Judges, Error> {
    let database = api.database();
    let collection = collection(import)?;
    if collection == CollectionName::Partnerships {
        let (home, places, ties) = database
            .read(async |snapshot| {
                let municipality: Option<Record<Municipality>> = snapshot.municipality(slug).await?;
                let home = municipality.and_then(|record| record.body.home_place);
                Ok((home, snapshot.known_places().await?, snapshot.known_ties(slug).await?))
            })
            .await?;
        let choices = Choices::of(&nested::<Vec<ImportChoice>>(&import.choices)?).map_err(Error::Defect)?;
        let judge = Judge::new(&mapping(import)?, kind_of(import)?, home, choices, database.clock());
        return Ok(Judges::Ties(Box::new(judge.knows(places, ties))));
    }
    let keeper = Slug::parse(slug).map_err(|error| Error::Defect(error.to_string()))?;
    let (source, visibility) = (import.source.clone(), import.visibility.clone());
    let common = Common { collection, keeper, source, visibility };
    let mut judge = RecordJudge::new(api, common, nested(&import.heading)?, &nested::<Vec<_>>(&import.mapping)?);
    for collection in judge.wanted() {
        let known = database
            .read(async |snapshot| match collection {
                CollectionName::Partnerships => snapshot.ties_by_places(slug).await,
                collection => snapshot.known_records(collection, slug).await,
            })
            .await?;
        judge.knows(collection, known);
    }
    Ok(Judges::Records(Box::new(judge)))
}

fn verdicts(judge: &mut Judges, rows: &[ImportRowModel]) -> Result<Vec<ImportVerdictModel>, Error> {
    let cells = rows.iter().map(|row| nested(&row.cells)).collect::<Result<Vec<Vec<String>>, _>>()?;
    if let Judges::Ties(judge) = judge {
        judge.look_up(&cells).map_err(Error::Defect)?;
    }
    let judged = rows.iter().zip(&cells).map(|(row, cells)| {
        let judged = match judge {
            Judges::Ties(judge) => judge.judge(row.number, cells),
            Judges::Records(judge) => judge.judge(row.number, row.line, cells),
        };
        let (verdict, told) = judged.map_err(Error::Defect)?;
        Ok(ImportVerdictModel {
            import_id: row.import_id,
            number: row.number,
            verdict: verdict.as_str().to_owned(),
            told: serde_json::to_string(&told)?,
        })
    });
    judged.collect()
}

/// Takes back what the journal says that an import did, the last first. `done` counts down the journal.
async fn undo(api: &Api, mut import: ImportModel, progress: &mut (impl FnMut(i64, i64) + Send)) -> Result<(), Error> {
    let database = api.database();
    let (total, collection) = (import.rows_total, collection(&import)?);
    let mut size = SLICE;
    loop {
        if api.is_draining() {
            return Ok(());
        }
        let (id, before) = (import.id, if import.done == 0 { i64::MAX } else { import.done });
        let limit = u64::try_from(size).unwrap_or(TAKEN_BACK).min(TAKEN_BACK);
        let made = database.read(async |snapshot| snapshot.made_by(id, before, limit).await).await?;
        let count = made.len();
        let known = import.clone();
        let began = Instant::now();
        let written = database.write(stamp(&import, None), None, move |tx| async move {
            let mut import = unchanged(&tx, &known).await?;
            let mut tally: ImportTally = nested(&import.tally)?;
            match made.last() {
                Some(last) => import.done = last.revision,
                None => import.state = ImportState::Undone.as_str().to_owned(),
            }
            for made in made {
                let outcome = tx.take_back(&made).await;
                let count = match (made.collection, &made.inverse) {
                    _ if collection != CollectionName::Partnerships => &mut tally.records,
                    (CollectionName::Places, _) => &mut tally.places,
                    (_, Some(_)) => &mut tally.updated,
                    (_, None) => &mut tally.partnerships,
                };
                match outcome {
                    Ok(()) => *count -= 1,
                    Err(Error::HasDependents(_) | Error::Stale { .. } | Error::NotFound | Error::Refused(_)) => {
                        tally.left += 1;
                    }
                    Err(error) => return Err(error),
                }
            }
            import.tally = serde_json::to_string(&tally)?;
            tx.change_import(import).await
        });
        import = written.await?.value;
        let left = nested::<ImportTally>(&import.tally)?;
        progress(total - left.partnerships - left.records, total);
        if count == 0 {
            return Ok(());
        }
        size = paced(count, began.elapsed());
    }
}
