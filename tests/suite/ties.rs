//! Partnerships and agreements: the way from an idea to a twin city, on paper and in stages.

use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

struct City {
    app: App,
    editor: String,
    approver: String,
    home: String,
    partner: String,
}

impl City {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let approver = app.key(Role::Approver, "blagoveshchensk").await;
        let mut ids = Vec::new();
        for (name, country) in [("Blagoveshchensk", "RU"), ("Dangjin", "KR")] {
            let place = json!({
                "kind": "municipality", "country": country, "visibility": "public",
                "names": [{"text": name, "lang": "en", "kind": "official", "preferred": true}],
            });
            ids.push(app.create("places", &editor, place).await["id"].as_str().unwrap().to_owned());
        }
        let partner = ids.pop().unwrap();
        let home = ids.pop().unwrap();
        Self { app, editor, approver, home, partner }
    }

    fn tie(&self) -> Value {
        json!({
            "arrangement": "bilateral", "kind": "none", "target_kind": "twin", "visibility": "public",
            "parties": [{"place": self.home, "role": "home"}, {"place": self.partner, "role": "partner"}],
        })
    }

    async fn post(&self, path: &str, key: &str, tag: &str, body: Value) -> Reply {
        self.app.post(path, body).key(key).if_match(tag).send().await
    }
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

#[tokio::test]
async fn from_an_idea_to_a_twin_city() {
    let city = City::new().await;
    let tie = city.app.create("partnerships", &city.editor, city.tie()).await;
    assert_eq!(tie["stage"], "idea");
    let path = format!("/v1/partnerships/{}/transitions", id(&tie));
    let go = async |to: &str, more: Value| {
        let mut body = json!({"to": to, "on": "2011-09"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        city.post(&path, &city.editor, "*", body).await
    };
    let refused = go("negotiating", json!({})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["allowed"], json!(["planned", "declined", "abandoned"]));
    for stage in ["planned", "approached", "negotiation_agreed", "negotiating", "intent_declared", "in_approval"] {
        assert_eq!(go(stage, json!({})).await.expect(200).json["stage"], stage);
    }
    let refused = go("concluded", json!({})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["signed_agreement"]));

    let paper = json!({
        "partnership": id(&tie), "kind": "twinning_agreement", "visibility": "public",
        "title": {"en": "Agreement on twinning", "ko": "자매결연 협정"},
    });
    let paper = city.app.create("agreements", &city.editor, paper).await;
    let evidence = json!({"evidence": [id(&paper)]});
    go("concluded", evidence.clone()).await.expect_problem(409, "invalid_state");
    let sign = format!("/v1/agreements/{}/sign", id(&paper));
    let body = json!({"signed_on": "2011-09-01"});
    city.post(&sign, &city.editor, "*", body.clone()).await.expect_problem(403, "forbidden");
    assert_eq!(city.post(&sign, &city.approver, "*", body).await.expect(200).json["state"], "signed");
    let twin = go("concluded", evidence).await.expect(200).json;
    assert_eq!((&twin["kind"], twin.get("target_kind")), (&json!("twin"), None));

    let told = city.app.get(&path).send().await.expect(200).json;
    let moves: Vec<(&str, &str)> = told["items"]
        .as_array()
        .unwrap()
        .iter()
        .map(|told| (told["from"].as_str().unwrap(), told["to"].as_str().unwrap()))
        .collect();
    assert_eq!(moves.first(), Some(&("idea", "planned")));
    assert_eq!(moves.last(), Some(&("in_approval", "concluded")));
    assert_eq!(moves.len(), 7);
}

#[tokio::test]
async fn one_living_tie_with_each_partner() {
    let city = City::new().await;
    let first = city.app.create("partnerships", &city.editor, city.tie()).await;
    let refused = city.app.post("/v1/partnerships", city.tie()).key(&city.editor).send().await;
    let refused = refused.expect_problem(409, "already_exists");
    assert_eq!(
        (&refused.json["conflict"]["id"], &refused.json["conflict"]["pointer"]),
        (&first["id"], &json!("/parties"))
    );
    let path = format!("/v1/partnerships/{}/transitions", id(&first));
    city.post(&path, &city.editor, "*", json!({"to": "abandoned", "on": "2011"}))
        .await
        .expect_problem(400, "invalid_body");
    city.post(&path, &city.editor, "*", json!({"to": "abandoned", "on": "2011", "reason": "No answer."}))
        .await
        .expect(200);
    // Why is for the office; that it happened is for all who see the tie.
    let reason = async |key: Option<&str>| {
        let request = city.app.get("/v1/changes?collection=partnerships");
        let feed = if let Some(key) = key { request.key(key) } else { request }.send().await.expect(200);
        let moved = feed.json["items"].as_array().unwrap().last().unwrap().clone();
        assert_eq!(
            (&moved["event"], &moved["detail"]["to"]),
            (&json!("partnership.transitioned"), &json!("abandoned"))
        );
        moved["detail"].get("reason").cloned()
    };
    assert_eq!(reason(Some(&city.editor)).await, Some(json!("No answer.")));
    assert_eq!(reason(None).await, None);
    city.app.create("partnerships", &city.editor, city.tie()).await;
}

#[tokio::test]
async fn a_stage_moves_by_its_action_only() {
    let city = City::new().await;
    let tie = city.app.create("partnerships", &city.editor, city.tie()).await;
    let path = format!("/v1/partnerships/{}", id(&tie));
    let patch = json!({"stage": "concluded"});
    let reply = city.app.request("PATCH", &path).json(patch).key(&city.editor).if_match("*").send().await;
    assert_eq!(reply.expect_problem(400, "invalid_body").faults(), [("/stage".into(), "read_only".into())]);
    let mut past = city.tie();
    past["stage"] = json!("planned");
    let refused = city.app.post("/v1/partnerships", past.clone()).key(&city.editor).send().await;
    assert_eq!(refused.expect_problem(400, "invalid_body").faults(), [("/stage".into(), "not_first".into())]);
    past["historical"] = json!(true);
    let refused = city.app.post("/v1/partnerships", past.clone()).key(&city.editor).send().await;
    assert_eq!(refused.expect_problem(400, "invalid_body").faults(), [("/sources".into(), "required".into())]);
}

#[tokio::test]
async fn a_side_keeps_its_stance_when_the_list_is_replaced() {
    let city = City::new().await;
    let tie = city.app.create("partnerships", &city.editor, city.tie()).await;
    let path = format!("/v1/partnerships/{}", id(&tie));
    let key = tie["parties"][1]["key"].as_str().unwrap();
    let stance = json!({"stance": "suspended", "since": "2011-08", "reason": "Elections."});
    let set = format!("{path}/parties/{key}/stance");
    let tie = city.app.request("PUT", &set).json(stance).key(&city.editor).if_match("*").send().await.expect(200).json;
    assert_eq!(tie["parties"][1]["stance"], "suspended");
    assert_eq!(tie["stage"], "idea", "one side's stance is not the tie's stage");
    // What was read may be sent back as it is.
    let same = json!({"parties": tie["parties"]});
    let back =
        city.app.request("PATCH", &path).json(same).key(&city.editor).if_match("*").send().await.expect(200).json;
    assert_eq!(back, tie);
    let mut without = tie["parties"].clone();
    without[1].as_object_mut().unwrap().remove("key");
    for member in ["stance", "stance_since", "stance_reason"] {
        without[1].as_object_mut().unwrap().remove(member);
    }
    let dropping =
        city.app.request("PATCH", &path).json(json!({"parties": without})).key(&city.editor).if_match("*").send().await;
    dropping.expect_problem(409, "held");
    let unknown = format!("{path}/parties/01890a5d-ac96-774b-bcce-b302099a8057/stance");
    city.app
        .request("PUT", &unknown)
        .json(json!({"stance": "engaged"}))
        .key(&city.editor)
        .if_match("*")
        .send()
        .await
        .expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_paper_is_approved_signed_and_ends() {
    let city = City::new().await;
    let body = json!({
        "parties": [{"place": city.home}, {"place": city.partner}], "kind": "memorandum", "title": {"en": "Memorandum"}, "visibility": "public",
        "approvals": [{"kind": "council"}, {"kind": "legal"}],
    });
    let paper = city.app.create("agreements", &city.editor, body).await;
    let path = format!("/v1/agreements/{}", id(&paper));
    let act = async |verb: &str, key: &str, body: Value| city.post(&format!("{path}/{verb}"), key, "*", body).await;
    act("sign", &city.approver, json!({"signed_on": "2011-09-01"})).await.expect_problem(409, "invalid_state");
    assert_eq!(act("submit", &city.editor, json!({"on": "2011-08-01"})).await.expect(200).json["state"], "in_approval");
    let keys: Vec<String> = paper["approvals"]
        .as_array()
        .unwrap()
        .iter()
        .map(|approval| approval["key"].as_str().unwrap().to_owned())
        .collect();
    for (key, state) in keys.iter().zip(["in_approval", "approved"]) {
        let decided =
            act(&format!("approvals/{key}/decide"), &city.approver, json!({"decision": "granted", "on": "2011-08-02"}))
                .await
                .expect(200);
        assert_eq!(decided.json["state"], state);
    }
    assert_eq!(
        act("sign", &city.approver, json!({"signed_on": "2011-08-10"})).await.expect(200).json["state"],
        "signed"
    );
    let future = act("enter-into-force", &city.approver, json!({"on": "2030-01-01"})).await;
    future.expect_problem(400, "invalid_body");
    let force =
        act("enter-into-force", &city.approver, json!({"on": "2011-08-11", "until": "2014-08-10"})).await.expect(200);
    assert_eq!(force.json["in_force"], "2011-08-11/2014-08-10");
    let renewed = act("renew", &city.approver, json!({"until": "2017-08-10"})).await.expect(200);
    assert_eq!(renewed.json["in_force"], "2011-08-11/2017-08-10");
    let ended = act("terminate", &city.approver, json!({"on": "2011-09-01", "reason": "Replaced."})).await.expect(200);
    assert_eq!(ended.json["state"], "terminated");
    act("void", &city.editor, json!({})).await.expect_problem(409, "invalid_state");
    let history = city.app.get(&format!("{path}/history")).key(&city.editor).send().await.expect(200).json;
    let events: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|change| change["event"].as_str().unwrap()).collect();
    assert_eq!(
        events,
        [
            "agreement.created",
            "agreement.submitted",
            "agreement.approval_decided",
            "agreement.approval_decided",
            "agreement.signed",
            "agreement.entered_into_force",
            "agreement.renewed",
            "agreement.terminated",
        ]
    );
}

#[tokio::test]
async fn what_a_tie_comes_to() {
    let city = City::new().await;
    let tie = city
        .app
        .create(
            "partnerships",
            &city.editor,
            json!({
                "arrangement": "bilateral", "kind": "friendship", "visibility": "public", "established": "2001-10-03",
                "parties": [{"place": city.home, "role": "home"}, {"place": city.partner, "role": "partner"}],
            }),
        )
        .await;
    let path = format!("/v1/partnerships/{}/summary", id(&tie));
    let empty = city.app.get(&path).send().await.expect(200).json;
    assert_eq!((&empty["engagement"], &empty["exchanges"]), (&json!("never"), &json!({"incoming": 0, "outgoing": 0})));
    assert!(empty.get("reciprocity").is_none());
    assert_eq!(empty["on"], "2011-09-05");
    for (direction, people, state) in [
        ("incoming", Some(22), "completed"),
        ("incoming", None, "completed"),
        ("outgoing", Some(10), "completed"),
        ("outgoing", Some(99), "cancelled"),
    ] {
        let (origin, destination) =
            if direction == "incoming" { (&city.partner, &city.home) } else { (&city.home, &city.partner) };
        let mut body = json!({
            "title": {"en": "Delegation"}, "direction": direction, "audience": "officials", "origin": origin, "destination": destination,
            "period": "2011-08-14", "state": state, "historical": true, "sources": [{"text": "Report"}], "partnerships": [id(&tie)], "visibility": "public",
        });
        if let Some(people) = people {
            body["headcount"] = json!({"total": {"value": people}});
        }
        city.app.create("exchanges", &city.editor, body).await;
    }
    let summary = city.app.get(&path).send().await.expect(200).json;
    assert_eq!(summary["exchanges"], json!({"incoming": 2, "outgoing": 1}));
    assert_eq!(
        summary["people"],
        json!({"incoming": {"value": 22, "qualifier": "at_least"}, "outgoing": {"value": 10, "qualifier": "exact"}})
    );
    assert_eq!(summary["engagement"], "active");
    assert_eq!(summary["anniversaries"][0], json!({"years": 10, "on": "2011-10-03"}));
    let later = city.app.get(&format!("{path}?on=2016-01-01")).send().await.expect(200).json;
    assert_eq!(later["engagement"], "dormant");
    city.app.get(&format!("{path}?on=2016")).send().await.expect_problem(400, "invalid_parameter");
}
