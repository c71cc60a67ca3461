"""Connections that one part of the program keeps for itself, with nobody to look after them but that part.

A connection can die without a word: a firewall forgets it, a machine loses power, and whoever waits on it waits for
ever. So each is asked now and then, every wait has an end, and at that end the line is cut at this side.
"""

import asyncio
import random
from collections.abc import Coroutine, Iterator
from typing import Any, TypeVar

from psycopg import AsyncConnection
from psycopg.conninfo import conninfo_to_dict, make_conninfo

from db.lines import KEEPALIVE, cut
from db.statement import Row

T = TypeVar("T")

LONGEST_DELAY = 10.0  # seconds


async def connect(address: str, name: str, patience: float) -> AsyncConnection[Row]:
    """A connection in autocommit mode. `address` is libpq's; `name` is what the server calls it.

    Raises psycopg.OperationalError, after about `patience` seconds at the latest.
    """
    defaults: dict[str, Any] = {**KEEPALIVE, "connect_timeout": max(2, round(patience))}
    settings = {**defaults, **conninfo_to_dict(address), "application_name": f"study-companion {name}"}
    return await AsyncConnection.connect(make_conninfo(**settings), autocommit=True)


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


def delays() -> Iterator[float]:
    """Seconds to wait before each next attempt: ever longer, and not the same for all who lost the same server."""
    delay = 0.1
    while True:
        yield delay * random.uniform(0.5, 1)  # noqa: S311 - to spread, not to hide
        delay = min(delay * 2, LONGEST_DELAY)
