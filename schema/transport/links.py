"""The links in mails: whoever follows one says so for a nudge, without signing in."""

from base64 import b64decode

from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route

from db.engine import Database
from db.jobs import defer
from db.nudge_links import nudge_of_link
from db.nudges import lock_nudge, update_nudge
from domain import nudges
from domain.clock import now
from domain.errors import Refused
from domain.events import Event, EventKind
from domain.jobs import JobKind

_PIXEL = b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
_HEADERS = {"cache-control": "no-store", "referrer-policy": "no-referrer", "x-robots-tag": "noindex"}


def nudge_routes(database: Database, leads_to: str) -> list[Route]:
    """`/nudges/opened/...`, a picture of one point, and `/nudges/clicked/...`, which goes on to `leads_to`."""

    async def opened(request: Request) -> Response:
        if not await _noticed(database, request, "opened"):
            return _gone()
        return Response(_PIXEL, media_type="image/gif", headers=_HEADERS)

    async def clicked(request: Request) -> Response:
        if not await _noticed(database, request, "clicked"):
            return _gone()
        return RedirectResponse(leads_to, status_code=303, headers=_HEADERS)

    return [
        Route("/nudges/opened/{token}", opened, methods=["GET"]),
        Route("/nudges/clicked/{token}", clicked, methods=["GET"]),
    ]


def _gone() -> Response:
    return PlainTextResponse(
        "This link is not valid, or not any more. Open the study companion instead.", status_code=404, headers=_HEADERS
    )


async def _noticed(database: Database, request: Request, action: str) -> bool:
    """Whether the link is one of ours; the first time counts. Only looked at (HEAD), it counts for nothing."""
    nudge_id = nudge_of_link(database.vault.keys, request.path_params["token"], action, now())
    if nudge_id is None:
        return False
    if request.method == "HEAD":
        return True
    async with database.system_work() as work:
        try:
            before = await lock_nudge(work, nudge_id)
        except Refused:
            return False  # the person, and the nudge with them, has been erased
        seen = nudges.seen(before, now(), followed=action == "clicked")
        if (seen.opened_at, seen.clicked_at) != (before.opened_at, before.clicked_at):
            await update_nudge(work, nudge_id, seen)
            await defer(work, JobKind.REFRESH_ANALYTICS, user_id=before.user_id)
        if before.opened_at is None:
            work.tell(Event(EventKind.NUDGE_OPENED, before.user_id, nudge_id, person_id=before.user_id))
    return True
