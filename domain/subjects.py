"""The subject catalogue."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID


@dataclass(frozen=True, slots=True)
class Subject:
    """One subject that is taught, such as Algebra."""

    id: UUID
    name: str
    category: str | None
    description: str | None
    related_subject_ids: tuple[UUID, ...]
    created_at: datetime


@dataclass(frozen=True, slots=True)
class SubjectFilter:
    """Narrows a list of subjects; None does not narrow."""

    category: str | None = None
