"""Summaries: for everyone around the student, parents included."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import MONDAY, Make, Person
from tests.schema.conftest import Statements

SUMMARY = """
query ($id: ID!) {
  node(id: $id) { ... on Summary {
    narrative nextSteps subjectsCovered basis overridden version
    session { durationMinutes summaries { narrative } }
    student { email summaries { totalCount } }
    tutor { email summaries { totalCount nodes { narrative } } }
  } }
}
"""
SUMMARIES = """
query ($first: Int, $after: String, $orderBy: SummaryOrder, $where: SummaryWhere) {
  students { nodes { summaries(first: $first, after: $after, orderBy: $orderBy, where: $where) {
    nodes { narrative } totalCount pageInfo { hasNextPage endCursor }
  } } }
}
"""


async def test_who_sees_a_summary(api: Api, make: Make) -> None:
    sam, sue = await make.student(), await make.student("sue")
    tess, gone = await make.tutor(of=sam), await make.tutor("gone")
    await make.assignment(gone, sam, status="paused")
    session = await make.session(sam, tess, duration_minutes=50)
    summary = await make.summary(
        session,
        sam,
        tess,
        narrative="We solved equations.",
        next_steps=["Practise", "Rest"],
        subjects_covered=["Algebra"],
        summary_type="brief",
    )
    shown = {
        "narrative": "We solved equations.",
        "nextSteps": ["Practise", "Rest"],
        "subjectsCovered": ["Algebra"],
        "basis": "BRIEF",
        "overridden": False,
        "version": 1,
        "session": {"durationMinutes": 50, "summaries": [{"narrative": "We solved equations."}]},
        "student": {"email": "sam@school.test", "summaries": {"totalCount": 1}},
        "tutor": {
            "email": "tess@school.test",
            "summaries": {"totalCount": 1, "nodes": [{"narrative": "We solved equations."}]},
        },
    }
    for person in (sam, tess, await make.tutor("tom", of=sam), await make.parent(of=sam), await make.admin()):
        assert await api.data(SUMMARY, person, id=to_global("Summary", summary)) == {"node": shown}
    for person in (sue, gone, await make.parent("pia", of=sue), await make.tutor("tim", of=sue)):
        assert await api.data(SUMMARY, person, id=to_global("Summary", summary)) == {"node": None}
        assert "equations" not in (await api.post(SUMMARIES, person)).text
    assert await api.error_codes(SUMMARY, None, id=to_global("Summary", summary)) == ["UNAUTHENTICATED"]


async def test_what_a_summary_may_lack(api: Api, make: Make) -> None:
    sam = await make.student()
    summary = await make.summary(await make.session(sam), sam, next_steps=[])
    document = "query ($id: ID!) { node(id: $id) { ... on Summary { nextSteps subjectsCovered basis tutor { id } } } }"
    assert await api.data(document, sam, id=to_global("Summary", summary)) == {
        "node": {"nextSteps": [], "subjectsCovered": [], "basis": None, "tutor": None}
    }


async def test_a_sessions_summaries_are_newest_first(api: Api, make: Make, statements: Statements) -> None:
    sam = await make.student()
    for number in range(2):
        session = await make.session(sam)
        for day in (1, 3, 2):
            when = datetime(2026, 3, day, tzinfo=UTC)
            await make.summary(session, sam, narrative=f"{number}-{day}", created_at=when)
    await make.session(sam)
    statements.clear()
    data = await api.data("{ students { nodes { sessions { nodes { summaries { narrative } } } } } }", sam)
    assert statements.names == ["students", "sessions_by_student", "summaries_by_session"]
    lists = [
        [summary["narrative"] for summary in session["summaries"]]
        for session in data["students"]["nodes"][0]["sessions"]["nodes"]
    ]
    assert sorted(lists) == [[], ["0-3", "0-2", "0-1"], ["1-3", "1-2", "1-1"]]


async def test_summaries_are_paged_ordered_and_narrowed(api: Api, make: Make) -> None:
    sam = await make.student()
    session = await make.session(sam)
    for day, kind in enumerate(["normal", "brief", "missing_transcript", None], start=1):
        await make.summary(
            session,
            sam,
            narrative=str(day),
            summary_type=kind,
            overridden=day == 2,
            created_at=MONDAY.replace(day=day),
        )
    first = await _page(api, sam, first=3)
    assert [node["narrative"] for node in first["nodes"]] == ["4", "3", "2"]
    assert (first["totalCount"], first["pageInfo"]["hasNextPage"]) == (4, True)
    rest = await _page(api, sam, first=3, after=first["pageInfo"]["endCursor"])
    assert [node["narrative"] for node in rest["nodes"]] == ["1"]
    for where, expected in [
        ({"basis": "BRIEF"}, ["2"]),
        ({"overridden": True}, ["2"]),
        ({"overridden": False}, ["1", "3", "4"]),
        ({"dateFrom": "2026-03-02T16:00:00Z", "dateTo": "2026-03-04T16:00:00Z"}, ["2", "3"]),
    ]:
        page = await _page(api, sam, orderBy="OLDEST", where=where)
        assert ([node["narrative"] for node in page["nodes"]], page["totalCount"]) == (expected, len(expected))


@pytest.mark.parametrize(
    ("arguments", "code"),
    [({"first": -1}, "BAD_PAGE"), ({"after": "x"}, "BAD_CURSOR"), ({"where": {"dateTo": "2026-03-02"}}, "BAD_TIME")],
)
async def test_a_bad_page_is_refused(api: Api, make: Make, arguments: dict[str, Any], code: str) -> None:
    assert await api.error_codes(SUMMARIES, await make.student(), **arguments) == [code]


async def _page(api: Api, person: Person, **arguments: Any) -> Any:
    data = await api.data(SUMMARIES, person, **arguments)
    return data["students"]["nodes"][0]["summaries"]
