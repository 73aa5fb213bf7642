//! Taking in a register: the file is read into rows, and the rows are kept. The file itself is not: what
//! is judged anew when the mapping is changed are rows, and what was sent is told by its hash.

use actix_multipart::Multipart;
use bytes::BytesMut;
use pobratim_domain::{CollectionName, ImportState, PartnershipKind, Slug, Visibility};
use pobratim_imports::{MOST_BYTES, Profile, Refused, Table, propose, read};
use pobratim_persistence::{Error, ImportModel, ImportRowModel, Stamp};
use serde_json::json;
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::api::Api;
use crate::content::{PART, fault, hexadecimal, is_expected, name_of, too_large, unreadable};
use crate::ctx::Ctx;
use crate::dataset::{SLICE, paced};
use crate::imports::records;
use crate::problem::{ApiError, ApiResult};

/// A register as it comes.
pub struct Register {
    /// What the file is called.
    pub name: Option<String>,
    /// The file.
    pub bytes: Vec<u8>,
    /// The collection that its rows are records of.
    pub collection: CollectionName,
    /// The register that it is, when it is one that is known.
    pub profile: Option<Profile>,
    /// The kind of tie where a row does not tell.
    pub kind: PartnershipKind,
    /// How records cite it; by its name when nothing is said.
    pub source: Option<String>,
    /// The visibility of what it makes.
    pub visibility: Visibility,
}

/// A register that was read, ready to be kept.
pub(crate) struct Taken {
    pub(crate) import: ImportModel,
    pub(crate) rows: Vec<ImportRowModel>,
}

/// The file of a form: its name and its bytes.
pub(crate) async fn file(ctx: &mut Ctx) -> ApiResult<(Option<String>, Vec<u8>)> {
    let most = u64::try_from(MOST_BYTES).unwrap_or(u64::MAX);
    let incoming = ctx.incoming()?;
    let mut form = Multipart::new(&ctx.headers, incoming.clone());
    let mut found = None;
    while let Some(field) = incoming.next(&mut form).await? {
        let mut field = field.map_err(|error| unreadable(&error, most))?;
        is_expected(&field, found.is_some())?;
        let name = field.content_disposition().and_then(name_of);
        let mut bytes = BytesMut::new();
        while let Some(chunk) = incoming.next(&mut field).await? {
            let chunk = chunk.map_err(|error| unreadable(&error, most))?;
            if bytes.len() + chunk.len() > MOST_BYTES {
                return Err(too_large(most));
            }
            bytes.extend_from_slice(&chunk);
        }
        found = Some((name, bytes));
    }
    incoming.drain(most).await?;
    let (name, bytes) = found.ok_or_else(|| fault(&format!("/{PART}"), "required", "This member is required."))?;
    Ok((name, bytes.into()))
}

/// Why a register is not taken, as a fault of the form.
pub(crate) fn refused(refused: &Refused) -> Box<ApiError> {
    fault(&format!("/{PART}"), refused.code, &refused.detail)
}

/// Reads a register. It takes as long as the file is large: not on a thread that others wait for.
pub(crate) fn take(api: &Api, keeper: &Slug, stamp: &Stamp, register: &Register) -> Result<Taken, Refused> {
    let table = read(&register.bytes, register.name.as_deref())?;
    let clock = api.database().clock();
    let (id, now) = (clock.id(), clock.now().as_micros());
    let codes: Vec<Option<String>> = if register.collection == CollectionName::Partnerships {
        propose(&table.heading).into_iter().map(|field| field.map(|field| field.as_str().to_owned())).collect()
    } else {
        records::propose(&table.heading, &records::members(api.schemas(), register.collection))
    };
    let findings: Vec<_> =
        table.findings.iter().map(|finding| json!({"code": finding.code, "detail": finding.detail})).collect();
    let source = register.source.clone().or_else(|| register.profile.map(|profile| profile.source().to_owned()));
    let source = source.or_else(|| register.name.clone()).unwrap_or_else(|| "An imported register".to_owned());
    let code = |value: serde_json::Value| value.as_str().unwrap_or_default().to_owned();
    let import = ImportModel {
        id,
        municipality: keeper.as_str().to_owned(),
        collection: register.collection.as_str().to_owned(),
        state: ImportState::Checking.as_str().to_owned(),
        version: 1,
        run: clock.id(),
        file_name: register.name.clone(),
        format: table.format.as_str().to_owned(),
        encoding: table.encoding.map(str::to_owned),
        size: i64::try_from(register.bytes.len()).unwrap_or(i64::MAX),
        sha256: hexadecimal(&Sha256::digest(&register.bytes)),
        heading: json!(table.heading).to_string(),
        mapping: json!(codes).to_string(),
        kind: code(json!(register.kind)),
        source: source.chars().take(1000).collect(),
        visibility: code(json!(register.visibility)),
        choices: "[]".to_owned(),
        findings: json!(findings).to_string(),
        rows_total: i64::try_from(table.rows.len()).unwrap_or(i64::MAX),
        done: 0,
        tally: json!(crate::imports::wire::ImportTally::default()).to_string(),
        detail: None,
        actor: stamp.actor.clone(),
        actor_name: stamp.actor_name.clone(),
        created_at: now,
        updated_at: now,
    };
    Ok(Taken { import, rows: rows(id, table) })
}

fn rows(import_id: Uuid, table: Table) -> Vec<ImportRowModel> {
    let row = |(number, row): (i64, pobratim_imports::Row)| ImportRowModel {
        import_id,
        number,
        line: row.line.into(),
        cells: json!(row.cells).to_string(),
    };
    (1..).zip(table.rows).map(row).collect()
}

/// Keeps the rows of an import, in slices.
pub(crate) async fn keep_rows(api: &Api, stamp: &Stamp, mut rows: Vec<ImportRowModel>) -> Result<(), Error> {
    let mut size = SLICE;
    while !rows.is_empty() {
        let slice: Vec<_> = rows.drain(..rows.len().min(size)).collect();
        let count = slice.len();
        let began = std::time::Instant::now();
        api.database().write(stamp.clone(), None, move |tx| async move { tx.add_import_rows(slice) }).await?;
        size = paced(count, began.elapsed());
    }
    Ok(())
}
