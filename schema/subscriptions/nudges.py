"""Nudges as they are sent."""

import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, cast
from uuid import UUID

import strawberry

from db.engine import Read
from db.nudges import nudges_by_id, unopened_nudges
from db.users import users_by_id
from domain.events import EventKind
from domain.nudges import NudgeChange
from domain.permissions import Permission
from domain.viewer import Role
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import edge, subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import AFTER, CURSOR, OCCURRED_AT, SNAPSHOT, STUDENT_ID, Asked, State, stream
from schema.types.nudge import Nudge
from schema.types.user import Student

describe_enum(
    NudgeChange,
    "What happened to a nudge.",
    SENT="It was sent.",
    CURRENT="Nothing: it has not been opened, and is part of the snapshot that was asked for.",
    HEARTBEAT="Nothing to any: this is as far as the stream has come.",
)


@strawberry.type(description="A nudge that was sent.")
class NudgeUpdate:
    """One event of newNudges; a view of schema.subscriptions.stream.Update."""

    kind: NudgeChange = strawberry.field(description="What happened.")
    cursor: str | None = strawberry.field(description=CURSOR)
    occurred_at: dt.datetime | None = strawberry.field(description=OCCURRED_AT)

    nudge: Nudge | None = edge(
        nudges_by_id,
        key="target_id",
        description="The nudge, and all that hangs on it, as they are when this is sent; null for HEARTBEAT.",
    )
    student: Student | None = edge(
        users_by_id,
        key="student_id",
        description="The student whom it was sent to; null for HEARTBEAT, and when it was sent to somebody else.",
    )


async def _unopened(read: Read, people: Sequence[UUID], limit: int) -> list[tuple[UUID, UUID | None]]:
    own = None if read.viewer.role is Role.STUDENT else read.viewer.id
    found = await unopened_nudges(read, people, limit)
    return [(nudge_id, None if user_id == own else user_id) for nudge_id, user_id in found]


@strawberry.type
class NudgeSubscriptions:
    """Subscriptions to nudges."""

    @subscription(
        Permission.SIGNED_IN,
        "Nudges as they are sent: one's own, and those of the students or children whom one sees. In order, each once; "
        "with `after`, without a gap.",
    )
    def new_nudges(
        self,
        info: Info,
        student_id: Annotated[strawberry.ID | None, strawberry.argument(description=STUDENT_ID)] = None,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        snapshot: Annotated[bool, strawberry.argument(description=SNAPSHOT)] = False,
    ) -> AsyncGenerator[NudgeUpdate, None]:
        asked = Asked(optional_row_id(student_id, "Student"), after, snapshot)
        batches = {EventKind.NUDGE_SENT: nudges_by_id}
        state = State(nudges_by_id, _unopened)
        updates = stream(info.context, asked, NudgeChange, batches, state)
        return cast("AsyncGenerator[NudgeUpdate, None]", updates)
