"""Streams as tests open them, and what the server holds for them."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from db.events import events_after
from schema.context import Services
from schema.ids import to_global
from tests.api import Api, Socket
from tests.eventually import until
from tests.make import Person

OVERRIDES = """
subscription ($id: ID) { overrideUpdates(studentId: $id) {
  kind
  override { active reason student { email displayName } summary { narrative version } }
} }
"""
NUDGES = "subscription ($id: ID) { newNudges(studentId: $id) { kind nudge { message user { email } } } }"
SUMMARY = """
mutation ($input: OverrideSummaryInput!) { overrideSummary(input: $input) {
  override { id } summary { version } userErrors { code }
} }
"""
SEND = "mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { nudge { id } userErrors { code } } }"
STATUS = """
mutation ($input: ChangeTutorAssignmentStatusInput!) { changeTutorAssignmentStatus(input: $input) {
  userErrors { code }
} }
"""


@dataclass(frozen=True, slots=True)
class Watch:
    """The application, seen from both sides."""

    api: Api
    services: Services

    @asynccontextmanager
    async def streams(self, *watchers: tuple[Person, str, str | None]) -> AsyncIterator[list[Socket]]:
        """A socket with one stream, under the id "1", for each (person, document, student's id), all of them open."""
        async with AsyncExitStack() as stack:
            sockets = [await stack.enter_async_context(self.api.socket(person)) for person, _, _ in watchers]
            open_before = self.services.live.feed.status.streams
            for socket, (_, document, student) in zip(sockets, watchers, strict=True):
                await start(socket, document, id=student)
            await self.listening(open_before + len(watchers))
            await self.settled()
            yield sockets

    async def listening(self, count: int) -> None:
        """Wait until that many streams are open."""
        await until(lambda: self.services.live.feed.status.streams == count)

    async def settled(self) -> None:
        """Wait until all that was told has been sent or passed over."""
        async with asyncio.timeout(60):
            while not await self._has_read_all():  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0.005)
        await until(lambda: self.services.live.feed.status.waiting == self.in_use == 0)

    async def _has_read_all(self) -> bool:
        """Whether the server has read all events. Other tests' transactions on the same database server hold some."""
        async with self.services.database.system_work() as work:
            stretch = await events_after(work, self.services.live.feed.position, 1)
        return not stretch.held and not stretch.logged

    async def idle(self) -> None:
        """Wait until no connection is in use and nobody waits for one."""
        await until(lambda: self.in_use == 0)

    @property
    def in_use(self) -> int:
        """How many connections are in use, or waited for."""
        stats = self.services.database.pool.get_stats()
        waiting = stats.get("requests_waiting", 0)
        return stats["pool_size"] - stats["pool_available"] + waiting

    async def override(self, tutor: Person, summary: UUID, version: int, text: str, **given: Any) -> str:
        """An override of a summary: its id."""
        chosen = {"id": to_global("Summary", summary), "expectedVersion": version, "narrative": text, **given}
        payload = (await self.api.data(SUMMARY, tutor, input=chosen))["overrideSummary"]
        assert payload["userErrors"] == []
        override_id: str = payload["override"]["id"]
        return override_id

    async def nudge(self, sender: Person, student: Person, message: str) -> None:
        """A nudge."""
        chosen = {"studentId": student.gid, "type": "LOGIN", "channel": "IN_APP", "message": message}
        payload = (await self.api.data(SEND, sender, input=chosen))["sendNudge"]
        assert payload["userErrors"] == []

    async def move(self, admin: Person, assignment: UUID, status: str) -> None:
        """Another status for an assignment."""
        chosen = {"id": to_global("TutorAssignment", assignment), "status": status}
        payload = (await self.api.data(STATUS, admin, input=chosen))["changeTutorAssignmentStatus"]
        assert payload["userErrors"] == []


async def start(socket: Socket, document: str, *, stream: str = "1", **variables: Any) -> None:
    """Ask for a stream."""
    await socket.send(id=stream, type="subscribe", payload={"query": document, "variables": variables})


async def narrative(socket: Socket) -> Any:
    """What the summary of the next override says."""
    return (await socket.next())["data"]["overrideUpdates"]["override"]["summary"]["narrative"]


async def message(socket: Socket) -> Any:
    """The text of the next nudge."""
    return (await socket.next())["data"]["newNudges"]["nudge"]["message"]


async def refusal(socket: Socket, *, stream: str = "1") -> list[str]:
    """The codes of the errors with which a stream ends, as protocol error or as last result."""
    answer = await socket.receive()
    assert (answer["id"], answer["type"] in {"next", "error"}) == (stream, True), answer
    if answer["type"] == "error":
        errors = answer["payload"]
    else:
        assert answer["payload"]["data"] is None
        errors = answer["payload"]["errors"]
        assert await socket.receive() == {"id": stream, "type": "complete"}
    return [error["extensions"]["code"] for error in errors]
