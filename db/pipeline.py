"""Statements sent together and answered together: one round trip for all, on libpq's pipeline mode.

This is psycopg's own connection, lock and waiting, one layer below its cursors: a cursor looks at the types of all
parameters and columns each time, and a dashboard has eight statements and a hundred keys in each. A statement is
prepared when a connection first runs it, and its parameters travel as text, whose types its own casts say.

https://www.postgresql.org/docs/current/libpq-pipeline-mode.html
"""

from collections.abc import Sequence
from typing import Any
from uuid import UUID

from psycopg import DataError, OperationalError
from psycopg.abc import PQGen
from psycopg.adapt import PyFormat, Transformer
from psycopg.errors import InFailedSqlTransaction, error_from_result
from psycopg.pq import DiagnosticField, ExecStatus
from psycopg.pq.abc import PGconn, PGresult
from psycopg.waiting import READY_R, WAIT_R, WAIT_RW

from db.lines import BoundedConnection, Prepared
from db.statement import Compiled, Row

MAX_PREPARED = 200
"""Statements that stay prepared on one connection; filters make many variants of one."""

_USELESS = (b"0A000", b"26000")
"""What PostgreSQL says of a prepared statement whose columns have changed since, or that it does not know."""

Value = bytes | None
"""A parameter as text."""
Sent = tuple[Compiled, Sequence[Value]]


def encoded(connection: BoundedConnection, values: Sequence[Any]) -> list[Value]:
    """Values of parameters as text. Raises psycopg.DataError and UnicodeEncodeError."""
    return [None if value is None else _text(connection, value) for value in values]


def _text(connection: BoundedConnection, value: Any) -> bytes:
    kind = value.__class__
    if kind is list and value and all(item.__class__ is UUID for item in value):
        return ("{" + ",".join(["%032x" % item.int for item in value]) + "}").encode()  # noqa: UP031 - twice as fast
    if kind is UUID:
        return b"%032x" % value.int
    if kind is int:
        return b"%d" % value
    text = (
        value.encode()
        if kind is str
        else bytes(Transformer(connection).get_dumper(value, PyFormat.TEXT).dump(value) or b"")
    )
    if b"\0" in text:
        raise DataError("PostgreSQL text fields cannot contain NUL (0x00) bytes")
    return text


async def together(connection: BoundedConnection, sent: Sequence[Sent]) -> list[PGresult]:
    """The result of each statement; one that failed is a result too, and those after it are not run.

    Raises psycopg.OperationalError when the connection is lost.
    """
    async with connection.lock:
        return await connection.wait(_exchange(connection.pgconn, connection.prepared, sent))


def rows_of(connection: BoundedConnection, result: PGresult) -> list[Row]:
    """The rows of a result. Raises the psycopg.Error that it is, if it is one."""
    match result.status:
        case ExecStatus.TUPLES_OK:
            reader = Transformer(connection)
            reader.set_pgresult(result)
            return reader.load_rows(0, result.ntuples, tuple)
        case ExecStatus.COMMAND_OK:
            return []
        case ExecStatus.PIPELINE_ABORTED:
            raise InFailedSqlTransaction("a statement sent before this one failed")
        case _:
            raise error_from_result(result)


def _exchange(connection: PGconn, names: Prepared, sent: Sequence[Sent]) -> PQGen[list[PGresult]]:
    wanted: list[bool] = []
    """For each result to come whether it is that of a statement."""
    new: list[tuple[int, bytes]] = []
    old: list[tuple[int, bytes]] = []
    connection.enter_pipeline_mode()
    for statement, values in sent:
        if statement.key is None:
            connection.send_query_params(statement.numbered[0], values)
        else:
            if statement.key in names:
                names.move_to_end(statement.key)
            else:
                # One of the name may be there that was of no use any more.
                connection.send_close_prepared(statement.key)
                wanted.append(False)
                new.append((len(wanted), statement.key))
                names[statement.key] = None
                connection.send_prepare(statement.key, statement.numbered[0])
                wanted.append(False)
            connection.send_query_prepared(statement.key, values)
        wanted.append(True)
    while len(names) > MAX_PREPARED:
        oldest, _ = names.popitem(last=False)
        old.append((len(wanted), oldest))
        connection.send_close_prepared(oldest)
        wanted.append(False)
    connection.pipeline_sync()
    try:
        results = yield from _received(connection)
    except BaseException:
        names.clear()
        raise
    connection.exit_pipeline_mode()
    for index, key in reversed(old):
        if results[index].status != ExecStatus.COMMAND_OK:
            # There was an error before it: it is still there, if it ever was.
            names[key] = None
            names.move_to_end(key, last=False)
    for index, key in new:
        if results[index].status != ExecStatus.COMMAND_OK:
            names.pop(key, None)
            results[index + 1] = results[index]  # what is wrong with the statement itself
    found = [result for result, is_wanted in zip(results, wanted, strict=True) if is_wanted]
    for (statement, _), result in zip(sent, found, strict=True):
        if result.status == ExecStatus.FATAL_ERROR and result.error_field(DiagnosticField.SQLSTATE) in _USELESS:
            names.pop(statement.key or b"", None)
    return found


def _received(connection: PGconn) -> PQGen[list[PGresult]]:
    while connection.flush():
        if ((yield WAIT_RW) or 0) & READY_R:
            connection.consume_input()
    results: list[PGresult] = []
    silent = 0
    while True:
        while connection.is_busy():
            # Nothing is sent when it is taken up again after a cancellation.
            if ((yield WAIT_R) or 0) & READY_R:
                connection.consume_input()
        result = connection.get_result()
        if result is None:
            # The end of one statement's results; two in a row are the end of the conversation.
            silent += 1
            if silent > 1:
                raise OperationalError("the connection was lost")
        elif result.status == ExecStatus.PIPELINE_SYNC:
            return results
        else:
            silent = 0
            results.append(result)
