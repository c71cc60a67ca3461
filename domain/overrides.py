"""Overrides: a tutor's correction of what the companion wrote."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any, TypeAlias
from uuid import UUID

from domain import questions
from domain.errors import Code, Refused
from domain.events import CURRENT, HEARTBEAT
from domain.practice import PracticeAssignment, Solution
from domain.questions import AnswerOutcome, Question
from domain.summaries import Summary
from domain.text import optional_text, required_text, text_list

MAX_REASON = 2_000
MAX_NARRATIVE = 20_000
MAX_STEP = 1_000
MAX_STEPS = 50
MAX_SUBJECT = 100
MAX_SUBJECTS = 50
MAX_PRACTICE_QUESTION = 10_000
MAX_PRACTICE_ANSWER = 5_000
MAX_EXPLANATION = 20_000
MAX_ANSWER = questions.MAX_ANSWER


class OverrideType(StrEnum):
    """What was corrected."""

    SUMMARY = "summary"
    PRACTICE = "practice"
    QA_ANSWER = "qa_answer"


class OverrideChange(StrEnum):
    """What a stream of overrides tells; each but the last two is the event kind of that value."""

    MADE = "override_made"
    REVERTED = "override_reverted"
    CURRENT = CURRENT
    HEARTBEAT = HEARTBEAT


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

    @property
    def active(self) -> bool:
        """Whether it has not been reverted."""
        return self.reverted_at is None


@dataclass(frozen=True, slots=True)
class OverrideFilter:
    """Narrows a list of overrides; None does not narrow. `active` leaves out the reverted."""

    override_type: OverrideType | None = None
    active: bool | None = None


# What a target says at one time, whole: as it is stored in `original_content` and `new_content`.


@dataclass(frozen=True, slots=True)
class SummaryContent:
    """What a summary says."""

    narrative: str
    next_steps: tuple[str, ...]
    subjects_covered: tuple[str, ...]

    def values(self) -> dict[str, Any]:
        """By column of summaries."""
        return {
            "narrative": self.narrative,
            "next_steps": list(self.next_steps),
            "subjects_covered": list(self.subjects_covered),
        }


@dataclass(frozen=True, slots=True)
class PracticeContent:
    """What an assigned practice item says."""

    question: str
    answer: str | None
    """None where the reader may not see it."""
    explanation: str | None
    difficulty_level: int | None

    def values(self, bank: "PracticeContent | None" = None) -> dict[str, Any]:
        """By column of practice_assignments. A text that the item of the bank has as well is left to the bank."""
        texts = {"ai_question_text": "question", "ai_answer_text": "answer", "ai_explanation": "explanation"}
        columns = {
            column: None if bank is not None and getattr(bank, text) == getattr(self, text) else getattr(self, text)
            for column, text in texts.items()
        }
        return columns | {"difficulty_level": self.difficulty_level}


@dataclass(frozen=True, slots=True)
class AnswerContent:
    """What a question was answered."""

    answer: str

    def values(self) -> dict[str, Any]:
        """By column of qa_interactions."""
        return {"answer": self.answer}


OverrideContent: TypeAlias = SummaryContent | PracticeContent | AnswerContent


@dataclass(frozen=True, slots=True)
class OverrideContents:
    """What the target of an override said before it and after it."""

    before: OverrideContent | None
    """None once the student has been erased; so is `after`."""
    after: OverrideContent | None


def content_of(override_type: OverrideType, stored: Mapping[str, Any] | None) -> OverrideContent | None:
    """Read a snapshot; a key that is missing or of another kind gives an empty value, never an error."""
    if stored is None:
        return None
    match override_type:
        case OverrideType.SUMMARY:
            return SummaryContent(
                narrative=_text(stored.get("narrative")) or "",
                next_steps=_texts(stored.get("next_steps")),
                subjects_covered=_texts(stored.get("subjects_covered")),
            )
        case OverrideType.PRACTICE:
            level = stored.get("difficulty_level")
            return PracticeContent(
                question=_text(stored.get("question")) or "",
                answer=_text(stored.get("answer")),
                explanation=_text(stored.get("explanation")),
                difficulty_level=level if type(level) is int and 1 <= level <= 10 else None,
            )
        case OverrideType.QA_ANSWER:
            return AnswerContent(answer=_text(stored.get("answer")) or "")


@dataclass(frozen=True, slots=True)
class OverrideDraft:
    """An override about to be made; its texts have been checked."""

    override_type: OverrideType
    target_id: UUID
    student_id: UUID
    before: OverrideContent
    after: OverrideContent
    changed: tuple[str, ...]
    """The names of the content's fields that differ."""
    reason: str | None
    subject_id: UUID | None
    difficulty_level: int | None
    target_version: int
    held: bool = False
    """Whether practice stays kept from its student: a tutor has said no to it."""

    @property
    def action(self) -> str:
        """What was done, in a line."""
        return f"changed {', '.join(name.replace('_', ' ') for name in self.changed)}"

    def target_values(self, override_id: UUID) -> dict[str, Any]:
        """The target's columns as they will be, once the override has its id."""
        values = self.after.values()
        if self.override_type is OverrideType.PRACTICE:
            # A tutor has looked at it now.
            values |= {"flagged": False, "held": self.held}
        return values | {"overridden": True, "override_id": override_id, "version": self.target_version}


@dataclass(frozen=True, slots=True)
class Reverting:
    """The end of an override: its target says again what it said before."""

    content: OverrideContent
    still: UUID | None
    """An earlier override of the same target, which is in force again."""
    version: int

    def target_values(self, bank: PracticeContent | None = None) -> dict[str, Any]:
        """The target's columns as they will be. `bank` is what the bank says of a practice item from it."""
        content = self.content
        own = content.values(bank) if isinstance(content, PracticeContent) and not self.still else content.values()
        return own | {"overridden": self.still is not None, "override_id": self.still, "version": self.version}


def staleness(version: int, expected: int) -> Refused | None:
    """The refusal (STALE_VERSION) when the target is not at the version that the tutor has read."""
    if version == expected:
        return None
    return Refused(
        Code.STALE_VERSION,
        f"This has changed since you read it: it is at version {version}, not {expected}. Look at it as it is now.",
        "expected_version",
    )


def rewrite_summary(
    summary: Summary,
    *,
    narrative: str | None,
    next_steps: Sequence[str] | None,
    subjects_covered: Sequence[str] | None,
    reason: str | None,
    subject_id: UUID | None,
) -> OverrideDraft:
    """A summary in a tutor's words; None keeps what it says. `subject_id` is that of its session.

    Raises Refused (INVALID, TOO_LONG), (INVALID) as well when nothing would be different.
    """
    before = SummaryContent(summary.narrative, summary.next_steps, summary.subjects_covered)
    after = SummaryContent(
        before.narrative if narrative is None else required_text(narrative, "narrative", MAX_NARRATIVE),
        before.next_steps
        if next_steps is None
        else tuple(text_list(next_steps, "next_steps", longest=MAX_STEP, most=MAX_STEPS)),
        before.subjects_covered
        if subjects_covered is None
        else tuple(text_list(subjects_covered, "subjects_covered", longest=MAX_SUBJECT, most=MAX_SUBJECTS)),
    )
    return _draft(
        OverrideType.SUMMARY, summary, before, after, reason=reason, subject_id=subject_id, difficulty_level=None
    )


def rewrite_practice(
    practice: PracticeAssignment,
    solution: Solution,
    *,
    question: str | None,
    answer: str | None,
    explanation: str | None,
    difficulty_level: int | None,
    reason: str | None,
) -> OverrideDraft:
    """An assigned practice item in a tutor's words, completed or not; None keeps what it says.

    Raises Refused (INVALID, TOO_LONG), (INVALID) as well for an answer that is none of the choices, and when nothing
    would be different.
    """
    before = PracticeContent(practice.question_text, solution.answer, solution.explanation, practice.difficulty_level)
    after = PracticeContent(
        before.question if question is None else required_text(question, "question", MAX_PRACTICE_QUESTION),
        before.answer if answer is None else required_text(answer, "answer", MAX_PRACTICE_ANSWER),
        before.explanation if explanation is None else required_text(explanation, "explanation", MAX_EXPLANATION),
        before.difficulty_level if difficulty_level is None else difficulty_level,
    )
    if after.difficulty_level is not None and not 1 <= after.difficulty_level <= 10:
        raise Refused(Code.INVALID, "The difficulty is a level from 1 to 10.", "difficulty_level")
    if after.answer != before.answer and practice.choices and after.answer not in practice.choices:
        raise Refused(Code.INVALID, "The answer must be one of the item's choices.", "answer")
    draft = _draft(
        OverrideType.PRACTICE,
        practice,
        before,
        after,
        reason=reason,
        subject_id=practice.subject_id,
        difficulty_level=after.difficulty_level,
    )
    return replace(draft, held=practice.held and not practice.flagged)


def rewrite_answer(question: Question, *, answer: str, reason: str | None, subject_id: UUID | None) -> OverrideDraft:
    """A tutor's answer in the place of the companion's. `subject_id` is what the question is about, if known.

    Raises Refused (INVALID, TOO_LONG), (INVALID) as well when nothing would be different, (CONFLICT) where the student
    may be in danger: everybody who teaches them could read the correction.
    """
    if question.outcome is AnswerOutcome.SAFEGUARDING:
        raise Refused(Code.CONFLICT, "This is no answer to correct; answer the student in your own words.", "id")
    before = AnswerContent(question.answer or "")
    after = AnswerContent(required_text(answer, "answer", MAX_ANSWER))
    return _draft(
        OverrideType.QA_ANSWER, question, before, after, reason=reason, subject_id=subject_id, difficulty_level=None
    )


def revert(override: Override, active: Sequence[Override], before: OverrideContent | None, version: int) -> Reverting:
    """End an override. `active` are the overrides of its target that are in force, latest first; `before` is what
    the target said before it, `version` at which the target is.

    Raises Refused (ALREADY_DONE) for one that has been reverted, (CONFLICT) when a later one stands on it.
    """
    if not override.active:
        raise Refused(Code.ALREADY_DONE, "This override has been reverted already.", "id")
    if before is None or not active or active[0].id != override.id:
        raise Refused(Code.CONFLICT, "A later override stands on this one; revert that one first.", "id")
    return Reverting(content=before, still=active[1].id if len(active) > 1 else None, version=version + 1)


def _draft(
    override_type: OverrideType,
    target: Summary | PracticeAssignment | Question,
    before: OverrideContent,
    after: OverrideContent,
    *,
    reason: str | None,
    subject_id: UUID | None,
    difficulty_level: int | None,
) -> OverrideDraft:
    was, will_be = asdict(before), asdict(after)
    changed = tuple(name for name in was if was[name] != will_be[name])
    if not changed:
        raise Refused(Code.INVALID, "This is what it says already; change something.")
    return OverrideDraft(
        override_type=override_type,
        target_id=target.id,
        student_id=target.student_id,
        before=before,
        after=after,
        changed=changed,
        reason=optional_text(reason, "reason", MAX_REASON),
        subject_id=subject_id,
        difficulty_level=difficulty_level,
        target_version=target.version + 1,
    )


def _text(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _texts(value: object) -> tuple[str, ...]:
    return tuple(item for item in value if isinstance(item, str)) if isinstance(value, list) else ()
