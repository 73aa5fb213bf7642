//! Reports over HTTP: what they say of the demo city, in which forms, to whom. That every fact of
//! the founding report is told, and told by its records, is tested where reports are written.

use expect_test::expect_file;
use pobratim_domain::Role;
use pobratim_tests::{App, municipality};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");
const ANNUAL: &str = "/v1/reports/annual/2011?as_of=2011-12-31";

async fn demo() -> App {
    let app = App::start().await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app
}

async fn text(app: &App, path: &str) -> String {
    String::from_utf8(app.get(path).send().await.expect(200).bytes).unwrap()
}

/// Every installation gives ids of its own; the rest is the same to the byte.
fn without_ids(text: &str) -> String {
    let is_id = |part: &str| part.len() == 36 && uuid::Uuid::try_parse(part).is_ok();
    let mut rest = text;
    let mut whole = String::new();
    while let Some(at) = rest.find("/v1/") {
        let (before, after) = rest.split_at(at);
        whole.push_str(before);
        let end = after.find([')', '"', ' ', '<']).unwrap_or(after.len());
        let (link, left) = after.split_at(end);
        let link: Vec<&str> = link.split('/').map(|part| if is_id(part) { "ID" } else { part }).collect();
        whole.push_str(&link.join("/"));
        rest = left;
    }
    whole + rest
}

#[tokio::test]
async fn the_year_is_told_alike_on_every_database() {
    let app = demo().await;
    for (lang, file) in
        [("ru", expect_file!["../snapshots/annual-2011.ru.md"]), ("en", expect_file!["../snapshots/annual-2011.en.md"])]
    {
        let told = text(&app, &format!("{ANNUAL}&lang={lang}&format=markdown")).await;
        file.assert_eq(&without_ids(&told));
    }
    for path in ["/v1/reports/agreements/2011", "/v1/reports/partnerships/PAR-0001", "/v1/reports/annual/2011"] {
        for form in ["json", "html", "markdown", "docx"] {
            let path = format!("{path}?as_of=2011-12-31&format={form}");
            let [one, other] = [app.get(&path).send().await.expect(200), app.get(&path).send().await.expect(200)];
            assert_eq!(one.bytes, other.bytes, "{path}");
        }
    }
}

#[tokio::test]
async fn a_report_is_had_in_the_form_that_is_asked_for() {
    let app = demo().await;
    let form = async |accept: &str, query: &str| {
        let reply = app.get(&format!("{ANNUAL}{query}")).header("Accept", accept).send().await.expect(200);
        reply.header("Content-Type").to_owned()
    };
    assert_eq!(form("*/*", "").await, "application/json");
    assert_eq!(form("text/markdown", "").await, "text/markdown; charset=utf-8");
    let browser = "text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8";
    assert_eq!(form(browser, "").await, "text/html; charset=utf-8");
    assert_eq!(form(browser, "&format=json").await, "application/json");
    let docx = app.get(&format!("{ANNUAL}&format=docx")).send().await.expect(200);
    assert!(docx.bytes.starts_with(b"PK"), "a DOCX is a ZIP archive");
    assert_eq!(docx.header("Content-Disposition"), "attachment; filename=\"annual-2011-blagoveshchensk.docx\"");
    let again = app.get(&format!("{ANNUAL}&format=docx")).send().await.expect(200);
    assert_eq!(docx.bytes, again.bytes, "the same to the byte");
    let refused = app.get(ANNUAL).header("Accept", "image/png").send().await;
    refused.expect_problem(406, "not_acceptable");

    let page = text(&app, &format!("{ANNUAL}&lang=ru&format=html")).await;
    assert!(page.contains("<html lang=\"ru\"") && page.contains("<svg"), "a page with its charts");
    for outside in ["<script", "http://", "https://", "@import", "url("] {
        let found = page.match_indices(outside).map(|(at, _)| &page[at..(at + 60).min(page.len())]);
        let found: Vec<&str> = found.filter(|found| !found.starts_with("http://www.w3.org/")).collect();
        assert!(found.is_empty(), "{found:?}");
    }
}

#[tokio::test]
async fn a_report_is_told_in_the_language_of_its_reader() {
    let app = demo().await;
    let title = async |lang: &str, query: &str| {
        let reply = app.get(&format!("{ANNUAL}{query}")).header("Accept-Language", lang).send().await.expect(200);
        reply.json["title"].as_str().unwrap().to_owned()
    };
    let russian = "Международная деятельность города Благовещенска в 2011 году";
    assert_eq!(title("de", "").await, russian, "the city's own language");
    assert_eq!(title("de, en;q=0.5", "").await, "International relations of Blagoveshchensk in 2011");
    assert_eq!(title("en", "&lang=ru").await, russian);
    assert_eq!(title("ru", "&lang=zh").await, "布拉戈维申斯克市2011年国际交往");
}

#[tokio::test]
async fn a_question_that_makes_no_sense_is_answered_with_all_its_faults() {
    let app = demo().await;
    let refused = app.get("/v1/reports/annual/2011?lang=xx&as_of=2011-02-30&format=pdf&colour=red").send().await;
    let mut faults = refused.expect_problem(400, "invalid_parameter").faults();
    faults.sort();
    let names: Vec<&str> = faults.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["as_of", "colour", "format", "lang"]);
    for path in
        ["/v1/reports/annual/11", "/v1/reports/annual/02011", "/v1/reports/annual/next", "/v1/reports/agreements/9999"]
    {
        app.get(path).send().await.expect_problem(404, "not_found");
    }
    app.get("/v1/reports/partnerships/PAR-9999").send().await.expect_problem(404, "not_found");
    app.get("/v1/reports/annual/2011?municipality=atlantis").send().await.expect_problem(404, "not_found");
}

#[tokio::test]
async fn of_several_cities_one_is_named() {
    let app = demo().await;
    let operator = app.operator().await;
    app.post("/v1/municipalities", municipality("heihe")).key(&operator).send().await.expect(201);
    let refused = app.get("/v1/reports/annual/2011").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(refused.faults(), [("municipality".to_owned(), "required".to_owned())]);
    let heihe = app.get("/v1/reports/annual/2011?municipality=heihe").send().await.expect(200).json;
    assert_eq!(heihe["municipality"], "heihe");
    assert!(!heihe.to_string().contains("PAR-0001"), "the ties of another city");
    let own = app.get("/v1/reports/annual/2011").key(&app.editor().await).send().await.expect(200).json;
    assert_eq!(own["municipality"], "blagoveshchensk");
}

#[tokio::test]
async fn a_reader_is_told_what_he_may_see() {
    let app = demo().await;
    let editor = app.editor().await;
    let places = app.get("/v1/places?limit=4").send().await.json;
    let (home, heihe) = (places["items"][0]["id"].clone(), places["items"][3]["id"].clone());
    let secret = json!({
        "title": {"ru": "Закрытая поездка"}, "direction": "outgoing", "audience": "officials", "period": "2011-11",
        "origin": home, "destination": heihe, "visibility": "internal", "notes": "Служебное",
    });
    app.create("exchanges", &editor, secret).await;
    let tells = async |key: Option<&str>| {
        let asked = app.get(ANNUAL);
        let asked = if let Some(key) = key { asked.key(key) } else { asked };
        asked.send().await.expect(200).json.to_string()
    };
    assert!(tells(Some(&editor)).await.contains("Закрытая поездка"));
    assert!(!tells(Some(&editor)).await.contains("Служебное"), "remarks are no part of a report");
    assert!(!tells(None).await.contains("Закрытая поездка"));
    let tie = json!({
        "arrangement": "bilateral", "kind": "contact", "stage": "active", "visibility": "internal", "historical": true,
        "sources": [{"text": "Записка"}],
        "parties": [{"place": home, "role": "home"}, {"place": app.get("/v1/places/PLA-0020").send().await.json["id"], "role": "partner"}],
    });
    let tie = app.create("partnerships", &editor, tie).await;
    let page = format!("/v1/reports/partnerships/{}", tie["id"].as_str().unwrap());
    app.get(&page).key(&editor).send().await.expect(200);
    app.get(&page).send().await.expect_problem(404, "not_found");
    let stranger = app.key(Role::Admin, "heihe").await;
    app.get(&page).key(&stranger).send().await.expect_problem(404, "not_found");
    let told = app.get(&format!("{ANNUAL}&municipality=blagoveshchensk")).key(&stranger).send().await.expect(200);
    assert!(!told.json.to_string().contains("Закрытая поездка"));
}

#[tokio::test]
async fn a_report_is_asked_for_again_only_when_something_changed() {
    let app = demo().await;
    let editor = app.editor().await;
    let tag = app.get(ANNUAL).send().await.expect(200).tag().to_owned();
    let again = async || app.get(ANNUAL).header("If-None-Match", &tag).send().await;
    again().await.expect(304);
    let other = app.get(&format!("{ANNUAL}&format=html")).send().await.expect(200);
    assert_ne!(other.tag(), tag, "other bytes, another tag");
    let note = json!({"year": 2011, "section": "plans", "text": {"ru": "В 2012 году — двадцать вторая встреча."}, "visibility": "public"});
    app.create("report-notes", &editor, note).await;
    let changed = again().await.expect(200).json;
    assert!(section(&changed, "plans").to_string().contains("двадцать вторая встреча"));
}

fn section<'r>(report: &'r Value, key: &str) -> &'r Value {
    report["sections"].as_array().unwrap().iter().find(|section| section["key"] == key).unwrap()
}

#[tokio::test]
async fn a_year_of_which_nothing_is_known_says_so() {
    let app = App::with_city().await;
    let report = app.get("/v1/reports/annual/1999").send().await.expect(200).json;
    for key in ["overview", "multilateral", "plans", "annex_exchanges"] {
        assert_eq!(section(&report, key)["blocks"][0]["kind"], "empty", "{key}");
    }
    let papers = app.get("/v1/reports/agreements/1999").send().await.expect(200).json;
    assert_eq!(section(&papers, "lapsed")["blocks"][0]["kind"], "empty");
}

#[tokio::test]
async fn papers_are_listed_by_what_became_of_them() {
    let app = demo().await;
    let report = app.get("/v1/reports/agreements/2011?lang=ru").send().await.expect(200).json;
    let refs = |key: &str| {
        let rows = section(&report, key)["blocks"]
            .as_array()
            .unwrap()
            .iter()
            .flat_map(|block| block["table"]["rows"].as_array().into_iter().flatten());
        rows.map(|row| row["records"][0]["ref"].as_str().unwrap().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(refs("concluded"), ["AGR-0002"]);
    assert_eq!(refs("term_unknown"), ["AGR-0001", "AGR-0002", "AGR-0003", "AGR-0004", "AGR-0005", "AGR-0006"]);
}

#[tokio::test]
async fn a_tie_is_told_on_a_page() {
    let app = demo().await;
    let report = app.get("/v1/reports/partnerships/PAR-0001?lang=ru&as_of=2011-12-31").send().await.expect(200).json;
    assert_eq!(report["title"], "Благовещенск – Хэйхэ");
    let tie = section(&report, "tie").to_string();
    assert!(tie.contains("побратимские связи") && tie.contains("PAR-0001"), "{tie}");
    assert!(section(&report, "papers").to_string().contains("AGR-0002"));
    assert!(section(&report, "activity").to_string().contains("EVT-0001"));
}
