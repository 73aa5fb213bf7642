//! The search, over all collections and in each list: records are found by any name of what they
//! refer to, the best first, and by nothing that the caller may not read.

use pobratim_domain::Role;
use pobratim_persistence::Reindexed;
use pobratim_tests::{App, Reply, rows};
use sea_orm::{ConnectionTrait, DbBackend};
use serde_json::{Value, json};
use uuid::Uuid;

const NAMES: [&str; 6] = ["Хэйхэ", "хэй-хэ", "Heihe", "HEI", "黑河", "河"];

/// A city with a tie, a paper and an exchange under it, all public, and none of them called by the
/// partner's name.
struct City {
    app: App,
    editor: String,
    home: String,
    partner: String,
    tie: String,
}

fn id(record: &Value) -> String {
    record["id"].as_str().unwrap().to_owned()
}

#[expect(clippy::needless_pass_by_value, reason = "bodies are written where they are sent")]
fn with(mut body: Value, more: Value) -> Value {
    body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    body
}

fn place(names: &[(&str, &str)], country: &str, borders: &[&str]) -> Value {
    let names: Vec<Value> = names
        .iter()
        .map(|(lang, text)| json!({"text": text, "lang": lang, "kind": "official", "preferred": true}))
        .collect();
    json!({"kind": "municipality", "country": country, "visibility": "public", "names": names, "borders": borders})
}

impl City {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let heihe = place(&[("ru", "Хэйхэ"), ("en", "Heihe"), ("zh", "黑河")], "CN", &[]);
        let partner = id(&app.create("places", &editor, heihe).await);
        let home = place(&[("ru", "Благовещенск"), ("en", "Blagoveshchensk")], "RU", &[&partner]);
        let home = id(&app.create("places", &editor, home).await);
        let tie = json!({
            "arrangement": "bilateral", "kind": "friendship", "visibility": "public",
            "parties": [{"place": home, "role": "home"}, {"place": partner, "role": "partner"}],
            "stage": "active", "historical": true, "sources": [{"text": "Отчёт"}],
        });
        let tie = id(&app.create("partnerships", &editor, tie).await);
        let city = Self { app, editor, home, partner, tie };
        city.create(
            "agreements",
            json!({"partnership": city.tie, "kind": "memorandum", "title": {"ru": "Меморандум о дружбе"}}),
        )
        .await;
        city.create("exchanges", city.exchange("Визит учителей")).await;
        city
    }

    fn exchange(&self, title: &str) -> Value {
        json!({
            "title": {"ru": title}, "direction": "incoming", "audience": "teachers",
            "origin": self.partner, "destination": self.home, "partnerships": [self.tie],
        })
    }

    /// A public record, unless it says something else.
    async fn create(&self, collection: &str, body: Value) -> Value {
        self.app.create(collection, &self.editor, with(json!({"visibility": "public"}), body)).await
    }

    /// Changes a record.
    async fn patch(&self, path: &str, patch: Value) {
        self.app.request("PATCH", path).json(patch).key(&self.editor).if_match("*").send().await.expect(200);
    }

    async fn get(&self, path: &str, key: Option<&str>) -> Reply {
        let request = self.app.get(path);
        match key {
            Some(key) => request.key(key),
            None => request,
        }
        .send()
        .await
        .expect(200)
    }

    /// The refs of a list or of a search.
    async fn refs(&self, path: &str, key: Option<&str>) -> Vec<String> {
        refs(&self.get(path, key).await.json)
    }
}

fn refs(page: &Value) -> Vec<String> {
    page["items"].as_array().unwrap().iter().map(|item| item["ref"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn any_name_of_a_city_finds_its_ties_their_papers_and_their_exchanges() {
    let city = City::new().await;
    for name in NAMES {
        for (collection, reference) in [
            ("places", "PLA-0001"),
            ("partnerships", "PAR-0001"),
            ("agreements", "AGR-0001"),
            ("exchanges", "EXC-0001"),
        ] {
            assert_eq!(
                city.refs(&format!("/v1/{collection}?q={name}"), None).await,
                [reference],
                "{collection} {name}"
            );
        }
        let found = city.refs(&format!("/v1/search?q={name}"), None).await;
        assert_eq!(found, ["PLA-0001", "PAR-0001", "AGR-0001", "EXC-0001"], "{name}");
    }
    assert_eq!(city.refs("/v1/agreements?q=Ниигата", None).await, [""; 0]);
    assert_eq!(city.refs("/v1/search?q=Ниигата", None).await, [""; 0]);
    let counted = city.app.get("/v1/exchanges?q=黑河").header("Prefer", "count=exact").send().await.expect(200);
    assert_eq!(counted.json["page"]["total"], 1);
}

#[tokio::test]
async fn a_hit_tells_what_it_is_called_and_what_was_matched() {
    let city = City::new().await;
    let found = city.get("/v1/search?q=黑河", None).await.json;
    assert_eq!(found["page"], json!({"limit": 50}));
    let place = &found["items"][0];
    assert_eq!(place["title"], json!({"ru": "Хэйхэ", "en": "Heihe", "zh": "黑河"}));
    assert_eq!(place["matched"], json!([{"text": "黑河", "by": "own"}]));
    assert!(place.get("municipality").is_none());
    let tie = &found["items"][1];
    // It has no name of its own, and its parties have two languages in common.
    assert_eq!(tie["title"], json!({"ru": "Благовещенск – Хэйхэ", "en": "Blagoveshchensk – Heihe"}));
    let partner = json!({"collection": "places", "id": city.partner, "ref": "PLA-0001"});
    assert_eq!(tie["matched"], json!([{"text": "黑河", "by": "reference", "record": partner}]));
    assert_eq!((&tie["collection"], &tie["municipality"]), (&json!("partnerships"), &json!("blagoveshchensk")));
    let paper = &found["items"][2];
    assert_eq!(paper["title"], json!({"ru": "Меморандум о дружбе"}));
    let tie = json!({"collection": "partnerships", "id": city.tie, "ref": "PAR-0001"});
    assert_eq!(paper["matched"], json!([{"text": "黑河", "by": "reference", "record": tie}]));
}

#[tokio::test]
async fn every_word_is_met_by_the_record_or_by_what_it_refers_to() {
    let city = City::new().await;
    for q in ["меморандум Хэйхэ", "Heihe друж", "黑河 благовещенск меморандум"]
    {
        assert_eq!(city.refs(&format!("/v1/agreements?q={q}"), None).await, ["AGR-0001"], "{q}");
        assert_eq!(city.refs(&format!("/v1/search?q={q}"), None).await, ["AGR-0001"], "{q}");
    }
    let found = city.get("/v1/search?q=Heihe меморандум", None).await.json;
    let texts: Vec<&Value> = found["items"][0]["matched"].as_array().unwrap().iter().map(|one| &one["text"]).collect();
    assert_eq!(texts, ["Heihe", "Меморандум о дружбе"]);
    for q in ["меморандум Ниигата", "визит меморандум", "!"] {
        assert_eq!(city.refs(&format!("/v1/agreements?q={q}"), None).await, [""; 0], "{q}");
        assert_eq!(city.refs(&format!("/v1/search?q={q}"), None).await, [""; 0], "{q}");
    }
}

#[tokio::test]
async fn what_tells_most_comes_first() {
    let city = City::new().await;
    city.create("exchanges", with(city.exchange("Осмотр"), json!({"purpose": {"ru": "Осмотреть Хэйхэ"}}))).await;
    city.create("exchanges", city.exchange("Хэйхэский фестиваль")).await;
    city.create("exchanges", city.exchange("Фестиваль в Хэйхэ")).await;
    let found = city.refs("/v1/search?q=Хэйхэ&collection=exchanges,places", None).await;
    assert_eq!(found, ["PLA-0001", "EXC-0004", "EXC-0003", "EXC-0002", "EXC-0001"]);
    // The ref of a tie stands in the title of a paper as well.
    let paper = json!({"kind": "addendum", "partnership": city.tie, "title": {"en": "On PAR-0001"}});
    city.create("agreements", paper).await;
    assert_eq!(city.refs("/v1/search?q=par-0001", None).await, ["PAR-0001", "AGR-0002"]);
    assert_eq!(
        city.refs("/v1/search?q=0001&collection=exchanges", None).await,
        ["EXC-0001"],
        "not what refers to PLA-0001"
    );
    let scan = json!({"kind": "agreement_text", "title": {"ru": "Копия"}, "number": "№ 12/345-а"});
    city.create("documents", scan).await;
    for q in ["№ 12/345-А", "12/345", "345"] {
        assert_eq!(city.refs(&format!("/v1/search?q={q}"), None).await, ["DOC-0001"], "{q}");
    }
}

#[tokio::test]
async fn what_may_not_be_read_is_not_found_and_finds_nothing() {
    let city = City::new().await;
    let school = json!({
        "kind": "school", "country": "CN", "visibility": "internal", "place": city.partner,
        "names": [{"text": "Секретная школа", "lang": "ru", "preferred": true}], "notes": "тихо",
    });
    let school = id(&city.create("organizations", school).await);
    city.create("exchanges", with(city.exchange("Обмен"), json!({"host": school, "notes": "особенно"}))).await;
    city.create("exchanges", with(city.exchange("Закрытая встреча"), json!({"visibility": "restricted"}))).await;
    let (own, approver) = (city.editor.clone(), city.app.key(Role::Approver, "blagoveshchensk").await);
    let operator = city.app.operator().await;
    city.app.create("municipalities", &operator, pobratim_tests::municipality("joetsu")).await;
    let stranger = city.app.key(Role::Admin, "joetsu").await;
    let found = async |q: &str, key: Option<&str>| {
        let all = city.refs(&format!("/v1/search?q={q}"), key).await;
        let exchanges = city.refs(&format!("/v1/exchanges?q={q}"), key).await;
        let of_all: Vec<_> = all.iter().filter(|found| found.starts_with("EXC")).cloned().collect();
        assert_eq!(of_all, exchanges, "{q}");
        all
    };
    // The organization is not public, so its name leads nobody else to the exchange, which is.
    for key in [None, Some(stranger.as_str()), Some(operator.as_str())] {
        assert_eq!(found("секретная", key).await, [""; 0]);
        assert_eq!(found("закрытая", key).await, [""; 0]);
        assert_eq!(found("обмен", key).await, ["EXC-0002"]);
    }
    assert_eq!(found("секретная", Some(&own)).await, ["ORG-0001", "EXC-0002"]);
    assert_eq!(found("закрытая", Some(&own)).await, [""; 0]);
    assert_eq!(found("закрытая", Some(&approver)).await, ["EXC-0003"]);
    assert_eq!(found("Хэйхэ", Some(&approver)).await.len(), 7, "the school lies there");
    assert_eq!(found("Хэйхэ", None).await.len(), 5);
    for q in ["тихо", "особенно"] {
        assert_eq!(found(q, Some(&approver)).await, [""; 0], "remarks are not searched");
    }
    // What it was found by is not shown either: the public sees the tie, not the school.
    let hits = city.get("/v1/search?q=обмен", None).await;
    assert!(!String::from_utf8(hits.bytes).unwrap().contains("Секретная"));

    // An internal tie leads nobody to its papers.
    city.patch(&format!("/v1/partnerships/{}", city.tie), json!({"visibility": "internal"})).await;
    assert_eq!(city.refs("/v1/agreements?q=Хэйхэ", None).await, [""; 0]);
    assert_eq!(city.refs("/v1/search?q=Хэйхэ&collection=agreements", None).await, [""; 0]);
    assert_eq!(city.refs("/v1/agreements?q=Хэйхэ", Some(&own)).await, ["AGR-0001"]);
}

#[tokio::test]
async fn a_narrowed_key_is_found_nothing_by_what_it_may_not_read() {
    let city = City::new().await;
    let narrowed = city.app.narrowed(Role::Reader, "blagoveshchensk", &["exchanges:read"]).await;
    assert_eq!(city.refs("/v1/search?q=визит", Some(&narrowed)).await, ["EXC-0001"]);
    assert_eq!(city.refs("/v1/search?q=Хэйхэ", Some(&narrowed)).await, [""; 0]);
    assert_eq!(city.refs("/v1/exchanges?q=Хэйхэ", Some(&narrowed)).await, [""; 0]);
    let refused = city.app.get("/v1/search?q=Хэйхэ&collection=places").key(&narrowed).send().await;
    refused.expect_problem(403, "forbidden");
    let places = city.app.narrowed(Role::Reader, "blagoveshchensk", &["exchanges:read", "places:read"]).await;
    assert_eq!(city.refs("/v1/search?q=Хэйхэ", Some(&places)).await, ["PLA-0001", "EXC-0001"]);
}

#[tokio::test]
async fn a_renamed_place_is_seen_at_once() {
    let city = City::new().await;
    let asked = ["/v1/search?q=Айгунь", "/v1/exchanges?q=Айгунь", "/v1/agreements?q=Айгунь", "/v1/search?q=Хэйхэ"];
    let mut tags = Vec::new();
    for path in asked {
        // Twice, so that the answer is kept.
        city.get(path, None).await;
        tags.push(city.get(path, None).await.tag().to_owned());
    }
    let renamed = json!({"names": [{"text": "Айгунь", "lang": "ru", "kind": "historical", "preferred": true}]});
    city.patch(&format!("/v1/places/{}", city.partner), renamed).await;
    let all = ["PLA-0001", "PAR-0001", "AGR-0001", "EXC-0001"];
    let wanted: [&[&str]; 4] = [&all, &["EXC-0001"], &["AGR-0001"], &[]];
    for ((path, tag), wanted) in asked.iter().zip(&tags).zip(wanted) {
        let reply = city.app.get(path).header("If-None-Match", tag).send().await.expect(200);
        assert_eq!(refs(&reply.json), wanted, "{path}");
    }
    let exchange = "/v1/exchanges/EXC-0001";
    city.app.request("DELETE", exchange).key(&city.editor).if_match("*").send().await.expect(204);
    assert_eq!(city.refs(asked[0], None).await, all[..3]);
}

#[tokio::test]
async fn the_search_is_narrowed_and_cut() {
    let city = City::new().await;
    let page = city.get("/v1/search?q=Хэйхэ&limit=2", None).await.json;
    assert_eq!(
        (refs(&page), &page["page"]),
        (vec!["PLA-0001".into(), "PAR-0001".into()], &json!({"limit": 2, "truncated": true}))
    );
    let whole = city.get("/v1/search?q=Хэйхэ&limit=4", None).await.json;
    assert_eq!(whole["page"], json!({"limit": 4}));
    let papers = "/v1/search?q=Хэйхэ&collection=agreements&collection=partnerships";
    assert_eq!(city.refs(papers, None).await, ["PAR-0001", "AGR-0001"]);
    let own = city.refs("/v1/search?q=Хэйхэ&municipality=blagoveshchensk", None).await;
    assert_eq!(own, ["PAR-0001", "AGR-0001", "EXC-0001"]);
    assert_eq!(city.refs("/v1/search?q=Хэйхэ&municipality=joetsu", None).await, [""; 0]);
    // Nothing is told of credentials, to nobody.
    let admin = city.app.key(Role::Admin, "blagoveshchensk").await;
    assert_eq!(city.refs("/v1/search?q=test&collection=api_keys", Some(&admin)).await, [""; 0]);
}

#[tokio::test]
async fn all_faults_of_a_search_come_at_once() {
    let city = City::new().await;
    let refused = async |path: &str| city.app.get(path).send().await.expect_problem(400, "invalid_parameter").faults();
    let fault = |name: &str, code: &str| (name.to_owned(), code.to_owned());
    assert_eq!(
        refused("/v1/search?limit=0&collection=ships&cursor=x&municipality=Heihe").await,
        [
            fault("limit", "out_of_range"),
            fault("q", "required"),
            fault("collection", "unknown_code"),
            fault("cursor", "unknown_parameter"),
            fault("municipality", "invalid"),
        ]
    );
    assert_eq!(refused("/v1/search?q=%20").await, [fault("q", "invalid")]);
    let many: Vec<String> = (0..21).map(|number| format!("w{number}")).collect();
    for path in ["/v1/search", "/v1/exchanges"] {
        assert_eq!(refused(&format!("{path}?q={}", many.join("+"))).await, [fault("q", "too_many")]);
        assert_eq!(city.refs(&format!("{path}?q={}", many[1..].join("+")), None).await, [""; 0]);
    }
}

/// All that records are found by, as it lies in the database.
async fn index(app: &App) -> Vec<String> {
    let connection = app.store.beside().await;
    let mut all = Vec::new();
    for sql in [
        "SELECT collection || ' ' || field || ' ' || term AS entry, record_id FROM terms",
        "SELECT collection || ' ' || field AS entry, record_id FROM links",
        "SELECT collection || ' ' || municipality || ' ' || scheme || ' ' || value AS entry, record_id FROM external_ids",
    ] {
        for row in rows(&connection, sql).await {
            let (entry, id) =
                (row.try_get::<String>("", "entry").unwrap(), row.try_get::<Uuid>("", "record_id").unwrap());
            all.push(format!("{entry} {id}"));
        }
    }
    all.sort();
    all
}

#[tokio::test]
async fn the_index_is_made_anew_from_the_records() {
    let city = City::new().await;
    let gone = city.create("exchanges", city.exchange("Отменённая поездка")).await;
    let path = format!("/v1/exchanges/{}", id(&gone));
    city.app.request("DELETE", &path).key(&city.editor).if_match("*").send().await.expect(204);
    let whole = index(&city.app).await;
    let head = city.app.database.head().await.unwrap();
    let reindex = async || city.app.database.reindex(|_, _| {}).await.unwrap();
    let sound = Reindexed { records: reindex().await.records, ..Reindexed::default() };
    assert_eq!(reindex().await, sound, "there is nothing to mend");

    let connection = city.app.store.beside().await;
    let nobody = "01890a5dac96774bbcceb302099a8057";
    let nobody = match connection.get_database_backend() {
        DbBackend::Sqlite => format!("x'{nobody}'"),
        _ => format!("'{nobody}'::uuid"),
    };
    let insert = "INSERT INTO terms (record_id, collection, field, term)";
    for (damage, mended, strays) in [
        // As an earlier version wrote it.
        ("UPDATE terms SET field = 'q' WHERE field IN ('title', 'number')".to_owned(), 8, 0),
        ("DELETE FROM terms WHERE term = 'хэйхэ'".to_owned(), 1, 0),
        ("DELETE FROM links WHERE collection = 'exchanges'".to_owned(), 1, 0),
        ("UPDATE terms SET term = 'другое' WHERE term = 'визит'".to_owned(), 1, 0),
        (format!("{insert} VALUES ({nobody}, 'exchanges', 'q', 'призрак')"), 0, 1),
        (format!("{insert} SELECT id, 'exchanges', 'q', 'поездка' FROM exchanges WHERE deleted_at IS NOT NULL"), 1, 0),
    ] {
        connection.execute_unprepared(&damage).await.unwrap();
        assert_ne!(index(&city.app).await, whole, "{damage}");
        let told = city.app.database.verify().await.unwrap().faults;
        let counts = told.iter().filter(|fault| fault.contains("run `pobratim reindex`"));
        let counts = counts.map(|fault| fault.split(' ').next().unwrap().parse::<u64>().unwrap());
        assert_eq!(counts.sum::<u64>(), mended + strays, "{damage}: {told:?}");
        assert_eq!(reindex().await, Reindexed { mended, strays, ..sound }, "{damage}");
        assert_eq!(index(&city.app).await, whole, "{damage}");
        assert_eq!(city.app.database.verify().await.unwrap().faults, [""; 0], "{damage}");
    }
    assert_eq!(city.app.database.head().await.unwrap().revision, head.revision, "no record was changed");
}
