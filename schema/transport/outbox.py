"""What waits to be sent to one client, bounded."""

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

from schema.transport.sockets import Limits


class Outbox:
    """Sends frames in order, without waiting for the client as long as few of them wait.

    Past the limits `put` waits, so a slow client slows what is made for it, and memory stays bounded. A client that
    takes nothing for the send time is reported, once, through `stalled`.

    A task and a queue exist as long as there is something to send; an idle connection has neither.
    """

    __slots__ = (
        "_changed",
        "_closed",
        "_frames",
        "_given",
        "_limits",
        "_progress",
        "_putting",
        "_send",
        "_sent",
        "_size",
        "_stalled",
        "_task",
        "_watcher",
    )

    def __init__(
        self,
        send: Callable[[bytes], Awaitable[None]],
        limits: Limits,
        stalled: Callable[[], None],
    ) -> None:
        """`send` may raise OSError or RuntimeError once the connection is gone."""
        self._send = send
        self._limits = limits
        self._stalled = stalled
        self._frames: deque[bytes] | None = None
        self._size = 0
        self._given = self._sent = 0
        """Frames, ever."""
        self._putting = 0
        """Frames whose turn to wait here has not come."""
        self._task: asyncio.Task[None] | None = None
        self._progress = 0.0
        self._watcher: asyncio.TimerHandle | None = None
        self._changed: asyncio.Event | None = None
        self._closed = False

    @property
    def empty(self) -> bool:
        """Whether nothing waits and nothing is being sent."""
        return self._task is None

    async def put(self, frame: bytes) -> None:
        """Send a frame after all before it; waits while too much waits. Does nothing once closed."""
        self._putting += 1
        try:
            while not self._closed and self._full(frame):
                await self._change()
        finally:
            self._putting -= 1
        self.offer(frame)

    def take(self, frame: bytes) -> bool:
        """The same without waiting; False when too much waits. One that is closed takes all, and does nothing."""
        if not self._closed and self._full(frame):
            return False
        self.offer(frame)
        return True

    def offer(self, frame: bytes) -> None:
        """The same without waiting and whatever waits already."""
        if self._closed:
            return
        if self._frames is None:
            self._frames = deque()
        self._frames.append(frame)
        self._size += len(frame)
        self._given += 1
        if self._task is None:
            self._task = asyncio.create_task(self._run())

    def hurry(self, seconds: float) -> None:
        """Report the client as stalled unless it takes what waits now within so many seconds."""
        if not self.empty:
            asyncio.get_running_loop().call_later(seconds, self._expect, self._given + self._putting)

    def _expect(self, sent: int) -> None:
        if not self._closed and not self.empty and self._sent < sent:
            self._stalled()

    async def emptied(self) -> None:
        """Returns when nothing waits any more, or it was closed."""
        while not (self.empty or self._closed):
            await self._change()

    async def close(self) -> None:
        """Drop what waits; what is being sent is sent whole or not at all."""
        self._closed = True
        self._frames = None
        self._wake()
        if self._task is not None:
            self._task.cancel()
            await asyncio.gather(self._task, return_exceptions=True)
            # A task that is stopped before its first step has no other way to say that it is over.
            self._task = None

    def _full(self, frame: bytes) -> bool:
        # One frame always may wait, however large it is.
        if not self._frames:
            return False
        too_many = len(self._frames) >= self._limits.queue_messages
        return too_many or self._size + len(frame) > self._limits.queue_bytes

    async def _change(self) -> None:
        if self._changed is None:
            self._changed = asyncio.Event()
        self._changed.clear()
        await self._changed.wait()

    def _wake(self) -> None:
        if self._changed is not None:
            self._changed.set()

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        self._progress = loop.time()
        self._watcher = loop.call_later(self._limits.send_seconds, self._watch)
        try:
            while self._frames:
                frame = self._frames.popleft()
                self._wake()
                await self._send(frame)
                self._size -= len(frame)
                self._sent += 1
                self._progress = loop.time()
                self._wake()
        except (OSError, RuntimeError):
            # The client is gone, or the server has closed the connection by itself, as it does after a frame that is
            # too large. Whoever reads hears of it.
            self._closed = True
        finally:
            self._watcher.cancel()
            self._watcher = self._task = self._frames = None
            self._wake()

    def _watch(self) -> None:
        loop = asyncio.get_running_loop()
        left = self._progress + self._limits.send_seconds - loop.time()
        if left > 0:
            self._watcher = loop.call_later(left, self._watch)
        else:
            self._stalled()
