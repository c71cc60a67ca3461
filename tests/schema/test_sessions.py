"""Sessions: seen by everyone around the student, their notes by who wrote them."""

from datetime import UTC, datetime
from typing import Any

import pytest

from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

SESSIONS = """
query ($first: Int, $after: String, $last: Int, $before: String, $orderBy: SessionOrder, $where: SessionWhere) {
  students { nodes { sessions(
    first: $first, after: $after, last: $last, before: $before, orderBy: $orderBy, where: $where
  ) {
    nodes { durationMinutes }
    totalCount
    pageInfo { hasNextPage hasPreviousPage startCursor endCursor }
  } } }
}
"""
NODE = "query ($id: ID!) { node(id: $id) { ... on Session { durationMinutes transcriptAvailable notes } } }"


async def test_who_sees_a_session_and_its_notes(api: Api, make: Make) -> None:
    sam, sue = await make.student(), await make.student("sue")
    tess = await make.tutor(of=sam)
    tom, gone = await make.tutor("tom", of=sam), await make.tutor("gone")
    await make.assignment(gone, sam, status="completed")
    session = await make.session(sam, tess, duration_minutes=30, transcript="Tutor: Hello", notes="Tired.")
    past = await make.session(sam, gone, duration_minutes=20, notes="Gone.")
    plain = {"durationMinutes": 30, "transcriptAvailable": True, "notes": None}
    seen = [
        (sam, plain),
        (tess, plain | {"notes": "Tired."}),
        (tom, plain),
        (await make.parent(of=sam), plain),
        (await make.admin(), plain | {"notes": "Tired."}),
        (sue, None),
        (gone, None),
        (await make.parent("pia", of=sue), None),
    ]
    for person, expected in seen:
        assert await api.data(NODE, person, id=to_global("Session", session)) == {"node": expected}
    # Nor does a tutor who no longer teaches the student keep their own notes.
    assert await api.data(NODE, gone, id=to_global("Session", past)) == {"node": None}
    assert await api.error_codes(NODE, None, id=to_global("Session", session)) == ["UNAUTHENTICATED"]


async def test_a_page_of_sessions_costs_the_same_whatever_its_length(
    api: Api, make: Make, statements: Statements
) -> None:
    document = """
    query ($first: Int) { students { nodes { sessions(first: $first) { nodes {
      student { email } tutor { email } subject { name } summaries { narrative } transcript { wordCount } notes
    } } } } }
    """
    tess = await make.tutor()
    for number in range(3):
        student = await make.student(f"s{number}")
        await make.assignment(tess, student)
        subject = await make.subject(f"Subject {number}")
        for _ in range(number + 1):
            session = await make.session(student, tess, subject_id=subject, transcript="Tutor: Hi", notes="n")
            await make.summary(session, student, tess)
    for first in (1, 5):
        statements.clear()
        data = await api.data(document, tess, first=first)
        lengths = [len(student["sessions"]["nodes"]) for student in data["students"]["nodes"]]
        assert lengths == [min(first, length) for length in (1, 2, 3)]
        assert data["students"]["nodes"][2]["sessions"]["nodes"][0] == {
            "student": {"email": "s2@school.test"},
            "tutor": {"email": "tess@school.test"},
            "subject": {"name": "Subject 2"},
            "summaries": [{"narrative": "We solved equations."}],
            "transcript": {"wordCount": 1},
            "notes": "n",
        }
        assert sorted(statements.names) == [
            "session_notes_by_session",
            "session_transcripts_by_session",
            "sessions_by_student",
            "students",
            "subjects_by_id",
            "summaries_by_session",
            "users_by_id",
        ]


async def test_sessions_are_walked_from_every_side(api: Api, make: Make) -> None:
    document = """
    {
      students { nodes { sessions { nodes { durationMinutes } } } }
      node(id: "%s") { ... on Tutor { sessions { totalCount nodes { durationMinutes } } } }
      subjects { nodes { sessions { totalCount nodes { durationMinutes student { sessions { totalCount } } } } } }
    }
    """
    sam, sue = await make.student(), await make.student("sue")
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    await make.session(sam, tess, duration_minutes=1, subject_id=algebra)
    await make.session(sue, tess, duration_minutes=2, subject_id=algebra)
    # What tess held with a student who is not hers any more is not to be seen by her or by sam.
    for person in (sam, tess):
        assert await api.data(document % tess.gid, person) == {
            "students": {"nodes": [{"sessions": {"nodes": [{"durationMinutes": 1}]}}]},
            "node": {"sessions": {"totalCount": 1, "nodes": [{"durationMinutes": 1}]}},
            "subjects": {
                "nodes": [
                    {
                        "sessions": {
                            "totalCount": 1,
                            "nodes": [{"durationMinutes": 1, "student": {"sessions": {"totalCount": 1}}}],
                        }
                    }
                ]
            },
        }
    data = await api.data(document % tess.gid, await make.admin())
    assert data["node"]["sessions"]["totalCount"] == 2


async def test_sessions_are_paged_ordered_and_narrowed(api: Api, make: Make) -> None:
    sam = await make.student()
    algebra = await make.subject("Algebra")
    for day in range(1, 6):
        await make.session(
            sam,
            duration_minutes=day,
            session_date=datetime(2026, 3, day, tzinfo=UTC),
            subject_id=algebra if day % 2 else None,
        )
    first = await _page(api, sam, first=2)
    assert first["nodes"] == [{"durationMinutes": 5}, {"durationMinutes": 4}]
    assert first["totalCount"] == 5
    second = await _page(api, sam, first=2, after=first["pageInfo"]["endCursor"])
    assert second["nodes"] == [{"durationMinutes": 3}, {"durationMinutes": 2}]
    assert second["pageInfo"]["hasNextPage"] is True
    oldest = await _page(api, sam, first=1, orderBy="OLDEST")
    assert oldest["nodes"] == [{"durationMinutes": 1}]
    subject = await _page(api, sam, where={"subjectId": to_global("Subject", algebra)})
    assert [node["durationMinutes"] for node in subject["nodes"]] == [5, 3, 1]
    assert subject["totalCount"] == 3
    # The beginning is included, the end is not.
    between = {"dateFrom": "2026-03-02T00:00:00Z", "dateTo": "2026-03-04T01:00:00+01:00"}
    dates = await _page(api, sam, where=between)
    assert [node["durationMinutes"] for node in dates["nodes"]] == [3, 2]


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ({"first": 101}, "BAD_PAGE"),
        ({"after": "nonsense"}, "BAD_CURSOR"),
        ({"where": {"dateFrom": "2026-03-02T00:00:00"}}, "BAD_TIME"),
        ({"where": {"dateTo": "never"}}, "BAD_REQUEST"),
        ({"where": {"subjectId": "U3R1ZGVudDox"}}, "BAD_ID"),
    ],
)
async def test_a_bad_page_is_refused(api: Api, make: Make, arguments: dict[str, Any], code: str) -> None:
    assert await api.error_codes(SESSIONS, await make.student(), **arguments) == [code]


async def test_a_session_outlives_its_tutor(api: Api, make: Make) -> None:
    sam = await make.student()
    await make.session(sam, await make.tutor(of=sam), source="CIMA", licence="CC BY 2.5")
    await make.owner.execute("delete from users where role = 'tutor'")
    data = await api.data("{ students { nodes { sessions { nodes { tutor { id } source licence } } } } }", sam)
    nodes = data["students"]["nodes"][0]["sessions"]["nodes"]
    assert nodes == [{"tutor": None, "source": "CIMA", "licence": "CC BY 2.5"}]


async def _page(api: Api, person: Person, **arguments: Any) -> Any:
    data = await api.data(SESSIONS, person, **arguments)
    return data["students"]["nodes"][0]["sessions"]
