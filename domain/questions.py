"""Questions that students ask the companion (the table qa_interactions)."""

from collections.abc import Collection
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.companion.retrieval import SourceKind
from domain.errors import Code, Refused
from domain.text import required_text
from domain.viewer import Role, Viewer

MAX_ANSWER = 10_000
MAX_QUERY = 2_000
AGAIN = timedelta(days=1)
"""Asking the same again within this time asks for the answer behind the hint."""
AT_ONCE = timedelta(seconds=5)
"""And within this it is the same asking: a client that tries twice, a finger that taps twice."""

DISCLAIMER = (
    "I am a program and can be wrong. My answers rest on your sessions, your goals, the practice bank and your tutors' "
    "study material, and say what they rest on; look there, and ask your tutor when in doubt."
)


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
    SAFEGUARDING = "safeguarding"
    """The student may be in danger; see domain.companion.safeguarding."""


@dataclass(frozen=True, slots=True)
class Question:
    """A question, the companion's answer, and the tutor's where there is one."""

    id: UUID
    student_id: UUID
    query: str
    answer: str | None
    """None for the student as long as the hint stands before it."""
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
    outcome: AnswerOutcome
    hint: str | None
    highlight: str | None
    revealed_at: datetime | None
    companion_right: bool | None
    generation_id: UUID | None
    kept_from_tutors: bool
    """It may be about a tutor: none reads it but whom it is passed on to."""
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Citation:
    """Something that an answer rests on, and the words of it that count; at most one of the sources is set."""

    id: UUID
    question_id: UUID
    position: int
    kind: SourceKind
    title: str
    quote: str | None
    """None where the answer is."""
    material_id: UUID | None
    bank_item_id: UUID | None
    session_id: UUID | None
    summary_id: UUID | None
    goal_id: UUID | None


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
    companion_right: bool | None
    """Whether the companion's own answer was right, if the tutor says so."""
    version: int
    """The question's from now on."""

    def values(self) -> dict[str, Any]:
        """By column name."""
        return asdict(self)


def escalate(question: Question, tutors: Collection[UUID], tutor_id: UUID | None) -> Escalation:
    """Pass a question on to one of the student's active `tutors`: the one named, or the only one there is.

    A question that is with one tutor can be passed on to another; of one that is kept from tutors the tutor is always
    named. Raises Refused (CONFLICT) for one that has been
    answered, or when there is no tutor; (INVALID) when one must be named or does not teach the student;
    (ALREADY_DONE) when that tutor has it.
    """
    if question.answered_at is not None:
        raise Refused(Code.CONFLICT, "A tutor has answered this question already.", "id")
    if not tutors:
        raise Refused(Code.CONFLICT, "The student has no tutor at the moment whom the question could go to.", "id")
    if tutor_id is None:
        if question.kept_from_tutors:
            raise Refused(Code.INVALID, "This may be about a tutor; name the one whom it is to go to.", "tutor_id")
        if len(tutors) > 1:
            raise Refused(Code.INVALID, "The student has several tutors; name the one to ask.", "tutor_id")
        (tutor_id,) = tutors
    elif tutor_id not in tutors:
        raise Refused(Code.INVALID, "This tutor does not teach the student; name one who does.", "tutor_id")
    if question.escalated_to_tutor_id == tutor_id:
        raise Refused(Code.ALREADY_DONE, "The question is with this tutor already.", "tutor_id")
    return Escalation(tutor_id)


def asked_text(text: str) -> str:
    """A question as it is kept. Raises Refused (INVALID, TOO_LONG)."""
    return required_text(text, "query", MAX_QUERY)


def same_words(text: str) -> str:
    """What two askings of one question have in common, however they are typed."""
    return " ".join(text.lower().split()).rstrip("?!. ")


def check_limit(asked: int, most: int) -> None:
    """Raises Refused (CONFLICT) when the questions of the last 24 hours are used up."""
    if asked >= most:
        raise Refused(
            Code.CONFLICT, f"These were {most} questions in 24 hours, and that is enough; ask your tutor, or tomorrow."
        )


def reveal(question: Question, by: Viewer, now: datetime) -> dict[str, Any]:
    """Show the answer behind the hint, by column. Raises Refused (FORBIDDEN) for anybody but who asked, (CONFLICT) when
    there is none, (ALREADY_DONE) when it is shown.
    """
    if question.student_id != by.id:
        raise Refused(Code.FORBIDDEN, "Whoever asked may have the answer shown; you can read it as it is.", "id")
    if question.hint is None:
        raise Refused(Code.CONFLICT, "There is nothing more behind this reply.", "id")
    if question.companion_right is False and not question.overridden:
        raise Refused(Code.CONFLICT, "A tutor said that this answer is wrong; theirs stands beside it.", "id")
    if question.revealed_at is not None:
        raise Refused(Code.ALREADY_DONE, "The answer is shown already.", "id")
    return {"revealed_at": now}


def answer(question: Question, text: str, by: Viewer, now: datetime, right: bool | None = None) -> TutorAnswer:
    """A tutor's own answer. They may put it in better words later; another tutor may not.

    Raises Refused (FORBIDDEN) for anybody but a tutor, (ALREADY_DONE) when another tutor has answered, (INVALID,
    TOO_LONG) for the text.
    """
    if by.role is not Role.TUTOR:
        raise Refused(Code.FORBIDDEN, "Only a tutor of the student answers their questions.", "id")
    if question.answered_by_tutor_id not in {None, by.id}:
        raise Refused(Code.ALREADY_DONE, "Another tutor has answered this question.", "id")
    return TutorAnswer(required_text(text, "answer", MAX_ANSWER), by.id, now, right, question.version + 1)
