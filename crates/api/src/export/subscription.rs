//! Calendars that subscribe: they can send no header, so a reader's key may stand in their address. It
//! is taken for the calendar's form alone, so that no other answer is ever fetched by an address that
//! somebody passes on.

use actix_web::http::header::HeaderMap;

use crate::export::ListForm;
use crate::problem::{ApiError, ApiResult, FieldError};
use crate::routes::Entry;

const KEY: &str = "key";

/// Takes the key out of a query, as a credential.
pub(crate) fn key_in_address(
    entry: &Entry,
    headers: &HeaderMap,
    query: &mut Vec<(String, String)>,
) -> ApiResult<Option<String>> {
    if !entry.also.contains(&ListForm::Calendar.media_type()) {
        return Ok(None);
    }
    let (keys, others): (Vec<_>, Vec<_>) = std::mem::take(query).into_iter().partition(|(name, _)| name == KEY);
    *query = others;
    let Some((_, key)) = keys.first() else { return Ok(None) };
    let mut faults = Vec::new();
    if keys.len() > 1 {
        faults.push(FieldError::parameter(KEY, "repeated", "Give it once."));
    }
    if headers.contains_key("Authorization") {
        faults.push(FieldError::parameter(KEY, "not_allowed", "There is a credential in `Authorization` already."));
    }
    let named = query.iter().find(|(name, _)| name == "format").map(|(_, form)| form.as_str());
    let is_calendar = match named {
        Some(form) => form == ListForm::Calendar.name(),
        None => entry.preferred(headers) == ListForm::Calendar.media_type(),
    };
    if !is_calendar {
        let detail = "A key stands in the address of a calendar only: send format=ics, or the key in `Authorization`.";
        faults.push(FieldError::parameter(KEY, "not_allowed", detail));
    }
    if faults.is_empty() { Ok(Some(format!("Bearer {key}"))) } else { Err(ApiError::parameters(faults)) }
}
