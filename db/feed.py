"""The process's one reader of the event log, and the streams that it feeds.

It reads each event once, whatever the number of sockets, together with who may watch it, and hands it to the streams
of those people. A stream that was away, or is not read fast enough, reads the log itself up to where the reader has
come and is fed from there: between the two nothing is missed and nothing comes twice, for both go by the same places.
"""

import asyncio
import logging
from abc import ABC, abstractmethod
from collections import deque
from collections.abc import AsyncGenerator, Callable, Collection, Mapping
from contextlib import suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self
from uuid import UUID

from psycopg import OperationalError
from sqlalchemy import text

from db.dedicated import Kept, address_of, delays, is_away, within
from db.engine import Database, Transaction, Work
from db.events import Stretch, backlog, events_after, latest, open_log
from db.holding import holder
from db.lines import BoundedConnection
from db.pipeline import encoded, rows_of, together
from db.statement import Compiled, Row
from db.vault import Vault
from domain.events import Cursor, Event, EventKind, Logged, Now, ResyncRequired

WAITING = 1_000
"""Events that may wait in memory for one slow stream; beyond that it goes back to reading the log."""
PAGE = 500
"""Events that are read at once."""
BACKLOGS = 2
"""Streams that read the log at once; many that come together are not to take the connections of everybody else."""
HELD_LONG = 10.0
"""Seconds that events wait for an older transaction before it is said which."""
OFFERS = 1_000
"""Events handed out before other tasks get a turn."""

_SET_SYSTEM = Compiled("set_system", text("select set_system()"))

log = logging.getLogger("study.live")


@dataclass(slots=True)
class Start:
    """Where a stream goes on from: everything up to here it has had, or is not to have."""

    place: Cursor
    moment: Now | None = None
    """What this moment shows is no news."""
    connections: int = 0
    """Of the feed, when the moment was."""


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


class _Look(Transaction):
    """A transaction of one statement, as the system: it takes one round trip."""

    def __init__(self, connection: BoundedConnection, vault: Vault) -> None:
        super().__init__(connection, None, vault)
        self._line = connection

    async def run(self, statement: Compiled, parameters: Mapping[str, Any]) -> list[Row]:
        values = encoded(self._line, statement.values(parameters))
        # What is sent together is one transaction without saying so.
        system, rows = await together(self._line, [(_SET_SYSTEM, ()), (statement, values)])
        rows_of(self._line, system)
        return rows_of(self._line, rows)


class Follower(ABC):
    """What waits for those who follow the same. There may be thousands: it is small while nothing waits."""

    __slots__ = ("behind", "count", "kinds", "person", "students", "waiting")

    def __init__(self, person: UUID | None, students: Collection[UUID] | None, kinds: Collection[EventKind]) -> None:
        """Whose events it gets, everybody's for None; `students` leaves out what concerns none of them."""
        self.person = person
        self.students = students
        self.kinds = kinds
        self.count = 0
        """How many streams follow."""
        self.waiting: deque[Logged] | None = None
        self.behind = False
        """Whether events have been left out: from then on it is fed no more."""

    def offer(self, logged: Logged) -> bool:
        """Hand over an event without waiting for it to be taken; False for one that is not for them."""
        event = logged.event
        if event.kind not in self.kinds or (self.students is not None and event.student_id not in self.students):
            return False
        if self.waiting is None:
            self.waiting = deque()
        if len(self.waiting) < WAITING:
            self.waiting.append(logged)
            self.call()
        else:
            self.leave_out()
        return True

    def leave_out(self) -> None:
        """Say that events were left out. They and those that wait are in the log."""
        self.behind = True
        self.waiting = None
        self.call()

    @abstractmethod
    def call(self) -> None:
        """Something waits, or was left out."""


class Feed:
    """Feeds the streams of this process from the event log."""

    def __init__(self, address: str, database: Database, *, poll: float = 1, patience: float = 10) -> None:
        """`address` is libpq's, of a connection that has the application's role; `database` serves backlogs.

        It looks at the log when it is woken, and every `poll` seconds even if it is not. A look that takes longer
        than `patience` seconds is given up, with its connection.
        """
        self.position = Cursor(0, 0)
        """Everything up to here has been handed out."""
        self.connections = 0
        """How often it has connected."""
        self._address = address
        self._database = database
        self._poll = poll
        self._patience = patience
        self._streams: dict[UUID | None, set[Follower]] = {}
        """By person; under None those of everything."""
        self._calls: dict[EventKind, Callable[[Event], None]] = {}
        self._reading = Kept("the event log cannot be read", log)
        self._held_since: float | None = None
        self._holder_named = False
        self._handed_out = 0
        self._backlogs = asyncio.Semaphore(BACKLOGS)
        self._backlogs_wait = False
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
        followers = [each for followers in self._streams.values() for each in followers]
        streams = sum(each.count for each in followers)
        waiting = sum(len(each.waiting or ()) * each.count for each in followers)
        since, now = self._held_since, asyncio.get_running_loop().time()
        held = 0.0 if since is None else now - since
        return Status(self._reading.healthy, self.position, since is not None, held, streams, waiting, self._handed_out)

    def start(self, after: Cursor | Now) -> Start:
        """Where a stream begins: after a cursor that somebody has kept, or with what happens from a moment on."""
        if isinstance(after, Cursor):
            return Start(after)
        # Not the moment's own place, if it lies ahead: nobody may keep a cursor that no event has had.
        return Start(min(self.position, after.cursor), after, self.connections)

    def is_news(self, cursor: Cursor, start: Start) -> bool:
        """Whether an event lies after the start."""
        moment = start.moment
        # Transactions since the database crashed may have the numbers of some that the moment knew of.
        return cursor > start.place and (
            moment is None or start.connections != self.connections or not moment.shows(cursor)
        )

    async def missed(
        self,
        start: Start,
        *,
        person: UUID | None,
        students: Collection[UUID] | None = None,
        kinds: Collection[EventKind] = frozenset(EventKind),
    ) -> AsyncGenerator[Logged, None]:
        """What the log has after the start that a person may watch; everybody's for None. The start goes along.

        It ends where the reader is, or further. It waits for a database that is away. Raises ResyncRequired, and
        psycopg.Error for one that is there and does not answer, as QueryCanceled when reading takes too long.
        """
        # A place from outside may be too old, or another database's: the log is asked even if nothing is missing.
        while start.moment is None or start.place < self.position:
            stretch = await self._backlog(start.place, person, students, kinds)
            for logged in stretch.logged:
                news = self.is_news(logged.cursor, start)
                start.place = logged.cursor
                if news:
                    yield logged
            start.place = stretch.end
            if stretch.end >= self.position:
                return

    def follow(self, follower: Follower) -> None:
        """Feed it with all that comes after `position`."""
        self._streams.setdefault(follower.person, set()).add(follower)

    def leave(self, follower: Follower) -> None:
        """Feed it no more."""
        streams = self._streams.get(follower.person, set())
        streams.discard(follower)
        if not streams:
            self._streams.pop(follower.person, None)

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

    # Reading

    async def _attempt(self) -> None:
        address = address_of(self._address, "feed", self._patience)
        connection = await BoundedConnection.connect(address, autocommit=True)
        self.connections += 1
        try:
            await self._read(connection)
        except ResyncRequired:
            # The log was kept for a shorter time than the database was away, or it is another one.
            log.error("events were removed before they were read: all streams go back to the log")
            self._begun.clear()
        finally:
            self._held_since = None
            await connection.close()

    async def _read(self, connection: BoundedConnection) -> None:
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
                self._held_since, self._holder_named = asyncio.get_running_loop().time(), False
            await self._hand_out(stretch)
            # Further than the last of them, where what follows it is for nobody here.
            self.position = stretch.end
            await self._name_holder(connection)
            if not stretch.complete:
                continue
            # Nobody calls when an older transaction ends without events of its own.
            soon = min(2 * soon or 0.005, 0.1) if stretch.held and not stretch.logged else 0.005
            with suppress(TimeoutError):
                async with asyncio.timeout(soon if stretch.held else self._poll):
                    await self._woken.wait()

    async def _begin(self, connection: BoundedConnection) -> None:
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
        for streams in tuple(self._streams.values()):
            for stream in tuple(streams):
                stream.leave_out()

    async def _look(self, connection: BoundedConnection) -> Stretch:
        return await events_after(_Look(connection, self._database.vault), self.position, PAGE)

    async def _name_holder(self, connection: BoundedConnection) -> None:
        since = self._held_since
        if since is None or self._holder_named or asyncio.get_running_loop().time() < since + HELD_LONG:
            return
        self._holder_named = True
        who = await within(self._patience, connection, holder(_Look(connection, self._database.vault)))
        log.warning("events have waited %g s for a transaction to end: %s", HELD_LONG, who)

    async def _hand_out(self, stretch: Stretch) -> None:
        offers = 0
        for logged, watchers in zip(stretch.logged, stretch.watchers, strict=True):
            if (call := self._calls.get(logged.event.kind)) is not None:
                try:
                    call(logged.event)
                except Exception:  # nobody else is to miss anything
                    log.exception("an event was not taken: %s", logged.event)
            for watcher in (*watchers, None):
                for stream in tuple(self._streams.get(watcher, ())):
                    if not stream.behind and stream.offer(logged):
                        offers += stream.count
            self.position = logged.cursor
            if offers > OFFERS:
                self._handed_out += offers
                offers = 0
                await asyncio.sleep(0)
        self._handed_out += offers
