"""Overrides: a tutor's correction of what the companion wrote."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class OverrideType(StrEnum):
    """What was corrected."""

    SUMMARY = "summary"
    PRACTICE = "practice"
    QA_ANSWER = "qa_answer"


@dataclass(frozen=True, slots=True)
class Override:
    """One correction, without the content before and after."""

    id: UUID
    tutor_id: UUID | None
    student_id: UUID | None
    override_type: OverrideType
    action: str
    summary_id: UUID | None
    practice_assignment_id: UUID | None
    qa_interaction_id: UUID | None
    reason: str | None
    subject_id: UUID | None
    difficulty_level: int | None
    target_version: int
    reverted_at: datetime | None
    reverted_by_tutor_id: UUID | None
    created_at: datetime


@dataclass(frozen=True, slots=True)
class OverrideFilter:
    """Narrows a list of overrides; None does not narrow. `active` leaves out the reverted."""

    override_type: OverrideType | None = None
    active: bool | None = None
