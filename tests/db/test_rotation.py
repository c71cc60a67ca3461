"""Rotation: everything encrypted moves to the key in use, and what cannot be read stays and is told of."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import psycopg
import pytest
from psycopg import AsyncConnection

from db import rotation
from db.encryption import KeyRing, context_of
from db.engine import Database as Connections
from db.object_store import TranscriptStore
from db.rotation import Rotated, rotate
from db.transcripts import transcripts_by_session
from db.vault import Vault
from domain.sessions import SessionTranscript
from tests.servers import Database

OLD, NEW, LOST = (("old", b"o" * 32), ("new", b"n" * 32), ("lost", b"l" * 32))
BEFORE, AFTER = KeyRing([OLD]), KeyRing([NEW, OLD])
TURNS = '{"turns":[{"speaker":"tutor","text":"Hi"}]}'
TEXTS = [
    ("sessions", "transcript_text"),
    ("sessions", "notes"),
    ("tutor_student_assignments", "notes"),
]


@pytest.fixture
def store(tmp_path: Path) -> TranscriptStore:
    """Objects in a folder."""
    return TranscriptStore((tmp_path / "objects").as_uri())


@pytest.fixture
async def owner(database: Database) -> AsyncIterator[AsyncConnection[Any]]:
    """The database's owner."""
    async with await psycopg.AsyncConnection.connect(database.owner_url, autocommit=True) as connection:
        yield connection


async def test_every_text_moves_to_the_key_in_use(
    database: Database, owner: AsyncConnection[Any], store: TranscriptStore, tmp_path: Path
) -> None:
    rows = [await _session(owner, BEFORE, transcript_text=TURNS, notes="n") for _ in range(5)]
    await _session(owner, BEFORE)
    await _assignment(owner, BEFORE, "Shy.")
    outside = await _session(owner, BEFORE)
    await _object(owner, store, BEFORE, outside)
    (before,) = await _texts(owner, "sessions", "transcript_storage_url")
    async with _opened(database, AFTER, store) as connections:
        steps = [step async for step in rotate(connections, limit=2)]
        assert _sum(steps) == Rotated(12, ())
        assert max(step.renewed for step in steps) == 2
        # Nothing to do the second time, and no old key needed any more. What is done is passed by a few rows at a time
        # too: seven sessions, for each of two columns, and an assignment.
        assert [step async for step in rotate(connections, limit=2)] == [Rotated(0, ())] * (4 + 4 + 1 + 1)
    for table, column in TEXTS:
        texts = await _texts(owner, table, column)
        assert texts
        assert all(text.startswith("v1:new:") for text in texts)
    (after,) = await _texts(owner, "sessions", "transcript_storage_url")
    assert after != before
    assert [path.as_uri() for path in (tmp_path / "objects").rglob("*.enc")] == [after]
    async with _opened(database, KeyRing([NEW]), store) as connections, connections.system_work() as work:
        found = await transcripts_by_session(work, [*rows, outside])
        words = [value.turns[0].text for value in found if isinstance(value, SessionTranscript)]
        assert words == ["Hi"] * 6


async def test_what_cannot_be_read_stays_and_is_told_of(
    database: Database, owner: AsyncConnection[Any], store: TranscriptStore
) -> None:
    good = await _session(owner, BEFORE, notes="n")
    locked = await _session(owner, KeyRing([LOST]), notes="n")
    bare = await _session(owner, BEFORE)
    await owner.execute("update sessions set notes = 'never encrypted' where id = %s", (bare,))
    missing = await _session(owner, BEFORE)
    await owner.execute(
        "update sessions set transcript_storage_url = %s where id = %s",
        (await store.put(missing, b"v1:old:damaged"), missing),
    )
    async with _opened(database, AFTER, store) as connections:
        # One row a step: what fails is passed by, and does not hold up what follows.
        total = _sum([step async for step in rotate(connections, limit=1)])
    assert total.renewed == 1
    told = [[row for row in (locked, bare, missing) if str(row) in line] for line in total.failed]
    assert sorted(told) == sorted([[locked], [bare], [missing]])
    notes = dict(await _pairs(owner, "notes"))
    assert notes[good].startswith("v1:new:")
    assert notes[locked].startswith("v1:lost:")
    assert notes[bare] == "never encrypted"


async def test_plain_objects_and_missing_stores(
    database: Database, owner: AsyncConnection[Any], store: TranscriptStore
) -> None:
    session = await _session(owner, BEFORE)
    url = await store.put(session, b"Tutor: Recorded")
    await owner.execute("update sessions set transcript_storage_url = %s where id = %s", (url, session))
    async with _opened(database, AFTER, store) as connections:
        assert _sum([step async for step in rotate(connections)]) == Rotated(0, ())
    assert await _texts(owner, "sessions", "transcript_storage_url") == [url]
    async with _opened(database, AFTER, None) as connections:
        (line,) = _sum([step async for step in rotate(connections)]).failed
    assert str(session) in line


async def test_a_transcript_that_changes_meanwhile_keeps_the_change(
    database: Database,
    owner: AsyncConnection[Any],
    store: TranscriptStore,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    session = await _session(owner, BEFORE)
    await _object(owner, store, BEFORE, session)
    renewed = rotation._renewed

    async def slowly(*arguments: Any) -> str | None:
        url = await renewed(*arguments)
        await owner.execute("update sessions set transcript_storage_url = 'file:///changed' where id = %s", (session,))
        return url

    monkeypatch.setattr(rotation, "_renewed", slowly)
    (old,) = (tmp_path / "objects").rglob("*.enc")
    async with _opened(database, AFTER, store) as connections:
        assert _sum([step async for step in rotate(connections)]) == Rotated(0, ())
    assert await _texts(owner, "sessions", "transcript_storage_url") == ["file:///changed"]
    assert list((tmp_path / "objects").rglob("*.enc")) == [old]


@asynccontextmanager
async def _opened(database: Database, keys: KeyRing, store: TranscriptStore | None) -> AsyncIterator[Connections]:
    async with Connections(database.app_url, vault=Vault(keys, store)) as connections:
        yield connections


async def _person(owner: AsyncConnection[Any], role: str) -> UUID:
    user_id = uuid4()
    await owner.execute(
        "insert into users (id, cognito_sub, email, role) values (%s, %s, %s, %s)",
        (user_id, str(user_id), f"{user_id}@school.test", role),
    )
    return user_id


async def _session(owner: AsyncConnection[Any], keys: KeyRing, **texts: str) -> UUID:
    session_id = uuid4()
    columns = {column: keys.encrypt(text, context_of("sessions", column, session_id)) for column, text in texts.items()}
    await owner.execute(
        "insert into sessions (id, student_id, session_date, transcript_text, notes) values (%s, %s, now(), %s, %s)",
        (session_id, await _person(owner, "student"), columns.get("transcript_text"), columns.get("notes")),
    )
    return session_id


async def _object(owner: AsyncConnection[Any], store: TranscriptStore, keys: KeyRing, session_id: UUID) -> None:
    body = keys.encrypt(TURNS, context_of("sessions", "transcript_storage_url", session_id))
    url = await store.put(session_id, body.encode())
    await owner.execute("update sessions set transcript_storage_url = %s where id = %s", (url, session_id))


async def _assignment(owner: AsyncConnection[Any], keys: KeyRing, notes: str) -> None:
    assignment_id = uuid4()
    await owner.execute(
        "insert into tutor_student_assignments (id, tutor_id, student_id, notes) values (%s, %s, %s, %s)",
        (
            assignment_id,
            await _person(owner, "tutor"),
            await _person(owner, "student"),
            keys.encrypt(notes, context_of("tutor_student_assignments", "notes", assignment_id)),
        ),
    )


async def _texts(owner: AsyncConnection[Any], table: str, column: str) -> list[str]:
    cursor = await owner.execute(f"select {column} from {table} where {column} is not null")
    return [text for (text,) in await cursor.fetchall()]


async def _pairs(owner: AsyncConnection[Any], column: str) -> list[tuple[UUID, str]]:
    cursor = await owner.execute(f"select id, {column} from sessions where {column} is not null")
    return await cursor.fetchall()


def _sum(steps: list[Rotated]) -> Rotated:
    return Rotated(sum(step.renewed for step in steps), tuple(line for step in steps for line in step.failed))
