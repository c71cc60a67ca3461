"""All that happens around students, in one stream."""

import datetime as dt
from collections.abc import AsyncGenerator, Mapping, Sequence
from typing import Annotated, Any, cast
from uuid import UUID

import strawberry

from db.assignments import assignments_by_id
from db.engine import Read
from db.goals import goals_by_id
from db.nudges import nudges_by_id
from db.overrides import overrides_by_id
from db.parent_links import links_by_id
from db.practice import practice_by_id
from db.questions import questions_by_id
from db.summaries import summaries_by_id
from db.users import users_by_id
from domain.events import ActivityKind, EventKind
from domain.permissions import Permission
from domain.viewer import Role
from schema.context import Batch, Info
from schema.enums import describe_enum
from schema.fields import edge, subscription
from schema.ids import optional_row_id
from schema.subscriptions.stream import AFTER, CURSOR, OCCURRED_AT, SNAPSHOT, STUDENT_ID, Asked, State, stream
from schema.types.node import Node
from schema.types.user import Student

describe_enum(
    ActivityKind,
    "What happened.",
    OVERRIDE_MADE="A tutor corrected what the companion wrote; the node is the override.",
    OVERRIDE_REVERTED="A tutor took that back; the node is the override.",
    NUDGE_SENT="A nudge was sent; the node is the nudge.",
    NUDGE_OPENED="A nudge was opened for the first time; the node is the nudge.",
    SUMMARY_READY="A session's summary is ready; the node is the summary.",
    PRACTICE_ASSIGNED="Practice was assigned; the node is the assigned practice.",
    PRACTICE_COMPLETED="Practice was completed; the node is the assigned practice.",
    PRACTICE_REVIEWED="A tutor approved practice that the companion wrote, or said no to it; the node is the assigned "
    "practice.",
    QUESTION_ESCALATED="A question was passed on to a tutor, or tells of danger; the node is the question.",
    QUESTION_ANSWERED="A tutor answered a question; the node is the question.",
    GOAL_PROGRESS="A goal was set, reached further, completed, paused, taken up again or cancelled; the node is the "
    "goal.",
    PROGRESS_CHANGED="The student's points, level, badges or streak changed; the node is the student.",
    ASSIGNMENT_BEGUN="A tutor sees a student from now on; the node is the tutor's assignment.",
    ASSIGNMENT_ENDED="A tutor no longer sees a student; the node is the tutor's assignment.",
    LINK_BEGUN="A parent sees a child from now on; the node is the link.",
    LINK_ENDED="A parent no longer sees a child; the node is the link.",
    CURRENT="Nothing: a student, part of the snapshot that was asked for; the node is the student.",
    HEARTBEAT="Nothing at all: this is as far as the stream has come.",
)

_BATCHES: Mapping[EventKind, Batch] = {
    EventKind.OVERRIDE_MADE: overrides_by_id,
    EventKind.OVERRIDE_REVERTED: overrides_by_id,
    EventKind.NUDGE_SENT: nudges_by_id,
    EventKind.NUDGE_OPENED: nudges_by_id,
    EventKind.SUMMARY_READY: summaries_by_id,
    EventKind.PRACTICE_ASSIGNED: practice_by_id,
    EventKind.PRACTICE_COMPLETED: practice_by_id,
    EventKind.PRACTICE_REVIEWED: practice_by_id,
    EventKind.QUESTION_ESCALATED: questions_by_id,
    EventKind.QUESTION_ANSWERED: questions_by_id,
    EventKind.GOAL_PROGRESS: goals_by_id,
    EventKind.PROGRESS_CHANGED: users_by_id,
    EventKind.ASSIGNMENT_BEGUN: assignments_by_id,
    EventKind.ASSIGNMENT_ENDED: assignments_by_id,
    EventKind.LINK_BEGUN: links_by_id,
    EventKind.LINK_ENDED: links_by_id,
}


async def _node(root: Any, info: Info) -> Any:
    return None if root.batch is None else await info.context.load(root.batch, root.target_id)


@strawberry.type(description="Something that happened around a student.")
class ActivityEvent:
    """One event of activity; a view of schema.subscriptions.stream.Update."""

    kind: ActivityKind = strawberry.field(description="What happened.")
    cursor: str | None = strawberry.field(description=CURSOR)
    occurred_at: dt.datetime | None = strawberry.field(description=OCCURRED_AT)
    node: Node | None = strawberry.field(
        resolver=_node,
        description="What it happened to, and all that hangs on it, as they are when this is sent; its type goes with "
        "the kind. Null for HEARTBEAT.",
    )

    student: Student | None = edge(
        users_by_id,
        key="student_id",
        description="The student whom it concerns. Null for HEARTBEAT, for the viewer's own nudges if they are no "
        "student, and for a student whom the viewer sees no more.",
    )


async def _students(read: Read, people: Sequence[UUID], limit: int) -> list[tuple[UUID, UUID | None]]:
    found = await users_by_id(read, people)
    return [(user.id, user.id) for user in found if user is not None and user.role is Role.STUDENT]


@strawberry.type
class ActivitySubscriptions:
    """The subscription to everything."""

    @subscription(
        Permission.SIGNED_IN,
        "All that happens around oneself, one's students or children, or everybody: one stream for a dashboard. In "
        "order, each event once; with `after`, without a gap. The snapshot is the students whom one sees.",
    )
    def activity(
        self,
        info: Info,
        student_id: Annotated[strawberry.ID | None, strawberry.argument(description=STUDENT_ID)] = None,
        kinds: Annotated[
            list[ActivityKind] | None,
            strawberry.argument(description="Only these; all unless given. CURRENT and HEARTBEAT come in any case."),
        ] = None,
        after: Annotated[str | None, strawberry.argument(description=AFTER)] = None,
        snapshot: Annotated[bool, strawberry.argument(description=SNAPSHOT)] = False,
    ) -> AsyncGenerator[ActivityEvent, None]:
        asked = Asked(optional_row_id(student_id, "Student"), after, snapshot)
        wanted = None if kinds is None else {kind.value for kind in kinds}
        batches = {kind: batch for kind, batch in _BATCHES.items() if wanted is None or kind.value in wanted}
        state = State(users_by_id, _students)
        updates = stream(info.context, asked, ActivityKind, batches, state)
        return cast("AsyncGenerator[ActivityEvent, None]", updates)
