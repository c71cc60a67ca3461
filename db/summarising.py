"""What a summary is made from, and keeping it, by the product itself."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, delete, exists, func, insert, select

from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.summaries import latest_summary, lock_latest_summary, update_summary
from db.tables import sessions, subjects, summaries, summary_claims
from db.transcripts import stored_transcript
from domain.companion.summaries import SummaryDraft
from domain.events import Event, EventKind
from domain.summaries import Summary


@dataclass(frozen=True, slots=True)
class SessionRecord:
    """What the record of a session says, apart from its transcript."""

    id: UUID
    student_id: UUID
    tutor_id: UUID | None
    subject: str | None
    topics_covered: tuple[str, ...]
    duration_minutes: int | None
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class ToSummarise:
    """A session as it is at one moment: equal to what is read later as long as nobody has changed it."""

    session: SessionRecord
    stored: tuple[str | None, str | None]
    """The transcript: ciphertext, address."""
    summary: Summary | None
    """The latest, if there is one."""

    @property
    def version(self) -> int:
        """That of its summary; 0 where there is none."""
        return self.summary.version if self.summary else 0


_RECORDS = (
    select(
        sessions.c.id,
        sessions.c.student_id,
        sessions.c.tutor_id,
        subjects.c.name.label("subject"),
        sessions.c.topics_covered,
        sessions.c.duration_minutes,
        sessions.c.updated_at,
    )
    .select_from(sessions.outerjoin(subjects, sessions.c.subject_id == subjects.c.id))
    .where(sessions.c.id == bindparam("session_id"))
)
_record = Statement("session_to_summarise", _RECORDS, SessionRecord)
_locked = Statement("lock_session_to_summarise", _RECORDS.with_for_update(of=sessions), SessionRecord)
_unsummarised = Compiled(
    "sessions_without_summary",
    select(sessions.c.id)
    .where(~exists().where(summaries.c.session_id == sessions.c.id))
    .order_by(sessions.c.session_date.desc(), sessions.c.id.desc()),
)
_claims_told = Compiled("count_claims", select(summary_claims.c.status, func.count()).group_by(summary_claims.c.status))


async def session_to_summarise(read: Transaction, session_id: UUID) -> ToSummarise | None:
    """All that there is on a session; None when it is gone."""
    record = await read.first(_record, session_id=session_id)
    return None if record is None else await _gathered(read, record, await latest_summary(read, record.id))


async def lock_session_to_summarise(work: Work, session_id: UUID) -> ToSummarise | None:
    """The same, with the session held against changes and other summaries, and its summary against overrides."""
    record = await work.first(_locked, session_id=session_id)
    return None if record is None else await _gathered(work, record, await lock_latest_summary(work, record.id))


async def _gathered(read: Transaction, record: SessionRecord, summary: Summary | None) -> ToSummarise:
    return ToSummarise(record, await stored_transcript(read, record.id), summary)


async def keep_summary(work: Work, found: ToSummarise, draft: SummaryDraft, generation_id: UUID) -> UUID:
    """The summary of a session, new or in place of what it has, with its claims; those who watch are told.

    `found` is held by `lock_session_to_summarise`, and its summary is not a tutor's override.
    """
    session = found.session
    content = {
        "narrative": draft.narrative,
        "next_steps": list(draft.next_steps),
        "subjects_covered": list(draft.subjects_covered),
        "summary_type": draft.summary_type.value,
        "generation_id": generation_id,
    }
    if found.summary is None:
        people = {"session_id": session.id, "student_id": session.student_id, "tutor_id": session.tutor_id}
        statement = insert(summaries).values(**people, **content).returning(summaries.c.id)
        ((summary_id,),) = await work.execute("insert_summary", statement)
    else:
        summary_id = found.summary.id
        await update_summary(work, summary_id, **content, version=found.summary.version + 1)
        await work.execute("remove_claims", delete(summary_claims).where(summary_claims.c.summary_id == summary_id))
    await _insert_claims(work, summary_id, session.student_id, draft)
    work.tell(Event(EventKind.SUMMARY_READY, session.student_id, summary_id))
    kept: UUID = summary_id
    return kept


async def _insert_claims(work: Work, summary_id: UUID, student_id: UUID, draft: SummaryDraft) -> None:
    rows = [
        {
            "summary_id": summary_id,
            "student_id": student_id,
            "position": position,
            "part": each.claim.part.value,
            "text": each.claim.text,
            "turn_numbers": list(each.claim.turns),
            "status": each.status.value,
        }
        for position, each in enumerate(draft.claims, start=1)
    ]
    if rows:
        await work.execute("insert_claims", insert(summary_claims).values(rows))


async def sessions_without_summary(read: Transaction) -> list[UUID]:
    """Those that nothing has been written about, latest first."""
    return [session_id for (session_id,) in await read.run(_unsummarised, {})]


async def count_claims(read: Transaction) -> dict[str, int]:
    """How many claims there are of each status, in all summaries together."""
    rows: Sequence[tuple[str, int]] = await read.run(_claims_told, {})
    return dict(rows)
