"""What happened, for those who watch: ids and a kind, never content; and places in the log of it."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Self
from uuid import UUID


class EventKind(StrEnum):
    """The changes that open streams hear of."""

    OVERRIDE_MADE = "override_made"
    OVERRIDE_REVERTED = "override_reverted"
    NUDGE_SENT = "nudge_sent"
    NUDGE_OPENED = "nudge_opened"
    SUMMARY_READY = "summary_ready"
    PRACTICE_ASSIGNED = "practice_assigned"
    PRACTICE_COMPLETED = "practice_completed"
    PRACTICE_REVIEWED = "practice_reviewed"
    QUESTION_ESCALATED = "question_escalated"
    QUESTION_ANSWERED = "question_answered"
    GOAL_PROGRESS = "goal_progress"
    PROGRESS_CHANGED = "progress_changed"
    ASSIGNMENT_BEGUN = "assignment_begun"
    """A tutor sees a student from now on: assigned, or active again after a pause."""
    ASSIGNMENT_ENDED = "assignment_ended"
    """A tutor no longer sees a student: paused or completed."""
    LINK_BEGUN = "link_begun"
    LINK_ENDED = "link_ended"
    DISCONNECTED = "disconnected"
    """All connections of the person who is the target are to be closed. No stream tells of it."""


CURRENT = "current"
"""What a stream calls a part of the state that it begins with."""
HEARTBEAT = "heartbeat"
"""What a stream calls a sign that it lives, and how far it has come."""


class ActivityKind(StrEnum):
    """What the stream of all activity tells; each but the last two is the event kind of that value."""

    OVERRIDE_MADE = "override_made"
    OVERRIDE_REVERTED = "override_reverted"
    NUDGE_SENT = "nudge_sent"
    NUDGE_OPENED = "nudge_opened"
    SUMMARY_READY = "summary_ready"
    PRACTICE_ASSIGNED = "practice_assigned"
    PRACTICE_COMPLETED = "practice_completed"
    PRACTICE_REVIEWED = "practice_reviewed"
    QUESTION_ESCALATED = "question_escalated"
    QUESTION_ANSWERED = "question_answered"
    GOAL_PROGRESS = "goal_progress"
    PROGRESS_CHANGED = "progress_changed"
    ASSIGNMENT_BEGUN = "assignment_begun"
    ASSIGNMENT_ENDED = "assignment_ended"
    LINK_BEGUN = "link_begun"
    LINK_ENDED = "link_ended"
    CURRENT = CURRENT
    HEARTBEAT = HEARTBEAT


@dataclass(frozen=True, slots=True)
class Event:
    """One change: what happened, to which row, and whom it concerns. At least one of the two people is given."""

    kind: EventKind
    student_id: UUID | None
    """The student whom it concerns; whoever may see the student may hear of it. None where it is no student."""
    target_id: UUID
    """The row to read: an override, a nudge, a goal, an assignment, a link, the student themselves."""
    person_id: UUID | None = None
    """Somebody who hears of it whomever they may see: a nudge's recipient; the tutor or parent of an assignment or
    link."""


class MalformedCursor(ValueError):
    """A text that is no cursor of the log."""


class ResyncRequired(Exception):
    """What came after the cursor has been removed, or the cursor is another database's: read the state anew."""


_LONGEST_CURSOR = 100  # characters; three numbers take less
_HIGHEST = 2**63 - 1


@dataclass(frozen=True, slots=True, order=True)
class Cursor:
    """A place in the log: everything up to here has been read."""

    xid: int
    """The transaction of the last event that was read."""
    id: int
    """That event's number, from 1 on; 0 before all of the transaction's."""
    epoch: int | None = field(default=None, compare=False)
    """Which log it is a place of: numbers that were lost with a server are given out again. None for the one that is
    open now, whichever that is; such a place is not one to keep."""

    def __str__(self) -> str:
        """The text that clients keep; they are not to look inside."""
        if self.epoch is None:
            raise ValueError("this place is not one to keep, for it does not say of which log it is")
        return urlsafe_b64encode(f"{self.xid}.{self.id}.{self.epoch}".encode()).decode().rstrip("=")

    @classmethod
    def parse(cls, text: str) -> Self:
        """The cursor of a text. Raises MalformedCursor."""
        try:
            if len(text) > _LONGEST_CURSOR:
                raise ValueError("too long")
            place = urlsafe_b64decode(text.encode("ascii") + b"=" * (-len(text) % 4)).decode("ascii")
            xid, number, epoch = (int(part) for part in place.split("."))
        except ValueError as error:
            raise MalformedCursor("This is no cursor of a stream.") from error
        cursor = cls(xid, number, epoch)
        # int() reads more than str() writes, and Base64 has spare bits.
        if str(cursor) != text or not all(0 <= part <= _HIGHEST for part in (xid, number, epoch)):
            raise MalformedCursor("This is no cursor of a stream.")
        return cursor


@dataclass(frozen=True, slots=True)
class Now:
    """One moment, as a snapshot of the database has it: which transactions were committed and which were not yet."""

    cursor: Cursor
    """Whatever is committed later lies after it."""
    next_xid: int
    running: frozenset[int]

    def shows(self, cursor: Cursor) -> bool:
        """Whether the event there had happened: some after `self.cursor` had, which the log still holds back."""
        xid = cursor.xid
        return xid < self.cursor.xid or (xid < self.next_xid and xid not in self.running)


@dataclass(frozen=True, slots=True)
class Logged:
    """An event in its place in the log."""

    cursor: Cursor
    event: Event
    occurred_at: datetime
    """When its transaction began."""
