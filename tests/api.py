"""The API as a client program meets it: real HTTP and real WebSockets to the real application."""

import asyncio
import json
import socket
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from typing import Any, Self

import httpx
from starlette.applications import Starlette
from websockets.asyncio.client import ClientConnection, connect
from websockets.typing import Subprotocol

from schema.transport.serving import Server
from tests.make import Person

PROTOCOL = Subprotocol("graphql-transport-ws")


@dataclass(frozen=True, slots=True)
class Api:
    """A running server."""

    address: str
    http: httpx.AsyncClient
    server: Server

    async def post(self, document: str, person: Person | None = None, **variables: Any) -> httpx.Response:
        """The HTTP response to one operation."""
        headers = {"content-type": "application/json"}
        if person:
            headers["authorization"] = f"Bearer {person.token}"
        # ASCII escapes, so that tests can send what UTF-8 cannot hold.
        body = json.dumps({"query": document, "variables": variables}).encode()
        return await self.http.post(f"http://{self.address}/graphql", content=body, headers=headers)

    async def run(self, document: str, person: Person | None = None, **variables: Any) -> dict[str, Any]:
        """The whole answer to one operation, but for what it cost: data and errors."""
        response = await self.post(document, person, **variables)
        assert response.status_code == 200, response.text
        return without_cost(response.json())

    async def data(self, document: str, person: Person | None = None, **variables: Any) -> Any:
        """The data of an operation that must have no errors."""
        answer = await self.run(document, person, **variables)
        assert "errors" not in answer, answer["errors"]
        return answer["data"]

    async def error_codes(self, document: str, person: Person | None = None, **variables: Any) -> list[str]:
        """The codes of an operation's errors."""
        answer = await self.run(document, person, **variables)
        return [error["extensions"]["code"] for error in answer.get("errors", [])]

    @asynccontextmanager
    async def socket(self, person: Person | None) -> AsyncIterator["Socket"]:
        """A WebSocket that has been initialised with the person's token."""
        async with connect(f"ws://{self.address}/graphql", subprotocols=[PROTOCOL]) as connection:
            opened = Socket(connection)
            payload = {"authorization": f"Bearer {person.token}"} if person else {}
            await opened.send(type="connection_init", payload=payload)
            assert await opened.receive() == {"type": "connection_ack", "payload": {}}
            yield opened


@dataclass(frozen=True, slots=True)
class Socket:
    """One graphql-transport-ws connection."""

    connection: ClientConnection
    heartbeats: bool = False
    """Whether the heartbeats of streams are received too."""
    early: list[Any] = field(default_factory=list)
    """What has come and was not received yet."""

    async def send(self, **message: Any) -> None:
        """One message."""
        await self.connection.send(json.dumps(message))

    async def receive(self, *, within: float = 20) -> Any:
        """The next message."""
        async with asyncio.timeout(within):
            while True:
                message = self.early.pop(0) if self.early else json.loads(await self.connection.recv())
                if isinstance(message.get("payload"), dict):
                    without_cost(message["payload"])
                if self.heartbeats or not is_heartbeat(message.get("payload")):
                    return message

    async def subscribe(self, document: str, *, id: str = "1", **variables: Any) -> Self:
        """Start a stream and wait until the server has it running.

        graphql-transport-ws does not acknowledge a subscription, but each stream first says how far it has come.
        """
        await self.send(id=id, type="subscribe", payload={"query": document, "variables": variables})
        async with asyncio.timeout(60):
            while not self.early or self.early[-1].get("id") != id:
                self.early.append(json.loads(await self.connection.recv()))
        return self

    async def next(self, *, within: float = 20) -> Any:
        """The payload of the next event."""
        while (message := await self.receive(within=within)) == {"type": "ping"}:
            await self.send(type="pong")
        assert message["type"] == "next", message
        return message["payload"]

    async def nothing(self, *, within: float = 0.5) -> None:
        """Assert that no message comes for a while."""
        try:
            message = await self.receive(within=within)
        except TimeoutError:
            return
        raise AssertionError(f"a message came that should not: {message}")


def without_cost(answer: dict[str, Any]) -> dict[str, Any]:
    """An answer as it was, but for what it cost, which moves with the time of day."""
    if answer.get("extensions", {}).pop("cost", None) is not None and not answer["extensions"]:
        del answer["extensions"]
    return answer


def is_heartbeat(payload: Any) -> bool:
    """Whether an answer is that of a stream that has nothing to tell."""
    data = payload.get("data") if isinstance(payload, dict) else None
    found = next(iter(data.values()), None) if data else None
    if not isinstance(found, dict):
        return False
    told = {"nudge", "override", "node"} & found.keys()
    return found["kind"] == "HEARTBEAT" if "kind" in found else bool(told) and all(found[name] is None for name in told)


# Reading the certificates of the world takes a client longer than to start the server, and none is asked for.
_TLS = ssl.create_default_context()


@asynccontextmanager
async def serving(app: Starlette) -> AsyncIterator[Api]:
    """The application on a free port, in this event loop."""
    listener = socket.create_server(("127.0.0.1", 0))
    # By itself the kernel takes megabytes for a client that does not read.
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 32_768)
    server = Server(app, app.state.sockets)
    running = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        while not server.started:
            if running.done():
                running.result()
                raise RuntimeError("the server ended while it started")
            await asyncio.sleep(0.005)
        async with httpx.AsyncClient(timeout=30, verify=_TLS) as http:
            yield Api("{}:{}".format(*listener.getsockname()[:2]), http, server)
    finally:
        server.should_exit = True
        await running
