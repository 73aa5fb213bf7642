//! Metrics for Prometheus: requests by operation and status, and how long they took.

use std::time::Duration;

use actix_web::http::Method;
use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::encoding::text::encode;
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::{Histogram, exponential_buckets};
use prometheus_client::registry::Registry;

/// The methods that are told apart.
const METHODS: [&str; 9] = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT"];

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Request {
    method: &'static str,
    route: &'static str,
    status: u32,
}

#[derive(Clone, Debug, Hash, PartialEq, Eq, EncodeLabelSet)]
struct Route {
    method: &'static str,
    route: &'static str,
}

/// What is counted.
pub(crate) struct Metrics {
    registry: Registry,
    requests: Family<Request, Counter>,
    seconds: Family<Route, Histogram, fn() -> Histogram>,
    hits: Counter,
    misses: Counter,
    kept: Gauge,
}

impl Default for Metrics {
    fn default() -> Self {
        let requests = Family::default();
        let seconds: Family<Route, Histogram, fn() -> Histogram> =
            Family::new_with_constructor(|| Histogram::new(exponential_buckets(0.000_25, 2.0, 14)));
        let mut registry = Registry::with_prefix("pobratim");
        registry.register("http_requests", "Requests answered", requests.clone());
        registry.register("http_request_seconds", "How long answering took", seconds.clone());
        let (hits, misses, kept) = (Counter::default(), Counter::default(), Gauge::default());
        registry.register("cache_hits", "Answers that were kept and still held", hits.clone());
        registry.register("cache_misses", "Answers that could have been kept and had to be made", misses.clone());
        registry.register("cache_bytes", "What the answers that are kept take in memory", kept.clone());
        Self { registry, requests, seconds, hits, misses, kept }
    }
}

impl Metrics {
    /// Counts an answered request. Routes are templates, and methods that nobody knows are one, so that
    /// labels stay few.
    pub(crate) fn count(&self, method: &Method, route: &'static str, status: u16, took: Duration) {
        let method = METHODS.into_iter().find(|known| *known == method.as_str()).unwrap_or("other");
        self.requests.get_or_create(&Request { method, route, status: u32::from(status) }).inc();
        self.seconds.get_or_create(&Route { method, route }).observe(took.as_secs_f64());
    }

    /// Counts an answer that was kept.
    pub(crate) fn hit(&self) {
        self.hits.inc();
    }

    /// Counts an answer that could have been kept, and was not.
    pub(crate) fn missed(&self) {
        self.misses.inc();
    }

    /// All metrics as text; the answers that are kept take so many bytes.
    pub(crate) fn text(&self, kept: u64) -> String {
        self.kept.set(i64::try_from(kept).unwrap_or(i64::MAX));
        let mut text = String::new();
        // Writing into a String does not fail.
        let _ = encode(&mut text, &self.registry);
        text
    }
}
