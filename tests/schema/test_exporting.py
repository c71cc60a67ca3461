"""All that is held about a person, as a file: what they may see themselves, whoever orders it."""

import json
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from db import people
from schema.ids import to_global
from server import create_app
from settings import Settings
from tests.api import Api, serving
from tests.make import Make, Person
from tests.schema.conftest import Statements
from tests.schema.stored import log, rows, value
from tests.schema.world import SECRETS, World, world
from tests.servers import Database

EXPORT = """
mutation ($input: ExportUserInput!) {
  exportUser(input: $input) { filename mediaType content userErrors { field code } }
}
"""
SECTIONS = [
    "tutor_assignments",
    "parent_links",
    "goals",
    "sessions",
    "summaries",
    "summary_claims",
    "practice",
    "practice_items",
    "practice_settings",
    "familiarity",
    "progress",
    "study_materials",
    "ratings",
    "questions",
    "answer_citations",
    "nudges",
    "nudge_decisions",
    "generations",
    "overrides",
]


async def exported(api: Api, by: Person, **sent: Any) -> Any:
    """The document, which must come."""
    payload = (await api.data(EXPORT, by, input=sent))["exportUser"]
    assert payload["userErrors"] == []
    assert payload["mediaType"] == "application/json"
    document = json.loads(payload["content"])
    assert payload["filename"] == f"study-companion-{document['person']['role']}-{document['person']['id']}.json"
    return document


def sizes(document: Any) -> dict[str, int]:
    """How many rows each section has that has any."""
    return {name: len(document[name]) for name in SECTIONS if document[name]}


def secrets(document: Any) -> set[str]:
    """Which of the world's secrets the document tells."""
    text = json.dumps(document)
    return {secret for secret in SECRETS if secret in text}


async def noted(make: Make) -> World:
    """The world, with notes on the tutor's assignment."""
    made = await world(make)
    for assignment, tutor in await rows(make, "select id, tutor_id from tutor_student_assignments"):
        notes = "assignment-note" if tutor == made.tess.id else "a stranger's note"
        place = f"tutor_student_assignments.notes:{assignment}"
        await make.owner.execute(
            "update tutor_student_assignments set notes = %s where id = %s",
            [make.keys.encrypt(notes, place), assignment],
        )
    await make.owner.execute('update users set profile = \'{"goals": ["Pass"], "unknown": {"kept": 1e3}}\'')
    return made


# What is in it


async def test_a_students_export(api: Api, make: Make, statements: Statements) -> None:
    made = await noted(make)
    statements.clear()
    document = await exported(api, made.sam)
    assert sizes(document) == {
        "tutor_assignments": 3,
        "parent_links": 2,
        "goals": 1,
        "sessions": 1,
        "summaries": 1,
        "practice": 2,
        "ratings": 1,
        "questions": 1,
        "nudges": 1,
        "overrides": 2,
    }
    assert secrets(document) == {"heliotrope", "asked-text"}
    assert document["person"] == {
        "id": str(made.sam.id),
        "cognito_sub": "sub-sam",
        "email": "sam@school.test",
        "role": "student",
        "display_name": "Sam",
        "created_at": document["person"]["created_at"],
        "updated_at": document["person"]["updated_at"],
        "profile": {"goals": ["Pass"], "unknown": {"kept": 1000}},
        "gamification": {},
        "analytics": {},
        "disclaimer_shown": False,
    }
    (session,) = document["sessions"]
    assert session["transcript"] == [
        {"speaker": "tutor", "text": "What is zero factorial?"},
        {"speaker": "student", "text": "The secret word is heliotrope."},
    ]
    assert session["session_date"] == "2026-03-02T16:00:00+00:00"
    assert {goal["completion_percentage"] for goal in document["goals"]} == {"0.00"}
    assert document["subjects"] == [{"id": document["goals"][0]["subject_id"], "name": "Algebra"}]
    assert {person["display_name"] for person in document["people"]} == {"Sam", "Tess", "Paused", "Completed", "Pat"}
    assert [entry["action"] for entry in document["audit_log"]] == ["user.export"]
    assert statements.names == [
        "lock_user",
        "record_audit",
        "export_person",
        *(f"export_{name}" for name in SECTIONS),
        "notes_by_assignment",
        "session_notes_by_session",
        "session_transcripts_by_session",
        "users_by_id",
        "subjects_by_id",
        "export_audit_log",
    ]


async def test_a_solution_is_exported_once_the_item_is_completed(api: Api, make: Make) -> None:
    made = await world(make)
    await make.owner.execute("update practice_assignments set completed = true where source = 'bank'")
    document = await exported(api, made.sam)
    solutions = {(row["question_text"], row["answer_text"]) for row in document["practice"]}
    assert solutions == {("1 + 1 = ?", "open-answer"), (None, None)}
    assert secrets(document) == {"heliotrope", "asked-text", "open-answer", "open-explanation"}


async def test_a_tutors_export_has_their_own_notes(api: Api, make: Make) -> None:
    made = await noted(make)
    document = await exported(api, made.tess)
    assert sizes(document) == {
        "tutor_assignments": 1,
        "goals": 1,
        "sessions": 1,
        "summaries": 1,
        "study_materials": 1,
        "overrides": 2,
    }
    assert secrets(document) == {"heliotrope", "private-note", "assignment-note"}
    assert document["sessions"][0]["notes"] == "private-note"
    assert document["tutor_assignments"][0]["notes"] == "assignment-note"
    _, paused, completed, _ = made.strangers
    for stranger in (paused, completed):
        document = await exported(api, stranger)
        assert (sizes(document), secrets(document)) == ({"tutor_assignments": 1}, set())
        assert document["tutor_assignments"][0]["notes"] == "a stranger's note"
        assert [person["id"] for person in document["people"]] == [str(stranger.id)]


async def test_a_parents_export_has_nothing_of_the_child(api: Api, make: Make) -> None:
    made = await noted(make)
    document = await exported(api, made.pat)
    assert (sizes(document), secrets(document)) == ({"parent_links": 1}, set())
    document = await exported(api, made.strangers[3])
    assert (sizes(document), secrets(document)) == ({"parent_links": 1}, set())


async def test_an_administrators_export_is_about_them_alone(api: Api, make: Make) -> None:
    made = await noted(make)
    await make.owner.execute("update practice_bank_items set created_by = %s", [made.ada.id])
    await make.goal(made.sam, "set by ada", created_by=made.ada.id)
    await make.nudge(made.ada)
    document = await exported(api, made.ada)
    assert sizes(document) == {"goals": 1, "practice_items": 1, "nudges": 1}
    assert secrets(document) == {"open-answer", "open-explanation"}


@pytest.mark.parametrize("role", ["student", "tutor", "parent", "admin"])
async def test_it_is_the_same_whoever_orders_it(api: Api, make: Make, role: str) -> None:
    made = await noted(make)
    bea = await make.admin("bea")
    person = made.viewer(role)
    assert person is not None
    own, ordered = await exported(api, person), await exported(api, bea, userId=person.gid)
    for document in (own, ordered):
        for name in ("exported_at", "audit_log"):
            document.pop(name)
    assert own == ordered
    concerns = person.id if role == "student" else None
    entry = ("user.export", "User", person.id, concerns, {"transcripts": True})
    session = await value(make, "select id from sessions")
    # What was said is in the exports of those who were there, and somebody else has read it now.
    read: list[tuple[Any, ...]] = []
    if role in ("student", "tutor"):
        read = [("transcript.read", "Session", session, made.sam.id, {})]
    assert await log(make) == [entry, entry, *read]
    assert await rows(make, "select actor_id from audit_log order by id") == [
        (person.id,),
        *[(bea.id,)] * (1 + len(read)),
    ]


async def test_an_administrator_who_exports_transcripts_is_on_record_for_each(
    api: Api, make: Make, statements: Statements
) -> None:
    sam, ada = await make.student(), await make.admin()
    spoken = [await make.session(sam, transcript=f"Tutor: {number}") for number in range(3)]
    silent, damaged = await make.session(sam), await make.session(sam, transcript_text="v1:x:AAAA")
    statements.clear()
    document = await exported(api, ada, userId=sam.gid)
    assert statements.names.count("record_audit") == 2
    kept = {row["id"]: row.get("transcript") for row in document["sessions"]}
    assert {row for row, transcript in kept.items() if isinstance(transcript, list)} == {str(each) for each in spoken}
    assert kept[str(silent)] is None
    assert set(kept[str(damaged)]) == {"unreadable"}
    read = "select target_id, student_id, actor_id from audit_log where action = 'transcript.read'"
    assert set(await rows(make, read)) == {(session, sam.id, ada.id) for session in spoken}
    # They are in the trail that the person gets, too.
    assert [entry["action"] for entry in document["audit_log"]] == ["user.export", *["transcript.read"] * 3]
    await exported(api, ada, userId=sam.gid, includeTranscripts=False)
    await exported(api, sam)
    assert len(await rows(make, read)) == 3


async def test_the_log_says_what_others_did_but_not_who(api: Api, make: Make) -> None:
    made = await world(make)
    transcript = '{ students(where: {search: "sam"}) { nodes { sessions { nodes { transcript { wordCount } } } } } }'
    await api.data(transcript, made.ada)
    document = await exported(api, made.sam)
    session = await value(make, "select id from sessions")
    hidden = ("id", "occurred_at")
    shown = [{name: entry[name] for name in entry if name not in hidden} for entry in document["audit_log"]]
    assert shown == [
        {
            "actor_role": "admin",
            "own_act": False,
            "action": "transcript.read",
            "target_type": "Session",
            "target_id": str(session),
            "details": {},
        },
        {
            "actor_role": "student",
            "own_act": True,
            "action": "user.export",
            "target_type": "User",
            "target_id": str(made.sam.id),
            "details": {"transcripts": True},
        },
    ]
    assert str(made.ada.id) not in json.dumps(document)


async def test_odd_values_are_written_as_they_are(api: Api, make: Make) -> None:
    sam = await make.student("sam", profile={"big": 10**30, "text": "é \U0001f600 </script> \u2028"})
    document = await exported(api, sam)
    assert document["person"]["profile"] == {"big": 10**30, "text": "é \U0001f600 </script> \u2028"}


async def test_what_the_companion_wrote_is_in_it(api: Api, make: Make) -> None:
    sam, kim = await make.student(), await make.student("kim")
    tess = await make.tutor(of=sam)
    algebra = await make.subject("Algebra")
    item = await make.practice_item(algebra)
    for who in (sam, kim):
        session = await make.session(who, transcript="Tutor: 3 + 4?\nStudent: 7")
        summary = await make.summary(session, who)
        for position, status in ((2, "unsupported"), (1, "supported")):
            claim = {"part": "narrative", "text": f"{status} of {who.email}", "turn_numbers": [1], "status": status}
            await make.row("summary_claims", summary_id=summary, student_id=who.id, position=position, **claim)
        question = await make.question(who)
        for shown in (False, True):
            question = await make.question(
                who, "7 * 8?", hint="Think", outcome="answered", revealed_at="now" if shown else None
            )
            cited = {"position": 1, "kind": "material", "title": "Sums", "quote": f"{who.email} quote {shown}"}
            await make.row("answer_citations", question_id=question, student_id=who.id, **cited)
        earned = {"kind": "session", "source_id": session, "xp": 10, "percent": 0, "occurred_at": "now"}
        await make.row("progress_entries", student_id=who.id, **earned)
        decided = {"type": "login", "outcome": "not_sent", "reason": "not_due", "day": "2026-03-02"}
        await make.row("nudge_decisions", user_id=who.id, **decided)
        await make.row("practice_settings", student_id=who.id)
        familiar = {"bank_item_id": item, "points": 1, "answers": 1, "last_score": 1}
        await make.row("practice_familiarity", student_id=who.id, **familiar)
        await make.row("generations", kind="answer", engine="EXTRACTIVE", outcome="used", student_id=who.id)
    document = await exported(api, sam)
    assert "kim" not in json.dumps(document)
    assert [(row["position"], row["text"]) for row in document["summary_claims"]] == [
        (1, "supported of sam@school.test")
    ]
    assert {row["quote"] for row in document["answer_citations"]} == {None, "sam@school.test quote True"}
    more = ("progress", "nudge_decisions", "practice_settings", "familiarity", "generations")
    assert [len(document[name]) for name in more] == [1] * 5
    await make.row("study_materials", title="Tides", text="The sea", created_by=tess.id)
    (material,) = (await exported(api, tess))["study_materials"]
    assert material["text"] == "The sea"


async def test_every_table_that_names_a_person_is_in_it(make: Make) -> None:
    """A table that is new is either exported, or said here why it is not."""
    naming = await rows(
        make,
        "select distinct conrelid::regclass::text from pg_constraint "
        "where contype = 'f' and confrelid = 'users'::regclass",
    )
    names = {"practice_assignments": "practice", "practice_bank_items": "practice_items", "student_ratings": "ratings"}
    names |= {"tutor_student_assignments": "tutor_assignments", "parent_student_links": "parent_links"}
    names |= {"qa_interactions": "questions", "practice_familiarity": "familiarity", "progress_entries": "progress"}
    exported_by = {table: names.get(table, table) for (table,) in naming}
    kept_elsewhere = {
        "audit_log",  # entries_about
        "events",  # ids of what is exported, kept for some days
    }
    assert {table for table, section in exported_by.items() if section not in SECTIONS} <= kept_elsewhere


# Who may


@pytest.mark.parametrize("role", ["student", "tutor", "parent"])
async def test_nobody_exports_another(api: Api, make: Make, role: str) -> None:
    made = await world(make)
    person = made.viewer(role)
    others = [each for each in (made.sam, made.tess, made.pat, made.ada, made.strangers[0]) if each is not person]
    unknown = to_global("Student", UUID(int=7))
    for gid in [*(other.gid for other in others), unknown]:
        data = await api.data(EXPORT, person, input={"userId": gid})
        assert data["exportUser"] == {
            "filename": None,
            "mediaType": None,
            "content": None,
            "userErrors": [{"field": "userId", "code": "FORBIDDEN"}],
        }
    assert await log(make) == []
    assert await api.error_codes(EXPORT, input={"userId": made.sam.gid}) == ["UNAUTHENTICATED"]


async def test_an_export_of_nobody_is_refused(api: Api, make: Make) -> None:
    sam, ada = await make.student(), await make.admin()
    for nobody in (to_global("Tutor", sam.id), to_global("Student", UUID(int=7))):
        data = await api.data(EXPORT, ada, input={"userId": nobody})
        assert data["exportUser"]["userErrors"] == [{"field": "userId", "code": "NOT_FOUND"}]
    assert await api.error_codes(EXPORT, ada, input={"userId": to_global("Session", sam.id)}) == ["BAD_ID"]
    assert await log(make) == []


# Transcripts


async def test_transcripts_can_be_left_out(api: Api, make: Make) -> None:
    made = await world(make)
    document = await exported(api, made.sam, includeTranscripts=False)
    assert (len(document["sessions"]), secrets(document)) == (1, {"asked-text"})
    ((*_, details),) = await log(make)
    assert details == {"transcripts": False}


async def test_too_much_for_one_export_is_refused(api: Api, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = await world(make)
    monkeypatch.setattr(people, "MAX_EXPORT", 10)
    data = await api.data(EXPORT, made.sam, input={})
    assert data["exportUser"]["userErrors"] == [{"field": "includeTranscripts", "code": "TOO_LONG"}]
    assert data["exportUser"]["content"] is None


async def test_what_cannot_be_read_any_more_is_named(api: Api, make: Make) -> None:
    made = await noted(make)
    # Both ciphertexts of the session stand in the other's place.
    await make.owner.execute("update sessions set transcript_text = notes, notes = transcript_text")
    (session,) = (await exported(api, made.tess))["sessions"]
    assert session["transcript"] == session["notes"] == {"unreadable": "CIPHERTEXT_DAMAGED"}


async def test_many_transcripts_are_all_there(api: Api, make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    sam = await make.student()
    for day in range(1, 6):
        transcript = None if day == 3 else f"Tutor: day {day}"
        await make.session(sam, transcript=transcript, session_date=f"2026-03-0{day}T00:00:00Z")
    monkeypatch.setattr(people, "TRANSCRIPTS_AT_ONCE", 2)
    document = await exported(api, sam)
    said = [[turn["text"] for turn in session.get("transcript", [])] for session in document["sessions"]]
    assert said == [["day 1"], ["day 2"], [], ["day 4"], ["day 5"]]


async def test_a_store_that_does_not_answer_is_no_half_export(
    database: Database, data_dir: Path, tmp_path: Path, make: Make
) -> None:
    sam = await make.student()
    folder = tmp_path / "kept"
    settings = Settings(study_data_dir=data_dir, transcript_store_url=folder.as_uri())
    async with serving(create_app(settings, database.app_url)) as api:
        (folder / "a.json").write_text('{"turns":[{"speaker":"tutor","text":"Hello"}]}')
        await make.session(sam, transcript_storage_url=f"{folder.as_uri()}/a.json", transcript_available=True)
        (session,) = (await exported(api, sam))["sessions"]
        assert session["transcript"] == [{"speaker": "tutor", "text": "Hello"}]
        (folder / "a.json").unlink()
        (session,) = (await exported(api, sam))["sessions"]
        assert session["transcript"] == {"unreadable": "TRANSCRIPT_NOT_FOUND"}
        folder.rmdir()
        folder.write_text("no folder")
        data = await api.data(EXPORT, sam, input={})
        assert data["exportUser"]["userErrors"] == [{"field": "includeTranscripts", "code": "UNAVAILABLE"}]
        (session,) = (await exported(api, sam, includeTranscripts=False))["sessions"]
        assert "transcript" not in session
