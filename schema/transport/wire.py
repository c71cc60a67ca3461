"""Uvicorn's protocols, where they would let a client take memory without end or never hear why it was closed."""

import asyncio
import socket
from asyncio.transports import BaseTransport
from typing import Any

from uvicorn.config import Config
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.utils import ClientDisconnected
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol
from uvicorn.server import ServerState
from websockets.exceptions import InvalidState
from websockets.frames import Frame

MAX_HEAD = 128 * 1024
"""Bytes of a request's line and headers, and of its trailers; a little more may come in one piece."""
MAX_FRAGMENTS = 1_000
"""Of one message. Empty ones cost a client nothing, and no limit on size ends them."""
REQUEST_SECONDS = 60
"""How long a client may take to send a request. After as long a connection is closed on which none has begun."""
CLOSE_SECONDS = 10
"""How long a client has to read why it is closed and to close in turn."""
UNREAD_SECONDS = 30
"""How long the kernel, where it can be told, keeps data that the other side neither takes nor acknowledges. This is
what ends plain responses that nobody reads and connections whose other end has silently gone."""


_TOO_SLOW = b"HTTP/1.1 408 Request Timeout\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"


def _give_up_on_the_dead(transport: BaseTransport) -> None:
    connection: socket.socket | None = transport.get_extra_info("socket")
    if connection is not None and connection.family != socket.AF_UNIX and hasattr(socket, "TCP_USER_TIMEOUT"):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, UNREAD_SECONDS * 1000)


class HttpProtocol(HttpToolsProtocol):
    """HTTP, with a way to let go of a client that does not read: `scope["state"]["abort"]`."""

    def __init__(
        self,
        config: Config,
        server_state: ServerState,
        app_state: dict[str, Any],
        _loop: asyncio.AbstractEventLoop | None = None,
    ) -> None:
        super().__init__(config, server_state, {**app_state, "abort": self.abort}, _loop)
        self._unread = 0
        """Bytes that came since the parser last had something whole; it keeps them until it has."""
        self._waits_since: float | None = self.loop.time()
        """Since when the rest of a request, or the first one, has been waited for."""
        self._watcher = self.loop.call_later(REQUEST_SECONDS, self._watch)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]
        """Called by the event loop."""
        _give_up_on_the_dead(transport)
        super().connection_made(transport)

    def _watch(self) -> None:
        # One timer a connection, not one a request.
        now = self.loop.time()
        waited = 0 if self._waits_since is None else now - self._waits_since
        if waited < REQUEST_SECONDS:
            self._watcher = self.loop.call_later(REQUEST_SECONDS - waited, self._watch)
        elif not self.transport.is_closing():
            if self.cycle is None or not (self.cycle.response_started or self.pipeline):
                self.transport.write(_TOO_SLOW)
            self.transport.close()

    def connection_lost(self, exc: Exception | None) -> None:
        """Called by the event loop."""
        self._watcher.cancel()
        super().connection_lost(exc)
        self._let_go()

    def handle_websocket_upgrade(self) -> None:
        """Hand the connection over, and leave nothing behind that would keep this object as long as the WebSocket."""
        self.app_state = {name: value for name, value in self.app_state.items() if name != "abort"}
        self._watcher.cancel()
        super().handle_websocket_upgrade()
        self._let_go()

    def _let_go(self) -> None:
        """Forget what leads back here, and would leave this object to the garbage collector."""
        self.app_state = {}
        self.scope = self.parser = None  # type: ignore[assignment]

    def abort(self) -> None:
        """Close the connection at once; what the client has not read is lost."""
        self.transport.abort()

    # Reading

    def data_received(self, data: bytes) -> None:
        """Called by the event loop. The parser itself would take headers and trailers without end."""
        if self.parser is None or self.transport.is_closing():
            return  # what comes after a request that was refused
        self._unread += len(data)
        super().data_received(data)
        if self._unread > MAX_HEAD and not self.transport.is_closing():
            self.send_400_response("The head of a request is too long.")

    def on_message_begin(self) -> None:
        """Called by the parser."""
        self._unread = 0
        self._waits_since = self.loop.time()
        super().on_message_begin()

    def on_body(self, body: bytes) -> None:
        """Called by the parser."""
        self._unread = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """Called by the parser."""
        self._unread = 0
        self._waits_since = None
        super().on_message_complete()

    def on_headers_complete(self) -> None:
        """Called by the parser."""
        before = self.cycle
        super().on_headers_complete()
        if self.cycle is not before and self.scope["method"] != "HEAD":
            self.cycle.transport = _HeadWithBody(self.transport)  # type: ignore[assignment]


class _HeadWithBody:
    """A transport as a response needs it, that sends the response's head together with the beginning of its body.

    ASGI wants it so, and each sending is a call of the kernel.
    """

    __slots__ = ("_head", "_transport")

    def __init__(self, transport: asyncio.Transport) -> None:
        self._transport = transport
        self._head: bytes | None = b""
        """What waits; None once it is sent."""

    def write(self, data: bytes) -> None:
        """The head, then the body in parts; or that the client may go on and send its own."""
        if self._head is None or data.startswith(b"HTTP/1.1 100 "):
            self._transport.write(data)
        elif not self._head:
            self._head = data
        else:
            self._transport.write(self._head + data)
            self._head = None

    def close(self) -> None:
        """As a transport's."""
        self._transport.close()

    def is_closing(self) -> bool:
        """As a transport's."""
        return self._transport.is_closing()


class WebSocketProtocol(WebSocketsSansIOProtocol):
    """WebSocket, closed within CLOSE_SECONDS whatever the client does."""

    _flushes = False

    # Writing

    def pause_writing(self) -> None:
        """Called by the event loop: the client is behind. It is not read either, as pings alone make more to send."""
        super().pause_writing()
        self.transport.pause_reading()

    def resume_writing(self) -> None:
        """Called by the event loop: the client has caught up."""
        super().resume_writing()
        if not self.read_paused and not self.transport.is_closing():
            self.transport.resume_reading()

    async def receive(self) -> Any:
        """The next ASGI event."""
        message = await super().receive()
        if not self.writable.is_set():
            self.transport.pause_reading()
        return message

    async def send(self, message: Any) -> None:
        """Send an ASGI event; a close does not wait for a client that does not read, but goes behind what it has.

        Messages that are sent in one go are written in one go, which takes a fraction of the time.
        """
        if message["type"] == "websocket.send" and self.handshake_complete and not self.close_sent:
            await self.writable.wait()
            self._put(message)
            return
        if message["type"] == "websocket.close":
            self.writable.set()
            self.transport.resume_reading()
        await super().send(message)
        if message["type"] == "websocket.accept":
            # What the handshake said is read; there may be thousands of them.
            self.request.headers.clear()
            self.response.headers.clear()
        if message["type"] == "websocket.http.response.body" and not message.get("more_body"):
            # Uvicorn would take a refusal for no answer, and log an error.
            self.handshake_complete = True
        if self.close_sent:
            self._close_soon()

    def _put(self, message: Any) -> None:
        if self.disconnected or self.transport.is_closing():
            raise ClientDisconnected
        try:
            self.conn.send_text(message["text"].encode())
        except InvalidState:
            raise ClientDisconnected from None
        if not self._flushes:
            self._flushes = True
            self.loop.call_soon(self._flush)

    def _flush(self) -> None:
        self._flushes = False
        # Whatever else has been written meanwhile took all that waited with it.
        waiting = self.conn.data_to_send()
        if waiting and not self.transport.is_closing():
            self.transport.write(b"".join(waiting))

    # Closing

    def _close_soon(self) -> None:
        """Wait for the client to read why it is closed and to close in turn, but not for ever."""
        if self.close_timer is not None:
            self.close_timer.cancel()
        if not self.disconnected:
            self.close_timer = self.loop.call_later(CLOSE_SECONDS, self.transport.abort)

    def data_received(self, data: bytes) -> None:
        """Called by the event loop. After a breach of WebSocket itself the rest is not looked at."""
        if self.conn.parser_exc is None:
            super().data_received(data)

    def handle_parser_exception(self) -> None:
        """Close for a breach of WebSocket itself.

        Uvicorn closes the connection at once; with data still unread that is a reset, which overtakes the close frame.
        """
        sent = self.conn.close_sent
        self.queue.put_nowait({"type": "websocket.disconnect", "code": sent.code if sent else 1002})
        self.transport.write(b"".join(self.conn.data_to_send()))
        self.close_sent = True
        self.stop_keepalive()
        self._close_soon()
        if self.transport.can_write_eof():
            self.transport.write_eof()
        self.transport.resume_reading()

    def handle_close(self, event: Frame) -> None:
        """The client closes; what it has not read by then it need not read."""
        super().handle_close(event)
        if self.transport.is_closing() and self.transport.get_write_buffer_size():
            self._close_soon()

    # Reading

    def handle_ping(self) -> None:
        """Answer a ping; but not behind a close, as by then nothing holds up a client that only sends."""
        pongs = self.conn.data_to_send()
        if not self.close_sent:
            self.transport.write(b"".join(pongs))

    def handle_cont(self, event: Frame) -> None:
        """Add a fragment to the message, unless there are absurdly many."""
        if len(self.frames) >= MAX_FRAGMENTS:
            self._fail(1008, "Too many fragments")
        else:
            super().handle_cont(event)

    def send_receive_event_to_app(self) -> None:
        """A message is complete. Text that is no text would leave a traceback in the log each time."""
        if self.curr_msg_data_type == "text":
            try:
                b"".join(self.frames).decode()
            except UnicodeDecodeError:
                self.frames = []
                self._fail(1007, "Text messages are UTF-8")
                return
        super().send_receive_event_to_app()

    def _fail(self, code: int, reason: str) -> None:
        if not self.close_sent:
            self.conn.fail(code, reason)
            self.handle_parser_exception()
