"""Finding people."""

import strawberry

from db import users as users_db
from domain.permissions import Permission
from schema.context import Info
from schema.fields import query, query_connection
from schema.types.connection import Connection
from schema.types.user import Student, StudentWhere, User, UserOrder, UserWhere


@strawberry.type
class UserQueries:
    """Queries for people."""

    @query(Permission.ANYONE, "The person who asks; null when nobody is signed in.")
    async def viewer(self, info: Info) -> User | None:
        viewer = await info.context.viewer()
        return None if viewer is None else await info.context.load(users_db.users_by_id, viewer.id)

    students: Connection[Student] = query_connection(
        users_db.visible_students,
        users_db.count_visible_students,
        permission=Permission.SIGNED_IN,
        order=UserOrder.BY_EMAIL,
        where=StudentWhere,
        description="The students whom the viewer may see: oneself, one's students, one's children, or all.",
    )
    users: Connection[User] = query_connection(
        users_db.all_users,
        users_db.count_all_users,
        permission=Permission.MANAGE_PEOPLE,
        order=UserOrder.BY_EMAIL,
        where=UserWhere,
        description="Everyone; for administrators.",
    )
