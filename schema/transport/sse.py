"""GraphQL over Server-Sent Events: the distinct connections mode of graphql-sse.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md - one operation a response. It ends after the
`complete` event; ending without one, as it does when the token expires, when the server leaves or when the client is
too slow, brings the client back.
"""

import asyncio
import logging
from contextlib import aclosing
from uuid import UUID

from starlette.types import Receive, Scope, Send
from strawberry.types.execution import ExecutionResult

from schema.api import schema
from schema.context import Context, Services
from schema.results import Answer, answer_of, broken
from schema.transport import endings
from schema.transport.connection import ClientConnection
from schema.transport.outbox import Outbox
from schema.transport.requests import EVENT_STREAM, Operation
from schema.transport.sockets import Sockets, counted

COMPLETE = b"event: complete\ndata:\n\n"
HEARTBEAT = b":\n\n"

_HEADERS = [
    (b"content-type", f"{EVENT_STREAM}; charset=utf-8".encode()),
    (b"cache-control", b"no-store"),
    # What nginx and those who follow it take as: do not keep events back to send many at once.
    (b"x-accel-buffering", b"no"),
]
_COMPLETED = endings.Ending(1000, "Completed")

log = logging.getLogger("study.sockets")


def next_event(answer: Answer) -> bytes:
    """One answer of an operation."""
    return b"event: next\ndata: " + answer.body + b"\n\n"


def events_of(answer: Answer) -> bytes:
    """All events of an operation with one answer."""
    return next_event(answer) + COMPLETE


class EventStream(ClientConnection):
    """The response to one subscription, as an ASGI application."""

    is_websocket = False

    def __init__(
        self, services: Services, sockets: Sockets, operation: Operation, context: Context, person: UUID | None
    ) -> None:
        super().__init__(services, sockets)
        self.identity = context.identity
        self._operation = operation
        self._context = context.fresh()
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the operation ends, the client goes, or we end it."""
        self._send = send
        self._outbox = Outbox(self._send_chunk, self.limits, lambda: self.end(endings.TOO_SLOW))
        self.sockets.add(self)
        self.sockets.claim(self, self._person)  # whoever made this has looked whether there is room, a moment ago
        self.sockets.counts.operations += 1
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self.until_ended(self._serve(receive))
        finally:
            await self._outbox.close()
            ours = self.ending is not None
            self.sockets.counts.operations -= 1
            self.sockets.remove(self, counted(self.ending.code if self.ending else 1006, ours=ours))
        if self.ending is not None and not (self.ending is not endings.TOO_SLOW and await self._finish()):
            await _abandon(scope, receive)

    async def _serve(self, receive: Receive) -> None:
        producing = asyncio.create_task(self._produce())
        try:
            await self._listen(receive)
        finally:
            producing.cancel()
            await asyncio.gather(producing, return_exceptions=True)

    async def _finish(self) -> bool:
        """End the response; whether the client could be brought to take the end."""
        try:
            async with asyncio.timeout(self.limits.send_seconds):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            return False
        return True

    async def _listen(self, receive: Receive) -> None:
        while (await receive())["type"] != "http.disconnect":
            pass

    async def _produce(self) -> None:
        try:
            last = await self._answers()
        except Exception as error:  # noqa: BLE001 - `broken` logs it
            last = events_of(answer_of(ExecutionResult(data=None, errors=[broken(error)])))
        await self._outbox.put(last)
        await self._outbox.emptied()
        self.end(_COMPLETED)

    async def _answers(self) -> bytes:
        """Send what the subscription answers; what ends it is returned."""
        asked = self._operation
        answers = schema.answers(asked.query, asked.variables, asked.operation_name, asked.extensions, self._context)
        async with aclosing(answers):
            async for answer in answers:
                if answer.refusal:
                    return events_of(answer)
                await self._outbox.put(next_event(answer))
        return COMPLETE

    async def _send_chunk(self, chunk: bytes) -> None:
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self.sockets.counts.sent += 1

    def due(self) -> float:
        """Send a comment now and then, so that proxies keep the connection and we learn when it is dead.

        The first goes out at once: some browsers count a response as begun with its first byte only.
        """
        if self._outbox.empty:
            self._outbox.offer(HEARTBEAT)
        return self.limits.ping_seconds

    async def leave(self, patience: float) -> None:
        """Close it: a subscription never finishes by itself."""
        self.end(endings.LEAVING)


async def _abandon(scope: Scope, receive: Receive) -> None:
    """Let go of a client that does not read; `wire` offers the means."""
    abort = scope.get("state", {}).get("abort")
    if abort is not None:
        abort()
        while (await receive())["type"] != "http.disconnect":
            pass
