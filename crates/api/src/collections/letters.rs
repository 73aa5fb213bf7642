//! Letters: the move to another state, for which a reply may be named, and the chain a letter
//! belongs to.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{Collection, CollectionName, Letter, LetterChain, LetterTransitionInput, Record, to_json};
use pobratim_persistence::{Error, Happened, Snapshot, View};
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::{Operation, action};
use crate::contract::prose::readers;
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::query::Reader;
use crate::resource::{self, changed, expect};
use crate::routes::{Body, Entry};

impl Resource for Letter {
    const ABOUT: &'static str = "The correspondence: letters received and sent, by which way, about what, what replied to them and what is still awaited.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<LetterTransitionInput>();
        schemas.add::<LetterChain>();
    }

    fn actions() -> Vec<Entry> {
        let path = "/v1/letters/{letter_id}";
        vec![
            Entry::new(Method::POST, format!("{path}/transitions"), Body::Json, describe_transition, |ctx| {
                transition(ctx).boxed_local()
            }),
            Entry::new(Method::GET, format!("{path}/chain"), Body::None, describe_chain, |ctx| {
                chain(ctx).boxed_local()
            })
            .kept(&[]),
        ]
    }
}

fn describe_transition() -> Value {
    let description = "A letter is a draft, sent, awaiting a reply, answered, closed. That it is answered needs the letter that replies to it: of the other direction, no draft, with this one in its `reply_to`. Giving up a draft, waiting no longer and waiting again need a reason. `historical: true` leaves the order free and needs a source.";
    action::<Letter>(
        "transition_letter",
        "write",
        "Move a letter to another state",
        description,
        "LetterTransitionInput",
    )
}

fn describe_chain() -> Value {
    let description = format!(
        "The letters that hang together with this one by `reply_to`, as far as the caller sees them: what it replies to, what replied to it, and so on, {} at most; and which of them are overdue on a day.",
        LetterChain::MAX
    );
    Operation::new("get_letter_chain", "letters", "Get the chain of a letter", &description)
        .record::<Letter>()
        .parameter(json!({
            "name": "on", "in": "query", "description": "The day; today in the municipality's time zone when it is left out.",
            "schema": {"type": "string", "format": "date", "examples": ["2011-12-31"]},
        }))
        .public(readers(Letter::NAME))
        .conditional()
        .answers("200", "LetterChain", "The chain.", &["ETag"])
        .done()
}

/// Move a letter to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Letter>("write")?;
    let id = ctx.record_id::<Letter>().await?;
    let if_match = ctx.if_match()?;
    let input: LetterTransitionInput = ctx.action()?;
    let (view, principal) = (ctx.view(), ctx.principal.clone());
    ctx.write(move |tx| async move {
        let before = tx.get::<Letter>(&view, id).await?;
        Ctx::require_keeper(principal.as_ref(), &before)?;
        expect(&if_match, &before, &tx)?;
        let replies = tx.get_all::<Letter>(&view, input.reply.as_slice()).await?;
        let today = tx.today(before.record.head.keeper()).await?;
        let after = before.record.transition(&input, &replies, today)?;
        let happened = Happened { verb: "transitioned", detail: Some(to_json(&input)?) };
        let row = tx.update(&view, before, after, happened).await?;
        changed::<Letter>(row, &view, &tx)
    })
    .await
}

/// Get the chain of a letter
async fn chain(ctx: Ctx) -> ApiResult<Answer> {
    ctx.require::<Letter>("read")?;
    let mut reader = Reader::new(&ctx);
    let on = resource::day(&mut reader, "on");
    reader.finish()?;
    let id = ctx.record_id::<Letter>().await?;
    let view = ctx.view();
    let answer = ctx
        .read(async |snapshot| {
            let letter = snapshot.record::<Letter>(&view, id).await?;
            let (_, zone) = snapshot.summary_settings(letter.head.keeper()).await?;
            let on = on.unwrap_or_else(|| ctx.today(&zone));
            let chain = LetterChain::of(id, &linked(snapshot, &view, letter).await?, on);
            let shape = format!("chain {id} {on}");
            // The municipality says what day it is.
            let made_from = [Letter::NAME, CollectionName::Municipalities];
            let answer = Answer::json(200, to_json(&chain)?.to_string());
            Ok::<_, Error>(answer.drawn_from(snapshot.head(), &made_from, &[&shape, &view.tag()]))
        })
        .await?;
    Ok(answer)
}

/// A letter with those above it, then all that replied to any of them. References may run in a
/// circle, so each letter is taken once.
async fn linked(snapshot: &Snapshot, view: &View, letter: Record<Letter>) -> Result<Vec<Record<Letter>>, Error> {
    let mut found = vec![letter];
    while let Some(above) = found.last().and_then(|letter| letter.body.reply_to)
        && found.len() < LetterChain::MAX
        && !found.iter().any(|known| known.head.id == above)
    {
        match snapshot.record::<Letter>(view, above).await {
            Ok(record) => found.push(record),
            Err(Error::NotFound) => break,
            Err(error) => return Err(error),
        }
    }
    let mut next = 0;
    while next < found.len() {
        for reply in snapshot.referring::<Letter>(view, "reply_to", found[next].head.id).await? {
            if found.len() < LetterChain::MAX && !found.iter().any(|known| known.head.id == reply.head.id) {
                found.push(reply);
            }
        }
        next += 1;
    }
    Ok(found)
}
