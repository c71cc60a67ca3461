"""Which tutor teaches which student; an active assignment is what lets a tutor see a student."""

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import optional_text

MAX_NOTES = 5_000


class AssignmentStatus(StrEnum):
    """Only `active` gives the tutor access to the student, and only an administrator makes one active again."""

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
    subject_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class AssignmentDraft:
    """An assignment about to be made; its dates and notes have been checked."""

    tutor_id: UUID
    student_id: UUID
    subject_id: UUID | None
    start_date: date | None
    end_date: date | None
    notes: str | None


def draft(
    *,
    tutor_id: UUID,
    student_id: UUID,
    subject_id: UUID | None,
    start_date: date | None,
    end_date: date | None,
    notes: str | None,
) -> AssignmentDraft:
    """A new assignment, active from the moment it is made. Raises Refused (INVALID, TOO_LONG)."""
    _check_dates(start_date, end_date)
    return AssignmentDraft(
        tutor_id=tutor_id,
        student_id=student_id,
        subject_id=subject_id,
        start_date=start_date,
        end_date=end_date,
        notes=optional_text(notes, "notes", MAX_NOTES),
    )


def edit(assignment: TutorAssignment, **edits: Any) -> dict[str, Any]:
    """What changes of an assignment's dates and notes, by column. Raises Refused (INVALID, TOO_LONG)."""
    _check_dates(
        edits.get("start_date", assignment.start_date),
        edits.get("end_date", assignment.end_date),
        field="end_date" if "end_date" in edits else "start_date",
    )
    if "notes" in edits:
        edits["notes"] = optional_text(edits["notes"], "notes", MAX_NOTES)
    return edits


def move(assignment: TutorAssignment, status: AssignmentStatus) -> AssignmentStatus:
    """The status it goes to. Raises Refused (ALREADY_DONE) when it has that status."""
    if assignment.status is status:
        raise Refused(Code.ALREADY_DONE, f"The assignment is {status} already.", "status")
    return status


def _check_dates(start_date: date | None, end_date: date | None, field: str = "end_date") -> None:
    if start_date is not None and end_date is not None and end_date < start_date:
        raise Refused(Code.INVALID, f"It would end on {end_date}, before it starts on {start_date}.", field)
