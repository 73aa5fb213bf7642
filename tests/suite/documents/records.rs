//! What is a document's own as a record: what cites it, and what becomes of its file.

use pobratim_tests::App;
use serde_json::json;

use super::{PDF, document, uploaded};

#[tokio::test]
async fn what_is_cited_stays() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, reply) = uploaded(&app, &editor, json!({"visibility": "public"}), PDF).await;
    let id = reply.json["id"].as_str().unwrap();
    let place = |sources| {
        json!({
            "kind": "municipality", "country": "CN", "visibility": "public", "sources": sources,
            "names": [{"text": "Heihe", "lang": "en", "kind": "official", "preferred": true}],
        })
    };
    let unknown = "01890a5d-ac96-774b-bcce-b302099a8999";
    let body = place(json!([{"text": "Report", "document_id": id}, {"text": "Report", "document_id": unknown}]));
    let refused = app.post("/v1/places", body).key(&editor).send().await.expect_problem(400, "invalid_body");
    assert_eq!(refused.faults(), [("/sources/1/document_id".into(), "unknown_reference".into())]);
    let citing = app.create("places", &editor, place(json!([{"text": "Report", "document_id": id}]))).await;
    let delete = || app.request("DELETE", &path).key(&editor).if_match(reply.tag());
    let refused = delete().send().await.expect_problem(409, "has_dependents");
    assert_eq!(refused.json["dependents"], json!([{"collection": "places", "count": 1}]));
    let at = format!("/v1/places/{}", citing["id"].as_str().unwrap());
    let claims = json!([{"field": "population", "value": "1", "state": "disputed", "sources": [{"text": "Report", "document_id": id}]}]);
    let patch = |body| app.request("PATCH", &at).key(&editor).if_match("*").json(body);
    patch(json!({"sources": [], "claims": claims})).send().await.expect(200);
    delete().send().await.expect_problem(409, "has_dependents");
    patch(json!({"claims": []})).send().await.expect(200);
    delete().send().await.expect(204);
    assert!(app.database.verify().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn a_deleted_document_keeps_its_file_and_comes_back_with_it() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let (path, reply) = uploaded(&app, &editor, json!({"visibility": "public"}), PDF).await;
    let content = format!("{path}/content");
    let gone = app.request("DELETE", &path).key(&editor).if_match(reply.tag()).send().await.expect(204);
    app.get(&content).send().await.expect_problem(404, "not_found");
    assert_eq!(app.database.contents().await.unwrap().len(), 1, "it is not to be swept");
    let restored =
        app.request("POST", &format!("{path}/restore")).key(&editor).if_match(gone.tag()).send().await.expect(200);
    assert_eq!(restored.json["content"], reply.json["content"]);
    assert_eq!(app.get(&content).send().await.expect(200).bytes, PDF);
    assert!(app.database.verify().await.unwrap().faults.is_empty());
}

#[tokio::test]
async fn documents_are_found_by_what_they_belong_to() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let names = json!([{"text": "Department", "lang": "en", "preferred": true}]);
    let issuer =
        app.create("organizations", &editor, json!({"kind": "department", "country": "RU", "names": names})).await;
    let id = issuer["id"].as_str().unwrap();
    document(&app, &editor, json!({"issuer": id, "date": "2011-06", "lang": "ru", "number": "17"})).await;
    document(&app, &editor, json!({"kind": "photo", "date": "2012"})).await;
    for (query, count) in [
        (format!("issuer={id}"), 1),
        ("kind=photo".to_owned(), 1),
        ("lang=ru".to_owned(), 1),
        ("date_from=2011-06-30&date_to=2011-12".to_owned(), 1),
        ("has_content=false&sort=-date".to_owned(), 2),
        ("has_content=true".to_owned(), 0),
        (format!("events={id}"), 0),
    ] {
        let found = app.get(&format!("/v1/documents?{query}")).key(&editor).send().await.expect(200);
        assert_eq!(found.json["items"].as_array().unwrap().len(), count, "{query}");
    }
    let both = json!({"title": {"en": "x"}, "kind": "letter", "letter": id, "partnerships": [id]});
    let refused = app.post("/v1/documents", both).key(&editor).send().await.expect_problem(400, "invalid_body");
    let faults: Vec<String> = refused.faults().into_iter().map(|(pointer, _)| pointer).collect();
    assert_eq!(faults, ["/partnerships/0", "/letter"]);
}
