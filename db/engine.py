"""The database as the rest of the product sees it: a pool, read transactions and units of work.

Every transaction begins by telling PostgreSQL who the viewer is; row security does the rest. A transaction whose
viewer is not known does not begin.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Awaitable, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager, closing, suppress
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Self, TypeVar
from uuid import UUID

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.conninfo import conninfo_to_dict, make_conninfo
from psycopg.pq.abc import PGresult
from psycopg_pool import AsyncConnectionPool
from sqlalchemy import text
from sqlalchemy.sql import ClauseElement

from db.events import append
from db.lines import KEEPALIVE, BoundedConnection
from db.pipeline import encoded, rows_of, together
from db.statement import Compiled, Row, Statement
from db.vault import Vault
from domain.events import Event
from domain.viewer import Role, Viewer

R = TypeVar("R")

APPLICATION_ROLE = "study_app"
CHECK_PATIENCE = 3.0  # seconds for an idle connection to answer

log = logging.getLogger("study.sql")

_IDENTIFY = b"""/* set_viewer */
select id, role, coalesce(nullif(current_setting('app.students', true), ''), '{}')::uuid[]
from set_viewer(%(subject)s, %(read_only)s)"""


_BEGIN_READING = Compiled("begin", text("begin isolation level repeatable read"))
_IDENTIFY_READER = Compiled(
    "set_viewer",
    text(
        "select id, role, coalesce(nullif(current_setting('app.students', true), ''), '{}')::uuid[]"
        # Plans are made once for each statement: for what is read here, making one costs more than running it.
        ", set_config('plan_cache_mode', 'force_generic_plan', true)"
        " from set_viewer(:subject, true)"
    ),
)
_ROLL_BACK = Compiled("rollback", text("rollback"))


class NotKept(OperationalError):
    """A transaction ended without being committed."""


class UnknownPerson(Exception):
    """A token was valid, but no user has its subject."""


class TransactionOver(Exception):
    """Something went on reading or writing in a transaction that has ended."""


class Transaction:
    """One transaction on one connection, and the means to read protected text in it."""

    def __init__(self, connection: AsyncConnection[Row], viewer: Viewer | None, vault: Vault) -> None:
        self.vault = vault
        self._held: AsyncConnection[Row] | None = connection
        self._viewer = viewer

    def close(self) -> None:
        """Take no more statements: the connection goes on to serve somebody else, as somebody else."""
        self._held = None

    @property
    def _connection(self) -> AsyncConnection[Row]:
        if self._held is None:
            raise TransactionOver("a statement came after the end of its transaction")
        return self._held

    @property
    def viewer(self) -> Viewer:
        """Who the transaction runs for; the system's own transactions have nobody."""
        if self._viewer is None:
            raise LookupError("this transaction runs for the system, not for a person")
        return self._viewer

    async def run(self, statement: Compiled, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of a statement as tuples."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", statement.name)
        cursor = await self._connection.execute(statement.sql, statement.parameters(parameters))
        return await cursor.fetchall() if cursor.description else []

    async def rows(self, statement: Statement[R], **parameters: Any) -> list[R]:
        """The records of a statement."""
        read = statement.read
        return [read(row) for row in await self.run(statement, parameters)]

    async def first(self, statement: Statement[R], **parameters: Any) -> R | None:
        """The first record of a statement, or None."""
        rows = await self.rows(statement, **parameters)
        return rows[0] if rows else None

    async def execute(self, name: str, construct: ClauseElement, **parameters: Any) -> list[Row]:
        """Compile and run a construct that is built for one occasion, as writes are."""
        return await self.run(Compiled(name, construct, once=True), parameters)


class Read(Transaction):
    """One snapshot of what one viewer may see; serves a whole operation.

    Statements that are asked for in the same moment go to PostgreSQL together.

    Read-only, except for administrators: what they read of transcripts is written to the audit log in the same
    transaction, so that no text leaves without its line.
    """

    def __init__(self, connection: BoundedConnection, viewer: Viewer | None, vault: Vault) -> None:
        super().__init__(connection, viewer, vault)
        self._line = connection
        self._asked: list[_Asked] = []
        self._sending: asyncio.Task[None] | None = None

    async def run(self, statement: Compiled, parameters: Mapping[str, Any]) -> list[Row]:
        """The rows of a statement as tuples."""
        if log.isEnabledFor(logging.DEBUG):
            log.debug("%s", statement.name)
        values = encoded(self._line, statement.values(parameters))
        if self._held is None:
            raise TransactionOver("a statement came after the end of its transaction")
        asked = _Asked(statement, values, asyncio.get_running_loop().create_future())
        self._asked.append(asked)
        if self._sending is None:
            # It begins when everybody who is ready to ask has asked.
            self._sending = asyncio.create_task(self._send())
        try:
            return await asked.rows
        except asyncio.CancelledError:
            self._forget()
            raise

    def _forget(self) -> None:
        """Stop what nobody waits for any more."""
        if self._sending is not None and all(asked.rows.cancelled() for asked in self._asked):
            self._sending.cancel()

    async def _send(self) -> None:
        try:
            while any(not asked.rows.done() for asked in self._asked):
                now = [asked for asked in self._asked if not asked.rows.done()]
                self._asked = list(now)
                if self._held is None:
                    raise TransactionOver("a statement came after the end of its transaction")
                results = await together(self._line, [(asked.statement, asked.values) for asked in now])
                for asked, result in zip(now, results, strict=True):
                    asked.answer(self._line, result)
        except BaseException as error:
            for asked in self._asked:
                asked.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._asked = []
            self._sending = None


@dataclass(frozen=True, slots=True)
class _Asked:
    """A statement of a read, and who waits for its rows."""

    statement: Compiled
    values: Sequence[bytes | None]
    rows: asyncio.Future[list[Row]]

    def answer(self, connection: BoundedConnection, result: PGresult) -> None:
        """Give the rows, or the error that the result is."""
        if not self.rows.done():
            try:
                self.rows.set_result(rows_of(connection, result))
            except Error as error:
                self.rows.set_exception(error)

    def fail(self, error: BaseException) -> None:
        """Give the error that took everything down."""
        if self.rows.done():
            return
        if isinstance(error, asyncio.CancelledError):
            self.rows.cancel()
        else:
            self.rows.set_exception(error)


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
        options = f"-c statement_timeout={milliseconds} -c idle_in_transaction_session_timeout={milliseconds}"
        options += " -c timezone=UTC -c datestyle=ISO"  # what `db.nested` has PostgreSQL write out
        if conninfo_to_dict(url).get("user") != APPLICATION_ROLE:
            options += f" -c role={APPLICATION_ROLE}"
        # A server that lives gives up a statement before we give up the server.
        self._patience = statement_timeout + 5
        keepalive: dict[str, Any] = {**KEEPALIVE, "connect_timeout": 5}
        settings = {**keepalive, **conninfo_to_dict(url), "options": options, "application_name": "study-companion"}
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
    async def read(self, subject: str) -> AsyncIterator[Read]:
        """A read transaction for the person with this token subject.

        Raises UnknownPerson when no user has it.
        """
        async with self._connection() as connection:
            try:
                begun, found = await together(
                    connection, [(_BEGIN_READING, ()), (_IDENTIFY_READER, encoded(connection, [subject]))]
                )
                rows_of(connection, begun)
                viewer = _viewer(rows_of(connection, found), subject)
                with closing(Read(connection, viewer, self.vault)) as read:
                    yield read
            except BaseException:
                await _roll_back(connection)
                raise
            if viewer.role is Role.ADMIN:
                # What they read may have left lines in the audit log.
                await _commit(connection)
            else:
                await _roll_back(connection)

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
            await connection.execute("begin")
            try:
                with closing(Work(connection, await identify(connection), self.vault)) as work:
                    yield work
                    await append(work, work.events, call=self.notifies)
            except BaseException:
                await _roll_back(connection)
                raise
            work.ending = True
            await _commit(connection)
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
    return _viewer(await cursor.fetchall(), subject)


def _viewer(found: Sequence[Row], subject: str) -> Viewer:
    if not found:
        raise UnknownPerson("no user has the subject of this token; ask an administrator to add you")
    user_id, role, students, *_ = found[0]
    return Viewer(id=_uuid(user_id), role=Role(role), subject=subject, students=frozenset(students))


def _uuid(value: Any) -> UUID:
    return value if isinstance(value, UUID) else UUID(str(value))


async def _commit(connection: AsyncConnection[Row]) -> None:
    """Commit. Raises NotKept when PostgreSQL did not.

    It answers `commit` with ROLLBACK, and no error, when a statement of the transaction failed.
    """
    if connection.closed:
        raise NotKept("the connection was lost before the work was committed")
    cursor = await connection.execute("commit")
    if cursor.statusmessage != "COMMIT":
        raise NotKept("a statement of the transaction failed, so that nothing of it was kept")


async def _roll_back(connection: BoundedConnection) -> None:
    """Roll back, unless the connection is lost, in which case the server has done so already."""
    with suppress(OperationalError):
        if not connection.closed:
            await together(connection, [(_ROLL_BACK, ())])
