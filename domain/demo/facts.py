"""What follows from the demo data: ratings, aggregates, what an override is about."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from domain import transcripts
from domain.companion.summaries import SessionFacts, SummaryDraft, extractive
from domain.demo import maya, others
from domain.demo.companion import OVERRIDES, QUESTIONS, DemoOverride
from domain.demo.people import GOALS, SUBJECTS, DemoPerson
from domain.demo.practice import ITEMS, PRACTICE, DemoItem, DemoPractice
from domain.demo.session import DemoSession
from domain.goals import GoalStatus
from domain.overrides import AnswerContent, OverrideContent, OverrideType, PracticeContent, SummaryContent
from domain.rating import (
    NEW_STUDENT,
    UNKNOWN,
    Answered,
    Familiarity,
    Standing,
    answered,
    guess_chance,
    new_question,
)
from domain.viewer import Role

SESSIONS: tuple[DemoSession, ...] = (*maya.SESSIONS, *others.SESSIONS)
ITEM_OF: Mapping[str, DemoItem] = {item.key: item for item in ITEMS}
SUBJECT_NAMES = {subject.key: subject.name for subject in SUBJECTS}


def subject_and_level(assigned: DemoPractice) -> tuple[str, int]:
    """The subject's key and the difficulty of what is assigned."""
    content = ITEM_OF[assigned.content] if isinstance(assigned.content, str) else assigned.content
    return content.subject, content.level


def in_order(practice: Sequence[DemoPractice]) -> list[DemoPractice]:
    """What has been solved, earliest first."""
    return sorted((assigned for assigned in practice if assigned.done is not None), key=lambda one: -(one.done or 0))


@dataclass(frozen=True, slots=True)
class DemoAnswer:
    """An answer, and what it moved."""

    before: Standing
    question: Standing
    moved: Answered
    item: str | None
    """The key of the item of the bank whose rating it moved."""


def rated(practice: Sequence[DemoPractice]) -> dict[str, DemoAnswer]:
    """What each solved item moved, as the product would have moved it, earliest first."""
    students: dict[tuple[str, str], Standing] = {}
    questions: dict[str, Standing] = {}
    known: dict[tuple[str, str], Familiarity] = {}
    moves: dict[str, DemoAnswer] = {}
    for assigned in in_order(practice):
        subject, level = subject_and_level(assigned)
        overridden = any(made.target == assigned.key and not made.reverted for made in OVERRIDES)
        item = assigned.content if isinstance(assigned.content, str) and not overridden else None
        choices = len(ITEM_OF[assigned.content].choices) if isinstance(assigned.content, str) else 0
        own, pair = (assigned.student, subject), (assigned.student, item or "")
        before = students.get(own, NEW_STUDENT)
        question = questions.get(item or "", new_question(level))
        moved = answered(
            before,
            question,
            known.get(pair, UNKNOWN) if item else UNKNOWN,
            Decimal(assigned.score),
            guess=guess_chance(choices),
        )
        students[own] = moved.student
        if item:
            questions[item], known[pair] = moved.question, moved.familiarity
        moves[assigned.key] = DemoAnswer(before, question, moved, item)
    return moves


def drafted(session: DemoSession) -> SummaryDraft:
    """The summary of a session with its claims, as the embedded engine writes it."""
    turns = transcripts.parse(session.talk).turns if session.talk else None
    return extractive(SessionFacts(SUBJECT_NAMES[session.subject], session.topics, session.minutes, turns))


def content_of(session: DemoSession) -> SummaryContent:
    """What an override of its summary is measured by."""
    draft = drafted(session)
    return SummaryContent(draft.narrative, draft.next_steps, draft.subjects_covered)


def target_of(made: DemoOverride) -> tuple[str, int | None, OverrideContent]:
    """Whose the target of an override is, how hard, and what it says."""
    match made.kind:
        case OverrideType.SUMMARY:
            session = next(session for session in SESSIONS if session.key == made.target)
            return session.student, None, content_of(session)
        case OverrideType.PRACTICE:
            assigned = next(assigned for assigned in PRACTICE if assigned.key == made.target)
            content = ITEM_OF[assigned.content] if isinstance(assigned.content, str) else assigned.content
            says = PracticeContent(content.question, content.answer, content.explanation, content.level)
            return assigned.student, content.level, says
        case OverrideType.QA_ANSWER:
            asked = next(asked for asked in QUESTIONS if asked.key == made.target)
            return asked.student, None, AnswerContent(asked.answer)


def profile(person: DemoPerson) -> dict[str, Any]:
    """The column `profile`."""
    if person.role is not Role.STUDENT:
        return {"preferences": {"learning_style": person.style.value, "nudge_frequency_cap": 0}}
    own = [goal for goal in GOALS if goal.student == person.key and goal.status is GoalStatus.ACTIVE and goal.subject]
    return {
        "goals": list(person.aims),
        "subjects": [SUBJECT_NAMES[goal.subject or ""] for goal in own],
        "preferences": {"learning_style": person.style.value, "nudge_frequency_cap": person.nudges_a_day},
    }
