//! Findings: what the demo city has to raise, who sees which, filters and pages, and accepting one.

use std::collections::BTreeSet;

use pobratim_domain::Role;
use pobratim_tests::{App, municipality};
use serde_json::{Value, json};

const DEMO: &str = include_str!("../../demo/blagoveshchensk.json");
const REPORT: &str = "/v1/findings?year=2011&on=2012-12-31&limit=200";

async fn demo() -> App {
    let app = App::start().await;
    pobratim_api::load(&app.api, DEMO, |_, _| {}).await.unwrap();
    app
}

async fn found(app: &App, path: &str) -> Vec<Value> {
    let page = app.get(path).send().await.expect(200).json;
    assert!(page["page"].get("next_cursor").is_none() && page["page"].get("truncated").is_none(), "{:#}", page["page"]);
    page["items"].as_array().unwrap().clone()
}

fn refs(findings: &[Value], code: &str) -> BTreeSet<String> {
    let of = findings.iter().filter(|finding| finding["code"] == code);
    of.map(|finding| finding["record"]["ref"].as_str().unwrap().to_owned()).collect()
}

fn set(refs: &[&str]) -> BTreeSet<String> {
    refs.iter().map(|reference| (*reference).to_owned()).collect()
}

fn the<'f>(findings: &'f [Value], code: &str, reference: &str) -> &'f Value {
    let is = |finding: &&Value| finding["code"] == code && finding["record"]["ref"] == reference;
    findings.iter().find(is).unwrap_or_else(|| panic!("{code} of {reference}"))
}

fn texts(finding: &Value, name: &str) -> Vec<String> {
    let evidence = finding["evidence"].as_array().unwrap().iter().filter(|evidence| evidence["name"] == name);
    evidence.map(|evidence| evidence["text"].as_str().unwrap().to_owned()).collect()
}

#[tokio::test]
async fn the_founding_report_raises_what_it_must() {
    let app = demo().await;
    let findings = found(&app, REPORT).await;

    // Three claims for Heihe's date.
    assert_eq!(refs(&findings, "conflicting_claims"), set(&["PAR-0001"]));
    let claims = the(&findings, "conflicting_claims", "PAR-0001");
    assert_eq!(claims["field"], "established");
    assert_eq!(texts(claims, "established"), ["2003-07-17", "2009", "2011"]);

    // Facts of 2003, 2007, 2008, 2010 and 2012 in a report for 2011.
    let outside = ["AGR-0001", "AGR-0006", "EVT-0006", "EVT-0007", "EVT-0009", "EVT-0010", "EXC-0001", "ORG-0011"];
    assert_eq!(refs(&findings, "outside_year"), set(&outside));
    let years: BTreeSet<String> = findings
        .iter()
        .filter(|finding| finding["code"] == "outside_year")
        .map(|finding| texts(finding, finding["field"].as_str().unwrap())[0][..4].to_owned())
        .collect();
    assert_eq!(years, set(&["2003", "2007", "2008", "2010", "2012"]));

    // The 21st mayors' meeting, retold four years later.
    assert_eq!(refs(&findings, "reused_edition"), set(&["EVT-0006"]));
    let edition = the(&findings, "reused_edition", "EVT-0006");
    assert_eq!(texts(edition, "series"), ["japan_russia_mayors 21"]);

    // Events still "planned" after their time; exchanges and the plan as well.
    let past = ["EVT-0003", "EVT-0005", "EVT-0010", "EXC-0002", "EXC-0003", "WPL-0001"];
    assert_eq!(refs(&findings, "planned_but_past"), set(&past));
    assert_eq!(texts(the(&findings, "planned_but_past", "WPL-0001"), "items").len(), 2);

    // 22 and 22 with no exchanges recorded.
    assert_eq!(refs(&findings, "reported_without_records"), set(&["OBS-0001", "OBS-0002"]));
    let figure = the(&findings, "reported_without_records", "OBS-0001");
    assert_eq!((texts(figure, "reported"), texts(figure, "counted")), (vec!["22".to_owned()], vec!["0".to_owned()]));

    // Lists ending in «и др.».
    assert_eq!(refs(&findings, "incomplete_list"), set(&["ASC-0002", "PAR-0003"]));
    let cities = the(&findings, "incomplete_list", "PAR-0003");
    assert!(texts(cities, "quote")[0].contains("Гонконг и др."), "{cities:#}");
    let others = ["PAR-0010", "PAR-0011", "PAR-0012", "PAR-0013", "PAR-0014"];
    assert_eq!(texts(cities, "also_in"), others, "one sentence is one finding");
    assert_eq!(the(&findings, "incomplete_list", "ASC-0002")["evidence"][0]["locator"], "F38");

    // No tourism content.
    let missing: Vec<_> = findings.iter().filter(|finding| finding["code"] == "missing_section").collect();
    assert_eq!(missing.len(), 1);
    assert_eq!(
        (texts(missing[0], "domain"), &missing[0]["record"]["ref"]),
        (vec!["tourism".to_owned()], &json!("MUN-0001"))
    );

    // National associations listed as international.
    assert_eq!(refs(&findings, "national_as_international"), set(&["ORG-0017", "ORG-0018"]));

    // «КР» is ambiguous; «РК» and «КНР» are not.
    assert_eq!(refs(&findings, "ambiguous_country_alias"), set(&["PAR-0005"]));
    assert!(texts(the(&findings, "ambiguous_country_alias", "PAR-0005"), "quote")[0].ends_with("Танджин (КР)"));
}

#[tokio::test]
async fn the_rest_of_what_the_demo_raises_is_true() {
    let app = demo().await;
    let findings = found(&app, REPORT).await;
    assert_eq!(refs(&findings, "unconfirmed_date"), set(&["ASC-0001", "ASC-0002", "ASC-0003", "EVT-0003", "EVT-0004"]));
    let papers = ["AGR-0001", "AGR-0002", "AGR-0003", "AGR-0004", "AGR-0005", "AGR-0006"];
    assert_eq!(refs(&findings, "agreement_without_signatories"), set(&papers));
    assert_eq!(refs(&findings, "unnamed_organization").len(), 13);
    for code in
        ["possible_duplicates", "twin_without_agreement", "in_force_past_term", "letter_overdue", "established_unknown"]
    {
        assert!(refs(&findings, code).is_empty(), "{code}");
    }
    let grave: Vec<&str> = findings.iter().map(|finding| finding["severity"].as_str().unwrap()).collect();
    let rank = |severity: &&str| ["error", "warning", "info"].iter().position(|known| known == severity);
    assert!(grave.iter().map(rank).is_sorted() && grave[0] == "error", "the gravest first");
    for finding in &findings {
        assert!(!finding["title"].as_str().unwrap().is_empty() && !finding["suggestion"].as_str().unwrap().is_empty());
        assert!(finding.get("acceptance").is_none());
    }
    assert_eq!(the(&findings, "missing_section", "MUN-0001")["title"], "Нет содержания для раздела");
    let english = found(&app, &format!("{REPORT}&lang=en")).await;
    assert_eq!(the(&english, "missing_section", "MUN-0001")["title"], "Missing section");

    // Without a year the rules about a report are silent, and exchanges of the last year are looked at.
    let findings = found(&app, "/v1/findings?on=2011-06-01&limit=200").await;
    for code in ["outside_year", "reused_edition", "missing_section"] {
        assert!(refs(&findings, code).is_empty(), "{code}");
    }
    assert_eq!(refs(&findings, "exchange_without_headcount"), set(&["EXC-0001"]));
    assert!(refs(&findings, "planned_but_past").is_empty(), "2011 is not over");
}

#[tokio::test]
async fn findings_are_filtered_and_paged() {
    let app = demo().await;
    let all = found(&app, REPORT).await;
    let count = |filter: fn(&&Value) -> bool| all.iter().filter(filter).count();
    let some = found(&app, &format!("{REPORT}&code=outside_year,reused_edition&collection=events")).await;
    assert_eq!(some.len(), 5);
    let grave = found(&app, &format!("{REPORT}&severity=error&severity=warning")).await;
    assert_eq!(grave.len(), count(|finding| finding["severity"] != "info"));
    let id = the(&all, "conflicting_claims", "PAR-0001")["record"]["id"].as_str().unwrap();
    assert_eq!(
        found(&app, &format!("{REPORT}&record=PAR-0001")).await,
        found(&app, &format!("{REPORT}&record={id}")).await
    );
    assert!(found(&app, &format!("{REPORT}&accepted=true")).await.is_empty());
    assert_eq!(found(&app, &format!("{REPORT}&accepted=false")).await, all);
    assert!(found(&app, "/v1/findings?municipality=nowhere").await.is_empty());

    let (mut paged, mut path) = (Vec::new(), "/v1/findings?year=2011&on=2012-12-31&limit=7".to_owned());
    loop {
        let reply = app.get(&path).send().await.expect(200);
        paged.extend(reply.json["items"].as_array().unwrap().iter().cloned());
        let Some(cursor) = reply.json["page"]["next_cursor"].as_str() else { break };
        assert!(reply.header("link").contains("rel=\"next\""));
        path = format!("/v1/findings?year=2011&on=2012-12-31&limit=7&cursor={cursor}");
    }
    assert_eq!(paged, all);
    let elsewhere = path.replace("year=2011", "year=2012");
    app.get(&elsewhere).send().await.expect_problem(400, "invalid_parameter");
}

#[tokio::test]
async fn every_fault_of_the_query_is_told_at_once() {
    let app = demo().await;
    let query =
        "year=11&on=2011-13-01&code=boring&severity=mild&collection=cats&accepted=perhaps&lang=%21&limit=0&cat=1";
    let reply = app.get(&format!("/v1/findings?{query}")).send().await.expect_problem(400, "invalid_parameter");
    let faults: BTreeSet<String> = reply.faults().into_iter().map(|(name, _)| name).collect();
    assert_eq!(faults, set(&["year", "on", "code", "severity", "collection", "accepted", "lang", "limit", "cat"]));
}

#[tokio::test]
async fn a_change_of_any_record_changes_the_tag() {
    let app = demo().await;
    let key = app.editor().await;
    let first = app.get(REPORT).send().await.expect(200);
    assert_eq!(first.header("cache-control"), "public, max-age=0, must-revalidate");
    app.get(REPORT).header("If-None-Match", first.tag()).send().await.expect(304);
    let patch = json!({"status": "held"});
    app.request("PATCH", "/v1/events/EVT-0005").key(&key).if_match("*").json(patch).send().await.expect(400);
    let moved = json!({"to": "held", "on": "2011-08"});
    app.post("/v1/events/EVT-0005/transitions", moved).key(&key).if_match("*").send().await.expect(200);
    let second = app.get(REPORT).header("If-None-Match", first.tag()).send().await.expect(200);
    let items = second.json["items"].as_array().unwrap();
    assert!(!refs(items, "planned_but_past").contains("EVT-0005"), "set right, it is gone");
}

#[tokio::test]
async fn findings_are_about_what_the_caller_sees() {
    let app = App::with_city().await;
    let operator = app.operator().await;
    app.create("municipalities", &operator, municipality("heihe")).await;
    let editor = app.editor().await;
    let hidden = json!({"kind": "fair", "title": {"ru": "Ярмарка"}, "period": "2011-08", "status": "planned", "historical": true, "sources": [{"text": "План"}]});
    let mut open = hidden.clone();
    open["visibility"] = json!("public");
    app.create("events", &editor, hidden).await;
    app.create("events", &editor, open).await;
    let about = "/v1/findings?municipality=blagoveshchensk&code=planned_but_past";
    let seen = async |key: Option<&str>, path: &str| {
        let request = app.get(path);
        let request = match key {
            Some(key) => request.key(key),
            None => request,
        };
        refs(request.send().await.expect(200).json["items"].as_array().unwrap(), "planned_but_past")
    };
    assert_eq!(seen(None, about).await, set(&["EVT-0002"]));
    let other = app.key(Role::Admin, "heihe").await;
    assert_eq!(seen(Some(&other), about).await, set(&["EVT-0002"]));
    assert_eq!(seen(Some(&operator), about).await, set(&["EVT-0002"]));
    assert_eq!(seen(Some(&editor), about).await, set(&["EVT-0001", "EVT-0002"]));
    assert_eq!(seen(Some(&editor), "/v1/findings").await, set(&["EVT-0001", "EVT-0002"]), "its own is meant");
    assert!(seen(Some(&other), "/v1/findings").await.is_empty());
    let reply = app.get("/v1/findings").send().await.expect_problem(400, "invalid_parameter");
    assert_eq!(reply.faults(), [("municipality".to_owned(), "required".to_owned())]);
}

#[tokio::test]
async fn a_narrowed_key_is_told_of_what_it_reads() {
    let app = demo().await;
    let key = app.narrowed(Role::Reader, "blagoveshchensk", &["observations:read", "organizations:read"]).await;
    let page = app.get(REPORT).key(&key).send().await.expect(200).json;
    let items = page["items"].as_array().unwrap();
    let collections: BTreeSet<&str> = items.iter().map(|item| item["record"]["collection"].as_str().unwrap()).collect();
    assert_eq!(collections, BTreeSet::from(["organizations"]), "and what counts exchanges is silent");
    app.get(&format!("{REPORT}&collection=events")).key(&key).send().await.expect_problem(403, "forbidden");
}

#[tokio::test]
async fn a_finding_is_accepted_with_a_reason() {
    let app = demo().await;
    let editor = app.editor().await;
    let all = found(&app, REPORT).await;
    let finding = the(&all, "reported_without_records", "OBS-0001").clone();
    let path = |id: &str| format!("/v1/findings/{id}/acceptance");
    let path_of = path(finding["id"].as_str().unwrap());
    let accept = |key: &str, body: Value| app.request("PUT", &path_of).key(key).json(body).send();
    let reason = json!({"reason": "Делегации в 2011 году не записывали.", "year": 2011, "on": "2012-12-31"});

    // Who may, and what is refused.
    app.request("PUT", &path_of).json(reason.clone()).send().await.expect_problem(401, "unauthenticated");
    for role in [Role::Reader, Role::Operator] {
        let key = if role == Role::Operator { app.operator().await } else { app.key(role, "blagoveshchensk").await };
        accept(&key, reason.clone()).await.expect_problem(403, "forbidden");
    }
    let other = app.key(Role::Admin, "heihe").await;
    accept(&other, reason.clone()).await.expect_problem(404, "not_found");
    for unknown in ["6b0a5ff2-93c1-8f04-9e0a-6d1f6a4b7c11", "OBS-0001"] {
        app.request("PUT", &path(unknown))
            .key(&editor)
            .json(reason.clone())
            .send()
            .await
            .expect_problem(404, "not_found");
    }
    let wrong = accept(&editor, json!({"reason": " ", "cat": 1, "on": "2011-02-30"})).await;
    assert_eq!(wrong.expect_problem(400, "invalid_body").faults().len(), 3);
    assert!(
        app.get("/v1/accepted-findings").key(&editor).send().await.expect(200).json["items"]
            .as_array()
            .unwrap()
            .is_empty()
    );

    // Accepted once, however often it is said.
    let accepted = accept(&editor, reason.clone()).await.expect(200);
    assert_eq!((&accepted.json["ref"], &accepted.json["version"]), (&json!("AFI-0001"), &json!(1)));
    assert_eq!(accepted.json["record"], finding["record"]);
    assert_eq!(accept(&editor, reason.clone()).await.expect(200).json, accepted.json);
    let listed = app.get(&format!("{REPORT}&accepted=true")).key(&editor).send().await.expect(200).json;
    assert_eq!(listed["items"].as_array().unwrap().len(), 1);
    assert_eq!(listed["items"][0]["acceptance"]["reason"], reason["reason"]);
    assert_eq!(listed["items"][0]["acceptance"]["record"]["ref"], "AFI-0001");
    assert_eq!(found(&app, &format!("{REPORT}&accepted=false")).await.len(), all.len(), "others are not told of it");

    // Who has seen another version changes nothing.
    let stale = app.request("PUT", &path_of).key(&editor).if_match("\"9-x-y-z\"").json(reason.clone());
    stale.send().await.expect_problem(412, "stale");

    // Another reason is another version; and everybody may be told.
    let said = json!({"reason": "Записей нет в архиве.", "visibility": "public", "on": "2012-12-31"});
    assert_eq!(accept(&editor, said).await.expect(200).json["version"], 2);
    assert_eq!(found(&app, &format!("{REPORT}&accepted=false")).await.len(), all.len() - 1);

    // It is in the journal, and deleting it opens the finding again.
    let history = app.get("/v1/accepted-findings/AFI-0001/history").key(&editor).send().await.expect(200).json;
    let events: Vec<&str> =
        history["items"].as_array().unwrap().iter().map(|item| item["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["accepted_finding.created", "accepted_finding.updated"]);
    assert_eq!(history["items"][0]["patch"]["reason"], reason["reason"]);
    app.request("DELETE", "/v1/accepted-findings/AFI-0001").key(&editor).if_match("*").send().await.expect(204);
    assert_eq!(found(&app, &format!("{REPORT}&accepted=false")).await, all);
}

#[tokio::test]
async fn a_finding_whose_evidence_changes_opens_again() {
    let app = demo().await;
    let editor = app.editor().await;
    let all = found(&app, REPORT).await;
    let id = the(&all, "planned_but_past", "EVT-0003")["id"].as_str().unwrap().to_owned();
    let path = format!("/v1/findings/{id}/acceptance");
    app.request("PUT", &path)
        .key(&editor)
        .json(json!({"reason": "Ждём справку.", "on": "2012-12-31"}))
        .send()
        .await
        .expect(200);
    let open = async || {
        let path = format!("{REPORT}&accepted=false&code=planned_but_past");
        refs(app.get(&path).key(&editor).send().await.expect(200).json["items"].as_array().unwrap(), "planned_but_past")
    };
    assert!(!open().await.contains("EVT-0003"));
    let patch = json!({"period": "2011-06"});
    app.request("PATCH", "/v1/events/EVT-0003").key(&editor).if_match("*").json(patch).send().await.expect(200);
    assert!(open().await.contains("EVT-0003"));
}

#[tokio::test]
async fn names_and_parties_that_are_there_twice_are_found() {
    let app = App::with_city().await;
    let editor = app.editor().await;
    let names = |text: &str| json!([{"text": text, "lang": "en", "preferred": true}]);
    for (text, country) in [("Amur Foundation", "RU"), ("AMUR foundation", "RU"), ("Amur Foundation", "CN")] {
        app.create("organizations", &editor, json!({"kind": "foundation", "country": country, "names": names(text)}))
            .await;
    }
    let mut places = Vec::new();
    for text in ["Blagoveshchensk", "Heihe", "Joetsu"] {
        let place = json!({"kind": "municipality", "country": "CN", "visibility": "public", "names": [{"text": text, "lang": "en", "kind": "official", "preferred": true}]});
        places.push(app.create("places", &editor, place).await["id"].clone());
    }
    let tie = json!({
        "arrangement": "multilateral", "kind": "cooperation", "visibility": "public",
        "parties": [{"place": places[0], "role": "home"}, {"place": places[1], "role": "member"}, {"place": places[2], "role": "member"}],
    });
    app.create("partnerships", &editor, tie.clone()).await;
    app.create("partnerships", &editor, tie).await;
    let page = app.get("/v1/findings?code=possible_duplicates").key(&editor).send().await.expect(200).json;
    let items = page["items"].as_array().unwrap();
    assert_eq!(refs(items, "possible_duplicates"), set(&["ORG-0002", "PAR-0002"]));
    assert_eq!(texts(the(items, "possible_duplicates", "ORG-0002"), "same_as"), ["ORG-0001"]);
}

#[tokio::test]
async fn figures_are_compared_with_the_exchanges_that_count() {
    let app = demo().await;
    let editor = app.editor().await;
    let place =
        async |reference: &str| app.get(&format!("/v1/places/{reference}")).send().await.expect(200).json["id"].clone();
    let (home, heihe, hong_kong) = (place("PLA-0001").await, place("PLA-0004").await, place("PLA-0017").await);
    let exchange = |from: &Value, period: &str| {
        json!({
            "title": {"ru": "Делегация"}, "direction": "incoming", "audience": "officials", "origin": from, "destination": home,
            "period": period, "state": "completed", "historical": true, "visibility": "public", "sources": [{"text": "Журнал"}],
        })
    };
    for _ in 0..20 {
        app.create("exchanges", &editor, exchange(&heihe, "2011-05")).await;
    }
    app.create("exchanges", &editor, exchange(&hong_kong, "2011-05/2011-06")).await;
    // None of these is certainly one of the year's.
    for period in ["2010-12-30/2011-01-02", "2011?", "2012-01"] {
        app.create("exchanges", &editor, exchange(&heihe, period)).await;
    }
    let counted = async || {
        let findings = found(&app, &format!("{REPORT}&code=reported_without_records")).await;
        let figure = findings.iter().find(|finding| finding["record"]["ref"] == "OBS-0001");
        figure.map(|figure| texts(figure, "counted")[0].clone())
    };
    assert_eq!(counted().await.as_deref(), Some("21"));
    app.create("exchanges", &editor, exchange(&heihe, "2011-07-01/2011-07-03")).await;
    assert_eq!(counted().await, None);
}

#[tokio::test]
async fn more_candidates_than_are_looked_at_are_told() {
    let app = App::start().await;
    let mut set: Value = serde_json::from_str(DEMO).unwrap();
    let event = |number: usize| {
        let title = json!({"ru": format!("Ярмарка {number}")});
        json!({"ref": format!("EVT-{number:04}"), "visibility": "public", "kind": "fair", "title": title, "period": "2011-08", "status": "planned"})
    };
    let events = set["records"]["events"].as_array_mut().unwrap();
    events.extend((1001..=1501).map(event));
    pobratim_api::load(&app.api, &set.to_string(), |_, _| {}).await.unwrap();
    let page =
        app.get("/v1/findings?on=2012-12-31&code=planned_but_past&collection=events").send().await.expect(200).json;
    assert_eq!((page["page"]["truncated"].clone(), page["items"].as_array().unwrap().len()), (json!(true), 50));
    let page = app.get("/v1/findings?on=2011-08-01").send().await.expect(200).json;
    assert!(page["page"].get("truncated").is_none(), "August is not over: none of them is a candidate");
}
