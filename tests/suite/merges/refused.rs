//! Who may merge and see merges, and what speaks against one.

use pobratim_domain::Role;
use pobratim_tests::municipality;
use serde_json::{Value, json};

use super::{City, id};

fn geonames(value: &str) -> Value {
    json!([{"scheme": "geonames", "value": value}])
}

#[tokio::test]
async fn what_speaks_against_it_is_told_at_once_and_nothing_happens() {
    let city = City::new().await;
    // Incheon and Icheon are two, whoever mistakes one for the other.
    let kept = city.place("Инчхон", "KR", json!({"external_ids": geonames("1843564")})).await;
    let other = city
        .place("Ичхон", "KP", json!({"kind": "region", "external_ids": geonames("1843561"), "borders": [kept["id"]]}))
        .await;
    let (one, another) = (city.tie(&kept, json!({})).await, city.tie(&other, json!({})).await);
    let trip = city
        .create(
            "exchanges",
            json!({
                "title": {"ru": "Переезд"}, "direction": "outgoing", "audience": "officials", "origin": kept["id"],
                "destination": other["id"], "visibility": "internal",
            }),
        )
        .await;
    let before = city.app.database.head().await.unwrap().revision;
    let refused = city.merge("places", &kept, &other).await.expect_problem(409, "cannot_merge");
    let wanted = [
        ("/other".to_owned(), "different_external_ids"),
        ("/other".to_owned(), "refers_to_other"),
        ("/other".to_owned(), "different_country"),
        ("/other".to_owned(), "different_kind"),
        (format!("/v1/partnerships/{}", id(&another)), "already_exists"),
        // An internal record is not the operator's to know.
        ("/v1/exchanges".to_owned(), "not_allowed"),
    ];
    assert_eq!(refused.faults(), wanted.map(|(place, code)| (place, code.to_owned())));
    let detail = |index: usize| refused.json["errors"][index]["detail"].as_str().unwrap().to_owned();
    assert!(detail(0).contains("1843564") && detail(0).contains("1843561"), "{}", detail(0));
    assert!(detail(4).contains(one["ref"].as_str().unwrap()), "{}", detail(4));
    assert!(!refused.json.to_string().contains(&id(&trip)) && detail(5).contains("blagoveshchensk"));
    assert_eq!(city.app.database.head().await.unwrap().revision, before);
    assert_eq!(city.total("/v1/merges").await, 0);
}

#[tokio::test]
async fn the_request_itself_may_be_wrong() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    let path = format!("/v1/places/{}/merge", id(&kept));
    let send = async |body: Value| city.app.post(&path, body).key(&city.operator).if_match("*").send().await;
    let refused = send(json!({"other": kept["id"]})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/other".into(), "not_allowed".into())]);
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8057";
    let refused = send(json!({"other": unknown})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/other".into(), "unknown_reference".into())]);
    let refused = send(json!({"other": "x", "note": " ", "more": 1})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults().len(), 3, "{:#}", refused.json);
    send(json!({"other": other["id"], "other_version": 2})).await.expect_problem(412, "stale");
    let body = || city.app.post(&path, json!({"other": other["id"]})).key(&city.operator);
    body().send().await.expect_problem(428, "precondition_required");
    let tag = city.app.get(&format!("/v1/places/{}", id(&kept))).send().await.tag().to_owned();
    let patch = city.app.request("PATCH", &format!("/v1/places/{}", id(&kept))).json(json!({"population": 1}));
    patch.key(&city.editor).if_match(&tag).send().await.expect(200);
    body().if_match(&tag).send().await.expect_problem(412, "stale");
    assert_eq!(city.total("/v1/merges").await, 0);
}

#[tokio::test]
async fn who_may_merge_and_who_sees_it() {
    let city = City::new().await;
    let app = &city.app;
    app.create("municipalities", &city.operator, municipality("heihe")).await;
    let other_editor = app.key(Role::Editor, "heihe").await;
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    let path = format!("/v1/places/{}/merge", id(&kept));
    let body = json!({"other": other["id"]});
    app.post(&path, body.clone()).if_match("*").send().await.expect_problem(401, "unauthenticated");
    for key in [&city.editor, &city.admin, &reader, &other_editor] {
        app.post(&path, body.clone()).key(key).if_match("*").send().await.expect_problem(403, "forbidden");
    }
    let merge = city.merged("places", &kept, &other).await;
    let path = format!("/v1/merges/{}", id(&merge));
    app.get(&path).send().await.expect_problem(401, "unauthenticated");
    app.get("/v1/merges").send().await.expect_problem(401, "unauthenticated");
    for key in [&city.editor, &reader, &other_editor, &city.operator] {
        app.get(&path).key(key).send().await.expect(200);
    }
    for key in [&city.editor, &other_editor] {
        let undo = app.request("POST", &format!("{path}/undo")).key(key).if_match("*");
        undo.send().await.expect_problem(403, "forbidden");
    }
    let narrowed = app.narrowed(Role::Editor, "blagoveshchensk", &["organizations:read"]).await;
    app.get(&path).key(&narrowed).send().await.expect_problem(404, "not_found");
    app.get("/v1/merges?collection=places").key(&narrowed).send().await.expect_problem(403, "forbidden");

    // What a municipality keeps is its own business.
    let [kept, other] = [city.organization("Лига", json!({})).await, city.organization("Союз", json!({})).await];
    let path = format!("/v1/organizations/{}/merge", id(&kept));
    let body = json!({"other": other["id"]});
    app.post(&path, body.clone()).key(&other_editor).if_match("*").send().await.expect_problem(403, "forbidden");
    app.post(&path, body.clone()).key(&city.operator).if_match("*").send().await.expect_problem(403, "forbidden");
    let merge = city.merged("organizations", &kept, &other).await;
    let path = format!("/v1/merges/{}", id(&merge));
    for key in [&other_editor, &city.operator] {
        app.get(&path).key(key).send().await.expect_problem(404, "not_found");
    }
    let items = app.get("/v1/merges").key(&other_editor).send().await.expect(200).json["items"].clone();
    assert_eq!((items.as_array().unwrap().len(), &items[0]["kept"]["collection"]), (1, &json!("places")));
    assert_eq!(city.total("/v1/merges").await, 2);
}

#[tokio::test]
async fn a_redirect_gives_nothing_away() {
    let city = City::new().await;
    let app = &city.app;
    let internal = json!({"visibility": "internal"});
    let [kept, other] =
        [city.organization("Инвестор", internal.clone()).await, city.organization("Вкладчик", internal).await];
    let public = city.organization("Вкладчик", json!({})).await;
    let refused = city.merge("organizations", &kept, &public).await.expect_problem(409, "cannot_merge");
    assert_eq!(refused.faults(), [("/other".into(), "different_visibility".into())]);
    let hidden = format!("/v1/organizations/{}", id(&other));
    app.get(&hidden).send().await.expect_problem(404, "not_found");
    city.merged("organizations", &kept, &other).await;
    let path = format!("/v1/organizations/{}", id(&kept));
    app.get(&hidden).send().await.expect_problem(404, "not_found");
    let reply = app.get(&hidden).key(&city.editor).send().await.expect(308);
    assert_eq!(reply.header("location"), path);
    // The one that stayed is shown to all; of the other nobody knew.
    let patch = app.request("PATCH", &path).json(json!({"visibility": "public"})).key(&city.editor).if_match("*");
    patch.send().await.expect(200);
    app.get(&path).send().await.expect(200);
    app.get(&hidden).send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn what_was_changed_since_is_not_taken_back() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    let visit = city.visit(&other, json!({})).await;
    let merge = city.merged("places", &kept, &other).await;
    // What refers to the one that stayed later does not stand in the way.
    let later = city.visit(&kept, json!({})).await;
    let change = async |members: Value| {
        let path = format!("/v1/exchanges/{}", id(&visit));
        let patch = city.app.request("PATCH", &path).json(members).key(&city.editor).if_match("*");
        patch.send().await.expect(200);
    };
    change(json!({"highlight": true})).await;
    let path = format!("/v1/merges/{}/undo", id(&merge));
    let refused = city.app.request("POST", &path).key(&city.operator).if_match("*").send().await;
    let refused = refused.expect_problem(409, "built_upon");
    assert_eq!(refused.faults(), [(format!("/v1/exchanges/{}", id(&visit)), "changed".into())]);
    city.app.get(&format!("/v1/places/{}", id(&other))).send().await.expect(308);
    assert_eq!(city.get(&format!("/v1/exchanges/{}", id(&later))).await["destination"], kept["id"]);
    city.verify().await;
}
