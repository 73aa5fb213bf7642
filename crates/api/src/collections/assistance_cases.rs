//! Assistance cases: their one action, the move to another state.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{AssistanceCase, AssistanceCaseTransitionInput};

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::action;
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::resource::act;
use crate::routes::{Body, Entry};

impl Resource for AssistanceCase {
    const ABOUT: &'static str = "What the office did for investors, enterprises and those who look for partners: which services, for whom, with whom, about which goods, and what came of it.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<AssistanceCaseTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let description = "A case is open, in progress, and ends as succeeded or closed. Ending it needs an outcome, here or on the record; taking it up again needs a reason. `historical: true` leaves the order free and needs a source.";
        let describe = move || {
            action::<AssistanceCase>(
                "transition_assistance_case",
                "write",
                "Move an assistance case to another state",
                description,
                "AssistanceCaseTransitionInput",
            )
        };
        let path = "/v1/assistance-cases/{assistance_case_id}/transitions";
        vec![Entry::new(Method::POST, path, Body::Json, describe, |ctx| transition(ctx).boxed_local())]
    }
}

/// Move an assistance case to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: AssistanceCaseTransitionInput = ctx.action()?;
    act::<AssistanceCase, _>(ctx, "write", "transitioned", input, |case, input, today| {
        let has_sources = !case.head.sources.is_empty();
        case.body = case.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}
