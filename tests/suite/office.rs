//! What the office does beside ties, papers and visits: programmes, projects, help, memberships,
//! publications, reported figures and notes for the report.

use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

struct Office {
    app: App,
    editor: String,
    home: Value,
    partner: Value,
}

impl Office {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let place = async |name: &str, country: &str| {
            let names = json!([{"text": name, "lang": "en", "kind": "official", "preferred": true}]);
            let body = json!({"kind": "municipality", "country": country, "visibility": "public", "names": names});
            app.create("places", &editor, body).await
        };
        let (home, partner) = (place("Blagoveshchensk", "RU").await, place("Heihe", "CN").await);
        Self { app, editor, home, partner }
    }

    async fn create(&self, collection: &str, more: Value) -> Value {
        let mut body = json!({"visibility": "public"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.app.create(collection, &self.editor, body).await
    }

    async fn go(&self, collection: &str, record: &Value, body: Value) -> Reply {
        let path = format!("/v1/{collection}/{}/transitions", id(record));
        self.app.post(&path, body).key(&self.editor).if_match("*").send().await
    }

    async fn refused(&self, collection: &str, body: Value) -> Vec<(String, String)> {
        let reply = self.app.post(&format!("/v1/{collection}"), body).key(&self.editor).send().await;
        reply.expect_problem(400, "invalid_body").faults()
    }

    /// The refs of a list.
    async fn refs(&self, list: &str) -> Vec<String> {
        let page = self.app.get(&format!("/v1/{list}")).send().await.expect(200).json;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["ref"].as_str().unwrap().to_owned()).collect()
    }
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_record_begins_in_its_first_state_or_tells_of_the_past() {
    let office = Office::new().await;
    for (collection, state, mut body) in [
        ("letters", "answered", json!({"direction": "outgoing", "channel": "post", "subject": {"en": "On twinning"}})),
        ("programmes", "completed", json!({"title": {"en": "Year of languages"}})),
        ("projects", "offered", json!({"kind": "investment", "title": {"en": "Stadium"}})),
        ("assistance-cases", "closed", json!({"kind": "partner_search"})),
        ("work-plans", "reported", json!({"year": 2010})),
    ] {
        let first = office.create(collection, body.clone()).await["state"].clone();
        assert_ne!(first, state, "{collection}");
        body["state"] = json!(state);
        assert_eq!(
            office.refused(collection, body.clone()).await,
            [("/state".into(), "not_first".into())],
            "{collection}"
        );
        body["historical"] = json!(true);
        assert_eq!(
            office.refused(collection, body.clone()).await,
            [("/sources".into(), "required".into())],
            "{collection}"
        );
        body["sources"] = json!([{"text": "Report"}]);
        assert_eq!(office.create(collection, body).await["state"], state, "{collection}");
    }
}

#[tokio::test]
async fn an_object_of_the_city_finds_its_investor() {
    let office = Office::new().await;
    let stadium = json!({"kind": "investment", "title": {"ru": "Стадион «Юность»", "en": "Yunost stadium"}, "period": "2011", "place": id(&office.home)});
    let stadium = office.create("projects", stadium).await;
    for state in ["offered", "in_talks", "running"] {
        assert_eq!(office.go("projects", &stadium, json!({"to": state})).await.expect(200).json["state"], state);
    }
    let over = office.go("projects", &stadium, json!({"to": "completed"})).await.expect(200);
    assert_eq!(over.json["state"], "completed", "some day of 2011 may have been its last");
    let refused = office.go("projects", &stadium, json!({"to": "running"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["allowed"], json!([]));
    let again = json!({"to": "running", "historical": true});
    let refused = office.go("projects", &stadium, again).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["sources"]));

    let reader = office.app.key(Role::Reader, "blagoveshchensk").await;
    let path = format!("/v1/projects/{}/transitions", id(&stadium));
    let request = office.app.post(&path, json!({"to": "suspended", "reason": "Flood"})).key(&reader).if_match("*");
    request.send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn exchanges_and_events_say_what_they_are_made_under() {
    let office = Office::new().await;
    let year = office
        .create(
            "programmes",
            json!({"title": {"en": "Year of languages", "zh": "语言年"}, "countries": ["RU", "CN"], "period": "2010"}),
        )
        .await;
    let project = office
        .create(
            "projects",
            json!({"kind": "university", "title": {"en": "Joint research"}, "strands": [{"en": "Students"}]}),
        )
        .await;
    let visit = json!({
        "title": {"en": "Students"}, "direction": "outgoing", "audience": "students", "origin": id(&office.home),
        "destination": id(&office.partner), "programme": id(&year), "projects": [id(&project)],
    });
    let visit = office.create("exchanges", visit).await;
    office.create("exchanges", json!({
        "title": {"en": "Others"}, "direction": "outgoing", "audience": "mixed", "origin": id(&office.home), "destination": id(&office.partner),
    })).await;
    office
        .create("events", json!({"kind": "round_table", "title": {"en": "Round table"}, "projects": [id(&project)]}))
        .await;
    office.create("events", json!({"kind": "fair", "title": {"en": "Fair"}})).await;
    for (list, found) in [
        (format!("exchanges?programme={}", id(&year)), "EXC-0001"),
        (format!("exchanges?projects={}", id(&project)), "EXC-0001"),
        (format!("events?projects={}", id(&project)), "EVT-0001"),
        ("programmes?countries=CN&period_from=2010-06&q=语言年".to_owned(), "PRG-0001"),
        ("projects?kind=university&q=students".to_owned(), "PRJ-0001"),
    ] {
        assert_eq!(office.refs(&list).await, [found], "{list}");
    }
    let other = office.create("programmes", json!({"title": {"en": "Another year"}})).await;
    let strange = office.create("projects", json!({"kind": "sport", "title": {"en": "A run"}})).await;
    let unknown = json!({"programme": id(&strange), "projects": [id(&other)]});
    let path = format!("/v1/exchanges/{}", id(&visit));
    let refused = office.app.request("PATCH", &path).json(unknown).key(&office.editor).if_match("*").send().await;
    let faults = refused.expect_problem(400, "invalid_body").faults();
    assert_eq!(
        faults,
        [("/programme".into(), "unknown_reference".into()), ("/projects/0".into(), "unknown_reference".into())]
    );
    let delete = async |collection: &str, record: &Value| {
        let path = format!("/v1/{collection}/{}", id(record));
        let reply = office.app.request("DELETE", &path).key(&office.editor).if_match("*").send().await;
        reply.expect_problem(409, "has_dependents").json["dependents"].clone()
    };
    assert_eq!(delete("programmes", &year).await, json!([{"collection": "exchanges", "count": 1}]));
    assert_eq!(
        delete("projects", &project).await,
        json!([{"collection": "events", "count": 1}, {"collection": "exchanges", "count": 1}])
    );
    let over = office.go("programmes", &year, json!({"to": "completed", "on": "2010-12"})).await.expect(200);
    assert_eq!(over.json["state"], "completed");
    office.go("programmes", &year, json!({"to": "running"})).await.expect_problem(409, "invalid_state");
}

#[tokio::test]
async fn a_case_is_closed_with_an_outcome() {
    let office = Office::new().await;
    let case = json!({"kind": "contract_assistance", "services": ["contract_advice"], "goods": ["buses", "saplings"], "list_complete": false, "country": "CN"});
    let case = office.create("assistance-cases", case).await;
    assert_eq!(case["state"], "open");
    let refused =
        office.go("assistance-cases", &case, json!({"to": "closed"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["outcome"]));
    let early = json!({"to": "in_progress", "outcome": {"en": "None yet"}});
    let refused = office.go("assistance-cases", &case, early).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/outcome".into(), "not_allowed".into())]);
    let outcome = json!({"en": "A contract on buses", "zh": "公共汽车合同"});
    let ended =
        office.go("assistance-cases", &case, json!({"to": "succeeded", "outcome": outcome})).await.expect(200).json;
    assert_eq!((&ended["state"], &ended["outcome"]), (&json!("succeeded"), &outcome));
    let refused = office.go("assistance-cases", &case, json!({"to": "in_progress"})).await;
    assert_eq!(refused.faults(), [("/reason".into(), "required".into())]);
    let again = json!({"to": "in_progress", "reason": "More buses are wanted."});
    assert_eq!(office.go("assistance-cases", &case, again).await.expect(200).json["state"], "in_progress");
    for query in
        ["goods=buses", "list_complete=false&state=in_progress", "services=contract_advice&country=CN", "q=公共"]
    {
        assert_eq!(office.refs(&format!("assistance-cases?{query}")).await, ["ASC-0001"], "{query}");
    }
    assert!(office.refs("assistance-cases?goods=lifts").await.is_empty());
    let empty = json!({"kind": "partner_search", "list_complete": false});
    assert_eq!(office.refused("assistance-cases", empty).await, [("/goods".into(), "required".into())]);
}

#[tokio::test]
async fn a_reported_figure_names_its_source() {
    let office = Office::new().await;
    let figure = json!({"indicator": "delegations", "period": "2011", "country": "CN", "direction": "incoming", "value": {"value": 22}});
    assert_eq!(office.refused("observations", figure.clone()).await, [("/sources".into(), "required".into())]);
    let mut alchemy = figure.clone();
    alchemy["indicator"] = json!("gold");
    assert_eq!(office.refused("observations", alchemy).await, [("/indicator".into(), "unknown_code".into())]);
    let mut sourced = figure;
    sourced["sources"] = json!([{"text": "Report for 2011", "locator": "F36"}]);
    let made = office.create("observations", sourced.clone()).await;
    assert_eq!(made["value"], json!({"value": 22, "qualifier": "exact"}));
    sourced["direction"] = json!("outgoing");
    sourced["period"] = json!("2010");
    sourced["scope"] = json!("administration");
    office.create("observations", sourced).await;
    for (query, found) in [
        ("direction=incoming", ["OBS-0001"]),
        ("scope=administration&country=CN", ["OBS-0002"]),
        ("period_from=2011-01-01&indicator=delegations", ["OBS-0001"]),
    ] {
        assert_eq!(office.refs(&format!("observations?{query}")).await, found, "{query}");
    }
    assert_eq!(office.refs("observations?sort=period").await, ["OBS-0002", "OBS-0001"]);
    // The last source cannot be taken away.
    let patch = office.app.request("PATCH", &format!("/v1/observations/{}", id(&made))).json(json!({"sources": []}));
    let refused = patch.key(&office.editor).if_match("*").send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/sources".into(), "required".into())]);
}

#[tokio::test]
async fn notes_stand_in_a_section_of_a_year() {
    let office = Office::new().await;
    let note = |section: &str| json!({"year": 2011, "section": section, "text": {"en": "Border trade grew.", "ru": "Приграничная торговля выросла."}});
    assert_eq!(office.refused("report-notes", note("countries")).await, [("/countries".into(), "required".into())]);
    let mut of_china = note("countries");
    of_china["countries"] = json!(["CN"]);
    of_china["fields"] = json!(["border_trade"]);
    office.create("report-notes", of_china).await;
    let mut early = note("overview");
    early["year"] = json!(1899);
    assert_eq!(office.refused("report-notes", early.clone()).await, [("/year".into(), "out_of_range".into())]);
    early["year"] = json!(2010);
    office.create("report-notes", early).await;
    for (query, found) in [
        ("year=2011", vec!["RPN-0001"]),
        ("year=2010,2011&sort=year", vec!["RPN-0002", "RPN-0001"]),
        ("section=countries&countries=CN&fields=border_trade&q=торговля", vec!["RPN-0001"]),
    ] {
        assert_eq!(office.refs(&format!("report-notes?{query}")).await, found, "{query}");
    }
}

#[tokio::test]
async fn memberships_and_publications_are_found() {
    let office = Office::new().await;
    let names = json!([{"text": "Mayors for Peace", "lang": "en", "preferred": true}]);
    let association =
        office.create("organizations", json!({"kind": "association", "names": names, "scope": "international"})).await;
    let membership =
        json!({"organization": id(&association), "place": id(&office.home), "category": "full", "valid": "2009/.."});
    office.create("memberships", membership).await;
    let past = json!({"organization": id(&association), "place": id(&office.partner), "valid": "1999/2003"});
    office.create("memberships", past).await;
    for query in [
        "category=full".to_owned(),
        "valid_from=2011-09-05&valid_to=2011-09-05".to_owned(),
        format!("place={}", id(&office.home)),
    ] {
        assert_eq!(office.refs(&format!("memberships?{query}")).await, ["MEM-0001"], "{query}");
    }
    let page = office.app.get("/v1/memberships?expand=organizations,places").send().await.expect(200).json;
    let sent = |collection: &str| page["included"][collection].as_array().unwrap().len();
    assert_eq!((sent("organizations"), sent("places")), (1, 2));

    let event = office.create("events", json!({"kind": "signing", "title": {"en": "Signing"}})).await;
    let story = json!({
        "title": {"zh": "结为友好城市", "en": "Twin cities"}, "outlet": id(&association), "medium": "newspaper", "side": "partner",
        "country": "CN", "published_on": "2011-06", "lang": "zh", "url": "https://example.org/1", "events": [id(&event)],
    });
    office.create("publications", story.clone()).await;
    for query in [
        "lang=zh&medium=newspaper".to_owned(),
        "published_on_to=2011-06-15&side=partner".to_owned(),
        format!("events={}", id(&event)),
        "q=友好".to_owned(),
    ] {
        assert_eq!(office.refs(&format!("publications?{query}")).await, ["PUB-0001"], "{query}");
    }
    let mut wrong = story;
    wrong["url"] = json!("javascript:alert(1)");
    assert_eq!(office.refused("publications", wrong).await, [("/url".into(), "wrong_form".into())]);
}
