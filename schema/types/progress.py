"""What earned a student points, as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import progress_entries as entries_db
from db.goals import goals_by_id
from db.practice import practice_by_id
from db.sessions import sessions_by_id
from db.users import users_by_id
from domain import progress
from schema.enums import describe_enum
from schema.fields import edge
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.goal import Goal
    from schema.types.practice import PracticeAssignment
    from schema.types.session import Session
    from schema.types.user import Student

describe_enum(
    progress.EntryKind,
    "What earns points.",
    PRACTICE="Practice that was completed: up to 15, by how right it was; at most 150 in one of the student's days.",
    SESSION="A session that was held: 30.",
    GOAL="A goal that was reached, once a tutor or administrator has confirmed it: 100.",
)


@strawberry.enum(description="The order of what earned points.")
class ProgressEntryOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(entries_db.NEWEST, description="Latest done first.")
    OLDEST = strawberry.enum_value(entries_db.OLDEST, description="Earliest done first.")


@strawberry.type(description="Something that was done and counted, once; the points of all add up to the student's.")
class ProgressEntry(Node):
    """A view of domain.progress.ProgressEntry."""

    record = progress.ProgressEntry
    by_id = entries_db.progress_entries_by_id

    kind: progress.EntryKind = strawberry.field(description="What was done.")
    xp: int = strawberry.field(
        description="The points that it earned; 0 for a wrong answer, and for practice beyond the most of a day."
    )
    occurred_at: dt.datetime = strawberry.field(description="When it was done.")
    created_at: dt.datetime = strawberry.field(description="When it was counted, some moments later.")

    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who did it."
    )
    practice: Annotated[PracticeAssignment, strawberry.lazy("schema.types.practice")] | None = edge(
        practice_by_id, key="practice_id", description="The practice; null for anything else, and once it is gone."
    )
    session: Annotated[Session, strawberry.lazy("schema.types.session")] | None = edge(
        sessions_by_id, key="session_id", description="The session; null for anything else, and once it is gone."
    )
    goal: Annotated[Goal, strawberry.lazy("schema.types.goal")] | None = edge(
        goals_by_id, key="goal_id", description="The goal; null for anything else, and once it is gone."
    )
