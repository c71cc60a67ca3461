"""Transcripts kept outside the database, in a folder here; `tests/db/test_object_store.py` has S3."""

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest
from psycopg import OperationalError, errors

from db import engine, transcripts
from db.encryption import KeyRing, context_of
from db.object_store import TranscriptStore
from db.vault import Vault
from domain.transcripts import parse
from schema.context import Context
from schema.ids import to_global
from server import create_app
from settings import Settings
from tests.api import Api, serving
from tests.make import Make, Person
from tests.servers import Database

READ = """
{ students { nodes { sessions(orderBy: OLDEST) { nodes { transcript { turns { text } } } } } } }
"""
RECORD = """
mutation ($input: RecordSessionInput!) {
  recordSession(input: $input) {
    session { id transcriptAvailable transcript { turns { text } } }
    userErrors { field code }
  }
}
"""
UPDATE = """
mutation ($input: UpdateSessionInput!) {
  updateSession(input: $input) {
    session { transcriptAvailable transcript { turns { text } } }
    userErrors { field code }
  }
}
"""
ATTACH = """
mutation ($input: AttachTranscriptInput!) {
  attachTranscript(input: $input) {
    session { transcriptAvailable transcript { turns { text } } }
    userErrors { field code }
  }
}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Where transcripts go."""
    return tmp_path / "all of them"


@pytest.fixture
async def api(database: Database, data_dir: Path, folder: Path, make: Make) -> AsyncIterator[Api]:
    """The application with a store."""
    settings = Settings(study_data_dir=data_dir, transcript_store_url=folder.as_uri())
    async with serving(create_app(settings, database.app_url)) as running:
        yield running


async def test_a_transcript_is_ciphertext_in_the_store(api: Api, make: Make, folder: Path, keys: KeyRing) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    data = await api.data(RECORD, tess, input=_held(sam, transcript={"text": "Tutor: Secret"}))
    session = data["recordSession"]["session"]
    assert session["transcript"] == {"turns": [{"text": "Secret"}]}
    ((session_id, text, url, available),) = await _rows(make)
    assert (text, available) == (None, True)
    (file,) = _files(folder)
    assert file.as_uri() == url
    stored = file.read_text()
    assert "Secret" not in stored
    context = context_of("sessions", "transcript_storage_url", session_id)
    assert keys.decrypt(stored, context) == '{"turns":[{"speaker":"tutor","text":"Secret"}]}'


async def test_what_is_replaced_or_removed_leaves_the_store(api: Api, make: Make, folder: Path) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    await api.data(RECORD, tess, input=_held(sam, transcript={"text": "Tutor: Old"}))
    (old,) = _files(folder)
    ((session_id, *_),) = await _rows(make)
    change: dict[str, Any] = {"id": to_global("Session", session_id), "transcript": {"text": "Tutor: New"}}
    data = await api.data(UPDATE, tess, input=change)
    assert data["updateSession"]["session"]["transcript"] == {"turns": [{"text": "New"}]}
    (new,) = _files(folder)
    assert new != old
    data = await api.data(UPDATE, tess, input=change | {"transcript": None})
    assert data["updateSession"]["session"] == {"transcriptAvailable": False, "transcript": None}
    assert _files(folder) == []
    assert await _rows(make) == [(session_id, None, None, False)]


async def test_what_is_refused_leaves_nothing_in_the_store(api: Api, make: Make, folder: Path) -> None:
    sam = await make.student()
    tess, tom = await make.tutor(of=sam), await make.tutor("tom", of=sam)
    session = await make.session(sam, tess, transcript="Tutor: In the row")
    transcript = {"text": "Tutor: Hi"}
    nowhere = to_global("Subject", UUID(int=7))
    gid = to_global("Session", session)
    refused = [
        (RECORD, tess, _held(sam, subjectId=nowhere, transcript=transcript), "NOT_FOUND"),
        (UPDATE, tess, {"id": gid, "subjectId": nowhere, "transcript": transcript}, "NOT_FOUND"),
        (UPDATE, tess, {"id": gid, "durationMinutes": 0, "transcript": transcript}, "INVALID"),
        (UPDATE, tom, {"id": gid, "transcript": transcript}, "NOT_FOUND"),
        (ATTACH, tess, {"sessionId": gid, "transcript": transcript}, "ALREADY_DONE"),
    ]
    for document, person, input, code in refused:
        (payload,) = (await api.data(document, person, input=input)).values()
        assert [error["code"] for error in payload["userErrors"]] == [code]
    assert _files(folder) == []
    assert (await _read(api, tess))["nodes"] == [{"transcript": {"turns": [{"text": "In the row"}]}}]


async def _keep(database: engine.Database, *, then: BaseException | None = None) -> None:
    """A unit of work that puts a transcript in the store, and fails with `then` if given."""
    async with transcripts.Objects(database.vault) as objects, database.system_work() as work:
        objects.follow(work)
        columns = await objects.keep(uuid4(), parse("Tutor: Hi"))
        assert database.vault.store is not None
        assert await database.vault.store.get(columns["transcript_storage_url"])
        if then is not None:
            raise then


def _fault(error: BaseException) -> Callable[..., Any]:
    async def fail(*args: Any, **kwargs: Any) -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    "error",
    [
        errors.QueryCanceled("late"),
        errors.DeadlockDetected("waited for each other"),
        OperationalError("the connection broke before the commit"),
        RuntimeError("a fault of ours"),
        asyncio.CancelledError(),
    ],
)
async def test_what_fails_before_its_commit_leaves_nothing_in_the_store(
    make: Make, folder: Path, keys: KeyRing, database: Database, error: BaseException
) -> None:
    vault = Vault(keys, TranscriptStore(folder.as_uri()))
    async with engine.Database(database.app_url, vault=vault) as opened:
        with pytest.raises(type(error)):
            await _keep(opened, then=error)
        assert _files(folder) == []


@pytest.mark.parametrize(
    ("error", "stays"),
    [
        (engine.NotKept("a statement had failed"), False),
        (errors.ForeignKeyViolation(), False),
        (errors.QueryCanceled(), False),
        (errors.AdminShutdown(), True),
        (errors.ConnectionFailure(), True),
        (OperationalError("the connection broke"), True),
        (asyncio.CancelledError(), True),
    ],
)
async def test_what_fails_in_its_commit_stays_where_nobody_can_tell(
    folder: Path,
    keys: KeyRing,
    database: Database,
    monkeypatch: pytest.MonkeyPatch,
    error: BaseException,
    stays: bool,
) -> None:
    vault = Vault(keys, TranscriptStore(folder.as_uri()))
    monkeypatch.setattr(engine, "_commit", _fault(error))
    async with engine.Database(database.app_url, vault=vault) as opened:
        with pytest.raises(type(error)):
            await _keep(opened)
    assert len(_files(folder)) == stays


async def test_what_is_kept_stays_when_it_cannot_be_told_of(
    api: Api, make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The answer is an error; the session and its transcript are there."""
    sam = await make.student()
    tess = await make.tutor(of=sam)
    unit_of_work = Context.unit_of_work

    @asynccontextmanager
    async def speechless(context: Context) -> AsyncIterator[engine.Work]:
        async with unit_of_work(context) as work:
            yield work
        raise errors.QueryCanceled("while it was announced")

    monkeypatch.setattr(Context, "unit_of_work", speechless)
    assert await api.error_codes(RECORD, tess, input=_held(sam, transcript={"text": "Tutor: Kept"})) != []
    monkeypatch.undo()
    assert (await _read(api, tess))["nodes"] == [{"transcript": {"turns": [{"text": "Kept"}]}}]


async def test_a_transcript_moves_from_the_row_to_the_store(api: Api, make: Make, folder: Path) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, transcript="Tutor: In the row")
    change = {"id": to_global("Session", session), "transcript": {"text": "Tutor: Outside"}}
    await api.data(UPDATE, tess, input=change)
    (file,) = _files(folder)
    assert await _rows(make) == [(session, None, file.as_uri(), True)]


async def test_an_administrator_attaches_what_a_recorder_put_there(api: Api, make: Make, folder: Path) -> None:
    sam, ada = await make.student(), await make.admin()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess)
    recording = _put(folder, "zoom/1.txt", b"Tutor: Recorded\r\nStudent: Yes\r\n")
    gid = to_global("Session", session)
    input = {"sessionId": gid, "transcript": {"url": recording.as_uri()}}
    # The address does not say whose session it is: a tutor could name any.
    data = await api.data(ATTACH, tess, input=input)
    assert data["attachTranscript"]["userErrors"] == [{"field": "transcript", "code": "FORBIDDEN"}]
    data = await api.data(ATTACH, ada, input=input)
    assert data["attachTranscript"]["session"] == {
        "transcriptAvailable": True,
        "transcript": {"turns": [{"text": "Recorded"}, {"text": "Yes"}]},
    }
    # It is not ours to remove.
    await api.data(UPDATE, tess, input={"id": gid, "transcript": None})
    assert recording.exists()


async def test_an_address_that_leads_to_no_transcript(api: Api, make: Make, folder: Path, keys: KeyRing) -> None:
    sam, ada = await make.student(), await make.admin()
    session = await make.session(sam)
    other = context_of("sessions", "transcript_storage_url", UUID(int=7))
    outside = folder.parent / "outside.txt"
    outside.write_text("Tutor: Not yours")
    (folder / "link.txt").symlink_to(outside)
    addresses = {
        (folder / "missing.txt").as_uri(): "INVALID",
        outside.as_uri(): "INVALID",
        f"{folder.as_uri()}/../outside.txt": "INVALID",
        f"{folder.as_uri()}/%2e%2e/outside.txt": "INVALID",
        (folder / "link.txt").as_uri(): "INVALID",
        "s3://bucket/key": "INVALID",
        "http://169.254.169.254/latest/meta-data": "INVALID",
        "": "INVALID",
        "file://" + "x" * 600: "TOO_LONG",
        _put(folder, "picture", b"\x89PNG\xff").as_uri(): "INVALID",
        _put(folder, "prose.txt", b"Once upon a time").as_uri(): "INVALID",
        _put(folder, "other.enc", keys.encrypt("Tutor: Not yours", other).encode()).as_uri(): "INVALID",
        _put(folder, "large.txt", b"Tutor: " + b"x" * 5_000_000).as_uri(): "INVALID",
    }
    for url, code in addresses.items():
        input = {"sessionId": to_global("Session", session), "transcript": {"url": url}}
        data = await api.data(ATTACH, ada, input=input)
        assert data["attachTranscript"] == {"session": None, "userErrors": [{"field": "transcript", "code": code}]}
    assert await _rows(make) == [(session, None, None, False)]


async def test_what_cannot_be_fetched_is_an_error_of_that_field_alone(
    api: Api, make: Make, folder: Path, keys: KeyRing
) -> None:
    sam, ada = await make.student(), await make.admin()
    good = _put(folder, "good.txt", b"Tutor: Good").as_uri()
    outside = folder.parent / "outside.txt"
    outside.write_text("Tutor: Not yours")
    foreign = keys.encrypt("Tutor: Not yours", context_of("sessions", "transcript_storage_url", UUID(int=7)))
    urls = {
        good: None,
        (folder / "missing.txt").as_uri(): "TRANSCRIPT_NOT_FOUND",
        outside.as_uri(): "TRANSCRIPT_URL_REFUSED",
        _put(folder, "picture", b"\x89PNG\xff").as_uri(): "TRANSCRIPT_UNREADABLE",
        _put(folder, "prose.txt", b"Once upon a time").as_uri(): "TRANSCRIPT_UNREADABLE",
        _put(folder, "other.enc", foreign.encode()).as_uri(): "CIPHERTEXT_DAMAGED",
        _put(folder, "large.txt", b"Tutor: " + b"x" * 5_000_000).as_uri(): "TRANSCRIPT_TOO_LARGE",
    }
    for day, url in enumerate(urls, start=1):
        await make.session(sam, transcript_storage_url=url, session_date=f"2026-03-{day:02}T00:00Z")
    read = await _read(api, ada)
    assert read["nodes"] == [{"transcript": {"turns": [{"text": "Good"}]}}] + [{"transcript": None}] * 6
    assert read["codes"] == {place: code for place, code in enumerate(urls.values()) if code}
    # Nothing of where things are kept.
    assert not any(str(folder.parent) in message for message in read["messages"])
    # One was read, and that one is on record.
    cursor = await make.owner.execute(
        "select s.transcript_storage_url from audit_log a join sessions s on s.id = a.target_id"
    )
    assert await cursor.fetchall() == [(good,)]


async def test_a_store_that_fails_keeps_nothing_half(api: Api, make: Make, folder: Path) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    session = await make.session(sam, tess, transcript="Tutor: In the row")
    _break(folder)
    change = {"id": to_global("Session", session), "durationMinutes": 5, "transcript": {"text": "Tutor: New"}}
    data = await api.data(UPDATE, tess, input=change)
    assert data["updateSession"] == {"session": None, "userErrors": [{"field": "transcript", "code": "UNAVAILABLE"}]}
    data = await api.data(RECORD, tess, input=_held(sam, transcript={"text": "Tutor: New"}))
    assert data["recordSession"] == {"session": None, "userErrors": [{"field": "transcript", "code": "UNAVAILABLE"}]}
    assert (await _read(api, tess))["nodes"] == [{"transcript": {"turns": [{"text": "In the row"}]}}]


async def test_a_page_fetches_a_few_objects_at_a_time(
    api: Api, make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await make.student()
    for number in range(20):
        url = _put(folder, f"{number}.txt", f"Tutor: {number}".encode()).as_uri()
        await make.session(sam, transcript_storage_url=url)
    fetching: list[int] = []
    running = 0
    get = TranscriptStore.get

    async def counted(store: TranscriptStore, url: str) -> bytes:
        nonlocal running
        running += 1
        fetching.append(running)
        await asyncio.sleep(0)
        body = await get(store, url)
        running -= 1
        return body

    monkeypatch.setattr(TranscriptStore, "get", counted)
    nodes = (await _read(api, sam))["nodes"]
    assert sorted(int(node["transcript"]["turns"][0]["text"]) for node in nodes) == list(range(20))
    assert (len(fetching), max(fetching)) == (20, transcripts.FETCHES)


async def test_a_slow_store_holds_up_its_own_objects_alone(
    api: Api, make: Make, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sam = await make.student()
    slow = _put(folder, "slow.txt", b"Tutor: Slow").as_uri()
    await make.session(sam, transcript="Tutor: In the row", session_date="2026-03-01T00:00Z")
    await make.session(sam, transcript_storage_url=slow, session_date="2026-03-02T00:00Z")
    never = asyncio.Event()

    async def hang(store: TranscriptStore, url: str) -> bytes:
        await never.wait()
        return b""

    monkeypatch.setattr(TranscriptStore, "get", hang)
    monkeypatch.setattr(transcripts, "PATIENCE", 0.05)
    read = await _read(api, sam)
    assert read["nodes"] == [{"transcript": {"turns": [{"text": "In the row"}]}}, {"transcript": None}]
    assert read["codes"] == {1: "TRANSCRIPT_STORE_UNREACHABLE"}


def _held(student: Person, **values: Any) -> dict[str, Any]:
    return {"studentId": student.gid, "startedAt": "2026-03-02T16:00:00Z", **values}


def _put(folder: Path, name: str, body: bytes) -> Path:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(body)
    return file


def _break(folder: Path) -> None:
    folder.rmdir()
    folder.write_text("a file where a folder should be")


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


async def _rows(make: Make) -> list[Any]:
    cursor = await make.owner.execute(
        "select id, transcript_text, transcript_storage_url, transcript_available from sessions"
    )
    return await cursor.fetchall()


async def _read(api: Api, person: Person) -> dict[str, Any]:
    """The transcripts of the one student's sessions, and the errors by the place of the session."""
    answer = await api.run(READ, person)
    errors = answer.get("errors", [])
    return {
        "nodes": answer["data"]["students"]["nodes"][0]["sessions"]["nodes"],
        "codes": {error["path"][5]: error["extensions"]["code"] for error in errors},
        "messages": [error["message"] for error in errors],
    }
