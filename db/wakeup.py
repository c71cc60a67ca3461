"""Being called when there is something new: by PostgreSQL's own notifications, or by Redis for many machines.

A call says nothing but "look", and may be lost: whoever is called looks now and then of their own accord as well.
One channel a process, on a connection that serves nothing else.
"""

import asyncio
import logging
from collections.abc import Callable
from contextlib import suppress
from types import TracebackType
from typing import Self
from uuid import uuid4

from broadcaster import BroadcastBackend

from db.dedicated import Kept
from db.events import CHANNEL

log = logging.getLogger("study.live")

_PING = "ping "


class Deaf(Exception):
    """What is said on the channel does not come back."""


class Wakeup:
    """Calls `woken` whenever somebody announces something, and whenever that may have been missed.

    It keeps itself alive: what it says on the channel has to come back, else it starts over, with growing pauses.
    """

    def __init__(
        self,
        backend: Callable[[], BroadcastBackend],
        woken: Callable[[], None],
        *,
        heartbeat: float = 10,
        patience: float = 5,
    ) -> None:
        """After `heartbeat` seconds of silence it asks whether it still hears, for `patience` seconds."""
        self.attached = 0
        """How many times it has begun to hear."""
        self._backend = backend
        self._woken = woken
        self._heartbeat = heartbeat
        self._patience = patience
        self._ping = f"{_PING}{uuid4().hex}"
        self._unsaid = asyncio.Event()
        self._hearing = Kept("not called when something happens, looking instead", log)
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin; without waiting for success, for everything works without calls, only slower."""
        self._task = asyncio.create_task(self._hearing.keep(self._attach), name="wakeup")
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    @property
    def healthy(self) -> bool:
        """Whether calls are heard, as far as one can know. If not, one has to look of one's own accord."""
        return self._hearing.healthy

    def announce(self) -> None:
        """Call all processes, soon: for those who write without a notification of PostgreSQL's own."""
        self._unsaid.set()

    async def _attach(self) -> None:
        backend = self._backend()
        try:
            async with asyncio.timeout(3 * self._patience):
                await backend.connect()
                await backend.subscribe(CHANNEL)
            await self._prove(backend)
            lost = self._hearing.works()
            self.attached += 1
            # A beginning is nothing to tell of.
            log.log(logging.INFO if lost else logging.DEBUG, "called when something happens")
            self._woken()
            async with asyncio.TaskGroup() as group:
                group.create_task(self._hear(backend))
                group.create_task(self._speak(backend))
        finally:
            with suppress(Exception):
                async with asyncio.timeout(self._patience):
                    await backend.disconnect()

    async def _hear(self, backend: BroadcastBackend) -> None:
        while True:
            message = await self._next(backend, self._heartbeat)
            if message is None:
                await self._prove(backend)
            elif not message.startswith(_PING):
                self._woken()

    async def _prove(self, backend: BroadcastBackend) -> None:
        """Raise Deaf unless what is said comes back."""
        await self._say(backend, self._ping)
        while True:
            message = await self._next(backend, self._patience)
            if message is None:
                raise Deaf("what is said does not come back")
            if message == self._ping:
                return
            if not message.startswith(_PING):
                self._woken()

    async def _speak(self, backend: BroadcastBackend) -> None:
        while True:
            await self._unsaid.wait()
            self._unsaid.clear()
            try:
                await self._say(backend, "")
            except BaseException:
                self._unsaid.set()
                raise

    async def _say(self, backend: BroadcastBackend, message: str) -> None:
        async with asyncio.timeout(2 * self._patience):
            await backend.publish(CHANNEL, message)

    async def _next(self, backend: BroadcastBackend, seconds: float) -> str | None:
        """The next message, or None when none came."""
        try:
            async with asyncio.timeout(seconds) as limit:
                message: str = (await backend.next_published()).message
                return message
        except TimeoutError:
            if limit.expired():
                return None
            raise
