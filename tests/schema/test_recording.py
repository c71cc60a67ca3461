"""Recording sessions and changing them: the tutor who held them, and administrators."""

import asyncio
from contextlib import AsyncExitStack
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from schema.context import Services
from schema.ids import to_global
from tests.api import Api
from tests.eventually import until
from tests.make import Make, Person

RECORD = """
mutation ($input: RecordSessionInput!) {
  recordSession(input: $input) {
    session {
      startedAt durationMinutes topicsCovered transcriptAvailable notes source licence
      student { email } tutor { email } subject { name } summaries { id } transcript { wordCount }
    }
    userErrors { field code }
  }
}
"""
UPDATE = """
mutation ($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session { startedAt durationMinutes topicsCovered notes subject { name } transcriptAvailable }
    userErrors { field code }
  }
}
"""


async def test_a_tutor_records_a_session(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    data = await api.data(
        RECORD,
        tess,
        input=_held(
            sam,
            durationMinutes=50,
            subjectId=to_global("Subject", algebra),
            topicsCovered=[" Quadratics ", "", "Roots", "Roots"],
            notes=" Tired today. ",
            transcript={"turns": [{"speaker": "TUTOR", "text": "Hello Sam"}]},
        ),
    )
    assert data["recordSession"] == {
        "session": {
            "startedAt": "2026-03-02T16:00:00+00:00",
            "durationMinutes": 50,
            "topicsCovered": ["Quadratics", "Roots"],
            "transcriptAvailable": True,
            "notes": "Tired today.",
            "source": None,
            "licence": None,
            "student": {"email": "sam@school.test"},
            "tutor": {"email": "tess@school.test"},
            "subject": {"name": "Algebra"},
            "summaries": [],
            "transcript": {"wordCount": 2},
        },
        "userErrors": [],
    }
    assert await _log(make) == [
        ("tutor", "session.record", "Session", sam.id, {"fields": ["notes", "transcript"]}),
    ]


async def test_the_least_that_a_session_needs(api: Api, make: Make) -> None:
    sam = await make.student()
    data = await api.data(RECORD, await make.tutor(of=sam), input=_held(sam))
    session = data["recordSession"]["session"]
    assert session["transcriptAvailable"] is False
    assert [session[name] for name in ("durationMinutes", "notes", "subject", "transcript")] == [None] * 4
    assert await _stored(make, "transcript_text", "transcript_storage_url", "notes") == [(None, None, None)]


async def test_an_admin_records_a_session_in_a_tutors_name(api: Api, make: Make) -> None:
    sam, tess, ada = await make.student(), await make.tutor(), await make.admin()
    data = await api.data(RECORD, ada, input=_held(sam, tutorId=tess.gid))
    assert data["recordSession"]["session"]["tutor"] == {"email": "tess@school.test"}


async def test_an_admin_says_who_held_a_session(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    assert await _refusal(api, RECORD, ada, _held(sam)) == [("tutorId", "INVALID")]
    nobody = to_global("Tutor", sam.id)
    assert await _refusal(api, RECORD, ada, _held(sam, tutorId=nobody)) == [(None, "NOT_FOUND")]
    assert await _stored(make, "id") == []


async def test_a_tutor_records_no_session_of_another(api: Api, make: Make) -> None:
    sam = await make.student()
    tess, tom = await make.tutor(of=sam), await make.tutor("tom", of=sam)
    assert await _refusal(api, RECORD, tess, _held(sam, tutorId=tom.gid)) == [("tutorId", "FORBIDDEN")]
    assert await _stored(make, "id") == []
    await api.data(RECORD, tess, input=_held(sam, tutorId=tess.gid))
    assert await _stored(make, "tutor_id") == [(tess.id,)]


@pytest.mark.parametrize("status", [None, "paused", "completed"])
async def test_a_tutor_records_nothing_without_an_active_assignment(api: Api, make: Make, status: str | None) -> None:
    sam, tess = await make.student(), await make.tutor()
    if status is not None:
        await make.assignment(tess, sam, status=status)
    assert await _refusal(api, RECORD, tess, _held(sam)) == [("studentId", "FORBIDDEN")]
    assert await _stored(make, "id") == []
    assert await _log(make) == []


async def test_who_stops_teaching_before_it_is_written_records_nothing(
    api: Api, make: Make, services: Services
) -> None:
    """Between the look at the rules and the writing the transcript is stored, which takes its time."""
    sam = await make.student()
    tess, turns = await make.tutor(of=sam), services.turns

    async def turn() -> AsyncExitStack:
        stack = AsyncExitStack()
        await stack.enter_async_context(turns.of("sub-tess"))
        return stack

    def who_want_one() -> int:
        return turns._people["sub-tess"][1]

    taken = [await turn() for _ in range(services.database.pool.max_size // 2)]
    recording = asyncio.create_task(api.data(RECORD, tess, input=_held(sam)))
    await until(lambda: who_want_one() == len(taken) + 1)
    after_its_look = asyncio.create_task(turn())
    await until(lambda: who_want_one() == len(taken) + 2)
    await taken.pop().aclose()
    taken.append(await after_its_look)
    await make.owner.execute("update tutor_student_assignments set status = 'paused'")
    for each in taken:
        await each.aclose()
    refused = {"session": None, "userErrors": [{"field": "studentId", "code": "FORBIDDEN"}]}
    assert (await recording)["recordSession"] == refused


@pytest.mark.parametrize("role", ["student", "parent", None])
async def test_others_record_and_change_nothing(api: Api, make: Make, role: str | None) -> None:
    sam = await make.student()
    session = await make.session(sam, await make.tutor(of=sam), duration_minutes=30)
    person = {"student": sam, "parent": await make.parent(of=sam), None: None}[role]
    code = ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    change = {"id": to_global("Session", session), "durationMinutes": 5}
    assert await api.error_codes(RECORD, person, input=_held(sam)) == code
    assert await api.error_codes(UPDATE, person, input=change) == code
    assert await _stored(make, "duration_minutes") == [(30,)]
    assert await _log(make) == []


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"durationMinutes": 0}, "durationMinutes", "INVALID"),
        ({"durationMinutes": -5}, "durationMinutes", "INVALID"),
        ({"durationMinutes": 1441}, "durationMinutes", "INVALID"),
        ({"startedAt": "1999-12-31T23:59:59Z"}, "startedAt", "INVALID"),
        ({"startedAt": "9999-12-31T23:59:59Z"}, "startedAt", "INVALID"),
        ({"topicsCovered": ["x"] * 51}, "topicsCovered", "TOO_LONG"),
        ({"topicsCovered": ["x" * 201]}, "topicsCovered", "TOO_LONG"),
        ({"topicsCovered": ["a\x00b"]}, "topicsCovered", "INVALID"),
        ({"notes": "x" * 10_001}, "notes", "TOO_LONG"),
        ({"notes": "a\x00b"}, "notes", "INVALID"),
        ({"subjectId": to_global("Subject", UUID(int=7))}, None, "NOT_FOUND"),
        ({"transcript": {"turns": []}}, "transcript", "INVALID"),
        ({"transcript": {"turns": [{"speaker": "TUTOR", "text": "  "}]}}, "transcript", "INVALID"),
        ({"transcript": {"turns": [{"speaker": "TUTOR", "text": "\x00"}]}}, "transcript", "INVALID"),
        ({"transcript": {"turns": [{"speaker": "TUTOR", "text": "x"}] * 5_001}}, "transcript", "TOO_LONG"),
        ({"transcript": {"text": ""}}, "transcript", "INVALID"),
        ({"transcript": {"text": "nobody says this"}}, "transcript", "INVALID"),
        ({"transcript": {"text": '{"turns": 7}'}}, "transcript", "INVALID"),
        ({"transcript": {"url": "file:///etc/passwd"}}, "transcript", "FORBIDDEN"),
    ],
)
async def test_a_bad_session_is_refused(
    api: Api, make: Make, values: dict[str, Any], field: str | None, code: str
) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    assert await _refusal(api, RECORD, tess, _held(sam, **values)) == [(field, code)]
    assert await _stored(make, "id") == []
    assert await _log(make) == []


async def test_a_date_may_be_a_time_zone_ahead_and_no_more(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    today = datetime.now(UTC)
    later = (today + timedelta(days=2)).isoformat()
    assert await _refusal(api, RECORD, tess, _held(sam, startedAt=later)) == [("startedAt", "INVALID")]
    soon = (today + timedelta(hours=14)).isoformat()
    assert await _refusal(api, RECORD, tess, _held(sam, startedAt=soon)) == []


@pytest.mark.parametrize(
    ("values", "code"),
    [
        ({"startedAt": "2026-03-02T16:00:00"}, "BAD_TIME"),
        ({"startedAt": "2026-03-02"}, "BAD_TIME"),
        ({"startedAt": "yesterday"}, "BAD_REQUEST"),
        ({"startedAt": None}, "BAD_REQUEST"),
        ({"durationMinutes": 2**31}, "BAD_REQUEST"),
        ({"studentId": "nonsense"}, "BAD_ID"),
        ({"subjectId": "U3R1ZGVudDox"}, "BAD_ID"),
        ({"transcript": {}}, "BAD_REQUEST"),
        ({"transcript": {"text": None}}, "BAD_REQUEST"),
        ({"transcript": {"text": "Tutor: a", "url": "file:///x"}}, "BAD_REQUEST"),
        ({"transcript": {"turns": [{"speaker": "PARENT", "text": "a"}]}}, "BAD_REQUEST"),
    ],
)
async def test_what_is_no_session_at_all(api: Api, make: Make, values: dict[str, Any], code: str) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    assert await api.error_codes(RECORD, tess, input=_held(sam, **values)) == [code]
    assert await _stored(make, "id") == []


async def test_a_tutor_changes_their_session(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    session = await make.session(sam, tess, duration_minutes=30, topics_covered=["Roots"], notes="Old")
    change = {
        "id": to_global("Session", session),
        "startedAt": "2026-03-01T09:30:00+01:00",
        "durationMinutes": 45,
        "subjectId": to_global("Subject", algebra),
        "notes": "New",
    }
    data = await api.data(UPDATE, tess, input=change)
    assert data["updateSession"] == {
        "session": {
            "startedAt": "2026-03-01T08:30:00+00:00",
            "durationMinutes": 45,
            "topicsCovered": ["Roots"],
            "notes": "New",
            "subject": {"name": "Algebra"},
            "transcriptAvailable": False,
        },
        "userErrors": [],
    }
    cleared = {"id": change["id"], "durationMinutes": None, "subjectId": None, "topicsCovered": None, "notes": None}
    data = await api.data(UPDATE, tess, input=cleared)
    assert data["updateSession"]["session"] == {
        "startedAt": "2026-03-01T08:30:00+00:00",
        "durationMinutes": None,
        "topicsCovered": [],
        "notes": None,
        "subject": None,
        "transcriptAvailable": False,
    }
    assert await _log(make) == [
        (
            "tutor",
            "session.update",
            "Session",
            sam.id,
            {"fields": ["session_date", "duration_minutes", "subject_id", "notes"]},
        ),
        (
            "tutor",
            "session.update",
            "Session",
            sam.id,
            {"fields": ["duration_minutes", "topics_covered", "subject_id", "notes"]},
        ),
    ]


@pytest.mark.parametrize(
    ("values", "field", "code"),
    [
        ({"startedAt": None}, "startedAt", "INVALID"),
        ({"durationMinutes": 1441}, "durationMinutes", "INVALID"),
        ({"topicsCovered": ["x" * 201]}, "topicsCovered", "TOO_LONG"),
        ({"notes": "x" * 10_001}, "notes", "TOO_LONG"),
        ({"transcript": {"text": "nobody"}}, "transcript", "INVALID"),
        ({"transcript": {"url": "file:///x"}}, "transcript", "FORBIDDEN"),
    ],
)
async def test_a_bad_change_is_refused(api: Api, make: Make, values: dict[str, Any], field: str, code: str) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, duration_minutes=30)
    change = {"id": to_global("Session", session), **values}
    assert await _refusal(api, UPDATE, tess, change) == [(field, code)]
    assert await _stored(make, "duration_minutes", "notes", "transcript_text") == [(30, None, None)]


async def test_an_old_session_keeps_its_date_when_something_else_changes(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, session_date=datetime(1987, 1, 1, tzinfo=UTC))
    change = {"id": to_global("Session", session), "durationMinutes": 20}
    data = await api.data(UPDATE, tess, input=change)
    assert data["updateSession"]["session"]["startedAt"] == "1987-01-01T00:00:00+00:00"


@pytest.mark.parametrize("field", ["durationMinutes", "transcript"])
async def test_only_who_held_a_session_changes_it(api: Api, make: Make, field: str) -> None:
    sam = await make.student()
    tess, tom = await make.tutor(of=sam), await make.tutor("tom", of=sam)
    gone = await make.tutor("gone")
    await make.assignment(gone, sam, status="paused")
    session = await make.session(sam, tess, duration_minutes=30)
    past = await make.session(sam, gone, duration_minutes=30)
    value = {"durationMinutes": 5, "transcript": {"text": "Tutor: mine"}}[field]
    for person, target in [(tom, session), (gone, past)]:
        change = {"id": to_global("Session", target), field: value}
        assert await _refusal(api, UPDATE, person, change) == [("id", "NOT_FOUND")]
    assert await _stored(make, "duration_minutes", "transcript_text") == [(30, None)] * 2
    assert await _log(make) == []
    ada = await make.admin()
    assert await _refusal(api, UPDATE, ada, {"id": to_global("Session", session), field: value}) == []


async def test_notes_are_ciphertext_at_rest_and_open_nowhere_else(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await api.data(RECORD, tess, input=_held(sam, notes="Tired today."))
    ((notes,),) = await _stored(make, "notes")
    assert notes.startswith("v1:")
    assert "Tired" not in notes
    # The same ciphertext in another row: an error of that row's notes, and of nothing else.
    moved = await make.session(sam, tess, duration_minutes=7)
    await make.owner.execute("update sessions set notes = %s where id = %s", (notes, moved))
    answer = await api.run("{ students { nodes { sessions { nodes { durationMinutes notes } } } } }", tess)
    nodes = answer["data"]["students"]["nodes"][0]["sessions"]["nodes"]
    assert sorted(nodes, key=str) == [
        {"durationMinutes": 7, "notes": None},
        {"durationMinutes": None, "notes": "Tired today."},
    ]
    (error,) = answer["errors"]
    assert error["extensions"] == {"code": "CIPHERTEXT_DAMAGED"}
    assert "key `" not in error["message"]


def _held(student: Person, **values: Any) -> dict[str, Any]:
    return {"studentId": student.gid, "startedAt": "2026-03-02T16:00:00Z", **values}


async def _refusal(
    api: Api, document: str, person: Person | None, input: dict[str, Any]
) -> list[tuple[str | None, str]]:
    (payload,) = (await api.data(document, person, input=input)).values()
    assert (payload["session"] is None) == bool(payload["userErrors"])
    return [(error["field"], error["code"]) for error in payload["userErrors"]]


async def _stored(make: Make, *columns: str) -> list[Any]:
    cursor = await make.owner.execute(f"select {', '.join(columns)} from sessions")
    return await cursor.fetchall()


async def _log(make: Make) -> list[Any]:
    cursor = await make.owner.execute(
        "select actor_role, action, target_type, student_id, details from audit_log order by id"
    )
    return await cursor.fetchall()


async def test_one_change_leaves_nothing_for_the_next_session(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess)
    change = {"id": to_global("Session", session), "notes": "secret", "durationMinutes": 20, "transcript": None}
    assert await _refusal(api, UPDATE, tess, change) == []
    new = {"studentId": sam.gid, "startedAt": "2026-03-02T16:00:00Z", "transcript": None}
    assert await _refusal(api, RECORD, tess, new) == []
    assert sorted(await _stored(make, "duration_minutes"), key=str) == [(20,), (None,)]
