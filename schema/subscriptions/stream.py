"""The stream that all live fields share."""

from collections.abc import AsyncGenerator, Awaitable, Callable, Hashable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from uuid import UUID

from db.batch import Page
from db.engine import Read
from db.events import now
from db.feed import Feed, Start
from db.users import NEWEST, users_by_id, visible_students
from domain.errors import BadRequest
from domain.events import CURRENT, HEARTBEAT, Cursor, EventKind, Logged, MalformedCursor, ResyncRequired
from domain.permissions import sees_student
from domain.viewer import Role, Viewer
from schema.context import Batch, Context

MAX_STATE = 1_000
"""Things that a stream's snapshot may have, and students whom it may be about."""

STUDENT_ID = "Only what concerns this student; all whom the viewer sees unless given."
AFTER = "The `cursor` of the last event received: what happened since comes first. From now on unless given."
SNAPSHOT = (
    "Whether the current state comes first, as events of kind CURRENT without a cursor, and then a HEARTBEAT whose "
    "cursor is the state's own. Until that has come the state is not whole; at most 1,000 things. Not with `after`."
)
CURSOR = (
    "Pass it as `after` to go on from here, on any server; opaque. Null for CURRENT: a state is taken whole or not at "
    "all."
)
OCCURRED_AT = (
    "When the change was made, by the database's clock; null for CURRENT and HEARTBEAT. Events come in the order in "
    "which they were kept, that of `cursor`: what took longer to be kept comes later with an earlier time, so this "
    "does not always grow from one event to the next. Do not sort or resume by it."
)


@dataclass(frozen=True, slots=True)
class Update:
    """One step of a stream; the types of the live fields are views of it.

    Two steps that are equal look the same to one viewer, so that they are read once for all who ask the same.
    """

    kind: StrEnum
    cursor: str | None
    occurred_at: datetime | None = None
    student_id: UUID | None = None
    batch: Batch | None = None
    """Finds what it is about; None for one that is about nothing."""
    target_id: UUID | None = None


@dataclass(frozen=True, slots=True)
class State:
    """What there is before anything happens."""

    batch: Batch
    """Finds one thing of it."""
    read: Callable[[Read, Sequence[UUID], int], Awaitable[Sequence[tuple[UUID, UUID | None]]]]
    """The ids of the things about some people, beside their students'; no more than so many."""


@dataclass(frozen=True, slots=True)
class Asked:
    """The arguments that all live fields have."""

    student_id: UUID | None
    after: str | None
    snapshot: bool


@dataclass(frozen=True, slots=True)
class Watch:
    """What a stream watches, and from where on: the last step of its beginning."""

    start: Start
    person: UUID | None
    """Whose events; None for everybody's."""
    students: frozenset[UUID] | None
    """Whom alone they are to concern."""
    changes: type[StrEnum]
    """Names the kinds for clients."""
    batches: Mapping[EventKind, Batch]
    """What finds the target of each kind."""

    @property
    def what(self) -> Hashable:
        """What is watched; equal for two that get the same events, told in the same way."""
        return self.person, self.students, self.changes, frozenset(self.batches)

    def update(self, cursor: Cursor, logged: Logged | None) -> Update:
        """The step that tells of an event, or that there is nothing else up to the cursor."""
        if logged is None:
            return Update(self.changes(HEARTBEAT), str(cursor))
        event = logged.event
        return Update(
            self.changes(event.kind.value),
            str(cursor),
            logged.occurred_at,
            event.student_id,
            self.batches[event.kind],
            event.target_id,
        )

    async def missed(self, feed: Feed, start: Start) -> AsyncGenerator[Update, None]:
        """The steps from the start to the present. Raises BadRequest: RESYNC_REQUIRED when some of them are gone."""
        kinds = self.batches.keys()
        try:
            async with aclosing(feed.missed(start, person=self.person, students=self.students, kinds=kinds)) as missed:
                async for logged in missed:
                    yield self.update(logged.cursor, logged)
        except ResyncRequired:
            raise BadRequest(
                "RESYNC_REQUIRED",
                "What happened after this cursor is no longer kept; read the state anew, as with `snapshot: true`.",
            ) from None


async def stream(
    context: Context, asked: Asked, changes: type[StrEnum], batches: Mapping[EventKind, Batch], state: State
) -> AsyncGenerator[Update | Watch, None]:
    """The state first where it is asked for, and then what to watch: events of some kinds about one student, or about
    the viewer and all whom they see.

    `changes` names the kinds for clients, `batches` says what finds the target of each. Whether the viewer may see a
    target is asked when it is sent, by `delivery`.

    Raises BadRequest: NOT_FOUND for a student the viewer may not see, SNAPSHOT_TOO_LARGE, BAD_CURSOR for a text that is
    none.
    """
    after = _cursor(asked)
    read = await context.read()
    viewer = read.viewer
    if asked.student_id is not None:
        await _require_student(read, viewer, asked.student_id)
    start = context.services.live.feed.start(after or await now(read))
    current = [] if not asked.snapshot else await _current(read, asked.student_id, state)
    await context.release()
    for target_id, student_id in current:
        yield Update(changes(CURRENT), None, None, student_id, state.batch, target_id)
    person = None if viewer.role is Role.ADMIN else viewer.id
    yield Watch(start, person, None if asked.student_id is None else frozenset({asked.student_id}), changes, batches)


def _cursor(asked: Asked) -> Cursor | None:
    if asked.after is None:
        return None
    if asked.snapshot:
        raise BadRequest("BAD_USER_INPUT", "Give `after` or `snapshot: true`: one of them says where to begin.")
    try:
        return Cursor.parse(asked.after)
    except MalformedCursor:
        text = "`after` is no cursor of a stream; pass a `cursor` as an event had it."
        raise BadRequest("BAD_CURSOR", text) from None


async def _require_student(read: Read, viewer: Viewer, student_id: UUID) -> None:
    (student,) = await users_by_id(read, [student_id])
    if student is None or student.role is not Role.STUDENT or not sees_student(viewer, student_id):
        raise BadRequest("NOT_FOUND", "There is no such student.")


async def _current(read: Read, student_id: UUID | None, state: State) -> Sequence[tuple[UUID, UUID | None]]:
    people = [student_id] if student_id else await _people(read)
    found = await state.read(read, people, MAX_STATE + 1) if len(people) <= MAX_STATE else []
    if max(len(people), len(found)) > MAX_STATE:
        raise BadRequest(
            "SNAPSHOT_TOO_LARGE",
            f"A snapshot has at most {MAX_STATE:,} things; name a student, or read the state in pages beforehand.",
        )
    return found


async def _people(read: Read) -> list[UUID]:
    """The students whom the viewer sees, and the viewer: some things are theirs alone."""
    (students,) = await visible_students(read, [read.viewer.id], Page(NEWEST, MAX_STATE + 1))
    return list({read.viewer.id, *(student.id for student in students)})
