"""Sockets and streams: several on one, how they end, and what the server holds for them meanwhile."""

import asyncio
import gc
import random
import warnings
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack
from dataclasses import replace
from typing import Any

import pytest
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed

from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.ids import to_global
from server import create_app
from settings import Settings
from tests.api import PROTOCOL, Api, Socket, serving
from tests.eventually import until
from tests.make import Make
from tests.schema.subscriptions.conftest import Family
from tests.schema.subscriptions.watching import NUDGES, OVERRIDES, SUMMARY, Watch, message, narrative, refusal, start


async def test_several_streams_share_a_socket(watch: Watch, family: Family) -> None:
    async with watch.api.socket(family.sam) as socket:
        await start(socket, OVERRIDES, stream="a")
        await start(socket, OVERRIDES, stream="b", id=family.sam.gid)
        await start(socket, NUDGES, stream="c")
        await watch.listening(3)

        async def told(count: int) -> dict[str, Any]:
            messages = [await socket.receive() for _ in range(count)]
            return {sent["id"]: next(iter(sent["payload"]["data"])) for sent in messages}

        await watch.override(family.tess, family.summary, 1, "one")
        await watch.nudge(family.tess, family.sam, "one")
        assert await told(3) == {"a": "overrideUpdates", "b": "overrideUpdates", "c": "newNudges"}
        await socket.send(id="a", type="complete")
        await watch.listening(2)
        await watch.override(family.tess, family.summary, 2, "two")
        assert await told(1) == {"b": "overrideUpdates"}
        # The id is free again.
        await start(socket, NUDGES, stream="a")
        await watch.listening(3)
        await watch.nudge(family.tess, family.sam, "two")
        assert await told(2) == {"a": "newNudges", "c": "newNudges"}


async def test_a_socket_also_reads_and_writes(watch: Watch, family: Family) -> None:
    async with watch.api.socket(family.tess) as socket:
        await start(socket, OVERRIDES)
        await watch.listening(1)
        given = {"id": to_global("Summary", family.summary), "expectedVersion": 1, "narrative": "Over the socket."}
        await start(socket, SUMMARY, stream="write", input=given)
        sent = [await socket.receive() for _ in range(3)]
        by_id = {(message["id"], message["type"]): message.get("payload") for message in sent}
        assert set(by_id) == {("1", "next"), ("write", "next"), ("write", "complete")}
        assert by_id["write", "next"]["data"]["overrideSummary"]["userErrors"] == []
        told = by_id["1", "next"]["data"]["overrideUpdates"]["override"]
        assert told["summary"] == {"narrative": "Over the socket.", "version": 2}
        # Each operation reads anew.
        for role in ("tutor", "tutor"):
            await start(socket, "{ viewer { role } }", stream="read")
            assert (await socket.next())["data"] == {"viewer": {"role": role.upper()}}
            assert await socket.receive() == {"id": "read", "type": "complete"}


async def test_nobody_is_acknowledged_and_told_nothing(watch: Watch, family: Family) -> None:
    async with watch.api.socket(None) as socket:
        for document in (OVERRIDES, NUDGES):
            await start(socket, document)
            assert await refusal(socket) == ["UNAUTHENTICATED"]
            await start(socket, document, id=family.sam.gid)
            assert await refusal(socket) == ["UNAUTHENTICATED"]
        await start(socket, "{ viewer { email } }")
        assert await socket.next() == {"data": {"viewer": None}}
        assert watch.services.live.feed.status.streams == 0


@pytest.mark.parametrize("kind", ["nonsense", "forged", "unknown", "basic", "empty", "number"])
async def test_a_bad_token_closes_the_socket(
    watch: Watch, family: Family, issuer: LocalIssuer, tmp_path: Any, kind: str
) -> None:
    token = {
        "nonsense": "Bearer nonsense",
        "forged": f"Bearer {LocalIssuer.load(tmp_path).issue('sub-sam')}",
        "unknown": f"Bearer {issuer.issue('sub-nobody')}",
        "basic": f"Basic {family.sam.token}",
        "empty": "",
        "number": 7,
    }[kind]
    async with connect(f"ws://{watch.api.address}/graphql", subprotocols=[PROTOCOL]) as connection:
        socket = Socket(connection)
        await socket.send(type="connection_init", payload={"authorization": token})
        with pytest.raises(ConnectionClosed):
            await socket.receive()
        assert connection.close_code == 4403
    await watch.idle()


@pytest.mark.parametrize(
    "document",
    [
        "subscription { overrideUpdates { kind } newNudges { kind } }",
        "subscription { overrideUpdates { content } }",
        "subscription ($id: ID!) { overrideUpdates(studentId: $id) { kind } }",
        "subscription { overrideUpdates(studentId: {}) { kind } }",
    ],
)
async def test_a_stream_that_is_no_valid_operation_is_refused(watch: Watch, family: Family, document: str) -> None:
    async with watch.api.socket(family.sam) as socket:
        await start(socket, document)
        answer = await socket.receive()
        assert (answer["type"], answer["id"]) == ("error", "1")
        assert {error["extensions"]["code"] for error in answer["payload"]} == {"BAD_REQUEST"}
        assert watch.services.live.feed.status.streams == 0


async def test_a_stream_over_http_is_refused(watch: Watch, family: Family) -> None:
    response = await watch.api.post(OVERRIDES, family.sam)
    assert response.status_code >= 400
    assert watch.services.live.feed.status.streams == 0


# What is held


def _running() -> list[asyncio.Task[Any]]:
    """The tasks that serve sockets and streams. Others begin and end with the clock, and with the jobs' worker."""
    ours = ("run_asgi", "schema/transport", "schema/subscriptions", "schema/sharing", "db/audience")
    return [task for task in asyncio.all_tasks() if any(name in repr(task) for name in ours)]


@pytest.mark.parametrize("end", ["complete", "close", "abort"])
async def test_a_stream_that_its_client_ends_leaves_nothing(watch: Watch, family: Family, end: str) -> None:
    async with AsyncExitStack() as stack:
        sockets = [await stack.enter_async_context(watch.api.socket(family.sam)) for _ in range(5)]
        for socket in sockets:
            for stream in range(4):
                await start(socket, OVERRIDES, stream=str(stream))
        await watch.listening(20)
        assert len(_running()) >= 5
        for socket in sockets:
            if end == "complete":
                for stream in range(4):
                    await socket.send(id=str(stream), type="complete")
            elif end == "close":
                await socket.connection.close()
            else:
                socket.connection.transport.abort()
        await watch.listening(0)
        assert watch.services.live.feed._streams == {}
        await watch.idle()
    await until(lambda: not _running())
    assert (await watch.api.data("{ viewer { role } }", family.sam))["viewer"] == {"role": "STUDENT"}


@pytest.fixture
def coroutines_may_never_run() -> Iterator[None]:
    """graphql-core makes the coroutines of a level's fields before it awaits them: if cancelled then, some never run.

    They hold nothing. They are found here and not wherever the collector runs next, where the warning is an error.
    """
    gc.disable()
    yield
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "coroutine '.*' was never awaited", RuntimeWarning)
        gc.collect()
    gc.enable()


@pytest.mark.usefixtures("coroutines_may_never_run")
@pytest.mark.filterwarnings("ignore:coroutine '.*_async_resolver' was never awaited:RuntimeWarning")
async def test_a_stream_that_ends_amid_an_event_leaves_nothing(watch: Watch, family: Family) -> None:
    """Ended at every stage of reading and sending an event, as chance has it."""
    chance = random.Random(7)  # noqa: S311 - to try places, not to keep secrets
    version = 1
    async with watch.api.socket(family.sam) as socket:
        for round_number in range(60):
            names = [f"{round_number}-{number}" for number in range(5)]
            for name in names:
                await start(socket, OVERRIDES, stream=name)
            await watch.listening(5)
            await watch.override(family.tess, family.summary, version, f"v{version}")
            version += 1
            for name in names:
                await asyncio.sleep(chance.random() * 0.004)
                await socket.send(id=name, type="complete")
            await watch.listening(0)
            await watch.idle()
        await start(socket, OVERRIDES, stream="last")
        await watch.listening(1)
        await watch.override(family.tess, family.summary, version, "last")
        while (message := await socket.receive())["id"] != "last":
            assert message["type"] in {"next", "complete"}
        assert message["payload"]["data"]["overrideUpdates"]["override"]["summary"]["narrative"] == "last"


async def test_a_hundred_idle_streams_hold_no_connection(watch: Watch, family: Family) -> None:
    people = [family.sam, family.tess, family.toby, family.pat, family.ada]
    pool = watch.services.database.pool
    assert pool.max_size == 10
    async with watch.streams(*((person, OVERRIDES, None) for person in people * 20)) as sockets:
        await watch.idle()
        # All ten can be had, at once, with every stream open.
        with ExitStack() as given_back:
            taken = [await pool.getconn(timeout=5) for _ in range(10)]
            for connection in taken:
                given_back.callback(asyncio.ensure_future, pool.putconn(connection))
        await watch.idle()
        await watch.override(family.tess, family.summary, 1, "for all")
        assert [await narrative(socket) for socket in sockets] == ["for all"] * 100
        await watch.idle()
        assert watch.services.live.feed.status.streams == 100


async def test_a_slow_socket_holds_up_nobody(watch: Watch, family: Family) -> None:
    """One client stops reading. It keeps no connection, the others get every event, and so does it in the end."""
    text = random.Random(7).randbytes(9_000).hex()  # noqa: S311 - not to be compressed
    document = """
        fragment Text on SummaryContent { narrative }
        subscription { overrideUpdates { override { targetVersion content { before { ...Text } after { ...Text } } } } }
    """
    events = 200
    sockets = watch.api.server.sockets
    sockets.limits = replace(sockets.limits, send_seconds=120)
    async with (
        connect(f"ws://{watch.api.address}/graphql", subprotocols=[PROTOCOL], max_queue=1, compression=None) as stuck,
        watch.api.socket(family.pat) as quick,
    ):
        slow = Socket(stuck)
        await slow.send(type="connection_init", payload={"authorization": f"Bearer {family.sam.token}"})
        assert (await slow.receive())["type"] == "connection_ack"
        for socket in (slow, quick):
            await start(socket, document)
        await watch.listening(2)
        for version in range(1, events + 1):
            await watch.override(family.tess, family.summary, version, f"{version} {text}")
            told = (await quick.next())["data"]["overrideUpdates"]["override"]
            assert told["targetVersion"] == version + 1
        await watch.idle()
        assert watch.services.live.feed.status.streams == 1, "the slow client took everything: this test shows nothing"
        versions = [(await slow.next())["data"]["overrideUpdates"]["override"]["targetVersion"] for _ in range(events)]
        assert versions == list(range(2, events + 2))


async def test_a_stream_that_falls_behind_goes_back_to_the_log(
    watch: Watch, family: Family, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("db.feed.WAITING", 3)
    async with watch.streams((family.sam, NUDGES, None)) as (sam,):
        pool = watch.services.database.pool
        taken = [await pool.getconn() for _ in range(10)]
        # The stream cannot read now; events keep coming from elsewhere.
        try:
            for number in range(10):
                nudge = await make.nudge(family.sam, f"{number}")
                await make.owner.execute(
                    "insert into events (kind, student_id, target_id) values ('nudge_sent', %s, %s)",
                    [family.sam.id, nudge],
                )
            await until(lambda: watch.services.live.feed.status.streams == 0)
        finally:
            for connection in taken:
                await pool.putconn(connection)
        assert [await message(sam) for _ in range(10)] == [f"{number}" for number in range(10)]
        await watch.listening(1)


async def test_the_server_ends_with_streams_open(
    database: Any, data_dir: Any, make: Make, family: Family, api: Api
) -> None:
    app = create_app(Settings(study_data_dir=data_dir), database.app_url)
    services: Services = app.state.services
    async with AsyncExitStack() as clients:
        async with serving(app) as other, asyncio.timeout(30):
            connection = await clients.enter_async_context(
                connect(f"ws://{other.address}/graphql", subprotocols=[PROTOCOL])
            )
            socket = Socket(connection)
            await socket.send(type="connection_init", payload={"authorization": f"Bearer {family.sam.token}"})
            assert (await socket.receive())["type"] == "connection_ack"
            await start(socket, OVERRIDES)
            await until(lambda: services.live.feed.status.streams == 1)
        with pytest.raises(ConnectionClosed):
            await socket.receive()
        assert connection.close_code == 1012
    assert services.live.feed.status.streams == 0
    assert services.database.pool.closed
