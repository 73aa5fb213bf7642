//! How many requests a caller is answered, and who a caller is.

use pobratim_api::{RateLimit, Settings};
use pobratim_tests::{App, Store};

#[tokio::test]
async fn callers_are_limited() {
    let limit = RateLimit { anonymous: 3, keyed: 5 };
    let settings =
        Settings { rate_limit: Some(limit), trusted_proxies: vec![[127, 0, 0, 1].into()], ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    let operator = app.operator().await;
    for left in (0..3).rev() {
        let reply = app.get("/v1/codelists").send().await.expect(200);
        assert_eq!(reply.header("ratelimit-policy"), "\"default\";q=3;w=60");
        assert!(
            reply.header("ratelimit").starts_with(&format!("\"default\";r={left};")),
            "{}",
            reply.header("ratelimit")
        );
    }
    for path in ["/v1/codelists", "/nothing", "/docs", "/v1/places"] {
        let reply = app.get(path).send().await.expect_problem(429, "rate_limited");
        let wait: u64 = reply.header("retry-after").parse().unwrap();
        assert!((1..=60).contains(&wait), "{wait}");
        assert!(reply.header("ratelimit").contains("r=0"));
    }
    app.request("OPTIONS", "/v1/places").send().await.expect(429);
    app.request("POST", "/v1/openapi.json").send().await.expect_problem(429, "rate_limited");
    // Guessing keys is counted by address.
    app.get("/v1/me")
        .key("pbk_00000000000000000000000000000000_guess")
        .send()
        .await
        .expect_problem(429, "rate_limited");
    // Probes are free, and a key has an allowance of its own.
    for probe in ["/livez", "/readyz", "/metrics"] {
        app.get(probe).send().await.expect(200);
    }
    for _ in 0..5 {
        app.get("/v1/me").key(&operator).send().await.expect(200);
    }
    app.get("/v1/me").key(&operator).send().await.expect_problem(429, "rate_limited");
    // Behind a trusted proxy, clients are told apart from the right; what they say of themselves counts nothing.
    let from = async |hops: &str| app.get("/v1/codelists").header("X-Forwarded-For", hops).send().await.status.as_u16();
    let mut answers = Vec::new();
    for invented in ["1.1.1.1", "2.2.2.2", "3.3.3.3", "4.4.4.4"] {
        answers.push(from(&format!("{invented}, 203.0.113.7")).await);
    }
    assert_eq!(answers, [200, 200, 200, 429]);
    assert_eq!(from("203.0.113.8").await, 200);
    let mut answers = Vec::new();
    for host in 1..=4 {
        let node = format!("for=\"[2001:db8:1:2::{host}]:4711\";proto=https");
        answers.push(app.get("/v1/codelists").header("Forwarded", &node).send().await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 200, 429], "an IPv6 client is its /64");
}

#[tokio::test]
async fn a_proxy_that_is_not_known_is_not_believed() {
    let settings = Settings { rate_limit: Some(RateLimit { anonymous: 2, keyed: 2 }), ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    let mut answers = Vec::new();
    for invented in ["1.1.1.1", "2.2.2.2", "3.3.3.3"] {
        answers.push(app.get("/v1/codelists").header("X-Forwarded-For", invented).send().await.status.as_u16());
    }
    assert_eq!(answers, [200, 200, 429]);
}

#[tokio::test]
async fn an_unchanged_answer_is_free() {
    let settings = Settings { rate_limit: Some(RateLimit { anonymous: 2, keyed: 2 }), ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    let tag = app.get("/v1/codelists").send().await.expect(200).header("etag").to_owned();
    let again = async |tag: &str| app.get("/v1/codelists").header("If-None-Match", tag).send().await;
    for left in (10..20).rev() {
        let reply = again(&tag).await.expect(304);
        assert_eq!(reply.header("ratelimit-policy"), "\"conditional\";q=20;w=60");
        assert_eq!(reply.header("ratelimit"), format!("\"conditional\";r={left};t=60"));
    }
    // A condition that does not hold saves nothing.
    let reply = again("\"other\"").await.expect(200);
    assert_eq!(reply.header("ratelimit"), "\"default\";r=0;t=60");
    again("\"other\"").await.expect_problem(429, "rate_limited");
    app.get("/v1/nothing").header("If-None-Match", &tag).send().await.expect_problem(429, "rate_limited");
    again(&tag).await.expect(304);
    for _ in 0..20 {
        again(&tag).await;
    }
    again(&tag).await.expect_problem(429, "rate_limited");
}
