//! The standard operations, written once for every collection: list, get, create, patch, delete,
//! restore, replace by external id, history.

use jiff::civil::Date;
use pobratim_domain::{CollectionName, Organization, Place, Record, Refusal, to_json};
use pobratim_persistence::{
    ChangesQuery, Envelope, Error, Happened, Loaded, Page, Shown, Snapshot, Stored, Tx, View, mask,
};
use serde_json::{Map, Value, json};
use uuid::Uuid;

use crate::answer::{Answer, IfMatch, Tag};
use crate::ctx::Ctx;
use crate::draft::{draft, draft_in, patched};
use crate::feed;
use crate::gazetteer_place;
use crate::problem::ApiResult;
use crate::query::{self, Listed, Reader};

/// A record as it is answered, with its tag.
pub(crate) fn answer<T: Stored>(mut row: T::Row, view: &View, epoch: &str, status: u16) -> Result<Answer, Error> {
    let envelope = Envelope::of::<T>(&row)?;
    mask::<T>(&mut row, view)?;
    Ok(told::<T>(envelope.id, envelope.version, serde_json::to_string(&row)?, view, epoch, status))
}

fn told<T: Stored>(id: Uuid, version: i64, json: String, view: &View, epoch: &str, status: u16) -> Answer {
    let tag = Tag::of_record(id, version, epoch, &[T::NAME.as_str(), &view.tag()]);
    Answer::json(status, json).tagged(tag).made_from(&[T::NAME])
}

/// The answer to an action on a record.
pub(crate) fn changed<T: Stored>(row: T::Row, view: &View, tx: &Tx) -> Result<Answer, Error> {
    answer::<T>(row, view, tx.epoch(), 200)
}

/// `GET /v1/{collection}`, as JSON: a page of a list that may be read.
pub(crate) async fn page<T: Stored>(ctx: &Ctx, listed: Listed) -> ApiResult<Answer> {
    let view = ctx.view();
    let alone = listed.expand.is_empty() && !listed.query.count;
    let found = if alone { ctx.page::<T>(&view, &listed.query).await? } else { None };
    let (page, included, head) = match found {
        Some((page, head)) => (page, None, head),
        None => {
            let secret = ctx.api.database().secret();
            ctx.read(async |snapshot| {
                let page = snapshot.shown::<T>(&view, &listed.query, secret).await?;
                let included = match listed.expand.as_slice() {
                    [] => None,
                    expand => Some(included(snapshot, &view, expand, &page.rows).await?),
                };
                Ok((page, included, snapshot.head().clone()))
            })
            .await?
        }
    };
    let next = page.next.clone();
    let body = body_of(page, listed.query.limit, included)?;
    let shape = format!("{} {:?} {:?} {}", listed.query.name, listed.query.cursor, listed.expand, listed.query.limit);
    let counted = if listed.query.count { "counted" } else { "" };
    let answer = Answer::json(200, body).drawn_from(&head, &listed.made_from(T::NAME), &[&shape, counted]);
    Ok(match next {
        Some(next) => answer.with("Link", next_link(ctx, &next)),
        None => answer,
    })
}

/// A page as it is answered: its records as they were written from the table, not parsed again.
fn body_of(page: Page<Shown>, limit: u64, included: Option<Value>) -> Result<String, Error> {
    let mut rest = json!({"page": {"limit": limit}});
    if let Some(next) = page.next {
        rest["page"]["next_cursor"] = next.into();
    }
    if let Some(total) = page.total {
        rest["page"]["total"] = total.into();
    }
    if let Some(included) = included {
        rest["included"] = included;
    }
    let rest = serde_json::to_string(&rest)?;
    let rest = rest.strip_prefix('{').unwrap_or(&rest);
    let records: usize = page.rows.iter().map(|row| row.json.len() + 1).sum();
    let mut body = String::with_capacity(records + rest.len() + 16);
    body.push_str("{\"items\":[");
    for (at, row) in page.rows.iter().enumerate() {
        if at > 0 {
            body.push(',');
        }
        body.push_str(&row.json);
    }
    body.push_str("],");
    body.push_str(rest);
    Ok(body)
}

pub(crate) fn next_link(ctx: &Ctx, cursor: &str) -> String {
    let mut query = url::form_urlencoded::Serializer::new(String::new());
    for (name, value) in query::ordered(&ctx.query).into_iter().filter(|(name, _)| name != "cursor") {
        query.append_pair(name, value);
    }
    query.append_pair("cursor", cursor);
    format!("<{}?{}>; rel=\"next\"", ctx.path, query.finish())
}

async fn included(snapshot: &Snapshot, view: &View, expand: &[CollectionName], rows: &[Shown]) -> Result<Value, Error> {
    let ids: Vec<Uuid> = rows.iter().map(|row| row.id).collect();
    let targets = snapshot.targets(&ids).await?;
    let mut included = Map::new();
    for collection in expand {
        let rows = match collection {
            CollectionName::Places => included_rows::<Place>(snapshot, view, &targets).await?,
            CollectionName::Organizations => included_rows::<Organization>(snapshot, view, &targets).await?,
            _ => continue,
        };
        included.insert(collection.as_str().to_owned(), rows);
    }
    Ok(Value::Object(included))
}

async fn included_rows<T: Stored>(snapshot: &Snapshot, view: &View, ids: &[Uuid]) -> Result<Value, Error> {
    let mut rows = snapshot.get_all::<T>(view, ids).await?;
    for row in &mut rows {
        mask::<T>(row, view)?;
    }
    Ok(serde_json::to_value(rows)?)
}

/// `GET /v1/{collection}/{id}`
pub(crate) async fn get<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("read")?;
    Reader::new(&ctx).finish()?;
    let id = ctx.record_id::<T>().await?;
    let view = ctx.view();
    let (shown, head) = ctx.get::<T>(&view, id).await?;
    Ok(told::<T>(shown.id, shown.version, shown.json, &view, &head.epoch, 200))
}

/// `POST /v1/{collection}`
pub(crate) async fn create<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("create")?;
    let input = gazetteer_place::completed(T::NAME, ctx.json()?).await?;
    let record = draft::<T>(&ctx.api, input, None)?;
    let (view, keeper) = (ctx.view(), keeper(&ctx, &record));
    ctx.write(move |tx| async move {
        let row = tx.create::<T>(&view, keeper, record, Happened::plain("created")).await?;
        created::<T>(row, &view, &tx)
    })
    .await
}

fn keeper<T: Stored>(ctx: &Ctx, record: &Record<T>) -> Option<pobratim_domain::Slug> {
    record.body.keeps_itself().cloned().or_else(|| ctx.keeper::<T>())
}

fn created<T: Stored>(row: T::Row, view: &View, tx: &Tx) -> Result<Answer, Error> {
    let id = Envelope::of::<T>(&row)?.id;
    let answer = answer::<T>(row, view, tx.epoch(), 201)?;
    Ok(answer.with("Location", format!("/v1/{}/{id}", T::NAME.path())))
}

/// `PATCH /v1/{collection}/{id}`
pub(crate) async fn update<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("write")?;
    let id = ctx.record_id::<T>().await?;
    let if_match = ctx.if_match()?;
    let patch = ctx.json()?;
    let (view, api, principal) = (ctx.view(), ctx.api.clone(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get::<T>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let record = patched::<T>(&api, patch, &before)?;
        let row = tx.update(&view, before, record, Happened::plain("updated")).await?;
        changed::<T>(row, &view, &tx)
    })
    .await
}

/// Refuses when the client has seen another version.
pub(crate) fn expect<T: Stored>(if_match: &IfMatch, before: &Loaded<T>, tx: &Tx) -> Result<(), Error> {
    let (id, current) = (before.record.head.id, before.record.head.version);
    if if_match.matches(id, current, tx.epoch()) { Ok(()) } else { Err(Error::Stale { current }) }
}

/// An action on a record: somebody with this scope, who has seen this version, changes it as the
/// domain allows. What was sent is kept in the journal beside the change.
pub(crate) async fn act<T: Stored, I: serde::Serialize + Send + 'static>(
    ctx: Ctx,
    verb: &'static str,
    happened: &'static str,
    input: I,
    change: impl FnOnce(&mut Record<T>, &I, Date) -> Result<(), Refusal> + Send + 'static,
) -> ApiResult<Answer> {
    ctx.require::<T>(verb)?;
    let id = ctx.record_id::<T>().await?;
    let if_match = ctx.if_match()?;
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get::<T>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let today = tx.today(before.record.head.keeper()).await?;
        let mut after = before.record.clone();
        change(&mut after, &input, today)?;
        let happened = Happened { verb: happened, detail: Some(to_json(&input)?) };
        let row = tx.update(&view, before, after, happened).await?;
        changed::<T>(row, &view, &tx)
    })
    .await
}

/// A day in a query.
pub(crate) fn day(reader: &mut Reader<'_>, name: &str) -> Option<Date> {
    let text = reader.take(name)?;
    let day = text.parse::<Date>().ok().filter(|_| text.len() == 10);
    if day.is_none() {
        reader.fault(name, "invalid", "Give a day, such as 2011-09-05.");
    }
    day
}

/// `DELETE /v1/{collection}/{id}`
pub(crate) async fn delete<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("delete")?;
    let id = ctx.record_id::<T>().await?;
    let if_match = ctx.if_match()?;
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get::<T>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let row = tx.delete(&view, before).await?;
        let gone = answer::<T>(row, &view, tx.epoch(), 204)?;
        Ok(Answer { body: None, ..gone })
    })
    .await
}

/// `POST /v1/{collection}/{id}/restore`
pub(crate) async fn restore<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("delete")?;
    let id = ctx.record_id::<T>().await?;
    let if_match = ctx.if_match()?;
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get_deleted::<T>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let row = tx.restore(&view, before).await?;
        changed::<T>(row, &view, &tx)
    })
    .await
}

/// `PUT /v1/{collection}/by-external-id/{scheme}/{value}`
pub(crate) async fn replace_by_external_id<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("write")?;
    let may_create = ctx.require::<T>("create");
    let (scheme, value) = (ctx.param("scheme").to_owned(), ctx.param("value").to_owned());
    let if_match = ctx.header("If-Match").map(IfMatch::parse);
    let mut input = ctx.json()?;
    add_external_id(&mut input, &scheme, &value);
    let input = gazetteer_place::completed(T::NAME, input).await?;
    let (view, api, principal) = (ctx.view(), ctx.api.clone(), ctx.principal.clone());
    let own = ctx.keeper::<T>();
    ctx.write(move |tx| async move {
        let keeper = own.as_ref().map_or("", pobratim_domain::Slug::as_str);
        let Some(id) = tx.by_external_id(T::NAME, keeper, &scheme, &value).await? else {
            if if_match.is_some() {
                return Err(Error::Stale { current: 0 });
            }
            may_create.map_err(|_| Error::NotYours)?;
            let record = draft_in::<T>(&api, input, None)?;
            let keeper = record.body.keeps_itself().cloned().or(own);
            let row = tx.create::<T>(&view, keeper, record, Happened::plain("created")).await?;
            // 200, not 201: clients are generated with one type for one success.
            return Ok(Answer { status: 200, ..created::<T>(row, &view, &tx)? });
        };
        let before = tx.get::<T>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        if let Some(if_match) = &if_match {
            expect(if_match, &before, &tx)?;
        }
        let record = draft_in::<T>(&api, input, Some(&before))?;
        let row = tx.update(&view, before, record, Happened::plain("updated")).await?;
        changed::<T>(row, &view, &tx)
    })
    .await
}

/// The record carries the name it is addressed by.
fn add_external_id(input: &mut Value, scheme: &str, value: &str) {
    let Some(members) = input.as_object_mut() else { return };
    let ids = members.entry("external_ids").or_insert_with(|| json!([]));
    let Some(ids) = ids.as_array_mut() else { return };
    if !ids.iter().any(|id| id["scheme"] == scheme && id["value"] == value) {
        ids.push(json!({"scheme": scheme, "value": value}));
    }
}

/// `GET /v1/{collection}/{id}/history`
pub(crate) async fn history<T: Stored>(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<T>("read")?;
    let mut reader = Reader::new(&ctx);
    let limit = reader.limit();
    let after = feed::revision(&mut reader, "cursor");
    reader.finish()?;
    let id = ctx.record_id::<T>().await?;
    let view = ctx.view();
    let query = ChangesQuery {
        after: after.map_or(0, |(_, revision)| revision),
        limit: usize::try_from(limit).unwrap_or(usize::MAX),
        record: Some(id),
        ..ChangesQuery::default()
    };
    let mut page = json!({"limit": limit});
    ctx.read(async |snapshot| {
        let envelope = snapshot.envelope::<T>(id).await?;
        if !view.sees(T::NAME, &envelope.municipality, &envelope.visibility) {
            return Err(Error::NotFound);
        }
        let changes = snapshot.changes(&view, &query).await?;
        if changes.more {
            page["next_cursor"] = changes.read_to.to_string().into();
        }
        let body = json!({"items": feed::items(&changes.items), "page": page});
        let shape = format!("history {id} {} {}", query.after, query.limit);
        Ok(Answer::json(200, body.to_string()).drawn_from(snapshot.head(), &[T::NAME], &[&shape, &view.tag()]))
    })
    .await
    .map_err(Into::into)
}
