"""Reading and writing nudges."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID, uuid4

from sqlalchemy import Integer, Uuid, any_, bindparam, func, insert, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.engine import Transaction, Work
from db.jobs import defer
from db.statement import Compiled, Statement
from db.tables import nudges, user_details, users
from domain.errors import Code, Refused
from domain.jobs import JobKind
from domain.nudges import Engagement, MailState, Nudge, NudgeChannel, NudgeDraft, NudgeFilter

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
    nudges.c.mail_state,
    nudges.c.created_at,
)
_CONDITIONS = {
    "type": nudges.c.type == bindparam("type"),
    "opened": nudges.c.opened_at.is_not(None) == bindparam("opened"),
}

_by_id = ByKey("nudges_by_id", _NUDGES, Nudge, key=nudges.c.id)
_by_user = Paged("nudges_by_user", _NUDGES, Nudge, key=nudges.c.user_id, conditions=_CONDITIONS)
_unopened = Compiled(
    "unopened_nudges",
    select(nudges.c.id, nudges.c.user_id)
    .where(nudges.c.opened_at.is_(None), nudges.c.user_id == any_(bindparam("people", type_=ARRAY(Uuid()))))
    .order_by(nudges.c.sent_at, nudges.c.id)
    .limit(bindparam("count", type_=Integer())),
)
_lock = Statement("lock_nudge", _NUDGES.where(nudges.c.id == bindparam("nudge_id")).with_for_update(), Nudge)


@reads(_by_id)
async def nudges_by_id(read: Transaction, nudge_ids: Sequence[UUID]) -> list[Nudge | None]:
    """The nudge of each id; None for one the viewer may not see."""
    return await _by_id.read(read, nudge_ids)


@reads(_by_user)
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


async def unopened_nudges(read: Transaction, user_ids: Sequence[UUID], limit: int) -> list[tuple[UUID, UUID]]:
    """The ids of nudges not opened and their recipients, `limit` at most in all, oldest first."""
    rows = await read.run(_unopened, {"people": list(user_ids), "count": limit})
    return [(nudge_id, user_id) for nudge_id, user_id in rows]


async def lock_nudge(work: Work, nudge_id: UUID) -> Nudge:
    """The nudge, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    nudge = await work.first(_lock, nudge_id=nudge_id)
    if nudge is None:
        raise Refused(Code.NOT_FOUND, "There is no such nudge.", "id")
    return nudge


async def insert_nudge(
    work: Work,
    draft: NudgeDraft,
    *,
    nudge_id: UUID | None = None,
    trigger_key: str | None = None,
    generation_id: UUID | None = None,
) -> Nudge:
    """A new nudge as it is stored, and its mail on the way where it has one."""
    mail_state = None if draft.channel is NudgeChannel.IN_APP else MailState.DUE.value
    nudge_id = nudge_id or uuid4()
    values = {"id": nudge_id, "trigger_key": trigger_key, "generation_id": generation_id, "mail_state": mail_state}
    statement = insert(nudges).values(**draft.values(), **values)
    await work.execute("insert_nudge", statement)
    # Not lock_nudge: the sender may read what they sent and never change it.
    (nudge,) = await nudges_by_id(work, [nudge_id])
    if nudge is None:
        raise LookupError("a nudge was sent to somebody whom its sender may not see")
    await defer(work, JobKind.REFRESH_ANALYTICS, user_id=nudge.user_id)
    if mail_state is not None:
        await defer(work, JobKind.MAIL_NUDGE, nudge_id=nudge.id)
    return nudge


@dataclass(frozen=True, slots=True)
class MailToSend:
    """The mail of a nudge."""

    nudge_id: UUID
    address: str
    message: str
    state: MailState
    trigger_key: str | None
    """None for what a person sent."""
    profile: dict[str, Any]
    """Of who gets it."""


_mail = Statement(
    "mail_of_nudge",
    select(
        nudges.c.id.label("nudge_id"),
        users.c.email.label("address"),
        nudges.c.message,
        nudges.c.mail_state.label("state"),
        nudges.c.trigger_key,
        user_details.c.profile,
    )
    .join_from(nudges, users, nudges.c.user_id == users.c.id)
    .join(user_details, user_details.c.user_id == users.c.id)
    .where(nudges.c.id == bindparam("nudge_id"), nudges.c.mail_state.is_not(None)),
    MailToSend,
)


async def mail_of_nudge(work: Work, nudge_id: UUID) -> MailToSend | None:
    """What is to be mailed; None when there is nothing, or nobody, any more."""
    return await work.first(_mail, nudge_id=nudge_id)


async def move_mail(work: Work, nudge_id: UUID, before: MailState, after: MailState) -> bool:
    """Write what became of a mail; whether it was where it is said to have been."""
    statement = update(nudges).where(nudges.c.id == nudge_id, nudges.c.mail_state == before.value)
    values: dict[str, Any] = {"mail_state": after.value}
    if after is MailState.SENT:
        values["mailed_at"] = func.now()
    return bool(await work.execute("move_mail", statement.values(values).returning(nudges.c.id)))


async def update_nudge(work: Work, nudge_id: UUID, engagement: Engagement) -> Nudge:
    """The nudge after it was noticed."""
    await work.execute("update_nudge", update(nudges).where(nudges.c.id == nudge_id).values(**engagement.values()))
    return await lock_nudge(work, nudge_id)
