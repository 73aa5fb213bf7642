//! Events: their one action, the move to another status.

use actix_web::http::Method;
use futures_util::FutureExt;
use futures_util::future::LocalBoxFuture;
use pobratim_domain::{CityEvent, CollectionName, EventTransitionInput};
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

impl Resource for CityEvent {
    const ABOUT: &'static str = "What takes place: signings, mayors' meetings, summits, forums, fairs, exhibitions, festivals; who took part, and what came of it.";

    const SHOWN: Option<ListForm> = Some(ListForm::Calendar);
    const TOLD: &'static [CollectionName] = &[CollectionName::Municipalities, CollectionName::Places];

    fn shown<'s>(shown: &'s Shown<'s>, records: Vec<Value>) -> LocalBoxFuture<'s, Result<Vec<String>, Error>> {
        export::of_events(shown, records).boxed_local()
    }

    fn bodies(schemas: &mut Schemas) {
        schemas.add_input::<EventTransitionInput>();
    }

    fn actions() -> Vec<Entry> {
        let description = "An event is an idea, planned, confirmed, held; an open one can be postponed, or cancelled with a reason. That it was held needs a period that is over. `historical: true` leaves the order free and needs a source.";
        let describe = move || {
            action::<CityEvent>(
                "transition_event",
                "write",
                "Move an event to another status",
                description,
                "EventTransitionInput",
            )
        };
        let path = "/v1/events/{event_id}/transitions";
        vec![Entry::new(Method::POST, path, Body::Json, describe, |ctx| transition(ctx).boxed_local())]
    }
}

/// Move an event to another status
async fn transition(ctx: Ctx) -> ApiResult<Answer> {
    let input: EventTransitionInput = ctx.action()?;
    act::<CityEvent, _>(ctx, "write", "transitioned", input, |event, input, today| {
        let has_sources = !event.head.sources.is_empty();
        event.body = event.body.transition(input, today, has_sources)?;
        Ok(())
    })
    .await
}
