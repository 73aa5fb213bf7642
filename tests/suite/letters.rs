//! Letters: sent, awaited, answered by another letter; the chain they make, and what is overdue.

use pobratim_domain::Role;
use pobratim_tests::{App, Reply};
use serde_json::{Value, json};

struct Office {
    app: App,
    editor: String,
}

impl Office {
    async fn new() -> Self {
        let app = App::with_city().await;
        let editor = app.editor().await;
        Self { app, editor }
    }

    async fn letter(&self, direction: &str, more: Value) -> Value {
        let mut body = json!({
            "direction": direction, "channel": "post", "visibility": "public",
            "subject": {"en": "On twinning", "ru": "О побратимстве"},
        });
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        self.app.create("letters", &self.editor, body).await
    }

    async fn go(&self, letter: &Value, body: Value) -> Reply {
        let path = format!("/v1/letters/{}/transitions", id(letter));
        self.app.post(&path, body).key(&self.editor).if_match("*").send().await
    }

    async fn patch(&self, letter: &Value, body: Value) -> Reply {
        let path = format!("/v1/letters/{}", id(letter));
        self.app.request("PATCH", &path).json(body).key(&self.editor).if_match("*").send().await
    }

    async fn refs(&self, query: &str) -> Vec<String> {
        let page = self.app.get(&format!("/v1/letters?{query}")).send().await.expect(200).json;
        let items = page["items"].as_array().unwrap();
        items.iter().map(|item| item["ref"].as_str().unwrap().to_owned()).collect()
    }
}

fn id(record: &Value) -> &str {
    record["id"].as_str().unwrap()
}

#[tokio::test]
async fn a_letter_is_sent_and_awaited_and_answered() {
    let office = Office::new().await;
    let draft = office.letter("outgoing", json!({})).await;
    assert_eq!((&draft["state"], draft.get("sent_on")), (&json!("draft"), None));
    let waits = json!({"to": "awaiting_reply", "on": "2011-09-01", "reply_due": "2011-09-20"});
    let sent = office.go(&draft, waits).await.expect(200).json;
    assert_eq!(
        (&sent["state"], &sent["sent_on"], &sent["reply_due"]),
        (&json!("awaiting_reply"), &json!("2011-09-01"), &json!("2011-09-20"))
    );
    let refused = office.go(&draft, json!({"to": "answered"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["missing"], json!(["reply"]));
    let refused = office.go(&draft, json!({"to": "sent"})).await.expect_problem(409, "invalid_state");
    assert_eq!(refused.json["state"]["allowed"], json!(["answered", "closed"]));

    let reply = office.letter("incoming", json!({"reply_to": id(&draft), "sent_on": "2011-09-03"})).await;
    assert_eq!(reply["state"], "sent", "a letter of theirs is no draft");
    let answered = office.go(&draft, json!({"to": "answered", "reply": id(&reply)})).await.expect(200).json;
    assert_eq!((&answered["state"], &answered["version"]), (&json!("answered"), &json!(3)));
    assert_eq!(office.go(&draft, json!({"to": "closed"})).await.expect(200).json["state"], "closed");

    let history = office.app.get(&format!("/v1/letters/{}/history", id(&draft))).send().await.expect(200).json;
    let told = &history["items"][2];
    assert_eq!((&told["event"], &told["detail"]["reply"]), (&json!("letter.transitioned"), &reply["id"]));
}

#[tokio::test]
async fn only_a_reply_answers() {
    let office = Office::new().await;
    let ours = office.letter("outgoing", json!({})).await;
    office.go(&ours, json!({"to": "awaiting_reply"})).await.expect(200);
    let stranger = office.letter("incoming", json!({})).await;
    let echo = office.letter("outgoing", json!({"reply_to": id(&ours)})).await;
    let before = office.app.database.head().await.unwrap().revision;
    for (wrong, code) in [
        (id(&stranger), "not_allowed"),
        (id(&echo), "not_allowed"),
        ("01890a5d-ac96-774b-bcce-b302099a8057", "unknown_reference"),
    ] {
        let refused = office.go(&ours, json!({"to": "answered", "reply": wrong})).await;
        assert_eq!(refused.expect_problem(400, "invalid_body").faults(), [("/reply".into(), code.into())]);
    }
    assert_eq!(office.app.database.head().await.unwrap().revision, before, "a refusal changes nothing");
    // What the editor does not see is like a missing one.
    let admin = office.app.key(Role::Admin, "blagoveshchensk").await;
    let hidden = json!({
        "direction": "incoming", "channel": "post", "subject": {"en": "Secret"}, "visibility": "restricted", "reply_to": id(&ours),
    });
    let hidden = office.app.create("letters", &admin, hidden).await;
    let refused = office.go(&ours, json!({"to": "answered", "reply": id(&hidden)})).await;
    assert_eq!(refused.faults(), [("/reply".into(), "unknown_reference".into())]);
    let refused = office.go(&ours, json!({"to": "closed"})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/reason".into(), "required".into())]);
}

#[tokio::test]
async fn who_may_and_what_was_seen() {
    let office = Office::new().await;
    let ours = office.letter("outgoing", json!({})).await;
    let path = format!("/v1/letters/{}/transitions", id(&ours));
    let send = |key: Option<&str>, tag: Option<&str>| {
        let mut request = office.app.post(&path, json!({"to": "sent"}));
        if let Some(key) = key {
            request = request.key(key);
        }
        if let Some(tag) = tag {
            request = request.if_match(tag);
        }
        request.send()
    };
    send(None, Some("*")).await.expect_problem(401, "unauthenticated");
    let reader = office.app.key(Role::Reader, "blagoveshchensk").await;
    send(Some(&reader), Some("*")).await.expect_problem(403, "forbidden");
    send(Some(&office.editor), None).await.expect_problem(428, "precondition_required");
    let seen = office.app.get(&format!("/v1/letters/{}", id(&ours))).send().await.expect(200);
    office.patch(&ours, json!({"number": "01-17/2345"})).await.expect(200);
    send(Some(&office.editor), Some(seen.tag())).await.expect_problem(412, "stale");
    let refused = office.patch(&ours, json!({"state": "sent"})).await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/state".into(), "read_only".into())]);
    let missing = "/v1/letters/01890a5d-ac96-774b-bcce-b302099a8057/transitions";
    let missing = office.app.post(missing, json!({"to": "sent"})).key(&office.editor).if_match("*");
    missing.send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn a_chain_tells_what_is_overdue() {
    let office = Office::new().await;
    let first = office.letter("outgoing", json!({})).await;
    let waits = json!({"to": "awaiting_reply", "on": "2011-07-01", "reply_due": "2011-08"});
    office.go(&first, waits).await.expect(200);
    let second = office.letter("incoming", json!({"reply_to": id(&first), "sent_on": "2011-08-20"})).await;
    let third = office.letter("outgoing", json!({"reply_to": id(&second), "visibility": "internal"})).await;
    let other = office.letter("outgoing", json!({})).await;

    let path = |letter: &Value| format!("/v1/letters/{}/chain", id(letter));
    for letter in [&first, &second, &third] {
        let chain = office.app.get(&path(letter)).key(&office.editor).send().await.expect(200).json;
        let told: Vec<(&str, bool)> = chain["letters"]
            .as_array()
            .unwrap()
            .iter()
            .map(|letter| (letter["ref"].as_str().unwrap(), letter["overdue"].as_bool().unwrap()))
            .collect();
        assert_eq!(told, [("LET-0001", true), ("LET-0002", false), ("LET-0003", false)]);
        assert_eq!((&chain["on"], &chain["overdue"]), (&json!("2011-09-05"), &json!(1)));
    }
    let alone = office.app.get(&path(&other)).send().await.expect(200);
    assert_eq!(alone.json["letters"].as_array().unwrap().len(), 1);
    office.app.get(&path(&other)).header("If-None-Match", alone.tag()).send().await.expect(304);
    // The public sees what is public, and no more.
    let public = office.app.get(&path(&first)).send().await.expect(200).json;
    assert_eq!(public["letters"].as_array().unwrap().len(), 2);
    office.app.get(&path(&third)).send().await.expect_problem(404, "not_found");
    // On an earlier day nothing was overdue.
    let earlier = office.app.get(&format!("{}?on=2011-08-31", path(&first))).send().await.expect(200).json;
    assert_eq!(earlier["overdue"], 0);
    office.app.get(&format!("{}?on=2011-08", path(&first))).send().await.expect_problem(400, "invalid_parameter");

    assert_eq!(office.refs("state=awaiting_reply&reply_due_to=2011-09-04").await, ["LET-0001"]);
    assert!(office.refs("state=awaiting_reply&reply_due_to=2011-07").await.is_empty());

    // A circle is walked once.
    office.patch(&first, json!({"reply_to": id(&third)})).await.expect(200);
    let circle = office.app.get(&path(&second)).key(&office.editor).send().await.expect(200).json;
    assert_eq!(circle["letters"].as_array().unwrap().len(), 3);
}

#[tokio::test]
async fn letters_are_found_by_who_wrote_and_what_they_reply_to() {
    let office = Office::new().await;
    let city = json!({"kind": "administration", "country": "RU", "visibility": "public", "names": [{"text": "City", "lang": "en", "preferred": true}]});
    let city = office.app.create("organizations", &office.editor, city).await;
    let first = office.letter("outgoing", json!({"from": id(&city), "number": "01-17/2345"})).await;
    let second = office.letter("incoming", json!({"to": id(&city), "via": [id(&city)], "reply_to": id(&first)})).await;
    for (query, found) in [
        (format!("from={}", id(&city)), &first),
        (format!("to={}", id(&city)), &second),
        (format!("via={}", id(&city)), &second),
        (format!("reply_to={}", id(&first)), &second),
        ("direction=outgoing".to_owned(), &first),
        ("state=sent&sort=-sent_on".to_owned(), &second),
        ("q=2345".to_owned(), &first),
    ] {
        assert_eq!(office.refs(&query).await, [found["ref"].as_str().unwrap()], "{query}");
    }
    let page = office.app.get("/v1/letters?expand=organizations").send().await.expect(200).json;
    assert_eq!(page["included"]["organizations"][0]["id"], city["id"]);
    // What is replied to cannot go before its reply.
    let path = format!("/v1/letters/{}", id(&first));
    let delete = || office.app.request("DELETE", &path).key(&office.editor).if_match("*").send();
    let refused = delete().await.expect_problem(409, "has_dependents");
    assert_eq!(refused.json["dependents"], json!([{"collection": "letters", "count": 1}]));
    office.patch(&second, json!({"reply_to": null})).await.expect(200);
    delete().await.expect(204);
}
