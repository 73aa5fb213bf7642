//! Time, identities and randomness: the only file that asks the machine for them.

use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{SystemTime, UNIX_EPOCH};

use pobratim_domain::Timestamp;
use uuid::Uuid;

/// Where time, identities and random bytes come from. Tests bring a fixed one.
#[derive(Clone, Debug)]
pub struct Clock(Arc<Source>);

#[derive(Debug)]
enum Source {
    System(Mutex<uuid::ContextV7>),
    Fixed { at: AtomicU64, made: AtomicU64, seed: u64 },
}

impl Clock {
    /// The machine's clock and its random source.
    pub fn system() -> Self {
        Self(Arc::new(Source::System(Mutex::new(uuid::ContextV7::new()))))
    }

    /// A clock that stands still until it is moved, with identities counted from a seed.
    pub fn fixed(at: Timestamp, seed: u64) -> Self {
        let at = AtomicU64::new(at.as_micros().unsigned_abs());
        Self(Arc::new(Source::Fixed { at, made: AtomicU64::new(0), seed }))
    }

    /// Moves a fixed clock forward.
    pub fn advance(&self, by: std::time::Duration) {
        if let Source::Fixed { at, .. } = &*self.0 {
            let micros = u64::try_from(by.as_micros()).unwrap_or(u64::MAX);
            at.fetch_add(micros, Ordering::SeqCst);
        }
    }

    /// Now.
    pub fn now(&self) -> Timestamp {
        let micros = match &*self.0 {
            Source::System(_) => SystemTime::now()
                .duration_since(UNIX_EPOCH)
                .map_or(0, |since| i64::try_from(since.as_micros()).unwrap_or(i64::MAX)),
            Source::Fixed { at, .. } => i64::try_from(at.load(Ordering::SeqCst)).unwrap_or(i64::MAX),
        };
        Timestamp::from_micros(micros)
    }

    /// A new identity: a UUID version 7, greater than all made here before.
    pub fn id(&self) -> Uuid {
        let now = self.now().as_micros();
        match &*self.0 {
            Source::System(context) => {
                let context = context.lock().unwrap_or_else(PoisonError::into_inner);
                let seconds = u64::try_from(now / 1_000_000).unwrap_or(0);
                let nanos = u32::try_from(now % 1_000_000).unwrap_or(0) * 1_000;
                Uuid::new_v7(uuid::Timestamp::from_unix(&*context, seconds, nanos))
            }
            Source::Fixed { made, seed, .. } => {
                let count = made.fetch_add(1, Ordering::SeqCst) + 1;
                let mut bytes = [0; 10];
                bytes[..2].copy_from_slice(&seed.to_be_bytes()[6..]);
                bytes[2..].copy_from_slice(&count.to_be_bytes());
                let millis = u64::try_from(now / 1_000).unwrap_or(0);
                uuid::Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid()
            }
        }
    }

    /// Random bytes for secrets and salts, as lower-case hexadecimal digits.
    pub fn secret(&self, bytes: usize) -> Result<String, getrandom::Error> {
        let mut buffer = vec![0; bytes];
        getrandom::fill(&mut buffer)?;
        Ok(hex(&buffer))
    }
}

/// Bytes as lower-case hexadecimal digits.
pub(crate) fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
