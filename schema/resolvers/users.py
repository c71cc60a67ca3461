"""Finding people, and keeping what is known of them."""

import datetime as dt
from typing import Any
from uuid import UUID

import strawberry

from db import audit
from db import users as users_db
from db.engine import Work
from domain import nudges, permissions, users
from domain.errors import BadRequest, Code, Refused
from domain.events import Event, EventKind
from domain.permissions import Permission
from domain.viewer import Role
from schema.context import Batch, Context, Info
from schema.errors import Payload
from schema.fields import mutation, query_connection, query_object
from schema.ids import split
from schema.inputs import given
from schema.types.connection import Connection
from schema.types.user import Student, StudentWhere, User, UserOrder, UserWhere

_TYPES = {role.title(): role for role in Role}
_CHOICES = ("learning_style", "nudge_frequency_cap", "nudge_channel", "time_zone", "quiet_from", "quiet_until")


async def _viewer(context: Context, schema: Any) -> tuple[Batch, UUID, str] | None:
    viewer = await context.viewer()
    return None if viewer is None else (users_db.users_by_id, viewer.id, viewer.role.title())


@strawberry.type
class UserQueries:
    """Queries for people."""

    @query_object(Permission.ANYONE, "The person who asks; null when nobody is signed in.", find=_viewer)
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


@strawberry.type(description="The person who was added or changed.")
class UserPayload(Payload):
    """The answer of the mutations of a person."""

    user: User | None = strawberry.field(default=None, description="The person as they are now; null when refused.")


@strawberry.input(description="What a person says of themselves; what is left out stays as it is.")
class UpdateProfileInput:
    """Null empties a field."""

    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose profile: one's own when left out; administrators may name anyone."
    )
    display_name: str | None = strawberry.field(
        default=strawberry.UNSET, description="The name to show; at most 100 characters."
    )
    goals: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Aims in one's own words; at most 20 of 200 characters."
    )
    subjects: list[str] | None = strawberry.field(
        default=strawberry.UNSET, description="Subjects of interest; at most 20 of 200 characters."
    )


@strawberry.input(description="What a person chooses; what is left out stays as it is.")
class UpdatePreferencesInput:
    """Null goes back to the default."""

    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose preferences: one's own when left out; administrators may name anyone."
    )
    learning_style: users.LearningStyle | None = strawberry.field(
        default=strawberry.UNSET, description="How things are to be explained; MIXED by default."
    )
    nudge_frequency_cap: int | None = strawberry.field(
        default=strawberry.UNSET, description="Nudges a day at most, 0 to 10; 1 by default."
    )
    nudge_channel: nudges.NudgeChannel | None = strawberry.field(
        default=strawberry.UNSET, description="Where nudges come; BOTH by default."
    )
    time_zone: str | None = strawberry.field(
        default=strawberry.UNSET,
        description="The zone that days and quiet hours go by, such as America/New_York; UTC by default.",
    )
    quiet_from: dt.time | None = strawberry.field(
        default=strawberry.UNSET, description="From when on no nudges come, without a zone; 21:00 by default."
    )
    quiet_until: dt.time | None = strawberry.field(
        default=strawberry.UNSET,
        description="Until when no nudges come; 08:00 by default. The same as quietFrom: no quiet hours.",
    )


@strawberry.input(description="A new person.")
class CreateUserInput:
    """They sign in with tokens of this subject."""

    email: str = strawberry.field(
        description="Their e-mail address, nobody else's; at most 255 ASCII characters, kept in lower case."
    )
    role: Role = strawberry.field(description="What they are to the product.")
    display_name: str | None = strawberry.field(
        default=None, description="The name to show; at most 100 characters, empty when left out."
    )
    cognito_sub: str = strawberry.field(
        description="The subject of their tokens, nobody else's; at most 255 characters."
    )


@strawberry.input(description="Changes to a person; what is left out stays as it is.")
class UpdateUserInput:
    """Only the name can be empty."""

    id: strawberry.ID = strawberry.field(description="The person.")
    email: str | None = strawberry.field(default=strawberry.UNSET, description="Another e-mail address.")
    role: Role | None = strawberry.field(
        default=strawberry.UNSET, description="Another role; it also changes the person's id."
    )
    display_name: str | None = strawberry.field(default=strawberry.UNSET, description="Another name.")
    cognito_sub: str | None = strawberry.field(
        default=strawberry.UNSET, description="Another subject of their tokens; those of the old one no longer work."
    )


@strawberry.type
class UserMutations:
    """Mutations of people."""

    @mutation(Permission.SIGNED_IN, "Change a name, aims and interests: one's own, or an administrator anyone's.")
    async def update_profile(self, info: Info, input: UpdateProfileInput) -> UserPayload:
        async with info.context.unit_of_work() as work:
            user = await spoken_for(work, input.user_id)
            names = given(input, "display_name")
            texts = given(input, "goals", "subjects")
            columns = users.edit(**names)
            if texts:
                columns["profile"] = users.edit_profile(await users_db.stored_profile(work, user.id), **texts)
            user = await users_db.update_user(work, user.id, **columns)
            await _record_for_another(work, "user.update_profile", user, [*names, *texts])
        return UserPayload(user=User.view(user))

    @mutation(
        Permission.SIGNED_IN, "Change a learning style and how many nudges: one's own, or an administrator anyone's."
    )
    async def update_preferences(self, info: Info, input: UpdatePreferencesInput) -> UserPayload:
        async with info.context.unit_of_work() as work:
            user = await spoken_for(work, input.user_id)
            edits = given(input, *_CHOICES)
            if edits:
                profile = users.edit_preferences(await users_db.stored_profile(work, user.id), **edits)
                user = await users_db.update_user(work, user.id, profile=profile)
            await _record_for_another(work, "user.update_preferences", user, list(edits))
        return UserPayload(user=User.view(user))

    @mutation(Permission.SIGNED_IN, "Say that one has been shown the disclaimer; saying it again changes nothing.")
    async def acknowledge_disclaimer(self, info: Info) -> UserPayload:
        async with info.context.unit_of_work() as work:
            user = await users_db.update_user(work, work.viewer.id, disclaimer_shown=True)
        return UserPayload(user=User.view(user))

    @mutation(Permission.MANAGE_PEOPLE, "Add a person: an administrator.")
    async def create_user(self, info: Info, input: CreateUserInput) -> UserPayload:
        async with info.context.unit_of_work() as work:
            draft = users.draft(
                email=input.email, role=input.role, display_name=input.display_name, cognito_sub=input.cognito_sub
            )
            user = await users_db.insert_user(work, draft)
            await audit.record(work, "user.create", "User", user.id, student_in(user), {"role": user.role})
        return UserPayload(user=User.view(user))

    @mutation(
        Permission.MANAGE_PEOPLE,
        "Change a person's address, name, token subject, or a role that nothing depends on: an administrator.",
    )
    async def update_user(self, info: Info, input: UpdateUserInput) -> UserPayload:
        async with info.context.unit_of_work() as work:
            edits = users.edit(**given(input, "email", "role", "display_name", "cognito_sub"))
            role = edits.get("role")
            admins = [] if role is None else await users_db.lock_admins(work)
            before = await locked_person(work, input.id)
            if role not in (None, Role.ADMIN):
                users.keep_an_admin(before.id, admins, "role")
            if before.id == work.viewer.id:
                users.keep_signed_in(work.viewer, edits.get("cognito_sub"))
            (subject,) = await users_db.cognito_subs_by_user(work, [before.id])
            after = await users_db.update_user(work, before.id, **edits)
            details = {"fields": list(edits), "role_before": before.role, "role_after": after.role}
            await audit.record(work, "user.update", "User", after.id, student_in(after), details)
            if before.role is not after.role or edits.get("cognito_sub", subject) != subject:
                # Their connections were opened as somebody else.
                work.tell(Event(EventKind.DISCONNECTED, None, after.id, after.id))
        return UserPayload(user=User.view(after))


async def locked_person(work: Work, global_id: str, field: str = "id") -> users.User:
    """The person of a global id, held against other writers. Raises Refused (NOT_FOUND), BadRequest (BAD_ID)."""
    type_name, user_id = split(global_id)
    if type_name not in _TYPES:
        raise BadRequest("BAD_ID", "The id of a person belongs here.")
    user = await users_db.lock_user(work, user_id, field)
    # A student's row id under the name Tutor is nobody.
    if user.role is not _TYPES[type_name]:
        raise Refused(Code.NOT_FOUND, "There is no such person.", field)
    return user


async def spoken_for(work: Work, global_id: str | None) -> users.User:
    """The person whom an input names in `user_id`, or the viewer when it names nobody; held like locked_person.

    Raises Refused (FORBIDDEN) when it is not the viewer's to speak for them, be they there or not.
    """
    if global_id is None:
        return await users_db.lock_user(work, work.viewer.id)
    _, user_id = split(global_id)
    permissions.require(permissions.speaks_for(work.viewer, user_id), "You can do this only for yourself.", "user_id")
    return await locked_person(work, global_id, "user_id")


def student_in(user: users.User) -> UUID | None:
    """Whom an entry of the audit log about a person concerns: them, when they are a student."""
    return user.id if user.role is Role.STUDENT else None


async def _record_for_another(work: Work, action: str, user: users.User, fields: list[str]) -> None:
    """What people change of themselves is theirs; what an administrator changes for them is on record."""
    if user.id != work.viewer.id:
        await audit.record(work, action, "User", user.id, student_in(user), {"fields": fields})
