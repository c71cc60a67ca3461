"""The rules of progress, by themselves."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.progress import (
    ActiveGoal,
    EntryKind,
    Totals,
    Work,
    badges,
    level_of,
    local_day,
    points,
    share,
    standing,
    streak,
    tracked,
)

MONDAY = datetime(2026, 3, 2, 16, tzinfo=UTC)
TODAY = MONDAY.date()
ALGEBRA = uuid4()


def done(kind: EntryKind, score: str | None = None) -> Work:
    return Work(kind, uuid4(), uuid4(), ALGEBRA, MONDAY, None if score is None else Decimal(score))


def goal(percent: str = "0", **values: Any) -> ActiveGoal:
    before = MONDAY - timedelta(days=1)
    return replace(ActiveGoal(uuid4(), ALGEBRA, "Algebra", Decimal(percent), 0, before), **values)


def test_points() -> None:
    earned = [points(done(EntryKind.PRACTICE, score)) for score in (None, "0", "0.55", "1")]
    assert earned == [0, 0, 10, 15]
    assert [points(done(EntryKind.PRACTICE, "1"), before) for before in (0, 135, 140, 150, 200)] == [15, 15, 10, 0, 0]
    assert [points(done(EntryKind.SESSION), 500), points(done(EntryKind.GOAL), 500)] == [30, 100]
    assert (points(done(EntryKind.SESSION)), points(done(EntryKind.GOAL))) == (30, 100)


def test_levels_begin_where_the_rule_says() -> None:
    for level in range(1, 200):
        begin = 50 * level * (level - 1)
        assert level_of(begin) == level
        assert level_of(begin - 1) == max(1, level - 1)
    assert level_of(-5) == 1


def test_work_moves_the_goals_of_its_subject_up_to_a_point() -> None:
    right, session = done(EntryKind.PRACTICE, "1"), done(EntryKind.SESSION)
    assert [share(done(EntryKind.PRACTICE, score), goal()) for score in ("0", "0.5", "1")] == [
        Decimal("0.5"),
        Decimal("1.25"),
        Decimal(2),
    ]
    assert share(session, goal()) == 4
    assert share(right, goal(subject_id=None)) == 2
    assert share(right, goal(subject_id=uuid4())) == 0
    assert share(right, goal(created_at=MONDAY + timedelta(seconds=1))) == 0
    assert share(session, goal("93.5")) == Decimal("1.5")
    assert share(session, goal("95")) == share(session, goal("99")) == 0
    assert share(done(EntryKind.GOAL), goal()) == 0


@pytest.mark.parametrize(
    ("ago", "length"),
    [([], 0), ([0], 1), ([1], 1), ([2], 0), ([0, 1, 2], 3), ([1, 2, 3], 3), ([0, 2, 3], 1), ([-1, 0, 1], 2)],
)
def test_streaks(ago: list[int], length: int) -> None:
    assert streak({TODAY - timedelta(days=days) for days in ago}, TODAY) == length


@given(st.sets(st.integers(0, 40)))
def test_another_day_of_work_never_shortens_a_streak(ago: set[int]) -> None:
    days = {TODAY - timedelta(days=number) for number in ago}
    assert streak(days | {TODAY}, TODAY) >= streak(days, TODAY)
    assert streak(days, TODAY) <= len(days)


def test_days_are_the_students_own() -> None:
    late = datetime(2026, 3, 3, 3, tzinfo=UTC)
    assert local_day(late, ZoneInfo("America/New_York")) == date(2026, 3, 2)
    assert local_day(late, ZoneInfo("Asia/Kathmandu")) == date(2026, 3, 3)
    # The night of the change to summer time has 23 hours.
    before, after = datetime(2026, 3, 8, 4, 59, tzinfo=UTC), datetime(2026, 3, 9, 4, tzinfo=UTC)
    days = {local_day(moment, ZoneInfo("America/New_York")) for moment in (before, after)}
    assert days == {date(2026, 3, 7), date(2026, 3, 9)}


def test_badges_and_levels_stay() -> None:
    assert badges(Totals(0, 0, 0, 0), 0) == []
    assert badges(Totals(12, 10, 0, 1), 7) == [
        "First step",
        "First ten",
        "Ten right",
        "Three days in a row",
        "Seven days in a row",
        "Goal reached",
    ]
    stored = {"xp": 90, "level": 9, "badges": ["Asked a good question", "First step"], "meta_rewards": ["x"], "own": 1}
    assert standing(stored, 15, Totals(1, 0, 0, 0), 0) == {
        "xp": 105,
        "level": 9,
        "badges": ["Asked a good question", "First step"],
        "streaks": 0,
        "meta_rewards": ["x"],
        "own": 1,
    }
    assert standing({"xp": "many", "badges": 3}, 100, Totals(0, 0, 0, 0), 2) == {
        "xp": 100,
        "level": 2,
        "badges": [],
        "streaks": 2,
    }


def test_the_profile_tells_of_goals_with_a_subject() -> None:
    tracking = {"progress": {"multi_goal_tracking": [1], "own": 2}, "goals": ["x"]}
    assert tracked(tracking, [(goal("12.5"), 3), (goal(subject=None, subject_id=None), 4)]) == {
        "progress": {
            "multi_goal_tracking": [{"subject": "Algebra", "completion": 12.5, "streak": 3, "xp": 0}],
            "own": 2,
        },
        "goals": ["x"],
    }
