"""Live push in one process: the feed, what wakes it, and the removal of old events."""

import asyncio
import logging
import random
from contextlib import AsyncExitStack
from datetime import timedelta
from types import TracebackType
from typing import Self

from psycopg import OperationalError

from db.brokers import backend_for, is_postgresql
from db.engine import Database
from db.events import remove_before
from db.feed import Feed
from db.wakeup import Wakeup

REMOVAL_INTERVAL = 600.0
"""Seconds between removals of old events, about."""

log = logging.getLogger("study.live")


class Live:
    """What operations and streams need of live push; one object a process."""

    def __init__(
        self,
        database: Database,
        *,
        address: str,
        listen_address: str | None = None,
        broadcast_url: str = "postgresql:",
        keep: timedelta = timedelta(days=7),
        poll: float = 1,
        heartbeat: float = 25,
        patience: float = 5,
    ) -> None:
        """`address` is libpq's, as the application's role; `listen_address` the same around a pooler, if there is one.

        `keep` is how long an event can be caught up with; `poll` the seconds between looks at the log that nobody
        called for; `heartbeat` the seconds after which a stream says how far it has come; `patience` those
        that a connection of our own may be silent before it is given up.

        Raises ValueError for a `broadcast_url` that is not known.
        """
        backend_for(broadcast_url, "", patience)
        self.heartbeat = heartbeat
        self.feed = Feed(address, database, poll=poll, patience=2 * patience)
        self.wakeup = Wakeup(
            lambda: backend_for(broadcast_url, listen_address or address, patience),
            self.feed.wake,
            heartbeat=2 * patience,
            patience=patience,
        )
        database.notifies = is_postgresql(broadcast_url)
        database.announce = self.announce
        self._database = database
        self._keep = keep
        self._stack = AsyncExitStack()

    async def __aenter__(self) -> Self:
        """Begin. Raises TimeoutError when the database does not answer."""
        async with AsyncExitStack() as stack:
            await stack.enter_async_context(self.feed)
            await stack.enter_async_context(self.wakeup)
            removing = asyncio.create_task(self._remove_old(), name="removal of old events")
            stack.push_async_callback(asyncio.wait, {removing})
            stack.callback(removing.cancel)
            self._stack = stack.pop_all()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._stack.aclose()

    def announce(self) -> None:
        """Call everybody: the work has been committed. Neither waits nor fails; PostgreSQL's calls are made by then."""
        self.feed.wake()
        if not self._database.notifies:
            self.wakeup.announce()

    async def _remove_old(self) -> None:
        while True:
            # Not every process at once, and none while it starts.
            await asyncio.sleep(REMOVAL_INTERVAL * random.uniform(0.5, 1))  # noqa: S311 - to spread, not to hide
            try:
                while await self._remove_some():
                    pass
            except OperationalError as error:
                log.warning("old events could not be removed: %s", error)
            except Exception:  # whatever it was, it is tried again
                log.exception("old events could not be removed")

    async def _remove_some(self) -> int:
        async with self._database.system_work() as work:
            return await remove_before(work, self._keep)
