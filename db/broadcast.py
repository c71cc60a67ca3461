"""Telling the open streams of this process what happened.

Every process listens on one channel of the broadcaster and hands each event to the streams that wait for its
student, so the broadcaster's work does not grow with the number of sockets.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Collection, Iterator
from contextlib import asynccontextmanager, contextmanager
from types import TracebackType
from typing import Self
from uuid import UUID

from broadcaster import Broadcast

from domain.events import Event, EventKind

CHANNEL = "study"
WAITING = 1_000
"""Events that may wait for one slow stream before it is ended."""

log = logging.getLogger("study.live")


class FellBehind(Exception):
    """A stream was not read fast enough and has missed events."""


class Listener:
    """The events of one stream, in the order in which they were announced."""

    def __init__(self, kinds: Collection[EventKind]) -> None:
        self.kinds = frozenset(kinds)
        self._events: asyncio.Queue[Event] = asyncio.Queue(WAITING)
        self._missed = False

    def offer(self, event: Event) -> None:
        """Hand over an event without waiting; one too many marks the stream as fallen behind."""
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._missed = True

    async def next(self) -> Event:
        """The next event. Raises FellBehind once events were missed and all before them were read."""
        if self._missed and self._events.empty():
            raise FellBehind
        return await self._events.get()


class Live:
    """The event channel of this process."""

    def __init__(self, url: str) -> None:
        self._broadcast = Broadcast(url)
        self._listeners: dict[UUID | None, set[Listener]] = {}
        self._task: asyncio.Task[None] | None = None
        self._attached = asyncio.Event()

    async def __aenter__(self) -> Self:
        await self._broadcast.connect()
        self._task = asyncio.create_task(self._deliver())
        await self._attached.wait()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._broadcast.disconnect()

    async def announce(self, event: Event) -> None:
        """Tell every process of an event that has been committed."""
        await self._broadcast.publish(CHANNEL, f"{event.kind} {event.student_id} {event.target_id}")

    @contextmanager
    def listen(self, students: Collection[UUID] | None, kinds: Collection[EventKind]) -> Iterator[Listener]:
        """The events of these kinds about these students, or about all students, from now on."""
        listener = Listener(kinds)
        keys: list[UUID | None] = [None] if students is None else list(students)
        for key in keys:
            self._listeners.setdefault(key, set()).add(listener)
        try:
            yield listener
        finally:
            for key in keys:
                listening = self._listeners[key]
                listening.discard(listener)
                if not listening:
                    del self._listeners[key]

    async def _deliver(self) -> None:
        async with self._subscription() as messages:
            self._attached.set()
            async for message in messages:
                event = _parsed(message)
                for key in (event.student_id, None):
                    for listener in self._listeners.get(key, ()):
                        if event.kind in listener.kinds:
                            listener.offer(event)

    @asynccontextmanager
    async def _subscription(self) -> AsyncIterator[AsyncIterator[str]]:
        async with self._broadcast.subscribe(CHANNEL) as subscriber:

            async def messages() -> AsyncIterator[str]:
                while True:
                    yield (await subscriber.get()).message

            yield messages()


def _parsed(message: str) -> Event:
    kind, student_id, target_id = message.split()
    return Event(EventKind(kind), UUID(student_id), UUID(target_id))
