//! Reminders: the list of what is due, and of what should have been done.

use actix_web::http::Method;
use futures_util::FutureExt;
use pobratim_domain::{Reminder, ReminderWindow};
use pobratim_persistence::RemindersQuery;
use serde_json::{Value, json};

use crate::answer::Answer;
use crate::computed::{self, Asked, codes, many, which_municipality};
use crate::contract::operation::Operation;
use crate::contract::{Schemas, reference};
use crate::ctx::Ctx;
use crate::problem::ApiResult;
use crate::query::Reader;
use crate::routes::{Body, Entry};

pub(crate) fn schemas(schemas: &mut Schemas) {
    schemas.add::<Reminder>();
    schemas.add_page("Reminder", "A page of reminders, the earliest first.", false);
    schemas.add::<ReminderWindow>();
}

pub(crate) fn routes() -> Vec<Entry> {
    vec![Entry::new(Method::GET, "/v1/reminders", Body::None, describe, |ctx| list(ctx).boxed_local()).computed(&[])]
}

fn describe() -> Value {
    let description = "What is due in a municipality from a day on, as far as the caller sees its records, the earliest first: papers that run out, notice to be given, anniversaries, replies, items of plans, ties that become dormant. What should have been done already is told too, with less than 0 days left: replies, items of plans, and events and exchanges that are open after their time. It is computed anew each time.";
    let operation = Operation::new("list_reminders", "reminders", "List reminders", description)
        .shared_parameter("Limit")
        .shared_parameter("Cursor")
        .parameter(json!({
            "name": "within", "in": "query",
            "description": format!("How far ahead to look, as a duration of ISO 8601 in days, weeks, months or years: P1D to P5Y; {} when it is left out.", ReminderWindow::DEFAULT),
            "schema": reference("ReminderWindow"),
        }))
        .parameter(many("kind", "Only reminders of these kinds.", "ReminderKind"));
    computed::parameters("reminders")
        .into_iter()
        .fold(operation, Operation::parameter)
        .public("everybody for records that are public; a key also for what its municipality keeps, as far as its scopes let it read.")
        .conditional()
        .answers("200", "ReminderPage", "Reminders; perhaps none.", &["ETag", "Link"])
        .done()
}

/// List reminders
async fn list(ctx: Ctx) -> ApiResult<Answer> {
    let mut reader = Reader::new(&ctx);
    let asked = Asked::read(&ctx, &mut reader)?;
    let window = ReminderWindow::parse(reader.take("within").unwrap_or(ReminderWindow::DEFAULT));
    if let Err(malformed) = &window {
        reader.fault("within", "invalid", malformed.0.clone());
    }
    let wanted = codes(&ctx, &mut reader, "kind", "ReminderKind")?;
    reader.finish()?;
    let secret = ctx.api.database().secret().clone();
    let answer = ctx
        .read(async |snapshot| {
            let Some(slug) = asked.municipality(snapshot).await? else { return Ok(None) };
            let municipality = snapshot.municipality(&slug).await?;
            let (settings, _) = snapshot.summary_settings(&slug).await?;
            let on = asked.day(&ctx, municipality.as_ref());
            let query = RemindersQuery {
                settings,
                on,
                until: window.as_ref().map_or(on, |window| window.from(on)),
                lang: asked.language(municipality.as_ref()),
                readable: asked.readable.clone(),
                municipality: slug,
            };
            let mut found = snapshot.reminders(&ctx.view(), &query).await?;
            found.items.retain(|reminder| {
                asked.wants(&reminder.record, reminder.severity)
                    && (wanted.is_empty() || wanted.iter().any(|kind| kind == reminder.kind.as_str()))
            });
            let list = asked.list(&ctx, &format!("{query:?} {wanted:?}"));
            let key = |reminder: &Reminder| (reminder.sort_key(), reminder.id);
            let page = asked.page(&found.items, key, &list, found.truncated, &secret)?;
            Ok(Some(page.answer(&ctx, snapshot)))
        })
        .await?;
    answer.ok_or_else(which_municipality)
}
