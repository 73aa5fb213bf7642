"""What schemathesis is told beside its configuration: one check of our own.

A request that fits every schema of the contract may still be refused, for rules that no schema can
tell. It is never refused for what a schema can tell: else the contract promises more than the
server keeps.
"""

import jsonschema_rs
import schemathesis

# Faults that a schema could have told.
TOLD = {
    "empty",
    "duplicate_member",
    "out_of_range",
    "repeated",
    "too_deep",
    "too_few",
    "too_long",
    "too_many",
    "too_short",
    "unknown_member",
    "unknown_parameter",
    "wrong_form",
    "wrong_type",
}

# Refusals that depend on what is stored and on who asks.
DEPENDS = {401, 403, 404, 409, 410, 412, 422, 428}


@schemathesis.check
def contract_tells_all(ctx, response, case):
    """What the contract allows is refused only for what a contract cannot tell."""
    meta = case.meta
    # A case counts as positive also when one of its parts is not.
    if meta is None or any(part.mode.is_negative for part in meta.components.values()):
        return
    # A method that the path does not have, and a credential taken away, are tried in this mode too.
    if case.method.upper() != case.operation.method.upper():
        return
    status = response.status_code
    if status < 400 or status in DEPENDS:
        return
    if status == 400:
        problem = response.json()
        codes = {fault["code"] for fault in problem.get("errors", [])} or {problem["code"]}
        unsaid = codes & (TOLD | {"malformed"})
        if not unsaid or not headers_fit(case):
            return
        raise AssertionError(f"The contract does not say so: {', '.join(sorted(unsaid))}")
    raise AssertionError(f"The contract allows this request, and the answer is {status}")


def headers_fit(case):
    """Whether the headers are as their schemas say: long patterns are not always met by what is made of them."""
    sent = {name.lower(): value for name, value in (case.headers or {}).items()}
    for header in case.operation.headers:
        value = sent.get(header.name.lower())
        if value is not None and not jsonschema_rs.is_valid(header.definition["schema"], value):
            return False
    return True
