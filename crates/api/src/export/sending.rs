//! Sending what is made while it is sent: one side makes parts, the other takes them, and no more than
//! one part waits in between.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use futures_util::stream;
use pobratim_persistence::Error;
use tokio::sync::mpsc;

use crate::answer::Streamed;

/// How long a client may take nothing before it is left alone.
const PATIENCE: Duration = Duration::from_secs(60);

/// How many bytes a part has at most: what is written to a connection is copied once more.
const PART: usize = 64 * 1024;

/// A part of a body, or its proper end: what stops without one was broken off.
enum Part {
    Bytes(Bytes),
    End,
}

/// Where parts are put.
pub(crate) struct Sink(mpsc::Sender<Part>);

/// Where they come out.
pub(crate) struct Source(mpsc::Receiver<Part>);

/// A way from who makes parts to who takes them.
pub(crate) fn pipe() -> (Sink, Source) {
    let (sender, receiver) = mpsc::channel(1);
    (Sink(sender), Source(receiver))
}

impl Sink {
    /// Hands bytes over, a part after the other, each when the one before it was taken.
    pub(crate) async fn send(&self, bytes: Vec<u8>) -> Result<(), Error> {
        let mut bytes = Bytes::from(bytes);
        while !bytes.is_empty() {
            let part = bytes.split_to(bytes.len().min(PART));
            self.put(Part::Bytes(part)).await?;
        }
        Ok(())
    }

    /// Says that this was all.
    pub(crate) async fn end(self) -> Result<(), Error> {
        self.put(Part::End).await
    }

    async fn put(&self, part: Part) -> Result<(), Error> {
        match tokio::time::timeout(PATIENCE, self.0.send(part)).await {
            Ok(Ok(())) => Ok(()),
            Ok(Err(_)) => Err(Error::Unavailable("the client went away".to_owned())),
            Err(_) => Err(Error::Unavailable("the client took nothing for a minute".to_owned())),
        }
    }
}

impl Source {
    /// The next part; nothing at the end, an error when there is no end.
    pub(crate) async fn next(&mut self) -> io::Result<Option<Bytes>> {
        match self.0.recv().await {
            Some(Part::Bytes(bytes)) => Ok(Some(bytes)),
            Some(Part::End) => Ok(None),
            None => Err(io::Error::other("it was broken off")),
        }
    }

    /// The parts as a body.
    pub(crate) fn streamed(self) -> Streamed {
        Streamed::open(stream::unfold(Some(self), async |source| {
            let mut source = source?;
            match source.next().await {
                Ok(Some(bytes)) => Some((Ok(bytes), Some(source))),
                Ok(None) => None,
                Err(error) => Some((Err(error), None)),
            }
        }))
    }
}

/// A body that `make` makes while it is sent.
pub(super) fn streamed(request_id: String, make: impl AsyncFnOnce(&Sink) -> Result<(), Error> + 'static) -> Streamed {
    let (sink, source) = pipe();
    actix_web::rt::spawn(async move {
        let made = make(&sink).await;
        if let Err(error) = ended(sink, made).await {
            broken_off(&request_id, &error);
        }
    });
    source.streamed()
}

/// Says why a body has no end. The answer has begun: all that is left is to break it off.
pub(super) fn broken_off(request_id: &str, error: &Error) {
    let why = match error {
        Error::Unavailable(why) => why.clone(),
        other => other.to_string(),
    };
    tracing::warn!(request_id, why, "an export was broken off");
}

/// Ends a body that was made to its end.
pub(super) async fn ended(sink: Sink, made: Result<(), Error>) -> Result<(), Error> {
    made?;
    sink.end().await
}

#[cfg(test)]
mod tests {
    use futures_util::TryStreamExt;

    use super::*;

    async fn taken(parts: &'static [&'static str], is_ended: bool) -> io::Result<Vec<Bytes>> {
        let (sink, source) = pipe();
        let made = async move {
            for part in parts {
                sink.send(part.as_bytes().to_vec()).await.unwrap();
            }
            if is_ended {
                sink.end().await.unwrap();
            }
        };
        let taken = source.streamed().bytes.try_collect::<Vec<_>>();
        let (_, taken) = tokio::join!(made, taken);
        taken
    }

    #[tokio::test]
    async fn a_body_without_its_end_is_an_error() {
        assert_eq!(taken(&["a", "", "b"], true).await.unwrap(), ["a", "b"]);
        assert!(taken(&["a", "b"], false).await.is_err());
    }

    #[tokio::test(start_paused = true)]
    async fn who_takes_nothing_is_left_alone() {
        let (sink, _source) = pipe();
        sink.send(vec![1]).await.unwrap();
        let error = sink.send(vec![2]).await.unwrap_err();
        assert!(error.to_string().contains("took nothing"), "{error}");
    }
}
