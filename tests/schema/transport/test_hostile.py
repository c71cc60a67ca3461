"""Clients that do not read, take too much, or send what no client would: they cost little, and nobody else anything."""

import asyncio
import json
from contextlib import AsyncExitStack, suppress
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from psycopg import AsyncConnection
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.frames import Opcode

from schema.context import Context, Services
from schema.ids import to_global
from schema.transport import wire
from schema.transport.sockets import Sockets
from schema.transport.websocket import Socket
from tests.api import Api
from tests.eventually import until
from tests.make import Make
from tests.schema.transport.clients import (
    INIT,
    NUDGES,
    UPDATE_GOAL,
    VIEWER,
    closing,
    listening,
    opened,
    say,
    subscribe,
)
from tests.schema.transport.raw import noise, raw
from tests.servers import Database

_TYPES = "__schema { types { name description fields { name description args { name description } } } }"
LARGE = "{" + " ".join(f"{name}: {_TYPES}" for name in "abcd") + "}"
"""Answered with more than 400 kB."""
MANY = 6
"""So many of them are more than the kernel's buffers hold."""

# Who does not read


def buffered(api: Api) -> int:
    """Bytes that wait in the server for all clients."""
    return sum(each.transport.get_write_buffer_size() for each in api.server.server_state.connections)


@pytest.mark.parametrize("chosen", [{"socket_send_seconds": 0.5, "socket_queue_bytes": 50_000}])
async def test_a_client_that_does_not_read_is_closed_and_told_why(api: Api, sockets: Sockets) -> None:
    async with raw(api.address) as client:
        await client.initialise()
        for number in range(MANY):
            await client.send(json.dumps(subscribe(LARGE, id=str(number))))
        await until(lambda: sockets.counts.closed["1013"] == 1)
        assert sockets.counts.sent < 2 * MANY, "the client took everything: this test shows nothing"
        # It has some time to read what was sent before, and the reason behind it.
        assert await client.close_code() == 1013


@pytest.mark.parametrize("chosen", [{"socket_send_seconds": 0.2}])
async def test_a_client_that_never_reads_is_let_go(api: Api, sockets: Sockets, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(wire, "CLOSE_SECONDS", 0.2)
    async with raw(api.address) as client:
        await client.initialise()
        for number in range(MANY):
            await client.send(json.dumps(subscribe(LARGE, id=str(number))))
        await until(lambda: sockets.counts.closed["1013"] == 1)
        await until(lambda: not api.server.server_state.connections)
        # What it did not read is gone, the close frame with it.
        assert await client.close_code() is None


@pytest.mark.parametrize("chosen", [{"socket_send_seconds": 600}])
async def test_who_may_see_less_reads_what_waits_or_is_let_go(
    api: Api, sockets: Sockets, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What was written under a right that has ended since is not kept for whenever it is read."""
    monkeypatch.setattr(wire, "CLOSE_SECONDS", 0.2)
    tess, sam = await make.tutor("tess"), await make.student("sam")
    async with raw(api.address) as slow, api.socket(tess) as quick:
        await slow.initialise(tess.token)
        for number in range(MANY):
            await slow.send(json.dumps(subscribe(LARGE, id=str(number))))
        await until(lambda: any(not each.outbox.empty for each in sockets._owners if isinstance(each, Socket)))
        await make.owner.execute(
            "insert into events (kind, student_id, target_id, person_id) values ('assignment_ended', %s, %s, %s)",
            [sam.id, sam.id, tess.id],
        )
        await until(lambda: sockets.counts.closed["1013"] == 1)
        await quick.send(**subscribe(VIEWER))
        assert (await quick.next())["data"] == {"viewer": {"email": tess.email}}


@pytest.mark.parametrize(
    "chosen", [{"socket_queue_bytes": 20_000, "socket_queue_messages": 3, "socket_send_seconds": 600}]
)
async def test_what_waits_for_a_slow_client_is_bounded(api: Api, sockets: Sockets) -> None:
    """Operations wait with their answers; and all of them arrive once it reads, in whatever time it takes."""
    async with raw(api.address) as client, api.socket(None) as quick:
        await client.initialise()
        for number in range(MANY):
            await client.send(json.dumps(subscribe(LARGE, id=str(number))))
        size = len((await api.http.get(f"http://{api.address}/graphql", params={"query": LARGE})).content)
        assert size > 400_000
        seen, waiting = [], []
        for _ in range(40):
            await asyncio.sleep(0.02)
            seen.append(buffered(api))
            waiting.append(max(each.outbox._size for each in sockets._owners if isinstance(each, Socket)))
        # One large answer goes out in pieces, and one more may wait whatever its size.
        assert 0 < max(seen) < 2 * size
        assert 0 < max(waiting) < 3 * size
        await quick.send(**subscribe(VIEWER))
        assert (await quick.next())["data"] == {"viewer": None}
        ids = set()
        async for opcode, content in client.frames():
            assert opcode == Opcode.TEXT
            message = json.loads(content)
            if message["type"] == "complete":
                ids.add(message["id"])
                if len(ids) == MANY:
                    break
        assert ids == {str(number) for number in range(MANY)}


@pytest.mark.parametrize("chosen", [{"socket_send_seconds": 600}])
@pytest.mark.parametrize("opcode", ["websocket", "protocol"])
async def test_pings_without_reading_take_no_memory(api: Api, sockets: Sockets, opcode: str) -> None:
    """Each ping makes a pong. The server stops reading when its pongs are not read."""
    async with raw(api.address) as client:
        await client.send(json.dumps(INIT))
        ping = json.dumps({"type": "ping", "payload": {"x": "y" * 100}})
        sent = 0
        with suppress(TimeoutError):
            while sent < 50_000:
                for _ in range(500):
                    if opcode == "websocket":
                        await client.send(b"x" * 125, Opcode.PING)
                    else:
                        await client.send(ping)
                sent += 500
                assert buffered(api) < 500_000
                await asyncio.sleep(0)
                async with asyncio.timeout(1):
                    await client.send_bytes(b"")
        assert buffered(api) < 500_000


# Who takes too much


@pytest.mark.parametrize("chosen", [{"sockets_per_person": 3}])
async def test_one_person_has_so_many_connections(api: Api, make: Make, sockets: Sockets, services: Services) -> None:
    sam, kim = await make.student(), await make.student("kim")
    async with AsyncExitStack() as stack:
        mine = [await stack.enter_async_context(api.socket(sam)) for _ in range(3)]
        async with opened(api) as connection:
            await say(connection, {"type": "connection_init", "payload": {"authorization": f"Bearer {sam.token}"}})
            assert await closing(connection) == (1013, "Too many connections of one person; try again later")
        stream = {"query": NUDGES}
        accept = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}
        refused = await api.http.post(f"http://{api.address}/graphql", json=stream, headers=accept)
        assert (refused.status_code, refused.headers["retry-after"]) == (429, "30")
        assert refused.json()["errors"][0]["extensions"] == {"code": "TOO_MANY_STREAMS"}
        # Nobody else is touched, requests are not, and there is room again when one has gone.
        await stack.enter_async_context(api.socket(kim))
        assert await api.data(VIEWER, sam) == {"viewer": {"email": "sam@school.test"}}
        await mine[0].connection.close()
        await until(lambda: len(sockets) == 3)
        await stack.enter_async_context(api.socket(sam))


@pytest.mark.parametrize("chosen", [{"sockets_per_person": 1}])
async def test_streams_that_begin_together_are_counted_too(
    api: Api, make: Make, sockets: Sockets, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And each of them can be closed."""
    release = Context.release

    async def release_slowly(context: Context) -> None:
        await asyncio.sleep(0.2)
        await release(context)

    monkeypatch.setattr(Context, "release", release_slowly)
    sam = await make.student()
    headers = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}

    async def stream() -> None:
        url = f"http://{api.address}/graphql"
        async with api.http.stream("POST", url, json={"query": NUDGES}, headers=headers) as response:
            statuses.append(response.status_code)
            async for _ in response.aiter_raw():
                pass

    statuses: list[int] = []
    streams = [asyncio.create_task(stream()) for _ in range(4)]
    await until(lambda: len(statuses) == 4)
    assert sorted(statuses) == [200, 429, 429, 429]
    sockets.disconnect(sam.id)
    await asyncio.wait_for(asyncio.gather(*streams), 60)


@pytest.mark.parametrize("chosen", [{"sockets_per_person": 3}])
async def test_all_who_are_nobody_count_as_one(api: Api) -> None:
    async with AsyncExitStack() as stack:
        for _ in range(3):
            await stack.enter_async_context(api.socket(None))
        async with opened(api) as connection:
            await say(connection, INIT)
            assert (await closing(connection))[0] == 1013


@pytest.mark.parametrize("chosen", [{"sockets_in_all": 3}])
async def test_a_process_has_so_many_connections(api: Api, make: Make, sockets: Sockets) -> None:
    sam = await make.student()
    async with AsyncExitStack() as stack:
        held = [await stack.enter_async_context(opened(api)) for _ in range(3)]
        with pytest.raises(InvalidStatus) as refused:
            async with opened(api):
                pass
        assert refused.value.response.status_code == 503
        assert refused.value.response.headers["retry-after"] == "5"
        accept = {"accept": "text/event-stream", "authorization": f"Bearer {sam.token}"}
        stream = await api.http.post(f"http://{api.address}/graphql", json={"query": NUDGES}, headers=accept)
        assert stream.status_code == 503
        assert sockets.counts.refused == 2
        assert await api.data(VIEWER, sam) == {"viewer": {"email": "sam@school.test"}}
        await held[0].close()
        await until(lambda: len(sockets) == 2)
        await stack.enter_async_context(api.socket(sam))


# Who goes in the middle


@pytest.mark.parametrize("how", ["complete", "close", "abort"])
async def test_a_change_that_has_begun_is_carried_through(
    api: Api, make: Make, database: Database, sockets: Sockets, how: str
) -> None:
    """As over HTTP: whoever sent it may have gone, but it was sent."""
    sam = await make.student()
    goal = await make.goal(sam, "Old")
    async with api.socket(sam) as socket, await AsyncConnection.connect(database.owner_url) as other:
        await other.execute("select from goals for update")
        given = {"id": to_global("Goal", goal), "title": "New"}
        await socket.send(**subscribe(UPDATE_GOAL, id="change", input=given))
        await until(lambda: sockets.counts.operations == 1)
        await _blocked(make)
        if how == "complete":
            await socket.send(id="change", type="complete")
            # The id is free at once, though the change goes on.
            await socket.send(**subscribe(VIEWER, id="change"))
            assert (await socket.next())["data"]["viewer"]
            assert (await socket.receive())["type"] == "complete"
        elif how == "close":
            await socket.connection.close()
        else:
            socket.connection.transport.abort()
        await other.commit()
        await until(lambda: sockets.counts.operations == 0)
        if how == "complete":
            await socket.nothing(within=0.2)
    assert await (await make.owner.execute("select title from goals")).fetchone() == ("New",)


@pytest.mark.parametrize("chosen", [{"leave_finish_seconds": 0.3}])
async def test_a_change_that_takes_too_long_is_undone(
    api: Api, make: Make, database: Database, sockets: Sockets
) -> None:
    sam = await make.student()
    goal = await make.goal(sam, "Old")
    async with await AsyncConnection.connect(database.owner_url) as other:
        await other.execute("select from goals for update")
        async with api.socket(sam) as socket:
            await socket.send(**subscribe(UPDATE_GOAL, input={"id": to_global("Goal", goal), "title": "New"}))
            await _blocked(make)
        await until(lambda: sockets.counts.operations == 0)
    assert await (await make.owner.execute("select title from goals")).fetchone() == ("Old",)


@pytest.mark.parametrize("how", ["complete", "close", "abort"])
async def test_a_query_that_nobody_waits_for_is_stopped(
    api: Api, make: Make, database: Database, sockets: Sockets, how: str
) -> None:
    sam = await make.student()
    async with api.socket(sam) as socket, await AsyncConnection.connect(database.owner_url) as other:
        await other.execute("lock table subjects in access exclusive mode")
        await socket.send(**subscribe("{ subjects { nodes { name } } }"))
        await _blocked(make)
        if how == "complete":
            await socket.send(id="1", type="complete")
        elif how == "close":
            await socket.connection.close()
        else:
            socket.connection.transport.abort()
        # While the table is still locked.
        await until(lambda: sockets.counts.operations == 0)


async def test_operations_that_come_and_go_leave_nothing(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    async with api.socket(sam) as socket:
        for number in range(300):
            await socket.send(**subscribe(NUDGES, id=str(number)))
            await socket.send(id=str(number), type="complete")
        await socket.send(type="ping")
        while (await socket.receive(within=30))["type"] != "pong":
            pass
        await listening(services, 0)


async def _blocked(make: Make) -> None:
    async with asyncio.timeout(60):
        waiting = (
            "select count(*) from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
        )
        while await (await make.owner.execute(waiting)).fetchone() == (0,):  # noqa: ASYNC110 - PostgreSQL does not tell
            await asyncio.sleep(0.01)


# Breaches of WebSocket itself


async def test_breaches_of_websocket_close_with_its_codes(api: Api) -> None:
    async def first(client: Any) -> None:
        await client.send("{}", masked=False)

    breaches: list[tuple[int, Any]] = [
        (1002, first),
        (1002, lambda client: client.send(b"", Opcode.CONT)),
        (1002, lambda client: client.send_bytes(b"\xf1\x80\0\0\0\0")),
        (1002, lambda client: client.send_bytes(b"\x83\x80\0\0\0\0")),
        (1002, lambda client: client.send_bytes(b"\x89\xfe\0\x7e\0\0\0\0" + bytes(126))),
        (1007, lambda client: client.send(b"\xff\xfe", Opcode.TEXT)),
    ]
    for code, breach in breaches:
        async with raw(api.address) as client:
            await breach(client)
            assert await client.close_code() == code


async def test_empty_fragments_without_end_are_cut_off(api: Api) -> None:
    async with raw(api.address) as client:
        with suppress(OSError):
            await client.send(b"", Opcode.TEXT, fin=False)
            for _ in range(5_000):
                await client.send(b"", Opcode.CONT, fin=False)
        assert await client.close_code() == 1008


async def test_noise_does_no_harm(api: Api) -> None:
    for size in (1, 10, 1_000, 100_000):
        async with raw(api.address) as client:
            with suppress(OSError):
                await client.send_bytes(noise(size))
                client.connection.shutdown(1)
            code = await client.close_code()
            assert code in {None, 1002, 1005, 1006, 1007, 1009, 4400}
    for request in (
        "GET /graphql HTTP/1.1\r\nUpgrade: websocket\r\nConnection: upgrade\r\n\r\n",
        "\0" * 100 + "\r\n\r\n",
    ):
        async with raw(api.address, request) as client:
            while await client.read():
                pass
            assert client.received.startswith(b"HTTP/1.1 4")
    assert await api.data(VIEWER) == {"viewer": None}


# Anything at all

PROTOCOL_CODES = {1000, 1001, 1002, 1005, 1007, 1009, 1013, 4400, 4401, 4403, 4408, 4409, 4429}
"""All but 4500 and 1011: those are faults of ours."""

_json = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**70), 2**70) | st.floats(allow_nan=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner, max_size=4),
    max_leaves=8,
)
_words = st.sampled_from(
    ["connection_init", "subscribe", "complete", "ping", "pong", "next", "error", "connection_ack", "start"]
)
_documents = st.sampled_from(
    [VIEWER, NUDGES, LARGE, "mutation { nothing }", "{", "", "subscription { newNudges { x } }"]
)
_messages = st.fixed_dictionaries(
    {"type": _words | _json},
    optional={
        "id": st.sampled_from(["a", "b", ""]) | _json,
        "payload": _json
        | st.fixed_dictionaries(
            {"query": _documents | _json},
            optional={"variables": _json, "operationName": _json, "extensions": _json},
        ),
    },
)
_frames = st.lists(
    _messages.map(json.dumps) | _json.map(json.dumps) | st.text(max_size=50) | st.binary(max_size=50), max_size=8
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(sent=_frames, ready=st.booleans())
async def test_whatever_comes_is_answered_by_the_protocol(
    api: Api, sockets: Sockets, sent: list[str | bytes], ready: bool
) -> None:
    async with opened(api) as connection:
        said: list[Any] = []
        with suppress(ConnectionClosed):
            if ready:
                await say(connection, INIT)
                said.append(json.loads(await asyncio.wait_for(connection.recv(), 60)))
            for frame in sent:
                await connection.send(frame)
            await say(connection, {"type": "ping", "payload": {"last": True}})
            while True:
                said.append(json.loads(await asyncio.wait_for(connection.recv(), 60)))
                if said[-1] == {"type": "pong", "payload": {"last": True}}:
                    break
        if connection.close_code is not None:
            assert connection.close_code in PROTOCOL_CODES, (connection.close_code, connection.close_reason)
        text = json.dumps(said) + str(connection.close_reason)
        assert not any(word in text for word in ("Traceback", "Error:", 'File "', "NoneType", "object has no"))
    assert sockets.counts.closed["4500"] == 0
