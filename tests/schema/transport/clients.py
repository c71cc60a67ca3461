"""What the tests of transports say to the server."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed

from schema.context import Services
from schema.ids import to_global
from tests.api import PROTOCOL, Api, Socket
from tests.eventually import until
from tests.make import Person

NUDGES = "subscription { newNudges { nudge { message } } }"
VIEWER = "{ viewer { email } }"
SEND = "mutation ($input: SendNudgeInput!) { sendNudge(input: $input) { userErrors { code } } }"
RENEW = "mutation ($input: RenewTokenInput!) { renewToken(input: $input) { expiresAt userErrors { field code } } }"
DISCONNECT = """
mutation ($input: DisconnectUserInput!) { disconnectUser(input: $input) { user { email } userErrors { field code } } }
"""
UPDATE_GOAL = "mutation ($input: UpdateGoalInput!) { updateGoal(input: $input) { goal { title } userErrors { code } } }"

INIT = {"type": "connection_init"}


def init(token: str) -> dict[str, Any]:
    """A `connection_init` with a token."""
    return {"type": "connection_init", "payload": {"authorization": f"Bearer {token}"}}


def subscribe(document: str, *, id: str = "1", **variables: Any) -> dict[str, Any]:
    """A `subscribe`."""
    return {"id": id, "type": "subscribe", "payload": {"query": document, "variables": variables}}


@asynccontextmanager
async def opened(api: Api, **options: Any) -> AsyncIterator[ClientConnection]:
    """A WebSocket that has said nothing yet."""
    options = {"subprotocols": [PROTOCOL], "compression": None} | options
    async with connect(f"ws://{api.address}/graphql", **options) as connection:
        yield connection


async def say(connection: ClientConnection, *said: dict[str, Any]) -> None:
    """Some messages."""
    for message in said:
        await connection.send(json.dumps(message))


async def closing(connection: ClientConnection) -> tuple[int | None, str | None]:
    """The code and reason with which the server closes, whatever it says before."""
    with suppress(ConnectionClosed):
        while True:
            await asyncio.wait_for(connection.recv(), 60)
    return connection.close_code, connection.close_reason


async def acknowledged(connection: ClientConnection, token: str) -> Socket:
    """The same connection after `connection_init`."""
    socket = Socket(connection)
    await socket.send(**init(token))
    assert await socket.receive() == {"type": "connection_ack", "payload": {}}
    return socket


async def listening(services: Services, count: int) -> None:
    """Wait until that many streams are open."""
    await until(lambda: services.live.feed.status.streams == count)


async def nudge(api: Api, tutor: Person, student: Person, message: str) -> None:
    """A nudge, which those who watch NUDGES are told of."""
    chosen = {"studentId": student.gid, "type": "LOGIN", "channel": "IN_APP", "message": message}
    assert await api.data(SEND, tutor, input=chosen) == {"sendNudge": {"userErrors": []}}


def person_id(person: Person) -> str:
    """The global id that mutations of people take."""
    return to_global(person.role.title(), person.id)
