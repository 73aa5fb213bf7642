//! Every collection's records with every kind of onlooker.

use std::collections::{BTreeMap, BTreeSet};

use pobratim_domain::{CollectionName, Keeper};
use pobratim_tests::Reply;
use serde_json::json;

use super::{CALLERS, Caller, MISSING, Operation, SENTINEL, Shape, World, collections, id, operations};

/// The visibilities of Blagoveshchensk's records that an onlooker sees.
fn sees(caller: Caller) -> &'static [&'static str] {
    match caller {
        Caller::Anonymous | Caller::Operator | Caller::OtherEditor | Caller::OtherAdmin => &["public"],
        Caller::Reader | Caller::Editor => &["public", "partner", "internal"],
        Caller::Admin => &["public", "partner", "internal", "restricted"],
    }
}

fn ids(reply: &Reply, member: &str) -> BTreeSet<String> {
    let items = reply.json["items"].as_array().unwrap();
    items.iter().map(|item| item[member].as_str().unwrap().to_owned()).collect()
}

async fn look(world: &World, collection: CollectionName) {
    let all = format!("/v1/{}", collection.path());
    let levels = ["public", "partner", "internal", "restricted"];
    let mut records = BTreeMap::new();
    for level in levels {
        let external = format!("Q{collection}{level}");
        let more = json!({"notes": SENTINEL, "tags": ["looked-at"], "external_ids": [{"scheme": "wikidata", "value": external}]});
        let record = world.make_with(Caller::Admin, collection, level, more).await;
        assert_eq!(record["notes"], SENTINEL);
        records.insert(level, (id(&record).to_owned(), record["ref"].as_str().unwrap().to_owned(), external));
    }
    let reads: Vec<Operation> = operations()
        .into_iter()
        .filter(|operation| {
            operation.shape == Shape::Read
                && operation.collection == Some(collection)
                && operation.path.contains("_id}")
        })
        .collect();
    assert!(reads.len() >= 2, "the record and its history");
    for caller in CALLERS.iter().chain(&[Caller::OtherAdmin]).copied() {
        let what = format!("{collection} as {caller:?}");
        let is_own = matches!(caller, Caller::Reader | Caller::Editor | Caller::Admin);
        let seen: BTreeSet<String> = sees(caller).iter().map(|level| records[level].0.clone()).collect();
        let mut told = Vec::new();
        for (level, (id, reference, external)) in &records {
            let is_seen = sees(caller).contains(level);
            for operation in &reads {
                let reply = world.get(caller, &world.path(operation, id)).await;
                let expected = if is_seen { 200 } else { 404 };
                assert_eq!(reply.status, expected, "{what}: {} of the {level} one {:#}", operation.id, reply.json);
                told.push(reply);
            }
            let by_reference = world.get(caller, &format!("{all}/{reference}")).await;
            assert_eq!(by_reference.status, if is_seen { 200 } else { 404 }, "{what}: {reference}");
            if !is_seen {
                let missing = world.get(caller, &format!("{all}/{MISSING}")).await;
                for member in ["code", "detail", "title", "status", "type"] {
                    assert_eq!(by_reference.json[member], missing.json[member], "{what}: it is like a missing one");
                }
            }
            for filter in [
                format!("ref={reference}"),
                format!("external_id=wikidata:{external}"),
                format!("visibility={level}&tag=looked-at"),
            ] {
                let reply = world.get(caller, &format!("{all}?{filter}")).await.expect(200);
                assert_eq!(ids(&reply, "id").contains(id), is_seen, "{what}: {filter}");
            }
            if caller == Caller::Editor && !is_seen {
                let tags = Some(json!({"tags": ["looked-at"]}));
                let write = world.send(caller, "PATCH", &format!("{all}/{id}"), tags).await;
                write.expect_problem(404, "not_found");
            }
        }
        let counted = world.app.get(&format!("{all}?tag=looked-at")).header("Prefer", "count=exact");
        let counted = match world.keys.get(&caller) {
            Some(key) => counted.key(key),
            None => counted,
        };
        let list = counted.send().await.expect(200);
        assert_eq!(ids(&list, "id"), seen, "{what}");
        assert_eq!(list.json["page"]["total"], seen.len(), "{what}: what is not seen is not counted");
        told.push(list);
        let changes = world.get(caller, &format!("/v1/changes?collection={collection}")).await.expect(200);
        let of_these: BTreeSet<String> = records.values().map(|(id, ..)| id.clone()).collect();
        let in_feed: BTreeSet<String> = ids(&changes, "record_id").intersection(&of_these).cloned().collect();
        assert_eq!(in_feed, seen, "{what}: the feed");
        told.push(changes);
        told.push(world.get(caller, &format!("{all}?q={SENTINEL}")).await.expect(200));
        assert_eq!(told.last().unwrap().json["items"], json!([]), "{what}: notes are not searched");
        for reply in &told {
            let has_notes = String::from_utf8_lossy(&reply.bytes).contains(SENTINEL);
            assert!(is_own || !has_notes, "{what}: notes are told: {:#}", reply.json);
        }
        let has_notes = told.iter().any(|reply| String::from_utf8_lossy(&reply.bytes).contains(SENTINEL));
        assert_eq!(has_notes, is_own, "{what}: the office reads its own notes");
    }
}

/// Every second collection that municipalities keep, so that no test is long.
async fn look_at_every_second(from: usize) {
    let kept: Vec<_> = collections().into_iter().filter(|name| name.keeper() == Keeper::Municipality).collect();
    assert!(kept.len() >= 2, "{kept:?}");
    let world = World::new().await;
    for collection in kept.into_iter().skip(from).step_by(2) {
        look(&world, collection).await;
    }
}

#[tokio::test]
async fn records_are_seen_by_those_they_are_for() {
    look_at_every_second(0).await;
}

#[tokio::test]
async fn other_records_are_seen_by_those_they_are_for() {
    look_at_every_second(1).await;
}

#[tokio::test]
async fn what_all_share_is_public_but_for_its_notes() {
    let world = World::new().await;
    for collection in collections().into_iter().filter(|name| name.keeper() != Keeper::Municipality) {
        let record = world.make_with(Caller::Admin, collection, "public", json!({"notes": SENTINEL})).await;
        let path = format!("/v1/{}/{}", collection.path(), id(&record));
        for read in
            [path.clone(), format!("{path}/history"), format!("/v1/{}", collection.path()), "/v1/changes".to_owned()]
        {
            let reply = world.get(Caller::Anonymous, &read).await.expect(200);
            assert!(String::from_utf8_lossy(&reply.bytes).contains(id(&record)), "{read}");
            assert!(!String::from_utf8_lossy(&reply.bytes).contains(SENTINEL), "{read}: notes are never public");
        }
        for level in ["partner", "internal", "restricted"] {
            let patch = Some(json!({"visibility": level}));
            world.send(Caller::Operator, "PATCH", &path, patch).await.expect_problem(400, "invalid_body");
        }
    }
}

#[tokio::test]
async fn what_is_not_seen_cannot_be_referred_to() {
    let world = World::new().await;
    let tie = world.make(Caller::Admin, CollectionName::Partnerships, "restricted").await;
    let paper = |partnership: &str| json!({"kind": "twinning_agreement", "title": {"en": "Agreement"}, "partnership": partnership});
    for caller in [Caller::Editor, Caller::OtherEditor, Caller::OtherAdmin] {
        let mut details = Vec::new();
        for target in [id(&tie), MISSING] {
            let reply = world
                .send(caller, "POST", "/v1/agreements", Some(paper(target)))
                .await
                .expect_problem(400, "invalid_body");
            assert_eq!(reply.faults(), [("/partnership".into(), "unknown_reference".into())]);
            details.push(reply.json["errors"][0]["detail"].as_str().unwrap().replace(target, "it"));
        }
        assert_eq!(details[0], details[1], "it is like a missing one");
    }
    world.send(Caller::Admin, "POST", "/v1/agreements", Some(paper(id(&tie)))).await.expect(201);
}
