"""Importing files: everything good goes in once, encrypted, and twice changes nothing."""

import asyncio
import io
from collections.abc import AsyncIterator, Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import psycopg
import pytest

from db.encryption import CiphertextDamaged, KeyRing, context_of
from db.engine import Database
from db.imports import (
    BATCH_RECORDS,
    Imported,
    ImportRefused,
    People,
    find_people,
    import_material,
    import_practice,
    import_transcripts,
)
from db.object_store import TranscriptStore
from db.transcripts import transcripts_by_session
from db.vault import Vault
from domain.errors import Refused
from domain.imports import Line
from domain.sessions import SessionTranscript
from tests import servers
from tests.eventually import until

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
KEYS = KeyRing([("k1", b"k" * 32)])


@pytest.fixture
async def study(database: servers.Database) -> AsyncIterator[Database]:
    """The application on a database with two students and a tutor of one of them."""
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(
            """
            insert into users (cognito_sub, email, role) values
                ('1', 'sam@school.test', 'student'), ('2', 'sue@school.test', 'student'),
                ('3', 'tess@school.test', 'tutor');
            insert into tutor_student_assignments (tutor_id, student_id, status)
            select tutor.id, student.id, case student.email when 'sam@school.test' then 'active' else 'paused' end
            from users as tutor, users as student where tutor.role = 'tutor' and student.role = 'student'
            """
        )
    async with Database(database.app_url, vault=Vault(KEYS, None)) as opened:
        yield opened


def _sessions(count: int, first: int = 0) -> list[dict[str, Any]]:
    return [
        {
            "id": f"s-{number}",
            "subject": "Algebra" if number % 2 else "algebra",
            "topic": f"Topic {number}",
            "turns": [
                {"speaker": "tutor", "text": f"Solve {number}x = {number}."},
                {"speaker": "student", "text": "1"},
            ],
            "source": "ours",
            "licence": "CC0",
        }
        for number in range(first, first + count)
    ]


def _items(count: int, **values: Any) -> list[dict[str, Any]]:
    item = {
        "question": "What is 2 + 2?",
        "answer": "4",
        "choices": ["3", "4"],
        "answer_type": "multiple_choice",
        "explanation": "Count on.",
        "subject": "Arithmetic",
        "topic": "Addition",
        "course": "Grade 1",
        "difficulty": 3,
        "source": "ours",
        "licence": "CC0",
    }
    return [item | values | {"id": f"p-{number}"} for number in range(count)]


def _file(lines: Iterable[Any]) -> io.BytesIO:
    return io.BytesIO(b"\n".join(map(orjson.dumps, lines)))


def _rows(database: servers.Database, query: str) -> list[tuple[Any, ...]]:
    with psycopg.connect(database.owner_url) as owner:
        return owner.execute(query.encode()).fetchall()


async def _people(study: Database) -> People:
    return await find_people(study, ["sam@school.test", "Sue@School.test"], "tess@school.test")


async def test_sessions_go_in_turn_to_the_students_a_day_apart(database: servers.Database, study: Database) -> None:
    people = await _people(study)
    done = await import_transcripts(study, _file(_sessions(3)), people, NOW)
    assert done == Imported(added=3, turns=6)
    assert _rows(
        database,
        """
        select sessions.external_id, student.email, tutor.email, session_date, subjects.name, topics_covered,
            transcript_available, transcript_storage_url, sessions.source, licence
        from sessions
        join users as student on student.id = student_id
        join users as tutor on tutor.id = tutor_id
        join subjects on subjects.id = subject_id
        order by sessions.external_id
        """,
    ) == [
        (
            f"s-{number}",
            "sue@school.test" if number == 1 else "sam@school.test",
            "tess@school.test",
            NOW - timedelta(days=number),
            "algebra",
            [f"Topic {number}"],
            True,
            None,
            "ours",
            "CC0",
        )
        for number in range(3)
    ]


async def test_transcripts_are_ciphertext_bound_to_their_row(database: servers.Database, study: Database) -> None:
    await import_transcripts(study, _file(_sessions(2)), await _people(study), NOW)
    (first, stored), (second, _) = _rows(database, "select id, transcript_text from sessions order by external_id")
    text = KEYS.decrypt(stored, context_of("sessions", "transcript_text", first))
    assert orjson.loads(text) == {
        "turns": [{"speaker": "tutor", "text": "Solve 0x = 0."}, {"speaker": "student", "text": "1"}]
    }
    with pytest.raises(CiphertextDamaged):
        KEYS.decrypt(stored, context_of("sessions", "transcript_text", second))


async def test_sessions_imported_twice_change_nothing(database: servers.Database, study: Database) -> None:
    people = await _people(study)
    everything = "select * from sessions order by external_id"
    await import_transcripts(study, _file(_sessions(3)), people, NOW)
    before = _rows(database, everything)
    again = await import_transcripts(study, _file(_sessions(3)), people, NOW + timedelta(days=9))
    assert again == Imported(present=3)
    assert _rows(database, everything) == before
    more = await import_transcripts(study, _file(_sessions(5)), people, NOW)
    assert more == Imported(added=2, present=3, turns=4)
    assert len(_rows(database, everything)) == 5


async def test_items_go_into_the_bank_once(database: servers.Database, study: Database) -> None:
    lines = [*_items(1), *_items(2, answer_type="numeric", choices=None, explanation="", difficulty=10)[1:]]
    assert await import_practice(study, _file(lines)) == Imported(added=2)
    everything = """
        select external_id, question_text, answer_text, explanation, choices, answer_type, subjects.name,
            difficulty_level, goal_tags, topic_tags, created_by, source, licence
        from practice_bank_items join subjects on subjects.id = subject_id order by external_id
        """
    rows = _rows(database, everything)
    assert rows == [
        (
            "p-0",
            "What is 2 + 2?",
            "4",
            "Count on.",
            ["3", "4"],
            "multiple_choice",
            "Arithmetic",
            3,
            ["Grade 1"],
            ["Addition"],
            None,
            "ours",
            "CC0",
        ),
        (
            "p-1",
            "What is 2 + 2?",
            "4",
            None,
            None,
            "numeric",
            "Arithmetic",
            10,
            ["Grade 1"],
            ["Addition"],
            None,
            "ours",
            "CC0",
        ),
    ]
    # A record that is there is left alone, whatever the file says of it now.
    assert await import_practice(study, _file(_items(2, question="Changed?"))) == Imported(present=2)
    assert _rows(database, everything) == rows


async def test_texts_become_material_with_passages(database: servers.Database, study: Database) -> None:
    lines = [
        {"id": "m-0", "title": "Roots", "subject": "Algebra", "text": "A root. " * 400, "licence": "CC0"},
        {"id": "m-1", "topic": "Verbs", "subject": "algebra", "context": "A verb.", "questions": [], "source": "ours"},
        {"id": "m-2", "title": "Empty", "subject": "Algebra"},
    ]
    told: list[Line[Any]] = []
    assert await import_material(study, _file(lines), told.append) == Imported(added=2, refused=1)
    assert [line.reason for line in told] == ["", "", "`text` is missing"]
    everything = """
        select m.external_id, m.title, s.name, m.source, m.licence, p.position, p.title, length(p.text)
        from study_materials as m join subjects as s on s.id = m.subject_id
        join study_passages as p on p.material_id = m.id order by m.external_id, p.position
        """
    rows = _rows(database, everything)
    assert rows == [
        ("m-0", "Roots", "Algebra", None, "CC0", 0, "Roots", 1711),
        ("m-0", "Roots", "Algebra", None, "CC0", 1, "Roots", 1487),
        ("m-1", "Verbs", "Algebra", "ours", None, 0, "Verbs", 7),
    ]
    assert await import_material(study, _file(lines)) == Imported(present=2, refused=1)
    assert _rows(database, everything) == rows


async def test_bad_lines_are_told_and_the_rest_goes_in(database: servers.Database, study: Database) -> None:
    told: list[Line[Any]] = []
    lines = [*_items(2), {"id": "p-2"}, [], *_items(1)]
    done = await import_practice(study, _file(lines), told.append)
    assert done == Imported(added=2, refused=3)
    assert [(line.number, line.reason) for line in told] == [
        (1, ""),
        (2, ""),
        (3, "`answer` is missing"),
        (4, "this is a list, not a JSON object"),
        (5, 'the id "p-0" stands on line 1 already'),
    ]
    assert _rows(database, "select count(*) from practice_bank_items") == [(2,)]


async def test_a_file_of_many_batches(database: servers.Database, study: Database) -> None:
    count = 2 * BATCH_RECORDS + 1
    assert await import_transcripts(study, _file(_sessions(count)), await _people(study), NOW) == Imported(
        added=count, turns=2 * count
    )
    # Every day once, also over the borders of batches.
    assert _rows(database, "select count(distinct session_date), count(distinct student_id) from sessions") == [
        (count, 2)
    ]


async def test_two_imports_at_once(database: servers.Database, study: Database) -> None:
    people = await _people(study)
    both = await asyncio.gather(
        *(import_transcripts(study, _file(_sessions(400)), people, NOW) for _ in range(2)),
        *(import_practice(study, _file(_items(400))) for _ in range(2)),
    )
    assert [sum(done.added for done in both[:2]), sum(done.added for done in both[2:])] == [400, 400]
    assert [done.added + done.present for done in both] == [400] * 4
    assert _rows(
        database,
        "select (select count(*) from sessions), (select count(*) from practice_bank_items),"
        " (select count(*) from subjects)",
    ) == [(400, 400, 2)]


async def test_two_imports_of_the_same_in_another_order(database: servers.Database, study: Database) -> None:
    await import_practice(study, _file(_items(1)))
    items = _items(4)[1:]
    waits = "select pid from pg_locks where locktype = 'transactionid' and not granted"
    with psycopg.connect(database.owner_url) as other:
        # A third is at one of them: both wait, each with what comes before it.
        other.execute(
            "insert into practice_bank_items (external_id, question_text, answer_text, subject_id, difficulty_level)"
            " select 'p-2', 'a', 'b', id, 1 from subjects"
        )
        both = [asyncio.create_task(import_practice(study, _file(lines))) for lines in (items, items[::-1])]
        await until(lambda: len(_rows(database, waits)) == 2)
        other.rollback()
        assert sum(done.added for done in await asyncio.gather(*both)) == 3


async def test_on_each_server(database_on_each_server: servers.Database) -> None:
    database = database_on_each_server
    _rows(database, "insert into users (cognito_sub, email, role) values ('1', 's@b.test', 'student') returning id")
    _rows(database, "insert into users (cognito_sub, email, role) values ('2', 't@b.test', 'tutor') returning id")
    async with Database(database.app_url, vault=Vault(KEYS, None)) as opened:
        people = await find_people(opened, ["s@b.test"], "t@b.test")
        assert await import_transcripts(opened, _file(_sessions(3)), people, NOW) == Imported(added=3, turns=6)
        assert await import_transcripts(opened, _file(_sessions(3)), people, NOW) == Imported(present=3)
        assert await import_practice(opened, _file(_items(3))) == Imported(added=3)
        assert await import_practice(opened, _file(_items(3))) == Imported(present=3)


async def test_a_subject_that_is_there_is_used(database: servers.Database, study: Database) -> None:
    _rows(database, "insert into subjects (name) values ('ARITHMETIC') returning id")
    await import_practice(study, _file(_items(1)))
    assert _rows(database, "select name from subjects") == [("ARITHMETIC",)]


async def test_who_is_not_there(study: Database) -> None:
    assert (await _people(study)).unassigned == ("Sue@School.test",)
    for students, tutor, sentence in (
        (["nobody@school.test"], "tess@school.test", "student with the address nobody@school.test"),
        (["tess@school.test"], "tess@school.test", "student with the address tess@school.test"),
        (["sam@school.test"], "sue@school.test", "tutor with the address sue@school.test"),
    ):
        with pytest.raises(ImportRefused, match=f"There is no {sentence}"):
            await find_people(study, students, tutor)


async def test_transcripts_go_to_the_store_that_is_set(
    database: servers.Database, study: Database, tmp_path: Path
) -> None:
    folder = tmp_path / "transcripts"
    vault = Vault(KEYS, TranscriptStore(folder.as_uri()))
    people = await _people(study)
    async with Database(database.app_url, vault=vault) as stored:
        both = await asyncio.gather(*(import_transcripts(stored, _file(_sessions(30)), people, NOW) for _ in range(2)))
        assert sum(done.added for done in both) == 30
        rows = _rows(database, "select id, transcript_text, transcript_storage_url from sessions")
        assert {text for _, text, _ in rows} == {None}
        # Nothing lies there but what the rows name: also the slower import's objects are gone.
        assert {path.as_uri() for path in folder.rglob("*.enc")} == {url for _, _, url in rows}
        async with stored.system_work() as work:
            found = await transcripts_by_session(work, [session_id for session_id, *_ in rows])
        assert all(isinstance(transcript, SessionTranscript) for transcript in found)


async def test_a_store_that_does_not_take_them(database: servers.Database, study: Database, tmp_path: Path) -> None:
    folder = tmp_path / "transcripts"
    store = TranscriptStore(folder.as_uri())
    folder.rmdir()
    folder.write_text("in the way")
    people = await _people(study)
    async with Database(database.app_url, vault=Vault(KEYS, store)) as stored:
        with pytest.raises(Refused, match="store does not answer"):
            await import_transcripts(stored, _file(_sessions(3)), people, NOW)
    assert _rows(database, "select count(*) from sessions") == [(0,)]
