"""A nudge as a client sees it."""

from __future__ import annotations

import datetime as dt
from enum import Enum
from typing import TYPE_CHECKING, Annotated

import strawberry

from db import nudge_facts as facts_db
from db import nudges as nudges_db
from db.users import users_by_id
from domain import nudge_rules, nudges
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


describe_enum(
    nudge_rules.Outcome,
    "What came of a decision.",
    name="NudgeOutcome",
    DUE="It is being written and sent.",
    SENT="The nudge was sent.",
    NOT_SENT="No nudge was sent.",
)
describe_enum(
    nudge_rules.Reason,
    "Why somebody was, or was not, nudged.",
    name="NudgeReason",
    GOAL_REACHED="A goal was reached whose subject has related ones without a goal.",
    CAME_BACK="Back after three days or more.",
    AWAY="Away for 3, 7, 14 or 30 days.",
    NOT_DUE="There was no occasion.",
    DUPLICATE="The occasion had its nudge already.",
    OPTED_OUT="No nudges are wanted.",
    CAP_REACHED="The preferred number a day was reached.",
    QUIET_HOURS="It was within the quiet hours.",
    ANOTHER_FIRST="Another nudge went first.",
)
describe_enum(
    nudges.MailState,
    "What became of a nudge's mail.",
    DUE="It is to be sent.",
    HANDING="It is being handed over.",
    SENT="The mail server took it.",
    REFUSED="The mail server will never take it.",
    UNKNOWN="The line was cut while it was handed over; it is not sent again.",
)


@strawberry.enum(description="The order of decisions about nudges.")
class NudgeDecisionOrder(Enum):
    """Each is served by an index."""

    NEWEST = strawberry.enum_value(facts_db.NEWEST, description="Latest taken first.")
    OLDEST = strawberry.enum_value(facts_db.OLDEST, description="Earliest taken first.")


@strawberry.type(
    description="Whether somebody was to be nudged, and why. Taken again for the same reason on the same day, it is "
    "one. What led to no nudge is removed after 30 days."
)
class NudgeDecision(Node):
    """A view of domain.nudge_rules.NudgeDecision."""

    record = nudge_rules.NudgeDecision
    by_id = facts_db.decisions_by_id

    type: nudges.NudgeType = strawberry.field(description="Which type of nudge it was about.")
    outcome: nudge_rules.Outcome = strawberry.field(description="What came of it.")
    reason: nudge_rules.Reason = strawberry.field(description="Why.")
    explanation: str = strawberry.field(description="The reason as a sentence.")
    suggestions: list[str] = strawberry.field(description="The subjects that it was to propose; at most 3.")
    times: int = strawberry.field(description="How often it was taken that day.")
    first_at: dt.datetime = strawberry.field(description="When it was taken first.")
    last_at: dt.datetime = strawberry.field(description="When it was taken last.")
    user: Annotated[User, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="user_id", description="Whom it concerned."
    )
    nudge: Annotated[Nudge, strawberry.lazy("schema.types.nudge")] | None = edge(
        nudges_db.nudges_by_id, key="nudge_id", description="The nudge that it led to; null where it led to none."
    )


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
    mail_state: nudges.MailState | None = strawberry.field(
        description="What became of its mail; null for a nudge that is not mailed."
    )
    created_at: dt.datetime = strawberry.field(description="When it was made.")
    decision: NudgeDecision | None = edge(
        facts_db.decisions_by_nudge, key="id", description="Why it was sent; null for one that a person sent."
    )

    user: Annotated[User, strawberry.lazy("schema.types.user")] = edge(
        users_by_id, key="user_id", description="Whom it was sent to."
    )
