"""Hands for the tests of the event log and of those who read it."""

import asyncio
import random
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from uuid import UUID, uuid4

from sqlalchemy import func, select

from db.encryption import KeyRing
from db.engine import Database, Work
from db.events import append, events_after, now, open_log
from db.vault import Vault
from domain.events import Cursor, Event, EventKind, Logged

VAULT = Vault(KeyRing([("k1", b"k" * 32)]), None)
START = Cursor(0, 0)


@asynccontextmanager
async def opened(url: str, *, connections: int = 10) -> AsyncIterator[Database]:
    """The application's connections to a database whose log is ready."""
    async with Database(url, vault=VAULT, max_connections=connections) as database:
        async with database.system_work() as work:
            await open_log(work)
        yield database


def goal_progress(student: UUID, target: UUID | None = None) -> Event:
    """An event about a student."""
    return Event(EventKind.GOAL_PROGRESS, student, target or uuid4())


async def take_number(work: Work) -> None:
    """Make a transaction one that writes: from now on others have to wait for it."""
    await work.execute("take_number", select(func.pg_current_xact_id()))


async def write(database: Database, *told: Event, sleep: float = 0) -> list[UUID]:
    """Events in a transaction of their own, which sleeps before it is committed; gives their targets."""
    async with database.system_work() as work:
        await append(work, told)
        if sleep:
            await asyncio.sleep(sleep)
    return [event.target_id for event in told]


async def write_many(database: Database, students: Sequence[UUID], transactions: int, seed: int) -> list[UUID]:
    """Many transactions, some slow to commit, some for nothing; gives the targets of what was committed."""
    chance = random.Random(seed)  # noqa: S311 - not for secrets

    async def one() -> list[UUID]:
        told = [goal_progress(chance.choice(students)) for _ in range(chance.randint(1, 3))]
        try:
            async with database.system_work() as work:
                await take_number(work)
                await asyncio.sleep(chance.choice([0, 0, 0.002, 0.02, 0.1]))
                await append(work, told)
                await asyncio.sleep(chance.choice([0, 0, 0, 0.01, 0.05]))
                if chance.random() < 0.1:
                    raise ConnectionAbortedError
        except ConnectionAbortedError:
            return []
        return [event.target_id for event in told]

    written = await asyncio.gather(*(one() for _ in range(transactions)))
    return [target for targets in written for target in targets]


async def read(database: Database, cursor: Cursor, limit: int = 1_000) -> tuple[list[Logged], Cursor]:
    """What the log has after the cursor, and the cursor after that; held back by nothing, unless it fills a page.

    Other tests run on the same server, and everybody waits for everybody's transactions.
    """
    while True:
        async with database.system_work() as work:
            stretch = await events_after(work, cursor, limit)
        if not (stretch.held and stretch.complete):
            return stretch.logged, stretch.end
        await asyncio.sleep(0.005)


async def settled(database: Database) -> None:
    """Wait until every transaction that runs now is over."""
    async with database.system_work() as work:
        begun = (await now(work)).next_xid
    while True:
        async with database.system_work() as work:
            if (await now(work)).cursor.xid >= begun:
                return
        await asyncio.sleep(0.005)


def targets(logged: Sequence[Logged]) -> list[UUID]:
    """What events are about."""
    return [each.event.target_id for each in logged]
