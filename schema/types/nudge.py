"""A nudge as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import nudges as nudges_db
from db.users import users_by_id
from domain import nudges
from schema.enums import describe_enum
from schema.fields import edge
from schema.types.node import Node

if TYPE_CHECKING:
    from schema.types.user import User

describe_enum(
    nudges.NudgeType,
    "Why a nudge was sent.",
    LOGIN="To greet somebody who came back.",
    INACTIVITY="To call back somebody who has been away.",
    CROSS_SUBJECT="To propose another subject.",
)
describe_enum(
    nudges.NudgeChannel,
    "Where a nudge is shown.",
    IN_APP="In the application.",
    EMAIL="In an e-mail.",
    BOTH="In the application and in an e-mail.",
)


@strawberry.enum(description="The order of a list of nudges.")
class NudgeOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(nudges_db.NEWEST, description="Latest sent first.")
    OLDEST = strawberry.enum_value(nudges_db.OLDEST, description="Earliest sent first.")


@strawberry.input(description="Which nudges to list.")
class NudgeWhere:
    """Fields left out do not narrow."""

    type: nudges.NudgeType | None = strawberry.field(default=None, description="Only nudges of this type.")
    opened: bool | None = strawberry.field(
        default=None, description="Only nudges that have been opened, or only those that have not."
    )

    def filter(self) -> nudges.NudgeFilter:
        """As the database layer takes it."""
        return nudges.NudgeFilter(type=self.type, opened=self.opened)


@strawberry.type(description="A message that calls a person back to work.")
class Nudge(Node):
    """A view of domain.nudges.Nudge."""

    record = nudges.Nudge
    by_id = nudges_db.nudges_by_id

    type: nudges.NudgeType = strawberry.field(description="Why it was sent.")
    channel: nudges.NudgeChannel = strawberry.field(description="Where it is shown.")
    message: str = strawberry.field(description="Its text; at most 1,000 characters.")
    personalized: bool = strawberry.field(description="Whether it was written for this person.")
    trigger_reason: str | None = strawberry.field(description="What led to it; null when nothing was noted.")
    suggestions_made: list[str] = strawberry.field(description="What it proposes; at most 10 texts.")
    sent_at: dt.datetime = strawberry.field(description="When it was sent.")
    opened_at: dt.datetime | None = strawberry.field(description="When its recipient first opened it; null until then.")
    clicked_at: dt.datetime | None = strawberry.field(
        description="When its recipient first followed it; null until then."
    )
    created_at: dt.datetime = strawberry.field(description="When it was made.")

    user: Annotated[User, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="user_id", description="Whom it was sent to."
    )
