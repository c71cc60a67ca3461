"""Overrides as they are made and reverted."""

import datetime as dt
from collections.abc import AsyncGenerator
from typing import Annotated, cast

import strawberry

from db.overrides import active_overrides, overrides_by_id
from db.users import users_by_id
from domain.events import EventKind
from domain.overrides import OverrideChange
from domain.permissions import Permission
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import edge, subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import AFTER, CURSOR, OCCURRED_AT, SNAPSHOT, STUDENT_ID, Asked, State, stream
from schema.types.override import Override
from schema.types.user import Student

describe_enum(
    OverrideChange,
    "What happened to an override.",
    MADE="A tutor made it.",
    REVERTED="A tutor reverted it.",
    CURRENT="Nothing: it is in force, and part of the snapshot that was asked for.",
    HEARTBEAT="Nothing to any: this is as far as the stream has come.",
)


@strawberry.type(description="An override that was made or reverted.")
class OverrideUpdate:
    """One event of overrideUpdates; a view of schema.subscriptions.stream.Update."""

    kind: OverrideChange = strawberry.field(description="What happened.")
    cursor: str | None = strawberry.field(description=CURSOR)
    occurred_at: dt.datetime | None = strawberry.field(description=OCCURRED_AT)

    override: Override | None = edge(
        overrides_by_id,
        key="target_id",
        description="The override, and all that hangs on it, as they are when this is sent; null for HEARTBEAT.",
    )
    student: Student | None = edge(
        users_by_id, key="student_id", description="Whom it concerns; null for HEARTBEAT, and once they are erased."
    )


_BATCHES = {EventKind.OVERRIDE_MADE: overrides_by_id, EventKind.OVERRIDE_REVERTED: overrides_by_id}


@strawberry.type
class OverrideSubscriptions:
    """Subscriptions to overrides."""

    @subscription(
        Permission.SIGNED_IN,
        "Overrides as they are made and reverted: of oneself, one's students or children, or all. Parents see none of "
        "answers. In order, each once; with `after`, without a gap.",
    )
    def override_updates(
        self,
        info: Info,
        student_id: Annotated[strawberry.ID | None, strawberry.argument(description=STUDENT_ID)] = None,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        snapshot: Annotated[bool, strawberry.argument(description=SNAPSHOT)] = False,
    ) -> AsyncGenerator[OverrideUpdate, None]:
        asked = Asked(optional_row_id(student_id, "Student"), after, snapshot)
        state = State(overrides_by_id, active_overrides)
        updates = stream(info.context, asked, OverrideChange, _BATCHES, state)
        return cast("AsyncGenerator[OverrideUpdate, None]", updates)
