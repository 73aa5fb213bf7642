//! Projects: their one action, the move to another state.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{Project, ProjectTransitionInput};

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::action;
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::resource::act;
use crate::routes::{Body, Entry};

impl Resource for Project {
    const ABOUT: &'static str = "Joint work with partners, in strands, and the objects that the city offers to investors: who takes part, where it stands, what came of it.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<ProjectTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let description = "A project is an idea, planned, offered, in talks, running, completed; a running one can be suspended, and one that is not completed cancelled, both with a reason. Completing needs a period that is over. `historical: true` leaves the order free and needs a source.";
        let describe = move || {
            action::<Project>(
                "transition_project",
                "write",
                "Move a project to another state",
                description,
                "ProjectTransitionInput",
            )
        };
        let path = "/v1/projects/{project_id}/transitions";
        vec![Entry::new(Method::POST, path, Body::Json, describe, |ctx| transition(ctx).boxed_local())]
    }
}

/// Move a project to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: ProjectTransitionInput = ctx.action()?;
    act::<Project, _>(ctx, "write", "transitioned", input, |project, input, today| {
        let has_sources = !project.head.sources.is_empty();
        project.body = project.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}
