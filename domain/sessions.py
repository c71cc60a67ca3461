"""Tutoring sessions."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Session:
    """One tutoring session, without its transcript and notes."""

    id: UUID
    student_id: UUID
    tutor_id: UUID | None
    session_date: datetime
    duration_minutes: int | None
    subject_id: UUID | None
    transcript_available: bool
    topics_covered: tuple[str, ...]
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class SessionFilter:
    """Narrows a list of sessions; None does not narrow. `date_from` is included, `date_to` is not."""

    subject_id: UUID | None = None
    date_from: datetime | None = None
    date_to: datetime | None = None
