"""Choosing what a student practises next, and what tutors set for it."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Annotated
from uuid import UUID

import strawberry

from db import practice_choice as choice_db
from db.jobs import defer
from db.practice import lock_assigning, practice_by_id
from db.retries import id_for, same_request
from db.users import users_by_id
from db.written_practice import WrittenSoFar, written_so_far
from domain import permissions, practice_choice
from domain.clock import now
from domain.errors import BadRequest, Refused
from domain.events import Event, EventKind
from domain.jobs import JobKind
from domain.permissions import Permission
from domain.practice import PracticeAssignment as Assigned
from domain.viewer import Role, Viewer
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation, query
from schema.ids import row_id
from schema.inputs import IDEMPOTENCY_KEY
from schema.types.practice import PracticeAssignment
from schema.types.practice_choice import NextPractice, PracticeProposal, PracticeSettings

COUNT = 5


@strawberry.input(description="Practice to be chosen for a student and assigned.")
class TakeNextPracticeInput:
    """What `nextPractice` would propose at this moment becomes the student's to do."""

    subject_id: strawberry.ID = strawberry.field(description="The subject to practise.")
    count: int = strawberry.field(default=COUNT, description="How many questions; 1 to 20.")
    student_id: strawberry.ID | None = strawberry.field(
        default=None, description="For whom; a student leaves it out, a tutor or administrator does not."
    )
    idempotency_key: str | None = strawberry.field(default=None, description=IDEMPOTENCY_KEY)


@strawberry.type(description="The practice that was chosen and assigned.")
class TakeNextPracticePayload(Payload):
    """The answer of `takeNextPractice`."""

    practice: list[PracticeAssignment] = strawberry.field(
        default_factory=list, description="In the order to do it; fewer than asked for where the bank has too little."
    )
    missing: int = strawberry.field(default=0, description="How many fewer there are than were asked for.")
    note: str | None = strawberry.field(
        default=None, description="Why there are fewer, for people; null when there are not."
    )


@strawberry.input(description="By what practice is to be chosen for a student.")
class SetPracticeSettingsInput:
    """A student's tutors and administrators set it; what is left out stays as it is."""

    student_id: strawberry.ID = strawberry.field(description="For whom.")
    target_success: Decimal | None = strawberry.field(
        default=None, description="The chance of success to aim at, 0.50 to 0.95; kept with two decimals."
    )
    review_first: bool | None = strawberry.field(
        default=None,
        description="Whether what the companion writes is kept from the student until a tutor has reviewed it.",
    )


@strawberry.type(description="What now holds for the choice of practice.")
class PracticeSettingsPayload(Payload):
    """The answer of `setPracticeSettings`."""

    settings: PracticeSettings | None = strawberry.field(default=None, description="What holds now; null when refused.")


@strawberry.type
class PracticeChoiceQueries:
    """Queries for what comes next."""

    @query(
        Permission.STUDY,
        "What fits a student in a subject now, by their rating and by what they have answered; assigns nothing. Null "
        "when there is no such student for the viewer.",
    )
    async def next_practice(
        self,
        info: Info,
        subject_id: Annotated[strawberry.ID, strawberry.argument(description="The subject to practise.")],
        count: Annotated[int, strawberry.argument(description="How many questions; 1 to 20.")] = COUNT,
        student_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="For whom; a student leaves it out, a tutor or administrator does not."),
        ] = None,
    ) -> NextPractice | None:
        read = await info.context.read()
        own, subject = _student(read.viewer, student_id), row_id(subject_id, "Subject")
        try:
            count = practice_choice.count_wanted(count)
        except Refused as refused:
            raise BadRequest("BAD_USER_INPUT", refused.message) from refused
        (student,) = await users_by_id(read, [own])
        if student is None or student.role is not Role.STUDENT or not permissions.studies_for(read.viewer, own):
            return None
        situation = await choice_db.situation_of(read, own, subject)
        chosen = await choice_db.choose_practice(read, own, subject, situation, count, now())
        return NextPractice(
            proposals=[PracticeProposal.view(one) for one in chosen],
            target_success=situation.target_success,
            rating=situation.rating,
            missing=count - len(chosen),
            note=practice_choice.shortage(count - len(chosen), model=info.context.services.model is not None),
        )


@strawberry.type
class PracticeChoiceMutations:
    """Mutations around what comes next."""

    @mutation(
        Permission.STUDY,
        "Choose practice for a student as `nextPractice` does and assign it: the student themselves, one of their "
        "tutors or an administrator. At most 50 questions wait for a student in a subject.",
    )
    async def take_next_practice(self, info: Info, input: TakeNextPracticeInput) -> TakeNextPracticePayload:
        services, so_far = info.context.services, WrittenSoFar(0, 0)
        viewer = (await info.context.read()).viewer
        own, subject = _student(viewer, input.student_id), row_id(input.subject_id, "Subject")
        if services.model is not None:
            await info.context.release()
            so_far = await written_so_far(services.database, own, subject)
        async with info.context.unit_of_work() as work:
            permissions.require(
                permissions.studies_for(work.viewer, own),
                "You cannot assign practice to this student.",
                "student_id",
            )
            count = practice_choice.count_wanted(input.count)
            key = input.idempotency_key
            ids = [id_for(work.viewer.id, f"takeNextPractice:{place}", key) for place in range(count)]
            await lock_assigning(work, own)
            before = await practice_by_id(work, ids) if key is not None else []
            made = [practice for practice in before if practice is not None]
            if made:
                same_request(all(practice.student_id == own and practice.subject_id == subject for practice in made))
                return _taken(made, count, practice_choice.shortage(count - len(made), model=False))
            situation = await choice_db.situation_of(work, own, subject)
            practice_choice.room_for_more(situation.open_now, count)
            chosen = await choice_db.choose_practice(work, own, subject, situation, count, now())
            assigned = await choice_db.assign_chosen(work, own, subject, chosen, ids)
            for one in assigned:
                work.tell(Event(EventKind.PRACTICE_ASSIGNED, own, one.id))
            missing = count - len(assigned)
            model = services.model is not None
            written = practice_choice.more_to_write(missing, so_far.to_review) if model else 0
            if written:
                until = so_far.ever + written
                await defer(work, JobKind.WRITE_PRACTICE, student_id=own, subject_id=subject, until=until)
        note = practice_choice.shortage(missing, model=model, written=written, to_review=so_far.to_review)
        return _taken(assigned, count, note)

    @mutation(Permission.TEACH, "Set by what practice is chosen for a student: one of their tutors, an administrator.")
    async def set_practice_settings(self, info: Info, input: SetPracticeSettingsInput) -> PracticeSettingsPayload:
        async with info.context.unit_of_work() as work:
            student_id = row_id(input.student_id, "Student")
            permissions.require(
                permissions.teaches(work.viewer, student_id),
                "You cannot change what holds for this student.",
                "student_id",
            )
            await lock_assigning(work, student_id)
            (held,) = await choice_db.practice_settings_by_student(work, [student_id])
            settings = practice_choice.settings(
                student_id,
                held.target_success if input.target_success is None else input.target_success,
                held.review_first if input.review_first is None else input.review_first,
            )
            await choice_db.set_practice_settings(work, settings)
        shown = PracticeSettings(target_success=settings.target_success, review_first=settings.review_first)
        return PracticeSettingsPayload(settings=shown)


def _taken(practice: Sequence[Assigned], count: int, note: str | None) -> TakeNextPracticePayload:
    shown = [PracticeAssignment.view(one) for one in practice]
    return TakeNextPracticePayload(practice=shown, missing=count - len(shown), note=note)


def _student(viewer: Viewer, student_id: strawberry.ID | None) -> UUID:
    """Of whom a request is. Raises BadRequest (BAD_USER_INPUT) when staff do not say."""
    if student_id is not None:
        return row_id(student_id, "Student")
    if viewer.role is not Role.STUDENT:
        raise BadRequest("BAD_USER_INPUT", "Name the student in `studentId`.")
    return viewer.id
