"""Questions that students ask the companion (the table qa_interactions)."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class Confidence(StrEnum):
    """How sure the companion is of its answer."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the companion's answer, and the tutor's where there is one."""

    id: UUID
    student_id: UUID
    query: str
    answer: str
    confidence: Confidence
    confidence_score: Decimal | None
    context_subjects: tuple[str, ...]
    clarification_requested: bool
    out_of_scope: bool
    tutor_escalation_suggested: bool
    escalated_to_tutor_id: UUID | None
    tutor_answer: str | None
    answered_by_tutor_id: UUID | None
    answered_at: datetime | None
    overridden: bool
    override_id: UUID | None
    version: int
    disclaimer_shown: bool
    created_at: datetime


@dataclass(frozen=True, slots=True)
class QuestionFilter:
    """Narrows a list of questions; None does not narrow."""

    confidence: Confidence | None = None
    escalated: bool | None = None
    answered: bool | None = None
