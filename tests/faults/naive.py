"""The server with the reader that everybody writes first: it goes by the last number that it has seen.

Numbers are given before they are committed, so it skips what commits late. A fault test that does not notice proves
nothing: `python -m tests.faults.naive serve` is one of its servers.
"""

from typing import Any

from cli import main
from db import feed
from db.engine import Transaction
from db.events import Stretch
from domain.events import Cursor, Event, EventKind, Logged

_AFTER = """
select xid::text::bigint, id, kind, student_id, person_id, target_id, occurred_at
from events where id > %s order by id limit %s
"""
_last = [0]


async def _events_after(transaction: Transaction, cursor: Cursor, limit: int) -> Stretch:
    connection: Any = transaction._connection
    async with connection.transaction():
        await connection.execute("select set_system()")
        rows = await (await connection.execute(_AFTER, [_last[0], limit])).fetchall()
    logged = [
        Logged(Cursor(xid, number, cursor.epoch), Event(EventKind(kind), student, target, person), at)
        for xid, number, kind, student, person, target, at in rows
    ]
    if rows:
        _last[0] = rows[-1][1]
    end = max([cursor, *(each.cursor for each in logged)])
    return Stretch(logged, [[] for _ in logged], end, len(rows) < limit, False)


if __name__ == "__main__":
    setattr(feed, "events_after", _events_after)  # noqa: B010 - what a module imports is not its to give
    main()
