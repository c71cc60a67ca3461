"""The stream that all live fields share."""

from collections.abc import AsyncIterator, Collection
from typing import Any
from uuid import UUID

from db.broadcast import FellBehind
from domain.errors import BadRequest
from domain.events import EventKind
from domain.permissions import sees_student
from domain.viewer import Role
from schema.context import Batch, Info


async def stream(info: Info, kinds: Collection[EventKind], batch: Batch, student_id: UUID | None) -> AsyncIterator[Any]:
    """What `batch` finds for each event about one student, or about all whom the viewer sees.

    Each is read again under the viewer's own row security just before it is sent, in a transaction of its own: what
    the viewer may no longer see is passed over. Raises BadRequest (NOT_FOUND) for a student the viewer may not see.
    """
    context = info.context
    viewer = (await context.read()).viewer
    if student_id is not None and not sees_student(viewer, student_id):
        raise BadRequest("NOT_FOUND", "There is no such student.")
    students = {student_id} if student_id is not None else None if viewer.role is Role.ADMIN else viewer.students
    with context.services.live.listen(students, kinds) as listener:
        while True:
            await context.release()
            try:
                event = await listener.next()
            except FellBehind:
                raise BadRequest("FELL_BEHIND", "Events came faster than they were read; subscribe again.") from None
            (found,) = await batch(await context.read(), [event.target_id])
            if found is not None:
                yield found
