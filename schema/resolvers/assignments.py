"""Assigning tutors to students."""

import datetime as dt

import strawberry

from db import assignments as assignments_db
from db import audit
from db.engine import Work
from domain import assignments, permissions
from domain.assignments import AssignmentStatus, TutorAssignment
from domain.events import Event, EventKind
from domain.permissions import Permission
from schema.context import Info
from schema.errors import Payload
from schema.fields import mutation
from schema.ids import optional_row_id, row_id
from schema.inputs import given
from schema.types import assignment as types


@strawberry.type(description="The assignment that was made or changed.")
class TutorAssignmentPayload(Payload):
    """The answer of every mutation of an assignment."""

    assignment: types.TutorAssignment | None = strawberry.field(
        default=None, description="The assignment as it is now; null when refused."
    )


@strawberry.input(description="A new assignment of a tutor to a student; it is active at once.")
class CreateTutorAssignmentInput:
    """A tutor, a student and a subject go together once."""

    tutor_id: strawberry.ID = strawberry.field(description="Who teaches.")
    student_id: strawberry.ID = strawberry.field(description="Who is taught.")
    subject_id: strawberry.ID | None = strawberry.field(
        default=None, description="The subject taught; all when left out."
    )
    start_date: dt.date | None = strawberry.field(default=None, description="The first day.")
    end_date: dt.date | None = strawberry.field(default=None, description="The last day; not before the first.")
    notes: str | None = strawberry.field(
        default=None, description="Private notes, for the tutor assigned; at most 5,000 characters."
    )


@strawberry.input(description="Changes to an assignment; what is left out stays as it is.")
class UpdateTutorAssignmentInput:
    """Null clears a field."""

    id: strawberry.ID = strawberry.field(description="The assignment.")
    start_date: dt.date | None = strawberry.field(default=strawberry.UNSET, description="Another first day.")
    end_date: dt.date | None = strawberry.field(default=strawberry.UNSET, description="Another last day.")
    notes: str | None = strawberry.field(default=strawberry.UNSET, description="Other notes.")


@strawberry.input(description="Another status for an assignment.")
class ChangeTutorAssignmentStatusInput:
    """Pausing or completing the last active one ends the tutor's sight of the student."""

    id: strawberry.ID = strawberry.field(description="The assignment.")
    status: AssignmentStatus = strawberry.field(description="The status it is to have.")


@strawberry.type
class TutorAssignmentMutations:
    """Mutations of assignments."""

    @mutation(Permission.MANAGE_PEOPLE, "Assign a tutor to a student: an administrator.")
    async def create_tutor_assignment(self, info: Info, input: CreateTutorAssignmentInput) -> TutorAssignmentPayload:
        async with info.context.unit_of_work() as work:
            draft = assignments.draft(
                tutor_id=row_id(input.tutor_id, "Tutor"),
                student_id=row_id(input.student_id, "Student"),
                subject_id=optional_row_id(input.subject_id, "Subject"),
                start_date=input.start_date,
                end_date=input.end_date,
                notes=input.notes,
            )
            assignment = await assignments_db.insert_assignment(work, draft)
            await _record(work, "tutor_assignment.create", assignment)
            work.tell(_told(EventKind.ASSIGNMENT_BEGUN, assignment))
        return _payload(assignment)

    @mutation(
        Permission.TEACH,
        "Pause or complete an active assignment: its own tutor, or an administrator. Only an administrator makes one "
        "active again, or completes a paused one.",
    )
    async def change_tutor_assignment_status(
        self, info: Info, input: ChangeTutorAssignmentStatusInput
    ) -> TutorAssignmentPayload:
        async with info.context.unit_of_work() as work:
            before = await _locked(work, input.id)
            status = assignments.move(before, input.status)
            after = await assignments_db.update_assignment(work, before, status=status)
            await _record(work, "tutor_assignment.change_status", after, {"from": before.status, "to": status})
            if status is AssignmentStatus.ACTIVE:
                work.tell(_told(EventKind.ASSIGNMENT_BEGUN, after))
            elif before.status is AssignmentStatus.ACTIVE:
                work.tell(_told(EventKind.ASSIGNMENT_ENDED, after))
        return _payload(after)

    @mutation(
        Permission.TEACH, "Change an assignment's dates and notes: its own tutor while it is active, administrators."
    )
    async def update_tutor_assignment(self, info: Info, input: UpdateTutorAssignmentInput) -> TutorAssignmentPayload:
        async with info.context.unit_of_work() as work:
            assignment = await _locked(work, input.id)
            edits = assignments.edit(assignment, **given(input, "start_date", "end_date", "notes"))
            after = await assignments_db.update_assignment(work, assignment, **edits)
            await _record(work, "tutor_assignment.update", after, {"fields": list(edits)})
        return _payload(after)


async def _locked(work: Work, global_id: str) -> TutorAssignment:
    assignment = await assignments_db.lock_assignment(work, row_id(global_id, "TutorAssignment"))
    permissions.require(
        permissions.changes_assignment(work.viewer, assignment), "This assignment is not yours to change.", "id"
    )
    return assignment


async def _record(
    work: Work, action: str, assignment: TutorAssignment, details: dict[str, object] | None = None
) -> None:
    await audit.record(work, action, "TutorAssignment", assignment.id, assignment.student_id, details)


def _told(kind: EventKind, assignment: TutorAssignment) -> Event:
    """For the tutor too, who may see the student no more."""
    return Event(kind, assignment.student_id, assignment.id, assignment.tutor_id)


def _payload(assignment: TutorAssignment) -> TutorAssignmentPayload:
    return TutorAssignmentPayload(assignment=types.TutorAssignment.view(assignment))
