//! Exchanges: their one action, the move to another state.

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{CollectionName, Exchange, ExchangeTransitionInput};
use pobratim_persistence::Error;
use serde_json::Value;

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::action;
use crate::ctx::Ctx;
use crate::export::{self, ListForm, Shown};
use crate::problem::ApiResult;
use crate::resource::act;
use crate::routes::{Body, Entry};

impl Resource for Exchange {
    const ABOUT: &'static str =
        "The delegations received and sent: who came, from where, under which tie and paper, and what came of it.";

    const SHOWN: Option<ListForm> = Some(ListForm::Calendar);
    const TOLD: &'static [CollectionName] = &[CollectionName::Municipalities, CollectionName::Places];

    fn shown<'s>(shown: &'s Shown<'s>, records: Vec<Value>) -> LocalBoxFuture<'s, Result<Vec<String>, Error>> {
        export::of_exchanges(shown, records).boxed_local()
    }

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<ExchangeTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let description = "An exchange is proposed, approved, confirmed, under way, completed, reported; any open one can be cancelled, with a reason. Completing needs a period that is over, reporting results or a headcount. `historical: true` leaves the order free and needs a source.";
        let describe = move || {
            action::<Exchange>(
                "transition_exchange",
                "write",
                "Move an exchange to another state",
                description,
                "ExchangeTransitionInput",
            )
        };
        let path = "/v1/exchanges/{exchange_id}/transitions";
        vec![Entry::new(Method::POST, path, Body::Json, describe, |ctx| transition(ctx).boxed_local())]
    }
}

/// Move an exchange to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: ExchangeTransitionInput = ctx.action()?;
    act::<Exchange, _>(ctx, "write", "transitioned", input, |exchange, input, today| {
        let has_sources = !exchange.head.sources.is_empty();
        exchange.body = exchange.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}
