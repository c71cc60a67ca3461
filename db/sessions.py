"""Reading and writing sessions and the tutor's notes on them; transcripts are in db.transcripts."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.encryption import CannotDecrypt, KeyRing, context_of
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import session_notes, sessions
from domain.errors import Code, Refused
from domain.sessions import Session, SessionChange, SessionFilter

NEWEST = Order("newest", "session_date", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "session_date", descending=False, parse=datetime.fromisoformat)

_SESSIONS = select(
    sessions.c.id,
    sessions.c.student_id,
    sessions.c.tutor_id,
    sessions.c.session_date,
    sessions.c.duration_minutes,
    sessions.c.subject_id,
    sessions.c.transcript_available,
    sessions.c.topics_covered,
    sessions.c.source,
    sessions.c.licence,
    sessions.c.created_at,
    sessions.c.updated_at,
)
_CONDITIONS = {
    "subject_id": sessions.c.subject_id == bindparam("subject_id"),
    "date_from": sessions.c.session_date >= bindparam("date_from"),
    "date_to": sessions.c.session_date < bindparam("date_to"),
}

_by_id = ByKey("sessions_by_id", _SESSIONS, Session, key=sessions.c.id)
_by_student = Paged("sessions_by_student", _SESSIONS, Session, key=sessions.c.student_id, conditions=_CONDITIONS)
_by_tutor = Paged(
    "sessions_by_tutor",
    _SESSIONS,
    Session,
    key=sessions.c.tutor_id,
    conditions=_CONDITIONS,
    students=sessions.c.student_id,
)
_by_subject = Paged(
    "sessions_by_subject",
    _SESSIONS,
    Session,
    key=sessions.c.subject_id,
    conditions=_CONDITIONS,
    students=sessions.c.student_id,
)
_lock = Statement("lock_session", _SESSIONS.where(sessions.c.id == bindparam("session_id")).with_for_update(), Session)
_notes = Compiled(
    "session_notes_by_session",
    select(session_notes.c.session_id, session_notes.c.notes).where(
        session_notes.c.notes.is_not(None),
        session_notes.c.session_id == any_(bindparam("keys", type_=ARRAY(Uuid()))),
    ),
)


@reads(_by_id)
async def sessions_by_id(read: Transaction, session_ids: Sequence[UUID]) -> list[Session | None]:
    """The session of each id; None for one the viewer may not see."""
    return await _by_id.read(read, session_ids)


@reads(_by_student)
async def sessions_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: SessionFilter | None = None
) -> list[list[Session]]:
    """A page of each student's sessions."""
    return await _by_student.read(read, student_ids, page, where)


async def count_sessions_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: SessionFilter | None = None
) -> list[int]:
    """How many sessions each student has."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_tutor)
async def sessions_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: SessionFilter | None = None
) -> list[list[Session]]:
    """A page of the sessions each tutor held."""
    return await _by_tutor.read(read, tutor_ids, page, where)


async def count_sessions_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: SessionFilter | None = None
) -> list[int]:
    """How many sessions each tutor held."""
    return await _by_tutor.count(read, tutor_ids, where)


@reads(_by_subject)
async def sessions_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: SessionFilter | None = None
) -> list[list[Session]]:
    """A page of the sessions in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_sessions_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: SessionFilter | None = None
) -> list[int]:
    """How many sessions each subject has."""
    return await _by_subject.count(read, subject_ids, where)


async def notes_by_session(read: Transaction, session_ids: Sequence[UUID]) -> list[str | CannotDecrypt | None]:
    """The tutor's notes on each session; None where there are none or they are not the viewer's to see.

    Notes that cannot be decrypted are the error itself, which a loader raises for that session alone.
    """
    found: dict[UUID, str | CannotDecrypt] = {}
    for session_id, stored in await read.run(_notes, {"keys": list(session_ids)}):
        try:
            found[session_id] = read.vault.keys.decrypt(stored, context_of("sessions", "notes", session_id))
        except CannotDecrypt as error:
            found[session_id] = error
    return [found.get(session_id) for session_id in session_ids]


async def lock_session(work: Work, session_id: UUID) -> Session:
    """The session, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    session = await work.first(_lock, session_id=session_id)
    if session is None:
        raise Refused(Code.NOT_FOUND, "There is no such session.", "id")
    return session


@dataclass(frozen=True, slots=True)
class NewSession:
    """A session about to be written."""

    id: UUID
    """Chosen by the writer: what is encrypted in the row is bound to it."""
    student_id: UUID
    tutor_id: UUID
    content: SessionChange
    notes: str | None


async def insert_session(work: Work, new: NewSession, transcript: Mapping[str, Any]) -> Session:
    """A new session as it is stored; `transcript` are its columns as db.transcripts makes them."""
    statement = insert(sessions).values(
        id=new.id,
        student_id=new.student_id,
        tutor_id=new.tutor_id,
        notes=sealed_notes(work.vault.keys, new.id, new.notes),
        **new.content.values(),
        **transcript,
    )
    await work.execute("insert_session", statement)
    return await lock_session(work, new.id)


async def update_session(work: Work, session_id: UUID, **columns: Any) -> Session:
    """The session after the change; `columns` by name, with what is encrypted encrypted already."""
    await work.execute("update_session", update(sessions).where(sessions.c.id == session_id).values(**columns))
    return await lock_session(work, session_id)


def sealed_notes(keys: KeyRing, session_id: UUID, notes: str | None) -> str | None:
    """Notes as the column `notes` of this session holds them."""
    return None if notes is None else keys.encrypt(notes, context_of("sessions", "notes", session_id))
