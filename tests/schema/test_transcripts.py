"""Transcripts: ciphertext at rest, for those who were there; an administrator's reading is on record."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from db.encryption import KeyRing, context_of
from db.transcripts import sealed
from db.vault import Vault
from domain.transcripts import parse
from schema.ids import to_global
from tests.api import Api
from tests.make import Make, Person
from tests.schema.conftest import Statements

READ = """
{ students { nodes { sessions(orderBy: OLDEST) { nodes {
  durationMinutes
  transcript { turns { speaker text } session { durationMinutes } }
} } } } }
"""
ATTACH = """
mutation ($input: AttachTranscriptInput!) {
  attachTranscript(input: $input) {
    session { transcriptAvailable transcript { turns { speaker text } } }
    userErrors { field code }
  }
}
"""
UPDATE = """
mutation ($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session { transcriptAvailable transcript { wordCount } }
    userErrors { field code }
  }
}
"""


async def test_what_was_said_is_for_those_who_were_there(api: Api, make: Make) -> None:
    sam, sue = await make.student(), await make.student("sue")
    tess, gone = await make.tutor(of=sam), await make.tutor("gone")
    await make.assignment(gone, sam, status="paused")
    await make.session(sam, tess, duration_minutes=1, transcript="Tutor: Secret\nStudent: Indeed")
    shown = {
        "durationMinutes": 1,
        "transcript": {
            "turns": [{"speaker": "TUTOR", "text": "Secret"}, {"speaker": "STUDENT", "text": "Indeed"}],
            "session": {"durationMinutes": 1},
        },
    }
    hidden = {"durationMinutes": 1, "transcript": None}
    # Another tutor of the student's reads it too; a parent does not, nor does anybody else.
    for person, expected in [
        (sam, [shown]),
        (tess, [shown]),
        (await make.tutor("tom", of=sam), [shown]),
        (await make.parent(of=sam), [hidden]),
    ]:
        assert await _sessions(api, person) == expected
    for person in (sue, gone, await make.parent("pia", of=sue), await make.tutor("tim", of=sue)):
        assert "Secret" not in (await api.post(READ, person)).text
        document = "query ($id: ID!) { node(id: $id) { ... on Session { transcript { wordCount } } } }"
        (session,) = await _column(make, "id")
        assert await api.data(document, person, id=to_global("Session", session)) == {"node": None}
    assert await _log(make) == []


async def test_a_transcript_is_ciphertext_at_rest(api: Api, make: Make, keys: KeyRing) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess)
    attach = {"sessionId": to_global("Session", session), "transcript": {"text": "tutor: Hi\nthere\nStudent: Oh"}}
    data = await api.data(ATTACH, tess, input=attach)
    assert data["attachTranscript"] == {
        "session": {
            "transcriptAvailable": True,
            "transcript": {"turns": [{"speaker": "TUTOR", "text": "Hi\nthere"}, {"speaker": "STUDENT", "text": "Oh"}]},
        },
        "userErrors": [],
    }
    (stored,) = await _column(make, "transcript_text")
    assert "there" not in stored
    assert keys.decrypt(stored, context_of("sessions", "transcript_text", session)) == (
        '{"turns":[{"speaker":"tutor","text":"Hi\\nthere"},{"speaker":"student","text":"Oh"}]}'
    )
    assert await _log(make) == [("tutor", "transcript.attach", session, sam.id)]


async def test_a_transcript_is_replaced_and_removed(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = to_global("Session", await make.session(sam, tess, transcript="Tutor: Old"))
    change: dict[str, Any] = {"id": session, "transcript": {"text": "Tutor: Something new"}}
    data = await api.data(UPDATE, tess, input=change)
    assert data["updateSession"]["session"] == {"transcriptAvailable": True, "transcript": {"wordCount": 2}}
    data = await api.data(UPDATE, tess, input={"id": session, "transcript": None})
    assert data["updateSession"]["session"] == {"transcriptAvailable": False, "transcript": None}
    assert await _column(make, "transcript_text") == [None]
    cursor = await make.owner.execute("select action, details from audit_log")
    assert await cursor.fetchall() == [("session.update", {"fields": ["transcript"]})] * 2


async def test_a_transcript_is_attached_once(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = to_global("Session", await make.session(sam, tess))
    inputs = [{"sessionId": session, "transcript": {"text": f"Tutor: {word}"}} for word in ("one", "two", "three")]
    answers = await asyncio.gather(*(api.data(ATTACH, tess, input=input) for input in inputs))
    errors = [answer["attachTranscript"]["userErrors"] for answer in answers]
    assert sorted(errors) == [
        [],
        [{"field": "sessionId", "code": "ALREADY_DONE"}],
        [{"field": "sessionId", "code": "ALREADY_DONE"}],
    ]
    winner = errors.index([])
    (turn,) = (await _sessions(api, tess))[0]["transcript"]["turns"]
    assert turn["text"] == ("one", "two", "three")[winner]


@pytest.mark.parametrize("role", ["student", "parent", "other tutor", "former tutor", None])
async def test_nobody_else_attaches_a_transcript(api: Api, make: Make, role: str | None) -> None:
    sam = await make.student()
    tess, tom = await make.tutor(of=sam), await make.tutor("tom", of=sam)
    former = await make.tutor("former")
    session = await make.session(sam, former if role == "former tutor" else tess)
    await make.assignment(former, sam, status="completed")
    input = {"sessionId": to_global("Session", session), "transcript": {"text": "Tutor: forged"}}
    match role:
        case "other tutor" | "former tutor":
            data = await api.data(ATTACH, tom if role == "other tutor" else former, input=input)
            assert data["attachTranscript"] == {
                "session": None,
                "userErrors": [{"field": "sessionId", "code": "NOT_FOUND"}],
            }
        case _:
            person = {"student": sam, "parent": await make.parent(of=sam), None: None}[role]
            assert await api.error_codes(ATTACH, person, input=input) == ["FORBIDDEN" if role else "UNAUTHENTICATED"]
    assert await _column(make, "transcript_text") == [None]
    assert await _log(make) == []


async def test_what_cannot_be_decrypted_is_an_error_of_that_field_alone(api: Api, make: Make) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await make.session(sam, tess, duration_minutes=1, transcript="Tutor: Good", session_date="2026-03-01T00:00Z")
    await make.session(sam, tess, duration_minutes=2, session_date="2026-03-02T00:00Z")
    (good, *_) = await _column(make, "transcript_text")
    lost = KeyRing([("lost", b"k" * 32)])
    for number, text in enumerate([good, "Tutor: never encrypted", good[:-4], ""], start=3):
        when = f"2026-03-{number:02}T00:00Z"
        await make.session(sam, tess, duration_minutes=number, transcript_text=text, session_date=when)
    last = await make.session(sam, tess, duration_minutes=7, session_date="2026-03-07T00:00Z")
    columns = sealed(Vault(lost, None), last, parse("Tutor: Locked"))
    await make.owner.execute(
        "update sessions set transcript_text = %s where id = %s", (columns["transcript_text"], last)
    )
    answer = await api.run(READ, tess)
    shown = [node["transcript"] and node["transcript"]["turns"] for node in _nodes(answer)]
    assert shown == [[{"speaker": "TUTOR", "text": "Good"}], None, None, None, None, None, None]
    assert sorted((error["path"][5], error["extensions"]["code"]) for error in answer["errors"]) == [
        (2, "CIPHERTEXT_DAMAGED"),
        (3, "CIPHERTEXT_DAMAGED"),
        (4, "CIPHERTEXT_DAMAGED"),
        (5, "CIPHERTEXT_DAMAGED"),
        (6, "ENCRYPTION_KEY_MISSING"),
    ]
    # What is said to whoever runs the server names keys and files, and stays with them.
    assert {error["message"] for error in answer["errors"]} == {
        "This is encrypted and cannot be read just now: its key is missing or it is damaged. "
        "The server's log says which."
    }


async def test_an_admins_reading_is_on_record(api: Api, make: Make, statements: Statements) -> None:
    sam, sue = await make.student(), await make.student("sue")
    ada = await make.admin()
    first = await make.session(sam, transcript="Tutor: One", session_date="2026-03-01T00:00Z")
    await make.session(sam, session_date="2026-03-02T00:00Z")
    await make.session(sam, transcript_text="v1:k:damaged", session_date="2026-03-03T00:00Z")
    second = await make.session(sue, transcript="Tutor: Two")
    # Once a session, however often it is asked for in one operation; not for what could not be shown.
    document = """
    { students { nodes { sessions { nodes { transcript { wordCount } again: transcript { turns { text } } } } } } }
    """
    statements.clear()
    answer = await api.run(document, ada)
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["CIPHERTEXT_DAMAGED"] * 2
    assert statements.names == [
        "students",
        "sessions_by_student",
        "session_transcripts_by_session",
        "record_audit",
    ]
    assert sorted(await _log(make), key=str) == sorted(
        [("admin", "transcript.read", first, sam.id), ("admin", "transcript.read", second, sue.id)], key=str
    )
    assert await _actors(make) == [ada.id] * 2
    # Not selected, not read, not recorded; each operation by itself.
    await api.data("{ students { nodes { sessions { nodes { transcriptAvailable notes } } } } }", ada)
    assert len(await _log(make)) == 2
    document = "query ($id: ID!) { node(id: $id) { ... on Session { transcript { wordCount } } } }"
    await api.data(document, ada, id=to_global("Session", first))
    assert len(await _log(make)) == 3


@pytest.mark.parametrize("at_commit", [False, True])
async def test_no_text_leaves_without_its_line(api: Api, make: Make, at_commit: bool) -> None:
    sam, ada = await make.student(), await make.admin()
    await make.session(sam, transcript="Tutor: Secret")
    await make.owner.execute(
        "create function refuse() returns trigger language plpgsql as $$ begin raise 'the disk is full'; end $$"
    )
    await make.owner.execute(
        "create constraint trigger refuse after insert on audit_log deferrable initially "
        f"{'deferred' if at_commit else 'immediate'} for each row execute function refuse()"
    )
    response = await api.post(READ, ada)
    assert "Secret" not in response.text
    assert "disk" not in response.text
    code = "INTERNAL" if at_commit else "UNAVAILABLE"
    assert [error["extensions"]["code"] for error in response.json()["errors"]] == [code]
    assert await _log(make) == []
    # Those who leave no line read on.
    assert "Secret" in (await api.post(READ, sam)).text


async def test_an_error_of_an_admins_takes_no_more_along_than_anybody_elses(api: Api, make: Make) -> None:
    """Where no text was read there is no line to be kept, and what was changed before is told."""
    ada, sam = await make.admin(), await make.student()
    await make.subject("Greek")
    await make.owner.execute("revoke select on goals from study_app")
    added = 'mutation { createSubject(input: {name: "Latin"}) { subject { name goals { nodes { id } } } } }'
    for document, person in ((added, ada), ("{ viewer { ... on Student { goals { nodes { id } } } } }", sam)):
        answer = await api.run(document, person)
        assert [error["extensions"]["code"] for error in answer["errors"]] == ["INTERNAL"]
        assert answer["errors"][0]["path"][-1] == "goals"


async def test_an_admins_own_writing_shows_it_on_record(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    session = await make.session(sam)
    input = {"sessionId": to_global("Session", session), "transcript": {"text": "Tutor: Hi"}}
    await api.data(ATTACH, ada, input=input)
    assert await _log(make) == [
        ("admin", "transcript.attach", session, sam.id),
        ("admin", "transcript.read", session, sam.id),
    ]


async def test_an_address_without_a_store(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    await make.session(sam, duration_minutes=1, transcript_storage_url="file:///etc/passwd")
    answer = await api.run(READ, sam)
    assert _nodes(answer) == [{"durationMinutes": 1, "transcript": None}]
    assert [error["extensions"]["code"] for error in answer["errors"]] == ["TRANSCRIPT_STORE_MISSING"]
    (session,) = await _column(make, "id")
    input = {"sessionId": to_global("Session", session), "transcript": {"url": "file:///etc/passwd"}}
    data = await api.data(ATTACH, ada, input=input)
    assert data["attachTranscript"]["userErrors"] == [{"field": "transcript", "code": "UNAVAILABLE"}]


async def _sessions(api: Api, person: Person) -> Any:
    answer = await api.run(READ, person)
    assert "errors" not in answer
    return _nodes(answer)


def _nodes(answer: Any) -> Any:
    return answer["data"]["students"]["nodes"][0]["sessions"]["nodes"]


async def _column(make: Make, column: str) -> list[Any]:
    cursor = await make.owner.execute(f"select {column} from sessions order by session_date")
    return [value for (value,) in await cursor.fetchall()]


async def _log(make: Make) -> list[Any]:
    cursor = await make.owner.execute("select actor_role, action, target_id, student_id from audit_log order by id")
    return await cursor.fetchall()


async def _actors(make: Make) -> list[UUID | None]:
    cursor = await make.owner.execute("select actor_id from audit_log")
    return [actor for (actor,) in await cursor.fetchall()]
