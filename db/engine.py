"""The database as the rest of the product sees it: a pool, read transactions and units of work.

Every transaction begins by telling PostgreSQL who the viewer is; row security does the rest. A transaction whose
viewer is not known does not begin.
"""

import asyncio
import logging
from collections import OrderedDict
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable
from contextlib import asynccontextmanager, closing, suppress
from types import TracebackType
from typing import Any, Self, TypeVar

from psycopg import AsyncConnection, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.errors import FeatureNotSupported
from psycopg_pool import AsyncConnectionPool

from db.events import append
from db.lines import KEEPALIVE, BoundedConnection
from db.pipeline import rows_of, together
from db.reading import (
    COMMIT,
    ROLL_BACK,
    Known,
    Read,
    Transaction,
    TransactionOver,
    UnknownPerson,
    ViewerChanged,
    beginning,
    viewer_of,
)
from db.statement import Row
from db.vault import Vault
from domain.events import Event
from domain.viewer import Viewer

R = TypeVar("R")

__all__ = [
    "APPLICATION_ROLE",
    "Database",
    "NotKept",
    "Read",
    "Transaction",
    "TransactionOver",
    "UnknownPerson",
    "ViewerChanged",
    "Work",
]

APPLICATION_ROLE = "study_app"
MAX_KNOWN = 2_000
"""People whose last sight is remembered; a tutor's has the ids of the students."""
CHECK_PATIENCE = 3.0  # seconds for an idle connection to answer

log = logging.getLogger("study.sql")

_IDENTIFY = b"""/* set_viewer */
select id, role, current_setting('app.students', true)
from set_viewer(%(subject)s, %(read_only)s)"""


class NotKept(OperationalError):
    """A transaction ended without being committed."""


class Work(Transaction):
    """A unit of work: everything in it is kept, or nothing."""

    def __init__(self, connection: AsyncConnection[Row], viewer: Viewer | None, vault: Vault) -> None:
        super().__init__(connection, viewer, vault)
        self.events: list[Event] = []
        self.ending = False
        """Whether it is being committed, or has been: until then every error means that nothing is kept."""
        self.kept = False
        """Whether it has been committed."""

    async def copy(self, name: str, target: str, rows: Iterable[Row]) -> None:
        """Send many rows to `target`, a table and its columns in SQL: the fastest way in.

        PostgreSQL refuses it on tables with row security; send to a temporary table and insert from there.
        """
        log.debug("%s", name)
        cursor = self._connection.cursor()
        async with cursor.copy(f"/* {name} */ copy {target} from stdin".encode()) as copy:
            for row in rows:
                await copy.write_row(row)

    def tell(self, event: Event) -> None:
        """Write a change into the event log with the work, for those whom it concerns."""
        self.events.append(event)


class Database:
    """The application's connections, as a role that cannot step around row security."""

    def __init__(self, url: str, *, vault: Vault, max_connections: int = 10, statement_timeout: float = 30) -> None:
        """`url` is a libpq address; `statement_timeout` is in seconds."""
        self.vault = vault
        self.notifies = True
        """Whether PostgreSQL calls those who read the event log, when a work with events is kept."""
        self.announce: Callable[[], None] = lambda: None
        """What else is done then. Neither waits nor fails."""
        milliseconds = int(statement_timeout * 1000)
        given = conninfo_to_dict(url)
        options = f"{given.get('options') or ''} -c statement_timeout={milliseconds}"
        options += f" -c idle_in_transaction_session_timeout={milliseconds}"
        options += " -c timezone=UTC -c datestyle=ISO"  # what `db.nested` has PostgreSQL write out
        # Data lies in memory or on disks without arms: PostgreSQL's own 4 makes it read small tables from end to end.
        options += " -c random_page_cost=1.1"
        if given.get("user") != APPLICATION_ROLE:
            options += f" -c role={APPLICATION_ROLE}"
        # A server that lives gives up a statement before we give up the server.
        self._patience = statement_timeout + 5
        keepalive: dict[str, Any] = {**KEEPALIVE, "connect_timeout": 5}
        settings = {**keepalive, **given, "options": options.strip(), "application_name": "study-companion"}
        self.pool: AsyncConnectionPool[BoundedConnection] = AsyncConnectionPool(
            make_conninfo(**settings),
            connection_class=BoundedConnection,
            configure=self._configure,
            min_size=1,
            max_size=max_connections,
            open=False,
            timeout=10,
            kwargs={"autocommit": True},
            check=self._check,
        )

        self._giving_back: set[asyncio.Task[None]] = set()
        self._known: OrderedDict[str, Known] = OrderedDict()
        """Who asked last, as they were then, by subject."""

    async def __aenter__(self) -> Self:
        await self.pool.open(wait=True, timeout=15)
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.pool.close()

    async def _configure(self, connection: BoundedConnection) -> None:
        connection.patience = self._patience

    async def _check(self, connection: BoundedConnection) -> None:
        """Raise when a connection that has lain idle is dead; then the others that lie there will be too."""
        if connection.is_fresh:
            return
        connection.patience = CHECK_PATIENCE
        try:
            await AsyncConnectionPool.check_connection(connection)
        except OperationalError:
            await self.pool.drain()
            raise
        connection.patience = self._patience

    @asynccontextmanager
    async def _connection(self) -> AsyncIterator[BoundedConnection]:
        """A connection of the pool, for tasks that may be told to stop at any moment: the pool's own way is not."""
        connection = await self.pool.getconn()
        try:
            # It waits with asyncio.wait_for, which before Python 3.12 loses a cancellation that comes together with the
            # connection: who was told to stop would go on for ever.
            task = asyncio.current_task()
            if task is not None and task.cancelling():
                raise asyncio.CancelledError
            yield connection
        finally:
            # A cancellation that comes while a connection is given back would keep it from the pool for good.
            giving_back = asyncio.create_task(self.pool.putconn(connection))
            self._giving_back.add(giving_back)
            giving_back.add_done_callback(self._giving_back.discard)
            await asyncio.shield(giving_back)

    @asynccontextmanager
    async def read(self, subject: str, *, guess: bool = False) -> AsyncIterator[Read]:
        """A read transaction for the person with this token subject.

        To `guess` is to take the viewer for who they were the last time until the first statements are answered, which
        saves waiting for that alone. These fail with ViewerChanged when it is wrong; who decides anything by the viewer
        that is not undone then has to `confirm` it before.

        Raises UnknownPerson when no user has it.
        """
        async with self._connection() as connection:
            try:
                known = self._known.get(subject) if guess else None
                is_guess = known is not None
                if known is None:
                    self._known.pop(subject, None)
                    begun, found = await together(connection, beginning(connection, subject))
                    rows_of(connection, begun)
                    known = self._remember(Known.of(rows_of(connection, found), subject))
                with closing(Read(connection, known, self.vault, begun=not is_guess)) as read:
                    yield read
                if read.recorded and read.is_sure:
                    await _commit(connection)
                elif read.begun:
                    await _roll_back(connection)
            except BaseException:
                # A task may also be told to stop while the transaction begins or ends.
                await _roll_back(connection)
                raise

    def _remember(self, known: Known) -> Known:
        self._known[known.viewer.subject] = known
        if len(self._known) > MAX_KNOWN:
            self._known.popitem(last=False)
        return known

    @asynccontextmanager
    async def work(self, subject: str) -> AsyncIterator[Work]:
        """A unit of work for the person with this token subject; kept when the block ends without an error."""

        async def identify(connection: AsyncConnection[Row]) -> Viewer:
            return await _identify(connection, subject, read_only=False)

        async with self._unit_of_work(identify) as work:
            yield work

    @asynccontextmanager
    async def system_work(self) -> AsyncIterator[Work]:
        """A unit of work for the product itself: imports, jobs, commands. It sees every row."""

        async def identify(connection: AsyncConnection[Row]) -> None:
            await connection.execute("select set_system()")

        async with self._unit_of_work(identify) as work:
            yield work

    @asynccontextmanager
    async def _unit_of_work(
        self, identify: Callable[[AsyncConnection[Row]], Awaitable[Viewer | None]]
    ) -> AsyncIterator[Work]:
        async with self._connection() as connection:
            try:
                await connection.execute("begin")
                with closing(Work(connection, await identify(connection), self.vault)) as work:
                    yield work
                    await append(work, work.events, call=self.notifies)
                work.ending = True
                await _commit(connection)
            except FeatureNotSupported:
                # Of a statement whose columns have changed since psycopg prepared it, which it would go on using.
                await connection.close()
                raise
            except BaseException:
                # A task may also be told to stop while the transaction begins or ends.
                await _roll_back(connection)
                raise
            work.kept = True
            if work.events:
                self.announce()

    async def ready(self) -> bool:
        """Whether a connection can be had and answers."""
        async with self.pool.connection(timeout=2) as connection:
            cursor = await connection.execute("select 1")
            return await cursor.fetchone() == (1,)


async def _identify(connection: AsyncConnection[Row], subject: str, *, read_only: bool) -> Viewer:
    cursor = await connection.execute(_IDENTIFY, {"subject": subject, "read_only": read_only})
    return viewer_of(await cursor.fetchall(), subject)


async def _commit(connection: BoundedConnection) -> None:
    """Commit. Raises NotKept when PostgreSQL did not.

    It answers `commit` with ROLLBACK, and no error, when a statement of the transaction failed. psycopg's cursors are
    not to see that: they may have the server forget all that the connection has prepared then.
    """
    if connection.closed:
        raise NotKept("the connection was lost before the work was committed")
    (result,) = await together(connection, [(COMMIT, ())])
    rows_of(connection, result)
    if result.command_status != b"COMMIT":
        raise NotKept("a statement of the transaction failed, so that nothing of it was kept")


async def _roll_back(connection: BoundedConnection) -> None:
    """Roll back, unless the connection is lost, in which case the server has done so already."""
    with suppress(OperationalError):
        if not connection.closed:
            await together(connection, [(ROLL_BACK, ())])
