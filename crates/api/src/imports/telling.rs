//! Imports and their rows as they are answered.

use std::collections::BTreeMap;

use pobratim_domain::{CollectionName, Timestamp};
use pobratim_imports::Field;
use pobratim_persistence::{Error, ImportModel, ImportRowModel, ImportVerdictModel};

use crate::answer::{Answer, Tag};
use crate::imports::plan::Told;
use crate::imports::wire::{Import, ImportCell, ImportColumn, ImportFile, ImportRow, ImportRowCounts, ImportVerdict};
use crate::imports::work::{nested, state};

pub(super) fn answer(
    import: &ImportModel,
    counts: &BTreeMap<String, i64>,
    epoch: &str,
    status: u16,
) -> Result<Answer, Error> {
    let tag = Tag::of_record(import.id, import.version, epoch, &["import"]);
    let answer = Answer::json(status, serde_json::to_string(&told(import, counts)?)?).tagged(tag);
    Ok(if status == 200 { answer } else { answer.with("Location", format!("/v1/imports/{}", import.id)) })
}

pub(super) fn told(import: &ImportModel, counts: &BTreeMap<String, i64>) -> Result<Import, Error> {
    let heading: Vec<String> = nested(&import.heading)?;
    let mapping: Vec<Option<String>> = nested(&import.mapping)?;
    let is_of_ties = import.collection == CollectionName::Partnerships.as_str();
    let column = |(heading, code): (String, Option<String>)| {
        let (field, member) = if is_of_ties { (code.as_deref().and_then(Field::parse), None) } else { (None, code) };
        ImportColumn { heading, field, member }
    };
    let of = |verdict: ImportVerdict| counts.get(verdict.as_str()).copied().unwrap_or_default();
    let moment = Timestamp::from_micros;
    Ok(Import {
        id: import.id,
        municipality: import.municipality.clone(),
        collection: serde_json::from_value(import.collection.as_str().into())?,
        state: state(import)?,
        version: import.version,
        file: ImportFile {
            name: import.file_name.clone(),
            format: serde_json::from_value(import.format.as_str().into())?,
            encoding: import.encoding.clone(),
            size: import.size,
            sha256: import.sha256.clone(),
        },
        columns: heading.into_iter().zip(mapping).map(column).collect(),
        kind: serde_json::from_value(import.kind.as_str().into())?,
        source: import.source.clone(),
        visibility: serde_json::from_value(import.visibility.as_str().into())?,
        choices: Some(nested(&import.choices)?),
        findings: nested(&import.findings)?,
        rows: ImportRowCounts {
            total: import.rows_total,
            checked: counts.values().sum(),
            new: of(ImportVerdict::New),
            same: of(ImportVerdict::Same),
            update: of(ImportVerdict::Update),
            doubtful: of(ImportVerdict::Doubtful),
            wrong: of(ImportVerdict::Wrong),
            skipped: of(ImportVerdict::Skipped),
        },
        made: nested(&import.tally)?,
        detail: import.detail.clone(),
        created_at: moment(import.created_at),
        updated_at: moment(import.updated_at),
    })
}

pub(crate) fn told_row(
    heading: &[String],
    row: &ImportRowModel,
    verdict: Option<&ImportVerdictModel>,
) -> Result<ImportRow, Error> {
    let cells: Vec<String> = nested(&row.cells)?;
    let told: Told = verdict.map(|verdict| nested(&verdict.told)).transpose()?.unwrap_or_default();
    let cells = heading.iter().cloned().zip(cells).filter(|(_, text)| !text.is_empty());
    Ok(ImportRow {
        number: row.number,
        line: row.line,
        cells: cells.map(|(heading, text)| ImportCell { heading, text }).collect(),
        verdict: verdict.and_then(|verdict| ImportVerdict::parse(&verdict.verdict)),
        notes: told.notes,
        candidates: told.candidates,
        partnership: told.partnership,
        record: told.record_id,
    })
}
