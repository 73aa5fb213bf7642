//! Probes, the pages for people, and the contract as it is served.

use pobratim_tests::App;
use serde_json::json;

use super::{contract, place};

#[tokio::test]
async fn probes_and_draining() {
    let app = App::with_city().await;
    assert_eq!(app.get("/livez").send().await.expect(200).json, json!({"status": "live"}));
    let ready = app.get("/readyz").send().await.expect(200);
    let revision = app.database.head().await.unwrap().revision;
    assert_eq!(ready.json, json!({"status": "ready", "database": "ok", "revision": revision}));
    app.get("/v1/places/PLA-0001").send().await.expect(404);
    let metrics = app.get("/metrics").send().await.expect(200);
    let text = String::from_utf8(metrics.bytes.clone()).unwrap();
    assert!(metrics.header("content-type").starts_with("application/openmetrics-text; version=1.0.0"));
    assert!(
        text.contains("pobratim_http_requests_total{method=\"GET\",route=\"/v1/places/{place_id}\",status=\"404\"} 1"),
        "{text}"
    );
    assert!(!text.contains("PLA-0001"), "labels are templates");
    app.request("MADEUP", "/v1/places").send().await.expect(405);
    let others = "pobratim_http_requests_total{method=\"other\",route=\"/v1/places\",status=\"405\"}";
    assert_eq!(app.metric(others).await, 1, "methods that nobody knows are one label");
    assert!(text.ends_with("# EOF\n"));
    // A probe needs no key, and a wrong one does not disturb it.
    app.get("/livez").key("nonsense").send().await.expect(200);

    app.api.drain();
    let reply = app.get("/readyz").send().await.expect_problem(503, "unavailable");
    assert_eq!(reply.header("retry-after"), "1");
    app.get("/livez").send().await.expect(200);
    app.get("/v1/places").send().await.expect(200);
    app.create("places", &app.editor().await, place()).await;
}

#[tokio::test]
async fn the_page_of_the_api_stands_alone() {
    let app = App::start().await;
    let page = app.get("/docs").send().await.expect(200);
    let html = String::from_utf8(page.bytes.clone()).unwrap();
    let policy = page.header("content-security-policy");
    for rule in ["default-src 'none'", "script-src 'self'", "connect-src 'self'", "frame-ancestors 'none'"] {
        assert!(policy.contains(rule), "{rule}: {policy}");
    }
    assert!(!policy.contains("http") && !policy.contains('*') && !policy.contains("unsafe-eval"));
    assert!(!policy.split(';').any(|rule| rule.trim().starts_with("script-src") && rule.contains("unsafe-inline")));
    let mut files = Vec::new();
    for attribute in ["src=\"", "href=\""] {
        files.extend(html.split(attribute).skip(1).map(|rest| rest.split('"').next().unwrap().to_owned()));
    }
    assert!(files.len() >= 4, "{html}");
    assert!(!html.contains("http://") && !html.contains("https://") && !html.contains("\"//"), "{html}");
    // With this policy a script within the page would not run.
    let inline = html.split("<script").skip(1).filter(|rest| !rest.split('>').next().unwrap().contains("src="));
    assert_eq!(inline.count(), 0, "{html}");
    // Beside its files it names the way back.
    for file in files.iter().filter(|file| *file != "/") {
        assert!(file.starts_with("/docs/"), "{file}");
        let reply = app.get(file).send().await.expect(200);
        assert!(!reply.bytes.is_empty() && reply.header("content-security-policy") == policy, "{file}");
        let kind = reply.header("content-type");
        let ending = file.rsplit('.').next().unwrap();
        assert!(
            kind.contains(match ending {
                "js" => "javascript",
                other => other,
            }),
            "{file}: {kind}"
        );
        app.get(file).header("If-None-Match", reply.tag()).send().await.expect(304);
    }
    let start = String::from_utf8(app.get("/docs/docs.js").send().await.expect(200).bytes).unwrap();
    // The contract names one address, and the page is seen at any.
    assert!(start.contains("/v1/openapi.json") && start.contains("location.origin"), "{start}");
    assert!(!start.contains("http://") && !start.contains("https://"), "{start}");
    let home = String::from_utf8(app.get("/").send().await.expect(200).bytes).unwrap();
    assert!(!home.contains("http://") && !home.contains("https://"));
    for link in home.split("href=\"").skip(1).map(|rest| rest.split('"').next().unwrap()) {
        app.get(link).send().await.expect(200);
    }
}

#[tokio::test]
async fn the_contract_is_the_committed_one() {
    let app = App::start().await;
    let reply = app.get("/v1/openapi.json").send().await.expect(200);
    assert!(reply.json == contract());
    // What is served is the file; here it is held against what the program declares.
    assert!(reply.json == pobratim_api::document(), "openapi/ is out of date: run `cargo xtask openapi`");
    assert_eq!(reply.json["info"]["version"].as_str().unwrap(), reply.header("api-version"));
    app.get("/v1/openapi.json").header("If-None-Match", reply.tag()).send().await.expect(304);
    let catalog = app.get("/.well-known/api-catalog").send().await.expect(200);
    assert!(catalog.header("content-type").starts_with("application/linkset+json"));
    let entry = &catalog.json["linkset"][0];
    for relation in ["service-desc", "service-doc", "status"] {
        app.get(entry[relation][0]["href"].as_str().unwrap()).send().await.expect(200);
    }
    // Every kind of problem has its page.
    for problem in app.get("/v1/problems").send().await.json["items"].as_array().unwrap() {
        let path = format!("/v1/problems/{}", problem["code"].as_str().unwrap());
        assert_eq!(&app.get(&path).send().await.expect(200).json, problem);
    }
}
