"""Questions that students ask the companion (the table qa_interactions)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import required_text
from domain.viewer import Role, Viewer

MAX_ANSWER = 10_000


class Confidence(StrEnum):
    """How sure the companion is of its answer."""

    HIGH = "High"
    MEDIUM = "Medium"
    LOW = "Low"


class AnswerOutcome(StrEnum):
    """What the companion made of a question."""

    ANSWERED = "answered"
    CLARIFICATION = "clarification"
    OUT_OF_SCOPE = "out_of_scope"
    NOT_FOUND = "not_found"
    """About learning, and nothing that the companion has answers it."""
    OWN_PRACTICE = "own_practice"
    """It is practice that the student has yet to do."""


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


@dataclass(frozen=True, slots=True)
class Escalation:
    """A question in a tutor's hands."""

    escalated_to_tutor_id: UUID

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


@dataclass(frozen=True, slots=True)
class TutorAnswer:
    """What a tutor answered; its text has been checked."""

    tutor_answer: str
    answered_by_tutor_id: UUID
    answered_at: datetime

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


def escalate(question: Question, tutors: Collection[UUID], tutor_id: UUID | None) -> Escalation:
    """Pass a question on to one of the student's active `tutors`: the one named, or the only one there is.

    A question that is with one tutor can be passed on to another. Raises Refused (CONFLICT) for one that has been
    answered, or when there is no tutor; (INVALID) when one must be named or does not teach the student;
    (ALREADY_DONE) when that tutor has it.
    """
    if question.answered_at is not None:
        raise Refused(Code.CONFLICT, "A tutor has answered this question already.", "id")
    if not tutors:
        raise Refused(Code.CONFLICT, "The student has no tutor at the moment whom the question could go to.", "id")
    if tutor_id is None:
        if len(tutors) > 1:
            raise Refused(Code.INVALID, "The student has several tutors; name the one to ask.", "tutor_id")
        (tutor_id,) = tutors
    elif tutor_id not in tutors:
        raise Refused(Code.INVALID, "This tutor does not teach the student; name one who does.", "tutor_id")
    if question.escalated_to_tutor_id == tutor_id:
        raise Refused(Code.ALREADY_DONE, "The question is with this tutor already.", "tutor_id")
    return Escalation(tutor_id)


def answer(question: Question, text: str, by: Viewer, now: datetime) -> TutorAnswer:
    """A tutor's own answer. They may put it in better words later; another tutor may not.

    Raises Refused (FORBIDDEN) for anybody but a tutor, (ALREADY_DONE) when another tutor has answered, (INVALID,
    TOO_LONG) for the text.
    """
    if by.role is not Role.TUTOR:
        raise Refused(Code.FORBIDDEN, "Only a tutor of the student answers their questions.", "id")
    if question.answered_by_tutor_id not in {None, by.id}:
        raise Refused(Code.ALREADY_DONE, "Another tutor has answered this question.", "id")
    return TutorAnswer(required_text(text, "answer", MAX_ANSWER), by.id, now)
