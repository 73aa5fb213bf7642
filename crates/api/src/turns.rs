//! Turns: equal questions whose answers are computed from many records are worked on one at a time, so
//! that the second finds what the first has left. Thirty people who open the same report cost one.

use std::future::Future;
use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use pobratim_persistence::Error;
use tokio::sync::{Mutex, OwnedMutexGuard};
use tokio::time::{Instant, timeout, timeout_at};

use crate::problem::ApiResult;

/// How many different questions are told apart; others share a turn and only wait.
const APART: usize = 64;
/// How long a question may take with the wait before it. Without a turn, reads are bounded alike.
const LIMIT: Duration = Duration::from_millis(2_800);
/// How much of it may be waited away.
const WAIT: Duration = Duration::from_millis(2_300);

/// Who works on what.
pub(crate) struct Turns {
    hasher: RandomState,
    locks: Vec<Arc<Mutex<()>>>,
}

/// The right to work on a question, until it is dropped.
#[derive(Debug)]
pub(crate) struct Turn {
    _guard: OwnedMutexGuard<()>,
    waited: bool,
    end: Instant,
}

impl Default for Turns {
    fn default() -> Self {
        Self { hasher: RandomState::new(), locks: (0..APART).map(|_| Arc::default()).collect() }
    }
}

impl Turns {
    /// Waits for the turn.
    pub(crate) async fn take(&self, name: &str) -> Result<Turn, Error> {
        let end = Instant::now() + LIMIT;
        let at = self.hasher.hash_one(name) % self.locks.len() as u64;
        let lock = usize::try_from(at).ok().and_then(|at| self.locks.get(at)).cloned().unwrap_or_default();
        if let Ok(guard) = lock.clone().try_lock_owned() {
            return Ok(Turn { _guard: guard, waited: false, end });
        }
        match timeout(WAIT, lock.lock_owned()).await {
            Ok(guard) => Ok(Turn { _guard: guard, waited: true, end }),
            Err(_) => Err(Error::Unavailable("the same is still being computed for others".to_owned())),
        }
    }
}

impl Turn {
    /// Whether somebody had the turn before.
    pub(crate) const fn waited(&self) -> bool {
        self.waited
    }

    /// Does the work in the time that the wait has left.
    pub(crate) async fn within<R>(&self, work: impl Future<Output = ApiResult<R>>) -> ApiResult<R> {
        match timeout_at(self.end, work).await {
            Ok(outcome) => outcome,
            Err(_) => Err(Error::Unavailable("the read took too long".to_owned()).into()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicUsize, Ordering};

    use super::*;

    #[tokio::test(start_paused = true)]
    async fn equal_questions_come_one_by_one() {
        let turns = Turns::default();
        let (working, most, waited) = (AtomicUsize::new(0), AtomicUsize::new(0), AtomicUsize::new(0));
        let ask = async || {
            let turn = turns.take("report").await.unwrap();
            waited.fetch_add(usize::from(turn.waited()), Ordering::SeqCst);
            most.fetch_max(working.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
            tokio::time::sleep(Duration::from_millis(50)).await;
            working.fetch_sub(1, Ordering::SeqCst);
        };
        tokio::join!(ask(), ask(), ask(), ask());
        assert_eq!((most.into_inner(), waited.into_inner()), (1, 3));
    }

    #[tokio::test(start_paused = true)]
    async fn wait_and_work_are_bounded_together() {
        let turns = Turns::default();
        let first = turns.take("report").await.unwrap();
        let began = Instant::now();
        assert!(matches!(turns.take("report").await, Err(Error::Unavailable(_))));
        assert_eq!(began.elapsed(), WAIT);
        let work = first.within(std::future::pending::<ApiResult<()>>());
        assert!(work.await.is_err());
        assert_eq!(began.elapsed(), LIMIT);
    }
}
