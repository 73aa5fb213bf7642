//! Programmes: their one action, the move to another state.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{Programme, ProgrammeTransitionInput};

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::action;
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::resource::act;
use crate::routes::{Body, Entry};

impl Resource for Programme {
    const ABOUT: &'static str = "What several exchanges, events and projects are made under: national years, exchange programmes of a protocol.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<ProgrammeTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let description = "A programme is planned, running, completed; until it is over it can be cancelled, with a reason. Completing needs a period that is over. `historical: true` leaves the order free and needs a source.";
        let describe = move || {
            action::<Programme>(
                "transition_programme",
                "write",
                "Move a programme to another state",
                description,
                "ProgrammeTransitionInput",
            )
        };
        let path = "/v1/programmes/{programme_id}/transitions";
        vec![Entry::new(Method::POST, path, Body::Json, describe, |ctx| transition(ctx).boxed_local())]
    }
}

/// Move a programme to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: ProgrammeTransitionInput = ctx.action()?;
    act::<Programme, _>(ctx, "write", "transitioned", input, |programme, input, today| {
        let has_sources = !programme.head.sources.is_empty();
        programme.body = programme.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}
