"""A summary as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import overrides as overrides_db
from db import summaries as summaries_db
from db.sessions import sessions_by_id
from db.users import users_by_id
from domain import summaries
from schema.enums import describe_enum
from schema.fields import connection, edge
from schema.inputs import moment
from schema.types.connection import Connection
from schema.types.node import Node
from schema.types.override import Override, OverrideOrder, OverrideWhere

if TYPE_CHECKING:
    from schema.types.session import Session
    from schema.types.user import Student, Tutor

describe_enum(
    summaries.SummaryType,
    "How much a summary had to go on.",
    NORMAL="A whole transcript.",
    BRIEF="A short session or a short transcript.",
    MISSING_TRANSCRIPT="No transcript: only what the tutor entered.",
)


@strawberry.enum(description="The order of a list of summaries.")
class SummaryOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(summaries_db.NEWEST, description="Latest written first.")
    OLDEST = strawberry.enum_value(summaries_db.OLDEST, description="Earliest written first.")


@strawberry.input(description="Which summaries to list.")
class SummaryWhere:
    """Fields left out do not narrow."""

    summary_type: summaries.SummaryType | None = strawberry.field(
        default=None, description="Only summaries that had this much to go on."
    )
    overridden: bool | None = strawberry.field(
        default=None, description="Only those whose text is a tutor's override, or only those where it is not."
    )
    date_from: dt.datetime | None = strawberry.field(
        default=None, description="Only summaries written at this time or later; with a zone."
    )
    date_to: dt.datetime | None = strawberry.field(
        default=None, description="Only summaries written before this time; with a zone."
    )

    def filter(self) -> summaries.SummaryFilter:
        """As the database layer takes it."""
        return summaries.SummaryFilter(
            summary_type=self.summary_type,
            overridden=self.overridden,
            date_from=moment(self.date_from),
            date_to=moment(self.date_to),
        )


@strawberry.type(description="What was done in a session and what comes next.")
class Summary(Node):
    """A view of domain.summaries.Summary."""

    record = summaries.Summary
    by_id = summaries_db.summaries_by_id

    narrative: str = strawberry.field(description="What was done.")
    next_steps: list[str] = strawberry.field(description="What comes next, most important first.")
    subjects_covered: list[str] = strawberry.field(description="Names of the subjects that came up.")
    summary_type: summaries.SummaryType | None = strawberry.field(
        description="How much it had to go on; null when not stated."
    )
    overridden: bool = strawberry.field(description="Whether the text is a tutor's override.")
    version: int = strawberry.field(
        description="Counts changes of the text, from 1; an override names the version it is of."
    )
    created_at: dt.datetime = strawberry.field(description="When it was written.")
    updated_at: dt.datetime = strawberry.field(description="When anything in it last changed.")

    session: Annotated[Session, strawberry.lazy("schema.types.session")] = edge(
        sessions_by_id, key="session_id", description="The session it is of."
    )
    student: Annotated[Student, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="student_id", description="Who was taught."
    )
    tutor: Annotated[Tutor, strawberry.lazy("schema.types.user")] | None = edge(
        users_by_id,
        key="tutor_id",
        description="Who taught; null once that person is erased or out of sight.",
    )
    active_override: Override | None = edge(
        overrides_db.overrides_by_id,
        key="override_id",
        description="The override of the text that is in force; null when none is.",
    )
    overrides: Connection[Override] = connection(
        overrides_db.overrides_by_summary,
        overrides_db.count_overrides_by_summary,
        key="id",
        order=OverrideOrder.NEWEST,
        where=OverrideWhere,
        description="All overrides of the text, reverted ones too.",
    )
