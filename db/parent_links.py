"""Reading and writing which parent belongs to which student."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import Refusals, refusing
from db.engine import Transaction, Work
from db.statement import Statement
from db.tables import parent_student_links as links
from domain.errors import Code, Refused
from domain.parent_links import LinkFilter, LinkStatus, ParentLink

NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_LINKS = select(links.c.id, links.c.parent_id, links.c.student_id, links.c.status, links.c.created_at)
_CONDITIONS = {"status": links.c.status == bindparam("status")}

_by_id = ByKey("links_by_id", _LINKS, ParentLink, key=links.c.id)
_by_parent = Paged("links_by_parent", _LINKS, ParentLink, key=links.c.parent_id, conditions=_CONDITIONS)
_by_student = Paged("links_by_student", _LINKS, ParentLink, key=links.c.student_id, conditions=_CONDITIONS)
_lock = Statement("lock_link", _LINKS.where(links.c.id == bindparam("link_id")).with_for_update(), ParentLink)

_REFUSALS: Refusals = {
    "parent_student_links_parent_id_student_id_key": (
        Code.CONFLICT,
        "This parent is linked to this student already; resume the link if it has ended.",
        "student_id",
    ),
    "parent_student_links_parent_id_parent_role_fkey": (Code.NOT_FOUND, "There is no such parent.", "parent_id"),
    "parent_student_links_student_id_student_role_fkey": (Code.NOT_FOUND, "There is no such student.", "student_id"),
}


@reads(_by_id)
async def links_by_id(read: Transaction, link_ids: Sequence[UUID]) -> list[ParentLink | None]:
    """The link of each id; None for one the viewer may not see."""
    return await _by_id.read(read, link_ids)


@reads(_by_parent)
async def links_by_parent(
    read: Transaction, parent_ids: Sequence[UUID], page: Page, where: LinkFilter | None = None
) -> list[list[ParentLink]]:
    """A page of each parent's links."""
    return await _by_parent.read(read, parent_ids, page, where)


async def count_links_by_parent(
    read: Transaction, parent_ids: Sequence[UUID], where: LinkFilter | None = None
) -> list[int]:
    """How many links each parent has."""
    return await _by_parent.count(read, parent_ids, where)


@reads(_by_student)
async def links_by_student(
    read: Transaction, student_ids: Sequence[UUID], page: Page, where: LinkFilter | None = None
) -> list[list[ParentLink]]:
    """A page of the links of parents to each student."""
    return await _by_student.read(read, student_ids, page, where)


async def count_links_by_student(
    read: Transaction, student_ids: Sequence[UUID], where: LinkFilter | None = None
) -> list[int]:
    """How many links each student has."""
    return await _by_student.count(read, student_ids, where)


async def lock_link(work: Work, link_id: UUID) -> ParentLink:
    """The link, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    link = await work.first(_lock, link_id=link_id)
    if link is None:
        raise Refused(Code.NOT_FOUND, "There is no such link.", "id")
    return link


async def insert_link(work: Work, parent_id: UUID, student_id: UUID) -> ParentLink:
    """A new link, active.

    Raises Refused: CONFLICT for two who are linked already, NOT_FOUND for one of them who is not there.
    """
    statement = insert(links).values(parent_id=parent_id, student_id=student_id).returning(links.c.id)
    with refusing(_REFUSALS):
        ((link_id,),) = await work.execute("insert_link", statement)
    return await lock_link(work, link_id)


async def update_link(work: Work, link_id: UUID, status: LinkStatus) -> ParentLink:
    """The link in another status."""
    await work.execute("update_link", update(links).where(links.c.id == link_id).values(status=status))
    return await lock_link(work, link_id)
