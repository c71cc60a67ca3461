"""Transactions as those who read in them see them, and those of one viewer that read."""

import asyncio
import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, TypeVar
from uuid import UUID

from psycopg import AsyncConnection, Error, OperationalError
from psycopg.errors import InFailedSqlTransaction
from psycopg.pq import ExecStatus
from psycopg.pq.abc import PGresult
from sqlalchemy import text
from sqlalchemy.sql import ClauseElement

from db.lines import BoundedConnection
from db.pipeline import Sent, encoded, rows_of, together
from db.statement import Compiled, Row, Statement
from db.vault import Vault
from domain.viewer import Role, Viewer

R = TypeVar("R")

log = logging.getLogger("study.sql")

_BEGIN_READING = Compiled("begin", text("begin isolation level repeatable read"))
_IDENTIFY_READER = Compiled(
    "set_viewer",
    text(
        "select id, role, current_setting('app.students', true)"
        # Plans are made once for each statement: for what is read here, making one costs more than running it.
        ", set_config('plan_cache_mode', 'force_generic_plan', true)"
        " from set_viewer(:subject, true)"
    ),
)
COMMIT = Compiled("commit", text("commit"))
ROLL_BACK = Compiled("rollback", text("rollback"))


class UnknownPerson(Exception):
    """A token was valid, but no user has its subject."""


class ViewerChanged(OperationalError):
    """The viewer is not, or not any more, who a read took them for."""


class TransactionOver(Exception):
    """Something went on reading or writing in a transaction that has ended."""


class Transaction:
    """One transaction on one connection, and the means to read protected text in it."""

    def __init__(self, connection: AsyncConnection[Row], viewer: Viewer | None, vault: Vault) -> None:
        self.vault = vault
        self.recorded = False
        """Whether lines of the audit log were written in it, so that what was read may leave only when it is kept."""
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

    def __init__(self, connection: BoundedConnection, known: "Known", vault: Vault, *, begun: bool = True) -> None:
        """One that has not begun does so with its first statements, and then sees whether the viewer is right."""
        super().__init__(connection, known.viewer, vault)
        self._known = known
        self.begun = begun
        """Whether the transaction is open."""
        self.is_sure = begun
        """Whether PostgreSQL has said that the viewer is who this says."""
        self.last = False
        """Whether what is sent next is the last, as far as anybody knows: then the transaction ends with it."""
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

    async def confirm(self) -> None:
        """See whether the viewer is right, unless that is known. Raises ViewerChanged and UnknownPerson."""
        if not self.is_sure:
            if self.begun:
                raise ViewerChanged("this was seen before")
            await self._exchange([])

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
                for asked, result in zip(now, await self._exchange(now), strict=True):
                    asked.answer(self._line, result)
        except BaseException as error:
            for asked in self._asked:
                asked.fail(error)
            if not isinstance(error, Exception):
                raise
        finally:
            self._asked = []
            self._sending = None

    async def _exchange(self, now: Sequence["_Asked"]) -> list[PGresult]:
        sent: list[Sent] = [(asked.statement, asked.values) for asked in now]
        before = [] if self.begun else beginning(self._line, self.viewer.subject)
        # What an administrator reads may leave lines in the audit log.
        after: list[Sent] = [(ROLL_BACK, ())] if self.last and self.viewer.role is not Role.ADMIN else []
        self.begun, self.last = True, False
        results = await together(self._line, [*before, *sent, *after])
        if before:
            self.is_sure = False
            rows_of(self._line, results[0])
            if not self._known.is_still(rows_of(self._line, results[1])):
                raise ViewerChanged("what the viewer may see has changed since it was last looked at")
            self.is_sure = True
        if after and results[-1].status == ExecStatus.COMMAND_OK:
            self.begun = False
        return results[len(before) : len(before) + len(sent)]


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
            # Who asked before has been told to stop. This one was not, and what was stopped took the transaction along.
            error = InFailedSqlTransaction("a statement sent before this one was given up")
        self.rows.set_exception(error)


@dataclass(frozen=True, slots=True)
class Known:
    """A viewer, and the row that said so: it is compared faster."""

    viewer: Viewer
    row: Row

    @classmethod
    def of(cls, found: Sequence[Row], subject: str) -> "Known":
        """Who was identified. Raises UnknownPerson."""
        return cls(viewer_of(found, subject), found[0])

    def is_still(self, found: Sequence[Row]) -> bool:
        """Whether the same person was identified, who sees the same. Raises UnknownPerson."""
        return list(found) == [self.row] or viewer_of(found, self.viewer.subject) == self.viewer


def beginning(connection: BoundedConnection, subject: str) -> list[Sent]:
    """A read transaction's first statements."""
    return [(_BEGIN_READING, ()), (_IDENTIFY_READER, encoded(connection, [subject]))]


def viewer_of(found: Sequence[Row], subject: str) -> Viewer:
    """Who was identified. Raises UnknownPerson."""
    if not found:
        raise UnknownPerson("no user has the subject of this token; ask an administrator to add you")
    user_id, role, students, *_ = found[0]
    ids = (students or "").strip("{}")
    seen = frozenset(map(UUID, ids.split(","))) if ids else frozenset[UUID]()
    return Viewer(id=user_id, role=Role(role), subject=subject, students=seen)
