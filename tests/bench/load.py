"""Clients that ask a server over and over, on connections that stay open."""

import asyncio
import json
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import count
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """What is sent: a path, headers, and a body where there is one to send."""

    path: str
    headers: Mapping[str, str]
    body: Mapping[str, Any]

    @property
    def text(self) -> bytes:
        """As HTTP has it."""
        body = json.dumps(self.body).encode()
        lines = [
            f"POST {self.path} HTTP/1.1",
            "Host: 127.0.0.1",
            "Content-Type: application/json",
            "Accept: application/json",
            f"Content-Length: {len(body)}",
            *(f"{name}: {value}" for name, value in self.headers.items()),
        ]
        return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


@dataclass(slots=True)
class Loaded:
    """What came of it."""

    answers: int = 0
    bytes: int = 0
    """Of the bodies."""
    seconds: float = 0
    latencies: list[float] = field(default_factory=list)
    """Seconds, of each answer."""


class _Client(asyncio.Protocol):
    """One connection: the next request when the answer to the last is there."""

    def __init__(self, turns: Iterator[int], requests: Sequence[bytes], loaded: Loaded, until: float) -> None:
        self._turns, self._requests, self._loaded, self._until = turns, requests, loaded, until
        self.done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._transport: asyncio.Transport
        self._buffer = bytearray()
        self._length = -1  # of the whole answer, once known
        self._began = 0.0

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._ask()

    def connection_lost(self, exc: Exception | None) -> None:
        if not self.done.done():
            self.done.set_exception(ConnectionError("the server closed a connection"))

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if self._length < 0 and (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = bytes(self._buffer[:end]).lower()
            if b" 200 " not in head[:20]:
                self._fail(f"the server answered {self._buffer[:600]!r}")
                return
            self._length = end + 4 + int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            self._loaded.bytes += self._length - end - 4
        if 0 <= self._length <= len(self._buffer):
            if b'"errors":' in self._buffer:
                self._fail(f"the server answered {self._buffer[:600]!r}")
                return
            now = time.perf_counter()
            self._loaded.answers += 1
            self._loaded.latencies.append(now - self._began)
            self._buffer.clear()
            self._length = -1
            if now < self._until:
                self._ask()
            else:
                self.done.set_result(None)
                self._transport.close()

    def _ask(self) -> None:
        self._began = time.perf_counter()
        self._transport.write(self._requests[next(self._turns) % len(self._requests)])

    def _fail(self, why: str) -> None:
        self.done.set_exception(RuntimeError(why))
        self._transport.close()


async def _load(port: int, requests: Sequence[bytes], clients: int, seconds: float) -> Loaded:
    loop = asyncio.get_running_loop()
    loaded, turns, began = Loaded(), count(), time.perf_counter()
    made = [
        await loop.create_connection(lambda: _Client(turns, requests, loaded, began + seconds), "127.0.0.1", port)
        for _ in range(clients)
    ]
    async with asyncio.timeout(seconds + 60):
        await asyncio.gather(*(client.done for _, client in made))
    loaded.seconds = time.perf_counter() - began
    return loaded


def load(port: int, requests: Sequence[Request], *, clients: int, seconds: float) -> Loaded:
    """So many clients ask in turn for so long, each the next request when it has its answer.

    Raises RuntimeError for an answer other than 200 or with errors.
    """
    return asyncio.run(_load(port, [request.text for request in requests], clients, seconds))


async def _ask(port: int, request: Request) -> Any:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    try:
        async with asyncio.timeout(60):
            writer.write(request.text)
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            length = int(head.partition(b"content-length:")[2].partition(b"\r\n")[0])
            return json.loads(await reader.readexactly(length))
    finally:
        writer.close()


def ask(port: int, request: Request) -> Any:
    """One answer."""
    return asyncio.run(_ask(port, request))
