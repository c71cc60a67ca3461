"""Thousands of subscribers in one process of their own, which does next to nothing with what it gets.

It reads a command a line, in JSON, and answers each with a line:

    {"open": [{"query", "variables", "token", "sockets"}]}   opens that many of each, one stream each
    {"wait": 1000, "seconds": 60}                            until so many events have come in all; says how many have
    {"arrivals": true}                                       [id, monotonic nanoseconds] of each event since last asked
    {"close": true}                                          closes all
"""

import asyncio
import json
import re
import sys
import time
from typing import Any

_HANDSHAKE = (
    b"GET /graphql HTTP/1.1\r\nHost: 127.0.0.1\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    b"Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n"
    b"Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)
_EVENT = re.compile(rb'"override":\s*\{"id":\s*"([^"]+)"')
_ERROR = re.compile(rb'"type":\s*"error"|"errors"')
_AT_ONCE = 50  # sockets that are being opened


class Socket(asyncio.Protocol):
    """One WebSocket with one stream."""

    __slots__ = ("_buffer", "_opened", "_subscription", "_token", "arrivals", "ready", "transport")

    def __init__(self, arrivals: list[tuple[str, int]], token: str | None, subscription: dict[str, Any]) -> None:
        self.arrivals = arrivals
        self.ready: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.transport: asyncio.Transport
        self._buffer = b""
        self._opened = False
        self._token = token
        self._subscription = subscription

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self.transport = transport
        transport.write(_HANDSHAKE)

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.ready.done():
            self.ready.set_exception(ConnectionError("closed before it was subscribed"))

    def data_received(self, data: bytes) -> None:
        now = time.monotonic_ns()
        data = self._buffer + data if self._buffer else data
        place = 0
        if not self._opened:
            place = data.find(b"\r\n\r\n") + 4
            if place < 4:
                self._buffer = data
                return
            if b" 101 " not in data[:20]:
                raise ConnectionError(data[:200].decode())
            self._opened = True
            payload = {"authorization": f"Bearer {self._token}"} if self._token else {}
            self._send({"type": "connection_init", "payload": payload})
        while len(data) - place >= 4:
            length, header = data[place + 1], 2
            if length == 126:
                length, header = int.from_bytes(data[place + 2 : place + 4], "big"), 4
            end = place + header + length
            if len(data) < end:
                break
            self._take(data[place] & 15, data[place + header : end], now)
            place = end
        self._buffer = data[place:]

    def _take(self, kind: int, message: bytes, now: int) -> None:
        if kind == 8:
            print(f"closed: {message!r}", file=sys.stderr)
            self.transport.close()
        elif (found := _EVENT.search(message)) is not None:
            self.arrivals.append((found[1].decode(), now))
        elif b'"connection_ack"' in message:
            self._send({"id": "1", "type": "subscribe", "payload": self._subscription})
            self.ready.set_result(None)
        elif b'"ping"' in message:
            self._send({"type": "pong"})
        elif _ERROR.search(message):
            print(message.decode(), file=sys.stderr)

    def _send(self, message: dict[str, Any]) -> None:
        text = json.dumps(message).encode()
        size = bytes([0x80 | len(text)]) if len(text) < 126 else b"\xfe" + len(text).to_bytes(2, "big")
        self.transport.write(b"\x81" + size + b"\0\0\0\0" + text)  # masked with nothing


class Clients:
    """All of them."""

    def __init__(self, port: int) -> None:
        self._port = port
        self._sockets: list[Socket] = []
        self._arrivals: list[tuple[str, int]] = []

    async def obey(self, command: dict[str, Any]) -> Any:
        """Do as told; gives the answer."""
        match command:
            case {"open": groups}:
                at_once = asyncio.Semaphore(_AT_ONCE)
                await asyncio.gather(*(self._open(at_once, group) for group in groups for _ in range(group["sockets"])))
                return len(self._sockets)
            case {"wait": count, "seconds": seconds}:
                deadline = time.monotonic() + seconds
                while len(self._arrivals) < count and time.monotonic() < deadline:  # noqa: ASYNC110 - others append
                    await asyncio.sleep(0.05)
                return len(self._arrivals)
            case {"arrivals": True}:
                arrivals = self._arrivals[:]
                self._arrivals.clear()
                return arrivals
            case {"close": True}:
                for socket in self._sockets:
                    socket.transport.abort()
                self._sockets.clear()
                self._arrivals.clear()
                return None
        raise ValueError(command)

    async def _open(self, at_once: asyncio.Semaphore, group: dict[str, Any]) -> None:
        subscription = {"query": group["query"], "variables": group["variables"]}
        loop = asyncio.get_running_loop()
        async with at_once:
            _, socket = await loop.create_connection(
                lambda: Socket(self._arrivals, group["token"], subscription), "127.0.0.1", self._port
            )
            self._sockets.append(socket)
            async with asyncio.timeout(60):
                await socket.ready


async def main() -> None:
    """Obey until nobody commands any more."""
    clients = Clients(int(sys.argv[1]))
    while line := await asyncio.to_thread(sys.stdin.readline):
        print(json.dumps(await clients.obey(json.loads(line))), flush=True)


if __name__ == "__main__":
    asyncio.run(main())
