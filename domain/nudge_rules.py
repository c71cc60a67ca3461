"""Whether somebody is nudged now, and why: pure rules over plain facts.

- `cross_subject`: within 14 days of a goal that was reached whose subject has related ones without a goal of theirs;
  once for each goal.
- `login`: somebody is back, since yesterday at the earliest, after three days or more without a sign; once for each
  return.
- `inactivity`: no sign for 3, 7, 14 and 30 days; once for each of these. After 60 days they are left alone.

A sign is practice that was completed, a question, a session, a nudge that was followed, or one that was opened and not
mailed: programs open mails too. Nobody gets more in a day of theirs than they chose, nor anything in their quiet hours,
no mail either: what is due then waits, for as long as it stays due. What a tutor sends counts, and is never held back.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from uuid import UUID
from zoneinfo import ZoneInfo

from domain.nudges import NudgeChannel, NudgeType

AWAY_STEPS = (30, 14, 7, 3)
"""Days without a sign after which somebody is called, the longest first."""
LEFT_ALONE = timedelta(days=60)
RETURN_GAP = timedelta(days=3)
RETURN_FRESH = timedelta(days=1)
GOAL_FRESH = timedelta(days=14)
MOST_SUGGESTIONS = 3
KEPT = timedelta(days=30)
"""How long a decision not to send is kept; one to send stays with its nudge."""


class Reason(StrEnum):
    """Why somebody is, or is not, nudged."""

    GOAL_REACHED = "goal_reached"
    CAME_BACK = "came_back"
    AWAY = "away"
    NOT_DUE = "not_due"
    DUPLICATE = "duplicate"
    OPTED_OUT = "opted_out"
    CAP_REACHED = "cap_reached"
    QUIET_HOURS = "quiet_hours"
    ANOTHER_FIRST = "another_first"


class Outcome(StrEnum):
    """What came of a decision."""

    DUE = "due"
    """It is being written and sent."""
    SENT = "sent"
    NOT_SENT = "not_sent"


@dataclass(frozen=True, slots=True)
class ReachedGoal:
    """A goal that was reached, with the subjects related to its own in which the student has no goal."""

    id: UUID
    title: str
    completed_at: datetime
    related: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Sent:
    """A nudge that somebody got."""

    type: NudgeType
    trigger_key: str | None
    sent_at: datetime
    """When its mail was, if that came later; the moment itself while the mail is on its way."""


@dataclass(frozen=True, slots=True)
class Facts:
    """What the rules need of one student."""

    user_id: UUID
    display_name: str
    zone: ZoneInfo
    cap: int
    channel: NudgeChannel
    quiet_from: time
    quiet_until: time
    known_since: datetime
    signs: Sequence[datetime] = ()
    """When they gave a sign in the last 90 days, in any order."""
    reached: Sequence[ReachedGoal] = ()
    sent: Sequence[Sent] = ()
    """What they got in the last 90 days, and about goals ever."""
    waiting: int = 0
    """Practice that they have to do."""


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether to send one type of nudge now, and why."""

    type: NudgeType
    outcome: Outcome
    reason: Reason
    trigger_key: str = ""
    """What it is about, such as `away:2026-03-02:7`; nobody gets two about one thing. Days are of UTC: zones change."""
    suggestions: tuple[str, ...] = ()
    about: str = ""
    """What the text is about: the title of the goal."""
    days: int = 0
    """Whole days without a sign, for `away`."""


@dataclass(frozen=True, slots=True)
class NudgeDecision:
    """Whether somebody was to be nudged, and why; decided again and again on one day, it is one."""

    id: UUID
    user_id: UUID
    type: NudgeType
    outcome: Outcome
    reason: Reason
    trigger_key: str
    suggestions: tuple[str, ...]
    times: int
    first_at: datetime
    last_at: datetime
    nudge_id: UUID | None

    @property
    def explanation(self) -> str:
        """The reason as a sentence for the person concerned."""
        return explained(self.reason)


@dataclass(frozen=True, slots=True)
class _Due:
    type: NudgeType
    reason: Reason
    trigger_key: str
    suggestions: tuple[str, ...] = field(default=())
    about: str = ""
    days: int = 0


def decide(facts: Facts, now: datetime) -> list[Decision]:
    """One decision for each type. At most one of them is to send."""
    found = {due.type: due for due in _due(facts, now)}
    today = now.astimezone(facts.zone).date()
    sent_today = sum(sent.sent_at.astimezone(facts.zone).date() == today for sent in facts.sent)
    had = {(sent.type, sent.trigger_key) for sent in facts.sent}
    decisions: list[Decision] = []
    for type in (NudgeType.CROSS_SUBJECT, NudgeType.LOGIN, NudgeType.INACTIVITY):
        due = found.get(type)
        if due is None:
            decisions.append(Decision(type, Outcome.NOT_SENT, Reason.NOT_DUE))
            continue
        against: Reason | None = None
        if (type, due.trigger_key) in had:
            against = Reason.DUPLICATE
        elif facts.cap <= 0:
            against = Reason.OPTED_OUT
        elif sent_today >= facts.cap:
            against = Reason.CAP_REACHED
        elif is_quiet(now.astimezone(facts.zone).time(), facts.quiet_from, facts.quiet_until):
            against = Reason.QUIET_HOURS
        elif any(decision.outcome is Outcome.DUE for decision in decisions):
            against = Reason.ANOTHER_FIRST
        outcome = Outcome.DUE if against is None else Outcome.NOT_SENT
        decisions.append(
            Decision(type, outcome, against or due.reason, due.trigger_key, due.suggestions, due.about, due.days)
        )
    return decisions


def is_quiet(at: time, begin: time, end: time) -> bool:
    """Whether a time of the day is from `begin` on and before `end`, over midnight too; never if they are the same."""
    return begin <= at < end if begin <= end else at >= begin or at < end


def quiet_until(now: datetime, zone: ZoneInfo, begin: time, end: time) -> datetime | None:
    """When the quiet hours end that it is now; None where it is none. At least some minutes from now: clocks turn."""
    local = now.astimezone(zone)
    if not is_quiet(local.time(), begin, end):
        return None
    day = local.date() if local.time() < end else local.date() + timedelta(days=1)
    return max(datetime.combine(day, end, zone).astimezone(UTC), now + timedelta(minutes=5))


def _due(facts: Facts, now: datetime) -> Iterator[_Due]:
    had = {sent.trigger_key for sent in facts.sent if sent.type is NudgeType.CROSS_SUBJECT}
    goals = [goal for goal in facts.reached if goal.related and timedelta() <= now - goal.completed_at <= GOAL_FRESH]
    if goals:
        # One that has had its nudge comes last, so that it does not stand before one that has not.
        goal = min(goals, key=lambda each: (f"goal:{each.id}" in had, each.completed_at, each.id))
        suggestions = goal.related[:MOST_SUGGESTIONS]
        yield _Due(NudgeType.CROSS_SUBJECT, Reason.GOAL_REACHED, f"goal:{goal.id}", suggestions, goal.title)
    signs = sorted(sign for sign in facts.signs if sign <= now)
    back = next(
        (later for earlier, later in zip(signs[-2::-1], signs[:0:-1], strict=True) if later - earlier >= RETURN_GAP),
        None,
    )
    if back is not None and now - back <= RETURN_FRESH:
        yield _Due(NudgeType.LOGIN, Reason.CAME_BACK, f"back:{back.astimezone(UTC).date()}")
    last = signs[-1] if signs else facts.known_since
    away = (now - last).days
    step = next((days for days in AWAY_STEPS if away >= days), None)
    if step is not None and now - last < LEFT_ALONE:
        key = f"away:{last.astimezone(UTC).date()}:{step}"
        yield _Due(NudgeType.INACTIVITY, Reason.AWAY, key, days=away)


_EXPLANATIONS = {
    Reason.GOAL_REACHED: "A goal was reached, and its subject has related ones without a goal yet.",
    Reason.CAME_BACK: "Back after three days or more without practice, a question or a session.",
    Reason.AWAY: "No practice, question or session for some days: a call after 3, 7, 14 and 30 of them.",
    Reason.NOT_DUE: "There was no occasion for it.",
    Reason.DUPLICATE: "The occasion had its nudge already.",
    Reason.OPTED_OUT: "No nudges were wanted: the preferred number a day is 0.",
    Reason.CAP_REACHED: "The preferred number of nudges a day was reached.",
    Reason.QUIET_HOURS: "It was within the quiet hours; it waits for their end.",
    Reason.ANOTHER_FIRST: "Another nudge went first.",
}


def explained(reason: Reason) -> str:
    """Why, as a sentence for the person concerned."""
    return _EXPLANATIONS[reason]
