"""GraphQL over WebSocket: graphql-transport-ws, to the letter.

https://github.com/enisdenjo/graphql-ws/blob/master/PROTOCOL.md - the older protocol of the name `graphql-ws` is not
spoken. Close codes and what clients make of them are in `endings`.
"""

import asyncio
import logging
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from graphql import GraphQLError
from psycopg import OperationalError
from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse
from starlette.types import Receive, Scope, Send
from starlette.websockets import WebSocket, WebSocketDisconnect

from domain.errors import BadRequest
from domain.identity.tokens import Identity
from schema.api import schema
from schema.context import Context, Services
from schema.documents import is_mutation, is_subscription
from schema.identity import Unauthenticated, Unavailable, identify
from schema.results import Answer, refused
from schema.transport import endings, messages
from schema.transport.connection import ClientConnection
from schema.transport.operation import Operation
from schema.transport.outbox import Outbox
from schema.transport.sockets import Sockets, counted

PROTOCOL = "graphql-transport-ws"

log = logging.getLogger("study.sockets")


class WebSocketEndpoint:
    """The ASGI application at /graphql for WebSockets."""

    def __init__(self, services: Services, sockets: Sockets, *, allowed_origins: Sequence[str] = ()) -> None:
        """`allowed_origins` are those of web pages beside our own; `*` is every one."""
        self.services = services
        self.sockets = sockets
        self.allowed_origins = frozenset(origin.lower().rstrip("/") for origin in allowed_origins)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one WebSocket until it is closed."""
        if await self._accepts(WebSocket(scope, receive, send)):
            await Socket(self.services, self.sockets, receive, send).serve()

    async def _accepts(self, websocket: WebSocket) -> bool:
        await websocket.receive()
        if not self._is_allowed(websocket.headers):
            await _deny(websocket, 403, "This origin may not open WebSockets here.")
        elif not self.sockets.admits:
            self.sockets.counts.refused += 1
            await _deny(websocket, 503, "This server takes no more connections; try again later.")
        elif PROTOCOL not in websocket.scope["subprotocols"]:
            # Only an accepted socket can be given a code. No sub-protocol is named, as none is agreed on.
            await websocket.accept()
            self.sockets.counts.closed[str(endings.SUBPROTOCOL.code)] += 1
            with suppress(WebSocketDisconnect):
                await websocket.close(endings.SUBPROTOCOL.code, endings.SUBPROTOCOL.reason)
        else:
            await websocket.accept(PROTOCOL)
            return True
        return False

    def _is_allowed(self, headers: Headers) -> bool:
        """A browser names the page's origin; other programs name none, and could name any."""
        origin = headers.get("origin")
        if origin is None or "*" in self.allowed_origins or origin.lower() in self.allowed_origins:
            return True
        # The scheme is left out: behind a proxy that ends TLS, ours is not the client's.
        return origin.lower().partition("://")[2] == headers.get("host", "").lower() != ""


async def _deny(websocket: WebSocket, status: int, reason: str) -> None:
    if "websocket.http.response" in websocket.scope.get("extensions", {}):
        await websocket.send_denial_response(PlainTextResponse(reason, status, {"Retry-After": "5"}))
    else:
        await websocket.close()


class Socket(ClientConnection):
    """One WebSocket that speaks the protocol."""

    def __init__(self, services: Services, sockets: Sockets, receive: Receive, send: Send) -> None:
        super().__init__(services, sockets)
        self._receive = receive
        self._send = send
        self.outbox = Outbox(self._send_text, self.limits, lambda: self.end(endings.TOO_SLOW))
        self._client_code = 1006
        self._opened = self._heard = self._pinged = asyncio.get_running_loop().time()
        self._init_received = False
        self._initialising: asyncio.Task[None] | None = None
        self._acknowledged = False
        self._leaving = False
        self._patience = self.limits.finish_seconds
        self._operations: dict[str, Operation] = {}
        """By their ids, which are free again as soon as either side completes them."""
        self._running: set[Operation] = set()
        """Until their tasks have ended."""

    async def serve(self) -> None:
        """Until either side closes; then nothing of it is left."""
        self.sockets.add(self)
        try:
            try:
                await self.until_ended(self._listen())
            except Exception:
                log.exception("a socket failed")
                self.ending = endings.INTERNAL
            await self.outbox.close()
            if self.ending is not None:
                await self._close(self.ending)
        finally:
            ours = self.ending is not None
            self.sockets.remove(self, counted(self.ending.code if self.ending else self._client_code, ours=ours))
            await self._end_operations()

    async def _close(self, ending: endings.Ending) -> None:
        try:
            # Our own server does not wait here for a client that does not read; others do.
            async with asyncio.timeout(self.limits.send_seconds):
                await self._send({"type": "websocket.close", "code": ending.code, "reason": ending.reason})
        except (OSError, RuntimeError, TimeoutError):
            log.debug("a client was gone before it was told why")

    async def _listen(self) -> None:
        loop = asyncio.get_running_loop()
        while self.ending is None:
            message = await self._receive()
            if message["type"] == "websocket.disconnect":
                self._client_code = message.get("code") or 1005
                return
            self._heard = loop.time()
            try:
                await self._handle(messages.parse(message.get("text")))
            except messages.InvalidMessage as error:
                self.end(endings.invalid_message(str(error)))

    async def _handle(self, message: messages.ClientMessage) -> None:
        match message:
            case messages.Subscribe():
                await self._subscribe(message)
            case messages.Complete():
                self._complete(message.id)
            case messages.Ping():
                await self.outbox.put(messages.pong_message(message.payload))
            case messages.Pong():
                pass
            case messages.ConnectionInit():
                if self._init_received:
                    self.end(endings.TOO_MANY_INITS)
                    return
                self._init_received = True
                # In a task, so that what comes before the answer is seen for what it is.
                self._initialising = asyncio.create_task(self._initialise(message.payload))
                self._initialising.add_done_callback(self._initialised)

    def _initialised(self, task: asyncio.Task[None]) -> None:
        self._initialising = None

    async def _initialise(self, payload: messages.Payload) -> None:
        """Take the token from `{"authorization": "Bearer <token>"}`, in any case of the key."""
        sent = {key.lower(): value for key, value in payload.items()}
        authorization = sent.get("authorization")
        if authorization is not None and not isinstance(authorization, str):
            self.end(endings.forbidden("`authorization` must be a text"))
            return
        try:
            context = await identify(self.services, authorization)
            try:
                viewer = await context.viewer()
            finally:
                await context.close()
        except Unauthenticated as error:
            self.end(endings.forbidden(str(error)))
        except (Unavailable, OperationalError):
            self.end(endings.UNAVAILABLE)
        except Exception:
            log.exception("a socket could not be initialised")
            self.end(endings.INTERNAL)
        else:
            if not self.sockets.claim(self, None if viewer is None else viewer.id):
                self.end(endings.TOO_MANY)
                return
            self.identity = context.identity
            self._acknowledged = True
            self.outbox.offer(messages.ACK)
            self.watch()

    def renew(self, identity: Identity) -> datetime:
        """Go on with another token of the same person; what runs is not disturbed."""
        if self.identity is None or self.identity.expires_at < identity.expires_at:
            self.identity = identity
            self.watch()
        return self.identity.expires_at

    def due(self) -> float:
        """Wait for `connection_init`, then ping a client that is silent, and give up one that does not answer."""
        now = asyncio.get_running_loop().time()
        if not self._init_received:
            left = self._opened + self.limits.init_seconds - now
            if left <= 0:
                self.end(endings.INIT_TIMEOUT)
            return max(left, 0)
        idle = self._heard + self.limits.idle_seconds - now
        if idle <= 0:
            self.end(endings.NO_ANSWER)
            return 0
        ping = max(self._heard, self._pinged) + self.limits.ping_seconds - now
        if ping <= 0:
            # Where something waits to be sent already, it does what a ping would.
            if self.outbox.empty:
                self.outbox.offer(messages.PING)
            self._pinged = now
            ping = self.limits.ping_seconds
        return min(ping, idle)

    async def _subscribe(self, message: messages.Subscribe) -> None:
        if not self._acknowledged:
            self.end(endings.UNAUTHORIZED)
        elif message.id in self._operations:
            self.end(endings.already_exists(message.id))
        elif self._leaving:
            # The client runs it again once it has connected to the next process.
            pass
        elif len(self._running) >= self.limits.operations:
            text = f"A socket runs {self.limits.operations} operations at once; complete some or wait for them."
            await self.outbox.put(messages.error_message(message.id, [refused("TOO_MANY_OPERATIONS", text)]))
        else:
            try:
                query = self.services.documents.text(message.query, None, message.extensions)
            except BadRequest as error:
                await self.outbox.put(messages.error_message(message.id, [refused(error.code, error.message)]))
            else:
                self._start(replace(message, query=query))

    def _start(self, asked: messages.Subscribe) -> None:
        name = asked.operation_name
        # A change that has begun is carried through, as over HTTP.
        finishes, endless = is_mutation(asked.query, name), is_subscription(asked.query, name)
        operation = self._operations[asked.id] = Operation(self, asked.id, finishes=finishes, endless=endless)
        self._running.add(operation)
        self.sockets.counts.operations += 1
        context = Context(self.services, self.identity, self)
        operation.start(schema.answers(asked.query, asked.variables, name, asked.extensions, context))

    def _complete(self, operation_id: str) -> None:
        operation = self._operations.pop(operation_id, None)
        if operation is not None:
            operation.stop()

    def written(self, operation: Operation, answer: Answer) -> bytes:
        """An answer, as the connection sends it."""
        return messages.next_message(operation.id, answer)

    async def finish(self, operation: Operation, refusal: Sequence[GraphQLError]) -> None:
        """Tell the client that there are no more answers, and why."""
        # Before the client hears of the end: it may use the id again at once.
        del self._operations[operation.id]
        if refusal:
            await self.outbox.put(messages.error_message(operation.id, refusal))
        else:
            await self.outbox.put(messages.complete_message(operation.id))

    def ended(self, operation: Operation) -> None:
        """Nothing of it is left."""
        self._running.discard(operation)
        self.sockets.counts.operations -= 1

    async def _send_text(self, message: bytes) -> None:
        await self._send({"type": "websocket.send", "text": message.decode()})
        self.sockets.counts.sent += 1

    async def leave(self, patience: float) -> None:
        """Take no more operations, finish those with one answer, and close with a code that brings clients back."""
        self._leaving = True
        try:
            async with asyncio.timeout(patience):
                finite = [each.task for each in self._running if each.task is not None and not each.endless]
                if finite:
                    await asyncio.wait(finite)
                await self.outbox.emptied()
        except TimeoutError:
            log.warning("a socket was closed with operations under way: they took too long")
            self._patience = 0
        self.end(endings.LEAVING)

    async def _end_operations(self) -> None:
        """Stop what may be stopped, let the rest finish: no task and no connection of the pool outlives the socket."""
        await self.outbox.close()
        for operation in list(self._running):
            operation.stop()
        tasks = {operation.task for operation in self._running if operation.task is not None}
        if self._initialising is not None:
            self._initialising.cancel()
            tasks.add(self._initialising)
        self._operations.clear()
        try:
            if tasks:
                await asyncio.wait(tasks, timeout=self._patience)
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
