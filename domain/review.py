"""What waits for a tutor's eye: practice that the companion wrote, answers it was not sure of, escalated questions."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID


class ReviewKind(StrEnum):
    """What kind of thing waits."""

    PRACTICE = "practice"
    QUESTION = "question"


@dataclass(frozen=True, slots=True)
class ReviewEntry:
    """One place in the queue."""

    id: UUID
    """Of the practice or the question."""
    kind: ReviewKind
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ReviewFilter:
    """Narrows the queue; None does not narrow."""

    kind: ReviewKind | None = None
    student_id: UUID | None = None
