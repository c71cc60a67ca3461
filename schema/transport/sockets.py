"""The open connections of this process: how many, whose, and how all of them are let go.

A connection is a WebSocket or an event stream.
"""

import asyncio
import math
import random
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Protocol
from uuid import UUID

from schema.transport.endings import DISCONNECTED, LEAVING, Ending

_TICK = 0.1
_SLOWEST = 50
"""Connections closed a second, at least: a laptop's few need not wait out the time that thousands are given."""

_COUNTED = frozenset({1000, 1001, 1002, 1005, 1006, 1007, 1009})
"""Codes from clients and from WebSocket itself that are counted one by one; a client may send any other."""


@dataclass(frozen=True, slots=True)
class Limits:
    """What connections may take, in seconds, bytes and numbers."""

    init_seconds: float
    """How long a WebSocket may stay open without `connection_init`."""
    ping_seconds: float
    """How long a connection may be silent before it is pinged."""
    idle_seconds: float
    """How long nothing may come from a WebSocket's client, pongs included, before it counts as gone."""
    send_seconds: float
    """How long a client may take none of what waits for it."""
    message_bytes: int
    """The largest message taken from a client."""
    queue_messages: int
    """Messages that may wait for a client before whoever makes more of them has to wait."""
    queue_bytes: int
    """The same in bytes."""
    operations: int
    """Operations at once on one WebSocket."""
    per_person: int
    """Connections of one person; all who are not signed in count as one."""
    in_all: int
    """Connections of the process."""
    notice_seconds: float
    """How long readiness has failed before the first connection is closed."""
    drain_seconds: float
    """The time over which all connections are closed."""
    finish_seconds: float
    """How long queries and mutations under way may take once their connection is to close."""


@dataclass(slots=True)
class Counts:
    """What happened since the process began, and how things stand."""

    websockets: int = 0
    event_streams: int = 0
    operations: int = 0
    """Operations under way on WebSockets and event streams, most of them subscriptions."""
    opened: int = 0
    refused: int = 0
    """Connections that were refused before they opened."""
    sent: int = 0
    """Messages and events sent, pings and heartbeats included."""
    closed: Counter[str] = field(default_factory=Counter)
    """By close code, or `other`. An event stream has the code that a WebSocket would have had."""


class OpenConnection(Protocol):
    """What the set must know of a connection."""

    is_websocket: bool

    def end(self, ending: Ending) -> None:
        """Begin to close it; returns at once, and does nothing the second time."""

    def hurry(self) -> None:
        """End it unless the client soon takes what waits for it; returns at once."""

    async def leave(self, patience: float) -> None:
        """Take no more operations, finish those with one answer in that many seconds, and close it."""


class Sockets:
    """All connections of the process. One object for each application."""

    def __init__(self, limits: Limits) -> None:
        self.limits = limits
        self.counts = Counts()
        self.leaving = False
        """Set once the process is to end: it is not ready any more, and takes no new connections."""
        self._owners: dict[OpenConnection, UUID | None] = {}
        self._by_person: dict[UUID | None, set[OpenConnection]] = {}

    def __len__(self) -> int:
        return len(self._owners)

    @property
    def admits(self) -> bool:
        """Whether another connection may open."""
        return not self.leaving and len(self) < self.limits.in_all

    def add(self, connection: OpenConnection) -> None:
        """One opens; whose it is may not be known yet."""
        self._owners[connection] = None
        self.counts.opened += 1
        self._count(connection, 1)

    def has_room_for(self, person: UUID | None) -> bool:
        """Whether the person may open another."""
        return len(self._by_person.get(person, ())) < self.limits.per_person

    def claim(self, connection: OpenConnection, person: UUID | None) -> bool:
        """Say whose an added connection is; False when that person has too many, or it has closed meanwhile."""
        if connection not in self._owners or not self.has_room_for(person):
            return False
        self._by_person.setdefault(person, set()).add(connection)
        self._owners[connection] = person
        return True

    def remove(self, connection: OpenConnection, code: str) -> None:
        """One has closed, and why: a close code as `counted` names it."""
        self.counts.closed[code] += 1
        person = self._owners.pop(connection)
        theirs = self._by_person.get(person, set())
        theirs.discard(connection)
        if not theirs:
            self._by_person.pop(person, None)
        self._count(connection, -1)

    def _count(self, connection: OpenConnection, change: int) -> None:
        if connection.is_websocket:
            self.counts.websockets += change
        else:
            self.counts.event_streams += change

    def disconnect(self, person: UUID) -> None:
        """Close all connections of a person in this process."""
        for connection in list(self._by_person.get(person, ())):
            connection.end(DISCONNECTED)

    def hurry(self, person: UUID | None) -> None:
        """Let nothing wait any longer for somebody in this process who may see less from now on."""
        for connection in list(self._by_person.get(person, ())):
            connection.hurry()

    async def leave(self, *, hurry: Callable[[], bool] = lambda: False) -> None:
        """Close all connections in batches, spread over the drain time, after the notice time.

        All at once would bring all clients back at once. `hurry` is asked whether to stop being gentle.
        """
        self.leaving = True
        await _pause(self.limits.notice_seconds, hurry)
        waiting = list(self._owners)
        # Those who came together were often sent away together by another process: they part here.
        random.shuffle(waiting)
        batch = max(_SLOWEST * _TICK, math.ceil(len(waiting) * _TICK / max(self.limits.drain_seconds, _TICK)))
        ending: set[asyncio.Task[None]] = set()
        while waiting and not hurry():
            now, waiting = waiting[: int(batch)], waiting[int(batch) :]
            ending |= {asyncio.create_task(connection.leave(self.limits.finish_seconds)) for connection in now}
            if waiting:
                await _pause(_TICK, hurry)
        while ending and not hurry():
            _, ending = await asyncio.wait(ending, timeout=_TICK)
        for task in ending:
            task.cancel()
        for connection in list(self._owners):
            connection.end(LEAVING)


async def _pause(seconds: float, hurry: Callable[[], bool]) -> None:
    until = asyncio.get_running_loop().time() + seconds
    # What hurries is a signal handler, which could not set an asyncio.Event.
    while (left := until - asyncio.get_running_loop().time()) > 0 and not hurry():  # noqa: ASYNC110
        await asyncio.sleep(min(left, _TICK))


def counted(code: int, *, ours: bool) -> str:
    """The name under which a close code is counted."""
    return str(code) if ours or code in _COUNTED else "other"
