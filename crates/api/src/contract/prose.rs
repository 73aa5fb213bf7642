//! What the description of an operation says beyond its own sentences: who may call it, what it
//! costs, and what goes wrong. All of it follows from what the operation declares, so it is written
//! here once, and not where operations are.

use pobratim_domain::{CollectionName, Keeper, Role, Scope};
use serde_json::Value;

use crate::contract::refusals::REFUSALS;
use crate::problem::{
    AMBIGUOUS_REF, INVALID_BODY, INVALID_PARAMETER, MALFORMED, NOT_WRITTEN, OUTCOME_UNKNOWN, ProblemType, UNAVAILABLE,
};
use crate::query::{DEFAULT, MOST, VALUES};

/// Who may read the records of a collection.
pub(crate) fn readers(collection: CollectionName) -> String {
    let scope = Scope { collection, verb: "read" };
    match collection.keeper() {
        Keeper::Municipality => format!(
            "everybody for what is public; a key with the scope `{scope}` also sees what its municipality keeps. What may not be seen is not found."
        ),
        Keeper::Shared => "everybody: the directory is shared. `notes` are told to keys only.".to_owned(),
        Keeper::Installation => "everybody.".to_owned(),
    }
}

/// Who may do something to the records of a collection.
pub(crate) fn holders(collection: CollectionName, verb: &'static str) -> String {
    let scope = Scope { collection, verb };
    let roles: Vec<&str> = Role::ALL.iter().filter(|role| role.holds(scope)).map(|role| role.as_str()).collect();
    let whose = match (collection.keeper(), verb) {
        (Keeper::Municipality, "create") => " The record belongs to the key's municipality.",
        (Keeper::Municipality, _) => " The key is one of the municipality that keeps the record.",
        (Keeper::Installation, "write") => " An admin changes its own municipality only.",
        _ => "",
    };
    let roles = if let [role] = roles[..] {
        format!("the role {role} has")
    } else {
        format!("the roles {} have", listed(&roles))
    };
    format!("a key with the scope `{scope}`, which {roles}.{whose}")
}

/// The last paragraphs of a description.
pub(crate) fn paragraphs(operation: &Value, access: &str, conflicts: &[&ProblemType]) -> String {
    format!(
        "\n\n**Access:** {access}\n\n**Limits:** {}\n\n**Refusals:** {}.",
        limits(operation),
        refusals(operation, conflicts)
    )
}

fn limits(operation: &Value) -> String {
    let mut limits = vec!["counts as one request, whatever the answer".to_owned()];
    if takes(operation, "Limit") {
        limits.push(format!("a page has 1 to {MOST} records, {DEFAULT} when nothing is said"));
    }
    let parameters = operation["parameters"].as_array().into_iter().flatten();
    if parameters.clone().any(|parameter| parameter["schema"]["type"] == "array") {
        limits.push(format!("a filter takes up to {VALUES} values"));
    }
    if takes(operation, "Wait") {
        limits.push("it waits for 60 seconds at most".to_owned());
    }
    let content = &operation["requestBody"]["content"];
    if operation["operationId"] == "create_import" {
        limits.push("the file has 32 MiB, 50,000 rows, 100 columns, 600,000 cells, 4,000 characters in a cell at most, and a workbook 96 MiB unpacked; it has an hour to arrive, with no pause of 30 seconds".to_owned());
    } else if content.get("application/octet-stream").or(content.get("multipart/form-data")).is_some() {
        limits.push("the file has 100 MiB at most, unless the installation says otherwise, and an hour to arrive, with no pause of 30 seconds".to_owned());
    } else if content.is_object() {
        limits.push("the body has 1 MiB at most and 30 seconds to arrive".to_owned());
    }
    if takes(operation, "IdempotencyKey") {
        limits.push("an Idempotency-Key is kept for 24 hours at least".to_owned());
    }
    limits.join("; ") + "."
}

/// The codes by status, as far as this operation can have them.
fn refusals(operation: &Value, conflicts: &[&ProblemType]) -> String {
    let has_body = operation.get("requestBody").is_some();
    let is_read = !operation["responses"]["503"].is_null() && !has_body && operation["responses"]["428"].is_null();
    let by_ref = conflicts.iter().any(|kind| kind.code == AMBIGUOUS_REF.code);
    let can = |kind: &ProblemType| match kind.code {
        code if code == MALFORMED.code || code == INVALID_BODY.code => has_body,
        code if code == INVALID_PARAMETER.code => true,
        code if code == AMBIGUOUS_REF.code => by_ref,
        code if code == UNAVAILABLE.code => is_read,
        code if code == NOT_WRITTEN.code || code == OUTCOME_UNKNOWN.code => !is_read,
        code if kind.status == 409 => conflicts.iter().any(|known| known.code == code),
        _ => kind.status != 422 || takes(operation, "IdempotencyKey"),
    };
    let mut lines = Vec::new();
    for refusal in REFUSALS.iter().filter(|refusal| refusal.name != "Problem") {
        let status = refusal.kinds[0].status;
        if operation["responses"][status.to_string()].is_null() {
            continue;
        }
        let codes: Vec<String> =
            refusal.kinds.iter().filter(|kind| can(kind)).map(|kind| format!("`{}`", kind.code)).collect();
        if !codes.is_empty() {
            lines.push((status, format!("{status} {}", codes.join(", "))));
        }
    }
    lines.sort_by_key(|(status, _)| *status);
    lines.into_iter().map(|(_, line)| line).collect::<Vec<_>>().join("; ")
}

fn takes(operation: &Value, shared: &str) -> bool {
    let reference = format!("#/components/parameters/{shared}");
    operation["parameters"].as_array().into_iter().flatten().any(|parameter| parameter["$ref"] == reference.as_str())
}

fn listed(names: &[&str]) -> String {
    match names {
        [first @ .., last] if !first.is_empty() => format!("{} and {last}", first.join(", ")),
        names => names.concat(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn who_may_is_told_from_the_roles() {
        assert_eq!(
            holders(CollectionName::Agreements, "approve"),
            "a key with the scope `agreements:approve`, which the roles approver and admin have. The key is one of the municipality that keeps the record."
        );
        assert_eq!(
            holders(CollectionName::Places, "delete"),
            "a key with the scope `places:delete`, which the role operator has."
        );
    }
}
