"""What a student works towards."""

from dataclasses import asdict, dataclass
from datetime import date, datetime
from decimal import ROUND_DOWN, Decimal
from enum import StrEnum
from typing import Any
from uuid import UUID

from domain.errors import Code, Refused
from domain.text import optional_text, required_text
from domain.viewer import Role, Viewer

MAX_TITLE = 255
MAX_DESCRIPTION = 5_000


class GoalStatus(StrEnum):
    """Where a goal stands."""

    ACTIVE = "active"
    COMPLETED = "completed"
    PAUSED = "paused"
    CANCELLED = "cancelled"


class GoalType(StrEnum):
    """What kind of aim a goal is."""

    SAT = "SAT"
    AP = "AP"
    GENERAL = "General"


@dataclass(frozen=True, slots=True)
class Goal:
    """One aim of one student."""

    id: UUID
    student_id: UUID
    created_by_id: UUID | None
    subject_id: UUID | None
    goal_type: GoalType | None
    title: str
    description: str | None
    target_completion_date: date | None
    status: GoalStatus
    completion_percentage: Decimal
    current_streak: int
    xp_earned: int
    created_at: datetime
    updated_at: datetime
    completed_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by_id: UUID | None
    """The tutor or administrator who said that it is reached; None for nobody, and once that person is erased."""


@dataclass(frozen=True, slots=True)
class GoalFilter:
    """Narrows a list of goals; None does not narrow."""

    status: GoalStatus | None = None
    subject_id: UUID | None = None
    goal_type: GoalType | None = None
    confirmed: bool | None = None


@dataclass(frozen=True, slots=True)
class GoalDraft:
    """A goal about to be made; its texts have been checked."""

    student_id: UUID
    created_by_id: UUID
    subject_id: UUID | None
    goal_type: GoalType | None
    title: str
    description: str | None
    target_completion_date: date | None


@dataclass(frozen=True, slots=True)
class GoalChange:
    """The columns of a goal that a person may edit, or that follow from its progress, as they will be."""

    subject_id: UUID | None
    goal_type: GoalType | None
    title: str
    description: str | None
    target_completion_date: date | None
    status: GoalStatus
    completion_percentage: Decimal
    completed_at: datetime | None
    confirmed_at: datetime | None
    confirmed_by_id: UUID | None

    def values(self) -> dict[str, Any]:
        """By column name."""
        columns = asdict(self)
        return columns | {"confirmed_by": columns.pop("confirmed_by_id")}


def draft(
    *,
    student_id: UUID,
    created_by_id: UUID,
    subject_id: UUID | None,
    goal_type: GoalType | None,
    title: str,
    description: str | None,
    target_completion_date: date | None,
) -> GoalDraft:
    """A new goal. Raises Refused (INVALID, TOO_LONG)."""
    return GoalDraft(
        student_id=student_id,
        created_by_id=created_by_id,
        subject_id=subject_id,
        goal_type=goal_type,
        title=required_text(title, "title", MAX_TITLE),
        description=optional_text(description, "description", MAX_DESCRIPTION),
        target_completion_date=target_completion_date,
    )


def edit(goal: Goal, **edits: Any) -> GoalChange:
    """The goal with some of its texts, subject, type or date changed. Raises Refused (INVALID, TOO_LONG)."""
    if "title" in edits:
        edits["title"] = required_text(edits["title"], "title", MAX_TITLE)
    if "description" in edits:
        edits["description"] = optional_text(edits["description"], "description", MAX_DESCRIPTION)
    return _change(goal, **edits)


def move(goal: Goal, status: GoalStatus, by: Viewer, now: datetime) -> GoalChange:
    """The goal in another status. Completing fills its progress; a completed or cancelled goal can be reopened.

    A tutor or administrator who completes it confirms it with that; a student's own word waits for theirs.

    Raises Refused (ALREADY_DONE) when it has that status.
    """
    if goal.status is status:
        raise Refused(Code.ALREADY_DONE, f"The goal is {status} already.", "status")
    if status is GoalStatus.COMPLETED:
        return _change(goal, completion_percentage=Decimal(100), **_completed(by, now))
    return _change(goal, status=status, completed_at=None, confirmed_at=None, confirmed_by_id=None)


def progress(goal: Goal, percentage: Decimal, by: Viewer, now: datetime) -> GoalChange:
    """The goal at a percentage; at 100 it is completed, as by `move`.

    Raises Refused (INVALID) outside 0 to 100, (CONFLICT) for a goal that is not active.
    """
    if not (percentage.is_finite() and 0 <= percentage <= 100):
        raise Refused(Code.INVALID, "Progress is a percentage from 0 to 100.", "completion_percentage")
    if goal.status is not GoalStatus.ACTIVE:
        raise Refused(Code.CONFLICT, f"The goal is {goal.status}; make it active before reporting progress.", "id")
    rounded = percentage.quantize(Decimal("0.01"), rounding=ROUND_DOWN)
    if rounded == 100:
        return _change(goal, completion_percentage=rounded, **_completed(by, now))
    return _change(goal, completion_percentage=rounded)


def confirm(goal: Goal, by: Viewer, now: datetime) -> GoalChange:
    """The goal that a student says is reached, confirmed.

    Raises Refused (CONFLICT) for one that is not completed, (ALREADY_DONE) for one that is confirmed.
    """
    if goal.status is not GoalStatus.COMPLETED:
        raise Refused(Code.CONFLICT, f"The goal is {goal.status}; complete it instead.", "id")
    if goal.confirmed_at is not None:
        raise Refused(Code.ALREADY_DONE, "The goal is confirmed already.", "id")
    return _change(goal, confirmed_at=now, confirmed_by_id=by.id)


def _completed(by: Viewer, now: datetime) -> dict[str, Any]:
    confirmed = {} if by.role is Role.STUDENT else {"confirmed_at": now, "confirmed_by_id": by.id}
    return {"status": GoalStatus.COMPLETED, "completed_at": now, **confirmed}


def _change(goal: Goal, **changes: Any) -> GoalChange:
    kept = {name: getattr(goal, name) for name in GoalChange.__dataclass_fields__}
    return GoalChange(**(kept | changes))
