//! Work plans: the approval, the move to another state, and what becomes of an item.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{
    Collection, WorkPlan, WorkPlanApprovalInput, WorkPlanItemTransitionInput, WorkPlanTransitionInput,
};
use serde_json::Value;
use uuid::Uuid;

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::{Operation, action};
use crate::contract::prose::holders;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, INVALID_STATE};
use crate::resource::act;
use crate::routes::{Body, Entry};

impl Resource for WorkPlan {
    const ABOUT: &'static str =
        "What the office means to do in a year, item by item, by which instruments, and what became of each item.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<WorkPlanApprovalInput>();
        schemas.add_input::<WorkPlanTransitionInput>();
        schemas.add_input::<WorkPlanItemTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let path = "/v1/work-plans/{work_plan_id}";
        vec![
            Entry::new(Method::POST, format!("{path}/approve"), Body::Json, describe_approval, |ctx| {
                approve(ctx).boxed_local()
            }),
            Entry::new(Method::POST, format!("{path}/transitions"), Body::Json, describe_transition, |ctx| {
                transition(ctx).boxed_local()
            }),
            Entry::new(
                Method::POST,
                format!("{path}/items/{{item_key}}/transitions"),
                Body::Json,
                describe_item_transition,
                |ctx| transition_item(ctx).boxed_local(),
            ),
        ]
    }
}

fn describe_approval() -> Value {
    let description = "From draft to approved; a plan without items cannot be approved.";
    action::<WorkPlan>("approve_work_plan", "approve", "Approve a work plan", description, "WorkPlanApprovalInput")
}

fn describe_transition() -> Value {
    let description = "An approved plan is in execution, then reported; it is approved by an action of its own. Reporting needs that something became of every item. An approved plan can return to draft, a reported one to execution, both with a reason. `historical: true` leaves the order free and needs a source.";
    action::<WorkPlan>(
        "transition_work_plan",
        "write",
        "Move a work plan to another state",
        description,
        "WorkPlanTransitionInput",
    )
}

fn describe_item_transition() -> Value {
    let description = "While the plan is approved or in execution, an item is done, moved, cancelled or not done. Done needs the records that fulfilled it, everything else a reason; what was noted can be taken back by planning it anew.";
    let summary = "Note what became of an item of a work plan";
    Operation::new("transition_work_plan_item", WorkPlan::NAME.as_str(), summary, description)
        .record::<WorkPlan>()
        .path_parameter("item_key", "The key of the item in the plan.", &["01890a5d-ac96-774b-bcce-b302099a8061"])
        .changes_state(holders(WorkPlan::NAME, "write"))
        .conflicts(&[&INVALID_STATE])
        .body("WorkPlanItemTransitionInput", "What is to be recorded.")
        .answers("200", "WorkPlan", "The record as it is now.", &["ETag"])
        .done()
}

/// Approve a work plan
async fn approve(ctx: Ctx) -> ApiResult<Answer> {
    let input: WorkPlanApprovalInput = ctx.action()?;
    act::<WorkPlan, _>(ctx, "approve", "approved", input, |plan, input, today| {
        plan.body = plan.body.approve(input, today)?;
        Ok(())
    })
    .await
}

/// Move a work plan to another state
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: WorkPlanTransitionInput = ctx.action()?;
    act::<WorkPlan, _>(ctx, "write", "transitioned", input, |plan, input, today| {
        let has_sources = !plan.head.sources.is_empty();
        plan.body = plan.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}

/// Note what became of an item of a work plan
async fn transition_item(ctx: Ctx) -> ApiResult<Answer> {
    let key = Uuid::try_parse(ctx.param("item_key")).map_err(|_| ApiError::not_found())?;
    let input: WorkPlanItemTransitionInput = ctx.action()?;
    act::<WorkPlan, _>(ctx, "write", "item_transitioned", input, move |plan, input, today| {
        plan.body = plan.body.transition_item(key, input, today)?;
        Ok(())
    })
    .await
}
