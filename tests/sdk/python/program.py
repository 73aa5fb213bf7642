"""A client of the demo, written against what openapi-python-client generates and nothing else.

The steps are those of ../typescript/program.ts: each asserts what it was answered and prints one
line. `cargo xtask contract` type-checks and runs it; docs/CLIENTS.md takes its examples from here.
"""

import os
import uuid
from collections.abc import Iterator
from typing import Any, TypeVar

from client import AuthenticatedClient
from client.api.changes import list_changes
from client.api.directory import get_me
from client.api.exchanges import create_exchange, delete_exchange, get_exchange, update_exchange
from client.api.partnerships import get_partnership, list_partnerships, transition_partnership
from client.api.places import list_places
from client.models import (
    CollectionName,
    ExchangeAudience,
    ExchangeDirection,
    ExchangeInput,
    ExchangePatch,
    Expandable,
    LocalizedText,
    LocalizedTextPatch,
    Partnership,
    PartnershipSort,
    PartnershipStage,
    PartnershipTransitionInput,
    Problem,
    Visibility,
)
from client.types import UNSET, Response, Unset

URL = os.environ.get("POBRATIM_URL", "http://127.0.0.1:8080")
KEY = os.environ.get("POBRATIM_KEY", "")

T = TypeVar("T")


def step(text: str) -> None:
    print(text, flush=True)


def told(answer: Response[T | Problem]) -> T:
    """What was answered, or the problem as an exception."""
    parsed = answer.parsed
    if isinstance(parsed, Problem):
        raise RuntimeError(f"{parsed.code}: {parsed.detail}")
    assert parsed is not None
    return parsed


def refused(answer: Response[T | Problem]) -> Problem:
    assert isinstance(answer.parsed, Problem)
    return answer.parsed


def text(**texts: str) -> LocalizedText:
    """A text by language."""
    made = LocalizedText()
    made.additional_properties = texts
    return made


def partnerships(client: AuthenticatedClient) -> Iterator[Partnership]:
    """Every partnership, page by page."""
    cursor: str | Unset = UNSET
    while True:
        answer = list_partnerships.sync_detailed(
            client=client, limit=5, sort=PartnershipSort.CREATED_AT_DESCENDING, cursor=cursor
        )
        page = told(answer)
        yield from page.items
        cursor = page.page.next_cursor
        if isinstance(cursor, Unset):
            return


def main(client: AuthenticatedClient) -> None:
    me = told(get_me.sync_detailed(client=client))
    assert me.role == "admin"
    step(f"me: {me.role} of {me.municipality}")

    counted = told(list_partnerships.sync_detailed(client=client, limit=1, prefer="count=exact"))
    seen = [tie.id for tie in partnerships(client)]
    assert len(seen) > 5 and len(seen) == len(set(seen)) == counted.page.total
    step(f"list: {len(seen)} partnerships on pages of 5, each once")

    wanted = [PartnershipStage.ACTIVE, PartnershipStage.NEGOTIATION_AGREED]
    some = told(list_partnerships.sync_detailed(client=client, stage=wanted, expand=[Expandable.PLACES]))
    assert {tie.stage for tie in some.items} == set(wanted)
    assert not isinstance(some.included, Unset) and not isinstance(some.included.places, Unset)
    step(f"filter: {len(some.items)} partnerships in two stages, {len(some.included.places)} places along with them")

    [heihe] = told(list_places.sync_detailed(client=client, q="黑河")).items
    homes = told(list_places.sync_detailed(client=client, q="Благовещенск")).items
    [home] = [place for place in homes if place.ref == "PLA-0001"]
    [name] = [one.text for one in heihe.names if one.lang == "ru"][:1]
    step(f"search: 黑河 is {name}, {heihe.ref}")

    answer = get_partnership.sync_detailed("PAR-0001", client=client)
    tie = told(answer)
    unchanged = get_partnership.sync_detailed(str(tie.id), client=client, if_none_match=answer.headers["ETag"])
    assert unchanged.status_code == 304
    step(f"get: {tie.ref} of {tie.municipality} with an ETag; asked again, it is not sent twice")

    body = ExchangeInput(
        title=text(ru="Делегация в Хэйхэ", en="Delegation to Heihe", zh="访问黑河市代表团"),
        direction=ExchangeDirection.OUTGOING,
        audience=ExchangeAudience.OFFICIALS,
        period="2011-10",
        origin=home.id,
        destination=heihe.id,
        partnerships=[tie.id],
        notes="To be checked.",
        visibility=Visibility.PUBLIC,
    )
    once = str(uuid.uuid4())
    made = create_exchange.sync_detailed(client=client, body=body, idempotency_key=once)
    again = create_exchange.sync_detailed(client=client, body=body, idempotency_key=once)
    exchange = told(made)
    assert made.status_code == 201 and told(again).id == exchange.id
    assert again.headers["Idempotent-Replayed"] == "true"
    assert exchange.state == "proposed"
    step(f"create: {exchange.ref}; the same request again gives the same record")

    record = str(exchange.id)
    first = made.headers["ETag"]
    results = LocalizedTextPatch()
    results.additional_properties = {"en": "A protocol on schools.", "zh": "关于学校的议定书"}
    # UNSET, the default, leaves a member as it is; None removes it.
    patch = ExchangePatch(results=results, notes=None)
    changed = update_exchange.sync_detailed(record, client=client, body=patch, if_match=first)
    after = told(changed)
    assert after.version == exchange.version + 1
    assert not isinstance(after.results, Unset)
    assert after.results.to_dict() == {"en": "A protocol on schools.", "zh": "关于学校的议定书"}
    assert isinstance(after.notes, Unset)
    assert after.title == body.title
    step("patch: one member set, one removed with null, the others as they were")

    problem = refused(
        update_exchange.sync_detailed(record, client=client, body=ExchangePatch(highlight=True), if_match=first)
    )
    assert (problem.status, problem.code) == (412, "stale")
    step(f"stale: {problem.status} {problem.code}, {problem.detail}")

    wrong: dict[str, Any] = body.to_dict() | {"direction": "incoming", "period": "2011-13"}
    invalid = refused(create_exchange.sync_detailed(client=client, body=ExchangeInput.from_dict(wrong)))
    assert invalid.code == "invalid_body" and not isinstance(invalid.errors, Unset)
    [fault] = invalid.errors
    assert fault.pointer == "/period"
    step(f"invalid: {fault.pointer} {fault.code}")

    dangjin = "PAR-0005"
    tag = get_partnership.sync_detailed(dangjin, client=client).headers["ETag"]

    def move(to: PartnershipStage) -> Response[Partnership | Problem]:
        moving = PartnershipTransitionInput(to=to, on="2011-12")
        return transition_partnership.sync_detailed(dangjin, client=client, body=moving, if_match=tag)

    impossible = refused(move(PartnershipStage.CONCLUDED))
    assert impossible.code == "invalid_state" and not isinstance(impossible.state, Unset)
    assert impossible.state.to == "concluded" and "negotiating" in impossible.state.allowed
    moved = told(move(PartnershipStage.NEGOTIATING))
    assert moved.stage == PartnershipStage.NEGOTIATING
    step(f"transition: {dangjin} cannot be concluded yet, and is {moved.stage} now")

    gone = delete_exchange.sync_detailed(record, client=client, if_match=changed.headers["ETag"])
    assert gone.status_code == 204
    missing = get_exchange.sync_detailed(record, client=client)
    assert refused(missing).code == "not_found"
    step(f"delete: {exchange.ref} is gone")

    followed = [CollectionName.EXCHANGES, CollectionName.PARTNERSHIPS]
    feed = told(list_changes.sync_detailed(client=client, limit=200, collection=followed))
    mine = [change for change in feed.items if change.record_id == exchange.id]
    assert [change.action for change in mine] == ["create", "update", "delete"]
    assert not isinstance(feed.page.next_cursor, Unset)
    step(f"changes: {', '.join(change.event for change in mine)}")


if __name__ == "__main__":
    with AuthenticatedClient(base_url=URL, token=KEY) as connected:
        main(connected)
