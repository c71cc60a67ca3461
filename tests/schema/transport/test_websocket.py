"""graphql-transport-ws, message by message, and the codes with which it is broken off."""

import gc
import json
import time
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from websockets.exceptions import InvalidStatus
from websockets.frames import Frame, Opcode

from domain.events import Event, EventKind
from domain.identity.local_issuer import LocalIssuer
from schema.context import Services
from schema.transport.sockets import Sockets
from tests.api import PROTOCOL, Api, Socket
from tests.eventually import until
from tests.make import Make
from tests.schema.telling import tell
from tests.schema.transport.clients import (
    INIT,
    NUDGES,
    SEND,
    VIEWER,
    acknowledged,
    closing,
    init,
    listening,
    nudge,
    opened,
    say,
    subscribe,
)
from tests.schema.transport.raw import raw

# The handshake


@pytest.mark.parametrize("offered", [[], ["graphql-ws"], ["graphql-transport-wss", "graphql"]])
async def test_other_protocols_are_refused(api: Api, offered: list[Any]) -> None:
    async with opened(api, subprotocols=offered or None) as connection:
        assert connection.subprotocol is None
        assert await closing(connection) == (4406, "Subprotocol not acceptable")


@pytest.mark.parametrize("offered", [[PROTOCOL], ["graphql-ws", PROTOCOL], [PROTOCOL, "graphql-ws"]])
async def test_the_protocol_is_chosen_among_others(api: Api, offered: list[Any]) -> None:
    async with opened(api, subprotocols=offered) as connection:
        assert connection.subprotocol == PROTOCOL


@pytest.mark.parametrize("chosen", [{"allowed_origins": "https://app.school.test, http://localhost:3000"}])
@pytest.mark.parametrize(
    ("origin", "allowed"),
    [
        (None, True),
        ("http://{address}", True),
        ("https://{address}", True),
        ("https://app.school.test", True),
        ("http://localhost:3000", True),
        ("https://app.school.test.evil.test", False),
        ("https://evil.test", False),
        ("http://app.school.test", False),
        ("http://localhost:3001", False),
        ("null", False),
        ("", False),
        ("http://[", False),
    ],
)
async def test_pages_of_other_origins_open_no_sockets(api: Api, origin: str | None, allowed: bool) -> None:
    headers = {} if origin is None else {"Origin": origin.format(address=api.address)}
    if allowed:
        async with opened(api, additional_headers=headers) as connection:
            await say(connection, INIT)
            assert json.loads(await connection.recv()) == {"type": "connection_ack", "payload": {}}
    else:
        with pytest.raises(InvalidStatus) as refused:
            async with opened(api, additional_headers=headers):
                pass
        assert refused.value.response.status_code == 403


@pytest.mark.parametrize("chosen", [{"allowed_origins": "*"}])
async def test_every_origin_may_be_allowed(api: Api) -> None:
    async with opened(api, additional_headers={"Origin": "https://evil.test"}) as connection:
        assert connection.subprotocol == PROTOCOL


# Messages that the protocol does not have

SUBSCRIBE: dict[str, Any] = subscribe(VIEWER)
IDS: list[Any] = [None, 7, 1.5, "", True, [], {}, "x" * 129]
PAYLOADS: list[Any] = [None, 7, "", [], {}, [SUBSCRIBE["payload"]]]
DOCUMENTS: list[Any] = [None, 7, [], {}, True]
PARTS: list[tuple[str, Any]] = [("operationName", 7), ("variables", []), ("variables", "x"), ("extensions", 7)]
INVALID: list[str | bytes] = [
    "",
    "{",
    "[]",
    "7",
    "null",
    "true",
    '"connection_init"',
    "NaN",
    "{}",
    '{"type": null}',
    '{"type": 7}',
    '{"type": ["ping"]}',
    '{"type": {}}',
    '{"type": ""}',
    '{"type": "start"}',
    '{"type": "connection_ack"}',
    '{"type": "next", "id": "1", "payload": {}}',
    '{"type": "\\ud800"}',
    "[" * 10_000,
    '{"type": "connection_init", "payload": []}',
    '{"type": "connection_init", "payload": "token"}',
    '{"type": "ping", "payload": 7}',
    '{"type": "pong", "payload": "x"}',
    '{"type": "ping", "payload": ' + '{"a":' * 500 + "1" + "}" * 500 + "}",
    *(json.dumps({**SUBSCRIBE, "id": wrong}) for wrong in IDS),
    *(json.dumps({**SUBSCRIBE, "payload": wrong}) for wrong in PAYLOADS),
    *(json.dumps({**SUBSCRIBE, "payload": {"query": wrong}}) for wrong in DOCUMENTS),
    *(json.dumps({**SUBSCRIBE, "payload": {"query": VIEWER, name: wrong}}) for name, wrong in PARTS),
    '{"type": "subscribe", "payload": {"query": "{ __typename }"}}',
    '{"type": "complete"}',
    '{"type": "complete", "id": 7}',
    '{"type": "complete", "id": ""}',
    b"{}",
    b'{"type": "ping"}',
    b"\xff",
]


@pytest.mark.parametrize("ready", [False, True], ids=["new", "acknowledged"])
async def test_an_invalid_message_closes_with_4400(api: Api, make: Make, ready: bool) -> None:
    sam = await make.student()
    for message in INVALID:
        async with opened(api) as connection:
            if ready:
                await acknowledged(connection, sam.token)
            await connection.send(message)
            code, reason = await closing(connection)
            assert (code, bool(reason)) == (4400, True), (message, code, reason)
            assert reason
            assert not {"Error", "Traceback", "orjson", "line 1"} & set(reason.split()), reason


async def test_unknown_keys_and_nulls_are_no_mistake(api: Api) -> None:
    async with opened(api) as connection:
        await say(connection, {"type": "connection_init", "payload": None, "id": 7, "more": [1]})
        assert json.loads(await connection.recv())["type"] == "connection_ack"
        payload = {"query": VIEWER, "variables": None, "operationName": None, "extensions": None, "more": 1}
        await say(connection, {"type": "subscribe", "id": "ü" * 128, "payload": payload})
        message = json.loads(await connection.recv())
        assert (message["id"], message["type"], message["payload"]["data"]) == ("ü" * 128, "next", {"viewer": None})


@pytest.mark.parametrize("chosen", [{"max_message_bytes": 2_000}])
async def test_a_message_that_is_too_large_closes_with_1009(api: Api, sockets: Sockets) -> None:
    for size, fragments in ((3_000, 1), (200_000, 1), (3_000, 10), (5_000_000, 1)):
        async with raw(api.address) as client:
            try:
                for number in range(fragments):
                    part = b"x" * (size // fragments)
                    await client.send(part, Opcode.CONT if number else Opcode.TEXT, fin=False)
            except OSError:
                pass  # it need not be read to its end
            assert await client.close_code() == 1009
    await until(lambda: sockets.counts.closed == {"1009": 4})


# Before the acknowledgement


async def test_an_operation_before_the_acknowledgement_closes_with_4401(api: Api, make: Make) -> None:
    sam = await make.student()
    for early in ([SUBSCRIBE], [init(sam.token), SUBSCRIBE]):
        async with opened(api) as connection:
            await say(connection, *early)
            assert await closing(connection) == (4401, "Unauthorized")


async def test_the_rest_may_come_before(api: Api) -> None:
    async with opened(api) as connection:
        await say(connection, {"type": "pong"}, {"type": "complete", "id": "x"}, {"type": "ping", "payload": {"a": 1}})
        assert json.loads(await connection.recv()) == {"type": "pong", "payload": {"a": 1}}


@pytest.mark.parametrize("chosen", [{"socket_init_seconds": 1}])
async def test_a_socket_that_says_nothing_closes_with_4408(api: Api) -> None:
    async with opened(api) as connection:
        await say(connection, {"type": "ping"})
        assert await closing(connection) == (4408, "Connection initialisation timeout")
    async with opened(api) as connection:
        await say(connection, INIT)
        socket = Socket(connection)
        assert (await socket.receive())["type"] == "connection_ack"
        await socket.nothing(within=1.2)


async def test_a_second_init_closes_with_4429(api: Api, make: Make) -> None:
    sam = await make.student()
    async with opened(api) as connection:
        await say(connection, init(sam.token), INIT)
        assert await closing(connection) == (4429, "Too many initialisation requests")
    async with opened(api) as connection:
        socket = await acknowledged(connection, sam.token)
        await socket.send(**init(sam.token))
        assert await closing(connection) == (4429, "Too many initialisation requests")


async def test_a_token_that_is_not_taken_closes_with_4403(
    api: Api, make: Make, issuer: LocalIssuer, data_dir: Path
) -> None:
    await make.student()
    yesterday = LocalIssuer.load(data_dir, clock=lambda: time.time() - 86_400)
    expired = yesterday.issue("sub-sam", lifetime=timedelta(hours=1))
    for token in ("", "x", "a.b.c", expired, issuer.issue("sub-nobody"), "x" * 100_000):
        async with opened(api) as connection:
            await say(connection, init(token))
            code, reason = await closing(connection)
            assert (code, bool(reason)) == (4403, True)
    others: list[Any] = [7, [], {}, True, "Basic c2FtOnNhbQ=="]
    for authorization in others:
        async with opened(api) as connection:
            await say(connection, {"type": "connection_init", "payload": {"Authorization": authorization}})
            assert (await closing(connection))[0] == 4403


@pytest.mark.parametrize("chosen", [{"database_connections": 1}])
async def test_a_token_that_cannot_be_looked_at_closes_with_1013(api: Api, make: Make, services: Services) -> None:
    """The database is out of reach: the client is to come back, not to give up."""
    sam = await make.student()
    pool = services.database.pool
    pool.timeout = 0.2
    held = await pool.getconn()
    try:
        async with opened(api) as connection:
            await say(connection, init(sam.token))
            assert await closing(connection) == (1013, "Try again later")
        response = await api.post(VIEWER, sam)
        assert (response.status_code, response.headers["retry-after"]) == (503, "5")
        assert response.json()["errors"][0]["extensions"] == {"code": "UNAVAILABLE"}
    finally:
        await pool.putconn(held)


# Operations


async def test_operations_of_every_kind_share_a_socket(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    async with api.socket(tess) as socket:
        await socket.send(**subscribe(NUDGES, id="live"))
        await listening(services, 1)
        await socket.send(**subscribe(VIEWER, id="read"))
        assert await socket.receive() == {
            "id": "read",
            "type": "next",
            "payload": {"data": {"viewer": {"email": "tess@school.test"}}},
        }
        assert await socket.receive() == {"id": "read", "type": "complete"}
        chosen = {"studentId": sam.gid, "type": "LOGIN", "channel": "IN_APP", "message": "Hello"}
        await socket.send(**subscribe(SEND, id="write", input=chosen))
        said = [await socket.receive() for _ in range(3)]
        assert sorted((message["id"], message["type"]) for message in said) == [
            ("live", "next"),
            ("write", "complete"),
            ("write", "next"),
        ]
        # Once completed, by either side, an id is free.
        await socket.send(id="live", type="complete")
        await socket.send(**subscribe(VIEWER, id="live"))
        assert (await socket.next())["data"] == {"viewer": {"email": "tess@school.test"}}
        assert (await socket.receive())["type"] == "complete"
        await socket.send(id="live", type="complete")
        await socket.send(id="never", type="complete")
        await socket.send(type="ping")
        assert await socket.receive() == {"type": "pong"}


async def test_an_id_in_use_closes_with_4409(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    async with opened(api) as connection:
        socket = await acknowledged(connection, sam.token)
        await socket.send(**subscribe(NUDGES, id="täglich"))
        await listening(services, 1)
        await socket.send(**subscribe(VIEWER, id="other"))
        assert (await socket.next())["data"]["viewer"]
        await socket.send(**subscribe(VIEWER, id="täglich"))
        assert await closing(connection) == (4409, "Subscriber for täglich already exists")
    await listening(services, 0)


@pytest.mark.parametrize(
    "document",
    [
        "",
        "{",
        "{ nothing }",
        "query ($id: ID!) { node(id: $id) { id } }",
        "query A { viewer { email } } query B { __typename }",
        "subscription { nothing }",
        "fragment F on Query { __typename }",
        "{" * 2_000,
        "{ viewer " + "{ email " * 2_000,
    ],
)
async def test_what_cannot_run_is_an_error_message(api: Api, document: str) -> None:
    async with api.socket(None) as socket:
        await socket.send(**subscribe(document))
        message = await socket.receive()
        assert (message["type"], message["id"]) == ("error", "1")
        assert all(set(error) <= {"message", "locations", "extensions"} for error in message["payload"])
        # Nothing follows, and the id is free.
        await socket.send(**subscribe("{ __typename }"))
        assert await socket.next() == {"data": {"__typename": "Query"}}


async def test_an_operation_may_be_given_up_before_it_has_begun(api: Api) -> None:
    async with raw(api.address) as connection:
        await connection.initialise()
        # In one go, so that the second is read before the first is run. A coroutine left behind would warn, and fail.
        messages = (subscribe("{ __typename }", id="1"), {"id": "1", "type": "complete"})
        frames = [Frame(Opcode.TEXT, json.dumps(each).encode()).serialize(mask=True) for each in messages]
        await connection.send_bytes(b"".join(frames))
        await connection.send(json.dumps(subscribe("{ __typename }", id="2")))
        async for _, content in connection.frames():
            assert json.loads(content)["id"] == "2"
            break
    gc.collect()


async def test_an_operation_is_chosen_by_name(api: Api) -> None:
    async with api.socket(None) as socket:
        payload = {"query": "query A { viewer { email } } query B { __typename }", "operationName": "B"}
        await socket.send(id="1", type="subscribe", payload=payload)
        assert await socket.next() == {"data": {"__typename": "Query"}}
        assert await socket.receive() == {"id": "1", "type": "complete"}
        await socket.send(id="1", type="subscribe", payload=payload | {"operationName": "C"})
        assert (await socket.receive())["type"] == "error"


async def test_our_own_faults_are_masked(
    api: Api, make: Make, services: Services, caplog: pytest.LogCaptureFixture
) -> None:
    sam = await make.student()
    async with api.socket(sam) as socket:
        await socket.send(**subscribe(NUDGES))
        await listening(services, 1)
        await make.owner.execute("alter table nudges rename column message to told")
        await socket.send(**subscribe("{ viewer { ... on Student { nudges { nodes { message } } } } }", id="2"))
        seen = [await socket.receive(), await socket.receive()]
        payload = next(message["payload"] for message in seen if message["type"] == "next")
        assert payload["errors"][0]["extensions"] == {"code": "INTERNAL"}
        # A stream that fails has no more answers: it ends with what `error` says.
        await make.owner.execute("alter table nudges rename column told to message")
        sent = await make.nudge(sam)
        await make.owner.execute("alter table nudges rename column channel to way")
        await tell(services, Event(EventKind.NUDGE_SENT, sam.id, sent))
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("1", "error")
        assert message["payload"][0]["extensions"] == {"code": "INTERNAL"}
        assert "channel" not in json.dumps([seen, message])
        await listening(services, 0)
    assert "UndefinedColumn" in caplog.text


async def test_pings_are_answered_with_their_payload(api: Api) -> None:
    async with api.socket(None) as socket:
        for payload in ({}, {"a": [1, None, "ü"]}):
            await socket.send(type="ping", payload=payload)
            assert await socket.receive() == {"type": "pong", "payload": payload}
        for ping in ({}, {"payload": None}):
            await socket.send(type="ping", **ping)
            assert await socket.receive() == {"type": "pong"}
        await socket.send(type="pong", payload={"unasked": True})
        await socket.nothing(within=0.1)


@pytest.mark.parametrize("chosen", [{"socket_ping_seconds": 0.2, "socket_idle_seconds": 2}])
async def test_a_client_that_answers_no_pings_is_given_up(api: Api) -> None:
    async with api.socket(None) as socket:
        for _ in range(15):
            assert await socket.receive() == {"type": "ping"}
            await socket.send(type="pong")
        code, _ = await closing(socket.connection)
        assert code == 4408


@pytest.mark.parametrize("chosen", [{"operations_per_socket": 3}])
async def test_a_socket_runs_so_many_operations_at_once(api: Api, make: Make, services: Services) -> None:
    sam = await make.student()
    tess = await make.tutor(of=sam)
    async with api.socket(sam) as socket:
        for name in "abc":
            await socket.send(**subscribe(NUDGES, id=name))
        await socket.send(**subscribe(NUDGES, id="d"))
        message = await socket.receive()
        assert (message["id"], message["type"]) == ("d", "error")
        assert [error["extensions"]["code"] for error in message["payload"]] == ["TOO_MANY_OPERATIONS"]
        await listening(services, 3)
        await nudge(api, tess, sam, "Hello")
        assert {(await socket.receive())["id"] for _ in range(3)} == {"a", "b", "c"}
        await socket.send(id="b", type="complete")
        await listening(services, 2)
        await socket.send(**subscribe(VIEWER, id="d"))
        assert (await socket.receive())["id"] == "d"
