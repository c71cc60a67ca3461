"""What a student practises next: near the aim, of different topics, not too soon again, and with its reason."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.choice_simulation import simulate
from domain.errors import Code, Refused
from domain.practice import ChoiceKind
from domain.practice_choice import (
    NEAR,
    Candidate,
    Chosen,
    choose,
    count_wanted,
    has_rested,
    room_for_more,
    settings,
)

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
TARGET = Decimal("0.75")


def _candidate(number: int, rating: int = 809, topics: tuple[str, ...] = ("a",), **known: Any) -> Candidate:
    """A question; a student of 1000 has a chance of 0.75 on one of 809."""
    nothing = {"familiarity": None, "times_answered": None, "last_score": None, "last_answered_at": None}
    facts = {"goal_tags": (), "choices": 0, "rating": Decimal(rating), **nothing, **known}
    return Candidate(item_id=UUID(int=number), difficulty_level=5, topic_tags=topics, **facts)


def _answered(number: int, days: float, score: str, **values: Any) -> Candidate:
    when = NOW - timedelta(days=days)
    return _candidate(
        number, last_score=Decimal(score), last_answered_at=when, times_answered=1, familiarity=Decimal(0), **values
    )


def _choose(
    *candidates: Candidate, count: int = 5, recent: tuple[str, ...] = (), target: Decimal = TARGET
) -> list[int]:
    return [one.candidate.item_id.int for one in _chosen(*candidates, count=count, recent=recent, target=target)]


def _chosen(
    *candidates: Candidate, count: int = 5, recent: tuple[str, ...] = (), target: Decimal = TARGET
) -> list[Chosen]:
    return choose(candidates, rating=1000, target=target, count=count, recent_topics=recent, now=NOW)


def test_nearest_to_the_aim_first() -> None:
    assert _choose(_candidate(1, 600), _candidate(2, 805), _candidate(3, 1400), count=2) == [2, 1]
    assert _choose(_candidate(1, 600), _candidate(2, 805), count=1, target=Decimal("0.90")) == [1]
    assert _choose() == []


def test_topics_alternate_among_what_is_near() -> None:
    bank = [_candidate(number, 809, ("a",)) for number in range(3)] + [_candidate(9, 840, ("b",))]
    assert _choose(*bank, count=3)[1] == 9
    assert _choose(*bank, count=1, recent=("a", "a", "b")) == [9]
    # But not at the price of the aim.
    far = [*bank[:3], _candidate(9, 1100, ("b",))]
    assert _choose(*far, count=3) == [0, 1, 2]


def test_nothing_comes_back_too_soon() -> None:
    fresh, rested = _answered(1, 20.9, "1.00"), _answered(2, 21, "1.00")
    wrong, tried = _answered(3, 1.9, "0.40"), _answered(4, 2, "0.49")
    assert [has_rested(each, NOW) for each in (fresh, rested, wrong, tried)] == [False, True, False, True]
    assert sorted(_choose(fresh, rested, wrong, tried)) == [2, 4]


def test_what_went_wrong_is_tried_again_first() -> None:
    assert _choose(_candidate(1), _answered(2, 30, "1.00"), _answered(3, 3, "0.00"), count=1) == [3]


def test_each_says_why() -> None:
    new, retry, review, far = _chosen(
        _candidate(1, topics=("Fractions",)),
        _answered(2, 3, "0.00", topics=("Powers",)),
        _answered(3, 40, "1.00", topics=()),
        _candidate(4, 1400, topics=("Roots",), choices=4),
        recent=("Powers", "Roots"),
    )[:4]
    found = {one.candidate.item_id.int: one for one in (new, retry, review, far)}
    assert {number: (one.kind, str(one.predicted_success), one.reason) for number, one in found.items()} == {
        1: (
            ChoiceKind.NEW,
            "0.750",
            "Not answered before. Expected success 75%, near the aim of 75%. Topic: Fractions, which has not come up "
            "lately.",
        ),
        2: (
            ChoiceKind.RETRY,
            "0.750",
            "Answered wrong 3 days ago, so worth another try. Expected success 75%, near the aim of 75%. "
            "Topic: Powers.",
        ),
        3: (
            ChoiceKind.REVIEW,
            "0.750",
            "Answered right 40 days ago, so time to see whether it has stayed. Expected success 75%, near the aim of "
            "75%.",
        ),
        4: (
            ChoiceKind.NEW,
            "0.318",
            "Not answered before. Expected success 32%: harder than the aim of 75%, but the nearest there is. Topic: "
            "Roots.",
        ),
    }


@given(
    st.lists(st.integers(400, 1_600), max_size=40),
    st.integers(1, 20),
    st.decimals(min_value="0.5", max_value="0.95", places=2),
)
def test_whatever_the_bank_has(ratings: list[int], count: int, target: Decimal) -> None:
    bank = [_candidate(number, rating, (f"t{number % 3}",)) for number, rating in enumerate(ratings)]
    chosen = _chosen(*bank, count=count, target=target)
    assert len(chosen) == len({one.candidate.item_id for one in chosen}) == min(count, len(bank))
    near = sum(abs(one.predicted(1000) - float(target)) <= NEAR for one in bank)
    # What is near the aim goes before what is not.
    assert sum(abs(float(one.predicted_success) - float(target)) <= NEAR + 0.0005 for one in chosen) >= min(near, count)
    assert chosen == _chosen(*reversed(bank), count=count, target=target)


def test_together_they_come_to_the_aim() -> None:
    # Those a little too hard are nearer than those a little too easy; of them alone the mean would be 0.68.
    bank = [_candidate(number, 870 if number < 20 else 720, (f"t{number}",)) for number in range(40)]
    chances = [float(one.predicted_success) for one in _chosen(*bank, count=20)]
    assert sum(chances) / 20 == pytest.approx(0.75, abs=0.01)


@pytest.mark.parametrize("count", [0, -1, 21, 10**9])
def test_how_many(count: int) -> None:
    with pytest.raises(Refused) as refused:
        count_wanted(count)
    assert (refused.value.code, refused.value.field) == (Code.INVALID, "count")
    assert count_wanted(20) == 20


def test_there_is_a_limit_to_what_waits() -> None:
    room_for_more(45, 5)
    with pytest.raises(Refused) as refused:
        room_for_more(45, 6)
    assert refused.value.code is Code.CONFLICT


@pytest.mark.parametrize("aim", ["0.49", "0.96", "NaN", "Infinity", "-1"])
def test_aims_out_of_bounds(aim: str) -> None:
    with pytest.raises(Refused, match=r"0\.50 to 0\.95"):
        settings(UUID(int=1), Decimal(aim), True)
    assert settings(UUID(int=1), Decimal("0.8"), True).target_success == Decimal("0.80")


@pytest.mark.parametrize(("target", "choices"), [("0.75", 4), ("0.65", 0)])
def test_students_of_known_ability_succeed_as_aimed(target: str, choices: int) -> None:
    """Small, for speed; `study-companion trial choice` does the same at any size."""
    found = simulate(students=10, items=240, answers=90, target=Decimal(target), choices=choices)
    assert found.answers == 600
    assert found.observed == pytest.approx(float(target), abs=0.05)
    assert found.predicted == pytest.approx(found.observed, abs=0.05)
    assert abs(found.inflation) < 60
    assert abs(found.drift) < 40
    # Abilities have a standard deviation of 200.
    assert found.error < 100
