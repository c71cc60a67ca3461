"""Reading and writing the practice bank."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import FromClause, Select, Uuid, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import array

from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import bank_solutions, practice_bank_catalog, practice_bank_items
from domain.errors import Code, Refused
from domain.practice import PracticeItem, PracticeItemDraft, PracticeItemFilter, Solution


def _difficulty(value: Any) -> int:
    if type(value) is not int or not 1 <= value <= 10:
        raise ValueError("not a difficulty")
    return value


NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)
EASIEST = Order("easiest", "difficulty_level", descending=False, parse=_difficulty)
HARDEST = Order("hardest", "difficulty_level", descending=True, parse=_difficulty)


def _items(source: FromClause) -> Select[Any]:
    return select(
        source.c.id,
        source.c.question_text,
        source.c.choices,
        source.c.answer_type,
        source.c.subject_id,
        source.c.difficulty_level,
        source.c.goal_tags,
        source.c.topic_tags,
        source.c.created_by.label("created_by_id"),
        source.c.source,
        source.c.licence,
        source.c.version,
        source.c.is_active,
        source.c.created_at,
        source.c.updated_at,
    )


# Lists are for tutors and administrators: the catalogue shows them what the table does, and its indexes on tags serve.
# To others it shows nothing, and single items come from the table, as far as row security lets them.
_CATALOG = _items(practice_bank_catalog)
_CONDITIONS = {
    "subject_id": practice_bank_catalog.c.subject_id == bindparam("subject_id"),
    "difficulty_from": practice_bank_catalog.c.difficulty_level >= bindparam("difficulty_from"),
    "difficulty_to": practice_bank_catalog.c.difficulty_level <= bindparam("difficulty_to"),
    "goal_tag": practice_bank_catalog.c.goal_tags.contains(array([bindparam("goal_tag")])),
    "topic_tag": practice_bank_catalog.c.topic_tags.contains(array([bindparam("topic_tag")])),
    "active": practice_bank_catalog.c.is_active == bindparam("active"),
}

_by_id = ByKey("practice_items_by_id", _items(practice_bank_items), PracticeItem, key=practice_bank_items.c.id)
_bank = Paged("practice_bank", _CATALOG, PracticeItem, conditions=_CONDITIONS)
_by_subject = Paged(
    "practice_items_by_subject",
    _CATALOG,
    PracticeItem,
    key=practice_bank_catalog.c.subject_id,
    conditions=_CONDITIONS,
)
_by_creator = Paged(
    "practice_items_by_creator",
    _CATALOG,
    PracticeItem,
    key=practice_bank_catalog.c.created_by,
    conditions=_CONDITIONS,
)
_solutions = ByKey(
    "solutions_by_item",
    select(bank_solutions.c.answer_text.label("answer"), bank_solutions.c.explanation),
    Solution,
    key=bank_solutions.c.bank_item_id,
)
_is_assigned = Compiled(
    "is_practice_item_assigned", select(func.is_practice_item_assigned(bindparam("item_id", type_=Uuid())))
)
_lock = Statement(
    "lock_practice_item",
    _items(practice_bank_items).where(practice_bank_items.c.id == bindparam("item_id")).with_for_update(),
    PracticeItem,
)


@reads(_by_id)
async def practice_items_by_id(read: Transaction, item_ids: Sequence[UUID]) -> list[PracticeItem | None]:
    """The item of each id; None for one that the viewer may not see."""
    return await _by_id.read(read, item_ids)


@reads(_bank)
async def practice_bank(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: PracticeItemFilter | None = None
) -> list[list[PracticeItem]]:
    """A page of the bank, the same for every tutor and administrator; [] for others, as all lists of it."""
    return await _bank.read(read, viewer_ids, page, where)


async def count_practice_bank(
    read: Transaction, viewer_ids: Sequence[UUID], where: PracticeItemFilter | None = None
) -> list[int]:
    """How many items the bank has."""
    return await _bank.count(read, viewer_ids, where)


@reads(_by_subject)
async def practice_items_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], page: Page, where: PracticeItemFilter | None = None
) -> list[list[PracticeItem]]:
    """A page of the items in each subject."""
    return await _by_subject.read(read, subject_ids, page, where)


async def count_practice_items_by_subject(
    read: Transaction, subject_ids: Sequence[UUID], where: PracticeItemFilter | None = None
) -> list[int]:
    """How many items there are in each subject."""
    return await _by_subject.count(read, subject_ids, where)


@reads(_by_creator)
async def practice_items_by_creator(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: PracticeItemFilter | None = None
) -> list[list[PracticeItem]]:
    """A page of the items that each person has added."""
    return await _by_creator.read(read, user_ids, page, where)


async def count_practice_items_by_creator(
    read: Transaction, user_ids: Sequence[UUID], where: PracticeItemFilter | None = None
) -> list[int]:
    """How many items each person has added."""
    return await _by_creator.count(read, user_ids, where)


@reads(_solutions)
async def solutions_by_item(read: Transaction, item_ids: Sequence[UUID]) -> list[Solution | None]:
    """The solution of each item; None for one that the viewer may not see, or not yet."""
    return await _solutions.read(read, item_ids)


async def lock_practice_item(work: Work, item_id: UUID) -> PracticeItem:
    """The item, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    item = await work.first(_lock, item_id=item_id)
    if item is None:
        raise Refused(Code.NOT_FOUND, "There is no such item that you may change.", "id")
    return item


async def lock_practice_item_content(work: Work, item_id: UUID) -> tuple[PracticeItem, Solution]:
    """Like lock_practice_item, with the solution as it stands under the lock. Raises Refused (NOT_FOUND)."""
    item = await lock_practice_item(work, item_id)
    (solution,) = await solutions_by_item(work, [item_id])
    if solution is None:
        raise Refused(Code.NOT_FOUND, "There is no such item that you may change.", "id")
    return item, solution


async def is_practice_item_assigned(work: Work, item_id: UUID) -> bool:
    """Whether a locked item has ever been assigned to anybody, whomever the viewer may see.

    An assignment refers to its item under a lock on the item's row, so while the item is held nobody assigns it, and
    whoever was about to when it was locked has ended: this statement comes after the lock and sees what they did.
    """
    ((assigned,),) = await work.run(_is_assigned, {"item_id": item_id})
    return bool(assigned)


async def insert_practice_item(
    work: Work, item_id: UUID, draft: PracticeItemDraft, created_by_id: UUID
) -> PracticeItem:
    """A new item as it is stored."""
    statement = insert(practice_bank_items).values(id=item_id, **draft.values(), created_by=created_by_id)
    await work.execute("insert_practice_item", statement)
    return await lock_practice_item(work, item_id)


async def update_practice_item(work: Work, item_id: UUID, **values: Any) -> PracticeItem:
    """The item after the change; `values` by column."""
    statement = update(practice_bank_items).where(practice_bank_items.c.id == item_id).values(**values)
    await work.execute("update_practice_item", statement)
    return await lock_practice_item(work, item_id)
