"""Nudges: sent by tutors and administrators, noticed by whom they were sent to."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

NUDGES = """
query ($where: NudgeWhere, $order: NudgeOrder! = NEWEST) {
  students { nodes { nudges(where: $where, orderBy: $order) { nodes { message } totalCount } } }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Nudge { message } } }"
ERRORS = "userErrors { field code message }"
SEND = f"""
mutation ($input: SendNudgeInput!) {{ sendNudge(input: $input) {{
  nudge {{
    type channel message personalized triggerReason suggestionsMade openedAt clickedAt user {{ __typename email }}
  }}
  {ERRORS}
}} }}
"""
OPENED = f"""
mutation ($input: MarkNudgeOpenedInput!) {{ markNudgeOpened(input: $input) {{
  nudge {{ openedAt clickedAt }} {ERRORS}
}} }}
"""
CLICKED = f"""
mutation ($input: MarkNudgeClickedInput!) {{ markNudgeClicked(input: $input) {{
  nudge {{ openedAt clickedAt }} {ERRORS}
}} }}
"""
USUAL = {"type": "CROSS_SUBJECT", "channel": "BOTH", "message": "Try geometry"}


def gid(row_id: Any) -> str:
    """A nudge's global id."""
    return to_global("Nudge", row_id)


async def count(make: Make) -> tuple[Any, ...] | None:
    """How many nudges there are."""
    return await (await make.owner.execute("select count(*) from nudges")).fetchone()


async def refusals(api: Api, document: str, person: Person | None, **given: Any) -> list[tuple[str | None, str]]:
    """The field and code of each error, user errors and others."""
    answer = await api.run(document, person, input=given)
    payloads = [payload for payload in (answer.get("data") or {}).values() if payload]
    assert all(payload["nudge"] is None for payload in payloads if payload["userErrors"])
    return [(None, error["extensions"]["code"]) for error in answer.get("errors", [])] + [
        (error["field"], error["code"]) for payload in payloads for error in payload["userErrors"]
    ]


@pytest.mark.parametrize("who", ["tutor", "admin"])
async def test_a_nudge_is_sent(api: Api, make: Make, statements: Statements, who: str) -> None:
    sam = await make.student()
    sender = await make.tutor(of=sam) if who == "tutor" else await make.admin()
    statements.clear()
    data = await api.data(
        SEND,
        sender,
        input={
            **USUAL,
            "studentId": sam.gid,
            "message": "  Try geometry ",
            "personalized": False,
            "triggerReason": "done with algebra",
            "suggestionsMade": ["Geometry", " "],
        },
    )
    assert data["sendNudge"] == {
        "nudge": {
            "type": "CROSS_SUBJECT",
            "channel": "BOTH",
            "message": "Try geometry",
            "personalized": False,
            "triggerReason": "done with algebra",
            "suggestionsMade": ["Geometry"],
            "openedAt": None,
            "clickedAt": None,
            "user": {"__typename": "Student", "email": "sam@school.test"},
        },
        "userErrors": [],
    }
    assert statements.names == [
        "users_by_id",
        "insert_nudge",
        "nudges_by_id",
        "defer",
        "defer",
        "append_events",
        "users_by_id",
    ]
    data = await api.data(NUDGES, sam)
    assert data["students"]["nodes"] == [{"nudges": {"nodes": [{"message": "Try geometry"}], "totalCount": 1}}]


@pytest.mark.parametrize(
    ("change", "refusal"),
    [
        ({"message": " "}, ("message", "INVALID")),
        ({"message": "x" * 1_001}, ("message", "TOO_LONG")),
        ({"message": "\x00"}, ("message", "INVALID")),
        ({"triggerReason": "x" * 501}, ("triggerReason", "TOO_LONG")),
        ({"suggestionsMade": ["x" * 201]}, ("suggestionsMade", "TOO_LONG")),
        ({"suggestionsMade": ["x"] * 11}, ("suggestionsMade", "TOO_LONG")),
        ({"type": "SPAM"}, (None, "BAD_REQUEST")),
        ({"channel": "PIGEON"}, (None, "BAD_REQUEST")),
        ({"studentId": "x"}, (None, "BAD_ID")),
    ],
)
async def test_a_bad_nudge_is_refused(api: Api, make: Make, change: Any, refusal: tuple[str | None, str]) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    assert await refusals(api, SEND, tess, **{**USUAL, "studentId": sam.gid, **change}) == [refusal]
    assert await count(make) == (0,)


async def test_only_students_are_nudged(api: Api, make: Make) -> None:
    ada, tess = await make.admin(), await make.tutor()
    assert await refusals(api, SEND, ada, **USUAL, studentId=tess.gid) == [(None, "BAD_ID")]
    # A student's id by its name, somebody else's by its number; and nobody's.
    for row_id in (tess.id, UUID(int=7)):
        given = {**USUAL, "studentId": to_global("Student", row_id)}
        assert await refusals(api, SEND, ada, **given) == [("studentId", "NOT_FOUND")]
    assert await count(make) == (0,)


async def people_around(make: Make, sam: Person) -> dict[str, Person | None]:
    """Everybody who is not to send to sam, or to notice what was sent."""
    paused = await make.tutor("paused")
    await make.assignment(paused, sam, status="paused")
    return {
        "anonymous": None,
        "other student": await make.student("other"),
        "parent": await make.parent(of=sam),
        "other tutor": await make.tutor("stranger"),
        "paused tutor": paused,
        "student": sam,
        "tutor": await make.tutor(of=sam),
        "admin": await make.admin(),
    }


@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("anonymous", (None, "UNAUTHENTICATED")),
        ("student", (None, "FORBIDDEN")),
        ("other student", (None, "FORBIDDEN")),
        ("parent", (None, "FORBIDDEN")),
        ("other tutor", ("studentId", "FORBIDDEN")),
        ("paused tutor", ("studentId", "FORBIDDEN")),
    ],
)
async def test_nobody_else_sends_a_nudge(api: Api, make: Make, who: str, refusal: tuple[str | None, str]) -> None:
    sam = await make.student()
    person = (await people_around(make, sam))[who]
    assert await refusals(api, SEND, person, **USUAL, studentId=sam.gid) == [refusal]
    assert await count(make) == (0,)


async def test_the_first_opening_and_the_first_click_count(api: Api, make: Make) -> None:
    sam = await make.student()
    nudge = gid(await make.nudge(sam))
    opened = (await api.data(OPENED, sam, input={"id": nudge}))["markNudgeOpened"]["nudge"]
    assert (opened["openedAt"] is not None, opened["clickedAt"]) == (True, None)
    assert await api.data(OPENED, sam, input={"id": nudge}) == {"markNudgeOpened": {"nudge": opened, "userErrors": []}}
    clicked = (await api.data(CLICKED, sam, input={"id": nudge}))["markNudgeClicked"]["nudge"]
    assert (clicked["openedAt"], clicked["clickedAt"] is not None) == (opened["openedAt"], True)
    for document in (CLICKED, OPENED):
        (payload,) = (await api.data(document, sam, input={"id": nudge})).values()
        assert payload == {"nudge": clicked, "userErrors": []}


async def test_whoever_clicks_has_opened(api: Api, make: Make) -> None:
    pat = await make.parent()
    nudge = gid(await make.nudge(pat))
    clicked = (await api.data(CLICKED, pat, input={"id": nudge}))["markNudgeClicked"]["nudge"]
    assert clicked["openedAt"] == clicked["clickedAt"] is not None


async def test_noticing_many_times_at_once_is_noticing_once(api: Api, make: Make) -> None:
    sam = await make.student()
    nudge = gid(await make.nudge(sam))
    answers = await asyncio.gather(
        *(api.data(document, sam, input={"id": nudge}) for document in [OPENED, CLICKED] * 10)
    )
    payloads = [payload for answer in answers for payload in answer.values()]
    assert len({payload["nudge"]["openedAt"] for payload in payloads}) == 1
    assert len({payload["nudge"]["clickedAt"] for payload in payloads} - {None}) == 1


@pytest.mark.parametrize("document", [OPENED, CLICKED])
@pytest.mark.parametrize(
    ("who", "refusal"),
    [
        ("anonymous", (None, "UNAUTHENTICATED")),
        ("other student", ("id", "NOT_FOUND")),
        ("parent", ("id", "NOT_FOUND")),
        ("tutor", ("id", "NOT_FOUND")),
        ("other tutor", ("id", "NOT_FOUND")),
        ("admin", ("id", "FORBIDDEN")),
    ],
)
async def test_nobody_else_notices_a_nudge(
    api: Api, make: Make, document: str, who: str, refusal: tuple[str | None, str]
) -> None:
    sam = await make.student()
    nudge = await make.nudge(sam)
    person = (await people_around(make, sam))[who]
    assert await refusals(api, document, person, id=gid(nudge)) == [refusal]
    cursor = await make.owner.execute("select opened_at, clicked_at from nudges")
    assert await cursor.fetchall() == [(None, None)]


async def test_who_sees_a_nudge(api: Api, make: Make) -> None:
    sam = await make.student()
    around = await people_around(make, sam)
    nudge = gid(await make.nudge(sam))
    see = {"student", "tutor", "parent", "admin"}
    for who, person in around.items():
        if person is not None:
            found = await api.data(NODE, person, id=nudge)
            assert found["node"] == ({"message": "We miss you"} if who in see else None), who
    assert await api.error_codes(NODE, None, id=nudge) == ["UNAUTHENTICATED"]


async def test_one_sees_ones_own_nudges_and_not_those_of_ones_tutor(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await make.nudge(tess, "Three answers wait")
    own = "{ viewer { nudges { nodes { message user { email } } } } }"
    data = await api.data(own, tess)
    assert data["viewer"]["nudges"]["nodes"] == [
        {"message": "Three answers wait", "user": {"email": "tess@school.test"}}
    ]
    walk = "query ($id: ID!) { node(id: $id) { ... on Tutor { email nudges { nodes { message } totalCount } } } }"
    data = await api.data(walk, sam, id=tess.gid)
    assert data["node"] == {"email": "tess@school.test", "nudges": {"nodes": [], "totalCount": 0}}


@pytest.mark.parametrize(
    ("where", "found"),
    [
        (None, ["c", "b", "a"]),
        ({"type": "LOGIN"}, ["a"]),
        ({"opened": True}, ["b"]),
        ({"opened": False}, ["c", "a"]),
        ({"opened": True, "type": "LOGIN"}, []),
    ],
)
async def test_nudges_are_filtered(api: Api, make: Make, where: Any, found: list[str]) -> None:
    sam = await make.student()
    await make.nudge(sam, "a", type="login", sent_at="2026-03-01T00:00:00Z")
    await make.nudge(sam, "b", sent_at="2026-03-02T00:00:00Z", opened_at="2026-03-03T00:00:00Z")
    await make.nudge(sam, "c", sent_at="2026-03-03T00:00:00Z")
    nudges = (await api.data(NUDGES, sam, where=where))["students"]["nodes"][0]["nudges"]
    assert ([node["message"] for node in nudges["nodes"]], nudges["totalCount"]) == (found, len(found))
    nudges = (await api.data(NUDGES, sam, where=where, order="OLDEST"))["students"]["nodes"][0]["nudges"]
    assert [node["message"] for node in nudges["nodes"]] == found[::-1]
