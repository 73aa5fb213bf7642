//! Headers and parameters: origins, request ids, conditions, caches.

use pobratim_api::Settings;
use pobratim_domain::Role;
use pobratim_tests::{App, Store};
use reqwest::header::HeaderMap;
use serde_json::json;

use super::{MISSING, contract, filled, listed, place};

#[tokio::test]
async fn pages_of_other_origins() {
    let settings = Settings { cors_origins: vec!["https://portal.example".to_owned()], ..Settings::default() };
    let app = App::start_with(Store::new().await, settings).await;
    let operator = app.operator().await;
    // Anybody's page reads what is public.
    let reply = app.get("/v1/places").header("Origin", "https://any.example").send().await.expect(200);
    assert_eq!(reply.header("access-control-allow-origin"), "*");
    assert_eq!(reply.header("access-control-allow-credentials"), "");
    for name in
        ["ETag", "Link", "Location", "RateLimit", "Retry-After", "X-Request-Id", "API-Version", "Idempotent-Replayed"]
    {
        let exposed = reply.header("access-control-expose-headers");
        assert!(exposed.split(", ").any(|exposed| exposed == name), "{name} in {exposed}");
    }
    assert!(reply.header("vary").contains("Origin"));
    assert_eq!(app.get("/v1/places").send().await.header("access-control-allow-origin"), "");
    // A key is sent by listed pages only.
    for (from, allowed) in
        [("https://any.example", ""), ("https://portal.example", "https://portal.example"), ("null", "")]
    {
        let reply = app.get("/v1/places").key(&operator).header("Origin", from).send().await.expect(200);
        assert_eq!(reply.header("access-control-allow-origin"), allowed, "{from}");
    }
    let preflight = async |from: &str, method: &str| {
        let asked =
            app.request("OPTIONS", "/v1/places").header("Origin", from).header("Access-Control-Request-Method", method);
        asked.header("Access-Control-Request-Headers", "authorization, if-match").send().await.expect(204)
    };
    let listed_page = preflight("https://portal.example", "POST").await;
    assert_eq!(listed_page.header("access-control-allow-origin"), "https://portal.example");
    assert!(listed(listed_page.header("access-control-allow-methods")).contains(&"POST".to_owned()));
    for name in ["Authorization", "Content-Type", "If-Match", "Idempotency-Key"] {
        assert!(listed_page.header("access-control-allow-headers").contains(name), "{name}");
    }
    assert!(listed_page.headers.contains_key("access-control-max-age"));
    let other_page = preflight("https://any.example", "POST").await;
    assert_eq!(other_page.header("access-control-allow-methods"), "GET, HEAD");
    assert!(!other_page.header("access-control-allow-headers").contains("Authorization"));
}

#[tokio::test]
async fn a_request_has_a_name() {
    let app = App::with_city().await;
    let long = "x".repeat(128);
    for good in ["a", "A-z.0_9", &long] {
        let reply = app.get("/nothing").header("X-Request-Id", good).send().await;
        assert_eq!((reply.header("x-request-id"), reply.json["request_id"].as_str().unwrap()), (good, good));
    }
    let too_long = "x".repeat(129);
    let mut ours = Vec::new();
    for bad in ["", "a b", "a/b", "<script>", "é", &too_long] {
        let reply = app.get("/nothing").header("X-Request-Id", bad).send().await;
        let id = reply.header("x-request-id").to_owned();
        assert_ne!(id, bad);
        assert!(uuid::Uuid::parse_str(&id).is_ok(), "{id}");
        assert_eq!(reply.json["request_id"].as_str().unwrap(), id);
        ours.push(id);
    }
    ours.dedup();
    assert_eq!(ours.len(), 6, "each request has its own");
    // It stands in the journal, for those who may know.
    let editor = app.editor().await;
    app.post("/v1/places", place()).key(&editor).header("X-Request-Id", "the-one").send().await.expect(201);
    let changes = app.get("/v1/changes?collection=places").key(&editor).send().await;
    assert_eq!(changes.json["items"][0]["request_id"], "the-one");
}

#[tokio::test]
async fn conditions_take_lists_and_stars() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.create("places", &editor, place()).await;
    let path = format!("/v1/places/{}", made["id"].as_str().unwrap());
    let tag = app.get(&path).send().await.expect(200).tag().to_owned();
    for seen in
        [tag.clone(), format!("W/{tag}"), "*".to_owned(), format!("\"other\", {tag}"), format!("\"a\",W/{tag} , \"b\"")]
    {
        let reply = app.get(&path).header("If-None-Match", &seen).send().await.expect(304);
        assert_eq!((reply.tag(), reply.bytes.len()), (tag.as_str(), 0), "{seen}");
        assert_eq!(reply.header("content-type"), "");
        assert!(reply.header("cache-control").contains("must-revalidate"));
    }
    app.get(&path).header("If-None-Match", "\"other\"").send().await.expect(200);
    for malformed in ["", tag.trim_matches('"'), "**", "\"a", "\"a\" \"b\"", "w/\"a\""] {
        let reply = app.get(&path).header("If-None-Match", malformed).send().await;
        assert_eq!(reply.expect_problem(400, "invalid_parameter").faults()[0].0, "If-None-Match", "{malformed}");
    }
    // A condition does not turn a problem into 304.
    app.get(&format!("/v1/places/{MISSING}"))
        .header("If-None-Match", "*")
        .send()
        .await
        .expect_problem(404, "not_found");
    let patch = |population: i64, seen: &str| {
        app.request("PATCH", &path).json(json!({"population": population})).key(&editor).if_match(seen)
    };
    for never in [format!("W/{tag}"), "\"other\"".to_owned()] {
        patch(1, &never).send().await.expect_problem(412, "stale");
    }
    for malformed in ["", tag.trim_matches('"'), "**", &format!("{tag}, *")] {
        let reply = patch(1, malformed).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults()[0].0, "If-Match", "{malformed}");
    }
    patch(1, &format!("\"other\", {tag}")).send().await.expect(200);
    patch(2, "*").send().await.expect(200);
    assert_eq!(app.get(&path).send().await.json["version"], 3);
    app.request("PATCH", &format!("/v1/places/{MISSING}"))
        .json(json!({"population": 1}))
        .key(&editor)
        .if_match("*")
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn parameters_stand_once_and_are_known() {
    let app = App::with_city().await;
    let admin = app.key(Role::Admin, "blagoveshchensk").await;
    let document = contract();
    let mut seen = 0;
    for (template, item) in document["paths"].as_object().unwrap() {
        if !item["get"].is_object() {
            continue;
        }
        seen += 1;
        let path = filled(template);
        let reply = app
            .get(&format!("{path}?colour=red&colour=blue&Limit=1"))
            .key(&admin)
            .send()
            .await
            .expect_problem(400, "invalid_parameter");
        // What is missing is told beside what is too much.
        let faults: Vec<_> = reply.faults().into_iter().filter(|(_, code)| code != "required").collect();
        assert_eq!(
            faults,
            [("colour".into(), "unknown_parameter".into()), ("Limit".into(), "unknown_parameter".into())],
            "{path}"
        );
    }
    assert!(seen > 15);
    for limit in ["0", "201", "-1", "1.5", "x", "", "99999999999999999999"] {
        let reply = app.get(&format!("/v1/places?limit={limit}")).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults(), [("limit".into(), "out_of_range".into())], "{limit}");
    }
    app.get("/v1/places?limit=200").send().await.expect(200);
    for query in [
        "q=",
        "country=",
        "country=CN,,RU",
        "country=cn",
        "sort=",
        "sort=--name",
        "expand=api_keys",
        "visibility=secret",
        "external_id=geonames",
        "parent=x",
        "q=%FF%FE&q=%FF%FE",
        "limit=1&limit=1",
        "country=CN&country=",
        "municipality=blagoveshchensk",
    ] {
        app.get(&format!("/v1/places?{query}")).send().await.expect_problem(400, "invalid_parameter");
    }
    let twice = app.get("/v1/places?sort=name&sort=name").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(twice.faults(), [("sort".into(), "repeated".into())]);
    let me = app.get("/v1/me?x=1").key(&app.editor().await).send().await;
    me.expect_problem(400, "invalid_parameter");
    // What changes something takes no parameters at all.
    let editor = app.editor().await;
    for (method, path) in [("POST", "/v1/places?dry_run=true"), ("PATCH", "/v1/places/PLA-0001?force=1")] {
        let reply = app.request(method, path).json(place()).key(&editor).if_match("*").send().await;
        let name = path.split(['?', '=']).nth(1).unwrap();
        assert_eq!(
            reply.expect_problem(400, "invalid_parameter").faults(),
            [(name.into(), "unknown_parameter".into())]
        );
    }
}

#[tokio::test]
async fn caches_are_told_whose_an_answer_is() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let cache = |headers: &HeaderMap| headers["cache-control"].to_str().unwrap().to_owned();
    assert_eq!(cache(&app.get("/v1/places").send().await.headers), "public, max-age=0, must-revalidate");
    assert_eq!(cache(&app.get("/v1/places").key(&editor).send().await.headers), "private, no-cache");
    assert_eq!(cache(&app.get("/nothing").send().await.headers), "no-store");
    assert_eq!(cache(&app.post("/v1/places", place()).key(&editor).send().await.headers), "private, no-cache");
    for part in ["Authorization", "Accept", "Accept-Encoding"] {
        assert!(app.get("/v1/places").send().await.header("vary").contains(part));
    }
}
