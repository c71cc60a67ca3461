"""A goal as a client sees it."""

from __future__ import annotations

import datetime as dt
from decimal import Decimal
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import goals as goals_db
from db.subjects import subjects_by_id
from db.users import users_by_id
from domain import goals
from schema.enums import describe_enum
from schema.fields import edge
from schema.ids import optional_row_id
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.subject import Subject
    from schema.types.user import Student, User

describe_enum(
    goals.GoalStatus,
    "Where a goal stands.",
    ACTIVE="Being worked on.",
    COMPLETED="Reached.",
    PAUSED="Set aside for a while.",
    CANCELLED="Given up.",
)
describe_enum(
    goals.GoalType,
    "What kind of aim a goal is.",
    SAT="The SAT.",
    AP="An Advanced Placement exam.",
    GENERAL="Anything else.",
)


@strawberry.enum(description="The order of a list of goals.")
class GoalOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(goals_db.NEWEST, description="Latest made first.")
    OLDEST = strawberry.enum_value(goals_db.OLDEST, description="Earliest made first.")


@strawberry.input(description="Which goals to list.")
class GoalWhere:
    """Fields left out do not narrow."""

    status: goals.GoalStatus | None = strawberry.field(default=None, description="Only goals in this status.")
    subject_id: strawberry.ID | None = strawberry.field(default=None, description="Only goals in this subject.")
    goal_type: goals.GoalType | None = strawberry.field(
        name="kind", default=None, description="Only goals of this kind."
    )
    confirmed: bool | None = strawberry.field(
        default=None,
        description="Only goals that a tutor or administrator says are reached, or only others; with `status: "
        "COMPLETED`, false gives those that wait for it.",
    )

    def filter(self) -> goals.GoalFilter:
        """As the database layer takes it."""
        return goals.GoalFilter(
            status=self.status,
            subject_id=optional_row_id(self.subject_id, "Subject"),
            goal_type=self.goal_type,
            confirmed=self.confirmed,
        )


@strawberry.type(description="Something a student works towards.")
class Goal(Node):
    """A view of domain.goals.Goal."""

    record = goals.Goal
    by_id = goals_db.goals_by_id

    title: str = strawberry.field(description="What is to be reached; at most 255 characters.")
    description: str | None = strawberry.field(description="More about it; null when nothing was written.")
    goal_type: goals.GoalType | None = strawberry.field(
        name="kind", description="The kind of aim; null when not stated."
    )
    status: goals.GoalStatus = strawberry.field(description="Where the goal stands.")
    completion_percentage: Decimal = strawberry.field(description="How far it is reached, 0 to 100.")
    current_streak: int = strawberry.field(description="Days in a row with work on it.")
    xp_earned: int = strawberry.field(description="Experience points earned with it.")
    target_completion_date: dt.date | None = strawberry.field(description="The day to reach it by; null when open.")
    created_at: dt.datetime = strawberry.field(description="When it was set.")
    updated_at: dt.datetime = strawberry.field(description="When anything in it last changed.")
    completed_at: dt.datetime | None = strawberry.field(description="When it was reached; null until then.")
    confirmed_at: dt.datetime | None = strawberry.field(
        description="When a tutor or administrator said that it is reached, which is when it earns points; null until "
        "then."
    )

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Whose goal it is."
    )
    created_by: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="created_by_id",
        description="Who set it; null once that person is erased or out of sight.",
    )
    confirmed_by: Annotated[User, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="confirmed_by_id",
        description="Who said that it is reached; null until then, and once that person is erased or out of sight.",
    )
    subject: Annotated[Subject, strawberry.lazy("schema.types.subject")] | None = edge(
        subjects_by_id,
        key="subject_id",
        description="The subject it belongs to; null for a goal across subjects.",
    )
