"""Those who wait for the database: how many may, for what, for how long, and what is said of it."""

import asyncio
import logging
from collections.abc import AsyncIterator, Iterator
from contextlib import AsyncExitStack
from datetime import timedelta
from typing import Any
from uuid import UUID

import psycopg
import pytest
from psycopg import errors
from psycopg.conninfo import make_conninfo
from psycopg.errors import QueryCanceled
from psycopg_pool import PoolTimeout
from sqlalchemy import Text, cast, func, select, text

from db import live as live_module
from db.dedicated import connect, is_away
from db.engine import Database, Work
from db.events import now, remove_before
from db.feed import BACKLOGS, Feed
from db.live import Live
from db.statement import Compiled
from jobs.app import _address as jobs_address
from tests import servers
from tests.db.log import VAULT, goal_progress, opened, settled, take_number, write
from tests.db.watching import Client, moment, until
from tests.proxy import Proxy

NEVER = 3600.0

Owner = psycopg.Connection[Any]


@pytest.fixture
def owner(database: servers.Database) -> Iterator[Owner]:
    """Who may lock and change everything."""
    with psycopg.connect(database.owner_url, autocommit=True) as connection:
        yield connection


@pytest.fixture
def ann(owner: Owner) -> UUID:
    """A student."""
    ((student,),) = owner.execute(
        "insert into users (cognito_sub, email, role) values ('sub-ann', 'ann@school.test', 'student') returning id"
    ).fetchall()
    return UUID(str(student))


@pytest.fixture
async def study(database: servers.Database) -> AsyncIterator[Database]:
    """The application."""
    async with opened(database.app_url) as study:
        yield study


def _said(caplog: pytest.LogCaptureFixture, level: int) -> list[str]:
    """What was said of streams that wait."""
    said = [record.getMessage() for record in caplog.records if record.levelno == level]
    return [line for line in said if line.startswith("streams wait for the database")]


async def test_those_who_come_back_together_leave_connections_for_others(
    study: Database, database: servers.Database, owner: Owner, ann: UUID
) -> None:
    start = await moment(study)
    written = await write(study, goal_progress(ann))
    await settled(study)
    waiting = "select count(*) from pg_locks where relation = 'events'::regclass and not granted"
    async with Feed(database.app_url, study, poll=NEVER) as feed:
        await until(lambda: feed.status.healthy)
        clients = [Client(feed, start, person=ann) for _ in range(30)]
        with owner.transaction():
            owner.execute("lock table events")
            coming = [asyncio.create_task(client.come()) for client in clients]
            await until(lambda: owner.execute(waiting).fetchone() == (BACKLOGS,))
            async with asyncio.timeout(30):
                await asyncio.gather(*(study.ready() for _ in range(20)))
            held = owner.execute(waiting).fetchone()
        await asyncio.gather(*coming)
        assert held == (BACKLOGS,)
        for client in clients:
            await client.has(written)
            await client.go()


async def test_a_backlog_that_takes_too_long_is_no_outage(database: servers.Database, owner: Owner, ann: UUID) -> None:
    """It would take as long again: the stream ends and says so, instead of trying for ever."""
    url = database.app_url
    async with Database(url, vault=VAULT, statement_timeout=0.3) as hasty, Feed(url, hasty, poll=NEVER) as feed:
        await until(lambda: feed.status.healthy)
        client = Client(feed, feed.position, person=ann)
        with owner.transaction():
            owner.execute("lock table events")
            await client.come()
            assert type(await client.failed()) is QueryCanceled


async def test_streams_that_wait_for_the_database_say_so_once_an_outage(
    database: servers.Database, ann: UUID, caplog: pytest.LogCaptureFixture
) -> None:
    proxy, address = Proxy.to_postgresql(database.app_url)
    caplog.set_level(logging.DEBUG, "study.live")
    async with (
        proxy,
        Database(address, vault=VAULT) as behind,
        Feed(database.app_url, behind, poll=NEVER) as feed,
    ):
        await until(lambda: feed.status.healthy)
        for _ in range(2):
            behind.pool.timeout = 0.2
            caplog.clear()
            clients = [Client(feed, feed.position, person=ann) for _ in range(4)]
            proxy.cut()
            coming = [asyncio.create_task(client.come()) for client in clients]
            await until(lambda: len(_said(caplog, logging.DEBUG)) > 4)
            # Nobody is to give up once another has been served, however long the pool takes to connect.
            behind.pool.timeout = 60
            await asyncio.sleep(0.5)
            proxy.mend()
            await asyncio.gather(*coming)
            assert len(_said(caplog, logging.WARNING)) == 1
            for client in clients:
                await client.go()


@pytest.mark.parametrize(
    ("error", "away"),
    [
        (psycopg.OperationalError("the connection is lost"), True),
        (PoolTimeout("no connection"), True),
        (errors.ConnectionFailure(), True),
        (errors.AdminShutdown(), True),
        (errors.CannotConnectNow(), True),
        (errors.QueryCanceled(), False),
        (errors.OutOfMemory(), False),
        (errors.InsufficientPrivilege(), False),
        (psycopg.InterfaceError("the connection is closed"), False),
        (ValueError(), False),
        (None, False),
    ],
)
def test_what_says_that_the_database_is_away(error: Exception | None, away: bool) -> None:
    assert is_away(error) is away


async def test_a_transaction_of_our_own_on_a_dead_line_does_not_hold_events_for_good(
    database: servers.Database,
) -> None:
    address = make_conninfo(database.app_url, options="-c work_mem=8MB")
    async with await connect(address, "test", 5) as connection:
        cursor = await connection.execute(
            "select name, setting from pg_settings where name = any (%s)",
            [["idle_in_transaction_session_timeout", "work_mem"]],
        )
        assert dict(await cursor.fetchall()) == {"idle_in_transaction_session_timeout": "30000", "work_mem": "8192"}


async def test_what_an_address_sets_for_its_sessions_holds_for_all(database: servers.Database) -> None:
    address = make_conninfo(database.app_url, options="-c work_mem=8MB -c statement_timeout=1")
    settings = "select current_setting('work_mem'), current_setting('statement_timeout')"
    async with opened(address) as study, study.system_work() as work:
        assert await work.run(Compiled("settings", text(settings)), {}) == [("8MB", "30s")]
    with psycopg.connect(jobs_address(address)) as jobs:
        assert jobs.execute(settings.encode()).fetchall() == [("8MB", "30s")]


async def test_for_how_long_events_are_held_is_known(study: Database, database: servers.Database, ann: UUID) -> None:
    await settled(study)
    async with Feed(database.app_url, study, poll=0.01) as feed:
        async with AsyncExitStack() as younger:
            async with study.system_work() as older:
                await take_number(older)
                await write(study, goal_progress(ann))
                await until(lambda: feed.status.held_seconds > 0.5)
                await take_number(await younger.enter_async_context(study.system_work()))
                await write(study, goal_progress(ann))
                held = feed.status.held_seconds
            # The first came through; the second has not waited for as long.
            await until(lambda: 0 < feed.status.held_seconds < held)
            assert feed.status.held
        await until(lambda: feed.status.held_seconds == 0)


async def test_nothing_is_known_to_be_held_while_the_log_cannot_be_read(
    study: Database, database: servers.Database, ann: UUID
) -> None:
    """Else an outage would count as a transaction that does not end."""
    proxy, address = Proxy.to_postgresql(database.app_url)
    await settled(study)
    async with proxy, Feed(address, study, poll=0.01) as feed, study.system_work() as older:
        await take_number(older)
        await write(study, goal_progress(ann))
        await until(lambda: feed.status.held)
        proxy.cut()
        await until(lambda: not feed.status.healthy)
        assert (feed.status.held, feed.status.held_seconds) == (False, 0)
        proxy.mend()
        await until(lambda: feed.status.held)


async def test_who_holds_events_for_long_is_said_once(
    study: Database,
    database: servers.Database,
    ann: UUID,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    await settled(study)
    monkeypatch.setattr("db.feed.HELD_LONG", 0.1)

    def said() -> list[str]:
        messages = [record.getMessage() for record in caplog.records]
        return [message for message in messages if "for a transaction to end" in message]

    async with Feed(database.app_url, study, poll=0.01) as feed:
        for times in (1, 2):
            async with study.system_work() as older:
                await take_number(older)
                ((process, number),) = await older.execute(
                    "process", select(func.pg_backend_pid(), cast(func.pg_current_xact_id(), Text))
                )
                # Other tests run on the same server: until it is the oldest, they hold events as well.
                while (await now(older)).cursor.xid < int(number):  # noqa: ASYNC110 - nobody tells
                    await asyncio.sleep(0.005)
                await write(study, goal_progress(ann))
                await until(lambda count: len(said()) == count, times)
                waited = feed.status.held_seconds
                await until(lambda before: feed.status.held_seconds > before + 0.2, waited)
            await until(lambda: feed.status.held_seconds == 0)
            assert len(said()) == times
            assert f"process {process} (study-companion of study_app, " in said()[-1]


async def test_old_events_are_removed_in_the_background(
    database: servers.Database, owner: Owner, study: Database, ann: UUID, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(live_module, "REMOVAL_INTERVAL", 0.05)
    faults = list[Exception]([ZeroDivisionError(), QueryCanceled()])

    async def fails_at_first(work: Work, age: timedelta) -> int:
        if faults:
            raise faults.pop()
        return await remove_before(work, age)

    monkeypatch.setattr(live_module, "remove_before", fails_at_first)
    written = await write(study, *(goal_progress(ann) for _ in range(1_500)))
    await settled(study)
    kept = written[-3:]
    owner.execute("update events set occurred_at = now() - interval '2 days' where target_id <> all (%s)", [kept])
    async with Live(study, address=database.app_url, keep=timedelta(days=1)):

        def left() -> list[Any]:
            return owner.execute("select target_id from events order by id").fetchall()

        await until(lambda: len(left()) == 3)
        await asyncio.sleep(0.2)
        assert left() == [(target,) for target in kept]
