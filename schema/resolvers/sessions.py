"""Recording sessions and what was said in them."""

import datetime as dt
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any
from uuid import UUID

import strawberry

from db import audit
from db import sessions as sessions_db
from db import transcripts as transcripts_db
from db.engine import Work
from db.jobs import defer
from db.retries import created_before, id_for, same_request
from db.summaries import latest_summary
from domain import permissions, sessions, transcripts
from domain.clock import now
from domain.errors import Code, Refused
from domain.jobs import JobKind
from domain.permissions import Permission
from domain.viewer import Role, Viewer
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import optional_row_id, row_id
from schema.inputs import IDEMPOTENCY_KEY, given, moment
from schema.types.session import Session


@strawberry.type(description="The session that was recorded or changed.")
class SessionPayload(Payload):
    """The answer of every mutation of a session."""

    session: Session | None = strawberry.field(default=None, description="The session as it is now; null when refused.")


@strawberry.input(description="What one of them said before the other did.")
class TranscriptTurnInput:
    """One turn."""

    speaker: transcripts.Speaker = strawberry.field(description="Who said it.")
    text: str = strawberry.field(description="What was said; not blank.")


@strawberry.input(
    one_of=True,
    description="A transcript in one of three forms; at most 5,000 turns and 2,000,000 bytes.",
)
class TranscriptInput:
    """Exactly one field."""

    turns: list[TranscriptTurnInput] | None = strawberry.field(
        default=strawberry.UNSET, description="Turn by turn; at least one."
    )
    text: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="Lines that begin with `Tutor:` or `Student:`; a line that begins with neither goes on with the "
        "turn before it.",
    )
    url: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The address of an object in the configured store that a recording service has put there; "
        "administrators only, since such an object does not say whose session it is.",
    )


@strawberry.input(description="A session that was held.")
class RecordSessionInput:
    """The tutor who held it records it, or an administrator."""

    student_id: strawberry.ID = strawberry.field(description="Who was taught.")
    tutor_id: strawberry.ID | None = strawberry.field(
        default=None, description="Who taught: administrators name the tutor, a tutor leaves it out."
    )
    session_date: dt.datetime = strawberry.field(
        name="startedAt", description="When it began, with a zone; from the year 2000, and not in the future."
    )
    duration_minutes: int | None = strawberry.field(default=None, description="How long it lasted; 1 to 1,440.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="The subject it was in.")
    topics_covered: list[str] = strawberry.field(
        default_factory=list, description="What was worked on; at most 50 of at most 200 characters."
    )
    notes: str | None = strawberry.field(
        default=None, description="Private notes, for the tutor who held it; at most 10,000 characters."
    )
    transcript: TranscriptInput | None = strawberry.field(default=None, description="What was said.")
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.input(description="Changes to a session; what is left out stays as it is.")
class UpdateSessionInput:
    """Null clears a field, where it can be empty."""

    id: strawberry.ID = strawberry.field(description="The session.")
    session_date: dt.datetime | None = strawberry.field(
        name="startedAt", default=strawberry.UNSET, description="Another time."
    )
    duration_minutes: int | None = strawberry.field(default=strawberry.UNSET, description="Another duration.")
    subject_id: strawberry.ID | None = strawberry.field(default=strawberry.UNSET, description="Another subject.")
    topics_covered: list[str] | None = strawberry.field(default=strawberry.UNSET, description="Other topics.")
    notes: str | None = strawberry.field(default=strawberry.UNSET, description="Other notes.")
    transcript: TranscriptInput | None = strawberry.field(
        default=strawberry.UNSET, description="A transcript in place of the one there is; null removes it."
    )


@strawberry.input(description="A transcript for a session that has none.")
class AttachTranscriptInput:
    """It comes later than the session."""

    session_id: strawberry.ID = strawberry.field(description="The session.")
    transcript: TranscriptInput = strawberry.field(description="What was said.")


@strawberry.type
class SessionMutations:
    """Mutations of sessions."""

    @mutation(Permission.TEACH, "Record a session that was held: the tutor who held it, or an administrator.")
    async def record_session(self, info: Info, input: RecordSessionInput) -> SessionPayload:
        read = await info.context.read()
        viewer = read.viewer
        student_id = row_id(input.student_id, "Student")
        _require_teaching(viewer, student_id)
        new = sessions_db.NewSession(
            id=id_for(viewer.id, "recordSession", input.idempotency_key),
            student_id=student_id,
            tutor_id=sessions.held_by(viewer, optional_row_id(input.tutor_id, "Tutor")),
            content=sessions.content(
                session_date=_date(input.session_date),
                duration_minutes=input.duration_minutes,
                subject_id=optional_row_id(input.subject_id, "Subject"),
                topics_covered=input.topics_covered,
                now=now(),
            ),
            notes=sessions.checked_notes(input.notes),
        )
        (made,) = await sessions_db.sessions_by_id(read, [new.id])
        if made is not None:
            return _recorded(made, new)
        async with _writing(info, viewer, new.id, input.transcript) as (columns, objects, work):
            _require_teaching(work.viewer, student_id)
            made = await created_before(work, input.idempotency_key, new.id, sessions_db.sessions_by_id)
            if made is not None:
                objects.drop_added()
                return _recorded(made, new)
            session = await sessions_db.insert_session(work, new, columns)
            fields = [name for name in ("notes", "transcript") if getattr(input, name)]
            await audit.record(work, "session.record", "Session", session.id, student_id, {"fields": fields})
            await defer(work, JobKind.COUNT_SESSION, session_id=session.id)
            await defer(work, JobKind.SUMMARISE, session_id=session.id, version=0)
        return SessionPayload(session=Session.view(session))

    @mutation(Permission.TEACH, "Change a session: the tutor who held it, or an administrator.")
    async def update_session(self, info: Info, input: UpdateSessionInput) -> SessionPayload:
        session_id = row_id(input.id, "Session")
        sent = given(input, "session_date", "duration_minutes", "topics_covered")
        if "session_date" in sent:
            moment(sent["session_date"])
        if input.subject_id is not strawberry.UNSET:
            sent["subject_id"] = optional_row_id(input.subject_id, "Subject")
        notes = None if input.notes is strawberry.UNSET else sessions.checked_notes(input.notes)
        viewer = await _changing(info, session_id)
        async with _writing(info, viewer, session_id, input.transcript) as (columns, objects, work):
            if input.notes is not strawberry.UNSET:
                columns["notes"] = sessions_db.sealed_notes(work.vault.keys, session_id, notes)
            session = await sessions_db.lock_session(work, session_id)
            if input.transcript is not strawberry.UNSET:
                _, url = await transcripts_db.stored_transcript(work, session_id)
                objects.replace(session_id, url)
            columns.update(sessions.edit(session, now(), **sent).values())
            session = await sessions_db.update_session(work, session_id, **columns)
            fields = [*sent, *given(input, "notes", "transcript")]
            await audit.record(work, "session.update", "Session", session_id, session.student_id, {"fields": fields})
            if input.transcript is not strawberry.UNSET:
                await _summarise(work, session_id)
        return SessionPayload(session=Session.view(session))

    @mutation(
        Permission.TEACH, "Attach a transcript to a session without one: the tutor who held it, or an administrator."
    )
    async def attach_transcript(self, info: Info, input: AttachTranscriptInput) -> SessionPayload:
        session_id = row_id(input.session_id, "Session")
        viewer = await _changing(info, session_id, "session_id")
        async with _writing(info, viewer, session_id, input.transcript) as (columns, _, work):
            session = await sessions_db.lock_session(work, session_id)
            if any(await transcripts_db.stored_transcript(work, session_id)):
                raise Refused(
                    Code.ALREADY_DONE, "The session has a transcript; replace it by changing the session.", "session_id"
                )
            session = await sessions_db.update_session(work, session_id, **columns)
            await audit.record(work, "transcript.attach", "Session", session_id, session.student_id)
            await _summarise(work, session_id)
        return SessionPayload(session=Session.view(session))


def _require_teaching(viewer: Viewer, student_id: UUID) -> None:
    permissions.require(
        permissions.teaches(viewer, student_id), "You cannot record sessions with this student.", "student_id"
    )


def _recorded(made: sessions.Session, again: sessions_db.NewSession) -> SessionPayload:
    """The session that was recorded when the same was sent before."""
    same_request(made.student_id == again.student_id, made.tutor_id == again.tutor_id)
    return SessionPayload(session=Session.view(made))


@asynccontextmanager
async def _writing(
    info: Info, viewer: Viewer, session_id: UUID, transcript: TranscriptInput | None
) -> AsyncIterator[tuple[dict[str, Any], transcripts_db.Objects, Work]]:
    """A unit of work, with the columns of a transcript that has been stored before it.

    The store takes its time, and no transaction is open meanwhile.
    """
    await info.context.release()
    async with transcripts_db.Objects(info.context.services.database.vault) as objects:
        sent = transcript is not strawberry.UNSET
        columns = await _stored(objects, viewer, session_id, transcript) if sent else {}
        async with info.context.unit_of_work() as work:
            objects.follow(work)
            yield columns, objects, work


async def _summarise(work: Work, session_id: UUID) -> None:
    """Have the summary written anew: it rests on another transcript now."""
    summary = await latest_summary(work, session_id)
    await defer(work, JobKind.SUMMARISE, session_id=session_id, version=summary.version if summary else 0)


def _date(value: dt.datetime) -> dt.datetime:
    moment(value)
    return value


async def _changing(info: Info, session_id: UUID, field: str = "id") -> Viewer:
    """Who changes a session. Refuses whoever may not, before anything is stored."""
    read = await info.context.read()
    (session,) = await sessions_db.sessions_by_id(read, [session_id])
    if session is None or not permissions.changes_session(read.viewer, session.tutor_id, session.student_id):
        raise Refused(Code.NOT_FOUND, "There is no such session that you may change.", field)
    return read.viewer


async def _stored(
    objects: transcripts_db.Objects, viewer: Viewer, session_id: UUID, input: TranscriptInput | None
) -> dict[str, Any]:
    """The columns for a transcript that a client sent; those for none when it sent null."""
    if input is None:
        return dict(transcripts_db.GONE)
    if input.url is not strawberry.UNSET and input.url is not None:
        permissions.require(
            viewer.role is Role.ADMIN, "Only administrators may give an address; send the turns.", "transcript"
        )
        return await objects.adopt(session_id, input.url)
    if input.text is not strawberry.UNSET and input.text is not None:
        transcript = transcripts.parse(input.text)
    else:
        turns = input.turns or []
        transcript = transcripts.from_turns({"speaker": turn.speaker, "text": turn.text} for turn in turns)
    return await objects.keep(session_id, transcript)
