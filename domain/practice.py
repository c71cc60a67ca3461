"""Practice: the bank of items, and what is assigned to whom."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import optional_text, required_text, text_list

MAX_QUESTION = 10_000
MAX_ANSWER = 10_000
MAX_EXPLANATION = 20_000
MAX_CHOICES = 20
MAX_CHOICE = 1_000
MAX_TAGS = 20
MAX_TAG = 200
MAX_SOURCE = 500
MAX_RESPONSE = 10_000


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


class ChoiceKind(StrEnum):
    """What a question is to the student for whom it is chosen."""

    NEW = "new"
    RETRY = "retry"
    REVIEW = "review"


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
    """The bank item's, or what the companion wrote it for."""
    flagged: bool
    subject_id: UUID | None
    difficulty_level: int | None
    goal_tags: tuple[str, ...]
    student_rating_before: int | None
    student_rating_after: int | None
    performance_score: Decimal | None
    predicted_success: Decimal | None
    """The score that was expected: when it was answered, until then when it was chosen; None for neither."""
    choice_kind: ChoiceKind | None
    """What it was to the student when the companion chose it; None for what a person assigned."""
    choice_reason: str | None
    held: bool
    """Whether it is kept from the student: until it is reviewed, or for good when a tutor has said no to it."""
    generation_id: UUID | None
    """The record of its writing; None for what the companion did not write."""
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


@dataclass(frozen=True, slots=True)
class PracticeItemDraft:
    """The columns of an item that a person writes, as they will be; they have been checked, and go together."""

    question_text: str
    answer_text: str
    explanation: str | None
    choices: tuple[str, ...]
    answer_type: AnswerType
    subject_id: UUID
    difficulty_level: int
    goal_tags: tuple[str, ...]
    topic_tags: tuple[str, ...]
    source: str | None
    licence: str | None

    def values(self) -> dict[str, Any]:
        """By column name."""
        columns = asdict(self)
        return columns | {name: list(columns[name]) for name in ("choices", "goal_tags", "topic_tags")}


@dataclass(frozen=True, slots=True)
class Attempt:
    """What a student answered, or the score a tutor gave; `score` None is to be found out by grading."""

    response: str | None
    score: Decimal | None
    worked_out: "WorkedOut | None" = None


@dataclass(frozen=True, slots=True)
class WorkedOut:
    """What computer algebra made of a response, ahead of the transaction that completes the practice."""

    version: int
    """Of the practice, whose answer the response was compared with."""
    score: Decimal


def draft_item(
    *,
    question_text: str | None,
    answer_text: str | None,
    explanation: str | None,
    choices: Sequence[str] | None,
    answer_type: AnswerType | None,
    subject_id: UUID | None,
    difficulty_level: int | None,
    goal_tags: Sequence[str] | None,
    topic_tags: Sequence[str] | None,
    source: str | None,
    licence: str | None,
) -> PracticeItemDraft:
    """An item for the bank. Raises Refused (INVALID, TOO_LONG)."""
    if answer_type is None:
        raise Refused(Code.INVALID, "Say what form the answer takes.", "answer_type")
    if subject_id is None:
        raise Refused(Code.INVALID, "An item belongs to a subject.", "subject_id")
    if difficulty_level is None or not 1 <= difficulty_level <= 10:
        raise Refused(Code.INVALID, "Difficulty goes from 1, the easiest, to 10.", "difficulty_level")
    answer = required_text(answer_text, "answer_text", MAX_ANSWER)
    return PracticeItemDraft(
        question_text=required_text(question_text, "question_text", MAX_QUESTION),
        answer_text=answer,
        explanation=optional_text(explanation, "explanation", MAX_EXPLANATION),
        choices=_choices(choices or (), answer_type, answer),
        answer_type=answer_type,
        subject_id=subject_id,
        difficulty_level=difficulty_level,
        goal_tags=_tags(goal_tags or (), "goal_tags"),
        topic_tags=_tags(topic_tags or (), "topic_tags"),
        source=optional_text(source, "source", MAX_SOURCE),
        licence=optional_text(licence, "licence", MAX_SOURCE),
    )


def edit_item(
    item: PracticeItem, solution: Solution, *, expected_version: int | None = None, **edits: Any
) -> PracticeItemDraft:
    """The item with some of its columns changed.

    Raises Refused (STALE_VERSION) when the item has another version than expected, (INVALID, TOO_LONG) like
    draft_item.
    """
    if expected_version not in {None, item.version}:
        raise Refused(
            Code.STALE_VERSION,
            f"Somebody else changed the item: it is at version {item.version}. Read it again.",
            "expected_version",
        )
    current = {"answer_text": solution.answer, "explanation": solution.explanation}
    kept = {name: getattr(item, name) for name in PracticeItemDraft.__dataclass_fields__ if name not in current}
    return draft_item(**(kept | current | edits))


def content_changed(item: PracticeItem, solution: Solution, draft: PracticeItemDraft) -> str | None:
    """The first field of an item's content that an edit changes; None when all that students go by stays."""
    before = {
        "question_text": item.question_text,
        "answer_text": solution.answer,
        "explanation": solution.explanation,
        "choices": item.choices,
        "answer_type": item.answer_type,
    }
    return next((name for name, value in before.items() if getattr(draft, name) != value), None)


def keep_content(assigned: bool, field: str) -> None:
    """Whether an item's content may change. Raises Refused (IN_USE) once it has been assigned.

    What a student was asked, and what their answer was measured by, stays as it was.
    """
    if assigned:
        raise Refused(
            Code.IN_USE, "The item has been assigned already; put it out of use and add a new one instead.", field
        )


def switch_item(item: PracticeItem, active: bool) -> None:
    """Whether the item may be put in or out of use. Raises Refused (ALREADY_DONE)."""
    if item.is_active is active:
        state = "in use" if active else "out of use"
        raise Refused(Code.ALREADY_DONE, f"The item is {state} already.", "active")


def assignable(item: PracticeItem | None) -> PracticeItem:
    """The item, if it can be assigned. Raises Refused (NOT_FOUND, CONFLICT)."""
    if item is None:
        raise Refused(Code.NOT_FOUND, "There is no such item in the bank.", "item_id")
    if not item.is_active:
        raise Refused(Code.CONFLICT, "The item is out of use; choose another.", "item_id")
    return item


def approve(practice: PracticeAssignment) -> None:
    """Whether there is anything to approve. Raises Refused (ALREADY_DONE)."""
    if not practice.flagged:
        raise Refused(Code.ALREADY_DONE, "The item is not waiting for review.", "id")


def reject(practice: PracticeAssignment) -> None:
    """Whether a tutor can say no to it. Raises Refused (ALREADY_DONE, CONFLICT)."""
    approve(practice)
    if practice.completed:
        raise Refused(Code.CONFLICT, "The student has answered it already; override it instead.", "id")


def attempt(
    practice: PracticeAssignment, response: str | None, score: Decimal | None, worked_out: WorkedOut | None = None
) -> Attempt:
    """A response to be graded, or a score that was given.

    Raises Refused (ALREADY_DONE) for completed practice, (INVALID) without both or for a score outside 0 to 1,
    (TOO_LONG) for the response.
    """
    if practice.completed:
        raise Refused(Code.ALREADY_DONE, "This has been completed already.", "id")
    text = optional_text(response, "response", MAX_RESPONSE)
    if score is not None:
        if not (score.is_finite() and 0 <= score <= 1):
            raise Refused(Code.INVALID, "A score goes from 0 to 1.", "performance_score")
        return Attempt(text, score.quantize(Decimal("0.01")))
    if text is None:
        raise Refused(Code.INVALID, "Write a response; it cannot be blank.", "response")
    return Attempt(text, None, worked_out)


def _choices(choices: Sequence[str], answer_type: AnswerType, answer: str) -> tuple[str, ...]:
    if answer_type is not AnswerType.MULTIPLE_CHOICE:
        if choices:
            raise Refused(Code.INVALID, "Only a multiple choice item has choices.", "choices")
        return ()
    texts = text_list(choices, "choices", longest=MAX_CHOICE, most=MAX_CHOICES)
    if not 2 <= len(texts) == len(choices) == len(set(texts)):
        raise Refused(Code.INVALID, "Give two or more choices, all different and none blank.", "choices")
    if answer not in texts:
        raise Refused(Code.INVALID, "The answer must be one of the choices, word for word.", "answer_text")
    return tuple(texts)


def _tags(tags: Sequence[str], field: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(text_list(tags, field, longest=MAX_TAG, most=MAX_TAGS)))
