//! Merging: two records about the same become one, everything that refers to the other is moved, and it can
//! be taken back.

mod duplicates;
mod refused;
mod sliced;
mod ties;

use std::collections::BTreeMap;

use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

/// The city with its home place, and the keys of those who work there.
struct City {
    app: App,
    editor: String,
    admin: String,
    operator: String,
    home: String,
}

/// The collections that are compared.
const ALL: [&str; 13] = [
    "municipalities",
    "places",
    "organizations",
    "partnerships",
    "agreements",
    "exchanges",
    "events",
    "memberships",
    "letters",
    "projects",
    "assistance-cases",
    "work-plans",
    "publications",
];

impl City {
    async fn new() -> Self {
        let app = App::with_city().await;
        let (editor, operator) = (app.editor().await, app.operator().await);
        let admin = app.key(Role::Admin, "blagoveshchensk").await;
        let mut city = Self { app, editor, admin, operator, home: String::new() };
        city.home = id(&city.place("Благовещенск", "RU", json!({})).await);
        city
    }

    async fn place(&self, name: &str, country: &str, more: Value) -> Value {
        let mut body = json!({
            "kind": "municipality", "country": country, "visibility": "public",
            "names": [{"text": name, "lang": "ru", "kind": "official", "preferred": true}],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("places", body).await
    }

    async fn create(&self, collection: &str, body: Value) -> Value {
        self.app.create(collection, &self.editor, body).await
    }

    async fn organization(&self, name: &str, more: Value) -> Value {
        let names = json!([{"text": name, "lang": "ru", "preferred": true}]);
        let mut body = json!({"kind": "association", "names": names, "country": "JP", "visibility": "public"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("organizations", body).await
    }

    async fn tie(&self, partner: &Value, more: Value) -> Value {
        let mut body = json!({
            "arrangement": "bilateral", "kind": "twin", "visibility": "public",
            "parties": [{"place": self.home, "role": "home"}, {"place": partner["id"], "role": "partner"}],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("partnerships", body).await
    }

    async fn visit(&self, destination: &Value, more: Value) -> Value {
        let mut body = json!({
            "title": {"ru": "Визит"}, "direction": "outgoing", "audience": "officials", "origin": self.home,
            "destination": destination["id"], "period": "2011-08", "visibility": "public",
            "state": "completed", "historical": true, "sources": [{"text": "Отчёт за 2011 год"}],
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.create("exchanges", body).await
    }

    /// Asks for a merge.
    async fn merge(&self, collection: &str, kept: &Value, other: &Value) -> Reply {
        let key = if collection == "places" { &self.operator } else { &self.editor };
        let path = format!("/v1/{collection}/{}/merge", id(kept));
        self.app.post(&path, json!({"other": other["id"]})).key(key).if_match("*").send().await
    }

    async fn merged(&self, collection: &str, kept: &Value, other: &Value) -> Value {
        let reply = self.merge(collection, kept, other).await.expect(201);
        assert_eq!(reply.json["state"], "merged", "{:#}", reply.json);
        reply.json
    }

    /// Takes a merge back and waits until that is done.
    async fn undone(&self, merge: &Value) -> Value {
        let key = if merge["kept"]["collection"] == "places" { &self.operator } else { &self.editor };
        let path = format!("/v1/merges/{}", id(merge));
        let tag = self.app.get(&path).key(key).send().await.expect(200).tag().to_owned();
        self.app.request("POST", &format!("{path}/undo")).key(key).if_match(&tag).send().await.expect(202);
        let reply = self.app.get(&path).key(key).header("Prefer", "wait=60").send().await.expect(200);
        assert_eq!((&reply.json["state"], &reply.json["left"]), (&json!("undone"), &json!(0)), "{:#}", reply.json);
        reply.json
    }

    async fn get(&self, path: &str) -> Value {
        self.app.get(path).key(&self.editor).send().await.expect(200).json
    }

    async fn total(&self, path: &str) -> usize {
        self.get(path).await["items"].as_array().unwrap().len()
    }

    /// Everything that the records say, without their versions and times.
    async fn content(&self) -> BTreeMap<String, Value> {
        let mut content = BTreeMap::new();
        for collection in ALL {
            let page = self.app.get(&format!("/v1/{collection}?limit=200")).key(&self.admin).send().await.expect(200);
            for mut record in page.json["items"].as_array().unwrap().clone() {
                let members = record.as_object_mut().unwrap();
                members.remove("version");
                members.remove("updated_at");
                content.insert(format!("{collection} {}", record["ref"]), record);
            }
        }
        content
    }

    async fn verify(&self) {
        assert_eq!(self.app.database.verify().await.unwrap().faults, Vec::<String>::new());
    }
}

fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

#[tokio::test]
async fn two_places_become_one_and_two_again() {
    let city = City::new().await;
    let app = &city.app;
    let zh = json!([
        {"text": "Жиджао", "lang": "ru", "kind": "official", "preferred": true},
        {"text": "日照", "lang": "zh", "kind": "official", "preferred": true},
    ]);
    let kept = city.place("Жичжао", "CN", json!({"population": 2_968_000, "tags": ["port"]})).await;
    let other = city
        .place(
            "Жиджао",
            "CN",
            json!({
                "names": zh, "population": 3, "website": "https://rizhao.example", "notes": "Так в отчёте.",
                "external_ids": [{"scheme": "geonames", "value": "1797595"}],
            }),
        )
        .await;
    let neighbour = city.place("Циндао", "CN", json!({"borders": [other["id"], kept["id"]]})).await;
    let port = city.organization("Порт", json!({"place": other["id"]})).await;
    let league = city.organization("Лига", json!({})).await;
    let tie = city.tie(&other, json!({})).await;
    let visit = city.visit(&other, json!({"partnerships": [tie["id"]]})).await;
    city.visit(&kept, json!({})).await;
    city.create("memberships", json!({"organization": league["id"], "place": other["id"], "visibility": "public"}))
        .await;
    city.create("memberships", json!({"organization": league["id"], "place": kept["id"], "visibility": "public"}))
        .await;
    city.create(
        "events",
        json!({
            "kind": "fair", "title": {"ru": "Ярмарка"}, "place": other["id"],
            "participation": [{"place": other["id"], "role": "participant"}],
        }),
    )
    .await;
    city.create(
        "agreements",
        json!({
            "kind": "memorandum", "title": {"ru": "Меморандум"}, "partnership": tie["id"],
            "signatories": [{"place": other["id"]}], "signing_place": other["id"],
        }),
    )
    .await;
    let before = city.content().await;
    let statistics = "/v1/statistics/exchanges?group_by=country&year=2011";
    let counted = city.get(statistics).await["rows"].clone();
    assert_eq!(
        (
            city.total(&format!("/v1/exchanges?destination={}", id(&kept))).await,
            city.total("/v1/exchanges?q=日照").await
        ),
        (1, 1)
    );

    let merge = city.merged("places", &kept, &other).await;
    assert_eq!(merge["kept"], json!({"collection": "places", "id": kept["id"], "ref": kept["ref"]}));
    assert_eq!(merge["merged"]["ref"], other["ref"]);
    let moved: Vec<_> = merge["moved"]
        .as_array()
        .unwrap()
        .iter()
        .map(|moved| (moved["collection"].as_str().unwrap(), &moved["count"]))
        .collect();
    let one = json!(1);
    let wanted = ["places", "organizations", "partnerships", "agreements", "exchanges", "events", "memberships"];
    assert_eq!(moved, wanted.map(|name| (name, &one)));
    assert_eq!(merge["differences"], json!([{"member": "population", "kept": "2968000", "merged": "3"}]));

    let record = app.get(&format!("/v1/places/{}", id(&kept))).key(&city.editor).send().await.expect(200).json;
    let names: Vec<_> = record["names"]
        .as_array()
        .unwrap()
        .iter()
        .map(|name| (name["text"].as_str().unwrap(), name["preferred"] == true))
        .collect();
    assert_eq!(names, [("Жичжао", true), ("Жиджао", false), ("日照", true)]);
    assert_eq!((&record["population"], &record["website"]), (&json!(2_968_000), &json!("https://rizhao.example")));
    assert_eq!((&record["tags"], &record["notes"]), (&json!(["port"]), &json!("Так в отчёте.")));

    // Whatever referred to the other is found by the one that stayed, and by the other's name.
    let kept_id = id(&kept);
    for path in [
        format!("/v1/partnerships?place={kept_id}"),
        format!("/v1/events?place={kept_id}"),
        format!("/v1/agreements?signatory={kept_id}"),
        format!("/v1/organizations?place={kept_id}"),
        "/v1/partnerships?q=Жиджао".to_owned(),
        "/v1/places?external_id=geonames:1797595".to_owned(),
        format!("/v1/places?borders={kept_id}"),
    ] {
        assert_eq!(city.total(&path).await, 1, "{path}");
    }
    assert_eq!(city.total(&format!("/v1/exchanges?destination={kept_id}")).await, 2);
    assert_eq!(city.total("/v1/exchanges?q=日照").await, 2);
    assert_eq!(city.total(&format!("/v1/memberships?place={kept_id}")).await, 2);
    assert_eq!(city.get(&format!("/v1/places/{}", id(&neighbour))).await["borders"], json!([kept_id]));
    assert_eq!(city.get(&format!("/v1/organizations/{}", id(&port))).await["place"], json!(kept_id));
    let found = city.get("/v1/search?q=Жиджао&collection=places").await;
    assert_eq!(found["items"].as_array().unwrap().len(), 1);
    assert_eq!(city.get(statistics).await["rows"], counted, "the same visits to the same country");
    let history = city.get(&format!("/v1/exchanges/{}/history", id(&visit))).await;
    assert_eq!(history["items"][1]["detail"], json!({"merge": merge["id"]}));
    city.verify().await;

    let undone = city.undone(&merge).await;
    assert!(undone["undone_at"].is_string());
    let after = city.content().await;
    assert_eq!(before, after);
    assert_eq!(city.get(statistics).await["rows"], counted);
    assert_eq!(city.total("/v1/exchanges?q=日照").await, 1);
    city.verify().await;
}

#[tokio::test]
async fn the_address_of_the_other_leads_to_the_one_that_stayed() {
    let city = City::new().await;
    let app = &city.app;
    let [first, second, third] = [
        city.place("А", "CN", json!({})).await,
        city.place("Б", "CN", json!({})).await,
        city.place("В", "CN", json!({})).await,
    ];
    let merge = city.merged("places", &second, &first).await;
    city.merged("places", &third, &second).await;
    for name in [id(&first), first["ref"].as_str().unwrap().to_owned(), id(&second)] {
        for method in ["GET", "HEAD"] {
            let reply = app.request(method, &format!("/v1/places/{name}")).send().await.expect(308);
            assert_eq!(reply.header("location"), format!("/v1/places/{}", id(&third)), "{name}");
            assert!(reply.bytes.is_empty());
        }
    }
    let history = app.get(&format!("/v1/places/{}/history", id(&first))).send().await.expect(200).json;
    assert_eq!(history["items"][1]["action"], "delete");

    // Whoever changes something is told, and so is whoever refers to it.
    let path = format!("/v1/places/{}", id(&first));
    let refused =
        app.request("PATCH", &path).json(json!({"population": 1})).key(&city.editor).if_match("*").send().await;
    let refused = refused.expect_problem(409, "merged");
    assert_eq!(refused.json["conflict"]["id"], third["id"]);
    for (method, path) in [("DELETE", path.clone()), ("POST", format!("{path}/restore"))] {
        app.request(method, &path).key(&city.operator).if_match("*").send().await.expect_problem(409, "merged");
    }
    let body = json!({"kind": "school", "visibility": "public", "place": first["id"], "names": [{"text": "Школа", "lang": "ru", "preferred": true}]});
    let refused =
        app.post("/v1/organizations", body).key(&city.editor).send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/place".into(), "unknown_reference".into())]);
    assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains(&id(&third)), "{:#}", refused.json);
    let refused = city.merge("places", &third, &first).await.expect_problem(400, "invalid_body");
    assert!(refused.json["errors"][0]["detail"].as_str().unwrap().contains("already"), "{:#}", refused.json);

    // What came later is taken back first.
    let path = format!("/v1/merges/{}/undo", id(&merge));
    let refused =
        app.request("POST", &path).key(&city.operator).if_match("*").send().await.expect_problem(409, "built_upon");
    assert_eq!(refused.faults()[0], (format!("/v1/places/{}", id(&second)), "changed".into()));
    let merges = city.get(&format!("/v1/merges?record={}", id(&second))).await["items"].as_array().unwrap().clone();
    assert_eq!(merges.len(), 2);
    city.undone(&merges[0]).await;
    let reply = app.get(&format!("/v1/places/{}", id(&first))).send().await.expect(308);
    assert_eq!(reply.header("location"), format!("/v1/places/{}", id(&second)));
    city.undone(&merge).await;
    app.get(&format!("/v1/places/{}", id(&first))).send().await.expect(200);
    app.request("POST", &path).key(&city.operator).if_match("*").send().await.expect_problem(409, "invalid_state");
    city.verify().await;
}

#[tokio::test]
async fn a_repeated_request_merges_once() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    city.visit(&other, json!({})).await;
    let path = format!("/v1/places/{}/merge", id(&kept));
    let send = async || {
        let request = city.app.post(&path, json!({"other": other["id"], "note": "Одно и то же."}));
        request.key(&city.operator).if_match("*").header("Idempotency-Key", "once").send().await.expect(201)
    };
    let (first, again) = (send().await, send().await);
    assert_eq!((first.json.clone(), again.header("idempotent-replayed")), (again.json.clone(), "true"));
    assert_eq!(city.total("/v1/merges").await, 1);
    let merge = format!("/v1/merges/{}", id(&first.json));
    let read = city.app.get(&merge).key(&city.editor).send().await.expect(200);
    assert_eq!((read.json.clone(), read.tag()), (first.json.clone(), first.tag()));
    assert_eq!((first.header("location"), &read.json["note"]), (merge.as_str(), &json!("Одно и то же.")));
    let unchanged = city.app.get(&merge).key(&city.editor).header("If-None-Match", first.tag()).send().await;
    unchanged.expect(304);

    let undo = async || {
        let request = city.app.request("POST", &format!("{merge}/undo")).key(&city.operator).if_match(first.tag());
        request.header("Idempotency-Key", "back").send().await.expect(202)
    };
    let (first, again) = (undo().await, undo().await);
    assert_eq!((first.json, again.header("idempotent-replayed")), (again.json.clone(), "true"));
}

#[tokio::test]
async fn lists_of_merges_come_in_pages() {
    let city = City::new().await;
    for name in ["А", "Б", "В"] {
        let [kept, other] = [city.place(name, "CN", json!({})).await, city.place(name, "CN", json!({})).await];
        city.merged("places", &kept, &other).await;
    }
    let first = city.get("/v1/merges?limit=2").await;
    let next = first["page"]["next_cursor"].as_str().unwrap();
    let second = city.get(&format!("/v1/merges?limit=2&cursor={next}")).await;
    let of = |page: &Value| page["items"].as_array().unwrap().len();
    assert_eq!((of(&first), of(&second)), (2, 1));
    assert!(second["page"].get("next_cursor").is_none());
    assert_eq!(city.total("/v1/merges?collection=organizations").await, 0);
    assert_eq!(city.total("/v1/merges?collection=places,organizations").await, 3);
    let path = format!("/v1/merges?limit=2&collection=places,organizations&cursor={next}");
    city.app.get(&path).key(&city.editor).send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn an_answer_that_was_kept_does_not_outlive_the_merge() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    city.visit(&other, json!({})).await;
    let (record, list) = (format!("/v1/places/{}", id(&other)), format!("/v1/exchanges?destination={}", id(&kept)));
    for _ in 0..2 {
        city.app.get(&record).send().await.expect(200);
        assert_eq!(city.total(&list).await, 0);
    }
    let merge = city.merged("places", &kept, &other).await;
    city.app.get(&record).send().await.expect(308);
    assert_eq!(city.total(&list).await, 1);
    city.undone(&merge).await;
    city.app.get(&record).send().await.expect(200);
    assert_eq!(city.total(&list).await, 0);
}

#[tokio::test]
async fn what_was_deleted_before_comes_back_referring_to_the_one_that_stayed() {
    let city = City::new().await;
    let [kept, other] = [city.place("А", "CN", json!({})).await, city.place("Б", "CN", json!({})).await];
    let visit = city.visit(&other, json!({"itinerary": [{"text": {"ru": "Обед"}, "place": kept["id"]}]})).await;
    let path = format!("/v1/exchanges/{}", id(&visit));
    city.app.request("DELETE", &path).key(&city.editor).if_match("*").send().await.expect(204);
    city.merged("places", &kept, &other).await;
    let restore = city.app.request("POST", &format!("{path}/restore")).key(&city.editor).if_match("*");
    let restored = restore.send().await.expect(200);
    assert_eq!((&restored.json["destination"], &restored.json["version"]), (&kept["id"], &json!(4)));
    assert_eq!(city.app.get(&path).key(&city.editor).send().await.tag(), restored.tag());
    assert_eq!(city.total(&format!("/v1/exchanges?destination={}", id(&kept))).await, 1);
    city.verify().await;
}

#[tokio::test]
async fn an_import_finds_the_one_that_stayed_by_the_name_of_the_other() {
    let city = City::new().await;
    let home = json!({"home_place": city.home});
    let patch = city.app.request("PATCH", "/v1/municipalities/MUN-0001").json(home).key(&city.operator).if_match("*");
    patch.send().await.expect(200);
    let kept = city.place("Верхние Поля", "CN", json!({})).await;
    let other = city.place("Поля Верхние", "CN", json!({})).await;
    let tie = city.tie(&kept, json!({})).await;
    city.merged("places", &kept, &other).await;
    let form = "--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"r.csv\"\r\n\r\nГород;Страна\nПоля Верхние;КНР\n\r\n--b--\r\n";
    let sent = city.app.request("POST", "/v1/imports").key(&city.editor);
    let sent = sent.header("Content-Type", "multipart/form-data; boundary=b").bytes(form.as_bytes().to_vec());
    let path = format!("/v1/imports/{}", id(&sent.send().await.expect(201).json));
    city.app.get(&path).key(&city.editor).header("Prefer", "wait=60").send().await.expect(200);
    let row = city.get(&format!("{path}/rows")).await["items"][0].clone();
    assert_eq!((&row["verdict"], &row["partnership"]), (&json!("same"), &tie["id"]), "{row:#}");
}
