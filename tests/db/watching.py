"""Somebody who watches a feed."""

import asyncio
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import Any
from uuid import UUID

from db.audience import Audience, Step
from db.engine import Database
from db.events import now
from db.feed import Feed, Start
from domain.events import Cursor, Logged, Now
from tests.db.log import targets

TIMEOUT = 60.0
ROOM = 5
"""Steps that may wait for a client before it goes back to the log."""


async def _as_they_are(steps: Sequence[Step]) -> list[list[tuple[Cursor, Step]]]:
    return [[(step[0], step) for step in steps]]


async def until(condition: Callable[..., Any], *arguments: Any) -> None:
    """Wait for something that has to come."""
    async with asyncio.timeout(TIMEOUT):
        while not condition(*arguments):  # noqa: ASYNC110 - of all kinds
            await asyncio.sleep(0.005)


class Client:
    """Somebody who watches, and comes back with the last cursor."""

    def __init__(self, feed: Feed, after: Cursor | Now, *, heartbeat: float | None = None, **what: Any) -> None:
        """`what` are the options of `Feed.missed`, `heartbeat` is that of an audience."""
        self.feed = feed
        self._heartbeat = heartbeat
        self._what = what
        self._told: deque[Step] = deque()
        self._more = asyncio.Event()
        self._lost: asyncio.Future[Cursor]
        self.after = after
        self.logged: list[Logged] = []
        self.silences: list[Cursor] = []
        self.pause = 0.0
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> "Client":
        await self.come()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.go()

    async def come(self) -> None:
        """Watch, and wait until the backlog has been read."""
        before = len(self.silences)
        self._task = asyncio.create_task(self._watch())
        await until(lambda: self._task is None or self._task.done() or len(self.silences) > before)

    async def go(self) -> None:
        """Be away."""
        if self._task is not None:
            task, self._task = self._task, None
            task.cancel()
            await asyncio.wait({task})
            if not task.cancelled():
                task.result()

    async def failed(self) -> BaseException | None:
        """What ended the stream."""
        assert self._task is not None
        async with asyncio.timeout(TIMEOUT):
            await asyncio.wait({self._task})
        task, self._task = self._task, None
        return task.exception()

    async def _watch(self) -> None:
        start = self.feed.start(self.after)
        while True:
            async with aclosing(self.feed.missed(start, **self._what)) as missed:
                async for logged in missed:
                    await self._hear((logged.cursor, logged))
            audience = Audience(self.feed, _as_they_are, **self._what, heartbeat=self._heartbeat)
            self._lost = asyncio.get_running_loop().create_future()
            if not audience.join(self, start):
                continue
            try:
                while not self._lost.done() or self._told:
                    if self._told:
                        await self._hear(self._told.popleft())
                    else:
                        self._more.clear()
                        await self._more.wait()
            finally:
                audience.leave(self)
                self._told.clear()
            start = Start(self._lost.result())

    async def _hear(self, step: Step) -> None:
        cursor, logged = step
        if logged is None:
            self.silences.append(cursor)
        else:
            assert logged.cursor == cursor
            self.logged.append(logged)
        self.after = cursor
        if self.pause:
            await asyncio.sleep(self.pause)

    def take(self, told: Sequence[Step]) -> int:
        """A listener's."""
        taken = told[: max(ROOM - len(self._told), 0)]
        self._told.extend(taken)
        self._more.set()
        return len(taken)

    def lose(self, place: Cursor) -> None:
        """A listener's."""
        self._lost.set_result(place)
        self._more.set()

    @property
    def targets(self) -> list[UUID]:
        """What it has been told of."""
        return targets(self.logged)

    async def has(self, expected: list[UUID]) -> None:
        """Wait until it has been told of these, each once, and of nothing else; in the log's order."""
        await until(lambda: len(self.logged) >= len(expected))
        assert sorted(self.targets) == sorted(expected)
        places = [each.cursor for each in self.logged]
        assert places == sorted(set(places))


async def moment(study: Database) -> Now:
    """This moment."""
    async with study.system_work() as work:
        return await now(work)
