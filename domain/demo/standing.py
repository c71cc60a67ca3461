"""Where the demo students stand: counted from what they did, by the rules of domain.progress."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID, uuid5
from zoneinfo import ZoneInfo

from domain import progress
from domain.demo.facts import SESSIONS, SUBJECT_NAMES, subject_and_level
from domain.demo.people import GOALS, PEOPLE, DemoGoal
from domain.demo.practice import PRACTICE
from domain.goals import GoalStatus
from domain.progress import ActiveGoal, EntryKind, Totals, Work
from domain.users import zone_of
from domain.viewer import Role

_KEYS = UUID(int=0)
_ZONE = zone_of({})


def at(now: datetime, days: int, hour: int = 16, minutes: int = 0) -> datetime:
    """That many days ago, so many minutes after the hour (UTC). At least a day, so that it is past."""
    day = (now - timedelta(days=days)).replace(hour=hour, minute=0, second=0, microsecond=0)
    return day + timedelta(minutes=minutes)


@dataclass(frozen=True, slots=True)
class DemoEntry:
    """Something that was counted, for a student (`goal` None) or for one of their goals; all by key."""

    student: str
    kind: EntryKind
    source: str
    goal: str | None
    xp: int
    percent: Decimal
    at: datetime


@dataclass(frozen=True, slots=True)
class DemoStanding:
    """What all of it comes to."""

    entries: tuple[DemoEntry, ...]
    goals: dict[str, ActiveGoal]
    """Each goal with its percentage and points, by key."""
    streaks: dict[str, int]
    """Days in a row with work on each goal, by key."""
    gamification: dict[str, dict[str, Any]]
    """Of each student, by key."""


def counted(now: datetime) -> DemoStanding:
    """Everything that was done, counted in its order, as the product would have."""
    entries: list[DemoEntry] = []
    goals = {goal.key: _begun(goal, now) for goal in GOALS}
    gamification: dict[str, dict[str, Any]] = {}
    streaks = dict.fromkeys(goals, 0)
    for person in PEOPLE:
        if person.role is not Role.STUDENT:
            continue
        own = [goal for goal in GOALS if goal.student == person.key]
        done: list[tuple[str, Work]] = []
        stored: dict[str, Any] = {"meta_rewards": list(person.rewards)}
        for key, work in _works(person.key, now):
            day = progress.day_of(work.occurred_at, _ZONE)
            practised = sum(
                each.xp
                for each in entries
                if each.student == person.key
                and each.goal is None
                and each.kind is EntryKind.PRACTICE
                and day[0] <= each.at < day[1]
            )
            xp = progress.points(work, practised)
            entries.append(DemoEntry(person.key, work.kind, key, None, xp, Decimal(0), work.occurred_at))
            for goal in own:
                reached = goal.done_days is not None and work.occurred_at >= at(now, goal.done_days)
                if goal.status is GoalStatus.PAUSED or reached:
                    continue
                held = goals[goal.key]
                if held.subject_id in (None, work.subject_id) and work.occurred_at >= held.created_at:
                    percent = progress.share(work, held)
                    entries.append(DemoEntry(person.key, work.kind, key, goal.key, xp, percent, work.occurred_at))
                    goals[goal.key] = replace(
                        held,
                        completion_percentage=held.completion_percentage + percent,
                        xp_earned=held.xp_earned + xp,
                    )
            done.append((key, work))
            stored = progress.standing(stored, xp, _totals(done), _streak(done, work.occurred_at, None))
        for goal in own:
            if goal.status is GoalStatus.ACTIVE:
                streaks[goal.key] = _streak(done, now, goals[goal.key].subject_id)
            if goal.status is GoalStatus.COMPLETED:
                goals[goal.key] = replace(goals[goal.key], completion_percentage=Decimal(100))
        gamification[person.key] = progress.standing(stored, 0, _totals(done), _streak(done, now, None))
    return DemoStanding(tuple(entries), goals, streaks, gamification)


def tracked(profile: dict[str, Any], student: str, standing: DemoStanding) -> dict[str, Any]:
    """A student's profile with where their active goals are."""
    own = [goal for goal in GOALS if goal.student == student and goal.status is GoalStatus.ACTIVE]
    own.sort(key=lambda goal: -goal.set_days)
    return progress.tracked(profile, [(standing.goals[goal.key], standing.streaks[goal.key]) for goal in own])


def _key(key: str) -> UUID:
    return uuid5(_KEYS, key)


def _begun(goal: DemoGoal, now: datetime) -> ActiveGoal:
    return ActiveGoal(
        id=_key(goal.key),
        subject_id=None if goal.subject is None else _key(goal.subject),
        subject=None if goal.subject is None else SUBJECT_NAMES[goal.subject],
        completion_percentage=Decimal(goal.percent),
        xp_earned=0,
        created_at=at(now, goal.set_days),
    )


def _works(student: str, now: datetime) -> Iterable[tuple[str, Work]]:
    found: list[tuple[str, Work]] = []
    for held in SESSIONS:
        if held.student == student:
            found.append((held.key, _work(EntryKind.SESSION, held.key, student, held.subject, at(now, held.days))))
    for assigned in PRACTICE:
        if assigned.student == student and assigned.done is not None:
            subject, _ = subject_and_level(assigned)
            moment = at(now, assigned.done, hour=18)
            work = _work(EntryKind.PRACTICE, assigned.key, student, subject, moment)
            found.append((assigned.key, replace(work, score=Decimal(assigned.score))))
    for goal in GOALS:
        if goal.student == student and goal.done_days is not None and goal.confirmed:
            moment = at(now, goal.done_days)
            found.append((goal.key, _work(EntryKind.GOAL, goal.key, student, goal.subject, moment)))
    return sorted(found, key=lambda each: each[1].occurred_at)


def _work(kind: EntryKind, key: str, student: str, subject: str | None, moment: datetime) -> Work:
    return Work(kind, _key(key), _key(student), None if subject is None else _key(subject), moment)


def _totals(done: Iterable[tuple[str, Work]]) -> Totals:
    works = [work for _, work in done]
    return Totals(
        practice=sum(work.kind is EntryKind.PRACTICE and bool(work.score) for work in works),
        right=sum(work.kind is EntryKind.PRACTICE and work.score == 1 for work in works),
        sessions=sum(work.kind is EntryKind.SESSION for work in works),
        goals=sum(work.kind is EntryKind.GOAL for work in works),
    )


def _streak(done: Iterable[tuple[str, Work]], moment: datetime, subject: UUID | None, zone: ZoneInfo = _ZONE) -> int:
    days = {
        progress.local_day(work.occurred_at, zone)
        for _, work in done
        if work.kind is not EntryKind.GOAL and subject in (None, work.subject_id)
    }
    return progress.streak(days, progress.local_day(moment, zone))
