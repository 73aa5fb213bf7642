//! Importing from the command line: the same reading, verdicts and writing as over HTTP.

use std::collections::BTreeMap;

use pobratim_domain::{CollectionName, Faults, ImportState, Slug};
use pobratim_persistence::{Error, ImportModel, Stamp};
use serde_json::{Value, json};
use uuid::Uuid;

use crate::api::Api;
use crate::dataset::LoadError;
use crate::imports::choices::examine;
use crate::imports::handlers::start;
use crate::imports::intake::{Register, keep_rows, take};
use crate::imports::said::Columns;
use crate::imports::telling::told_row;
use crate::imports::wire::{ImportCandidate, ImportChoice, ImportTally, ImportVerdict};
use crate::imports::work::{change, collection, load, mapping, nested, work};

/// What importing came to.
pub struct Imported {
    /// The import's id: it can be committed and taken back over HTTP.
    pub id: Uuid,
    /// What was found of the file as a whole.
    pub findings: Vec<String>,
    /// How many rows have which verdict.
    pub counts: BTreeMap<String, i64>,
    /// Doubtful and wrong rows, the first of them.
    pub rows: Vec<CheckedRow>,
    /// Partnerships or records of another collection made, partnerships changed, places made for them, rows left out
    /// after all; nothing when it was not committed.
    pub made: Option<[i64; 4]>,
}

/// A row that was not taken.
pub struct CheckedRow {
    /// Where it stands in the file.
    pub line: i64,
    /// The verdict.
    pub verdict: &'static str,
    /// What it holds.
    pub text: String,
    /// Why, and which cities may be meant.
    pub reasons: Vec<String>,
}

/// Reads a register for a municipality, judges its rows by what was decided (a list of choices, as clients send
/// them), and commits it when that is wanted. `progress` hears how many rows are done, of how many.
pub async fn import_register(
    api: &Api,
    keeper: Slug,
    register: Register,
    choices: Option<Value>,
    commit: bool,
    most: u64,
    mut progress: impl FnMut(i64, i64) + Send,
) -> Result<Imported, LoadError> {
    let database = api.database();
    let slug = keeper.clone();
    let known = database.read(async |snapshot| snapshot.municipality(slug.as_str()).await).await?;
    if known.is_none() {
        return Err(LoadError::Unreadable(format!("there is no municipality {}", keeper.as_str())));
    }
    let stamp = Stamp::system("import");
    let taken = take(api, &keeper, &stamp, &register).map_err(|refused| LoadError::Unreadable(refused.detail))?;
    drop(register);
    let (import, id) = (taken.import.clone(), taken.import.id);
    database.write(stamp.clone(), None, move |tx| async move { tx.add_import(import) }).await?;
    keep_rows(api, &stamp, taken.rows).await?;
    if let Some(choices) = choices {
        decide(api, &taken.import, choices).await?;
    }
    work(api, id, &mut progress).await?;
    let is_of_ties = collection(&taken.import)? == CollectionName::Partnerships;
    let mapping = if is_of_ties { mapping(&taken.import)? } else { Vec::new() };
    let heading: Vec<String> = nested(&taken.import.heading)?;
    let wanted = [ImportVerdict::Doubtful, ImportVerdict::Wrong].map(|verdict| verdict.as_str().to_owned());
    let (counts, rows) = database
        .read(async |snapshot| {
            let verdicts = snapshot.import_verdicts(id, &wanted, 0, most).await?;
            let numbers: Vec<i64> = verdicts.iter().map(|verdict| verdict.number).collect();
            let rows = snapshot.import_rows_at(id, &numbers).await?;
            let pairs = rows.iter().zip(&verdicts).map(|(row, verdict)| told_row(&heading, row, Some(verdict)));
            Ok((snapshot.import_counts(id).await?, pairs.collect::<Result<Vec<_>, Error>>()?))
        })
        .await?;
    let mut made = None;
    if commit {
        let by = stamp.clone();
        let begin = database.write(stamp, None, move |tx| async move {
            let import = tx.import(None, id).await?;
            start(&tx, import, ImportState::Committing, &by).await.map(drop)
        });
        begin.await?;
        work(api, id, &mut progress).await?;
    }
    let import = load(api, id).await?;
    if let Some(detail) = &import.detail {
        return Err(LoadError::Unreadable(detail.clone()));
    }
    if commit {
        let tally: ImportTally = nested(&import.tally)?;
        made = Some([tally.partnerships + tally.records, tally.updated, tally.places, tally.left]);
    }
    let findings: Vec<serde_json::Value> = nested(&import.findings)?;
    let findings = findings.iter().filter_map(|finding| finding["detail"].as_str().map(str::to_owned)).collect();
    let rows = rows.into_iter().map(|row| {
        let text: Vec<&str> = row.cells.iter().map(|cell| cell.text.as_str()).collect();
        let notes = row.notes.iter().map(|note| note.detail.clone());
        let candidates = row.candidates.iter().map(|city| {
            let at = mapping.iter().position(|field| *field == Some(city.field));
            let column = at.and_then(|at| heading.get(at));
            let name = row.cells.iter().find(|cell| Some(&cell.heading) == column).map(|cell| cell.text.trim());
            told_candidate(city, name.unwrap_or_default())
        });
        CheckedRow {
            line: row.line,
            verdict: row.verdict.map_or("", ImportVerdict::as_str),
            text: text.join(", "),
            reasons: notes.chain(candidates).collect(),
        }
    });
    Ok(Imported { id, findings, counts, rows: rows.collect(), made })
}

/// Keeps choices beside an import that nobody works at yet.
async fn decide(api: &Api, import: &ImportModel, choices: Value) -> Result<(), LoadError> {
    let patch = json!({"choices": choices});
    let mut faults = Faults::default();
    api.validate("ImportPatch", &patch, &mut faults).map_err(LoadError::Unreadable)?;
    if collection(import)? != CollectionName::Partnerships {
        faults.add("/choices", "not_allowed", "Choices are of the cities of ties.");
    }
    if faults.is_empty() {
        let list: Vec<ImportChoice> = serde_json::from_value(patch["choices"].clone()).map_err(Error::from)?;
        let columns = Columns::of(&mapping(import)?);
        let known = import.clone();
        let examined = api.database().read(async |snapshot| {
            let mut faults = Faults::default();
            examine(snapshot, &known, &columns, &list, &mut faults).await?;
            Ok(faults)
        });
        faults = examined.await?;
    }
    let is_right = faults.is_empty();
    let text = patch["choices"].to_string();
    change(api, import.id, move |import| {
        if is_right {
            import.choices = text;
        } else {
            import.state = ImportState::Failed.as_str().to_owned();
            import.detail = Some("The choices that were sent with it have faults.".to_owned());
        }
    })
    .await?;
    faults.into_result().map_err(|faults| LoadError::Faults(faults.into_iter().collect()))
}

/// A city that may be meant, with the choice that says so.
fn told_candidate(city: &ImportCandidate, name: &str) -> String {
    let region = city.region.as_deref().map(|region| format!(", {region}")).unwrap_or_default();
    let choice = ImportChoice {
        name: Some(name.to_owned()),
        country: Some(city.country),
        rows: None,
        geonames: city.geonames,
        place: city.place,
        action: None,
    };
    format!("may be {} ({}{region}): {}", city.name, city.country, json!(choice))
}
