//! Bodies: of the right type, not compressed, not too large however framed, and in time.

use std::time::Duration;

use actix_web::http::header::HeaderMap;
use actix_web::web;
use bytes::{Bytes, BytesMut};
use futures_util::StreamExt;

use crate::problem::{ApiError, ApiResult, MALFORMED, TIMEOUT, TOO_LARGE, UNSUPPORTED_TYPE};

/// The largest body that is read as a whole.
const BODY: usize = 1024 * 1024;
/// How long such a body may take to arrive.
const BODY_TIME: Duration = Duration::from_secs(30);

/// Reads a body: of the right type, not compressed, not too large however framed, and in time.
pub(crate) async fn read(headers: &HeaderMap, mut payload: web::Payload, types: &[&str]) -> ApiResult<Bytes> {
    let header = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    let given = header("Content-Type").unwrap_or_default();
    let media_type = given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let is_utf8 = given
        .to_ascii_lowercase()
        .split("charset=")
        .nth(1)
        .is_none_or(|charset| charset.trim_matches('"').starts_with("utf-8"));
    if !types.contains(&media_type.as_str()) || !is_utf8 || headers.contains_key("Content-Encoding") {
        let detail = format!("Send {}, in UTF-8 and not compressed.", types.first().copied().unwrap_or_default());
        return Err(ApiError::new(&UNSUPPORTED_TYPE, detail).with_header("Accept", types.join(", ")));
    }
    let too_large = || ApiError::new(&TOO_LARGE, "A body has at most 1 MiB.");
    if header("Content-Length").and_then(|length| length.parse::<usize>().ok()).is_some_and(|length| length > BODY) {
        return Err(too_large());
    }
    let all = async {
        let mut body = BytesMut::new();
        while let Some(chunk) = payload.next().await {
            let chunk = chunk.map_err(|_| ApiError::new(&MALFORMED, "The body broke off."))?;
            if body.len() + chunk.len() > BODY {
                return Err(too_large());
            }
            body.extend_from_slice(&chunk);
        }
        Ok(body.freeze())
    };
    tokio::time::timeout(BODY_TIME, all)
        .await
        .unwrap_or_else(|_| Err(ApiError::new(&TIMEOUT, "The body did not arrive within 30 seconds.")))
}
