"""Sending nudges, and noticing them."""

import strawberry

from db import nudges as nudges_db
from db.engine import Work
from db.jobs import defer
from db.retries import created_before, id_for, same_request
from db.users import users_by_id
from domain import nudges, permissions
from domain.clock import now
from domain.errors import Code, Refused
from domain.events import Event, EventKind
from domain.jobs import JobKind
from domain.permissions import Permission
from domain.viewer import Role
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import row_id
from schema.inputs import IDEMPOTENCY_KEY
from schema.types.nudge import Nudge


@strawberry.type(description="The nudge that was sent or noticed.")
class NudgePayload(Payload):
    """The answer of every mutation of a nudge."""

    nudge: Nudge | None = strawberry.field(default=None, description="The nudge as it is now; null when refused.")


@strawberry.input(description="A message to a student.")
class SendNudgeInput:
    """From a tutor of the student, or an administrator."""

    student_id: strawberry.ID = strawberry.field(description="Whom to nudge.")
    type: nudges.NudgeType = strawberry.field(description="Why.")
    channel: nudges.NudgeChannel = strawberry.field(description="Where it is to be shown.")
    message: str = strawberry.field(description="The text; 1 to 1,000 characters.")
    personalized: bool = strawberry.field(default=True, description="Whether the text was written for this student.")
    trigger_reason: str | None = strawberry.field(
        default=None, description="What led to it, for the record; at most 500 characters. The student sees it."
    )
    suggestions_made: list[str] = strawberry.field(
        default_factory=list, description="What it proposes, such as subjects; at most 10 texts of 200 characters."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.input(description="A nudge that its recipient has opened.")
class MarkNudgeOpenedInput:
    """Saying it again changes nothing."""

    id: strawberry.ID = strawberry.field(description="The nudge.")


@strawberry.input(description="A nudge that its recipient has followed.")
class MarkNudgeClickedInput:
    """Saying it again changes nothing."""

    id: strawberry.ID = strawberry.field(description="The nudge.")


@strawberry.type
class NudgeMutations:
    """Mutations of nudges."""

    @mutation(
        Permission.TEACH,
        "Send a student a nudge: one of their tutors, or an administrator. A person's message is never held back: the "
        "number a day and the quiet hours that the student prefers are for the nudges that the product decides on. "
        "For those it counts, so that fewer of them follow on the same day.",
    )
    async def send_nudge(self, info: Info, input: SendNudgeInput) -> NudgePayload:
        async with info.context.unit_of_work() as work:
            student_id = row_id(input.student_id, "Student")
            permissions.require(
                permissions.teaches(work.viewer, student_id), "You cannot nudge this student.", "student_id"
            )
            (student,) = await users_by_id(work, [student_id])
            if student is None or student.role is not Role.STUDENT:
                raise Refused(Code.NOT_FOUND, "There is no such student.", "student_id")
            draft = nudges.draft(
                user_id=student_id,
                type=input.type,
                channel=input.channel,
                message=input.message,
                personalized=input.personalized,
                trigger_reason=input.trigger_reason,
                suggestions_made=input.suggestions_made,
            )
            nudge_id = id_for(work.viewer.id, "sendNudge", input.idempotency_key)
            made = await created_before(work, input.idempotency_key, nudge_id, nudges_db.nudges_by_id)
            if made is not None:
                same_request(made.user_id == student_id, made.message == draft.message)
                return NudgePayload(nudge=Nudge.view(made))
            nudge = await nudges_db.insert_nudge(work, draft, nudge_id=nudge_id)
            work.tell(Event(EventKind.NUDGE_SENT, nudge.user_id, nudge.id))
        return NudgePayload(nudge=Nudge.view(nudge))

    @mutation(Permission.SIGNED_IN, "Note that one has opened a nudge; the first time counts.")
    async def mark_nudge_opened(self, info: Info, input: MarkNudgeOpenedInput) -> NudgePayload:
        async with info.context.unit_of_work() as work:
            before = await nudges_db.lock_nudge(work, row_id(input.id, "Nudge"))
            nudge = await nudges_db.update_nudge(work, before.id, nudges.opened(before, work.viewer, now()))
            await _tell_noticed(work, before, nudge)
        return NudgePayload(nudge=Nudge.view(nudge))

    @mutation(Permission.SIGNED_IN, "Note that one has followed, and so opened, a nudge; the first time counts.")
    async def mark_nudge_clicked(self, info: Info, input: MarkNudgeClickedInput) -> NudgePayload:
        async with info.context.unit_of_work() as work:
            before = await nudges_db.lock_nudge(work, row_id(input.id, "Nudge"))
            nudge = await nudges_db.update_nudge(work, before.id, nudges.clicked(before, work.viewer, now()))
            await _tell_noticed(work, before, nudge)
        return NudgePayload(nudge=Nudge.view(nudge))


async def _tell_noticed(work: Work, before: nudges.Nudge, after: nudges.Nudge) -> None:
    """To those who watch, the first time; and it is counted."""
    if before != after:
        await defer(work, JobKind.REFRESH_ANALYTICS, user_id=after.user_id)
    if before.opened_at is None:
        student = work.viewer.role is Role.STUDENT
        work.tell(
            Event(
                EventKind.NUDGE_OPENED,
                after.user_id if student else None,
                after.id,
                None if student else after.user_id,
            )
        )
