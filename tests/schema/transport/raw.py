"""A WebSocket client without manners: it sends any bytes, and reads only when it is told to."""

import asyncio
import json
import os
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Self

from websockets.frames import Frame, Opcode

_HANDSHAKE = (
    "GET /graphql HTTP/1.1\r\nHost: {address}\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
    "Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Version: 13\r\n"
    "Sec-WebSocket-Protocol: graphql-transport-ws\r\n\r\n"
)


@dataclass
class Raw:
    """One TCP connection, upgraded to WebSocket."""

    connection: socket.socket
    received: bytes = b""
    ended: bool = False
    """Whether the server has closed the TCP connection, orderly or not."""

    @classmethod
    async def open(cls, address: str, request: str = _HANDSHAKE) -> Self:
        """Connect and send a request, by default the WebSocket handshake, whose answer is read."""
        host, _, port = address.rpartition(":")
        connection = socket.socket()
        # So that little is on its way when nobody reads.
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.setblocking(False)
        await asyncio.get_running_loop().sock_connect(connection, (host, int(port)))
        raw = cls(connection)
        await raw.send_bytes(request.format(address=address).encode())
        if request is _HANDSHAKE:
            while b"\r\n\r\n" not in raw.received:
                assert await raw.read(), "the handshake was refused"
            head, _, raw.received = raw.received.partition(b"\r\n\r\n")
            assert head.startswith(b"HTTP/1.1 101"), head
        return raw

    async def send_bytes(self, data: bytes, *, within: float = 10) -> None:
        """Any bytes. Raises OSError once the server has gone, TimeoutError when it does not read."""
        async with asyncio.timeout(within):
            await asyncio.get_running_loop().sock_sendall(self.connection, data)

    async def send(
        self, data: bytes | str, opcode: Opcode | None = None, *, fin: bool = True, masked: bool = True
    ) -> None:
        """One frame."""
        content = data.encode() if isinstance(data, str) else data
        kind = opcode if opcode is not None else Opcode.TEXT if isinstance(data, str) else Opcode.BINARY
        await self.send_bytes(Frame(kind, content, fin).serialize(mask=masked))

    async def initialise(self, token: str | None = None) -> None:
        """Send `connection_init` and read its acknowledgement: an operation that overtakes it is a breach."""
        payload = {} if token is None else {"authorization": f"Bearer {token}"}
        await self.send(json.dumps({"type": "connection_init", "payload": payload}))
        async for _, content in self.frames():
            assert json.loads(content)["type"] == "connection_ack", content
            return
        raise AssertionError("the connection ended")

    async def read(self, *, within: float = 60) -> bool:
        """Some bytes; False at the end."""
        try:
            async with asyncio.timeout(within):
                data = await asyncio.get_running_loop().sock_recv(self.connection, 65_536)
        except ConnectionError:
            data = b""
        self.ended = not data
        self.received += data
        return bool(data)

    async def frames(self) -> AsyncIterator[tuple[int, bytes]]:
        """Every frame that the server still sends: opcode and content."""
        while True:
            frame = self._frame()
            if frame is not None:
                yield frame
            elif not await self.read():
                return

    async def close_code(self) -> int | None:
        """Read to the end: the code of the close frame, None without one."""
        async for opcode, content in self.frames():
            if opcode == Opcode.CLOSE:
                return int.from_bytes(content[:2], "big")
        return None

    def _frame(self) -> tuple[int, bytes] | None:
        data = self.received
        if len(data) < 2:
            return None
        size, start = data[1] & 0x7F, 2
        if size == 126:
            size, start = int.from_bytes(data[2:4], "big"), 4
        elif size == 127:
            size, start = int.from_bytes(data[2:10], "big"), 10
        if len(data) < start + size:
            return None
        self.received = data[start + size :]
        return data[0] & 0x0F, data[start : start + size]


@asynccontextmanager
async def raw(address: str, request: str = _HANDSHAKE) -> AsyncIterator[Raw]:
    """A connection for as long as the block."""
    opened = await Raw.open(address, request)
    try:
        yield opened
    finally:
        opened.connection.close()


def noise(size: int) -> bytes:
    """Bytes without sense."""
    return os.urandom(size)
