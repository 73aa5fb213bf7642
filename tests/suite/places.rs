//! Places, and on them what every collection does: the other collections' files test what is
//! their own.

use pobratim_domain::Role;
use pobratim_tests::App;
use serde_json::{Value, json};

fn heihe() -> Value {
    json!({
        "kind": "municipality", "country": "CN", "visibility": "public",
        "names": [
            {"text": "Хэйхэ", "lang": "ru", "kind": "official", "preferred": true},
            {"text": "Heihe", "lang": "en", "kind": "transliteration", "preferred": true},
            {"text": "黑河", "lang": "zh", "kind": "official", "preferred": true},
        ],
        "external_ids": [{"scheme": "geonames", "value": "2036973"}],
        "notes": "Across the river.",
    })
}

#[tokio::test]
async fn a_place_is_made_read_changed_deleted_and_restored() {
    let app = App::with_city().await;
    let (editor, operator) = (app.editor().await, app.operator().await);
    let made = app.post("/v1/places", heihe()).key(&editor).send().await.expect(201);
    let id = made.json["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/places/{id}");
    assert_eq!(made.header("location"), path);
    assert_eq!(made.json["ref"], "PLA-0001");
    assert_eq!(made.json["version"], 1);

    let read = app.get(&path).key(&editor).send().await.expect(200);
    assert_eq!(read.json, made.json);
    assert_eq!(app.get("/v1/places/PLA-0001").key(&editor).send().await.expect(200).json, made.json);

    let patch = json!({"population": 223_832, "notes": null});
    let changed = app.request("PATCH", &path).json(patch).key(&editor).if_match(read.tag()).send().await.expect(200);
    assert_eq!((&changed.json["population"], &changed.json["version"]), (&json!(223_832), &json!(2)));
    assert!(changed.json.get("notes").is_none());

    let gone = app.request("DELETE", &path).key(&operator).if_match(changed.tag()).send().await.expect(204);
    app.get(&path).send().await.expect_problem(404, "not_found");
    let restore = format!("{path}/restore");
    app.request("POST", &restore).key(&operator).if_match(changed.tag()).send().await.expect_problem(412, "stale");
    let back = app.request("POST", &restore).key(&operator).if_match(gone.tag()).send().await.expect(200);
    assert_eq!((&back.json["population"], &back.json["version"]), (&json!(223_832), &json!(4)));

    let history = app.get(&format!("{path}/history")).key(&editor).send().await.expect(200);
    let events: Vec<&str> =
        history.json["items"].as_array().unwrap().iter().map(|change| change["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["place.created", "place.updated", "place.deleted", "place.restored"]);
    assert_eq!(history.json["items"][1]["patch"], json!({"population": 223_832, "notes": null}));
    assert_eq!(history.json["items"][1]["inverse"], json!({"population": null, "notes": "Across the river."}));
}

#[tokio::test]
async fn all_faults_of_a_body_come_at_once() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let body = json!({
        "kind": "village", "country": "XX", "population": -1, "unknown": 1, "id": "x", "visibility": "internal",
        "names": [{"text": "", "lang": "EN", "kind": "official"}], "timezone": "Asia/Nowhere",
    });
    let reply = app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body");
    let mut faults = reply.faults();
    faults.sort();
    let found: Vec<(&str, &str)> = faults.iter().map(|(place, code)| (place.as_str(), code.as_str())).collect();
    assert_eq!(
        found,
        [
            ("/country", "invalid"),
            ("/id", "read_only"),
            ("/kind", "unknown_code"),
            ("/names/0/lang", "invalid"),
            ("/names/0/text", "too_short"),
            ("/population", "out_of_range"),
            ("/timezone", "invalid"),
            ("/unknown", "unknown_member"),
        ]
    );
    assert_eq!(app.get("/v1/places").send().await.json["items"], json!([]));
}

#[tokio::test]
async fn rules_across_fields_and_references_are_faults_too() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let mut body = heihe();
    body["visibility"] = json!("internal");
    body["subdivision"] = json!("RU-AMU");
    let reply = app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body");
    assert_eq!(
        reply.faults(),
        [("/visibility".into(), "not_allowed".into()), ("/subdivision".into(), "not_allowed".into())]
    );
    let mut body = heihe();
    body["parent"] = json!("01890a5d-ac96-774b-bcce-b302099a8057");
    let reply = app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body");
    assert_eq!(reply.faults(), [("/parent".into(), "unknown_reference".into())]);
}

#[tokio::test]
async fn what_is_referred_to_cannot_go() {
    let app = App::with_city().await;
    let (editor, operator) = (app.editor().await, app.operator().await);
    let region = app.post("/v1/places", heihe()).key(&editor).send().await.expect(201);
    let id = region.json["id"].as_str().unwrap().to_owned();
    let mut district = heihe();
    district["parent"] = json!(id);
    district["external_ids"] = json!([]);
    let district = app.post("/v1/places", district).key(&editor).send().await.expect(201);
    let path = format!("/v1/places/{id}");
    let reply =
        app.request("DELETE", &path).key(&operator).if_match("*").send().await.expect_problem(409, "has_dependents");
    assert_eq!(reply.json["dependents"], json!([{"collection": "places", "count": 1}]));
    let below = format!("/v1/places/{}", district.json["id"].as_str().unwrap());
    let gone = app.request("DELETE", &below).key(&operator).if_match(district.tag()).send().await.expect(204);
    app.request("DELETE", &path).key(&operator).if_match(region.tag()).send().await.expect(204);
    let restore = format!("{below}/restore");
    app.request("POST", &restore)
        .key(&operator)
        .if_match(gone.tag())
        .send()
        .await
        .expect_problem(409, "missing_reference");
}

#[tokio::test]
async fn an_external_id_belongs_to_one_place() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let first = app.create("places", &editor, heihe()).await;
    let reply = app.post("/v1/places", heihe()).key(&editor).send().await.expect_problem(409, "already_exists");
    assert_eq!(reply.json["conflict"]["id"], first["id"]);
    assert_eq!(reply.json["conflict"]["pointer"], "/external_ids/0");
    let found = app.get("/v1/places?external_id=geonames:2036973").send().await.expect(200);
    assert_eq!(found.json["items"][0]["id"], first["id"]);

    let mut body = heihe();
    body["population"] = json!(5);
    let put = "/v1/places/by-external-id/geonames/2036973";
    let replaced = app.request("PUT", put).json(body.clone()).key(&editor).send().await.expect(200);
    assert_eq!((&replaced.json["id"], &replaced.json["version"]), (&first["id"], &json!(2)));
    let again = app.request("PUT", put).json(body.clone()).key(&editor).send().await.expect(200);
    assert_eq!(again.json["version"], 2);
    body["external_ids"] = json!([]);
    let other =
        app.request("PUT", "/v1/places/by-external-id/wikidata/Q1").json(body).key(&editor).send().await.expect(200);
    assert!(other.header("location").starts_with("/v1/places/"), "it is new");
    assert_eq!(other.json["external_ids"], json!([{"scheme": "wikidata", "value": "Q1"}]));
}

#[tokio::test]
async fn lists_are_filtered_sorted_and_walked_to_the_end() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    for (index, (name, country)) in
        [("Heihe", "CN"), ("Joetsu", "JP"), ("Dalian", "CN"), ("Hong Kong", "HK"), ("Йошкар-Ола", "RU")]
            .iter()
            .enumerate()
    {
        let body = json!({
            "kind": "municipality", "country": country, "visibility": "public", "tags": [format!("t{}", index % 2)],
            "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
        });
        app.create("places", &editor, body).await;
    }
    let names = |reply: &pobratim_tests::Reply| -> Vec<String> {
        let items = reply.json["items"].as_array().unwrap();
        items.iter().map(|place| place["names"][0]["text"].as_str().unwrap().to_owned()).collect()
    };
    let get = async |query: &str| app.get(&format!("/v1/places?{query}")).send().await.expect(200);
    assert_eq!(names(&get("country=CN&sort=name").await), ["Dalian", "Heihe"]);
    assert_eq!(names(&get("country_group=CN&sort=-name").await), ["Hong Kong", "Heihe", "Dalian"]);
    assert_eq!(names(&get("q=hei").await), ["Heihe"]);
    assert_eq!(names(&get("q=KONG%20hong").await), ["Hong Kong"]);
    assert_eq!(names(&get("q=йошкарола").await), ["Йошкар-Ола"]);
    assert_eq!(names(&get("tag=t1").await), ["Joetsu", "Hong Kong"]);
    assert_eq!(names(&get("ref=PLA-0002,PLA-0003").await), ["Joetsu", "Dalian"]);

    let mut walked = Vec::new();
    let mut query = "sort=name&limit=2".to_owned();
    loop {
        let page = get(&query).await;
        walked.extend(names(&page));
        match page.json["page"]["next_cursor"].as_str() {
            Some(next) => {
                assert!(page.header("link").contains("rel=\"next\""));
                query = format!("sort=name&limit=2&cursor={next}");
            }
            None => break,
        }
    }
    assert_eq!(walked, ["Dalian", "Heihe", "Hong Kong", "Joetsu", "Йошкар-Ола"]);
    let counted = app.get("/v1/places?limit=1").header("Prefer", "count=exact").send().await;
    assert_eq!(counted.json["page"]["total"], 5);

    let page = get("sort=name&limit=2").await;
    let next = page.json["page"]["next_cursor"].as_str().unwrap();
    for wrong in [
        format!("sort=-name&limit=2&cursor={next}"),
        format!("sort=name&country=CN&cursor={next}"),
        "cursor=abc".to_owned(),
    ] {
        let reply = app.get(&format!("/v1/places?{wrong}")).send().await.expect_problem(400, "invalid_parameter");
        assert_eq!(reply.faults()[0].0, "cursor");
    }
    let reply = app
        .get("/v1/places?limit=0&colour=red&sort=size&limit=3&country=XX")
        .send()
        .await
        .expect_problem(400, "invalid_parameter");
    let places: Vec<String> = reply.faults().into_iter().map(|(place, _)| place).collect();
    assert_eq!(places, ["limit", "limit", "sort", "country", "colour"]);
}

#[tokio::test]
async fn tags_tell_what_is_new_and_whose_change_would_be_lost() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let made = app.post("/v1/places", heihe()).key(&editor).send().await.expect(201);
    let path = format!("/v1/places/{}", made.json["id"].as_str().unwrap());
    let public = app.get(&path).send().await.expect(200);
    assert!(public.json.get("notes").is_none(), "notes are never public");
    assert_ne!(public.tag(), made.tag(), "different bytes never share a tag");
    app.get(&path).header("If-None-Match", public.tag()).send().await.expect(304);
    app.get(&path).header("If-None-Match", made.tag()).send().await.expect(200);

    let patch = || app.request("PATCH", &path).json(json!({"population": 1})).key(&editor);
    patch().send().await.expect_problem(428, "precondition_required");
    let changed = patch().if_match(public.tag()).send().await.expect(200);
    patch().if_match(public.tag()).send().await.expect_problem(412, "stale");
    let same = patch().if_match(changed.tag()).send().await.expect(200);
    assert_eq!(same.json["version"], 2, "a patch that changes nothing makes no version");
    app.request("PATCH", &path)
        .json(json!({}))
        .key(&editor)
        .if_match(same.tag())
        .send()
        .await
        .expect_problem(400, "invalid_body");
    let reply = app
        .request("PATCH", &path)
        .json(json!({"country": null, "version": 9, "id": same.json["id"]}))
        .key(&editor)
        .if_match(same.tag())
        .send()
        .await;
    assert_eq!(reply.faults(), [("/version".into(), "read_only".into()), ("/country".into(), "required".into())]);
}

#[tokio::test]
async fn a_request_with_a_key_happens_once() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let send = async |body: Value, key: &str| {
        app.post("/v1/places", body).key(&editor).header("Idempotency-Key", key).send().await
    };
    let first = send(heihe(), "k-1").await.expect(201);
    assert_eq!(first.header("idempotent-replayed"), "");
    let again = send(heihe(), "k-1").await.expect(201);
    assert_eq!(again.header("idempotent-replayed"), "true");
    assert_eq!(
        (&again.json, again.tag(), again.header("location")),
        (&first.json, first.tag(), first.header("location"))
    );
    send(json!({"kind": "country", "country": "JP", "names": [{"text": "Japan", "lang": "en", "kind": "official", "preferred": true}], "visibility": "public"}), "k-1").await.expect_problem(422, "idempotency_key_reused");
    // A refusal leaves nothing: the same key may be used again.
    send(heihe(), "k-2").await.expect_problem(409, "already_exists");
    let mut other = heihe();
    other["external_ids"] = json!([]);
    send(other, "k-2").await.expect(201);
    assert_eq!(app.get("/v1/places").send().await.json["items"].as_array().unwrap().len(), 2);
}

#[tokio::test]
async fn who_may_do_what() {
    let app = App::with_city().await;
    let made = app.post("/v1/places", heihe()).key(&app.editor().await).send().await.expect(201);
    let path = format!("/v1/places/{}", made.json["id"].as_str().unwrap());
    let reply = app.post("/v1/places", heihe()).send().await.expect_problem(401, "unauthenticated");
    assert!(reply.header("www-authenticate").starts_with("Bearer"));
    let reader = app.key(Role::Reader, "blagoveshchensk").await;
    let reply = app.post("/v1/places", heihe()).key(&reader).send().await.expect_problem(403, "forbidden");
    assert!(reply.json["detail"].as_str().unwrap().contains("places:create"));
    app.request("DELETE", &path).key(&app.editor().await).if_match("*").send().await.expect_problem(403, "forbidden");
    app.get("/v1/places")
        .key("pbk_00000000000000000000000000000000_wrong")
        .send()
        .await
        .expect_problem(401, "unauthenticated");
}

#[tokio::test]
async fn a_place_is_made_from_a_city_of_the_gazetteer() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let body = json!({"kind": "municipality", "visibility": "public", "gazetteer_id": 2_036_973});
    let made = app.create("places", &editor, body.clone()).await;
    assert!(made.get("gazetteer_id").is_none(), "it is not kept");
    assert_eq!((&made["country"], &made["subdivision"]), (&json!("CN"), &json!("CN-HL")));
    assert_eq!(made["location"], json!({"lat": 50.24413, "lon": 127.49016}));
    let ids = json!([{"scheme": "geonames", "value": "2036973"}, {"scheme": "wikidata", "value": "Q349983"}]);
    assert_eq!(made["external_ids"], ids);
    let names: Vec<(&str, &str, &str, bool)> = made["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| {
            let text = |member: &str| name[member].as_str().unwrap();
            (text("lang"), text("text"), text("kind"), name["preferred"] == true)
        })
        .collect();
    assert!(names.contains(&("ru", "Хэйхэ", "traditional", true)), "{names:?}");
    assert!(names.contains(&("zh", "黑河市", "official", true)), "{names:?}");
    assert!(names.iter().all(|(_, _, kind, preferred)| *kind != "transliteration" || !preferred), "{names:?}");
    assert_eq!(app.get("/v1/places?q=heihe").send().await.expect(200).json["items"][0]["id"], made["id"]);
    // The same city once more is one too many.
    let again = app.post("/v1/places", body.clone()).key(&editor).send().await.expect_problem(409, "already_exists");
    assert_eq!(again.json["conflict"]["id"], made["id"]);
}

#[tokio::test]
async fn what_is_sent_goes_before_the_gazetteer() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let body = json!({
        "kind": "district", "visibility": "public", "gazetteer_id": 2_036_973, "country": "RU", "location": {"lat": 1.0, "lon": 2.0},
        "names": [{"text": "Хэйхэ-на-Амуре", "lang": "ru", "kind": "official", "preferred": true}],
        "external_ids": [{"scheme": "geonames", "value": "1"}],
    });
    let path = "/v1/places/by-external-id/oktmo/10701000";
    let made = app.request("PUT", path).json(body).key(&editor).send().await.expect(200).json;
    assert_eq!((&made["country"], &made["location"]), (&json!("RU"), &json!({"lat": 1.0, "lon": 2.0})));
    assert!(made.get("subdivision").is_none(), "the city's does not fit the country that was sent");
    let ru: Vec<&Value> = made["names"].as_array().unwrap().iter().filter(|name| name["lang"] == "ru").collect();
    assert_eq!((&ru[0]["text"], &ru[0]["preferred"]), (&json!("Хэйхэ-на-Амуре"), &json!(true)));
    assert_eq!((&ru[1]["text"], &ru[1]["preferred"]), (&json!("Хэйхэ"), &json!(false)));
    let schemes: Vec<(&str, &str)> = made["external_ids"]
        .as_array()
        .unwrap()
        .iter()
        .map(|id| (id["scheme"].as_str().unwrap(), id["value"].as_str().unwrap()))
        .collect();
    assert_eq!(schemes, [("geonames", "1"), ("oktmo", "10701000"), ("wikidata", "Q349983")]);

    let refused = async |body: Value| {
        let mut faults =
            app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body").faults();
        faults.sort();
        faults
    };
    let fault = |pointer: &str, code: &str| (pointer.to_owned(), code.to_owned());
    let unknown = json!({"visibility": "public", "gazetteer_id": 1});
    assert_eq!(refused(unknown).await, [fault("/gazetteer_id", "unknown_reference"), fault("/kind", "required")]);
    let wrong = json!({"kind": "municipality", "visibility": "public", "gazetteer_id": "Heihe"});
    assert_eq!(refused(wrong).await, [fault("/gazetteer_id", "wrong_type")]);
    let nothing = json!({"kind": "municipality", "visibility": "public"});
    assert_eq!(refused(nothing).await, [fault("/country", "required"), fault("/names", "required")]);
    let path = format!("/v1/places/{}", made["id"].as_str().unwrap());
    let patch = app.request("PATCH", &path).json(json!({"gazetteer_id": 2_036_973})).key(&editor).if_match("*");
    let faults = patch.send().await.expect_problem(400, "invalid_body").faults();
    assert_eq!(faults, [fault("/gazetteer_id", "unknown_member")], "a place is made from a city, not changed into one");
}
