//! The refusals as the contract has them: which kinds of problem stand behind a status, and what
//! each looks like.

use serde_json::{Map, Value, json};

use crate::contract::operation::header_refs;
use crate::problem::{
    ALREADY_EXISTS, AMBIGUOUS_REF, BUILT_UPON, CANNOT_MERGE, FORBIDDEN, HAS_DEPENDENTS, HELD, HISTORY_RESTARTED,
    INTERNAL, INVALID_BODY, INVALID_PARAMETER, INVALID_STATE, KEY_REUSED, MALFORMED, MERGED, METHOD_NOT_ALLOWED,
    MISSING_REFERENCE, NOT_ACCEPTABLE, NOT_FOUND, NOT_WRITTEN, OUTCOME_UNKNOWN, PRECONDITION_REQUIRED, ProblemType,
    RANGE_NOT_SATISFIABLE, RATE_LIMITED, STALE, TIMEOUT, TOO_LARGE, UNAUTHENTICATED, UNAVAILABLE, UNSUPPORTED_TYPE,
};

/// A response that operations share.
pub(crate) struct Refusal {
    pub(crate) name: &'static str,
    description: &'static str,
    headers: &'static [&'static str],
    pub(crate) kinds: &'static [&'static ProblemType],
}

const fn refusal(
    name: &'static str,
    description: &'static str,
    headers: &'static [&'static str],
    kinds: &'static [&'static ProblemType],
) -> Refusal {
    Refusal { name, description, headers, kinds }
}

/// Every shared refusal.
pub(crate) static REFUSALS: &[Refusal] = &[
    refusal(
        "BadRequest",
        "The request is malformed or not valid; `errors` lists every fault.",
        &[],
        &[&MALFORMED, &INVALID_BODY, &INVALID_PARAMETER, &AMBIGUOUS_REF],
    ),
    refusal(
        "Unauthorized",
        "A credential is needed, or the one sent is not good.",
        &["WWW-Authenticate"],
        &[&UNAUTHENTICATED],
    ),
    refusal("Forbidden", "The credential does not allow this; `detail` names the missing scope.", &[], &[&FORBIDDEN]),
    refusal("NotFound", "It does not exist, or may not be seen.", &[], &[&NOT_FOUND]),
    refusal(
        "Conflict",
        "Something stands in the way: another record, a state, what refers to it.",
        &[],
        &[
            &ALREADY_EXISTS,
            &HAS_DEPENDENTS,
            &MISSING_REFERENCE,
            &INVALID_STATE,
            &HELD,
            &BUILT_UPON,
            &MERGED,
            &CANNOT_MERGE,
        ],
    ),
    refusal("Gone", "The history was restarted by a restored backup.", &[], &[&HISTORY_RESTARTED]),
    refusal("PreconditionFailed", "The record has been changed since it was read.", &[], &[&STALE]),
    refusal("ContentTooLarge", "The body is larger than is taken here.", &[], &[&TOO_LARGE]),
    refusal(
        "UnsupportedMediaType",
        "The body is not of the type that is taken here.",
        &["Accept"],
        &[&UNSUPPORTED_TYPE],
    ),
    refusal(
        "RangeNotSatisfiable",
        "The file does not have the bytes that were asked for.",
        &["Content-Range"],
        &[&RANGE_NOT_SATISFIABLE],
    ),
    refusal("UnprocessableContent", "The Idempotency-Key was used for another request.", &[], &[&KEY_REUSED]),
    refusal("PreconditionRequired", "If-Match is missing.", &[], &[&PRECONDITION_REQUIRED]),
    refusal("TooManyRequests", "Too many requests in this minute.", &["Retry-After"], &[&RATE_LIMITED]),
    refusal(
        "ServiceUnavailable",
        "The database cannot serve now: `unavailable` (a read), `not_written` (nothing happened) or `outcome_unknown` (repeat with the same key).",
        &["Retry-After"],
        &[&UNAVAILABLE, &NOT_WRITTEN, &OUTCOME_UNKNOWN],
    ),
    refusal("Problem", "Any other refusal.", &[], &[&METHOD_NOT_ALLOWED, &NOT_ACCEPTABLE, &TIMEOUT, &INTERNAL]),
];

/// The shared refusals, as components, each with an example of every kind.
pub(crate) fn responses() -> Value {
    let all = REFUSALS.iter().map(|refusal| {
        let examples: Map<String, Value> = refusal
            .kinds
            .iter()
            .map(|kind| (kind.code.to_owned(), json!({"summary": kind.title, "value": example(kind)})))
            .collect();
        let response = json!({
            "description": refusal.description,
            "headers": header_refs(refusal.headers),
            "content": {"application/problem+json": {
                "schema": {"$ref": "#/components/schemas/Problem"}, "examples": examples,
            }},
        });
        (refusal.name.to_owned(), response)
    });
    Value::Object(all.collect())
}

/// A problem of a kind, as the demo city would meet it.
fn example(kind: &ProblemType) -> Value {
    let mut problem = json!({
        "type": format!("/v1/problems/{}", kind.code), "title": kind.title, "status": kind.status,
        "code": kind.code, "detail": kind.meaning, "instance": "/v1/partnerships/PAR-0005",
        "request_id": "01890a5d-ac96-774b-bcce-b302099a8057",
    });
    let more = match kind.code {
        "invalid_body" => json!({
            "detail": "2 faults were found.", "instance": "/v1/places",
            "errors": [
                {"pointer": "/country", "code": "required", "detail": "This member is required."},
                {"pointer": "/names/0/lang", "code": "wrong_form", "detail": "It is a language tag, such as ru or zh-Hant."},
            ],
        }),
        "invalid_parameter" => json!({
            "detail": "1 fault was found.", "instance": "/v1/places",
            "errors": [{"parameter": "limit", "code": "out_of_range", "detail": "A page has 1 to 200 records."}],
        }),
        "forbidden" => json!({"detail": "The credential lacks the scope partnerships:write."}),
        "already_exists" => json!({
            "detail": "Another record has this already.", "instance": "/v1/municipalities",
            "conflict": {
                "pointer": "/slug", "collection": "municipalities", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "MUN-0001",
            },
        }),
        "has_dependents" => json!({
            "detail": "Delete or change the records that refer to it first.", "instance": "/v1/places/PLA-0004",
            "dependents": [{"collection": "exchanges", "count": 5}, {"collection": "partnerships", "count": 1}],
        }),
        "missing_reference" => json!({
            "detail": "Restore what it refers to first.", "instance": "/v1/exchanges/EXC-0004/restore",
            "errors": [{"pointer": "/destination", "code": "unknown_reference", "detail": "There is no such record in places."}],
        }),
        "invalid_state" => json!({
            "detail": "From in_approval it cannot go to concluded yet.", "instance": "/v1/partnerships/PAR-0005/transitions",
            "state": {"from": "in_approval", "to": "concluded", "allowed": ["concluded", "negotiating", "declined"], "missing": ["signed_agreement"]},
        }),
        "merged" => json!({
            "detail": "It is a part of PLA-0007 now.", "instance": "/v1/places/PLA-0019",
            "conflict": {"pointer": "", "collection": "places", "id": "01890a5d-ac96-774b-bcce-b302099a8057", "ref": "PLA-0007"},
        }),
        "cannot_merge" => json!({
            "detail": "Something speaks against it.", "instance": "/v1/places/PLA-0007/merge",
            "errors": [
                {"pointer": "/other", "code": "different_external_ids", "detail": "In geonames PLA-0007 is 1843564, and PLA-0019 is 1843561."},
                {"pointer": "/v1/partnerships/01890a5d-ac96-774b-bcce-b302099a8201", "code": "already_exists", "detail": "PAR-0009 would be a second living tie between the sides of PAR-0002; merge these two first."},
            ],
        }),
        "held" => json!({
            "detail": "A decided approval stays in the list.", "instance": "/v1/agreements/AGR-0001",
            "errors": [{"pointer": "/approvals", "code": "held", "detail": "A decided approval stays in the list."}],
        }),
        "range_not_satisfiable" => {
            json!({"detail": "The file has 482113 bytes.", "instance": "/v1/documents/DOC-0001/content"})
        }
        "stale" => json!({"detail": "The record is at version 4 now."}),
        _ => json!({}),
    };
    if let (Some(problem), Value::Object(more)) = (problem.as_object_mut(), more) {
        problem.extend(more);
    }
    problem
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::problem::PROBLEMS;

    #[test]
    fn every_kind_stands_behind_a_response_of_its_status() {
        for kind in PROBLEMS {
            let behind: Vec<&str> = REFUSALS
                .iter()
                .filter(|refusal| refusal.kinds.iter().any(|known| known.code == kind.code))
                .map(|refusal| refusal.name)
                .collect();
            assert_eq!(behind.len(), 1, "{}: {behind:?}", kind.code);
        }
        let mixed = REFUSALS.iter().filter(|refusal| refusal.name != "Problem");
        for refusal in mixed {
            assert!(refusal.kinds.iter().all(|kind| kind.status == refusal.kinds[0].status), "{}", refusal.name);
        }
    }
}
