"""Connections that do not wait for ever for a server that has gone without a word.

A firewall forgets a connection, a machine loses power, a pooler hangs: nobody closes anything, and whoever waits for an
answer waits on. The kernel finds out where the other side is gone altogether, after a while; for the rest, every wait
has an end, at which the line is cut at this side.
"""

import asyncio
import os
import select
import socket
from collections import OrderedDict
from contextlib import suppress
from functools import cached_property
from typing import Any, TypeAlias, TypeVar

import psycopg
from psycopg import AsyncConnection
from psycopg.abc import PQGen

from db.statement import Row

T = TypeVar("T")

FRESH_SECONDS = 1.0

KEEPALIVE = {
    "keepalives": 1,
    "keepalives_idle": 30,
    "keepalives_interval": 10,
    "keepalives_count": 3,
    "tcp_user_timeout": 30_000,
}
"""libpq's settings for the kernel's own watch over a TCP connection."""


def cut(connection: AsyncConnection[Any]) -> None:
    """End the conversation at this side; both sides read the end of it, and the waiting call fails at once.

    Cancelling that call would first ask the server, over a new connection, to cancel its statement.
    """
    with suppress(OSError, psycopg.Error), socket.socket(fileno=os.dup(connection.fileno())) as line:
        line.shutdown(socket.SHUT_RDWR)


Prepared: TypeAlias = OrderedDict[bytes, None]
"""The names of the statements that a connection has prepared, those used last at the end."""


class BoundedConnection(AsyncConnection[Row]):
    """A connection that is cut when an answer takes too long; the waiting call raises psycopg.OperationalError."""

    patience = 60.0
    """Seconds that any one answer may take."""
    heard = 0.0
    """When the last answer came, by the event loop's clock."""

    @cached_property
    def prepared(self) -> Prepared:
        """What db.pipeline has prepared on it."""
        return OrderedDict()

    def _deallocate(self, name: bytes | None) -> PQGen[None]:
        """What psycopg calls to have the server forget statements; all, wherever it sees a transaction rolled back."""
        yield from super()._deallocate(name)
        if name is None:
            self.prepared.clear()

    @property
    def is_fresh(self) -> bool:
        """Whether it answered a moment ago and has not been closed by the server since."""
        if asyncio.get_running_loop().time() - self.heard > FRESH_SECONDS or self.closed:
            return False
        # What comes unasked is a farewell, most often.
        poll = select.poll()
        poll.register(self.fileno(), select.POLLIN)
        return not poll.poll(0)

    async def wait(  # its signature is psycopg's
        self,
        gen: PQGen[T],
        interval: float = 0.1,
        timeout: float | None = None,  # noqa: ASYNC109
    ) -> T:
        """What psycopg calls for everything that it waits for."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.patience, cut, self)
        try:
            answer = await super().wait(gen, interval, timeout)
        finally:
            timer.cancel()
        self.heard = loop.time()
        return answer
