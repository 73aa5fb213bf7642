//! Writing what the rows of an import make, slice by slice.

use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use std::time::Instant;

use pobratim_domain::value::fold;
use pobratim_domain::{CollectionName, ImportState, Keeper, Partnership, Place, Slug, Visibility};
use pobratim_persistence::{Error, Happened, ImportModel, ImportVerdictModel, KnownPlace, Tx, View};
use uuid::Uuid;

use crate::api::Api;
use crate::collections;
use crate::dataset::{Described, SLICE, paced};
use crate::imports::plan::{NewRecord, Plan, Side, Told, cites};
use crate::imports::wire::{ImportTally, ImportVerdict};
use crate::imports::work::{READ, collection, nested, stamp, unchanged};

/// What a slice of a commit works with.
struct Writing {
    api: Api,
    collection: CollectionName,
    slug: Slug,
    visibility: Visibility,
    /// The new places that earlier slices saw to: planned ids, and those they have.
    places: Arc<HashMap<Uuid, Uuid>>,
    /// Those of this slice.
    fresh: HashMap<Uuid, Uuid>,
    /// Places without an id in the gazetteer, by country and folded name, as they were when it began.
    named: Arc<HashMap<(String, String), Uuid>>,
    tally: ImportTally,
}

/// Writes what the rows make.
pub(super) async fn commit(
    api: &Api,
    mut import: ImportModel,
    progress: &mut (impl FnMut(i64, i64) + Send),
) -> Result<(), Error> {
    let database = api.database();
    let slug = Slug::parse(&import.municipality).map_err(|error| Error::Defect(error.to_string()))?;
    let collection = collection(&import)?;
    let visibility: Visibility = serde_json::from_value(import.visibility.as_str().into())?;
    let wanted = [ImportVerdict::New, ImportVerdict::Update].map(|verdict| verdict.as_str().to_owned());
    let named = Arc::new(named(api).await?);
    let mut size = SLICE;
    let mut places: Arc<HashMap<Uuid, Uuid>> = Arc::default();
    loop {
        if api.is_draining() {
            return Ok(());
        }
        let (id, done) = (import.id, import.done);
        let limit = u64::try_from(size).unwrap_or(READ);
        let (verdicts, rows) = database
            .read(async |snapshot| {
                let verdicts = snapshot.import_verdicts(id, &wanted, done, limit).await?;
                let numbers: Vec<i64> = verdicts.iter().map(|verdict| verdict.number).collect();
                Ok((verdicts, snapshot.import_rows_at(id, &numbers).await?))
            })
            .await?;
        let count = verdicts.len();
        let lines: HashMap<i64, i64> = rows.iter().map(|row| (row.number, row.line)).collect();
        let tally: ImportTally = nested(&import.tally)?;
        let known = import.clone();
        let writing = Writing {
            api: api.clone(),
            collection,
            slug: slug.clone(),
            visibility,
            places: Arc::clone(&places),
            fresh: HashMap::new(),
            named: Arc::clone(&named),
            tally,
        };
        let began = Instant::now();
        let written = database.write(stamp(&import, Some(import.id)), None, move |tx| async move {
            let mut import = unchanged(&tx, &known).await?;
            let mut writing = writing;
            if let Some(last) = verdicts.last() {
                import.done = last.number;
            } else {
                import.done = import.rows_total;
                import.state = ImportState::Committed.as_str().to_owned();
            }
            for verdict in verdicts {
                let line = lines.get(&verdict.number).copied().unwrap_or_default();
                writing.row(&tx, &import, verdict, line).await?;
            }
            import.tally = serde_json::to_string(&writing.tally)?;
            let import = tx.change_import(import).await?;
            Ok((import, writing.fresh.into_iter().collect::<Vec<_>>()))
        });
        let (changed, fresh) = written.await?.value;
        import = changed;
        Arc::make_mut(&mut places).extend(fresh);
        progress(import.done, import.rows_total);
        if count == 0 {
            return Ok(());
        }
        size = paced(count, began.elapsed());
    }
}

/// Places that have no id in the gazetteer, by their names: others may have made some since the check.
async fn named(api: &Api) -> Result<HashMap<(String, String), Uuid>, Error> {
    let places = api.database().read(async |snapshot| snapshot.known_places().await).await?;
    let unnumbered =
        places.into_iter().filter(|place| !place.external_ids.iter().any(|(scheme, _)| scheme == "geonames"));
    let names = |place: KnownPlace| {
        let of = |name: &String| ((place.country.clone(), fold(name)), place.id);
        place.names.iter().map(of).collect::<Vec<_>>()
    };
    Ok(unnumbered.flat_map(names).collect())
}

impl Writing {
    async fn row(
        &mut self,
        tx: &Tx,
        import: &ImportModel,
        mut verdict: ImportVerdictModel,
        line: i64,
    ) -> Result<(), Error> {
        let mut told: Told = nested(&verdict.told)?;
        let outcome = match (&told.plan, &told.record) {
            (_, Some(record)) => self.record(tx, record).await,
            (Some(plan), None) => {
                let source = cites(&import.source, Some(format!("row {line}")), plan.cites.as_deref());
                match told.partnership {
                    Some(id) => self.more(tx, id, plan, &source).await,
                    None => self.tie(tx, import, plan, &source).await,
                }
            }
            (None, None) => return Ok(()),
        };
        let refused = match outcome {
            Ok(()) => return Ok(()),
            // Somebody else made it since it was looked for.
            Err(Error::AlreadyExists(conflict)) => {
                self.tally.same += 1;
                told.partnership = Some(conflict.id);
                return Ok(());
            }
            Err(error @ (Error::Refused(_) | Error::NotFound | Error::Stale { .. })) => error,
            Err(error) => return Err(error),
        };
        self.tally.left += 1;
        told.notes.push(crate::imports::wire::ImportNote {
            field: None,
            heading: None,
            code: "left".to_owned(),
            detail: format!("It was not written: {refused}.").chars().take(4000).collect(),
        });
        told.plan = None;
        told.record = None;
        verdict.verdict = ImportVerdict::Wrong.as_str().to_owned();
        verdict.told = serde_json::to_string(&told)?;
        tx.change_import_verdict(verdict).await
    }

    /// Makes a record of another collection.
    async fn record(&mut self, tx: &Tx, record: &NewRecord) -> Result<(), Error> {
        let keeper = (self.collection.keeper() == Keeper::Municipality).then(|| self.slug.clone());
        let value = record.value.clone();
        let described = Described { value, id: record.id, exists: false, keeper, is_whole: false };
        let apply = collections::prepare(self.collection, &self.api, described)?;
        apply(tx.clone()).await?;
        self.tally.records += 1;
        Ok(())
    }

    async fn tie(
        &mut self,
        tx: &Tx,
        import: &ImportModel,
        plan: &Plan,
        source: &pobratim_domain::Source,
    ) -> Result<(), Error> {
        let mut sides = [Uuid::nil(); 2];
        for (side, at) in [&plan.home, &plan.partner].into_iter().zip(&mut sides) {
            *at = self.place(tx, &import.source, side).await?;
        }
        // They were looked for just now, so they need not be looked for once more.
        tx.announce(Arc::new(HashSet::from(sides)));
        let record = plan.record(sides, source, self.visibility, self.slug.clone()).map_err(Error::Defect)?;
        tx.create::<Partnership>(&View::System, Some(self.slug.clone()), record, Happened::plain("created")).await?;
        self.tally.partnerships += 1;
        Ok(())
    }

    /// The place that a side is: the one that is there, or a new one.
    async fn place(&mut self, tx: &Tx, source: &str, side: &Side) -> Result<Uuid, Error> {
        let Some(new) = &side.make else {
            return if tx.has(CollectionName::Places, side.id).await? { Ok(side.id) } else { Err(Error::NotFound) };
        };
        if let Some(known) = self.fresh.get(&side.id).or_else(|| self.places.get(&side.id)) {
            return Ok(*known);
        }
        let mut known = None;
        for id in new.external_ids().map_err(Error::Defect)? {
            known = tx.by_external_id(CollectionName::Places, "", id.scheme.as_str(), &id.value).await?;
            if known.is_some() {
                break;
            }
        }
        if new.geonames.is_none() && !new.is_another {
            known = self.named.get(&(new.country.as_str().to_owned(), fold(&new.name))).copied();
        }
        let id = match known {
            Some(id) => id,
            None if tx.has(CollectionName::Places, side.id).await? => side.id,
            None => {
                let place = new.record(side.id, source).map_err(Error::Defect)?;
                tx.create::<Place>(&View::System, None, place, Happened::plain("created")).await?;
                self.tally.places += 1;
                side.id
            }
        };
        self.fresh.insert(side.id, id);
        Ok(id)
    }

    /// Tells a partnership what it did not know.
    async fn more(&mut self, tx: &Tx, id: Uuid, plan: &Plan, source: &pobratim_domain::Source) -> Result<(), Error> {
        let before = tx.get::<Partnership>(&View::System, id).await?;
        let mut after = before.record.clone();
        if after.body.established.is_some() {
            self.tally.same += 1;
            return Ok(());
        }
        after.body.established = plan.established;
        after.head.sources.push(source.clone());
        tx.update(&View::System, before, after, Happened::plain("updated")).await?;
        self.tally.updated += 1;
        Ok(())
    }
}
