"""What happened, for those who watch: ids and a kind, never content."""

from dataclasses import dataclass
from enum import StrEnum
from uuid import UUID


class EventKind(StrEnum):
    """The changes that open streams hear of."""

    OVERRIDE_MADE = "override_made"
    OVERRIDE_REVERTED = "override_reverted"
    NUDGE_SENT = "nudge_sent"
    ACCESS_CHANGED = "access_changed"
    """Whom somebody may see is different now: an assignment or a parent link began, paused or ended."""
    DISCONNECTED = "disconnected"
    """All connections of somebody are to be closed."""


@dataclass(frozen=True, slots=True)
class Event:
    """One change: what happened, to which row, concerning which student."""

    kind: EventKind
    student_id: UUID
    """The student whom it concerns; whoever may see the student may hear of it. The tutor or parent for
    ACCESS_CHANGED, the person for DISCONNECTED, the recipient for a nudge: those can be other people than students."""
    target_id: UUID
    """The row to read: an override, a nudge, an assignment, a link."""
