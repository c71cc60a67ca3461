"""Nobody takes all connections of the database: each person has so many at a time, and then has to wait."""

import asyncio
from collections.abc import AsyncIterator, Hashable
from contextlib import asynccontextmanager


class Turns:
    """So many at once for each person; who comes later waits, first come first served."""

    def __init__(self, at_once: int) -> None:
        self._at_once = at_once
        self._people: dict[Hashable, tuple[asyncio.Semaphore, int]] = {}
        """For each person who has a turn or waits for one: what they wait at, and how many of them there are."""

    @asynccontextmanager
    async def of(self, person: Hashable) -> AsyncIterator[None]:
        """Wait for a turn, and have it until the block ends."""
        turns, count = self._people.get(person, (asyncio.Semaphore(self._at_once), 0))
        self._people[person] = turns, count + 1
        try:
            async with turns:
                yield
        finally:
            _, count = self._people[person]
            if count > 1:
                self._people[person] = turns, count - 1
            else:
                del self._people[person]
