"""The process's one reader of the event log, and the streams that it feeds.

It reads each event once, whatever the number of sockets, together with who may watch it, and hands it to the streams
of those people. A stream that was away, or is not read fast enough, reads the log itself up to where the reader has
come and is fed from there: between the two nothing is missed and nothing comes twice, for both go by the same places.
"""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from math import inf
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import AsyncConnection, OperationalError

from db.dedicated import Kept, connect, delays, is_away, within
from db.engine import Database, Transaction, Work
from db.events import Stretch, backlog, events_after, latest, open_log
from db.statement import Compiled, Row
from domain.events import Cursor, Event, EventKind, Logged, Now, ResyncRequired

WAITING = 1_000
"""Events that may wait in memory for one slow stream; beyond that it goes back to reading the log."""
PAGE = 500
"""Events that are read at once."""
BACKLOGS = 2
"""Streams that read the log at once; many that come together are not to take the connections of everybody else."""
OFFERS = 1_000
"""Events handed out before other tasks get a turn."""

log = logging.getLogger("study.live")


@dataclass(frozen=True, slots=True)
class Status:
    """How the feed does."""

    healthy: bool
    """Whether the last look at the log succeeded."""
    position: Cursor
    """Everything up to here has been handed out."""
    held: bool
    """Whether events wait for an older transaction to end."""
    held_seconds: float
    """For how long they do and none came through; 0 unless they are held."""
    streams: int
    """Streams that are being fed; those that still read the log are not counted."""
    waiting: int
    """Events that wait in memory for slow streams; one for three streams counts three times."""
    handed_out: int
    """Events handed to streams since the start; one for three streams counts three times."""


class _Piped(Transaction):
    """A transaction whose statements are sent without waiting for the answers to those before."""

    async def run(self, statement: Compiled, parameters: Mapping[str, Any]) -> list[Row]:
        cursor = await self._connection.execute(statement.sql, statement.parameters(parameters))
        return await cursor.fetchall()


class _Stream:
    """What waits for one stream. There may be thousands: it is small while nothing waits."""

    __slots__ = ("behind", "kinds", "person", "students", "waiter", "waiting")

    def __init__(self, person: UUID | None, students: Collection[UUID] | None, kinds: Collection[EventKind]) -> None:
        self.person = person
        self.students = students
        self.kinds = kinds
        self.waiting: deque[Logged] | None = None
        self.waiter: asyncio.Future[None] | None = None
        self.behind = False
        """Whether events have been left out: from then on it is fed no more."""

    def offer(self, logged: Logged) -> None:
        """Hand over an event without waiting for it to be taken."""
        event = logged.event
        if event.kind not in self.kinds or (self.students is not None and event.student_id not in self.students):
            return
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) < WAITING:
            self.waiting.append(logged)
            self.wake()
        else:
            self.leave_out()

    def leave_out(self) -> None:
        """Say that events were left out. They and those that wait are in the log."""
        self.behind = True
        self.waiting = None
        self.wake()

    def wake(self) -> None:
        """Let `wait` return."""
        if self.waiter is not None and not self.waiter.done():
            self.waiter.set_result(None)

    async def wait(self, seconds: float | None) -> None:
        """Until there is something to take, something was left out, or so many seconds are over."""
        loop = asyncio.get_running_loop()
        self.waiter = loop.create_future()
        timer = None if seconds is None else loop.call_later(seconds, self.wake)
        try:
            await self.waiter
        finally:
            self.waiter = None
            if timer is not None:
                timer.cancel()


class Feed:
    """Feeds the streams of this process from the event log."""

    def __init__(self, address: str, database: Database, *, poll: float = 1, patience: float = 10) -> None:
        """`address` is libpq's, of a connection that has the application's role; `database` serves backlogs.

        It looks at the log when it is woken, and every `poll` seconds even if it is not. A look that takes longer
        than `patience` seconds is given up, with its connection.
        """
        self.position = Cursor(0, 0)
        self._address = address
        self._database = database
        self._poll = poll
        self._patience = patience
        self._streams: dict[UUID | None, set[_Stream]] = {}
        """By person; under None those of everything."""
        self._calls: dict[EventKind, Callable[[Event], None]] = {}
        self._reading = Kept("the event log cannot be read", log)
        self._held_since: float | None = None
        self._handed_out = 0
        self._backlogs = asyncio.Semaphore(BACKLOGS)
        self._backlogs_wait = False
        self._connections = 0
        self._woken = asyncio.Event()
        self._begun = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    async def __aenter__(self) -> Self:
        """Begin where the log is now. Raises TimeoutError when the database does not answer."""
        self._task = asyncio.create_task(self._reading.keep(self._attempt), name="feed")
        try:
            async with asyncio.timeout(2 * self._patience):
                await self._begun.wait()
        except BaseException:
            await self.__aexit__(None, None, None)
            raise
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    def wake(self) -> None:
        """Look at the log now."""
        self._woken.set()

    def on(self, kind: EventKind, call: Callable[[Event], None]) -> None:
        """Call this for each event of a kind, whomever it concerns: for the process itself, not for a stream."""
        self._calls[kind] = call

    @property
    def status(self) -> Status:
        """How it does, for health checks and metrics."""
        streams = [stream for streams in self._streams.values() for stream in streams]
        waiting = sum(len(stream.waiting or ()) for stream in streams)
        since, now = self._held_since, asyncio.get_running_loop().time()
        held = 0.0 if since is None else now - since
        return Status(
            self._reading.healthy, self.position, since is not None, held, len(streams), waiting, self._handed_out
        )

    async def events(
        self,
        after: Cursor | Now,
        *,
        person: UUID | None,
        students: Collection[UUID] | None = None,
        kinds: Collection[EventKind] = frozenset(EventKind),
        heartbeat: float | None = None,
    ) -> AsyncGenerator[tuple[Cursor, Logged | None], None]:
        """Each event that a person may watch, in order and once, for ever; everybody's for None.

        It begins after a cursor that somebody has kept, or with what happens from a moment on; `students` leaves out
        what concerns none of them. Beside each event stands the cursor to go on from. None for an event says that
        there is nothing else up to the cursor: once the backlog is read, and every `heartbeat` seconds.

        Who may watch is decided when the event is read. What they may then see of it is for the caller to ask, in
        a transaction of theirs. It waits for a database that is away. Raises ResyncRequired, and psycopg.Error for
        one that is there and does not answer, as QueryCanceled when reading takes too long.
        """
        if isinstance(after, Cursor):
            place, moment = after, None
        else:
            # Not the moment's own place, if it lies ahead: nobody may keep a cursor that no event has had.
            place, moment = min(self.position, after.cursor), after
        connections = self._connections
        clock = asyncio.get_running_loop().time

        def is_news(place: Cursor) -> bool:
            # Transactions since the database crashed may have the numbers of some that the moment knew of.
            return moment is None or connections != self._connections or not moment.shows(place)

        # A place from outside may be too old, or another database's: the log is asked even if nothing is missing.
        unchecked = moment is None
        while True:
            while unchecked or place < self.position:
                stretch = await self._backlog(place, person, students, kinds)
                unchecked = False
                for logged in stretch.logged:
                    place = logged.cursor
                    if is_news(place):
                        yield place, logged
                place = stretch.end
            # No await since the last comparison: the reader cannot have moved on.
            stream = self._join(_Stream(person, students, kinds))
            due = clock()
            try:
                while not stream.behind:
                    # By the clock, whatever else comes: a silence would tell of events that are not for everybody.
                    if clock() >= due:
                        due = inf if heartbeat is None else clock() + heartbeat
                        if not stream.waiting:
                            place = max(place, self.position)
                        yield place, None
                    elif stream.waiting:
                        logged = stream.waiting.popleft()
                        # The backlog may have come further than the reader.
                        if logged.cursor > place:
                            place = logged.cursor
                            if is_news(place):
                                yield place, logged
                    else:
                        stream.waiting = None
                        await stream.wait(None if heartbeat is None else due - clock())
            finally:
                self._leave(stream)
            unchecked = True

    async def _backlog(
        self, place: Cursor, person: UUID | None, students: Collection[UUID] | None, kinds: Collection[EventKind]
    ) -> Stretch:
        pauses = delays()
        while True:
            try:
                async with self._backlogs, self._database.system_work() as work:
                    stretch = await backlog(work, place, PAGE, person=person, students=students, kinds=kinds)
                self._backlogs_wait = False
                return stretch
            except OperationalError as error:
                if not is_away(error):
                    raise
                # Once: they may be many, and wait for hours.
                level = logging.DEBUG if self._backlogs_wait else logging.WARNING
                log.log(level, "streams wait for the database: %s", error)
                self._backlogs_wait = True
            await asyncio.sleep(next(pauses))

    def _join(self, stream: _Stream) -> _Stream:
        self._streams.setdefault(stream.person, set()).add(stream)
        return stream

    def _leave(self, stream: _Stream) -> None:
        streams = self._streams.get(stream.person, set())
        streams.discard(stream)
        if not streams:
            self._streams.pop(stream.person, None)

    # Reading

    async def _attempt(self) -> None:
        connection = await connect(self._address, "feed", self._patience)
        self._connections += 1
        try:
            await self._read(connection)
        except ResyncRequired:
            # The log was kept for a shorter time than the database was away, or it is another one.
            log.error("events were removed before they were read: all streams go back to the log")
            self._begun.clear()
        finally:
            await connection.close()

    async def _read(self, connection: AsyncConnection[Row]) -> None:
        if not self._begun.is_set():
            await self._begin(connection)
        soon = 0.0
        while True:
            self._woken.clear()
            stretch = await within(self._patience, connection, self._look(connection))
            self._reading.works()
            if not stretch.held:
                self._held_since = None
            elif self._held_since is None or stretch.end > self.position:
                self._held_since = asyncio.get_running_loop().time()
            await self._hand_out(stretch)
            if not stretch.complete:
                continue
            self.position = stretch.end
            # Nobody calls when an older transaction ends without events of its own.
            soon = min(2 * soon or 0.005, 0.1) if stretch.held and not stretch.logged else 0.005
            with suppress(TimeoutError):
                async with asyncio.timeout(soon if stretch.held else self._poll):
                    await self._woken.wait()

    async def _begin(self, connection: AsyncConnection[Row]) -> None:
        """Take the log as it is now for read."""

        async def begin() -> Cursor:
            work = Work(connection, None, self._database.vault)
            await connection.execute("begin")
            await connection.execute("select set_system()")
            await open_log(work)
            place = await latest(work)
            await connection.execute("commit")
            return place

        self.position = await within(self._patience, connection, begin())
        self._begun.set()
        for streams in self._streams.values():
            for stream in streams:
                stream.leave_out()

    async def _look(self, connection: AsyncConnection[Row]) -> Stretch:
        async with connection.pipeline():
            await connection.execute("begin read only")
            await connection.execute("select set_system()")
            stretch = await events_after(_Piped(connection, None, self._database.vault), self.position, PAGE)
            await connection.execute("commit")
        return stretch

    async def _hand_out(self, stretch: Stretch) -> None:
        offers = 0
        for logged, watchers in zip(stretch.logged, stretch.watchers, strict=True):
            if (call := self._calls.get(logged.event.kind)) is not None:
                try:
                    call(logged.event)
                except Exception:  # nobody else is to miss anything
                    log.exception("an event was not taken: %s", logged.event)
            for watcher in (*watchers, None):
                for stream in self._streams.get(watcher, ()):
                    if not stream.behind:
                        stream.offer(logged)
                        offers += 1
            self.position = logged.cursor
            if offers > OFFERS:
                self._handed_out += offers
                offers = 0
                await asyncio.sleep(0)
        self._handed_out += offers
