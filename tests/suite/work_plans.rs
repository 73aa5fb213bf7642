//! Work plans: approved by those who may, and item by item done, moved, cancelled or not done.

use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

struct Office {
    app: App,
    editor: String,
    approver: String,
}

impl Office {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        let approver = app.key(Role::Approver, "blagoveshchensk").await;
        Self { app, editor, approver }
    }

    async fn plan(&self, items: Value) -> Value {
        let body = json!({"year": 2011, "visibility": "public", "instruments": ["events"], "items": items});
        self.app.create("work-plans", &self.editor, body).await
    }

    async fn approved(&self) -> Value {
        let plan =
            self.plan(json!([{"title": {"en": "Exhibition"}}, {"title": {"en": "Fair"}, "due": "2011-06"}])).await;
        self.post(&plan, "approve", &self.approver, json!({"on": "2010-12-27"})).await.expect(200).json
    }

    async fn event(&self) -> Value {
        let body = json!({"kind": "exhibition", "title": {"en": "Exhibition"}, "visibility": "public"});
        self.app.create("events", &self.editor, body).await
    }

    async fn post(&self, plan: &Value, action: &str, key: &str, body: Value) -> Reply {
        let path = format!("/v1/work-plans/{}/{action}", id(plan));
        self.app.post(&path, body).key(key).if_match("*").send().await
    }

    async fn go(&self, plan: &Value, body: Value) -> Reply {
        self.post(plan, "transitions", &self.editor, body).await
    }

    async fn item(&self, plan: &Value, index: usize, body: Value) -> Reply {
        let key = plan["items"][index]["key"].as_str().unwrap();
        self.post(plan, &format!("items/{key}/transitions"), &self.editor, body).await
    }

    async fn patch(&self, plan: &Value, body: Value) -> Reply {
        let path = format!("/v1/work-plans/{}", id(plan));
        self.app.request("PATCH", &path).json(body).key(&self.editor).if_match("*").send().await
    }
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

fn done(event: &Value) -> Value {
    json!({"to": "done", "on": "2011-09", "fulfilled_by": [{"collection": "events", "id": id(event)}]})
}

#[tokio::test]
async fn a_plan_is_approved_by_those_who_may() {
    let office = Office::new().await;
    let empty = office.plan(json!([])).await;
    assert_eq!(empty["state"], "draft");
    let refused =
        office.post(&empty, "approve", &office.approver, json!({})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["items"]));
    office.post(&empty, "approve", &office.editor, json!({})).await.expect_problem(403, "forbidden");
    let refused = office.go(&empty, json!({"to": "approved"})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/to".into(), "not_allowed".into())]);
    office.go(&empty, json!({"to": "in_execution"})).await.expect_problem(409, "invalid_state");

    let plan = office.approved().await;
    assert_eq!((&plan["state"], &plan["version"]), (&json!("approved"), &json!(2)));
    office.post(&plan, "approve", &office.approver, json!({})).await.expect_problem(409, "invalid_state");
    let refused = office.go(&plan, json!({"to": "draft"})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/reason".into(), "required".into())]);
    let back = office.go(&plan, json!({"to": "draft", "reason": "The mayor's remarks."})).await.expect(200);
    assert_eq!(back.json["state"], "draft");
}

#[tokio::test]
async fn an_item_is_done_by_what_fulfilled_it() {
    let office = Office::new().await;
    let event = office.event().await;
    let draft = office.plan(json!([{"title": {"en": "Exhibition"}}])).await;
    assert_eq!(draft["items"][0]["state"], "planned");
    let refused = office.item(&draft, 0, done(&event)).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["plan_in_execution"]));

    let plan = office.approved().await;
    let refused = office.item(&plan, 0, json!({"to": "done"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["fulfilled_by"]));
    let wrong = json!({"to": "done", "fulfilled_by": [{"collection": "exchanges", "id": id(&event)}]});
    let refused = office.item(&plan, 0, wrong).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/items/0/fulfilled_by/0/id".into(), "unknown_reference".into())]);
    let after = office.item(&plan, 0, done(&event)).await.expect(200).json;
    assert_eq!(after["items"][0]["fulfilled_by"], json!([{"collection": "events", "id": id(&event)}]));
    assert_eq!((&after["items"][0]["state"], &after["items"][1]["state"]), (&json!("done"), &json!("planned")));
    let unknown = format!("items/{}/transitions", id(&event));
    office.post(&plan, &unknown, &office.editor, done(&event)).await.expect_problem(404, "not_found");

    // What fulfilled an item is held by the plan, and leads to it.
    let path = format!("/v1/events/{}", id(&event));
    let refused = office.app.request("DELETE", &path).key(&office.editor).if_match("*").send().await;
    let refused = refused.expect_problem(409, "has_dependents");
    assert_eq!(refused.json["dependents"], json!([{"collection": "work_plans", "count": 1}]));
    for query in [format!("fulfilled_by={}", id(&event)), "item_state=done".to_owned()] {
        let page = office.app.get(&format!("/v1/work-plans?year=2011&{query}")).send().await.expect(200).json;
        assert_eq!(page["items"].as_array().unwrap().len(), 1, "{query}");
        assert_eq!(page["items"][0]["id"], plan["id"]);
    }
    let none = office.app.get("/v1/work-plans?year=2012").send().await.expect(200).json;
    assert_eq!(none["items"], json!([]));
}

#[tokio::test]
async fn items_keep_what_became_of_them() {
    let office = Office::new().await;
    let event = office.event().await;
    let plan = office.approved().await;
    let plan = office.item(&plan, 0, done(&event)).await.expect(200).json;
    let moved = json!({"to": "moved", "reason": "Flood.", "due": "2011-12"});
    let plan = office.item(&plan, 1, moved).await.expect(200).json;
    assert_eq!((&plan["items"][1]["due"], &plan["items"][1]["reason"]), (&json!("2011-12"), &json!("Flood.")));
    // What was read may be sent back as it is, and other members change nothing of it.
    let back = office.patch(&plan, json!({"items": plan["items"]})).await.expect(200).json;
    assert_eq!(back, plan);
    let titled = office.patch(&plan, json!({"title": {"en": "Plan"}})).await.expect(200).json;
    assert_eq!(titled["items"], plan["items"]);
    let mut claimed = plan["items"].clone();
    claimed[1]["state"] = json!("done");
    let refused = office.patch(&plan, json!({"items": claimed})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/items/1/state".into(), "read_only".into())]);
    let only_new = json!({"items": [{"title": {"en": "Festival"}}]});
    office.patch(&plan, only_new).await.expect_problem(409, "held");
}

#[tokio::test]
async fn a_plan_is_reported_on_when_something_became_of_every_item() {
    let office = Office::new().await;
    let event = office.event().await;
    let plan = office.approved().await;
    office.go(&plan, json!({"to": "in_execution", "on": "2011-01-11"})).await.expect(200);
    office.item(&plan, 0, done(&event)).await.expect(200);
    let refused = office.go(&plan, json!({"to": "reported"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["settled_items"]));
    office.item(&plan, 1, json!({"to": "not_done"})).await.expect_problem(400, "invalid_body");
    office.item(&plan, 1, json!({"to": "not_done", "reason": "No money."})).await.expect(200);
    let reported = office.go(&plan, json!({"to": "reported"})).await.expect(200).json;
    assert_eq!(reported["state"], "reported");

    office.item(&plan, 1, json!({"to": "planned", "reason": "Money."})).await.expect_problem(409, "invalid_state");
    let mut items = reported["items"].clone();
    items[1]["due"] = json!("2011-12");
    let refused = office.patch(&plan, json!({"items": items})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/items".into(), "not_allowed".into())]);
    let again = office.go(&plan, json!({"to": "in_execution", "reason": "Money."})).await.expect(200);
    assert_eq!(again.json["state"], "in_execution");
    let planned = office.item(&plan, 1, json!({"to": "planned", "reason": "Money."})).await.expect(200).json;
    assert_eq!(planned["items"][1]["state"], "planned");

    let history = office.app.get(&format!("/v1/work-plans/{}/history", id(&plan))).send().await.expect(200).json;
    let events: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|change| change["event"].as_str().unwrap()).collect();
    assert_eq!(events[1], "work_plan.approved");
    assert_eq!(events.iter().filter(|event| **event == "work_plan.item_transitioned").count(), 3);
    assert_eq!(events.iter().filter(|event| **event == "work_plan.transitioned").count(), 3);
}
