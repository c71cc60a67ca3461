"""The application's connections when the line to the database goes dead: open, and nothing comes through."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import psycopg
import pytest
from psycopg import AsyncConnection, OperationalError
from psycopg_pool import AsyncConnectionPool

from db import engine, lines
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
    monkeypatch.setattr(lines, "FRESH_SECONDS", 0.0)
    proxy, address = line
    async with Database(address, vault=VAULT, max_connections=3) as database:
        await asyncio.gather(*(_ask(database, 0.1) for _ in range(3)))
        proxy.swallow()
        proxy.mend()  # for new ones
        made = proxy.accepted
        async with asyncio.timeout(10):
            await asyncio.gather(*(_ask(database) for _ in range(10)))
        assert proxy.accepted > made


async def test_a_connection_that_was_used_a_moment_ago_is_not_asked_but_looked_at(
    database: servers.Database, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked = 0

    async def check(connection: AsyncConnection[Any]) -> None:
        nonlocal asked
        asked += 1
        await connection.execute("select 1")

    monkeypatch.setattr(AsyncConnectionPool, "check_connection", staticmethod(check))
    monkeypatch.setattr(lines, "FRESH_SECONDS", 60.0)
    async with Database(database.app_url, vault=VAULT, max_connections=1) as study:
        await _ask(study)
        asked = 0
        await _ask(study)
        assert asked == 0
        _terminate(database)
        await _ask(study)
        assert asked > 0


async def test_a_read_that_is_over_does_not_mind_that_its_connection_is_lost(database: servers.Database) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute("insert into users (cognito_sub, email, role) values ('ann', 'ann@school.test', 'student')")
    async with Database(database.app_url, vault=VAULT) as study, study.read("ann") as read:
        assert read.viewer.subject == "ann"
        _terminate(database)


def _terminate(database: servers.Database) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where datname = current_database() and application_name = 'study-companion'"
        )
