//! Limits: how many requests a minute a caller is answered (GCRA, by the `governor` crate).
//!
//! An answer 304 is free, but that is known only when it has been made. So a conditional read is let
//! in by a limit of its own, ten times as wide, and counted as any other when it is not a 304.

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
    anonymous: Tier,
    keyed: Tier,
    clock: DefaultClock,
    counted: AtomicU64,
}

/// The limits of callers of one kind.
struct Tier {
    ordinary: Limit,
    conditional: Limit,
}

struct Limit {
    policy: &'static str,
    quota: u32,
    limiter: Limiter,
}

/// Who asks, and how: what a request is counted by.
#[derive(Clone, Debug)]
pub(crate) struct Caller {
    pub(crate) has_key: bool,
    /// The key's id, or the address.
    pub(crate) name: String,
}

/// How much wider the limit of conditional reads is.
const CONDITIONAL: u32 = 10;

/// How many requests pass before callers that have not been seen for a while are forgotten.
const TIDY_EVERY: u64 = 10_000;

/// What a caller has left.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    /// The limit's name in the headers.
    pub(crate) policy: &'static str,
    pub(crate) quota: u32,
    pub(crate) remaining: u32,
    /// Seconds to wait; nothing when the request may go on.
    pub(crate) wait: Option<u64>,
}

impl Limits {
    pub(crate) fn new(limit: RateLimit) -> Self {
        let make = |policy, per_minute: u32| {
            let per_minute = NonZeroU32::new(per_minute).unwrap_or(NonZeroU32::MIN);
            let limiter = RateLimiter::keyed(Quota::per_minute(per_minute));
            Limit { policy, quota: per_minute.get(), limiter: limiter.with_middleware::<StateInformationMiddleware>() }
        };
        let tier = |per_minute: u32| Tier {
            ordinary: make("default", per_minute),
            conditional: make("conditional", per_minute.saturating_mul(CONDITIONAL)),
        };
        Self {
            anonymous: tier(limit.anonymous),
            keyed: tier(limit.keyed),
            clock: DefaultClock::default(),
            counted: AtomicU64::new(0),
        }
    }

    /// Counts a request.
    pub(crate) fn count(&self, caller: &Caller) -> Allowance {
        self.count_in(&self.tier(caller).ordinary, caller)
    }

    /// Counts a read that may turn out to be a 304.
    pub(crate) fn count_conditional(&self, caller: &Caller) -> Allowance {
        self.count_in(&self.tier(caller).conditional, caller)
    }

    fn tier(&self, caller: &Caller) -> &Tier {
        if caller.has_key { &self.keyed } else { &self.anonymous }
    }

    fn count_in(&self, limit: &Limit, caller: &Caller) -> Allowance {
        if self.counted.fetch_add(1, Ordering::Relaxed) % TIDY_EVERY == TIDY_EVERY - 1 {
            self.tidy();
        }
        let (remaining, wait) = match limit.limiter.check_key(&caller.name) {
            Ok(state) => (state.remaining_burst_capacity(), None),
            Err(refused) => (0, Some(refused.wait_time_from(self.clock.now()).as_secs() + 1)),
        };
        Allowance { policy: limit.policy, quota: limit.quota, remaining, wait }
    }

    /// Forgets callers who have not been seen for a while.
    fn tidy(&self) {
        for tier in [&self.anonymous, &self.keyed] {
            tier.ordinary.limiter.retain_recent();
            tier.conditional.limiter.retain_recent();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn callers_are_counted_apart() {
        let limits = Limits::new(RateLimit { anonymous: 2, keyed: 5 });
        let caller = |has_key, name: &str| Caller { has_key, name: name.to_owned() };
        assert!(limits.count(&caller(false, "a")).wait.is_none());
        assert!(limits.count(&caller(false, "a")).wait.is_none());
        assert!(limits.count(&caller(false, "a")).wait.is_some());
        assert!(limits.count_conditional(&caller(false, "a")).wait.is_none());
        assert!(limits.count(&caller(false, "b")).wait.is_none());
        assert!(limits.count(&caller(true, "a")).wait.is_none());
    }
}
