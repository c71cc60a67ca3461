"""A client as the documents describe it: it keeps the cursor of the last event and comes back with it."""

import asyncio
import json
import random
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from websockets.asyncio.client import ClientConnection, connect, unix_connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake
from websockets.typing import Subprotocol

PROTOCOL = Subprotocol("graphql-transport-ws")
RETRIED = frozenset({1001, 1005, 1006, 1012, 1013, 1014, 4403, 4408})
"""Close codes after which clients connect again; every other is final."""

_COMMON = "kind cursor occurredAt"
STREAMS = {
    "activity": ("node", f"{_COMMON} node {{ id __typename }}"),
    "newNudges": ("nudge", f"{_COMMON} nudge {{ id }}"),
    "overrideUpdates": ("override", f"{_COMMON} override {{ id targetVersion student {{ id }} }}"),
}
"""By field: where the thing is, and what is selected."""

Address = tuple[str, int] | Path
"""Host and port, or a socket."""


class GivenUp(Exception):
    """The server has said something after which a client does not come back."""


@dataclass(frozen=True, slots=True)
class Received:
    """One event."""

    cursor: str
    thing: str


@dataclass(slots=True)
class Subscriber:
    """Somebody with one stream, on whichever server answers."""

    name: str
    token: str
    stream: str
    addresses: Sequence[Address]
    after: str | None
    silence: float
    """Seconds without a word, heartbeats included, after which the line counts as dead."""
    forgetful: bool = False
    """Whether it comes back without its cursor, as no client should."""
    received: list[Received] = field(default_factory=list)
    endings: Counter[str] = field(default_factory=Counter)
    """Why connections ended."""
    heartbeats: int = 0
    connections: int = 0
    chance: random.Random = field(default_factory=random.Random)

    async def watch(self, enough: Callable[["Subscriber"], bool]) -> None:
        """Follow the stream until `enough`, which is asked at each heartbeat. Raises GivenUp."""
        turn = self.chance.randrange(len(self.addresses))
        while True:
            try:
                if await self._connected(self.addresses[turn % len(self.addresses)], enough):
                    return
            except ConnectionClosed as closed:
                code = closed.rcvd.code if closed.rcvd is not None else 1006
                self.endings[str(code)] += 1
                if code not in RETRIED:
                    reason = closed.rcvd.reason if closed.rcvd is not None else ""
                    raise GivenUp(f"{self.name} was closed with {code} {reason}") from closed
            except TimeoutError:
                self.endings["silence"] += 1
            except (OSError, InvalidHandshake) as error:
                self.endings[type(error).__name__] += 1
            turn += 1
            if self.forgetful and self.connections:
                self.after = None
            await asyncio.sleep(self.chance.uniform(0.05, 0.3))

    async def _connected(self, address: Address, enough: Callable[["Subscriber"], bool]) -> bool:
        """One connection, until it ends, or the subscriber has enough (True)."""
        options: dict[str, Any] = {
            "subprotocols": [PROTOCOL],
            "ping_interval": None,
            "open_timeout": self.silence,
            "close_timeout": 0.2,
            "compression": None,
            "proxy": None,
        }
        if isinstance(address, Path):
            opening = unix_connect(str(address), "ws://localhost/graphql", **options)
        else:
            opening = connect(f"ws://{address[0]}:{address[1]}/graphql", **options)
        async with opening as connection:
            self.connections += 1
            await _send(connection, type="connection_init", payload={"authorization": f"Bearer {self.token}"})
            while True:
                async with asyncio.timeout(self.silence):
                    message = json.loads(await connection.recv())
                match message["type"]:
                    case "connection_ack":
                        await _send(connection, id="1", type="subscribe", payload=self._operation())
                    case "ping":
                        await _send(connection, type="pong")
                    case "next":
                        if message["payload"].get("errors"):
                            self._failed(message["payload"]["errors"])
                            return False
                        if self._take(message["payload"]["data"][self.stream]) and enough(self):
                            with suppress(ConnectionClosed):
                                await _send(connection, id="1", type="complete")
                            return True
                    case "error":
                        self._failed(message["payload"])
                        return False
                    case "complete":
                        self.endings["complete"] += 1
                        return False
                    case other:
                        raise GivenUp(f"{self.name} was sent {other!r}")

    def _operation(self) -> dict[str, Any]:
        selected = STREAMS[self.stream][1]
        query = f"subscription ($after: String) {{ {self.stream}(after: $after) {{ {selected} }} }}"
        return {"query": query, "variables": {"after": self.after}}

    def _take(self, event: dict[str, Any]) -> bool:
        """Keep an event and its cursor; True for a heartbeat."""
        self.after = event["cursor"]
        thing = event[STREAMS[self.stream][0]]
        if event["kind"] == "HEARTBEAT":
            assert thing is None
            self.heartbeats += 1
            return True
        self.received.append(Received(event["cursor"], thing["id"]))
        return False

    def _failed(self, errors: list[dict[str, Any]]) -> None:
        code = errors[0].get("extensions", {}).get("code", "none")
        self.endings[code] += 1
        if code != "UNAVAILABLE":
            raise GivenUp(f"{self.name} was told {errors[0]}")


async def _send(connection: ClientConnection, **message: Any) -> None:
    await connection.send(json.dumps(message))
