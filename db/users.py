"""Reading and writing people."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any
from uuid import UUID

from psycopg.errors import ForeignKeyViolation
from sqlalchemy import String, Uuid, any_, bindparam, func, insert, or_, select, update
from sqlalchemy.dialects.postgresql import ARRAY

from db.batch import ByKey, Order, Page, Paged, reads
from db.constraints import Refusals, refusing
from db.engine import Transaction, Work
from db.statement import Compiled, Statement
from db.tables import parent_student_links, tutor_student_assignments, user_details, users
from domain.errors import Code, Refused
from domain.users import User, UserDetails, UserDraft, UserFilter, analytics_of, gamification_of, profile_of
from domain.viewer import Role

BY_EMAIL = Order("by email", "email", descending=False, parse=str)
NEWEST = Order("newest", "created_at", descending=True, parse=datetime.fromisoformat)
OLDEST = Order("oldest", "created_at", descending=False, parse=datetime.fromisoformat)

_USERS = select(users.c.id, users.c.role, users.c.email, users.c.display_name, users.c.created_at, users.c.updated_at)
_SEARCH = func.lower(bindparam("search", type_=String()))
_CONDITIONS = {
    "role": users.c.role == bindparam("role"),
    # Not `like`: nothing in what is searched for is a wildcard.
    "search": or_(func.strpos(users.c.email, _SEARCH) > 0, func.strpos(func.lower(users.c.display_name), _SEARCH) > 0),
    "ids": users.c.id == any_(bindparam("ids", type_=ARRAY(Uuid()))),
}

_by_id = ByKey("users_by_id", _USERS, User, key=users.c.id)
_all = Paged("users", _USERS, User, conditions=_CONDITIONS)
_students = Paged("students", _USERS.where(users.c.role == Role.STUDENT.value), User, conditions=_CONDITIONS)
# Once each, however many subjects a tutor has a student in; both are answered by a small index of the active ones.
_taught = (
    select(tutor_student_assignments.c.tutor_id, tutor_student_assignments.c.student_id)
    .where(tutor_student_assignments.c.status == "active")
    .distinct()
    .subquery("taught")
)
_linked = (
    select(parent_student_links.c.parent_id, parent_student_links.c.student_id)
    .where(parent_student_links.c.status == "active")
    .subquery("linked")
)
_by_tutor = Paged(
    "students_by_tutor",
    _USERS.join(_taught, _taught.c.student_id == users.c.id),
    User,
    key=_taught.c.tutor_id,
    conditions=_CONDITIONS,
)
_by_parent = Paged(
    "children_by_parent",
    _USERS.join(_linked, _linked.c.student_id == users.c.id),
    User,
    key=_linked.c.parent_id,
    conditions=_CONDITIONS,
)
_cognito_subs = Compiled(
    "cognito_subs_by_user",
    select(users.c.id, users.c.cognito_sub).where(
        users.c.id == any_(bindparam("keys", type_=ARRAY(Uuid()))), select(func.sees_all()).scalar_subquery()
    ),
)
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
# Shared with keys that point at an administrator: only those who would change the number of them wait for each other.
_lock_admins = Compiled(
    "lock_admins",
    select(users.c.id).where(users.c.role == Role.ADMIN.value).order_by(users.c.id).with_for_update(key_share=True),
)
_profile = Compiled(
    "profile_by_user", select(user_details.c.profile).where(user_details.c.user_id == bindparam("user_id"))
)

_REFUSALS: Refusals = {
    "users_email_key": (Code.CONFLICT, "Somebody else has this e-mail address.", "email"),
    "users_cognito_sub_key": (Code.CONFLICT, "Somebody else has this token subject.", "cognito_sub"),
}


@reads(_by_id)
async def users_by_id(read: Transaction, user_ids: Sequence[UUID]) -> list[User | None]:
    """The person of each id; None for one the viewer may not see."""
    return await _by_id.read(read, user_ids)


@reads(_all)
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
    return await _students.read(read, viewer_ids, page, _of_viewer(read, where))


async def count_visible_students(
    read: Transaction, viewer_ids: Sequence[UUID], where: UserFilter | None = None
) -> list[int]:
    """How many students the viewer may see."""
    return await _students.count(read, viewer_ids, _of_viewer(read, where))


@reads(_by_tutor)
async def students_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], page: Page, where: UserFilter | None = None
) -> list[list[User]]:
    """A page of the students whom each tutor teaches now."""
    return await _by_tutor.read(read, tutor_ids, page, where)


async def count_students_by_tutor(
    read: Transaction, tutor_ids: Sequence[UUID], where: UserFilter | None = None
) -> list[int]:
    """How many students each tutor teaches now."""
    return await _by_tutor.count(read, tutor_ids, where)


@reads(_by_parent)
async def children_by_parent(
    read: Transaction, parent_ids: Sequence[UUID], page: Page, where: UserFilter | None = None
) -> list[list[User]]:
    """A page of the students to whom each parent is linked now."""
    return await _by_parent.read(read, parent_ids, page, where)


async def count_children_by_parent(
    read: Transaction, parent_ids: Sequence[UUID], where: UserFilter | None = None
) -> list[int]:
    """How many students each parent is linked to now."""
    return await _by_parent.count(read, parent_ids, where)


async def cognito_subs_by_user(read: Transaction, user_ids: Sequence[UUID]) -> list[str | None]:
    """The token subject of each person; None unless the viewer is an administrator."""
    found: dict[UUID, str] = dict(await read.run(_cognito_subs, {"keys": list(user_ids)}))
    return [found.get(user_id) for user_id in user_ids]


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


async def lock_user(work: Work, user_id: UUID, field: str = "id") -> User:
    """The person, held against other writers until the work ends. Raises Refused (NOT_FOUND)."""
    user = await work.first(_lock, user_id=user_id)
    if user is None:
        raise Refused(Code.NOT_FOUND, "There is no such person.", field)
    return user


async def lock_admins(work: Work) -> list[UUID]:
    """All administrators, none of whom anybody else demotes or erases until the work ends.

    Call it before lock_user, whoever that locks: two who come in different orders would wait for each other.
    """
    return [user_id for (user_id,) in await work.run(_lock_admins, {})]


async def stored_profile(work: Work, user_id: UUID) -> Mapping[str, Any]:
    """`users.profile` as it is stored; lock the person first if it is to be changed. {} where the viewer sees none."""
    rows = await work.run(_profile, {"user_id": user_id})
    return rows[0][0] if rows else {}


async def insert_user(work: Work, draft: UserDraft) -> User:
    """A new person as stored. Raises Refused (CONFLICT) when the address or the token subject is another's."""
    statement = insert(users).values(
        email=draft.email, role=draft.role, display_name=draft.display_name, cognito_sub=draft.cognito_sub
    )
    with refusing(_REFUSALS):
        ((user_id,),) = await work.execute("insert_user", statement.returning(users.c.id))
    return await lock_user(work, user_id)


async def update_user(work: Work, user_id: UUID, **values: Any) -> User:
    """The person after the change; `values` by column.

    Raises Refused: CONFLICT when the address or the token subject is another's, IN_USE when rows depend on the role.
    """
    if values:
        try:
            with refusing(_REFUSALS):
                await work.execute("update_user", update(users).where(users.c.id == user_id).values(**values))
        except ForeignKeyViolation as error:
            # Nothing but the role is part of a key that others point at.
            message = (
                "Assignments, links, sessions or study records depend on the role; erase them or add a new person."
            )
            raise Refused(Code.IN_USE, message, "role") from error
    return await lock_user(work, user_id)


def _of_viewer(read: Transaction, where: UserFilter | None) -> UserFilter | None:
    """The filter narrowed to the viewer's own students, so that an index finds them: a policy alone never does."""
    if read.viewer.role is Role.ADMIN:
        return where
    return replace(where or UserFilter(), ids=tuple(read.viewer.students))
