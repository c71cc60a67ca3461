"""Counting what was done: when, about what, by whom and for whom.

Days, weeks and months are those of UTC; a week begins on Monday.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from typing import Generic, TypeVar
from uuid import UUID

from domain.errors import BadRequest
from domain.goals import GoalStatus
from domain.nudges import NudgeChannel, NudgeType
from domain.overrides import OverrideType
from domain.questions import Confidence

MAX_DAYS = 3_660
"""The longest time that is counted at once: ten years."""
DEFAULT_DAYS = 30
MAX_ROWS = 1_000

PERIODS = frozenset({"day", "week", "month"})


class OverrideGrouping(StrEnum):
    """What overrides can be counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TYPE = "override_type"
    SUBJECT = "subject_id"
    DIFFICULTY = "difficulty_level"
    TUTOR = "tutor_id"
    STUDENT = "student_id"


class ConfidenceGrouping(StrEnum):
    """What answers can be counted by, besides their confidence."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    SUBJECT = "subject_name"
    STUDENT = "student_id"


class NudgeGrouping(StrEnum):
    """What nudges can be counted by."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    TYPE = "type"
    CHANNEL = "channel"
    PERSON = "user_id"


G = TypeVar("G", OverrideGrouping, ConfidenceGrouping, NudgeGrouping)


@dataclass(frozen=True, slots=True)
class Count(Generic[G]):
    """What is to be counted: from `start` on and before `end`, one row for each group."""

    start: datetime
    end: datetime
    group_by: tuple[G, ...]
    student_id: UUID | None


@dataclass(frozen=True, slots=True)
class OverrideCount:
    """Overrides of one group; what they are not grouped by is None."""

    period_start: date | None
    override_type: OverrideType | None
    subject_id: UUID | None
    difficulty_level: int | None
    tutor_id: UUID | None
    student_id: UUID | None
    override_count: int
    unique_tutors: int
    unique_students: int


@dataclass(frozen=True, slots=True)
class ConfidenceCount:
    """Answers of one confidence in one group."""

    period_start: date | None
    subject_name: str | None
    student_id: UUID | None
    confidence: Confidence
    count: int
    percentage: Decimal
    """Of all answers in the group."""


@dataclass(frozen=True, slots=True)
class Calibrated:
    """Answers with scores of one tenth that a tutor judged."""

    score_from: Decimal
    """0.0 to 0.9; the last tenth has 1 in it."""
    judged_count: int
    right_count: int
    mean_score: Decimal
    right_percentage: Decimal


@dataclass(frozen=True, slots=True)
class NudgeCount:
    """Nudges of one group."""

    period_start: date | None
    type: NudgeType | None
    channel: NudgeChannel | None
    user_id: UUID | None
    sent_count: int
    opened_count: int
    clicked_count: int
    opened_percentage: Decimal | None
    """None where none were sent."""
    clicked_percentage: Decimal | None


@dataclass(frozen=True, slots=True)
class GoalProgress:
    """How a student gets on with one active goal."""

    student_id: UUID
    goal_id: UUID
    subject_name: str | None
    completion_percentage: Decimal
    current_streak: int
    xp_earned: int
    status: GoalStatus
    target_completion_date: date | None
    sessions_count: int
    practice_items_completed: int
    average_rating: Decimal | None


@dataclass(frozen=True, slots=True)
class Window:
    """From `start` on and before `end`."""

    start: datetime
    end: datetime


def counted(
    first: date | None, end: date | None, group_by: Sequence[G], student_id: UUID | None, *, today: date
) -> Count[G]:
    """What to count from the day `first` on and before the day `end`: the 30 days before `end`, and `end` tomorrow,
    unless given.

    Raises BadRequest (BAD_RANGE) for an empty or too long time, (BAD_GROUPING) for more than one of days, weeks and
    months.
    """
    try:
        end = end or today + timedelta(days=1)
        first = first or end - timedelta(days=DEFAULT_DAYS)
    except OverflowError:
        raise BadRequest("BAD_RANGE", "The calendar ends there; give both `from` and `to`.") from None
    if first >= end:
        raise BadRequest("BAD_RANGE", f"`from` must be before `to`, which is not counted; they are {first} and {end}.")
    if (end - first).days > MAX_DAYS:
        raise BadRequest("BAD_RANGE", f"At most {MAX_DAYS:,} days are counted at once.")
    groups = tuple(dict.fromkeys(group_by))
    if sum(group.value in PERIODS for group in groups) > 1:
        raise BadRequest("BAD_GROUPING", "Group by one of days, weeks and months.")
    return Count(_midnight(first), _midnight(end), groups, student_id)


def window(first: date | None, end: date | None) -> Window | None:
    """From the day `first` on and before the day `end`; None for all time. Raises BadRequest (BAD_RANGE)."""
    if first is None and end is None:
        return None
    first, end = first or date.min, end or date.max
    if first >= end:
        raise BadRequest("BAD_RANGE", f"`from` must be before `to`, which is not counted; they are {first} and {end}.")
    return Window(_midnight(first), _midnight(end))


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


R = TypeVar("R")


def all_of(rows: list[R]) -> list[R]:
    """The rows. Raises BadRequest (TOO_MANY_ROWS) for more than a client can want at once."""
    if len(rows) > MAX_ROWS:
        raise BadRequest("TOO_MANY_ROWS", f"More than {MAX_ROWS:,} groups; count a shorter time, or group by less.")
    return rows
