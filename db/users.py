"""Reading and writing people."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

from sqlalchemy import Uuid, any_, bindparam, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import user_details, users
from domain.errors import Code, Refused
from domain.users import User, UserDetails, UserFilter, analytics_of, gamification_of, profile_of
from domain.viewer import Role

BY_EMAIL = Order("by email", "email", descending=False, parse=str)
NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)

_USERS = select(users.c.id, users.c.role, users.c.email, users.c.display_name, users.c.created_at, users.c.updated_at)
_SEARCH = bindparam("search")
_CONDITIONS = {
    "role": users.c.role == bindparam("role"),
    "search": or_(users.c.email.icontains(_SEARCH), users.c.display_name.icontains(_SEARCH)),
}

_by_id = ByKey("users_by_id", _USERS, User, key=users.c.id)
_all = Paged("users", _USERS, User, conditions=_CONDITIONS)
_students = Paged("students", _USERS.where(users.c.role == Role.STUDENT.value), User, conditions=_CONDITIONS)
_details = Compiled(
    "user_details_by_user",
    select(
        user_details.c.user_id,
        user_details.c.profile,
        user_details.c.gamification,
        user_details.c.analytics,
        user_details.c.disclaimer_shown,
    ).where(user_details.c.user_id == any_(bindparam("keys", type_=ARRAY(Uuid())))),
)
_lock = Statement("lock_user", _USERS.where(users.c.id == bindparam("user_id")).with_for_update(), User)


async def users_by_id(read: Transaction, user_ids: Sequence[UUID]) -> list[User | None]:
    """The person of each id; None for one the viewer may not see."""
    return await _by_id.read(read, user_ids)


async def all_users(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: UserFilter | None = None
) -> list[list[User]]:
    """A page of the people whom the viewer may see."""
    return await _all.read(read, viewer_ids, page, where)


async def count_all_users(read: Transaction, viewer_ids: Sequence[UUID], where: UserFilter | None = None) -> list[int]:
    """How many people the viewer may see."""
    return await _all.count(read, viewer_ids, where)


async def visible_students(
    read: Transaction, viewer_ids: Sequence[UUID], page: Page, where: UserFilter | None = None
) -> list[list[User]]:
    """A page of the students whom the viewer may see."""
    return await _students.read(read, viewer_ids, page, where)


async def count_visible_students(
    read: Transaction, viewer_ids: Sequence[UUID], where: UserFilter | None = None
) -> list[int]:
    """How many students the viewer may see."""
    return await _students.count(read, viewer_ids, where)


async def details_by_user(read: Transaction, user_ids: Sequence[UUID]) -> list[UserDetails | None]:
    """The protected part of each person; None where the viewer may not see it."""
    found = {
        user_id: UserDetails(
            user_id=user_id,
            profile=profile_of(profile),
            gamification=gamification_of(gamification),
            analytics=analytics_of(analytics),
            disclaimer_shown=disclaimer_shown,
        )
        for user_id, profile, gamification, analytics, disclaimer_shown in await read.run(
            _details, {"keys": list(user_ids)}
        )
    }
    return [found.get(user_id) for user_id in user_ids]


async def lock_user(work: Work, user_id: UUID) -> User:
    """The person, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    user = await work.first(_lock, user_id=user_id)
    if user is None:
        raise Refused(Code.NOT_FOUND, "There is no such person.", "id")
    return user


async def insert_user(work: Work, **values: Any) -> User:
    """A new person as stored; `values` by column."""
    ((user_id,),) = await work.execute("insert_user", insert(users).values(**values).returning(users.c.id))
    return await lock_user(work, user_id)


async def update_user(work: Work, user_id: UUID, **values: Any) -> User:
    """The person after the change; `values` by column."""
    await work.execute("update_user", update(users).where(users.c.id == user_id).values(**values))
    return await lock_user(work, user_id)
