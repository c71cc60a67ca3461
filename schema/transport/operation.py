"""One operation of an open connection, from its start until either side ends it.

It has a task as long as it is being run. A subscription that has come to the present has none: it listens, and what
happens is put into the connection's outbox by whoever makes it ready.
"""

import asyncio
import logging
from collections.abc import AsyncGenerator, Sequence
from contextlib import aclosing
from typing import Protocol

from graphql import GraphQLError

from domain.events import Cursor
from schema.results import Answer, broken
from schema.subscriptions.delivery import Present
from schema.transport.outbox import Outbox

log = logging.getLogger("study.sockets")


class Connection(Protocol):
    """What an operation must know of its connection."""

    @property
    def outbox(self) -> Outbox:
        """What waits to be sent."""

    def written(self, operation: "Operation", answer: Answer) -> bytes:
        """An answer, as the connection sends it."""

    async def finish(self, operation: "Operation", refusal: Sequence[GraphQLError]) -> None:
        """Tell the client that there are no more answers, and why."""

    def ended(self, operation: "Operation") -> None:
        """Nothing of it is left."""


class Operation:
    """One operation of a connection."""

    __slots__ = ("_connection", "_present", "endless", "finishes", "id", "stopped", "task")

    def __init__(self, connection: Connection, id: str, *, finishes: bool = False, endless: bool = False) -> None:
        """`finishes` says that it is carried through whether or not anybody waits for the answer; `endless` that it
        would go on as long as the connection.
        """
        self._connection = connection
        self._present: Present | None = None
        """What it listens to."""
        self.id = id
        self.finishes = finishes
        self.endless = endless
        self.stopped = False
        """Whether the client has heard enough; nothing more is sent."""
        self.task: asyncio.Task[None] | None = None

    def start(self, answers: "AsyncGenerator[Answer | Present, None]") -> None:
        """Run it."""
        self.task = asyncio.create_task(self._run(answers))
        # A task that is stopped before its first step has no other way to say that it is over.
        self.task.add_done_callback(self._ran)

    def stop(self) -> None:
        """Send nothing more; what may be given up is."""
        self.stopped = True
        if self._present is not None:
            self._present.leave(self)
            self._present = None
            self._connection.ended(self)
        elif self.task is not None and not self.finishes:
            self.task.cancel()

    async def _run(self, answers: "AsyncGenerator[Answer | Present, None]") -> None:
        refusal: Sequence[GraphQLError] | None
        try:
            refusal = await self._send(answers)
        except Exception as error:  # noqa: BLE001 - `broken` logs it
            refusal = [broken(error)]
        if refusal is not None and not self.stopped:
            await self._connection.finish(self, refusal)

    async def _send(self, answers: "AsyncGenerator[Answer | Present, None]") -> Sequence[GraphQLError] | None:
        """Send what it answers; gives why that was all, or None for a stream that is listened to from now on."""
        async with aclosing(answers):
            async for answer in answers:
                if self.stopped:
                    break
                if isinstance(answer, Present):
                    if answer.join(self):
                        self._present, self.task = answer, None
                        return None
                elif answer.refusal:
                    return answer.refusal
                else:
                    await self._connection.outbox.put(self._connection.written(self, answer))
        return ()

    def _ran(self, task: asyncio.Task[None]) -> None:
        if self.task is task:
            self.task = None
            self._connection.ended(self)
        if not task.cancelled() and (error := task.exception()) is not None:
            log.error("an operation was left in disorder", exc_info=error)

    # Listening

    def take(self, told: Sequence[Answer]) -> int:
        """Put answers into the outbox, as many as there is room for; says how many."""
        outbox, written = self._connection.outbox, self._connection.written
        for number, answer in enumerate(told):
            if answer.refusal:
                self._go_on(_refused(answer))
            elif not outbox.take(written(self, answer)):
                return number
        return len(told)

    def lose(self, place: Cursor) -> None:
        """Get what comes after the place from the log, once the client has taken what waits for it."""
        if self._present is not None:
            self._go_on(self._late(self._present, place))

    def _go_on(self, answers: "AsyncGenerator[Answer | Present, None]") -> None:
        present, self._present = self._present, None
        self.start(answers)
        if present is not None:
            present.leave(self)

    async def _late(self, present: Present, place: Cursor) -> "AsyncGenerator[Answer | Present, None]":
        await self._connection.outbox.emptied()
        async with aclosing(present.after(place)) as answers:
            async for answer in answers:
                yield answer


async def _refused(answer: Answer) -> "AsyncGenerator[Answer | Present, None]":
    yield answer
