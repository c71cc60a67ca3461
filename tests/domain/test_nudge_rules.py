"""Who is nudged when, by the rules alone."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from typing import Any
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain import nudge_texts
from domain.nudge_rules import (
    Decision,
    Facts,
    Outcome,
    ReachedGoal,
    Reason,
    Sent,
    decide,
    explained,
    is_quiet,
    quiet_until,
)
from domain.nudges import NudgeChannel, NudgeType

NOW = datetime(2026, 3, 2, 16, tzinfo=UTC)
SAM = Facts(
    user_id=uuid4(),
    display_name="Sam Lee",
    zone=ZoneInfo("UTC"),
    cap=1,
    channel=NudgeChannel.BOTH,
    quiet_from=time(21),
    quiet_until=time(8),
    known_since=NOW - timedelta(days=1),
    signs=[NOW - timedelta(hours=1)],
)
GOAL = ReachedGoal(
    UUID(int=5), "Pass algebra", NOW - timedelta(days=2), ("Geometry", "Physics", "Statistics", "Zoology")
)
CROSS, LOGIN, AWAY = NudgeType.CROSS_SUBJECT, NudgeType.LOGIN, NudgeType.INACTIVITY


def reasons(at: datetime = NOW, **values: Any) -> dict[NudgeType, Reason]:
    return {each.type: each.reason for each in decide(replace(SAM, **values), at)}


def due(at: datetime = NOW, **values: Any) -> list[Decision]:
    return [each for each in decide(replace(SAM, **values), at) if each.outcome is Outcome.DUE]


def ago(*days: float) -> Sequence[datetime]:
    return [NOW - timedelta(days=each) for each in days]


def test_without_an_occasion_there_is_none() -> None:
    assert reasons() == {CROSS: Reason.NOT_DUE, LOGIN: Reason.NOT_DUE, AWAY: Reason.NOT_DUE}
    assert due(signs=[], known_since=NOW) == []


def test_a_reached_goal_leads_to_related_subjects_once() -> None:
    (found,) = due(reached=[GOAL])
    assert (found.type, found.reason, found.trigger_key) == (CROSS, Reason.GOAL_REACHED, f"goal:{GOAL.id}")
    assert found.suggestions == ("Geometry", "Physics", "Statistics")
    other = replace(GOAL, id=UUID(int=6), completed_at=NOW - timedelta(days=1))
    had = [Sent(CROSS, f"goal:{GOAL.id}", NOW - timedelta(days=1))]
    assert reasons(reached=[GOAL], sent=had)[CROSS] is Reason.DUPLICATE
    assert [each.trigger_key for each in due(reached=[GOAL, other], sent=had)] == [f"goal:{other.id}"]
    assert due(reached=[replace(GOAL, related=())]) == []
    assert due(reached=[replace(GOAL, completed_at=NOW - timedelta(days=15))]) == []
    assert due(reached=[replace(GOAL, completed_at=NOW + timedelta(hours=1))]) == []


def test_who_is_back_is_greeted_once() -> None:
    (found,) = due(signs=ago(0.1, 0.5, 5, 6))
    assert (found.type, found.reason, found.trigger_key) == (LOGIN, Reason.CAME_BACK, "back:2026-03-02")
    assert due(signs=ago(0.1, 2, 4)) == []  # never three days without a sign
    assert due(signs=ago(0.1, 1.5, 6)) == []  # back for longer than a day
    had = [Sent(LOGIN, "back:2026-03-02", NOW - timedelta(days=1))]
    assert reasons(signs=ago(0.1, 5), sent=had)[LOGIN] is Reason.DUPLICATE


def test_whoever_moves_to_another_time_zone_is_not_told_again() -> None:
    for signs in ([NOW.replace(hour=2)], [NOW - timedelta(days=9), NOW.replace(hour=2)]):
        keys = {
            each.trigger_key
            for zone in ("America/New_York", "UTC", "Pacific/Kiritimati")
            for at in (NOW, NOW + timedelta(days=3))
            for each in decide(replace(SAM, signs=signs, zone=ZoneInfo(zone), quiet_from=time(8)), at)
        }
        assert len(keys - {""}) == len(signs)


@pytest.mark.parametrize(
    ("days", "step"), [(2.9, None), (3, 3), (6.9, 3), (7, 7), (14, 14), (29, 14), (30, 30), (59, 30), (60, None)]
)
def test_who_is_away_is_called_by_steps(days: float, step: int | None) -> None:
    found = due(signs=ago(days))
    last = (NOW - timedelta(days=days)).date()
    assert [each.trigger_key for each in found] == ([] if step is None else [f"away:{last}:{step}"])
    new = due(signs=[], known_since=NOW - timedelta(days=days))
    assert [each.reason for each in new] == ([] if step is None else [Reason.AWAY])


def test_no_more_than_were_wanted_in_a_day_of_theirs() -> None:
    sent = [Sent(LOGIN, None, datetime(2026, 3, 2, 2, tzinfo=UTC))]
    assert reasons(signs=ago(5), sent=sent)[AWAY] is Reason.CAP_REACHED
    assert len(due(signs=ago(5), sent=sent, cap=2)) == 1
    # Where it was still yesterday then.
    assert len(due(signs=ago(5), sent=sent, zone=ZoneInfo("America/New_York"))) == 1
    assert reasons(signs=ago(5), cap=0)[AWAY] is Reason.OPTED_OUT
    both = reasons(signs=ago(5), reached=[GOAL], cap=9)
    assert (both[CROSS], both[AWAY]) == (Reason.GOAL_REACHED, Reason.ANOTHER_FIRST)


def test_quiet_hours_are_the_students_own() -> None:
    late = NOW.replace(hour=22)
    assert reasons(late, signs=ago(5))[AWAY] is Reason.QUIET_HOURS
    assert len(due(late, signs=ago(5), zone=ZoneInfo("America/New_York"))) == 1
    assert len(due(late, signs=ago(5), quiet_from=time(8), quiet_until=time(8))) == 1
    assert is_quiet(time(21), time(21), time(8))
    assert not is_quiet(time(8), time(21), time(8))
    assert is_quiet(time(7, 59), time(21), time(8))
    assert is_quiet(time(12), time(12), time(13))
    assert not is_quiet(time(13), time(12), time(13))
    berlin, night = ZoneInfo("Europe/Berlin"), (time(21), time(8))
    assert quiet_until(datetime(2026, 3, 2, 12, tzinfo=UTC), berlin, *night) is None
    # Clocks go forward in that night.
    assert quiet_until(datetime(2026, 3, 28, 22, tzinfo=UTC), berlin, *night) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    assert quiet_until(datetime(2026, 3, 29, 5, tzinfo=UTC), berlin, *night) == datetime(2026, 3, 29, 6, tzinfo=UTC)
    # And back: a quarter past two comes again.
    again = datetime(2026, 10, 25, 1, 5, tzinfo=UTC)
    assert quiet_until(again, berlin, time(21), time(2, 15)) == again + timedelta(minutes=5)


@given(
    st.lists(st.floats(-1, 90), max_size=6),
    st.integers(0, 3),
    st.integers(0, 23),
    st.lists(st.tuples(st.sampled_from(NudgeType), st.floats(0, 2)), max_size=4),
    st.booleans(),
)
def test_never_more_than_one_and_never_against_the_preferences(
    signs: list[float], cap: int, hour: int, sent: list[tuple[NudgeType, float]], reached: bool
) -> None:
    now = NOW.replace(hour=hour)
    facts = replace(
        SAM,
        signs=ago(*signs),
        cap=cap,
        sent=[Sent(type, None, now - timedelta(days=days)) for type, days in sent],
        reached=[GOAL] if reached else [],
    )
    decisions = decide(facts, now)
    assert [each.type for each in decisions] == [CROSS, LOGIN, AWAY]
    found = [each for each in decisions if each.outcome is Outcome.DUE]
    today = sum(each.sent_at.date() == now.date() for each in facts.sent)
    assert len(found) <= max(0, min(1, cap - today))
    assert not (found and is_quiet(now.time(), facts.quiet_from, facts.quiet_until))
    assert all(explained(each.reason) for each in decisions)


def test_what_they_say() -> None:
    (cross,) = due(reached=[GOAL])
    (back,) = due(signs=ago(0.1, 5))
    (away,) = due(signs=ago(8))
    assert nudge_texts.template(SAM, cross) == (
        "Hello Sam Lee! You have reached your goal “Pass algebra”. How about Geometry, Physics or Statistics next?"
    )
    assert nudge_texts.template(replace(SAM, display_name="", waiting=2), back) == (
        "Hello! Good to see you back. Two practice items wait for you."
    )
    assert nudge_texts.template(replace(SAM, waiting=1_200), away) == (
        "Hello Sam Lee! It has been 8 days. 1,200 practice items wait for you. "
        "Ten minutes are enough to get going again."
    )
    longest = replace(cross, about="x" * 255, suggestions=("y" * 999,) * 3)
    assert len(nudge_texts.template(replace(SAM, display_name="n" * 100), longest)) <= 1_100


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("Well done, Sam! Geometry is close by.", None),
        ("", "characters"),
        ("x" * 401, "characters"),
        ("Geometry! See www.example.com", "link"),
        ("Geometry! Write to me@example.org", "link"),
        ("Geometry is on evil.ru today", "link"),
        ("Geometry, and a prize of 500!", "number"),
        ("Geometry, and seven more!", "number"),
        ("Well done! Try cooking.", "suggested"),
        ("Well done!\0 Geometry is close by.", "character"),
    ],
)
def test_what_a_model_writes_is_checked(text: str, fault: str | None) -> None:
    (cross,) = due(reached=[GOAL])
    found = nudge_texts.fault(text, SAM, cross)
    assert (found is None) if fault is None else (found is not None and fault in found)
