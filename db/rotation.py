"""Encrypting anew, with the key now in use, what older keys encrypted.

It goes through the rows in small units of work and may stop anywhere: what is done is done, and the next run finds
only what is left. A text that cannot be read is left as it is and reported.
"""

from collections.abc import AsyncIterator
from dataclasses import dataclass
from uuid import UUID

from sqlalchemy import BindParameter, Column, Integer, Table, Text, Uuid, any_, bindparam, func, not_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.encryption import VERSION, CannotDecrypt, KeyRing, context_of
from db.engine import Database, Work
from db.object_store import TranscriptUnavailable
from db.statement import Compiled
from db.tables import assignment_notes, session_notes, session_transcripts, sessions, tutor_student_assignments
from db.transcripts import Objects, stored_transcript
from db.vault import Vault

_BEGINNING = UUID(int=0)
_LIMIT: BindParameter[int] = bindparam("limit", type_=Integer())


@dataclass(frozen=True, slots=True)
class Rotated:
    """What one step did."""

    renewed: int
    """Texts that are now encrypted with the key in use."""
    failed: tuple[str, ...]
    """A sentence for each text that could not be read, for whoever runs the server."""


class _Protected:
    """One encrypted column, and the view that alone shows it."""

    def __init__(self, table: Table, shown: Column[str], shown_id: Column[UUID]) -> None:
        keys = bindparam("keys", type_=ARRAY(Uuid()))
        name = f"{table.name}_{shown.name}"
        self.table, self.column = table.name, shown.name
        # The next rows, whatever they hold: to look for one that is old, a statement might read millions that are not.
        self.next = Compiled(
            f"{name}_to_rotate",
            select(shown_id, not_(func.starts_with(shown, bindparam("mark", type_=Text()))))
            .where(shown_id > bindparam("after"))
            .order_by(shown_id)
            .limit(_LIMIT),
        )
        self.lock = Compiled(f"lock_{name}", select(table.c.id).where(table.c.id == any_(keys)).with_for_update())
        # After the lock, in a statement of its own: what a writer that was faster left there.
        self.texts = Compiled(f"{name}_locked", select(shown_id, shown).where(shown_id == any_(keys)))
        self.write = Compiled(
            f"rotate_{name}",
            update(table).where(table.c.id == bindparam("row_id")).values({shown.name: bindparam("text")}),
        )


_COLUMNS = (
    _Protected(sessions, session_transcripts.c.transcript_text, session_transcripts.c.session_id),
    _Protected(sessions, session_notes.c.notes, session_notes.c.session_id),
    _Protected(tutor_student_assignments, assignment_notes.c.notes, assignment_notes.c.assignment_id),
)
_outside = Compiled(
    "session_objects",
    select(session_transcripts.c.session_id, session_transcripts.c.transcript_storage_url)
    .where(
        session_transcripts.c.session_id > bindparam("after"),
        session_transcripts.c.transcript_storage_url.is_not(None),
        # A row's own text is what is read; an address beside it leads nowhere that matters.
        session_transcripts.c.transcript_text.is_(None),
    )
    .order_by(session_transcripts.c.session_id)
    .limit(_LIMIT),
)
_lock_session = Compiled(
    "lock_session_object", select(sessions.c.id).where(sessions.c.id == bindparam("row_id")).with_for_update()
)
_move = Compiled(
    "move_session_object",
    update(sessions).where(sessions.c.id == bindparam("row_id")).values(transcript_storage_url=bindparam("url")),
)


async def rotate(database: Database, *, limit: int = 100) -> AsyncIterator[Rotated]:
    """Everything in the database and the store, `limit` rows a step.

    Covers transcripts in rows and in objects, notes on sessions and on assignments. Objects that are plain text stay
    so. Iterate to the end; each step is kept before it is yielded.
    """
    for column in _COLUMNS:
        after = _BEGINNING
        while True:
            async with database.system_work() as work:
                found = await work.run(column.next, {"after": after, "mark": work.vault.keys.mark, "limit": limit})
                step = await _rotate_texts(work, column, [row_id for row_id, is_old in found if is_old])
            if not found:
                break
            after = found[-1][0]
            yield step
    after = _BEGINNING
    while True:
        async with database.system_work() as work:
            found = await work.run(_outside, {"after": after, "limit": limit})
        if not found:
            break
        for session_id, url in found:
            yield await _rotate_object(database, session_id, url)
        after = found[-1][0]


async def _rotate_texts(work: Work, column: _Protected, ids: list[UUID]) -> Rotated:
    keys = work.vault.keys
    renewed, failed = 0, []
    if not ids:
        return Rotated(0, ())
    await work.run(column.lock, {"keys": ids})
    for row_id, stored in await work.run(column.texts, {"keys": ids}):
        if stored is None:
            continue
        try:
            text = _anew(keys, stored, context_of(column.table, column.column, row_id))
        except CannotDecrypt as error:
            failed.append(str(error))
            continue
        if text is not None:
            await work.run(column.write, {"row_id": row_id, "text": text})
            renewed += 1
    return Rotated(renewed, tuple(failed))


async def _rotate_object(database: Database, session_id: UUID, url: str) -> Rotated:
    """Put the object anew before the row is locked, and let go of it when the row has moved on meanwhile."""
    vault = database.vault
    try:
        async with Objects(vault) as objects:
            new_url = await _renewed(vault, objects, session_id, url)
            if new_url is None:
                return Rotated(0, ())
            async with database.system_work() as work:
                objects.follow(work)
                await work.run(_lock_session, {"row_id": session_id})
                if await stored_transcript(work, session_id) != (None, url):
                    objects.drop(new_url)
                    return Rotated(0, ())
                await work.run(_move, {"row_id": session_id, "url": new_url})
                objects.replace(session_id, url)
            return Rotated(1, ())
    except CannotDecrypt as error:
        return Rotated(0, (str(error),))
    except TranscriptUnavailable as error:
        return Rotated(0, (f"The transcript of session {session_id}: {error.message}",))


async def _renewed(vault: Vault, objects: Objects, session_id: UUID, url: str) -> str | None:
    """The address of the object encrypted anew; None when it needs it not."""
    if vault.store is None:
        raise TranscriptUnavailable("TRANSCRIPT_STORE_MISSING", "There is no store; set TRANSCRIPT_STORE_URL.")
    stored = (await vault.store.get(url)).decode(errors="replace").rstrip()
    if not stored.startswith(f"{VERSION}:"):
        return None
    body = _anew(vault.keys, stored, context_of("sessions", "transcript_storage_url", session_id))
    return None if body is None else await objects.put(session_id, body)


def _anew(keys: KeyRing, stored: str, context: str) -> str | None:
    """The text by the key in use; None when it is already. Raises CannotDecrypt, which names the row."""
    text = keys.decrypt(stored, context)
    return keys.encrypt(text, context) if keys.needs_rotation(stored) else None
