//! `GET /v1/export`: every record that the caller sees, a line each, as of one moment. What loads data
//! sets takes it back.

use std::time::Duration;

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{CollectionName, Role};
use pobratim_persistence::{Database, Error, Head, ListQuery, Snapshot, Stored, View, mask};
use serde_json::Value;
use tokio::sync::oneshot;

use crate::answer::{Answer, Streamed, Tag};
use crate::asked::has_seen;
use crate::collections;
use crate::contract::operation::Operation;
use crate::ctx::{Ctx, unauthenticated};
use crate::export::form::NDJSON;
use crate::export::pages::PAGE;
use crate::export::sending::{Sink, Source, broken_off, ended, pipe};
use crate::problem::{ApiError, ApiResult, FORBIDDEN};
use crate::query::Reader;
use crate::routes::{Body, Entry};

/// The type by which clients that know no lines of JSON take it as a text.
const PLAIN: &str = "text/plain";

/// How long it may take. All of it is one snapshot, which holds one of the connections that read.
const LIMIT: Duration = Duration::from_secs(600);

/// Writes all records of a collection.
pub(crate) type Write = for<'w> fn(&'w Snapshot, &'w View, &'w Sink) -> LocalBoxFuture<'w, Result<(), Error>>;

pub(crate) fn routes() -> Vec<Entry> {
    let entry = Entry::new(Method::GET, "/v1/export", Body::None, describe, |ctx| answer(ctx).boxed_local());
    vec![entry.producing(NDJSON).also(&[PLAIN])]
}

fn describe() -> Value {
    let description = "Every record that the caller sees, as of one moment: a line of JSON each, with its `collection` first. An admin gets all of its own municipality's records, the shared directory, and what others have made public; the operator gets the directory and what is public. Files of documents are not in it, nor are deleted records, the journal and keys. `pobratim load` takes it back, with the same ids and refs. Two are made at once, and each has ten minutes to be taken, with no pause of one: who takes longer, or comes third, is refused or broken off.";
    Operation::new("export_records", "directory", "Export everything", description)
        .secured("a key of the role admin or operator, with the scope to read every collection.")
        .conditional()
        .refused("503", "ServiceUnavailable")
        .answers_text(NDJSON, "The records, a line each.", &["ETag"])
        .also(PLAIN, "The same lines, for clients that know no other type.")
        .done()
}

async fn answer(ctx: Ctx) -> ApiResult<Answer> {
    Reader::new(&ctx).finish()?;
    let principal = ctx.principal.as_ref().ok_or_else(unauthenticated)?;
    if !matches!(principal.role(), Role::Admin | Role::Operator) {
        let detail = format!("The role {} does not export; admin and operator do.", principal.role().as_str());
        return Err(ApiError::new(&FORBIDDEN, detail));
    }
    for collection in collections::names() {
        ctx.require_in(collection, "read")?;
    }
    let form = ctx.entry.preferred(&ctx.headers);
    let tag = |head: &Head| {
        let shape = ["export", &ctx.view().tag(), form];
        Tag::new(head.of_all(CollectionName::ALL), &head.epoch, &shape)
    };
    let now = tag(&ctx.read(async |snapshot| Ok(snapshot.head().clone())).await?);
    let (tag, stream) = if ctx.method == "HEAD" || has_seen(&ctx.headers, &now.header("")) {
        (now, Streamed::nothing_of(None))
    } else {
        let (source, head) = begin(ctx.api.database(), ctx.view(), ctx.request_id.clone()).await?;
        (tag(&head), source.streamed())
    };
    let content_type = if form == PLAIN { "text/plain; charset=utf-8" } else { form }.to_owned();
    Ok(Answer { content_type, ..Answer::empty(200) }
        .tagged(tag)
        .with("Content-Disposition", "attachment; filename=\"pobratim.ndjson\"")
        .streamed(stream))
}

/// Begins to write what a view sees, and tells of which moment.
async fn begin(database: &Database, view: View, request_id: String) -> Result<(Source, Head), Error> {
    let (sink, source) = pipe();
    let (tell, told) = oneshot::channel();
    let database = database.clone();
    actix_web::rt::spawn(async move {
        let mut tell = Some(tell);
        let made = database
            .read_at_length(LIMIT, async |snapshot| {
                if let Some(tell) = tell.take() {
                    // Who does not listen any more shows when the first part is sent.
                    let _ = tell.send(Ok(snapshot.head().clone()));
                }
                records(snapshot, &view, &sink).await
            })
            .await;
        match (tell, made) {
            (Some(tell), Err(error)) => drop(tell.send(Err(error))),
            (_, made) => {
                if let Err(error) = ended(sink, made).await {
                    broken_off(&request_id, &error);
                }
            }
        }
    });
    let head = told.await.map_err(|_| Error::Defect("the export ended before it began".to_owned()))??;
    Ok((source, head))
}

async fn records(snapshot: &Snapshot, view: &View, sink: &Sink) -> Result<(), Error> {
    for write in collections::writers() {
        write(snapshot, view, sink).await?;
    }
    Ok(())
}

/// Writes all records of a collection, a line each.
pub(crate) fn write<'w, T: Stored>(
    snapshot: &'w Snapshot,
    view: &'w View,
    sink: &'w Sink,
) -> LocalBoxFuture<'w, Result<(), Error>> {
    async move {
        let secret = pobratim_persistence::Secret::new("");
        let mut query = ListQuery::all::<T>(PAGE);
        loop {
            let mut page = snapshot.list::<T>(view, &query, &secret).await?;
            let mut bytes = Vec::new();
            for row in &mut page.rows {
                mask::<T>(row, view)?;
                let record = serde_json::to_string(row)?;
                let members = record.strip_prefix('{').unwrap_or(&record);
                bytes.extend_from_slice(format!("{{\"collection\":\"{}\",{members}\n", T::NAME).as_bytes());
            }
            sink.send(bytes).await?;
            query.cursor = page.next;
            if query.cursor.is_none() {
                return Ok(());
            }
        }
    }
    .boxed_local()
}

/// Everything, whoever sees it, for the command that exports: each part is given to `take`.
pub async fn export(
    database: &Database,
    mut take: impl FnMut(&[u8]) -> std::io::Result<()>,
) -> Result<(), ExportError> {
    let (sink, mut source) = pipe();
    let make = async {
        let made = database.read_at_length(LIMIT, async |snapshot| records(snapshot, &View::System, &sink).await).await;
        ended(sink, made).await
    };
    let keep = async move {
        while let Some(bytes) = source.next().await? {
            take(&bytes)?;
        }
        Ok::<_, std::io::Error>(())
    };
    let (made, kept) = tokio::join!(make, keep);
    made?;
    Ok(kept?)
}

/// Why not everything was exported.
#[derive(Debug, thiserror::Error)]
pub enum ExportError {
    /// The database could not be read.
    #[error("{0}")]
    Database(#[from] Error),
    /// What was read could not be put anywhere.
    #[error("{0}")]
    Output(#[from] std::io::Error),
}
