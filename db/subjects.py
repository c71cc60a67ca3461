"""Reading and writing the subject catalogue."""

from collections.abc import Sequence
from uuid import UUID

from sqlalchemy import bindparam, select

from db.batch import ByKey, Order, Page, Paged
from db.engine import Transaction
from db.tables import subjects
from domain.subjects import Subject, SubjectFilter

BY_NAME = Order("by name", "name", descending=False, parse=str)

_SUBJECTS = select(
    subjects.c.id,
    subjects.c.name,
    subjects.c.category,
    subjects.c.description,
    subjects.c.related_subjects.label("related_subject_ids"),
    subjects.c.created_at,
)

_by_id = ByKey("subjects_by_id", _SUBJECTS, Subject, key=subjects.c.id)
_all = Paged(
    "subjects",
    _SUBJECTS,
    Subject,
    conditions={"category": subjects.c.category == bindparam("category")},
)


async def subjects_by_id(read: Transaction, subject_ids: Sequence[UUID]) -> list[Subject | None]:
    """The subject of each id."""
    return await _by_id.read(read, subject_ids)


async def all_subjects(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: SubjectFilter | None = None
) -> list[list[Subject]]:
    """A page of the catalogue, the same for every viewer."""
    return await _all.read(read, viewer_ids, page, where)


async def count_all_subjects(
    read: Transaction, viewer_ids: Sequence[UUID], where: SubjectFilter | None = None
) -> list[int]:
    """The length of the catalogue."""
    return await _all.count(read, viewer_ids, where)
