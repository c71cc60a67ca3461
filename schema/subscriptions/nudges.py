"""Nudges as they are sent."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from db.nudges import nudges_by_id
from domain.events import EventKind
from domain.nudges import NudgeChange
from domain.permissions import Permission
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import stream
from schema.types.nudge import Nudge

describe_enum(NudgeChange, "What happened to a nudge.", SENT="It was sent.")


@strawberry.type(description="A nudge that was sent.")
class NudgeUpdate:
    """One event of newNudges."""

    kind: NudgeChange = strawberry.field(description="What happened.")
    nudge: Nudge = strawberry.field(description="The nudge, and all that hangs on it, as they are when this is sent.")


@strawberry.type
class NudgeSubscriptions:
    """Subscriptions to nudges."""

    @subscription(
        Permission.SIGNED_IN, "Nudges from now on: one's own, and those of the students or children whom one sees."
    )
    async def new_nudges(
        self,
        info: Info,
        student_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only to this student; to all whom the viewer sees unless given."),
        ] = None,
    ) -> AsyncGenerator[NudgeUpdate, None]:
        kinds = [EventKind(change) for change in NudgeChange]
        async with aclosing(stream(info, kinds, nudges_by_id, optional_row_id(student_id, "Student"))) as events:
            async for kind, nudge in events:
                yield NudgeUpdate(kind=NudgeChange(kind), nudge=Nudge.view(nudge))
