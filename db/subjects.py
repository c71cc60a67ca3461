"""Reading and writing the subject catalogue."""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from sqlalchemy import String, bindparam, func, insert, select, update

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import Refusals, refusing
from db.engine import Transaction, Work
from db.statement import Statement
from db.tables import subjects
from domain.errors import Code, Refused
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
    conditions={
        "category": subjects.c.category == bindparam("category"),
        # Not `like`: nothing in what is searched for is a wildcard.
        "search": func.strpos(func.lower(subjects.c.name), func.lower(bindparam("search", type_=String()))) > 0,
    },
)
_lock = Statement("lock_subject", _SUBJECTS.where(subjects.c.id == bindparam("subject_id")).with_for_update(), Subject)

_REFUSALS: Refusals = {
    "idx_subjects_name_lower": (Code.CONFLICT, "There is a subject of this name already; choose another.", "name")
}


@reads(_by_id)
async def subjects_by_id(read: Transaction, subject_ids: Sequence[UUID]) -> list[Subject | None]:
    """The subject of each id."""
    return await _by_id.read(read, subject_ids)


@reads(_all)
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


async def lock_subject(work: Work, subject_id: UUID) -> Subject:
    """The subject, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    subject = await work.first(_lock, subject_id=subject_id)
    if subject is None:
        raise Refused(Code.NOT_FOUND, "There is no such subject.", "id")
    return subject


async def insert_subject(work: Work, values: dict[str, Any]) -> Subject:
    """A new subject as it is stored; `values` by field of Subject. Raises Refused (CONFLICT) for a taken name."""
    statement = insert(subjects).values(_columns(values)).returning(subjects.c.id)
    with refusing(_REFUSALS):
        ((subject_id,),) = await work.execute("insert_subject", statement)
    return await lock_subject(work, subject_id)


async def update_subject(work: Work, subject_id: UUID, values: dict[str, Any]) -> Subject:
    """The subject after the change; `values` by field of Subject. Raises Refused (CONFLICT) for a taken name."""
    if values:
        statement = update(subjects).where(subjects.c.id == subject_id).values(_columns(values))
        with refusing(_REFUSALS):
            await work.execute("update_subject", statement)
    return await lock_subject(work, subject_id)


def _columns(values: dict[str, Any]) -> dict[str, Any]:
    names = {"related_subject_ids": "related_subjects"}
    return {names.get(name, name): value for name, value in values.items()}
