//! Records as JSON values: the one way from a record to JSON, and merge patches (RFC 7396)
//! between two of them, which is what the journal keeps.

use serde::Serialize;
use serde_json::{Map, Value};

/// A record as JSON, without null members: what is not known is left out.
pub fn to_json<T: Serialize>(record: &T) -> serde_json::Result<Value> {
    let mut value = serde_json::to_value(record)?;
    drop_nulls(&mut value);
    Ok(value)
}

fn drop_nulls(value: &mut Value) {
    match value {
        Value::Object(members) => {
            members.retain(|_, member| !member.is_null());
            members.values_mut().for_each(drop_nulls);
        }
        Value::Array(items) => items.iter_mut().for_each(drop_nulls),
        _ => {}
    }
}

/// Applies a merge patch (RFC 7396).
pub fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(changes) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(Map::new());
    }
    if let Value::Object(members) = target {
        for (name, change) in changes {
            if change.is_null() {
                members.remove(name);
            } else {
                merge(members.entry(name.clone()).or_insert(Value::Null), change);
            }
        }
    }
}

/// The merge patch that turns `before` into `after`; nothing when they are equal.
/// Both are records without null members, as [`to_json`] makes them.
pub fn diff(before: &Value, after: &Value) -> Option<Value> {
    if before == after {
        return None;
    }
    let (Value::Object(old), Value::Object(new)) = (before, after) else {
        return Some(after.clone());
    };
    let mut patch = Map::new();
    for name in old.keys().filter(|name| !new.contains_key(*name)) {
        patch.insert(name.clone(), Value::Null);
    }
    for (name, value) in new {
        let change = match old.get(name) {
            Some(previous) => diff(previous, value),
            None => Some(value.clone()),
        };
        if let Some(change) = change {
            patch.insert(name.clone(), change);
        }
    }
    Some(Value::Object(patch))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn member() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![any::<i32>().prop_map(Value::from), "[a-z]{0,3}".prop_map(Value::from)];
        leaf.prop_recursive(3, 24, 4, |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::btree_map("[a-c]", inner, 0..4)
                    .prop_map(|members| Value::Object(members.into_iter().collect())),
            ]
        })
    }

    fn object() -> impl Strategy<Value = Value> {
        prop::collection::btree_map("[a-d]", member(), 0..5)
            .prop_map(|members| Value::Object(members.into_iter().collect()))
    }

    proptest! {
        #[test]
        fn a_diff_applied_gives_the_other_record(before in object(), after in object()) {
            let mut patched = before.clone();
            if let Some(patch) = diff(&before, &after) {
                merge(&mut patched, &patch);
            }
            prop_assert_eq!(patched, after);
        }
    }

    #[test]
    fn removing_a_member_is_null() {
        assert_eq!(
            diff(&json!({"a": 1, "b": {"c": 2, "d": 3}}), &json!({"b": {"c": 2}})),
            Some(json!({"a": null, "b": {"d": null}}))
        );
    }
}
