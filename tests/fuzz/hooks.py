"""What schemathesis is told beside its configuration: two checks of our own, and a helping hand.

A request that fits every schema of the contract may still be refused, for rules that no schema can
tell. It is never refused for what a schema can tell: else the contract promises more than the
server keeps.
"""

import functools
import itertools
import os
from urllib.parse import urlsplit

import jsonschema_rs
import requests
import schemathesis
from schemathesis.generation.meta import TestPhase

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
        if case.method.upper() == "PATCH":
            # Removing a text's last language leaves it empty: that depends on the record.
            unsaid.discard("empty")
        if not unsaid or not headers_fit(case):
            return
        raise AssertionError(f"The contract does not say so: {', '.join(sorted(unsaid))}")
    raise AssertionError(f"The contract allows this request, and the answer is {status}")


# The records that were deleted and not restored, by their paths.
GONE = set()


@schemathesis.check
def deleted_is_gone(ctx, response, case):
    """A deleted record is not found until it is restored. Its history stays: it tells who deleted it."""
    method = response.request.method
    path = urlsplit(response.request.url).path
    record = "/".join(path.split("/")[:4])
    if method == "DELETE" and response.status_code == 204:
        # A second one finds nothing either.
        assert path not in GONE, "It was deleted already."
        GONE.add(path)
    elif method == "POST" and path == f"{record}/restore":
        if response.status_code == 200:
            GONE.discard(record)
    elif record in GONE and method != "OPTIONS" and not path.endswith("/history"):
        assert response.status_code >= 400, "It was deleted, and is there."


def headers_fit(case):
    """Whether the headers are as their schemas say: long patterns are not always met by what is made of them."""
    sent = {name.lower(): value for name, value in (case.headers or {}).items()}
    for header in case.operation.headers:
        value = sent.get(header.name.lower())
        if value is not None and not jsonschema_rs.is_valid(header.definition["schema"], value):
            return False
    return True


# What follows helps walks along the links to get anywhere: a body made at random seldom names
# records that are there, and twenty random filters at once find nothing.

ASKED = itertools.count()


@schemathesis.hook
def before_call(context, case, kwargs):
    """Every other step of a walk begins with what the demo has."""
    meta = case.meta
    if meta is None or meta.phase.name != TestPhase.STATEFUL or next(ASKED) % 2:
        return
    if any(part.mode.is_negative for part in meta.components.values()):
        return
    operation = case.operation
    if operation.method.upper() == "GET" and "{" not in operation.path:
        case.query = {}
        case.headers.pop("Prefer", None)
        case.headers.pop("If-None-Match", None)
    elif operation.method.upper() == "POST" and "{" not in operation.path:
        known = bodies(operation.path, case)
        if known:
            case.body = known[next(ASKED) // 2 % len(known)]
            case.headers.pop("Idempotency-Key", None)


@functools.cache
def records(path):
    key = os.environ.get("POBRATIM_KEY")
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    answer = requests.get(f"{os.environ['POBRATIM_URL']}{path}?limit=20", headers=headers, timeout=15)
    return answer.json()["items"]


def bodies(path, case):
    """The records of a collection as they would be sent to make them again."""
    document = case.operation.schema.raw_schema
    reference = document["paths"][path]["post"]["requestBody"]["content"]["application/json"]["schema"]["$ref"]
    taken = document["components"]["schemas"][reference.rsplit("/", 1)[1]]["properties"]
    made = []
    for record in records(path):
        body = {name: without_keys(value) for name, value in record.items() if name in taken and name != "external_ids"}
        if "historical" in taken:
            body["historical"] = True
        made.append(body)
    return made


def without_keys(value):
    """The server makes the keys of elements anew."""
    if isinstance(value, dict):
        return {name: without_keys(member) for name, member in value.items() if name != "key"}
    if isinstance(value, list):
        return [without_keys(member) for member in value]
    return value
