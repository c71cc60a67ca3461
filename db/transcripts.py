"""Transcripts: ciphertext in the row, or in an object that the row's address names.

Whoever records sessions by machine may put plain text into the store and an address into the row: an object that is
not marked as ciphertext is read as it is. What is written here is always encrypted.
"""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from contextlib import suppress
from types import MappingProxyType, TracebackType
from typing import Any, Self
from uuid import UUID

import psycopg
from sqlalchemy import Uuid, any_, bindparam, select
from sqlalchemy.dialects.postgresql import ARRAY

from db import audit
from db.encryption import VERSION, CannotDecrypt, context_of
from db.engine import NotKept, Transaction, Work
from db.object_store import MAX_URL_LENGTH, TranscriptUnavailable
from db.statement import Compiled
from db.tables import session_transcripts
from db.vault import Vault
from domain import transcripts
from domain.errors import Code, Refused
from domain.sessions import SessionTranscript
from domain.transcripts import Transcript
from domain.viewer import Role

FETCHES = 8
"""Objects that one batch reads from the store at once."""
PATIENCE = 15.0
"""Seconds that a batch waits for the store; a read transaction may be open meanwhile."""

GONE: Mapping[str, Any] = MappingProxyType(
    {"transcript_text": None, "transcript_storage_url": None, "transcript_available": False}
)
"""The columns of a session without a transcript."""

log = logging.getLogger("study.transcripts")

_by_session = Compiled(
    "session_transcripts_by_session",
    select(
        session_transcripts.c.session_id,
        session_transcripts.c.student_id,
        session_transcripts.c.transcript_text,
        session_transcripts.c.transcript_storage_url,
    ).where(session_transcripts.c.session_id == any_(bindparam("keys", type_=ARRAY(Uuid())))),
)

Unreadable = CannotDecrypt | TranscriptUnavailable

_STORE_FAILS = frozenset({"TRANSCRIPT_STORE_UNREACHABLE", "TRANSCRIPT_STORE_DENIED", "TRANSCRIPT_STORE_MISSING"})


async def transcripts_by_session(
    read: Transaction, session_ids: Sequence[UUID]
) -> list[SessionTranscript | Unreadable | None]:
    """The transcript of each session; None where there is none or it is not the viewer's to see.

    One that cannot be fetched or decrypted is the error itself, which a loader raises for that session alone. What an
    administrator reads is written to the audit log before it is returned: a line for each session, in this
    transaction, which must be committed before the text goes any further.
    """
    rows = await read.run(_by_session, {"keys": list(session_ids)})
    students = {session_id: student_id for session_id, student_id, *_ in rows}
    found = await opened(read.vault, [(session_id, text, url) for session_id, _, text, url in rows])
    if _is_on_record(read):
        shown = [session_id for session_id, value in found.items() if isinstance(value, SessionTranscript)]
        await audit.record_each(
            read, "transcript.read", "Session", [(session_id, students[session_id]) for session_id in shown]
        )
    return [found.get(session_id) for session_id in session_ids]


async def open_transcript(vault: Vault, session_id: UUID, stored: tuple[str | None, str | None]) -> Transcript | None:
    """What `stored_transcript` found, decrypted; None for two nulls.

    It may fetch from the store, and is for those who have no transaction open meanwhile.
    Raises CannotDecrypt and TranscriptUnavailable.
    """
    found = (await opened(vault, [(session_id, *stored)])).get(session_id)
    if found is None or isinstance(found, SessionTranscript):
        return None if found is None else found.transcript
    raise found


async def stored_transcript(read: Transaction, session_id: UUID) -> tuple[str | None, str | None]:
    """A session's transcript as it is stored: ciphertext, address. Two nulls when there is none to be seen."""
    rows = await read.run(_by_session, {"keys": [session_id]})
    return (rows[0][2], rows[0][3]) if rows else (None, None)


def sealed(vault: Vault, session_id: UUID, transcript: Transcript) -> dict[str, Any]:
    """The columns of a session that keeps its transcript in the database."""
    stored = vault.keys.encrypt(transcripts.dump(transcript), _context(session_id, "transcript_text"))
    return {"transcript_text": stored, "transcript_storage_url": None, "transcript_available": True}


class Objects:
    """The objects in the store that a unit of work adds and replaces, made to agree with how it ends.

    Enter it before the unit of work, and let it `follow` that. When the work is kept, the objects that it replaced are
    removed; when it is known not to be kept, those that it added. Where nobody can tell (the connection broke in the
    commit, or whoever waited for it was stopped), both stay: an object too many is ciphertext, an object too few is a
    lost transcript.
    """

    def __init__(self, vault: Vault) -> None:
        self._vault = vault
        self._added: list[str] = []
        self._replaced: list[str] = []
        self._adopted: set[str] = set()
        self._work: Work | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if error is None or (self._work is not None and self._work.kept):
            await self._remove([url for url in self._replaced if url not in self._adopted])
        elif self._work is None or not self._work.ending or _rolled_back(error):
            await self._remove(self._added)

    def follow(self, work: Work) -> None:
        """This is the unit of work whose end decides."""
        self._work = work

    async def keep(self, session_id: UUID, transcript: Transcript) -> dict[str, Any]:
        """The columns of a session whose transcript is kept where the settings say. Raises Refused (UNAVAILABLE).

        Call it before the unit of work: the store takes its time, and nobody should wait behind it.
        """
        if self._vault.store is None:
            return sealed(self._vault, session_id, transcript)
        body = self._vault.keys.encrypt(transcripts.dump(transcript), _context(session_id, "transcript_storage_url"))
        try:
            return _at(await self.put(session_id, body))
        except TranscriptUnavailable as error:
            log.error("a transcript could not be stored: %s", error)
            raise Refused(
                Code.UNAVAILABLE, "The transcript store does not answer as it should; try again later.", "transcript"
            ) from None

    async def put(self, session_id: UUID, body: str) -> str:
        """The address of a new object with this ciphertext. Raises TranscriptUnavailable."""
        if self._vault.store is None:
            raise _no_store()
        try:
            url = await asyncio.wait_for(self._vault.store.put(session_id, body.encode()), PATIENCE)
        except TimeoutError:
            raise _too_late() from None
        self._added.append(url)
        return url

    async def adopt(self, session_id: UUID, url: str) -> dict[str, Any]:
        """The columns of a session whose transcript somebody else put in the store. Raises Refused (INVALID).

        The object has to be there and readable now: an address that leads nowhere is a slip.
        """
        if len(url) > MAX_URL_LENGTH:
            raise Refused(Code.TOO_LONG, f"An address has at most {MAX_URL_LENGTH} characters.", "transcript")
        value = (await opened(self._vault, [(session_id, None, url)]))[session_id]
        if isinstance(value, TranscriptUnavailable):
            code = Code.UNAVAILABLE if value.code in _STORE_FAILS else Code.INVALID
            raise Refused(code, value.message, "transcript")
        if not isinstance(value, SessionTranscript):
            raise Refused(Code.INVALID, "The object at this address is encrypted for another session.", "transcript")
        self._adopted.add(url)
        return _at(url)

    def replace(self, session_id: UUID, url: str | None) -> None:
        """Remove the object at `url` once the work is kept; one that was put there by somebody else stays."""
        if url is not None and url.endswith(".enc") and url.rpartition("/")[0].endswith(f"/{session_id}"):
            self._replaced.append(url)

    def drop_added(self) -> None:
        """Remove what was added: the work is kept, and has no use for it."""
        self._replaced += self._added

    def drop(self, url: str) -> None:
        """Remove an object that was added and is not needed after all."""
        self._replaced.append(url)

    async def _remove(self, urls: Sequence[str]) -> None:
        for url in urls:
            if self._vault.store is not None:
                # What cannot be removed is in the log, and is removed when the session is erased.
                with suppress(TranscriptUnavailable):
                    await self._vault.store.delete(url)


def _rolled_back(error: BaseException) -> bool:
    """Whether an error in a commit says that nothing was kept.

    PostgreSQL's own errors do, but for those of a server that goes down or a connection that fails (57P and 08).
    """
    if isinstance(error, NotKept):
        return True
    state = error.sqlstate if isinstance(error, psycopg.Error) else None
    return state is not None and not state.startswith(("57P", "08"))


def _at(url: str) -> dict[str, Any]:
    return {"transcript_text": None, "transcript_storage_url": url, "transcript_available": True}


def _context(session_id: UUID, column: str) -> str:
    return context_of("sessions", column, session_id)


def _is_on_record(transaction: Transaction) -> bool:
    """Whether what the transaction reads of transcripts is audited: an administrator's reading is."""
    try:
        return transaction.viewer.role is Role.ADMIN
    except LookupError:
        # The product itself, which makes summaries.
        return False


async def opened(
    vault: Vault, stored: Sequence[tuple[UUID, str | None, str | None]]
) -> dict[UUID, SessionTranscript | Unreadable]:
    """Transcripts, or why not, from each session's text and address; nothing for a session that has neither."""
    found: dict[UUID, SessionTranscript | Unreadable] = {}
    outside: dict[UUID, str] = {}
    for session_id, text, url in stored:
        if text is not None:
            found[session_id] = _read(vault, session_id, text, "transcript_text")
        elif url is not None:
            outside[session_id] = url
    if outside:
        turn = asyncio.Semaphore(FETCHES)
        tasks = {key: asyncio.create_task(_fetched(vault, turn, key, url)) for key, url in outside.items()}
        try:
            _, late = await asyncio.wait(tasks.values(), timeout=PATIENCE)
        finally:
            for task in tasks.values():
                task.cancel()
        found |= {key: _too_late() if task in late else task.result() for key, task in tasks.items()}
    return found


async def _fetched(vault: Vault, turn: asyncio.Semaphore, session_id: UUID, url: str) -> SessionTranscript | Unreadable:
    if vault.store is None:
        return _no_store()
    try:
        async with turn:
            body = await vault.store.get(url)
        text = body.decode()
    except TranscriptUnavailable as error:
        return error
    except UnicodeDecodeError:
        return _no_transcript()
    if text.startswith(f"{VERSION}:"):
        return _read(vault, session_id, text.rstrip(), "transcript_storage_url")
    return _parsed(session_id, text)


def _read(vault: Vault, session_id: UUID, stored: str, column: str) -> SessionTranscript | Unreadable:
    try:
        return _parsed(session_id, vault.keys.decrypt(stored, _context(session_id, column)))
    except CannotDecrypt as error:
        return error


def _parsed(session_id: UUID, text: str) -> SessionTranscript | Unreadable:
    try:
        return SessionTranscript(session_id, transcripts.parse(text))
    except Refused:
        return _no_transcript()


def _no_store() -> TranscriptUnavailable:
    return TranscriptUnavailable("TRANSCRIPT_STORE_MISSING", "This server is set to no transcript store.")


def _too_late() -> TranscriptUnavailable:
    return TranscriptUnavailable(
        "TRANSCRIPT_STORE_UNREACHABLE", "The transcript store does not answer in time. Try again later."
    )


def _no_transcript() -> TranscriptUnavailable:
    return TranscriptUnavailable(
        "TRANSCRIPT_UNREADABLE", "What is stored as the transcript does not have the form of one."
    )
