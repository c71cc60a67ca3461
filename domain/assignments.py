"""Which tutor teaches which student; an active assignment is what lets a tutor see a student."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from uuid import UUID


class AssignmentStatus(StrEnum):
    """Only `active` gives the tutor access to the student."""

    ACTIVE = "active"
    PAUSED = "paused"
    COMPLETED = "completed"


@dataclass(frozen=True, slots=True)
class TutorAssignment:
    """A tutor and a student, in one subject or, without a subject, in all."""

    id: UUID
    tutor_id: UUID
    student_id: UUID
    subject_id: UUID | None
    status: AssignmentStatus
    start_date: date | None
    end_date: date | None
    assigned_at: datetime


@dataclass(frozen=True, slots=True)
class AssignmentFilter:
    """Narrows a list of assignments; None does not narrow."""

    status: AssignmentStatus | None = None
