"""Connections that one part of the program keeps for itself, with nobody to look after them but that part.

A connection can die without a word: a firewall forgets it, a machine loses power, and whoever waits on it waits for
ever. So each is asked now and then, every wait has an end, and at that end the line is cut at this side.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from typing import Any, NoReturn, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.lines import KEEPALIVE, cut
from db.statement import Row

T = TypeVar("T")

LONGEST_DELAY = 10.0  # seconds
_IDLE_MILLISECONDS = 30_000


async def connect(address: str, name: str, patience: float) -> AsyncConnection[Row]:
    """A connection in autocommit mode. `address` is libpq's; `name` is what the server calls it.

    Raises psycopg.OperationalError, after about `patience` seconds at the latest.
    """
    return await AsyncConnection.connect(address_of(address, name, patience), autocommit=True)


def address_of(address: str, name: str, patience: float) -> str:
    """The address that such a connection is opened with."""
    given = conninfo_to_dict(address)
    defaults: dict[str, Any] = {**KEEPALIVE, "connect_timeout": max(2, round(patience))}
    # Left open on a line that has gone dead, a transaction that has written would hold back the event log for good.
    options = f"{given.get('options', '')} -c idle_in_transaction_session_timeout={_IDLE_MILLISECONDS}"
    own = {"application_name": f"study-companion {name}", "options": options.strip()}
    return make_conninfo(**{**defaults, **given, **own})


async def within(seconds: float, connection: AsyncConnection[Any], work: Coroutine[Any, Any, T]) -> T:
    """What `work` on the connection gives, or psycopg.OperationalError when it takes longer.

    When it does, or is cancelled, the connection is lost.
    """
    task = asyncio.create_task(work)
    try:
        await asyncio.wait({task}, timeout=seconds)
    finally:
        if not task.done():
            cut(connection)
            await asyncio.wait({task})
        if not task.cancelled():
            task.exception()  # one that nobody will ask for, if we are cancelled, is not an unseen one
    return task.result()


def is_away(error: BaseException | None) -> bool:
    """Whether an error says that the connection or the server is away, so that the same may succeed later.

    Not a statement that took too long, say: it would take as long again. The classes are those of
    https://www.postgresql.org/docs/current/errcodes-appendix.html
    """
    if not isinstance(error, OperationalError):
        return False
    return error.sqlstate is None or error.sqlstate.startswith(("08", "57P"))


class Kept:
    """Something that is to go on for ever, and is begun again with growing pauses whenever it fails."""

    def __init__(self, failed: str, log: logging.Logger) -> None:
        """`failed` is what is said when it does, before the reason."""
        self.healthy = False
        """Whether it does what it is for."""
        self._lost = False
        self._failed = failed
        self._log = log

    def works(self) -> bool:
        """What is kept says that it does what it is for; gives whether it had failed before."""
        lost, self._lost, self.healthy = self._lost, False, True
        return lost

    async def keep(self, attempt: Callable[[], Awaitable[None]]) -> NoReturn:
        """Attempt it again and again, until cancelled."""
        pauses, clock = delays(), asyncio.get_running_loop().time
        while True:
            began = clock()
            try:
                await attempt()
            except Exception as error:  # noqa: BLE001 - whatever it was, the way out is the same
                # Once: it may try for hours.
                level = logging.DEBUG if self._lost else logging.WARNING
                self._log.log(level, "%s: %s", self._failed, _reason(error))
                self._lost = True
            finally:
                self.healthy = False
            if clock() - began > LONGEST_DELAY:
                pauses = delays()
            await asyncio.sleep(next(pauses))


def _reason(error: BaseException) -> str:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    return str(error).strip() or type(error).__name__


def delays() -> Iterator[float]:
    """Seconds to wait before each next attempt: ever longer, and not the same for all who lost the same server."""
    delay = 0.1
    while True:
        yield delay * random.uniform(0.5, 1)  # noqa: S311 - to spread, not to hide
        delay = min(delay * 2, LONGEST_DELAY)
