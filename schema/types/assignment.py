"""A tutor's assignment to a student as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import assignments as assignments_db
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import assignments
from schema.enums import describe_enum
from schema.fields import edge
from schema.ids import optional_row_id
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.user import Student, Tutor

describe_enum(
    assignments.AssignmentStatus,
    "Where a tutor's assignment stands. The tutor sees the student while it is active, and only then.",
    ACTIVE="The tutor teaches the student.",
    PAUSED="Set aside for a while.",
    COMPLETED="Over.",
)


@strawberry.enum(description="The order of a list of assignments.")
class AssignmentOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(assignments_db.NEWEST, description="Latest assigned first.")
    OLDEST = strawberry.enum_value(assignments_db.OLDEST, description="Earliest assigned first.")


@strawberry.input(description="Which assignments to list.")
class AssignmentWhere:
    """Fields left out do not narrow."""

    status: assignments.AssignmentStatus | None = strawberry.field(
        default=None, description="Only assignments in this status."
    )
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only assignments in this subject.")

    def filter(self) -> assignments.AssignmentFilter:
        """As the database layer takes it."""
        return assignments.AssignmentFilter(status=self.status, subject_id=optional_row_id(self.subject_id, "Subject"))


@strawberry.type(description="That a tutor teaches a student, in one subject or in all.")
class TutorAssignment(Node):
    """A view of domain.assignments.TutorAssignment."""

    record = assignments.TutorAssignment
    by_id = assignments_db.assignments_by_id

    status: assignments.AssignmentStatus = strawberry.field(description="Where it stands.")
    start_date: dt.date | None = strawberry.field(description="The first day; null when not stated.")
    end_date: dt.date | None = strawberry.field(description="The last day, not before the first; null when open.")
    assigned_at: dt.datetime = strawberry.field(description="When it was made.")

    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id, key="tutor_id", description="Who teaches; null when out of the viewer's sight."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="student_id",
        description="Who is taught; null for a tutor whose assignments to the student are all paused or completed.",
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id, key="subject_id", description="The subject taught; null for all."
    )
    notes: str | None = edge(
        assignments_db.notes_by_assignment,
        key="id",
        description="The tutor's private notes: for the tutor assigned and administrators; null for anyone else, and "
        "when there are none. An error of this field alone when they cannot be decrypted.",
    )
