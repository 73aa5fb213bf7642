//! Limits: how many requests a minute a caller is answered (GCRA, by the `governor` crate).

use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU64, Ordering};

use governor::clock::{Clock, DefaultClock};
use governor::middleware::StateInformationMiddleware;
use governor::state::keyed::DashMapStateStore;
use governor::{Quota, RateLimiter};

use crate::api::RateLimit;

type Limiter = RateLimiter<String, DashMapStateStore<String>, DefaultClock, StateInformationMiddleware>;

/// The limits of all callers.
pub(crate) struct Limits {
    anonymous: (u32, Limiter),
    keyed: (u32, Limiter),
    clock: DefaultClock,
    counted: AtomicU64,
}

/// How many requests pass before callers that have not been seen for a while are forgotten.
const TIDY_EVERY: u64 = 10_000;

/// What a caller has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) quota: u32,
    pub(crate) remaining: u32,
    /// Seconds to wait; nothing when the request may go on.
    pub(crate) wait: Option<u64>,
}

impl Limits {
    pub(crate) fn new(limit: RateLimit) -> Self {
        let limiter = |per_minute: u32| {
            let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
            let limiter = RateLimiter::keyed(Quota::per_minute(per_minute));
            (per_minute.get(), limiter.with_middleware::<StateInformationMiddleware>())
        };
        Self {
            anonymous: limiter(limit.anonymous),
            keyed: limiter(limit.keyed),
            clock: DefaultClock::default(),
            counted: AtomicU64::new(0),
        }
    }

    /// Counts a request of a caller: by key when it has one, else by address.
    pub(crate) fn count(&self, has_key: bool, caller: &str) -> Allowance {
        if self.counted.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        let (quota, limiter) = if has_key { &self.keyed } else { &self.anonymous };
        match limiter.check_key(&caller.to_owned()) {
            Ok(state) => Allowance { quota: *quota, remaining: state.remaining_burst_capacity(), wait: None },
            Err(refused) => {
                let wait = refused.wait_time_from(self.clock.now()).as_secs() + 1;
                Allowance { quota: *quota, remaining: 0, wait: Some(wait) }
            }
        }
    }

    /// Forgets callers who have not been seen for a while.
    fn tidy(&self) {
        self.anonymous.1.retain_recent();
        self.keyed.1.retain_recent();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_apart() {
        let limits = Limits::new(RateLimit { anonymous: 2, keyed: 5 });
        assert!(limits.count(false, "a").wait.is_none());
        assert!(limits.count(false, "a").wait.is_none());
        assert!(limits.count(false, "a").wait.is_some());
        assert!(limits.count(false, "b").wait.is_none());
        assert!(limits.count(true, "a").wait.is_none());
    }
}
