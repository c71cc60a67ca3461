"""The stream that all live fields share."""

from collections.abc import AsyncGenerator, Collection
from typing import Any
from uuid import UUID

from db.broadcast import FellBehind
from db.engine import UnknownPerson
from db.users import users_by_id
from domain.errors import BadRequest
from domain.events import EventKind
from domain.permissions import sees_student
from domain.viewer import Role, Viewer
from schema.context import Batch, Context, Info


async def stream(
    info: Info, kinds: Collection[EventKind], batch: Batch, student_id: UUID | None
) -> AsyncGenerator[tuple[EventKind, Any], None]:
    """Each event about one student, or about the viewer and all whom they see, with what `batch` finds for it.

    That is read again under the viewer's own row security just before it is sent, in a transaction of its own: what
    the viewer may no longer see is passed over. Between events nothing is held but a place in `Live`.

    Raises BadRequest (NOT_FOUND) for a student the viewer may not see, (FELL_BEHIND) when events were missed,
    (UNAUTHENTICATED) once the viewer is no user any more.
    """
    context = info.context
    if student_id is None:
        kinds = {*kinds, EventKind.ACCESS_CHANGED}
    with context.services.live.listen(kinds) as listener:
        # Whom the viewer sees is read again once their changes are heard: none falls between the two.
        listener.follow(_followed(await _viewer(context), student_id))
        await context.release()
        viewer = await _viewer(context)
        if student_id is not None:
            await _require_student(context, viewer, student_id)
        while True:
            listener.follow(_followed(viewer, student_id))
            await context.release()
            try:
                event = await listener.next()
            except FellBehind:
                raise BadRequest("FELL_BEHIND", "Events were missed; read what you need again and subscribe.") from None
            viewer = await _viewer(context)
            if event.kind is EventKind.ACCESS_CHANGED:
                continue
            (found,) = await batch(await context.read(), [event.target_id])
            if found is not None:
                yield event.kind, found


async def _viewer(context: Context) -> Viewer:
    try:
        return (await context.read()).viewer
    except UnknownPerson as error:
        raise BadRequest("UNAUTHENTICATED", str(error)) from error


async def _require_student(context: Context, viewer: Viewer, student_id: UUID) -> None:
    (student,) = await users_by_id(await context.read(), [student_id])
    if student is None or student.role is not Role.STUDENT or not sees_student(viewer, student_id):
        raise BadRequest("NOT_FOUND", "There is no such student.")


def _followed(viewer: Viewer, student_id: UUID | None) -> Collection[UUID] | None:
    if student_id is not None:
        return {student_id}
    return None if viewer.role is Role.ADMIN else viewer.students | {viewer.id}
