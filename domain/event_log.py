"""What happened, for those who watch: ids and a kind, never content."""

from dataclasses import dataclass
from enum import StrEnum
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
    ASSIGNMENT_BEGUN = "assignment_begun"
    """A tutor sees a student from now on: assigned, or active again after a pause."""
    ASSIGNMENT_ENDED = "assignment_ended"
    """A tutor no longer sees a student: paused or completed."""
    LINK_BEGUN = "link_begun"
    LINK_ENDED = "link_ended"


@dataclass(frozen=True, slots=True)
class Event:
    """One change: what happened, to which row, and whom it concerns. At least one of the two people is given."""

    kind: EventKind
    student_id: UUID | None
    """The student whom it concerns; whoever may see the student may hear of it."""
    target_id: UUID
    """The row to read: an override, a nudge, a goal, an assignment, a link."""
    person_id: UUID | None = None
    """Somebody who hears of it whomever they may see: a nudge's recipient; the tutor or parent of an assignment or
    link."""
