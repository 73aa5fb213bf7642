//! Lists in other forms than JSON, with all records in one answer: tables for spreadsheets, lines for
//! programs, maps, calendars; and everything at once. What belongs here: which form is asked for, and
//! how the answer is put together. How one form is written stands in the file of its name.
//!
//! A list is read a page at a time, each in a snapshot of its own, and a page is written when the one
//! before it was taken: whoever reads slowly holds no connection, and no more than that in memory.

mod calendar;
pub(crate) mod columns;
mod form;
mod map;
mod pages;
mod sending;
mod sheet;
mod shown;
mod subscription;
mod table;
mod whole;

use pobratim_domain::{CollectionName, Keeper};
use pobratim_persistence::Error;

pub(crate) use calendar::{of_events, of_exchanges};
pub(crate) use form::{Asked, ListForm, answers, parameters, schemas, told};
pub(crate) use map::{of_partnerships, of_places};
pub(crate) use shown::Shown;
pub(crate) use subscription::key_in_address;
pub use whole::{ExportError, export};
pub(crate) use whole::{Write, routes, write};

use crate::answer::{Answer, Streamed, Tag};
use crate::asked::has_seen;
use crate::collections::Resource;
use crate::ctx::Ctx;
use crate::export::pages::Pages;
use crate::export::table::Writer;
use crate::problem::{ApiError, ApiResult};
use crate::query::{self, Listed};
use crate::resource;

/// `GET /v1/{collection}`: a page of it as JSON, or all of it in another form.
pub(crate) async fn list<T: Resource>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("read")?;
    let listed = query::list::<T>(&ctx)?;
    match listed.asked.form {
        ListForm::Json => resource::page::<T>(&ctx, listed).await,
        ListForm::Xlsx => sheet::answer::<T>(&ctx, listed).await,
        _ => text::<T>(&ctx, listed).await,
    }
}

/// All records as a text, which begins when the first of them are read.
async fn text<T: Resource>(ctx: &Ctx, listed: Listed) -> ApiResult<Answer> {
    let collections = made_from::<T>(&listed);
    let asked = listed.asked.clone();
    // The directory is everybody's; what else is told needs its own scope.
    let told = T::TOLD.iter().filter(|told| asked.form.is_shown() && told.keeper() == Keeper::Municipality);
    for collection in told {
        ctx.require_in(*collection, "read")?;
    }
    let mut writer = Writer::<T>::new(&ctx.api, ctx.view(), &asked);
    let mut pages = Pages::<T>::new(&ctx.api, ctx.view(), listed.query);
    let mut first = writer.begin()?;
    let head = pages.next(async |snapshot, rows| writer.write(snapshot, rows, &mut first).await).await?;
    let tag = tag::<T>(pages.name(), &head, &collections, &asked);
    let answer = described::<T>(Answer::empty(200), asked.form).tagged(tag.clone());
    let known = has_seen(&ctx.headers, &tag.header(""));
    if pages.is_over() {
        writer.end(&mut first);
        let body = String::from_utf8(first).map_err(ApiError::defect)?;
        return Ok(Answer { body: Some(body), ..answer });
    }
    if known || ctx.method == "HEAD" {
        return Ok(answer.streamed(Streamed::nothing_of(None)));
    }
    Ok(answer.streamed(sending::streamed(ctx.request_id.clone(), async move |sink| {
        sink.send(first).await?;
        while !pages.is_over() {
            let mut bytes = Vec::new();
            pages.next(async |snapshot, rows| writer.write(snapshot, rows, &mut bytes).await).await?;
            sink.send(bytes).await?;
        }
        let mut last = Vec::new();
        writer.end(&mut last);
        sink.send(last).await
    })))
}

/// The collections that an answer is made from.
fn made_from<T: Resource>(listed: &Listed) -> Vec<CollectionName> {
    let mut collections = listed.made_from(T::NAME);
    if listed.asked.form.is_shown() {
        collections.extend(T::TOLD);
    }
    collections
}

/// Names the answer: the state it began in, and what was asked for.
fn tag<T: Resource>(
    list: &str,
    head: &pobratim_persistence::Head,
    collections: &[CollectionName],
    asked: &Asked,
) -> Tag {
    let lang = asked.lang.as_deref().unwrap_or_default();
    Tag::of_state(head, collections, &[list, asked.form.media_type(), lang])
}

/// The type of the answer, and the name of the file it becomes.
fn described<T: Resource>(answer: Answer, form: ListForm) -> Answer {
    let kind = if form.is_shown() { "inline" } else { "attachment" };
    let name = format!("{kind}; filename=\"{}.{}\"", T::NAME.path(), form.name());
    Answer { content_type: form.content_type().to_owned(), ..answer }.with("Content-Disposition", name)
}

/// A fault of the program, as an error of what reads.
fn defect(error: impl std::fmt::Display) -> Error {
    Error::Defect(error.to_string())
}
