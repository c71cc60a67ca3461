"""Summaries as they are ready."""

import datetime as dt
from collections.abc import AsyncGenerator, Sequence
from typing import Annotated, cast
from uuid import UUID

import strawberry

from db.batch import Page
from db.engine import Read
from db.summaries import OLDEST, summaries_by_id, summaries_by_student
from db.users import users_by_id
from domain.events import EventKind
from domain.permissions import Permission
from domain.summaries import SummaryChange
from schema.context import Info
from schema.enums import describe_enum
from schema.fields import edge, subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import AFTER, CURSOR, OCCURRED_AT, SNAPSHOT, STUDENT_ID, Asked, State, stream
from schema.types.summary import Summary
from schema.types.user import Student

describe_enum(
    SummaryChange,
    "What happened to a summary.",
    READY="The companion has written it, or written it anew.",
    CURRENT="Nothing: it is there, and part of the snapshot that was asked for.",
    HEARTBEAT="Nothing to any: this is as far as the stream has come.",
)


@strawberry.type(description="A summary that is ready.")
class SummaryUpdate:
    """One event of summaryReady; a view of schema.subscriptions.stream.Update."""

    kind: SummaryChange = strawberry.field(description="What happened.")
    cursor: str | None = strawberry.field(description=CURSOR)
    occurred_at: dt.datetime | None = strawberry.field(description=OCCURRED_AT)

    summary: Summary | None = edge(
        summaries_by_id,
        key="target_id",
        description="The summary, and all that hangs on it, as they are when this is sent; null for HEARTBEAT.",
    )
    student: Student | None = edge(
        users_by_id, key="student_id", description="Who was taught; null for HEARTBEAT, and once they are erased."
    )


async def _written(read: Read, students: Sequence[UUID], limit: int) -> list[tuple[UUID, UUID | None]]:
    found = await summaries_by_student(read, students, Page(OLDEST, limit))
    return [(summary.id, summary.student_id) for summaries in found for summary in summaries]


@strawberry.type
class SummarySubscriptions:
    """Subscriptions to summaries."""

    @subscription(
        Permission.SIGNED_IN,
        "Summaries as the companion has written them: of oneself, one's students or children, or all. In order, each "
        "once; with `after`, without a gap.",
    )
    def summary_ready(
        self,
        info: Info,
        student_id: Annotated[strawberry.ID | None, strawberry.argument(description=STUDENT_ID)] = None,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        snapshot: Annotated[bool, strawberry.argument(description=SNAPSHOT)] = False,
    ) -> AsyncGenerator[SummaryUpdate, None]:
        asked = Asked(optional_row_id(student_id, "Student"), after, snapshot)
        batches = {EventKind.SUMMARY_READY: summaries_by_id}
        state = State(summaries_by_id, _written)
        updates = stream(info.context, asked, SummaryChange, batches, state)
        return cast("AsyncGenerator[SummaryUpdate, None]", updates)
