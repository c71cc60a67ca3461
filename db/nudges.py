"""Reading and writing nudges."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

from sqlalchemy import bindparam, insert, select, update

from db.batch import ByKey, Order, Page, Paged
from db.engine import Transaction, Work
from db.statement import Statement
from db.tables import nudges
from domain.errors import Code, Refused
from domain.nudges import Engagement, Nudge, NudgeDraft, NudgeFilter

NEWEST = Order("newest", "sent_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "sent_at", descending=False, parse=datetime.fromisoformat)

_NUDGES = select(
    nudges.c.id,
    nudges.c.user_id,
    nudges.c.type,
    nudges.c.channel,
    nudges.c.message,
    nudges.c.personalized,
    nudges.c.sent_at,
    nudges.c.opened_at,
    nudges.c.clicked_at,
    nudges.c.trigger_reason,
    nudges.c.suggestions_made,
    nudges.c.created_at,
)
_CONDITIONS = {
    "type": nudges.c.type == bindparam("type"),
    "opened": nudges.c.opened_at.is_not(None) == bindparam("opened"),
}

_by_id = ByKey("nudges_by_id", _NUDGES, Nudge, key=nudges.c.id)
_by_user = Paged("nudges_by_user", _NUDGES, Nudge, key=nudges.c.user_id, conditions=_CONDITIONS)
_lock = Statement("lock_nudge", _NUDGES.where(nudges.c.id == bindparam("nudge_id")).with_for_update(), Nudge)


async def nudges_by_id(read: Transaction, nudge_ids: Sequence[UUID]) -> list[Nudge | None]:
    """The nudge of each id; None for one the viewer may not see."""
    return await _by_id.read(read, nudge_ids)


async def nudges_by_user(
    read: Transaction, user_ids: Sequence[UUID], page: Page, where: NudgeFilter | None = None
) -> list[list[Nudge]]:
    """A page of the nudges sent to each person; [] for one with none."""
    return await _by_user.read(read, user_ids, page, where)


async def count_nudges_by_user(
    read: Transaction, user_ids: Sequence[UUID], where: NudgeFilter | None = None
) -> list[int]:
    """How many nudges were sent to each person."""
    return await _by_user.count(read, user_ids, where)


async def lock_nudge(work: Work, nudge_id: UUID) -> Nudge:
    """The nudge, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    nudge = await work.first(_lock, nudge_id=nudge_id)
    if nudge is None:
        raise Refused(Code.NOT_FOUND, "There is no such nudge.", "id")
    return nudge


async def insert_nudge(work: Work, draft: NudgeDraft) -> Nudge:
    """A new nudge as it is stored."""
    statement = insert(nudges).values(**draft.values()).returning(nudges.c.id)
    ((nudge_id,),) = await work.execute("insert_nudge", statement)
    # Not lock_nudge: the sender may read what they sent and never change it.
    (nudge,) = await nudges_by_id(work, [nudge_id])
    if nudge is None:
        raise LookupError("a nudge was sent to somebody whom its sender may not see")
    return nudge


async def update_nudge(work: Work, nudge_id: UUID, engagement: Engagement) -> Nudge:
    """The nudge after it was noticed."""
    await work.execute("update_nudge", update(nudges).where(nudges.c.id == nudge_id).values(**engagement.values()))
    return await lock_nudge(work, nudge_id)
