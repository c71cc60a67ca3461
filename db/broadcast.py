"""Telling the open streams of this process what happened.

Every process listens on one channel of the broadcaster, from before it serves until it ends, and hands each event to
the streams that follow its student. So the broadcaster's work does not grow with the number of sockets, and its race
between two first subscribers of a channel (the second makes the first deaf) cannot happen.
"""

import asyncio
import logging
from collections.abc import Callable, Collection, Iterator
from contextlib import contextmanager
from types import TracebackType
from typing import Self
from uuid import UUID

from broadcaster import Broadcast, BroadcastBackend

from domain.events import Event, EventKind

CHANNEL = "study"
WAITING = 1_000
"""Events that may wait for one slow stream before it is ended."""

log = logging.getLogger("study.live")

_Listeners = dict[UUID | None, set["Listener"]]


class FellBehind(Exception):
    """A stream has missed events: it was not read fast enough, or the broadcaster failed."""


class Listener:
    """The events of one stream, in the order in which they were announced."""

    def __init__(self, listeners: _Listeners, kinds: Collection[EventKind]) -> None:
        self.kinds = frozenset(kinds)
        self._listeners = listeners
        self._keys: frozenset[UUID | None] = frozenset()
        self._events: asyncio.Queue[Event | None] = asyncio.Queue(WAITING)
        self._missed = False

    def follow(self, people: Collection[UUID] | None) -> None:
        """Hear from now on what concerns these people and nobody else; None is everybody."""
        keys: frozenset[UUID | None] = frozenset({None}) if people is None else frozenset(people)
        for key in keys - self._keys:
            self._listeners.setdefault(key, set()).add(self)
        for key in self._keys - keys:
            listening = self._listeners[key]
            listening.discard(self)
            if not listening:
                del self._listeners[key]
        self._keys = keys

    @property
    def waiting(self) -> int:
        """How many events have not been read."""
        return self._events.qsize()

    def offer(self, event: Event) -> None:
        """Hand over an event without waiting. One too many and the stream has fallen behind, for good."""
        if self._missed or event.kind not in self.kinds:
            return
        try:
            self._events.put_nowait(event)
        except asyncio.QueueFull:
            self._missed = True

    def lose(self) -> None:
        """Say that events may have been missed from here on."""
        if not self._missed and self._events.empty():
            self._events.put_nowait(None)  # wakes up who waits
        self._missed = True

    async def next(self) -> Event:
        """The next event. Raises FellBehind once events were missed and all before them were read."""
        if self._missed and self._events.empty():
            raise FellBehind
        event = await self._events.get()
        if event is None:
            raise FellBehind
        return event


class Live:
    """The event channel of this process."""

    def __init__(self, url: str, *, backend: BroadcastBackend | None = None) -> None:
        """`url` names the broadcaster; a `backend` takes its place."""
        self._broadcast = Broadcast(url, backend=backend)
        self._listeners: _Listeners = {}
        self._calls: dict[EventKind, Callable[[Event], None]] = {}
        self._task: asyncio.Task[None] | None = None

    def on(self, kind: EventKind, call: Callable[[Event], None]) -> None:
        """Call this for each event of a kind, whomever it concerns: for the process itself, not for a stream."""
        self._calls[kind] = call

    async def __aenter__(self) -> Self:
        await self._broadcast.connect()
        attached = asyncio.get_running_loop().create_future()
        self._task = asyncio.create_task(self._deliver(attached))
        await asyncio.wait({self._task, attached}, return_when=asyncio.FIRST_COMPLETED)
        if not attached.done():
            attached.cancel()
            await self._broadcast.disconnect()
            await self._task  # raises what kept it from attaching
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
        await self._broadcast.disconnect()

    @property
    def listening(self) -> int:
        """How many streams are open."""
        return len(self._open())

    @property
    def waiting(self) -> int:
        """How many events wait for streams that are read slowly."""
        return sum(listener.waiting for listener in self._open())

    async def announce(self, event: Event) -> None:
        """Tell every process of an event that has been committed.

        What has been committed stays, so a broadcaster that fails is no error of whoever made the change.
        """
        try:
            await self._broadcast.publish(CHANNEL, f"{event.kind} {event.student_id} {event.target_id}")
        except Exception:  # each broadcaster has errors of its own
            log.exception("an event was not announced: %s", event)

    @contextmanager
    def listen(self, kinds: Collection[EventKind]) -> Iterator[Listener]:
        """The events of these kinds, about whom the listener follows: nobody, until it says whom."""
        listener = Listener(self._listeners, kinds)
        try:
            yield listener
        finally:
            listener.follow(())

    async def _deliver(self, attached: "asyncio.Future[None]") -> None:
        try:
            async with self._broadcast.subscribe(CHANNEL) as subscriber:
                attached.set_result(None)
                while True:
                    self._hand_out((await subscriber.get()).message)
        finally:
            for listener in self._open():
                listener.lose()

    def _open(self) -> set[Listener]:
        return set().union(*self._listeners.values())

    def _hand_out(self, message: str) -> None:
        try:
            kind, student_id, target_id = message.split()
            event = Event(EventKind(kind), UUID(student_id), UUID(target_id))
        except ValueError:
            # Another version of the product may share the channel.
            log.warning("a message on the channel is no event: %.200r", message)
            return
        if (call := self._calls.get(event.kind)) is not None:
            call(event)
        for key in (event.student_id, None):
            for listener in self._listeners.get(key, ()):
                listener.offer(event)
