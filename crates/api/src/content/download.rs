//! Giving out a file: whole, in part, or not at all when the client has it.

use futures_util::TryStreamExt;
use pobratim_domain::{Document, DocumentContent};
use pobratim_files::Files;

use crate::answer::{Answer, Streamed, Tag};
use crate::asked::has_seen;
use crate::content::range::Wanted;
use crate::content::{BYTES, SHOWN, digest, name};
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, NOT_FOUND, RANGE_NOT_SATISFIABLE, UNAVAILABLE};
use crate::query::Reader;

/// `GET /v1/documents/{document_id}/content`
pub(crate) async fn download(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Document>("read")?;
    Reader::new(&ctx).finish()?;
    let id = ctx.record_id::<Document>().await?;
    let view = ctx.view();
    let (document, epoch) = ctx
        .read(async |snapshot| Ok((snapshot.record::<Document>(&view, id).await?, snapshot.head().epoch.clone())))
        .await?;
    let content = document.body.content.ok_or_else(|| ApiError::new(&NOT_FOUND, "No file was uploaded yet."))?;
    let tag = Tag::new(0, &epoch, &["content", &content.id.to_string(), &content.sha256]);
    let etag = tag.header("");
    let answer = described(&content, &document.head.reference).tagged(tag);
    if has_seen(&ctx.headers, &etag) || ctx.method == "HEAD" {
        let size = size(&content)?;
        return Ok(answer.streamed(Streamed::nothing_of(size)));
    }
    // A range of another file than the one the client has a part of would not fit to that part.
    let is_same = ctx.header("If-Range").is_none_or(|known| known.trim() == etag);
    let wanted = ctx.header("Range").filter(|_| is_same);
    let size = size(&content)?;
    let wanted = wanted.map_or(Wanted::Whole, |header| Wanted::of(header, size));
    let files = ctx.api.files();
    match wanted {
        Wanted::Whole => Ok(answer.streamed(open(files, &content, 0..size).await?)),
        Wanted::Part(range) => {
            let told = format!("bytes {}-{}/{size}", range.start, range.end - 1);
            let answer = answer.streamed(open(files, &content, range).await?).with("Content-Range", told);
            Ok(Answer { status: 206, ..answer })
        }
        Wanted::Beyond => {
            let detail = format!("The file has {size} bytes.");
            Err(ApiError::new(&RANGE_NOT_SATISFIABLE, detail).with_header("Content-Range", format!("bytes */{size}")))
        }
    }
}

fn size(content: &DocumentContent) -> ApiResult<u64> {
    u64::try_from(content.size).map_err(ApiError::defect)
}

/// The headers of a file. Its type is told only where a browser runs nothing in what is of that
/// type; all else is plain bytes, for saving.
fn described(content: &DocumentContent, reference: &str) -> Answer {
    let is_shown = SHOWN.contains(&content.media_type.as_str());
    let content_type = match content.media_type.as_str() {
        "text/plain" => "text/plain; charset=utf-8",
        known if is_shown => known,
        _ => BYTES,
    };
    let made = name::made(reference, &content.media_type);
    let name = content.file_name.as_deref().unwrap_or(&made);
    Answer { content_type: content_type.to_owned(), ..Answer::empty(200) }
        .with("Accept-Ranges", "bytes")
        .with("Content-Disposition", name::disposition(is_shown, name))
        .with("Repr-Digest", digest::field(&bytes_of(&content.sha256)))
}

fn bytes_of(hexadecimal: &str) -> Vec<u8> {
    let pairs = hexadecimal.as_bytes().chunks(2);
    pairs.filter_map(|pair| u8::from_str_radix(std::str::from_utf8(pair).ok()?, 16).ok()).collect()
}

async fn open(files: &Files, content: &DocumentContent, range: std::ops::Range<u64>) -> ApiResult<Streamed> {
    let length = range.end - range.start;
    let is_whole = range == (0..size(content)?);
    let id = content.id;
    let reading = match files.read(id, (!is_whole).then_some(range)).await {
        Ok(reading) => reading,
        Err(error @ pobratim_files::Error::Missing(_)) => return Err(ApiError::defect(error)),
        Err(error) => {
            let mut refusal =
                ApiError::new(&UNAVAILABLE, "The file cannot be read now.").with_header("Retry-After", "1");
            refusal.cause = Some(error.to_string());
            return Err(refusal);
        }
    };
    if reading.size != size(content)? {
        return Err(ApiError::defect(format!("the file {id} has {} bytes, not {}", reading.size, content.size)));
    }
    let bytes = reading.bytes.inspect_err(move |error| {
        // The answer has begun: all that is left is to break it off.
        tracing::error!(%error, %id, "a file could not be read to its end");
    });
    Ok(Streamed::new(length, bytes))
}
