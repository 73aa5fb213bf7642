//! A body that is read as it arrives: counted, hashed when its digest was told, and given up when it
//! is too large, too slow, or breaks off.

use std::cell::RefCell;
use std::pin::Pin;
use std::rc::Rc;
use std::task::{Context, Poll};
use std::time::Duration;

use actix_web::error::PayloadError;
use actix_web::http::header::HeaderMap;
use actix_web::web::Payload;
use bytes::Bytes;
use futures_util::stream::LocalBoxStream;
use futures_util::{Stream, StreamExt};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use crate::problem::{ApiError, ApiResult, MALFORMED, TIMEOUT, TOO_LARGE, UNSUPPORTED_TYPE};

/// How long nothing may come.
const IDLE: Duration = Duration::from_secs(30);
/// How long all of it may take.
const WHOLE: Duration = Duration::from_secs(3600);
/// What a form may have around its file: boundaries, headers.
const FORM: u64 = 64 * 1024;

const FORM_TYPE: &str = "multipart/form-data";

/// The bytes of a body on their way. Clones are handles on the same body: a form's reader has one
/// while what follows the form is looked at through another.
#[derive(Clone)]
pub(crate) struct Incoming(Rc<RefCell<Body>>);

struct Body {
    payload: LocalBoxStream<'static, Result<Bytes, PayloadError>>,
    taken: u64,
    most: u64,
    hash: Option<Sha256>,
    until: Instant,
}

impl Incoming {
    /// A file as the body itself, whatever its type is said to be.
    pub(crate) fn file(headers: &HeaderMap, payload: Payload, most: u64) -> ApiResult<Self> {
        if media_type(headers).starts_with("multipart/") {
            return Err(unsupported(super::BYTES, "Send the file itself; a form is sent by POST."));
        }
        Self::new(headers, payload, most, most, super::BYTES)
    }

    /// A form that holds a file.
    pub(crate) fn form(headers: &HeaderMap, payload: Payload, most: u64) -> ApiResult<Self> {
        if media_type(headers) != FORM_TYPE {
            return Err(unsupported(FORM_TYPE, "Send a form with the file in it; the file itself is sent by PUT."));
        }
        Self::new(headers, payload, most, most.saturating_add(FORM), FORM_TYPE)
    }

    fn new(headers: &HeaderMap, payload: Payload, told: u64, most: u64, kind: &'static str) -> ApiResult<Self> {
        if headers.contains_key("Content-Encoding") {
            return Err(unsupported(kind, "Send it as it is, without a content encoding."));
        }
        let length = headers.get("Content-Length").and_then(|value| value.to_str().ok()?.parse::<u64>().ok());
        if length.is_some_and(|length| length > most) {
            return Err(too_large(told));
        }
        let until = Instant::now() + WHOLE;
        let payload = payload.boxed_local();
        Ok(Self(Rc::new(RefCell::new(Body { payload, taken: 0, most, hash: None, until }))))
    }

    /// Hashes what will come.
    pub(crate) fn hashed(self) -> Self {
        self.0.borrow_mut().hash = Some(Sha256::new());
        self
    }

    /// The hash of what came, when it was hashed.
    pub(crate) fn digest(&self) -> Option<[u8; 32]> {
        self.0.borrow_mut().hash.take().map(|hash| hash.finalize().into())
    }

    /// What comes next of a stream that is made of this body, or of this body itself.
    pub(crate) async fn next<S: Stream + Unpin>(&self, stream: &mut S) -> ApiResult<Option<S::Item>> {
        let until = self.0.borrow().until.min(Instant::now() + IDLE);
        tokio::time::timeout_at(until, stream.next())
            .await
            .map_err(|_| ApiError::new(&TIMEOUT, "Nothing came for 30 seconds, or not all of it within an hour."))
    }

    /// Reads to the end.
    pub(crate) async fn drain(&self, most: u64) -> ApiResult<()> {
        let mut rest = self.clone();
        while let Some(chunk) = self.next(&mut rest).await? {
            chunk.map_err(|error| broken(&error, most))?;
        }
        Ok(())
    }
}

impl Stream for Incoming {
    type Item = Result<Bytes, PayloadError>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut body = self.0.borrow_mut();
        let next = body.payload.poll_next_unpin(context);
        if let Poll::Ready(Some(Ok(chunk))) = &next {
            body.taken = body.taken.saturating_add(u64::try_from(chunk.len()).unwrap_or(u64::MAX));
            if body.taken > body.most {
                return Poll::Ready(Some(Err(PayloadError::Overflow)));
            }
            if let Some(hash) = &mut body.hash {
                hash.update(chunk);
            }
        }
        next
    }
}

/// What went wrong with a body of at most so many bytes.
pub(crate) fn broken(error: &PayloadError, most: u64) -> Box<ApiError> {
    match error {
        PayloadError::Overflow => too_large(most),
        _ => ApiError::new(&MALFORMED, "The body broke off."),
    }
}

pub(crate) fn too_large(most: u64) -> Box<ApiError> {
    ApiError::new(&TOO_LARGE, format!("A file has at most {most} bytes here."))
}

fn unsupported(kind: &'static str, detail: &str) -> Box<ApiError> {
    ApiError::new(&UNSUPPORTED_TYPE, detail).with_header("Accept", kind)
}

fn media_type(headers: &HeaderMap) -> String {
    let given = headers.get("Content-Type").and_then(|value| value.to_str().ok()).unwrap_or_default();
    given.split(';').next().unwrap_or_default().trim().to_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use futures_util::stream;

    use super::*;

    fn incoming(chunks: impl Stream<Item = Duration> + 'static) -> Incoming {
        let payload = chunks.then(|after| async move {
            tokio::time::sleep(after).await;
            Ok(Bytes::from_static(b"x"))
        });
        let until = Instant::now() + WHOLE;
        Incoming(Rc::new(RefCell::new(Body {
            payload: payload.boxed_local(),
            taken: 0,
            most: 1000,
            hash: None,
            until,
        })))
    }

    async fn outcome(incoming: Incoming) -> Option<&'static str> {
        incoming.drain(1000).await.err().map(|error| error.kind.code)
    }

    #[tokio::test(start_paused = true)]
    async fn a_slow_body_is_waited_for_and_a_silent_one_is_not() {
        let slow = stream::iter([29; 100].map(Duration::from_secs));
        assert_eq!(outcome(incoming(slow)).await, None);
        let silent = stream::iter([1, 31, 1].map(Duration::from_secs));
        assert_eq!(outcome(incoming(silent)).await, Some("request_timeout"));
    }

    #[tokio::test(start_paused = true)]
    async fn no_body_takes_longer_than_an_hour() {
        let began = Instant::now();
        let endless = stream::repeat(Duration::from_secs(10));
        assert_eq!(outcome(incoming(endless)).await, Some("request_timeout"));
        assert_eq!(began.elapsed().as_secs(), 3600);
    }

    #[tokio::test]
    async fn no_body_is_larger_than_it_may_be() {
        let endless = stream::repeat(Duration::ZERO);
        assert_eq!(outcome(incoming(endless)).await, Some("too_large"));
    }
}
