"""Points, levels, streaks, badges, and how work moves goals: the rules, over plain facts.

- Practice that is not wholly wrong earns 5 points for the work and up to 10 for how right it was, at most 150 in one of
  the student's days; a session, which a tutor records, earns 30; a goal that is reached 100, once a tutor or an
  administrator has said that it is. Each is earned once, however often it is looked at, done again or reopened. So
  nothing is earned by saying so oneself, by answers that are only guessed at, or by doing more of it in a night.
- A level begins at 50 n (n - 1) points: 0, 100, 300, 600, 1,000 and so on. Neither a level nor a badge is taken away.
- A streak is the number of the student's own days in a row with practice or a session, up to today or yesterday: a
  day that is not over yet breaks nothing. Days are those of the student's time zone as it is now.
- Practice and sessions move the active goals of their subject, and those without a subject, that were there before:
  practice by up to 2 percent, less where it went wrong, a session by 4. Work alone takes a goal to 95 percent; that it
  is reached is for a person to say.
- Badges count practice that was not wholly wrong, sessions, days in a row, and goals that a tutor or an administrator
  says are reached.
"""

from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum
from math import isqrt
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.users import gamification_of

BY_WORK_ALONE = Decimal(95)
"""Percent of a goal that practice and sessions reach by themselves."""
MOST_BY_PRACTICE = 150
"""Points that practice earns in one day of the student's."""
LOOK_BACK = timedelta(days=400)
"""How far back days of work count; the longest streak there can be."""


class EntryKind(StrEnum):
    """What earns points."""

    PRACTICE = "practice"
    SESSION = "session"
    GOAL = "goal"


@dataclass(frozen=True, slots=True)
class Work:
    """Something that was done, once."""

    kind: EntryKind
    source_id: UUID
    """The practice, the session, or the goal that was reached."""
    student_id: UUID
    subject_id: UUID | None
    occurred_at: datetime
    score: Decimal | None = None
    """How right practice was, 0 to 1."""


@dataclass(frozen=True, slots=True)
class ProgressEntry:
    """Something that was counted for a student; one of the three ids is what was done."""

    id: UUID
    student_id: UUID
    kind: EntryKind
    practice_id: UUID | None
    session_id: UUID | None
    goal_id: UUID | None
    xp: int
    occurred_at: datetime
    created_at: datetime


@dataclass(frozen=True, slots=True)
class ActiveGoal:
    """What progress needs of a goal that is worked on."""

    id: UUID
    subject_id: UUID | None
    subject: str | None
    completion_percentage: Decimal
    xp_earned: int
    created_at: datetime


@dataclass(frozen=True, slots=True)
class Totals:
    """What a student has done so far."""

    practice: int
    """Practice that was not wholly wrong."""
    right: int
    """Practice that was wholly right."""
    sessions: int
    goals: int
    """Goals that were reached, by the word of a tutor or an administrator."""


def points(work: Work, practised: int = 0) -> int:
    """What it earns, where practice has earned so many points on that day already."""
    if work.kind is EntryKind.PRACTICE:
        earned = 5 + int(work.score * 10) if work.score else 0
        return max(0, min(earned, MOST_BY_PRACTICE - practised))
    return 30 if work.kind is EntryKind.SESSION else 100


def share(work: Work, goal: ActiveGoal) -> Decimal:
    """By how much it moves a goal, in percent; 0 for a goal of another subject, or one set later."""
    elsewhere = goal.subject_id is not None and goal.subject_id != work.subject_id
    if work.kind is EntryKind.GOAL or elsewhere or work.occurred_at < goal.created_at:
        return Decimal(0)
    step = Decimal(4)
    if work.kind is EntryKind.PRACTICE:
        step = Decimal("0.5") + Decimal("1.5") * (work.score or Decimal(0))
    return max(Decimal(0), min(step, BY_WORK_ALONE - goal.completion_percentage))


def level_of(xp: int) -> int:
    """The level that so many points reach, from 1."""
    return (1 + isqrt(1 + 2 * max(0, xp) // 25)) // 2


def streak(days: Collection[date], today: date) -> int:
    """Days in a row with work, up to today, or yesterday where there is none today yet."""
    worked = set(days)
    day = today if today in worked else today - timedelta(days=1)
    length = 0
    while day in worked:
        length += 1
        day -= timedelta(days=1)
    return length


def badges(totals: Totals, days_in_a_row: int) -> list[str]:
    """The badges that are earned."""
    earned = {
        "First step": totals.practice + totals.sessions >= 1,
        "First ten": totals.practice >= 10,
        "A hundred done": totals.practice >= 100,
        "Ten right": totals.right >= 10,
        "Three days in a row": days_in_a_row >= 3,
        "Seven days in a row": days_in_a_row >= 7,
        "Thirty days in a row": days_in_a_row >= 30,
        "Goal reached": totals.goals >= 1,
    }
    return [name for name, has in earned.items() if has]


def standing(stored: Mapping[str, Any], earned: int, totals: Totals, days_in_a_row: int) -> dict[str, Any]:
    """`users.gamification` with points added; every key that is not ours stays."""
    before = gamification_of(stored)
    xp = before.xp + earned
    kept = list(before.badges)
    return {
        **stored,
        "xp": xp,
        "level": max(before.level, level_of(xp)),
        "badges": kept + [name for name in badges(totals, days_in_a_row) if name not in kept],
        "streaks": days_in_a_row,
    }


def tracked(profile: Mapping[str, Any], goals: Collection[tuple[ActiveGoal, int]]) -> dict[str, Any]:
    """`users.profile` with `progress.multi_goal_tracking` of the active goals, each with its streak."""
    rows = [
        {"subject": goal.subject, "completion": float(goal.completion_percentage), "streak": days, "xp": goal.xp_earned}
        for goal, days in goals
        if goal.subject is not None
    ]
    progress = profile.get("progress")
    rest = progress if isinstance(progress, Mapping) else {}
    return {**profile, "progress": {**rest, "multi_goal_tracking": rows}}


def day_of(moment: datetime, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Where the student's day that a moment is in begins, and where the next one does."""
    day = local_day(moment, zone)
    begin, end = (datetime.combine(each, time(), zone) for each in (day, day + timedelta(days=1)))
    return begin, end


def local_day(moment: datetime, zone: ZoneInfo) -> date:
    """The day that a moment is in, where the student is."""
    return moment.astimezone(zone).date()
