//! Every operation with every kind of caller: who is let in, who is refused.

use pobratim_domain::Keeper;
use serde_json::json;

use super::{CALLERS, Caller, Shape, World, collections, keeper, may, operations};

#[tokio::test]
async fn what_changes_something_asks_for_a_key() {
    for operation in operations() {
        assert!(operation.shape == Shape::Read || !operation.is_open, "{} is open to all", operation.id);
        let keyed = operation.shape != Shape::Read || operation.path == "/v1/me";
        assert_eq!(keyed, !operation.is_open, "{}", operation.id);
    }
}

#[tokio::test]
async fn every_operation_refuses_whom_it_should_and_nothing_happens() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let target = world.target(&operation, "public").await;
        let before = world.revision().await;
        for caller in CALLERS.iter().chain(&[Caller::OtherAdmin]).copied().filter(|caller| !may(*caller, &operation)) {
            let path = world.path(&operation, &target);
            let reply = world.try_on(caller, &operation, &path).await;
            let what = format!("{} as {caller:?}: {:#}", operation.id, reply.json);
            if caller == Caller::Anonymous {
                assert_eq!(
                    (reply.status.as_u16(), reply.json["code"].as_str()),
                    (401, Some("unauthenticated")),
                    "{what}"
                );
                assert!(reply.header("www-authenticate").starts_with("Bearer"), "{what}");
            } else if operation.shape == Shape::Restore
                && keeper(&operation) == Keeper::Municipality
                && matches!(caller, Caller::OtherEditor | Caller::OtherAdmin)
            {
                assert!(matches!(reply.status.as_u16(), 403 | 404), "{what}");
            } else {
                assert_eq!((reply.status.as_u16(), reply.json["code"].as_str()), (403, Some("forbidden")), "{what}");
            }
            tried += 1;
        }
        assert_eq!(world.revision().await, before, "{}: a refusal changes nothing", operation.id);
    }
    assert!(tried > 50, "{tried}");
}

#[tokio::test]
async fn every_operation_lets_in_whom_it_should() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let mut target = world.target(&operation, "public").await;
        for caller in CALLERS.iter().copied().filter(|caller| may(*caller, &operation)) {
            if matches!(operation.shape, Shape::Delete | Shape::Restore) {
                target = world.target(&operation, "public").await;
            }
            let path = world.path(&operation, &target);
            let reply = match operation.shape {
                Shape::Create | Shape::Replace => {
                    let mut body = world.body(&operation).unwrap();
                    body["visibility"] = json!("public");
                    body["external_ids"] = json!([]);
                    world.repaired(caller, &operation.method, &path, body).await
                }
                _ => world.try_on(caller, &operation, &path).await,
            };
            let status = reply.status.as_u16();
            let what = format!("{} as {caller:?}: {status} {:#}", operation.id, reply.json);
            match operation.shape {
                Shape::Read | Shape::Update | Shape::Replace | Shape::Restore => assert_eq!(status, 200, "{what}"),
                Shape::Create => assert_eq!(status, 201, "{what}"),
                Shape::Delete => assert_eq!(status, 204, "{what}"),
                Shape::Action => {
                    // The record may not be in the state for it; some decisions are an approver's.
                    let is_approvers = caller == Caller::Editor
                        && reply.json["detail"].as_str().is_some_and(|detail| detail.contains(":approve"));
                    assert!(matches!(status, 200 | 400 | 404 | 409) || (status == 403 && is_approvers), "{what}");
                }
            }
            tried += 1;
        }
    }
    assert!(tried > 60, "{tried}");
}

#[tokio::test]
async fn another_municipality_cannot_touch_what_it_cannot_see() {
    let world = World::new().await;
    let mut tried = 0;
    for operation in operations() {
        let is_on_record =
            !matches!(operation.shape, Shape::Create | Shape::Replace) && operation.path.contains("_id}");
        if !is_on_record || keeper(&operation) != Keeper::Municipality {
            continue;
        }
        let target = world.target(&operation, "internal").await;
        let before = world.revision().await;
        for caller in [Caller::OtherEditor, Caller::OtherAdmin] {
            let reply = world.try_on(caller, &operation, &world.path(&operation, &target)).await;
            let is_approvers = caller == Caller::OtherEditor
                && reply.json["detail"].as_str().is_some_and(|detail| detail.contains(":approve"));
            assert!(
                reply.status == 404 || (reply.status == 403 && is_approvers),
                "{} as {caller:?}: {:#}",
                operation.id,
                reply.json
            );
            tried += 1;
        }
        assert_eq!(world.revision().await, before, "{}", operation.id);
    }
    let kept = collections().iter().filter(|name| name.keeper() == Keeper::Municipality).count();
    assert!(tried >= kept * 10, "{tried}");
}
