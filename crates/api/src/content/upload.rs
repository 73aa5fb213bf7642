//! Taking in a file: written as it arrives, then made the document's, or removed.

use actix_multipart::{Field, Multipart, MultipartError};
use bytes::Bytes;
use pobratim_domain::{Document, DocumentContent, Faults};
use pobratim_files::{Stored, Upload};
use pobratim_persistence::{Error, Happened};
use uuid::Uuid;

use crate::answer::{Answer, IfMatch};
use crate::content::digest::Expected;
use crate::content::incoming::{Incoming, broken, too_large};
use crate::content::name;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, FieldError, MALFORMED, NOT_WRITTEN, OUTCOME_UNKNOWN};
use crate::resource::{changed, expect};

/// The one part of the form.
pub(crate) const PART: &str = "file";

/// Who uploads what for which document, found good before the first byte is read.
struct Wanted {
    document: Uuid,
    if_match: IfMatch,
    digest: Expected,
}

impl Wanted {
    async fn of(ctx: &Ctx) -> ApiResult<Self> {
        ctx.require::<Document>("write")?;
        let digest = Expected::of(ctx)?;
        let document = ctx.record_id::<Document>().await?;
        let if_match = ctx.if_match()?;
        // Nobody should send a large file to be told then that it is in vain. What was answered
        // before under an idempotency key is answered again, whatever came since.
        if ctx.header("Idempotency-Key").is_none() || ctx.method != "POST" {
            let view = ctx.view();
            let own = ctx.principal.as_ref().and_then(|principal| principal.municipality());
            ctx.read(async |snapshot| {
                let known = snapshot.record::<Document>(&view, document).await?.head;
                if known.municipality.as_ref() != own {
                    return Err(Error::NotYours);
                }
                let is_seen = if_match.matches(document, known.version, &snapshot.head().epoch);
                if is_seen { Ok(()) } else { Err(Error::Stale { current: known.version }) }
            })
            .await?;
        }
        Ok(Self { document, if_match, digest })
    }
}

/// `PUT /v1/documents/{document_id}/content`
pub(crate) async fn put(mut ctx: Ctx) -> ApiResult<Answer> {
    let wanted = Wanted::of(&ctx).await?;
    let name = match ctx.header("Content-Disposition").map(name::told) {
        None => None,
        Some(Ok(name)) => name,
        Some(Err(())) => {
            let detail = "It has the form attachment; filename*=UTF-8''….";
            return Err(ApiError::parameters(vec![FieldError::header("Content-Disposition", "invalid", detail)]));
        }
    };
    let incoming = ctx.incoming()?;
    let incoming = if wanted.digest.is_none() { incoming } else { incoming.hashed() };
    let most = ctx.api.settings().max_upload;
    let mut upload = begin(&ctx)?;
    let mut body = incoming.clone();
    while let Some(chunk) = incoming.next(&mut body).await? {
        write(&mut upload, &chunk.map_err(|error| broken(&error, most))?, most).await?;
    }
    end(ctx, wanted, &incoming, upload, name).await
}

/// `POST /v1/documents/{document_id}/content`
pub(crate) async fn submit(mut ctx: Ctx) -> ApiResult<Answer> {
    let wanted = Wanted::of(&ctx).await?;
    let incoming = ctx.incoming()?;
    let incoming = if wanted.digest.is_none() { incoming } else { incoming.hashed() };
    let most = ctx.api.settings().max_upload;
    let mut form = Multipart::new(&ctx.headers, incoming.clone());
    let mut found: Option<(Upload, Option<String>)> = None;
    while let Some(field) = incoming.next(&mut form).await? {
        let mut field = field.map_err(|error| unreadable(&error, most))?;
        is_expected(&field, found.is_some())?;
        let name = field.content_disposition().and_then(name::of);
        let mut upload = begin(&ctx)?;
        while let Some(chunk) = incoming.next(&mut field).await? {
            write(&mut upload, &chunk.map_err(|error| unreadable(&error, most))?, most).await?;
        }
        found = Some((upload, name));
    }
    incoming.drain(most).await?;
    let Some((upload, name)) = found else {
        return Err(fault(&format!("/{PART}"), "required", "This member is required."));
    };
    end(ctx, wanted, &incoming, upload, name).await
}

fn begin(ctx: &Ctx) -> ApiResult<Upload> {
    let id = ctx.api.database().clock().id();
    ctx.api.files().begin(id).map_err(|error| not_stored(&error))
}

async fn write(upload: &mut Upload, chunk: &Bytes, most: u64) -> ApiResult<()> {
    let comes = u64::try_from(chunk.len()).unwrap_or(u64::MAX);
    if upload.size().saturating_add(comes) > most {
        return Err(too_large(most));
    }
    upload.write(chunk).await.map_err(|error| not_stored(&error))
}

/// Refuses parts that the contract does not know.
pub(crate) fn is_expected(field: &Field, has_file: bool) -> ApiResult<()> {
    let name = field.name().unwrap_or_default();
    if name != PART {
        let pointer = format!("/{}", name.replace('~', "~0").replace('/', "~1"));
        return Err(fault(&pointer, "unknown_member", "There is no such member."));
    }
    if has_file {
        return Err(fault(&format!("/{PART}"), "repeated", "Give it once."));
    }
    if field.headers().contains_key("Content-Transfer-Encoding") {
        return Err(fault(&format!("/{PART}"), "not_allowed", "A part has no transfer encoding (RFC 7578)."));
    }
    Ok(())
}

pub(crate) fn fault(pointer: &str, code: &'static str, detail: &str) -> Box<ApiError> {
    let mut faults = Faults::default();
    faults.add(pointer, code, detail);
    ApiError::body(faults)
}

pub(crate) fn unreadable(error: &MultipartError, most: u64) -> Box<ApiError> {
    match error {
        MultipartError::Payload(error) => broken(error, most),
        error => ApiError::new(&MALFORMED, format!("The form cannot be read: {error}.")),
    }
}

fn not_stored(error: &pobratim_files::Error) -> Box<ApiError> {
    let mut refusal =
        ApiError::new(&NOT_WRITTEN, "The file cannot be stored now; nothing was kept.").with_header("Retry-After", "1");
    refusal.cause = Some(error.to_string());
    refusal
}

/// All has come: ends the file and makes it the document's. From here on it does not matter whether
/// the client is still there, since a file must not be left without its record, or a record without
/// its file.
async fn end(ctx: Ctx, wanted: Wanted, incoming: &Incoming, upload: Upload, name: Option<String>) -> ApiResult<Answer> {
    if upload.size() == 0 {
        return Err(fault("", "empty", "A file has one byte at least."));
    }
    if let Some(came) = incoming.digest() {
        wanted.digest.hold(&came)?;
    }
    let kept = actix_web::rt::spawn(async move { keep(ctx, wanted, upload, name).await });
    kept.await.map_err(ApiError::defect)?
}

async fn keep(mut ctx: Ctx, wanted: Wanted, upload: Upload, name: Option<String>) -> ApiResult<Answer> {
    let stored = upload.finish().await.map_err(|error| not_stored(&error))?;
    let id = stored.id;
    // What an idempotency key stands for.
    ctx.body = Bytes::from(format!("{} {}", hexadecimal(&stored.sha256), name.as_deref().unwrap_or_default()));
    let outcome = record(&ctx, wanted, stored, name).await;
    let is_kept = match &outcome {
        // The answer given before speaks of the file sent before.
        Ok(answer) => !answer.is_replayed(),
        // The record may be there, so the file has to be.
        Err(error) => error.kind.code == OUTCOME_UNKNOWN.code,
    };
    if !is_kept && let Err(error) = ctx.api.files().remove(id).await {
        tracing::warn!(%error, %id, "a file that nothing refers to could not be removed");
    }
    outcome
}

async fn record(ctx: &Ctx, wanted: Wanted, stored: Stored, name: Option<String>) -> ApiResult<Answer> {
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    let size = i64::try_from(stored.size).map_err(ApiError::defect)?;
    ctx.write(move |tx| async move {
        let before = tx.get::<Document>(&view, wanted.document).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&wanted.if_match, &before, &tx)?;
        let mut after = before.record.clone();
        after.body.content = Some(DocumentContent {
            id: stored.id,
            sha256: hexadecimal(&stored.sha256),
            size,
            media_type: stored.media_type.to_owned(),
            file_name: name,
            uploaded_at: tx.now(),
        });
        let row = tx.update(&view, before, after, Happened::plain("uploaded")).await?;
        changed::<Document>(row, &view, &tx)
    })
    .await
}

pub(crate) fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
