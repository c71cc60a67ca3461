"""Somebody who watches a feed."""

import asyncio
from collections.abc import Callable
from contextlib import aclosing
from typing import Any
from uuid import UUID

from db.engine import Database
from db.events import now
from db.feed import Feed
from domain.events import Cursor, Logged, Now
from tests.db.log import targets

TIMEOUT = 60.0


async def until(condition: Callable[..., Any], *arguments: Any) -> None:
    """Wait for something that has to come."""
    async with asyncio.timeout(TIMEOUT):
        while not condition(*arguments):  # noqa: ASYNC110 - of all kinds
            await asyncio.sleep(0.005)


class Client:
    """Somebody who watches, and comes back with the last cursor."""

    def __init__(self, feed: Feed, after: Cursor | Now, **options: Any) -> None:
        """`options` are those of `Feed.events`."""
        self.feed = feed
        self.options = options
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
        async with aclosing(self.feed.events(self.after, **self.options)) as events:
            async for cursor, logged in events:
                if logged is None:
                    self.silences.append(cursor)
                else:
                    assert logged.cursor == cursor
                    self.logged.append(logged)
                self.after = cursor
                if self.pause:
                    await asyncio.sleep(self.pause)

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
