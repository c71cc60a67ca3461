"""Practice: the bank of items, and what is assigned to whom."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from uuid import UUID


class PracticeSource(StrEnum):
    """Where an assigned question comes from."""

    BANK = "bank"
    AI_GENERATED = "ai_generated"


class AnswerType(StrEnum):
    """What form an answer takes, and so how it is graded."""

    MULTIPLE_CHOICE = "multiple_choice"
    NUMERIC = "numeric"
    MATH_EXPRESSION = "math_expression"
    FREE_TEXT = "free_text"


@dataclass(frozen=True, slots=True)
class PracticeItem:
    """A question of the bank, without its solution."""

    id: UUID
    question_text: str
    choices: tuple[str, ...]
    answer_type: AnswerType
    subject_id: UUID
    difficulty_level: int
    goal_tags: tuple[str, ...]
    topic_tags: tuple[str, ...]
    created_by_id: UUID | None
    source: str | None
    licence: str | None
    version: int
    is_active: bool
    created_at: datetime
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Solution:
    """The answer to a question and how one gets there."""

    answer: str
    explanation: str | None


@dataclass(frozen=True, slots=True)
class PracticeAssignment:
    """A question that a student is to answer, or has answered."""

    id: UUID
    student_id: UUID
    source: PracticeSource
    bank_item_id: UUID | None
    question_text: str
    """The tutor's or the companion's text where there is one, else the bank item's."""
    choices: tuple[str, ...]
    """The bank item's; empty for an item that the companion wrote."""
    answer_type: AnswerType
    """The bank item's; free text for an item that the companion wrote."""
    flagged: bool
    subject_id: UUID | None
    difficulty_level: int | None
    goal_tags: tuple[str, ...]
    student_rating_before: int | None
    student_rating_after: int | None
    performance_score: Decimal | None
    response_text: str | None
    completed: bool
    completed_at: datetime | None
    overridden: bool
    override_id: UUID | None
    version: int
    """Of the question and its solution; each override and each reverting raises it."""
    assigned_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class PracticeItemFilter:
    """Narrows the bank; None does not narrow."""

    subject_id: UUID | None = None
    difficulty_from: int | None = None
    difficulty_to: int | None = None
    goal_tag: str | None = None
    topic_tag: str | None = None
    active: bool | None = None


@dataclass(frozen=True, slots=True)
class PracticeFilter:
    """Narrows a list of assigned practice; None does not narrow."""

    completed: bool | None = None
    flagged: bool | None = None
    source: PracticeSource | None = None
    subject_id: UUID | None = None
