"""GraphQL over Server-Sent Events: the distinct connections mode of graphql-sse.

https://github.com/enisdenjo/graphql-sse/blob/master/PROTOCOL.md - one operation a response. It ends after the
`complete` event; ending without one, as it does when the token expires, when the server leaves or when the client is
too slow, brings the client back.
"""

import asyncio
import logging
from collections.abc import Sequence
from uuid import UUID

from graphql import GraphQLError
from starlette.types import Receive, Scope, Send
from strawberry.types.execution import PreExecutionError

from schema.api import schema
from schema.context import Context, Services
from schema.results import Answer, answer_of
from schema.transport import endings
from schema.transport import operation as streaming
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
        self, services: Services, sockets: Sockets, asked: Operation, context: Context, person: UUID | None
    ) -> None:
        super().__init__(services, sockets)
        self.identity = context.identity
        self._asked = asked
        self._context = context.fresh()
        self._person = person

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send events until the operation ends, the client goes, or we end it."""
        self._send = send
        self.outbox = Outbox(self._send_chunk, self.limits, lambda: self.end(endings.TOO_SLOW))
        self.sockets.add(self)
        self.sockets.claim(self, self._person)  # whoever made this has looked whether there is room, a moment ago
        try:
            await send({"type": "http.response.start", "status": 200, "headers": _HEADERS})
            await self.until_ended(self._serve(receive))
        finally:
            await self.outbox.close()
            ours = self.ending is not None
            self.sockets.remove(self, counted(self.ending.code if self.ending else 1006, ours=ours))
        if self.ending is not None and not (self.ending is not endings.TOO_SLOW and await self._finish()):
            await _abandon(scope, receive)

    async def _serve(self, receive: Receive) -> None:
        asked = self._asked
        answers = schema.answers(asked.query, asked.variables, asked.operation_name, asked.extensions, self._context)
        operation = streaming.Operation(self, "", endless=True)
        self.sockets.counts.operations += 1
        operation.start(answers)
        try:
            # It may have ended before it began, as with a token in its last grace.
            while self.ending is None and (await receive())["type"] != "http.disconnect":
                pass
        finally:
            task = operation.task
            operation.stop()
            if task is not None:
                await asyncio.gather(task, return_exceptions=True)

    async def _finish(self) -> bool:
        """End the response; whether the client could be brought to take the end."""
        try:
            async with asyncio.timeout(self.limits.send_seconds):
                await self._send({"type": "http.response.body", "body": b"", "more_body": False})
        except TimeoutError:
            return False
        return True

    def written(self, operation: streaming.Operation, answer: Answer) -> bytes:
        """An answer, as the connection sends it."""
        return next_event(answer)

    async def finish(self, operation: streaming.Operation, refusal: Sequence[GraphQLError]) -> None:
        """Tell the client that there are no more answers, and why; and end the response."""
        errors = PreExecutionError(data=None, errors=list(refusal))
        await self.outbox.put(events_of(answer_of(errors)) if refusal else COMPLETE)
        await self.outbox.emptied()
        self.end(_COMPLETED)

    def ended(self, operation: streaming.Operation) -> None:
        """Nothing of it is left."""
        self.sockets.counts.operations -= 1

    async def _send_chunk(self, chunk: bytes) -> None:
        await self._send({"type": "http.response.body", "body": chunk, "more_body": True})
        self.sockets.counts.sent += 1

    def due(self) -> float:
        """Send a comment now and then, so that proxies keep the connection and we learn when it is dead.

        The first goes out at once: some browsers count a response as begun with its first byte only.
        """
        if self.outbox.empty:
            self.outbox.offer(HEARTBEAT)
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
