"""Overrides as they are made and reverted."""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Annotated

import strawberry

from db.overrides import overrides_by_id
from domain.events import EventKind
from domain.overrides import OverrideChange
from domain.permissions import Permission
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import stream
from schema.types.override import Override

describe_enum(
    OverrideChange,
    "What happened to an override.",
    MADE="A tutor made it.",
    REVERTED="A tutor reverted it.",
)


@strawberry.type(description="An override that was made or reverted.")
class OverrideUpdate:
    """One event of overrideUpdates."""

    kind: OverrideChange = strawberry.field(description="What happened.")
    override: Override = strawberry.field(
        description="The override, and all that hangs on it, as they are when this is sent."
    )


@strawberry.type
class OverrideSubscriptions:
    """Subscriptions to overrides."""

    @subscription(
        Permission.SIGNED_IN,
        "Overrides from now on: of oneself, one's students or children, or all. Parents see none of answers.",
    )
    async def override_updates(
        self,
        info: Info,
        student_id: Annotated[
            strawberry.ID | None,
            strawberry.argument(description="Only for this student; for all whom the viewer sees unless given."),
        ] = None,
    ) -> AsyncGenerator[OverrideUpdate, None]:
        kinds = [EventKind(change) for change in OverrideChange]
        async with aclosing(stream(info, kinds, overrides_by_id, optional_row_id(student_id, "Student"))) as events:
            async for kind, override in events:
                yield OverrideUpdate(kind=OverrideChange(kind), override=Override.view(override))
