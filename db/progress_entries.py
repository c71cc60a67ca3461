"""Reading what earned a student points."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import case, select

from db.batch import ByKey, Order, Page, Paged
from db.engine import Transaction
from db.tables import progress_entries
from domain.progress import EntryKind, ProgressEntry

NEWEST = Order("newest", "occurred_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "occurred_at", descending=False, parse=datetime.fromisoformat)

_entry = progress_entries.c
# The student's own; those of goals say what moved which.
_ENTRIES = select(
    _entry.id,
    _entry.student_id,
    _entry.kind,
    *(case((_entry.kind == kind.value, _entry.source_id)).label(f"{kind}_id") for kind in EntryKind),
    _entry.xp,
    _entry.occurred_at,
    _entry.created_at,
).where(_entry.goal_id.is_(None))
_by_id = ByKey("progress_entries_by_id", _ENTRIES, ProgressEntry, key=_entry.id)
_by_student = Paged("progress_entries_by_student", _ENTRIES, ProgressEntry, key=_entry.student_id)


async def progress_entries_by_id(read: Transaction, entry_ids: Sequence[UUID]) -> list[ProgressEntry | None]:
    """The entry of each id; None for one the viewer may not see."""
    return await _by_id.read(read, entry_ids)


async def progress_entries_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: None = None
) -> list[list[ProgressEntry]]:
    """A page of what earned each student points; [] for one who has earned none."""
    return await _by_student.read(read, student_ids, page, where)


async def count_progress_entries_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: None = None
) -> list[int]:
    """How much earned each student points."""
    return await _by_student.count(read, student_ids, where)
