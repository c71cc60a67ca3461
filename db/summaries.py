"""Reading and writing summaries of sessions."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import bindparam, select, update

from db.batch import ByKey, Listed, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import generations, sessions, summaries
from domain.errors import Code, Refused
from domain.summaries import Summary, SummaryFilter

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_SUMMARIES = select(
    summaries.c.id,
    summaries.c.session_id,
    summaries.c.student_id,
    summaries.c.tutor_id,
    summaries.c.narrative,
    summaries.c.next_steps,
    summaries.c.subjects_covered,
    summaries.c.summary_type,
    summaries.c.overridden,
    summaries.c.override_id,
    summaries.c.version,
    summaries.c.generation_id,
    summaries.c.created_at,
    summaries.c.updated_at,
)
_CONDITIONS = {
    "summary_type": summaries.c.summary_type == bindparam("summary_type"),
    "overridden": summaries.c.overridden == bindparam("overridden"),
    "date_from": summaries.c.created_at >= bindparam("date_from"),
    "date_to": summaries.c.created_at < bindparam("date_to"),
}

_by_id = ByKey("summaries_by_id", _SUMMARIES, Summary, key=summaries.c.id)
_by_session = Listed(
    "summaries_by_session",
    _SUMMARIES,
    Summary,
    key=summaries.c.session_id,
    order=[summaries.c.created_at.desc(), summaries.c.id.desc()],
)
_by_student = Paged("summaries_by_student", _SUMMARIES, Summary, key=summaries.c.student_id, conditions=_CONDITIONS)
_by_tutor = Paged(
    "summaries_by_tutor",
    _SUMMARIES,
    Summary,
    key=summaries.c.tutor_id,
    conditions=_CONDITIONS,
    students=summaries.c.student_id,
)
_LATEST = (
    _SUMMARIES.where(summaries.c.session_id == bindparam("session_id"))
    .order_by(summaries.c.created_at.desc(), summaries.c.id.desc())
    .limit(1)
)
_latest = Statement("latest_summary", _LATEST, Summary)
_lock_latest = Statement("lock_latest_summary", _LATEST.with_for_update(), Summary)
_outdated = Compiled(
    "is_summary_outdated",
    select(summaries.c.id)
    .join(sessions, sessions.c.id == summaries.c.session_id)
    .join(generations, generations.c.id == summaries.c.generation_id)
    .where(summaries.c.id == bindparam("summary_id"), sessions.c.updated_at > generations.c.created_at),
)
_lock = Statement(
    "lock_summary", _SUMMARIES.where(summaries.c.id == bindparam("summary_id")).with_for_update(), Summary
)


@reads(_by_id)
async def summaries_by_id(read: Transaction, summary_ids: Sequence[UUID]) -> list[Summary | None]:
    """The summary of each id; None for one the viewer may not see."""
    return await _by_id.read(read, summary_ids)


@reads(_by_session)
async def summaries_by_session(read: Transaction, session_ids: Sequence[UUID]) -> list[list[Summary]]:
    """All summaries of each session, newest first; a session seldom has more than one."""
    return await _by_session.read(read, session_ids)


@reads(_by_student)
async def summaries_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: SummaryFilter | None = None
) -> list[list[Summary]]:
    """A page of the summaries of each student's sessions."""
    return await _by_student.read(read, student_ids, page, where)


async def count_summaries_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: SummaryFilter | None = None
) -> list[int]:
    """How many summaries each student has."""
    return await _by_student.count(read, student_ids, where)


@reads(_by_tutor)
async def summaries_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: SummaryFilter | None = None
) -> list[list[Summary]]:
    """A page of the summaries of each tutor's sessions."""
    return await _by_tutor.read(read, tutor_ids, page, where)


async def count_summaries_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: SummaryFilter | None = None
) -> list[int]:
    """How many summaries each tutor has."""
    return await _by_tutor.count(read, tutor_ids, where)


async def latest_summary(read: Transaction, session_id: UUID) -> Summary | None:
    """The summary of a session that was begun last; None when it has none."""
    return await read.first(_latest, session_id=session_id)


async def lock_latest_summary(work: Work, session_id: UUID) -> Summary | None:
    """The same, held against other writers until the work ends."""
    return await work.first(_lock_latest, session_id=session_id)


async def lock_summary(work: Work, summary_id: UUID) -> Summary:
    """The summary, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    summary = await work.first(_lock, summary_id=summary_id)
    if summary is None:
        raise Refused(Code.NOT_FOUND, "There is no such summary.", "id")
    return summary


async def update_summary(work: Work, summary_id: UUID, **columns: Any) -> Summary:
    """The summary after the change; `columns` by name. Whoever changes the content raises `version` themselves."""
    await work.execute("update_summary", update(summaries).where(summaries.c.id == summary_id).values(**columns))
    return await lock_summary(work, summary_id)


async def is_outdated(work: Work, summary_id: UUID) -> bool:
    """Whether the session of what the companion wrote has changed since."""
    return bool(await work.run(_outdated, {"summary_id": summary_id}))
