//! Imports of tables of other collections than partnerships: what an office keeps in a spreadsheet, and what
//! exports wrote.

use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

use super::{act, checked, committed, count, office, rested, verdicts};

const DEMO: &str = include_str!("../../../demo/blagoveshchensk.json");

async fn titled(app: &App, key: &str, collection: &str) -> Vec<Value> {
    let list = app.get(&format!("/v1/{collection}?limit=200")).key(key).send().await.expect(200).json;
    list["items"].as_array().unwrap().clone()
}

async fn place(app: &App, key: &str, name: &str, lang: &str, country: &str) -> Value {
    let names = json!([{"text": name, "lang": lang, "kind": "official", "preferred": true}]);
    let place = json!({"kind": "municipality", "country": country, "visibility": "public", "names": names});
    app.create("places", key, place).await
}

#[tokio::test]
async fn an_office_brings_its_delegations_in() {
    let (app, key) = office().await;
    let heihe = place(&app, &key, "Хэйхэ", "ru", "CN").await;
    let table = "Название;Откуда;Куда;Дата;Категория участников;Направление;Численность;Состояние;Примечание\n\
        Визит школьников;Хэйхэ;Благовещенск;12.09.2011 – 16.09.2011;Дети;incoming;22;completed;по приглашению\n\
        Visit of doctors;Благовещенск;Хэйхэ;сентябрь 2011 г.;medics;outgoing;;completed;\n\
        Визит в никуда;Хэйхэ;Атлантида;2011;дети;outgoing;много;completed;\n\
        Без направления;Хэйхэ;Благовещенск;2011;дети;;;;\n\
        визит школьников;Хэйхэ;Благовещенск;2011-09-12/2011-09-16;children;incoming;22;completed;\n";
    let import = checked(
        &app,
        &key,
        "?collection=exchanges&source=%D0%96%D1%83%D1%80%D0%BD%D0%B0%D0%BB",
        "a.csv",
        table.as_bytes(),
    )
    .await;
    assert_eq!(import.json["collection"], "exchanges");
    let members: Vec<&Value> =
        import.json["columns"].as_array().unwrap().iter().map(|column| &column["member"]).collect();
    let wanted = [
        "title",
        "origin",
        "destination",
        "period",
        "audience",
        "direction",
        "headcount.total.value",
        "state",
        "notes",
    ];
    assert_eq!(members, wanted);
    let told = verdicts(&app, &key, &import.json, "").await;
    let row = |line: i64, verdict: &str, codes: &[&str]| {
        (line, verdict.to_owned(), codes.iter().map(|code| (*code).to_owned()).collect::<Vec<_>>())
    };
    let wanted = [
        row(2, "new", &[]),
        row(3, "new", &[]),
        row(4, "wrong", &["unknown_reference", "wrong_type"]),
        row(5, "wrong", &["required"]),
        row(6, "same", &["repeated"]),
    ];
    assert_eq!(told, wanted);
    let rows = format!("/v1/imports/{}/rows", import.json["id"].as_str().unwrap());
    let rows = app.get(&rows).key(&key).send().await.expect(200).json;
    assert_eq!(rows["items"][2]["notes"][0]["heading"], "Куда");
    assert_eq!(rows["items"][2]["notes"][1]["heading"], "Численность");

    let import = committed(&app, &key, &import).await;
    let made = json!({"partnerships": 0, "updated": 0, "places": 0, "same": 0, "records": 2, "left": 0});
    assert_eq!(import.json["made"], made);
    let exchanges = titled(&app, &key, "exchanges").await;
    let visit = &exchanges[0];
    assert_eq!(
        (&visit["title"], &visit["period"]),
        (&json!({"ru": "Визит школьников"}), &json!("2011-09-12/2011-09-16"))
    );
    assert_eq!(
        (&visit["origin"], &visit["audience"], &visit["state"]),
        (&heihe["id"], &json!("children"), &json!("completed"))
    );
    assert_eq!((&visit["headcount"]["total"]["value"], &visit["notes"]), (&json!(22), &json!("по приглашению")));
    assert_eq!(visit["sources"], json!([{"text": "Журнал", "locator": "row 2"}]));
    assert_eq!(
        (&exchanges[1]["title"], &exchanges[1]["period"]),
        (&json!({"en": "Visit of doctors"}), &json!("2011-09"))
    );

    let again = checked(&app, &key, "?collection=exchanges", "a.csv", table.as_bytes()).await;
    assert_eq!((&again.json["rows"]["new"], &again.json["rows"]["same"]), (&json!(0), &json!(3)));
    let begun = act(&app, &key, &import, "undo").await.expect(202);
    let undone = rested(&app, &key, &begun.json).await;
    assert_eq!((&undone.json["state"], &undone.json["made"]["records"]), (&json!("undone"), &json!(0)));
    assert_eq!(count(&app, &key, "/v1/exchanges").await, 0);
    assert!(app.database.verify().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn tables_of_the_other_collections_come_in() {
    let (app, key) = office().await;
    let tie = checked(&app, &key, "", "a.csv", "City,Country\nHeihe,China\n".as_bytes()).await;
    committed(&app, &key, &tie).await;
    for (collection, query, table, wanted) in [
        (
            "places",
            "places",
            "name,country,kind,population\nZazeya,Россия,municipality,1200\n",
            json!({"country": "RU", "population": 1200}),
        ),
        ("organizations", "organizations", "名称,类型,国家\n黑河外办,department,中国\n", json!({"country": "CN"})),
        (
            "agreements",
            "agreements",
            "Title,Kind,Signed,State,Partnership\nOn friendship,Friendship agreement,17 июля 2003 г.,signed,Хэйхэ\n",
            json!({"kind": "friendship_agreement", "signed_on": "2003-07-17"}),
        ),
        (
            "events",
            "events",
            "件名,種別,期間,開催地,分野\n日露フォーラム,forum,2010年9月,Благовещенск,文化; sport\n",
            json!({"kind": "forum", "period": "2010-09", "fields": ["culture", "sport"]}),
        ),
    ] {
        let before = count(&app, &key, &format!("/v1/{collection}")).await;
        let import = checked(&app, &key, &format!("?collection={query}"), "a.csv", table.as_bytes()).await;
        let rows = format!("/v1/imports/{}/rows", import.json["id"].as_str().unwrap());
        assert_eq!(import.json["rows"]["new"], 1, "{:#}", app.get(&rows).key(&key).send().await.json);
        committed(&app, &key, &import).await;
        assert_eq!(count(&app, &key, &format!("/v1/{collection}")).await, before + 1);
        let records = titled(&app, &key, collection).await;
        let made = records.last().unwrap();
        for (member, value) in wanted.as_object().unwrap() {
            assert_eq!(&made[member], value, "{made:#}");
        }
    }
}

#[tokio::test]
async fn the_mapping_of_a_table_is_of_members() {
    let (app, key) = office().await;
    let table = "Wie,Wann,Art\nTreffen,2010,forum\n".as_bytes();
    let import = checked(&app, &key, "?collection=events", "a.csv", table).await;
    let path = format!("/v1/imports/{}", import.json["id"].as_str().unwrap());
    let patch = |body: Value| app.request("PATCH", &path).key(&key).header("If-Match", "*").json(body);
    let wrong = json!({
        "columns": [{"heading": "Wie", "field": "city"}, {"heading": "Wann", "member": "participation"}],
        "choices": [{"rows": [1], "action": "skip"}],
    });
    let refused = patch(wrong).send().await.expect_problem(400, "invalid_body");
    let wanted =
        [("/columns/0/field", "not_allowed"), ("/columns/1/member", "unknown_code"), ("/choices", "not_allowed")];
    assert_eq!(refused.faults(), wanted.map(|(at, code)| (at.to_owned(), code.to_owned())));
    let columns = json!([
        {"heading": "Wie", "member": "title.de"}, {"heading": "Wann", "member": "period"}, {"heading": "Art", "member": "kind"},
    ]);
    let refused = patch(json!({"columns": columns})).send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/columns/0/member".to_owned(), "unknown_code".to_owned())]);
    let columns = json!([
        {"heading": "Wie", "member": "title.en"}, {"heading": "Wann", "member": "period"}, {"heading": "Art", "member": "kind"},
    ]);
    let changed = patch(json!({"columns": columns})).send().await.expect(200);
    let import = rested(&app, &key, &changed.json).await;
    assert_eq!(import.json["rows"]["new"], 1);
}

/// What exports write comes back: exchanges of the demo city, into an installation that has all but them.
#[tokio::test]
async fn an_export_comes_back() {
    let from = App::start().await;
    pobratim_api::load(&from.api, DEMO, |_, _| {}).await.unwrap();
    let admin = from.key(pobratim_domain::Role::Admin, "blagoveshchensk").await;
    let sheet: Reply = from.get("/v1/exchanges?format=xlsx").key(&admin).send().await.expect(200);
    let lines = from.get("/v1/export").key(&admin).send().await.expect(200);
    let lines = String::from_utf8(lines.bytes.clone()).unwrap();
    let wanted = titled(&from, &admin, "exchanges").await;
    assert!(wanted.len() > 3);

    let to = App::start().await;
    let is_needed = |line: &&str| {
        [
            "\"places\"",
            "\"municipalities\"",
            "\"organizations\"",
            "\"partnerships\"",
            "\"events\"",
            "\"programmes\"",
            "\"projects\"",
            "\"agreements\"",
        ]
        .iter()
        .any(|name| line.starts_with(&format!("{{\"collection\":{name}")))
    };
    let needed: Vec<&str> = lines.lines().filter(is_needed).collect();
    pobratim_api::load_records(&to.api, &needed.join("\n"), |_, _| {}).await.unwrap();
    let key = to.key(pobratim_domain::Role::Editor, "blagoveshchensk").await;
    let import = checked(&to, &key, "?collection=exchanges", "exchanges.xlsx", &sheet.bytes).await;
    let rows = format!("/v1/imports/{}/rows?limit=200", import.json["id"].as_str().unwrap());
    assert_eq!(import.json["rows"]["new"], wanted.len(), "{:#}", to.get(&rows).key(&key).send().await.json);
    committed(&to, &key, &import).await;
    let made = titled(&to, &key, "exchanges").await;
    assert_eq!(made.len(), wanted.len());
    for wanted in &wanted {
        let made = made.iter().find(|made| made["id"] == wanted["id"]).unwrap();
        for member in [
            "title",
            "period",
            "audience",
            "direction",
            "origin",
            "destination",
            "state",
            "mode",
            "headcount",
            "fields",
            "partnerships",
            "organizer",
            "host",
            "purpose",
            "results",
            "notes",
            "highlight",
            "counts_in_statistics",
            "tags",
        ] {
            assert_eq!(made.get(member), wanted.get(member), "{member} of {}", wanted["title"]);
        }
    }
}
