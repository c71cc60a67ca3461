"""Background jobs: what there is to do, when it is tried again, and what is kept of an error."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from traceback import walk_tb
from types import TracebackType
from uuid import UUID

ATTEMPTS = 12
"""How often a job is tried, over some six hours, before an administrator has to look at it."""
FIRST_DELAY = timedelta(seconds=10)
LONGEST_DELAY = timedelta(hours=1)
LIVE, BEHIND = 0, -10
"""The priority of what somebody waits for, and of what a big import leaves to be done: that comes after."""
KEPT = timedelta(days=30)
"""How long a job that has failed for good can be seen and retried."""


class JobKind(StrEnum):
    """What can be done in the background; `jobs.app` says by which function."""

    SUMMARISE = "summarise"
    """Write the summary of a session."""
    WRITE_PRACTICE = "write_practice"
    """Write questions for a student where the bank has too little."""
    CLEAN_UP = "clean_up"
    """Remove what is kept for a time only."""
    COUNT_PRACTICE = "count_practice"
    COUNT_SESSION = "count_session"
    COUNT_GOAL = "count_goal"
    END_STREAKS = "end_streaks"
    REFRESH_ANALYTICS = "refresh_analytics"
    EVALUATE_NUDGES = "evaluate_nudges"
    SEND_NUDGE = "send_nudge"
    MAIL_NUDGE = "mail_nudge"


class TryLater(Exception):
    """Something that the job needs is not there now; the text is kept and shown, and so holds nobody's words.

    `after` is how long to wait at least, where that is known.
    """

    def __init__(self, text: str, after: timedelta | None = None) -> None:
        super().__init__(text)
        self.after = after


@dataclass(frozen=True, slots=True)
class Failure:
    """What is kept of an error: no text but our own, for an error's text may quote what people wrote."""

    error: str
    """The kind of error; for TryLater what it says."""
    place: str | None
    """The last line of our own that it passed, as `jobs.summaries:41 in summarise`; None outside of our code."""
    after: timedelta | None
    """How long to wait at least before the next attempt, where the error says so."""


@dataclass(frozen=True, slots=True)
class JobArgument:
    """One argument of a job: an id, or a number."""

    name: str
    value: str


@dataclass(frozen=True, slots=True)
class FailedJob:
    """A job that is tried no more, until an administrator says so."""

    id: UUID
    """The job's number, in the shape that all ids have."""
    kind: str
    """A JobKind of this program, or of another version of it."""
    arguments: tuple[JobArgument, ...]
    attempts: int
    deferred_at: datetime | None
    failed_at: datetime
    error: str | None
    place: str | None


@dataclass(frozen=True, slots=True)
class JobCounts:
    """How the jobs are doing."""

    waiting: int
    """Due, and not begun."""
    later: int
    """Not due yet: to be tried again, or deferred to a time."""
    running: int
    failed: int
    oldest_seconds: int
    """How long the oldest one that is due has waited, in whole seconds; 0 when none does."""


def delay_after(attempt: int, spread: float, at_least: timedelta | None = None) -> timedelta:
    """How long to wait after the attempt of this number, from 1 on: 10 s, and three times as long each time.

    At most an hour, unless the error asked for more (but never more than a day). `spread` is a chance number from 0
    to 1 that keeps many jobs with one cause from coming back at once: it takes up to a fifth off.
    """
    grown = min(FIRST_DELAY * int(3 ** min(attempt - 1, 10)), LONGEST_DELAY) * (1 - spread / 5)
    return max(grown, min(at_least or grown, timedelta(days=1)))


def failure_of(error: BaseException) -> Failure:
    """What to keep of an error."""
    if isinstance(error, TryLater):
        return Failure(str(error)[:500], _place(error.__traceback__), error.after)
    state = getattr(error, "sqlstate", None)
    return Failure(
        f"{type(error).__name__} ({state})" if state else type(error).__name__, _place(error.__traceback__), None
    )


_OURS = ("jobs", "db", "domain")
_RUNNER = "jobs.app"


def _place(trace: TracebackType | None) -> str | None:
    place = None
    for frame, line in walk_tb(trace):
        module = str(frame.f_globals.get("__name__"))
        if module.partition(".")[0] in _OURS and module != _RUNNER:
            place = f"{module}:{line} in {frame.f_code.co_name}"
    return place
