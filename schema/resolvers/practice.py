"""Assigning, reviewing and completing practice."""

from decimal import Decimal

import strawberry

from db import practice as practice_db
from db.jobs import defer
from db.practice_bank import practice_items_by_id
from domain import permissions, practice
from domain.clock import now
from domain.equivalence import equivalence
from domain.events import Event, EventKind
from domain.grading import RIGHT, grade
from domain.jobs import JobKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import row_id
from schema.types.practice import PracticeAssignment


@strawberry.type(description="The practice that was assigned or changed.")
class PracticePayload(Payload):
    """The answer of every mutation of assigned practice."""

    practice: PracticeAssignment | None = strawberry.field(
        default=None, description="The practice as it is now; null when refused."
    )


@strawberry.input(description="An item of the bank for a student.")
class AssignPracticeInput:
    """An item is not assigned again while the student still has it to do."""

    student_id: strawberry.ID = strawberry.field(description="Who is to answer it.")
    item_id: strawberry.ID = strawberry.field(description="The item of the bank; it must be in use.")


@strawberry.input(description="Approval of practice that the companion wrote.")
class ApprovePracticeInput:
    """It leaves the review queue."""

    id: strawberry.ID = strawberry.field(description="The assigned practice.")


@strawberry.input(description="A tutor's no to practice that the companion wrote.")
class RejectPracticeInput:
    """It leaves the review queue, and the student's list if it was there."""

    id: strawberry.ID = strawberry.field(description="The assigned practice; not answered yet.")


@strawberry.input(description="An answer to assigned practice.")
class CompletePracticeInput:
    """The response, or for a tutor or administrator the score; practice is completed once."""

    id: strawberry.ID = strawberry.field(description="The assigned practice.")
    response: str | None = strawberry.field(
        default=None,
        description="What the student answers, at most 10,000 characters; needed unless a score is given. It scores "
        "1 when it says the same as the answer, in whatever writing: a choice by its text or letter, a number as "
        "exactly as the answer is given (`3,5`, `1/2`, `50%`, `1.2e3`, `twelve`, `x = 4`) and in the unit that is "
        "asked for or another of its kind, mathematics also in other terms; a few words may lead up to it. `3,500` is "
        "three thousand five hundred. What is equal but leaves undone what is asked, such as factoring, scores 0.5; "
        "where several values are to be given each counts; anything else scores 0, and so does a second answer beside "
        "the right one.",
    )
    performance_score: Decimal | None = strawberry.field(
        default=None, description="How right the answer is in the tutor's view, 0 to 1; kept with two decimals."
    )


@strawberry.type
class PracticeMutations:
    """Mutations of assigned practice."""

    @mutation(Permission.TEACH, "Assign an item of the bank to a student: one of their tutors or an administrator.")
    async def assign_practice(self, info: Info, input: AssignPracticeInput) -> PracticePayload:
        async with info.context.unit_of_work() as work:
            student_id = row_id(input.student_id, "Student")
            permissions.require(
                permissions.teaches(work.viewer, student_id),
                "You cannot assign practice to this student.",
                "student_id",
            )
            (found,) = await practice_items_by_id(work, [row_id(input.item_id, "PracticeItem")])
            assigned = await practice_db.assign_practice(work, student_id, practice.assignable(found))
            work.tell(Event(EventKind.PRACTICE_ASSIGNED, student_id, assigned.id))
        return PracticePayload(practice=PracticeAssignment.view(assigned))

    @mutation(Permission.REVIEW, "Approve practice that the companion wrote, as it is.")
    async def approve_practice(self, info: Info, input: ApprovePracticeInput) -> PracticePayload:
        async with info.context.unit_of_work() as work:
            held = await practice_db.lock_practice(work, row_id(input.id, "PracticeAssignment"))
            practice.approve(held)
            approved = await practice_db.update_practice(work, held.id, flagged=False, held=False)
            work.tell(Event(EventKind.PRACTICE_REVIEWED, held.student_id, held.id))
            if held.held:
                work.tell(Event(EventKind.PRACTICE_ASSIGNED, held.student_id, held.id))
        return PracticePayload(practice=PracticeAssignment.view(approved))

    @mutation(Permission.REVIEW, "Say no to practice that the companion wrote: the student does not get it.")
    async def reject_practice(self, info: Info, input: RejectPracticeInput) -> PracticePayload:
        async with info.context.unit_of_work() as work:
            held = await practice_db.lock_practice(work, row_id(input.id, "PracticeAssignment"))
            practice.reject(held)
            rejected = await practice_db.update_practice(work, held.id, flagged=False, held=True)
            work.tell(Event(EventKind.PRACTICE_REVIEWED, held.student_id, held.id))
        return PracticePayload(practice=PracticeAssignment.view(rejected))

    @mutation(
        Permission.STUDY,
        "Answer assigned practice: it is graded, and the student's rating in its subject moves. A tutor or "
        "administrator may give the score instead.",
    )
    async def complete_practice(self, info: Info, input: CompletePracticeInput) -> PracticePayload:
        worked_out = await _worked_out(info, input) if input.performance_score is None else None
        async with info.context.unit_of_work() as work:
            held = await practice_db.lock_practice(work, row_id(input.id, "PracticeAssignment"))
            if input.performance_score is not None:
                permissions.require(
                    permissions.teaches(work.viewer, held.student_id),
                    "Only a tutor or an administrator gives a score; send your response.",
                    "performance_score",
                )
            attempt = practice.attempt(held, input.response, input.performance_score, worked_out)
            completed = await practice_db.complete_practice(work, held, attempt, now(), info.context.services.rating_k)
            work.tell(Event(EventKind.PRACTICE_COMPLETED, held.student_id, held.id))
            await defer(work, JobKind.COUNT_PRACTICE, practice_id=completed.id)
        return PracticePayload(practice=PracticeAssignment.view(completed))


async def _worked_out(info: Info, input: CompletePracticeInput) -> practice.WorkedOut | None:
    """What computer algebra makes of a response to a mathematical question that the viewer has to answer."""
    practice_id = row_id(input.id, "PracticeAssignment")
    (found,) = await practice_db.practice_by_id(await info.context.read(), [practice_id])
    if found is None or found.answer_type is not practice.AnswerType.MATH_EXPRESSION or input.response is None:
        return None
    # No transaction stays open while it works.
    await info.context.release()
    services = info.context.services
    answer = await practice_db.answer_to_compare(services.database, practice_id)
    if answer is None or grade(input.response, answer, found.answer_type, question=found.question_text) == RIGHT:
        return None
    score = await equivalence(input.response, answer, found.question_text, services.algebra)
    return practice.WorkedOut(found.version, score)
