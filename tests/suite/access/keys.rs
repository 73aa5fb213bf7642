//! What ends or narrows a key.

use std::collections::BTreeSet;
use std::time::Duration;

use pobratim_api::issue_key;
use pobratim_domain::{ApiKey, Role, Slug, Timestamp};
use pobratim_persistence::{Clock, Database, Error, Happened, Stamp, View};
use pobratim_tests::{App, NOW, Reply};
use serde_json::json;
use uuid::Uuid;

use super::{MISSING, id};

async fn key(app: &App, key: ApiKey) -> String {
    issue_key(&app.database, key, Some(Slug::parse("blagoveshchensk").unwrap()), "test").await.unwrap()
}

fn plain(role: Role) -> ApiKey {
    ApiKey { owner: "A test".to_owned(), role, scopes: Vec::new(), expires_at: None, revoked_at: None }
}

#[tokio::test]
async fn a_key_ends_by_itself() {
    let app = App::with_city().await;
    let now = Timestamp::parse(NOW).unwrap().as_micros();
    let ending = ApiKey { expires_at: Some(Timestamp::from_micros(now + 60_000_000)), ..plain(Role::Editor) };
    let ending = key(&app, ending).await;
    let me = app.get("/v1/me").key(&ending).send().await.expect(200);
    assert_eq!((&me.json["role"], &me.json["municipality"]), (&json!("editor"), &json!("blagoveshchensk")));
    app.clock.advance(Duration::from_secs(59));
    app.get("/v1/me").key(&ending).send().await.expect(200);
    app.clock.advance(Duration::from_secs(1));
    app.get("/v1/me").key(&ending).send().await.expect_problem(401, "unauthenticated");
    // Nor does it read what is public: a client with a dead key is to notice.
    app.get("/v1/places").key(&ending).send().await.expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_key_is_revoked_at_once_everywhere() {
    let app = App::with_city().await;
    let text = key(&app, plain(Role::Editor)).await;
    app.get("/v1/me").key(&text).send().await.expect(200);
    // Another process revokes it.
    let other = Database::open(
        app.store.url.clone(),
        Some("a secret of the suite"),
        Clock::fixed(Timestamp::parse(NOW).unwrap(), 9),
    )
    .await
    .unwrap();
    let id = Uuid::parse_str(text.split('_').nth(1).unwrap()).unwrap();
    let revoke = other.write(Stamp::system("test"), None, move |tx| async move {
        let before = tx.get::<ApiKey>(&View::System, id).await?;
        let mut record = before.record.clone();
        record.body.revoked_at = Some(tx.now());
        tx.update(&View::System, before, record, Happened::plain("revoked")).await?;
        Ok::<_, Error>(())
    });
    revoke.await.unwrap();
    app.get("/v1/me").key(&text).send().await.expect_problem(401, "unauthenticated");
    let (head, secret) = text.rsplit_once('_').unwrap();
    let good = key(&app, plain(Role::Editor)).await;
    let cut = &good[..good.len() - 1];
    for wrong in
        [head, cut, &format!("{good}0"), &format!("{}_{secret}", good.rsplit_once('_').unwrap().0), "pbk_", "x", ""]
    {
        app.get("/v1/me").key(wrong).send().await.expect_problem(401, "unauthenticated");
    }
    for scheme in ["Basic", "bearer", "Token"] {
        let status = app.get("/v1/me").header("Authorization", &format!("{scheme} {good}")).send().await.status;
        assert_eq!(status, if scheme == "bearer" { 200 } else { 401 }, "{scheme}");
    }
}

#[tokio::test]
async fn scopes_narrow_a_key_and_never_widen_it() {
    let app = App::with_city().await;
    let narrowed = async |role: Role, scopes: &[&str]| {
        let scopes = scopes.iter().map(|scope| (*scope).to_owned()).collect();
        key(&app, ApiKey { scopes, ..plain(role) }).await
    };
    let place = || {
        json!({
            "kind": "municipality", "country": "CN", "visibility": "public",
            "names": [{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}],
        })
    };
    let places = narrowed(Role::Admin, &["places:read"]).await;
    app.get("/v1/places").key(&places).send().await.expect(200);
    app.get("/v1/municipalities").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/municipalities/MUN-0001").key(&places).send().await.expect_problem(403, "forbidden");
    let refused = app.post("/v1/places", place()).key(&places).send().await.expect_problem(403, "forbidden");
    assert!(refused.json["detail"].as_str().unwrap().contains("places:create"), "{:#}", refused.json);
    assert_eq!(app.get("/v1/me").key(&places).send().await.json["scopes"], json!(["places:read"]));

    let reader = narrowed(Role::Reader, &["*:*"]).await;
    app.post("/v1/places", place()).key(&reader).send().await.expect_problem(403, "forbidden");
    let writer = narrowed(Role::Editor, &["places:write"]).await;
    let made = app.post("/v1/places", place()).key(&writer).send().await.expect(201);
    let path = format!("/v1/places/{}", id(&made.json));
    app.request("DELETE", &path).key(&writer).if_match("*").send().await.expect_problem(403, "forbidden");
    app.get(&path).key(&writer).send().await.expect_problem(403, "forbidden");

    // The feed and what is sent along are no way around.
    let editor = app.editor().await;
    let body = json!({"kind": "association", "names": [{"text": "Secret", "lang": "en", "preferred": true}], "visibility": "internal", "country": "RU"});
    app.create("organizations", &editor, body).await;
    let seen = |reply: &Reply| -> BTreeSet<String> {
        let items = reply.json["items"].as_array().unwrap();
        items.iter().map(|item| item["collection"].as_str().unwrap().to_owned()).collect()
    };
    let feed = app.get("/v1/changes").key(&places).send().await.expect(200);
    assert_eq!(seen(&feed), BTreeSet::from(["places".to_owned()]));
    let whole = app.get("/v1/changes").key(&editor).send().await.expect(200);
    assert!(seen(&whole).contains("organizations") && seen(&whole).contains("municipalities"));
    app.get("/v1/changes?collection=organizations").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/changes?collection=places").key(&places).send().await.expect(200);
    app.get("/v1/changes").key(&writer).send().await.expect_problem(403, "forbidden");
    app.get("/v1/places?expand=organizations").key(&places).send().await.expect_problem(403, "forbidden");
    app.get("/v1/places?expand=places").key(&places).send().await.expect(200);
    let ties = narrowed(Role::Admin, &["partnerships:read", "agreements:read", "exchanges:read"]).await;
    let summary = format!("/v1/partnerships/{MISSING}/summary");
    let refused = app.get(&summary).key(&ties).send().await.expect_problem(403, "forbidden");
    assert!(refused.json["detail"].as_str().unwrap().contains("events:read"), "{:#}", refused.json);
}
