//! Agreements: the steps a paper takes, each an action of its own.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{
    Agreement, AgreementDecisionInput, AgreementEntryIntoForceInput, AgreementExpiryInput, AgreementRenewalInput,
    AgreementSigningInput, AgreementSubmissionInput, AgreementTerminationInput, AgreementVoidingInput, Collection,
};
use uuid::Uuid;

use crate::answer::Answer;
use crate::collections::Resource;
use crate::contract::Schemas;
use crate::contract::operation::{Operation, action};
use crate::contract::prose::holders;
use crate::ctx::Ctx;
use crate::problem::{ApiError, ApiResult, INVALID_STATE};
use crate::resource::act;
use crate::routes::{Body, Entry, Handler};

impl Resource for Agreement {
    const ABOUT: &'static str = "The papers: treaties, protocols, memoranda, communiqués; who signed them when and where, what they aim at, how long they are in force, and who had to approve them.";

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<AgreementSubmissionInput>();
        schemas.add_input::<AgreementDecisionInput>();
        schemas.add_input::<AgreementSigningInput>();
        schemas.add_input::<AgreementEntryIntoForceInput>();
        schemas.add_input::<AgreementRenewalInput>();
        schemas.add_input::<AgreementExpiryInput>();
        schemas.add_input::<AgreementTerminationInput>();
        schemas.add_input::<AgreementVoidingInput>();
    }

    fn actions() -> Vec<Entry> {
        vec![
            step(
                "submit",
                "write",
                "submit_agreement",
                "Submit an agreement for approval",
                "From draft to in approval: those who have to approve it can decide.",
                "AgreementSubmissionInput",
                |ctx| submit(ctx).boxed_local(),
            ),
            decision(),
            step(
                "sign",
                "approve",
                "sign_agreement",
                "Sign an agreement",
                "From approved to signed; from draft when no approvals are asked for.",
                "AgreementSigningInput",
                |ctx| sign(ctx).boxed_local(),
            ),
            step(
                "enter-into-force",
                "approve",
                "enter_agreement_into_force",
                "Bring an agreement into force",
                "From signed to in force. Communiqués and declarations end at signed.",
                "AgreementEntryIntoForceInput",
                |ctx| enter_into_force(ctx).boxed_local(),
            ),
            step(
                "renew",
                "approve",
                "renew_agreement",
                "Renew an agreement",
                "It stays in force, with a later end.",
                "AgreementRenewalInput",
                |ctx| renew(ctx).boxed_local(),
            ),
            step(
                "expire",
                "write",
                "expire_agreement",
                "Record that an agreement ran out",
                "No paper runs out by the clock: somebody records it.",
                "AgreementExpiryInput",
                |ctx| expire(ctx).boxed_local(),
            ),
            step(
                "terminate",
                "approve",
                "terminate_agreement",
                "Terminate an agreement",
                "It ends before its term, for a reason.",
                "AgreementTerminationInput",
                |ctx| terminate(ctx).boxed_local(),
            ),
            step(
                "void",
                "write",
                "void_agreement",
                "Give an agreement up",
                "Only before it is signed: a paper in force is terminated.",
                "AgreementVoidingInput",
                |ctx| void(ctx).boxed_local(),
            ),
        ]
    }
}

fn step(
    path: &'static str,
    verb: &'static str,
    id: &'static str,
    summary: &'static str,
    description: &'static str,
    input: &'static str,
    handler: Handler,
) -> Entry {
    let describe = move || action::<Agreement>(id, verb, summary, description, input);
    Entry::new(Method::POST, format!("/v1/agreements/{{agreement_id}}/{path}"), Body::Json, describe, handler)
}

fn decision() -> Entry {
    let description = "The last grant makes the agreement approved; a refusal returns it to draft.";
    let describe = move || {
        Operation::new("decide_agreement_approval", "agreements", "Decide an approval of an agreement", description)
            .record::<Agreement>()
            .path_parameter(
                "approval_key",
                "The key of the approval in the agreement.",
                &["01890a5d-ac96-774b-bcce-b302099a8057"],
            )
            .changes_state(holders(Agreement::NAME, "approve"))
            .conflicts(&[&INVALID_STATE])
            .body("AgreementDecisionInput", "The decision.")
            .answers("200", "Agreement", "The record as it is now.", &["ETag"])
            .done()
    };
    let path = "/v1/agreements/{agreement_id}/approvals/{approval_key}/decide";
    Entry::new(Method::POST, path, Body::Json, describe, |ctx| decide(ctx).boxed_local())
}

async fn submit(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementSubmissionInput = ctx.action()?;
    act::<Agreement, _>(ctx, "write", "submitted", input, |paper, input, today| {
        paper.body = paper.body.submit(input, today)?;
        Ok(())
    })
    .await
}

async fn decide(ctx: Ctx) -> ApiResult<Answer> {
    let key = Uuid::try_parse(ctx.param("approval_key")).map_err(|_| ApiError::not_found())?;
    let input: AgreementDecisionInput = ctx.action()?;
    act::<Agreement, _>(ctx, "approve", "approval_decided", input, move |paper, input, today| {
        paper.body = paper.body.decide(key, input, today)?;
        Ok(())
    })
    .await
}

async fn sign(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementSigningInput = ctx.action()?;
    act::<Agreement, _>(ctx, "approve", "signed", input, |paper, input, today| {
        paper.body = paper.body.sign(input, today)?;
        Ok(())
    })
    .await
}

async fn enter_into_force(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementEntryIntoForceInput = ctx.action()?;
    act::<Agreement, _>(ctx, "approve", "entered_into_force", input, |paper, input, today| {
        paper.body = paper.body.enter_into_force(input, today)?;
        Ok(())
    })
    .await
}

async fn renew(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementRenewalInput = ctx.action()?;
    act::<Agreement, _>(ctx, "approve", "renewed", input, |paper, input, _| {
        paper.body = paper.body.renew(input)?;
        Ok(())
    })
    .await
}

async fn expire(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementExpiryInput = ctx.action()?;
    act::<Agreement, _>(ctx, "write", "expired", input, |paper, input, today| {
        paper.body = paper.body.expire(input, today)?;
        Ok(())
    })
    .await
}

async fn terminate(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementTerminationInput = ctx.action()?;
    act::<Agreement, _>(ctx, "approve", "terminated", input, |paper, input, today| {
        paper.body = paper.body.terminate(input, today)?;
        Ok(())
    })
    .await
}

async fn void(ctx: Ctx) -> ApiResult<Answer> {
    let input: AgreementVoidingInput = ctx.action()?;
    act::<Agreement, _>(ctx, "write", "voided", input, |paper, input, _| {
        paper.body = paper.body.void(input)?;
        Ok(())
    })
    .await
}
