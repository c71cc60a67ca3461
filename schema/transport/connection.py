"""What a WebSocket and an event stream have in common: somebody's, for a time, and then ended."""

import asyncio
from abc import ABC, abstractmethod
from collections.abc import Awaitable
from math import inf

from domain.clock import now
from domain.identity.tokens import Identity
from schema.context import Services
from schema.transport.endings import EXPIRED, Ending
from schema.transport.outbox import Outbox
from schema.transport.sockets import Limits, Sockets

HURRY_SECONDS = 0.5
"""How long what was written before a right ended may still wait for a client."""


class ClientConnection(ABC):
    """One open connection, made in the task that serves it.

    It ends when the client goes, when `end` is called, or when the token of its person expires.
    """

    is_websocket = True
    outbox: Outbox
    """What waits to be sent."""

    def __init__(self, services: Services, sockets: Sockets) -> None:
        task = asyncio.current_task()
        if task is None:
            raise RuntimeError("a connection is served by a task")
        self.services = services
        self.sockets = sockets
        self.identity: Identity | None = None
        self.ending: Ending | None = None
        """Why we end it; None while it lives, and when the client went by itself."""
        self._task = task
        self._interrupted = False
        self._over = False
        self._timer: asyncio.TimerHandle | None = None

    @property
    def limits(self) -> Limits:
        """The application's limits."""
        return self.sockets.limits

    def end(self, ending: Ending) -> None:
        """Begin to close it; returns at once. The first reason stays."""
        if self.ending is None and not self._over:
            self.ending = ending
            self._interrupted = asyncio.current_task() is not self._task
            if self._interrupted:
                self._task.cancel()

    def hurry(self) -> None:
        """End it unless the client soon takes what waits for it; returns at once."""
        self.outbox.hurry(HURRY_SECONDS)

    async def until_ended(self, serving: Awaitable[None]) -> None:
        """Serve until the client goes or `end` is called, by whatever task."""
        self.watch()
        try:
            await serving
        except asyncio.CancelledError:
            # `end` cancels the task as asyncio.timeout does; whoever else cancels it means it.
            if not self._interrupted or self._task.uncancel() > 0:
                raise
        finally:
            self._over = True
            if self._timer is not None:
                self._timer.cancel()

    def watch(self) -> None:
        """Do what is due, and come back when the next is."""
        if self._over:
            return
        if self._timer is not None:
            self._timer.cancel()
        left = inf if self.identity is None else (self.identity.expires_at - now()).total_seconds()
        if left <= 0:
            self.end(EXPIRED)
            return
        # The clock on the wall may be set, and timers do not follow it: they are set anew with each ping.
        self._timer = asyncio.get_running_loop().call_later(min(left, self.due()), self.watch)

    @abstractmethod
    def due(self) -> float:
        """Do what is due of a connection of this kind; in how many seconds to ask again."""
