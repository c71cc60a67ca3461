"""The application's connections when the line to the database goes dead: open, and nothing comes through."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from psycopg import OperationalError

from db import engine
from db.engine import Database
from tests import servers
from tests.db.log import VAULT
from tests.eventually import until
from tests.proxy import Proxy


@pytest.fixture
async def line(database: servers.Database) -> AsyncIterator[tuple[Proxy, str]]:
    """A line to the database that can break."""
    proxy, address = Proxy.to_postgresql(database.app_url)
    async with proxy:
        yield proxy, address


async def _ask(database: Database, sleep: float = 0) -> None:
    async with database.system_work() as work:
        await work._connection.execute("select pg_sleep(%s)", [sleep])


async def test_whoever_waits_for_an_answer_is_told(line: tuple[Proxy, str]) -> None:
    proxy, address = line
    async with Database(address, vault=VAULT, max_connections=3) as database:
        database._patience = 0.5
        await _ask(database)
        waiting = [asyncio.create_task(_ask(database, 10)) for _ in range(3)]
        await until(lambda: database.pool.get_stats()["pool_available"] == 0)
        proxy.swallow()
        proxy.mend()  # for new ones
        for answer in await asyncio.gather(*waiting, return_exceptions=True):
            assert isinstance(answer, OperationalError), answer
        await asyncio.gather(*(_ask(database) for _ in range(10)))


async def test_connections_that_died_while_idle_are_replaced(
    line: tuple[Proxy, str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "CHECK_PATIENCE", 0.3)
    proxy, address = line
    async with Database(address, vault=VAULT, max_connections=3) as database:
        await asyncio.gather(*(_ask(database, 0.1) for _ in range(3)))
        proxy.swallow()
        proxy.mend()  # for new ones
        made = proxy.accepted
        async with asyncio.timeout(10):
            await asyncio.gather(*(_ask(database) for _ in range(10)))
        assert proxy.accepted > made
