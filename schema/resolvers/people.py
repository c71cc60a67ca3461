"""Giving a person all that is held about them, and erasing them."""

import asyncio
import json
from datetime import date
from typing import Any

import strawberry

from db import audit
from db import people as people_db
from db import users as users_db
from db.engine import UnknownPerson, Work
from domain import users
from domain.clock import now
from domain.errors import Code, Refused
from domain.events import Event, EventKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.resolvers.users import locked_person, spoken_for, student_in


@strawberry.input(description="A person who is to be erased. It cannot be undone.")
class EraseUserInput:
    """The person asks an administrator."""

    id: strawberry.ID = strawberry.field(description="The person.")


@strawberry.type(description="That a person was erased.")
class EraseUserPayload(Payload):
    """The answer of erasing."""

    erased_id: strawberry.ID | None = strawberry.field(
        default=None, description="The id that the person had; null when refused."
    )


@strawberry.input(description="Whose data to export.")
class ExportUserInput:
    """Oneself, or anybody for an administrator."""

    user_id: strawberry.ID | None = strawberry.field(
        default=None, description="Whose data: one's own when left out; administrators may name anyone."
    )
    include_transcripts: bool = strawberry.field(
        default=True, description="Whether what was said in sessions belongs in it."
    )


@strawberry.type(description="Everything held about a person, as a file.")
class ExportUserPayload(Payload):
    """The answer of exporting."""

    filename: str | None = strawberry.field(default=None, description="A name to save it by; null when refused.")
    media_type: str | None = strawberry.field(
        default=None, description="What the content is: `application/json`; null when refused."
    )
    content: str | None = strawberry.field(
        default=None,
        description="The file: what is held about the person as far as they may see it themselves, whoever exports it, "
        "and what the audit log has by and about them. Null when refused.",
    )


@strawberry.type
class PeopleMutations:
    """Mutations of all that belongs to a person."""

    @mutation(
        Permission.MANAGE_PEOPLE,
        "Erase a person for good: an administrator. What is the person's own goes; what belongs to others stays "
        "without them.",
    )
    async def erase_user(self, info: Info, input: EraseUserInput) -> EraseUserPayload:
        async with info.context.unit_of_work() as work:
            admins = await users_db.lock_admins(work)
            user = await locked_person(work, input.id)
            users.keep_an_admin(user.id, admins, "id")
            # Before, since it may be themselves whom an administrator erases.
            await audit.record(work, "user.erase", "User", user.id, student_in(user), {"role": user.role})
            await people_db.erase_person(work, user)
            # Of somebody who stays: what is told of the erased goes with them.
            witness = next(admin for admin in admins if admin != user.id)
            work.tell(Event(EventKind.DISCONNECTED, None, user.id, witness))
        return EraseUserPayload(erased_id=input.id)

    @mutation(
        Permission.SIGNED_IN,
        "Export everything held about a person, on record: oneself, or an administrator anybody.",
    )
    async def export_user(self, info: Info, input: ExportUserInput) -> ExportUserPayload:
        async with info.context.unit_of_work() as work:
            viewer = work.viewer
            user = await spoken_for(work, input.user_id)
            subject = await _subject_of(work, user)
            details = {"transcripts": input.include_transcripts}
            await audit.record(work, "user.export", "User", user.id, student_in(user), details)
        database = info.context.services.database
        try:
            # As the person: what their export holds does not depend on who orders it.
            async with database.read(subject) as read:
                held = await people_db.held_about_viewer(read, transcripts=input.include_transcripts)
        except UnknownPerson:
            raise Refused(Code.NOT_FOUND, "There is no such person.", "user_id") from None
        if user.id != viewer.id:
            # Kept before anything of it leaves, like every other reading of a transcript on somebody's behalf.
            async with info.context.unit_of_work() as work:
                await audit.record_each(work, "transcript.read", "Session", people_db.transcripts_held(held))
        async with database.system_work() as work:
            held["audit_log"] = await people_db.entries_about(work, user.id)
        document = {"exported_at": now(), **held}
        return ExportUserPayload(
            filename=f"study-companion-{user.role}-{user.id}.json",
            media_type="application/json",
            content=await asyncio.to_thread(json.dumps, document, ensure_ascii=False, indent=2, default=_plain),
        )


async def _subject_of(work: Work, user: users.User) -> str:
    if user.id == work.viewer.id:
        return work.viewer.subject
    (subject,) = await users_db.cognito_subs_by_user(work, [user.id])
    assert subject is not None  # noqa: S101 - everybody has one, and only administrators speak for others
    return subject


def _plain(value: Any) -> str:
    """Ids, times, dates and decimals as text."""
    return value.isoformat() if isinstance(value, date) else str(value)
