"""Who can call all processes: PostgreSQL itself, or Redis. Backends of broadcaster's kind.

broadcaster's own for PostgreSQL needs a second driver, shares its connection between listening and publishing without
a lock, and hangs when the connection is lost.
"""

import asyncio
from collections import deque
from typing import Any
from urllib.parse import urlsplit

from broadcaster import BroadcastBackend, Event
from psycopg import AsyncConnection, sql
from redis.asyncio import Redis
from redis.asyncio.retry import Retry
from redis.backoff import NoBackoff

from db.dedicated import connect, within
from db.statement import Row


class PostgresBackend(BroadcastBackend):
    """A broadcaster's backend on LISTEN and NOTIFY, over one connection of its own.

    It needs a session of its own: LISTEN does nothing behind a pooler that shares sessions. `next_published` raises
    psycopg.OperationalError when the connection is lost; whoever uses it connects anew.
    """

    def __init__(self, address: str, patience: float = 5) -> None:
        """`address` is libpq's; no command takes longer than `patience` seconds."""
        self._address = address
        self._patience = patience
        self._connection: AsyncConnection[Row] | None = None
        self._heard: deque[Event] = deque()
        self._listening: asyncio.Task[None] | None = None

    async def connect(self) -> None:
        """Connect. Raises psycopg.OperationalError."""
        self._connection = await connect(self._address, "listening", self._patience)

    async def disconnect(self) -> None:
        """End the connection."""
        if self._connection is not None:
            await self._connection.close()

    async def subscribe(self, channel: str) -> None:
        """Hear a channel."""
        await self._run(sql.SQL("listen {}").format(sql.Identifier(channel)))

    async def unsubscribe(self, channel: str) -> None:
        """Hear it no longer."""
        await self._run(sql.SQL("unlisten {}").format(sql.Identifier(channel)))

    async def publish(self, channel: str, message: Any) -> None:
        """Call all who hear the channel."""
        await self._run(sql.SQL("select pg_notify({}, {})").format(channel, str(message)))

    async def next_published(self) -> Event:
        """The next call, whoever made it."""
        while not self._heard:
            self._listening = asyncio.create_task(self._hear())
            try:
                await asyncio.wait({self._listening})
            finally:
                self._listening.cancel()
                await asyncio.wait({self._listening})
            if not self._listening.cancelled():  # a command interrupts it
                self._listening.result()
        return self._heard.popleft()

    async def _hear(self) -> None:
        async for notify in self._open().notifies(stop_after=1):
            self._heard.append(Event(notify.channel, notify.payload))

    async def _run(self, command: sql.Composed) -> None:
        # Listening holds the connection's lock. It is let go, and taken again after those who wait for it now.
        if self._listening is not None:
            self._listening.cancel()
        connection = self._open()
        await within(self._patience, connection, connection.execute(command))

    def _open(self) -> AsyncConnection[Row]:
        if self._connection is None:
            raise RuntimeError("not connected")
        return self._connection


class RedisBackend(BroadcastBackend):
    """A broadcaster's backend on Redis' PUBLISH and SUBSCRIBE.

    broadcaster has one, which listens before it has subscribed, finds nothing to listen to, and stays deaf; and
    which keeps a lost connection to itself. Here `next_published` and `publish` raise what redis-py does.
    """

    def __init__(self, url: str, patience: float = 5) -> None:
        """Connecting takes no longer than `patience` seconds; for the rest the caller sets the limit."""
        self._client = Redis.from_url(
            url,
            # A lost connection is ours to know of: what was said meanwhile is lost as well.
            retry=Retry(NoBackoff(), 0),
            # It would wait by asyncio.wait_for, which in Python 3.11 can lose a cancellation. Our caller has a limit.
            socket_timeout=None,
            socket_connect_timeout=patience,
            single_connection_client=True,  # beside the one that hears
        )
        self._hearing = self._client.pubsub(ignore_subscribe_messages=True)

    async def connect(self) -> None:
        """Connect. Raises redis.RedisError."""
        await self._hearing.connect()  # type: ignore[no-untyped-call]

    async def disconnect(self) -> None:
        """End the connections."""
        await self._hearing.aclose()  # type: ignore[no-untyped-call]
        await self._client.aclose()

    async def subscribe(self, channel: str) -> None:
        """Hear a channel."""
        await self._hearing.subscribe(channel)

    async def unsubscribe(self, channel: str) -> None:
        """Hear it no longer."""
        await self._hearing.unsubscribe(channel)

    async def publish(self, channel: str, message: Any) -> None:
        """Call all who hear the channel."""
        await self._client.publish(channel, message)

    async def next_published(self) -> Event:
        """The next call, whoever made it."""
        while True:
            heard = await self._hearing.get_message(timeout=None)
            if heard is not None and heard["type"] == "message":
                return Event(heard["channel"].decode(), heard["data"].decode(errors="replace"))


def backend_for(url: str, listen_address: str, patience: float) -> BroadcastBackend:
    """The backend that a setting names: `postgresql:` is the database's own, at `listen_address`.

    Raises ValueError for one that is not known or cannot be read.
    """
    try:
        if is_postgresql(url):
            return PostgresBackend(listen_address, patience)
        if urlsplit(url).scheme in ("redis", "rediss", "unix"):
            return RedisBackend(url, patience)
    except ValueError:
        # Its own words quote what it took for the port, which may be of the password.
        raise ValueError(
            "BROADCAST_URL cannot be read: @ : / and # in its password are percent-encoded as %40 %3A %2F and %23."
        ) from None
    raise ValueError("BROADCAST_URL must be `postgresql:` or a redis://, rediss:// or unix:// address.")


def is_postgresql(url: str) -> bool:
    """Whether a broadcast setting means PostgreSQL, which calls by itself when a transaction is committed."""
    return urlsplit(url).scheme in ("postgresql", "postgres")
